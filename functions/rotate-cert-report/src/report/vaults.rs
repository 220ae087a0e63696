//! Certificates in the key vaults that the app setting `ROTATE_REPORT_VAULTS` names.
//!
//! A vault tells the newest version of each, and nothing of who uses it. Of those that end soon it is asked beside whether it
//! renews them by itself.

use std::collections::BTreeSet;

use directory::credential::{Kind, Listed, renews_at};
use futures_util::StreamExt;
use futures_util::stream;
use graph::Error;
use graph::auth::Settings;
use host::Wrong;
use jiff::Timestamp;
use plan::Tenant;
use serde::Deserialize;
use serde_json::Value;
use vault::{Ask, NotAName, VaultName};

use super::facts::{Facts, Row, Unread};
use super::keep::Keep;

/// The app setting that names them, with commas between.
pub(super) const SETTING: &str = "ROTATE_REPORT_VAULTS";

/// What helps where the report alone is concerned, which only reads.
const DENIED: &str =
    "Assign Key Vault Reader on this vault to the function's identity; that takes some minutes to be seen.";

/// How many certificates are asked for at once.
const AT_ONCE: usize = 8;

/// The vaults that are named.
///
/// # Errors
/// One of them is no name; says what would be right.
pub(super) fn named(settings: &Settings) -> Result<BTreeSet<VaultName>, Wrong> {
    let wrong = |wrong: NotAName| Wrong::Setting(format!("{SETTING}: {wrong}"));
    let text = settings.get(SETTING).unwrap_or_default();
    let names = text.split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(|name| name.parse().map_err(wrong)).collect()
}

/// Looks at the certificates of these vaults. What cannot be read is told.
pub(super) async fn look(
    tenant: &Tenant,
    names: &BTreeSet<VaultName>,
    keep: &mut Keep<'_>,
    facts: &mut Facts,
) {
    let gaps = facts.unread.len();
    for name in names {
        facts.read.vaults_named += 1;
        let what = format!("The certificates in the key vault {name}");
        match list(tenant, name).await {
            Err(error) => facts.unread.push(unread(&format!("{what} could not be read"), &error)),
            Ok(items) => {
                let listed: Vec<Listed> =
                    items.iter().filter_map(|item| Listed::deserialize(item).ok()).collect();
                listed.iter().for_each(|listed| keep.look_in(name, listed));
                facts.read.vaults += 1;
                facts.read.in_vaults += i64::try_from(items.len()).unwrap_or(i64::MAX);
                facts.unread.extend(odd(&what, items.len() - listed.len()));
            }
        }
    }
    facts.broke_off |= facts.unread.len() > gaps;
}

async fn list(tenant: &Tenant, vault: &VaultName) -> Result<Vec<Value>, Error> {
    let mut answer = tenant.vaults.send(Ask::Certificates { vault: vault.clone() }, None).await?;
    match answer.body["value"].take() {
        Value::Array(items) => Ok(items),
        _ => Err(Error::failed("the key vault answered with no list", None)),
    }
}

fn odd(what: &str, number: usize) -> Option<Unread> {
    let says = format!("{what}: {number} came in a shape that nobody knows, and are missing here.");
    (number > 0).then_some(Unread { says, help: None })
}

/// The vault's message is left out: it may name somebody.
fn unread(what: &str, error: &Error) -> Unread {
    let came = match error.status() {
        Some(status) => format!("{status} {}", error.code()),
        None => "no answer".to_owned(),
    };
    let help = match error.is_denied() {
        true => Some(DENIED.to_owned()),
        false => error.help().map(|help| format!("What helps: {help}.")),
    };
    Unread { says: format!("{what}: there came {}.", came.trim_end()), help }
}

/// Takes down when a vault renews by itself what is to be renewed.
pub(super) async fn renewals(tenant: &Tenant, keep: &mut Keep<'_>, facts: &mut Facts) {
    let asks: Vec<(usize, Ask)> =
        facts.rows.iter().enumerate().filter_map(|(at, row)| Some((at, ask(row, keep)?))).collect();
    let answers =
        stream::iter(asks).map(|(at, ask)| async move { (at, tenant.vaults.send(ask, None).await) });
    let mut answers = answers.buffer_unordered(AT_ONCE);
    let mut broken = None;
    while let Some((at, answer)) = answers.next().await {
        let renews: Result<Option<Timestamp>, Error> = answer.map(|answer| renews_at(&answer.body));
        match renews {
            Ok(renews) => keep.amend(&mut facts.rows[at], |case| case.renews = renews),
            Err(error) => broken = Some(error),
        }
    }
    let what = "Which certificates their key vaults renew by themselves could not all be read";
    facts.unread.extend(broken.map(|error| unread(what, &error)));
}

/// What is asked of a certificate that ends soon.
fn ask(row: &Row, keep: &Keep<'_>) -> Option<Ask> {
    let is_meant = row.case.credential.kind == Kind::KeyVault && keep.verdict(row).ends_soon();
    let name = row.case.credential.name.clone().filter(|_| is_meant)?;
    Some(Ask::Certificate { vault: row.app.name.parse().ok()?, name, version: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaults_are_named_by_their_names_and_each_is_read_once() {
        let read = |text: &str| {
            let named = named(&Settings::from([(SETTING, text)]));
            named.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(read("").ok(), Some(vec![]));
        let both = vec!["contoso-hr".to_owned(), "contoso-keys".to_owned()];
        assert_eq!(read(" contoso-keys, Contoso-HR,contoso-hr, ").ok(), Some(both));
        let says = read("contoso-hr, https://contoso-keys.vault.azure.net").unwrap_err().to_string();
        assert!(says.starts_with(SETTING) && says.contains("is no name of a key vault"), "{says}");
    }
}
