//! What is in a mailbox, or set for it: automatic replies, rules, devices, meetings and who else may open it.
//!
//! Each is kept once, in the shape of whichever of the two services tells more; the other's shape is worked out from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::mailbox::Moment;

/// Litigation hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Hold {
    pub(crate) since_date_time: Moment,
    pub(crate) owner: String,
    /// Without one it holds for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u64>,
}

/// Limits in bytes. What is not set is what the licence gives.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Quotas {
    pub(crate) warning: Option<u64>,
    pub(crate) send: Option<u64>,
    pub(crate) send_receive: Option<u64>,
}

/// How much is in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
    pub(crate) items: u64,
    pub(crate) deleted_bytes: u64,
    pub(crate) deleted_items: u64,
}

/// An archive mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Archive {
    pub(crate) id: Uuid,
    #[serde(default)]
    pub(crate) size: Size,
}

/// Who may open the mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FullAccess {
    pub(crate) user: Uuid,
    /// `FullAccess` and its lesser kin.
    pub(crate) rights: Vec<String>,
    pub(crate) auto_mapping: bool,
}

/// The automatic reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct AutoReply {
    /// `Disabled`, `Enabled` or `Scheduled`.
    pub(crate) state: String,
    /// `None`, `Known` or `All`.
    pub(crate) audience: String,
    pub(crate) internal_message: String,
    pub(crate) external_message: String,
    pub(crate) start_date_time: Option<Moment>,
    pub(crate) end_date_time: Option<Moment>,
    pub(crate) create_event: bool,
    pub(crate) event_subject: String,
    pub(crate) decline_message: String,
    pub(crate) decline_new: bool,
    pub(crate) decline_existing: bool,
}

impl Default for AutoReply {
    fn default() -> Self {
        Self {
            state: "Disabled".into(),
            audience: "All".into(),
            internal_message: String::new(),
            external_message: String::new(),
            start_date_time: None,
            end_date_time: None,
            create_event: false,
            event_subject: String::new(),
            decline_message: String::new(),
            decline_new: false,
            decline_existing: false,
        }
    }
}

/// Language, formats and time zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Regional {
    pub(crate) language: String,
    pub(crate) date_format: String,
    pub(crate) time_format: String,
    pub(crate) time_zone: String,
    pub(crate) folders_match_language: bool,
    /// As Microsoft Graph has them; empty for Monday to Friday, eight to five.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(crate) working_hours: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meeting_delivery: Option<String>,
}

impl Default for Regional {
    fn default() -> Self {
        Self {
            language: "en-US".into(),
            date_format: "M/d/yyyy".into(),
            time_format: "h:mm tt".into(),
            time_zone: "Pacific Standard Time".into(),
            folders_match_language: false,
            working_hours: Map::new(),
            meeting_delivery: None,
        }
    }
}

/// Which clients may be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Protocols {
    pub(crate) active_sync: bool,
    pub(crate) owa: bool,
    pub(crate) owa_for_devices: bool,
    pub(crate) mapi: bool,
    pub(crate) imap: bool,
    pub(crate) pop: bool,
    pub(crate) ews: bool,
    pub(crate) smtp_off: Option<bool>,
    pub(crate) blocked_devices: Vec<String>,
    pub(crate) allowed_devices: Vec<String>,
}

impl Default for Protocols {
    fn default() -> Self {
        Self {
            active_sync: true,
            owa: true,
            owa_for_devices: true,
            mapi: true,
            imap: true,
            pop: true,
            ews: true,
            smtp_off: None,
            blocked_devices: Vec::new(),
            allowed_devices: Vec::new(),
        }
    }
}

/// A telephone or tablet that synchronises the mailbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Device {
    /// What the device calls itself, in the protocol.
    pub(crate) device_id: String,
    pub(crate) guid: Uuid,
    pub(crate) device_type: String,
    pub(crate) model: String,
    pub(crate) operating_system: String,
    /// `EAS`, `Outlook` or `REST`.
    pub(crate) client: String,
    pub(crate) first_sync_date_time: Moment,
    /// `All` or `AccountOnly`, where it is to wipe itself the next time it connects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wipe: Option<String>,
}

/// An inbox rule; conditions, exceptions and actions as Microsoft Graph has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rule {
    /// Exchange's `RuleIdentity`; Microsoft Graph's id says the same in other letters.
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) sequence: i64,
    pub(crate) enabled: bool,
    /// Made by the service itself: told only to those who ask for hidden rules.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
    /// Whether Microsoft Graph neither changes nor deletes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) read_only: bool,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) conditions: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) exceptions: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) actions: Map<String, Value>,
}

/// A meeting in the calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Meeting {
    pub(crate) subject: String,
    pub(crate) start_date_time: Moment,
    /// Whether the mailbox's owner called it, and not somebody else.
    pub(crate) organized: bool,
    pub(crate) attendees: u32,
}

/// Who may do what with a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FolderAccess {
    pub(crate) user: Uuid,
    /// One role such as `Reviewer`, or single rights.
    pub(crate) rights: Vec<String>,
    /// `Delegate`, `CanViewPrivateItems`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) flags: Vec<String>,
}
