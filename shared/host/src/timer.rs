//! The timer: takes up the runs whose time has come, and those that died.
//!
//! What is due is in the journal, not in the tick: a late tick, or one that was skipped, is caught up by the next. Each mark
//! is forgotten only after its run has been taken up and written down, so a crash in between costs nothing but a repetition,
//! which is harmless.

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use journal::{Mark, Settings};
use plan::{Runner, Stop};

use crate::app::App;
use crate::function::Function;
use crate::telemetry;

/// How many runs are taken up at once.
const AT_ONCE: usize = 16;

/// What is left for the next tick, if a tick has worked for so long. The host kills a handler at `functionTimeout`.
const LONGEST: SignedDuration = SignedDuration::from_mins(4);

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Runs taken up that now hold.
    pub succeeded: usize,
    /// Runs taken up that need another look; they are looked at again at the next tick, or by a person.
    pub unfinished: usize,
    /// Runs removed because they were older than the retention allows.
    pub expired: usize,
}

/// Takes up what is due, page by page, and lets expired runs go.
pub async fn tick<F: Function>(app: &App, runner: &Runner) -> Result<Tick, Stop> {
    let mut tick = Tick::default();
    let begun = runner.tenant().clock.now();
    loop {
        let due = runner.journal().due(F::NAME, begun).await?;
        let ended: Vec<bool> = stream::iter(due.clone())
            .map(|mark| take_up::<F>(runner, mark))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let succeeded = ended.iter().filter(|succeeded| **succeeded).count();
        tick.succeeded += succeeded;
        tick.unfinished += ended.len() - succeeded;
        let late = runner.tenant().clock.now().duration_since(begun) > LONGEST;
        if succeeded == 0 || late {
            break;
        }
    }
    tick.expired = expire::<F>(app, runner).await?;
    Ok(tick)
}

/// Whether the run now holds. A mark whose run is gone is forgotten with it.
async fn take_up<F: Function>(runner: &Runner, mark: Mark) -> bool {
    let ended = telemetry::in_run(mark.run, runner.take_up::<F>(&mark.run)).await;
    let settled = match &ended {
        Ok(outcome) => outcome.succeeded(),
        Err(Stop::NoSuchRun) => true,
        Err(_) => false,
    };
    settled && runner.journal().forget(&mark).await.is_ok()
}

async fn expire<F: Function>(app: &App, runner: &Runner) -> Result<usize, Stop> {
    let settings = app.settings().clone();
    let settings = Settings::read(&move |name: &str| settings.get(name))?;
    let before = settings.expired_before(runner.tenant().clock.now());
    Ok(runner.journal().expire(F::NAME, before).await?)
}
