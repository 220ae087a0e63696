//! The wire to the tenant: it breaks where the tenant says so, and before the first write somebody else may do something.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use graph::stack::{TransportError, Wire, in_process};
use serde_json::Value;
use tenant::{Dropped, Tenant};
use tower::{ServiceExt, service_fn};

type Happening = Box<dyn FnOnce(&Tenant) + Send>;

/// What somebody else does to the tenant when a run is about to write.
#[derive(Clone, Default)]
pub(crate) struct Meanwhile(Arc<Mutex<Option<Happening>>>);

impl Meanwhile {
    /// Lets this happen before the next write.
    pub(crate) fn happens(&self, what: impl FnOnce(&Tenant) + Send + 'static) {
        *self.slot() = Some(Box::new(what));
    }

    /// Whether it is still to happen.
    pub(crate) fn waits(&self) -> bool {
        self.slot().is_some()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Happening>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn before(&self, request: &http::Request<Bytes>, tenant: &Tenant) {
        let happens = writes(request).then(|| self.slot().take()).flatten();
        if let Some(happens) = happens {
            happens(tenant);
        }
    }
}

/// The wire to a tenant in this process.
pub(crate) fn wire(tenant: &Tenant, meanwhile: &Meanwhile) -> Wire {
    let (inner, tenant, meanwhile) = (in_process(tenant.router()), tenant.clone(), meanwhile.clone());
    Wire::new(service_fn(move |request: http::Request<Bytes>| {
        meanwhile.before(&request, &tenant);
        let inner = inner.clone();
        async move {
            let answer = inner.oneshot(request).await?;
            match answer.extensions().get::<Dropped>() {
                Some(_) => Err(TransportError::lost("the connection is lost")),
                None => Ok(answer),
            }
        }
    }))
}

/// Whether a request, or any part of a batch, changes something.
pub fn writes(request: &http::Request<Bytes>) -> bool {
    let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
    match body["requests"].as_array() {
        Some(items) => {
            items.iter().any(|item| is_write(item["method"].as_str().unwrap_or_default(), &item["body"]))
        }
        None => is_write(request.method().as_str(), &body),
    }
}

/// Whether this changes anything. Exchange Online is asked by `POST`, whatever the cmdlet does.
pub(crate) fn is_write(method: &str, body: &Value) -> bool {
    match body["CmdletInput"]["CmdletName"].as_str() {
        Some(cmdlet) => !cmdlet.starts_with("Get-"),
        None => method != "GET",
    }
}
