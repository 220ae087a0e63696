//! Certificates: how far one is, and what comes next.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use directory::application::{Application, Key};
use directory::certificate::{self, add};
use directory::key_vault::{Pointer, TAGS, Version, instant, make, publish, sign_in};
use graph::ObjectId;
use jiff::{SignedDuration, Timestamp};
use plan::{Change, Finding, Plan};
use sha2::{Digest, Sha256};
use vault::{By, Make};

use super::facts::{Bundle, Certificate, Facts};
use super::request::{CertificateWanted, Rotation};
use super::retire::{Old, later, retire};
use super::taken::{Whose, whose};

/// How long a vault takes to make a key and its certificate, as a rule.
const MAKING: SignedDuration = SignedDuration::from_secs(5);

/// How long a new certificate is left alone before it is published. It has reached every part of Microsoft Entra by then; and
/// whoever was writing the application's list at the same moment, and did not know of it, has taken it away by then.
const SETTLING: SignedDuration = SignedDuration::from_mins(2);

/// What comes next.
pub(super) fn plan(
    plan: Plan,
    want: &Rotation,
    wanted: &CertificateWanted,
    have: &Facts,
    application: &Application,
    kept: &Certificate,
) -> Plan {
    if let Some(finding) = taken(wanted, application, kept).or_else(|| foreign(wanted, application, kept)) {
        return plan.finding(finding);
    }
    match &kept.newest {
        None if kept.is_pending => plan.finding(being_made(wanted)).goes_on_at(Some(after(have.now, MAKING))),
        None => made(plan, wanted, application, kept, have.now),
        Some(newest) => settled(plan, want, wanted, have, application, kept, newest),
    }
}

/// The newest version for the application that is good for a while yet: the one that is read whole ([`Certificate::newest`]).
pub fn newest<'a>(
    want: &Rotation,
    application: &Application,
    versions: &'a [Version],
    now: Timestamp,
) -> Option<&'a Version> {
    let app_id = application.app_id.to_string();
    let is_ours = |version: &&Version| version.tag(TAGS.application) == Some(app_id.as_str());
    let begins = |version: &Version| version.attributes.nbf.is_none_or(|nbf| instant(nbf) <= now);
    let is_good = |version: &&Version| {
        version.attributes.enabled && begins(version) && want.is_good(version.made(), version.ends(), now)
    };
    versions.iter().filter(is_ours).filter(is_good).max_by_key(|version| version.attributes.created)
}

/// Certificates of the application in whose place the newest one is: ours, and those that are named.
pub(super) fn olds<'a>(want: &Rotation, application: &'a Application, kept: &Certificate) -> Vec<&'a Key> {
    let id = |version: &Version| version.version().parse::<ObjectId>().ok();
    let ours: Vec<ObjectId> = kept.versions.iter().filter_map(id).collect();
    let newest = kept.newest.as_ref().and_then(|newest| id(&newest.version));
    let is_old = |key: &&Key| {
        let is_meant = ours.contains(&key.key_id) || want.replaces.contains(&key.key_id);
        is_meant && Some(key.key_id) != newest
    };
    application.key_credentials.iter().filter(is_old).collect()
}

/// Whether the newest version is the one that is published, so that others may go.
pub(super) fn is_published(kept: &Certificate) -> bool {
    let newest = kept.newest.as_ref().map(|newest| newest.version.version());
    newest.is_some() && newest == published(kept).map(|pointer| pointer.version.as_str())
}

fn published(kept: &Certificate) -> Option<&Pointer> {
    kept.pointer.as_ref()?.says.as_ref()
}

/// The certificate is somebody else's. A new version would be given to whoever reads the newest one of theirs.
fn taken(wanted: &CertificateWanted, application: &Application, kept: &Certificate) -> Option<Finding> {
    let whose = match whose(&kept.versions, application) {
        Whose::Free => return None,
        Whose::Unmarked => "was not made by this function".to_owned(),
        Whose::Anothers(id) => format!("is that of another application, {id}"),
    };
    let says = format!("the certificate {} is there and {whose}: name another", wanted.place().called());
    Some(Finding::blocks("certificate-taken", says).at("/certificate/name"))
}

/// The pointer is somebody else's.
fn foreign(wanted: &CertificateWanted, application: &Application, kept: &Certificate) -> Option<Finding> {
    let pointed = kept.pointer.as_ref()?;
    let place = wanted.pointer().called();
    let says = match &pointed.says {
        Some(pointer) if pointer.application == application.app_id => return None,
        Some(pointer) => {
            format!("the secret {place} says what to use for another application, {}", pointer.application)
        }
        None => format!("the secret {place} is there and was not made by this function"),
    };
    let says = format!("{says}: name another under pointer");
    Some(Finding::blocks("pointer-taken", says).at("/certificate/pointer"))
}

fn being_made(wanted: &CertificateWanted) -> Finding {
    let says = format!("the vault is making a version of {}", wanted.place().called());
    Finding::note("being-made", says)
}

/// A new version is made, and all the rest waits for it.
fn made(
    plan: Plan,
    wanted: &CertificateWanted,
    application: &Application,
    kept: &Certificate,
    now: Timestamp,
) -> Plan {
    let name = application.name();
    let subject = wanted.subject.clone().unwrap_or_else(|| format!("CN={}", wanted.name));
    let like =
        Make { subject, months: wanted.months, key_bits: wanted.key_bits, exportable: wanted.exportable };
    let make = make(&wanted.place(), like, &application.app_id, &name);
    let (key, pointer) = (unmade(application), unmade_pointer(application));
    let add = Change {
        says: format!("add its certificate to {name}, beside what is there"),
        ..add(application, &key)
    };
    let publish = Change {
        says: format!("publish it in {}, as the one to sign in with as {name}", wanted.pointer().called()),
        ..publish(&wanted.pointer(), &pointer, published(kept), &name)
    };
    let at = after(now, MAKING);
    let by = by(wanted, &pointer);
    plan.then([make])
        .then_later([add], at)
        .then_later([sign_in(&application.app_id, &name, by)], at)
        .then_later([publish], at)
}

/// It is there: it is added, or tried and published; or else what is old goes.
fn settled(
    plan: Plan,
    want: &Rotation,
    wanted: &CertificateWanted,
    have: &Facts,
    application: &Application,
    kept: &Certificate,
    newest: &Bundle,
) -> Plan {
    let name = application.name();
    let Some((key, pointer)) = credential(application, newest) else { return plan.finding(odd(wanted)) };
    let proven = || sign_in(&application.app_id, &name, by(wanted, &pointer));
    let publish = publish(&wanted.pointer(), &pointer, published(kept), &name).unless(is_published(kept));
    if !application.key_credentials.iter().any(|held| held.key_id == key.key_id) {
        let at = after(have.now, SETTLING);
        return plan.then([add(application, &key)]).then_later([proven()], at).then_later(publish, at);
    }
    let olds = olds(want, application, kept);
    let olds: Vec<Old> = olds.iter().map(|key| old(application, key)).collect();
    match publish {
        Some(publish) => later(plan.then([proven()]).then([publish]), want, &olds, have.now),
        None => {
            let since = kept.pointer.as_ref().map_or(have.now, |pointed| pointed.at);
            retire(plan, want, have, olds, since, proven()).findings(others(want, application, kept))
        }
    }
}

fn odd(wanted: &CertificateWanted) -> Finding {
    let says = format!("the newest version of {} cannot be read as a certificate", wanted.place().called());
    Finding::blocks("certificate-odd", says)
}

fn old(application: &Application, key: &Key) -> Old {
    Old {
        id: key.key_id,
        name: certificate::name(key),
        ends: key.end_date_time,
        remove: certificate::remove(application, key),
    }
}

/// Certificates that are neither ours nor named stay, and are told.
fn others(want: &Rotation, application: &Application, kept: &Certificate) -> Option<Finding> {
    let olds = olds(want, application, kept);
    let current = kept.newest.as_ref().and_then(|newest| newest.version.version().parse::<ObjectId>().ok());
    let is_other = |key: &&Key| Some(key.key_id) != current && !olds.contains(key);
    let names: Vec<String> =
        application.key_credentials.iter().filter(is_other).map(certificate::name).collect();
    super::retire::stay(&names)
}

/// The certificate as the application is to have it, and as the pointer is to name it. Its id is the version's.
fn credential(application: &Application, bundle: &Bundle) -> Option<(Key, Pointer)> {
    let version = bundle.version.version();
    let der = STANDARD.decode(&bundle.cer).ok()?;
    let run = bundle.version.tag(TAGS.run).unwrap_or("by hand");
    let key = Key {
        key_id: version.parse().ok()?,
        display_name: Some(format!("m365-functions {run}")),
        usage: Some("Verify".to_owned()),
        kind: Some("AsymmetricX509Cert".to_owned()),
        custom_key_identifier: None,
        key: Some(bundle.cer.clone()),
        start_date_time: bundle.version.attributes.nbf.map(instant),
        end_date_time: bundle.version.attributes.exp.map(instant),
    };
    let pointer = Pointer {
        application: application.app_id,
        version: version.to_owned(),
        certificate: bundle.version.id.clone(),
        key: bundle.kid.clone(),
        x5t: bundle.x5t.clone(),
        x5t_s256: URL_SAFE_NO_PAD.encode(Sha256::digest(der)),
        expires: bundle.version.ends(),
    };
    Some((key, pointer))
}

fn by(wanted: &CertificateWanted, pointer: &Pointer) -> By {
    By::Certificate {
        vault: wanted.vault.clone(),
        name: wanted.name.clone(),
        version: pointer.version.clone(),
        thumbprint: pointer.x5t_s256.clone(),
    }
}

/// What stands in a plan for a certificate that is not made yet. It is never sent.
fn unmade(application: &Application) -> Key {
    Key {
        key_id: application.id,
        display_name: None,
        usage: None,
        kind: None,
        custom_key_identifier: None,
        key: None,
        start_date_time: None,
        end_date_time: None,
    }
}

fn unmade_pointer(application: &Application) -> Pointer {
    Pointer {
        application: application.app_id,
        version: "new".to_owned(),
        certificate: String::new(),
        key: String::new(),
        x5t: String::new(),
        x5t_s256: String::new(),
        expires: Timestamp::UNIX_EPOCH,
    }
}

fn after(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.saturating_add(time).unwrap_or(at)
}
