//! `POST /$batch`: up to twenty requests in one envelope, each with an answer, a cost and trouble of its own.
//!
//! Source: "Combine multiple HTTP requests using JSON batching" (Microsoft Graph documentation). Items are carried out
//! in the order they were sent; answers come back in another, always the same for the same envelope. What the OData
//! format has and the service has not (`atomicityGroup`, `respond-async`, dependencies of any shape) is refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::auth::Caller;
use crate::faults::{Drop, Trouble};
use crate::graph::{self, Asked, Done, Payload};
use crate::ids::{Chance, hashed};
use crate::refusal::{Refusal, malformed, wrong_method};
use crate::routes::Content;
use crate::transcript::{Item, masked};
use crate::world::World;

const MOST: usize = 20;

/// One request of the envelope.
#[derive(Debug)]
struct Part {
    id: String,
    url: String,
    depends_on: Vec<String>,
    asked: Asked,
}

/// What became of an envelope.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) body: Value,
    pub(crate) items: Vec<Item>,
    pub(crate) cost: u32,
    pub(crate) delay_ms: u64,
    pub(crate) dropped: bool,
}

/// Carries an envelope out.
pub(crate) fn carry_out(world: &mut World, envelope: &Asked, caller: &mut Caller) -> Result<Batch, Refusal> {
    let parts = parts(envelope)?;
    let troubles: Vec<Option<Trouble>> =
        parts.iter().map(|part| graph::trouble(world, &part.asked)).collect();
    let is_lost = |trouble: &Trouble| trouble.drop == Some(Drop::Before);
    if troubles.iter().flatten().any(is_lost) {
        return Ok(Batch { body: Value::Null, items: Vec::new(), cost: 0, delay_ms: 0, dropped: true });
    }
    let mut done: BTreeMap<String, (Done, u64)> = BTreeMap::new();
    for (part, trouble) in parts.iter().zip(troubles) {
        let outcome = one(world, part, caller, trouble, &done);
        done.insert(part.id.to_lowercase(), outcome);
    }
    Ok(closed(world, &parts, done))
}

/// Carries one part out, unless something it depends on has failed. Tells when it is finished, in milliseconds.
fn one(
    world: &mut World,
    part: &Part,
    caller: &mut Caller,
    trouble: Option<Trouble>,
    before: &BTreeMap<String, (Done, u64)>,
) -> (Done, u64) {
    let needed: Vec<&(Done, u64)> =
        part.depends_on.iter().filter_map(|id| before.get(&id.to_lowercase())).collect();
    let ready = needed.iter().map(|(_, finished)| *finished).max().unwrap_or(0);
    if needed.iter().any(|(done, _)| done.status >= 400) {
        return (failed_dependency(), ready);
    }
    let done = graph::carry_out(world, &part.asked, caller, trouble);
    let latency = u64::try_from(world.options.latency.as_millis()).unwrap_or(0);
    let finished = ready + latency + done.delay_ms;
    (done, finished)
}

fn failed_dependency() -> Done {
    let message = "The request failed because a request it depends on has failed.";
    let content = Content::Json(json!({ "error": { "code": "FailedDependency", "message": message } }));
    let code = Some("FailedDependency".to_owned());
    Done {
        status: 424,
        code,
        headers: Vec::new(),
        content,
        cost: 0,
        wrote: false,
        delay_ms: 0,
        dropped: false,
    }
}

fn closed(world: &World, parts: &[Part], done: BTreeMap<String, (Done, u64)>) -> Batch {
    let outcome = |part: &Part| done.get(&part.id.to_lowercase());
    let mut responses: Vec<Value> =
        parts.iter().filter_map(|part| outcome(part).map(|(done, _)| response(part, done))).collect();
    shuffle(&mut responses, parts);
    let latency = u64::try_from(world.options.latency.as_millis()).unwrap_or(0);
    Batch {
        body: json!({ "responses": responses }),
        items: parts.iter().filter_map(|part| outcome(part).map(|(done, _)| item(part, done))).collect(),
        cost: done.values().map(|(done, _)| done.cost).sum(),
        delay_ms: done.values().map(|(_, finished)| *finished).max().unwrap_or(0).saturating_sub(latency),
        dropped: done.values().any(|(done, _)| done.dropped),
    }
}

fn response(part: &Part, done: &Done) -> Value {
    let mut headers: Map<String, Value> =
        done.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    headers.insert("Cache-Control".into(), json!("no-cache"));
    headers.insert("x-ms-resource-unit".into(), json!(done.cost.to_string()));
    let mut response = json!({ "id": part.id, "status": done.status });
    match &done.content {
        Content::None => {}
        Content::Json(body) => {
            headers.insert("OData-Version".into(), json!("4.0"));
            headers.insert("Content-Type".into(), json!(graph::JSON));
            response["body"] = body.clone();
        }
        Content::Text(text) => {
            headers.insert("Content-Type".into(), json!("text/plain"));
            response["body"] = json!(text);
        }
    }
    response["headers"] = Value::Object(headers);
    response
}

fn item(part: &Part, done: &Done) -> Item {
    Item {
        id: part.id.clone(),
        method: part.asked.method.clone(),
        url: part.url.clone(),
        status: done.status,
        code: done.code.clone(),
        wrote: done.wrote,
        body: part.asked.payload.json().map(masked),
    }
}

fn shuffle(responses: &mut [Value], parts: &[Part]) {
    let seed = parts.iter().fold(7, |seed, part| hashed(&part.url, hashed(&part.id, seed)));
    let mut chance = Chance::new(seed);
    for end in (1..responses.len()).rev() {
        let other = chance.below(end as u64 + 1) as usize;
        responses.swap(end, other);
    }
}

/// Reads the envelope; anything wrong with it refuses all of it.
fn parts(envelope: &Asked) -> Result<Vec<Part>, Refusal> {
    if envelope.method != "POST" {
        return Err(wrong_method());
    }
    let body = match &envelope.payload {
        Payload::Json(body) => body,
        Payload::Wrong(refusal) => return Err(refusal.clone()),
        Payload::None => return Err(malformed("Empty Payload. JSON content expected.")),
    };
    let requests = body.get("requests").and_then(Value::as_array).filter(|requests| !requests.is_empty());
    let requests = requests.ok_or_else(|| malformed("Invalid batch payload format."))?;
    if requests.len() > MOST {
        let message = format!("Number of batch request steps exceeds the maximum value of {MOST}.");
        return Err(Refusal::new(400, "MaximumValueExceeded", message));
    }
    not_async(envelope.prefer.as_deref())?;
    let parts: Vec<Part> =
        requests.iter().map(|request| part(request, envelope)).collect::<Result<_, _>>()?;
    check_ids(&parts)?;
    check_order(&parts)?;
    Ok(parts)
}

/// Reads one item. Members the service does not know are passed over, as Microsoft's Python client relies on.
fn part(request: &Value, envelope: &Asked) -> Result<Part, Refusal> {
    let invalid = || malformed("Invalid batch payload format.");
    let members = request.as_object().ok_or_else(invalid)?;
    let text = |name: &str| {
        members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(invalid)
    };
    let (id, method, url) = (text("id")?.to_owned(), text("method")?.to_uppercase(), text("url")?.to_owned());
    if url.contains("://") || url.starts_with("//") {
        return Err(malformed(format!(
            "Invalid url '{url}' in request '{id}': it has to be relative to the version."
        )));
    }
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let path = format!("/{}", path.trim_start_matches('/'));
    if path.eq_ignore_ascii_case("/$batch") {
        return Err(malformed("A batch request cannot contain another batch request."));
    }
    if members.contains_key("atomicityGroup") {
        return Err(malformed(format!("Request '{id}' has an atomicityGroup, which is not supported.")));
    }
    not_async(header(members, "prefer"))?;
    let asked = Asked {
        version: envelope.version,
        payload: payload(&id, &method, members)?,
        method,
        path,
        query: query.to_owned(),
        eventual: header(members, "consistencylevel")
            .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        client_request_id: header(members, "client-request-id").map(str::to_owned),
        prefer: header(members, "prefer").map(str::to_owned),
        root: envelope.root.clone(),
    };
    Ok(Part { id, url, depends_on: depends_on(members)?, asked })
}

fn header<'a>(members: &'a Map<String, Value>, wanted: &str) -> Option<&'a str> {
    let headers = members.get("headers")?.as_object()?;
    headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, value)| value.as_str())
}

/// A write needs a body, empty if need be, and its content type; without them the whole envelope is refused.
fn payload(id: &str, method: &str, members: &Map<String, Value>) -> Result<Payload, Refusal> {
    let body = members.get("body").filter(|body| !body.is_null());
    let content_type = header(members, "content-type");
    if matches!(method, "POST" | "PATCH" | "PUT") && (body.is_none() || content_type.is_none()) {
        let message = format!("Write request id : {id} does not contain Content-Type header or body.");
        return Err(malformed(message));
    }
    match body.map(|body| Payload::read(body.to_string().as_bytes(), content_type)) {
        None => Ok(Payload::None),
        Some(Payload::Wrong(refusal)) => Err(refusal),
        Some(payload) => Ok(payload),
    }
}

fn not_async(prefer: Option<&str>) -> Result<(), Refusal> {
    let mut preferences = prefer.into_iter().flat_map(|prefer| prefer.split([',', ';']));
    if preferences.any(|preference| preference.trim().eq_ignore_ascii_case("respond-async")) {
        Err(malformed("The preference 'respond-async' is not supported in a batch."))
    } else {
        Ok(())
    }
}

fn depends_on(members: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let Some(given) = members.get("dependsOn").filter(|given| !given.is_null()) else {
        return Ok(Vec::new());
    };
    let ids = given.as_array().ok_or_else(|| malformed("Invalid batch payload format."))?;
    ids.iter()
        .map(|id| id.as_str().map(str::to_owned).ok_or_else(|| malformed("Invalid batch payload format.")))
        .collect()
}

/// Ids are unique whatever their case, and what is depended on comes first.
fn check_ids(parts: &[Part]) -> Result<(), Refusal> {
    let mut known: Vec<String> = Vec::with_capacity(parts.len());
    for part in parts {
        let id = part.id.to_lowercase();
        if known.contains(&id) {
            return Err(malformed(format!(
                "The request id '{}' is used more than once in the batch.",
                part.id
            )));
        }
        if let Some(unknown) = part.depends_on.iter().find(|id| !known.contains(&id.to_lowercase())) {
            return Err(malformed(format!(
                "Request '{}' depends on '{unknown}', which does not come before it.",
                part.id
            )));
        }
        known.push(id);
    }
    Ok(())
}

/// Either nothing depends on anything, or each request on the one before, or all that depend on something on the same.
fn check_order(parts: &[Part]) -> Result<(), Refusal> {
    let stated: Vec<&Vec<String>> =
        parts.iter().map(|part| &part.depends_on).filter(|ids| !ids.is_empty()).collect();
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let is_one = |ids: &[String], wanted: &str| matches!(ids, [id] if same(id, wanted));
    let all_on_one =
        stated.first().and_then(|ids| ids.first()).is_none_or(|id| stated.iter().all(|ids| is_one(ids, id)));
    let each_on_the_last =
        parts.windows(2).all(|pair| matches!(pair, [before, part] if is_one(&part.depends_on, &before.id)));
    if all_on_one || each_on_the_last {
        Ok(())
    } else {
        Err(malformed("Batch should be either fully sequential or fully parallel."))
    }
}
