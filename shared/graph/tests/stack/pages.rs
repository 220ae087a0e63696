//! Lists, page by page.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use graph::{Error, Path, Request, Response};
use serde_json::{Value, json};

use crate::mock::{self, Log, answer, client, sent};

const NEXT: &str = "https://graph.microsoft.com/v1.0/users?$skiptoken=";

/// A Graph whose `/users` has these pages: the items of each, and its next link.
fn paged(pages: Vec<(Vec<u32>, Option<String>)>) -> (graph::Graph, Log<mock::Http>) {
    let (wire, log) = mock::service(Duration::ZERO, move |_: &mock::Http, place| {
        let (items, next) = &pages[place];
        let mut body = json!({"value": items});
        if let Some(next) = next {
            body["@odata.nextLink"] = json!(next);
        }
        Ok(mock::alone(&Response { body, ..answer(200, &[]) }))
    });
    (client(wire), log)
}

fn next(token: &str) -> Option<String> {
    Some(format!("{NEXT}{token}"))
}

fn users() -> Request {
    Request::get(Path::new("/users"))
}

fn urls(log: &Log<mock::Http>) -> Vec<String> {
    sent(log).iter().flat_map(mock::Sent::urls).collect()
}

#[tokio::test(start_paused = true)]
async fn links_are_followed_to_the_letter_also_from_an_empty_page() {
    let (graph, log) = paged(vec![(vec![1, 2], next("a%2Bb'")), (vec![], next("c")), (vec![3], None)]);
    let items: Vec<Value> = graph.pages(users().advanced()).try_collect().await.unwrap();
    assert_eq!(items, [json!(1), json!(2), json!(3)]);
    assert_eq!(urls(&log), ["/users?$count=true", "/users?$skiptoken=a%2Bb'", "/users?$skiptoken=c"]);
    let levels = log.all().into_iter().map(|request| request.headers()["consistencylevel"].clone());
    assert_eq!(levels.collect::<Vec<_>>(), ["eventual"; 3], "a link does not carry headers");
}

#[tokio::test(start_paused = true)]
async fn a_page_is_asked_for_only_when_its_first_item_is() {
    let (graph, log) = paged(vec![(vec![1, 2], next("a")), (vec![3], None)]);
    let mut items = std::pin::pin!(graph.pages(users()));
    assert_eq!(log.len(), 0);
    for asked in [1, 1, 2] {
        assert!(items.next().await.is_some_and(|item| item.is_ok()));
        assert_eq!(log.len(), asked);
    }
    assert!(items.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_link_that_leads_elsewhere_is_refused_after_the_items_before_it() {
    let elsewhere = [
        "https://graph.microsoft.com.contoso.com/v1.0/users?$skiptoken=a",
        "https://user@graph.microsoft.com/v1.0/users?$skiptoken=a",
        "http://graph.microsoft.com/v1.0/users?$skiptoken=a",
        "https://graph.microsoft.com:444/v1.0/users?$skiptoken=a",
        "https://graph.microsoft.com/beta/users?$skiptoken=a",
        "https://graph.microsoft.com/v1.0evil/users",
        "/v1.0/users?$skiptoken=a",
        "nonsense",
    ];
    for link in elsewhere {
        let (graph, log) = paged(vec![(vec![1], Some(link.to_owned()))]);
        let items: Vec<Result<Value, Error>> = graph.pages(users()).collect().await;
        assert!(matches!(&items[..], [Ok(_), Err(error)] if !error.is_refused()), "{link}: {items:?}");
        assert_eq!(log.len(), 1, "{link}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_was_followed_before_ends_the_list_as_an_error() {
    let (graph, log) = paged(vec![(vec![1], next("a")), (vec![2], next("b")), (vec![3], next("a"))]);
    let items: Vec<Result<Value, Error>> = graph.pages(users()).collect().await;
    assert!(matches!(&items[..], [Ok(_), Ok(_), Ok(_), Err(_)]), "{items:?}");
    assert_eq!(log.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_list() {
    let (wire, _) = mock::graph(Duration::ZERO, |_| answer(403, &[]));
    let items: Vec<Result<Value, Error>> = client(wire).pages(users()).collect().await;
    assert!(matches!(&items[..], [Err(error)] if error.is_denied()), "{items:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_page_is_an_error_that_says_so() {
    let (wire, _) = mock::graph(Duration::ZERO, |_| answer(200, &[]));
    let error = client(wire).all(users(), 10).await.unwrap_err();
    assert!(error.to_string().contains("shape"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_collected_only_up_to_its_limit() {
    let pages = || vec![(vec![1, 2], next("a")), (vec![3], None)];
    assert_eq!(paged(pages()).0.all(users(), 3).await.unwrap().len(), 3);
    let error = paged(pages()).0.all(users(), 2).await.unwrap_err();
    assert!(error.to_string().contains("more than the 2"), "{error}");
}
