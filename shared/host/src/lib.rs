//! The doors: HTTP, the invocation envelope, configuration, telemetry.
