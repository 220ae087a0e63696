//! Appointments: what is to happen to an account at a later time, and which of several runs has the say.
//!
//! A run that has something left to do, such as to let somebody in on the start date, leaves a mark in the journal. Several
//! runs may have done so for one account, since a start date is moved by asking again. So each also writes its name into a
//! record that belongs to the account, once, and when a mark comes due, only the last of them that was not taken back goes
//! on. What a run goes on with, because a service had not finished, is its own affair: no other run takes that over.

use graph::ObjectId;
use jiff::Timestamp;
use journal::{Begun, Mark, RunId, RunKey, TaskName};

use crate::outcome::Outcome;
use crate::record::{Entry, Job, Record};
use crate::runner::{Runner, Stop};

impl Runner {
    /// Leaves word when to look again, and with whom: of several runs about one account, the last has the say.
    pub(crate) async fn appoint(&self, run: &RunKey, outcome: &Outcome, at: Timestamp) -> Result<(), Stop> {
        if let Some(account) = &outcome.subject.id {
            let appointments = appointments(run.task, account);
            let entry = Entry::Appointed { at: self.tenant().clock.now(), run: run.run };
            if self.journal().begin(&appointments, &self.line(&entry)?).await? == Begun::Before
                && self.record(&appointments).await?.appointments().all(|(_, by)| by != run.run)
            {
                self.write(&appointments, &[entry]).await?;
            }
            self.journal().remind(&Mark { at, run: appointments }).await?;
        }
        Ok(self.journal().remind(&Mark { at, run: *run }).await?)
    }

    /// Whether a later run has an appointment for the same account and has not been taken back, so that this one has
    /// nothing left to do.
    pub async fn is_superseded(&self, run: &RunKey, record: &Record) -> Result<bool, Stop> {
        if self.only_goes_on(record) {
            return Ok(false);
        }
        let (Some(account), Some(Job::Do(_)), Some(asked)) =
            (record.account(), record.job(), record.asked_at())
        else {
            return Ok(false);
        };
        let appointments = match self.record(&appointments(run.task, &account)).await {
            Ok(record) => record,
            Err(Stop::NoSuchRun) => return Ok(false),
            Err(stop) => return Err(stop),
        };
        let later = appointments.appointments().take_while(|(at, by)| *at >= asked && *by != run.run);
        for (_, by) in later {
            match self.record(&RunKey { run: by, ..*run }).await {
                Ok(record) if !record.is_undone() => return Ok(true),
                Ok(_) | Err(Stop::NoSuchRun) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(false)
    }

    /// Whether it is to go on by now, and its appointment, if it has one, is to come.
    fn only_goes_on(&self, record: &Record) -> bool {
        let now = self.tenant().clock.now();
        let is_to_come = |outcome: &Outcome| outcome.again.is_none_or(|at| at > now);
        record.goes_on(now) && record.outcome().is_some_and(is_to_come)
    }
}

/// Where the appointments for an account are kept. No idempotency key can name it: they have no line breaks.
fn appointments(task: TaskName, account: &ObjectId) -> RunKey {
    RunKey { task, run: RunId::of(task, &format!("appointments\n{account}")) }
}
