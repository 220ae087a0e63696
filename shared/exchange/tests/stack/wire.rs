//! What goes over the wire.

use std::sync::Arc;
use std::time::Duration;

use exchange::{Cmdlet, Config, Exchange, InvokeCommand};
use graph::auth::Audience;
use serde_json::{Value, json};

use crate::mock::{ADELE, ENDPOINT, Source, TENANT, body, client, done, empty, get, over, set, status, wire};

#[tokio::test(start_paused = true)]
async fn a_cmdlet_is_sent_as_the_module_of_microsoft_sends_it() {
    let (exchange, log) = client(|_, _| done());
    exchange.send(get().select(&["RecipientTypeDetails", "ArchiveGuid"])).await.unwrap();
    let request = &log.all()[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(
        request.uri().to_string(),
        format!("{ENDPOINT}/adminapi/beta/{TENANT}/InvokeCommand?$select=RecipientTypeDetails,ArchiveGuid")
    );
    let table = [
        ("accept", "application/json".to_owned()),
        ("authorization", "Bearer not-a-secret".to_owned()),
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("prefer", "odata.maxpagesize=1000".to_owned()),
        ("x-anchormailbox", format!("APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{TENANT}")),
        ("x-cmdletname", "Get-Mailbox".to_owned()),
        ("x-responseformat", "json".to_owned()),
    ];
    for (name, value) in table {
        assert_eq!(request.headers()[name], value, "{name}");
    }
    assert_eq!(request.headers()["client-request-id"].len(), 36);
    assert_eq!(
        body(request),
        json!({"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"Identity": ADELE}}})
    );
}

#[tokio::test(start_paused = true)]
async fn parameters_are_an_object_and_a_null_clears() {
    let (exchange, log) = client(|_, _| done());
    exchange.send(Cmdlet::new("Get-AcceptedDomain")).await.unwrap();
    let clear =
        Cmdlet::new("Set-Mailbox").identity(ADELE).parameter("ForwardingAddress", Value::Null).confirmed();
    exchange.send(clear).await.unwrap();
    let sent: Vec<_> =
        log.all().iter().map(|request| body(request)["CmdletInput"]["Parameters"].clone()).collect();
    assert_eq!(sent, [json!({}), json!({"Identity": ADELE, "ForwardingAddress": null, "Confirm": false})]);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_for_exchange_online_whatever_the_endpoint() {
    let (wire, log) = wire(Duration::ZERO, |_, place| if place == 0 { empty(status(401)) } else { done() });
    let source = Arc::new(Source::default());
    let config = Config::new("http://127.0.0.1:8080/", TENANT.parse().unwrap(), source.clone());
    InvokeCommand::over(config, wire).send(set()).await.unwrap();
    assert!(
        log.urls().iter().all(|url| url.starts_with("http://127.0.0.1:8080/adminapi/")),
        "{:?}",
        log.urls()
    );
    let tokens: Vec<_> = log.all().iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"], "a 401 is worth another token, also of a write");
    assert_eq!(*source.0.lock().unwrap(), [Audience::Exchange, Audience::Exchange]);
}

#[tokio::test(start_paused = true)]
async fn what_would_mean_everything_is_never_sent() {
    let (exchange, log) = client(|_, _| done());
    let statistics = || Cmdlet::new("Get-MailboxStatistics");
    for cmdlet in [statistics().identity(""), statistics().identity(graph::ACCOUNT)] {
        let error = exchange.send(cmdlet).await.unwrap_err();
        assert!(!error.is_unknown() && !error.is_unreachable() && !error.is_refused(), "{error}");
        assert!(error.to_string().contains("Get-MailboxStatistics was not sent"), "{error}");
    }
    assert_eq!(log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_given_up_after_its_time() {
    let (wire, log) = wire(Duration::from_secs(3_600), |_, _| done());
    let error = over(wire, ENDPOINT).send(set()).await.unwrap_err();
    assert!(error.is_unknown() && error.to_string().contains("Exchange Online"), "{error}");
    assert_eq!(log.len(), 1);
}
