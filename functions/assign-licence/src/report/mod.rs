//! The report on licences: what is bought, who has it, who does not use it, what that costs, and when seats run out.
//!
//! The tenant is read page by page and never collected: what is kept of an account is a few counts for each product it
//! holds. When people signed in is read on its own and beside the rest, since that goes 500 accounts at a time and ten times
//! a minute at the most. What cannot be read is unknown, with the reason at the top of the report, and never nought.
//!
//! It writes nothing to the tenant. How many seats were assigned is noted on a page of the ledger, once a day, by SKU.

mod advice;
mod facts;
mod history;
mod line;
mod prices;
mod read;
mod tally;
mod tell;

use graph::auth::Settings;
use host::{Untold, Wrong};
use jiff::Timestamp;
use plan::Runner;
use report::Report;
use serde_json::Value;

use facts::Facts;
use prices::Prices;

/// The report's name, in its address and for its timer.
pub(crate) const NAME: &str = "report";

/// After how many days without a sign-in an account is inactive.
const INACTIVE_DAYS: &str = "ASSIGN_INACTIVE_DAYS";

/// Reads what the report is made of.
pub(crate) async fn survey(runner: &Runner, settings: &Settings) -> Result<Value, Untold> {
    let days = inactive_days(settings)?;
    // A price list that will not do is told before a long reading, and not after it.
    Prices::read(settings)?;
    let read = read::everything(runner.tenant(), days).await?;
    let noted = history::note(runner, &read.products).await?;
    let facts = read.with_history(&noted);
    Ok(serde_json::to_value(facts).unwrap_or_default())
}

/// Makes the report.
pub(crate) fn report(facts: &Value, at: Timestamp, settings: &Settings) -> Result<Report, Untold> {
    let facts: Facts = serde_json::from_value(facts.clone()).map_err(|_| outdated())?;
    let prices = Prices::read(settings)?;
    Ok(tell::report(&facts, prices.as_ref(), at))
}

fn outdated() -> Untold {
    let error = graph::Error::failed("what was read before was read by another version: ask again", None);
    error.into()
}

fn inactive_days(settings: &Settings) -> Result<i64, Wrong> {
    let wrong = || Wrong::Setting(format!("{INACTIVE_DAYS}: must be a whole number of days from 1 to 3650"));
    match settings.get(INACTIVE_DAYS) {
        None => Ok(90),
        Some(text) => text.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(wrong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_how_many_days_an_account_is_inactive_is_a_setting() {
        let read = |text: &str| inactive_days(&Settings::from([(INACTIVE_DAYS, text)])).ok();
        let table =
            [("", Some(90)), ("30", Some(30)), ("0", None), ("3651", None), ("ninety", None), ("1.5", None)];
        for (text, days) in table {
            assert_eq!(read(text), days, "«{text}»");
        }
    }
}
