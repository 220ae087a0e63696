//! Azure Key Vault, found by the name in `Host`.

mod access;
mod certificates;
mod keys;
mod rotation;
mod sdk;
mod secrets;
mod state;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::{Value, json};
use tenant::{Identity, Options, Tenant};

use crate::client::{Answer, send};

pub(crate) const VAULT: &str = "https://vault.azure.net";
const VERSION: &str = "api-version=2025-07-01";

/// Somebody who asks a vault.
struct Asker {
    tenant: Tenant,
    token: String,
    vault: &'static str,
}

impl Asker {
    /// Somebody who may do everything, in a new tenant.
    fn new() -> Asker {
        Asker::with(Options::default())
    }

    fn with(options: Options) -> Asker {
        let tenant = Tenant::new(options);
        let identity = tenant.default_identity();
        Asker::of(&tenant, &identity)
    }

    fn of(tenant: &Tenant, identity: &Identity) -> Asker {
        Asker { tenant: tenant.clone(), token: tenant.token(identity, VAULT), vault: "contoso-keys" }
    }

    /// Somebody with only these roles on the vault.
    fn only(&self, roles: &[&str]) -> Asker {
        let identity = self.tenant.identity(&roles.join("+"), &[]);
        self.tenant.grant_vault(&identity, self.vault, roles);
        Asker::of(&self.tenant, &identity)
    }

    fn at(&self, vault: &'static str) -> Asker {
        Asker { tenant: self.tenant.clone(), token: self.token.clone(), vault }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mark = if path.contains('?') { '&' } else { '?' };
        self.exactly(method, &format!("{path}{mark}{VERSION}"), body).await
    }

    /// The same without an API version of its own.
    async fn exactly(&self, method: &str, address: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(address)
            .header("host", format!("{}.vault.azure.net", self.vault));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        send(&self.tenant, request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    async fn set(&self, name: &str, value: &str) -> Answer {
        self.ask("PUT", &format!("/secrets/{name}"), Some(json!({ "value": value }))).await
    }

    /// Makes a version of a certificate and tells it.
    async fn make(&self, name: &str) -> Value {
        self.make_with(name, policy(name)).await
    }

    async fn make_with(&self, name: &str, policy: Value) -> Value {
        let begun = self.post(&format!("/certificates/{name}/create"), json!({ "policy": policy })).await;
        begun.is(202);
        let pending = self.get(&format!("/certificates/{name}/pending")).await;
        assert_eq!(pending.is(200).body["status"], "completed");
        self.get(&format!("/certificates/{name}")).await.is(200).body.clone()
    }
}

/// What a version is made by: as the functions of this collection want it.
fn policy(name: &str) -> Value {
    json!({
        "issuer": { "name": "Self" }, "key_props": { "kty": "RSA", "key_size": 2048, "exportable": false, "reuse_key": false },
        "x509_props": { "subject": format!("CN={name}"), "validity_months": 6, "key_usage": ["digitalSignature"] },
    })
}

/// The last part of an id.
fn version_of(told: &Value) -> String {
    told["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// The code of the inner error.
fn inner(answer: &Answer) -> &str {
    answer.body["error"]["innererror"]["code"].as_str().unwrap_or_default()
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
