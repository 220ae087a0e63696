//! One function app: its settings, its runner, the runs it is working on.

use std::sync::{Arc, OnceLock};

use graph::auth::Settings;
use plan::Runner;

use crate::config::{self, ConfigError, Limits};
use crate::live::Live;

/// One function app. Cheap to clone.
#[derive(Clone)]
pub struct App {
    settings: Settings,
    runner: Arc<OnceLock<Result<Runner, Arc<ConfigError>>>>,
    pub(crate) live: Live,
}

impl App {
    /// An app with these settings; nothing is read before it is needed.
    pub fn new(settings: Settings) -> Self {
        Self { settings, runner: Arc::default(), live: Live::default() }
    }

    /// An app over a runner of one's own, for tests.
    pub fn over(runner: Runner, settings: Settings) -> Self {
        Self { runner: Arc::new(OnceLock::from(Ok(runner))), ..Self::new(settings) }
    }

    /// The runner; an error names the setting that will not do.
    pub fn runner(&self) -> Result<&Runner, Arc<ConfigError>> {
        let made = self.runner.get_or_init(|| config::runner(&self.settings).map_err(Arc::new));
        made.as_ref().map_err(Arc::clone)
    }

    pub(crate) fn limits(&self) -> Result<Limits, Arc<ConfigError>> {
        Limits::from_settings(&self.settings).map_err(Arc::new)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }
}
