//! Lists, page by page: at most one page is held, however long the list.
//!
//! A next link is followed to the letter, and headers are sent again with it, since the link does not carry them (Microsoft
//! Graph, "Paging"). A page may be empty and still have a next one. A link to another host is refused before it could see
//! a token, and one that was followed before ends the list as an error, since it would never end otherwise.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use futures_util::stream::{self, Stream, TryStreamExt};
use http::Uri;
use serde::Deserialize;
use serde_json::Value;

use crate::client::Graph;
use crate::error::Error;
use crate::path::Path;
use crate::request::Request;

#[derive(Deserialize)]
struct Page {
    value: Vec<Value>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta: Option<String>,
}

impl Graph {
    /// The items of a list, one after the other; the next page is asked for when the last item of a page was taken.
    pub fn pages(&self, request: Request) -> impl Stream<Item = Result<Value, Error>> + Send + use<> {
        self.page_by_page(request).map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten()
    }

    /// The same, a page at a time, for whoever says how many there were.
    pub fn page_by_page(
        &self,
        request: Request,
    ) -> impl Stream<Item = Result<Vec<Value>, Error>> + Send + use<> {
        let walk = Walk { graph: self.clone(), next: Some(Ok(request)), seen: Seen::default() };
        stream::try_unfold(walk, Walk::page)
    }

    /// What a round of a delta query tells, item by item; answers the delta link with which the next round begins (Microsoft
    /// Graph, "Use delta query to track changes").
    ///
    /// # Errors
    /// Those of [`send`](Self::send), 410 among them: the link is too old, and everything has to be read anew. And when the
    /// last page has no delta link.
    pub async fn delta(&self, request: Request, mut tell: impl FnMut(Value) + Send) -> Result<String, Error> {
        let mut walk = Walk { graph: self.clone(), next: None, seen: Seen::default() };
        let mut request = request;
        loop {
            let page: Page = self.send(request.clone()).await?.json()?;
            page.value.into_iter().for_each(&mut tell);
            match (page.next, page.delta) {
                (Some(next), _) => request = walk.follow(&request, &next)?,
                (None, Some(delta)) => return Ok(delta),
                (None, None) => {
                    return Err(Error::failed("the last page of a delta query has no delta link", None));
                }
            }
        }
    }

    /// The read that a link means which Graph gave earlier, such as a delta link; nothing, if it leads to another host.
    pub fn link(&self, link: &str) -> Option<Request> {
        let (path, query) = below(self.root(), link)?;
        Request::get(Path::new("")).at(path, query)
    }

    /// All items of a list that has at most `limit`.
    ///
    /// # Errors
    /// Those of [`send`](Self::send); and when there are more.
    pub async fn all(&self, request: Request, limit: usize) -> Result<Vec<Value>, Error> {
        let mut items = Vec::new();
        let mut pages = std::pin::pin!(self.pages(request));
        while let Some(item) = pages.try_next().await? {
            if items.len() == limit {
                return Err(Error::failed(
                    format!("the list has more than the {limit} items it may have"),
                    None,
                ));
            }
            items.push(item);
        }
        Ok(items)
    }
}

struct Walk {
    graph: Graph,
    /// What comes next; an error only when its turn comes, after the items before it.
    next: Option<Result<Request, Error>>,
    seen: Seen,
}

impl Walk {
    async fn page(mut self) -> Result<Option<(Vec<Value>, Self)>, Error> {
        let Some(request) = self.next.take().transpose()? else { return Ok(None) };
        let page: Page = self.graph.send(request.clone()).await?.json()?;
        self.next = page.next.map(|link| self.follow(&request, &link));
        Ok(Some((page.value, self)))
    }

    fn follow(&mut self, request: &Request, link: &str) -> Result<Request, Error> {
        let next =
            below(&self.graph.root_of(request), link).and_then(|(path, query)| request.at(path, query));
        let next = next.ok_or_else(|| Error::failed("the next page would be on another host", None))?;
        if self.seen.is_new(link) {
            Ok(next)
        } else {
            Err(Error::failed("the pages go round in a circle", None))
        }
    }
}

/// Path and query of a link below the root, or nothing if it leads elsewhere.
fn below<'a>(root: &str, link: &'a str) -> Option<(&'a str, &'a str)> {
    let (have, want) = (link.parse::<Uri>().ok()?, root.parse::<Uri>().ok()?);
    let same = have.scheme() == want.scheme() && have.authority() == want.authority();
    let (_, rest) = link.split_once("://")?;
    let rest = &rest[rest.find('/')?..];
    let rest = rest.strip_prefix(want.path()).filter(|rest| same && rest.starts_with('/'))?;
    Some(rest.split_once('?').unwrap_or((rest, "")))
}

/// The links followed so far, as hashes: a long list must not cost a long memory.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    hashes: HashSet<u64>,
}

impl Seen {
    fn is_new(&mut self, link: &str) -> bool {
        self.hashes.insert(self.hasher.hash_one(link))
    }
}
