//! Lists, page by page: at most one page is held, however long the list.
//!
//! Exchange Online gives a thousand rows at a time, and the next ones for the same cmdlet sent to another address. It may
//! refuse a further page half an hour after the first one, and clients have seen it refuse any
//! ([`Refusal::PageExpired`](graph::Refusal::PageExpired)): ask for little, by `Filter` and `$select`.

use std::collections::HashSet;

use futures_util::stream::{self, Stream, TryStreamExt};
use graph::Error;
use serde::Deserialize;
use serde_json::Value;

use crate::Exchange;
use crate::cmdlet::Cmdlet;

#[derive(Deserialize)]
struct Page {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

/// The rows that a cmdlet gets, one after the other; the next page is asked for when the last row of a page was taken.
pub fn pages(exchange: &dyn Exchange, cmdlet: Cmdlet) -> impl Stream<Item = Result<Value, Error>> + Send {
    let walk = Walk { exchange, next: Some(cmdlet), seen: HashSet::new() };
    stream::try_unfold(walk, Walk::page).try_flatten()
}

/// All rows that a cmdlet gets, of which there are at most `limit`.
///
/// # Errors
/// Those of [`send`](Exchange::send); and when there are more.
pub async fn all(exchange: &dyn Exchange, cmdlet: Cmdlet, limit: usize) -> Result<Vec<Value>, Error> {
    let mut rows = Vec::new();
    let mut pages = std::pin::pin!(pages(exchange, cmdlet));
    while let Some(row) = pages.try_next().await? {
        if rows.len() == limit {
            return Err(Error::failed(format!("the list has more than the {limit} rows it may have"), None));
        }
        rows.push(row);
    }
    Ok(rows)
}

struct Walk<'a> {
    exchange: &'a dyn Exchange,
    next: Option<Cmdlet>,
    seen: HashSet<String>,
}

impl<'a> Walk<'a> {
    async fn page(mut self) -> Result<Option<(impl Stream<Item = Result<Value, Error>>, Self)>, Error> {
        let Some(cmdlet) = self.next.take() else { return Ok(None) };
        if cmdlet.page().is_some_and(|link| !self.seen.insert(link.to_owned())) {
            return Err(Error::failed("the pages go round in a circle", None));
        }
        let page: Page = self.exchange.send(cmdlet.clone()).await?.json()?;
        self.next = page.next.map(|link| cmdlet.at(link));
        Ok(Some((stream::iter(page.value.into_iter().map(Ok)), self)))
    }
}
