//! Recipients: whatever mail can be sent to, as Exchange Online knows it.
//!
//! Some things Exchange Online finds by distinguished name alone, such as whose mail is forwarded to somebody; and it tells
//! others by their name in Exchange, which is no object id. A recipient has both, and leads from one to the other.

use std::fmt;

use exchange::Cmdlet;
use graph::ObjectId;
use serde::Deserialize;

use crate::account::Reference;
use crate::rows::text;

/// What is read of a recipient.
pub const SELECT: &[&str] = &[
    "ExternalDirectoryObjectId",
    "DisplayName",
    "DistinguishedName",
    "PrimarySmtpAddress",
    "RecipientTypeDetails",
];

/// A recipient, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recipient {
    /// Its object id in the directory.
    #[serde(rename = "ExternalDirectoryObjectId")]
    pub id: ObjectId,
    /// Its name for people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Its place in Exchange's own directory.
    pub distinguished_name: String,
    /// The address that its mail comes from.
    #[serde(default)]
    pub primary_smtp_address: Option<String>,
    /// What it is: `UserMailbox`, `SharedMailbox`, `MailUniversalDistributionGroup` …
    pub recipient_type_details: String,
}

impl Recipient {
    /// Its name for people.
    pub fn name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// As the verbs refer to it.
    pub fn reference(&self) -> Reference {
        Reference { id: self.id, display_name: self.display_name.clone(), account_enabled: None }
    }
}

/// Reads a recipient by object id.
pub fn read(id: &ObjectId) -> Cmdlet {
    called(id)
}

/// Reads the recipient that Exchange Online itself calls so in another answer: there, its name is unique.
pub fn named(name: &str) -> Cmdlet {
    called(name)
}

fn called(identity: impl fmt::Display) -> Cmdlet {
    Cmdlet::new("Get-Recipient").identity(identity).select(SELECT)
}

/// Whoever holds an address, as read: a person, a list, a contact, or what has no object id, such as a public folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Holder {
    /// Its object id in the directory, where it has one.
    #[serde(default, rename = "ExternalDirectoryObjectId", deserialize_with = "text")]
    pub id: Option<String>,
    /// Its name for people.
    #[serde(default, deserialize_with = "text")]
    pub display_name: Option<String>,
}

impl Holder {
    /// Whether it is this account.
    pub fn is(&self, account: &ObjectId) -> bool {
        self.id.as_ref().and_then(|id| id.parse().ok()) == Some(*account)
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().unwrap_or("somebody")
    }
}

/// Reads who holds this address, whatever their rank of it: rows of [`Holder`].
pub fn holding(address: &str) -> Cmdlet {
    Cmdlet::new("Get-Recipient")
        .parameter("Filter", filter("EmailAddresses", &format!("smtp:{address}")))
        .select(&["ExternalDirectoryObjectId", "DisplayName"])
}

/// Reads the mailbox of this address or object id: a row of [`Recipient`].
pub fn mailbox_called(name: &str) -> Cmdlet {
    Cmdlet::new("Get-Mailbox").identity(name).select(SELECT)
}

/// `Property -eq 'value'`: what `Filter` asks for. A quote inside is doubled ("Recipient filters in Exchange PowerShell
/// commands").
pub(crate) fn filter(property: &str, value: &str) -> String {
    format!("{property} -eq '{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample_cmdlet::{MIRIAM, miriam, wire};

    #[test]
    fn a_recipient_is_read_by_id_or_by_its_name_in_exchange() {
        assert_eq!(wire(&read(&miriam().id)), json!({"Get-Recipient": {"Identity": MIRIAM}}));
        assert_eq!(wire(&named("sales")), json!({"Get-Recipient": {"Identity": "sales"}}));
        assert_eq!(read(&miriam().id).selected(), SELECT);
    }

    #[test]
    fn a_recipient_is_told_by_its_object_id() {
        let row = json!({
            "ExternalDirectoryObjectId": MIRIAM, "DisplayName": "Miriam Graham", "Guid@odata.type": "#Guid",
            "DistinguishedName": "CN=Miriam,OU=contoso.onmicrosoft.com", "RecipientTypeDetails": "UserMailbox",
        });
        let read: Recipient = serde_json::from_value(row).unwrap();
        assert_eq!((read.reference(), read.name().as_str()), (miriam(), "Miriam Graham"));
    }

    #[test]
    fn an_address_may_be_held_by_what_has_no_object_id() {
        let filter = "EmailAddresses -eq 'smtp:o''neil@contoso.com'";
        assert_eq!(wire(&holding("o'neil@contoso.com")), json!({"Get-Recipient": {"Filter": filter}}));
        let table = [
            (
                json!({"ExternalDirectoryObjectId": MIRIAM, "DisplayName": "Miriam Graham"}),
                "Miriam Graham",
                true,
            ),
            (
                json!({"ExternalDirectoryObjectId": "", "DisplayName": "Inbox of sales"}),
                "Inbox of sales",
                false,
            ),
            (json!({"ExternalDirectoryObjectId": null}), "somebody", false),
        ];
        for (row, name, is_miriam) in table {
            let holder: Holder = serde_json::from_value(row.clone()).unwrap();
            assert_eq!((holder.name(), holder.is(&miriam().id)), (name, is_miriam), "{row}");
        }
    }

    #[test]
    fn quotes_in_a_filter_are_doubled() {
        assert_eq!(filter("Members", "CN=O'Neil,OU=x"), "Members -eq 'CN=O''Neil,OU=x'");
    }
}
