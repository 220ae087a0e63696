//! Decisions as tables: what is asked and what is known in, sentences out. No client, no tenant, no async.
//!
//! A change reads `2 add Mallory Cortez to Finance`, the number being its stage: `2|` if that stands apart, so that it goes
//! ahead whatever became of those before it; `2...` if it waits for what a service has not finished; `2>` if it comes after
//! the others of its stage and travels with them. A finding reads `blocks group-unknown /groups/0`; when to look again `again
//! 2026-03-09T07:00:00Z`; and when the run goes on by itself `goes on 2026-03-02T08:02:00Z`.

use directory::group::Group;
use plan::{Change, Finding, Plan, Stage, Task};
use serde_json::{Value, json};

use crate::values::{read, with};

/// What it is about, what is asked, what is known, and the sentences of what is decided.
pub type Row<'a, T> = (&'a str, <T as Task>::Request, <T as Task>::Facts, &'a [&'a str]);

/// Each row is decided so; and twice alike, since a plan that is approved must be the plan that is applied.
///
/// # Panics
///
/// It is not so.
#[track_caller]
pub fn decides<T: Task>(table: Vec<Row<'_, T>>) {
    for (name, want, have, expected) in table {
        let plan = T::plan(&want, &have);
        assert_eq!(sentences(&plan), expected, "{name}");
        let again = T::plan(&want, &have);
        assert_eq!(plan.digest(), again.digest(), "{name}: the same facts, the same plan");
    }
}

/// A plan, sentence by sentence.
pub fn sentences(plan: &Plan) -> Vec<String> {
    let stages = plan.stages.iter().enumerate();
    let changes = stages.flat_map(|(at, stage)| stage_sentences(at + 1, stage));
    let again = plan.again.map(|at| format!("again {at}"));
    let goes_on = plan.goes_on.map(|at| format!("goes on {at}"));
    changes.chain(plan.findings.iter().map(found)).chain(again).chain(goes_on).collect()
}

fn stage_sentences(number: usize, stage: &Stage) -> Vec<String> {
    let mark = |applies, mark| if applies { mark } else { "" };
    let stands = format!("{number}{}{}", mark(stage.apart, "|"), mark(stage.later, "..."));
    let changes = stage.changes.iter().map(|change| sentence(&stands, change));
    changes.chain(stage.after.iter().map(|change| sentence(&format!("{stands}>"), change))).collect()
}

fn sentence(stage: &str, change: &Change) -> String {
    let for_good = if change.undo.is_none() { " (cannot be undone)" } else { "" };
    format!("{stage} {}{for_good}", change.says)
}

fn found(finding: &Finding) -> String {
    let field = finding.field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
    format!("{} {}{field}", json!(finding.level).as_str().unwrap_or_default(), finding.code)
}

/// An object id that is easy to tell from others.
pub fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// A security group, but for this.
pub fn group(number: u32, name: &str, more: Value) -> Group {
    let group = json!({"id": id(number), "displayName": name, "securityEnabled": true, "mailEnabled": false});
    read(with(group, more))
}
