//! Phones and tablets that synchronise a mailbox: forgetting them, and letting none synchronise any more.
//!
//! A device that was forgotten comes back when it synchronises again, so it is blocked first. Nothing is wiped here: that
//! would take what is the owner's, too. Outlook on a phone does not come this way: it goes when the sessions are revoked.

use exchange::Cmdlet;
use graph::{ObjectId, Refusal};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::touching;
use crate::rows::text;

/// What is read of a device.
pub const SELECT: &[&str] = &["Guid", "DeviceId", "FriendlyName", "DeviceModel", "DeviceOS", "ClientType"];

/// A phone or tablet, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Device {
    /// Its id in Exchange.
    pub guid: String,
    /// Its own id.
    #[serde(default, deserialize_with = "text")]
    pub device_id: Option<String>,
    /// What its owner calls it.
    #[serde(default, deserialize_with = "text")]
    pub friendly_name: Option<String>,
    /// What its maker calls it.
    #[serde(default, deserialize_with = "text")]
    pub device_model: Option<String>,
    /// How it synchronises: `EAS`, `REST`, `Outlook` …
    #[serde(default, deserialize_with = "text")]
    pub client_type: Option<String>,
}

impl Device {
    /// Its name for people.
    pub fn name(&self) -> &str {
        let names = [&self.friendly_name, &self.device_model, &self.device_id];
        names.into_iter().find_map(|name| name.as_deref()).unwrap_or(&self.guid)
    }
}

/// Whether phones and tablets may synchronise a mailbox, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Protocols {
    /// Whether Exchange ActiveSync is on. A row that does not tell is not read: it would be taken for off.
    pub active_sync_enabled: bool,
}

/// The devices of a mailbox.
pub fn of(mailbox: &ObjectId) -> Cmdlet {
    devices(&mailbox.to_string())
}

/// Reads whether phones and tablets may synchronise a mailbox: a row of [`Protocols`].
pub fn protocols(mailbox: &ObjectId) -> Cmdlet {
    get_protocols(&mailbox.to_string())
}

/// Forgets a device, and that it may synchronise. This cannot be taken back: its owner sets it up again.
pub fn remove(who: &Who, device: &Device) -> Change {
    let send =
        Cmdlet::new("Remove-MobileDevice").identity(&device.guid).confirmed().already(&[Refusal::NotFound]);
    let proof = Proof::lacks(devices(&who.id_or_place()), "/value", json!({"Guid": device.guid}));
    let says = format!("remove the mobile device {} of {}", device.name(), who.name());
    touching(who, Change::new(says, send, proof))
}

/// Lets no phone or tablet synchronise the mailbox by Exchange ActiveSync.
pub fn block(who: &Who) -> Change {
    switch_sync(who, false).undone_by(switch_sync(who, true))
}

fn switch_sync(who: &Who, on: bool) -> Change {
    let verb = if on { "let" } else { "do not let" };
    let send = Cmdlet::new("Set-CASMailbox")
        .identity(who.id_or_place())
        .parameter("ActiveSyncEnabled", on)
        .not_yet(&[Refusal::NotFound]);
    let proof = Proof::is(get_protocols(&who.id_or_place()), "/value/0/ActiveSyncEnabled", on);
    let says = format!("{verb} phones and tablets synchronise the mailbox of {}", who.name());
    touching(who, Change::new(says, send, proof))
}

fn devices(mailbox: &str) -> Cmdlet {
    Cmdlet::new("Get-MobileDevice").parameter("Mailbox", mailbox).select(SELECT)
}

fn get_protocols(mailbox: &str) -> Cmdlet {
    Cmdlet::new("Get-CASMailbox").identity(mailbox).select(&["ActiveSyncEnabled"])
}

#[cfg(test)]
mod tests {
    use plan::Test;

    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{ADELE, cmdlet, proof, undo, when_not_found, wire};

    const GUID: &str = "7e1e3a4c-4a8b-4bd6-9c4c-3e9b6f0a8d21";

    fn device(more: serde_json::Value) -> Device {
        let mut row = json!({"Guid": GUID, "Guid@data.type": "System.Guid", "DeviceId": "APPL123"});
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_device_goes_by_the_best_name_it_has() {
        let table = [
            (json!({"FriendlyName": "Adele's phone", "DeviceModel": "iPhone 15"}), "Adele's phone"),
            (json!({"FriendlyName": "", "DeviceModel": "iPhone 15"}), "iPhone 15"),
            (json!({"DeviceModel": null}), "APPL123"),
            (json!({"DeviceId": null}), GUID),
        ];
        for (more, name) in table {
            assert_eq!(device(more.clone()).name(), name, "{more}");
        }
    }

    #[test]
    fn a_device_is_removed_for_good() {
        let change = remove(&adele(), &device(json!({"FriendlyName": "iPhone 15"})));
        assert_eq!(change.says, "remove the mobile device iPhone 15 of Adele Vance");
        assert_eq!(cmdlet(&change), json!({"Remove-MobileDevice": {"Identity": GUID, "Confirm": false}}));
        assert!(change.undo.is_none());
        assert_eq!(when_not_found(&change), "already");
        let read = wire(&of(&ADELE.parse().unwrap()));
        assert_eq!(read, json!({"Get-MobileDevice": {"Mailbox": ADELE}}));
        assert_eq!(proof(&change), (read, &Test::Lacks("/value".into(), json!({"Guid": GUID}))));
    }

    #[test]
    fn synchronising_is_switched_off_and_on_again() {
        let change = block(&adele());
        assert_eq!(change.says, "do not let phones and tablets synchronise the mailbox of Adele Vance");
        assert!(is_undone_by(&change, "let phones and tablets synchronise the mailbox of Adele Vance"));
        let sets = |on: bool| json!({"Set-CASMailbox": {"Identity": ADELE, "ActiveSyncEnabled": on}});
        assert_eq!((cmdlet(&change), cmdlet(undo(&change))), (sets(false), sets(true)));
        let read = wire(&protocols(&ADELE.parse().unwrap()));
        assert_eq!(proof(&change), (read, &Test::Is("/value/0/ActiveSyncEnabled".into(), json!(false))));
        assert_eq!(when_not_found(&change), "not yet");
    }

    #[test]
    fn what_is_not_told_is_not_taken_for_off() {
        let table = [
            (json!({}), None),
            (json!({"ActiveSyncEnabled": null}), None),
            (json!({"ActiveSyncEnabled": false}), Some(false)),
            (json!({"ActiveSyncEnabled": true}), Some(true)),
        ];
        for (row, on) in table {
            let read = serde_json::from_value::<Protocols>(row).ok();
            assert_eq!(read.map(|protocols| protocols.active_sync_enabled), on);
        }
    }
}
