//! Which identity is chosen, what is sent for it, and what an administrator is told when it fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::desk::{Answer, Desk, denied, granted, http, in_seconds, issued, quick, tokens};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use graph::auth::{Audience, AuthError, CredentialKind, Credentials, Settings, Token, Tokens};
use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

const PEM: &str = include_str!("throwaway-app.pem");
const SECRET: &str = "s3cret-of-the-app";
const APP: [(&str, &str); 2] = [("AZURE_TENANT_ID", "contoso.onmicrosoft.com"), ("AZURE_CLIENT_ID", "app-1")];

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Settings of an application with further ones.
fn app(more: Pairs) -> Settings {
    APP.iter().chain(more).copied().collect()
}

/// Asks for one Graph token with these settings; Entra's hosts lead to the desk.
async fn ask(desk: &Desk, settings: Settings) -> Result<Token, AuthError> {
    let http = http();
    let transport = desk.detour(&http);
    let credentials = Credentials::new(settings, http, quick()).with_transport(transport);
    Tokens::new(credentials, quick()).bearer(&Audience::Graph).await
}

async fn failure(settings: Settings) -> AuthError {
    let desk = Desk::open(granted_for_an_hour).await;
    let error = ask(&desk, settings).await.unwrap_err();
    assert_eq!(desk.requests(), 0, "{error}");
    error
}

fn granted_for_an_hour(n: usize, _: &crate::desk::Seen) -> Answer {
    granted(n, 3600)
}

#[test]
fn the_first_credential_whose_settings_are_there_is_chosen_unless_one_is_forced() {
    use CredentialKind::*;
    let everything = [
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token"),
        ("AZURE_FEDERATED_TOKEN_FILE", "token.txt"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem"),
        ("M365_CLIENT_CERTIFICATE", "-----BEGIN"),
        ("AZURE_CLIENT_SECRET", SECRET),
    ];
    let in_order = [ManagedIdentity, WorkloadIdentity, ClientCertificate, ClientCertificate, ClientSecret];
    for (from, kind) in in_order.into_iter().enumerate() {
        let settings = app(&everything[from..]);
        assert_eq!(CredentialKind::from_settings(&settings).unwrap(), kind);
    }
    for kind in [ManagedIdentity, WorkloadIdentity, ClientCertificate, ClientSecret, Developer] {
        let forced = [&everything[..], &[("M365_CREDENTIAL", kind.name())]].concat();
        assert_eq!(CredentialKind::from_settings(&app(&forced)).unwrap(), kind);
    }
}

#[tokio::test]
async fn a_setting_that_is_missing_or_wrong_is_named_with_what_would_be_right() {
    let table: &[(Pairs, &str)] = &[
        (
            &[],
            "M365_CREDENTIAL is not set, and no credential is configured: switch on the function app's managed identity",
        ),
        (
            &[("M365_CREDENTIAL", "magic")],
            "M365_CREDENTIAL must be one of managed-identity, workload-identity,",
        ),
        (
            &[("AZURE_CLIENT_SECRET", "x"), ("M365_CLOUD", "mars")],
            "M365_CLOUD must be public, usgov, usgovdod or china",
        ),
        (&[("IDENTITY_ENDPOINT", "nowhere")], "IDENTITY_ENDPOINT is not a URL"),
        (
            &[("IDENTITY_ENDPOINT", "http://127.0.0.1:1/")],
            "IDENTITY_HEADER is not set: the platform sets it beside",
        ),
        (&[("M365_CREDENTIAL", "workload-identity")], "AZURE_FEDERATED_TOKEN_FILE is not set: give the path"),
        (
            &[("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")],
            "AZURE_FEDERATED_TOKEN_FILE names a file that cannot be read",
        ),
        (
            &[("M365_CREDENTIAL", "client-certificate")],
            "AZURE_CLIENT_CERTIFICATE_PATH is not set: give the path of a PEM file",
        ),
        (
            &[("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere/app.pem")],
            "AZURE_CLIENT_CERTIFICATE_PATH names a file that cannot be read",
        ),
        (
            &[("M365_CREDENTIAL", "client-secret")],
            "AZURE_CLIENT_SECRET is not set: give the value of a secret",
        ),
        (
            &[("AZURE_CLIENT_SECRET", "x"), ("AZURE_AUTHORITY_HOST", "http://login")],
            "AZURE_AUTHORITY_HOST is not an https URL",
        ),
    ];
    for (settings, expected) in table {
        let error = failure(app(settings)).await;
        assert!(error.is_setting() && error.to_string().starts_with(expected), "{settings:?}: {error}");
    }
    for kind in ["AZURE_FEDERATED_TOKEN_FILE", "M365_CLIENT_CERTIFICATE", "AZURE_CLIENT_SECRET"] {
        let error = failure(Settings::from([(kind, "x"), ("AZURE_CLIENT_ID", "app-1")])).await;
        assert!(error.to_string().starts_with("AZURE_TENANT_ID is not set: give the directory"), "{error}");
        let error = failure(Settings::from([(kind, "x"), ("AZURE_TENANT_ID", "contoso.com")])).await;
        assert!(error.to_string().starts_with("AZURE_CLIENT_ID is not set: give the application"), "{error}");
    }
    let pasted = Settings::from([
        ("AZURE_TENANT_ID", "s~cret/"),
        ("AZURE_CLIENT_ID", "a"),
        ("AZURE_CLIENT_SECRET", "x"),
    ]);
    let error = failure(pasted).await;
    assert!(error.to_string().starts_with("AZURE_TENANT_ID is neither an id nor a domain"), "{error}");
    assert!(!error.to_string().contains("s~cret"));
}

#[tokio::test]
async fn the_identity_endpoint_is_asked_as_documented() {
    let desk = Desk::open(|n, _| issued(n, 3600)).await;
    let table: &[(Pairs, (&str, &str))] = &[
        (&[], ("client_id", "")),
        (&[("AZURE_CLIENT_ID", "identity-1")], ("client_id", "identity-1")),
        (&[("M365_IDENTITY_OBJECT_ID", "object-1")], ("object_id", "object-1")),
    ];
    for (n, (more, (field, id))) in table.iter().enumerate() {
        let settings = more.iter().copied().collect::<Settings>().or(desk.identity());
        let tokens = Tokens::new(Credentials::new(settings, http(), quick()), quick());
        assert_eq!(tokens.bearer(&Audience::Graph).await.unwrap().text(), format!("token-{n}"));
        let seen = desk.seen(n);
        assert_eq!(seen.path, "/msi/token");
        assert_eq!(seen.header("x-identity-header"), "h3ader");
        assert_eq!(seen.field("api-version"), "2019-08-01");
        assert_eq!(seen.field("resource"), "https://graph.microsoft.com");
        assert_eq!(seen.field(field), *id);
        assert_eq!(seen.fields.len(), if id.is_empty() { 2 } else { 3 });
    }
}

#[tokio::test]
async fn the_identity_header_is_read_anew_for_each_request_since_the_platform_rotates_it() {
    let desk = Desk::open(|n, _| if n == 0 { Answer::Is(500, json!({})) } else { issued(n, 3600) }).await;
    let reads = AtomicUsize::new(0);
    let rotating = Settings::new(move |name| {
        let header = || format!("header-{}", reads.fetch_add(1, Ordering::SeqCst));
        (name == "IDENTITY_HEADER").then(header)
    });
    let settings = rotating.or(desk.identity());
    let tokens = Tokens::new(Credentials::new(settings, http(), quick()), quick());
    let token = tokens.bearer(&Audience::Graph).await.unwrap();
    tokens.refused(&Audience::Graph, &token);
    tokens.bearer(&Audience::Graph).await.unwrap();
    let first = desk.seen(1).header("x-identity-header").to_owned();
    let second = desk.seen(2).header("x-identity-header").to_owned();
    assert!(first.starts_with("header-") && first != second, "{first} {second}");
}

#[tokio::test]
async fn an_expiry_is_read_as_text_and_as_a_number_and_anything_else_is_told() {
    let table = [
        (json!({"access_token": "t", "expires_on": in_seconds(600).to_string()}), true),
        (json!({"access_token": "t", "expires_on": in_seconds(600)}), true),
        (json!({"access_token": "t", "expires_on": "tomorrow"}), false),
        (json!({"access_token": "t"}), false),
        (json!("not an object"), false),
    ];
    for (body, readable) in table {
        let answer = body.clone();
        let desk = Desk::open(move |_, _| Answer::Is(200, answer.clone())).await;
        match tokens(&desk, quick()).bearer(&Audience::Graph).await {
            Ok(token) => assert!(readable && token.text() == "t", "{body}"),
            Err(error) => {
                assert!(
                    !readable && error.to_string().contains("not that of an identity endpoint"),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_resource_id_is_refused_on_functions_and_two_ids_everywhere() {
    let functions = [("IDENTITY_ENDPOINT", "http://127.0.0.1:1/"), ("IDENTITY_HEADER", "h")];
    let by_resource = [functions[0], functions[1], ("M365_IDENTITY_RESOURCE_ID", "/subscriptions/1")];
    let error = failure(Settings::from(by_resource)).await;
    assert_eq!(
        error.to_string(),
        "M365_IDENTITY_RESOURCE_ID cannot be used on App Service or Functions: \
         name the identity by AZURE_CLIENT_ID or M365_IDENTITY_OBJECT_ID"
    );
    let twice =
        [("M365_CREDENTIAL", "managed-identity"), ("M365_IDENTITY_OBJECT_ID", "o"), ("AZURE_CLIENT_ID", "c")];
    assert!(failure(Settings::from(twice)).await.is_setting());
}

#[tokio::test]
async fn a_virtual_machine_is_asked_at_its_metadata_service() {
    let desk = Desk::open(|n, _| issued(n, 3600)).await;
    let forced = ("M365_CREDENTIAL", "managed-identity");
    ask(&desk, Settings::from([forced])).await.unwrap();
    ask(&desk, Settings::from([forced, ("M365_IDENTITY_RESOURCE_ID", "/subscriptions/1")])).await.unwrap();
    let seen = desk.seen(0);
    assert_eq!(seen.header("x-meant-for"), "http://169.254.169.254");
    assert_eq!(seen.path, "/metadata/identity/oauth2/token");
    assert_eq!(seen.header("metadata"), "true");
    assert_eq!(seen.field("resource"), "https://graph.microsoft.com");
    assert_eq!(desk.seen(1).field("msi_res_id"), "/subscriptions/1");
}

#[tokio::test]
async fn a_secret_is_sent_to_the_clouds_own_authority_for_the_clouds_own_graph() {
    let table: &[(Pairs, &str, &str)] = &[
        (&[], "https://login.microsoftonline.com", "https://graph.microsoft.com/.default"),
        (
            &[("M365_CLOUD", "usgov")],
            "https://login.microsoftonline.us",
            "https://graph.microsoft.us/.default",
        ),
        (
            &[("M365_CLOUD", "usgovdod")],
            "https://login.microsoftonline.us",
            "https://dod-graph.microsoft.us/.default",
        ),
        (
            &[("M365_CLOUD", "china")],
            "https://login.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn/.default",
        ),
        (
            &[("AZURE_AUTHORITY_HOST", "https://sts.contoso.com/")],
            "https://sts.contoso.com",
            "https://graph.microsoft.com/.default",
        ),
        (
            &[("M365_GRAPH_ENDPOINT", "http://127.0.0.1:1")],
            "https://login.microsoftonline.com",
            "https://graph.microsoft.com/.default",
        ),
    ];
    let desk = Desk::open(granted_for_an_hour).await;
    for (n, (more, authority, scope)) in table.iter().enumerate() {
        let settings = [more, &[("AZURE_CLIENT_SECRET", SECRET)][..]].concat();
        ask(&desk, app(&settings)).await.unwrap();
        let seen = desk.seen(n);
        assert_eq!(seen.header("x-meant-for"), *authority);
        assert_eq!(seen.path, "/contoso.onmicrosoft.com/oauth2/v2.0/token");
        assert_eq!(seen.field("scope"), *scope);
        assert_eq!((seen.field("client_id"), seen.field("client_secret")), ("app-1", SECRET));
        assert_eq!(seen.field("grant_type"), "client_credentials");
    }
}

#[tokio::test]
async fn the_token_of_another_issuer_is_the_assertion_and_read_from_its_file_each_time() {
    let file = std::env::temp_dir().join(format!("federated-token-{}", std::process::id()));
    let desk = Desk::open(granted_for_an_hour).await;
    let settings = app(&[("AZURE_FEDERATED_TOKEN_FILE", file.to_str().unwrap())]);
    for (n, text) in ["first.token", "second.token"].into_iter().enumerate() {
        std::fs::write(&file, text).unwrap();
        ask(&desk, settings.clone()).await.unwrap();
        assert_eq!(desk.seen(n).field("client_assertion"), text);
    }
    std::fs::remove_file(&file).unwrap();
}

/// The parts of an assertion, once its signature was checked with the key of the fixture.
fn verified(assertion: &str) -> (Value, Value) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let key = PrivatePkcs8KeyDer::from_pem_slice(PEM.as_bytes()).unwrap();
    let key = ring::rsa::KeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public().as_ref());
    public.verify(signed.as_bytes(), &decode(signature)).expect("the signature is that of the key");
    let (header, claims) = signed.split_once('.').unwrap();
    let json = |part| serde_json::from_slice(&decode(part)).unwrap();
    (json(header), json(claims))
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_that_its_public_key_verifies() {
    let desk = Desk::open(granted_for_an_hour).await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/auth/throwaway-app.pem");
    let one_line = PEM.replace('\n', "\\n");
    let pkcs1 = in_pkcs1();
    let sources = [
        ("AZURE_CLIENT_CERTIFICATE_PATH", path),
        ("M365_CLIENT_CERTIFICATE", PEM),
        ("M365_CLIENT_CERTIFICATE", &one_line),
        ("M365_CLIENT_CERTIFICATE", &pkcs1),
    ];
    // The fixture has the issuer's certificate first, as some tools write chains.
    let own = CertificateDer::pem_slice_iter(PEM.as_bytes()).nth(1).unwrap().unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, &own));
    let mut nonces = std::collections::HashSet::new();
    for (n, source) in sources.into_iter().enumerate() {
        ask(&desk, app(&[source])).await.unwrap();
        let seen = desk.seen(n);
        assert_eq!(
            seen.field("client_assertion_type"),
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let (header, claims) = verified(seen.field("client_assertion"));
        assert_eq!(header, json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}));
        let endpoint = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
        assert_eq!(
            (&claims["aud"], &claims["iss"], &claims["sub"]),
            (&json!(endpoint), &json!("app-1"), &json!("app-1"))
        );
        let (begin, end) = (claims["nbf"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
        assert!(begin <= in_seconds(0) && end == begin + 300);
        assert!(nonces.insert(claims["jti"].as_str().unwrap().to_owned()), "each assertion is used once");
    }
}

/// The fixture with its key in the older form: PKCS#8 is a header of 26 bytes around it.
fn in_pkcs1() -> String {
    let key = PrivatePkcs8KeyDer::from_pem_slice(PEM.as_bytes()).unwrap();
    let bare = STANDARD.encode(&key.secret_pkcs8_der()[26..]);
    let certificates = &PEM[..PEM.find("-----BEGIN PRIVATE KEY").unwrap()];
    format!("{certificates}-----BEGIN RSA PRIVATE KEY-----\n{bare}\n-----END RSA PRIVATE KEY-----\n")
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_with_the_way_out() {
    let key_at = PEM.find("-----BEGIN PRIVATE KEY").unwrap();
    let own_at = PEM.rfind("-----BEGIN CERTIFICATE").unwrap();
    let only_issuer = format!("{}{}", &PEM[..own_at], &PEM[key_at..]);
    let locked = PEM.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let curve = "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n";
    let broken = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let table = [
        (
            "0\u{82}\t not text",
            "is not PEM (a PFX file is not supported): convert it with `openssl pkcs12 -in app.pfx",
        ),
        (&locked, "has a private key that is locked with a pass phrase: unlock it with `openssl pkey"),
        (&PEM[..key_at], "has no private key"),
        (&only_issuer, "has no certificate that belongs to its private key"),
        (curve, "has a key that is not RSA"),
        (broken, "has a private key that cannot be used: InvalidEncoding; RSA is wanted"),
    ];
    for (pem, expected) in table {
        let error = failure(app(&[("M365_CLIENT_CERTIFICATE", pem)])).await;
        let expected = format!("M365_CLIENT_CERTIFICATE {expected}");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[tokio::test]
async fn entras_codes_are_kept_and_told_with_what_to_check() {
    let table = [
        (401, 7000215, "copy the secret's value, not its id"),
        (401, 7000222, "the client secret has expired"),
        (401, 700027, "upload the certificate to the application"),
        (400, 700016, "AZURE_CLIENT_ID is no application of this tenant"),
        (400, 90002, "check AZURE_TENANT_ID and M365_CLOUD"),
        (401, 700213, "issuer, subject and audience"),
        (400, 500011, "no service principal for this audience"),
        (400, 50034, "https://login.microsoftonline.com/error?code=50034"),
    ];
    for (status, code, help) in table {
        let desk = Desk::open(move |_, _| denied(status, code)).await;
        let error = ask(&desk, app(&[("AZURE_CLIENT_SECRET", SECRET)])).await.unwrap_err();
        assert!(error.is_refused() && error.help().contains(help), "{error}");
        assert_eq!(error.aadsts(), Some(code));
        assert!(
            error.to_string().starts_with(&format!("client-secret: refused with {status} (AADSTS{code}): "))
        );
        assert_eq!(desk.requests(), 1, "no retry of a refusal");
    }
}

#[tokio::test]
async fn an_identity_that_is_not_assigned_is_told_with_where_to_assign_it() {
    let desk = Desk::open(|_, _| Answer::Is(400, json!({"message": "No identity"}))).await;
    let error = tokens(&desk, quick()).bearer(&Audience::Graph).await.unwrap_err();
    assert!(
        error.is_refused() && error.help().starts_with("switch on the app's system-assigned identity"),
        "{error}"
    );
    assert_eq!(desk.requests(), 1);
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_at_is_told_as_unreachable() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint = format!("http://{closed}/msi/token");
    let settings = Settings::from([("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "h3ader")]);
    let tokens = Tokens::new(Credentials::new(settings, http(), quick()), quick());
    let error = tokens.bearer(&Audience::Graph).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("refused"), "{error}");
    assert!(!error.help().is_empty());
}

#[tokio::test]
async fn nothing_secret_is_ever_shown() {
    let echo = |_: usize, seen: &crate::desk::Seen| {
        let said = format!("AADSTS7000215: {:?} {:?}", seen.fields, seen.headers);
        let body = json!({"error": "invalid_client", "error_description": said, "error_codes": [7000215]});
        Answer::Is(401, body)
    };
    let desk = Desk::open(echo).await;
    let settings = app(&[("AZURE_CLIENT_SECRET", SECRET)]);
    let http = http();
    let credentials =
        Credentials::new(settings.clone(), http.clone(), quick()).with_transport(desk.detour(&http));
    let mut shown = format!("{settings:?} {credentials:?} {http:?}");
    let tokens = Arc::new(Tokens::new(credentials, quick()));
    let error = tokens.bearer(&Audience::Graph).await.unwrap_err();
    shown += &format!("{tokens:?} {error} {error:?}");
    let error = crate::desk::tokens(&desk, quick()).bearer(&Audience::Graph).await.unwrap_err();
    shown += &format!("{error} {error:?}");
    assert_eq!(desk.requests(), 2);
    assert!(!shown.contains(SECRET) && !shown.contains("h3ader"), "{shown}");
}
