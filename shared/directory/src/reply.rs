//! Automatic replies: what a mailbox answers by itself.
//!
//! The texts stand in the request and so in the journal, never in the sentence. Exchange Online rewrites them as HTML, so
//! they are not what tells whether a change holds: its state, its audience and its end are.

use graph::{Path, Refusal, Request};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use plan::{Change, Proof};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Who;
use crate::account::touching;

/// What a mailbox is to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// To senders of the organisation: text or HTML.
    pub internal: String,
    /// To other senders.
    pub external: String,
    /// Who the other senders are that get an answer.
    pub audience: Audience,
    /// From when until when; `None`: from now on and for good.
    pub period: Option<Period>,
}

/// From when until when a mailbox answers by itself, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// It begins; a moment that is past will do.
    pub from: Timestamp,
    /// It ends.
    pub until: Timestamp,
}

/// Which senders outside the organisation get an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Audience {
    /// None.
    None,
    /// Those in the contacts of the mailbox.
    ContactsOnly,
    /// All.
    All,
}

/// The setting of a mailbox, as read; it can be written back as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// `disabled`, `alwaysEnabled`, `scheduled`.
    pub status: String,
    /// `none`, `contactsOnly`, `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_audience: Option<String>,
    /// What is answered to senders of the organisation, as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internal_reply_message: Option<String>,
    /// What is answered to other senders, as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reply_message: Option<String>,
    /// When it begins, if it is scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_start_date_time: Option<ZonedTime>,
    /// When it ends, if it is scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_end_date_time: Option<ZonedTime>,
}

/// A time and its zone, as Outlook writes them (`dateTimeTimeZone`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ZonedTime {
    /// `2026-03-31T17:00:00.0000000`.
    pub date_time: String,
    /// `UTC`, unless another one was asked for.
    pub time_zone: String,
}

impl ZonedTime {
    fn utc(at: Timestamp) -> Self {
        let at = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000");
        Self { date_time: at.to_string(), time_zone: "UTC".to_owned() }
    }
}

impl Setting {
    /// Whether the mailbox answers by itself, now or at some time.
    pub fn is_on(&self) -> bool {
        matches!(self.status.as_str(), "alwaysEnabled" | "scheduled")
    }

    /// As it is written: a period counts only where there is one, and one that is past is refused.
    fn written(&self) -> Self {
        match self.status.as_str() {
            "scheduled" => self.clone(),
            _ => Self { scheduled_start_date_time: None, scheduled_end_date_time: None, ..self.clone() },
        }
    }

    /// What reads back as it was written.
    fn shown(&self) -> Value {
        let end = self.scheduled_end_date_time.as_ref().map(|end| ("scheduledEndDateTime", json!(end)));
        let audience = self.external_audience.as_ref().map(|audience| ("externalAudience", json!(audience)));
        let all = [("status", json!(self.status))].into_iter().chain(audience).chain(end);
        Value::Object(all.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    }
}

impl From<&Reply> for Setting {
    fn from(reply: &Reply) -> Self {
        let status = if reply.period.is_some() { "scheduled" } else { "alwaysEnabled" };
        let audience = match reply.audience {
            Audience::None => "none",
            Audience::ContactsOnly => "contactsOnly",
            Audience::All => "all",
        };
        Self {
            status: status.to_owned(),
            external_audience: Some(audience.to_owned()),
            internal_reply_message: Some(reply.internal.clone()),
            external_reply_message: Some(reply.external.clone()),
            scheduled_start_date_time: reply.period.map(|period| ZonedTime::utc(period.from)),
            scheduled_end_date_time: reply.period.map(|period| ZonedTime::utc(period.until)),
        }
    }
}

/// The automatic replies of a mailbox. [`Refusal::NoMailbox`] where there is none, or not yet.
pub fn of(account: Path) -> Request {
    Request::get(account.then("mailboxSettings").then("automaticRepliesSetting"))
}

/// Lets the mailbox answer by itself; `was` is how it was.
pub fn set(who: &Who, reply: &Reply, was: &Setting) -> Change {
    let until = reply.period.map(|period| format!(" until {}", whole_second(period.until)));
    let to = match reply.audience {
        Audience::None => "senders of the organisation",
        Audience::ContactsOnly => "senders of the organisation and contacts",
        Audience::All => "everybody",
    };
    let says =
        format!("let the mailbox of {} answer {to} by itself{}", who.name(), until.unwrap_or_default());
    let back = match was.is_on() {
        true => format!("let the mailbox of {} answer by itself as before", who.name()),
        false => format!("do not let the mailbox of {} answer by itself", who.name()),
    };
    write(who, &Setting::from(reply), says).undone_by(write(who, &was.written(), back))
}

/// A mailbox was there when it was read. That there is none says that it is on its way back, since a licence was given back.
fn write(who: &Who, setting: &Setting, says: String) -> Change {
    let send = Request::patch(who.path().then("mailboxSettings"))
        .body(json!({"automaticRepliesSetting": setting}))
        .not_yet(&[Refusal::NotFound, Refusal::NoMailbox]);
    touching(who, Change::new(says, send, Proof::is(of(who.path()), "", setting.shown())))
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    fn reply(audience: Audience, period: Option<Period>) -> Reply {
        Reply { internal: "Ask Miriam.".into(), external: "Ask Contoso.".into(), audience, period }
    }

    fn was(status: &str) -> Setting {
        let time = |day| json!({"dateTime": format!("2026-01-{day}T08:00:00.0000000"), "timeZone": "UTC"});
        serde_json::from_value(json!({
            "status": status, "externalAudience": "contactsOnly",
            "scheduledStartDateTime": time("12"), "scheduledEndDateTime": time("13"),
            "internalReplyMessage": "<html>skiing</html>", "externalReplyMessage": "",
        }))
        .unwrap()
    }

    #[test]
    fn a_reply_for_good_is_always_on_and_one_with_an_end_is_scheduled() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let period = Period { from: at("2026-03-31T19:00:00+02:00"), until: at("2026-06-30T17:00:00Z") };
        let time = |text: &str| json!({"dateTime": format!("{text}.0000000"), "timeZone": "UTC"});
        let table = [
            (
                reply(Audience::All, None),
                "let the mailbox of Adele Vance answer everybody by itself",
                json!({"status": "alwaysEnabled", "externalAudience": "all",
                       "internalReplyMessage": "Ask Miriam.", "externalReplyMessage": "Ask Contoso."}),
            ),
            (
                reply(Audience::None, Some(period)),
                "let the mailbox of Adele Vance answer senders of the organisation by itself until 2026-06-30T17:00:00Z",
                json!({"status": "scheduled", "externalAudience": "none",
                       "internalReplyMessage": "Ask Miriam.", "externalReplyMessage": "Ask Contoso.",
                       "scheduledStartDateTime": time("2026-03-31T17:00:00"),
                       "scheduledEndDateTime": time("2026-06-30T17:00:00")}),
            ),
        ];
        for (reply, says, setting) in table {
            let change = set(&adele(), &reply, &was("disabled"));
            assert_eq!(change.says, says);
            assert_eq!(line(&change), "PATCH /users/87d349ed-44d7-43e1-9a83-5f2406dee5bd/mailboxSettings");
            assert_eq!(body(&change), json!({"automaticRepliesSetting": setting}));
        }
    }

    #[test]
    fn the_setting_goes_back_to_what_it_was() {
        let table = [
            ("disabled", "do not let the mailbox of Adele Vance answer by itself", false),
            ("alwaysEnabled", "let the mailbox of Adele Vance answer by itself as before", false),
            ("scheduled", "let the mailbox of Adele Vance answer by itself as before", true),
        ];
        for (status, says, with_period) in table {
            let change = set(&adele(), &reply(Audience::All, None), &was(status));
            assert!(is_undone_by(&change, says));
            let setting = body(change.undo.as_ref().unwrap())["automaticRepliesSetting"].clone();
            assert_eq!(setting["status"], status);
            assert_eq!(setting["internalReplyMessage"], "<html>skiing</html>");
            assert_eq!(setting.get("scheduledEndDateTime").is_some(), with_period, "{status}");
        }
    }

    #[test]
    fn texts_are_neither_told_nor_compared() {
        let change = set(&adele(), &reply(Audience::All, None), &was("disabled"));
        assert!(!change.says.contains("Miriam"));
        let shown = json!({"status": "alwaysEnabled", "externalAudience": "all"});
        assert_eq!(change.proof.test, plan::Test::Is(String::new(), shown));
    }

    #[test]
    fn a_mailbox_that_is_not_there_is_on_its_way() {
        let change = set(&adele(), &reply(Audience::All, None), &was("disabled"));
        let gone = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
        assert_eq!(reading(&change, 404, "MailboxNotEnabledForRESTAPI", gone), "not yet");
        assert_eq!(when_not_found(&change), "not yet");
        assert_eq!(reading(&change, 400, "ErrorInvalidTimeSettings", "The end is past."), "refused");
    }
}
