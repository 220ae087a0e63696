use serde_json::{Value, json};
use tenant::{Options, Tenant};

use crate::authentication::sign_in;
use crate::client::{Answer, Client, send};
use crate::credentials::{PAYROLL, application};

const REPORT: &str = "/beta/reports/appCredentialSignInActivities";

async fn report(client: &Client, query: &str) -> Answer {
    let request = http::Request::get(format!("{REPORT}{}", query.replace(' ', "%20")));
    let request = request.header("authorization", client.bearer()).body(axum::body::Body::empty());
    send(&client.tenant, request.unwrap()).await
}

async fn use_secret(tenant: &Tenant, app_id: &str, text: &str) {
    let form = format!(
        "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials&client_id={app_id}&client_secret={text}"
    );
    sign_in(tenant, &form).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_reported_with_its_credential() {
    let client = Client::new();
    let payroll = application(&client, PAYROLL).await;
    let (id, app_id) = (payroll["id"].as_str().unwrap(), payroll["appId"].as_str().unwrap());
    let told = client.ask("POST", &format!("/applications/{id}/addPassword"), None).await;
    let key_id = told.is(200).body["keyId"].as_str().unwrap();
    let query = format!("?$filter=keyId eq '{key_id}'");
    assert!(report(&client, &query).await.is(200).each("id").is_empty(), "never used");
    use_secret(&client.tenant, app_id, told.body["secretText"].as_str().unwrap()).await;
    let found = report(&client, &query).await;
    let row = &found.is(200).body["value"][0];
    let wanted = [
        ("appId", json!(app_id)),
        ("appObjectId", json!(id)),
        ("keyType", json!("clientSecret")),
        ("credentialOrigin", json!("application")),
        ("expirationDateTime", json!("2028-03-02T08:00:00Z")),
    ];
    for (name, value) in wanted {
        assert_eq!(row[name], value, "{row}");
    }
    assert_eq!(row["signInActivity"]["lastSignInDateTime"], "2026-03-02T08:00:00Z");
    let of_app = report(&client, &format!("?$filter=appId eq '{app_id}'")).await;
    assert_eq!(of_app.is(200).each("keyId").len(), 2, "one was used before");
    let state = client.tenant.state();
    client.tenant.load(&state).unwrap();
    assert_eq!(report(&client, &query).await.body["value"][0], *row);
    client.post(&format!("/applications/{id}/removePassword"), json!({ "keyId": key_id })).await.is(204);
    assert!(report(&client, &query).await.is(200).each("id").is_empty(), "gone with its credential");
}

#[tokio::test(start_paused = true)]
async fn the_report_comes_in_pages_to_those_who_may_read_it() {
    let client = Client::with(Options { applications: 50, ..Options::default() });
    let reader = client.only(&["AuditLog.Read.All"]);
    let whole = report(&reader, "").await;
    assert_eq!(whole.is(200).each("id").len(), 16, "ten of the crowd, six of Contoso's");
    let (mut next, mut ids) = (Some("?$top=7".to_owned()), Vec::new());
    while let Some(query) = next {
        let page = report(&reader, &query).await;
        ids.extend(page.is(200).each("id").into_iter().map(str::to_owned));
        next = page.body["@odata.nextLink"].as_str().map(|link| link[link.find('?').unwrap()..].to_owned());
    }
    assert_eq!(ids, whole.each("id"));
    report(&client.only(&["Application.Read.All"]), "").await.is(403);
    report(&reader, "?$filter=keyType eq 'x'").await.is(400);
    reader.get("/reports/appCredentialSignInActivities").await.is(501);
    let mut state = client.tenant.state();
    let premium = |sku: &Value| sku.to_string().contains("AAD_PREMIUM");
    state["subscribedSkus"].as_array_mut().unwrap().retain(|sku| !premium(sku));
    client.tenant.load(&state).unwrap();
    let refused = report(&reader, "").await;
    assert_eq!(refused.is(403).code(), "Authentication_RequestFromNonPremiumTenantOrB2CTenant");
}
