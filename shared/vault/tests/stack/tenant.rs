//! All layers against the offline tenant, in this process.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use graph::auth::{Cloud, FixedToken, Settings};
use graph::stack::{Wire, in_process};
use graph::{Error, Refusal};
use serde_json::{Value, json};
use tenant::{Drop, Dropped, Fault, Options, Tenant, Trouble};
use tower::BoxError;
use tower::util::MapResult;
use vault::{Ask, Config, KeyVaults, Text, Vaults};

use crate::mock::{create, keys, name, pending, secret, set};

/// What whoever looks after certificates and secrets needs.
pub(crate) const ROLES: [&str; 3] =
    ["Key Vault Certificates Officer", "Key Vault Crypto User", "Key Vault Secrets Officer"];
const AUDIENCE: &str = "https://vault.azure.net";
/// Everything is at one address.
pub(crate) const HERE: &str = "http://localhost";

pub(crate) fn wire(tenant: &Tenant) -> Wire {
    in_process(MapResult::new(tenant.router(), broken))
}

/// In process there is no connection to break; the tenant marks the answers that must not arrive.
fn broken(answer: Result<Response, std::convert::Infallible>) -> Result<Response, BoxError> {
    match answer {
        Ok(answer) if answer.extensions().get::<Dropped>().is_some() => Err("connection reset".into()),
        answer => Ok(answer?),
    }
}

/// A client with every role on the vault.
pub(crate) fn client(tenant: &Tenant) -> KeyVaults {
    holding(tenant, &ROLES)
}

fn holding(tenant: &Tenant, roles: &[&str]) -> KeyVaults {
    KeyVaults::over(config(tenant, roles), wire(tenant))
}

/// By the clock of the tenant, which judges assertions by it.
pub(crate) fn config(tenant: &Tenant, roles: &[&str]) -> Config {
    let identity = tenant.identity("rotate-cert-report", &[]);
    tenant.grant_vault(&identity, "contoso-keys", roles);
    let id = tenant.environment(HERE, &identity)["AZURE_TENANT_ID"].as_str().unwrap().to_owned();
    let endpoints = ["M365_VAULT_ENDPOINT", "M365_LOGIN_ENDPOINT"].map(|name| (name, HERE.to_owned()));
    let settings: Settings = endpoints.into_iter().chain([("AZURE_TENANT_ID", id)]).collect();
    let tokens = Arc::new(FixedToken::new(tenant.token(&identity, AUDIENCE)));
    let clock = tenant.clone();
    let now: vault::Now = Arc::new(move || clock.now().parse().unwrap());
    Config { now, ..Config::from_settings(&settings, tokens).unwrap() }
}

pub(crate) async fn ask(vaults: &KeyVaults, ask: Ask) -> Value {
    vaults.send(ask, Some(&secret())).await.unwrap().body
}

pub(crate) async fn refused(vaults: &KeyVaults, ask: Ask) -> Error {
    vaults.send(ask, Some(&secret())).await.unwrap_err()
}

pub(crate) fn current() -> Ask {
    Ask::Certificate { vault: keys(), name: name(), version: None }
}

fn versions() -> Ask {
    Ask::CertificateVersions { vault: keys(), name: name() }
}

/// The versions of the secret.
fn values() -> Ask {
    Ask::SecretVersions { vault: keys(), name: name() }
}

fn count(list: &Value) -> usize {
    list["value"].as_array().unwrap().len()
}

fn slow() -> Tenant {
    Tenant::new(Options { vault_delay: Duration::from_secs(4), ..Options::default() })
}

#[tokio::test(start_paused = true)]
async fn a_version_is_made_while_nobody_waits_and_then_it_is_there() {
    let tenant = slow();
    let vaults = client(&tenant);
    assert!(refused(&vaults, pending()).await.is_not_found(), "none was ever made");
    let operation = ask(&vaults, create()).await;
    assert_eq!(operation["status"], "inProgress");
    assert_eq!(ask(&vaults, pending()).await["status"], "inProgress");
    let busy = refused(&vaults, create()).await;
    assert!(busy.is(Refusal::CertificatePending) && create().is_not_yet(&busy), "{busy}");
    tenant.advance(Duration::from_secs(5));
    assert_eq!(ask(&vaults, pending()).await["status"], "completed");
    let made = ask(&vaults, current()).await;
    assert_eq!(made["tags"], json!({"m365-run": "r-1"}));
    assert!(made["cer"].is_string() && made["kid"].is_string(), "{made}");
    let version = made["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let same = Ask::Certificate { vault: keys(), name: name(), version: Some(version) };
    assert_eq!(ask(&vaults, same).await["x5t"], made["x5t"]);
    assert_eq!(made["policy"]["lifetime_actions"][0]["action"]["action_type"], "EmailContacts");
    assert_eq!(count(&ask(&vaults, versions()).await), 1);
}

#[tokio::test(start_paused = true)]
async fn more_versions_than_a_page_holds_are_read_all() {
    let tenant = Tenant::new(Options::default());
    let vaults = client(&tenant);
    for number in 0..27 {
        ask(&vaults, set(Text::Plain(number.to_string()))).await;
    }
    let versions = ask(&vaults, values()).await;
    assert_eq!(count(&versions), 27);
    assert!(versions["value"].as_array().unwrap().iter().all(|version| version["value"].is_null()));
}

#[tokio::test(start_paused = true)]
async fn secrets_come_and_go_and_are_never_told() {
    let tenant = Tenant::new(Options::default());
    let vaults = client(&tenant);
    let told = ask(&vaults, set(Text::Carried)).await;
    assert_eq!(told["value"], Value::Null);
    let first = told["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    ask(&vaults, set(Text::Plain("{\"version\": 2}".to_owned()))).await;
    let pointer = || Ask::Pointer { vault: keys(), name: name() };
    assert_eq!(ask(&vaults, pointer()).await["value"], "{\"version\": 2}");
    ask(&vaults, set(Text::Version(first))).await;
    let again = ask(&vaults, pointer()).await;
    assert_eq!(again["value"], crate::mock::SECRET, "set again");
    assert_eq!(
        (&again["contentType"], &again["attributes"]["exp"]),
        (&json!("application/json"), &json!(1_810_807_200))
    );
    assert_eq!(count(&ask(&vaults, values()).await), 3);
    let transcript = format!("{:?}", tenant.transcript());
    assert!(!transcript.contains(crate::mock::SECRET), "{transcript}");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_lost_leaves_one_version_and_a_question() {
    let tenant = Tenant::new(Options::default());
    let vaults = client(&tenant);
    let elsewhere = Ask::CertificateVersions { vault: keys(), name: "payroll-tls".to_owned() };
    let Ask::CreateCertificate { vault, make, tags, .. } = create() else { panic!() };
    let create = Ask::CreateCertificate { vault, name: "payroll-tls".to_owned(), make, tags };
    for (path, asked, list) in
        [("certificates", create, elsewhere), ("secrets", set(Text::Carried), values())]
    {
        ask(&vaults, asked.clone()).await;
        tenant.fault(Fault {
            method: None,
            path: Some(format!("https://contoso-keys.vault.azure.net/{path}/")),
            body: None,
            skip: 0,
            times: Some(1),
            then: Trouble { drop: Some(Drop::After), ..Trouble::default() },
        });
        let error = refused(&vaults, asked).await;
        assert!(error.is_unknown(), "{error}");
        assert_eq!(count(&ask(&vaults, list).await), 2, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_cannot_take_the_name_of_a_certificate() {
    let tenant = Tenant::new(Options::default());
    let vaults = client(&tenant);
    ask(&vaults, create()).await;
    let error = refused(&vaults, set(Text::Carried)).await;
    assert!(error.is(Refusal::NameOfCertificate) && !error.is_denied(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_lacks_a_role_is_told_which_there_are() {
    let tenant = Tenant::new(Options::default());
    let vaults = holding(&tenant, &["Key Vault Reader"]);
    for asked in [create(), set(Text::Carried), Ask::Pointer { vault: keys(), name: name() }] {
        let error = refused(&vaults, asked).await;
        assert!(error.is(Refusal::VaultDenied) && error.is_denied(), "{error}");
        assert!(error.help().unwrap().contains("Key Vault Certificates Officer"));
    }
    assert!(refused(&vaults, current()).await.is_not_found(), "to look is allowed");
}

#[tokio::test(start_paused = true)]
async fn a_vault_is_found_by_its_own_address_as_well() {
    let tenant = Tenant::new(Options::default());
    let identity = tenant.default_identity();
    let id = tenant.environment(HERE, &identity)["AZURE_TENANT_ID"].as_str().unwrap().parse().unwrap();
    let tokens = Arc::new(FixedToken::new(tenant.token(&identity, AUDIENCE)));
    let vaults = KeyVaults::over(Config::new(Cloud::Public, id, tokens), wire(&tenant));
    assert_eq!(ask(&vaults, create()).await["status"], "inProgress");
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_does_not_exist_is_not_reached() {
    let tenant = Tenant::new(Options::default());
    let error =
        refused(&client(&tenant), Ask::Pending { vault: "contoso-nowhere".parse().unwrap(), name: name() })
            .await;
    assert!(error.is_unreachable() || error.is_refused(), "{error}");
    assert!(!error.is_not_found(), "which would mean that the vault has none of that name: {error}");
}
