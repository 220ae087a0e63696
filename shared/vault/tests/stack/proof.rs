//! From a key in a vault to a token, and from a secret to one: the offline tenant knows both services, and checks signatures,
//! thumbprints and times.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use graph::auth::FixedToken;
use graph::{Graph, Path, Refusal, Request};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use tenant::{Options, Tenant};
use tokio::time::Instant;
use vault::{Ask, By, KeyVaults, SecretText, Text, Vaults};

use crate::mock::{create, keys, name, set};
use crate::tenant::{HERE, ROLES, ask, client, config, current, refused, wire};

/// A tenant whose applications' credentials are known everywhere 4 to 18 seconds after they were added.
fn slow() -> Tenant {
    let credential_delay = (Duration::from_secs(4), Duration::from_secs(18));
    Tenant::new(Options { credential_delay, ..Options::default() })
}

/// An application of the tenant, and who may change it.
struct Application {
    graph: Graph,
    found: Value,
}

impl Application {
    async fn of(tenant: &Tenant) -> Self {
        let identity = tenant.identity("administrator", &["Application.ReadWrite.All"]);
        let token = FixedToken::new(tenant.token(&identity, "https://graph.microsoft.com"));
        let graph = Graph::over(graph::Config::new(HERE, std::sync::Arc::new(token)), wire(tenant));
        let all = graph.send(Request::get(Path::new("/applications"))).await.unwrap();
        Self { graph, found: all.body["value"][0].clone() }
    }

    fn path(&self) -> Path {
        Path::new("/applications").key(self.found["id"].as_str().unwrap())
    }

    async fn add_certificate(&self, cer: &str) {
        let credential = json!({"type": "AsymmetricX509Cert", "usage": "Verify", "key": cer});
        let patch = Request::patch(self.path()).body(json!({"keyCredentials": [credential]}));
        self.graph.send(patch).await.unwrap();
    }

    async fn add_secret(&self) -> SecretText {
        let add = Request::post(self.path().then("addPassword"));
        let told = self.graph.send(add.body(json!({"passwordCredential": {}}))).await.unwrap();
        SecretText::new(told.body["secretText"].as_str().unwrap())
    }

    fn sign_in(&self, by: By) -> Ask {
        Ask::SignIn { application: self.found["appId"].as_str().unwrap().parse().unwrap(), by }
    }
}

/// A certificate in the vault, and by what it signs in.
async fn made(vaults: &KeyVaults) -> (String, By) {
    ask(vaults, create()).await;
    let made = ask(vaults, current()).await;
    let cer = made["cer"].as_str().unwrap().to_owned();
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &STANDARD.decode(&cer).unwrap()));
    let version = made["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    (cer, By::Certificate { vault: keys(), name: name(), version, thumbprint })
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_the_vault_proves_itself_as_soon_as_it_is_known() {
    let tenant = slow();
    let (vaults, application) = (client(&tenant), Application::of(&tenant).await);
    let (cer, by) = made(&vaults).await;
    application.add_certificate(&cer).await;
    let begun = Instant::now();
    assert_eq!(ask(&vaults, application.sign_in(by)).await, json!({"signedIn": true}));
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(4) && took <= Duration::from_secs(24), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_nobody_added_stays_unknown() {
    let tenant = slow();
    let application = Application::of(&tenant).await;
    let config = vault::Config { sign_in: Duration::from_secs(20), ..config(&tenant, &ROLES) };
    let vaults = KeyVaults::over(config, wire(&tenant));
    let (_, by) = made(&vaults).await;
    let asked = application.sign_in(by);
    let error = refused(&vaults, asked.clone()).await;
    assert!(error.is(Refusal::CredentialNotKnown) && asked.is_not_yet(&error), "{error}");
    assert_eq!(error.code(), "AADSTS700027");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_belongs_to_another_certificate_proves_nothing() {
    let tenant = Tenant::new(Options::default());
    let application = Application::of(&tenant).await;
    let config = vault::Config { sign_in: Duration::from_secs(5), ..config(&tenant, &ROLES) };
    let vaults = KeyVaults::over(config, wire(&tenant));
    let (cer, by) = made(&vaults).await;
    let (_, other) = made(&vaults).await;
    application.add_certificate(&cer).await;
    ask(&vaults, application.sign_in(by.clone())).await;
    let (By::Certificate { thumbprint, .. }, By::Certificate { version, .. }) = (by, other) else { panic!() };
    let mixed = By::Certificate { vault: keys(), name: name(), version, thumbprint };
    let error = refused(&vaults, application.sign_in(mixed)).await;
    assert!(error.is_refused() && error.code() == "AADSTS700027", "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_proves_itself_from_memory_and_then_from_the_vault() {
    let tenant = slow();
    let (vaults, application) = (client(&tenant), Application::of(&tenant).await);
    let text = application.add_secret().await;
    let signed = vaults.send(application.sign_in(By::Carried), Some(&text)).await.unwrap();
    assert_eq!(signed.body, json!({"signedIn": true}));
    vaults.send(set(Text::Carried), Some(&text)).await.unwrap();
    let begun = Instant::now();
    let published = By::Published { vault: keys(), name: name() };
    assert_eq!(ask(&vaults, application.sign_in(published)).await, json!({"signedIn": true}));
    assert!(begun.elapsed().is_zero(), "it is known by now");
    let transcript = format!("{:?}", tenant.transcript());
    assert!(!transcript.contains(text.expose()) && !transcript.contains("eyJ"), "{transcript}");
}
