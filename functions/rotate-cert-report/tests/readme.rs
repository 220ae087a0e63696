//! The README and the administrators' page say what is so: every field, every permission, every code.

#![cfg(test)]

telling::readme!(telling::function!(rotate_cert_report::RotateCertReport));
