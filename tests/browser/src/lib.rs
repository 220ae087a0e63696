//! A real browser, so that a page is tested where it is used: headless Chromium, driven over WebDriver.
//!
//! ```no_run
//! # async fn looked() -> Result<(), browser::Error> {
//! let site = browser::Site::of(http::Response::new("<!doctype html><title>Licences</title>".to_owned())).await?;
//! let browser = browser::Browser::start().await?;
//! let page = browser.open(site.url()).await?;
//! assert_eq!(page.look("document.title").await?, "Licences");
//! # Ok(()) }
//! ```
//!
//! Chromium and its driver must be installed; where they are not, whoever needs them is told what to install, and nothing is
//! skipped. WebDriver (W3C) is JSON over HTTP, and the few commands that are needed here are simpler than a crate that knows
//! all of them: those in use are linked with code under the MPL, which `deny.toml` does not allow.

mod driver;
mod page;
mod site;

use std::path::{Path, PathBuf};

pub use driver::Browser;
pub use page::{Key, Page};
pub use site::Site;

/// What went wrong with a browser.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub struct Error {
    says: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), source: None }
    }

    fn of<E: std::error::Error + Send + Sync + 'static>(says: impl Into<String>) -> impl FnOnce(E) -> Self {
        move |source| Self { says: says.into(), source: Some(Box::new(source)) }
    }
}

/// Keeps a picture for people to look at, in `pictures` of the target directory, and says where.
///
/// # Errors
///
/// It cannot be written.
pub fn keep(name: &str, picture: &[u8]) -> Result<PathBuf, Error> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    let file = target.join("pictures").join(name);
    let says = || format!("cannot write {}", file.display());
    std::fs::create_dir_all(target.join("pictures")).map_err(|error| Error::of(says())(error))?;
    std::fs::write(&file, picture).map_err(|error| Error::of(says())(error))?;
    Ok(file)
}
