use serde_json::json;

use crate::client::{Client, GRAPH, reference, send};

const MAILING: &str = "Cannot Update a mail-enabled security groups and or distribution list.";
const SYNCED: &str = "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.";
const DENIED: &str = "Insufficient privileges to complete the operation.";

#[tokio::test(start_paused = true)]
async fn joining_twice_and_leaving_twice_are_both_refused() {
    let client = Client::new();
    let (group, user) = (client.group_id("Operations").await, client.user_id("AdeleV").await);
    let members = format!("/groups/{group}/members/$ref");
    client.post(&members, reference(&user)).await.is(204);
    let already =
        "One or more added object references already exist for the following modified properties: 'members'.";
    client.post(&members, reference(&user)).await.is_refused(400, "Request_BadRequest", already);
    let member = format!("/groups/{group}/members/{user}/$ref");
    client.delete(&member).await.is(204);
    let absent = format!(
        "Resource '{user}' does not exist or one of its queried reference-property objects are not present."
    );
    client.delete(&member).await.is_refused(404, "Request_ResourceNotFound", &absent);
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_group_has_its_own_refusal() {
    let client = Client::new();
    let user = client.user_id("EmilyB").await;
    let table = [
        ("Executives", 400, "Request_BadRequest", MAILING),
        ("Newsletter", 400, "Request_BadRequest", MAILING),
        ("BranchOffice", 400, "Request_BadRequest", SYNCED),
        ("AllEmployees", 403, "Authorization_RequestDenied", DENIED),
    ];
    for (nickname, status, code, message) in table {
        let group = client.group_id(nickname).await;
        client
            .post(&format!("/groups/{group}/members/$ref"), reference(&user))
            .await
            .is_refused(status, code, message);
        let bind = json!({ "members@odata.bind": [format!("{GRAPH}/v1.0/directoryObjects/{user}")] });
        client.patch(&format!("/groups/{group}"), bind).await.is_refused(status, code, message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_assignable_group_takes_a_permission_more() {
    let client = Client::new();
    let (group, user) = (client.group_id("Tier0").await, client.user_id("EmilyB").await);
    let path = format!("/groups/{group}/members/$ref");
    let narrow = client.only(&["GroupMember.ReadWrite.All"]);
    narrow.post(&path, reference(&user)).await.is_refused(403, "Authorization_RequestDenied", DENIED);
    let wide = client.only(&["GroupMember.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]);
    wide.post(&path, reference(&user)).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn references_must_lead_somewhere() {
    let client = Client::new();
    let path = format!("/groups/{}/members/$ref", client.group_id("Operations").await);
    let nobody = "00000000-0000-0000-0000-000000000001";
    client.post(&path, reference(nobody)).await.is(404);
    client.post(&path, reference("x")).await.is_refused(
        400,
        "Request_BadRequest",
        "Invalid object identifier 'x'.",
    );
    client.post(&path, json!({ "@odata.id": "AdeleV" })).await.is_refused(
        400,
        "Request_BadRequest",
        "Invalid URL format specified in payload.",
    );
    client.post(&path, json!({})).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn references_begin_with_the_root_that_was_asked_or_a_cloud_of_microsofts() {
    let client = Client::new();
    let path = format!("/groups/{}/members/$ref", client.group_id("Operations").await);
    let user = client.user_id("AdeleV").await;
    let wrong = "Invalid URL format specified in payload.";
    for root in [
        "https://evil.example",
        "http://graph.microsoft.com",
        "https://graph.microsoft.com.evil.example",
        "https://graph.microsoft.com/beta",
    ] {
        let body = json!({ "@odata.id": format!("{root}/v1.0/directoryObjects/{user}") });
        client.post(&path, body).await.is_refused(400, "Request_BadRequest", wrong);
    }
    for root in
        [GRAPH, "https://GRAPH.microsoft.com", "https://dod-graph.microsoft.us", "http://127.0.0.1:7071"]
    {
        let body = json!({ "@odata.id": format!("{root}/v1.0/directoryObjects/{user}") });
        let request = http::Request::post(format!("http://127.0.0.1:7071/v1.0{path}"))
            .header("authorization", client.bearer())
            .header("content-type", "application/json");
        send(&client.tenant, request.body(body.to_string().into()).unwrap()).await.is(204);
        client.delete(&path.replace("$ref", &format!("{user}/$ref"))).await.is(204);
    }
}

#[tokio::test(start_paused = true)]
async fn no_group_is_a_member_of_itself() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    let message = "A group cannot be added as a member of itself.";
    client.post(&format!("/groups/{group}/members/$ref"), reference(&group)).await.is_refused(
        400,
        "Request_BadRequest",
        message,
    );
    let bind = json!({ "members@odata.bind": [format!("{GRAPH}/v1.0/directoryObjects/{group}")] });
    client.patch(&format!("/groups/{group}"), bind).await.is_refused(400, "Request_BadRequest", message);
}

#[tokio::test(start_paused = true)]
async fn a_bulk_of_members_is_all_or_nothing_and_at_most_twenty() {
    let client = Client::new();
    let group = client.group_id("Operations").await;
    let (adele, nestor) = (client.user_id("AdeleV").await, client.user_id("NestorW").await);
    let bind = |ids: &[&str]| json!({ "members@odata.bind": ids.iter().map(|id| format!("{GRAPH}/v1.0/directoryObjects/{id}")).collect::<Vec<_>>() });
    let before = client.tenant.state();
    client.patch(&format!("/groups/{group}"), bind(&[&adele, &nestor])).await.is(400);
    client.patch(&format!("/groups/{group}"), bind(&[&adele, &adele])).await.is_refused(
        400,
        "Request_BadRequest",
        "Request contains a property with duplicate values.",
    );
    client.patch(&format!("/groups/{group}"), bind(&[adele.as_str(); 21])).await.is(400);
    assert_eq!(client.tenant.state(), before);
    client.patch(&format!("/groups/{group}"), bind(&[&adele])).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn groups_are_created_with_members_and_owners() {
    let client = Client::new();
    let adele = format!("{GRAPH}/v1.0/users/{}", client.user_id("AdeleV").await);
    let body = json!({
        "displayName": "Library Assist", "mailEnabled": true, "mailNickname": "library", "securityEnabled": false,
        "groupTypes": ["Unified"], "owners@odata.bind": [adele], "members@odata.bind": [adele],
    });
    let created = client.post("/groups", body.clone()).await;
    assert_eq!(created.is(201).body["mail"], "library@contoso.com");
    let id = created.body["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/groups/{id}/owners")).await.each("displayName"), ["Adele Vance"]);
    let taken = "Another object with the same value for property mailNickname already exists.";
    client.post("/groups", body).await.is_refused(400, "Request_BadRequest", taken);
    let mailing =
        json!({ "displayName": "x", "mailEnabled": true, "mailNickname": "x", "securityEnabled": true });
    let message = "Cannot Create a mail-enabled security groups and or distribution list.";
    client.post("/groups", mailing).await.is_refused(400, "Request_BadRequest", message);
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_stays_and_the_hundred_and_first_is_one_too_many() {
    let client = Client::with(tenant::Options { users: 100, ..tenant::Options::default() });
    let group = client.group_id("Finance").await;
    let last = client.user_id("PattiF").await;
    let message = "The group must have at least one owner, hence this owner cannot be removed.";
    client.delete(&format!("/groups/{group}/owners/{last}/$ref")).await.is_refused(
        400,
        "Request_BadRequest",
        message,
    );
    for number in 1..=99 {
        let owner = client.user_id(&format!("user{number:06}")).await;
        client.post(&format!("/groups/{group}/owners/$ref"), reference(&owner)).await.is(204);
    }
    let owner = client.user_id("user000100").await;
    let message = "Unable to perform operation as '101' would exceed the maximum quota count '100' for forward-link 'owners'.";
    client.post(&format!("/groups/{group}/owners/$ref"), reference(&owner)).await.is_refused(
        403,
        "Directory_QuotaExceeded",
        message,
    );
}

#[tokio::test(start_paused = true)]
async fn without_ref_it_is_the_member_that_is_deleted() {
    let client = Client::new();
    let (group, user) = (client.group_id("Finance").await, client.user_id("EmilyB").await);
    client.delete(&format!("/groups/{group}/members/{user}")).await.is(204);
    client.get("/users/EmilyB@contoso.com").await.is(404);
}

#[tokio::test(start_paused = true)]
async fn a_group_has_a_unique_name_and_display_names_are_not_unique() {
    let client = Client::new();
    assert_eq!(client.get("/groups(uniqueName='it-staff')").await.is(200).body["displayName"], "IT Staff");
    client.get("/groups(uniqueName='nothing')").await.is(404);
    let falcons = client
        .get(
            "/groups?$filter=displayName eq 'Project Falcon'&$select=mailNickname"
                .replace(' ', "%20")
                .as_str(),
        )
        .await;
    assert_eq!(falcons.each("mailNickname"), ["ProjectFalcon1", "ProjectFalcon2"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_hands_out_licences_cannot_be_deleted() {
    let client = Client::new();
    let group = client.group_id("LicensingE3").await;
    client.delete(&format!("/groups/{group}")).await.is_refused(
        400,
        "Request_BadRequest",
        "The group cannot be deleted because it has licenses assigned.",
    );
    let finance = client.group_id("Finance").await;
    client.delete(&format!("/groups/{finance}")).await.is(204);
    client.get(&format!("/groups/{finance}")).await.is(404);
}
