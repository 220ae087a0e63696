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
mod call;
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

use serde_json::json;

use crate::auth::Caller;
use crate::graph::Done;
use crate::incoming::Incoming;
use crate::lag::View;
use crate::login;
use crate::routes::Content;
use crate::state::Directory;
use crate::transcript::Item;
use crate::world::World;
use auth::Reach;
use call::Call;
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
            let call = Call::of(incoming, tenant);
            let title = call.title();
            let trouble = call.trouble(world);
            (call.carry_out(world, caller, trouble.unwrap_or_default()), Vec::new(), Some(title))
        }
        ("POST", "beta", "$batch") => batch::answer(world, &Call::of(incoming, tenant), caller),
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
