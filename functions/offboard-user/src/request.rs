//! What is asked: one leaver, in Graph's and Exchange's names where they have one.

use std::str::FromStr;

use directory::reply::Audience;
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::when::When;

/// One leaver.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leaver {
    /// Who leaves, by object id, user principal name or employee id.
    pub user: String,
    /// What kind of leaving it is.
    #[serde(default)]
    pub mode: Mode,
    /// When; at once if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<When>,
    /// Who takes over, named as the leaver is; the manager, as found when it is time, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// What becomes of the mailbox.
    #[serde(default)]
    pub mailbox: Mailbox,
    /// What becomes of memberships.
    #[serde(default)]
    pub groups: Groups,
    /// What becomes of licences.
    #[serde(default)]
    pub licences: Licences,
    /// Whether the successor is let into OneDrive; yes, unless it says no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_drive: Option<bool>,
    /// Whether the leaver's devices may still be signed in with; no, unless it says yes.
    #[serde(default)]
    pub keep_devices: bool,
    /// What becomes of the profile.
    #[serde(default)]
    pub profile: Profile,
    /// After how many days the account is deleted; never, if absent. Excludes a shared mailbox, which hangs on the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_days: Option<u32>,
}

/// What kind of leaving it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// For good: everything.
    #[default]
    Leave,
    /// For a while: blocked, signed out, with an automatic reply; licences, groups and mailbox stay.
    Absence,
    /// To another post: out of groups and licences; nothing else.
    Move,
}

/// What becomes of the mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mailbox {
    /// Whether it becomes a shared one; yes, unless it says no or the account is to be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    /// Whether the successor may open it; yes, unless it says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_access: Option<bool>,
    /// Whether Outlook opens it for the successor by itself; yes, unless it says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_mapping: Option<bool>,
    /// Whether the successor may send as the leaver.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub send_as: bool,
    /// Whether new mail is forwarded to the successor.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forward: bool,
    /// Whether forwarded mail stays in the mailbox as well; yes, unless it says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_copy: Option<bool>,
    /// What it answers by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<WantedReply>,
    /// Whether it disappears from address lists; yes, unless it says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide: Option<bool>,
    /// A litigation hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Whether the meetings that the leaver organised are cancelled. Cannot be taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancel_meetings: bool,
}

/// What a mailbox answers by itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WantedReply {
    /// To senders of the organisation: text or HTML.
    pub internal: String,
    /// To others; as to those of the organisation if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<String>,
    /// Which others get an answer; all, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// Until when, with a UTC offset; for good if absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub until: Option<Timestamp>,
}

/// A litigation hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Hold {
    /// For how many days; without end if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Why, as the holder of the mailbox may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// What becomes of memberships.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Groups {
    /// Those that are kept, each by object id or display name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
}

/// What becomes of licences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Licences {
    /// Those that are kept, each by part number (`SPE_E3`), id or product name (`Microsoft 365 E3`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// How many days after leaving they are taken; at once if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_days: Option<u32>,
}

/// What becomes of the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Profile {
    /// Whether the mobile phone number is removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clear_mobile_phone: bool,
    /// Whether the manager is removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clear_manager: bool,
    /// What the name for people begins with from then on, such as `Left - `.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name_prefix: Option<String>,
}

impl Leaver {
    /// This account, with everything as it is when nothing is said.
    pub fn of(user: impl ToString) -> Self {
        Self {
            user: user.to_string(),
            mode: Mode::default(),
            at: None,
            successor: None,
            mailbox: Mailbox::default(),
            groups: Groups::default(),
            licences: Licences::default(),
            one_drive: None,
            keep_devices: false,
            profile: Profile::default(),
            delete_after_days: None,
        }
    }

    /// Whether the mailbox is to become a shared one.
    pub(crate) fn shares_mailbox(&self) -> bool {
        self.mode == Mode::Leave && self.mailbox.shared.unwrap_or(self.delete_after_days.is_none())
    }

    /// Whether somebody has to take over.
    pub(crate) fn needs_successor(&self) -> bool {
        self.mode == Mode::Leave && (self.opens_one_drive() || self.hands_mail_on())
    }

    /// Whether somebody gets anything of the mailbox.
    pub(crate) fn hands_mail_on(&self) -> bool {
        let Mailbox { full_access, send_as, forward, .. } = &self.mailbox;
        *full_access != Some(false) || *send_as || *forward
    }

    /// Whether the successor is let into OneDrive.
    pub(crate) fn opens_one_drive(&self) -> bool {
        self.one_drive.unwrap_or(true)
    }
}

/// A moment, said so that there is no doubt about the time zone.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    const RIGHT: &str = "a date and time with its UTC offset, such as 2026-03-09T08:00:00+01:00";
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| Timestamp::from_str(&text).map_err(|_| D::Error::custom(RIGHT))).transpose()
}
