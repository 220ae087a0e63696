//! What programs and spreadsheets get, byte by byte; and the headers of every form.

#![cfg(test)]

mod sample;

use report::Form;
use serde_json::{Value, json};

fn json_of(report: &report::Report) -> Value {
    serde_json::from_str(&report.write(Form::Json).unwrap()).unwrap()
}

/// The fields of CSV, by a reader that is not ours.
fn csv_of(report: &report::Report) -> Vec<Vec<String>> {
    let text = report.write(Form::Csv).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("Excel wants a byte order mark");
    let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    csv.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn json_has_figures_as_numbers_and_tells_what_is_unknown_from_what_is_not_there() {
    let report = json_of(&sample::licences());
    assert_eq!(report["report"], "licences");
    assert_eq!(report["at"], "2026-03-02T08:00:00Z");
    assert_eq!(
        report["incomplete"],
        json!([{"says": "Who uses Power BI Pro could not be read.", "help": "Ask again in a minute."}])
    );
    assert_eq!(
        report["figures"][3],
        json!({"label": "Could be saved", "value": 1935.0, "currency": "CHF", "urgency": "fine", "note": "a month"})
    );
    let cost = json!({"key": "cost", "label": "Cost a month", "kind": "money", "currency": "CHF", "means": "what all seats cost"});
    assert_eq!(report["columns"][5], cost);
    let row = |name: &str| {
        report["rows"].as_array().unwrap().iter().find(|row| row["product"] == name).unwrap().clone()
    };
    let power_bi = json!({
        "product": "Power BI Pro", "bought": 50, "used": 41, "free": 9, "idle": null, "cost": null, "days": 200,
        "urgency": "fine", "advice": "", "unknown": ["idle"],
    });
    assert_eq!(row("Power BI Pro"), power_bi);
    assert_eq!(
        (row("Office 365 E1")["days"].clone(), row("Office 365 E1")["unknown"].clone()),
        (Value::Null, json!([]))
    );
    assert_eq!(row("Visio Plan 2")["free"], -2);
}

#[test]
fn what_to_act_on_comes_first_in_every_form() {
    let report = sample::licences();
    let first = ["Visio Plan 2", "Microsoft 365 E3", "Microsoft 365 E5", "Office 365 E1"];
    let rows = json_of(&report)["rows"].as_array().unwrap().clone();
    assert_eq!(rows.iter().take(4).map(|row| row["product"].as_str().unwrap()).collect::<Vec<_>>(), first);
    assert_eq!(csv_of(&report)[1..5].iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), first);
    let page = report.write(Form::Html).unwrap();
    let places = first.map(|name| page.find(&format!(">{name}<")).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn csv_is_what_a_spreadsheet_takes_for_text_and_numbers() {
    let rows = csv_of(&sample::licences());
    let heads = [
        "Product",
        "Bought",
        "In use",
        "Free",
        "Inactive",
        "Cost a month (CHF)",
        "Runs out in",
        "Urgency",
        "What to do",
    ];
    assert_eq!(rows[0], heads);
    let visio =
        ["Visio Plan 2", "25", "27", "-2", "6", "375.00", "0", "act", "Buy 2 seats, or take as many back."];
    assert_eq!(rows[1], visio);
    assert!(rows.iter().any(|row| row[0] == "Power BI Pro" && row[4] == "unknown" && row[5].is_empty()));
}

#[test]
fn no_text_of_a_tenant_is_a_formula_in_a_spreadsheet() {
    let rows = csv_of(&sample::hostile());
    let texts = rows.iter().skip(1).map(|row| row[0].as_str());
    assert!(texts.clone().any(|text| text.starts_with("'=HYPERLINK(")), "{rows:?}");
    assert!(texts.clone().any(|text| text == "a,b;'\r'\n\"'@SUM(1)\""), "{rows:?}");
    assert!(rows.iter().any(|row| row[3] == "-1"), "a negative number stays a number: {rows:?}");
}

#[test]
fn every_form_says_what_it_is_and_is_for_nobodys_cache() {
    let report = sample::licences();
    let kinds = [
        (Form::Json, "application/json"),
        (Form::Csv, "text/csv; charset=utf-8; header=present"),
        (Form::Html, "text/html; charset=utf-8"),
    ];
    for (form, kind) in kinds {
        let answer = report.answer(form).unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type").as_deref(), Some(kind));
        assert_eq!(header("vary").as_deref(), Some("Accept"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header("content-security-policy").is_some(), form == Form::Html);
        let file = header("content-disposition");
        assert_eq!(
            file.as_deref(),
            (form == Form::Csv).then_some("attachment; filename=\"licences-2026-03-02.csv\"")
        );
    }
}

#[test]
fn everything_of_a_tenant_is_escaped_on_the_page() {
    let page = sample::hostile().write(Form::Html).unwrap();
    for wrong in ["<script>document", "<img", "<svg onload", "<iframe", "</style><meta", "<b>"] {
        assert!(!page.contains(wrong), "{wrong} is on the page");
    }
    assert_eq!(page.matches("<script>").count(), 1);
}
