//! One call of a cmdlet, from what was posted to the answer.
//!
//! The order is the service's: is there trouble, may this caller run such a cmdlet, do the parameters bind; only then does
//! the cmdlet look at the directory.

use serde_json::{Map, Value};

use super::auth::{self, Reach};
use super::cmdlets::{self, Cmdlet};
use super::given::Given;
use super::refusal::{self, Refusal};
use super::{Context, done, page, refused};
use crate::auth::Caller;
use crate::faults::{Drop, Trouble};
use crate::graph::{Done, Payload};
use crate::incoming::Incoming;
use crate::lag::{From, View, replica_for};
use crate::login;
use crate::routes::Content;
use crate::world::World;

/// The mailbox that stands for a whole organisation.
const SYSTEM_MAILBOX: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

/// One call of a cmdlet, by itself or in a batch.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Path as it was sent; what rules go by.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) root: String,
    pub(super) tenant: String,
    pub(super) payload: Payload,
    pub(super) client_request_id: Option<String>,
    /// Whose servers it is for.
    pub(super) anchor: Option<String>,
    /// Rows on a page.
    pub(super) page: usize,
}

impl Call {
    /// The call that a request makes.
    pub(super) fn of(incoming: &Incoming, tenant: &str) -> Call {
        let prefer = incoming.header("prefer").unwrap_or_default();
        let wanted = prefer.split([';', ',']).find_map(|word| word.trim().strip_prefix("odata.maxpagesize="));
        Call {
            path: incoming.path.clone(),
            query: incoming.query.clone(),
            root: incoming.root.clone(),
            tenant: tenant.to_owned(),
            payload: Payload::read(&incoming.body, incoming.header("content-type")),
            client_request_id: incoming.header("client-request-id").map(str::to_owned),
            anchor: incoming.header("x-anchormailbox").map(str::to_owned),
            page: wanted.and_then(|size| size.parse().ok()).unwrap_or(page::LONGEST).clamp(1, page::LONGEST),
        }
    }

    /// The trouble this call is in.
    pub(super) fn trouble(&self, world: &mut World) -> Option<Trouble> {
        let body = self.payload.json().map(Value::to_string).unwrap_or_default();
        world.faults.strike("POST", &self.path, &body)
    }

    /// `Set-Mailbox AdeleV@contoso.com`
    pub(super) fn title(&self) -> String {
        let input = self.payload.json().map(|body| &body["CmdletInput"]).unwrap_or(&Value::Null);
        let whom = ["Identity", "Mailbox"].iter().find_map(|name| input["Parameters"][name].as_str());
        let name = input["CmdletName"].as_str().unwrap_or("InvokeCommand");
        whom.map_or_else(|| name.to_owned(), |whom| format!("{name} {whom}"))
    }

    /// Carries the call out, trouble included.
    pub(super) fn carry_out(&self, world: &mut World, caller: &mut Caller, trouble: Trouble) -> Done {
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
        if trouble.drop == Some(Drop::Before) {
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
        let anchored = self.anchored(world);
        let outcome = anchored.and_then(|()| self.checked(caller)).and_then(|(cmdlet, given)| {
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
        let given = Given::bind(cmdlet, parameters)?;
        if cmdlet.writes && given.is_on("WhatIf") {
            return Err(Refusal::Unknown(
                "how to tell beforehand what a cmdlet would do (WhatIf)".to_owned(),
            ));
        }
        if cmdlet.asks(&given) && given.switch("Confirm") != Some(false) {
            return Err(refusal::unconfirmed(cmdlet.name));
        }
        Ok((cmdlet, given))
    }

    /// Whether the call says whose servers it is for.
    fn anchored(&self, world: &World) -> Result<(), Refusal> {
        let anchor = self.anchor.as_deref().unwrap_or_default();
        let (kind, whose) = anchor.split_once(':').unwrap_or_default();
        let (name, domain) = whose.rsplit_once('@').unwrap_or_default();
        let is_known = match kind {
            "APP" => name == SYSTEM_MAILBOX && login::is_this_tenant(world, domain),
            "UPN" | "SMTP" => !name.is_empty() && login::is_this_tenant(world, domain),
            _ => false,
        };
        let message = || {
            format!(
                "The offline tenant wants to know where a call is for: 'X-AnchorMailbox' has to be 'APP:{SYSTEM_MAILBOX}@{{tenant id}}', 'UPN:{{name}}' or 'SMTP:{{address}}', and is '{anchor}'."
            )
        };
        if is_known { Ok(()) } else { Err(Refusal::Malformed(400, message())) }
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
