//! A faithful local Azure Functions host.
