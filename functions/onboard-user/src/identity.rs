//! Who it is, and what they will be called.
//!
//! The employee id decides: an account that has it is this person, and the run converges on it. One wrong digit would make
//! somebody else of a colleague, so of an account whose given name and surname are both others the caller has to say that
//! the person was renamed. An account that has the name and not the employee id is somebody else.

use directory::account::{self, Account};
use directory::naming::{self, Collision, NameError, Pattern, PatternError};
use plan::{Finding, Flaw};
use serde_json::Value;

use crate::facts::{Domain, Facts};
use crate::request::NewHire;

/// The names of a new account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// What it signs in with.
    pub(crate) user_principal_name: String,
    /// The local part of its mail addresses.
    pub(crate) mail_nickname: String,
}

/// The wanted user principal name, before anybody looks whether it is taken.
pub(crate) fn name_of(want: &NewHire) -> Result<String, Flaw> {
    naming::user_principal_name(&pattern(want)?, &want.name()).map_err(flaw)
}

/// The account of this person, if there is one. Several with one employee id are a disorder that a person must settle.
pub(crate) fn existing<'a>(want: &NewHire, have: &'a Facts) -> Result<Option<&'a Account>, Finding> {
    match have.same.as_slice() {
        [] => Ok(None),
        [account] if want.renamed || is_called_so(want, account) => Ok(Some(account)),
        [account] => Err(another_person(want, account)),
        several => Err(Finding::blocks(
            "employee-id-ambiguous",
            format!("several accounts have the employee id {}: {}", want.employee_id, names(several)),
        )
        .at("/employeeId")),
    }
}

/// The namesakes that have this employee id, which the directory compares whatever its case, and were not found by it.
pub(crate) fn unseen(want: &NewHire, same: &[Account], namesakes: &[Account]) -> Vec<Account> {
    let wanted = want.employee_id.to_lowercase();
    let is_same =
        |account: &&Account| account.employee_id.as_ref().is_some_and(|id| id.to_lowercase() == wanted);
    let is_seen = |account: &&Account| same.iter().any(|seen| seen.id == account.id);
    namesakes.iter().filter(is_same).filter(|account| !is_seen(account)).cloned().collect()
}

/// Whether given name or surname is the account's. Of an account that holds neither, the name for people speaks.
fn is_called_so(want: &NewHire, account: &Account) -> bool {
    let is_same = |one: &str, other: &str| naming::is_same(one, other, want.name().language);
    let is_held = |property: &str, wanted: &str| match account.rest.get(property).and_then(Value::as_str) {
        Some(held) if !held.trim().is_empty() => is_same(held, wanted),
        _ => account.name().split_whitespace().any(|word| is_same(word, wanted)),
    };
    is_held("givenName", &want.given_name) || is_held("surname", &want.surname)
}

fn another_person(want: &NewHire, account: &Account) -> Finding {
    let says = format!(
        "employee id {} is {}'s ({}); if that person is now called {}, say \"renamed\": true",
        want.employee_id,
        account.name(),
        account.user_principal_name,
        want.full_name(),
    );
    Finding::blocks("another-person", says).at("/employeeId")
}

/// The names of the new account: free, and in a domain of the tenant.
pub(crate) fn choose(want: &NewHire, have: &Facts) -> Result<Name, Finding> {
    let wanted = name_of(want).map_err(unusable)?;
    check_domain(&wanted, &have.domains)?;
    let pattern = pattern(want).map_err(unusable)?;
    let mut names =
        naming::candidates(&pattern, want.on_collision, &want.name()).map_err(flaw).map_err(unusable)?;
    let holder = |name: &String| have.namesakes.iter().find(|account| account.holds(name));
    let free = names.by_ref().find(|name| holder(name).is_none());
    let user_principal_name = free.ok_or_else(|| taken(&wanted, holder(&wanted), &names.why_no_more()))?;
    let mail_nickname = naming::mail_nickname(want.mail_nickname.as_deref(), &user_principal_name);
    Ok(Name { mail_nickname: mail_nickname.map_err(flaw).map_err(unusable)?, user_principal_name })
}

/// The beginnings that cover every name which may be tried: numbers follow the first 61 characters at the earliest, and an
/// initial changes the beginning.
pub(crate) fn stems(want: &NewHire) -> Result<Vec<String>, Flaw> {
    let names = naming::candidates(&pattern(want)?, want.on_collision, &want.name()).map_err(flaw)?;
    let mut stems: Vec<String> = names.take(2).map(|name| stem(&name)).collect();
    if want.on_collision == Collision::Number {
        stems.truncate(1);
    }
    Ok(stems)
}

fn stem(name: &str) -> String {
    let local: String = name.split('@').next().unwrap_or_default().chars().take(61).collect();
    local.trim_end_matches(['.', '-', '_']).to_owned()
}

fn pattern(want: &NewHire) -> Result<Pattern, Flaw> {
    want.user_principal_name
        .parse()
        .map_err(|error: PatternError| Flaw::at("/userPrincipalName", error.to_string()))
}

fn unusable(flaw: Flaw) -> Finding {
    Finding::blocks("name", flaw.says).at(flaw.field)
}

fn check_domain(name: &str, domains: &[Domain]) -> Result<(), Finding> {
    let wanted = account::domain(name);
    match domains.iter().find(|domain| domain.name.eq_ignore_ascii_case(wanted)) {
        Some(domain) if domain.kind.as_deref() == Some("Federated") => Err(Finding::blocks(
            "domain-federated",
            format!("{wanted} is federated: its accounts are made on premises"),
        )
        .at("/userPrincipalName")),
        Some(_) => Ok(()),
        None => {
            let known = domains.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Finding::blocks(
                "domain-unverified",
                format!("{wanted} is not a verified domain of this tenant; these are: {known}"),
            )
            .at("/userPrincipalName"))
        }
    }
}

fn taken(wanted: &str, holder: Option<&Account>, why: &NameError) -> Finding {
    let whose = match holder {
        Some(Account { employee_id: Some(id), .. }) => format!("somebody with the employee id {id}"),
        Some(_) => "an account without an employee id; if it is this person's, set its employeeId".to_owned(),
        None => "somebody".to_owned(),
    };
    Finding::blocks("name-taken", format!("{wanted} belongs to {whose} ({why})")).at(why.pointer())
}

/// The names that an account which exists keeps, though others were asked for.
pub(crate) fn kept_names(want: &NewHire, account: &Account) -> Vec<Finding> {
    let wanted = name_of(want).unwrap_or_default();
    let (upn, name) = (account.user_principal_name.as_str(), account.name());
    let nickname = account.mail_nickname.as_deref().unwrap_or_default();
    let kept = [
        (!wanted.eq_ignore_ascii_case(upn), "/userPrincipalName", upn),
        (want.full_name() != name, "/displayName", name),
        (want.mail_nickname.as_ref().is_some_and(|wanted| wanted != nickname), "/mailNickname", nickname),
    ];
    let kept = kept.into_iter().filter(|(differs, ..)| *differs);
    kept.map(|(_, field, held)| {
        Finding::note("name-kept", format!("the account is called {held} already and keeps that name"))
            .at(field)
    })
    .collect()
}

/// Names of accounts for a sentence.
fn names(accounts: &[Account]) -> String {
    accounts.iter().map(|account| account.user_principal_name.as_str()).collect::<Vec<_>>().join(", ")
}

fn flaw(error: NameError) -> Flaw {
    Flaw::at(error.pointer(), error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_namesake_of_the_same_employee_id_is_this_person_too() {
        let account = |number: u32, employee_id: Option<&str>| -> Account {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            let account = json!({"id": id, "userPrincipalName": "ab@contoso.com", "employeeId": employee_id});
            serde_json::from_value(account).unwrap()
        };
        let want = json!({"employeeId": "AB77", "givenName": "Allan", "surname": "Deyoung",
                          "userPrincipalName": "allan@contoso.com"});
        let want: NewHire = serde_json::from_value(want).unwrap();
        let namesakes =
            [account(1, Some("AB77")), account(2, Some("ab77")), account(3, Some("AB78")), account(4, None)];
        let found = |same: &[Account]| unseen(&want, same, &namesakes);
        assert_eq!(found(&[]), namesakes[..2]);
        assert_eq!(found(&namesakes[..1]), namesakes[1..2]);
        assert_eq!(found(&namesakes[..2]), []);
    }
}
