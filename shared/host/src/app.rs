//! One function app: its settings, its runner, the runs it is working on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use graph::auth::{Http, Settings};
use graph::stack::{Wire, internet};
use journal::RunKey;
use plan::Runner;

use crate::config::{ConfigError, Configured, OpenVaults};
use crate::live::Live;
use crate::reports::Readings;

/// One function app. Cheap to clone.
#[derive(Clone)]
pub struct App {
    settings: Settings,
    given: Option<Runner>,
    vaults: Option<OpenVaults>,
    web: Wire,
    configured: Arc<OnceLock<Result<Configured, Arc<ConfigError>>>>,
    pub(crate) live: Live,
    /// The run that a timer began last, for each sweep.
    pub(crate) sweeping: Arc<Mutex<HashMap<&'static str, RunKey>>>,
    /// The reports that are being read.
    pub(crate) readings: Readings,
}

impl App {
    /// An app with these settings; nothing is read before it is needed.
    pub fn new(settings: Settings) -> Self {
        let web = internet(Arc::new(Http::new(settings.clone())));
        Self {
            settings,
            given: None,
            vaults: None,
            web,
            configured: Arc::default(),
            live: Live::default(),
            sweeping: Arc::default(),
            readings: Readings::default(),
        }
    }

    /// The same app, which reaches key vaults if its function does ([`Function::VAULTS`](crate::Function::VAULTS)).
    #[must_use]
    pub fn reaching(self, vaults: Option<OpenVaults>) -> Self {
        Self { vaults, ..self }
    }

    /// An app over a runner of one's own, for tests. Deadline and retention are those of the settings.
    pub fn over(runner: Runner, settings: Settings) -> Self {
        Self { given: Some(runner), ..Self::new(settings) }
    }

    /// The same app, which tells those whom it tells by HTTP over this wire, for tests.
    #[must_use]
    pub fn telling_over(self, web: Wire) -> Self {
        Self { web, ..self }
    }

    /// How whoever is told by HTTP is reached.
    pub(crate) fn web(&self) -> Wire {
        self.web.clone()
    }

    /// The app settings.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The runner.
    ///
    /// # Errors
    /// A setting will not do; which, and what would be right.
    pub fn runner(&self) -> Result<&Runner, Arc<ConfigError>> {
        Ok(&self.configured()?.runner)
    }

    /// What the settings come to, read once: a wrong one is told before anything is begun.
    pub(crate) fn configured(&self) -> Result<&Configured, Arc<ConfigError>> {
        let read = || Configured::read(&self.settings, self.given.clone(), self.vaults).map_err(Arc::new);
        self.configured.get_or_init(read).as_ref().map_err(Arc::clone)
    }
}
