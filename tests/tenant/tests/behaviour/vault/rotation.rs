//! All services at once: a certificate made in the vault, added to an application, and a sign-in that the vault's key signs.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Asker, encoded, version_of};
use crate::authentication::sign_in;
use crate::client::Client;
use crate::credentials::{PAYROLL, application};
use crate::keys::{new_key, thumbprints};

const NOW: i64 = 1_772_438_400;
const AUDIENCE: &str = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
const FORM: &str = "scope=https%3A%2F%2Fvault.azure.net%2F.default&grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

/// An assertion that the newest version of a key signs.
async fn assertion(asker: &Asker, made: &Value, app_id: &str) -> String {
    let header =
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprints(made["cer"].as_str().unwrap()).1 });
    let claims = json!({
        "aud": AUDIENCE, "iss": app_id, "sub": app_id, "jti": "1", "nbf": NOW, "exp": NOW + 300,
    });
    let signed =
        format!("{}.{}", encoded(header.to_string().as_bytes()), encoded(claims.to_string().as_bytes()));
    let body = json!({ "alg": "PS256", "value": encoded(&Sha256::digest(&signed)) });
    let answer = asker.post(&format!("/keys/payroll/{}/sign", version_of(made)), body).await;
    format!("{signed}.{}", answer.is(200).body["value"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_application_signs_in_with_a_certificate_whose_key_never_left_the_vault() {
    let asker = Asker::new();
    let client = Client::of(&asker.tenant, &asker.tenant.default_identity());
    let made = asker.make("payroll").await;
    let found = application(&client, PAYROLL).await;
    let (id, app_id) = (found["id"].as_str().unwrap(), found["appId"].as_str().unwrap());
    let form =
        format!("{FORM}&client_id={app_id}&client_assertion={}", assertion(&asker, &made, app_id).await);
    sign_in(&asker.tenant, &form).await.is(401);

    let credentials = json!({ "keyCredentials": [new_key(made["cer"].as_str().unwrap())] });
    client.patch(&format!("/applications/{id}"), credentials).await.is(204);
    let answer = sign_in(&asker.tenant, &form).await;
    let token = answer.is(200).body["access_token"].as_str().unwrap().to_owned();
    let application = Asker { token, ..asker.at("contoso-keys") };
    assert_eq!(
        super::inner(&application.get("/secrets").await),
        "ForbiddenByRbac",
        "it is somebody without a role"
    );
}
