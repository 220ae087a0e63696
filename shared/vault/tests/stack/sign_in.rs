//! Signing in as an application, by a key in a vault or by a secret.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use graph::Refusal;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tokio::time::Instant;
use vault::{By, KeyVaults, Vaults};

use crate::mock::{
    APPLICATION, Answer, Http, SECRET, TENANT, VERSION, body, by_certificate, client, config, empty, failure,
    is_login, keys, lost, name, no_token, refusal, secret, sign_in, status, token, wire, with,
};

const LOGIN: &str = "login.microsoftonline.com";

/// What is sent for a token.
fn form(request: &Http) -> HashMap<String, String> {
    let pairs =
        reqwest::Url::parse(&format!("http://x/?{}", str::from_utf8(request.body()).unwrap())).unwrap();
    pairs.query_pairs().into_owned().collect()
}

fn part(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn signature() -> Answer {
    with(200, &json!({"kid": "k", "value": URL_SAFE_NO_PAD.encode(b"signed by the vault")}))
}

/// A vault that signs and holds a secret, and an authority that says this, by how often it was asked before.
fn signing(told: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (KeyVaults, crate::mock::Log) {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    client(move |request, _| match request.uri().path() {
        path if path.ends_with("/sign") => signature(),
        path if path.starts_with("/secrets/") => with(200, &json!({"value": "held in the vault"})),
        _ => told(asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
    })
}

#[tokio::test(start_paused = true)]
async fn the_vault_signs_an_assertion_and_the_token_is_thrown_away() {
    let (wire, log) = wire(|request, _| if is_login(request) { token() } else { signature() });
    let now = "2026-03-02T08:00:00Z".parse::<Timestamp>().unwrap();
    let vaults = KeyVaults::over(vault::Config { now: Arc::new(move || now), ..config(&[]) }, wire);
    let answer = vaults.send(sign_in(by_certificate()), None).await.unwrap();
    assert_eq!((answer.status, answer.body), (200, json!({"signedIn": true})));
    assert_eq!(
        log.lines(),
        [
            format!("POST https://contoso-keys.vault.azure.net/keys/payroll/{VERSION}/sign"),
            format!("POST https://{LOGIN}/{TENANT}/oauth2/v2.0/token"),
        ]
    );
    let [sign, login] = &log.all()[..] else { panic!() };
    let form = form(login);
    assert_eq!(form["client_id"], APPLICATION);
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(form["scope"], "https://graph.microsoft.com/.default");
    let parts: Vec<&str> = form["client_assertion"].split('.').collect();
    let [header, claims, signed] = parts[..] else { panic!("{form:?}") };
    let text = format!("{header}.{claims}");
    let digest = URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()));
    assert_eq!(body(sign), json!({"alg": "PS256", "value": digest}));
    assert_eq!(URL_SAFE_NO_PAD.decode(signed).unwrap(), b"signed by the vault");
    assert_eq!(part(header), json!({"alg": "PS256", "typ": "JWT", "x5t#S256": "kX9"}));
    let claims = part(claims);
    assert_eq!(claims["aud"], format!("https://{LOGIN}/{TENANT}/oauth2/v2.0/token"));
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(APPLICATION), &json!(APPLICATION)));
    let from = now.as_second();
    assert_eq!((&claims["nbf"], &claims["exp"]), (&json!(from), &json!(from + 300)));
}

#[tokio::test(start_paused = true)]
async fn a_secret_proves_itself_wherever_it_is() {
    let published = By::Published { vault: keys(), name: name() };
    for (by, text) in [(By::Carried, SECRET), (published, "held in the vault")] {
        let (vaults, log) = signing(|_| token());
        let answer = vaults.send(sign_in(by), Some(&secret())).await.unwrap();
        assert_eq!(answer.body, json!({"signedIn": true}));
        assert_eq!(form(log.all().last().unwrap())["client_secret"], text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_not_known_yet_is_tried_again_with_growing_pauses() {
    for (by, aadsts) in [(by_certificate(), 700_027), (By::Carried, 7_000_215)] {
        let (vaults, log) = signing(move |before| if before < 6 { no_token(aadsts) } else { token() });
        vaults.send(sign_in(by.clone()), Some(&secret())).await.unwrap();
        let waits = log.waits(LOGIN);
        assert_eq!(waits.len(), 6);
        for (wait, most) in waits.iter().zip([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]) {
            assert!(*wait >= most / 2 && *wait <= most, "{waits:?}");
        }
        let sent = log.all();
        let assertions = sent.iter().filter(|request| is_login(request)).map(form);
        let mut assertions: Vec<_> =
            assertions.filter_map(|form| form.get("client_assertion").cloned()).collect();
        let made = assertions.len();
        assertions.sort();
        assertions.dedup();
        assert_eq!(assertions.len(), made, "each is used once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_stays_unknown_is_given_up_after_the_patience() {
    for seconds in [120, 20] {
        let (wire, _) = wire(|_, _| no_token(7_000_215));
        let config = vault::Config { sign_in: Duration::from_secs(seconds), ..config(&[]) };
        assert_eq!(crate::mock::config(&[]).sign_in, Duration::from_secs(120));
        let begun = Instant::now();
        let ask = sign_in(By::Carried);
        let error = failure(&KeyVaults::over(config, wire), ask.clone()).await;
        assert!(ask.is_not_yet(&error), "{error}");
        assert_eq!(
            (error.status(), error.code(), error.request_id()),
            (Some(401), "AADSTS7000215", Some("r-1"))
        );
        let took = begun.elapsed().as_secs();
        assert!((seconds - 6..=seconds).contains(&took), "{took}");
    }
}

#[tokio::test(start_paused = true)]
async fn other_refusals_are_told_at_once_and_not_in_entras_words() {
    let table = [
        (7_000_222, Some(Refusal::CredentialEnded)),
        (700_016, Some(Refusal::NoApplication)),
        (7_000_112, Some(Refusal::ApplicationDisabled)),
        (50_196, None),
    ];
    for (aadsts, expected) in table {
        let (vaults, log) = signing(move |_| no_token(aadsts));
        let error = failure(&vaults, sign_in(By::Carried)).await;
        assert_eq!((error.refusal(), error.code()), (expected, format!("AADSTS{aadsts}").as_str()));
        assert!(error.is_refused() && !format!("{error} {error:?}").contains(SECRET), "{error:?}");
        assert_eq!(log.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_in_trouble_is_asked_again() {
    let (vaults, log) = signing(|before| match before {
        0 => lost(),
        1 => Ok(status(503).header("retry-after", "3").body("<html>".into()).unwrap()),
        2 => empty(status(500)),
        _ => token(),
    });
    vaults.send(sign_in(By::Carried), Some(&secret())).await.unwrap();
    assert_eq!(log.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_is_away_is_told_as_such() {
    let (vaults, _) = signing(|_| lost());
    let error = failure(&vaults, sign_in(By::Carried)).await;
    assert!(error.is_unreachable() && error.to_string().contains("Entra"), "{error}");
    let (vaults, _) = signing(|_| empty(status(500)));
    let error = failure(&vaults, sign_in(By::Carried)).await;
    assert_eq!((error.status(), error.is_unknown()), (Some(500), false), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_will_not_sign_is_told_as_the_vaults_refusal() {
    let (vaults, log) = client(|_, _| {
        refusal(403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action.")
    });
    let error = failure(&vaults, sign_in(by_certificate())).await;
    assert!(error.is(Refusal::VaultDenied) && error.is_denied(), "{error}");
    assert_eq!(log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_has_gone_from_the_vault_is_told_as_such() {
    let (vaults, _) =
        client(|_, _| refusal(404, "SecretNotFound", "", "A secret with (name/id) payroll was not found."));
    let error = failure(&vaults, sign_in(By::Published { vault: keys(), name: name() })).await;
    assert!(error.is_not_found(), "{error}");
}
