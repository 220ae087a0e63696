//! How the facts are read: which application, what the vault has for it, and, where something is to go, when it was last used.

use directory::application::{self, Application};
use directory::credential::{LastUse, last_used_of};
use directory::key_vault::{Pointer, Version, instant, versions_of_secret};
use directory::look::{Found, ids, list, one};
use futures_util::try_join;
use graph::{Error, Graph, ObjectId, Response};
use jiff::Timestamp;
use plan::{Standing, Tenant};
use serde::de::DeserializeOwned;
use serde_json::Value;
use vault::Ask;

use super::facts::{Bundle, Certificate, Facts, Kept, Pointed, Uses};
use super::request::{CertificateWanted, Rotation, SecretWanted};
use super::{certificate, secret, subject};

/// Reads everything that the decision needs.
pub(crate) async fn everything(want: &Rotation, tenant: &Tenant) -> Result<Facts, Error> {
    let found = find(&want.application, &tenant.graph).await?;
    let kept = kept(want, found.one(), tenant).await?;
    let mut facts = Facts { now: tenant.clock.now(), application: found, kept, uses: Uses::Unasked };
    if goes(want, &facts) {
        facts.uses = uses(&facts, &tenant.graph).await?;
    }
    Ok(facts)
}

/// The application that a caller names.
async fn find(name: &str, graph: &Graph) -> Result<Found<Application>, Error> {
    let read = match name.parse() {
        Ok(id) => application::identified(&id),
        Err(_) => application::named(name),
    };
    match ids(read, graph).await?.as_slice() {
        [id] => one(application::read(id), graph).await,
        [] => Ok(Found::None),
        _ => several(name, graph).await,
    }
}

async fn several(name: &str, graph: &Graph) -> Result<Found<Application>, Error> {
    Ok(Found::of(list(application::all_named(name), graph).await?))
}

/// What the vault has for an application. Of none, nothing is looked for.
async fn kept(want: &Rotation, application: Option<&Application>, tenant: &Tenant) -> Result<Kept, Error> {
    if let Some(wanted) = &want.certificate {
        let kept = match application {
            Some(application) => certificate_kept(want, wanted, application, tenant).await?,
            None => Certificate::default(),
        };
        return Ok(Kept::Certificate { wanted: wanted.clone(), kept: Box::new(kept) });
    }
    let Some(wanted) = want.secret.clone() else {
        return Err(Error::failed("neither a certificate nor a secret is asked for", None));
    };
    let versions = match application {
        Some(_) => secret_kept(&wanted, tenant).await?,
        None => Vec::new(),
    };
    Ok(Kept::Secret { wanted, versions })
}

async fn certificate_kept(
    want: &Rotation,
    wanted: &CertificateWanted,
    application: &Application,
    tenant: &Tenant,
) -> Result<Certificate, Error> {
    let (vault, name) = (wanted.vault.clone(), wanted.name.clone());
    let pointer = wanted.pointer();
    // In this order: what is finished in between is among the versions.
    let (pending, pointer) = try_join!(
        ask(Ask::Pending { vault: vault.clone(), name: name.clone() }, tenant),
        ask(Ask::Pointer { vault: pointer.vault, name: pointer.name }, tenant),
    )?;
    let read = Ask::CertificateVersions { vault: vault.clone(), name: name.clone() };
    let versions = versions(read, tenant).await?;
    let newest = certificate::newest(want, application, &versions, tenant.clock.now());
    let newest = match newest.map(|version| version.version().to_owned()) {
        Some(version) => {
            let read = Ask::Certificate { vault, name, version: Some(version) };
            Some(read_as::<Bundle>(&tenant.vaults.send(read, None).await?.body)?)
        }
        None => None,
    };
    let is_pending = pending.is_some_and(|operation| operation.body["status"] == "inProgress");
    Ok(Certificate { versions, is_pending, pointer: pointer.map(pointed), newest })
}

async fn secret_kept(wanted: &SecretWanted, tenant: &Tenant) -> Result<Vec<Version>, Error> {
    versions(versions_of_secret(&wanted.place()), tenant).await
}

/// What the pointer says. One that somebody else made says nothing to us.
fn pointed(answer: Response) -> Pointed {
    let says = answer.body["value"].as_str().and_then(|text| serde_json::from_str::<Pointer>(text).ok());
    let at = instant(answer.body["attributes"]["created"].as_i64().unwrap_or_default());
    Pointed { says, at }
}

/// An answer; nothing, if there is no such thing.
async fn ask(ask: Ask, tenant: &Tenant) -> Result<Option<Response>, Error> {
    match tenant.vaults.send(ask, None).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn versions(read: Ask, tenant: &Tenant) -> Result<Vec<Version>, Error> {
    let Some(answer) = ask(read, tenant).await? else { return Ok(Vec::new()) };
    read_as(&answer.body["value"])
}

fn read_as<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    let unreadable = |error: serde_json::Error| {
        Error::failed("the vault's answer does not have the shape it should have", Some(error.into()))
    };
    serde_json::from_value(value.clone()).map_err(unreadable)
}

/// Whether something old may go now, so that it matters who has used it.
fn goes(want: &Rotation, facts: &Facts) -> bool {
    let Some(application) = facts.application.one() else { return false };
    match &facts.kept {
        Kept::Certificate { kept, .. } => {
            certificate::is_published(kept) && !certificate::olds(want, application, kept).is_empty()
        }
        Kept::Secret { versions, .. } => {
            secret::staying(want, application, versions, facts.now).is_some()
                && !secret::olds(want, application, versions, facts.now).is_empty()
        }
    }
}

/// When credentials of the application were last used. That it cannot be told is a fact, too.
async fn uses(facts: &Facts, graph: &Graph) -> Result<Uses, Error> {
    let Some(application) = facts.application.one() else { return Ok(Uses::Unasked) };
    match list::<LastUse>(last_used_of(&application.app_id), graph).await {
        Ok(uses) => Ok(Uses::Known(uses.into_iter().filter_map(last).collect())),
        Err(error) if error.is_repeatable() => Err(error),
        Err(error) => Ok(Uses::Unknown(error.to_string())),
    }
}

fn last(used: LastUse) -> Option<(ObjectId, Timestamp)> {
    Some((used.key_id.parse().ok()?, used.at()?))
}

/// What the guard-rails ask about an application before a run about it is taken back; nothing where it is gone.
pub(crate) async fn standing(id: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
    let found = one::<Application>(application::read(&id), &tenant.graph).await?;
    Ok(found.one().map(|application| Standing { subject: subject(application), findings: Vec::new() }))
}
