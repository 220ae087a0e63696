use axum::body::Body;
use http::Request;
use serde_json::Value;
use tenant::Tenant;

use crate::client::{Answer, Client, GRAPH, send};

#[tokio::test(start_paused = true)]
async fn tokens_that_do_not_do_are_401_each_with_its_reason() {
    let client = Client::new();
    let identity = client.tenant.default_identity();
    let elsewhere = client.tenant.token(&identity, "https://storage.azure.com");
    let good = client.tenant.token(&identity, GRAPH);
    let forged = format!("{}x", good.rsplit_once('.').unwrap().0);
    let table = [
        ("", "Access token is empty."),
        ("nonsense", "CompactToken parsing failed with error code: 80049217"),
        (elsewhere.as_str(), "Access token validation failure. Invalid audience."),
        (forged.as_str(), "CompactToken parsing failed with error code: 80049217"),
    ];
    for (token, message) in table {
        let answer = client.with_token(token).get("/users").await;
        answer.is_refused(401, "InvalidAuthenticationToken", message);
        assert!(answer.header("www-authenticate").starts_with("Bearer "));
    }
    client.tenant.advance(std::time::Duration::from_secs(3_601));
    let expired = client.with_token(&good).get("/users").await;
    expired.is_refused(
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
    );
}

pub(crate) async fn sign_in(tenant: &Tenant, form: &str) -> Answer {
    let request = Request::post("/contoso.onmicrosoft.com/oauth2/v2.0/token")
        .header("content-type", "application/x-www-form-urlencoded");
    send(tenant, request.body(Body::from(form.to_owned())).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_client_signs_in_with_its_secret() {
    let client = Client::new();
    let identity = client.tenant.identity("reporter", &["User.Read.All"]);
    let (id, secret) = (&identity.client_id, &identity.secret);
    let scope = "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials";
    let answer = sign_in(&client.tenant, &format!("{scope}&client_id={id}&client_secret={secret}")).await;
    assert_eq!(answer.is(200).body["token_type"], "Bearer");
    client.with_token(answer.body["access_token"].as_str().unwrap()).get("/users").await.is(200);
    let table = [
        (format!("{scope}&client_id={id}&client_secret=wrong"), 401, "invalid_client", 7_000_215),
        (format!("{scope}&client_id={id}"), 401, "invalid_client", 7_000_218),
        (
            format!(
                "{scope}&client_id={id}&client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
            ),
            400,
            "invalid_request",
            50_027,
        ),
        (
            format!("{scope}&client_id=11111111-1111-4111-8111-111111111111&client_secret=x"),
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            format!("grant_type=client_credentials&scope=User.Read&client_id={id}&client_secret={secret}"),
            400,
            "invalid_scope",
            1_002_012,
        ),
        (format!("grant_type=password&client_id={id}"), 400, "unsupported_grant_type", 70_003),
        (format!("client_id={id}"), 400, "invalid_request", 900_144),
    ];
    for (form, status, error, number) in table {
        let refused = sign_in(&client.tenant, &form).await;
        assert_eq!(
            (refused.status, &refused.body["error"], &refused.body["error_codes"][0]),
            (status, &error.into(), &number.into())
        );
        assert!(
            refused.body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{number}: "))
        );
    }
}

async fn ask_identity(tenant: &Tenant, query: &str, header: Option<(&str, &str)>) -> Answer {
    let mut request = Request::get(query);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    send(tenant, request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_managed_identity_is_known_by_its_header() {
    let client = Client::new();
    let identity = client.tenant.identity("onboard-user", &["User.Read.All"]);
    let header = Some(("x-identity-header", identity.identity_header.as_str()));
    let path = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fgraph.microsoft.com";
    let answer = ask_identity(&client.tenant, path, header).await;
    assert_eq!(answer.is(200).body["client_id"], Value::from(identity.client_id.clone()));
    assert_eq!(answer.body["expires_on"], (1_772_438_400 + 86_400).to_string());
    client.with_token(answer.body["access_token"].as_str().unwrap()).get("/users").await.is(200);
    ask_identity(&client.tenant, path, None).await.is(401);
    ask_identity(&client.tenant, &path.replace("2019-08-01", "2017-09-01"), header).await.is(400);
    ask_identity(&client.tenant, &format!("{path}&client_id=11111111-1111-4111-8111-111111111111"), header)
        .await
        .is(400);
}

#[tokio::test(start_paused = true)]
async fn the_metadata_service_wants_its_header() {
    let client = Client::new();
    let path =
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com";
    ask_identity(&client.tenant, path, None).await.is(400);
    let answer = ask_identity(&client.tenant, path, Some(("metadata", "true"))).await;
    assert_eq!(answer.is(200).body["expires_in"], "86400");
}
