//! Certificates: made by a policy, version by version, by an operation that takes its time.
//!
//! Until a new version is made, the one before it is the current one. A certificate whose first version is being made is
//! there, switched off and without anything to show.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::material::KeyName;
use super::pages::page;
use super::policy::Policy;
use super::refusal::{self, Noun, Refusal, bad, deleted, in_progress, not_found, unknown};
use super::state::{Attributes, Certificate, Pending, Tags, Version};
use super::{Context, Reply, Told, x509};
use crate::state::Moment;

/// Self-signed certificates begin ten minutes before they are made, for clocks that are late.
const BEFORE_MS: i64 = 600_000;
const MOST_TAGS: usize = 15;
const LONGEST_TAG: usize = 512;

impl Context<'_> {
    /// The certificate that is asked for.
    pub(super) fn certificate(&self) -> Result<&Certificate, Refusal> {
        let live = self.vault()?.certificates.get(&self.name);
        let live = live.filter(|certificate| certificate.deletion.is_none());
        live.ok_or_else(|| self.missing(Noun::Certificate))
    }

    fn certificate_mut(&mut self) -> Result<&mut Certificate, Refusal> {
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

/// `POST /certificates/{name}/create`
pub(super) fn create(context: &mut Context) -> Told {
    check_free(context)?;
    let before = context.vault()?.certificates.get(&context.name);
    let policy = match (context.body.get("policy"), before) {
        (Some(given), _) => Policy::read(given)?,
        (None, Some(before)) => before.policy.clone(),
        (None, None) => return Err(refusal::invalid("policy", "The first version needs one.")),
    };
    let reused = before.and_then(|before| before.version(None)).map(|version| version.key);
    let key = match reused.filter(|key| policy.key_props.reuse_key && key.bits == policy.key_props.key_size) {
        Some(key) => key,
        None => context.vaults.new_key(policy.key_props.key_size),
    };
    let (tags, change) = (tags(&context.body)?.unwrap_or_default(), Change::read(&context.body)?);
    let pending = begun(context, &policy, key, tags, change.enabled.unwrap_or(true))?;
    keep(context, policy, pending)?;
    operation(context, 202)
}

/// Whether a new version of that name can be begun.
fn check_free(context: &Context) -> Result<(), Refusal> {
    let vault = context.vault()?;
    let certificate = vault.certificates.get(&context.name);
    if let Some(deletion) = certificate.and_then(|certificate| certificate.deletion.as_ref()) {
        let refusal = if deletion.is_done(context.now_ms) { deleted } else { refusal::being_deleted };
        return Err(refusal(Noun::Certificate, &context.name));
    }
    if certificate.is_some_and(|certificate| certificate.unfinished().is_some()) {
        return Err(in_progress());
    }
    match vault.secrets.get(&context.name) {
        Some(_) => Err(unknown("a certificate with the name of a secret")),
        None => Ok(()),
    }
}

fn begun(
    context: &mut Context,
    policy: &Policy,
    key: KeyName,
    tags: Tags,
    enabled: bool,
) -> Result<Pending, Refusal> {
    let due = context.vaults.due(context.chance, context.now_ms);
    let (from_ms, until_ms) = (due.0 - BEFORE_MS, months_later(due.0, policy.x509_props.validity_months));
    let (version, request_id, serial) = (context.new_id(), context.new_id(), context.chance.uuid());
    let material = key.key().ok_or_else(|| unknown(format_args!("RSA keys of {} bits", key.bits)))?;
    let certificate = x509::self_signed(material.clone(), policy, serial.as_bytes(), (from_ms, until_ms))?;
    let dates = (Some(Moment(from_ms)), Some(Moment(until_ms)));
    let attributes = Attributes { enabled, not_before: dates.0, expires: dates.1, ..Attributes::new(due.0) };
    let version = Version {
        version,
        key,
        cer: STANDARD.encode(certificate),
        attributes,
        tags,
        operations: policy.operations().into_iter().map(str::to_owned).collect(),
        exportable: policy.key_props.exportable,
        content_type: policy.secret_props.content_type.clone(),
    };
    let csr = STANDARD.encode(x509::request(material, policy)?);
    Ok(Pending { request_id, csr, due_date_time: due, version: Some(version) })
}

fn months_later(ms: i64, months: i64) -> i64 {
    let start = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(TimeZone::UTC);
    start.checked_add(months.months()).map_or(ms, |end| end.timestamp().as_millisecond())
}

fn keep(context: &mut Context, policy: Policy, pending: Pending) -> Result<(), Refusal> {
    let (now, name) = (Moment(context.now_ms), context.name.clone());
    let certificates = &mut context.vault_mut()?.certificates.0;
    let certificate = certificates.entry(name.to_ascii_lowercase()).or_insert_with(|| Certificate {
        name,
        policy: policy.clone(),
        policy_created: now,
        policy_updated: now,
        versions: Vec::new(),
        pending: None,
        deletion: None,
    });
    (certificate.policy, certificate.policy_updated) = (policy, now);
    certificate.pending = Some(pending);
    Ok(())
}

/// `GET /certificates/{name}/pending`
pub(super) fn pending(context: &mut Context) -> Told {
    operation(context, 200)
}

/// `DELETE /certificates/{name}/pending`: what is not made yet is not made at all.
pub(super) fn forget_pending(context: &mut Context) -> Told {
    let told = operation(context, 200)?;
    let certificate = context.certificate_mut()?;
    certificate.pending = None;
    if certificate.versions.is_empty() {
        let name = context.name.to_ascii_lowercase();
        context.vault_mut()?.certificates.0.remove(&name);
    }
    Ok(told)
}

fn operation(context: &Context, status: u16) -> Told {
    let certificate = context.vault()?.certificates.get(&context.name);
    let certificate = certificate.filter(|certificate| certificate.deletion.is_none());
    let pending = certificate.and_then(|certificate| certificate.pending.as_ref());
    let pending = pending.ok_or_else(|| refusal::no_pending(&context.name))?;
    let path = format!("certificates/{}", context.name);
    let mut body = json!({
        "id": context.id(&format!("{path}/pending")), "issuer": { "name": "Self" }, "csr": pending.csr,
        "cancellation_requested": false, "status": "completed", "request_id": pending.request_id,
    });
    let mut headers = Vec::new();
    if pending.version.is_some() {
        body["status"] = json!("inProgress");
        body["status_details"] = json!(
            "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer provider. Please check again later."
        );
        let wait = if pending.due_date_time.0 > context.now_ms { "10" } else { "0" };
        headers.push(("Retry-After".to_owned(), wait.to_owned()));
    } else {
        body["target"] = json!(context.id(&path));
    }
    if status == 202 {
        let version = context.query.get("api-version").map(String::as_str).unwrap_or_default();
        let address =
            context.id(&format!("{path}/pending?api-version={version}&request_id={}", pending.request_id));
        headers.push(("Location".to_owned(), address));
    }
    Ok(Reply { status, body: Some(body), headers })
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
