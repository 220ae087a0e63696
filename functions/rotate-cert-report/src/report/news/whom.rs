//! Who is told of which credentials.

use std::collections::BTreeMap;

use super::super::rules::Rules;
use super::super::tell::{self, Line};

/// Somebody who is told, and what of.
pub(super) struct Person<'a> {
    pub(super) address: String,
    /// The credentials, the most urgent first, each with what makes it news to this person.
    pub(super) lines: Vec<(&'a Line<'a>, String)>,
}

/// Who is told.
pub(super) struct Whom<'a> {
    /// Who has the most urgent credential comes first.
    pub(super) people: Vec<Person<'a>>,
    /// For how many credentials there is nobody.
    pub(super) nobodys: usize,
}

/// Who is told of these, which are in the order of urgency.
pub(super) fn of<'a>(lines: &[&'a Line<'a>], rules: &Rules) -> Whom<'a> {
    let mut whom = Whom { people: Vec::new(), nobodys: 0 };
    let mut places = BTreeMap::new();
    for line in lines {
        let those = those(line, rules);
        whom.nobodys += usize::from(those.is_empty());
        for (address, who) in those {
            let place = *places.entry(address.to_lowercase()).or_insert(whom.people.len());
            if place == whom.people.len() {
                whom.people.push(Person { address, lines: Vec::new() });
            }
            let news = news(line, &who);
            let told = &mut whom.people[place].lines;
            if !told.iter().any(|(known, _)| std::ptr::eq(*known, *line)) {
                told.push((line, news));
            }
        }
    }
    whom
}

/// The addresses of those who answer for a credential, each with who it is: an owner by object id, which stays the same when the
/// address does not.
fn those(line: &Line<'_>, rules: &Rules) -> Vec<(String, String)> {
    let is_able = |enabled: Option<bool>| enabled != Some(false);
    let owners = line.app.owners.iter().filter(|owner| is_able(owner.account_enabled));
    let owners = owners.filter_map(|owner| Some((reachable(owner.mail.as_deref()?)?, owner.id.to_string())));
    let owners: Vec<(String, String)> = owners.collect();
    if !owners.is_empty() {
        return owners;
    }
    let administrators = rules.administrators.iter().filter_map(|address| reachable(address));
    administrators.map(|address| (address.clone(), address.to_lowercase())).collect()
}

/// An address that mail can be sent to.
fn reachable(address: &str) -> Option<String> {
    let address = address.trim();
    let is_good =
        address.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
            && !address.contains(|letter: char| {
                letter.is_whitespace() || letter.is_control() || "<>,;\"".contains(letter)
            });
    is_good.then(|| address.to_owned())
}

/// What is new, and to whom: a credential that crossed this threshold.
fn news(line: &Line<'_>, who: &str) -> String {
    let threshold = line.verdict.crossed.map(tell::threshold).unwrap_or_default();
    format!("{who} {} {} {threshold}", line.app.id, line.case.credential.key_id)
}

impl Whom<'_> {
    pub(super) fn says(&self) -> Vec<String> {
        let says = match self.nobodys {
            0 => return Vec::new(),
            1 => "Of 1 credential nobody can be told by mail".to_owned(),
            number => format!("Of {number} credentials nobody can be told by mail"),
        };
        vec![format!("{says}: no owner reads mail, and the rules name no administrators.")]
    }
}
