//! Several requests in one round trip and yet in order.
//!
//! To the layers it is one request, which costs what its items cost together and is repeated only when it was certainly not
//! done: turned away as a whole, or never sent. It never shares an envelope with others. What became of each item is told
//! apart at the end, and nothing is done about it here.

use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::StatusCode;
use serde_json::Value;
use tower::Service;
use tracing::{Span, debug_span};
use uuid::Uuid;

use super::ask::{Ask, Ended, Waits};
use super::auth::Signature;
use super::batch::{Batch, PER_ENVELOPE};
use super::{Below, TransportError, envelope};
use crate::auth::Audience;
use crate::call::Call;
use crate::error::Error;
use crate::request::Request;
use crate::response::Response;

/// Requests of which the latter wait for the former.
#[derive(Clone, Debug)]
pub struct InOrder {
    calls: Vec<Call>,
    /// How many go first.
    split: usize,
}

impl InOrder {
    /// Everything behind the first `split` depends on the last one of these.
    pub(crate) fn of(calls: Vec<Call>, split: usize) -> Self {
        Self { calls, split }
    }

    /// Whether one envelope will do.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.calls.len() > PER_ENVELOPE {
            let why = format!("not sent: at most {PER_ENVELOPE} requests go in order at once");
            return Err(Error::failed(why, None));
        }
        // They would be sent without what has to be read before.
        let is_odd = |request: &Request| request.amendment().is_some() || request.is_beta();
        match self.requests().any(is_odd) {
            true => Err(Error::failed("not sent: what amends a list, or is in beta, goes by itself", None)),
            false => Ok(()),
        }
    }

    fn requests(&self) -> impl Iterator<Item = &Request> {
        self.calls.iter().map(|call| &call.request)
    }

    /// To each its own answer.
    pub(crate) fn hand_out(&self, answer: Result<Response, Error>) -> Vec<Result<Response, Error>> {
        match answer {
            Ok(envelope) if envelope.status == StatusCode::OK => self.opened(envelope),
            // Not one item was looked at, so what holds for the whole holds for each.
            Ok(envelope) => self.calls.iter().map(|_| Err(Error::refused(&envelope))).collect(),
            Err(error) => self.requests().map(|request| Err(meant_for(&error, request))).collect(),
        }
    }

    fn opened(&self, mut envelope: Response) -> Vec<Result<Response, Error>> {
        let mut answers = envelope::open(envelope.body.take());
        let read = |(place, call): (usize, &Call)| match answers.remove(&place) {
            Some(answer) if answer.is_success() => Ok(answer),
            Some(answer) => Err(Error::refused(&answer).of_call(call.id)),
            None => Err(missed(&envelope, call)),
        };
        self.calls.iter().enumerate().map(read).collect()
    }
}

fn missed(envelope: &Response, call: &Call) -> Error {
    let lost = TransportError::lost("the envelope came back without this item");
    lost.means_for(&call.request).in_answer(envelope).of_call(call.id)
}

fn meant_for(error: &Error, request: &Request) -> Error {
    let error = error.clone();
    if request.is_safe() { error.of_read() } else { error }
}

impl Ask for InOrder {
    const SERVICE: Audience = Audience::Graph;
    const WAITS: Waits = <Request as Ask>::WAITS;

    fn is_safe(&self) -> bool {
        self.requests().all(Request::is_safe)
    }

    fn is_not_yet(&self, _: &Error) -> bool {
        false
    }

    fn refused(response: &Response) -> Error {
        Error::refused(response)
    }

    /// That of the first one: what belongs together draws on the same quota.
    fn lane(&self) -> usize {
        self.requests().next().map_or(0, Ask::lane)
    }

    fn cost(&self) -> f64 {
        self.requests().map(Ask::cost).sum()
    }

    fn writes(&self) -> u32 {
        self.requests().map(Ask::writes).sum()
    }

    fn span(&self, id: Uuid) -> Span {
        debug_span!("graph.call", method = "POST", route = "/$batch", client_request_id = %id)
    }

    fn tell(ended: &Ended<'_>) {
        Request::tell(ended);
    }
}

impl<S: Below> Service<Call<InOrder>> for Batch<S> {
    type Response = Response;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response, Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call<InOrder>) -> Self::Future {
        let shared = self.0.clone();
        Box::pin(async move {
            let InOrder { calls, split } = &call.request;
            let request = envelope::in_order(call.id, calls, *split, &shared.root);
            let answer = shared.exchange(request).await;
            let answer = answer.map_err(|error| error.means_for(&call.request))?;
            let signature = answer.extensions().get::<Signature>().cloned();
            let response = Response::from_http(answer);
            // Whoever asks again has another token.
            if let Some(signature) = signature.filter(|_| has_refused_token(&response.body)) {
                signature.refuse();
            }
            Ok(response)
        })
    }
}

fn has_refused_token(envelope: &Value) -> bool {
    let answers = envelope["responses"].as_array();
    answers.is_some_and(|answers| answers.iter().any(|answer| answer["status"] == 401))
}
