//! The stories, by what they are about.

mod access;
mod lives;
mod mail;
mod names;
mod people;
mod refusals;
mod start;
mod trouble;

pub(crate) use access::*;
pub(crate) use lives::*;
pub(crate) use mail::*;
pub(crate) use names::*;
pub(crate) use people::*;
pub(crate) use refusals::*;
pub(crate) use start::*;
pub(crate) use trouble::*;

use std::time::Duration;

use serde_json::{Value, json};
use telling::{Answer, Story, with};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// A new hire with these fields beside the least that is needed.
pub(crate) fn mallory(more: Value) -> Value {
    let least = json!({
        "employeeId": "2042",
        "givenName": "Mallory",
        "surname": "Cortez",
        "userPrincipalName": "{given}.{surname}@contoso.com",
    });
    with(least, more)
}

/// Alex Wilber, who has an account, with these fields beside what it holds.
pub(crate) fn alex(more: Value) -> Value {
    let held = mallory(json!({
        "employeeId": "100004",
        "givenName": "Alex",
        "surname": "Wilber",
        "userPrincipalName": "AlexW@contoso.com",
    }));
    with(held, more)
}

/// Time passes, the timer goes on with what is due, and somebody looks what became of it.
pub(crate) async fn later(story: &mut Story, earlier: &Answer, by: Duration) -> Answer {
    story.tenant().advance(by);
    story.tick().await;
    story.look(earlier).await
}
