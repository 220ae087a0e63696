//! Taking a sweep back: the undo of each of its parts, each in a run of its own.

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use journal::{RunId, RunKey};

use super::cases::{Case, Cases};
use crate::plan::{Finding, Subject};
use crate::record::{Job, Record};
use crate::runner::{AT_ONCE, Runner, Stop};
use crate::task::Task;
use crate::undo::{UNDO, undone};

impl Runner {
    /// What takes the parts of a sweep back.
    pub(super) async fn taken_back<T: Task>(
        &self,
        record: &Record,
        read: Timestamp,
    ) -> Result<Cases<T::Request>, Stop> {
        let runs: Vec<RunId> = record.parts().map(|part| part.run).collect();
        let cases = stream::iter(runs).map(|run| self.part_taken_back::<T>(run)).buffered(AT_ONCE);
        let cases: Vec<_> = cases.try_collect().await?;
        Ok(Cases {
            subject: Subject::named(UNDO),
            cases: cases.into_iter().flatten().collect(),
            findings: record.is_undone().then(undone).into_iter().collect(),
            most: usize::MAX,
            read,
            learnt: None,
        })
    }

    /// Nothing, of a part that never began, or that was taken back already. One that has done nothing is taken back all the
    /// same: if it died, the timer must not take it up any more.
    async fn part_taken_back<T: Task>(&self, run: RunId) -> Result<Option<Case<T::Request>>, Stop> {
        let record = match self.record(&RunKey { task: T::NAME, run }).await {
            Ok(record) if record.is_undone() => return Ok(None),
            Ok(record) => record,
            Err(Stop::NoSuchRun) => return Ok(None),
            Err(stop) => return Err(stop),
        };
        let is_under_way = record.is_under_way(self.tenant().clock.now());
        let plan = self.look_back::<T>(run, record).await?;
        let plan = if is_under_way { plan.finding(under_way()) } else { plan };
        Case::of(T::NAME, Job::Act { action: UNDO.to_owned(), on: run }, plan).map(Some)
    }
}

fn under_way() -> Finding {
    Finding::blocks(
        "under-way",
        "this part of the sweep is still under way: ask for the undo again once it is over",
    )
}
