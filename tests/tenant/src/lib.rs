//! The offline tenant: a strict, stateful Microsoft 365 over HTTP.
