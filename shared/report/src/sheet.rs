//! A report as CSV (RFC 4180), for spreadsheets: with a byte order mark, without which Excel does not take it for UTF-8.
//!
//! A spreadsheet runs what begins like a formula, whoever wrote it. So text has an apostrophe put before what would begin
//! one ("CSV Injection", OWASP), also behind a semicolon, a comma, a tab or a line's end, where the spreadsheets of some
//! countries begin a cell whatever the quotes say. A number is never text, and stays a number when it is negative.

use crate::cell::Cell;
use crate::table::Rows;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The table, and what to do about each row; the headings of money name the currency.
pub(crate) fn write(table: &Rows) -> Result<String, csv::Error> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let headings = table.heads.iter().map(|head| head.heading());
    csv.write_record(headings.chain(["Urgency", "What to do"].map(str::to_owned)))?;
    for row in &table.rows {
        let told = [row.urgency.name().to_owned(), harmless(&row.advice)];
        csv.write_record(row.cells.iter().map(field).chain(told))?;
    }
    let written = csv.into_inner().map_err(|error| error.into_error())?;
    Ok(format!("{BYTE_ORDER_MARK}{}", String::from_utf8_lossy(&written)))
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => harmless(text),
        cell => cell.plain(),
    }
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut begins = true;
    for letter in text.chars() {
        if begins && is_formula(letter) {
            harmless.push('\'');
        }
        begins = ends_cell(letter) || begins && is_skipped(letter);
        harmless.push(letter);
    }
    harmless
}

/// What a formula begins with; the wide ones are those of East Asian keyboards.
fn is_formula(letter: char) -> bool {
    matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

fn ends_cell(letter: char) -> bool {
    matches!(letter, ';' | ',' | '\t' | '\r' | '\n' | '|')
}

fn is_skipped(letter: char) -> bool {
    letter == '"' || letter == '\'' || letter.is_whitespace() || letter.is_control() || letter == '\u{feff}'
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_begins_a_formula_and_no_other_is_touched() {
        let table = [
            ("Visio Plan 2", "Visio Plan 2"),
            ("Microsoft 365 E3 - no Teams", "Microsoft 365 E3 - no Teams"),
            ("a=b", "a=b"),
            ("", ""),
            ("=HYPERLINK(\"http://contoso.com\")", "'=HYPERLINK(\"http://contoso.com\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("  =1", "  '=1"),
            ("\"=1", "\"'=1"),
            ("＝1", "'＝1"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("x;=1", "x;'=1"),
            ("x, @y", "x, '@y"),
            ("x\n-1", "x\n'-1"),
            ("'=1", "''=1"),
        ];
        for (text, harmless) in table {
            assert_eq!(super::harmless(text), harmless, "«{text}»");
        }
    }
}
