//! What a process that died left open: the changes that it was sending, of which nobody wrote down what became.
//!
//! They all stand in one stage, since what became of a stage is written down before the next begins. None of them held when
//! they were planned; so what holds now was done by the run, and stays known: it is told, and can be taken back. Nothing is
//! sent here. What does not hold is planned anew, and what nobody can say is named by an undo.

use futures_util::future::join_all;
use graph::{ObjectId, RUN};
use journal::{RunId, RunKey};

use crate::apply::{self, Applied};
use crate::record::{Entry, Record};
use crate::runner::{Runner, Stop};
use crate::stages::changed;

impl Runner {
    /// The record of a run, with what a process that died left open written down.
    pub(crate) async fn mended(&self, run: &RunKey) -> Result<Record, Stop> {
        let mut record = self.record(run).await?;
        let found = self.left_open(run.run, &record).await;
        if !found.is_empty() {
            self.write(run, &found).await?;
        }
        record.entries.extend(found);
        Ok(record)
    }

    /// What became of what a process that died left open.
    pub(crate) async fn left_open(&self, run: RunId, record: &Record) -> Vec<Entry> {
        let Some((number, changes)) = record.open_stage() else { return Vec::new() };
        let account = self.account_of(record).await;
        let found = join_all(changes.into_iter().map(|change| {
            let change = apply::about(account.as_ref(), change).with(RUN, &run.to_string());
            apply::read_back(self.tenant(), change)
        }));
        let at = self.tenant().clock.now();
        found.await.iter().map(|found| changed(at, number, found)).collect()
    }

    /// The account that the run is about; one that it has created is found as it was when it was created.
    async fn account_of(&self, record: &Record) -> Option<ObjectId> {
        if let Some(account) = record.account() {
            return Some(account);
        }
        let creation = record.changes().find(|(status, change)| status.holds() && change.creates_account)?.1;
        let Applied { account, .. } = apply::read_back(self.tenant(), creation.clone()).await;
        account
    }
}
