//! What is asked: one new hire, in Graph's names where Graph has one.

use std::str::FromStr;

use directory::calendar::Role;
use directory::naming::{Collision, Pattern, PersonName};
use directory::pass::Pass;
use directory::region::Region;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// One new hire.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewHire {
    /// The natural key: the same employee id is the same person, upper and lower case aside. At most 16 characters.
    pub employee_id: String,
    /// The given name as the person writes it.
    pub given_name: String,
    /// The middle name, for patterns that want it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// The surname as the person writes it.
    pub surname: String,
    /// A name to sign in with (`AdeleV@contoso.com`), or a pattern that makes one (`{given}.{surname}@contoso.com`).
    pub user_principal_name: String,
    /// A name for people, or a pattern; `{given} {surname}` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The local part of mail addresses; that of the user principal name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail_nickname: Option<String>,
    /// What to do when somebody else has the name.
    #[serde(default)]
    pub on_collision: Collision,
    /// ISO 3166-1 alpha-2. Never guessed: no licence without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_location: Option<String>,
    /// The profile.
    #[serde(default)]
    pub profile: Profile,
    /// The manager, by object id, user principal name or employee id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<String>,
    /// Who answers for the account, each as the manager.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sponsors: Vec<String>,
    /// The licences to hand out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<WantedLicence>,
    /// What to do when no seat is left.
    #[serde(default)]
    pub when_no_licence: WhenNoLicence,
    /// The groups to join, each by object id, display name, mail nickname or unique name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// A colleague whose access to copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_from: Option<CopyFrom>,
    /// The administrative unit, by object id or display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administrative_unit: Option<String>,
    /// Further mail addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Shared mailboxes that the person may open, send as, or send on behalf of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_mailboxes: Vec<SharedMailbox>,
    /// Calendars of others that the person may look into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<SharedCalendar>,
    /// Language, time zone and formats of the mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox_settings: Option<MailboxSettings>,
    /// When the person may sign in, with a UTC offset; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub starts_at: Option<Timestamp>,
    /// A pass for the first sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary_access_pass: Option<Pass>,
    /// Whether an account that exists and has been blocked since it was created may be let in again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reinstate: bool,
    /// Whether the account with this employee id may be of another given name and surname: the person is now called so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renamed: bool,
}

/// The profile, in Graph's names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names are Microsoft Graph's own, described there")]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office_location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub business_phones: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax_number: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_mails: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "day")]
    pub employee_hire_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub employee_leave_date_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_org_data: Option<OrgData>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub on_premises_extension_attributes: Map<String, Value>,
}

/// Cost centre and division, as Graph nests them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the names are Microsoft Graph's own, described there")]
pub struct OrgData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_center: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
}

/// A licence to hand out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedLicence {
    /// The SKU, by part number (`SPE_E3`), id or product name (`Microsoft 365 E3`).
    pub sku: String,
    /// Exactly the service plans that are to be off, each by name or id; as it is if absent, and everything on if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_plans: Option<Vec<String>>,
}

/// A shared mailbox, and what the person may do with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SharedMailbox {
    /// The mailbox, by one of its addresses or its object id.
    pub mailbox: String,
    /// Whether the person may open it; yes, unless it says no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_access: Option<bool>,
    /// Whether Outlook opens it by itself; yes, unless it says no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_mapping: Option<bool>,
    /// Whether the person may send as the mailbox.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_as: bool,
    /// Whether the person may send on its behalf.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub send_on_behalf: bool,
}

/// A calendar of somebody else's, and what the person may do with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SharedCalendar {
    /// The mailbox whose calendar it is, by one of its addresses or its object id.
    pub mailbox: String,
    /// What the person may do, by Exchange's own names.
    pub right: Role,
}

/// Language, time zone and formats of the mailbox, in Graph's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MailboxSettings {
    /// `de-CH`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// As Windows calls it: `W. Europe Standard Time`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `dd.MM.yyyy`; one that the language knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// `HH:mm`; one that the language knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_format: Option<String>,
}

/// What to do when no seat is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WhenNoLicence {
    /// Change nothing.
    #[default]
    Refuse,
    /// Create the account without the licence, and say so.
    CreateWithout,
}

/// A colleague whose access to copy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopyFrom {
    /// The colleague, by object id, user principal name or employee id.
    pub user: String,
    /// What to copy.
    #[serde(default = "CopyFrom::everything")]
    pub kinds: Vec<Kind>,
}

impl CopyFrom {
    fn everything() -> Vec<Kind> {
        vec![Kind::Groups, Kind::Licences]
    }
}

/// What can be copied from a colleague.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Direct memberships of groups that are ours to change.
    Groups,
    /// Licences that were assigned directly.
    Licences,
}

impl NewHire {
    /// The parts of the name.
    pub fn name(&self) -> PersonName<'_> {
        PersonName {
            given: &self.given_name,
            middle: self.middle_name.as_deref(),
            surname: &self.surname,
            language: self.profile.preferred_language.as_deref(),
        }
    }

    /// The name for people, as wanted.
    pub fn full_name(&self) -> String {
        let pattern = self.display_name.as_deref().unwrap_or("{given} {surname}").parse::<Pattern>();
        pattern.map_or_else(
            |_| format!("{} {}", self.given_name, self.surname),
            |pattern| pattern.display(&self.name()),
        )
    }

    /// Whether this is to be copied from a colleague.
    pub(crate) fn copies(&self, kind: Kind) -> bool {
        self.copy_from.as_ref().is_some_and(|from| from.kinds.contains(&kind))
    }
}

impl SharedMailbox {
    /// Whether the person may open it.
    pub(crate) fn opens(&self) -> bool {
        self.full_access.unwrap_or(true)
    }
}

impl MailboxSettings {
    /// As Exchange Online has it.
    pub(crate) fn region(&self) -> Region {
        let Self { language, time_zone, date_format, time_format } = self.clone();
        Region { language, time_zone, date_format, time_format }
    }
}

impl Profile {
    /// What is set, by Graph's names.
    pub fn properties(&self) -> Map<String, Value> {
        let mut properties = match serde_json::to_value(self) {
            Ok(Value::Object(properties)) => properties,
            _ => Map::new(),
        };
        properties.remove("employeeLeaveDateTime");
        if let Some(date) = self.employee_hire_date {
            properties.insert("employeeHireDate".into(), format!("{date}T00:00:00Z").into());
        }
        properties
    }
}

/// A moment, said so that there is no doubt about the time zone.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    read(from, "a date and time with its UTC offset, such as 2026-03-09T08:00:00+01:00")
}

fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    read(from, "a day of the calendar, such as 2026-03-09")
}

fn read<'de, T: FromStr, D: Deserializer<'de>>(from: D, right: &str) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| text.parse().map_err(|_| D::Error::custom(right))).transpose()
}
