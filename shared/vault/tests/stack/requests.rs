//! What each ask becomes, and what it is answered with.

use serde_json::{Value, json};
use vault::{Ask, Text, Vaults};

use crate::mock::{VERSION, body, client, create, keys, name, pending, secret, set, with};

const VAULT: &str = "https://contoso-keys.vault.azure.net";

/// Each ask with what is sent for it.
fn table() -> Vec<(Ask, &'static str)> {
    let version = Some(VERSION.to_owned());
    vec![
        (Ask::Certificate { vault: keys(), name: name(), version: None }, "GET /certificates/payroll/"),
        (
            Ask::Certificate { vault: keys(), name: name(), version },
            "GET /certificates/payroll/0123456789abcdef0123456789abcdef",
        ),
        (Ask::Certificates { vault: keys() }, "GET /certificates"),
        (Ask::CertificateVersions { vault: keys(), name: name() }, "GET /certificates/payroll/versions"),
        (pending(), "GET /certificates/payroll/pending"),
        (create(), "POST /certificates/payroll/create"),
        (Ask::Pointer { vault: keys(), name: name() }, "GET /secrets/payroll/"),
        (Ask::SecretVersions { vault: keys(), name: name() }, "GET /secrets/payroll/versions"),
        (set(Text::Carried), "PUT /secrets/payroll"),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_ask_is_one_request_of_key_vaults_rest_interface() {
    for (ask, line) in table() {
        let (vaults, log) = client(|_, _| with(200, &json!({"value": [], "status": "inProgress"})));
        vaults.send(ask, Some(&secret())).await.unwrap();
        let line = line.replace(" /", &format!(" {VAULT}/"));
        assert_eq!(log.lines(), [line]);
        let query = log.all()[0].uri().query().unwrap_or_default().to_owned();
        assert!(query.contains("api-version=2025-07-01"), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_are_key_vaults_own_json() {
    let bundle = json!({"id": format!("{VAULT}/certificates/payroll/{VERSION}"), "kid": "k", "somethingNew": {"a": 1}});
    let copy = bundle.clone();
    let (vaults, _) = client(move |_, _| with(200, &copy));
    let ask = Ask::Certificate { vault: keys(), name: name(), version: None };
    let answer = vaults.send(ask, None).await.unwrap();
    assert_eq!((answer.status, answer.request_id(), &answer.body), (200, Some("r-1"), &bundle));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_made_as_asked_and_renewed_by_nobody_else() {
    let (vaults, log) = client(|_, _| with(202, &json!({"id": "x", "status": "inProgress"})));
    let begun = tokio::time::Instant::now();
    let answer = vaults.send(create(), None).await.unwrap();
    assert!(begun.elapsed().is_zero() && log.len() == 1, "nobody waits for the certificate");
    assert_eq!((answer.status, &answer.body["status"]), (202, &json!("inProgress")));
    assert_eq!(
        body(&log.all()[0]),
        json!({
            "policy": {
                "issuer": {"name": "Self"},
                "key_props": {"kty": "RSA", "key_size": 2048, "exportable": false, "reuse_key": false},
                "secret_props": {"contentType": "application/x-pkcs12"},
                "x509_props": {"subject": "CN=payroll", "validity_months": 12, "key_usage": ["digitalSignature"]},
                "lifetime_actions": [
                    {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}},
                ],
            },
            "tags": {"m365-run": "r-1"},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_secret_is_to_hold_is_filled_in_and_never_comes_back() {
    let held = |text: &str| {
        json!({"value": text, "contentType": "application/json", "attributes": {"exp": 1_810_807_200},
               "tags": {"m365-run": "r-1"}})
    };
    let table = [
        (Text::Carried, vec![held(crate::mock::SECRET)], Value::Null),
        (Text::Version(VERSION.to_owned()), vec![held("what it held")], Value::Null),
        (Text::Plain("{}".to_owned()), vec![held("{}")], json!("{}")),
    ];
    for (value, sent, told) in table {
        let (vaults, log) = client(|request, _| {
            let held = if request.body().is_empty() {
                json!("what it held")
            } else {
                body(request)["value"].clone()
            };
            with(200, &json!({"id": "x", "value": held}))
        });
        let answer = vaults.send(set(value), Some(&secret())).await.unwrap();
        let puts: Vec<Value> =
            log.all().iter().filter(|request| request.method() == "PUT").map(body).collect();
        assert_eq!(puts, sent);
        assert_eq!((&answer.body["id"], &answer.body["value"]), (&json!("x"), &told));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_run_no_longer_carries_is_not_sent() {
    let (vaults, log) = client(|_, _| with(200, &json!({})));
    let error = vaults.send(set(Text::Carried), None).await.unwrap_err();
    assert!(error.to_string().contains("carries no secret"), "{error}");
    assert_eq!(log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_ask_that_is_not_fit_to_be_sent_is_not_sent() {
    let (vaults, log) = client(|_, _| with(200, &json!({})));
    let error = vaults.send(Ask::Pending { vault: keys(), name: "../x".to_owned() }, None).await.unwrap_err();
    assert!(!error.is_unknown() && error.to_string().contains("not sent"), "{error}");
    assert_eq!((log.len(), log.challenged().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_the_last_page() {
    let page = |ids: &[&str], next: Option<&str>| {
        let value: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        with(200, &json!({"value": value, "nextLink": next}))
    };
    for ask in [
        Ask::Certificates { vault: keys() },
        Ask::CertificateVersions { vault: keys(), name: name() },
        Ask::SecretVersions { vault: keys(), name: name() },
    ] {
        let (vaults, log) = client(move |_, place| match place {
            0 => {
                page(&["1", "2"], Some("https://contoso-keys.vault.azure.net/x?api-version=7.4&$skiptoken=a"))
            }
            1 => page(&["3"], Some("https://contoso-keys.vault.azure.net/x?api-version=7.4&$skiptoken=b")),
            _ => page(&["4"], None),
        });
        let answer = vaults.send(ask, None).await.unwrap();
        assert_eq!(answer.body, json!({"value": [{"id": "1"}, {"id": "2"}, {"id": "3"}, {"id": "4"}]}));
        assert_eq!(log.len(), 3);
    }
}
