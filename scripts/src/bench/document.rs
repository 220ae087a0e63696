//! The document whose tables are measured. What stands between two markers is ours to rewrite, the rest is a person's:
//!
//! ```text
//! <!-- bench: start -->
//! …
//! <!-- end -->
//! ```

use std::fs;
use std::path::PathBuf;

use crate::error::{Doing, Error};
use crate::root;

const END: &str = "<!-- end -->";

/// docs/benchmarks.md.
#[derive(Debug)]
pub(super) struct Document {
    place: PathBuf,
    text: String,
}

impl Document {
    /// # Errors
    ///
    /// It cannot be read.
    pub(super) fn open() -> Result<Self, Error> {
        let place = root().join("docs/benchmarks.md");
        let text = fs::read_to_string(&place).doing(|| format!("read {}", place.display()))?;
        Ok(Self { place, text })
    }

    /// Puts this between the markers of that name.
    ///
    /// # Errors
    ///
    /// There are no such markers.
    pub(super) fn put(&mut self, name: &str, text: &str) -> Result<(), Error> {
        let missing = || Error::new(format!("{} has no markers for «{name}»", self.place.display()));
        self.text = replaced(&self.text, name, text).ok_or_else(missing)?;
        Ok(())
    }

    /// # Errors
    ///
    /// It cannot be written.
    pub(super) fn save(&self) -> Result<(), Error> {
        fs::write(&self.place, &self.text).doing(|| format!("write {}", self.place.display()))
    }
}

fn replaced(document: &str, name: &str, text: &str) -> Option<String> {
    let marker = format!("<!-- bench: {name} -->\n");
    let (before, rest) = document.split_once(&marker)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{marker}{}\n{END}{after}", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_its_markers_is_rewritten() {
        let document = "# A\n<!-- bench: a -->\nold\n<!-- end -->\nkept\n<!-- bench: b -->\n<!-- end -->\n";
        let once = replaced(document, "a", "new\n").unwrap();
        assert_eq!(
            once,
            "# A\n<!-- bench: a -->\nnew\n<!-- end -->\nkept\n<!-- bench: b -->\n<!-- end -->\n"
        );
        assert_eq!(replaced(&once, "a", "new\n").unwrap(), once);
        assert!(replaced(document, "c", "new").is_none());
    }
}
