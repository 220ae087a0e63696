//! NCRONTAB schedules: `{second} {minute} {hour} {day} {month} {day-of-week}`, in UTC.
//!
//! ```text
//! 0 */5 * * * *        every five minutes
//! 0 30 9 * Jan Mon     at 9:30 on every Monday in January
//! ```
//!
//! Written by hand, because NCrontab differs from the crates on offer where it matters: day and day-of-week must
//! *both* match, `7` is no Sunday, `a/n` runs from `a` to the end, and only `*`, `-`, `,` and `/` exist.
//! A range that runs backwards is refused here. Five fields mean "at second 0", as in the timer extension.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Days that are searched: long enough for a 29 February across a century that skips one.
const HORIZON_DAYS: usize = 366 * 9;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// A parsed schedule; each field is a set of numbers, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cron {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

impl Cron {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (seconds, rest) = match fields.as_slice() {
            [second, rest @ ..] if rest.len() == 5 => (field(second, "second", 0, 59, &[])?, rest),
            rest if rest.len() == 5 => (1, rest),
            _ => return Err(format!("'{text}' is not a schedule: it needs six fields, second first")),
        };
        Ok(Self {
            seconds,
            minutes: field(rest[0], "minute", 0, 59, &[])?,
            hours: field(rest[1], "hour", 0, 23, &[])?,
            days: field(rest[2], "day", 1, 31, &[])?,
            months: field(rest[3], "month", 1, 12, &MONTHS)?,
            weekdays: field(rest[4], "day-of-week", 0, 6, &WEEKDAYS)?,
        })
    }

    /// The first occurrence strictly after `moment`; `None` for a day that never comes, such as 30 February.
    pub(crate) fn next_after(&self, moment: Timestamp) -> Option<Timestamp> {
        let start = moment.checked_add(1.second()).ok()?.to_zoned(TimeZone::UTC).datetime();
        let first = self.time_from(start).filter(|_| self.has_day(start.date()));
        let found = first.or_else(|| {
            let mut days = start.date().series(1.day()).skip(1).take(HORIZON_DAYS);
            days.find(|day| self.has_day(*day)).and_then(|day| self.time_from(day.at(0, 0, 0, 0)))
        })?;
        found.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    }

    /// Whether two occurrences can be less than a minute apart: then the timer extension keeps no schedule status.
    pub(crate) fn is_finer_than_a_minute(&self) -> bool {
        self.seconds.count_ones() > 1
    }

    fn has_day(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset();
        has(self.months, date.month()) && has(self.days, date.day()) && has(self.weekdays, weekday)
    }

    /// The first matching time of that day, not before the given time of it.
    fn time_from(&self, from: DateTime) -> Option<DateTime> {
        let hours = (from.hour()..24).filter(|hour| has(self.hours, *hour));
        let minutes = hours.flat_map(|hour| {
            let first = if hour == from.hour() { from.minute() } else { 0 };
            (first..60).filter(|minute| has(self.minutes, *minute)).map(move |minute| (hour, minute))
        });
        let mut times = minutes.filter_map(|(hour, minute)| {
            let same_minute = (hour, minute) == (from.hour(), from.minute());
            let first = if same_minute { from.second() } else { 0 };
            let second = (first..60).find(|second| has(self.seconds, *second))?;
            Some(from.date().at(hour, minute, second, 0))
        });
        times.next()
    }
}

fn has(set: u64, number: i8) -> bool {
    u32::try_from(number).is_ok_and(|bit| set & (1 << bit) != 0)
}

fn field(text: &str, what: &str, min: u32, max: u32, names: &[&str]) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a {what}: use {min} to {max} with '*', '-', ',' and '/'");
    let number = |text: &str| number(text, min, names).filter(|n| (min..=max).contains(n)).ok_or_else(wrong);
    text.split(',').try_fold(0, |set, item| {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => {
                (range, Some(step.parse::<u32>().ok().filter(|n| *n > 0).ok_or_else(wrong)?))
            }
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (min, max),
            Some((first, last)) => (number(first)?, number(last)?),
            None if step.is_some() => (number(range)?, max),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(wrong());
        }
        let steps = usize::try_from(step.unwrap_or(1)).map_err(|_| wrong())?;
        Ok((first..=last).step_by(steps).fold(set, |set, n| set | (1 << n)))
    })
}

/// A number, or a name of which at least three letters are given.
fn number(text: &str, min: u32, names: &[&str]) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let text = text.to_ascii_lowercase();
    let index = names.iter().position(|name| text.len() >= 3 && name.starts_with(&text))?;
    u32::try_from(index).ok().map(|index| index + min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> Option<String> {
        let after: Timestamp = after.parse().unwrap();
        Cron::parse(schedule).unwrap().next_after(after).map(|next| next.to_string())
    }

    #[test]
    fn the_next_occurrence_is_strictly_later() {
        let cases = [
            ("0 */5 * * * *", "2026-09-24T13:07:10Z", "2026-09-24T13:10:00Z"),
            ("0 */5 * * * *", "2026-09-24T13:10:00Z", "2026-09-24T13:15:00Z"),
            ("0 */5 * * * *", "2026-09-24T13:09:59.9Z", "2026-09-24T13:10:00Z"),
            ("*/15 * * * * *", "2026-09-24T13:10:50Z", "2026-09-24T13:11:00Z"),
            ("30 59 23 31 12 *", "2026-12-31T23:59:30Z", "2027-12-31T23:59:30Z"),
            ("0 0 2 * * *", "2026-09-24T13:07:10Z", "2026-09-25T02:00:00Z"),
            ("0 30 9 * Jan Mon", "2026-09-24T00:00:00Z", "2027-01-04T09:30:00Z"),
            ("0 0 0 29 2 *", "2026-09-24T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 9 * * 1-5", "2026-09-25T09:00:00Z", "2026-09-28T09:00:00Z"),
            ("0 5/20 * * * *", "2026-09-24T13:26:00Z", "2026-09-24T13:45:00Z"),
            ("0 0 6,18 * * sun", "2026-09-27T06:00:00Z", "2026-09-27T18:00:00Z"),
            ("0 8 * * *", "2026-09-24T13:00:00Z", "2026-09-25T08:00:00Z"),
        ];
        for (schedule, after, expected) in cases {
            assert_eq!(next(schedule, after).as_deref(), Some(expected), "{schedule} after {after}");
        }
    }

    #[test]
    fn day_and_weekday_must_both_match() {
        assert_eq!(next("0 0 0 13 * Fri", "2026-09-24T00:00:00Z").as_deref(), Some("2026-11-13T00:00:00Z"));
    }

    #[test]
    fn a_day_that_never_comes_has_no_next_occurrence() {
        assert_eq!(next("0 0 0 30 2 *", "2026-09-24T00:00:00Z"), None);
    }

    #[test]
    fn what_ncrontab_does_not_know_is_refused_with_the_field_named() {
        let cases = [
            ("* * * *", "needs six fields"),
            ("00:05:00", "needs six fields"),
            ("0 0 0 L * *", "is not a day"),
            ("0 0 0 ? * *", "is not a day"),
            ("0 60 * * * *", "is not a minute"),
            ("0 0 0 * * 7", "is not a day-of-week"),
            ("0 0 22-2 * * *", "is not a hour"),
            ("0 */0 * * * *", "is not a minute"),
            ("0 0 0 * ja *", "is not a month"),
        ];
        for (schedule, expected) in cases {
            let error = Cron::parse(schedule).unwrap_err();
            assert!(error.contains(expected), "{schedule}: {error}");
        }
    }

    #[test]
    fn only_a_second_field_of_several_values_is_finer_than_a_minute() {
        for (schedule, finer) in [("0 * * * * *", false), ("*/30 * * * * *", true), ("0,59 0 0 1 1 *", true)]
        {
            assert_eq!(Cron::parse(schedule).unwrap().is_finer_than_a_minute(), finer, "{schedule}");
        }
    }
}
