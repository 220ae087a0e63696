//! The report on credentials: which secrets and certificates of the tenant's applications expire when, whose they are, and what
//! to do about them.
//!
//! Applications and enterprise applications are read page by page, each page with its owners, and never collected: the most
//! urgent credentials are kept, and counts of all. Certificates in key vaults are read where vaults are named. What could not
//! be read is said at the top, and "nothing expires" only where everything was read. Credentials that Azure or Microsoft renews
//! are counted and not told.
//!
//! It writes nothing to the tenant.

mod facts;
mod keep;
mod news;
mod read;
mod risk;
mod rules;
mod tell;
mod time;
mod vaults;
mod verdict;
mod whose;

use graph::auth::{Cloud, Settings};
use host::{Untold, Wrong};
use jiff::Timestamp;
use plan::{Runner, Task};
use report::Report;
use serde_json::Value;

use crate::RotateCertReport;
use crate::acknowledge::{self, Known};
use facts::Facts;
use keep::Keep;
use rules::Rules;

pub(crate) use news::news;

/// The report's name: that of the function, so that it stands at the function's own address.
pub(crate) const NAME: &str = "rotate-cert-report";

/// How many credentials are told.
const ROWS: &str = "ROTATE_REPORT_ROWS";

/// Reads what the report is made of.
pub(crate) async fn survey(runner: &Runner, settings: &Settings) -> Result<Value, Untold> {
    // Rules that will not do are told before a long reading, and not after it.
    let (rules, most, cloud) = (Rules::read(settings)?, rows(settings)?, cloud(settings)?);
    let vaults = vaults::named(settings)?;
    let noted = host::noted(RotateCertReport::NAME, acknowledge::NAME, runner).await?;
    let (known, tenant) = (Known::read(noted), runner.tenant());
    let keep = Keep::new(&rules, &known, tenant.clock.now(), most);
    let facts = read::everything(tenant, &vaults, keep, cloud == Cloud::Public).await?;
    let facts = Facts { tenant: graph::auth::tenant(settings).ok().map(|id| id.to_string()), ..facts };
    Ok(serde_json::to_value(facts).unwrap_or_default())
}

/// What of it is kept.
pub(crate) fn kept(facts: Value) -> Value {
    match serde_json::from_value::<Facts>(facts) {
        Ok(facts) => serde_json::to_value(facts.kept()).unwrap_or_default(),
        Err(_) => Value::Null,
    }
}

/// Makes the report.
pub(crate) fn report(facts: &Value, at: Timestamp, settings: &Settings) -> Result<Report, Untold> {
    let facts: Facts = serde_json::from_value(facts.clone()).map_err(|_| outdated())?;
    let (rules, cloud) = (Rules::read(settings)?, cloud(settings)?);
    Ok(tell::report(&facts, &rules, cloud, at))
}

fn outdated() -> Untold {
    let error = graph::Error::failed("what was read before was read by another version: ask again", None);
    error.into()
}

fn cloud(settings: &Settings) -> Result<Cloud, Wrong> {
    Cloud::from_settings(settings).map_err(|wrong| Wrong::Setting(wrong.to_string()))
}

fn rows(settings: &Settings) -> Result<usize, Wrong> {
    let wrong = || Wrong::Setting(format!("{ROWS}: must be a whole number from 1 to 20000"));
    match settings.get(ROWS) {
        None => Ok(2_000),
        Some(text) => text.parse().ok().filter(|rows| (1..=20_000).contains(rows)).ok_or_else(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_credentials_are_told_is_a_setting() {
        let read = |text: &str| rows(&Settings::from([(ROWS, text)])).ok();
        let table = [
            ("", Some(2_000)),
            ("1", Some(1)),
            ("20000", Some(20_000)),
            ("0", None),
            ("20001", None),
            ("all", None),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "«{text}»");
        }
    }
}
