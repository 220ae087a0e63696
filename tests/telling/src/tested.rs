//! A function as its tests know it: its name, its folder, and its router.

use std::fs;
use std::path::{Path, PathBuf};

use axum::Router;
use host::App;
use plan::Flaw;
use serde_json::Value;

/// A function, as its tests know it.
#[derive(Clone, Copy, Debug)]
pub struct Tested {
    /// Its name: folder, route and identity.
    pub name: &'static str,
    /// What can be asked of a finished run, beside `undo`.
    pub actions: &'static [&'static str],
    /// Its timers.
    pub timers: &'static [host::Timer],
    folder: &'static str,
    router: fn(App) -> Router,
    read: fn(Value) -> Result<Vec<Flaw>, serde_json::Error>,
}

impl Tested {
    /// A function whose README, permissions and tests are in this folder; [`function!`](crate::function) knows which.
    pub const fn of<F: host::Function>(folder: &'static str) -> Self {
        Self {
            name: F::NAME.as_str(),
            actions: F::ACTIONS,
            timers: F::TIMERS,
            folder,
            router: host::router::<F>,
            read: read::<F>,
        }
    }

    /// `/api/<name>`
    pub fn path(&self) -> String {
        format!("/api/{}", self.name)
    }

    pub(crate) fn router(&self, app: App) -> Router {
        (self.router)(app)
    }

    /// Reads a request, and tells its flaws.
    pub(crate) fn read(&self, request: Value) -> Result<Vec<Flaw>, serde_json::Error> {
        (self.read)(request)
    }

    /// The permissions it asks for, as they are shipped.
    pub(crate) fn permissions(&self) -> String {
        text(&self.folder().join("permissions.json"))
    }

    /// Its README.
    pub(crate) fn readme(&self) -> String {
        text(&self.folder().join("README.md"))
    }

    /// Its page for administrators.
    pub(crate) fn page(&self) -> String {
        text(&self.folder().join("../../docs").join(self.name).with_extension("md"))
    }

    /// The folder of its stories.
    pub(crate) fn stories(&self) -> PathBuf {
        self.folder().join("tests/stories")
    }

    /// The files of its stories.
    pub(crate) fn stories_told(&self) -> Vec<PathBuf> {
        let folder = self.stories();
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        files.flatten().map(|file| file.path()).collect()
    }

    fn folder(&self) -> &Path {
        Path::new(self.folder)
    }
}

fn read<F: host::Function>(request: Value) -> Result<Vec<Flaw>, serde_json::Error> {
    serde_json::from_value::<F::Request>(request).map(|want| F::flaws(&want))
}

/// The text of a file.
pub(crate) fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
