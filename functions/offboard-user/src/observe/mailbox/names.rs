//! By what name a mailbox tells that somebody was let in.
//!
//! Mostly it is the name that somebody signs in with; else it is an address, or the name, alias or display name in Exchange,
//! where there is no `@` (seen in the field). Whoever goes by none of the leaver's is somebody else. Two kinds of names are
//! nobody's as far as can be told here: a security identifier, for which Exchange found no name, and an account of a domain
//! (`EURPR01A001\somebody`). They may be the leaver's.

use std::collections::HashSet;

use directory::mailbox::{self, Mailbox};
use exchange::Cmdlet;
use graph::ObjectId;
use serde::Deserialize;

/// What is read of the leaver's mailbox beyond what is read of any.
const MORE: &[&str] = &["UserPrincipalName", "Name", "Alias"];

/// The leaver's mailbox, as read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Own {
    #[serde(flatten)]
    pub(super) mailbox: Mailbox,
    user_principal_name: Option<String>,
    name: Option<String>,
    alias: Option<String>,
}

/// Reads the leaver's mailbox.
pub(super) fn own(id: ObjectId) -> Cmdlet {
    mailbox::read(&id).select(&[mailbox::SELECT, MORE].concat())
}

/// What Exchange calls somebody, in small letters.
#[derive(Debug)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn of(own: &Own) -> Self {
        let (mailbox, recipient) = (&own.mailbox, &own.mailbox.recipient);
        let told = [
            &own.user_principal_name,
            &own.name,
            &own.alias,
            &recipient.display_name,
            &recipient.primary_smtp_address,
        ];
        let always = [recipient.id.to_string(), recipient.distinguished_name.clone()];
        let addresses = mailbox.email_addresses.iter().map(|address| bare(address).to_owned());
        let names = told.into_iter().flatten().cloned().chain(always).chain(addresses);
        Self(names.map(|name| name.to_lowercase()).collect())
    }

    /// Whether somebody of this name may be meant.
    pub(super) fn may_be(&self, user: &str) -> bool {
        is_anybodys(user) || self.0.contains(&user.to_lowercase())
    }
}

/// Without the `SMTP:` before the primary address, and the `smtp:` before the others.
fn bare(address: &str) -> &str {
    address.split_once(':').map_or(address, |(_, bare)| bare)
}

/// Whether it is a security identifier, or an account of a domain.
fn is_anybodys(user: &str) -> bool {
    let is_identifier = user.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("S-1-"));
    is_identifier || user.contains('\\')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn names(more: Value) -> Names {
        let mut row = json!({
            "ExternalDirectoryObjectId": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "RecipientTypeDetails": "UserMailbox",
            "DistinguishedName": "CN=Adele 1,OU=contoso.onmicrosoft.com", "LitigationHoldEnabled": false,
            "ArchiveGuid": "00000000-0000-0000-0000-000000000000",
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Names::of(&serde_json::from_value(row).unwrap())
    }

    #[test]
    fn whoever_goes_by_one_of_the_names_may_be_meant() {
        let adele = names(json!({
            "DisplayName": "Adele Vance", "Name": "Adele 1", "Alias": "AdeleV",
            "UserPrincipalName": "AdeleV@contoso.onmicrosoft.com", "PrimarySmtpAddress": "AdeleV@contoso.com",
            "EmailAddresses": ["SMTP:AdeleV@contoso.com", "smtp:adele.vance@contoso.com"],
        }));
        let table = [
            ("AdeleV@contoso.onmicrosoft.com", true),
            ("adelev@CONTOSO.com", true),
            ("Adele.Vance@contoso.com", true),
            ("87D349ED-44d7-43e1-9a83-5f2406dee5bd", true),
            ("ADELE VANCE", true),
            ("Adele 1", true),
            ("adelev", true),
            ("CN=Adele 1,OU=contoso.onmicrosoft.com", true),
            (r"EURPR01A001\somebody", true),
            ("S-1-5-21-1757981266-1645522239-1417001333-1234", true),
            ("AlexW@contoso.com", false),
            ("AdeleV@fabrikam.com", false),
            ("Alex Wilber", false),
            ("Sales", false),
            ("Adele", false),
            ("", false),
        ];
        for (user, may_be) in table {
            assert_eq!(adele.may_be(user), may_be, "{user}");
        }
    }

    #[test]
    fn what_is_not_told_is_no_name() {
        let nameless = names(json!({"Name": null, "EmailAddresses": null}));
        assert!(!nameless.may_be("") && !nameless.may_be("Adele Vance") && nameless.may_be("S-1-5-21-1"));
    }
}
