use std::time::Duration;

use serde_json::{Value, json};
use tenant::Options;

use crate::authentication::sign_in;
use crate::client::{Answer, Client};
use crate::credentials::{PAYROLL, application};
use crate::keys::{certificate, new_key, of_2026, signed, thumbprints};

const NOW: i64 = 1_772_438_400;
const AUDIENCE: &str = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
const GRAPH: &str = "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials";
const ASSERTION: &str =
    "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion";

/// An application that signs in, with a certificate of its own.
struct Signing {
    client: Client,
    path: String,
    app_id: String,
    certificate: String,
}

impl Signing {
    async fn with(options: Options) -> Signing {
        let client = Client::with(options);
        let found = application(&client, PAYROLL).await;
        let path = format!("/applications/{}", found["id"].as_str().unwrap());
        let app_id = found["appId"].as_str().unwrap().to_owned();
        let certificate = of_2026("payroll");
        client.patch(&path, json!({ "keyCredentials": [new_key(&certificate)] })).await.is(204);
        Signing { client, path, app_id, certificate }
    }

    fn claims(&self) -> Value {
        json!({ "aud": AUDIENCE, "iss": self.app_id, "sub": self.app_id, "jti": "1", "nbf": NOW, "exp": NOW + 300 })
    }

    /// A header that names the certificate in the new way.
    fn header(&self) -> Value {
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprints(&self.certificate).1 })
    }

    async fn assert(&self, header: &Value, claims: &Value) -> Answer {
        self.hand_in(&signed(header, claims)).await
    }

    async fn hand_in(&self, assertion: &str) -> Answer {
        let form = format!("{GRAPH}&client_id={}&{ASSERTION}={assertion}", self.app_id);
        sign_in(&self.client.tenant, &form).await
    }

    async fn secret(&self, text: &str) -> Answer {
        let form = format!("{GRAPH}&client_id={}&client_secret={text}", self.app_id);
        sign_in(&self.client.tenant, &form).await
    }

    async fn add_secret(&self, wanted: Value) -> (String, Value) {
        let body = json!({ "passwordCredential": wanted });
        let told = self.client.post(&format!("{}/addPassword", self.path), body).await;
        (told.is(200).body["secretText"].as_str().unwrap().to_owned(), told.body["keyId"].clone())
    }
}

#[track_caller]
fn is_refused(answer: &Answer, status: u16, number: u32, fragment: &str) {
    let description = answer.body["error_description"].as_str().unwrap_or_default();
    let told = (answer.status, answer.body["error_codes"][0].as_u64());
    assert_eq!(told, (status, Some(u64::from(number))), "{}", answer.text);
    assert!(description.contains(fragment), "{description}");
}

#[tokio::test(start_paused = true)]
async fn an_application_signs_in_with_its_certificate_in_either_way() {
    let signing = Signing::with(Options::default()).await;
    let old = json!({ "alg": "RS256", "typ": "JWT", "x5t": thumbprints(&signing.certificate).0 });
    for header in [signing.header(), old] {
        let answer = signing.assert(&header, &signing.claims()).await;
        let token = answer.is(200).body["access_token"].as_str().unwrap();
        // It is somebody, but was given no role.
        signing.client.with_token(token).get("/applications").await.is(403);
    }
    let entry = format!("{:?}", signing.client.tenant.transcript());
    assert!(!entry.contains(&signed(&signing.header(), &signing.claims())), "assertions are masked");
}

#[tokio::test(start_paused = true)]
async fn an_assertion_that_does_not_do_is_refused_with_its_reason() {
    let signing = Signing::with(Options::default()).await;
    let claims = |name: &str, value: Value| {
        let mut claims = signing.claims();
        claims[name] = value;
        claims
    };
    let unknown = json!({ "alg": "PS256", "x5t#S256": thumbprints(&of_2026("somebody else")).1 });
    let range = "Client assertion is not within its valid time range. Current time: 2026-03-02T08:00:00.0000000Z, assertion valid from 1970-01-01T00:00:00.0000000Z, expiry time of assertion 2026-03-02T08:00:00.0000000Z.";
    let mut ended = claims("exp", json!(NOW));
    ended.as_object_mut().unwrap().remove("nbf");
    let good = signing.header();
    let table = [
        (
            &unknown,
            signing.claims(),
            401,
            700_027,
            "[Reason - The key was not found., Thumbprint of key used by client: '",
        ),
        (&good, claims("iss", json!("x")), 401, 700_021, "doesn't match 'client_id'"),
        (&good, claims("sub", Value::Null), 401, 700_021, "doesn't match 'client_id'"),
        (&good, claims("aud", json!("https://graph.microsoft.com")), 401, 700_023, "audience claim"),
        (&good, ended, 401, 700_024, range),
        (&good, claims("nbf", json!(NOW + 301)), 401, 700_024, "not within"),
        (&good, claims("exp", Value::Null), 400, 50_027, "malformed"),
    ];
    for (header, claims, status, number, fragment) in table {
        is_refused(&signing.assert(header, &claims).await, status, number, fragment);
    }
    signing.assert(&good, &claims("nbf", json!(NOW + 300))).await.is(200);
    let own = format!("http://127.0.0.1/{}/oauth2/v2.0/token", "contoso.com");
    is_refused(&signing.assert(&good, &claims("aud", json!(own))).await, 401, 700_023, "audience");
    let unsupported = json!({ "alg": "none", "x5t#S256": thumbprints(&signing.certificate).1 });
    is_refused(&signing.assert(&unsupported, &signing.claims()).await, 400, 50_027, "malformed");
}

#[tokio::test(start_paused = true)]
async fn a_signature_is_really_checked() {
    let signing = Signing::with(Options::default()).await;
    let good = signed(&signing.header(), &signing.claims());
    let (_, signature) = good.rsplit_once('.').unwrap();
    let mut later = signing.claims();
    later["exp"] = json!(NOW + 3_600);
    let other = signed(&signing.header(), &later);
    let forged = format!("{}.{signature}", other.rsplit_once('.').unwrap().0);
    let reason = "The key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '";
    is_refused(&signing.hand_in(&forged).await, 401, 700_027, reason);
    signing.hand_in(&good).await.is(200);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_has_ended_no_longer_signs_in() {
    let mut signing = Signing::with(Options::default()).await;
    signing.certificate = certificate("short", (2026, 1, 1), (2026, 3, 3));
    let change = json!({ "keyCredentials": [new_key(&signing.certificate)] });
    signing.client.patch(&signing.path, change).await.is(204);
    signing.assert(&signing.header(), &signing.claims()).await.is(200);
    signing.client.tenant.advance(Duration::from_secs(16 * 3_600));
    let found = "The key used is expired., Thumbprint of key used by client: '";
    let refused = signing.assert(&signing.header(), &signing.claims()).await;
    is_refused(&refused, 401, 700_027, found);
    is_refused(&refused, 401, 700_027, "Found key 'Start=01/01/2026 00:00:00, End=03/03/2026 00:00:00'");
}

#[tokio::test(start_paused = true)]
async fn an_application_signs_in_with_its_secret_until_that_ends() {
    let signing = Signing::with(Options::default()).await;
    let (text, _) = signing.add_secret(json!({ "endDateTime": "2026-03-02T09:00:00Z" })).await;
    let (later, _) = signing.add_secret(json!({ "startDateTime": "2026-03-05T00:00:00Z" })).await;
    signing.secret(&text).await.is(200);
    is_refused(&signing.secret("wrong").await, 401, 7_000_215, "Invalid client secret provided.");
    signing.client.tenant.advance(Duration::from_secs(3_600));
    is_refused(&signing.secret(&text).await, 401, 7_000_222, "are expired. Visit the Azure portal");
    is_refused(&signing.secret(&later).await, 401, 7_000_215, "Invalid client secret provided.");
}

#[tokio::test(start_paused = true)]
async fn who_is_no_client_here_is_told_so() {
    let mut signing = Signing::with(Options::default()).await;
    let prototype = application(&signing.client, "Forgotten Prototype").await;
    signing.app_id = prototype["appId"].as_str().unwrap().to_owned();
    is_refused(&signing.secret("x").await, 401, 7_000_229, "is missing service principal in the tenant");
    signing.app_id = "11111111-1111-4111-8111-111111111111".to_owned();
    is_refused(&signing.secret("x").await, 400, 700_016, "was not found in the directory 'Contoso'");
    let payroll = application(&signing.client, PAYROLL).await["appId"].as_str().unwrap().to_owned();
    let principal = format!("/servicePrincipals(appId='{payroll}')");
    signing.client.patch(&principal, json!({ "accountEnabled": false })).await.is(204);
    signing.app_id = payroll;
    is_refused(&signing.secret("x").await, 400, 7_000_112, "is disabled");
    let elsewhere = http::Request::post("/fabrikam.onmicrosoft.com/oauth2/v2.0/token");
    let body = axum::body::Body::from(format!("{GRAPH}&client_id=x&client_secret=x"));
    let refused = crate::client::send(&signing.client.tenant, elsewhere.body(body).unwrap()).await;
    is_refused(&refused, 400, 90_002, "Tenant 'fabrikam.onmicrosoft.com' not found.");
}

#[tokio::test(start_paused = true)]
async fn a_new_credential_is_known_and_an_old_one_forgotten_after_a_while() {
    let delay = (Duration::from_secs(4), Duration::from_secs(18));
    let signing = Signing::with(Options { credential_delay: delay, ..Options::default() }).await;
    let sign = || async { signing.assert(&signing.header(), &signing.claims()).await };
    let (text, id) = signing.add_secret(json!({})).await;
    signing.client.tenant.advance(Duration::from_millis(3_999));
    is_refused(&sign().await, 401, 700_027, "The key was not found.");
    is_refused(&signing.secret(&text).await, 401, 7_000_215, "Invalid client secret");
    signing.client.tenant.advance(Duration::from_secs(15));
    sign().await.is(200);
    signing.secret(&text).await.is(200);
    signing.client.patch(&signing.path, json!({ "keyCredentials": [] })).await.is(204);
    let remove = format!("{}/removePassword", signing.path);
    signing.client.post(&remove, json!({ "keyId": id })).await.is(204);
    signing.client.tenant.advance(Duration::from_millis(3_999));
    sign().await.is(200);
    signing.secret(&text).await.is(200);
    signing.client.tenant.advance(Duration::from_secs(15));
    is_refused(&sign().await, 401, 700_027, "The key was not found.");
    is_refused(&signing.secret(&text).await, 401, 7_000_215, "Invalid client secret");
}

#[tokio::test(start_paused = true)]
async fn somebody_else_s_token_stands_for_an_application_that_trusts_it() {
    let mut signing = Signing::with(Options::default()).await;
    let build = application(&signing.client, "Nightly Build").await;
    signing.app_id = build["appId"].as_str().unwrap().to_owned();
    let token = |subject: &str| {
        let claims = json!({
            "aud": "api://AzureADTokenExchange", "iss": "https://token.actions.githubusercontent.com",
            "sub": subject, "nbf": NOW, "exp": NOW + 300,
        });
        signed(&json!({ "alg": "RS256", "kid": "1" }), &claims)
    };
    signing.hand_in(&token("repo:contoso/nightly:ref:refs/heads/main")).await.is(200);
    let refused = signing.hand_in(&token("repo:contoso/nightly:pull_request")).await;
    is_refused(&refused, 401, 700_213, "No matching federated identity record found");
}

#[tokio::test(start_paused = true)]
async fn the_token_endpoint_may_be_in_trouble_where_a_rule_names_it() {
    let signing = Signing::with(Options::default()).await;
    let (text, _) = signing.add_secret(json!({})).await;
    let rule = |path: Option<&str>, then| tenant::Fault {
        path: path.map(str::to_owned),
        times: Some(1),
        then,
        ..tenant::Fault::default()
    };
    let busy =
        tenant::Trouble { status: Some(503), retry_after: Some("5".into()), ..tenant::Trouble::default() };
    signing.client.tenant.fault(rule(None, busy.clone()));
    signing.secret(&text).await.is(200);
    signing.client.tenant.clear_faults();
    signing.client.tenant.fault(rule(Some("*/oauth2/v2.0/token"), busy));
    let refused = signing.secret(&text).await;
    is_refused(&refused, 503, 90_033, "A transient error has occurred.");
    assert_eq!(refused.header("retry-after"), "5");
    let lost = tenant::Trouble { drop: Some(tenant::Drop::After), ..tenant::Trouble::default() };
    signing.client.tenant.fault(rule(Some("*/oauth2/v2.0/token"), lost));
    assert!(signing.secret(&text).await.dropped);
    signing.secret(&text).await.is(200);
}
