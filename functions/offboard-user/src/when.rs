//! When: a moment, an hour of the day where the leaver is, or the day that the directory knows.
//!
//! "Friday at five" is a time on the leaver's own wall. Where it is said without an offset, the time zone of the leaver's
//! mailbox decides; where that says none that is known here, nothing is guessed.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use directory::time_zone;

/// When somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum When {
    /// At this moment.
    At(Timestamp),
    /// When a clock on the leaver's wall says so.
    Local(DateTime),
    /// At the account's `employeeLeaveDateTime`.
    LeaveDate,
}

/// What `at` may be.
const RIGHT: &str = "a date and time where the leaver is (2026-03-31T17:00), or with its offset or zone (2026-03-31T17:00:00+02:00, 2026-03-31T17:00[Europe/Zurich]), or employeeLeaveDateTime";

const LEAVE_DATE: &str = "employeeLeaveDateTime";

impl TryFrom<String> for When {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let moment = || text.parse::<Timestamp>().or_else(|_| text.parse::<Zoned>().map(|at| at.timestamp()));
        match text.as_str() {
            LEAVE_DATE => Ok(Self::LeaveDate),
            _ => moment().map(Self::At).or_else(|_| local(&text).map(Self::Local).ok_or(RIGHT)),
        }
    }
}

/// A day alone is no time of the day.
fn local(text: &str) -> Option<DateTime> {
    text.contains(['T', 't', ' ']).then(|| text.parse().ok())?
}

impl From<When> for String {
    fn from(when: When) -> Self {
        match when {
            When::At(at) => at.to_string(),
            When::Local(at) => at.to_string(),
            When::LeaveDate => LEAVE_DATE.to_owned(),
        }
    }
}

/// Why nobody can say when that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// The directory knows no day of leaving.
    NoLeaveDate,
    /// The mailbox says no time zone that is known here.
    NoZone,
}

impl When {
    /// The moment, for somebody whose mailbox says this zone and whose account this leave date.
    pub(crate) fn moment(
        self,
        zone: Option<&str>,
        leave_date: Option<Timestamp>,
    ) -> Result<Timestamp, Unclear> {
        match self {
            Self::At(at) => Ok(at),
            Self::LeaveDate => leave_date.ok_or(Unclear::NoLeaveDate),
            Self::Local(at) => {
                let zone = zone.and_then(self::zone).ok_or(Unclear::NoZone)?;
                at.to_zoned(zone).map(|at| at.timestamp()).map_err(|_| Unclear::NoZone)
            }
        }
    }
}

/// A mailbox names its zone as Windows does, or as everybody else.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(time_zone::iana(name).unwrap_or(name)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn when(text: &str) -> Option<When> {
        serde_json::from_value(json!(text)).ok()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_a_moment_or_the_leavers_own() {
        let five = at("2026-03-31T15:00:00Z");
        let table = [
            ("2026-03-31T17:00:00+02:00", Some(When::At(five))),
            ("2026-03-31T15:00:00Z", Some(When::At(five))),
            ("2026-03-31T17:00[Europe/Zurich]", Some(When::At(five))),
            ("2026-03-31T17:00", Some(When::Local("2026-03-31T17:00".parse().unwrap()))),
            ("2026-03-31 17:00:30", Some(When::Local("2026-03-31T17:00:30".parse().unwrap()))),
            ("employeeLeaveDateTime", Some(When::LeaveDate)),
            ("2026-03-31", None),
            ("31.03.2026 17:00", None),
            ("tomorrow", None),
            ("2026-02-30T17:00", None),
        ];
        for (text, expected) in table {
            assert_eq!(when(text), expected, "{text}");
        }
    }

    #[test]
    fn it_is_written_down_as_it_was_understood() {
        for text in ["2026-03-31T15:00:00Z", "2026-03-31T17:00:00", "employeeLeaveDateTime"] {
            assert_eq!(serde_json::to_value(when(text).unwrap()).unwrap(), json!(text));
        }
    }

    #[test]
    fn five_oclock_is_five_where_the_leaver_is() {
        let five = When::Local("2026-03-31T17:00".parse().unwrap());
        let table = [
            (Some("W. Europe Standard Time"), Ok(at("2026-03-31T15:00:00Z"))),
            (Some("Europe/Zurich"), Ok(at("2026-03-31T15:00:00Z"))),
            (Some("Pacific Standard Time"), Ok(at("2026-04-01T00:00:00Z"))),
            (Some("UTC"), Ok(at("2026-03-31T17:00:00Z"))),
            (Some("Customized Time Zone"), Err(Unclear::NoZone)),
            (None, Err(Unclear::NoZone)),
        ];
        for (zone, expected) in table {
            assert_eq!(five.moment(zone, None), expected, "{zone:?}");
        }
        assert_eq!(When::LeaveDate.moment(None, None), Err(Unclear::NoLeaveDate));
        assert_eq!(
            When::LeaveDate.moment(None, Some(at("2026-04-01T00:00:00Z"))),
            Ok(at("2026-04-01T00:00:00Z"))
        );
    }
}
