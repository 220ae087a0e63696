//! Secrets: a new one goes from its application to the vault without being seen, and is published by being kept there.
//!
//! Its text is told once and carried in memory. If the process dies on the way, nobody has it: such an orphan is removed, and
//! another made. It is known by its name, which says where it was to be kept.

use directory::application::{Application, Password};
use directory::key_vault::{Place, TAGS, Version, keep, sign_in};
use directory::secret::{self, add, remove};
use graph::{ObjectId, RUN};
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Plan};
use sha2::{Digest, Sha256};
use vault::By;

use super::facts::Facts;
use super::request::{Rotation, SecretWanted, days_after};
use super::retire::{self, Old, later, midnight, retire};
use super::taken::{Whose, whose};

/// How long what was published may be missing at the application, because the directory has not caught up.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);

/// What comes next.
pub(super) fn plan(
    plan: Plan,
    want: &Rotation,
    wanted: &SecretWanted,
    have: &Facts,
    application: &Application,
    versions: &[Version],
) -> Plan {
    if let Some(finding) = taken(wanted, application, versions) {
        return plan.finding(finding);
    }
    let (name, place) = (application.name(), wanted.place());
    let orphans =
        orphans(&place, application, versions).into_iter().map(|orphan| remove(application, orphan));
    let plan = plan.apart(orphans).finding(advice());
    let olds = olds(want, application, versions, have.now);
    let olds: Vec<Old> = olds.iter().map(|secret| old(application, secret)).collect();
    match staying(want, application, versions, have.now) {
        Some((_, version)) => {
            let by = By::Published { vault: place.vault, name: place.name };
            let proven = sign_in(&application.app_id, &name, by);
            retire(plan, want, have, olds, version.made(), proven).findings(others(
                want,
                application,
                versions,
                have.now,
            ))
        }
        None if is_unseen(application, versions, have.now) => {
            plan.finding(unseen()).goes_on_at(have.now.saturating_add(BEHIND).ok())
        }
        None => {
            let until = midnight(days_after(have.now, wanted.days));
            let before = newest(versions);
            let plan = plan
                .apart([add(application, &called(&place), until)])
                .then([sign_in(&application.app_id, &name, By::Carried)])
                .then([keep(&place, &application.app_id, &name, until, before)]);
            later(plan, want, &olds, have.now)
        }
    }
}

/// Secrets of the application in whose place another is, or is about to be: ours, and those that are named.
pub(super) fn olds<'a>(
    want: &Rotation,
    application: &'a Application,
    versions: &[Version],
    now: Timestamp,
) -> Vec<&'a Password> {
    let stays = staying(want, application, versions, now).map(|(secret, _)| secret.key_id);
    let kept: Vec<ObjectId> = versions.iter().filter_map(credential).collect();
    let is_old = |secret: &&Password| {
        let is_meant = kept.contains(&secret.key_id) || want.replaces.contains(&secret.key_id);
        is_meant && Some(secret.key_id) != stays
    };
    application.password_credentials.iter().filter(is_old).collect()
}

/// The secret that is published, if it is good for a while yet.
pub(super) fn staying<'a, 'b>(
    want: &Rotation,
    application: &'a Application,
    versions: &'b [Version],
    now: Timestamp,
) -> Option<(&'a Password, &'b Version)> {
    let is_good = |secret: &Password| {
        let made = secret.start_date_time.unwrap_or_default();
        secret.end_date_time.is_some_and(|ends| want.is_good(made, ends, now))
    };
    current(application, versions).filter(|(secret, _)| is_good(secret))
}

/// The newest version that may be used: what is published.
fn newest(versions: &[Version]) -> Option<&Version> {
    versions
        .iter()
        .filter(|version| version.attributes.enabled)
        .max_by_key(|version| version.attributes.created)
}

/// The secret that is published, if the application has it.
fn current<'a, 'b>(
    application: &'a Application,
    versions: &'b [Version],
) -> Option<(&'a Password, &'b Version)> {
    let version = newest(versions)?;
    let id = credential(version)?;
    let secret = application.password_credentials.iter().find(|secret| secret.key_id == id)?;
    Some((secret, version))
}

/// Whether what was published a moment ago is not seen at the application yet. It was tried before it was published, so it is
/// there.
fn is_unseen(application: &Application, versions: &[Version], now: Timestamp) -> bool {
    let fresh = newest(versions).filter(|version| now.duration_since(version.made()) < BEHIND);
    fresh.and_then(credential).is_some() && current(application, versions).is_none()
}

/// The vault's secret is somebody else's. A new version would be given to whoever reads theirs.
fn taken(wanted: &SecretWanted, application: &Application, versions: &[Version]) -> Option<Finding> {
    let place = wanted.place().called();
    let says = match whose(versions, application) {
        Whose::Free => return None,
        Whose::Unmarked if wanted.take_over => return None,
        Whose::Unmarked => format!(
            "the secret {place} is there and was not made by this function: name another, or say takeOver if it holds a secret of {}",
            application.name()
        ),
        Whose::Anothers(id) => {
            format!("the secret {place} is there and is that of another application, {id}: name another")
        }
    };
    Some(Finding::blocks("secret-taken", says).at("/secret/name"))
}

fn unseen() -> Finding {
    let says = "the secret that was published a moment ago is not seen at the application yet";
    Finding::note("not-seen-yet", says)
}

/// The credential whose text a version holds.
fn credential(version: &Version) -> Option<ObjectId> {
    version.tag(TAGS.credential)?.parse().ok()
}

/// Ours, for this place, and never kept there: nobody has their text.
fn orphans<'a>(place: &Place, application: &'a Application, versions: &[Version]) -> Vec<&'a Password> {
    let kept: Vec<ObjectId> = versions.iter().filter_map(credential).collect();
    let ours = prefix(place);
    let is_orphan = |secret: &&Password| {
        let name = secret.display_name.as_deref().unwrap_or_default();
        name.starts_with(&ours) && !kept.contains(&secret.key_id)
    };
    application.password_credentials.iter().filter(is_orphan).collect()
}

/// What a new one is called: where it is kept, as a fingerprint, since names are short; and which run made it.
pub(super) fn called(place: &Place) -> String {
    format!("{}{RUN}", prefix(place))
}

fn prefix(place: &Place) -> String {
    let digest = Sha256::digest(place.called());
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("m365-functions {short} ")
}

fn old(application: &Application, secret: &Password) -> Old {
    Old {
        id: secret.key_id,
        name: secret::name(secret),
        ends: secret.end_date_time,
        remove: remove(application, secret),
    }
}

/// Secrets that are neither ours nor named stay, and are told.
fn others(
    want: &Rotation,
    application: &Application,
    versions: &[Version],
    now: Timestamp,
) -> Option<Finding> {
    let olds = olds(want, application, versions, now);
    let stays = staying(want, application, versions, now).map(|(secret, _)| secret.key_id);
    let is_other = |secret: &&Password| Some(secret.key_id) != stays && !olds.contains(secret);
    let names: Vec<String> =
        application.password_credentials.iter().filter(is_other).map(secret::name).collect();
    retire::stay(&names)
}

fn advice() -> Finding {
    let says = "a secret can be read by whoever may read the vault: a certificate whose key stays there, a managed identity or a \
                federated credential leaves nothing to be read";
    Finding::note("secret-advice", says)
}
