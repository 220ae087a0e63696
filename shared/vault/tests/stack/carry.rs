//! Where requests go, and with what.

use std::sync::Arc;

use graph::auth::Audience;
use serde_json::json;
use vault::{Ask, By, KeyVaults, Vaults};

use crate::mock::{
    Source, authorization, challenge, client, config, create, keys, name, pending, secret, sign_in, token,
    wire, with,
};

#[tokio::test(start_paused = true)]
async fn a_vault_is_asked_for_its_tokens_once_and_told_nothing_before() {
    let (vaults, log) = client(|_, _| with(202, &json!({"status": "inProgress"})));
    vaults.send(create(), None).await.unwrap();
    vaults.send(create(), None).await.unwrap();
    let asked = log.challenged();
    assert!(matches!(&asked[..], [request] if request.body().is_empty()), "{asked:?}");
    assert!(log.all().iter().all(|request| authorization(request) == "Bearer token-0"));
    assert!(log.all().iter().all(|request| request.headers()["authorization"].is_sensitive()));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_not_used_again() {
    let source = Arc::new(Source::default());
    let (wire, log) = wire(|request, _| match authorization(request) {
        "Bearer token-0" => challenge(),
        _ => with(200, &json!({})),
    });
    let vaults = KeyVaults::over(vault::Config { tokens: source.clone(), ..config(&[]) }, wire);
    vaults.send(pending(), None).await.unwrap();
    vaults.send(pending(), None).await.unwrap();
    assert_eq!(*source.0.lock().unwrap(), [(Audience::KeyVault, "token-0".to_owned())]);
    let came = log.all();
    let tokens: Vec<&str> = came.iter().map(authorization).collect();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-0", "Bearer token-1", "Bearer token-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_setting_sends_vaults_and_sign_ins_elsewhere_under_their_own_names() {
    let (wire, log) = wire(|request, _| match request.uri().path() {
        path if path.ends_with("token") => token(),
        _ => with(200, &json!({"value": "held"})),
    });
    let elsewhere = [
        ("M365_VAULT_ENDPOINT", "http://127.0.0.1:9/"),
        ("M365_LOGIN_ENDPOINT", "http://127.0.0.1:9/login/"),
    ];
    let vaults = KeyVaults::over(config(&elsewhere), wire);
    vaults.send(sign_in(By::Published { vault: keys(), name: name() }), None).await.unwrap();
    let came: Vec<String> = log.lines();
    assert_eq!(
        came,
        [
            "GET http://127.0.0.1:9/secrets/payroll/",
            "POST http://127.0.0.1:9/login/0fea4e48-0b54-47c3-9bb7-7a6c3c0a27a5/oauth2/v2.0/token"
        ]
    );
    let hosts: Vec<_> = log.all().iter().map(|request| request.headers()["host"].clone()).collect();
    assert_eq!(hosts, ["contoso-keys.vault.azure.net", "login.microsoftonline.com"]);
}

#[tokio::test(start_paused = true)]
async fn the_cloud_says_where_vaults_are() {
    let (wire, log) = wire(|_, _| token());
    let vaults = KeyVaults::over(config(&[("M365_CLOUD", "china")]), wire);
    vaults.send(sign_in(By::Carried), Some(&secret())).await.unwrap();
    let error = vaults.send(pending(), None).await.unwrap_err();
    assert!(log.lines()[0].starts_with("POST https://login.chinacloudapi.cn/"), "{:?}", log.lines());
    assert!(log.challenged()[0].uri().to_string().starts_with("https://contoso-keys.vault.azure.cn/"));
    assert!(!error.is_refused(), "a vault that wants a token of another cloud is given none: {error}");
    assert_eq!(log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_leads_away_is_not_followed() {
    for host in [
        "https://vault.azure.net.contoso.com",
        "http://contoso-keys.vault.azure.net",
        "https://evilvault.azure.net",
    ] {
        let link = format!("{host}/certificates/payroll/versions?$skiptoken=x");
        let (vaults, log) = client(move |_, _| with(200, &json!({"value": [], "nextLink": link})));
        let error =
            vaults.send(Ask::CertificateVersions { vault: keys(), name: name() }, None).await.unwrap_err();
        assert!(!error.is_refused() && !error.is_unknown(), "{error}");
        assert_eq!(log.len(), 1, "{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_takes_no_token_is_told_as_such_after_one_more_try() {
    let (vaults, log) = client(|_, _| challenge());
    let error = vaults.send(create(), None).await.unwrap_err();
    assert!(error.is(graph::Refusal::Unauthenticated) && !error.is_unknown(), "{error}");
    assert!(log.len() <= 3, "{}", log.len());
}
