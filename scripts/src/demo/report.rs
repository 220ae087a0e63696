//! The report on licences: told in a sentence, and left as a page to open.

use std::fs;

use serde_json::Value;

use super::outcome::expect;
use super::stage::Stage;
use crate::error::{Doing, Error};
use crate::root;
use crate::tell::Teller;

/// Where the page is left, below the root of the repository.
const PAGE: &str = "target/demo/licences.html";

/// Of how many products it is told what to do.
const TOLD: usize = 3;

/// Plays every scene.
pub(super) async fn play(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("The report on licences: who has them, who does not use them, and what that costs");
    let report = stage.get("/report").await?;
    expect(report.status == 200, || "200".into(), || format!("{} {}", report.status, report.body))?;
    let report = report.body;
    teller.note(text(&report["headline"]));
    let rows = report["rows"].as_array().map(Vec::as_slice).unwrap_or_default();
    for row in rows.iter().take(TOLD) {
        teller.note(format!("{}: {}", text(&row["product"]), text(&row["advice"])));
    }
    expect(rows.len() > TOLD, || "a row for each product".into(), || report.to_string())?;
    let page = stage.page("/report?format=html").await?;
    expect(page.starts_with("<!DOCTYPE html>"), || "a page".into(), || page.clone())?;
    let place = root().join(PAGE);
    let doing = || format!("write {}", place.display());
    place.parent().map_or(Ok(()), fs::create_dir_all).doing(doing)?;
    fs::write(&place, page).doing(doing)?;
    teller.note(format!("open it in a browser: {}", place.display()));
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
