//! What was deleted: it can be recovered for ninety days, or purged, and its name is taken until then.
//!
//! Deleting takes a while. Until it is done, the object is neither there nor among the deleted ones.

use serde_json::{Value, json};

use super::certificates::bundle;
use super::objects::{Certificate, Deletion, Secret};
use super::pages::page;
use super::refusal::{Noun, Refusal, being_deleted, deleted_not_found};
use super::{Context, Reply, Told};
use crate::state::Moment;

fn deletion(context: &mut Context) -> Deletion {
    let done = context.vaults.due(context.chance, context.now_ms);
    Deletion { deleted_date_time: Moment(context.now_ms), done_date_time: done }
}

/// What is told of something deleted beyond what was told of it before.
fn told(mut before: Value, recovery: &str, deletion: &Deletion) -> Value {
    before["recoveryId"] = json!(recovery);
    before["deletedDate"] = json!(deletion.deleted_date_time.0 / 1_000);
    before["scheduledPurgeDate"] = json!(deletion.purge_ms() / 1_000);
    before
}

/// `DELETE /certificates/{name}`: with it go key and secret.
pub(super) fn delete_certificate(context: &mut Context) -> Told {
    context.certificate()?;
    let (deletion, name) = (deletion(context), context.name.clone());
    if let Some(certificate) = context.vault_mut()?.certificates.get_mut(&name) {
        (certificate.deletion, certificate.pending) = (Some(deletion), None);
    }
    let certificate = context.vault()?.certificates.get(&name);
    Ok(Reply::ok(certificate.map(|certificate| told_certificate(context, certificate)).unwrap_or_default()))
}

fn told_certificate(context: &Context, certificate: &Certificate) -> Value {
    let before = certificate.versions.last().map(|version| bundle(context, certificate, version));
    let recovery = context.id(&format!("deletedcertificates/{}", certificate.name));
    let deletion = certificate.deletion.as_ref();
    deletion
        .map(|deletion| told(before.unwrap_or_else(|| json!({})), &recovery, deletion))
        .unwrap_or_default()
}

/// `GET /deletedcertificates`
pub(super) fn certificates(context: &mut Context) -> Told {
    let all = context.vault()?.certificates.0.values().filter(|each| is_done(context, &each.deletion));
    let items = all.map(|certificate| {
        let mut item = told_certificate(context, certificate);
        for name in ["kid", "sid", "cer", "policy"] {
            item.as_object_mut().map(|members| members.remove(name));
        }
        item["id"] = json!(context.id(&format!("certificates/{}", certificate.name)));
        (certificate.name.to_ascii_lowercase(), item)
    });
    page(context, "deletedcertificates", items.collect())
}

fn is_done(context: &Context, deletion: &Option<Deletion>) -> bool {
    deletion.as_ref().is_some_and(|deletion| deletion.is_done(context.now_ms))
}

/// `GET /deletedcertificates/{name}`
pub(super) fn certificate(context: &mut Context) -> Told {
    let certificate = context.vault()?.certificates.get(&context.name);
    let certificate = certificate.filter(|certificate| is_done(context, &certificate.deletion));
    match certificate {
        Some(certificate) => Ok(Reply::ok(told_certificate(context, certificate))),
        None => Err(deleted_not_found(Noun::Certificate, &context.name)),
    }
}

/// Whether something can be recovered or purged.
fn settle(context: &Context, noun: Noun, deletion: Option<&Deletion>) -> Result<(), Refusal> {
    match deletion {
        Some(deletion) if deletion.is_done(context.now_ms) => Ok(()),
        Some(_) => Err(being_deleted(noun, &context.name)),
        None => Err(deleted_not_found(noun, &context.name)),
    }
}

fn settled_certificate(context: &Context) -> Result<(), Refusal> {
    let certificate = context.vault()?.certificates.get(&context.name);
    let deletion = certificate.and_then(|certificate| certificate.deletion.as_ref());
    settle(context, Noun::Certificate, deletion)
}

/// `POST /deletedcertificates/{name}/recover`
pub(super) fn recover_certificate(context: &mut Context) -> Told {
    settled_certificate(context)?;
    let name = context.name.clone();
    if let Some(certificate) = context.vault_mut()?.certificates.get_mut(&name) {
        certificate.deletion = None;
    }
    super::certificates::get(context)
}

/// `DELETE /deletedcertificates/{name}`
pub(super) fn purge_certificate(context: &mut Context) -> Told {
    settled_certificate(context)?;
    let name = context.name.to_ascii_lowercase();
    context.vault_mut()?.certificates.0.remove(&name);
    Ok(Reply { status: 204, body: None, headers: Vec::new() })
}

/// `DELETE /secrets/{name}`
pub(super) fn delete_secret(context: &mut Context) -> Told {
    context.check_unmanaged("delete")?;
    let live = context.vault()?.secrets.get(&context.name).is_some_and(|secret| secret.deletion.is_none());
    if !live {
        return Err(context.missing(Noun::Secret));
    }
    let (deletion, name) = (deletion(context), context.name.clone());
    if let Some(secret) = context.vault_mut()?.secrets.get_mut(&name) {
        secret.deletion = Some(deletion);
    }
    let secret = context.vault()?.secrets.get(&name);
    Ok(Reply::ok(secret.map(|secret| told_secret(context, secret, true)).unwrap_or_default()))
}

fn told_secret(context: &Context, secret: &Secret, with_version: bool) -> Value {
    let (Some(version), Some(deletion)) = (secret.versions.last(), &secret.deletion) else {
        return Value::Null;
    };
    let path =
        if with_version { format!("{}/{}", secret.name, version.version) } else { secret.name.clone() };
    let before = super::secrets::item(context, version, &path);
    told(before, &context.id(&format!("deletedsecrets/{}", secret.name)), deletion)
}

/// `GET /deletedsecrets`
pub(super) fn secrets(context: &mut Context) -> Told {
    let all = context.vault()?.secrets.0.values().filter(|each| is_done(context, &each.deletion));
    let items = all.map(|secret| (secret.name.to_ascii_lowercase(), told_secret(context, secret, false)));
    page(context, "deletedsecrets", items.collect())
}

/// `GET /deletedsecrets/{name}`
pub(super) fn secret(context: &mut Context) -> Told {
    let secret = context.vault()?.secrets.get(&context.name);
    match secret.filter(|secret| is_done(context, &secret.deletion)) {
        Some(secret) => Ok(Reply::ok(told_secret(context, secret, true))),
        None => Err(deleted_not_found(Noun::Secret, &context.name)),
    }
}

fn settled_secret(context: &Context) -> Result<(), Refusal> {
    let secret = context.vault()?.secrets.get(&context.name);
    settle(context, Noun::Secret, secret.and_then(|secret| secret.deletion.as_ref()))
}

/// `POST /deletedsecrets/{name}/recover`
pub(super) fn recover_secret(context: &mut Context) -> Told {
    settled_secret(context)?;
    let name = context.name.clone();
    if let Some(secret) = context.vault_mut()?.secrets.get_mut(&name) {
        secret.deletion = None;
    }
    let secret = context.vault()?.secrets.get(&name);
    let version = secret.and_then(|secret| secret.versions.last());
    let path = |version: &str| format!("{name}/{version}");
    let told = version.map(|version| super::secrets::item(context, version, &path(&version.version)));
    Ok(Reply::ok(told.unwrap_or_default()))
}

/// `DELETE /deletedsecrets/{name}`
pub(super) fn purge_secret(context: &mut Context) -> Told {
    settled_secret(context)?;
    let name = context.name.to_ascii_lowercase();
    context.vault_mut()?.secrets.0.remove(&name);
    Ok(Reply { status: 204, body: None, headers: Vec::new() })
}
