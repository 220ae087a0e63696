//! The official SDK for Rust, unmodified: only the way to the vault is ours.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport};
use azure_core::time::OffsetDateTime;
use azure_security_keyvault_certificates::models::{
    CertificatePolicy, CreateCertificateParameters, IssuerParameters, KeyProperties, KeyType,
    X509CertificateProperties,
};
use azure_security_keyvault_certificates::{CertificateClient, CertificateClientOptions, ResourceExt as _};
use azure_security_keyvault_keys::models::{
    KeyClientSignOptions, SignParameters, SignatureAlgorithm, VerifyParameters,
};
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions};
use azure_security_keyvault_secrets::models::{SetSecretParameters, UpdateSecretPropertiesParameters};
use azure_security_keyvault_secrets::{ResourceExt as _, SecretClient, SecretClientOptions};
use futures_util::TryStreamExt;
use http_body_util::BodyExt;
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use tenant::{Dropped, Options, Tenant};
use tower::ServiceExt;

use super::VAULT;

const ENDPOINT: &str = "https://contoso-keys.vault.azure.net";

/// Sends to the tenant whatever its address, with the name of the address in `Host`.
#[derive(Debug)]
struct Wire(Tenant);

#[async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let url = request.url();
        let address = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let mut sent = http::Request::builder().method(request.method().as_str()).uri(address);
        sent = sent.header("host", url.host_str().unwrap());
        for (name, value) in request.headers().iter() {
            sent = sent.header(name.as_str(), value.as_str());
        }
        let body = azure_core::Bytes::from(request.body());
        let response = self.0.router().oneshot(sent.body(Body::from(body)).unwrap()).await.unwrap();
        if response.extensions().get::<Dropped>().is_some() {
            return Err(azure_core::Error::with_message(
                azure_core::error::ErrorKind::Io,
                "the connection broke",
            ));
        }
        let (parts, body) = response.into_parts();
        let mut headers = Headers::new();
        for (name, value) in &parts.headers {
            headers.insert(name.as_str().to_owned(), value.to_str().unwrap().to_owned());
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(parts.status.as_u16()), headers, bytes))
    }
}

/// The default application, as the SDK wants it.
#[derive(Debug)]
struct Credential(Tenant);

#[async_trait]
impl TokenCredential for Credential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://vault.azure.net/.default"], "as the challenge has it");
        let token = self.0.token(&self.0.default_identity(), VAULT);
        Ok(AccessToken::new(token, OffsetDateTime::now_utc() + Duration::from_secs(3_600)))
    }
}

fn options(tenant: &Tenant) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(Arc::new(Wire(tenant.clone())))),
        ..ClientOptions::default()
    }
}

fn certificates(tenant: &Tenant) -> CertificateClient {
    let own = CertificateClientOptions { client_options: options(tenant), ..Default::default() };
    CertificateClient::new(ENDPOINT, Arc::new(Credential(tenant.clone())), Some(own)).unwrap()
}

fn keys(tenant: &Tenant) -> KeyClient {
    let own = KeyClientOptions { client_options: options(tenant), ..Default::default() };
    KeyClient::new(ENDPOINT, Arc::new(Credential(tenant.clone())), Some(own)).unwrap()
}

fn secrets(tenant: &Tenant) -> SecretClient {
    let own = SecretClientOptions { client_options: options(tenant), ..Default::default() };
    SecretClient::new(ENDPOINT, Arc::new(Credential(tenant.clone())), Some(own)).unwrap()
}

fn wanted() -> CreateCertificateParameters {
    let policy = CertificatePolicy {
        issuer_parameters: Some(IssuerParameters { name: Some("Self".into()), ..Default::default() }),
        key_properties: Some(KeyProperties {
            exportable: Some(false),
            key_size: Some(2_048),
            key_type: Some(KeyType::Rsa),
            ..Default::default()
        }),
        x509_certificate_properties: Some(X509CertificateProperties {
            subject: Some("CN=payroll".into()),
            validity_in_months: Some(6),
            ..Default::default()
        }),
        ..Default::default()
    };
    let tags = HashMap::from([("m365-run".to_owned(), "0197".to_owned())]);
    CreateCertificateParameters { certificate_policy: Some(policy), tags: Some(tags), ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_made_waited_for_and_its_key_signs() {
    let tenant = Tenant::new(Options { vault_delay: Duration::from_secs(6), ..Options::default() });
    let client = certificates(&tenant);
    let body = wanted().try_into().unwrap();
    let made =
        client.begin_create_certificate("payroll", body, None).unwrap().await.unwrap().into_model().unwrap();
    let version = made.resource_id().unwrap().version.unwrap();
    assert_eq!(made.x509_thumbprint.unwrap().len(), 20);
    assert_eq!(made.tags.unwrap()["m365-run"], "0197");

    let client = keys(&tenant);
    let digest = Sha256::digest("header.claims").to_vec();
    let parameters =
        SignParameters { algorithm: Some(SignatureAlgorithm::Ps256), value: Some(digest.clone()) };
    let versioned = KeyClientSignOptions { key_version: Some(version.clone()), ..Default::default() };
    let signed = client.sign("payroll", parameters.try_into().unwrap(), Some(versioned)).await.unwrap();
    let signature = signed.into_model().unwrap().result.unwrap();
    let public = public_key(&made.cer.unwrap());
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public);
    public.verify(b"header.claims", &signature).expect("the certificate has the key that signed");

    let parameters = VerifyParameters {
        algorithm: Some(SignatureAlgorithm::Ps256),
        digest: Some(digest),
        signature: Some(signature),
    };
    let verified = client.verify("payroll", &version, parameters.try_into().unwrap(), None).await.unwrap();
    assert_eq!(verified.into_model().unwrap().value, Some(true));
    assert!(client.get_key("payroll", None).await.unwrap().into_model().unwrap().key.unwrap().n.is_some());
}

/// The public key within a certificate, as ring wants it: the sequence of two numbers, the first of 257 bytes.
fn public_key(certificate: &[u8]) -> Vec<u8> {
    let begin: [u8; 8] = [0x30, 0x82, 0x01, 0x0A, 0x02, 0x82, 0x01, 0x01];
    let at = certificate.windows(begin.len()).position(|window| window == begin).unwrap();
    certificate[at..at + 4 + 0x010A].to_vec()
}

#[tokio::test(start_paused = true)]
async fn secrets_are_set_read_changed_listed_deleted_and_purged() {
    let tenant = Tenant::new(Options::default());
    let client = secrets(&tenant);
    for value in ["one", "two"] {
        let body = SetSecretParameters { value: Some(value.into()), ..Default::default() };
        client.set_secret("pointer", body.try_into().unwrap(), None).await.unwrap();
    }
    let secret = client.get_secret("pointer", None).await.unwrap().into_model().unwrap();
    assert_eq!(secret.value.as_deref(), Some("two"));
    let body = UpdateSecretPropertiesParameters {
        content_type: Some("application/json".into()),
        secret_attributes: secret.attributes,
        ..Default::default()
    };
    let changed = client.update_secret_properties("pointer", body.try_into().unwrap(), None).await.unwrap();
    assert_eq!(changed.into_model().unwrap().content_type.as_deref(), Some("application/json"));
    let pager = client.list_secret_properties_versions("pointer", None).unwrap();
    let versions: Vec<_> = pager.try_collect().await.unwrap();
    assert_eq!(versions.len(), 2);
    assert!(versions.iter().all(|version| version.resource_id().unwrap().version.is_some()));
    client.delete_secret("pointer", None).await.unwrap();
    client.purge_deleted_secret("pointer", None).await.unwrap();
    assert_eq!(
        client.get_secret("pointer", None).await.unwrap_err().http_status(),
        Some(StatusCode::NotFound)
    );
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_to_the_end() {
    let tenant = Tenant::new(Options::default());
    let client = secrets(&tenant);
    for number in 0..60 {
        let body = SetSecretParameters { value: Some("x".into()), ..Default::default() };
        client.set_secret(&format!("secret-{number}"), body.try_into().unwrap(), None).await.unwrap();
    }
    let all: Vec<_> = client.list_secret_properties(None).unwrap().try_collect().await.unwrap();
    assert_eq!(all.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_reaches_whoever_uses_the_sdk() {
    let tenant = Tenant::new(Options::default());
    let body = wanted().try_into().unwrap();
    let poller = certificates(&tenant).begin_create_certificate("not_a_name", body, None).unwrap();
    let error = poller.await.unwrap_err();
    assert_eq!(error.http_status(), Some(StatusCode::BadRequest));
    assert!(error.to_string().contains("invalid name: not_a_name"), "{error}");
}
