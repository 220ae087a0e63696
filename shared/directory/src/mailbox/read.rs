//! Mailboxes, as read, and why one cannot do without a licence.

use exchange::{Cmdlet, Size};
use graph::ObjectId;
use serde::{Deserialize, Deserializer};

use crate::recipient::Recipient;
use crate::rows::{or_nothing, switch, text};

/// What is read of a mailbox.
pub const SELECT: &[&str] = &[
    "ExternalDirectoryObjectId",
    "DisplayName",
    "DistinguishedName",
    "PrimarySmtpAddress",
    "RecipientTypeDetails",
    "ForwardingAddress",
    "ForwardingSmtpAddress",
    "DeliverToMailboxAndForward",
    "LitigationHoldEnabled",
    "LitigationHoldDuration",
    "RetentionComment",
    "InPlaceHolds",
    "ComplianceTagHoldApplied",
    "DelayHoldApplied",
    "DelayReleaseHoldApplied",
    "ArchiveGuid",
    "HiddenFromAddressListsEnabled",
    "GrantSendOnBehalfTo",
    "EmailAddresses",
    "IsDirSynced",
];

/// What a shared mailbox may hold without a licence ("About shared mailboxes", Microsoft 365).
const FREE: Size = Size::Bytes(50 << 30);

/// A mailbox, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Mailbox {
    /// Who it is: object id, names, and of what kind.
    #[serde(flatten)]
    pub recipient: Recipient,
    /// The recipient of the organisation that its mail is forwarded to, by its name in Exchange. It goes before the address.
    #[serde(default, deserialize_with = "text")]
    pub forwarding_address: Option<String>,
    /// The address that its mail is forwarded to: `smtp:adele@fabrikam.com`.
    #[serde(default, deserialize_with = "text")]
    pub forwarding_smtp_address: Option<String>,
    /// Whether it keeps a copy of what is forwarded.
    #[serde(default, deserialize_with = "switch")]
    pub deliver_to_mailbox_and_forward: bool,
    /// Whether it is on litigation hold. A row that does not tell is not read: it would be taken for free.
    #[serde(deserialize_with = "switch")]
    pub litigation_hold_enabled: bool,
    /// For how long litigation hold keeps an item: `365.00:00:00`, `Unlimited`.
    #[serde(default, deserialize_with = "text")]
    pub litigation_hold_duration: Option<String>,
    /// What its owner is told of the hold.
    #[serde(default, deserialize_with = "text")]
    pub retention_comment: Option<String>,
    /// The other holds it is on, by id; with a hyphen in front, those of the whole organisation that it is exempt from.
    #[serde(default, deserialize_with = "or_nothing")]
    pub in_place_holds: Vec<String>,
    /// Whether a label keeps something in it.
    #[serde(default, deserialize_with = "switch")]
    pub compliance_tag_hold_applied: bool,
    /// Whether a hold that was released lasts for its last days.
    #[serde(default, deserialize_with = "switch")]
    pub delay_hold_applied: bool,
    /// The same of what applications keep in it.
    #[serde(default, deserialize_with = "switch")]
    pub delay_release_hold_applied: bool,
    /// The id of its archive; zeros where there is none. A row that does not tell is not read, either.
    #[serde(deserialize_with = "text")]
    pub archive_guid: Option<String>,
    /// Whether address lists leave it out.
    #[serde(default, deserialize_with = "switch")]
    pub hidden_from_address_lists_enabled: bool,
    /// Who may send on its behalf, by their names in Exchange.
    #[serde(default, deserialize_with = "or_nothing")]
    pub grant_send_on_behalf_to: Vec<String>,
    /// Its addresses: `SMTP:` before the primary one, `smtp:` before the others.
    #[serde(default, deserialize_with = "or_nothing")]
    pub email_addresses: Vec<String>,
    /// Whether it is mastered on premises.
    #[serde(default, deserialize_with = "switch")]
    pub is_dir_synced: bool,
}

impl Mailbox {
    /// Whether it is a shared one.
    pub fn is_shared(&self) -> bool {
        self.recipient.recipient_type_details == "SharedMailbox"
    }

    /// Whether it is the mailbox of a person, which needs a licence.
    pub fn is_user(&self) -> bool {
        self.recipient.recipient_type_details == "UserMailbox"
    }

    /// Whether it has an archive.
    pub fn has_archive(&self) -> bool {
        let is_zeros = |id: &String| id.chars().all(|c| c == '0' || c == '-');
        self.archive_guid.as_ref().is_some_and(|id| !is_zeros(id))
    }

    /// Whether anything keeps what is in it, as far as the mailbox itself tells: retention policies of the whole
    /// organisation do not stand here ("Identify the type of hold placed on an Exchange Online mailbox").
    pub fn is_on_hold(&self) -> bool {
        self.litigation_hold_enabled
            || self.compliance_tag_hold_applied
            || self.delay_hold_applied
            || self.delay_release_hold_applied
            || self.in_place_holds.iter().any(|hold| !hold.starts_with('-'))
    }

    /// Whether its mail is forwarded.
    pub fn forwards(&self) -> bool {
        self.forwarding_address.is_some() || self.forwarding_smtp_address.is_some()
    }

    /// Whether this is one of its addresses, the primary one included.
    pub fn has_address(&self, address: &str) -> bool {
        let is_it = |(kind, known): (&str, &str)| {
            kind.eq_ignore_ascii_case("smtp") && known.eq_ignore_ascii_case(address)
        };
        self.email_addresses.iter().filter_map(|known| known.split_once(':')).any(is_it)
    }
}

/// How much is in a mailbox, as read. The default is a mailbox that nobody has opened, of which Exchange Online tells no row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statistics {
    /// What its items come to, without those that were deleted for good and can still be recovered.
    #[serde(deserialize_with = "size")]
    pub total_item_size: Size,
    /// How many items.
    #[serde(default, deserialize_with = "or_nothing")]
    pub item_count: u64,
}

impl Default for Statistics {
    fn default() -> Self {
        Self { total_item_size: Size::Bytes(0), item_count: 0 }
    }
}

fn size<'de, D: Deserializer<'de>>(row: D) -> Result<Size, D::Error> {
    String::deserialize(row)?.parse().map_err(serde::de::Error::custom)
}

/// Reads the mailbox of an account.
pub fn read(id: &ObjectId) -> Cmdlet {
    super::get(id)
}

/// Reads how much is in the mailbox of an account, or in its archive.
pub fn statistics(id: &ObjectId, archive: bool) -> Cmdlet {
    let get = Cmdlet::new("Get-MailboxStatistics").identity(id).select(&["TotalItemSize", "ItemCount"]);
    if archive { get.parameter("Archive", true) } else { get }
}

/// Why a shared mailbox needs a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenceNeed {
    /// It holds more than 50 GB.
    Size,
    /// It has an archive.
    Archive,
    /// Something keeps what is in it.
    Hold,
}

impl LicenceNeed {
    /// A stable name for findings.
    pub fn code(self) -> &'static str {
        match self {
            Self::Size => "mailbox-too-large",
            Self::Archive => "mailbox-archive",
            Self::Hold => "mailbox-hold",
        }
    }

    /// Why, and what a person can do.
    pub fn says(self) -> &'static str {
        match self {
            Self::Size => {
                "it holds more than the 50 GB that a shared mailbox may hold without a licence: keep Exchange Online Plan 2, or have it tidied up first"
            }
            Self::Archive => {
                "it has an archive: keep Exchange Online Plan 2, or Plan 1 with Exchange Online Archiving"
            }
            Self::Hold => {
                "it is on hold: keep Exchange Online Plan 2, or Plan 1 with Exchange Online Archiving, for as long as the hold lasts"
            }
        }
    }
}

/// Why this mailbox needs a licence even as a shared one; `None`: it does not ("Remove a license from a shared mailbox",
/// Microsoft 365).
pub fn why_licence_needed(mailbox: &Mailbox, statistics: &Statistics) -> Option<LicenceNeed> {
    match () {
        () if statistics.total_item_size > FREE => Some(LicenceNeed::Size),
        () if mailbox.is_on_hold() => Some(LicenceNeed::Hold),
        () if mailbox.has_archive() => Some(LicenceNeed::Archive),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{mailbox, row};
    use super::*;
    use crate::sample_cmdlet::{ADELE, wire};

    #[test]
    fn a_mailbox_and_its_size_are_read_by_object_id() {
        let id = ADELE.parse().unwrap();
        assert_eq!(wire(&read(&id)), json!({"Get-Mailbox": {"Identity": ADELE}}));
        assert_eq!(read(&id).selected(), SELECT);
        let table =
            [(false, json!({"Identity": ADELE})), (true, json!({"Identity": ADELE, "Archive": true}))];
        for (archive, parameters) in table {
            assert_eq!(wire(&statistics(&id, archive)), json!({"Get-MailboxStatistics": parameters}));
        }
    }

    #[test]
    fn a_row_tells_what_there_is_to_know() {
        type Question = fn(&Mailbox) -> bool;
        let table: [(Value, Question, bool); 15] = [
            (json!({}), Mailbox::is_user, true),
            (json!({}), Mailbox::is_shared, false),
            (json!({"RecipientTypeDetails": "SharedMailbox"}), Mailbox::is_shared, true),
            (json!({"RecipientTypeDetails": "SharedMailbox"}), Mailbox::is_user, false),
            (json!({"ArchiveGuid": "00000000-0000-0000-0000-000000000000"}), Mailbox::has_archive, false),
            (json!({"ArchiveGuid": "9c1b3a43-8a4b-4f4a-a7a9-bc9a1e6b2d1f"}), Mailbox::has_archive, true),
            (json!({"ArchiveGuid": null}), Mailbox::has_archive, false),
            (json!({}), Mailbox::is_on_hold, false),
            (json!({"LitigationHoldEnabled": true}), Mailbox::is_on_hold, true),
            (json!({"DelayHoldApplied": true}), Mailbox::is_on_hold, true),
            (json!({"InPlaceHolds": ["mbxcdbbb86ce60342489bff371876e7f224:1"]}), Mailbox::is_on_hold, true),
            (json!({"InPlaceHolds": ["-mbxcdbbb86ce60342489bff371876e7f224:1"]}), Mailbox::is_on_hold, false),
            (json!({"ForwardingSmtpAddress": "smtp:adele@fabrikam.com"}), Mailbox::forwards, true),
            (json!({"ForwardingAddress": "MiriamG"}), Mailbox::forwards, true),
            (json!({"ForwardingAddress": "", "ForwardingSmtpAddress": null}), Mailbox::forwards, false),
        ];
        for (more, is_so, expected) in table {
            assert_eq!(is_so(&mailbox(more.clone())), expected, "{more}");
        }
    }

    #[test]
    fn a_row_that_says_nothing_of_hold_or_archive_is_not_taken_for_free() {
        for name in ["LitigationHoldEnabled", "ArchiveGuid"] {
            let mut row = row();
            row.as_object_mut().unwrap().remove(name);
            assert!(serde_json::from_value::<Mailbox>(row).is_err(), "{name}");
        }
    }

    #[test]
    fn addresses_are_told_apart_whatever_their_case_and_rank() {
        let mailbox = mailbox(json!({"EmailAddresses": ["SMTP:AdeleV@contoso.com", "SIP:old@contoso.com"]}));
        let table = [("adelev@contoso.com", true), ("old@contoso.com", false), ("", false)];
        for (address, has) in table {
            assert_eq!(mailbox.has_address(address), has, "{address}");
        }
    }

    #[test]
    fn size_hold_and_archive_each_need_a_licence() {
        let of = |size: &str| serde_json::from_value::<Statistics>(json!({"TotalItemSize": size})).unwrap();
        let archive = json!({"ArchiveGuid": "9c1b3a43-8a4b-4f4a-a7a9-bc9a1e6b2d1f"});
        let table = [
            (json!({}), "50 GB (53,687,091,200 bytes)", None),
            (json!({}), "50 GB (53,687,091,201 bytes)", Some(LicenceNeed::Size)),
            (json!({}), "Unlimited", Some(LicenceNeed::Size)),
            (json!({"LitigationHoldEnabled": true}), "0 B (0 bytes)", Some(LicenceNeed::Hold)),
            (archive, "0 B (0 bytes)", Some(LicenceNeed::Archive)),
        ];
        for (more, size, need) in table {
            assert_eq!(why_licence_needed(&mailbox(more.clone()), &of(size)), need, "{more} {size}");
        }
        assert_eq!(why_licence_needed(&mailbox(json!({})), &Statistics::default()), None);
    }

    #[test]
    fn a_size_that_cannot_be_read_is_not_taken_for_none() {
        assert!(serde_json::from_value::<Statistics>(json!({"TotalItemSize": null})).is_err());
        assert!(serde_json::from_value::<Statistics>(json!({"TotalItemSize": "much"})).is_err());
    }
}
