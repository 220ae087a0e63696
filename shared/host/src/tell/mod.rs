//! Telling people of a report: by mail, in a channel of Microsoft Teams, and to whoever wants to be called back.
//!
//! `POST /api/<task>/tell` and a timer ([`Timer::tell`](crate::Timer::tell)) read the report and tell what is new of it. What
//! the messages say is the function's ([`Function::news`]); that each is sent, leaves a trace and is not sent twice is done
//! here. Three app settings begin with a word of the function's own, such as `ROTATE_REPORT`:
//!
//! | Setting | Means | When absent |
//! |---|---|---|
//! | `…_SENDER` | the mailbox that mails are sent from, by user principal name or object id | no mail is sent |
//! | `…_TEAMS` | the address of a workflow of Teams that takes Adaptive Cards; a secret | no card is sent |
//! | `…_CALLBACK` | where the report is sent as JSON; a secret | only where a call says so |
//!
//! What is not told is said in the answer; an address never is. Nothing is changed in the tenant.

mod address;
mod answer;
mod message;
mod send;
mod trace;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use graph::UserKey;
use graph::auth::Settings;
use http::{HeaderMap, StatusCode, Uri, header};
use jiff::Timestamp;
use plan::{Flaw, Runner};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::App;
use crate::asked::what_if;
use crate::body;
use crate::config::Limits;
use crate::function::{Function, Wrong};
use crate::problem::Problem;
use crate::reports::{self, LONGEST, Survey};
use crate::{notes, reply, telemetry};

pub use message::{Digest, News, Tells};

use address::Address;
pub(crate) use answer::Tally;
use answer::Told;
use message::{Channel, Message};

/// The name of the door.
pub(crate) const TELL: &str = "tell";

/// How soon to ask again while people are being told, in seconds.
const SOON: u64 = 60;

/// What a call may ask.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    callback_url: Option<String>,
}

/// Who is told, by the settings and by a call.
#[derive(Clone, Debug)]
struct Channels {
    settings: &'static str,
    sender: Option<UserKey>,
    teams: Option<Address>,
    callback: Option<Address>,
    callers: Option<Address>,
}

impl Channels {
    fn read(settings: &Settings, prefix: &'static str, callers: Option<Address>) -> Result<Self, Wrong> {
        let address = |name: &str| {
            let name = format!("{prefix}_{name}");
            let read = settings.get(&name).map(|text| Address::read(&text));
            read.transpose().map_err(|right| Wrong::Setting(format!("{name}: {right}")))
        };
        let sender = settings.get(&format!("{prefix}_SENDER")).and_then(|text| text.parse().ok());
        Ok(Self {
            settings: prefix,
            sender,
            teams: address("TEAMS")?,
            callback: address("CALLBACK")?,
            callers,
        })
    }

    /// What the answer says of who is not told for want of a setting.
    fn silent(&self) -> Vec<String> {
        let prefix = self.settings;
        let mail = "No mail is sent: the app setting {} names no mailbox to send from.";
        let card = "No card is sent: the app setting {} names no workflow of Teams.";
        let unset = [(self.sender.is_none(), mail, "SENDER"), (self.teams.is_none(), card, "TEAMS")];
        let told = unset.iter().filter(|(is_unset, ..)| *is_unset);
        told.map(|(_, says, name)| says.replace("{}", &format!("{prefix}_{name}"))).collect()
    }
}

/// What was read for a telling: facts, or why there are none.
struct Reading {
    at: Timestamp,
    read: Result<Survey, String>,
}

/// `POST /api/<task>/tell`.
pub(crate) async fn door<F: Function>(
    tells: Tells,
    app: App,
    until: Instant,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = body::read(body, Limits::BODY).await?;
    let (is_preview, callers) = (what_if(&uri)?, callers(body::given(&headers, &body)?)?);
    let channels = Channels::read(app.settings(), tells.settings, callers).map_err(Problem::wrong)?;
    let runner = app.runner().map_err(reply::misconfigured)?.clone();
    let telling = tokio::spawn(async move { tell::<F>(tells, &app, &runner, channels, is_preview).await });
    match timeout_at(until, telling).await {
        Ok(Ok(Ok(told))) => Ok(Json(told).into_response()),
        Ok(Ok(Err(problem))) => Err(problem),
        Ok(Err(_)) => Err(reply::broken()),
        Err(_) => Ok(under_way()),
    }
}

fn callers(body: Option<&[u8]>) -> Result<Option<Address>, Problem> {
    let asked: Asked =
        body.map_or_else(|| Ok(Asked::default()), body::strict).map_err(|flaw| Problem::invalid([flaw]))?;
    let read = asked.callback_url.map(|text| Address::read(&text)).transpose();
    read.map_err(|right| Problem::invalid([Flaw::at("/callbackUrl", right)]))
}

/// It goes on. What was sent by then is not sent again, so asking again is safe.
fn under_way() -> Response {
    let mut answer = (StatusCode::ACCEPTED, Json(json!({"status": "running"}))).into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, SOON.into());
    answer
}

/// What a tick came to.
pub(crate) enum Ticked {
    /// People were told; and so many rows of the report are to be acted on.
    Told(Box<Told>, usize),
    /// It takes longer than a tick, and goes on.
    GoesOn,
    /// Why nobody was told, or why there is no report.
    Stopped(String),
}

/// Reads the report, keeps it, and tells people.
pub(crate) async fn tick<F: Function>(tells: Tells, app: &App, runner: &Runner) -> Ticked {
    let channels = match Channels::read(app.settings(), tells.settings, None) {
        Ok(channels) => channels,
        Err(wrong) => return Ticked::Stopped(wrong.to_string()),
    };
    let (app, runner) = (app.clone(), runner.in_bulk());
    let work = tokio::spawn(async move {
        let reading = read::<F>(tells, &app, &runner).await;
        let acts = reports::to_act_on::<F>(tells.report, &reading.read, app.settings());
        let told = told::<F>(&app, &runner, channels, reading, false).await;
        (told, acts)
    });
    match timeout(LONGEST, work).await {
        Err(_) => Ticked::GoesOn,
        Ok(Err(_)) => Ticked::Stopped(reply::broken().title().to_owned()),
        Ok(Ok((Err(problem), _))) => Ticked::Stopped(problem.title().to_owned()),
        Ok(Ok((Ok(_), Err(why)))) => Ticked::Stopped(why),
        Ok(Ok((Ok(told), Ok(acts)))) => Ticked::Told(Box::new(told), acts),
    }
}

async fn tell<F: Function>(
    tells: Tells,
    app: &App,
    runner: &Runner,
    channels: Channels,
    is_preview: bool,
) -> Result<Told, Problem> {
    let reading = read::<F>(tells, app, runner).await;
    told::<F>(app, runner, channels, reading, is_preview).await
}

async fn read<F: Function>(tells: Tells, app: &App, runner: &Runner) -> Reading {
    let read = reports::read::<F>(tells.report, app, runner).await;
    let at = read.as_ref().map_or_else(|_| runner.tenant().clock.now(), |survey| survey.at);
    Reading { at, read }
}

/// Makes the messages, and sends those that are new, each channel for itself.
async fn told<F: Function>(
    app: &App,
    runner: &Runner,
    channels: Channels,
    reading: Reading,
    is_preview: bool,
) -> Result<Told, Problem> {
    let facts = reading.read.as_ref().map(|survey| &survey.facts).map_err(String::as_str);
    let mut news = F::news(facts, reading.at, app.settings());
    news.says.extend(channels.silent());
    let messages = message::of(&news, &channels, reading.at);
    let post = send::Post { runner, web: app.web(), task: F::NAME };
    let (mut told, mut broken) = (Told::of(&news), None);
    for channel in Channel::ALL {
        let messages: Vec<Message> =
            messages.iter().filter(|message| message.channel == channel).cloned().collect();
        let result = if is_preview {
            post.preview(channel, messages).await.map(|would| told.would(channel, would))
        } else {
            post.send(channel, messages, news.is_whole).await.map(|tally| {
                telemetry::told(channel.name(), &tally);
                told.sent(channel, tally);
            })
        };
        // A channel that cannot be told leaves the others as they are.
        broken = result.err().or(broken);
    }
    broken.map_or(Ok(told), |error| Err(notes::unusable(error)))
}
