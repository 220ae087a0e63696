//! Addresses of a mailbox: `SMTP:` is the primary one, of which there is exactly one, `smtp:` are the others.

use super::super::given::Changes;
use super::super::refusal::{Refusal, address_taken, foreign_domain, invalid_data};
use crate::routes::rules::domain_of;
use crate::state::{Directory, Field, Object};

/// `smtp:` and the address, whatever case the prefix had.
pub(super) fn smtp(text: &str) -> Result<String, Refusal> {
    let bare = text.split_once(':').map_or(text, |(_, bare)| bare);
    if is_address(bare) { Ok(format!("smtp:{bare}")) } else { Err(malformed(text)) }
}

fn is_address(bare: &str) -> bool {
    let halves = bare.split_once('@').filter(|(local, domain)| !local.is_empty() && domain.contains('.'));
    halves.is_some_and(|(_, domain)| !domain.contains('@'))
        && bare.chars().all(|character| character.is_ascii_graphic())
}

fn malformed(text: &str) -> Refusal {
    invalid_data(format!(
        "The email address \"{text}\" isn't correct. Please use this format: user name, the @ sign, followed by the domain name. For example, tonysmith@contoso.com or tony.smith@contoso.com."
    ))
}

/// Changes a user's addresses; `mail` follows the primary one.
pub(super) fn apply(directory: &Directory, user: &mut Object, changes: &Changes) -> Result<(), Refusal> {
    let before: Vec<String> = user.properties.texts("proxyAddresses").map(str::to_owned).collect();
    let after = match changes {
        Changes::Replace(all) => replaced(all)?,
        Changes::Edit { add, remove } => edited(&before, add, remove)?,
    };
    for address in after.iter().filter(|address| !before.iter().any(|known| same(known, address))) {
        usable(directory, user, address)?;
    }
    let primary = after.iter().find_map(|address| address.strip_prefix("SMTP:"));
    let primary =
        primary.ok_or_else(|| invalid_data("There is no primary SMTP address for this recipient."))?;
    user.properties.set("mail", primary);
    user.properties.set("proxyAddresses", after);
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// With a prefix; other kinds of address than SMTP keep theirs.
fn prefixed(text: &str) -> Result<String, Refusal> {
    match text.split_once(':') {
        Some(("SMTP", bare)) if is_address(bare) => Ok(text.to_owned()),
        Some((kind, bare)) if kind.eq_ignore_ascii_case("smtp") && is_address(bare) => {
            Ok(format!("smtp:{bare}"))
        }
        Some((kind, _)) if !kind.eq_ignore_ascii_case("smtp") => Ok(text.to_owned()),
        None if is_address(text) => Ok(format!("smtp:{text}")),
        _ => Err(malformed(text)),
    }
}

fn replaced(all: &[String]) -> Result<Vec<String>, Refusal> {
    let mut after: Vec<String> = all.iter().map(|text| prefixed(text)).collect::<Result<_, _>>()?;
    match after.iter().filter(|address| address.starts_with("SMTP:")).count() {
        0 => {
            // The first is the primary one where none is marked.
            if let Some(first) = after.iter_mut().find(|address| address.starts_with("smtp:")) {
                first.replace_range(..4, "SMTP");
            }
            Ok(after)
        }
        1 => Ok(after),
        _ => Err(invalid_data("There are multiple primary SMTP addresses for this recipient.")),
    }
}

fn edited(before: &[String], add: &[String], remove: &[String]) -> Result<Vec<String>, Refusal> {
    let remove: Vec<String> = remove.iter().map(|text| prefixed(text)).collect::<Result<_, _>>()?;
    let mut after: Vec<String> = before.to_vec();
    for address in add {
        let address = prefixed(address)?;
        if address.starts_with("SMTP:") {
            // A new primary address makes the old one secondary.
            after
                .iter_mut()
                .filter(|known| known.starts_with("SMTP:"))
                .for_each(|old| old.replace_range(..4, "smtp"));
        } else if after.iter().any(|known| same(known, &address)) {
            continue;
        }
        after.retain(|known| !same(known, &address));
        after.push(address);
    }
    if remove.iter().any(|gone| after.iter().any(|known| known.starts_with("SMTP:") && same(known, gone))) {
        return Err(invalid_data("The primary SMTP address of a recipient can't be removed."));
    }
    after.retain(|known| !remove.iter().any(|gone| same(known, gone)));
    Ok(after)
}

fn usable(directory: &Directory, user: &Object, address: &str) -> Result<(), Refusal> {
    let Some((kind, bare)) = address.split_once(':') else { return Ok(()) };
    if !kind.eq_ignore_ascii_case("smtp") {
        return Ok(());
    }
    let domain = bare.rsplit_once('@').map_or(bare, |(_, domain)| domain);
    if domain_of(directory, domain).is_none() {
        return Err(foreign_domain(bare));
    }
    let fields = [Field::ProxyAddress, Field::UserPrincipalName];
    let mut owners = fields.into_iter().flat_map(|field| directory.store.index.find(field, bare));
    match owners.find(|id| *id != user.id) {
        None => Ok(()),
        Some(owner) => {
            let name = directory.store.truth(owner).and_then(|object| object.text("displayName"));
            Err(address_taken(address, name.unwrap_or_default()))
        }
    }
}
