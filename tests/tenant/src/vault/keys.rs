//! The keys of certificates: what is public of them, and signatures of digests. Nothing gives a private key.
//!
//! A key has the name, the versions, the dates and the tags of its certificate.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};

use super::certificates::with_tags;
use super::material::Algorithm;
use super::objects::Version;
use super::pages::page;
use super::refusal::{Noun, Refusal, bad, disabled, expired, not_permitted, not_yet_valid, unknown};
use super::{Context, Reply, Told};

/// Signature algorithms of keys that are not RSA's.
const OF_OTHERS: [&str; 7] = ["ES256", "ES384", "ES512", "ES256K", "HS256", "HS384", "HS512"];

/// `GET /keys`
pub(super) fn list(context: &mut Context) -> Told {
    let live = context.vault()?.certificates.0.values().filter(|certificate| certificate.deletion.is_none());
    let items = live.filter_map(|certificate| {
        let item = item(context, certificate.versions.last()?, &certificate.name);
        Some((certificate.name.to_ascii_lowercase(), item))
    });
    page(context, "keys", items.collect())
}

/// `GET /keys/{name}/versions`
pub(super) fn versions(context: &mut Context) -> Told {
    let live = context.vault()?.certificates.get(&context.name);
    let live = live.filter(|certificate| certificate.deletion.is_none());
    let items = live.into_iter().flat_map(|certificate| &certificate.versions).map(|version| {
        let item = item(context, version, &format!("{}/{}", context.name, version.version));
        (version.version.clone(), item)
    });
    page(context, &format!("keys/{}/versions", context.name), items.collect())
}

fn item(context: &Context, version: &Version, path: &str) -> Value {
    let kid = context.id(&format!("keys/{path}"));
    with_tags(json!({ "kid": kid, "attributes": attributes(version), "managed": true }), &version.tags)
}

fn attributes(version: &Version) -> Value {
    let mut told = version.attributes.told();
    if version.exportable {
        told["exportable"] = json!(true);
    }
    told
}

/// `GET /keys/{name}/{version}`
pub(super) fn get(context: &mut Context) -> Told {
    let version = current(context)?;
    let key = version.key.key().ok_or_else(|| context.missing(Noun::Key))?;
    let number = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let key = json!({
        "kid": kid(context, version), "kty": "RSA", "key_ops": version.operations, "n": number(key.n()), "e": number(key.e()),
    });
    let told = json!({ "key": key, "attributes": attributes(version), "managed": true });
    Ok(Reply::ok(with_tags(told, &version.tags)))
}

fn current<'a>(context: &'a Context) -> Result<&'a Version, Refusal> {
    let certificate = context.certificate().map_err(|_| context.missing(Noun::Key))?;
    certificate.version(context.version.as_deref()).ok_or_else(|| context.missing(Noun::Key))
}

fn kid(context: &Context, version: &Version) -> String {
    context.id(&format!("keys/{}/{}", context.name, version.version))
}

/// `POST /keys/{name}/{version}/sign`
pub(super) fn sign(context: &mut Context) -> Told {
    let version = current(context)?;
    allow_signing(context, version)?;
    let algorithm = algorithm(context)?;
    let digest = digest(context, "value", algorithm)?;
    let key = version.key.key().ok_or_else(|| context.missing(Noun::Key))?;
    let signature = algorithm.sign(&key, &digest).ok_or_else(|| bad("The digest cannot be signed."))?;
    Ok(Reply::ok(json!({ "kid": kid(context, version), "value": URL_SAFE_NO_PAD.encode(signature) })))
}

/// Who verifies may still do so with a key that is off or out of date ("About keys").
fn allow_signing(context: &Context, version: &Version) -> Result<(), Refusal> {
    let attributes = &version.attributes;
    if !version.operations.iter().any(|operation| operation == "sign") {
        return Err(not_permitted("sign"));
    }
    if !attributes.enabled {
        return Err(disabled(Noun::Key, "sign"));
    }
    if attributes.not_before.is_some_and(|from| from.0 > context.now_ms) {
        return Err(not_yet_valid("sign"));
    }
    if attributes.expires.is_some_and(|until| until.0 <= context.now_ms) {
        return Err(expired("sign"));
    }
    Ok(())
}

fn algorithm(context: &Context) -> Result<Algorithm, Refusal> {
    let name = context.body["alg"].as_str().unwrap_or_default();
    match Algorithm::named(name) {
        Some(algorithm) => Ok(algorithm),
        None if OF_OTHERS.contains(&name) => Err(bad(format!(
            "Key and signing algorithm are incompatible. Key type is 'RSA', algorithm is '{name}'."
        ))),
        None if name == "RSNULL" => Err(unknown("the signing algorithm RSNULL")),
        None => Err(bad(format!("Property  has invalid value\r\n '{name}' is no algorithm to sign with."))),
    }
}

fn digest(context: &Context, member: &str, algorithm: Algorithm) -> Result<Vec<u8>, Refusal> {
    let bytes = bytes(context, member)?;
    if bytes.len() == algorithm.length() {
        return Ok(bytes);
    }
    let name = context.body["alg"].as_str().unwrap_or_default();
    Err(bad(format!(
        "Invalid length of '{member}': {} bytes. {name} requires {} bytes, encoded with base64url.",
        bytes.len(),
        algorithm.length()
    )))
}

fn bytes(context: &Context, member: &str) -> Result<Vec<u8>, Refusal> {
    let text = context.body[member].as_str().map(|text| text.trim_end_matches('='));
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes.ok_or_else(|| bad(format!("Property {member} has invalid value\r\n It has to be base64url.")))
}

/// `POST /keys/{name}/{version}/verify`
pub(super) fn verify(context: &mut Context) -> Told {
    let version = current(context)?;
    if !version.operations.iter().any(|operation| operation == "verify") {
        return Err(not_permitted("verify"));
    }
    let algorithm = algorithm(context)?;
    let digest = digest(context, "digest", algorithm)?;
    let signature = bytes(context, "value")?;
    let key = version.key.key().ok_or_else(|| context.missing(Noun::Key))?;
    Ok(Reply::ok(json!({ "value": algorithm.verify(&key, &digest, &signature) })))
}
