//! The wire between a process and the tenant: it remembers which ids were seen, and where the process dies.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use graph::stack::{TransportError, Wire, in_process};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::{ServiceExt, service_fn};

use super::portrait::{is_guid, words};

/// How a process dies at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// Before it is sent.
    Before,
    /// When half of its batch is done.
    Half,
    /// When all of it is done.
    After,
    /// It lives, but the reply is lost.
    Lost,
    /// It lives, but the request is lost; it cannot tell that from a lost reply.
    Vanished,
}

impl Death {
    pub(super) const ALL: [Self; 5] = [Self::Before, Self::Half, Self::After, Self::Lost, Self::Vanished];
}

/// Waits for a process at its n-th write.
pub(super) struct Scythe {
    at: usize,
    death: Death,
    writes: AtomicUsize,
    struck: AtomicBool,
    died: Notify,
}

impl Scythe {
    pub(super) fn new(at: usize, death: Death) -> Self {
        Self { at, death, writes: AtomicUsize::new(0), struck: AtomicBool::new(false), died: Notify::new() }
    }

    /// Whether the write came.
    pub(super) fn struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst)
    }

    /// Ends when the process has died.
    pub(super) async fn died(&self) {
        self.died.notified().await;
    }

    /// What happens to this write.
    fn strike(&self) -> Option<Death> {
        let struck = self.writes.fetch_add(1, Ordering::SeqCst) == self.at;
        self.struck.fetch_or(struck, Ordering::SeqCst);
        struck.then_some(self.death)
    }
}

/// Ids that this process has seen, and writes to what it had not.
#[derive(Clone)]
pub(super) struct Watched {
    seen: Arc<Mutex<BTreeSet<String>>>,
    unseen: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    /// Ids that the caller named need not be read first.
    pub(super) fn new(request: &Value) -> Self {
        let named = words(&request.to_string()).into_iter().filter(|word| is_guid(word)).collect();
        Self { seen: Arc::new(Mutex::new(named)), unseen: Arc::default() }
    }

    /// Writes to what had not been seen.
    pub(super) fn unseen(&self) -> Vec<String> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn see(&self, text: &str) {
        let ids = words(text).into_iter().filter(|word| is_guid(word));
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    fn check(&self, writes: &[String]) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let unseen = |write: &&String| words(write).iter().any(|word| is_guid(word) && !seen.contains(word));
        let found: Vec<String> = writes.iter().filter(unseen).cloned().collect();
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }

    /// A wire to the tenant that is watched, and on which a process may die.
    pub(super) fn wire(&self, tenant: &tenant::Tenant, scythe: Option<Arc<Scythe>>) -> Wire {
        let (inner, watched) = (in_process(tenant.router()), self.clone());
        Wire::new(service_fn(move |request| {
            let (inner, watched, scythe) = (inner.clone(), watched.clone(), scythe.clone());
            async move { watched.carry(inner, request, scythe).await }
        }))
    }

    async fn carry(
        &self,
        inner: Wire,
        request: http::Request<Bytes>,
        scythe: Option<Arc<Scythe>>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let writes = writes(&request);
        self.check(&writes);
        let blow = scythe.as_ref().filter(|_| !writes.is_empty()).and_then(|scythe| scythe.strike());
        let request = if blow == Some(Death::Half) { halved(request) } else { request };
        match blow {
            Some(Death::Before) => return die(scythe).await,
            Some(Death::Vanished) => return Err(TransportError::lost("the request is lost")),
            _ => {}
        }
        let answer = inner.oneshot(request).await?;
        match blow {
            Some(Death::Half | Death::After) => return die(scythe).await,
            Some(Death::Lost) => return Err(TransportError::lost("the reply is lost")),
            Some(Death::Before | Death::Vanished) | None => {}
        }
        if answer.extensions().get::<tenant::Dropped>().is_some() {
            return Err(TransportError::lost("the connection is lost"));
        }
        self.see(&String::from_utf8_lossy(answer.body()));
        Ok(answer)
    }
}

/// The process is gone: whoever waits for the answer waits for ever.
async fn die<T>(scythe: Option<Arc<Scythe>>) -> T {
    if let Some(scythe) = scythe {
        scythe.died.notify_one();
    }
    std::future::pending().await
}

/// What a round trip writes: the request, or those items of a batch.
fn writes(request: &http::Request<Bytes>) -> Vec<String> {
    if request.method() == http::Method::GET {
        return Vec::new();
    }
    let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    let items = body["requests"].as_array();
    match items {
        Some(items) => items.iter().filter(|item| item["method"] != "GET").map(line).collect(),
        None => vec![format!("{} {} {body}", request.method(), request.uri())],
    }
}

fn line(item: &Value) -> String {
    format!("{} {} {}", item["method"], item["url"], item["body"])
}

/// A batch of which only the first half arrives.
fn halved(request: http::Request<Bytes>) -> http::Request<Bytes> {
    let (head, body) = request.into_parts();
    let mut json: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    match json["requests"].as_array_mut() {
        Some(items) => {
            items.truncate(items.len().div_ceil(2));
            let half = json!({"requests": items}).to_string();
            http::Request::from_parts(head, half.into())
        }
        None => http::Request::from_parts(head, body),
    }
}
