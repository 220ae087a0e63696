//! One value of a report, and how it is written where.

use jiff::SignedDuration;
use jiff::civil::Date;

use crate::money::Money;

/// One value of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Text, which may come from anybody.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An amount of money.
    Money(Money),
    /// A day.
    Date(Date),
    /// A number of days.
    Days(i64),
    /// The time until something ends; less than nothing since it has.
    Left(SignedDuration),
    /// Yes or no.
    YesNo(bool),
    /// It could not be read, or there is too little to tell it from.
    Unknown,
    /// There is no such value.
    None,
}

impl Cell {
    /// The value; unknown if there is none.
    pub fn or_unknown<T: Into<Self>>(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Into::into)
    }

    /// For a program: no thousands are set apart, and what there is not is empty.
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) | Self::Days(number) => number.to_string(),
            Self::Left(left) => days_left(*left).to_string(),
            Self::Money(money) => money.plain(),
            Self::Date(date) => date.to_string(),
            Self::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Unknown => "unknown".to_owned(),
            Self::None => String::new(),
        }
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Number(number) => grouped(*number),
            Self::Days(days) => counted(*days, "day"),
            Self::Left(left) => time_left(*left),
            Self::Money(money) => money.shown(),
            Self::None => "–".to_owned(),
            other => other.plain(),
        }
    }
}

/// How many days are left, begun ones counted: 0 only at the very end, and less once it has passed.
///
/// ```
/// use jiff::SignedDuration;
/// assert_eq!(report::days_left(SignedDuration::from_mins(1)), 1);
/// assert_eq!(report::days_left(SignedDuration::from_mins(-1)), -1);
/// ```
pub fn days_left(left: SignedDuration) -> i64 {
    away_from_nought(left, 24 * 3600)
}

/// Begun parts of so many seconds.
fn away_from_nought(time: SignedDuration, part: i64) -> i64 {
    let whole = time.as_secs() / part;
    let rest = time.as_secs() % part != 0 || time.subsec_nanos() != 0;
    if rest { whole + i64::from(time.signum()) } else { whole }
}

/// Hours below two days.
fn time_left(left: SignedDuration) -> String {
    let hours = away_from_nought(left, 3600);
    let number = if hours.abs() <= 48 { (hours, "hour") } else { (days_left(left), "day") };
    let told = counted(number.0.abs(), number.1);
    match left.signum() {
        0 => "now".to_owned(),
        1 => told,
        _ => format!("{told} ago"),
    }
}

/// `1 day`, `1,200 days`.
pub fn counted(number: i64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(number)) }
}

/// Thousands set apart: `12,345`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "−" } else { "" };
    let mut grouped = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Money> for Cell {
    fn from(money: Money) -> Self {
        Self::Money(money)
    }
}

impl From<Date> for Cell {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<bool> for Cell {
    fn from(yes: bool) -> Self {
        Self::YesNo(yes)
    }
}

/// Without a value there is none; what could not be read is [`Cell::or_unknown`].
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_value_is_plain_for_programs_and_easy_on_the_eye_for_people() {
        let chf = |hundredths| Cell::Money(Money::new(hundredths, "CHF".parse().unwrap()));
        let table = [
            (Cell::from("Visio"), "Visio", "Visio"),
            (Cell::Number(1_234_567), "1234567", "1,234,567"),
            (Cell::Number(-1_000), "-1000", "−1,000"),
            (Cell::Number(999), "999", "999"),
            (Cell::Days(1), "1", "1 day"),
            (Cell::Days(1_200), "1200", "1,200 days"),
            (chf(123_450), "1234.50", "1,234.50"),
            (chf(-5), "-0.05", "−0.05"),
            (Cell::Date(date(2026, 3, 9)), "2026-03-09", "2026-03-09"),
            (Cell::YesNo(true), "yes", "yes"),
            (Cell::YesNo(false), "no", "no"),
            (Cell::Unknown, "unknown", "unknown"),
            (Cell::None, "", "–"),
        ];
        for (cell, plain, shown) in table {
            assert_eq!((cell.plain().as_str(), cell.shown().as_str()), (plain, shown), "{cell:?}");
        }
    }

    #[test]
    fn what_is_left_is_told_in_days_and_below_two_days_in_hours() {
        let (hour, day) = (3600, 24 * 3600);
        let table = [
            (0, 0, 0, "now"),
            (0, 1, 1, "1 hour"),
            (1, 0, 1, "1 hour"),
            (5 * hour, 0, 1, "5 hours"),
            (day, 0, 1, "24 hours"),
            (day, 1, 2, "25 hours"),
            (2 * day, 0, 2, "48 hours"),
            (2 * day, 1, 3, "3 days"),
            (90 * day, 0, 90, "90 days"),
            (90 * day - 1, 999_999_999, 90, "90 days"),
            (90 * day, 1, 91, "91 days"),
            (-1, 0, -1, "1 hour ago"),
            (-day, 0, -1, "24 hours ago"),
            (-day - 1, 0, -2, "25 hours ago"),
            (-1_200 * day, 0, -1_200, "1,200 days ago"),
        ];
        for (seconds, nanos, days, shown) in table {
            let left = SignedDuration::new(seconds, nanos);
            assert_eq!((days_left(left), Cell::Left(left).shown().as_str()), (days, shown), "{left:?}");
            assert_eq!(Cell::Left(left).plain(), days.to_string());
        }
    }

    #[test]
    fn no_value_is_not_the_same_as_an_unknown_one() {
        assert_eq!(Cell::from(None::<i64>), Cell::None);
        assert_eq!(Cell::or_unknown(None::<i64>), Cell::Unknown);
        assert_eq!(Cell::or_unknown(Some(0)), Cell::Number(0));
    }
}
