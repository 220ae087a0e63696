//! A call and its run: begun once, worked on by one, waited for by many.
//!
//! The journal decides who begins a run; whoever comes second with the same key is told what became of it, waits for it if
//! it is under way here, is sent to look later if somebody else may be working on it, and takes it up again if it has ended
//! without success, or died.

use std::ops::ControlFlow;

use axum::response::Response;
use http::StatusCode;
use journal::{Begun, RunId, RunKey};
use plan::{Approval, Entry, Job, Lease, Outcome, Record, Runner, Stop};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::asked::Asked;
use crate::function::Function;
use crate::here::Here;
use crate::live::{Ended, Underway};
use crate::problem::Problem;
use crate::{reply, telemetry};

/// The plan, or the run and its answer, by the deadline.
pub(crate) async fn carry_out<F: Function>(
    app: &App,
    job: Job<F::Request>,
    asked: Asked,
    here: &Here,
) -> Result<Response, Problem> {
    let (runner, until) = (runner(app)?, deadline(app)?);
    if let Job::Act { on, .. } = &job {
        in_time(until, over(app, runner, RunKey { task: F::NAME, run: *on })).await?;
    }
    if asked.what_if {
        return in_time(until, preview::<F>(runner, &job)).await;
    }
    let id = asked.key.as_deref().map_or_else(RunId::fresh, |key| RunId::of(F::NAME, key));
    let run = RunKey { task: F::NAME, run: id };
    let answer = timeout_at(until, answer::<F>(app, runner, run, job, asked, here)).await;
    // It has begun, and goes on; or may have begun, and is taken up like one that died.
    answer.unwrap_or_else(|_| Ok(reply::underway(&run, here)))
}

/// Begins the run, or finds it begun, and waits for its answer unless the caller would rather not.
async fn answer<F: Function>(
    app: &App,
    runner: &Runner,
    run: RunKey,
    job: Job<F::Request>,
    asked: Asked,
    here: &Here,
) -> Result<Response, Problem> {
    let (approval, respond_async) = (asked.approval.clone(), asked.respond_async);
    let underway = match known(runner, &run, &asked).await? {
        Some(record) => again::<F>(app, run, record, job, approval, here).await?,
        None => match runner.begin::<F>(&run, &job, &approval).await.map_err(told)? {
            (Begun::New, lease) => ControlFlow::Continue(start::<F>(app, runner, lease, run, job, approval)),
            (Begun::Before, lease) => {
                runner.release(lease).await.map_err(told)?;
                let record = runner.record(&run).await.map_err(told)?;
                again::<F>(app, run, record, job, approval, here).await?
            }
        },
    };
    match underway {
        ControlFlow::Break(answer) => Ok(answer),
        ControlFlow::Continue(_) if respond_async => Ok(reply::underway(&run, here)),
        ControlFlow::Continue(underway) => ended(&run, underway.await, here),
    }
}

/// The run, if this key has begun it before. Whoever begins a run takes a lease on it, and should not where there is nothing
/// to do: a run that is over would be taken up by the timer.
async fn known(runner: &Runner, run: &RunKey, asked: &Asked) -> Result<Option<Record>, Problem> {
    if asked.key.is_none() {
        return Ok(None);
    }
    match runner.record(run).await {
        Ok(record) => Ok(Some(record)),
        Err(Stop::NoSuchRun) => Ok(None),
        Err(stop) => Err(told(stop)),
    }
}

/// The plan. It is not worth a run, so who cannot have it by the deadline has to ask again.
async fn preview<F: Function>(runner: &Runner, job: &Job<F::Request>) -> Result<Response, Problem> {
    runner.preview::<F>(job).await.map(reply::preview).map_err(told)
}

/// What became of a run, or where to look later.
pub(crate) async fn look<F: Function>(app: &App, run: RunKey, here: &Here) -> Result<Response, Problem> {
    let answer = timeout_at(deadline(app)?, last_word::<F>(app, run, here)).await;
    answer.unwrap_or_else(|_| Ok(reply::underway(&run, here)))
}

/// What became of a run. One that died, and one that was to go on by now, is taken up by whoever asks for it.
async fn last_word<F: Function>(app: &App, run: RunKey, here: &Here) -> Result<Response, Problem> {
    let runner = runner(app)?;
    if app.live.get(&run).is_some() {
        return Ok(reply::underway(&run, here));
    }
    let record = record(runner, &run).await?;
    let now = runner.tenant().clock.now();
    match (record.outcome(), record.stopped()) {
        (Some(outcome), _) if !record.goes_on(now) => {
            Ok(reply::outcome(as_it_stands(&record, outcome), &run, here))
        }
        (_, Some((cause, failure))) => Err(reply::stopped(cause, failure).of(&run)),
        _ => {
            if !record.is_under_way(now) {
                drop(take_up::<F>(app, runner, run, &record));
            }
            Ok(reply::underway(&run, here))
        }
    }
}

fn as_it_stands(record: &Record, outcome: &Outcome) -> Outcome {
    let outcome = outcome.clone();
    if record.is_undone() { outcome.taken_back() } else { outcome }
}

/// A run that an action is about has to be over.
async fn over(app: &App, runner: &Runner, run: RunKey) -> Result<(), Problem> {
    let record = record(runner, &run).await?;
    let works = app.live.get(&run).is_some() || record.is_under_way(runner.tenant().clock.now());
    if works { Err(reply::not_over()) } else { Ok(()) }
}

async fn record(runner: &Runner, run: &RunKey) -> Result<Record, Problem> {
    let record = runner.record(run).await.map_err(told)?;
    if is_run(&record) { Ok(record) } else { Err(told(Stop::NoSuchRun)) }
}

/// Whether this is the record of a run: it begins with what was asked. The journal also keeps who has an appointment.
pub(crate) fn is_run(record: &Record) -> bool {
    matches!(record.entries.first(), Some(Entry::Asked { .. } | Entry::Unreadable))
}

/// Works on a run that was begun before. If it cannot be read any more what was asked, the run has broken.
pub(crate) fn take_up<F: Function>(app: &App, runner: &Runner, run: RunKey, record: &Record) -> Underway {
    let (worker, is_readable) = (runner.clone(), asked_before::<F>(record).is_some());
    app.live.start(runner, run, async move {
        if is_readable { Some(worker.take_up::<F>(&run).await) } else { None }
    })
}

/// Begins a run that nobody waits for.
pub(crate) async fn begin<F: Function>(
    app: &App,
    runner: &Runner,
    job: Job<F::Request>,
) -> Result<(RunKey, Underway), Stop> {
    let run = RunKey { task: F::NAME, run: RunId::fresh() };
    let (_, lease) = runner.begin::<F>(&run, &job, &Approval::None).await?;
    Ok((run, start::<F>(app, runner, lease, run, job, Approval::None)))
}

fn start<F: Function>(
    app: &App,
    runner: &Runner,
    lease: Lease,
    run: RunKey,
    job: Job<F::Request>,
    approval: Approval,
) -> Underway {
    let worker = runner.clone();
    app.live.start(runner, run, async move { Some(worker.run::<F>(&lease, &job, &approval).await) })
}

/// A run that was begun before: its answer, or it is worked on.
async fn again<F: Function>(
    app: &App,
    run: RunKey,
    record: Record,
    job: Job<F::Request>,
    approval: Approval,
    here: &Here,
) -> Result<ControlFlow<Response, Underway>, Problem> {
    let runner = runner(app)?;
    if !is_same::<F>(&record, &job) {
        let title = "this Idempotency-Key was used for another request; nothing was changed";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", title));
    }
    if let Some(underway) = app.live.get(&run) {
        return Ok(ControlFlow::Continue(underway));
    }
    let now = runner.tenant().clock.now();
    match record.outcome() {
        Some(outcome) if (outcome.is_well() && !record.goes_on(now)) || record.is_undone() => {
            Ok(ControlFlow::Break(reply::outcome(as_it_stands(&record, outcome), &run, here)))
        }
        _ if record.is_under_way(now) => Ok(ControlFlow::Break(reply::underway(&run, here))),
        _ => {
            let approval = match approval {
                Approval::Exactly(digest) if !record.was_approved(&digest) => Approval::Exactly(digest),
                _ => record.approval(),
            };
            let (_, lease) = runner.begin::<F>(&run, &job, &approval).await.map_err(told)?;
            let worker = runner.clone();
            let work = async move { Some(worker.go_on::<F>(&lease, &job, &approval).await) };
            Ok(ControlFlow::Continue(app.live.start(runner, run, work)))
        }
    }
}

/// Whether the run was asked for just this.
fn is_same<F: Function>(record: &Record, job: &Job<F::Request>) -> bool {
    let before = asked_before::<F>(record).and_then(|before| serde_json::to_value(before).ok());
    before.is_some() && before == serde_json::to_value(job).ok()
}

/// What the run was asked for, read anew: another version may have written it.
fn asked_before<F: Function>(record: &Record) -> Option<Job<F::Request>> {
    match record.job()? {
        Job::Do(request) => serde_json::from_value(request.clone()).ok().map(Job::Do),
        Job::Act { action, on } => Some(Job::Act { action: action.clone(), on: *on }),
        Job::Sweep { sweep, want } => Some(Job::Sweep { sweep: sweep.clone(), want: want.clone() }),
    }
}

/// The answer of a run that has ended.
fn ended(run: &RunKey, ended: Ended, here: &Here) -> Result<Response, Problem> {
    match ended {
        Some(Ok(outcome)) => Ok(reply::outcome(outcome, run, here)),
        Some(Err(stop)) => Err(reply::stop(&stop).of(run)),
        None => Err(reply::broken().of(run)),
    }
}

/// Of what has no run: by the deadline, or not at all.
async fn in_time<T>(until: Instant, work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    timeout_at(until, work).await.unwrap_or_else(|_| Err(reply::too_slow()))
}

fn runner(app: &App) -> Result<&Runner, Problem> {
    app.runner().map_err(reply::misconfigured)
}

/// Until when this call has to be answered, whatever hangs.
pub(crate) fn deadline(app: &App) -> Result<Instant, Problem> {
    Ok(Instant::now() + app.configured().map_err(reply::misconfigured)?.limits.deadline)
}

/// What stopped a call before it had a run, logged here, once; what stops a run is logged there.
fn told(stop: Stop) -> Problem {
    telemetry::stopped(&stop);
    reply::stop(&stop)
}
