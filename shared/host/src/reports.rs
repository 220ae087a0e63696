//! Reports: `GET /api/<task>/<report>`, in the form that the caller likes, and what a timer keeps of them. A report that is
//! called like its task is at `GET /api/<task>`.
//!
//! A report is read from the tenant page by page, which may take longer than a call may. So the reading goes on when its
//! caller has gone away, whoever asks meanwhile waits for the same one, and what it comes to is kept on a page of the ledger
//! (`reports/<task>/<report>`): a caller who cannot wait is told what was read last, and that it is that.
//!
//! Nothing is written to the tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use graph::auth::Settings;
use http::{HeaderMap, StatusCode, Uri, header};
use jiff::Timestamp;
use journal::PageName;
use plan::{Runner, Stop};
use report::{Form, Gap, Report};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::App;
use crate::asked::is_ours;
use crate::function::{Function, Wrong};
use crate::here::Here;
use crate::problem::Problem;
use crate::{reply, telemetry};

/// How soon to ask again for a report that is being read, in seconds.
const SOON: u64 = 60;

/// How often a page is turned at the most while others are first. They had just read the same.
const TURNS: usize = 10;

/// How long a tick waits for a report, which goes on after it.
pub(crate) const LONGEST: Duration = Duration::from_secs(4 * 60);

/// What was read, or was kept of it, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Survey {
    pub(crate) at: Timestamp,
    pub(crate) facts: Value,
}

/// Why there is no report.
#[derive(Debug)]
pub enum Untold {
    /// A setting, or what the caller asked, will not do.
    Wrong(Wrong),
    /// The tenant or the journal could not be read.
    Stop(Stop),
}

impl From<graph::Error> for Untold {
    fn from(error: graph::Error) -> Self {
        Self::Stop(Stop::Unreadable(error))
    }
}

impl From<journal::Error> for Untold {
    fn from(error: journal::Error) -> Self {
        Self::Stop(Stop::Journal(error))
    }
}

impl From<Wrong> for Untold {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

/// What a reading comes to. `None`: it broke on a defect of ours.
type Read = Option<Result<Survey, Arc<Untold>>>;

/// The reports that this process is reading, for all who wait for them.
#[derive(Clone, Default)]
pub(crate) struct Readings(Arc<Mutex<HashMap<&'static str, Reading>>>);

/// A report that is being read.
type Reading = Shared<BoxFuture<'static, Read>>;

impl Readings {
    /// The reading that is under way, or else a new one, which goes on whoever waits for it.
    fn join(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<Survey, Untold>> + Send + 'static,
    ) -> Reading {
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = readings.get(name) {
            return reading.clone();
        }
        let (all, work) = (self.clone(), tokio::spawn(work));
        let reading = async move {
            let read = work.await.ok().map(|read| read.map_err(Arc::new));
            all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
            read
        };
        let reading = reading.boxed().shared();
        readings.insert(name, reading.clone());
        tokio::spawn(reading.clone());
        reading
    }
}

/// `GET /api/<task>/<report>`.
pub(crate) async fn tell<F: Function>(
    name: &'static str,
    app: &App,
    until: Instant,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let form = form(uri, headers)?;
    let runner = app.runner().map_err(reply::misconfigured)?;
    match timeout_at(until, reading::<F>(name, app, runner)).await {
        Ok(Some(Ok(survey))) => written(made::<F>(name, &survey, app.settings())?, form),
        Ok(Some(Err(untold))) => Err(problem(&untold)),
        Ok(None) => Err(reply::broken()),
        Err(_) => match kept(F::NAME.as_str(), name, runner).await.map_err(|untold| problem(&untold))? {
            Some(survey) => written(made::<F>(name, &survey, app.settings())?.gap(stale(&survey)), form),
            None => Ok(being_read(name, uri, headers)),
        },
    }
}

fn reading<F: Function>(name: &'static str, app: &App, runner: &Runner) -> Reading {
    let (runner, settings) = (runner.clone(), app.settings().clone());
    app.readings.join(name, async move {
        let at = runner.tenant().clock.now();
        let survey = Survey { at, facts: F::survey(name, &runner, &settings).await? };
        let kept = Survey { at, facts: F::kept(name, survey.facts.clone()) };
        keep(F::NAME.as_str(), name, &runner, &kept).await?;
        Ok(survey)
    })
}

fn made<F: Function>(name: &str, survey: &Survey, settings: &Settings) -> Result<Report, Problem> {
    F::report(name, &survey.facts, survey.at, settings).map_err(|untold| problem(&untold))
}

fn written(report: Report, form: Form) -> Result<Response, Problem> {
    let answer = report.answer(form).map_err(|_| reply::broken())?;
    Ok(answer.map(Body::from))
}

fn problem(untold: &Untold) -> Problem {
    match untold {
        Untold::Wrong(wrong) => Problem::wrong(wrong.clone()),
        Untold::Stop(stop) => {
            telemetry::stopped(stop);
            reply::stop(stop)
        }
    }
}

/// That figures are those of another day.
fn stale(survey: &Survey) -> Gap {
    let at = survey.at.strftime("%-d %B %Y, %H:%M UTC");
    Gap::new(format!("These are the figures of {at}: reading them anew takes longer than a call may."))
        .help("They are being read; ask again later.")
}

/// Nothing was read before: look again.
fn being_read(name: &str, uri: &Uri, headers: &HeaderMap) -> Response {
    let body = json!({"report": name, "status": "running"}).to_string();
    let mut answer = (StatusCode::ACCEPTED, body).into_response();
    let answers = answer.headers_mut();
    answers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    answers.insert(header::RETRY_AFTER, SOON.into());
    if let Ok(location) = Here::of(uri, headers).again(uri).parse() {
        answers.insert(header::LOCATION, location);
    }
    answer
}

/// The form: what the address says, or else what the caller likes best.
fn form(uri: &Uri, headers: &HeaderMap) -> Result<Form, Problem> {
    const RIGHT: &str = "there is one option, format, which is json, csv or html";
    let wrong = || Problem::new(StatusCode::BAD_REQUEST, "invalid-query", RIGHT);
    let Query(options) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| wrong())?;
    let ours: Vec<_> = options.iter().filter(|(name, _)| is_ours(name)).collect();
    match ours.as_slice() {
        [] => accepted(headers),
        [(name, form)] if name.eq_ignore_ascii_case("format") => form.parse().map_err(|()| wrong()),
        _ => Err(wrong()),
    }
}

fn accepted(headers: &HeaderMap) -> Result<Form, Problem> {
    let lines = headers.get_all(header::ACCEPT).iter();
    let accept = lines.filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join(",");
    if accept.trim().is_empty() {
        return Ok(Form::Json);
    }
    let title = "a report is application/json, text/csv or text/html, and Accept takes none of them";
    Form::accepted(&accept).ok_or_else(|| Problem::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", title))
}

fn page(task: &str, name: &str) -> Result<PageName, journal::Error> {
    PageName::new(format!("reports/{task}/{name}"))
}

/// What was read last; nothing, if nothing was or another version wrote it.
async fn kept(task: &str, name: &str, runner: &Runner) -> Result<Option<Survey>, Untold> {
    let page = runner.journal().page(&page(task, name)?).await?;
    Ok(serde_json::from_value(page.value).ok())
}

async fn keep(task: &str, name: &str, runner: &Runner, survey: &Survey) -> Result<(), Untold> {
    let page = page(task, name)?;
    let value = serde_json::to_value(survey).unwrap_or_default();
    for _ in 0..TURNS {
        let seen = runner.journal().page(&page).await?;
        if runner.journal().turn(&page, &seen.version, &value).await? {
            break;
        }
    }
    Ok(())
}

/// What a tick of a timer came to.
pub(crate) enum Reported {
    /// The report was read, and so many rows of it are to be acted on.
    Ended(usize),
    /// It takes longer than a tick, and goes on.
    GoesOn,
    /// There is none; why.
    Stopped(String),
}

/// Reads a report so that it is kept, and tells the log what is to be acted on, by its id.
pub(crate) async fn tick<F: Function>(name: &'static str, app: &App, runner: &Runner) -> Reported {
    let Ok(read) = timeout(LONGEST, read::<F>(name, app, &runner.in_bulk())).await else {
        return Reported::GoesOn;
    };
    match to_act_on::<F>(name, &read, app.settings()) {
        Ok(rows) => Reported::Ended(rows),
        Err(why) => Reported::Stopped(why),
    }
}

/// Reads a report so that it is kept; or says why there is none, which the log is told as well.
pub(crate) async fn read<F: Function>(
    name: &'static str,
    app: &App,
    runner: &Runner,
) -> Result<Survey, String> {
    match reading::<F>(name, app, runner).await {
        Some(Ok(survey)) => Ok(survey),
        Some(Err(untold)) => Err(told_why(&untold)),
        None => Err(reply::broken().title().to_owned()),
    }
}

/// How many rows of a report are to be acted on; the log is told of each.
pub(crate) fn to_act_on<F: Function>(
    name: &'static str,
    read: &Result<Survey, String>,
    settings: &Settings,
) -> Result<usize, String> {
    let survey = read.as_ref().map_err(String::clone)?;
    let made = F::report(name, &survey.facts, survey.at, settings).map_err(|untold| told_why(&untold))?;
    Ok(made.to_act_on().inspect(|row| telemetry::to_act_on(name, row)).count())
}

/// Tells the log why there is no report, and says it.
fn told_why(untold: &Untold) -> String {
    if let Untold::Stop(stop) = untold {
        telemetry::stopped(stop);
    }
    why(untold)
}

fn why(untold: &Untold) -> String {
    match untold {
        Untold::Wrong(wrong) => wrong.to_string(),
        Untold::Stop(stop) => reply::stop(stop).title().to_owned(),
    }
}
