//! Money: hundredths of a currency, so that sums are exact.

use std::str::FromStr;

use crate::cell::grouped;

/// A currency, by its three letters (ISO 4217).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency([u8; 3]);

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    hundredths: i64,
    currency: Currency,
}

/// A text that is no amount of money, or no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotMoney(&'static str);

impl FromStr for Currency {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        const RIGHT: NotMoney = NotMoney("a currency is three capital letters, such as CHF (ISO 4217)");
        let letters = <[u8; 3]>::try_from(text.as_bytes()).map_err(|_| RIGHT)?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters)).ok_or(RIGHT)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl Money {
    /// So many hundredths of a currency.
    pub fn new(hundredths: i64, currency: Currency) -> Self {
        Self { hundredths, currency }
    }

    /// The amount that this text says: digits, and after a full stop one or two more, such as `36` or `36.50`. It is not
    /// less than nothing.
    ///
    /// # Errors
    /// It says none.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, NotMoney> {
        const RIGHT: NotMoney =
            NotMoney("an amount is digits, with up to two more after a full stop, such as 36.50");
        let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 2 {
            return Err(RIGHT);
        }
        let hundredths = format!("{whole}{part:0<2}").parse().map_err(|_| RIGHT)?;
        Ok(Self { hundredths, currency })
    }

    /// So many times as much.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self { hundredths: self.hundredths.saturating_mul(count), ..self }
    }

    /// The sum with another amount of the same currency.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { hundredths: self.hundredths.saturating_add(other.hundredths), ..self }
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.hundredths == 0
    }

    /// As in JSON and CSV: `-1234.50`.
    pub(crate) fn plain(self) -> String {
        let sign = if self.hundredths < 0 { "-" } else { "" };
        let hundredths = self.hundredths.unsigned_abs();
        format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    }

    /// For people, under a heading that names the currency: `1,234.50`.
    pub(crate) fn shown(self) -> String {
        let sign = if self.hundredths < 0 { "−" } else { "" };
        let whole = i64::try_from(self.hundredths.unsigned_abs() / 100).unwrap_or(i64::MAX);
        format!("{sign}{}.{:02}", grouped(whole), self.hundredths.unsigned_abs() % 100)
    }

    /// For people, in a sentence: `CHF 1,235`, rounded to the nearest whole amount.
    pub fn rounded(self) -> String {
        let half = if self.hundredths < 0 { -50 } else { 50 };
        format!("{} {}", self.currency, grouped(self.hundredths.saturating_add(half) / 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_strictly() {
        let chf: Currency = "CHF".parse().unwrap();
        let table = [
            ("36", Some(3600)),
            ("36.5", Some(3650)),
            ("36.50", Some(3650)),
            ("0", Some(0)),
            ("0.05", Some(5)),
            ("", None),
            (".5", None),
            ("36.", None),
            ("36.505", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1,50", None),
            ("1'000", None),
            ("99999999999999999999", None),
        ];
        for (text, hundredths) in table {
            let read = Money::parse(text, chf).ok();
            assert_eq!(read, hundredths.map(|hundredths| Money::new(hundredths, chf)), "«{text}»");
        }
        for wrong in ["", "chf", "CHFR", "C1F", "é1"] {
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn amounts_add_up_exactly_and_are_rounded_only_in_sentences() {
        let chf = "CHF".parse().unwrap();
        let sum = Money::parse("0.1", chf).unwrap().plus(Money::parse("0.2", chf).unwrap());
        assert_eq!(sum.plain(), "0.30");
        assert_eq!(Money::parse("12.34", chf).unwrap().times(1_000).plain(), "12340.00");
        let table = [(149, "CHF 1"), (150, "CHF 2"), (-150, "CHF −2"), (123_456_789, "CHF 1,234,568")];
        for (hundredths, says) in table {
            assert_eq!(Money::new(hundredths, chf).rounded(), says);
        }
    }
}
