//! The application of the samples, some days after its credential was renewed: two are valid, the newer one is published, and
//! the older one is due to go. An administrator has done by hand what a rotation does.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use graph::stack::{Wire, in_process};
use serde_json::{Value, json};
use tenant::Tenant;
use tower::ServiceExt;

use crate::entrusted::{app_id, entrusted};

const DAY: Duration = Duration::from_secs(24 * 3600);
const VAULT: &str = "https://contoso-keys.vault.azure.net";
const GRAPH: &str = "https://graph.microsoft.com";

/// Renewed twice: two older ones are valid yet, and the grace period is over.
pub(crate) fn certificate(tenant: &Tenant) {
    entrusted(tenant);
    let by_hand = Hand::of(tenant);
    by_hand.makes_certificate();
    tenant.advance(80 * DAY);
    by_hand.makes_certificate();
    tenant.advance(80 * DAY);
    by_hand.makes_certificate();
    tenant.advance(9 * DAY);
}

/// Renewed two months after the first one was added.
pub(crate) fn secret(tenant: &Tenant) {
    entrusted(tenant);
    let by_hand = Hand::of(tenant);
    by_hand.adds_secret();
    tenant.advance(62 * DAY);
    by_hand.adds_secret();
    tenant.advance(9 * DAY);
}

/// An administrator, who may do everything.
struct Hand {
    tenant: Tenant,
    wire: Wire,
    app_id: String,
}

impl Hand {
    fn of(tenant: &Tenant) -> Self {
        Self { tenant: tenant.clone(), wire: in_process(tenant.router()), app_id: app_id(tenant) }
    }

    /// Has the vault make a version, adds it to the application, and publishes it.
    fn makes_certificate(&self) {
        let policy = json!({
            "issuer": {"name": "Self"}, "key_props": {"kty": "RSA", "key_size": 2048, "exportable": false},
            "x509_props": {"subject": "CN=payroll", "validity_months": 6, "key_usage": ["digitalSignature"]},
        });
        let tags = json!({"m365-application": self.app_id});
        self.asks("POST", VAULT, "certificates/payroll/create", json!({"policy": policy, "tags": tags}));
        self.tenant.advance(Duration::from_secs(10));
        let made = self.asks("GET", VAULT, "certificates/payroll", Value::Null);
        let version = made["id"].as_str().unwrap().rsplit('/').next().unwrap();
        let credential: graph::ObjectId = version.parse().unwrap();
        let application = self.application("?$select=keyCredentials");
        let mut keys = self.asks("GET", GRAPH, &application, Value::Null)["keyCredentials"].take();
        keys.as_array_mut().unwrap().push(json!({
            "keyId": credential, "displayName": "m365-functions by hand", "type": "AsymmetricX509Cert",
            "usage": "Verify", "key": made["cer"],
        }));
        self.asks("PATCH", GRAPH, &self.application(""), json!({"keyCredentials": keys}));
        let pointer = json!({
            "application": self.app_id, "version": version, "certificate": made["id"], "key": made["kid"],
            "x5t": made["x5t"], "x5t#S256": "", "expires": "2027-01-01T00:00:00Z",
        });
        self.asks(
            "PUT",
            VAULT,
            "secrets/payroll-current",
            json!({"value": pointer.to_string(), "tags": tags}),
        );
    }

    /// Adds a secret to the application, and keeps it where it is read from.
    fn adds_secret(&self) {
        let ends =
            self.tenant.now().parse::<jiff::Timestamp>().unwrap() + 90 * jiff::SignedDuration::from_hours(24);
        let wanted = json!({"passwordCredential": {"displayName": "by hand", "endDateTime": ends}});
        let added = self.asks("POST", GRAPH, &self.application("/addPassword"), wanted);
        let tags = json!({"m365-application": self.app_id, "m365-credential": added["keyId"]});
        let kept = json!({"value": added["secretText"], "tags": tags});
        self.asks("PUT", VAULT, "secrets/payroll-secret", kept);
    }

    fn application(&self, rest: &str) -> String {
        format!("v1.0/applications(appId='{}'){rest}", self.app_id)
    }

    /// The tenant is in this process, and answers at once.
    fn asks(&self, method: &str, service: &str, path: &str, body: Value) -> Value {
        let audience = if service == VAULT { "https://vault.azure.net" } else { service };
        let token = self.tenant.token(&self.tenant.default_identity(), audience);
        let mark = if service == VAULT { "?api-version=2025-07-01" } else { "" };
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{service}/{path}{mark}"))
            .header("host", service.trim_start_matches("https://"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Bytes::from(if body.is_null() { String::new() } else { body.to_string() }));
        let answer = self.wire.clone().oneshot(request.unwrap()).now_or_never().unwrap().unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {answer:?}");
        serde_json::from_slice(answer.body()).unwrap_or_default()
    }
}
