//! The HTTP door: the same for every task.
//!
//! | Call | Answer |
//! |---|---|
//! | `POST /api/<task>` | the outcome; with `?whatIf=true` the plan |
//! | `POST /api/<task>/<sweep>` | the same of a sweep: everybody who differs from a rule |
//! | `GET /api/<task>/<report>` | a report: JSON, CSV or a page, as `Accept` or `?format=` says |
//! | `POST /api/<task>/tell` | who was told of a report; with `?whatIf=true`, who would be |
//! | `POST /api/<task>/<note>` | what is noted from now on; with `?whatIf=true`, what would be |
//! | `GET /api/<task>/runs/{run}` | 202 while it goes on, then the outcome |
//! | `POST /api/<task>/runs/{run}/{action}` | `undo`, and the task's own actions; with `?whatIf=true` the plan |
//! | `GET /` | 200 as soon as the port is open |
//! | `POST /<function>` | the envelope of the Functions host |
//!
//! The Functions host matches paths whatever their case and with a slash at their end, and hands them on as they came; so
//! they are brought into one form here. Nothing is redirected: the host follows redirects by itself.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, StatusCode, Uri};
use journal::RunKey;
use plan::{Job, UNDO};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::asked::Asked;
use crate::config::Limits;
use crate::function::Function;
use crate::here::Here;
use crate::problem::Problem;
use crate::tell::{self, TELL, Tells};
use crate::{body, envelope, notes, reply, reports, runs, telemetry};

/// Everything a function app answers.
pub fn router<F: Function>(app: App) -> Router {
    let doors = calls::<F>()
        .route("/", get(ready))
        .route("/{function}", post(envelope::door::<F>))
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn(telemetry::traced))
        .with_state(app);
    in_one_form(doors)
}

/// The caller's own calls, as they come in an envelope.
pub(crate) fn unwrapped<F: Function>(app: App) -> Router {
    in_one_form(calls::<F>().method_not_allowed_fallback(wrong_method).with_state(app))
}

fn calls<F: Function>() -> Router<App> {
    let task = F::NAME;
    let sweeps = F::SWEEPS.iter().fold(Router::new(), |routes, name| {
        routes.route(
            &format!("/api/{task}/{name}"),
            post(move |app, uri, headers, body| sweep::<F>(name, app, uri, headers, body)),
        )
    });
    let reports = F::REPORTS.iter().fold(sweeps, |routes, name| {
        let own = if *name == task.as_str() { String::new() } else { format!("/{name}") };
        routes.route(
            &format!("/api/{task}{own}"),
            get(move |app, uri, headers| tell_report::<F>(name, app, uri, headers)),
        )
    });
    let notes = F::NOTES.iter().fold(reports, |routes, name| {
        routes.route(
            &format!("/api/{task}/{name}"),
            post(move |app, uri, headers, body| note::<F>(name, app, uri, headers, body)),
        )
    });
    let telling = F::TELLS.iter().fold(notes, |routes, tells| {
        routes.route(
            &format!("/api/{task}/{TELL}"),
            post(move |app, uri, headers, body| tell_people::<F>(*tells, app, uri, headers, body)),
        )
    });
    telling
        .route(&format!("/api/{task}"), post(ask::<F>))
        .route(&format!("/api/{task}/runs/{{run}}"), get(look::<F>))
        .route(&format!("/api/{task}/runs/{{run}}/{{action}}"), post(act::<F>))
        .fallback(nothing_here)
}

fn in_one_form(routes: Router) -> Router {
    let service = ServiceBuilder::new()
        .map_request(|request: Request<Body>| {
            let (mut head, body) = request.into_parts();
            head.uri = plain(head.uri);
            Request::from_parts(head, body)
        })
        .layer(CatchPanicLayer::custom(|_| reply::broken().into_response()))
        .service(routes);
    Router::new().fallback_service(service)
}

/// Small letters, and no slash at the end.
fn plain(uri: Uri) -> Uri {
    let path = uri.path().trim_end_matches('/').to_ascii_lowercase();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("/{}{query}", path.trim_start_matches('/')).parse::<PathAndQuery>().ok();
    Uri::from_parts(parts).unwrap_or(uri)
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

/// `POST /api/<task>`.
async fn ask<F: Function>(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = body::read(body, Limits::BODY).await?;
    let asked = Asked::read(&uri, &headers, &body)?;
    let request: F::Request = body::parse(&headers, &body)?;
    let flaws = F::flaws(&request);
    if !flaws.is_empty() {
        return Err(Problem::invalid(flaws));
    }
    runs::carry_out::<F>(&app, Job::Do(request), asked, &Here::of(&uri, &headers)).await
}

/// `POST /api/<task>/<sweep>`. A body is not asked for.
async fn sweep<F: Function>(
    sweep: &'static str,
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = body::read(body, Limits::BODY).await?;
    let asked =
        Asked::read(&uri, &headers, format!("{sweep} {}", String::from_utf8_lossy(&body)).as_bytes())?;
    let given = body::given(&headers, &body)?;
    let want = F::want(sweep, given, app.settings()).map_err(Problem::wrong)?;
    let job = Job::Sweep { sweep: sweep.to_owned(), want };
    runs::carry_out::<F>(&app, job, asked, &Here::of(&uri, &headers)).await
}

/// `GET /api/<task>/<report>`.
async fn tell_report<F: Function>(
    report: &'static str,
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    reports::tell::<F>(report, &app, runs::deadline(&app)?, &uri, &headers).await
}

/// `POST /api/<task>/<note>`.
async fn note<F: Function>(
    note: &'static str,
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = body::read(body, Limits::BODY).await?;
    notes::take::<F>(note, &app, &uri, body::required(&headers, &body)?).await
}

/// `POST /api/<task>/tell`. A body is not asked for.
async fn tell_people<F: Function>(
    tells: Tells,
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let until = runs::deadline(&app)?;
    tell::door::<F>(tells, app, until, uri, headers, body).await
}

/// `GET /api/<task>/runs/{run}`.
async fn look<F: Function>(
    State(app): State<App>,
    Path(run): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    runs::look::<F>(&app, run_key::<F>(&run)?, &Here::of(&uri, &headers)).await
}

/// `POST /api/<task>/runs/{run}/{action}`. A body is not asked for, and not read.
async fn act<F: Function>(
    State(app): State<App>,
    Path((run, action)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let on = run_key::<F>(&run)?;
    if action != UNDO && !F::ACTIONS.contains(&action.as_str()) {
        return Err(nothing_here().await);
    }
    let asked = Asked::read(&uri, &headers, format!("{action} {}", on.run).as_bytes())?;
    runs::carry_out::<F>(&app, Job::Act { action, on: on.run }, asked, &Here::of(&uri, &headers)).await
}

fn run_key<F: Function>(text: &str) -> Result<RunKey, Problem> {
    let run = text.parse().map_err(|error: journal::NotARunId| reply::no_such_run(error.to_string()))?;
    Ok(RunKey { task: F::NAME, run })
}
