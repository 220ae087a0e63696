//! Certificates, version by version, and the policies they are made by.
//!
//! Until a new version is made, the one before it is the current one. A certificate whose first version is being made is
//! there, switched off and without anything to show.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::objects::{Certificate, Tags, Version};
use super::pages::page;
use super::policy::Policy;
use super::refusal::{self, Noun, Refusal, bad, not_found};
use super::{Context, Reply, Told};
use crate::state::Moment;

const MOST_TAGS: usize = 15;
const LONGEST_TAG: usize = 512;

impl Context<'_> {
    /// The certificate that is asked for.
    pub(super) fn certificate(&self) -> Result<&Certificate, Refusal> {
        let live = self.vault()?.certificates.get(&self.name);
        let live = live.filter(|certificate| certificate.deletion.is_none());
        live.ok_or_else(|| self.missing(Noun::Certificate))
    }

    pub(super) fn certificate_mut(&mut self) -> Result<&mut Certificate, Refusal> {
        let missing = self.missing(Noun::Certificate);
        let name = self.name.clone();
        let live = self.vault_mut()?.certificates.get_mut(&name);
        live.filter(|certificate| certificate.deletion.is_none()).ok_or(missing)
    }

    pub(super) fn missing(&self, noun: Noun) -> Refusal {
        not_found(noun, &self.name, self.version.as_deref())
    }
}

/// `GET /certificates`
pub(super) fn list(context: &mut Context) -> Told {
    let with_pending = context.query.get("includePending").is_some_and(|given| given == "true");
    let live = context.vault()?.certificates.0.values().filter(|certificate| certificate.deletion.is_none());
    let items = live.filter_map(|certificate| {
        let current = certificate.versions.last().map(|version| item(version, true));
        let unfinished =
            certificate.unfinished().filter(|_| with_pending).map(|version| item(version, false));
        let mut item = current.or(unfinished)?;
        item["id"] = json!(context.id(&format!("certificates/{}", certificate.name)));
        Some((certificate.name.to_ascii_lowercase(), item))
    });
    page(context, "certificates", items.collect())
}

/// `GET /certificates/{name}/versions`
pub(super) fn versions(context: &mut Context) -> Told {
    let live = context.vault()?.certificates.get(&context.name);
    let live = live.filter(|certificate| certificate.deletion.is_none());
    let items = live.into_iter().flat_map(|certificate| &certificate.versions).map(|version| {
        let mut item = item(version, true);
        item["id"] = json!(context.id(&format!("certificates/{}/{}", context.name, version.version)));
        (version.version.clone(), item)
    });
    page(context, &format!("certificates/{}/versions", context.name), items.collect())
}

fn item(version: &Version, is_finished: bool) -> Value {
    let mut item = json!({ "attributes": version.attributes.brief() });
    if is_finished {
        item["x5t"] = json!(thumbprint(version));
    } else {
        item["attributes"]["enabled"] = json!(false);
    }
    with_tags(item, &version.tags)
}

pub(super) fn with_tags(mut told: Value, tags: &Tags) -> Value {
    if !tags.is_empty() {
        told["tags"] = json!(tags);
    }
    told
}

/// SHA-1 of the certificate, in base64url.
fn thumbprint(version: &Version) -> String {
    let certificate = STANDARD.decode(&version.cer).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate))
}

/// `GET /certificates/{name}/{version}`
pub(super) fn get(context: &mut Context) -> Told {
    let certificate = context.certificate()?;
    let version = certificate.version(context.version.as_deref());
    match (version, certificate.unfinished(), &context.version) {
        (Some(version), _, _) => Ok(Reply::ok(bundle(context, certificate, version))),
        (None, Some(unfinished), None) => Ok(Reply::ok(empty_bundle(context, certificate, unfinished))),
        _ => Err(context.missing(Noun::Certificate)),
    }
}

/// A version as it is told.
pub(super) fn bundle(context: &Context, certificate: &Certificate, version: &Version) -> Value {
    let path = format!("{}/{}", certificate.name, version.version);
    let mut told = json!({
        "id": context.id(&format!("certificates/{path}")), "kid": context.id(&format!("keys/{path}")),
        "sid": context.id(&format!("secrets/{path}")), "x5t": thumbprint(version), "cer": version.cer,
        "attributes": version.attributes.told(), "policy": policy_told(context, certificate),
    });
    if certificate.pending.is_some() {
        told["pending"] = json!({ "id": context.id(&format!("certificates/{}/pending", certificate.name)) });
    }
    with_tags(told, &version.tags)
}

fn empty_bundle(context: &Context, certificate: &Certificate, version: &Version) -> Value {
    let mut told = bundle(context, certificate, version);
    for name in ["kid", "sid", "x5t", "cer"] {
        told.as_object_mut().map(|members| members.remove(name));
    }
    told["attributes"]["enabled"] = json!(false);
    told
}

fn policy_told(context: &Context, certificate: &Certificate) -> Value {
    let mut told = json!(certificate.policy);
    told["id"] = json!(context.id(&format!("certificates/{}/policy", certificate.name)));
    told["attributes"] = json!({
        "enabled": true, "created": certificate.policy_created.0 / 1_000, "updated": certificate.policy_updated.0 / 1_000,
    });
    told
}

/// `GET /certificates/{name}/policy`
pub(super) fn policy(context: &mut Context) -> Told {
    let certificate = context.certificate()?;
    Ok(Reply::ok(policy_told(context, certificate)))
}

/// `PATCH /certificates/{name}/policy`: members that are given replace those there are, one level deep.
pub(super) fn update_policy(context: &mut Context) -> Told {
    let mut policy = json!(context.certificate()?.policy);
    for (name, given) in context.body.as_object().into_iter().flatten() {
        match (policy.get_mut(name).and_then(Value::as_object_mut), given.as_object()) {
            (Some(members), Some(given)) => members.extend(given.clone()),
            _ => policy[name] = given.clone(),
        }
    }
    let (policy, now) = (Policy::read(&policy)?, Moment(context.now_ms));
    let certificate = context.certificate_mut()?;
    (certificate.policy, certificate.policy_updated) = (policy, now);
    self::policy(context)
}

/// `PATCH /certificates/{name}/{version}`: whether it may be used, and tags.
pub(super) fn update(context: &mut Context) -> Told {
    let (tags, change, now) = (tags(&context.body)?, Change::read(&context.body)?, context.now_ms);
    let (missing, wanted) = (context.missing(Noun::Certificate), context.version.clone());
    let version = context.certificate_mut()?.version_mut(wanted.as_deref()).ok_or(missing)?;
    version.attributes.enabled = change.enabled.unwrap_or(version.attributes.enabled);
    version.attributes.updated = Moment(now);
    version.tags = tags.unwrap_or_else(|| version.tags.clone());
    get(context)
}

/// What somebody wants of an object's attributes.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) enabled: Option<bool>,
    pub(super) not_before: Option<Moment>,
    pub(super) expires: Option<Moment>,
}

impl Change {
    pub(super) fn read(body: &Value) -> Result<Change, Refusal> {
        let moment = |name: &str| match &body["attributes"][name] {
            Value::Null => Ok(None),
            given => match given.as_i64().and_then(|seconds| seconds.checked_mul(1_000)) {
                Some(ms) => Ok(Some(Moment(ms))),
                None => Err(refusal::invalid(
                    &format!("attributes.{name}"),
                    "It has to be in seconds since 1970.",
                )),
            },
        };
        let enabled = match &body["attributes"]["enabled"] {
            Value::Null => None,
            given => Some(
                given
                    .as_bool()
                    .ok_or_else(|| refusal::invalid("attributes.enabled", "It has to be true or false."))?,
            ),
        };
        Ok(Change { enabled, not_before: moment("nbf")?, expires: moment("exp")? })
    }
}

/// The tags of a request, if it has any.
pub(super) fn tags(body: &Value) -> Result<Option<Tags>, Refusal> {
    let Some(given) = body.get("tags").filter(|given| !given.is_null()) else { return Ok(None) };
    let tags: Tags =
        serde_json::from_value(given.clone()).map_err(|_| refusal::invalid("tags", "Tags are texts."))?;
    let is_long = |text: &String| text.len() > LONGEST_TAG;
    if tags.len() > MOST_TAGS || tags.iter().any(|(name, value)| is_long(name) || is_long(value)) {
        return Err(bad(format!("There may be {MOST_TAGS} tags, of {LONGEST_TAG} letters each.")));
    }
    Ok(Some(tags))
}
