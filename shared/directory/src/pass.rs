//! Temporary Access Passes: what a newcomer signs in with for the first time.
//!
//! The pass itself stands only in the answer that creates it, and goes only to the caller. An account has one at most: a
//! new one replaces the old (Microsoft Graph, "Create temporaryAccessPassMethod").

use graph::{Path, Refusal, Request};
use plan::{Change, Proof};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Who;
use crate::account::touching;

/// The longest a pass may live, in minutes: 30 days (Microsoft Graph, "temporaryAccessPassAuthenticationMethod resource type").
pub const LONGEST_MINUTES: u32 = 43_200;

/// What kind of pass is wanted; what is not said follows the tenant's policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pass {
    /// How long it is good for: 10 to 43,200 minutes, within the tenant's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime_in_minutes: Option<u32>,
    /// Whether it is good for one sign-in only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_usable_once: Option<bool>,
}

/// The passes of an account: one at most, and never the pass itself. Takes no `$select` (Microsoft Graph, "List
/// temporaryAccessPassMethods").
pub fn of(account: Path) -> Request {
    Request::get(methods(account)).not_yet(&[Refusal::NotFound])
}

/// Issues a pass and reveals it to the caller.
pub fn issue(who: &Who, pass: &Pass) -> Change {
    let send = Request::post(methods(who.path())).body(wanted(pass)).not_yet(&[Refusal::NotFound]);
    let proof = Proof::has(of(who.path()), "/value", json!({}));
    let says = format!("issue a Temporary Access Pass for {}", who.name());
    touching(who, Change::new(says, send, proof)).revealing("/temporaryAccessPass").undone_by(withdraw(who))
}

/// Withdraws the pass that was issued.
fn withdraw(who: &Who) -> Change {
    let path = methods(who.path()).made();
    let send = Request::delete(path.clone()).already(&[Refusal::NotFound]);
    let says = format!("withdraw the Temporary Access Pass of {}", who.name());
    touching(who, Change::new(says, send, Proof::gone(Request::get(path))))
}

fn methods(account: Path) -> Path {
    account.then("authentication").then("temporaryAccessPassMethods")
}

fn wanted(pass: &Pass) -> Value {
    let mut body = Map::new();
    body.extend(pass.lifetime_in_minutes.map(|minutes| ("lifetimeInMinutes".to_owned(), minutes.into())));
    body.extend(pass.is_usable_once.map(|once| ("isUsableOnce".to_owned(), once.into())));
    Value::Object(body)
}
