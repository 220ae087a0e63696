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
    let place = line.app.id.map_or_else(|| line.app.name.clone(), |id| id.to_string());
    format!("{who} {place} {} {threshold}", line.case.credential.key_id)
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

#[cfg(test)]
mod tests {
    use graph::auth::Cloud;
    use serde_json::{Value, json};

    use super::super::super::facts::{Facts, Row};
    use super::*;

    const LEE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    const PRADEEP: &str = "4782e723-f4f4-4af3-a76e-25e3bab0d896";

    fn owner(id: &str, mail: Value, enabled: Value) -> Value {
        json!({"id": id, "displayName": "x", "mail": mail, "accountEnabled": enabled})
    }

    fn row(owners: &[Value]) -> Row {
        let app = json!({"id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "name": "Payroll", "place": "application", "tags": [],
                         "owners": owners, "risks": []});
        let credential = json!({"kind": "secret", "keyId": "b0a282a3-68ec-4ec8-aef0-290ed4350271", "start": null,
                                "end": "2026-03-09T08:00:00Z"});
        let case = json!({"credential": credential, "others": 0, "lastUse": "unknown", "standsBy": false});
        serde_json::from_value(json!({"app": app, "case": case})).unwrap()
    }

    /// Who is told of this credential, what makes it news to them, and whether nobody is.
    fn told(owners: &[Value], administrators: &[&str]) -> (Vec<(String, String)>, usize) {
        let facts = Facts { rows: vec![row(owners)], ..Facts::default() };
        let administrators = administrators.iter().map(|text| (*text).to_owned()).collect();
        let rules = Rules { administrators, ..Rules::default() };
        let now = "2026-03-02T08:00:00Z".parse().unwrap();
        let lines = tell::lines(&facts, &rules, Cloud::Public, now);
        let lines: Vec<&Line<'_>> = lines.iter().collect();
        let whom = of(&lines, &rules);
        let people = whom.people.iter().map(|person| (person.address.clone(), person.lines[0].1.clone()));
        (people.collect(), whom.nobodys)
    }

    #[test]
    fn owners_who_read_mail_are_told_or_else_the_administrators_or_it_is_said_that_nobody_is() {
        let lee = || owner(LEE, json!("LeeG@contoso.com"), json!(true));
        let blocked = || owner(PRADEEP, json!("PradeepG@contoso.com"), json!(false));
        let nameless = || owner(PRADEEP, Value::Null, Value::Null);
        let broken = || owner(PRADEEP, json!("Pradeep Gupta <PradeepG@contoso.com>"), json!(true));
        type Told = (&'static [&'static str], usize);
        let table: [(&[Value], &[&str], Told); 9] = [
            (&[lee()], &["MeganB@contoso.com"], (&["LeeG@contoso.com"], 0)),
            (&[lee(), blocked()], &["MeganB@contoso.com"], (&["LeeG@contoso.com"], 0)),
            (&[blocked()], &["MeganB@contoso.com"], (&["MeganB@contoso.com"], 0)),
            (&[nameless()], &["MeganB@contoso.com"], (&["MeganB@contoso.com"], 0)),
            (&[broken()], &["MeganB@contoso.com"], (&["MeganB@contoso.com"], 0)),
            (&[], &["MeganB@contoso.com", "MEGANB@contoso.com"], (&["MeganB@contoso.com"], 0)),
            (&[lee(), lee()], &[], (&["LeeG@contoso.com"], 0)),
            (&[], &["Megan Bowen"], (&[], 1)),
            (&[blocked()], &[], (&[], 1)),
        ];
        for (owners, administrators, (expected, nobodys)) in table {
            let (people, nobody) = told(owners, administrators);
            let addresses: Vec<&str> = people.iter().map(|(address, _)| address.as_str()).collect();
            assert_eq!((addresses.as_slice(), nobody), (expected, nobodys), "{owners:?} {administrators:?}");
        }
    }

    #[test]
    fn news_is_by_who_an_owner_is_and_not_by_where_they_are_reached() {
        let (before, _) = told(&[owner(LEE, json!("LeeG@contoso.com"), json!(true))], &[]);
        let (after, _) = told(&[owner(LEE, json!("Lee.Gu@contoso.com"), json!(true))], &[]);
        assert_eq!(before[0].1, after[0].1);
        assert!(before[0].1.starts_with(LEE) && before[0].1.ends_with(" 7"), "{}", before[0].1);
    }
}
