//! A report as a page: one that needs nothing else, loads nothing, and can be read, sent on and printed.
//!
//! Without scripts it is all there; with them it can be sorted and filtered. Everything that comes from a tenant is escaped
//! where it is written, and should something get through all the same, the policy of the page lets nothing run but the one
//! script whose digest it names, and nothing be loaded from anywhere.
//!
//! On a narrow screen each row becomes a card. The roles are written out, since browsers forget that a table is one when it
//! is shown as something else.

mod bar;
mod timeline;

use std::sync::LazyLock;

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::cell::Cell;
use crate::table::{Head, Kind, Row, Rows, Urgency};
use crate::{Card, Gap, Report};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What the page may do (Content Security Policy): show itself, with this style and this script.
pub(crate) fn policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let digest = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
        let (style, script) = (digest(STYLE), digest(SCRIPT));
        format!(
            "default-src 'none'; style-src {style}; script-src {script}; img-src data:; base-uri 'none'; form-action 'none'"
        )
    });
    &POLICY
}

/// The whole page.
pub(crate) fn write(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (report.title) " · " (report.at.strftime("%-d %B %Y")) }
                // A browser that finds no icon asks the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (top(report))
                    (gaps(&report.gaps))
                    (cards(&report.cards))
                    @if let Some(timeline) = &report.timeline { (timeline::draw(timeline)) }
                    (table(&report.table))
                    (notes(&report.notes))
                    (legend(&report.table.heads))
                }
                footer { "Read from the tenant at " (moment(report.at)) ". This page is complete in itself and loads nothing." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn top(report: &Report) -> Markup {
    html! {
        header.top {
            p.title { (report.title) span.at { (moment(report.at)) } }
            h1 { (if report.headline.is_empty() { &report.title } else { &report.headline }) }
        }
    }
}

fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%-d %B %Y, %H:%M UTC")) } }
}

fn gaps(gaps: &[Gap]) -> Markup {
    html! {
        @if !gaps.is_empty() {
            section.gaps aria-labelledby="gaps" {
                h2 #gaps { "Not everything could be read" }
                ul { @for gap in gaps { li { (gap.says) @if let Some(help) = &gap.help { " " span.help { (help) } } } } }
            }
        }
    }
}

fn cards(cards: &[Card]) -> Markup {
    html! {
        @if !cards.is_empty() {
            ul.cards aria-label="The numbers that matter" {
                @for card in cards {
                    li class=(card.urgency.name()) {
                        span.label { (card.label) }
                        strong.value { (figure(&card.value)) }
                        @if let Some(note) = &card.note { span.note { (note) } }
                    }
                }
            }
        }
    }
}

/// A value that stands alone, and so names its currency.
fn figure(cell: &Cell) -> String {
    match cell {
        Cell::Money(money) => money.rounded(),
        cell => cell.shown(),
    }
}

fn table(table: &Rows) -> Markup {
    html! {
        section.data {
            div.tools {
                // The script shows it: without one it could not do anything.
                label.filter hidden { span { "Filter" } input type="search" autocomplete="off" spellcheck="false"; }
                (bar::key(&table.rows))
                p.status role="status" aria-live="polite" { (counted(table.rows.len())) }
            }
            table role="table" {
                caption { (table.caption) }
                thead role="rowgroup" { tr role="row" { @for (at, head) in table.heads.iter().filter(|head| head.on_page).enumerate() { (heading(at, head)) } } }
                tbody role="rowgroup" { @for row in &table.rows { (line(&table.heads, row)) } }
            }
        }
    }
}

fn counted(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

fn heading(at: usize, head: &Head) -> Markup {
    html! {
        th.subject[at == 0] role="columnheader" scope="col" data-kind=(head.kind.name()) title=[said(head.means)] { (head.heading()) }
    }
}

fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn line(heads: &[Head], row: &Row) -> Markup {
    let mut cells = heads.iter().zip(&row.cells).filter(|(head, _)| head.on_page);
    let subject = cells.next();
    html! {
        tr role="row" class=(row.urgency.name()) {
            @if let Some((_, cell)) = subject { (about(cell, row)) }
            @for (head, cell) in cells { (value(head, cell)) }
        }
    }
}

/// The first cell: what the row is about, and what to do about it.
fn about(cell: &Cell, row: &Row) -> Markup {
    html! {
        th.subject role="rowheader" scope="row" data-sort=(cell.plain()) {
            span.name {
                @match &row.link {
                    Some(link) => a href=(link) rel="noopener noreferrer" { (cell.shown()) },
                    None => (cell.shown()),
                }
            }
            @if let Some(mark) = mark(row.urgency) { " " span.mark { (mark) } }
            @if !row.id.is_empty() { " " span.id { (row.id) } }
            @if let Some(bar) = &row.bar { (bar::draw(bar)) }
            @if !row.advice.is_empty() { span.advice { (row.advice) } }
        }
    }
}

fn mark(urgency: Urgency) -> Option<&'static str> {
    match urgency {
        Urgency::Act => Some("Act"),
        Urgency::Watch => Some("Watch"),
        Urgency::Fine => None,
    }
}

fn value(head: &Head, cell: &Cell) -> Markup {
    let looks = match cell {
        Cell::Unknown => Some("unknown"),
        Cell::None => Some("none"),
        Cell::Number(0) => Some("zero"),
        _ => None,
    };
    let sort = Some(cell.plain()).filter(|_| !matches!(cell, Cell::Unknown | Cell::None));
    let kind = if head.kind == Kind::Text { "text" } else { "figure" };
    html! {
        td class={ (kind) @if let Some(looks) = looks { " " (looks) } } role="cell" data-label=(head.heading()) data-sort=[sort] {
            span { (cell.shown()) }
        }
    }
}

fn notes(notes: &[String]) -> Markup {
    html! {
        @if !notes.is_empty() {
            section.notes aria-label="Notes" { ul { @for note in notes { li { (note) } } } }
        }
    }
}

fn legend(heads: &[Head]) -> Markup {
    let told = || heads.iter().filter(|head| head.on_page && !head.means.is_empty());
    html! {
        @if told().next().is_some() {
            section.legend aria-labelledby="legend" {
                h2 #legend { "What the columns mean" }
                dl { @for head in told() { div { dt { (head.heading()) } dd { (head.means) } } } }
            }
        }
    }
}
