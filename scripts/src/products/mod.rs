//! The names of products and service plans: downloaded from Microsoft, checked, and written down for the functions.
//!
//! ```text
//! published.rs   Microsoft's list, a row for each service plan of each product  ->  what each id is called
//! mod.rs         nothing lost of what is known today?                           ->  shared/directory/data/products.tsv
//! ```
//!
//! The list has been published with ids that were none and with products missing ("Invalid GUIDs in Service_Plan_ID on
//! linked CSV", "CSV file not up to date?", MicrosoftDocs/azure-docs issues 95933 and 94411), so that it is not taken as it
//! comes. Nothing is mended: who runs this sees what is wrong, and decides.

mod published;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use directory::product::{self, List, Name};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Error;
use crate::error::Doing;
use crate::http::Http;
use published::Published;

/// Where Microsoft publishes the list; linked from "Product names and service plan identifiers for licensing" (Microsoft
/// Entra).
pub const PUBLISHED: &str = "https://download.microsoft.com/download/e/3/e/e3e9faf2-f28b-490a-9ada-c6089a1fc5b0/Product%20names%20and%20service%20plan%20identifiers%20for%20licensing.csv";

/// Where the names are in the collection.
pub const FILE: &str = "shared/directory/data/products.tsv";

/// How many obstacles are told; if there are more, something is wrong with the list as a whole.
const MOST_TOLD: usize = 20;

/// What is to be renewed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// The address of the list.
    pub from: &'a str,
    /// The file that is rewritten.
    pub file: &'a Path,
    /// The day that it will bear.
    pub on: Date,
    /// Whether obstacles are no reason to stop.
    pub force: bool,
}

/// The day, as the world's clock has it.
pub fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Renews the file, and tells what became of it.
///
/// # Errors
///
/// The list cannot be had, or is none; rows cannot be understood, or something is lost that is known today, unless forced;
/// the file cannot be written. In all of these it is left as it is.
pub async fn renew(renewal: &Renewal<'_>, http: &Http) -> Result<Vec<String>, Error> {
    let Renewal { from, file, on, force } = *renewal;
    let published = Published::read(&http.text(from).await?)?;
    let list = published.list(from, on);
    let before = fs::read_to_string(file).doing(|| format!("read {}", file.display()))?;
    let before = List::read(&before).doing(|| format!("understand {}", file.display()))?;
    let (lost, renamed) = differences(&before, &list);
    let obstacles = [published.flaws.clone(), lost].concat();
    if !obstacles.is_empty() && !force {
        return Err(refused(&obstacles));
    }
    replace(file, &list)?;
    let summary = format!("{}; before, {}", told(&list), told(&before));
    Ok([obstacles, renamed, vec![summary]].concat())
}

/// What is known today and is no more in the new list; and what is called otherwise there, which whoever has written down
/// the former name must know.
fn differences(before: &List<'_>, list: &List<'_>) -> (Vec<String>, Vec<String>) {
    let (mut lost, mut renamed) = (Vec::new(), Vec::new());
    for (before, list) in [(&before.products, &list.products), (&before.plans, &list.plans)] {
        for Name { id, part_number, name } in before {
            let names: Vec<_> = list.iter().filter(|row| row.id == *id).map(|row| row.name).collect();
            match names.first() {
                None => lost.push(format!("{part_number} is no more: {name} ({id})")),
                Some(_) if names.iter().any(|now| product::is_same(now, name)) => {}
                Some(now) => renamed.push(format!("{part_number} is called {now}, no longer {name}")),
            }
        }
    }
    (lost, renamed)
}

fn refused(obstacles: &[String]) -> Error {
    let mut told = obstacles.iter().take(MOST_TOLD).map(|line| format!("\n   {line}")).collect::<String>();
    if obstacles.len() > MOST_TOLD {
        told += &format!("\n   and {} more", obstacles.len() - MOST_TOLD);
    }
    Error::new(format!("nothing was written; --force takes the list in spite of these:{told}"))
}

fn told(list: &List<'_>) -> String {
    format!(
        "{} products and {} service plans: {}",
        ids(&list.products).len(),
        ids(&list.plans).len(),
        list.says()
    )
}

fn ids<'a>(names: &[Name<'a>]) -> BTreeSet<&'a str> {
    names.iter().map(|name| name.id).collect()
}

/// Writes it beside its place, then puts it there in one step.
fn replace(file: &Path, list: &List<'_>) -> Result<(), Error> {
    let beside = file.with_extension("new");
    let written = fs::write(&beside, list.to_string()).and_then(|()| fs::rename(&beside, file));
    written.doing(|| format!("write {}", file.display()))
}
