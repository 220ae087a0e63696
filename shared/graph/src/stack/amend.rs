//! Lists that Graph only replaces as a whole, such as `keyCredentials`: whoever leaves an item out deletes it.
//!
//! So the list is read right before it is written, each time it is tried, and what is in it is carried over: this layer
//! stands below the one that repeats. There is no way to have Graph refuse a write because somebody else was quicker, so the
//! time between is kept as short as it can be. A single reading may come from a replica that has not caught up, and would
//! take away what it does not show; only what several in a row tell alike is believed.
//!
//! Where the list is as wanted, nothing is sent.
//!
//! What was written is over when it is seen. Until then replicas tell the list as it was before us, all of them alike, and
//! whoever amends it next, such as the next change of a plan or an undo, would write back what was taken away.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tower::{Service, ServiceExt};

use super::in_order::InOrder;
use crate::amendment::Amendment;
use crate::call::{Call, Tally};
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// How many readings in a row have to tell the same.
const ALIKE: usize = 3;

/// How long to wait before the list is read again after replicas have disagreed.
const PAUSE: Duration = Duration::from_millis(500);

/// Reads what a request amends. Clones share the service below.
#[derive(Clone)]
pub struct Amend<S>(S);

impl<S> Amend<S> {
    /// Amends by reading from `inner`, and sends there.
    pub fn over(inner: S) -> Self {
        Self(inner)
    }
}

impl<S> Service<Call> for Amend<S>
where
    S: Service<Call, Response = Response, Error = Error, Future: Send> + Clone + Send + 'static,
{
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move {
            let Some(amendment) = call.request.amendment() else { return inner.oneshot(call).await };
            let list = match read(inner.clone(), &call, amendment).await? {
                Read::List(list) => list,
                Read::Refused(answer) => return Ok(answer),
            };
            let Some(list) = amendment.of(&list) else { return Ok(as_wanted()) };
            let write = Call { request: call.request.amended(list), ..call.clone() };
            let answer = inner.clone().oneshot(write).await?;
            if answer.is_success() {
                seen(inner, &call, amendment).await;
            }
            Ok(answer)
        })
    }
}

impl<S> Service<Call<InOrder>> for Amend<S>
where
    S: Service<Call<InOrder>, Response = Response, Error = Error>,
{
    type Response = Response;
    type Error = Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, call: Call<InOrder>) -> Self::Future {
        self.0.call(call)
    }
}

/// What reading the list came to.
enum Read {
    List(Vec<Value>),
    /// It is not told; of the write that means the same.
    Refused(Response),
}

/// The list, once several readings in a row have told the same of it.
async fn read<S>(inner: S, call: &Call, amendment: &Amendment) -> Result<Read, Error>
where
    S: Service<Call, Response = Response, Error = Error> + Clone,
{
    let deadline = Instant::now() + call.patience;
    let (mut list, mut alike) = (Vec::new(), 0);
    while alike < ALIKE {
        if Instant::now() >= deadline {
            return Err(Error::unreachable("not sent: what is there is told differently each time", None));
        }
        let answer = inner.clone().oneshot(reading(call, amendment)).await.map_err(Error::of_read)?;
        if !answer.is_success() {
            return refused(answer);
        }
        let told = items(&answer, &amendment.list)?;
        let is_alike = alike > 0 && amendment.keys(&told) == amendment.keys(&list);
        if alike > 0 && !is_alike {
            sleep(PAUSE).await;
        }
        alike = if is_alike { alike + 1 } else { 1 };
        list = told;
    }
    Ok(Read::List(list))
}

/// Waits until what was written is seen, or nobody has the patience. It was done, whatever a reading says.
async fn seen<S>(inner: S, call: &Call, amendment: &Amendment)
where
    S: Service<Call, Response = Response, Error = Error> + Clone,
{
    let deadline = Instant::now() + call.patience;
    while let Ok(Read::List(list)) = read(inner.clone(), call, amendment).await
        && amendment.of(&list).is_some()
        && Instant::now() < deadline
    {
        sleep(PAUSE).await;
    }
}

/// A call of its own: what it takes is not part of the write.
fn reading(call: &Call, amendment: &Amendment) -> Call {
    let request = Request::get(call.request.path().clone()).select(&[&amendment.list]);
    Call { request, tally: Tally::default(), ..call.clone() }
}

/// A reading that was turned away is no write that may have been done.
fn refused(answer: Response) -> Result<Read, Error> {
    match answer.status {
        500 | 502 | 504 => {
            let why = "not sent: what is there could not be read";
            Err(Error::unreachable(why, Some(Error::refused(&answer).into())))
        }
        _ => Ok(Read::Refused(answer)),
    }
}

fn items(answer: &Response, list: &str) -> Result<Vec<Value>, Error> {
    let items = answer.body.get(list).and_then(Value::as_array).cloned();
    items.ok_or_else(|| Error::failed(format!("not sent: the answer does not tell {list}"), None))
}

fn as_wanted() -> Response {
    Response { status: StatusCode::NO_CONTENT.as_u16(), headers: HeaderMap::new(), body: Value::Null }
}
