//! The stories.

mod report;

pub(crate) use report::*;
