//! The price list: what a seat costs a month, from a file that the app setting `ASSIGN_PRICES` names.
//!
//! ```json
//! {"currency": "CHF", "prices": {"SPE_E3": "36.00", "SPE_E5": "57.00"}}
//! ```
//!
//! Prices are one's own: Microsoft's lists know neither the contract nor the discount. It is read strictly, since a price
//! that is silently left out makes a saving look small.

use std::collections::BTreeMap;

use graph::auth::Settings;
use host::{Wrong, held_or_named, strict};
use report::{Currency, Money};
use serde::{Deserialize, Serialize};

/// The app setting that names the file, or holds its text.
pub(super) const SETTING: &str = "ASSIGN_PRICES";

/// What seats cost a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prices {
    pub(super) currency: Currency,
    /// By part number in capital letters.
    prices: BTreeMap<String, Money>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    currency: String,
    prices: BTreeMap<String, String>,
}

impl Prices {
    /// The price list, if there is one.
    ///
    /// # Errors
    /// It cannot be read; says what would be right.
    pub(super) fn read(settings: &Settings) -> Result<Option<Self>, Wrong> {
        let Some(text) = settings.get(SETTING) else { return Ok(None) };
        Self::parse(&held_or_named(text).map_err(wrong)?).map(Some)
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let File { currency, prices } =
            strict(text.as_bytes()).map_err(|flaw| wrong(format!("{} {}", flaw.field, flaw.says)))?;
        let currency: Currency = currency.parse().map_err(|why| wrong(format!("/currency {why}")))?;
        let mut read = BTreeMap::new();
        for (name, price) in prices {
            let price =
                Money::parse(&price, currency).map_err(|why| wrong(format!("/prices/{name} {why}")))?;
            if read.insert(name.to_ascii_uppercase(), price).is_some() {
                return Err(wrong(format!(
                    "/prices/{name} is there twice, in capital letters and small ones"
                )));
            }
        }
        Ok(Self { currency, prices: read })
    }

    /// What a seat costs a month.
    pub(super) fn of(&self, part_number: &str) -> Option<Money> {
        self.prices.get(&part_number.to_ascii_uppercase()).copied()
    }
}

fn wrong(says: String) -> Wrong {
    Wrong::Setting(format!("{SETTING}: {says}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Prices>, String> {
        Prices::read(&Settings::from([(SETTING, text)])).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn a_price_is_found_by_part_number_whatever_its_case() {
        let prices =
            read(r#"{"currency": "CHF", "prices": {"SPE_E3": "36.50", "Free": "0"}}"#).unwrap().unwrap();
        assert_eq!(prices.of("spe_e3").unwrap().rounded(), "CHF 37");
        assert!(prices.of("FREE").unwrap().is_zero());
        assert_eq!(prices.of("SPE_E5"), None);
    }

    #[test]
    fn there_need_be_none_and_one_that_is_wrong_is_told_with_what_would_be_right() {
        assert_eq!(read(""), Ok(None));
        let table = [
            ("prices.json", "prices.json cannot be read"),
            ("{}", "/currency required"),
            (r#"{"currency": "CHF"}"#, "/prices required"),
            (r#"{"currency": "Fr.", "prices": {}}"#, "three capital letters"),
            (r#"{"currency": "CHF", "prices": {"SPE_E3": 36}}"#, "/prices/SPE_E3"),
            (r#"{"currency": "CHF", "prices": {"SPE_E3": "36,50"}}"#, "such as 36.50"),
            (r#"{"currency": "CHF", "prices": {"SPE_E3": "1", "spe_e3": "2"}}"#, "twice"),
            (r#"{"currency": "CHF", "prices": {}, "per": "year"}"#, "unknown field `per`"),
            (r#"{"currency": "CHF", "prices": {}} {}"#, "trailing"),
        ];
        for (text, right) in table {
            let says = read(text).unwrap_err();
            assert!(says.starts_with("ASSIGN_PRICES: ") && says.contains(right), "{text}: {says}");
        }
    }
}
