//! Devices: which ones are somebody's, and which may still be signed in with.
//!
//! A device that is switched off gets no tokens any more, whoever signs in on it, and keeps what it holds. It is named by its
//! object id; `deviceId` is another GUID (Microsoft Graph, "Update device"). Nothing is retired or wiped here: that is
//! Intune's.

use graph::{ObjectId, Path, Refusal, Request};
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::json;

/// What is read of a device.
pub const SELECT: &[&str] =
    &["id", "deviceId", "displayName", "operatingSystem", "accountEnabled", "trustType"];

/// A device, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Object id.
    pub id: ObjectId,
    /// The id it gave itself when it was registered.
    #[serde(default)]
    pub device_id: Option<String>,
    /// Its name for people; not unique.
    #[serde(default)]
    pub display_name: Option<String>,
    /// `Windows`, `iOS`, `Android`, `MacMDM`, `Linux`, in whatever case and spelling the device gave.
    #[serde(default)]
    pub operating_system: Option<String>,
    /// Whether it may be signed in with.
    #[serde(default)]
    pub account_enabled: Option<bool>,
    /// `Workplace` (registered), `AzureAd` (joined), `ServerAd` (joined to the directory on premises as well).
    #[serde(default)]
    pub trust_type: Option<String>,
}

impl Device {
    /// Its name for people, with its system.
    pub fn name(&self) -> String {
        let name = self.display_name.clone().unwrap_or_else(|| self.id.to_string());
        match &self.operating_system {
            Some(system) => format!("{name} ({system})"),
            None => name,
        }
    }

    /// Whether it may be signed in with; it may, unless it was read that it may not.
    pub fn is_enabled(&self) -> bool {
        self.account_enabled != Some(false)
    }

    /// Whether it is joined to the directory on premises as well, whose synchronisation switches it on again.
    pub fn is_hybrid(&self) -> bool {
        self.trust_type.as_deref() == Some("ServerAd")
    }

    /// Whether it runs Linux: an application may not switch such a device off (Microsoft Graph, "Update device").
    pub fn is_linux(&self) -> bool {
        self.operating_system.as_deref().is_some_and(|system| system.eq_ignore_ascii_case("Linux"))
    }
}

/// The devices that an account owns, page by page.
pub fn owned_by(account: Path) -> Request {
    Request::get(account.then("ownedDevices"))
        .select(SELECT)
        .query("$top", "999")
        .not_yet(&[Refusal::NotFound])
}

/// Lets nobody sign in with the device any more.
pub fn disable(device: &Device) -> Change {
    switch(device, false).undone_by(switch(device, true))
}

/// A 404 is lag or a deletion of this moment: were it taken for "gone", a device just enrolled would stay usable.
fn switch(device: &Device, enabled: bool) -> Change {
    let verb = if enabled { "enable" } else { "disable" };
    let path = || Path::new("/devices").key(&device.id.to_string());
    let send = Request::patch(path()).body(json!({"accountEnabled": enabled})).not_yet(&[Refusal::NotFound]);
    let proof = Proof::is(Request::get(path()).select(&["accountEnabled"]), "/accountEnabled", enabled);
    Change::new(format!("{verb} the device {}", device.name()), send, proof)
        .touching(Touch::Principal(device.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{body, is_undone_by, line, when_not_found};

    fn device(more: serde_json::Value) -> Device {
        let mut device = json!({"id": "11de0ec2-9c5f-4c23-8e8c-6b1a6a5f3b5d", "deviceId": "4c299165"});
        device.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(device).unwrap()
    }

    #[test]
    fn a_device_is_disabled_by_its_object_id_and_enabled_again() {
        let laptop = device(json!({"displayName": "ADELE-LT1", "operatingSystem": "Windows"}));
        let change = disable(&laptop);
        assert_eq!(change.says, "disable the device ADELE-LT1 (Windows)");
        assert_eq!(line(&change), "PATCH /devices/11de0ec2-9c5f-4c23-8e8c-6b1a6a5f3b5d");
        assert_eq!(body(&change), json!({"accountEnabled": false}));
        assert!(is_undone_by(&change, "enable the device ADELE-LT1 (Windows)"));
        assert_eq!(when_not_found(&change), "not yet");
    }

    #[test]
    fn a_protected_device_can_be_named() {
        let laptop = device(json!({}));
        assert_eq!(disable(&laptop).touches, [Touch::Principal(laptop.id)]);
    }

    #[test]
    fn what_was_not_read_is_taken_for_what_needs_care() {
        let table = [
            (json!({}), true, false, false),
            (json!({"accountEnabled": false, "operatingSystem": "linux"}), false, false, true),
            (json!({"accountEnabled": true, "trustType": "ServerAd"}), true, true, false),
            (json!({"accountEnabled": null, "trustType": "AzureAd"}), true, false, false),
        ];
        for (more, enabled, hybrid, linux) in table {
            let device = device(more.clone());
            assert_eq!(
                (device.is_enabled(), device.is_hybrid(), device.is_linux()),
                (enabled, hybrid, linux),
                "{more}"
            );
        }
    }
}
