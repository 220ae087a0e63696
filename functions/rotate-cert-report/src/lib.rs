//! Report credentials before they expire, and rotate them without an outage.
//!
//! Which secrets and certificates of the tenant's applications expire when, whose they are, and what to do about them: as a
//! report that can be looked at, read by programs and sent on. Somebody who knows of one says so, and is not told again until
//! the day they name. Applications that are entrusted to it have theirs renewed: a new one beside the old, tried before
//! anybody is told of it.

mod acknowledge;
mod report;
mod rotation;

use ::report::Report;
use graph::auth::Settings;
use graph::{Error, ObjectId};
use host::{News, Note, OpenVaults, Tells, Timer, Untold, Wrong};
use jiff::Timestamp;
use journal::TaskName;
use plan::{Flaw, Memory, Plan, Runner, Standing, Sweep, Task, Tenant};
use serde_json::Value;

pub use crate::rotation::{
    Bundle, Certificate, CertificateWanted, Facts, Kept, Pointed, Rotation, SecretWanted, Unseen, Uses,
    newest,
};

/// Reports credentials, and rotates those that are entrusted to it.
#[derive(Debug)]
pub struct RotateCertReport;

/// The sweep that takes every application which is entrusted to us a stage further.
const ROTATE: &str = "rotate";

impl Task for RotateCertReport {
    const NAME: TaskName = TaskName::of("rotate-cert-report");
    type Request = Rotation;
    type Facts = Facts;

    fn flaws(want: &Rotation) -> Vec<Flaw> {
        rotation::flaws(want)
    }

    async fn observe(want: &Rotation, tenant: &Tenant) -> Result<Facts, Error> {
        rotation::everything(want, tenant).await
    }

    fn plan(want: &Rotation, have: &Facts) -> Plan {
        rotation::plan(want, have)
    }

    const SWEEPS: &'static [&'static str] = &[ROTATE];

    async fn sweep(_: &str, want: &Value, _: &Memory, tenant: &Tenant) -> Result<Sweep<Rotation>, Error> {
        rotation::sweep(want, tenant).await
    }

    async fn standing(application: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
        rotation::standing(application, tenant).await
    }
}

impl host::Function for RotateCertReport {
    const TIMERS: &'static [Timer] =
        &[Timer::due("rotate-due"), Timer::sweep("rotate-sweep", ROTATE), Timer::tell("rotate-report")];

    const VAULTS: Option<OpenVaults> = Some(host::key_vaults);

    fn want(_: &str, body: Option<&[u8]>, settings: &Settings) -> Result<Value, Wrong> {
        rotation::want(body, settings)
    }

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
