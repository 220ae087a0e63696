//! One request to Microsoft Graph, from the door to the answer.
//!
//! The order is the service's: who asks, is there trouble, may it cost that much, is there such an address, may this
//! application do it; only then does the route look at the directory. The items of a batch come through here one by one.

use serde_json::{Value, json};

use crate::auth::Caller;
use crate::clock::written_without_zone;
use crate::faults::{Drop, Trouble};
use crate::lag::{From, View, replica_for};
use crate::query::Query;
use crate::refusal::{Refusal, malformed};
use crate::routes::{self, Content, Context, Found, Reply};
use crate::schema::{KEYS, SIGN_INS};
use crate::world::World;

/// How the service labels its JSON.
pub(crate) const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Payload {
    None,
    Json(Value),
    /// Something that cannot be used, with the refusal it earns.
    Wrong(Refusal),
}

impl Payload {
    /// Reads the body of a request with this content type.
    pub(crate) fn read(body: &[u8], content_type: Option<&str>) -> Payload {
        if body.is_empty() {
            return Payload::None;
        }
        let Some(content_type) = content_type else {
            return Payload::Wrong(malformed(
                "Write requests (excluding DELETE) must contain the Content-Type header declaration.",
            ));
        };
        if !content_type.to_ascii_lowercase().starts_with("application/json") {
            let message = format!(
                "A supported MIME type could not be found that matches the content type of the request, which is '{content_type}'."
            );
            return Payload::Wrong(Refusal::new(415, "UnsupportedMediaType", message));
        }
        let unreadable = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.";
        serde_json::from_slice(body).map_or_else(|_| Payload::Wrong(malformed(unreadable)), Payload::Json)
    }

    pub(crate) fn json(&self) -> Option<&Value> {
        match self {
            Payload::Json(value) => Some(value),
            _ => None,
        }
    }
}

/// Which version of Microsoft Graph was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Version {
    #[default]
    V1,
    Beta,
}

/// A request below the version: what a batch item and a request of its own have in common.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) version: Version,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// `ConsistencyLevel: eventual`
    pub(crate) eventual: bool,
    pub(crate) client_request_id: Option<String>,
    pub(crate) prefer: Option<String>,
    pub(crate) payload: Payload,
    pub(crate) root: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content: Content,
    pub(crate) cost: u32,
    pub(crate) wrote: bool,
    pub(crate) delay_ms: u64,
    /// The reply is lost.
    pub(crate) dropped: bool,
}

/// The trouble a request is in.
pub(crate) fn trouble(world: &mut World, asked: &Asked) -> Option<Trouble> {
    let body = asked.payload.json().map(Value::to_string).unwrap_or_default();
    world.faults.strike(&asked.method, &asked.path, &body)
}

/// Carries a request out, trouble included.
pub(crate) fn carry_out(
    world: &mut World,
    asked: &Asked,
    caller: &mut Caller,
    trouble: Option<Trouble>,
) -> Done {
    world.requests += 1;
    let trouble = trouble.unwrap_or_default();
    let found = routes::find(asked.version, &asked.method, &asked.path);
    let cost = found.as_ref().map_or(1, |found| cost(found, &asked.query));
    let mut headers = Vec::new();
    let reply = if trouble.prevents() {
        Err(invented(&trouble))
    } else {
        found.and_then(|found| {
            answer(world, asked, caller, &found, cost, &mut headers).map(|reply| (reply, found.route.writes))
        })
    };
    let mut done = finished(world, asked, reply, headers);
    done.cost = cost;
    done.delay_ms = trouble.delay_ms.unwrap_or(0);
    done.dropped = trouble.drop.is_some();
    if trouble.drop == Some(Drop::Before) {
        (done.cost, done.wrote) = (0, false);
    }
    if let Some(text) = trouble.plain_text {
        done.content = Content::Text(text);
    }
    done
}

/// The refusal a rule asks for.
fn invented(trouble: &Trouble) -> Refusal {
    let status = trouble.status.unwrap_or(503);
    let (code, message) = match status {
        429 => ("TooManyRequests", "Please retry again later."),
        500 => {
            ("InternalServerError", "The server could not process the request because of an internal error.")
        }
        403 => ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        // What a part of the service says that has not heard of the organisation yet.
        404 => ("Directory_ObjectNotFound", "Unable to read the company information from the directory."),
        410 => (
            "syncStateNotFound",
            "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
        ),
        502 => ("UnknownError", "The gateway got no valid answer."),
        504 => ("UnknownError", "The gateway did not get an answer in time."),
        409 => (
            "Directory_ConcurrencyViolation",
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ),
        _ => ("ServiceUnavailable", "The service is temporarily unavailable. Please try again later."),
    };
    let code = trouble.code.as_deref().unwrap_or(code);
    let refusal = Refusal::new(status, code, trouble.message.as_deref().unwrap_or(message));
    match &trouble.retry_after {
        Some(wait) => refusal.after(wait),
        None => refusal,
    }
}

fn answer(
    world: &mut World,
    asked: &Asked,
    caller: &mut Caller,
    found: &Found,
    cost: u32,
    headers: &mut Vec<(String, String)>,
) -> Result<Reply, Refusal> {
    let directory = &mut world.directory;
    let passed = world.throttle.charge(
        caller.client_id,
        directory.tenant_id,
        cost,
        found.route.writes,
        directory.now_ms,
    )?;
    headers.extend(
        passed.percentage.map(|share| ("x-ms-throttle-limit-percentage".to_owned(), format!("{share:.2}"))),
    );
    if let Payload::Wrong(refusal) = &asked.payload {
        return Err(refusal.clone());
    }
    let query = Query::parse(&asked.query)?;
    query.only(found.route.options)?;
    if query.mentions(SIGN_INS) {
        world.throttle.charge_sign_ins(caller.client_id, directory.now_ms)?;
    }
    if !found.route.writes && query.selects(KEYS) {
        world.throttle.charge_keys(directory.now_ms)?;
    }
    let advanced = asked.eventual && (query.count || !query.search.is_empty());
    let from = if advanced { From::Index } else { From::Replica(replica_for(world.requests)) };
    let view = View { from, now_ms: directory.now_ms };
    let mut context = Context { directory, caller, asked, query, view, advanced, params: &found.params };
    context.require(found.route.need)?;
    (found.route.run)(&mut context)
}

/// Base cost, less one for `$select`, more for `$expand`, less for a short page; never below one.
fn cost(found: &Found, query: &str) -> u32 {
    let base = i64::from(found.route.cost);
    if found.route.writes {
        return found.route.cost;
    }
    let given = crate::login::fields(query);
    let has = |name: &str| given.contains_key(name) || given.contains_key(&name[1..]);
    let top = given.get("$top").or_else(|| given.get("top")).and_then(|top| top.parse::<u32>().ok());
    let select = if has("$select") { found.route.select_saves } else { 0 };
    let adjusted =
        base - i64::from(select) + i64::from(has("$expand")) - i64::from(top.is_some_and(|top| top < 20));
    u32::try_from(adjusted.max(1)).unwrap_or(1)
}

/// Gives an answer its ids, and a refusal its body.
pub(crate) fn finished(
    world: &mut World,
    asked: &Asked,
    reply: Result<(Reply, bool), Refusal>,
    mut headers: Vec<(String, String)>,
) -> Done {
    let request_id = world.chance.uuid().to_string();
    let client_request_id = asked.client_request_id.clone().unwrap_or_else(|| request_id.clone());
    headers.push(("request-id".into(), request_id.clone()));
    headers.push(("client-request-id".into(), client_request_id.clone()));
    let done = |status, code, headers, content, wrote| Done {
        status,
        code,
        headers,
        content,
        cost: 0,
        wrote,
        delay_ms: 0,
        dropped: false,
    };
    match reply {
        Ok((reply, writes)) => {
            headers.extend(reply.location.map(|location| ("Location".to_owned(), location)));
            done(reply.status, None, headers, reply.content, writes)
        }
        Err(refusal) => {
            let date = written_without_zone(world.directory.now_ms);
            let mut inner =
                json!({ "date": date, "request-id": request_id, "client-request-id": client_request_id });
            if refusal.status == 429 {
                inner["code"] = json!("429");
                inner["status"] = json!("429");
                inner["message"] = json!("Please retry after");
            }
            headers.extend(refusal.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            done(
                refusal.status,
                Some(refusal.code.clone()),
                headers,
                Content::Json(refusal.body(inner)),
                false,
            )
        }
    }
}
