//! How a version of a certificate is made: begun, in progress for a while, and completed.
//!
//! What will be there is made at once and shown when it is due, so that its key is in the request for a certificate that the
//! operation tells.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::certificates::{Change, tags};
use super::material::KeyName;
use super::objects::{Attributes, Certificate, Pending, Tags, Version};
use super::policy::Policy;
use super::refusal::{self, Noun, Refusal, deleted, in_progress, unknown};
use super::{Context, Reply, Told, x509};
use crate::state::Moment;

/// Self-signed certificates begin ten minutes before they are made, for clocks that are late.
const BEFORE_MS: i64 = 600_000;

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
    let (version, request_id, serial) = (context.new_version()?, context.new_id(), context.chance.uuid());
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
