//! A product as a line of the report: what was read of it, and what its price makes of that.

use report::Money;

use super::facts::{Holders, Product};
use super::prices::Prices;

/// A product and its price.
pub(super) struct Line<'a> {
    pub(super) product: &'a Product,
    pub(super) price: Option<Money>,
    /// After how many days an account is inactive.
    pub(super) inactive_days: i64,
}

impl<'a> Line<'a> {
    pub(super) fn of(product: &'a Product, prices: Option<&Prices>, inactive_days: i64) -> Self {
        let price = prices.and_then(|prices| prices.of(&product.part_number));
        Self { product, price, inactive_days }
    }

    /// Seats that are paid for: in good order, or in their time of grace.
    pub(super) fn paid(&self) -> i64 {
        self.product.enabled + self.product.warning
    }

    /// Seats left; fewer than none where more are assigned than bought.
    pub(super) fn free(&self) -> i64 {
        self.product.available
    }

    pub(super) fn holders(&self) -> Option<&'a Holders> {
        self.product.holders.as_ref()
    }

    /// Seats that are assigned and that nobody uses, as far as could be read.
    pub(super) fn idle(&self) -> i64 {
        let blocked = self.holders().map_or(0, |holders| holders.blocked);
        blocked + self.product.inactive.unwrap_or_default()
    }

    /// How many do not get what they are assigned.
    pub(super) fn in_error(&self) -> Option<i64> {
        self.holders().map(|holders| holders.errors.values().sum())
    }

    /// Whether its seats cost nothing, so that it does not matter who has one: its price says so, or its name.
    pub(super) fn is_free_of_charge(&self) -> bool {
        let says_free = |name: &str| name.to_ascii_lowercase().contains("free");
        match self.price {
            Some(price) => price.is_zero(),
            None => says_free(&self.product.name) || says_free(&self.product.part_number),
        }
    }

    /// What its seats cost a month.
    pub(super) fn cost(&self) -> Option<Money> {
        self.price.map(|price| price.times(self.paid()))
    }

    /// What those seats cost a month that nobody uses: free ones, and those of blocked and inactive accounts.
    pub(super) fn saving(&self) -> Option<Money> {
        let unused = self.free().max(0) + self.idle();
        self.price.map(|price| price.times(unused.min(self.paid())))
    }
}
