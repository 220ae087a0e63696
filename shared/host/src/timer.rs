//! The timer: takes up the runs whose time has come, and those that died.
//!
//! What is due is in the journal, not in the tick: a late tick, or one that was skipped, is caught up by the next. A mark
//! is forgotten only after its run has succeeded, so a crash in between costs nothing but a repetition, which is harmless.
//! Any other mark is put off, by twice as long each time and a day at the most: it does not stand in the way of those
//! behind it, and its record does not grow without end. Once a run has been due for as long as runs are kept, it is given
//! up, so that it can expire.

use futures_util::future::ready;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use journal::Mark;
use plan::{LEASE, Record, Runner, Stop};

use crate::app::App;
use crate::function::Function;
use crate::runs;

/// How many runs are taken up at once.
const AT_ONCE: usize = 16;

/// What is left for the next tick, if a tick has worked for so long. The host kills a handler at `functionTimeout`.
const LONGEST: SignedDuration = SignedDuration::from_mins(4);

/// How long a mark is put off at the most.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Runs taken up that now hold.
    pub succeeded: usize,
    /// Runs that do not, and are looked at again later unless they were given up.
    pub unfinished: usize,
    /// Runs removed because they were older than the retention allows.
    pub expired: usize,
}

/// Takes up what is due, page by page, and lets expired runs go.
///
/// # Errors
/// The journal cannot be used. What was taken up by then goes on.
pub async fn tick<F: Function>(app: &App, runner: &Runner) -> Result<Tick, Stop> {
    let now = || runner.tenant().clock.now();
    let begun = now();
    let oldest = app.configured().map_or(Timestamp::MIN, |read| read.journal.expired_before(begun));
    let is_late = || now().duration_since(begun) > LONGEST;
    let mut tick = Tick::default();
    while !is_late() {
        let due = runner.journal().due(F::NAME, begun).await?;
        if due.is_empty() {
            break;
        }
        tick = stream::iter(due)
            .take_while(|_| ready(!is_late()))
            .map(|mark| look_after::<F>(app, runner, mark, oldest))
            .buffer_unordered(AT_ONCE)
            .try_fold(tick, |tick, after| ready(Ok(tick.and(after))))
            .await?;
    }
    tick.expired = runner.journal().expire(F::NAME, oldest).await?;
    Ok(tick)
}

impl Tick {
    fn and(self, after: After) -> Self {
        match after {
            After::Succeeded => Self { succeeded: self.succeeded + 1, ..self },
            After::Unfinished => Self { unfinished: self.unfinished + 1, ..self },
            After::Gone => self,
        }
    }
}

/// What became of a mark.
enum After {
    Succeeded,
    Unfinished,
    Gone,
}

async fn look_after<F: Function>(
    app: &App,
    runner: &Runner,
    mark: Mark,
    oldest: Timestamp,
) -> Result<After, Stop> {
    let record = match runner.record(&mark.run).await {
        Ok(record) if record.job().is_some() && !record.is_undone() => record,
        Ok(_) | Err(Stop::NoSuchRun) => return forget(runner, &mark, After::Gone).await,
        Err(stop) => return Err(stop),
    };
    if is_anothers(app, runner, &mark, &record) {
        return put_off(runner, &mark, &record).await;
    }
    if runner.is_superseded(&mark.run, &record).await? {
        tracing::info!(name: "timer.superseded", task = %mark.run.task, run = %mark.run.run, "a later run has the say");
        return forget(runner, &mark, After::Gone).await;
    }
    match runs::take_up::<F>(app, runner, mark.run).await {
        Some(Ok(outcome)) if outcome.succeeded() => forget(runner, &mark, After::Succeeded).await,
        _ if record.due_since().is_none_or(|due| due < oldest) => {
            tracing::error!(name: "timer.gave_up", task = %mark.run.task, run = %mark.run.run, "gave a run up");
            forget(runner, &mark, After::Unfinished).await
        }
        _ => put_off(runner, &mark, &record).await,
    }
}

/// Whether another process may be working on it.
fn is_anothers(app: &App, runner: &Runner, mark: &Mark, record: &Record) -> bool {
    app.live.get(&mark.run).is_none() && record.is_under_way(runner.tenant().clock.now())
}

async fn forget(runner: &Runner, mark: &Mark, after: After) -> Result<After, Stop> {
    runner.journal().forget(mark).await?;
    Ok(after)
}

/// Marks the run anew, for as much later as it has been due, before the old mark goes.
async fn put_off(runner: &Runner, mark: &Mark, record: &Record) -> Result<After, Stop> {
    let now = runner.tenant().clock.now();
    let waited = record.due_since().map_or(LEASE, |due| now.duration_since(due));
    let at = now.saturating_add(waited.clamp(LEASE, DAY)).unwrap_or(Timestamp::MAX);
    runner.journal().remind(&Mark { at, ..*mark }).await?;
    forget(runner, mark, After::Unfinished).await
}
