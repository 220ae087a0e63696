//! Reports: each told in a sentence, and left as a page to open.

use std::fs;

use serde_json::Value;

use super::outcome::expect;
use super::stage::Stage;
use crate::error::{Doing, Error};
use crate::root;
use crate::tell::Teller;

/// A report, and how it is told.
pub(super) struct Told {
    /// What the scene is called.
    pub(super) title: &'static str,
    /// Where the report is, below the address of the function.
    pub(super) path: &'static str,
    /// What names a row.
    pub(super) name: &'static str,
    /// Where the page is left, below the root of the repository.
    pub(super) page: &'static str,
}

/// Who has licences.
pub(super) const LICENCES: Told = Told {
    title: "The report on licences: who has them, who does not use them, and what that costs",
    path: "/report",
    name: "product",
    page: "target/demo/licences.html",
};

/// What expires.
pub(super) const EXPIRING: Told = Told {
    title: "The report on credentials: which secrets and certificates expire when, whose they are, and what to do",
    path: "",
    name: "application",
    page: "target/demo/credentials.html",
};

/// Of how many rows it is told what to do.
const ROWS: usize = 3;

/// Plays it.
pub(super) async fn play(told: &Told, stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step(told.title);
    let report = stage.get(told.path).await?;
    expect(report.status == 200, || "200".into(), || format!("{} {}", report.status, report.body))?;
    let report = report.body;
    teller.note(text(&report["headline"]));
    let rows = report["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    for row in rows.iter().take(ROWS) {
        teller.note(format!("{}: {}", text(&row[told.name]), text(&row["advice"])));
    }
    expect(rows.len() > ROWS, || "a row for each".into(), || report.to_string())?;
    let page = stage.page(&format!("{}?format=html", told.path)).await?;
    expect(page.starts_with("<!DOCTYPE html>"), || "a page".into(), || page.clone())?;
    let place = root().join(told.page);
    let doing = || format!("write {}", place.display());
    place.parent().map_or(Ok(()), fs::create_dir_all).doing(doing)?;
    fs::write(&place, page).doing(doing)?;
    teller.note(format!("open it in a browser: {}", place.display()));
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
