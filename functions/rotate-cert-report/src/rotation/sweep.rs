//! The applications that are entrusted to us: which, and how each is renewed.
//!
//! A file says it for the timer, or the body of a call. Whatever is due a stage further is a run of its own.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use graph::Error;
use graph::auth::Settings;
use host::{Wrong, held_or_named, strict};
use plan::{Finding, Flaw, Plan, Sweep, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Rotation, everything, flaws, plan};

/// The app setting that names the file.
const SETTING: &str = "ROTATE_APPLICATIONS";

/// How many are looked at at once.
const AT_ONCE: usize = 20;

/// The applications that are entrusted to us.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Applications {
    /// Each with how it is renewed; one that has a certificate and a secret is named twice.
    applications: Vec<Rotation>,
    /// How many may be changed at once unless just that was approved.
    #[serde(default = "most")]
    most: usize,
}

fn most() -> usize {
    25
}

impl Applications {
    /// Those of the body, or of the file that the app setting names.
    ///
    /// # Errors
    /// What is wrong with either.
    fn read(body: Option<&[u8]>, setting: Option<String>) -> Result<Self, Wrong> {
        match body {
            Some(body) => checked(body).map_err(Wrong::Body),
            None => of_setting(setting).map_err(|says| Wrong::Setting(format!("{SETTING}: {says}"))),
        }
    }

    fn flaws(&self) -> Vec<Flaw> {
        let few = (self.most == 0).then(|| Flaw::at("/most", "at least 1"));
        let none =
            self.applications.is_empty().then(|| Flaw::at("/applications", "at least one application"));
        let each = self.applications.iter().enumerate().flat_map(|(at, want)| {
            let below = move |flaw: Flaw| Flaw { field: format!("/applications/{at}{}", flaw.field), ..flaw };
            flaws(want).into_iter().map(below)
        });
        none.into_iter().chain(few).chain(each).chain(self.twice()).collect()
    }

    /// Two that are kept in one place would take it from one another.
    fn twice(&self) -> Vec<Flaw> {
        let mut places = BTreeSet::new();
        let named = |(at, want): (usize, &Rotation)| {
            let certificate = want.certificate.as_ref().map(|wanted| ("certificate", wanted.place()));
            let secret = want.secret.as_ref().map(|wanted| ("secret", wanted.place()));
            let (kind, place) = certificate.or(secret)?;
            let is_new = places.insert((kind, place.called().to_ascii_lowercase()));
            let says = "a name that none before has in this vault";
            (!is_new).then(|| Flaw::at(format!("/applications/{at}/{kind}/name"), says))
        };
        self.applications.iter().enumerate().filter_map(named).collect()
    }
}

fn checked(text: &[u8]) -> Result<Applications, Vec<Flaw>> {
    let read: Applications = strict(text).map_err(|flaw| vec![flaw])?;
    let flaws = read.flaws();
    if flaws.is_empty() { Ok(read) } else { Err(flaws) }
}

fn of_setting(setting: Option<String>) -> Result<Applications, String> {
    let setting =
        setting.ok_or("must name the file with the applications, such as rotate.json, or hold them")?;
    checked(held_or_named(setting)?.as_bytes()).map_err(|flaws| {
        let flaws = flaws.into_iter().map(|Flaw { field, says }| format!("{field} {says}").trim().to_owned());
        flaws.collect::<Vec<_>>().join("; ")
    })
}

/// What a call or a tick asks for, as the journal keeps it.
///
/// # Errors
/// What is wrong with the body, or with the setting.
pub(crate) fn want(body: Option<&[u8]>, settings: &Settings) -> Result<Value, Wrong> {
    let want = Applications::read(body, settings.get(SETTING))?;
    Ok(serde_json::to_value(want).unwrap_or_default())
}

/// Finds every application that is due a stage further.
pub(crate) async fn sweep(want: &Value, tenant: &Tenant) -> Result<Sweep<Rotation>, Error> {
    let unreadable = |error: serde_json::Error| {
        Error::failed("what the sweep was asked for cannot be read any more", Some(error.into()))
    };
    let want: Applications = serde_json::from_value(want.clone()).map_err(unreadable)?;
    let one = |want: &Rotation| {
        let want = want.clone();
        async move {
            let have = everything(&want, tenant).await?;
            let plan = plan(&want, &have);
            Ok::<_, Error>((want, plan))
        }
    };
    let looked: Vec<_> = stream::iter(&want.applications).map(one).buffered(AT_ONCE).try_collect().await?;
    let cases: Vec<_> = looked.into_iter().filter(|(_, plan)| is_due(plan)).collect();
    let says = format!("applications that were looked at: {}; due: {}", want.applications.len(), cases.len());
    let findings = vec![Finding::note("looked", says)];
    Ok(Sweep { cases, more: 0, most: want.most, findings, mark: Value::Null })
}

/// Something is to be done, or keeps it from being done.
fn is_due(plan: &Plan) -> bool {
    !plan.is_empty() || plan.is_blocked() || plan.goes_on.is_some()
}
