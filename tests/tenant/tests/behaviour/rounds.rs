//! Rounds of delta queries, followed from link to link.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::Value;

use crate::client::{Answer, Client, GRAPH, send};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// A whole round: all that was told, how much on each page, and the path the next round begins with.
pub(crate) struct Round {
    pub(crate) told: Vec<Value>,
    pub(crate) pages: Vec<usize>,
    pub(crate) next: String,
}

impl Round {
    /// Follows the links from a path on.
    pub(crate) async fn of(client: &Client, path: &str, prefer: Option<&str>) -> Round {
        let (mut round, mut path) =
            (Round { told: vec![], pages: vec![], next: String::new() }, path.to_owned());
        while round.next.is_empty() {
            let page = ask(client, &path, prefer).await;
            let told = page.is(200).body["value"].as_array().unwrap();
            round.pages.push(told.len());
            round.told.extend(told.iter().cloned());
            match (page.body["@odata.nextLink"].as_str(), page.body["@odata.deltaLink"].as_str()) {
                (Some(next), None) => path = below(next),
                (None, Some(next)) => round.next = below(next),
                links => panic!("one link, not {links:?}"),
            }
        }
        round
    }

    /// Names of what is told of.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.told.iter().map(|told| told["displayName"].as_str().unwrap_or("")).collect()
    }
}

async fn ask(client: &Client, path: &str, prefer: Option<&str>) -> Answer {
    let request = Request::get(format!("/v1.0{path}")).header("authorization", client.bearer());
    let request = prefer.into_iter().fold(request, |request, prefer| request.header("prefer", prefer));
    send(&client.tenant, request.body(Body::empty()).unwrap()).await
}

pub(crate) fn below(link: &str) -> String {
    link.strip_prefix(&format!("{GRAPH}/v1.0")).unwrap().to_owned()
}

pub(crate) async fn round(client: &Client, path: &str) -> Round {
    Round::of(client, path, None).await
}

/// Where a round begins that tells of what changes in a collection from now on.
pub(crate) async fn from_now(client: &Client, collection: &str, options: &str) -> String {
    let round = round(client, &format!("/{collection}/delta?$deltatoken=latest{options}")).await;
    assert!(round.told.is_empty());
    round.next
}
