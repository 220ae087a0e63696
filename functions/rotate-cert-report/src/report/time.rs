//! How much time a credential has left, from instants and in UTC.
//!
//! A credential is good until its end and no longer: at that very moment it has expired. Days are counted as begun, so that one
//! with an hour left has a day, and one that expired a minute ago has been expired for a day; there is no day on which it is
//! neither.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use report::days_left;
use serde::{Deserialize, Serialize};

/// How things stand with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Status {
    /// Its end has come.
    Expired,
    /// It expires today, in UTC.
    Today,
    /// It expires, and a threshold is crossed.
    Soon,
    /// It is good.
    Valid,
    /// It is good from a later day on.
    NotYet,
    /// It has no end.
    Endless,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Today => "expires today",
            Self::Soon => "expires soon",
            Self::Valid => "valid",
            Self::NotYet => "not valid yet",
            Self::Endless => "does not expire",
        }
    }
}

/// The threshold that was crossed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crossed {
    /// So many days before the end; 0 on its day.
    Days(i64),
    /// The end, so many days ago.
    Expired(i64),
}

/// The time until an end.
pub(super) fn left(end: Timestamp, now: Timestamp) -> SignedDuration {
    end.duration_since(now)
}

pub(super) fn is_expired(end: Timestamp, now: Timestamp) -> bool {
    end <= now
}

/// Whether both are on one day, in UTC.
fn is_today(end: Timestamp, now: Timestamp) -> bool {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    day(end) == day(now)
}

/// The narrowest threshold that an end has come within; 0 means its day.
pub(super) fn crossed(end: Timestamp, now: Timestamp, thresholds: &[i64]) -> Option<Crossed> {
    let days = days_left(left(end, now));
    if is_expired(end, now) {
        return Some(Crossed::Expired(-days));
    }
    let is_crossed = |threshold: &i64| if *threshold == 0 { is_today(end, now) } else { days <= *threshold };
    thresholds.iter().copied().filter(is_crossed).min().map(Crossed::Days)
}

/// How things stand with a credential that has this start and end.
pub(super) fn status(
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    now: Timestamp,
    thresholds: &[i64],
) -> Status {
    let Some(end) = end else { return Status::Endless };
    match crossed(end, now, thresholds) {
        Some(Crossed::Expired(_)) => Status::Expired,
        _ if is_today(end, now) => Status::Today,
        Some(Crossed::Days(_)) => Status::Soon,
        None if start.is_some_and(|start| start > now) => Status::NotYet,
        None => Status::Valid,
    }
}

/// Whole months between two instants, by the calendar, and days beyond as one more: a secret made for two years has 24.
pub(super) fn months(start: Timestamp, end: Timestamp) -> Option<i64> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let span = day(end).since((jiff::Unit::Month, day(start))).ok()?;
    Some(i64::from(span.get_months()) + i64::from(span.get_days() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T08:00:00Z";
    const THRESHOLDS: [i64; 8] = [90, 60, 30, 14, 7, 3, 1, 0];

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn there_is_no_moment_at_which_a_credential_is_neither_good_nor_expired() {
        use Status::{Expired, Soon, Today, Valid};
        let table = [
            ("2020-01-01T00:00:00Z", Expired, Some(Crossed::Expired(2253)), "long ago"),
            ("2026-03-01T08:00:00Z", Expired, Some(Crossed::Expired(1)), "a day ago"),
            ("2026-03-02T07:59:59.999999999Z", Expired, Some(Crossed::Expired(1)), "a moment ago"),
            (NOW, Expired, Some(Crossed::Expired(0)), "now"),
            ("2026-03-02T08:00:00.000000001Z", Today, Some(Crossed::Days(0)), "in a moment"),
            ("2026-03-02T23:59:59Z", Today, Some(Crossed::Days(0)), "by midnight"),
            ("2026-03-03T00:00:00Z", Soon, Some(Crossed::Days(1)), "at midnight, which is tomorrow"),
            ("2026-03-03T08:00:00Z", Soon, Some(Crossed::Days(1)), "in 24 hours"),
            ("2026-03-03T08:00:01Z", Soon, Some(Crossed::Days(3)), "in 24 hours and a second"),
            ("2026-03-05T08:00:00Z", Soon, Some(Crossed::Days(3)), "in three days"),
            ("2026-03-09T08:00:00Z", Soon, Some(Crossed::Days(7)), "in a week"),
            ("2026-04-01T08:00:00Z", Soon, Some(Crossed::Days(30)), "in 30 days"),
            ("2026-05-31T08:00:00Z", Soon, Some(Crossed::Days(90)), "in 90 days"),
            ("2026-05-31T08:00:01Z", Valid, None, "in 90 days and a second"),
        ];
        for (end, state, threshold, told) in table {
            let (end, now) = (at(end), at(NOW));
            assert_eq!(status(None, Some(end), now, &THRESHOLDS), state, "{told}");
            assert_eq!(crossed(end, now, &THRESHOLDS), threshold, "{told}");
            assert_eq!(is_expired(end, now), state == Expired, "{told}");
        }
    }

    #[test]
    fn offsets_are_reckoned_with_and_a_day_is_one_in_utc() {
        let now = at("2026-03-28T23:30:00Z");
        assert_eq!(status(None, Some(at("2026-03-29T00:30:00+01:00")), now, &THRESHOLDS), Status::Expired);
        assert_eq!(status(None, Some(at("2026-03-29T01:00:00+01:00")), now, &THRESHOLDS), Status::Soon);
        // The clocks of Europe go forward that night; the time that is left does not.
        assert_eq!(left(at("2026-03-30T00:30:00+02:00"), now), SignedDuration::from_hours(23));
    }

    #[test]
    fn what_begins_later_or_never_ends_is_told_so() {
        let (now, later) = (at(NOW), at("2027-01-01T00:00:00Z"));
        assert_eq!(status(Some(later), Some(at("2028-01-01T00:00:00Z")), now, &THRESHOLDS), Status::NotYet);
        assert_eq!(status(Some(now), Some(later), now, &THRESHOLDS), Status::Valid);
        assert_eq!(status(None, None, now, &THRESHOLDS), Status::Endless);
        assert_eq!(status(None, Some(Timestamp::MAX), now, &THRESHOLDS), Status::Valid);
    }

    #[test]
    fn a_lifetime_is_told_in_months_of_the_calendar() {
        let table = [
            ("2024-03-02T08:00:00Z", "2026-03-02T08:00:00Z", 24),
            ("2024-02-29T00:00:00Z", "2025-02-28T23:00:00Z", 12),
            ("2026-01-01T00:00:00Z", "2026-06-30T00:00:00Z", 6),
            ("2026-01-01T00:00:00Z", "2026-07-02T00:00:00Z", 7),
            ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", 0),
        ];
        for (start, end, expected) in table {
            assert_eq!(months(at(start), at(end)), Some(expected), "{start} {end}");
        }
    }
}
