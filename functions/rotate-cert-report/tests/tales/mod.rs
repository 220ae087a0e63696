//! The stories.

mod report;
mod rotation;
mod tell;

pub(crate) use report::*;
pub(crate) use rotation::*;
pub(crate) use tell::*;
