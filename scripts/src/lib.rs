//! The tools behind the scripts: `package`, `demo`, `test`, `bench` and `products`.
//!
//! A script is a line of shell that starts one of the programs in `src/bin`; whatever needs an `if` is here. The tests of
//! the whole use the same code to stage a function app, so that what they try is what is shipped.
//!
//! Nothing here is part of a function, and nothing here speaks to anybody's tenant: the tenant is always the offline one.
//! Only `products` reaches out, for a list that Microsoft publishes.

pub mod bench;
pub mod cargo;
pub mod checks;
pub mod demo;
pub mod error;
pub mod hires;
pub mod http;
pub mod package;
pub mod products;
pub mod tell;
pub mod tenant;

pub use error::Error;

use std::path::{Path, PathBuf};

/// The folder of the whole collection.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}
