//! One edit to the tenant, as a value that carries its own story: sentence, request, undo, and how to read whether it holds.
//!
//! ```
//! use graph::{Path, Request};
//! use plan::{Change, Proof};
//! # let adele: graph::UserKey = "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap();
//! let block = Change::new(
//!     "block sign-in",
//!     Request::patch(Path::user(&adele)).body(serde_json::json!({"accountEnabled": false})),
//!     Proof::is(Request::get(Path::user(&adele)).select(&["accountEnabled"]), "/accountEnabled", false),
//! );
//! assert!(block.unless(true).is_none());
//! ```
//!
//! Write the sentence first; if it is hard to phrase, it is two changes. No secret ever enters a change: a password is made
//! when the request is sent, what a change reveals is taken from its answer and given to the caller alone, and what it
//! carries goes from its answer to the later changes of its plan, in memory.

use graph::{MADE, ObjectId, RUN, Refusal, Response, SkuId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::outcome::Status;

/// What a change touches, for the guard-rails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Touch {
    /// An account is made in this domain.
    Domain(String),
    /// A seat of this SKU is handed out.
    Sku(SkuId),
    /// This group gains a member or an owner.
    Group(ObjectId),
    /// This group loses one: its membership changes, and nothing is handed out.
    Left(ObjectId),
    /// A principal that was there before changes.
    Principal(ObjectId),
}

/// One edit to the tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What it does, in the administrator's words: "add Adele Vance to Staff".
    pub says: String,
    /// The call that does it.
    pub send: Call,
    /// How to read whether it holds: what settles a lost reply.
    pub proof: Proof,
    /// The change that takes it back; `None`: cannot be taken back, and the plan says so beforehand.
    pub undo: Option<Box<Change>>,
    /// What it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Touch>,
    /// Whether its answer holds the object id of the account that the later changes of the plan are about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub creates_account: bool,
    /// Whether it brings a deleted account back: nothing else of its plan is sent unless it holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restores_account: bool,
    /// Whether a run that goes on leaves it undone if somebody else undid it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// Whether the service finishes it in its own time: it holds once it is read to, and not because the service said yes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slow: bool,
    /// Whether what waits until the run goes on waits for this to be seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaited: bool,
    /// Where in its answer a secret stands which the caller, and nobody else, is to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reveals: Option<String>,
    /// Where in its answer a secret stands that the later changes of its plan need, and the secret's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carries: Option<Carries>,
}

/// A secret that one change makes and later ones of its plan need. It is in memory only: if the process dies, it is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carries {
    /// Where it stands in the answer (a JSON pointer).
    pub secret: String,
    /// Where its id stands, which is filled into the later changes in the place of [`graph::MADE`].
    pub id: String,
}

impl Change {
    /// A change that cannot be taken back.
    pub fn new(says: impl Into<String>, send: impl Into<Call>, proof: Proof) -> Self {
        Self {
            says: says.into(),
            send: send.into(),
            proof,
            undo: None,
            touches: Vec::new(),
            creates_account: false,
            restores_account: false,
            once: false,
            slow: false,
            awaited: false,
            reveals: None,
            carries: None,
        }
    }

    /// Names the change that takes this one back.
    #[must_use]
    pub fn undone_by(mut self, undo: Self) -> Self {
        self.undo = Some(Box::new(undo));
        self
    }

    /// Names what it touches.
    #[must_use]
    pub fn touching(mut self, touch: Touch) -> Self {
        self.touches.push(touch);
        self
    }

    /// Says that its answer holds the object id of the account that the later changes are about.
    #[must_use]
    pub fn creating_the_account(mut self) -> Self {
        self.creates_account = true;
        self
    }

    /// Says that it brings a deleted account back, so that everything else waits for it.
    #[must_use]
    pub fn restoring_the_account(mut self) -> Self {
        self.restores_account = true;
        self
    }

    /// Says that a run that goes on, and finds it undone, leaves it so: somebody else has the say.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Says that the service finishes it in its own time: it holds once it is read to.
    #[must_use]
    pub fn slowly(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Says that what waits until the run goes on waits for this to be seen: where it is refused, it waits in vain.
    #[must_use]
    pub fn awaited(mut self) -> Self {
        self.awaited = true;
        self
    }

    /// Says where in its answer the secret for the caller stands (a JSON pointer).
    #[must_use]
    pub fn revealing(mut self, pointer: &str) -> Self {
        self.reveals = Some(pointer.to_owned());
        self
    }

    /// Says where in its answer the secret that later changes need stands, and the secret's id (JSON pointers).
    #[must_use]
    pub fn carrying(mut self, secret: &str, id: &str) -> Self {
        self.carries = Some(Carries { secret: secret.to_owned(), id: id.to_owned() });
        self
    }

    /// Whether there is nothing to take back: it only tries something, such as a sign-in.
    pub(crate) fn changes_nothing(&self) -> bool {
        matches!(&self.send, Call::Vault(ask) if ask.is_safe())
    }

    /// Whether nobody needs to wait for it, now that this has become of it.
    pub(crate) fn is_awaited_in_vain(&self, status: Status) -> bool {
        self.awaited && matches!(status, Status::Refused | Status::Skipped)
    }

    /// Nothing if it is so already.
    pub fn unless(self, already: bool) -> Option<Self> {
        (!already).then_some(self)
    }

    /// This change with an id in the place of [`graph::ACCOUNT`], [`graph::MADE`] or [`graph::RUN`], in its undo too.
    #[must_use]
    pub(crate) fn with(&self, place: &str, id: &str) -> Self {
        Self {
            send: self.send.with(place, id),
            proof: Proof { read: self.proof.read.with(place, id), test: self.proof.test.with(place, id) },
            undo: self.undo.as_ref().map(|undo| Box::new(undo.with(place, id))),
            ..self.clone()
        }
    }
}

/// How to read whether a change holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// What to read.
    pub read: Call,
    /// What the answer must say.
    pub test: Test,
}

/// What an answer must say for a change to hold. Places are JSON pointers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Test {
    /// The value at this place is this; of an object, the members that are named.
    Is(String, Value),
    /// The instant at this place is not before this one.
    Since(String, Timestamp),
    /// Some item of the list at this place has these members.
    Has(String, Value),
    /// No item of the list at this place has these members.
    Lacks(String, Value),
    /// There is such an object, for good: it is looked for before anything is sent.
    There,
    /// There is no such object.
    Gone,
}

impl Test {
    /// The same with an id in its place; an item that is looked for may name the run, or what was carried.
    fn with(&self, place: &str, id: &str) -> Self {
        match self {
            Self::Has(list, item) if [RUN, MADE].contains(&place) => {
                Self::Has(list.clone(), filled(item, place, id))
            }
            other => other.clone(),
        }
    }
}

fn filled(item: &Value, place: &str, id: &str) -> Value {
    match item {
        Value::String(text) => Value::String(text.replace(place, id)),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, place, id))).collect()
        }
        other => other.clone(),
    }
}

/// What a read says of a change.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It holds; this is what was read.
    Holds(Response),
    /// It does not, or not visibly.
    HoldsNot,
    /// Something else stands in its place.
    Otherwise,
    /// The read failed: nobody can say.
    Unreadable(graph::Error),
}

impl Proof {
    /// The value at `place` is `value`.
    pub fn is(read: impl Into<Call>, place: &str, value: impl Into<Value>) -> Self {
        Self { read: read.into(), test: Test::Is(place.to_owned(), value.into()) }
    }

    /// The instant at `place` is not before `since`, to the second: the directory keeps no fractions.
    pub fn since(read: impl Into<Call>, place: &str, since: Timestamp) -> Self {
        Self { read: read.into(), test: Test::Since(place.to_owned(), since) }
    }

    /// Some item of the list at `place` has these members.
    pub fn has(read: impl Into<Call>, place: &str, item: Value) -> Self {
        Self { read: read.into(), test: Test::Has(place.to_owned(), item) }
    }

    /// No item of the list at `place` has these members.
    pub fn lacks(read: impl Into<Call>, place: &str, item: Value) -> Self {
        Self { read: read.into(), test: Test::Lacks(place.to_owned(), item) }
    }

    /// There is such an object, for good: that it is there can be believed before anything was sent, as it cannot of what
    /// may still change behind a replica's back.
    pub fn there(read: impl Into<Call>) -> Self {
        Self { read: read.into(), test: Test::There }
    }

    /// There is no such object.
    pub fn gone(read: impl Into<Call>) -> Self {
        Self { read: read.into(), test: Test::Gone }
    }

    /// Whether the answer to the change itself shows that it does not hold. Most answers show nothing.
    pub(crate) fn contradicts(&self, answer: &Response) -> bool {
        let shown = |place: &str| !place.is_empty() && answer.body.pointer(place).is_some();
        match &self.test {
            Test::Is(place, value) => shown(place) && !is(&answer.body, place, value),
            Test::Since(place, at) => shown(place) && !is_since(&answer.body, place, *at),
            Test::Has(place, item) => shown(place) && !has(&answer.body, place, item),
            Test::Lacks(place, item) => shown(place) && has(&answer.body, place, item),
            Test::There | Test::Gone => false,
        }
    }

    /// Reads an answer. A 404 is never taken for more than "not visible", except where gone is what we want.
    pub(crate) fn judge(&self, answer: Result<Response, graph::Error>) -> Verdict {
        match (answer, &self.test) {
            (Err(error), Test::Gone | Test::Lacks(..)) if error.is(Refusal::NotFound) => {
                Verdict::Holds(gone())
            }
            (Err(error), _) if error.is(Refusal::NotFound) => Verdict::HoldsNot,
            (Err(error), _) => Verdict::Unreadable(error),
            (Ok(answer), test) => test.judge(answer),
        }
    }
}

impl Test {
    fn judge(&self, answer: Response) -> Verdict {
        match self {
            Self::Is(place, value) if is(&answer.body, place, value) => Verdict::Holds(answer),
            Self::Is(..) => Verdict::Otherwise,
            Self::Since(place, at) if is_since(&answer.body, place, *at) => Verdict::Holds(answer),
            Self::Has(place, item) if has(&answer.body, place, item) => Verdict::Holds(answer),
            Self::Lacks(place, item) if !has(&answer.body, place, item) => Verdict::Holds(answer),
            Self::There => Verdict::Holds(answer),
            Self::Since(..) | Self::Has(..) | Self::Lacks(..) | Self::Gone => Verdict::HoldsNot,
        }
    }
}

fn is(body: &Value, place: &str, value: &Value) -> bool {
    body.pointer(place).is_some_and(|held| includes(held, value))
}

fn is_since(body: &Value, place: &str, since: Timestamp) -> bool {
    let at = body.pointer(place).and_then(Value::as_str).and_then(|text| text.parse::<Timestamp>().ok());
    at.is_some_and(|at| at.as_second() >= since.as_second())
}

fn has(body: &Value, place: &str, item: &Value) -> bool {
    listed(body, place, item).is_some()
}

/// The first item of the list at `place` that has all members of `item`.
pub(crate) fn listed<'a>(body: &'a Value, place: &str, item: &Value) -> Option<&'a Value> {
    body.pointer(place)?.as_array()?.iter().find(|candidate| includes(candidate, item))
}

fn includes(candidate: &Value, item: &Value) -> bool {
    match item {
        Value::Object(members) => members.iter().all(|(name, value)| includes(&candidate[name], value)),
        Value::Array(wanted) => candidate.as_array().is_some_and(|held| same_set(held, wanted)),
        value => candidate == value,
    }
}

/// Graph gives lists of ids in no particular order.
fn same_set(held: &[Value], wanted: &[Value]) -> bool {
    held.len() == wanted.len() && wanted.iter().all(|value| held.contains(value))
}

fn gone() -> Response {
    Response { status: 404, headers: Default::default(), body: Value::Null }
}

#[cfg(test)]
mod tests {
    use graph::{Path, Request};
    use serde_json::json;

    use super::*;

    fn read() -> Request {
        Request::get(Path::new("/users"))
    }

    fn answer(status: u16, body: Value) -> Result<Response, graph::Error> {
        let response = Response { status, headers: Default::default(), body };
        if response.is_success() { Ok(response) } else { Err(graph::Error::refused(&response)) }
    }

    fn word(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Holds(_) => "holds",
            Verdict::HoldsNot => "holds not",
            Verdict::Otherwise => "otherwise",
            Verdict::Unreadable(_) => "unreadable",
        }
    }

    #[test]
    fn an_answer_contradicts_only_by_what_it_shows() {
        let enabled = Proof::is(read(), "/accountEnabled", true);
        let licensed = Proof::has(read(), "/assignedLicenses", json!({"skuId": "a"}));
        let left = Proof::lacks(read(), "/assignedLicenses", json!({"skuId": "a"}));
        let table = [
            (&enabled, json!(null), false),
            (&enabled, json!({"accountEnabled": true}), false),
            (&enabled, json!({"accountEnabled": false}), true),
            (&licensed, json!({"id": "1"}), false),
            (&licensed, json!({"assignedLicenses": [{"skuId": "a"}]}), false),
            (&licensed, json!({"assignedLicenses": []}), true),
            (&left, json!({"assignedLicenses": []}), false),
            (&left, json!({"assignedLicenses": [{"skuId": "a"}]}), true),
        ];
        for (proof, body, contradicted) in table {
            let answer = answer(200, body).unwrap();
            assert_eq!(proof.contradicts(&answer), contradicted, "{} of {:?}", answer.body, proof.test);
        }
    }

    #[test]
    fn an_answer_is_judged_by_what_it_says() {
        let is = Proof::is(read(), "/employeeId", "1");
        let has = Proof::has(read(), "/assignedLicenses", json!({"skuId": "a", "disabledPlans": ["x", "y"]}));
        let lacks = Proof::lacks(read(), "/value", json!({"id": "g"}));
        let gone = Proof::gone(read());
        let since = Proof::since(read(), "/at", Timestamp::constant(1_795_000_000, 600_000_000));
        let held = json!({"assignedLicenses": [{"skuId": "a", "disabledPlans": ["y", "x"], "more": 1}]});
        let table = [
            (&is, answer(200, json!({"employeeId": "1"})), "holds"),
            (&is, answer(200, json!({"employeeId": "2"})), "otherwise"),
            (&is, answer(404, json!({})), "holds not"),
            (&is, answer(503, json!({})), "unreadable"),
            (&has, answer(200, held), "holds"),
            (
                &has,
                answer(200, json!({"assignedLicenses": [{"skuId": "a", "disabledPlans": ["x"]}]})),
                "holds not",
            ),
            (&has, answer(200, json!({})), "holds not"),
            (&lacks, answer(200, json!({"value": [{"id": "h"}]})), "holds"),
            (&lacks, answer(200, json!({"value": [{"id": "g"}]})), "holds not"),
            (&lacks, answer(404, json!({})), "holds"),
            (&Proof::there(read()), answer(200, json!({})), "holds"),
            (&Proof::there(read()), answer(404, json!({})), "holds not"),
            (&since, answer(200, json!({"at": "2026-11-18T11:06:40Z"})), "holds"),
            (&since, answer(200, json!({"at": "2026-11-18T11:06:39Z"})), "holds not"),
            (&since, answer(200, json!({"at": null})), "holds not"),
            (&gone, answer(404, json!({})), "holds"),
            (&gone, answer(200, json!({})), "holds not"),
        ];
        for (proof, answer, verdict) in table {
            assert_eq!(word(&proof.judge(answer)), verdict, "{:?}", proof.test);
        }
    }
}
