//! How many seats were assigned day by day, on a page of the ledger (`assign-licence/stock`), and when they run out if it
//! goes on like this.
//!
//! It is counts by SKU and nothing else, of 90 days. The pace is the slope of the line that fits the days best, so that one
//! odd day does not decide; with less than a week between the first day and the last there is none.

use std::collections::BTreeMap;

use graph::SkuId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journal::PageName;
use plan::Runner;
use serde::{Deserialize, Serialize};

use super::facts::Product;

const PAGE: &str = "assign-licence/stock";
/// How many days are kept.
const KEPT: i64 = 90;
/// How many days must lie between the first and the last for a pace.
const LEAST: i64 = 7;
/// How often a page is turned at the most while others are first.
const TURNS: usize = 10;
/// Below this it is no pace: less than one seat in the time that is looked back on.
const STILL: f64 = 1.0 / KEPT as f64;

/// When seats run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RunsOut {
    /// There is too little to tell it from.
    Unknown,
    /// Not at the current pace.
    Never,
    /// In so many days.
    In(i64),
}

/// What was noted, day by day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Noted {
    assigned: BTreeMap<Date, BTreeMap<SkuId, i64>>,
}

/// Notes today's stock, and tells what was noted before. What another version wrote is begun anew.
pub(super) async fn note(runner: &Runner, products: &[Product]) -> Result<Noted, journal::Error> {
    let (page, today) = (PageName::new(PAGE)?, day(runner.tenant().clock.now()));
    let mut noted = Noted::default();
    for _ in 0..TURNS {
        let seen = runner.journal().page(&page).await?;
        noted = serde_json::from_value(seen.value).unwrap_or_default();
        noted.add(today, products);
        let value = serde_json::to_value(&noted).unwrap_or_default();
        if runner.journal().turn(&page, &seen.version, &value).await? {
            break;
        }
    }
    Ok(noted)
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Days between two dates.
fn between(first: Date, last: Date) -> i64 {
    last.since(first).map_or(0, |span| i64::from(span.get_days()))
}

impl Noted {
    fn add(&mut self, today: Date, products: &[Product]) {
        let assigned = products.iter().map(|product| (product.sku_id, product.assigned)).collect();
        self.assigned.insert(today, assigned);
        self.assigned.retain(|date, _| between(*date, today) < KEPT);
    }

    /// When the seats of a SKU run out of which so many are free.
    pub(super) fn runs_out(&self, sku: SkuId, free: i64) -> RunsOut {
        if free <= 0 {
            return RunsOut::In(0);
        }
        match self.pace(sku) {
            None => RunsOut::Unknown,
            Some(pace) if pace < STILL => RunsOut::Never,
            Some(pace) => RunsOut::In((free as f64 / pace).floor() as i64),
        }
    }

    /// Seats a day, by least squares.
    fn pace(&self, sku: SkuId) -> Option<f64> {
        let days = || self.assigned.iter().filter_map(|(date, all)| Some((*date, *all.get(&sku)?)));
        let (first, last) = (days().next()?.0, days().next_back()?.0);
        if between(first, last) < LEAST {
            return None;
        }
        let count = days().count() as f64;
        let points = || days().map(|(date, seats)| (between(first, date) as f64, seats as f64));
        let mean = |sum: f64| sum / count;
        let (middle, level) =
            (mean(points().map(|(at, _)| at).sum()), mean(points().map(|(_, seats)| seats).sum()));
        let rise: f64 = points().map(|(at, seats)| (at - middle) * (seats - level)).sum();
        let spread: f64 = points().map(|(at, _)| (at - middle).powi(2)).sum();
        Some(rise / spread)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";

    /// Seats assigned on days after 1 January 2026.
    fn noted(days: &[(i64, i64)]) -> Noted {
        let sku: SkuId = E3.parse().unwrap();
        let day = |after: i64| date(2026, 1, 1) + after.days();
        Noted {
            assigned: days
                .iter()
                .map(|(after, seats)| (day(*after), BTreeMap::from([(sku, *seats)])))
                .collect(),
        }
    }

    #[test]
    fn seats_run_out_at_the_pace_of_the_last_weeks() {
        let steady: Vec<(i64, i64)> = (0..30).map(|day| (day, 100 + 2 * day)).collect();
        let odd: Vec<(i64, i64)> = (0..30).map(|day| (day, 100 + if day == 29 { 40 } else { 0 })).collect();
        let table = [
            ("no free seat, whatever the pace", vec![], 0, RunsOut::In(0)),
            ("too many assigned", vec![], -3, RunsOut::In(0)),
            ("nothing noted", vec![], 5, RunsOut::Unknown),
            ("six days", vec![(0, 1), (6, 100)], 5, RunsOut::Unknown),
            ("a week", vec![(0, 10), (7, 17)], 5, RunsOut::In(5)),
            ("two a day", steady, 21, RunsOut::In(10)),
            ("as ever", vec![(0, 10), (7, 10), (30, 10)], 5, RunsOut::Never),
            ("fewer and fewer", vec![(0, 20), (10, 10)], 5, RunsOut::Never),
            ("one odd day does not decide", odd, 40, RunsOut::In(155)),
            ("days are missing", vec![(0, 10), (40, 50), (60, 70)], 9, RunsOut::In(9)),
        ];
        for (title, days, free, expected) in table {
            assert_eq!(noted(&days).runs_out(E3.parse().unwrap(), free), expected, "{title}");
        }
        let other = "06ebc4ee-1bb5-47dd-8120-11324bc54e06".parse().unwrap();
        assert_eq!(noted(&[(0, 1), (30, 9)]).runs_out(other, 5), RunsOut::Unknown, "bought since");
    }

    #[test]
    fn ninety_days_are_kept_and_a_day_is_noted_once() {
        let mut noted = noted(&[(0, 1), (1, 2), (89, 3), (90, 4)]);
        noted.add(date(2026, 1, 1) + 90.days(), &[]);
        let kept: Vec<Date> = noted.assigned.keys().copied().collect();
        assert_eq!(kept, [1, 89, 90].map(|after: i64| date(2026, 1, 1) + after.days()));
    }
}
