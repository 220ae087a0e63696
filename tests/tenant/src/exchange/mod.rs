//! Exchange Online's admin endpoint: cmdlets over HTTP, as the Exchange Online PowerShell module calls them.
//!
//! ```text
//! POST /adminapi/beta/{tenant}/InvokeCommand    {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {…}}}
//! POST /adminapi/beta/{tenant}/$batch           up to ten of them
//! GET  /adminapi/v1.0/{tenant}/EXOModuleFile    which cmdlets this application may run
//! ```
//!
//! The protocol is not documented; what is here was seen in the traffic of that module and of open-source clients. Not
//! here: the older entity routes, the Admin API v2.0, and every cmdlet that is not in the table of `cmdlets`.

mod auth;
pub(crate) mod autoreply;
mod batch;
mod calendar;
mod cmdlets;
mod device;
mod filter;
mod folder;
mod given;
mod list;
mod mailbox;
mod page;
mod permission;
mod protocol;
mod recipient;
pub(crate) mod refusal;
pub(crate) mod regional;
mod row;
mod rule;
mod statistics;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use crate::auth::Caller;
use crate::faults::{Drop as Lost, Trouble};
use crate::graph::{Done, Payload};
use crate::incoming::Incoming;
use crate::lag::{From, View, replica_for};
use crate::login;
use crate::routes::Content;
use crate::state::Directory;
use crate::transcript::Item;
use crate::world::World;
use auth::Reach;
use cmdlets::Cmdlet;
use given::Given;
use refusal::Refusal;
use row::Row;

/// How many seconds whoever asks too much at once has to wait.
const WAIT: &str = "10";

/// How many calls are being answered, so that too many at once can be told to wait.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<AtomicUsize>);

/// One call that is being answered.
#[derive(Debug)]
pub(crate) struct Turn(Running);

impl Running {
    /// Counts a call until what is returned is dropped.
    pub(crate) fn enter(&self) -> Turn {
        self.0.fetch_add(1, Ordering::Relaxed);
        Turn(self.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What became of a request, and how the transcript tells it.
pub(crate) struct Outcome {
    pub(crate) done: Done,
    pub(crate) items: Vec<Item>,
    pub(crate) app: Option<String>,
    /// `Set-Mailbox AdeleV@contoso.com`, instead of an address that is always the same.
    pub(crate) title: Option<String>,
}

/// Whether a path leads here. A redirect may have put something in front.
pub(crate) fn is_meant(path: &str) -> bool {
    path.contains("/adminapi/")
}

/// One call of a cmdlet, by itself or in a batch.
#[derive(Debug, Clone)]
struct Call {
    /// Path as it was sent; what rules go by.
    path: String,
    query: String,
    root: String,
    tenant: String,
    payload: Payload,
    client_request_id: Option<String>,
    /// Rows on a page.
    page: usize,
}

/// A call that may go ahead, with everything a cmdlet needs.
struct Context<'a> {
    directory: &'a mut Directory,
    view: View,
    given: Given,
    cmdlet: &'static Cmdlet,
    warnings: Vec<String>,
    /// Who asks, as owners of holds are named.
    app: String,
}

/// Answers a request below `/adminapi`.
pub(crate) fn answer(world: &mut World, incoming: &Incoming, now_ms: i64) -> Outcome {
    let mut caller = match auth::authenticate(world, incoming.header("authorization"), now_ms) {
        Ok(caller) => caller,
        Err(why) => {
            let mut done = refused(world, &Refusal::Bare(401, false), None);
            done.headers.extend(why.headers());
            return Outcome { done, items: Vec::new(), app: None, title: None };
        }
    };
    let (done, items, title) = admitted(world, incoming, &mut caller);
    world.apps.remember_used(&caller);
    Outcome { done, items, app: Some(caller.name), title }
}

type Answered = (Done, Vec<Item>, Option<String>);

fn admitted(world: &mut World, incoming: &Incoming, caller: &mut Caller) -> Answered {
    let id = incoming.header("client-request-id").map(str::to_owned);
    let alone = |done: Done| (done, Vec::new(), None);
    if world.options.exchange_calls.is_some_and(|most| world.running.0.load(Ordering::Relaxed) > most) {
        let mut done = refused(world, &Refusal::Throttled, id);
        done.headers.push(("Retry-After".into(), WAIT.into()));
        return alone(done);
    }
    let below = incoming.path.split_once("/adminapi/").map_or("", |(_, below)| below);
    let segments: Vec<&str> = below.split('/').collect();
    let [version, tenant, action] = segments[..] else { return alone(unknown(world, incoming, id)) };
    if !login::is_this_tenant(world, tenant) {
        return alone(refused(world, &Refusal::Bare(401, false), id));
    }
    match (incoming.method.as_str(), version, action) {
        ("POST", "beta", "InvokeCommand") => {
            let call = call(incoming, tenant);
            let title = call.title();
            let trouble = call.trouble(world);
            (call.carry_out(world, caller, trouble.unwrap_or_default()), Vec::new(), Some(title))
        }
        ("POST", "beta", "$batch") => batch::answer(world, &call(incoming, tenant), caller),
        ("GET", "v1.0", "EXOModuleFile") => alone(module(world, caller, tenant, id)),
        (_, "beta" | "v1.0", "InvokeCommand" | "$batch") => {
            let message = "The requested resource does not support the HTTP method that was used.";
            alone(refused(world, &Refusal::Malformed(405, message.into()), id))
        }
        _ => alone(unknown(world, incoming, id)),
    }
}

fn unknown(world: &mut World, incoming: &Incoming, id: Option<String>) -> Done {
    let what = format!("{} {}", incoming.method, incoming.path);
    refused(world, &Refusal::Unknown(what), id)
}

fn call(incoming: &Incoming, tenant: &str) -> Call {
    let prefer = incoming.header("prefer").unwrap_or_default();
    let wanted = prefer.split([';', ',']).find_map(|word| word.trim().strip_prefix("odata.maxpagesize="));
    Call {
        path: incoming.path.clone(),
        query: incoming.query.clone(),
        root: incoming.root.clone(),
        tenant: tenant.to_owned(),
        payload: Payload::read(&incoming.body, incoming.header("content-type")),
        client_request_id: incoming.header("client-request-id").map(str::to_owned),
        page: wanted.and_then(|size| size.parse().ok()).unwrap_or(page::LONGEST).clamp(1, page::LONGEST),
    }
}

impl Call {
    /// The trouble this call is in.
    fn trouble(&self, world: &mut World) -> Option<Trouble> {
        let body = self.payload.json().map(Value::to_string).unwrap_or_default();
        world.faults.strike("POST", &self.path, &body)
    }

    /// `Set-Mailbox AdeleV@contoso.com`
    fn title(&self) -> String {
        let input = self.payload.json().map(|body| &body["CmdletInput"]).unwrap_or(&Value::Null);
        let whom = ["Identity", "Mailbox"].iter().find_map(|name| input["Parameters"][name].as_str());
        let name = input["CmdletName"].as_str().unwrap_or("InvokeCommand");
        whom.map_or_else(|| name.to_owned(), |whom| format!("{name} {whom}"))
    }

    /// Carries the call out, trouble included.
    fn carry_out(&self, world: &mut World, caller: &mut Caller, trouble: Trouble) -> Done {
        world.requests += 1;
        let mut done = match self.prevented(&trouble) {
            Some(refusal) => refused(world, &refusal, self.client_request_id.clone()),
            None => self.run(world, caller),
        };
        if let Some(target) = &trouble.redirect {
            let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
            let start =
                if target.contains("://") { target.clone() } else { format!("{}{target}", self.root) };
            let path = self.path.find("/adminapi/").map_or("", |at| &self.path[at..]);
            done.headers.push(("Location".into(), format!("{start}{path}{query}")));
        }
        done.headers.extend(trouble.retry_after.map(|wait| ("Retry-After".to_owned(), wait)));
        done.delay_ms = trouble.delay_ms.unwrap_or(0);
        done.dropped = trouble.drop.is_some();
        if trouble.drop == Some(Lost::Before) {
            done.wrote = false;
        }
        if let Some(text) = trouble.plain_text {
            done.content = Content::Text(text);
        }
        done
    }

    /// The refusal a rule asks for.
    fn prevented(&self, trouble: &Trouble) -> Option<Refusal> {
        if !trouble.prevents() {
            return None;
        }
        let message = trouble.message.as_deref();
        Some(match (&trouble.exchange, &trouble.redirect, trouble.status) {
            (Some(name), _, status) => refusal::invented(name, message, status),
            (None, Some(_), status) => Refusal::Bare(status.unwrap_or(302), false),
            (None, None, Some(429)) => Refusal::Throttled,
            (None, None, Some(status @ (401 | 403))) => Refusal::Bare(status, status == 403),
            (None, None, status) => {
                let message = message.unwrap_or("The service is unavailable.").to_owned();
                Refusal::Malformed(status.unwrap_or(503), message)
            }
        })
    }

    fn run(&self, world: &mut World, caller: &mut Caller) -> Done {
        let outcome = self.checked(caller).and_then(|(cmdlet, given)| {
            let directory = &mut world.directory;
            let view = View { from: From::Replica(replica_for(world.requests)), now_ms: directory.now_ms };
            let wrote = cmdlet.writes && !given.is_on("PreviewOnly");
            let (warnings, app) = (Vec::new(), caller.name.clone());
            let mut context = Context { directory, view, given, cmdlet, warnings, app };
            let rows = (cmdlet.run)(&mut context)?;
            let warnings = std::mem::take(&mut context.warnings);
            page::body(self, &context, rows, warnings).map(|body| (body, wrote))
        });
        match outcome {
            Ok((body, wrote)) => done(world, 200, Content::Json(body), self.client_request_id.clone(), wrote),
            Err(refusal) => refused(world, &refusal, self.client_request_id.clone()),
        }
    }

    /// The cmdlet that is to run, if this caller may run it, and what it is given.
    fn checked(&self, caller: &mut Caller) -> Result<(&'static Cmdlet, Given), Refusal> {
        let reach = Reach::of(caller).ok_or(Refusal::Bare(403, true))?;
        let (name, parameters) = self.input()?;
        let cmdlet = cmdlets::find(name)?;
        if !reach.runs(cmdlet) {
            return Err(Refusal::Bare(403, false));
        }
        auth::use_permission(caller);
        // A parameter that the caller's role does not include does not exist for the caller.
        if let Some(name) = parameters.keys().find(|name| !reach.has(cmdlet, name)) {
            return Err(refusal::unknown_parameter(name));
        }
        Ok((cmdlet, Given::bind(cmdlet, parameters)?))
    }

    /// Name and parameters out of `{"CmdletInput": {"CmdletName": …, "Parameters": {…}}}`.
    fn input(&self) -> Result<(&str, &Map<String, Value>), Refusal> {
        let malformed = |message: &str| Refusal::Malformed(400, message.to_owned());
        let body = match &self.payload {
            Payload::Json(body) => body,
            Payload::Wrong(wrong) => return Err(Refusal::Malformed(wrong.status, wrong.message.clone())),
            Payload::None => return Err(malformed("The request has no body.")),
        };
        let input = body["CmdletInput"].as_object();
        let input =
            input.ok_or_else(|| malformed("The parameter 'CmdletInput' is missing in the request."))?;
        let name = input.get("CmdletName").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| malformed("'CmdletName' is missing in 'CmdletInput'."))?;
        let parameters = input.get("Parameters").and_then(Value::as_object);
        let parameters = parameters.ok_or_else(|| {
            malformed("A null value was found for the property named 'Parameters', which has the expected type 'Exchange.GenericHashTable[Nullable=False]'.")
        })?;
        Ok((name, parameters))
    }
}

/// `EXOModuleFile`: the cmdlets this caller may run.
fn module(world: &mut World, caller: &mut Caller, tenant: &str, id: Option<String>) -> Done {
    let Some(reach) = Reach::of(caller) else { return refused(world, &Refusal::Bare(403, true), id) };
    auth::use_permission(caller);
    let names: Vec<&str> =
        cmdlets::all().filter(|cmdlet| reach.runs(cmdlet)).map(|cmdlet| cmdlet.name).collect();
    let body = json!({
        "@odata.context": format!("https://outlook.office365.com/adminapi/v1.0/{tenant}/$metadata#EXOModuleFile"),
        "value": [{ "exportedCmdlets": names.join(","), "version": "3.9.2" }],
    });
    done(world, 200, Content::Json(body), id, false)
}

fn refused(world: &mut World, refusal: &Refusal, id: Option<String>) -> Done {
    let (status, code, body) = refusal::told(refusal);
    let content = match (body, refusal) {
        (Some(body), _) => Content::Json(body),
        (None, Refusal::Bare(_, true)) => Content::Text("\0".repeat(64)),
        (None, _) => Content::None,
    };
    let mut done = done(world, status, content, id, false);
    done.code = code;
    done
}

fn done(world: &mut World, status: u16, content: Content, id: Option<String>, wrote: bool) -> Done {
    let request_id = world.chance.uuid().to_string();
    let mut headers = vec![("request-id".to_owned(), request_id)];
    headers.extend(id.map(|id| ("client-request-id".to_owned(), id)));
    Done { status, code: None, headers, content, cost: 0, wrote, delay_ms: 0, dropped: false }
}

impl Context<'_> {
    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// The warning of a change that changes nothing.
    fn unchanged(&mut self, name: &str) -> Vec<Row> {
        self.warn(format!(
            "The command completed successfully but no settings of '{name}' have been modified."
        ));
        Vec::new()
    }
}
