//! What the leaver could come in by, and what they leave in OneDrive.

use serde_json::{Value, json};
use telling::{Story, object, refusal};

use super::{MINUTE, briefly, later, leaver, with_one_of_each};

pub(crate) async fn one_drive(story: &mut Story) {
    story.title("OneDrive: the successor is let in, where there is one and it may be");
    let only = |is_wished: bool| briefly("ChristieC", json!({"oneDrive": is_wished}));
    story.scene("Let in, and shut out again");
    story.edit(with_one_drive);
    let done = story.apply(&only(true)).await;
    story.says("Asked again: nothing.");
    story.apply(&only(true)).await;
    story.act(&done, "undo").await;
    story.scene("This tenant does not let the root be shared");
    story.edit(with_one_drive);
    story.edit(|state| state["sharing"] = json!({"invitesOnRoot": false}));
    story.apply(&only(true)).await;
    story.scene("There is none");
    story.preview(&only(true)).await;
    for (status, code, message) in [
        (400, "BadRequest", "Unable to retrieve user's mysite URL."),
        (404, "itemNotFound", "The resource could not be found."),
    ] {
        story.scene(&format!("There is none, and SharePoint says so with {status} {code}"));
        story.edit(with_one_drive);
        story.trouble("GET", "/users/*/drive", None, refusal(status, code, message));
        story.apply(&only(true)).await;
    }
    story.scene("It is not wished");
    story.edit(with_one_drive);
    story.preview(&only(false)).await;
    story.scene("There is a OneDrive, and nobody to take over");
    story.edit(with_one_drive);
    story.edit(|state| {
        object(state, "users", "ChristieC@contoso.com")
            .as_object_mut()
            .map(|christie| christie.remove("manager"));
    });
    story.preview(&only(true)).await;
}

/// Lets Christie Cline have Megan Bowen's OneDrive.
fn with_one_drive(state: &mut Value) {
    let drive = object(state, "users", "MeganB@contoso.com")["drive"].take();
    object(state, "users", "ChristieC@contoso.com")["drive"] = drive;
    if let Some(megan) = object(state, "users", "MeganB@contoso.com").as_object_mut() {
        megan.remove("drive");
    }
}

pub(crate) async fn methods_and_devices(story: &mut Story) {
    story.title("Methods, devices, roles, applications: what an account could still come in by");
    let briefly = |more| super::briefly("ChristieC", more);
    story.scene("The method that is asked for first goes last");
    story.edit(with_one_of_each);
    let done = story.apply(&briefly(json!({}))).await;
    story.act(&done, "undo").await;
    story.scene("Devices are kept");
    story.edit(with_one_of_each);
    story.preview(&briefly(json!({"keepDevices": true}))).await;
    story.scene("A method of a kind that is not known here");
    story.edit(with_one_of_each);
    story.edit(|state| {
        let methods = object(state, "users", "ChristieC@contoso.com")["authenticationMethods"].as_array_mut();
        if let Some(method) = methods.and_then(|methods| methods.last_mut()) {
            method["@odata.type"] = json!("#microsoft.graph.qrCodePinAuthenticationMethod");
        }
    });
    story.preview(&briefly(json!({}))).await;
    story.scene("The tenant has no Privileged Identity Management");
    let (path, code) = (
        "/roleManagement/directory/roleEligibilityScheduleInstances",
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
    );
    let none = "Neither tenant is B2C or tenant doesn't have premium license";
    story.trouble("GET", path, None, refusal(403, code, none));
    story.preview(&briefly(json!({}))).await;
    story.scene("It says so in other words");
    let none = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
    story.trouble("GET", path, None, refusal(400, "AadPremiumLicenseRequired", none));
    story.preview(&briefly(json!({}))).await;
    story.scene("A synced account that holds a role: the role is taken, the rest is done on premises");
    let begun = story.apply(&leaver("CameronW", json!({"successor": "NestorW@contoso.com"}))).await;
    later(story, &begun, 2 * MINUTE).await;
}
