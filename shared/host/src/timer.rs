//! The timer: takes up the runs whose time has come, and those that died.
//!
//! What is due is in the journal, not in the tick: a late tick, or one that was skipped, is caught up by the next. A mark
//! is forgotten only after its run has succeeded, or goes on under a mark of its own, so a crash in between costs nothing
//! but a look. Any other mark is put
//! off, by twice as long each time and a day at the most: it does not stand in the way of those behind it, and its record
//! does not grow without end. Nor does a record that cannot be read: it is told, and put off as well. Once a run has been
//! due for as long as runs are kept, it is given up, so that it can expire.
//!
//! A tick does not wait longer than the host lets it live. The runs that are under way then go on, and the next tick finds
//! out what became of them.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use journal::Mark;
use plan::{Job, LEASE, Record, Runner, Stop};
use serde_json::Value;
use tokio::time::timeout;
use tracing::Instrument;

use crate::app::App;
use crate::function::Function;
use crate::{reply, runs, telemetry};

/// How many runs are taken up at once.
const AT_ONCE: usize = 16;

/// How long a tick waits for runs, and then for expiry: the host kills the handler at `functionTimeout`, with all that it is
/// working on.
const LONGEST: Duration = Duration::from_secs(4 * 60);

/// How long a mark is put off at the most.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a tick did. Runs that it did not wait for are in no count.
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
/// The journal cannot tell what is due, or what is old. What was taken up by then goes on.
pub async fn tick<F: Function>(app: &App, runner: &Runner) -> Result<Tick, Stop> {
    let begun = runner.tenant().clock.now();
    let oldest = app.configured().map_or(Timestamp::MIN, |read| read.journal.expired_before(begun));
    let mut tick = Tick::default();
    let worked = timeout(LONGEST, take_up_due::<F>(app, &runner.in_bulk(), begun, oldest, &mut tick)).await;
    worked.unwrap_or(Ok(()))?;
    let expired = timeout(LONGEST, runner.journal().expire(F::NAME, oldest)).await;
    Ok(Tick { expired: expired.unwrap_or(Ok(0))?, ..tick })
}

/// What became of a sweep that a timer began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swept {
    /// It has ended: for so many all is well, and for so many it is not.
    Ended {
        /// Those who differed and do no more.
        well: usize,
        /// Those who still do.
        unwell: usize,
    },
    /// It ended before it changed anything.
    Stopped(String),
    /// It takes longer than a tick, and goes on.
    GoesOn,
    /// The one before is still under way here, so none was begun.
    Before,
}

/// Begins a sweep, and waits for it as long as a tick may last.
///
/// # Errors
/// The journal cannot take it.
pub async fn sweep<F: Function>(
    app: &App,
    runner: &Runner,
    name: &'static str,
    want: Value,
) -> Result<Swept, Stop> {
    let before = app.sweeping.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
    if before.is_some_and(|before| app.live.get(&before).is_some()) {
        return Ok(Swept::Before);
    }
    let job = Job::Sweep { sweep: name.to_owned(), want };
    let (run, underway) = runs::begin::<F>(app, &runner.in_bulk(), job).await?;
    app.sweeping.lock().unwrap_or_else(PoisonError::into_inner).insert(name, run);
    Ok(match timeout(LONGEST, underway).await {
        Ok(Some(Ok(outcome))) => {
            let well = outcome.parts.iter().filter(|part| part.is_well()).count();
            Swept::Ended { well, unwell: outcome.parts.len() - well }
        }
        Ok(Some(Err(stop))) => Swept::Stopped(reply::stop(&stop).title().to_owned()),
        Ok(None) => Swept::Stopped(reply::broken().title().to_owned()),
        Err(_) => Swept::GoesOn,
    })
}

/// Takes up what was due when the tick began. A mark that could not be put off is left to the next tick.
async fn take_up_due<F: Function>(
    app: &App,
    runner: &Runner,
    begun: Timestamp,
    oldest: Timestamp,
    tick: &mut Tick,
) -> Result<(), Stop> {
    let mut seen = HashSet::new();
    loop {
        let mut due = runner.journal().due(F::NAME, begun).await?;
        due.retain(|mark| seen.insert(*mark));
        if due.is_empty() {
            return Ok(());
        }
        let mut marks = stream::iter(due)
            .map(|mark| look_after::<F>(app, runner, mark, oldest))
            .buffer_unordered(AT_ONCE);
        while let Some(after) = marks.next().await {
            tick.count(after);
        }
    }
}

impl Tick {
    fn count(&mut self, after: After) {
        match after {
            After::Succeeded => self.succeeded += 1,
            After::Unfinished => self.unfinished += 1,
            After::Gone => {}
        }
    }
}

/// What became of a mark.
enum After {
    Succeeded,
    Unfinished,
    Gone,
}

/// Looks after one mark. What goes wrong with it is told, and does not stand in the way of the others.
async fn look_after<F: Function>(app: &App, runner: &Runner, mark: Mark, oldest: Timestamp) -> After {
    let looked_after = async {
        let settled = match settle::<F>(app, runner, &mark, oldest).await {
            Err(stop) => {
                telemetry::stopped(&stop);
                put_off(runner, &mark, mark.at).await
            }
            settled => settled,
        };
        settled.unwrap_or_else(|stop| {
            telemetry::stopped(&stop);
            After::Unfinished
        })
    };
    looked_after.instrument(telemetry::span(&mark.run)).await
}

async fn settle<F: Function>(
    app: &App,
    runner: &Runner,
    mark: &Mark,
    oldest: Timestamp,
) -> Result<After, Stop> {
    let record = match runner.record(&mark.run).await {
        Ok(record) if runs::is_run(&record) && !record.is_undone() => record,
        Ok(_) | Err(Stop::NoSuchRun) => return forget(runner, mark, After::Gone).await,
        Err(stop) => return Err(stop),
    };
    let due_since = record.due_since();
    if is_anothers(app, runner, mark, &record) {
        return put_off(runner, mark, due_since.unwrap_or(mark.at)).await;
    }
    if is_settled(runner, &record) {
        return forget(runner, mark, After::Gone).await;
    }
    if runner.is_superseded(&mark.run, &record).await? {
        tracing::info!(name: "timer.superseded", "a later run has the say");
        return forget(runner, mark, After::Gone).await;
    }
    match runs::take_up::<F>(app, runner, mark.run, &record).await {
        Some(Ok(outcome)) if outcome.is_well() => forget(runner, mark, After::Succeeded).await,
        Some(Ok(outcome)) if outcome.goes_on.is_some() => forget(runner, mark, After::Unfinished).await,
        _ if due_since.is_none_or(|due| due < oldest) => {
            tracing::error!(name: "timer.gave_up", "gave a run up");
            forget(runner, mark, After::Unfinished).await
        }
        _ => put_off(runner, mark, due_since.unwrap_or(mark.at)).await,
    }
}

/// Whether another process may be working on it.
fn is_anothers(app: &App, runner: &Runner, mark: &Mark, record: &Record) -> bool {
    app.live.get(&mark.run).is_none() && record.is_under_way(runner.tenant().clock.now())
}

/// Whether it has succeeded, and nothing more is due: what is to come has a mark of its own.
fn is_settled(runner: &Runner, record: &Record) -> bool {
    let is_to_come = |at| at > runner.tenant().clock.now();
    record.outcome().is_some_and(|outcome| outcome.is_well() && outcome.next().is_none_or(is_to_come))
}

async fn forget(runner: &Runner, mark: &Mark, after: After) -> Result<After, Stop> {
    runner.journal().forget(mark).await?;
    Ok(after)
}

/// Marks the run anew, for as much later as it has been due, before the old mark goes.
async fn put_off(runner: &Runner, mark: &Mark, due_since: Timestamp) -> Result<After, Stop> {
    let now = runner.tenant().clock.now();
    let waited = now.duration_since(due_since).clamp(LEASE, DAY);
    let at = now.saturating_add(waited).unwrap_or(Timestamp::MAX);
    runner.journal().remind(&Mark { at, ..*mark }).await?;
    forget(runner, mark, After::Unfinished).await
}
