//! The certificates of an application, which are replaced as a whole.
//!
//! Whoever changes them says which of the present ones stay, by their ids; what is left out is gone. Or one is added or
//! removed by whoever proves to have the key of another. Sources: "Update application", "application: addKey", "keyCredential
//! resource type" (API reference), what Microsoft's and HashiCorp's clients were answered.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::credentials::{self, date};
use super::{Context, Reply, body};
use crate::certificate::Certificate;
use crate::jwt::Signed;
use crate::refusal::{Refusal, bad_request, unknown_here};
use crate::state::credential::{Key, KeyType, Usage};
use crate::state::{Moment, Object};

/// Whom a proof is for: the directory.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
/// How long a proof may be good.
const PROOF_S: i64 = 600;

/// `addKey`: a further certificate, for whoever proves to have the key of a present one.
pub(super) fn add(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = credentials::own_or_writable(context)?;
    let body = context.action(&["keyCredential", "passwordCredential", "proof"])?;
    proven(context, &object, &body)?;
    if body.get("passwordCredential").is_some_and(|given| !given.is_null()) {
        return Err(unknown_here("a key with a password"));
    }
    let wanted = body.get("keyCredential").and_then(Value::as_object).ok_or_else(unfitting)?;
    let key = new(context, given_id(wanted)?, wanted)?;
    credentials::settled(context, object.id)?;
    let mut told = key.told(false);
    told["@odata.context"] = context.context("microsoft.graph.keyCredential");
    let mut credentials = object.credentials.clone();
    credentials.keys.push(key);
    context.directory.set_credentials(object, credentials);
    Ok(Reply::ok(told))
}

/// `removeKey`, with the same proof.
pub(super) fn remove(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let object = credentials::own_or_writable(context)?;
    let body = context.action(&["keyId", "proof"])?;
    proven(context, &object, &body)?;
    let key_id = credentials::key_id(&body)?;
    if !object.credentials.keys.iter().any(|key| key.key_id == key_id) {
        return Err(bad_request(format!("No key credential found with keyId {key_id}.")));
    }
    credentials::settled(context, object.id)?;
    let mut credentials = object.credentials.clone();
    credentials.keys.retain(|key| key.key_id != key_id);
    context.directory.set_credentials(object, credentials);
    Ok(Reply::no_content())
}

/// A proof is a token for the directory, by the object, good for ten minutes at most, and signed with a key of the object's
/// that is valid now.
fn proven(context: &Context<'_>, object: &Object, body: &Map<String, Value>) -> Result<(), Refusal> {
    let refused =
        || Refusal::new(401, "Authentication_MissingOrMalformed", "Access Token missing or malformed.");
    let proof = text(body, "proof").and_then(Signed::read).ok_or_else(refused)?;
    let (now_ms, now) = (context.directory.now_ms, context.directory.now_ms / 1_000);
    let times = (proof.claims["nbf"].as_i64(), proof.claims["exp"].as_i64());
    let is_timely =
        matches!(times, (Some(from), Some(to)) if from <= now && now < to && to - from <= PROOF_S);
    let is_meant = proof.claim("aud") == DIRECTORY && proof.claim("iss") == object.id.to_string();
    let is_signed = proof.key_of(&object.credentials).is_some_and(|(key, certificate)| {
        key.start_date_time.0 <= now_ms && now_ms < key.end_date_time.0 && proof.is_by(&certificate)
    });
    if is_timely && is_meant && is_signed { Ok(()) } else { Err(refused()) }
}

/// The keys an object is to have from now on.
pub(super) fn replaced(
    context: &mut Context<'_>,
    object: &Object,
    wanted: &Value,
) -> Result<Vec<Key>, Refusal> {
    let mut keys = Vec::new();
    for wanted in body::list(wanted)? {
        let wanted = wanted.as_object().ok_or_else(unfitting)?;
        let id = given_id(wanted)?;
        let held = object.credentials.keys.iter().find(|key| Some(key.key_id) == id);
        keys.push(match held {
            Some(held) => unchanged(held, wanted)?,
            None => new(context, id, wanted)?,
        });
    }
    let distinct: BTreeSet<Uuid> = keys.iter().map(|key| key.key_id).collect();
    if distinct.len() < keys.len() {
        return Err(bad_request("Request contains a property with duplicate values."));
    }
    Ok(keys)
}

fn unfitting() -> Refusal {
    bad_request("Property keyCredentials in payload has a value that does not match schema.")
}

/// A member that was given and is not null.
fn text<'a>(wanted: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    wanted.get(name).and_then(Value::as_str)
}

fn given_id(wanted: &Map<String, Value>) -> Result<Option<Uuid>, Refusal> {
    text(wanted, "keyId").map(|id| Uuid::try_parse(id).map_err(|_| unfitting())).transpose()
}

/// A key that stays as it is: what is said about it has to be so, and its certificate may be left out.
fn unchanged(held: &Key, wanted: &Map<String, Value>) -> Result<Key, Refusal> {
    let told = held.told(true);
    let is_so = |name: &str| text(wanted, name).is_none_or(|given| told[name].as_str() == Some(given));
    let texts = ["type", "usage", "displayName", "customKeyIdentifier", "key"];
    let is_on = |name, moment: Moment| {
        date(wanted, name).map(|given| given.is_none_or(|ms| ms == moment.0 - moment.0.rem_euclid(1_000)))
    };
    let same_dates =
        is_on("startDateTime", held.start_date_time)? && is_on("endDateTime", held.end_date_time)?;
    if texts.into_iter().all(is_so) && same_dates {
        return Ok(held.clone());
    }
    Err(bad_request(format!("Update to existing credential with KeyId '{}' is not allowed.", held.key_id)))
}

/// A key that comes new: a certificate that verifies, and dates within its own.
fn new(context: &mut Context<'_>, id: Option<Uuid>, wanted: &Map<String, Value>) -> Result<Key, Refusal> {
    let (kind, usage) =
        (text(wanted, "type").ok_or_else(unfitting)?, text(wanted, "usage").ok_or_else(unfitting)?);
    match (kind, usage) {
        ("AsymmetricX509Cert", "Verify") => {}
        ("AsymmetricX509Cert", "Sign") => {
            return Err(bad_request("The usage of a key of the type 'AsymmetricX509Cert' must be 'Verify'."));
        }
        (_, "Sign" | "Verify") => return Err(unknown_here(format!("a new key of the type '{kind}'"))),
        _ => return Err(bad_request("The usage of a key credential must be 'Sign' or 'Verify'.")),
    }
    let key = text(wanted, "key").ok_or_else(unfitting)?;
    let certificate = Certificate::read(key).ok_or_else(unfitting)?;
    let (start_ms, end_ms) = dates(&certificate, wanted, context.directory.now_ms)?;
    context.directory.app_policy.allows_key(start_ms, end_ms)?;
    let identifier = text(wanted, "customKeyIdentifier").map(str::to_owned);
    Ok(Key {
        key_id: id.unwrap_or_else(|| context.directory.chance.uuid()),
        display_name: Some(text(wanted, "displayName").unwrap_or(&certificate.subject).to_owned().into()),
        kind: KeyType::AsymmetricX509Cert,
        usage: Usage::Verify,
        start_date_time: Moment(start_ms),
        end_date_time: Moment(end_ms),
        custom_key_identifier: Some(
            identifier.unwrap_or_else(|| STANDARD.encode(&certificate.thumbprint)).into(),
        ),
        key: Some(key.to_owned().into()),
    })
}

/// The certificate's dates, or given ones that lie between them; what has ended cannot be added.
fn dates(certificate: &Certificate, wanted: &Map<String, Value>, now_ms: i64) -> Result<(i64, i64), Refusal> {
    let start_ms = date(wanted, "startDateTime")?.unwrap_or(certificate.not_before_ms);
    let end_ms = date(wanted, "endDateTime")?.unwrap_or(certificate.not_after_ms);
    if start_ms < certificate.not_before_ms || start_ms > certificate.not_after_ms {
        return Err(Refusal::new(
            400,
            "KeyCredentialsInvalidStartDate",
            "Key credential start date is invalid.",
        ));
    }
    if end_ms > certificate.not_after_ms || end_ms <= start_ms || end_ms <= now_ms {
        return Err(Refusal::new(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid."));
    }
    Ok((start_ms, end_ms))
}
