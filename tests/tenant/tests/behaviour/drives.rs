use serde_json::{Value, json};

use crate::client::{Answer, Client};

const LIDIA: &str = "/users/LidiaH@contoso.com/drive";
const MALFORMED: &str = "The request is malformed or incorrect.";

/// The id of a drive and of one of the items at its top.
async fn folder(client: &Client, name: &str) -> (String, String) {
    let drive = client.get(LIDIA).await;
    let children = client.get(&format!("{LIDIA}/root/children")).await;
    let child = children.is(200).body["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|child| child["name"] == name)
        .unwrap();
    (drive.is(200).body["id"].as_str().unwrap().to_owned(), child["id"].as_str().unwrap().to_owned())
}

fn invitation(email: &str, role: &str) -> Value {
    json!({ "recipients": [{ "email": email }], "roles": [role], "requireSignIn": true, "sendInvitation": false })
}

fn who(answer: &Answer) -> Vec<(String, String, bool)> {
    let all = answer.is(200).body["value"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|one| {
        (
            text(&one["grantedToV2"]["user"]["displayName"]),
            text(&one["roles"][0]),
            one.get("inheritedFrom").is_some(),
        )
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn a_drive_is_there_or_it_is_not() {
    let client = Client::new();
    let reader = client.only(&["Files.Read.All"]);
    reader.get("/users/PattiF@contoso.com/drive").await.is_refused(
        404,
        "ResourceNotFound",
        "User's mysite not found.",
    );
    let drive = reader.get(LIDIA).await;
    assert_eq!(
        (&drive.is(200).body["driveType"], &drive.body["owner"]["user"]["displayName"]),
        (&json!("business"), &json!("Lidia Holloway"))
    );
    client.only(&["User.Read.All"]).get(LIDIA).await.is_refused(403, "accessDenied", "Access denied");
    let by_id = reader.get(&format!("/drives/{}", drive.body["id"].as_str().unwrap())).await;
    assert_eq!(
        by_id.is(200).body["webUrl"],
        "https://contoso-my.sharepoint.com/personal/lidiah_contoso_com/Documents"
    );
    reader.get("/drives/b!nothing").await.is(404);
}

#[tokio::test(start_paused = true)]
async fn the_site_behind_a_drive_is_told_to_whoever_selects_it() {
    let client = Client::new();
    let root = client.get(&format!("{LIDIA}/root?$select=id,sharepointIds")).await;
    let site = "https://contoso-my.sharepoint.com/personal/lidiah_contoso_com";
    assert_eq!(root.is(200).body["sharepointIds"]["siteUrl"], site);
    assert!(client.get(&format!("{LIDIA}/root")).await.body.get("sharepointIds").is_none());
    client.get(&format!("{LIDIA}/root?$select=colour")).await.is(400);
}

#[tokio::test(start_paused = true)]
async fn folders_have_children() {
    let client = Client::new();
    let (drive, specs) = folder(&client, "Specs").await;
    let inside =
        client.get(&format!("/drives/{drive}/items/{specs}/children?$select=name,parentReference")).await;
    assert_eq!(inside.is(200).each("name"), ["Atlas.docx", "Borealis.docx"]);
    let parent = format!("/drives/{drive}/root:/Specs");
    assert_eq!(inside.body["value"][0]["parentReference"]["path"], json!(parent));
    let root = client.get(&format!("/drives/{drive}/items/root")).await;
    assert_eq!(
        (&root.is(200).body["size"], &root.body["folder"]["childCount"]),
        (&json!(208_627), &json!(2))
    );
    client.get(&format!("/drives/{drive}/items/01NOTHING")).await.is_refused(
        404,
        "itemNotFound",
        "The resource could not be found.",
    );
}

#[tokio::test(start_paused = true)]
async fn somebody_is_let_into_a_drive_and_out_again() {
    let client = Client::new();
    let (drive, specs) = folder(&client, "Specs").await;
    let (root, below) =
        (format!("/drives/{drive}/items/root"), format!("/drives/{drive}/items/{specs}/permissions"));
    let invite = format!("{root}/invite");
    client.only(&["Files.Read.All"]).post(&invite, invitation("LeeG@contoso.com", "write")).await.is(403);
    let writer = client.only(&["Files.ReadWrite.All"]);
    let given = writer.post(&invite, invitation("LeeG@contoso.com", "read")).await;
    assert_eq!(who(&given), [("Lee Gu".to_owned(), "read".to_owned(), false)]);
    let again = writer.post(&invite, invitation("leeg@CONTOSO.com", "write")).await;
    assert_eq!(again.is(200).each("id"), given.each("id"));
    let at_root = writer.get(&format!("{root}/permissions")).await;
    let lee = |inherited| ("Lee Gu".to_owned(), "write".to_owned(), inherited);
    let lidia = ("Lidia Holloway".to_owned(), "owner".to_owned(), false);
    assert_eq!(who(&at_root), [lidia.clone(), lee(false)]);
    let johanna = ("Johanna Lorenz".to_owned(), "write".to_owned(), false);
    assert_eq!(who(&writer.get(&below).await), [lidia, johanna, lee(true)]);
    let (id, owner) = (given.each("id")[0], at_root.each("id")[0]);
    writer.delete(&format!("{below}/{id}")).await.is_refused(403, "accessDenied", "Access denied");
    writer.delete(&format!("{root}/permissions/{owner}")).await.is(403);
    writer.delete(&format!("{root}/permissions/{id}")).await.is(204);
    writer.delete(&format!("{root}/permissions/{id}")).await.is(404);
    assert_eq!(writer.get(&below).await.each("id").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn many_organisations_refuse_to_share_a_whole_drive() {
    let client = Client::new();
    let (drive, specs) = folder(&client, "Specs").await;
    let mut state = client.tenant.state();
    state["sharing"]["invitesOnRoot"] = json!(false);
    client.tenant.load(&state).unwrap();
    let lee = invitation("LeeG@contoso.com", "write");
    let refused = client.post(&format!("/drives/{drive}/root/invite"), lee.clone()).await;
    assert_eq!((refused.is(400).code(), refused.message().contains("root")), ("invalidRequest", true));
    client.post(&format!("/drives/{drive}/items/{specs}/invite"), lee).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn an_invitation_that_makes_no_sense_is_refused_in_one_sentence() {
    let client = Client::new();
    let (drive, specs) = folder(&client, "Specs").await;
    let path = format!("/drives/{drive}/items/{specs}/invite");
    let good = invitation("LeeG@contoso.com", "write");
    let table = [
        ("recipients", json!([])),
        ("recipients", json!([{ "email": "nobody@contoso.com" }])),
        ("recipients", json!([{ "alias": "LeeG" }])),
        ("recipients", json!([{ "objectId": "00000000-0000-0000-0000-000000000001" }])),
        ("roles", json!(["admin"])),
        ("roles", json!([])),
        ("requireSignIn", json!(false)),
    ];
    for (name, value) in table {
        let mut wrong = good.clone();
        wrong[name] = value;
        client.post(&path, wrong).await.is_refused(400, "invalidRequest", MALFORMED);
    }
    let by_id = json!([{ "objectId": client.user_id("LeeG").await }]);
    let mut right = good;
    right["recipients"] = by_id;
    client.post(&path, right).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_drive_outlives_the_licence_and_the_account() {
    let client = Client::new();
    let (drive, _) = folder(&client, "Specs").await;
    let office = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let body = json!({ "addLicenses": [], "removeLicenses": [office] });
    client.post("/users/LidiaH@contoso.com/assignLicense", body).await.is(200);
    client.get(LIDIA).await.is(200);
    client.delete("/users/LidiaH@contoso.com").await.is(204);
    client.get(LIDIA).await.is(404);
    client.get(&format!("/drives/{drive}/root/children")).await.is(200);
}
