//! Those who sign in as an application, and the tenant they do it in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use exchange::Unset;
use futures_util::future::{BoxFuture, ready};
use graph::auth::{Audience, AuthError, Cloud, Settings, Token, TokenSource, tenant as of_setting};
use graph::stack::{Wire, in_process};
use graph::{Config, Graph};
use jiff::{SignedDuration, Timestamp};
use journal::{Journal, Place};
use plan::{Clock, Policy, Runner};
use rotate_cert_report::Rotation;
use serde_json::Value;
use tempfile::TempDir;
use tenant::{Identity, Options, Tenant};
use vault::{Ask, By, KeyVaults, SecretText, Vaults};

use crate::entrusted::{app_id, entrusted};

/// How long somebody goes by what they have read: Key Vault references of Azure Functions are read anew within a day.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// A tenant with an application that is entrusted to the function, and the function's journal.
pub(crate) struct House {
    pub(crate) tenant: Tenant,
    pub(crate) application: String,
    identity: Identity,
    journal: TempDir,
}

impl House {
    pub(crate) fn new() -> Self {
        let seconds = Duration::from_secs;
        let tenant = Tenant::new(Options {
            lag: seconds(10),
            credential_delay: (seconds(4), seconds(18)),
            vault_delay: seconds(6),
            ..Options::default()
        });
        let file = include_str!("../../permissions.json");
        let (permissions, roles) = (plan::laws::roles(file), plan::laws::vault_roles(file));
        let permissions: Vec<&str> = permissions.iter().map(String::as_str).collect();
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        let identity = tenant.identity("rotate-cert-report", &permissions);
        tenant.grant_vault(&identity, "contoso-keys", &roles);
        let application = app_id(&tenant);
        entrusted(&tenant);
        tenant.advance(seconds(60));
        Self { tenant, application, identity, journal: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.tenant.now().parse().unwrap()
    }

    /// A process of the function on this wire.
    pub(crate) fn runner(&self, wire: Wire) -> Runner {
        let tokens = self.desk();
        let vaults = Arc::new(KeyVaults::over(self.vaults(Duration::from_secs(120)), wire.clone()));
        let missing = of_setting(&Settings::from([("AZURE_TENANT_ID", "")])).unwrap_err();
        let tenant = self.tenant.clone();
        let services = plan::Tenant {
            graph: Graph::over(Config::new("https://graph.microsoft.com", tokens), wire),
            exchange: Arc::new(Unset(missing)),
            vaults,
            clock: Clock::from(move || tenant.now().parse().unwrap()),
            protects_roles: false,
        };
        Runner::new(services, self.folder(), Policy::default())
    }

    fn folder(&self) -> Arc<dyn Journal> {
        let place = Place::Folder(self.journal.path().to_owned());
        let settings = journal::Settings { place, retention_days: 400 };
        journal::open(&settings, || unreachable!("a folder needs no Azure")).unwrap()
    }

    fn desk(&self) -> Arc<Desk> {
        Arc::new(Desk { tenant: self.tenant.clone(), identity: self.identity.clone() })
    }

    fn vaults(&self, patience: Duration) -> vault::Config {
        let (tenant, clock) =
            (self.tenant.state()["tenantId"].as_str().unwrap().parse().unwrap(), self.tenant.clone());
        let now: vault::Now = Arc::new(move || clock.now().parse().unwrap());
        vault::Config { now, sign_in: patience, ..vault::Config::new(Cloud::Public, tenant, self.desk()) }
    }

    /// The credentials of the application that this function made.
    fn made(&self) -> Vec<String> {
        let state = self.tenant.state();
        let application = find(&state, &self.application);
        let lists =
            ["keyCredentials", "passwordCredentials"].map(|list| application[list].as_array().cloned());
        let made = lists.into_iter().flatten().flatten();
        let made = made.filter(|held| {
            held["displayName"].as_str().is_some_and(|name| name.starts_with("m365-functions"))
        });
        made.filter_map(|held| held["keyId"].as_str().map(str::to_owned)).collect()
    }

    /// Whether the application has this credential.
    pub(crate) fn holds(&self, credential: &str) -> bool {
        self.made().iter().any(|made| made == credential)
    }

    /// What the function made beside this credential.
    pub(crate) fn orphans(&self, credential: &str) -> Vec<String> {
        self.made().into_iter().filter(|made| made != credential).collect()
    }
}

fn find<'a>(state: &'a Value, app_id: &str) -> &'a Value {
    state["applications"].as_array().unwrap().iter().find(|one| one["appId"] == app_id).unwrap()
}

/// A token desk for all services.
struct Desk {
    tenant: Tenant,
    identity: Identity,
}

impl TokenSource for Desk {
    fn bearer<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<Token, AuthError>> {
        let scope = audience.scope(Cloud::Public);
        let text = self.tenant.token(&self.identity, scope.trim_end_matches("/.default"));
        Box::pin(ready(Ok(Token::new(text, SystemTime::now() + Duration::from_secs(3600)))))
    }

    fn refused(&self, _: &Audience, _: &Token) {}
}

/// Everybody who signs in as the application.
#[derive(Clone)]
pub(crate) struct Consumers {
    tenant: Tenant,
    vaults: Arc<KeyVaults>,
    want: Rotation,
    /// What was published, by the credential, and until when somebody may go by it.
    held: Arc<Mutex<BTreeMap<String, (Timestamp, Held)>>>,
}

/// What somebody signs in with.
#[derive(Clone)]
enum Held {
    Certificate(By),
    Secret(SecretText),
}

impl Consumers {
    pub(crate) fn of(house: &House, want: &Rotation) -> Self {
        let wire = in_process(house.tenant.router());
        let vaults = Arc::new(KeyVaults::over(house.vaults(Duration::from_millis(1)), wire));
        Self { tenant: house.tenant.clone(), vaults, want: want.clone(), held: Arc::default() }
    }

    /// Everybody signs in with what was published within the last day; tells the credential that is published now.
    pub(crate) async fn sign_in(&self) -> String {
        let now: Timestamp = self.tenant.now().parse().unwrap();
        let published = self.published().await;
        let held = {
            let mut held = self.held.lock().unwrap();
            if let Some((credential, what)) = &published {
                held.insert(credential.clone(), (now + A_DAY, what.clone()));
            }
            held.retain(|_, (until, _)| *until >= now);
            held.clone()
        };
        for (credential, (_, what)) in held {
            let told = self.signs_in(&what).await;
            told.unwrap_or_else(|error| panic!("at {now} nobody can sign in with {credential}: {error}"));
        }
        published.map(|(credential, _)| credential).unwrap_or_default()
    }

    async fn signs_in(&self, what: &Held) -> Result<(), graph::Error> {
        let application = self.want.application.parse().unwrap();
        let told = match what {
            Held::Certificate(by) => {
                self.vaults.send(Ask::SignIn { application, by: by.clone() }, None).await
            }
            Held::Secret(text) => {
                self.vaults.send(Ask::SignIn { application, by: By::Carried }, Some(text)).await
            }
        };
        told.map(drop)
    }

    /// What whoever reads it now is told to sign in with.
    async fn published(&self) -> Option<(String, Held)> {
        match (&self.want.certificate, &self.want.secret) {
            (Some(wanted), _) => {
                let name = format!("{}-current", wanted.name);
                let told =
                    self.vaults.send(Ask::Pointer { vault: wanted.vault.clone(), name }, None).await.ok()?;
                let pointer: Value = serde_json::from_str(told.body["value"].as_str()?).unwrap();
                let text = |name: &str| pointer[name].as_str().unwrap().to_owned();
                let by = By::Certificate {
                    vault: wanted.vault.clone(),
                    name: wanted.name.clone(),
                    version: text("version"),
                    thumbprint: text("x5t#S256"),
                };
                let credential: graph::ObjectId = text("version").parse().unwrap();
                Some((credential.to_string(), Held::Certificate(by)))
            }
            (None, Some(wanted)) => {
                let ask = Ask::Pointer { vault: wanted.vault.clone(), name: wanted.name.clone() };
                let told = self.vaults.send(ask, None).await.ok()?;
                let credential = told.body["tags"]["m365-credential"].as_str()?.to_owned();
                Some((credential, Held::Secret(SecretText::new(told.body["value"].as_str()?))))
            }
            (None, None) => None,
        }
    }
}
