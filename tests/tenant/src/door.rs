//! The door: which of the services behind it a request is for, what is written down about it, and what goes back.

use axum::body::Body;
use http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::clock::written_exactly;
use crate::faults::{Drop, Trouble};
use crate::graph::{self, Asked, Done, Payload, Version};
use crate::incoming::Incoming;
use crate::refusal::{Refusal, malformed, unknown_here};
use crate::routes::Content;
use crate::tenant::Dropped;
use crate::transcript::{Entry, Item, masked};
use crate::world::World;
use crate::{batch, exchange, hooks, login, vault};

/// What was decided, before any waiting.
struct Outcome {
    done: Done,
    items: Vec<Item>,
    app: Option<String>,
    /// How the transcript tells it where the address would not say much.
    title: Option<String>,
    /// The key vault it was for.
    vault: Option<String>,
}

impl Outcome {
    /// What becomes of a request by nobody in particular.
    fn anonymous(done: Done) -> Outcome {
        Outcome { done, items: Vec::new(), app: None, title: None, vault: None }
    }
}

/// Does what is asked, and writes it down.
pub(crate) fn decide(world: &mut World, incoming: &Incoming, now_ms: i64) -> Done {
    world.trips += 1;
    world.directory.pass_time(now_ms);
    let outcome = route(world, incoming, now_ms);
    let entry = entry(world.trips, now_ms, incoming, &outcome);
    world.transcript.push(entry);
    outcome.done
}

/// The answer to a request that was not read to its end.
pub(crate) fn too_large(now_ms: i64) -> Response<Body> {
    sent(now_ms, refused(413, "RequestEntityTooLarge", "The request is too large."))
}

fn route(world: &mut World, incoming: &Incoming, now_ms: i64) -> Outcome {
    if let Some(name) = vault::meant(incoming) {
        return ask_vault(world, incoming, name, now_ms);
    }
    let path = incoming.path.as_str();
    let (status, body) = match (incoming.method.as_str(), path) {
        (_, path) if path.starts_with("/v1.0/") || path.starts_with("/beta/") => {
            return ask_graph(world, incoming, now_ms);
        }
        (_, path) if path.starts_with("/hooks/") => return Outcome::anonymous(tell(world, incoming, now_ms)),
        (_, path) if exchange::is_meant(path) => return ask_exchange(world, incoming, now_ms),
        ("POST", path) if path.ends_with("/oauth2/v2.0/token") => {
            return Outcome::anonymous(sign_in(world, incoming, now_ms));
        }
        ("GET", "/msi/token") => login::identity_endpoint(world, incoming, now_ms),
        ("GET", "/metadata/identity/oauth2/token") => login::metadata_endpoint(world, incoming, now_ms),
        (method, _) => {
            let unknown = unknown_here(format!("{method} {path}"));
            return Outcome::anonymous(refused(unknown.status, &unknown.code, &unknown.message));
        }
    };
    Outcome::anonymous(plain(status, body))
}

fn sign_in(world: &mut World, incoming: &Incoming, now_ms: i64) -> Done {
    let form = String::from_utf8_lossy(&incoming.body);
    let trouble = world.faults.strike_named(&incoming.method, &incoming.path, &form).unwrap_or_default();
    let (status, body) = if trouble.prevents() {
        login::troubled(world, &trouble, now_ms)
    } else {
        login::token_endpoint(world, incoming, now_ms)
    };
    let wait = trouble.retry_after.map(|wait| ("Retry-After".to_owned(), wait));
    Done {
        headers: wait.into_iter().collect(),
        delay_ms: trouble.delay_ms.unwrap_or(0),
        dropped: trouble.drop.is_some(),
        ..plain(status, body)
    }
}

fn tell(world: &mut World, incoming: &Incoming, now_ms: i64) -> Done {
    let hooks::Answer { status, body, delay_ms, dropped } = hooks::answer(world, incoming, now_ms);
    let content = if body.is_null() { Content::None } else { Content::Json(body) };
    Done { content, delay_ms, dropped, wrote: status < 300, ..plain(status, Value::Null) }
}

fn ask_graph(world: &mut World, incoming: &Incoming, now_ms: i64) -> Outcome {
    let asked = asked(incoming);
    let mut caller = match world.apps.authenticate(incoming.header("authorization"), now_ms) {
        Ok(caller) => caller,
        Err(refusal) => return Outcome::anonymous(of_refusal(world, &asked, refusal)),
    };
    let trouble = graph::trouble(world, &asked).unwrap_or_default();
    let (done, items) = if asked.version == Version::V1
        && asked.path.eq_ignore_ascii_case("/$batch")
        && !trouble.prevents()
    {
        open_envelope(world, &asked, &mut caller, &trouble)
    } else {
        (graph::carry_out(world, &asked, &mut caller, Some(trouble)), Vec::new())
    };
    world.apps.remember_used(&caller);
    Outcome { done, items, app: Some(caller.name), title: None, vault: None }
}

fn ask_exchange(world: &mut World, incoming: &Incoming, now_ms: i64) -> Outcome {
    let exchange::Outcome { done, items, app, title } = exchange::answer(world, incoming, now_ms);
    Outcome { done, items, app, title, vault: None }
}

fn ask_vault(world: &mut World, incoming: &Incoming, name: String, now_ms: i64) -> Outcome {
    let vault::Outcome { done, app } = vault::answer(world, incoming, &name, now_ms);
    Outcome { app, vault: Some(name), ..Outcome::anonymous(done) }
}

fn open_envelope(
    world: &mut World,
    asked: &Asked,
    caller: &mut Caller,
    trouble: &Trouble,
) -> (Done, Vec<Item>) {
    let lost = trouble.drop == Some(Drop::After);
    match batch::carry_out(world, asked, caller) {
        Ok(batch) => enveloped(batch, lost, trouble.delay_ms.unwrap_or(0)),
        Err(refusal) => (of_refusal(world, asked, refusal), Vec::new()),
    }
}

fn enveloped(batch: batch::Batch, lost: bool, delay_ms: u64) -> (Done, Vec<Item>) {
    let wrote = batch.items.iter().any(|item| item.wrote);
    let done = Done {
        cost: batch.cost,
        wrote,
        delay_ms: batch.delay_ms + delay_ms,
        dropped: batch.dropped || lost,
        ..plain(200, batch.body)
    };
    (done, batch.items)
}

fn asked(incoming: &Incoming) -> Asked {
    let (version, below) = match incoming.path.strip_prefix("/beta") {
        Some(below) => (Version::Beta, below),
        None => (Version::V1, incoming.path.strip_prefix("/v1.0").unwrap_or(&incoming.path)),
    };
    let is_eventual = |level: &str| level.eq_ignore_ascii_case("eventual");
    Asked {
        version,
        method: incoming.method.clone(),
        path: format!("/{}", below.trim_start_matches('/')),
        query: incoming.query.clone(),
        eventual: incoming.header("consistencylevel").is_some_and(is_eventual),
        client_request_id: incoming.header("client-request-id").map(str::to_owned),
        prefer: incoming.header("prefer").map(str::to_owned),
        payload: Payload::read(&incoming.body, incoming.header("content-type")),
        root: incoming.root.clone(),
    }
}

fn of_refusal(world: &mut World, asked: &Asked, refusal: Refusal) -> Done {
    graph::finished(world, asked, Err(refusal), Vec::new())
}

fn plain(status: u16, body: Value) -> Done {
    let content = Content::Json(body);
    Done {
        status,
        code: None,
        headers: Vec::new(),
        content,
        cost: 0,
        wrote: false,
        delay_ms: 0,
        dropped: false,
    }
}

fn refused(status: u16, code: &str, message: &str) -> Done {
    let body = Refusal { status, code: code.into(), ..malformed(message) }.body(json!({}));
    Done { code: Some(code.to_owned()), ..plain(status, body) }
}

fn entry(number: u64, now_ms: i64, incoming: &Incoming, outcome: &Outcome) -> Entry {
    let done = &outcome.done;
    let json = serde_json::from_slice::<Value>(&incoming.body).ok();
    let form = || {
        (!incoming.body.is_empty()).then(|| json!(login::fields(&String::from_utf8_lossy(&incoming.body))))
    };
    Entry {
        number,
        time: written_exactly(now_ms),
        method: incoming.method.clone(),
        path: outcome.title.clone().unwrap_or_else(|| incoming.address()),
        vault: outcome.vault.clone(),
        status: if done.dropped { 0 } else { done.status },
        code: done.code.clone(),
        items: outcome.items.clone(),
        cost: done.cost,
        app: outcome.app.clone(),
        client_request_id: incoming.header("client-request-id").map(str::to_owned),
        eventual: incoming.header("consistencylevel").is_some(),
        wrote: done.wrote,
        body: match &outcome.vault {
            Some(_) => json.as_ref().map(vault::masked),
            None if outcome.items.is_empty() => json.or_else(form).as_ref().map(masked),
            None => None,
        },
    }
}

/// Which of Microsoft's machines answered: none.
const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Offline","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"TENANT"}}"#;

/// The response on the wire.
pub(crate) fn sent(now_ms: i64, done: Done) -> Response<Body> {
    let (kind, body) = match done.content {
        Content::None => (None, Body::empty()),
        Content::Text(text) => (Some("text/plain"), Body::from(text)),
        Content::Json(value) => (Some(graph::JSON), Body::from(value.to_string())),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        http::StatusCode::from_u16(done.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    if done.cost > 0 {
        headers.insert("x-ms-resource-unit", HeaderValue::from(done.cost));
        headers.insert("x-ms-ags-diagnostic", HeaderValue::from_static(DIAGNOSTIC));
    }
    headers.extend(kind.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_static(kind))));
    headers.extend(http_date(now_ms).map(|date| (header::DATE, date)));
    for (name, value) in done.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse::<HeaderValue>()) {
            headers.insert(name, value);
        }
    }
    if done.dropped {
        response.extensions_mut().insert(Dropped);
    }
    response
}

fn http_date(now_ms: i64) -> Option<HeaderValue> {
    let moment = jiff::Timestamp::from_millisecond(now_ms).ok()?;
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string().parse().ok()
}
