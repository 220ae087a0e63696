//! Microsoft's list as it is published: a row for each service plan of each product, made by hand and by Excel.
//!
//! Spaces at the ends of cells, non-breaking ones and line breaks within are cleaned away; one id may be called differently
//! from row to row, and is displayed by what it is called most often. What cannot be understood is a flaw, told by line.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use directory::product::{self, List, Name};
use jiff::civil::Date;
use uuid::Uuid;

use crate::Error;
use crate::error::Doing;

/// The columns, in no particular order: those of a product, then those of a service plan of it.
const COLUMNS: [&str; 6] = [
    "GUID",
    "String_Id",
    "Product_Display_Name",
    "Service_Plan_Id",
    "Service_Plan_Name",
    "Service_Plans_Included_Friendly_Names",
];

/// What was read of it.
#[derive(Debug, Default)]
pub(super) struct Published {
    products: Called,
    plans: Called,
    /// Rows that cannot be understood: the line, and what is wrong.
    pub(super) flaws: Vec<String>,
}

/// What each id is called.
#[derive(Debug, Default)]
struct Called(BTreeMap<String, Vec<Said>>);

/// A spelling, and how many rows have it.
#[derive(Debug)]
struct Said {
    part_number: String,
    name: String,
    times: usize,
}

impl Published {
    /// Reads the list.
    ///
    /// # Errors
    ///
    /// It is no such list: a column is missing, or there is no row.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        // Where lines end with two characters, the reader numbers them one too low.
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let headings = reader.headers().doing(|| "read the list's headings".to_owned())?.clone();
        let columns = columns(&headings)?;
        let mut published = Self::default();
        for row in reader.records() {
            let row = row.doing(|| "read the list".to_owned())?;
            let line = row.position().map_or(0, csv::Position::line);
            if let Err(flaw) = published.add(&row, headings.len(), columns) {
                published.flaws.push(format!("line {line} {flaw}"));
            }
        }
        published.checked()
    }

    /// A list without products is none, whatever is wrong with its rows.
    fn checked(mut self) -> Result<Self, Error> {
        if self.products.0.is_empty() || self.plans.0.is_empty() {
            return Err(Error::new("the list has no product, or no service plan"));
        }
        [&mut self.products, &mut self.plans].into_iter().for_each(Called::settle);
        Ok(self)
    }

    fn add(&mut self, row: &StringRecord, width: usize, columns: [usize; 6]) -> Result<(), String> {
        if row.len() != width {
            return Err(format!("has {} cells instead of {width}", row.len()));
        }
        let [id, part_number, name, plan_id, plan, friendly] = columns.map(|column| cell(row, column));
        let product = entry(id, part_number, name)?;
        if !(plan_id.is_empty() && plan.is_empty()) {
            let name = if friendly.is_empty() { plan.clone() } else { friendly };
            self.plans.add(entry(plan_id, plan, name)?);
        }
        self.products.add(product);
        Ok(())
    }

    /// As it is written down.
    pub(super) fn list<'a>(&'a self, source: &'a str, as_of: Date) -> List<'a> {
        let (products, plans) = (self.products.names(), self.plans.names());
        List { source, as_of, is_whole: true, products, plans }
    }
}

/// Where each of the columns is.
fn columns(headings: &StringRecord) -> Result<[usize; 6], Error> {
    let mut places = [0; 6];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let found = headings.iter().position(|heading| heading.trim().eq_ignore_ascii_case(column));
        let there = || headings.iter().collect::<Vec<_>>().join(", ");
        *place = found.ok_or_else(|| Error::unmet(format!("a column {column}"), there()))?;
    }
    Ok(places)
}

/// A cell without what nobody sees.
fn cell(row: &StringRecord, column: usize) -> String {
    row.get(column).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Id, part number and name, or what is wrong with them.
fn entry(id: String, part_number: String, name: String) -> Result<(String, Said), String> {
    let id = match Uuid::try_parse(&id) {
        Ok(parsed) if id.len() == parsed.to_string().len() => parsed.to_string(),
        _ => return Err(format!("has an id that is none: «{id}» ({part_number}, {name})")),
    };
    if part_number.is_empty() || name.is_empty() {
        return Err(format!("has no name for {id} («{part_number}», «{name}»)"));
    }
    Ok((id, Said { part_number, name, times: 1 }))
}

impl Called {
    fn add(&mut self, (id, said): (String, Said)) {
        let spellings = self.0.entry(id).or_default();
        match spellings.iter_mut().find(|known| known.is(&said)) {
            Some(known) => known.times += 1,
            None => spellings.push(said),
        }
    }

    /// Puts the most frequent spelling first, and leaves out those of the same name.
    fn settle(&mut self) {
        for spellings in self.0.values_mut() {
            spellings.sort_by_key(|said| Reverse(said.times));
            let mut kept: Vec<Said> = Vec::new();
            for said in spellings.drain(..) {
                if !kept.iter().any(|known| product::is_same(&known.name, &said.name)) {
                    kept.push(said);
                }
            }
            *spellings = kept;
        }
    }

    /// By part number, so that a person finds it and a difference is small; what goes by several names stays together.
    fn names(&self) -> Vec<Name<'_>> {
        let mut called: Vec<_> = self.0.iter().collect();
        called.sort_by_key(|(_, spellings)| spellings.first().map(|said| said.part_number.to_lowercase()));
        let rows = called.into_iter().flat_map(|(id, spellings)| {
            spellings.iter().map(move |said| Name { id, part_number: &said.part_number, name: &said.name })
        });
        rows.collect()
    }
}

impl Said {
    fn is(&self, other: &Self) -> bool {
        (&self.part_number, &self.name) == (&other.part_number, &other.name)
    }
}
