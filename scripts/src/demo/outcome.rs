//! Answers of the function: read, checked and told.

use serde_json::Value;

use crate::error::{Doing, Error};
use crate::http::Answer;
use crate::root;
use crate::tell::Teller;

/// What the function says has become of a call.
#[derive(Clone, Debug)]
pub(super) struct Outcome(Value);

impl Outcome {
    /// The outcome in a 200, or the one that a refusal shows.
    pub(super) fn read(answer: Answer) -> Result<Self, Error> {
        match (answer.status, &answer.body["outcome"]) {
            (200, _) if answer.body["status"].is_string() => Ok(Self(answer.body)),
            (422, outcome) if outcome.is_object() => Ok(Self(outcome.clone())),
            _ => Err(Error::unmet("an outcome", told(&answer))),
        }
    }

    /// The outcome so far, in a 202 of a run that goes on.
    pub(super) fn so_far(answer: Answer) -> Result<Self, Error> {
        match answer.body["goesOn"].is_string() {
            true => Ok(Self(answer.body)),
            false => Err(Error::unmet("an outcome that goes on", told(&answer))),
        }
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.0[name].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Expects this status of the whole.
    pub(super) fn expect(self, status: &str) -> Result<Self, Error> {
        expect(self.text("status") == status, || format!("the status «{status}»"), || self.0.to_string())?;
        Ok(self)
    }

    /// Expects a finding with this code, and gives what it says.
    pub(super) fn expect_finding(&self, code: &str) -> Result<String, Error> {
        let found = self.list("findings").iter().find(|finding| finding["code"] == code);
        let found = found.ok_or_else(|| Error::unmet(format!("a finding «{code}»"), self.0.to_string()))?;
        let field = found["field"].as_str().map(|field| format!(" ({field})")).unwrap_or_default();
        Ok(found["says"].as_str().unwrap_or_default().to_owned() + &field)
    }

    /// Tells each change with its status and why it does not hold, and each finding; of a run for many, those of every part.
    pub(super) fn tell(&self, teller: &Teller) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let changes = self.list("changes").iter().map(|change| {
            let forever =
                if change["undoable"] == false && change["status"] == "planned" { " (for good)" } else { "" };
            let why = change["failure"]["message"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
            (text(&change["status"]), text(&change["says"]) + forever + &why)
        });
        let findings =
            self.list("findings").iter().map(|finding| (text(&finding["level"]), text(&finding["says"])));
        changes.chain(findings).for_each(|(word, says)| teller.note(format!("{word:8} {says}")));
        self.list("parts").iter().for_each(|part| Self(part.clone()).tell(teller));
    }
}

/// Expects something to hold.
pub(super) fn expect(
    holds: bool,
    expected: impl FnOnce() -> String,
    found: impl FnOnce() -> String,
) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::unmet(expected(), found())) }
}

/// Expects this HTTP status.
pub(super) fn expect_status(answer: &Answer, status: u16) -> Result<(), Error> {
    expect(answer.status == status, || format!("HTTP {status}"), || told(answer))
}

fn told(answer: &Answer) -> String {
    format!("HTTP {} {}", answer.status, answer.body)
}

/// A file of the collection, as text.
pub(super) fn read_file(path: &str) -> Result<String, Error> {
    std::fs::read_to_string(root().join(path)).doing(|| format!("read {path}"))
}
