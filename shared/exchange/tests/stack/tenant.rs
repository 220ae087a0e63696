//! All layers against the offline tenant, in this process.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use exchange::{Cmdlet, Config, Exchange, InvokeCommand, all, bytes, changed_nothing};
use futures_util::future::join_all;
use graph::auth::FixedToken;
use graph::stack::{Wire, in_process};
use graph::{ObjectId, Refusal};
use tenant::{Drop, Dropped, Fault, Options, Tenant, Trouble};
use tokio::time::Instant;
use tower::BoxError;
use tower::util::MapResult;

/// Links of the tenant lead to where it was asked, in plain HTTP.
const HERE: &str = "http://localhost";
const AUDIENCE: &str = "https://outlook.office365.com";

fn with(options: Options) -> Tenant {
    Tenant::new(Options { directory_roles: vec!["Exchange Administrator".to_owned()], ..options })
}

/// A client with both halves of the rights.
fn client(tenant: &Tenant) -> InvokeCommand {
    holding(tenant, &["Exchange.ManageAsApp"], &["Exchange Administrator"], AUDIENCE)
}

fn holding(tenant: &Tenant, roles: &[&str], directory_roles: &[&str], audience: &str) -> InvokeCommand {
    let identity = tenant.identity_with("offboard-user", roles, directory_roles);
    let tokens = Arc::new(FixedToken::new(tenant.token(&identity, audience)));
    let environment = tenant.environment(HERE, &identity);
    let id = environment["AZURE_TENANT_ID"].as_str().unwrap().parse().unwrap();
    InvokeCommand::over(Config::new(HERE, id, tokens), wire(tenant))
}

fn wire(tenant: &Tenant) -> Wire {
    in_process(MapResult::new(tenant.router(), broken))
}

/// In process there is no connection to break; the tenant marks the answers that must not arrive.
fn broken(answer: Result<Response, std::convert::Infallible>) -> Result<Response, BoxError> {
    match answer {
        Ok(answer) if answer.extensions().get::<Dropped>().is_some() => Err("connection reset".into()),
        answer => Ok(answer?),
    }
}

fn adele() -> Cmdlet {
    Cmdlet::new("Get-Mailbox")
        .identity("AdeleV@contoso.com")
        .select(&["RecipientTypeDetails", "ExternalDirectoryObjectId"])
}

fn convert() -> Cmdlet {
    Cmdlet::new("Set-Mailbox").identity("AdeleV@contoso.com").parameter("Type", "Shared")
}

fn trouble(body: &str, times: u32, then: Trouble) -> Fault {
    Fault { body: Some(body.to_owned()), times: Some(times), then, ..Fault::default() }
}

fn writes(tenant: &Tenant) -> usize {
    tenant
        .transcript()
        .iter()
        .filter(|entry| entry.path.starts_with("Set-Mailbox") && entry.status == 200)
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_is_converted_and_a_second_time_that_changes_nothing() {
    let tenant = with(Options::default());
    let exchange = client(&tenant);
    let before = exchange.send(adele()).await.unwrap();
    assert_eq!(before.body["value"][0]["RecipientTypeDetails"], "UserMailbox");
    let id: ObjectId =
        before.body["value"][0]["ExternalDirectoryObjectId"].as_str().unwrap().parse().unwrap();
    assert!(!changed_nothing(&exchange.send(convert()).await.unwrap()));
    assert!(changed_nothing(&exchange.send(convert()).await.unwrap()));
    let after = exchange.send(Cmdlet::new("Get-Mailbox").identity(id)).await.unwrap();
    assert_eq!(after.body["value"][0]["RecipientTypeDetails"], "SharedMailbox");
}

#[tokio::test(start_paused = true)]
async fn sizes_and_refusals_are_told() {
    let tenant = with(Options::default());
    let exchange = client(&tenant);
    let statistics =
        exchange.send(Cmdlet::new("Get-MailboxStatistics").identity("AdeleV@contoso.com")).await.unwrap();
    assert!(statistics.body["value"][0]["TotalItemSize"].as_str().is_some_and(|size| bytes(size).is_some()));
    let nobody = Cmdlet::new("Get-Mailbox").identity("nobody@contoso.com");
    let error = exchange.send(nobody).await.unwrap_err();
    assert!(error.is_not_found() && error.code() == "ManagementObjectNotFoundException", "{error}");
    let error = exchange.send(convert().parameter("Typ", "Shared")).await.unwrap_err();
    assert!(error.is(Refusal::UnknownParameter), "{error}");
}

#[tokio::test(start_paused = true)]
async fn both_halves_of_the_rights_are_needed_and_which_one_is_missing_is_told() {
    let tenant = with(Options::default());
    let (role, duty) = (&["Exchange.ManageAsApp"][..], &["Exchange Administrator"][..]);
    let table = [
        (&[][..], duty, AUDIENCE, Refusal::NoExchangePermission),
        (role, duty, "https://graph.microsoft.com", Refusal::NoExchangePermission),
        (role, &[][..], AUDIENCE, Refusal::NoExchangeRole),
    ];
    for (roles, duties, audience, refusal) in table {
        let error = holding(&tenant, roles, duties, audience).send(adele()).await.unwrap_err();
        assert!(error.is(refusal) && error.is_denied(), "{roles:?} {duties:?}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_repeated_and_done_once() {
    let exception = |name: &str| Trouble { exchange: Some(name.to_owned()), ..Trouble::default() };
    let redirect = Trouble { redirect: Some("/region".to_owned()), ..Trouble::default() };
    let throttled = Trouble { status: Some(429), retry_after: Some("4".to_owned()), ..Trouble::default() };
    let table = [
        exception("ServerBusyException"),
        exception("CmdletProxyNotAvailableFailure"),
        exception("UnableToWriteToAadException"),
        redirect,
        throttled,
    ];
    for then in table {
        let tenant = with(Options::default());
        tenant.fault(trouble("Set-Mailbox", 1, then.clone()));
        client(&tenant).send(convert()).await.unwrap();
        assert_eq!(writes(&tenant), 1, "{then:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_may_have_been_under_way_is_unknown_and_a_read_is_repeated() {
    let lost = Trouble { drop: Some(Drop::After), ..Trouble::default() };
    let transient = Trouble { exchange: Some("TransientException".to_owned()), ..Trouble::default() };
    for then in [lost, transient] {
        let tenant = with(Options::default());
        tenant.fault(trouble("-Mailbox", 1, then.clone()));
        assert!(client(&tenant).send(convert()).await.unwrap_err().is_unknown(), "{then:?}");
        tenant.clear_faults();
        tenant.fault(trouble("-Mailbox", 1, then));
        client(&tenant).send(adele()).await.unwrap();
        assert_eq!(tenant.transcript().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_many_pages_is_read_to_its_end() {
    let tenant = with(Options { users: 2_500, ..Options::default() });
    let everybody = Cmdlet::new("Get-Recipient")
        .parameter("ResultSize", "Unlimited")
        .select(&["ExternalDirectoryObjectId"]);
    let rows = all(&client(&tenant), everybody, 10_000).await.unwrap();
    let ids: HashSet<_> = rows.iter().map(|row| row["ExternalDirectoryObjectId"].to_string()).collect();
    assert!(tenant.transcript().len() == rows.len().div_ceil(1_000) && rows.len() > 1_000, "{}", rows.len());
    assert_eq!(ids.len(), rows.len());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_to_wait_since_few_go_at_once() {
    let tenant =
        with(Options { exchange_calls: Some(3), latency: Duration::from_secs(1), ..Options::default() });
    let exchange = client(&tenant);
    let begun = Instant::now();
    let different =
        ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(|most| adele().parameter("ResultSize", most));
    let answers = join_all(different.map(|cmdlet| exchange.send(cmdlet))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert!(tenant.transcript().iter().all(|entry| entry.status == 200));
}
