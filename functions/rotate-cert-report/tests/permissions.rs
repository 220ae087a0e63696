//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

use telling::permissions::Scenario;

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

telling::permissions!(FUNCTION, [Scenario::reading("")]);
