//! Directories to begin with.

pub(crate) mod contoso;
pub(crate) mod crowd;
mod groups;
mod leaver;
mod people;
mod skus;
