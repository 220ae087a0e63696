//! Lists, page by page.

use exchange::{Cmdlet, Exchange, InvokeCommand, all, pages};
use futures_util::{StreamExt, TryStreamExt};
use graph::{Error, Refusal};
use serde_json::{Value, json};

use crate::mock::{self, ENDPOINT, Log, body, client, thrown, with};

/// An Exchange Online whose list has these pages: the rows of each, and its next link.
fn paged(pages: Vec<(Vec<u32>, Option<String>)>) -> (InvokeCommand, Log) {
    client(move |_, place| {
        let (rows, next) = &pages[place];
        let mut page = json!({"value": rows});
        if let Some(next) = next {
            page["@odata.nextLink"] = json!(next);
        }
        with(200, &page)
    })
}

fn next(token: &str) -> Option<String> {
    Some(format!("{ENDPOINT}/adminapi/beta/{}/InvokeCommand?%24skiptoken={token}", mock::TENANT))
}

fn mailboxes() -> Cmdlet {
    Cmdlet::new("Get-Mailbox").parameter("ResultSize", "Unlimited")
}

#[tokio::test(start_paused = true)]
async fn links_are_followed_to_the_letter_with_the_same_body() {
    let (exchange, log) = paged(vec![(vec![1, 2], next("a%2Bb'")), (vec![], next("c")), (vec![3], None)]);
    let rows: Vec<Value> = pages(&exchange, mailboxes()).try_collect().await.unwrap();
    assert_eq!(rows, [json!(1), json!(2), json!(3)]);
    assert_eq!(log.urls()[1..], [next("a%2Bb'").unwrap(), next("c").unwrap()]);
    let sent = log.all();
    assert!(sent.iter().all(|request| body(request) == body(&sent[0])));
    assert!(
        sent.iter()
            .all(|request| request.headers()["x-anchormailbox"] == sent[0].headers()["x-anchormailbox"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_may_name_the_usual_port() {
    let link = next("a").map(|link| link.replace("office365.com", "office365.com:443"));
    let (exchange, log) = paged(vec![(vec![1], link.clone()), (vec![2], None)]);
    assert_eq!(all(&exchange, mailboxes(), 10).await.unwrap().len(), 2);
    assert_eq!(log.urls().pop(), link);
}

#[tokio::test(start_paused = true)]
async fn a_page_is_asked_for_only_when_its_first_row_is() {
    let (exchange, log) = paged(vec![(vec![1, 2], next("a")), (vec![3], None)]);
    let mut rows = std::pin::pin!(pages(&exchange, mailboxes()));
    assert_eq!(log.len(), 0);
    for asked in [1, 1, 2] {
        assert!(rows.next().await.is_some_and(|row| row.is_ok()));
        assert_eq!(log.len(), asked);
    }
    assert!(rows.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_link_that_leads_elsewhere_is_refused_after_the_rows_before_it() {
    let elsewhere = [
        "https://outlook.office365.com.contoso.com/adminapi/beta/x/InvokeCommand",
        "https://adele@outlook.office365.com/adminapi/beta/x/InvokeCommand",
        "http://outlook.office365.com/adminapi/beta/x/InvokeCommand",
        "https://outlook.office365.com:444/adminapi/beta/x/InvokeCommand",
        "/adminapi/beta/x/InvokeCommand",
        "nonsense",
    ];
    for link in elsewhere {
        let (exchange, log) = paged(vec![(vec![1], Some(link.to_owned()))]);
        let rows: Vec<Result<Value, Error>> = pages(&exchange, mailboxes()).collect().await;
        assert!(matches!(&rows[..], [Ok(_), Err(error)] if !error.is_refused()), "{link}: {rows:?}");
        assert_eq!(log.len(), 1, "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_was_followed_before_ends_the_list_as_an_error() {
    let (exchange, log) = paged(vec![(vec![1], next("a")), (vec![2], next("b")), (vec![3], next("a"))]);
    let rows: Vec<Result<Value, Error>> = pages(&exchange, mailboxes()).collect().await;
    assert!(matches!(&rows[..], [Ok(_), Ok(_), Ok(_), Err(_)]), "{rows:?}");
    assert_eq!(log.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_has_expired_is_told_as_such() {
    let (exchange, _) = client(|_, place| match place {
        0 => with(200, &json!({"value": [1], "@odata.nextLink": next("a")})),
        _ => thrown(
            400,
            "A.SomeException",
            "Expired or Invalid pagination request. Default Expiry time is 00:30:00",
        ),
    });
    let error = all(&exchange, mailboxes(), 10).await.unwrap_err();
    assert!(error.is(Refusal::PageExpired), "{error}");
    assert!(error.help().is_some_and(|help| help.contains("could not be read to its end")));
}

#[tokio::test(start_paused = true)]
async fn a_list_is_collected_only_up_to_its_limit() {
    let list = || vec![(vec![1, 2], next("a")), (vec![3], None)];
    assert_eq!(all(&paged(list()).0, mailboxes(), 3).await.unwrap().len(), 3);
    let error = all(&*paged(list()).0.bulk(), mailboxes(), 2).await.unwrap_err();
    assert!(error.to_string().contains("more than the 2"), "{error}");
}
