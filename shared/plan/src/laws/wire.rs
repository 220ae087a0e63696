//! The wire between a process and the tenant: it is watched, and a process may die on it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use graph::stack::{TransportError, Wire, in_process};
use journal::RunId;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::{ServiceExt, service_fn};

use super::sight::{Asked, Sight};

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

/// What a process asks for, watched.
#[derive(Clone)]
pub(super) struct Watched(Arc<Mutex<Sight>>);

impl Watched {
    /// Watches a process that was asked for this.
    pub(super) fn new(request: &Value) -> Self {
        Self(Arc::new(Mutex::new(Sight::of(request))))
    }

    /// It does what it does in this run, which its writes may name.
    pub(super) fn is_by(&self, run: RunId) {
        self.sight().know(&run.to_string());
    }

    /// Writes to what had not been seen.
    pub(super) fn unseen(&self) -> Vec<String> {
        self.sight().unseen.clone()
    }

    fn sight(&self) -> MutexGuard<'_, Sight> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        let asked = Asked::all(&request);
        asked.iter().for_each(|asked| self.sight().asked(asked));
        let writes = asked.iter().any(Asked::writes);
        let blow = scythe.as_ref().filter(|_| writes).and_then(|scythe| scythe.strike());
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
        asked.iter().for_each(|asked| self.sight().answered(asked, &answer));
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
