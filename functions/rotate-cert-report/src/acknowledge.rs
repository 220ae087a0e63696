//! Acknowledging: somebody knows of a credential, or of all of an application, and does not want to hear of it until a day.
//!
//! ```json
//! {"keyId": "b0a282a3-68ec-4ec8-aef0-290ed4350271", "until": "2026-06-30T00:00:00Z", "by": "Megan Bowen",
//!  "why": "the application is switched off in June"}
//! ```
//!
//! It is for a time, so that nothing is forgotten for good, and it changes nothing in the tenant. Who said so and why is kept as
//! long as it holds, since whoever reads the report has to know; what holds no longer is gone with the next note.

use std::collections::BTreeMap;

use graph::ObjectId;
use host::{Note, strict};
use jiff::{SignedDuration, Timestamp};
use plan::Flaw;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The name of these notes, in their address.
pub(crate) const NAME: &str = "acknowledge";

/// How far ahead one may be.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// How many hold at once, since a page is read and written whole.
const MOST: usize = 1_000;

/// How long a name and a reason may be, in characters.
const LONGEST_BY: usize = 200;
const LONGEST_WHY: usize = 500;

/// That somebody knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acknowledged {
    pub(crate) until: Timestamp,
    pub(crate) by: String,
    pub(crate) why: String,
    /// When it was said.
    at: Timestamp,
}

/// Everything that is acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Known {
    credentials: BTreeMap<Id, Acknowledged>,
    applications: BTreeMap<Id, Acknowledged>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    key_id: Option<String>,
    #[serde(default)]
    application: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    why: Option<String>,
    #[serde(default)]
    withdraw: bool,
}

/// What somebody acknowledges.
#[derive(Clone)]
enum About {
    Credential(Id),
    Application(Id),
}

/// What it is known by: a GUID, or the thumbprint of a certificate in a key vault; in lower case.
type Id = String;

fn guid(text: &str) -> Option<Id> {
    text.parse::<ObjectId>().ok().map(|id| id.to_string())
}

fn key_id(text: &str) -> Option<Id> {
    let is_thumbprint = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    guid(text).or_else(|| is_thumbprint.then(|| text.to_ascii_lowercase()))
}

impl Known {
    /// What is kept; what another version wrote is begun anew.
    pub(crate) fn read(page: Value) -> Self {
        serde_json::from_value(page).unwrap_or_default()
    }

    /// What holds for a credential, or else for its application, by either of its ids.
    pub(crate) fn of(
        &self,
        key: &str,
        application: [Option<&str>; 2],
        now: Timestamp,
    ) -> Option<&Acknowledged> {
        let of_application =
            || application.into_iter().flatten().find_map(|id| self.applications.get(&guid(id)?));
        let of_credential = key_id(key).and_then(|id| self.credentials.get(&id));
        of_credential
            .filter(|known| known.until > now)
            .or_else(of_application)
            .filter(|known| known.until > now)
    }

    fn place(&mut self, about: About) -> (&mut BTreeMap<Id, Acknowledged>, Id) {
        match about {
            About::Credential(id) => (&mut self.credentials, id),
            About::Application(id) => (&mut self.applications, id),
        }
    }

    /// Without what holds no longer.
    fn holding(mut self, now: Timestamp) -> Self {
        self.credentials.retain(|_, known| known.until > now);
        self.applications.retain(|_, known| known.until > now);
        self
    }

    fn len(&self) -> usize {
        self.credentials.len() + self.applications.len()
    }

    /// What a caller is told.
    fn told(&self) -> Value {
        let told = |name: &'static str| {
            move |(id, known): (&Id, &Acknowledged)| {
                let Acknowledged { until, by, why, at } = known;
                json!({name: id, "until": until, "by": by, "why": why, "at": at})
            }
        };
        let credentials = self.credentials.iter().map(told("keyId"));
        let all: Vec<Value> = credentials.chain(self.applications.iter().map(told("application"))).collect();
        json!({ "acknowledged": all })
    }
}

/// Takes a note.
pub(crate) fn note(page: Value, body: &[u8], now: Timestamp) -> Result<Note, Vec<Flaw>> {
    let asked: Asked = strict(body).map_err(|flaw| vec![flaw])?;
    let (about, said) = asked.read(now)?;
    let mut known = Known::read(page).holding(now);
    let (place, id) = known.place(about);
    match said {
        None => drop(place.remove(&id)),
        // The same said again is as old as it was.
        Some(said) if place.get(&id).is_some_and(|before| before.says(&said)) => {}
        Some(said) => drop(place.insert(id, said)),
    }
    if known.len() > MOST {
        let says = format!("{MOST} are acknowledged already: withdraw some of them");
        return Err(vec![Flaw::at("", says)]);
    }
    Ok(Note { answer: known.told(), page: serde_json::to_value(known).unwrap_or_default() })
}

impl Acknowledged {
    fn says(&self, other: &Self) -> bool {
        (self.until, &self.by, &self.why) == (other.until, &other.by, &other.why)
    }
}

impl Asked {
    /// What it is about, and what is said of it; nothing, where that is withdrawn. All that is wrong is told at once.
    fn read(&self, now: Timestamp) -> Result<(About, Option<Acknowledged>), Vec<Flaw>> {
        let said =
            if self.withdraw { self.nothing_else().map(|()| None) } else { self.acknowledged(now).map(Some) };
        match (self.about(), said) {
            (Ok(about), Ok(said)) => Ok((about, said)),
            (about, said) => Err(about.err().into_iter().chain(said.err().into_iter().flatten()).collect()),
        }
    }

    fn about(&self) -> Result<About, Flaw> {
        match (self.key_id.as_deref(), self.application.as_deref()) {
            (Some(key), None) => {
                let right = "the keyId of a credential, as the report tells it: a GUID, or the thumbprint of a certificate in a key vault";
                key_id(key).map(About::Credential).ok_or_else(|| Flaw::at("/keyId", right))
            }
            (None, Some(application)) => {
                let right = "the appId or the object id of an application, a GUID";
                guid(application).map(About::Application).ok_or_else(|| Flaw::at("/application", right))
            }
            _ => Err(Flaw::at("/keyId", "either keyId, for one credential, or application, for all of its")),
        }
    }

    fn acknowledged(&self, now: Timestamp) -> Result<Acknowledged, Vec<Flaw>> {
        let is_good = |until: &Timestamp| *until > now && until.duration_since(now) <= LONGEST;
        let until = self.until.as_deref().and_then(|until| until.parse().ok()).filter(is_good);
        let mut flaws = Vec::new();
        if until.is_none() {
            flaws.push(Flaw::at(
                "/until",
                "until when, with its UTC offset: later than now, and a year ahead at the most",
            ));
        }
        let text = |field: &str, text: &Option<String>, most: usize, what: &str| {
            let text = text.as_deref().unwrap_or_default().trim();
            let is_good = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            if is_good {
                Ok(text.to_owned())
            } else {
                Err(Flaw::at(field, format!("{what}, {most} characters at the most")))
            }
        };
        let by = text("/by", &self.by, LONGEST_BY, "who says so");
        let why = text("/why", &self.why, LONGEST_WHY, "why, in a line");
        match (by, why, until) {
            (Ok(by), Ok(why), Some(until)) => Ok(Acknowledged { until, by, why, at: now }),
            (by, why, _) => {
                flaws.extend(by.err().into_iter().chain(why.err()));
                Err(flaws)
            }
        }
    }

    /// Who withdraws says nothing more, so that nobody who meant to say until when takes it back.
    fn nothing_else(&self) -> Result<(), Vec<Flaw>> {
        let said = [("/until", self.until.is_some()), ("/why", self.why.is_some())];
        let flaws = said.iter().filter(|(_, said)| *said);
        let flaws: Vec<Flaw> = flaws.map(|(field, _)| Flaw::at(*field, "not with withdraw")).collect();
        if flaws.is_empty() { Ok(()) } else { Err(flaws) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "b0a282a3-68ec-4ec8-aef0-290ed4350271";
    const APP: &str = "02bd9fd6-8f93-4758-87c3-1fb73740a315";

    fn now() -> Timestamp {
        "2026-03-02T08:00:00Z".parse().unwrap()
    }

    fn good(more: Value) -> Value {
        let mut body = json!({"keyId": KEY, "until": "2026-06-30T00:00:00Z", "by": "Megan Bowen", "why": "switched off in June"});
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => body.as_object_mut().unwrap().remove(name),
                value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        body
    }

    fn taken(page: Value, body: &Value) -> Note {
        note(page, body.to_string().as_bytes(), now()).unwrap()
    }

    fn flaws(body: &Value) -> Vec<(String, String)> {
        let flaws = note(Value::Null, body.to_string().as_bytes(), now()).unwrap_err();
        flaws.into_iter().map(|flaw| (flaw.field, flaw.says)).collect()
    }

    #[test]
    fn what_somebody_knows_holds_until_its_day_and_not_longer() {
        let page = taken(Value::Null, &good(json!({}))).page;
        let known = Known::read(page.clone());
        let of = |at: &str| known.of(KEY, [None, None], at.parse().unwrap()).map(|known| known.by.as_str());
        assert_eq!(of("2026-06-29T23:59:59Z"), Some("Megan Bowen"));
        assert_eq!(of("2026-06-30T00:00:00Z"), None);
        let later = "2026-07-01T00:00:00Z".parse().unwrap();
        let other = json!({"application": APP, "until": "2026-08-01T00:00:00Z", "by": "Lee Gu", "why": "x"});
        let page = note(page, other.to_string().as_bytes(), later).unwrap().page;
        assert_eq!(Known::read(page).credentials.len(), 0, "what holds no longer is gone");
    }

    #[test]
    fn an_application_is_known_by_either_of_its_ids_and_one_credential_for_itself() {
        let application = good(json!({"keyId": null, "application": APP}));
        let known = Known::read(taken(Value::Null, &application).page);
        assert!(known.of(KEY, [Some(APP), None], now()).is_some());
        assert!(known.of("none", [None, Some(APP)], now()).is_some());
        assert!(known.of(KEY, [Some(KEY), None], now()).is_none());
    }

    #[test]
    fn a_certificate_in_a_vault_is_known_by_its_thumbprint() {
        let thumbprint = "52ED9B5038A47B9E2E2190715CC238359D4F8F73";
        let page = taken(Value::Null, &good(json!({"keyId": thumbprint.to_lowercase()}))).page;
        assert!(Known::read(page).of(thumbprint, [None, None], now()).is_some());
    }

    #[test]
    fn the_same_again_changes_nothing_and_it_can_be_taken_back() {
        let first = taken(Value::Null, &good(json!({})));
        let again = note(first.page.clone(), good(json!({})).to_string().as_bytes(), now() + LONGEST / 10);
        assert_eq!(again.unwrap(), first);
        let gone = taken(first.page, &json!({"keyId": KEY, "withdraw": true}));
        assert_eq!(gone.answer, json!({"acknowledged": []}));
        assert_eq!(taken(gone.page.clone(), &json!({"keyId": KEY, "withdraw": true})).page, gone.page);
    }

    #[test]
    fn what_is_wrong_is_told_with_the_field_and_what_would_be_right() {
        let table = [
            (good(json!({"keyId": null})), "/keyId", "either keyId"),
            (good(json!({"application": APP})), "/keyId", "either keyId"),
            (good(json!({"keyId": "Payroll"})), "/keyId", "a GUID"),
            (good(json!({"keyId": null, "application": "Payroll"})), "/application", "a GUID"),
            (good(json!({"until": null})), "/until", "later than now"),
            (good(json!({"until": "2026-03-02T08:00:00Z"})), "/until", "later than now"),
            (good(json!({"until": "2027-03-03T08:00:01Z"})), "/until", "a year ahead at the most"),
            (good(json!({"until": "tomorrow"})), "/until", "with its UTC offset"),
            (good(json!({"by": " "})), "/by", "who says so"),
            (good(json!({"by": null})), "/by", "who says so"),
            (good(json!({"why": "x".repeat(501)})), "/why", "500 characters"),
            (good(json!({"why": "two\nlines"})), "/why", "in a line"),
            (good(json!({"snooze": 7})), "/snooze", "unknown field `snooze`"),
            (json!({"keyId": KEY, "withdraw": "yes"}), "/withdraw", "expected a boolean"),
            (good(json!({"withdraw": true})), "/until", "not with withdraw"),
        ];
        for (body, field, says) in table {
            let told = flaws(&body);
            assert!(told.iter().any(|(at, why)| at == field && why.contains(says)), "{body}: {told:?}");
        }
        assert_eq!(flaws(&json!({"keyId": KEY})).len(), 3, "everything at once");
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let full: BTreeMap<String, Value> = (0..MOST)
            .map(|number| {
                let known = json!({"until": "2026-06-30T00:00:00Z", "by": "x", "why": "x", "at": now()});
                (format!("00000000-0000-0000-0000-{number:012}"), known)
            })
            .collect();
        let page = json!({"credentials": full, "applications": {}});
        let flaws = note(page.clone(), good(json!({})).to_string().as_bytes(), now()).unwrap_err();
        assert!(flaws[0].says.contains("withdraw some"), "{flaws:?}");
        let known = good(json!({"keyId": "00000000-0000-0000-0000-000000000007"}));
        assert!(note(page, known.to_string().as_bytes(), now()).is_ok(), "one that is there is said anew");
    }
}
