//! What Microsoft Graph refuses while a run is under way, because the tenant has moved between looking and writing, or
//! because it knows a rule that cannot be looked up before.

use serde_json::{Value, json};
use telling::{Story, object, refusal};
use tenant::Trouble;

use super::{alex, mallory};

const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";

fn bad_request(message: &str) -> Trouble {
    refusal(400, "Request_BadRequest", message)
}

pub(crate) async fn refused_while_creating(story: &mut Story) {
    story.title("The account cannot be created after all: nothing else is tried");
    let want = mallory(json!({"groups": ["Finance"], "manager": "MiriamG@contoso.com"}));
    story.scene("Somebody else got the name first");
    story.meanwhile(|state| {
        object(state, "users", "LeeG@contoso.com")["userPrincipalName"] = json!("Mallory.Cortez@contoso.com")
    });
    story.apply(&want).await;
    story.scene("Another run for the same person got there first: it is the same account");
    story.meanwhile(|state| {
        let lee = object(state, "users", "LeeG@contoso.com");
        (lee["userPrincipalName"], lee["employeeId"]) = (json!("mallory.cortez@contoso.com"), json!("2042"));
    });
    story.apply(&want).await;
    story.scene("A group has the mail nickname");
    story.edit(|state| object(state, "groups", "Retail")["mailNickname"] = json!("mallory.cortez"));
    story.apply(&want).await;
    story.scene("A group has the address");
    story.edit(|state| {
        object(state, "groups", "Retail")["proxyAddresses"] =
            json!(["SMTP:Retail@contoso.com", "smtp:mallory.cortez@contoso.com"])
    });
    story.apply(&want).await;
    story.scene("The domain was federated meanwhile");
    story.meanwhile(|state| state["domains"][0]["authenticationType"] = json!("Federated"));
    story.apply(&want).await;
    story.scene("The domain was removed meanwhile");
    story.meanwhile(|state| state["domains"][0]["isVerified"] = json!(false));
    story.apply(&want).await;
    story.scene("The manager was deleted meanwhile");
    story.meanwhile(|state| {
        object(state, "users", "MiriamG@contoso.com")["deletedDateTime"] = json!("2026-03-02T08:00:00Z")
    });
    story.apply(&want).await;
    let told: [(&str, Trouble); 6] = [
        ("A name that the directory does not take", bad_request("Property userPrincipalName is invalid.")),
        (
            "A mail nickname that it does not take",
            bad_request("Invalid value specified for property 'mailNickname' of resource 'User'."),
        ),
        (
            "A password policy that our password does not meet",
            bad_request(
                "The specified password does not comply with password complexity requirements. Please provide a different password.",
            ),
        ),
        (
            "A property that is missing",
            bad_request("A value is required for property 'displayName' of resource 'User'."),
        ),
        (
            "The tenant holds as many objects as it may",
            refusal(
                403,
                "Directory_QuotaExceeded",
                "The directory object quota limit for the Tenant has been exceeded.",
            ),
        ),
        ("Something nobody has seen before", bad_request("A new rule of the directory.")),
    ];
    for (scene, trouble) in told {
        story.scene(scene);
        story.trouble("POST", "/users", None, trouble);
        story.apply(&want).await;
    }
}

pub(crate) async fn refused_licences(story: &mut Story) {
    story.title("A licence is refused: the account exists, and stays blocked until it is put right");
    let want = |sku: Value| mallory(json!({"usageLocation": "US", "licences": [sku], "groups": ["Finance"]}));
    story.scene("The last seat went to somebody else meanwhile");
    story.meanwhile(|state| object(state, "subscribedSkus", "SPE_E3")["prepaidUnits"]["enabled"] = json!(0));
    story.apply(&want(json!({"sku": "SPE_E3"}))).await;
    story.says("A seat was bought. Asking again finishes what was begun.");
    story.edit(|state| object(state, "subscribedSkus", "SPE_E3")["prepaidUnits"]["enabled"] = json!(25));
    story.apply(&want(json!({"sku": "SPE_E3"}))).await;
    story.scene("The subscription ended meanwhile");
    story.meanwhile(|state| {
        state["subscribedSkus"]
            .as_array_mut()
            .expect("a list")
            .retain(|sku| sku["skuPartNumber"] != "FLOW_FREE");
        object(state, "users", "IsaiahL@contoso.com").as_object_mut().expect("an object").remove("licences");
    });
    story.apply(&want(json!({"sku": "FLOW_FREE"}))).await;
    story.scene("A service plan needs one that is switched off");
    story.apply(&want(json!({"sku": "SPE_E3", "disabledPlans": ["SHAREPOINTENTERPRISE"]}))).await;
    story.scene("Two licences exclude one another");
    let both = json!({"usageLocation": "US", "licences": [{"sku": "SPE_E3"}, {"sku": "EXCHANGESTANDARD"}]});
    story.apply(&mallory(both)).await;
    story.scene("The usage location is not seen yet: it is waited for");
    let unseen = "License assignment cannot be done for user with invalid usage location.";
    story.trouble("POST", "/users/*/assignLicense", Some(2), bad_request(unseen));
    story.apply(&want(json!({"sku": "SPE_E3"}))).await;
    story.scene("The usage location is never seen: not yet, says the answer");
    story.trouble("POST", "/users/*/assignLicense", None, bad_request(unseen));
    story.apply(&want(json!({"sku": "SPE_E3"}))).await;
}

pub(crate) async fn refused_groups(story: &mut Story) {
    story.title("A group is refused: the others are joined, and the account stays blocked");
    let want = || mallory(json!({"groups": ["Finance", "Retail"]}));
    story.scene(
        "Somebody else added an account that exists meanwhile: it is so already, and not ours to take back",
    );
    story.meanwhile(|state| {
        let alex = object(state, "users", "AlexW@contoso.com")["id"].clone();
        object(state, "groups", "Finance")["members"].as_array_mut().expect("members").push(alex);
    });
    let done = story.apply(&alex(json!({"groups": ["Finance", "Retail"]}))).await;
    story.act(&done, "undo").await;
    story.scene("It became dynamic meanwhile, which is not ours to change");
    story.meanwhile(|state| object(state, "groups", "Finance")["groupTypes"] = json!(["DynamicMembership"]));
    story.apply(&want()).await;
    story.scene("It was given a mail address meanwhile");
    story.meanwhile(|state| object(state, "groups", "Finance")["mailEnabled"] = json!(true));
    story.apply(&want()).await;
    story.scene("It is mastered on premises since");
    story.meanwhile(|state| object(state, "groups", "Finance")["onPremisesSyncEnabled"] = json!(true));
    story.apply(&want()).await;
    story.scene("It was deleted meanwhile");
    story.meanwhile(|state| {
        state["groups"].as_array_mut().expect("a list").retain(|group| group["mailNickname"] != "Finance")
    });
    story.apply(&want()).await;
    story.scene("It holds as many members as it may");
    let quota = "Unable to perform operation as '50001' would exceed the maximum quota count '50000' for forward-link 'members'.";
    story.trouble("POST", "/groups/*/members/$ref", Some(1), refusal(403, "Directory_QuotaExceeded", quota));
    story.apply(&want()).await;
    story.scene("The new account is not known there yet: it is waited for");
    story.trouble("POST", "/groups/*/members/$ref", Some(3), bad_request("Not a valid reference update"));
    story.apply(&mallory(json!({"groups": ["Finance"]}))).await;
    story.scene("An id that is none");
    story.trouble(
        "POST",
        "/groups/*/members/$ref",
        Some(1),
        bad_request("Invalid object identifier '2042'."),
    );
    story.apply(&want()).await;
}

pub(crate) async fn refused_profile_and_people(story: &mut Story) {
    story.title("What an existing account is refused");
    let want = || {
        alex(
            json!({"profile": {"jobTitle": "Marketing Manager"}, "manager": "LeeG@contoso.com", "sponsors": ["MiriamG@contoso.com"]}),
        )
    };
    story.scene("It is mastered on premises since");
    story.meanwhile(|state| {
        object(state, "users", "AlexW@contoso.com")["onPremisesSyncEnabled"] = json!(true)
    });
    story.apply(&want()).await;
    story.scene("The manager to be was deleted meanwhile");
    story.meanwhile(|state| {
        object(state, "users", "LeeG@contoso.com")["deletedDateTime"] = json!("2026-03-02T08:00:00Z");
    });
    story.apply(&want()).await;
    story.scene("It became an administrator's meanwhile, whose phones are not ours to change");
    story.meanwhile(|state| {
        let alex = object(state, "users", "AlexW@contoso.com")["id"].clone();
        object(state, "directoryRoles", "Global Administrator")["members"]
            .as_array_mut()
            .expect("members")
            .push(alex);
    });
    story.apply(&alex(json!({"profile": {"mobilePhone": "+1 2065550100"}, "groups": ["Finance"]}))).await;
}

pub(crate) async fn refused_passes(story: &mut Story) {
    story.title("The tenant's policy does not allow the pass: everything else holds");
    story.scene("The method is disabled");
    story.edit(|state| state["temporaryAccessPassPolicy"]["state"] = json!("disabled"));
    story.apply(&mallory(json!({"temporaryAccessPass": {}}))).await;
    story.scene("A lifetime beyond what the policy allows");
    story.apply(&mallory(json!({"temporaryAccessPass": {"lifetimeInMinutes": 43200}}))).await;
    story.scene("More than one use, where the policy allows one");
    story.edit(|state| state["temporaryAccessPassPolicy"]["isUsableOnce"] = json!(true));
    let done = story.apply(&mallory(json!({"temporaryAccessPass": {"isUsableOnce": false}}))).await;
    story.says("The same is refused when it is collected.");
    story.act(&done, "credential").await;
}

pub(crate) async fn undone_after_others_have_changed_it(story: &mut Story) {
    story.title("Undo, after others have changed the same things");
    let more =
        json!({"usageLocation": "US", "licences": [{"sku": "VISIOCLIENT"}], "groups": ["Finance", "Retail"]});
    let (alex, mallory) = (alex(more.clone()), mallory(more));
    story.scene("A licence and a membership were taken away by hand");
    let done = story.apply(&alex).await;
    story.edit(|state| {
        let alex = object(state, "users", "AlexW@contoso.com");
        alex["licences"].as_array_mut().expect("licences").retain(|held| held["skuId"] != VISIO);
        let id = alex["id"].clone();
        object(state, "groups", "Finance")["members"]
            .as_array_mut()
            .expect("members")
            .retain(|member| *member != id);
    });
    story.act(&done, "undo").await;
    story.scene("The licence now comes from a group instead");
    let done = story.apply(&alex).await;
    story.edit(|state| {
        let group = object(state, "groups", "LicensingE3")["id"].clone();
        let held = object(state, "users", "AlexW@contoso.com")["licences"].as_array_mut();
        let visio = held.into_iter().flatten().find(|held| held["skuId"] == VISIO);
        visio.expect("the licence")["assignedByGroup"] = group;
    });
    story.act(&done, "undo").await;
    story.scene("The service says in another way that it was no member");
    let done = story.apply(&super::alex(json!({"groups": ["Finance"]}))).await;
    let no_member = "One or more removed object references do not exist for the following modified properties: 'members'.";
    story.trouble("DELETE", "/groups/*/members/*/$ref", Some(1), bad_request(no_member));
    story.act(&done, "undo").await;
    story.scene("The account became an administrator's: it is not ours to delete");
    let done = story.apply(&mallory).await;
    story.edit(|state| {
        let id = object(state, "users", "mallory.cortez@contoso.com")["id"].clone();
        let role = object(state, "directoryRoles", "Global Administrator");
        role["members"].as_array_mut().expect("members").push(id);
    });
    story.act(&done, "undo").await;
    story.scene("Somebody uses the account by now: deleting it takes mail and files with it");
    let done = story.apply(&mallory).await;
    story.edit(|state| {
        object(state, "users", "mallory.cortez@contoso.com")["lastPasswordChangeDateTime"] =
            json!("2026-03-02T09:00:00Z");
    });
    story.act(&done, "undo?whatIf=true").await;
    story.act(&done, "undo").await;
    story.scene("The account was deleted");
    let done = story.apply(&mallory).await;
    story.edit(|state| {
        object(state, "users", "mallory.cortez@contoso.com")["deletedDateTime"] =
            json!("2026-03-02T09:00:00Z");
    });
    story.act(&done, "undo").await;
}
