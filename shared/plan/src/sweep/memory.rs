//! What a sweep knows from the last time, so that it need not look at everybody again.
//!
//! It is a page of the ledger (`sweeps/<task>/<sweep>`). A sweep that was let pass turns it at its end, on condition that it
//! is still the one it began with: of two at once the quicker writes down as much as the other knows. It holds ids of objects
//! and whatever the task puts into its mark, and no personal data, since it never expires.

use std::collections::BTreeSet;

use graph::ObjectId;
use journal::{Page, PageName, TaskName, Version};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use crate::outcome::{Outcome, chain};
use crate::runner::{Runner, Stop};

/// Of how many subjects a sweep remembers that they still differ; of more than that it forgets everything, and looks at
/// all of the tenant the next time.
const WAITING: usize = 1_000;

/// What a sweep knows from the last time. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// [`Sweep::mark`](crate::Sweep::mark), or null.
    pub mark: Value,
    /// The subjects that differed, and of which nobody can say that they do no more.
    pub waiting: BTreeSet<ObjectId>,
}

/// What a sweep has learnt, and where it is kept.
pub(super) struct Learnt {
    pub(super) mark: Value,
    page: PageName,
    /// The page as it was when the sweep began.
    version: Version,
}

impl Memory {
    /// Who still differs is looked at again; somebody without an id cannot be found again but by looking at everybody.
    fn after(mark: Value, parts: &[Outcome]) -> Self {
        let open = parts.iter().filter(|part| !part.succeeded());
        let waiting: Option<BTreeSet<ObjectId>> = open.map(|part| part.subject.id).collect();
        let waiting = waiting.filter(|waiting| waiting.len() <= WAITING);
        waiting.map(|waiting| Self { mark, waiting }).unwrap_or_default()
    }
}

impl Runner {
    /// What is known from the last time, and how to keep what is learnt now.
    pub(super) async fn memory(&self, task: TaskName, sweep: &str) -> Result<(Memory, Learnt), Stop> {
        let page = PageName::new(format!("sweeps/{task}/{sweep}"))?;
        let Page { value, version } = self.journal().page(&page).await?;
        let memory = serde_json::from_value(value).unwrap_or_default();
        Ok((memory, Learnt { mark: Value::Null, page, version }))
    }

    /// Keeps what to know next time. What cannot be kept costs a look at more than need be.
    pub(super) async fn remember(&self, learnt: Learnt, parts: &[Outcome]) {
        let Learnt { mark, page, version } = learnt;
        let memory = serde_json::to_value(Memory::after(mark, parts)).unwrap_or_default();
        if let Err(error) = self.journal().turn(&page, &version, &memory).await {
            warn!(name: "sweep.forgot", error = chain(&error), "the next sweep looks at more than it need");
        }
    }
}
