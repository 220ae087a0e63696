use serde_json::{Value, json};

use crate::client::Client;

const LIDIA: &str = "/users/LidiaH@contoso.com/authentication";
const PASSWORD: &str = "28c10230-6103-485e-b985-444c60001490";
const MOBILE: &str = "3179e48a-750b-4051-897c-87b9720928f7";

/// The segment below which methods of a type are deleted.
fn segment(method: &Value) -> String {
    let name = method["@odata.type"].as_str().unwrap().strip_prefix("#microsoft.graph.").unwrap();
    match name.strip_suffix("AuthenticationMethod").unwrap() {
        "external" => "externalAuthenticationMethods".to_owned(),
        kind => format!("{kind}Methods"),
    }
}

async fn methods(client: &Client) -> Vec<Value> {
    let listed = client.get(&format!("{LIDIA}/methods")).await;
    listed.is(200).body["value"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn methods_of_every_type_are_listed_together_and_apart() {
    let client = Client::new();
    let all = methods(&client).await;
    assert_eq!((all.len(), &all[0]["id"]), (9, &json!(PASSWORD)));
    for method in &all {
        let (segment, id) = (segment(method), method["id"].as_str().unwrap());
        let apart = client.get(&format!("{LIDIA}/{segment}")).await;
        assert_eq!(apart.is(200).each("id"), [id]);
        assert!(apart.body["value"][0].get("@odata.type").is_none(), "{segment}");
    }
    client.get(&format!("{LIDIA}/carrierPigeonMethods")).await.is(501);
}

#[tokio::test(start_paused = true)]
async fn the_default_method_goes_last() {
    let client = Client::new();
    let all: Vec<Value> = methods(&client).await.into_iter().skip(1).collect();
    let default = all[0]["id"].as_str().unwrap().to_owned();
    let first = format!("{LIDIA}/microsoftAuthenticatorMethods/{default}");
    let message = format!(
        "The requested authentication method id of [{default}] matches the user's current default authentication method, and cannot be deleted until the default authentication method is changed"
    );
    client.delete(&first).await.is_refused(400, "badRequest", &message);
    for method in &all[1..] {
        let path = format!("{LIDIA}/{}/{}", segment(method), method["id"].as_str().unwrap());
        client.delete(&path).await.is(204);
        client.delete(&path).await.is(404);
    }
    client.delete(&first).await.is(204);
    assert_eq!(methods(&client).await.len(), 1);
    let state = client.tenant.state();
    let lidia =
        state["users"].as_array().unwrap().iter().find(|user| user["mailNickname"] == "LidiaH").unwrap();
    assert!(
        lidia.get("authenticationMethods").is_none() && lidia.get("defaultAuthenticationMethod").is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn each_type_has_a_permission_of_its_own() {
    let client = Client::new();
    let table = [
        ("phoneMethods", "UserAuthMethod-Phone.ReadWrite.All"),
        ("emailMethods", "UserAuthMethod-Email.ReadWrite.All"),
        ("fido2Methods", "UserAuthMethod-Passkey.ReadWrite.All"),
        ("softwareOathMethods", "UserAuthMethod-SoftwareOATH.ReadWrite.All"),
        ("windowsHelloForBusinessMethods", "UserAuthMethod-WindowsHello.ReadWrite.All"),
        ("platformCredentialMethods", "UserAuthMethod-PlatformCred.ReadWrite.All"),
        ("externalAuthenticationMethods", "UserAuthMethod-External.ReadWrite.All"),
        ("microsoftAuthenticatorMethods", "UserAuthMethod-MicrosoftAuthApp.ReadWrite.All"),
    ];
    for (segment, role) in table {
        let path = format!("{LIDIA}/{segment}");
        let id = client.get(&path).await.each("id")[0].to_owned();
        let reader = client.only(&["UserAuthenticationMethod.Read.All"]);
        reader.get(&path).await.is(200);
        reader.delete(&format!("{path}/{id}")).await.is(403);
        client.only(&["User.ReadWrite.All"]).get(&path).await.is(403);
        client.only(&[role]).delete(&format!("{path}/{id}")).await.is(204);
    }
}

#[tokio::test(start_paused = true)]
async fn methods_are_not_deleted_below_the_list_nor_is_a_password() {
    let client = Client::new();
    for path in [format!("{LIDIA}/methods/{MOBILE}"), format!("{LIDIA}/passwordMethods/{PASSWORD}")] {
        client.delete(&path).await.is(405);
    }
    assert_eq!(methods(&client).await.len(), 9);
    let reader = client.only(&["UserAuthMethod-Password.Read.All"]);
    let read = reader.get(&format!("{LIDIA}/passwordMethods/{PASSWORD}")).await;
    assert_eq!((&read.is(200).body["password"], &read.body["id"]), (&Value::Null, &json!(PASSWORD)));
    reader.get(&format!("{LIDIA}/methods")).await.is(403);
}

#[tokio::test(start_paused = true)]
async fn a_phone_comes_back_once_and_in_the_right_form() {
    let client = Client::new();
    let (path, phone) =
        (format!("{LIDIA}/phoneMethods"), json!({ "phoneNumber": "+41 791234567", "phoneType": "mobile" }));
    client.post(&path, phone.clone()).await.is(400);
    client.delete(&format!("{path}/{MOBILE}")).await.is(204);
    let back = client.only(&["UserAuthMethod-Phone.ReadWrite.All"]).post(&path, phone).await;
    assert_eq!(
        (&back.is(201).body["id"], &back.body["phoneNumber"]),
        (&json!(MOBILE), &json!("+41 791234567"))
    );
    let table = [
        json!({ "phoneType": "office" }),
        json!({ "phoneNumber": "+41 443332211" }),
        json!({ "phoneNumber": "0443332211", "phoneType": "office" }),
        json!({ "phoneNumber": "+41 44 333", "phoneType": "office" }),
        json!({ "phoneNumber": "+41 443332211", "phoneType": "pager" }),
        json!({ "phoneNumber": "+41 443332211", "phoneType": "office", "colour": "red" }),
    ];
    for body in table {
        client.post(&path, body).await.is(400);
    }
    client.post(&path, json!({ "phoneNumber": "+41 443332211x12", "phoneType": "office" })).await.is(201);
}

#[tokio::test(start_paused = true)]
async fn the_first_method_one_can_be_asked_for_becomes_the_default() {
    let client = Client::new();
    let user = client.create("RaulR").await;
    let path = format!("/users/{user}/authentication/phoneMethods");
    client.post(&path, json!({ "phoneNumber": "+41 791112233", "phoneType": "mobile" })).await.is(201);
    client.post(&path, json!({ "phoneNumber": "+41 443332211", "phoneType": "office" })).await.is(201);
    client.delete(&format!("{path}/{MOBILE}")).await.is(400);
    client.delete(&format!("{path}/e37fc753-ff3b-4958-9484-eaa9425c82bc")).await.is(204);
    client.delete(&format!("{path}/{MOBILE}")).await.is(204);
}

#[tokio::test(start_paused = true)]
async fn the_methods_of_administrators_are_out_of_reach_without_a_role() {
    let client = Client::new();
    let path = format!("/users/AllanD@contoso.com/authentication/phoneMethods/{MOBILE}");
    client.delete(&path).await.is(403);
    client.holding(&["Privileged Authentication Administrator"]).delete(&path).await.is(204);
}
