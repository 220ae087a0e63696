//! The HTTP door: the same for every task.
//!
//! | Call | Answer |
//! |---|---|
//! | `POST /api/<task>` | the outcome; with `?whatIf=true` the plan |
//! | `GET /api/<task>/runs/{run}` | 202 while it goes on, then the outcome |
//! | `POST /api/<task>/runs/{run}/{action}` | `undo`, and the task's own actions; with `?whatIf=true` the plan |
//! | `GET /` | 200 as soon as the port is open |

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode, Uri};
use journal::{Begun, RunId, RunKey};
use plan::{Approval, Job, Stop, UNDO};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;

use crate::app::App;
use crate::asked::{self, Asked};
use crate::config::Limits;
use crate::envelope;
use crate::function::Function;
use crate::live::Underway;
use crate::problem::Problem;
use crate::reply;
use crate::telemetry;

/// Everything a function app answers.
pub fn router<F: Function>(app: App) -> Router {
    let task = F::NAME;
    Router::new()
        .route("/", get(ready))
        .route(&format!("/api/{task}"), post(ask::<F>).fallback(wrong_method))
        .route(&format!("/api/{task}/runs/{{run}}"), get(look::<F>).fallback(wrong_method))
        .route(&format!("/api/{task}/runs/{{run}}/{{action}}"), post(act::<F>).fallback(wrong_method))
        .route("/{function}", post(envelope::door::<F>))
        .fallback(nothing_here)
        .layer(axum::middleware::from_fn(telemetry::traced))
        .layer(CatchPanicLayer::custom(|_| broken().into_response()))
        .layer(axum::middleware::map_response(too_large))
        .layer(RequestBodyLimitLayer::new(Limits::default().body))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(app)
}

/// Cheap and without side effects: the host asks at arbitrary times.
async fn ready() -> StatusCode {
    StatusCode::OK
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "this address does not take that method")
}

async fn nothing_here() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "nothing-here", "there is nothing at this address")
}

fn broken() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "defect",
        "this is a defect of the function; ask again, it is safe",
    )
}

/// The body limit answers in plain text; here it becomes a problem like any other.
async fn too_large(response: Response) -> Response {
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = Limits::default().body / 1024;
            let title = format!("the body is larger than {most} KiB; nothing was changed");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title).into_response()
        }
        _ => response,
    }
}

/// `POST /api/<task>`.
async fn ask<F: Function>(State(app): State<App>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(async {
        let asked = Asked::read(&uri, &headers, &body)?;
        let request: F::Request = asked::body(&headers, &body)?;
        let flaws = F::flaws(&request);
        if !flaws.is_empty() {
            return Err(Problem::invalid(flaws));
        }
        carry_out::<F>(&app, Job::Do(request), asked, &base(&headers)).await
    })
    .await
}

/// `POST /api/<task>/runs/{run}/{action}`.
async fn act<F: Function>(
    State(app): State<App>,
    Path((run, action)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    answer(async {
        let key = run_key::<F>(&run)?;
        if action != UNDO && !F::ACTIONS.contains(&action.as_str()) {
            return Err(nothing_here().await);
        }
        let asked = Asked::read(&uri, &headers, format!("{run} {action}").as_bytes())?;
        carry_out::<F>(&app, Job::Act { action, on: key.run }, asked, &base(&headers)).await
    })
    .await
}

/// `GET /api/<task>/runs/{run}`. A run that died is taken up by whoever asks for it.
async fn look<F: Function>(State(app): State<App>, Path(run): Path<String>, headers: HeaderMap) -> Response {
    answer(async {
        let run = run_key::<F>(&run)?;
        let runner = app.runner().map_err(|error| reply::misconfigured(&error))?;
        if app.live.get(&run).is_some() {
            return Ok(reply::underway(&run, &base(&headers)));
        }
        let record = runner.record(&run).await.map_err(|stop| told(&stop))?;
        match record.outcome() {
            Some(outcome) => Ok(reply::outcome(outcome.clone())),
            None => {
                if !record.is_under_way(runner.tenant().clock.now()) {
                    drop(take_up::<F>(&app, run)?);
                }
                Ok(reply::underway(&run, &base(&headers)))
            }
        }
    })
    .await
}

async fn carry_out<F: Function>(
    app: &App,
    job: Job<F::Request>,
    asked: Asked,
    base: &str,
) -> Result<Response, Problem> {
    let runner = app.runner().map_err(|error| reply::misconfigured(&error))?;
    if asked.what_if {
        let outcome = runner.preview::<F>(&job).await.map_err(|stop| told(&stop))?;
        return Ok(reply::outcome(outcome));
    }
    let id = asked.key.as_deref().map_or_else(RunId::fresh, |key| RunId::of(F::NAME, key));
    let run = RunKey { task: F::NAME, run: id };
    let underway = match runner.begin::<F>(&run, &job, &asked.approval).await.map_err(|stop| told(&stop))? {
        Begun::New => start::<F>(app, run, job, asked.approval)?,
        Begun::Before => match again::<F>(app, run, &job).await? {
            Some(underway) => underway,
            None => return Ok(finished(app, &run).await?),
        },
    };
    wait(app, &run, underway, asked.respond_async, base).await
}

/// A run that was begun before: under way, or taken up again unless it succeeded (`None`).
async fn again<F: Function>(
    app: &App,
    run: RunKey,
    job: &Job<F::Request>,
) -> Result<Option<Underway>, Problem> {
    let runner = app.runner().map_err(|error| reply::misconfigured(&error))?;
    let record = runner.record(&run).await.map_err(|stop| told(&stop))?;
    let same = serde_json::to_value(job).ok() == record.job().and_then(|job| serde_json::to_value(job).ok());
    if !same {
        let title = "this Idempotency-Key was used for another request";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", title));
    }
    match record.outcome() {
        _ if app.live.get(&run).is_some() => Ok(app.live.get(&run)),
        Some(outcome) if outcome.succeeded() => Ok(None),
        _ => take_up::<F>(app, run).map(Some),
    }
}

async fn finished(app: &App, run: &RunKey) -> Result<Response, Problem> {
    let runner = app.runner().map_err(|error| reply::misconfigured(&error))?;
    let record = runner.record(run).await.map_err(|stop| told(&stop))?;
    record.outcome().cloned().map(reply::outcome).ok_or_else(broken)
}

fn start<F: Function>(
    app: &App,
    run: RunKey,
    job: Job<F::Request>,
    approval: Approval,
) -> Result<Underway, Problem> {
    let runner = app.runner().map_err(|error| reply::misconfigured(&error))?.clone();
    Ok(app
        .live
        .start(run, telemetry::in_run(run, async move { runner.run::<F>(&run, &job, &approval).await })))
}

fn take_up<F: Function>(app: &App, run: RunKey) -> Result<Underway, Problem> {
    let runner = app.runner().map_err(|error| reply::misconfigured(&error))?.clone();
    Ok(app.live.start(run, telemetry::in_run(run, async move { runner.take_up::<F>(&run).await })))
}

/// The outcome, or a 202 once the deadline has come; the run goes on in either case.
async fn wait(
    app: &App,
    run: &RunKey,
    underway: Underway,
    at_once: bool,
    base: &str,
) -> Result<Response, Problem> {
    let limits = app.limits().map_err(|error| reply::misconfigured(&error))?;
    if at_once {
        return Ok(reply::underway(run, base));
    }
    match tokio::time::timeout(limits.deadline, underway).await {
        Ok(Some(Ok(outcome))) => Ok(reply::outcome(outcome)),
        Ok(Some(Err(stop))) => Err(told(&stop)),
        Ok(None) => Err(broken()),
        Err(_) => Ok(reply::underway(run, base)),
    }
}

fn run_key<F: Function>(text: &str) -> Result<RunKey, Problem> {
    let run = text.parse().map_err(|error: journal::NotARunId| {
        Problem::new(StatusCode::NOT_FOUND, "no-such-run", error.to_string())
    })?;
    Ok(RunKey { task: F::NAME, run })
}

/// Where the caller reached us: what the front end says, else what it asked for. Relative if neither is known.
fn base(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("x-forwarded-host").or_else(|| text("host"));
    let scheme = text("x-forwarded-proto").unwrap_or("http");
    host.map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}

/// What stopped a run, logged here, once.
fn told(stop: &Stop) -> Problem {
    tracing::warn!(name: "run.stopped", error = reply::chain(stop), "run stopped");
    reply::stop(stop)
}

async fn answer(work: impl Future<Output = Result<Response, Problem>>) -> Response {
    work.await.unwrap_or_else(IntoResponse::into_response)
}
