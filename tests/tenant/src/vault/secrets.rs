//! Secrets: texts in versions, and the secrets that go with certificates.
//!
//! A secret outside its dates is told all the same, one that is switched off is not ("About secrets").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::certificates::{Change, tags, with_tags};
use super::objects::{Attributes, Certificate, Secret, SecretVersion, Version};
use super::pages::page;
use super::refusal::{self, Noun, Refusal, bad, deleted, disabled, managed, unknown};
use super::{Context, Reply, Told, x509};
use crate::state::Moment;

/// In bytes ("About Azure Key Vault secrets").
const LONGEST: usize = 25_600;
const LONGEST_TYPE: usize = 255;

impl Context<'_> {
    /// The certificate whose secret is asked for.
    fn owner(&self) -> Result<Option<&Certificate>, Refusal> {
        let certificate = self.vault()?.certificates.get(&self.name);
        Ok(certificate.filter(|certificate| certificate.deletion.is_none()))
    }

    fn secret(&self) -> Result<&Secret, Refusal> {
        let live = self.vault()?.secrets.get(&self.name).filter(|secret| secret.deletion.is_none());
        live.ok_or_else(|| self.missing(Noun::Secret))
    }

    fn secret_mut(&mut self) -> Result<&mut Secret, Refusal> {
        let (missing, name) = (self.missing(Noun::Secret), self.name.clone());
        let live = self.vault_mut()?.secrets.get_mut(&name);
        live.filter(|secret| secret.deletion.is_none()).ok_or(missing)
    }

    /// A certificate's secret is changed through the certificate.
    pub(super) fn check_unmanaged(&self, operation: &str) -> Result<(), Refusal> {
        match self.owner()? {
            Some(_) => Err(managed(operation)),
            None => Ok(()),
        }
    }
}

/// `GET /secrets`
pub(super) fn list(context: &mut Context) -> Told {
    let vault = context.vault()?;
    let plain = vault.secrets.0.values().filter(|secret| secret.deletion.is_none()).filter_map(|secret| {
        Some((secret.name.to_ascii_lowercase(), item(context, secret.versions.last()?, &secret.name)))
    });
    let managed = vault.certificates.0.values().filter(|certificate| certificate.deletion.is_none());
    let managed = managed.filter_map(|certificate| {
        let item = managed_item(context, certificate.versions.last()?, &certificate.name);
        Some((certificate.name.to_ascii_lowercase(), item))
    });
    page(context, "secrets", plain.chain(managed).collect())
}

/// `GET /secrets/{name}/versions`, never with their values.
pub(super) fn versions(context: &mut Context) -> Told {
    let path = |version: &str| format!("{}/{version}", context.name);
    let items = match context.owner()? {
        Some(certificate) => certificate
            .versions
            .iter()
            .map(|each| (each.version.clone(), managed_item(context, each, &path(&each.version))))
            .collect(),
        None => context
            .secret()
            .map(|secret| secret.versions.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|each| (each.version.clone(), item(context, each, &path(&each.version))))
            .collect(),
    };
    page(context, &format!("secrets/{}/versions", context.name), items)
}

pub(super) fn item(context: &Context, version: &SecretVersion, path: &str) -> Value {
    let id = context.id(&format!("secrets/{path}"));
    let mut told = json!({ "id": id, "attributes": version.attributes.told() });
    if let Some(content_type) = &version.content_type {
        told["contentType"] = json!(content_type);
    }
    with_tags(told, &version.tags)
}

fn managed_item(context: &Context, version: &Version, path: &str) -> Value {
    let id = context.id(&format!("secrets/{path}"));
    let told = json!({
        "id": id, "contentType": version.content_type, "attributes": version.attributes.told(), "managed": true,
    });
    with_tags(told, &version.tags)
}

/// `PUT /secrets/{name}`: a new version.
pub(super) fn set(context: &mut Context) -> Told {
    check_free(context)?;
    let text = value(&context.body)?;
    let (content_type, tags) = (content_type(&context.body)?, tags(&context.body)?.unwrap_or_default());
    let attributes = changed(Attributes::new(context.now_ms), &Change::read(&context.body)?, context.now_ms);
    let version = SecretVersion {
        version: context.new_version()?,
        sha256: context.vaults.keep_text(&text),
        value: None,
        content_type,
        attributes,
        tags,
    };
    let name = context.name.clone();
    let secrets = &mut context.vault_mut()?.secrets.0;
    let new = || Secret { name: name.clone(), versions: Vec::new(), deletion: None };
    secrets.entry(name.to_ascii_lowercase()).or_insert_with(new).versions.push(version);
    told(context)
}

/// Whether a secret of that name can be set.
fn check_free(context: &Context) -> Result<(), Refusal> {
    context.check_unmanaged("set")?;
    let vault = context.vault()?;
    let certificate =
        vault.certificates.get(&context.name).and_then(|certificate| certificate.deletion.as_ref());
    let secret = vault.secrets.get(&context.name).and_then(|secret| secret.deletion.as_ref());
    match secret.or(certificate) {
        Some(deletion) if deletion.is_done(context.now_ms) => Err(deleted(Noun::Secret, &context.name)),
        Some(_) => Err(refusal::being_deleted(Noun::Secret, &context.name)),
        None => Ok(()),
    }
}

fn value(body: &Value) -> Result<String, Refusal> {
    let text = body["value"].as_str().ok_or_else(|| refusal::invalid("value", "It has to be a text."))?;
    if text.len() > LONGEST {
        return Err(bad(format!("The secret has {} bytes; it may have {LONGEST}.", text.len())));
    }
    Ok(text.to_owned())
}

fn content_type(body: &Value) -> Result<Option<String>, Refusal> {
    match &body["contentType"] {
        Value::Null => Ok(None),
        Value::String(text) if text.len() <= LONGEST_TYPE => Ok(Some(text.clone())),
        _ => Err(refusal::invalid(
            "contentType",
            &format!("It has to be a text of {LONGEST_TYPE} letters at most."),
        )),
    }
}

fn changed(attributes: Attributes, change: &Change, now_ms: i64) -> Attributes {
    Attributes {
        enabled: change.enabled.unwrap_or(attributes.enabled),
        not_before: change.not_before.or(attributes.not_before),
        expires: change.expires.or(attributes.expires),
        updated: Moment(now_ms),
        ..attributes
    }
}

/// `GET /secrets/{name}/{version}`
pub(super) fn get(context: &mut Context) -> Told {
    if let Some(certificate) = context.owner()? {
        return of_certificate(context, certificate);
    }
    let version = wanted(context)?;
    if !version.attributes.enabled {
        return Err(disabled(Noun::Secret, "get"));
    }
    told(context)
}

fn wanted<'a>(context: &'a Context) -> Result<&'a SecretVersion, Refusal> {
    let version = context.secret()?.version(context.version.as_deref());
    version.ok_or_else(|| context.missing(Noun::Secret))
}

/// A version with its value, which whoever set it just now sees, too.
fn told(context: &Context) -> Told {
    let version = wanted(context)?;
    let mut told = item(context, version, &format!("{}/{}", context.name, version.version));
    let text = context.vaults.text(&version.sha256);
    told["value"] = json!(text.ok_or_else(|| unknown("the text of a secret that came with a state"))?);
    Ok(Reply::ok(told))
}

/// The secret of a certificate is the certificate, with its private key if that may be exported.
fn of_certificate(context: &Context, certificate: &Certificate) -> Told {
    let version = certificate.version(context.version.as_deref());
    let version = version.ok_or_else(|| context.missing(Noun::Secret))?;
    if !version.attributes.enabled {
        return Err(disabled(Noun::Secret, "get"));
    }
    if version.exportable {
        return Err(unknown(
            "private keys outside the vault; a certificate that is not exportable has a secret without",
        ));
    }
    let path = format!("{}/{}", certificate.name, version.version);
    let mut told = managed_item(context, version, &path);
    told["kid"] = json!(context.id(&format!("keys/{path}")));
    let cer = STANDARD.decode(&version.cer).unwrap_or_default();
    told["value"] = json!(x509::without_key(&version.content_type, &cer));
    Ok(Reply::ok(told))
}

/// `PATCH /secrets/{name}/{version}`: everything but the value.
pub(super) fn update(context: &mut Context) -> Told {
    context.check_unmanaged("update")?;
    let (tags, change, now) = (tags(&context.body)?, Change::read(&context.body)?, context.now_ms);
    let content_type = content_type(&context.body)?;
    let (missing, wanted) = (context.missing(Noun::Secret), context.version.clone());
    let version = context.secret_mut()?.version_mut(wanted.as_deref()).ok_or(missing)?;
    version.attributes = changed(version.attributes.clone(), &change, now);
    version.tags = tags.unwrap_or_else(|| version.tags.clone());
    version.content_type = content_type.or_else(|| version.content_type.clone());
    let version = self::wanted(context)?;
    Ok(Reply::ok(item(context, version, &format!("{}/{}", context.name, version.version))))
}
