//! Who it is, and what they will be called.

use serde_json::{Value, json};
use telling::{Story, object};

use super::{DAY, alex, mallory};

pub(crate) async fn name_is_taken(story: &mut Story) {
    story.title("Somebody else has the name");
    let adele = |more| {
        let mut want = mallory(more);
        want["givenName"] = json!("Adele");
        want["surname"] = json!("Vance");
        want["userPrincipalName"] = json!("{given}{surname:1}@contoso.com");
        want
    };
    story.says("Adele Vance with the employee id 100003 is AdeleV; this one has another id, so she is somebody else.");
    story.scene("Refused, unless the caller says what to do");
    story.apply(&adele(json!({}))).await;
    story.scene("With a number");
    story.apply(&adele(json!({"onCollision": "number"}))).await;
    story.scene("With the initial of the middle name");
    story.apply(&adele(json!({"onCollision": "initial", "middleName": "Maria"}))).await;
    story.scene("With an initial that is not there");
    story.apply(&adele(json!({"onCollision": "initial"}))).await;
    story.scene("Taken by an account without an employee id");
    story.edit(|state| object(state, "users", "AdeleV@contoso.com")["employeeId"] = json!(null));
    story.apply(&adele(json!({}))).await;
}

pub(crate) async fn same_person_under_another_name(story: &mut Story) {
    story.title("The employee id is known: the run converges on the account, whatever its name");
    story.says(
        "Only what differs is changed. Names that people sign in with, or know each other by, are kept.",
    );
    let want = alex(json!({
        "givenName": "Alexander",
        "userPrincipalName": "{given}.{surname}@contoso.com",
        "mailNickname": "alexander",
        "profile": {
            "jobTitle": "Marketing Manager",
            "department": "Marketing",
            "employeeHireDate": "2026-01-05",
            "employeeLeaveDateTime": "2027-12-31T17:00:00Z",
            "onPremisesExtensionAttributes": {"extensionAttribute3": "M-7"},
        },
        "manager": "100022",
        "sponsors": ["LeeG@contoso.com", "100019"],
        "licences": [{"sku": "SPE_E3"}],
        "groups": ["Finance", "Sales and Marketing", "Newsletter"],
        "administrativeUnit": "Retail Stores",
        "aliases": ["alexander@contoso.com"],
        "sharedMailboxes": [{"mailbox": "info@contoso.com", "sendAs": true, "sendOnBehalf": true}],
        "calendars": [{"mailbox": "room_zurich@contoso.com", "right": "Reviewer"}],
        "mailboxSettings": {"language": "de-CH", "timeZone": "W. Europe Standard Time"},
    }));
    story.edit(|state| {
        object(state, "users", "AlexW@contoso.com")["onPremisesExtensionAttributes"] =
            json!({"extensionAttribute1": "kept"});
    });
    let done = story.apply(&want).await;
    story.says("Again: nothing.");
    story.apply(&want).await;
    story.says("And back.");
    story.act(&done, "undo").await;
}

pub(crate) async fn one_employee_id_twice(story: &mut Story) {
    story.title("Two accounts have the same employee id: a person has to settle that first");
    let lee_has = |id: &'static str| {
        move |state: &mut Value| object(state, "users", "LeeG@contoso.com")["employeeId"] = json!(id)
    };
    story.edit(lee_has("100004"));
    story.apply(&alex(json!({"groups": ["Finance"]}))).await;
    story.scene("Two requests under two names at the same moment: neither sees the other's account yet");
    story.says("Nobody can prevent that by reading. The account of the other one appears meanwhile.");
    story.meanwhile(lee_has("2042"));
    let done = story.apply(&mallory(json!({}))).await;
    story.says("The next call says so, and changes nothing.");
    story.apply(&mallory(json!({"groups": ["Finance"]}))).await;
    story.says("Taking the run back leaves one account.");
    story.act(&done, "undo").await;
    story.scene("The start date comes: nobody is let in while it is open whose account it is");
    let begun = story.apply(&mallory(json!({"startsAt": "2026-03-09T08:00:00+01:00"}))).await;
    story.edit(lee_has("2042"));
    story.tenant().advance(8 * DAY);
    story.tick().await;
    let run = format!("/api/onboard-user/runs/{}", begun.run().expect("a run"));
    story.ask("GET", &run, &[], None).await;
}

pub(crate) async fn another_person(story: &mut Story) {
    story.title("A wrong digit in the employee id: nobody is made somebody else");
    let adele = json!({"employeeId": "100003", "groups": ["Finance"]});
    story.apply(&mallory(adele.clone())).await;
    story.says("If it is the same person, say so.");
    let mut renamed = mallory(adele);
    renamed["renamed"] = json!(true);
    let done = story.apply(&renamed).await;
    story.act(&done, "undo").await;
    story.scene("Of one who married, or is known by a short name, the other name is the same");
    story.preview(&alex(json!({"surname": "Vance"}))).await;
    story.scene("Upper and lower case make no other employee id");
    story.edit(|state| object(state, "users", "AlexW@contoso.com")["employeeId"] = json!("AB77"));
    story.apply(&alex(json!({"employeeId": "ab77"}))).await;
}

pub(crate) async fn domain_will_not_do(story: &mut Story) {
    story.title("The domain is not one that accounts can be made in");
    story.scene("Not verified");
    story.apply(&mallory(json!({"userPrincipalName": "mallory@wingtiptoys.com"}))).await;
    story.scene("Federated");
    story.apply(&mallory(json!({"userPrincipalName": "mallory@fabrikam.com"}))).await;
}
