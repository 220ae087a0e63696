//! Microsoft's list of products and service plans as the file that is compiled in: its form, read and written.
//!
//! ```text
//! # Product names and service plan identifiers for licensing, by Microsoft: id, part number, name, with tabs between.
//! # Source: https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
//! # As of: 2026-11-21
//! # Extent: excerpt
//! # Products
//! 05e9a617-0261-4cee-bb44-138d3ef5d965    SPE_E3  Microsoft 365 E3
//! # Service plans
//! 7547a3fe-08ee-4ccb-b430-5077c5041653    YAMMER_ENTERPRISE       Yammer Enterprise
//! ```
//!
//! Microsoft's own form repeats a product for each of its plans, and a plan for each of its products. Which plans a product
//! consists of is left out here, because the tenant says it of those it has bought. Nothing is quoted: a name has neither
//! tab nor line break.

use std::fmt;

use graph::SkuId;
use jiff::civil::Date;
use thiserror::Error;

const TITLE: &str = "Product names and service plan identifiers for licensing, by Microsoft: id, part number, name, with tabs between.";
const SOURCE: &str = "# Source: ";
const AS_OF: &str = "# As of: ";
const EXTENT: &str = "# Extent: ";
const WHOLE: &str = "whole";
const EXCERPT: &str = "excerpt";
const PRODUCTS: &str = "# Products";
const PLANS: &str = "# Service plans";

/// What products and service plans are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List<'a> {
    /// The address it comes from.
    pub source: &'a str,
    /// The day on which the names were looked up.
    pub as_of: Date,
    /// Whether it is all that Microsoft publishes, rather than an excerpt of it.
    pub is_whole: bool,
    /// The products, by part number.
    pub products: Vec<Name<'a>>,
    /// The service plans, by name in the field.
    pub plans: Vec<Name<'a>>,
}

/// What an id is called. One that goes by several names has a row for each, and is displayed by the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// The id, in lower case.
    pub id: &'a str,
    /// The name in the field: `SPE_E3` of a product, `YAMMER_ENTERPRISE` of a service plan.
    pub part_number: &'a str,
    /// The name for people.
    pub name: &'a str,
}

/// A line of the file that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} is not {wanted}")]
pub struct Malformed {
    line: usize,
    wanted: &'static str,
}

impl<'a> List<'a> {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// A line that cannot be understood, by its number; none is skipped.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        let mut lines = (1..).zip(text.lines()).skip_while(|(_, line)| !line.starts_with(SOURCE));
        let mut head = |key: &'static str, wanted| {
            let (line, text) = lines.next().unwrap_or_default();
            text.strip_prefix(key).ok_or(Malformed { line, wanted }).map(|value| (line, value))
        };
        let (_, source) = head(SOURCE, "the source")?;
        let (line, as_of) = head(AS_OF, "the day")?;
        let as_of = as_of.parse().map_err(|_| Malformed { line, wanted: "a day such as 2026-11-21" })?;
        let (_, extent) = head(EXTENT, "the extent")?;
        head(PRODUCTS, "the heading of the products")?;
        let mut list = Self { source, as_of, is_whole: extent == WHOLE, ..Self::default() };
        let mut rows = &mut list.products;
        for (line, text) in lines {
            match text {
                PLANS => rows = &mut list.plans,
                row => rows.push(Name::read(row).ok_or(Malformed { line, wanted: Name::FORM })?),
            }
        }
        Ok(list)
    }

    /// How current the names are, for whoever reads a report.
    pub fn says(&self) -> String {
        let extent = if self.is_whole { "" } else { ", an excerpt of Microsoft's list" };
        format!("product names as of {}{extent}", self.as_of)
    }
}

impl<'a> Name<'a> {
    const FORM: &'static str = "an id in lower case, a part number and a name with tabs between";

    fn read(row: &'a str) -> Option<Self> {
        let mut cells = row.split('\t');
        let (id, part_number, name) = (cells.next()?, cells.next()?, cells.next()?);
        let is_sound = id.parse::<SkuId>().is_ok_and(|parsed| parsed.to_string() == id)
            && !part_number.is_empty()
            && !name.is_empty()
            && cells.next().is_none();
        is_sound.then_some(Self { id, part_number, name })
    }
}

/// The file.
impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extent = if self.is_whole { WHOLE } else { EXCERPT };
        writeln!(f, "# {TITLE}\n{SOURCE}{}\n{AS_OF}{}\n{EXTENT}{extent}", self.source, self.as_of)?;
        for (heading, rows) in [(PRODUCTS, &self.products), (PLANS, &self.plans)] {
            writeln!(f, "{heading}")?;
            rows.iter().try_for_each(|row| writeln!(f, "{}\t{}\t{}", row.id, row.part_number, row.name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> List<'static> {
        let id = "05e9a617-0261-4cee-bb44-138d3ef5d965";
        List {
            source: "https://contoso.com/list.csv",
            as_of: jiff::civil::date(2026, 11, 21),
            is_whole: false,
            products: vec![Name { id, part_number: "SPE_E3", name: "Microsoft 365 E3" }],
            plans: vec![Name { id, part_number: "SWAY", name: "Sway, \"the\" app" }],
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for is_whole in [true, false] {
            let list = List { is_whole, ..sample() };
            assert_eq!(List::read(&list.to_string()), Ok(list));
        }
    }

    #[test]
    fn a_line_that_cannot_be_understood_is_named_and_not_skipped() {
        let text = sample().to_string();
        let table = [
            (text.replace("# As of: 2026-11-21", "# As of: today"), "line 3 is not a day"),
            (text.replace("# Extent: ", "# Ext: "), "line 4 is not the extent"),
            (text.replace("# Products\n", ""), "line 5 is not the heading"),
            (text.replace("\tSPE_E3", " SPE_E3"), "line 6 is not an id"),
            (text.replace("05e9a617", "05E9A617"), "line 6 is not an id in lower case"),
            (text.replace("SPE_E3", ""), "line 6 is not an id"),
            (text.replace("Microsoft 365 E3", "Microsoft\t365 E3"), "line 6 is not an id"),
            (text.clone() + "\n", "line 9 is not an id"),
            (String::new(), "line 0 is not the source"),
        ];
        for (text, says) in table {
            let told = List::read(&text).unwrap_err().to_string();
            assert!(told.starts_with(says), "{told} instead of {says}: {text}");
        }
    }

    #[test]
    fn an_excerpt_is_said_to_be_one() {
        assert_eq!(sample().says(), "product names as of 2026-11-21, an excerpt of Microsoft's list");
        assert_eq!(List { is_whole: true, ..sample() }.says(), "product names as of 2026-11-21");
    }
}
