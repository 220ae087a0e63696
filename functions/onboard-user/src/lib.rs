//! Onboard a user.
