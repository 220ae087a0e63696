//! The stories.

mod report;
mod tell;

pub(crate) use report::*;
pub(crate) use tell::*;
