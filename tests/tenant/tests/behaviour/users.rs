use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, newcomer};

const INVALID_LOCATION: &str = "Invalid value specified for property 'usageLocation' of resource 'User'.";

#[tokio::test(start_paused = true)]
async fn a_new_account_comes_back_with_its_default_properties() {
    let client = Client::new();
    let answer = client.post("/users", newcomer("RaulR")).await;
    answer.is(201);
    assert_eq!(answer.body["@odata.context"], "https://graph.microsoft.com/v1.0/$metadata#users/$entity");
    assert_eq!(answer.body["businessPhones"], json!([]));
    assert_eq!(answer.body["mail"], Value::Null);
    assert!(answer.body.get("usageLocation").is_none(), "only with $select");
    assert!(answer.header("location").ends_with(answer.body["id"].as_str().unwrap()));
    let read = client
        .get("/users/raulr@contoso.com?$select=usageLocation,userType,createdDateTime,passwordProfile")
        .await;
    assert_eq!(read.body["usageLocation"], "CH");
    assert_eq!(read.body["userType"], "Member");
    assert_eq!(read.body["createdDateTime"], "2026-03-02T08:00:00Z");
    assert_eq!(read.body["passwordProfile"]["password"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_bad_account_is_refused_in_the_directorys_words() {
    let client = Client::new();
    let adele = client.user_id("AdeleV").await;
    let ben = client.get("/users/BenW@contoso.com?$select=onPremisesImmutableId").await;
    let ben = ben.body["onPremisesImmutableId"].clone();
    let table = [
        ("displayName", Value::Null, "A value is required for property 'displayName' of resource 'User'."),
        (
            "passwordProfile",
            Value::Null,
            "A value is required for property 'passwordProfile' of resource 'User'.",
        ),
        ("userPrincipalName", json!("no-at-sign"), "Property userPrincipalName is invalid."),
        ("userPrincipalName", json!("Zoë@contoso.com"), "Property userPrincipalName is invalid."),
        (
            "userPrincipalName",
            json!("x@wingtiptoys.com"),
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.",
        ),
        (
            "mailNickname",
            json!("has space"),
            "Invalid value specified for property 'mailNickname' of resource 'User'.",
        ),
        ("usageLocation", json!("Switzerland"), INVALID_LOCATION),
        (
            "employeeId",
            json!("12345678901234567"),
            "Invalid value specified for property 'employeeId' of resource 'User'.",
        ),
        ("usageLocation", json!("ZZ"), INVALID_LOCATION),
        ("usageLocation", json!("UK"), INVALID_LOCATION),
        ("userPrincipalName", json!(".ab@contoso.com"), "Property userPrincipalName is invalid."),
        (
            "passwordPolicies",
            json!("Nonsense"),
            "Invalid value specified for property 'passwordPolicies' of resource 'User'.",
        ),
        (
            "otherMails",
            json!(["mallory@example.com", "not a mail"]),
            "Invalid value specified for property 'otherMails' of resource 'User'.",
        ),
        ("mail", json!("not a mail"), "Invalid value specified for property 'mail' of resource 'User'."),
        (
            "onPremisesExtensionAttributes",
            json!({ "extensionAttribute1": "x".repeat(1025) }),
            "Invalid value specified for property 'extensionAttribute1' of resource 'User'.",
        ),
        (
            "businessPhones",
            json!(["+1 425 555 0100", "+1 425 555 0101"]),
            "Invalid value specified for property 'businessPhones' of resource 'User'.",
        ),
        (
            "onPremisesImmutableId",
            ben,
            "Another object with the same value for property onPremisesImmutableId already exists.",
        ),
        (
            "manager@odata.bind",
            json!(format!("https://evil.example/v1.0/users/{adele}")),
            "Invalid URL format specified in payload.",
        ),
        ("department", json!(""), "Invalid value specified for property 'department' of resource 'User'."),
        ("colour", json!("red"), "Invalid property 'colour'."),
        (
            "proxyAddresses",
            json!(["SMTP:x@contoso.com"]),
            "Property 'proxyAddresses' is read-only and cannot be set.",
        ),
        (
            "userPrincipalName",
            json!("AdeleV@CONTOSO.com"),
            "Another object with the same value for property userPrincipalName already exists.",
        ),
        (
            "userPrincipalName",
            json!("Retail@contoso.com"),
            "Another object with the same value for property proxyAddresses already exists.",
        ),
        (
            "mailNickname",
            json!("salesandmarketing"),
            "Another object with the same value for property mailNickname already exists.",
        ),
        (
            "userPrincipalName",
            json!("x@fabrikam.com"),
            "A value is required for property 'onPremisesImmutableId' of resource 'User'.",
        ),
    ];
    for (name, value, message) in table {
        let mut body = newcomer("RaulR");
        body[name] = value;
        client.post("/users", body).await.is_refused(400, "Request_BadRequest", message);
    }
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_name_is_400_and_says_which_property() {
    let client = Client::new();
    let answer = client.post("/users", newcomer("AdeleV")).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["error"]["details"][0]["code"], "ObjectConflict");
    assert_eq!(answer.body["error"]["details"][0]["target"], "userPrincipalName");
}

#[tokio::test(start_paused = true)]
async fn weak_passwords_are_refused() {
    let client = Client::new();
    let weak = "The specified password does not comply with password complexity requirements. Please provide a different password.";
    for password in ["Sh0rt!", "onlylowercase", "lower1234567", &"aA1!".repeat(65)] {
        let mut body = newcomer("RaulR");
        body["passwordProfile"]["password"] = json!(password);
        client.post("/users", body).await.is_refused(400, "Request_BadRequest", weak);
    }
    let mut body = newcomer("RaulR");
    body["passwordProfile"]["password"] = json!("onlylowercase");
    body["passwordPolicies"] = json!("DisableStrongPassword");
    client.post("/users", body).await.is(201);
}

#[tokio::test(start_paused = true)]
async fn bodies_of_the_wrong_shape_are_refused_by_the_gateway() {
    let client = Client::new();
    let table = [
        (
            "accountEnabled",
            json!("yes"),
            "Cannot convert the literal '\"yes\"' to the expected type 'Edm.Boolean'.",
        ),
        (
            "employeeHireDate",
            json!("tomorrow"),
            "Cannot convert the literal '\"tomorrow\"' to the expected type 'Edm.DateTimeOffset'.",
        ),
        (
            "businessPhones",
            json!([null]),
            "A null value was detected in the items of a collection property value; non-nullable instances of collection types do not support null values as items.",
        ),
        (
            "passwordProfile",
            json!({ "pasword": "x" }),
            "The property 'pasword' does not exist on type 'microsoft.graph.passwordProfile'. Make sure to only use property names that are defined by the type.",
        ),
    ];
    for (name, value, message) in table {
        let mut body = newcomer("RaulR");
        body[name] = value;
        client.post("/users", body).await.is_refused(400, "BadRequest", message);
    }
    client.ask("POST", "/users", None).await.is_refused(
        400,
        "BadRequest",
        "Empty Payload. JSON content expected.",
    );
}

#[tokio::test(start_paused = true)]
async fn ids_that_are_none_are_400_and_ids_of_nobody_are_404() {
    let client = Client::new();
    client.get("/users/nobody").await.is_refused(
        400,
        "Request_BadRequest",
        "Invalid object identifier 'nobody'.",
    );
    for id in ["nobody@contoso.com", "00000000-0000-0000-0000-000000000001"] {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        client.get(&format!("/users/{id}")).await.is_refused(404, "Request_ResourceNotFound", &message);
    }
}

#[tokio::test(start_paused = true)]
async fn users_are_found_by_name_in_every_spelling() {
    let client = Client::new();
    let id = client.user_id("AdeleV").await;
    let guest = "brian.johnson_northwindtraders.com%23EXT%23@contoso.onmicrosoft.com";
    for path in [
        "/users/adelev@contoso.com",
        "//users/AdeleV@contoso.com",
        "/users('AdeleV@contoso.com')",
        "/users/AdeleV%40contoso.com",
    ] {
        assert_eq!(client.get(path).await.is(200).body["id"], json!(id), "{path}");
    }
    assert_eq!(client.get(&format!("/users/{guest}")).await.is(200).body["displayName"], "Brian Johnson");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_204_and_null_takes_a_value_away() {
    let client = Client::new();
    client
        .patch("/users/AdeleV@contoso.com", json!({ "jobTitle": null, "department": "Sales" }))
        .await
        .is(204);
    let read = client.get("/users/AdeleV@contoso.com?$select=jobTitle,department").await;
    assert_eq!((&read.body["jobTitle"], &read.body["department"]), (&Value::Null, &json!("Sales")));
    let taken =
        client.patch("/users/AdeleV@contoso.com", json!({ "userPrincipalName": "MeganB@contoso.com" })).await;
    taken.is_refused(
        400,
        "Request_BadRequest",
        "Another object with the same value for property userPrincipalName already exists.",
    );
}

#[tokio::test(start_paused = true)]
async fn the_longest_and_oddest_that_is_right_is_taken() {
    let client = Client::new();
    let mut body = newcomer("RaulR");
    body["passwordPolicies"] = json!("DisablePasswordExpiration, DisableStrongPassword");
    body["onPremisesExtensionAttributes"] = json!({ "extensionAttribute1": "x".repeat(1024) });
    body["otherMails"] = json!(["raul@example.com"]);
    client.post("/users", body).await.is(201);
    let user = "/users/RaulR@contoso.com";
    for change in
        [json!({ "passwordPolicies": "None" }), json!({ "passwordPolicies": null, "otherMails": [] })]
    {
        client.patch(user, change).await.is(204);
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_sets_the_hire_date_at_the_beginning_or_never() {
    let client = Client::new();
    let mut body = newcomer("RaulR");
    body["employeeHireDate"] = json!("2026-03-02T00:00:00Z");
    client.post("/users", body).await.is(201);
    let (user, change) = ("/users/RaulR@contoso.com", json!({ "employeeHireDate": "2026-04-01T00:00:00Z" }));
    let denied = "Insufficient privileges to complete the operation.";
    client.patch(user, change).await.is_refused(403, "Authorization_RequestDenied", denied);
}

#[tokio::test(start_paused = true)]
async fn synced_users_are_mastered_elsewhere_but_for_a_few_properties() {
    let client = Client::new();
    let synced = "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.";
    let user = "/users/BenW@contoso.com";
    client.patch(user, json!({ "department": "Sales" })).await.is_refused(400, "Request_BadRequest", synced);
    client.patch(user, json!({ "usageLocation": "CH" })).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_user_frees_the_name_and_comes_back_unless_it_is_taken() {
    let client = Client::new();
    let id = client.create("RaulR").await;
    client.delete(&format!("/users/{id}")).await.is(204);
    client.delete(&format!("/users/{id}")).await.is(404);
    let deleted = client.get("/directory/deletedItems/microsoft.graph.user").await;
    let renamed = format!("{}RaulR@contoso.com", id.replace('-', ""));
    assert_eq!(deleted.each("userPrincipalName"), [renamed.as_str()]);
    let second = client.create("RaulR").await;
    let restore = format!("/directory/deletedItems/{id}/restore");
    let taken = "Another object with the same value for property userPrincipalName already exists.";
    client.ask("POST", &restore, None).await.is_refused(400, "Request_BadRequest", taken);
    client.delete(&format!("/users/{second}")).await.is(204);
    let restored = client.ask("POST", &restore, None).await;
    assert_eq!(restored.is(200).body["userPrincipalName"], "RaulR@contoso.com");
    client.delete(&format!("/directory/deletedItems/{second}")).await.is(204);
    client.get(&format!("/directory/deletedItems/{second}")).await.is(404);
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_is_gone_for_good_after_thirty_days() {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let client = Client::new();
    let adele = client.user_id("AdeleV").await;
    let group = client.group_id("AtlasTeam").await;
    client.delete(&format!("/users/{adele}")).await.is(204);
    client.tenant.advance(DAY);
    let client = Client::of(&client.tenant, &client.tenant.default_identity());
    client.delete(&format!("/groups/{group}")).await.is(204);
    let is_kept = async |id: &str| {
        let client = Client::of(&client.tenant, &client.tenant.default_identity());
        client.get(&format!("/directory/deletedItems/{id}")).await.status == 200
    };
    client.tenant.advance(DAY * 28);
    assert!(is_kept(&adele).await && is_kept(&group).await);
    client.tenant.advance(DAY);
    assert!(!is_kept(&adele).await && is_kept(&group).await);
    client.tenant.advance(DAY);
    assert!(!is_kept(&group).await);
    let state = client.tenant.state();
    let held = |list: &str, id: &str| state[list].as_array().unwrap().iter().any(|one| one["id"] == id);
    assert!(!held("users", &adele) && !held("mailboxes", &adele) && !held("groups", &group));
}

#[tokio::test(start_paused = true)]
async fn revoking_sessions_answers_true_and_sets_the_date() {
    let client = Client::new();
    let answer = client.ask("POST", "/users/AdeleV@contoso.com/revokeSignInSessions", None).await;
    assert_eq!(
        answer.is(200).body,
        json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean", "value": true })
    );
    let read = client.get("/users/AdeleV@contoso.com?$select=signInSessionsValidFromDateTime").await;
    assert_eq!(read.body["signInSessionsValidFromDateTime"], "2026-03-02T08:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn what_the_tenant_does_not_know_is_501_with_the_path() {
    let client = Client::new();
    let answer = client.get("/users/AdeleV@contoso.com/messages").await;
    answer.is_refused(
        501,
        "NotImplemented",
        "The offline tenant does not know GET /users/AdeleV@contoso.com/messages.",
    );
    client.get("/applications/delta").await.is(501);
    client.get("/users?colour=red").await.is(501);
    let wrong = client.ask("PUT", "/users", Some(json!({}))).await;
    wrong.is_refused(
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    );
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_blocked_and_signed_out_with_narrow_permissions() {
    let client = Client::new();
    let (path, leave) =
        ("/users/LidiaH@contoso.com", json!({ "employeeLeaveDateTime": "2026-03-31T18:00:00+02:00" }));
    client.only(&["User-LifeCycleInfo.ReadWrite.All"]).patch(path, leave.clone()).await.is(403);
    client.only(&["User.ReadWrite.All"]).patch(path, leave.clone()).await.is(403);
    client.only(&["User-LifeCycleInfo.ReadWrite.All", "User.Read.All"]).patch(path, leave).await.is(204);
    let read = format!("{path}?$select=employeeLeaveDateTime");
    client.only(&["User.Read.All"]).get(&read).await.is(403);
    assert_eq!(client.get(&read).await.is(200).body["employeeLeaveDateTime"], "2026-03-31T16:00:00Z");
    client.only(&["User-Phone.ReadWrite.All"]).patch(path, json!({ "mobilePhone": null })).await.is(204);
    let revoke = format!("{path}/revokeSignInSessions");
    client.only(&["User.Read.All"]).ask("POST", &revoke, None).await.is(403);
    client.only(&["User.RevokeSessions.All"]).ask("POST", &revoke, None).await.is(200);
    let valid = client.get(&format!("{path}?$select=signInSessionsValidFromDateTime")).await;
    assert_eq!(valid.body["signInSessionsValidFromDateTime"], "2026-03-02T08:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn a_password_is_reset_with_a_narrow_permission_and_a_role_and_ends_all_sessions() {
    let client = Client::new();
    let (path, body) =
        ("/users/LidiaH@contoso.com", json!({ "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } }));
    let narrow = ["User-PasswordProfile.ReadWrite.All"];
    client.only(&narrow).patch(path, body.clone()).await.is(403);
    let identity = client.tenant.identity_with("resetter", &narrow, &["User Administrator"]);
    client.tenant.advance(std::time::Duration::from_secs(60));
    Client::of(&client.tenant, &identity).patch(path, body).await.is(204);
    let query = "?$select=lastPasswordChangeDateTime,signInSessionsValidFromDateTime,passwordProfile";
    let read = client.get(&format!("{path}{query}")).await;
    let at = json!("2026-03-02T08:01:00Z");
    assert_eq!(
        (&read.is(200).body["lastPasswordChangeDateTime"], &read.body["signInSessionsValidFromDateTime"]),
        (&at, &at)
    );
    assert_eq!(read.body["passwordProfile"]["password"], Value::Null);
}
