//! A call and its run: begun once, worked on by one, waited for by many.
//!
//! The journal decides who begins a run; whoever comes second with the same key is told what became of it, waits for it if
//! it is under way here, is sent to look later if somebody else may be working on it, and takes it up again if it has ended
//! without success, or died.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use journal::{Begun, RunId, RunKey};
use plan::{Approval, Job, Lease, Record, Runner, Stop};

use crate::app::App;
use crate::asked::Asked;
use crate::function::Function;
use crate::here::Here;
use crate::live::Underway;
use crate::problem::Problem;
use crate::{reply, telemetry};

/// The plan, or the run and its answer.
pub(crate) async fn carry_out<F: Function>(
    app: &App,
    job: Job<F::Request>,
    asked: Asked,
    here: &Here,
) -> Result<Response, Problem> {
    let runner = runner(app)?;
    if asked.what_if {
        return preview::<F>(app, &job).await;
    }
    let id = asked.key.as_deref().map_or_else(RunId::fresh, |key| RunId::of(F::NAME, key));
    let run = RunKey { task: F::NAME, run: id };
    let (begun, lease) = runner.begin::<F>(&run, &job, &asked.approval).await.map_err(told)?;
    let underway = match begun {
        Begun::New => start::<F>(app, runner, run, lease, job, asked.approval),
        Begun::Before => match again::<F>(app, run, lease, job, asked.approval, here).await? {
            ControlFlow::Continue(underway) => underway,
            ControlFlow::Break(answer) => return Ok(answer),
        },
    };
    if asked.respond_async { Ok(reply::underway(&run, here)) } else { wait(app, &run, underway, here).await }
}

/// The plan. It is not worth a run, so who cannot have it by the deadline has to ask again.
async fn preview<F: Function>(app: &App, job: &Job<F::Request>) -> Result<Response, Problem> {
    match tokio::time::timeout(deadline(app)?, runner(app)?.preview::<F>(job)).await {
        Ok(planned) => planned.map(reply::outcome).map_err(told),
        Err(_) => Err(reply::too_slow()),
    }
}

/// What became of a run, or where to look later. A run that died is taken up by whoever asks for it.
pub(crate) async fn look<F: Function>(app: &App, run: RunKey, here: &Here) -> Result<Response, Problem> {
    let runner = runner(app)?;
    if app.live.get(&run).is_some() {
        return Ok(reply::underway(&run, here));
    }
    let record = runner.record(&run).await.map_err(told)?;
    match (record.outcome(), record.stopped()) {
        (Some(outcome), _) => Ok(reply::outcome(outcome.clone())),
        (_, Some((cause, failure))) => Err(reply::stopped(cause, failure).of(&run)),
        (None, None) => {
            if !record.is_under_way(runner.tenant().clock.now()) {
                drop(take_up::<F>(app, runner, run));
            }
            Ok(reply::underway(&run, here))
        }
    }
}

/// A run that is over, for an action on it.
pub(crate) async fn over(app: &App, run: &RunKey) -> Result<(), Problem> {
    let runner = runner(app)?;
    let record = runner.record(run).await.map_err(told)?;
    let works = app.live.get(run).is_some() || record.is_under_way(runner.tenant().clock.now());
    if works { Err(reply::not_over()) } else { Ok(()) }
}

/// Works on a run that was begun before.
pub(crate) fn take_up<F: Function>(app: &App, runner: &Runner, run: RunKey) -> Underway {
    let runner = runner.clone();
    app.live.start(run, telemetry::in_run(run, async move { runner.take_up::<F>(&run).await }))
}

fn start<F: Function>(
    app: &App,
    runner: &Runner,
    run: RunKey,
    lease: Lease,
    job: Job<F::Request>,
    approval: Approval,
) -> Underway {
    let runner = runner.clone();
    app.live.start(run, telemetry::in_run(run, async move { runner.run::<F>(&lease, &job, &approval).await }))
}

/// A run that was begun before: its answer, or it is worked on.
async fn again<F: Function>(
    app: &App,
    run: RunKey,
    lease: Lease,
    job: Job<F::Request>,
    approval: Approval,
    here: &Here,
) -> Result<ControlFlow<Response, Underway>, Problem> {
    let runner = runner(app)?;
    let record = runner.record(&run).await.map_err(told)?;
    if !is_same::<F>(&record, &job) {
        let title = "this Idempotency-Key was used for another request; nothing was changed";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", title));
    }
    if let Some(underway) = app.live.get(&run) {
        return Ok(ControlFlow::Continue(underway));
    }
    match record.outcome() {
        Some(outcome) if outcome.succeeded() || record.is_undone() => {
            Ok(ControlFlow::Break(reply::outcome(outcome.clone())))
        }
        _ if record.is_under_way(runner.tenant().clock.now()) => {
            Ok(ControlFlow::Break(reply::underway(&run, here)))
        }
        _ => {
            let approval = match approval {
                Approval::Exactly(digest) if !record.was_approved(&digest) => Approval::Exactly(digest),
                _ => record.approval(),
            };
            Ok(ControlFlow::Continue(start::<F>(app, runner, run, lease, job, approval)))
        }
    }
}

/// Whether the run was asked for just this. What was asked is read anew: another version may have written it.
fn is_same<F: Function>(record: &Record, job: &Job<F::Request>) -> bool {
    let before = match record.job() {
        Some(Job::Do(request)) => serde_json::from_value(request.clone()).ok().map(Job::<F::Request>::Do),
        Some(Job::Act { action, on }) => Some(Job::Act { action: action.clone(), on: *on }),
        None => None,
    };
    let before = before.and_then(|before| serde_json::to_value(before).ok());
    before.is_some() && before == serde_json::to_value(job).ok()
}

/// The outcome, or a 202 once the deadline has come; the run goes on in either case.
async fn wait(app: &App, run: &RunKey, underway: Underway, here: &Here) -> Result<Response, Problem> {
    match tokio::time::timeout(deadline(app)?, underway).await {
        Ok(Some(Ok(outcome))) => Ok(reply::outcome(outcome)),
        Ok(Some(Err(stop))) => Err(reply::stop(&stop).of(run)),
        Ok(None) => Err(reply::broken().of(run)),
        Err(_) => Ok(reply::underway(run, here)),
    }
}

fn runner(app: &App) -> Result<&Runner, Problem> {
    app.runner().map_err(reply::misconfigured)
}

fn deadline(app: &App) -> Result<Duration, Problem> {
    Ok(app.configured().map_err(reply::misconfigured)?.limits.deadline)
}

/// What stopped a call before it had a run, logged here, once; what stops a run is logged there.
fn told(stop: Stop) -> Problem {
    telemetry::stopped(&stop);
    reply::stop(&stop)
}
