//! Directories to begin with.

pub(crate) mod applications;
pub(crate) mod contoso;
pub(crate) mod crowd;
mod estate;
mod files;
mod groups;
mod leaver;
mod mailboxes;
mod people;
mod sign_ins;
mod skus;
