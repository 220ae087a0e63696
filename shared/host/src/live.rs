//! The runs that this process is working on.
//!
//! A run is a task of its own, so that a caller who goes away, or whom we send away with a 202 at the deadline, does not end
//! it. Whoever asks for the same run meanwhile waits for the same answer. What the outcome reveals to the caller goes to
//! those who wait and is then forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use journal::RunKey;
use plan::{Outcome, Stop};

/// How a run ended, for all who wait for it.
pub(crate) type Ended = Result<Outcome, Arc<Stop>>;

/// A run under way.
pub(crate) type Underway = Shared<BoxFuture<'static, Option<Ended>>>;

/// The runs that this process is working on.
#[derive(Clone, Default)]
pub(crate) struct Live(Arc<Mutex<HashMap<RunKey, Underway>>>);

impl Live {
    /// The run, if it is under way here.
    pub(crate) fn get(&self, run: &RunKey) -> Option<Underway> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }

    /// Begins to work on a run, unless it is under way already. `None` in the end: the work itself broke.
    pub(crate) fn start(
        &self,
        run: RunKey,
        work: impl Future<Output = Result<Outcome, Stop>> + Send + 'static,
    ) -> Underway {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(underway) = runs.get(&run) {
            return underway.clone();
        }
        let (live, work) = (self.clone(), tokio::spawn(work));
        let underway = async move {
            let ended = work.await.ok().map(|ended| ended.map_err(Arc::new));
            live.forget(&run);
            ended
        };
        let underway = underway.boxed().shared();
        runs.insert(run, underway.clone());
        tokio::spawn(underway.clone());
        underway
    }

    fn forget(&self, run: &RunKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(run);
    }
}
