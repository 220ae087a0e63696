//! `POST …/$batch`: up to ten calls in one envelope, carried out in order, each with an answer of its own.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::{Answered, done, refused};
use crate::auth::Caller;
use crate::faults::{Drop, Trouble};
use crate::graph::{Done, Payload};
use crate::routes::Content;
use crate::transcript::{Item, masked};
use crate::world::World;

const MOST: usize = 10;

/// Opens an envelope, carries out what is in it, and closes it again.
pub(super) fn answer(world: &mut World, envelope: &Call, caller: &mut Caller) -> Answered {
    let id = envelope.client_request_id.clone();
    let trouble = envelope.trouble(world).unwrap_or_default();
    let title = Some("$batch".to_owned());
    if trouble.prevents() {
        return (envelope.carry_out(world, caller, trouble), Vec::new(), title);
    }
    let parts = match parts(envelope) {
        Ok(parts) => parts,
        Err(refusal) => return (refused(world, &refusal, id), Vec::new(), title),
    };
    let troubles: Vec<Trouble> =
        parts.iter().map(|(_, call)| call.trouble(world).unwrap_or_default()).collect();
    if troubles.iter().any(|trouble| trouble.drop == Some(Drop::Before)) {
        let nothing = done(world, 200, Content::None, id, false);
        return (Done { dropped: true, ..nothing }, Vec::new(), title);
    }
    let outcomes: Vec<(String, Call, Done)> = parts
        .into_iter()
        .zip(troubles)
        .map(|((part, call), trouble)| {
            let done = call.carry_out(world, caller, trouble);
            (part, call, done)
        })
        .collect();
    let responses: Vec<Value> = outcomes.iter().map(|(part, _, done)| response(part, done)).collect();
    let mut envelope = done(world, 200, Content::Json(json!({ "responses": responses })), id, false);
    envelope.wrote = outcomes.iter().any(|(_, _, done)| done.wrote);
    envelope.delay_ms =
        outcomes.iter().map(|(_, _, done)| done.delay_ms).max().unwrap_or(0) + trouble.delay_ms.unwrap_or(0);
    envelope.dropped = trouble.drop == Some(Drop::After) || outcomes.iter().any(|(_, _, done)| done.dropped);
    (envelope, outcomes.iter().map(|(part, call, done)| item(part, call, done)).collect(), title)
}

fn response(id: &str, done: &Done) -> Value {
    let headers: Map<String, Value> =
        done.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut response = json!({ "id": id, "status": done.status, "headers": headers });
    match &done.content {
        Content::Json(body) => response["body"] = body.clone(),
        Content::Text(text) => response["body"] = json!(text),
        Content::None => {}
    }
    response
}

fn item(id: &str, call: &Call, done: &Done) -> Item {
    Item {
        id: id.to_owned(),
        method: "POST".to_owned(),
        url: call.title(),
        status: done.status,
        code: done.code.clone(),
        wrote: done.wrote,
        body: call.payload.json().map(masked),
    }
}

/// Reads the envelope; anything wrong with it refuses all of it.
fn parts(envelope: &Call) -> Result<Vec<(String, Call)>, Refusal> {
    let malformed = |message: &str| Refusal::Malformed(400, message.to_owned());
    let requests = envelope.payload.json().and_then(|body| body["requests"].as_array());
    let requests = requests.ok_or_else(|| malformed("The batch has no 'requests'."))?;
    if requests.is_empty() || requests.len() > MOST {
        return Err(malformed("The number of requests in a batch has to be between 1 and 10."));
    }
    requests.iter().map(|request| part(envelope, request)).collect()
}

fn part(envelope: &Call, request: &Value) -> Result<(String, Call), Refusal> {
    let malformed = |message: String| Refusal::Malformed(400, message);
    let id = request["id"].as_str().map(str::to_owned).or(request["id"].as_u64().map(|id| id.to_string()));
    let id = id.ok_or_else(|| malformed("A request of the batch has no 'id'.".to_owned()))?;
    let url = request["url"].as_str().unwrap_or_default();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let wanted = format!("/adminapi/beta/{}/InvokeCommand", envelope.tenant);
    if request["method"] != "POST" || !address.ends_with(&wanted) {
        return Err(malformed(format!("Request '{id}' of the batch has to be a POST of '…{wanted}'.")));
    }
    let payload =
        if request["body"].is_object() { Payload::Json(request["body"].clone()) } else { Payload::None };
    let call = Call { query: query.to_owned(), path: wanted, payload, ..envelope.clone() };
    Ok((id, call))
}
