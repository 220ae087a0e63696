//! Report credentials before they expire.
//!
//! Which secrets and certificates of the tenant's applications expire when, whose they are, and what to do about them: as a
//! report that can be looked at, read by programs and sent on. Somebody who knows of one says so, and is not told again until
//! the day they name.

mod acknowledge;
mod report;

use ::report::Report;
use graph::auth::Settings;
use graph::{Error, ObjectId};
use host::{News, Note, Tells, Timer, Untold};
use jiff::Timestamp;
use journal::TaskName;
use plan::{Finding, Flaw, Plan, Runner, Standing, Subject, Task, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reports credentials.
#[derive(Debug)]
pub struct RotateCertReport;

/// Which application's credentials are to be renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Renewal {
    /// The application, by appId or object id.
    pub application: String,
}

impl Task for RotateCertReport {
    const NAME: TaskName = TaskName::of("rotate-cert-report");
    type Request = Renewal;
    type Facts = ();

    fn flaws(want: &Renewal) -> Vec<Flaw> {
        let is_good = want.application.parse::<ObjectId>().is_ok();
        (!is_good)
            .then(|| Flaw::at("/application", "the appId or the object id of an application, a GUID"))
            .into_iter()
            .collect()
    }

    async fn observe(_: &Renewal, _: &Tenant) -> Result<(), Error> {
        Ok(())
    }

    fn plan(want: &Renewal, (): &()) -> Plan {
        let finding = Finding::note(
            "not-entrusted",
            "no application is entrusted to this function; its report says what to renew",
        );
        Plan::about(Subject::named(&want.application)).finding(finding.at("/application"))
    }

    async fn standing(_: ObjectId, _: &Tenant) -> Result<Option<Standing>, Error> {
        Ok(None)
    }
}

impl host::Function for RotateCertReport {
    const TIMERS: &'static [Timer] = &[Timer::tell("rotate-report")];

    const REPORTS: &'static [&'static str] = &[report::NAME];

    async fn survey(_: &str, runner: &Runner, settings: &Settings) -> Result<Value, Untold> {
        report::survey(runner, settings).await
    }

    fn kept(_: &str, facts: Value) -> Value {
        report::kept(facts)
    }

    fn report(_: &str, facts: &Value, at: Timestamp, settings: &Settings) -> Result<Report, Untold> {
        report::report(facts, at, settings)
    }

    const TELLS: Option<Tells> = Some(Tells { report: report::NAME, settings: "ROTATE_REPORT" });

    fn news(read: Result<&Value, &str>, at: Timestamp, settings: &Settings) -> News {
        report::news(read, at, settings)
    }

    const NOTES: &'static [&'static str] = &[acknowledge::NAME];

    fn note(_: &str, page: Value, body: &[u8], at: Timestamp) -> Result<Note, Vec<Flaw>> {
        acknowledge::note(page, body, at)
    }
}
