//! The runs that this process is working on.
//!
//! A run is a task of its own, so that a caller who goes away, or whom we send away with a 202 at the deadline, does not end
//! it. Whoever asks for the same run meanwhile waits for the same answer. What the outcome reveals to the caller goes to
//! those who wait and is then forgotten.
//!
//! A run that breaks gets its last word here, so that nobody looks at it for ever. One that hangs is given up without: what
//! it hangs on may be the journal.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use journal::RunKey;
use plan::{Outcome, Runner, Stop};
use tokio::time::timeout;

use crate::telemetry;

/// How a run ended, for all who wait for it. `None`: it broke on a defect of ours.
pub(crate) type Ended<S = Arc<Stop>> = Option<Result<Outcome, S>>;

/// A run under way.
pub(crate) type Underway = Shared<BoxFuture<'static, Ended>>;

/// After how long a run hangs, and is as good as dead: several times what the slowest takes.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The runs that this process is working on.
#[derive(Clone, Default)]
pub(crate) struct Live(Arc<Mutex<HashMap<RunKey, Underway>>>);

impl Live {
    /// The run, if it is under way here.
    pub(crate) fn get(&self, run: &RunKey) -> Option<Underway> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }

    /// Begins to work on a run, unless it is under way already. Work that ends in `None`, or panics, has broken.
    pub(crate) fn start(
        &self,
        runner: &Runner,
        run: RunKey,
        work: impl Future<Output = Ended<Stop>> + Send + 'static,
    ) -> Underway {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(underway) = runs.get(&run) {
            return underway.clone();
        }
        let whole = to_its_end(runner.clone(), run, work);
        let (live, work) = (self.clone(), tokio::spawn(telemetry::in_run(run, whole)));
        let underway = async move {
            let ended = work.await.ok().flatten();
            live.forget(&run);
            ended.map(|ended| ended.map_err(Arc::new))
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

async fn to_its_end(runner: Runner, run: RunKey, work: impl Future<Output = Ended<Stop>>) -> Ended<Stop> {
    let work = async {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(Some(ended)) => Some(ended),
            Ok(None) | Err(_) => runner.broke(&run).await.err().map(Err),
        }
    };
    timeout(LONGEST, work).await.ok().flatten()
}
