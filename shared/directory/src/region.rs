//! Language, time zone and formats of a mailbox, which a newcomer is otherwise asked for in Outlook on the web.
//!
//! The names of the folders stay as they are: elsewhere the calendar goes by its name, which is `Calendar` in a new
//! mailbox. Languages are named as in `de-CH`, time zones as Windows does: `W. Europe Standard Time`.

use exchange::Cmdlet;
use graph::{ObjectId, Refusal};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Who;
use crate::account::touching;
use crate::rows::text;

/// What is read of a mailbox's region.
pub const SELECT: &[&str] = &["Language", "TimeZone", "DateFormat", "TimeFormat"];

/// Language, time zone and formats; as read, or as wanted, where nothing means "as it is".
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Region {
    /// `de-CH`
    #[serde(default, deserialize_with = "text")]
    pub language: Option<String>,
    /// `W. Europe Standard Time`
    #[serde(default, deserialize_with = "text")]
    pub time_zone: Option<String>,
    /// `dd.MM.yyyy`; it must be one that the language knows.
    #[serde(default, deserialize_with = "text")]
    pub date_format: Option<String>,
    /// `HH:mm`; it must be one that the language knows.
    #[serde(default, deserialize_with = "text")]
    pub time_format: Option<String>,
}

impl Region {
    /// Its values by Exchange's names.
    fn values(&self) -> [(&'static str, &Option<String>); 4] {
        [
            ("Language", &self.language),
            ("TimeZone", &self.time_zone),
            ("DateFormat", &self.date_format),
            ("TimeFormat", &self.time_format),
        ]
    }

    /// Whether everything that `wanted` names is so. Names of languages and zones are the same in upper and lower case; in
    /// formats, `mm` is minutes and `MM` months.
    pub fn is(&self, wanted: &Self) -> bool {
        let same = |name: &str, is: &str, wanted: &str| match name {
            "Language" | "TimeZone" => is.eq_ignore_ascii_case(wanted),
            _ => is == wanted,
        };
        let mut pairs = self.values().into_iter().zip(wanted.values());
        pairs.all(|((name, is), (_, wanted))| match (is, wanted) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(is), Some(wanted)) => same(name, is, wanted),
        })
    }

    /// Whether setting this sets a value: those that it names, and the formats with the language, since those of another
    /// language may not exist in it.
    fn sets(&self, name: &str, value: &Option<String>) -> bool {
        value.is_some() || self.language.is_some() && name.ends_with("Format")
    }
}

/// Reads the region of a mailbox.
pub fn of(mailbox: &ObjectId) -> Cmdlet {
    get(&mailbox.to_string())
}

/// Sets the region of a mailbox; `was` is what it was. With another language and no formats, those are that language's own.
pub fn set(who: &Who, region: &Region, was: &Region) -> Change {
    let told: Vec<_> = region.values().into_iter().filter_map(|(_, value)| value.as_deref()).collect();
    let says = format!("set the mailbox of {} to {}", who.name(), told.join(", "));
    let back = format!("set the region of the mailbox of {} back", who.name());
    let touched = |of: &Region| -> Map<String, Value> {
        let pairs = region.values().into_iter().zip(of.values());
        let sent = pairs.filter(|((name, value), _)| region.sets(name, value));
        sent.map(|((name, _), (_, value))| (name.to_owned(), value.clone().into())).collect()
    };
    let mut shown = touched(region);
    shown.retain(|_, value| !value.is_null());
    write(who, says, &touched(region), shown).undone_by(write(who, back, &touched(was), touched(was)))
}

fn write(who: &Who, says: String, values: &Map<String, Value>, shown: Map<String, Value>) -> Change {
    let set = Cmdlet::new("Set-MailboxRegionalConfiguration")
        .identity(who.id_or_place())
        .not_yet(&[Refusal::NotFound]);
    let send = values.iter().fold(set, |set, (name, value)| set.parameter(name, value.clone()));
    let proof = Proof::is(get(&who.id_or_place()), "/value/0", Value::Object(shown));
    touching(who, Change::new(says, send, proof))
}

fn get(mailbox: &str) -> Cmdlet {
    Cmdlet::new("Get-MailboxRegionalConfiguration").identity(mailbox).select(SELECT)
}

#[cfg(test)]
mod tests {
    use plan::Test;
    use serde_json::json;

    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{ADELE, cmdlet, proof, undo, when_not_found, wire};

    fn region(row: Value) -> Region {
        serde_json::from_value(row).unwrap()
    }

    fn english() -> Region {
        region(
            json!({"Language": "en-US", "TimeZone": "UTC", "DateFormat": "M/d/yyyy", "TimeFormat": "h:mm tt"}),
        )
    }

    fn sets(mut more: Value) -> Value {
        more["Identity"] = ADELE.into();
        json!({"Set-MailboxRegionalConfiguration": more})
    }

    #[test]
    fn a_region_is_set_and_goes_back_to_what_it_was() {
        let table = [
            (
                json!({"Language": "de-CH", "TimeZone": "W. Europe Standard Time"}),
                "de-CH, W. Europe Standard Time",
                json!({"Language": "de-CH", "TimeZone": "W. Europe Standard Time", "DateFormat": null,
                       "TimeFormat": null}),
                json!({"Language": "en-US", "TimeZone": "UTC", "DateFormat": "M/d/yyyy", "TimeFormat": "h:mm tt"}),
            ),
            (
                json!({"TimeZone": "W. Europe Standard Time"}),
                "W. Europe Standard Time",
                json!({"TimeZone": "W. Europe Standard Time"}),
                json!({"TimeZone": "UTC"}),
            ),
            (
                json!({"DateFormat": "yyyy-MM-dd"}),
                "yyyy-MM-dd",
                json!({"DateFormat": "yyyy-MM-dd"}),
                json!({"DateFormat": "M/d/yyyy"}),
            ),
        ];
        for (wanted, told, sent, sent_back) in table {
            let change = set(&adele(), &region(wanted.clone()), &english());
            assert_eq!(change.says, format!("set the mailbox of Adele Vance to {told}"));
            assert!(is_undone_by(&change, "set the region of the mailbox of Adele Vance back"));
            assert_eq!((cmdlet(&change), cmdlet(undo(&change))), (sets(sent), sets(sent_back.clone())));
            let read = wire(&of(&ADELE.parse().unwrap()));
            assert_eq!(proof(&change), (read.clone(), &Test::Is("/value/0".into(), wanted)));
            assert_eq!(proof(undo(&change)), (read, &Test::Is("/value/0".into(), sent_back)));
        }
    }

    #[test]
    fn a_new_mailbox_had_no_region_and_has_none_again() {
        let who = Who::new("Adele Vance");
        let change = set(&who, &region(json!({"TimeZone": "UTC"})), &Region::default());
        assert!(change.send.awaits_account());
        assert_eq!(undo(&change).send.exchange().unwrap().parameters()["TimeZone"], Value::Null);
        assert_eq!(when_not_found(&change), "not yet");
    }

    #[test]
    fn only_what_is_wanted_is_compared() {
        let table = [
            (json!({}), true),
            (json!({"Language": "en-US"}), true),
            (json!({"Language": "en-us", "TimeZone": "utc"}), true),
            (json!({"DateFormat": "m/d/yyyy"}), false),
            (json!({"Language": "en-US", "TimeZone": "GMT Standard Time"}), false),
        ];
        for (wanted, is_so) in table {
            assert_eq!(english().is(&region(wanted.clone())), is_so, "{wanted}");
        }
    }
}
