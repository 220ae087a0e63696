//! A staged app: the folder that is deployed, read into memory.
//!
//! ```text
//! dist/onboard-user/
//!   host.json
//!   handler                     the executable that host.json names
//!   onboard-user/function.json  one folder per function
//! ```

use crate::Error;
use crate::function_json::Function;
use crate::host_json::HostJson;
use crate::settings::{self, Settings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A staged app to be served.
#[derive(Debug, Clone)]
pub struct App {
    /// The folder with host.json. Its last component is the app's name.
    pub dir: PathBuf,
    /// App settings; they win over the environment and over `local.settings.json`.
    pub env: BTreeMap<String, String>,
}

impl App {
    /// The app staged in `dir`, without settings of its own.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), env: BTreeMap::new() }
    }

    /// The same app with one more setting.
    #[must_use]
    pub fn with_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) host: HostJson,
    pub(crate) settings: Settings,
    /// In the order of their names, which is the order in which routes are tried.
    pub(crate) functions: Vec<Function>,
    /// Functions that are left out, with the reason.
    pub(crate) in_error: Vec<(String, String)>,
}

impl Staged {
    pub(crate) fn load(app: &App) -> Result<Self, Error> {
        let wrong = |why: String| Error::staging(format!("{}: {why}", app.dir.display()));
        let dir = app.dir.canonicalize().map_err(|error| wrong("no such folder".into()).caused_by(error))?;
        let name = dir.file_name().ok_or_else(|| wrong("the folder has no name".into()))?;
        let name = name.to_string_lossy().into_owned();
        let settings = Settings::new(settings::local(&dir)?, &app.env);
        check_runtime(&settings).map_err(wrong)?;
        let file = json(&dir.join("host.json"))?
            .ok_or_else(|| wrong("there is no host.json; is this a staged app?".into()))?;
        let host = HostJson::read(&dir, file, &settings).map_err(|why| wrong(format!("host.json: {why}")))?;
        let (functions, in_error) = functions(&dir, &host, &settings).map_err(wrong)?;
        Ok(Self { name, dir, host, settings, functions, in_error })
    }

    pub(crate) fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name))
    }
}

fn check_runtime(settings: &Settings) -> Result<(), String> {
    match settings.get("FUNCTIONS_WORKER_RUNTIME") {
        Some(runtime) if !runtime.eq_ignore_ascii_case("custom") => {
            Err(format!("FUNCTIONS_WORKER_RUNTIME must be 'custom' for a custom handler, not '{runtime}'"))
        }
        _ => Ok(()),
    }
}

type Functions = (Vec<Function>, Vec<(String, String)>);

fn functions(dir: &Path, host: &HostJson, settings: &Settings) -> Result<Functions, String> {
    let files = function_files(dir)?;
    if host.routes.is_empty() {
        let parsed = files.into_iter().map(|(name, path)| (parse(&name, &path, host, settings), name));
        return Ok(sorted_out(parsed));
    }
    if let Some((name, _)) = files.first() {
        return Err(format!(
            "customHandler.http.routes cannot be combined with function.json; found {name}/"
        ));
    }
    let declared = host.routes.iter().zip(1..).map(|((route, level), number)| {
        let name = format!("http-handler{number}");
        (Function::declared(&name, route, *level, host), name)
    });
    Ok(sorted_out(declared))
}

fn sorted_out(parsed: impl Iterator<Item = (Result<Function, String>, String)>) -> Functions {
    let (mut functions, mut in_error) = Functions::default();
    for (result, name) in parsed {
        match result {
            Ok(function) => functions.push(function),
            Err(why) => in_error.push((name, why)),
        }
    }
    functions.sort_by_key(|function| function.name.to_lowercase());
    (functions, in_error)
}

/// The folders that hold a function.json, by name.
fn function_files(dir: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("cannot be listed: {error}"))?;
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().join("function.json")))
        .filter(|(_, path)| path.exists())
        .collect();
    files.sort();
    Ok(files)
}

fn parse(name: &str, path: &Path, host: &HostJson, settings: &Settings) -> Result<Function, String> {
    let file = json(path).map_err(|error| error.to_string())?;
    Function::parse(name, file.unwrap_or_default(), host, settings)
}

/// The file as JSON; `None` where there is none.
fn json(path: &Path) -> Result<Option<Value>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Error::staging(format!("{} cannot be read", path.display())).caused_by(error));
        }
    };
    let value = serde_json::from_str(text.trim_start_matches('\u{feff}'));
    value.map(Some).map_err(|error| Error::staging(format!("{} is not JSON: {error}", path.display())))
}
