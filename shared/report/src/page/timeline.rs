//! The timeline: a column for each span of time, drawn, with its number above and its name below.
//!
//! It is a table, and read out as one: each span is a row with the amounts of its parts. What is drawn tells the parts apart
//! by pattern as well as by colour, since colours are not seen by everybody, and not printed by every printer. Lengths are
//! shares of the drawing, so that it fits any screen, and no letter is stretched with it.

use maud::{Markup, html};

use crate::cell::grouped;
use crate::timeline::Timeline;

/// How parts are filled: `plain`, and patterns that the drawing of the key defines.
const FILLS: [&str; 4] = ["plain", "hatched", "dotted", "barred"];

/// The whole timeline; nothing without a span.
pub(super) fn draw(timeline: &Timeline) -> Markup {
    let most = timeline.spans.iter().map(|(_, amounts)| amounts.iter().sum::<i64>()).max().unwrap_or(0);
    html! {
        @if !timeline.spans.is_empty() {
            section.timeline aria-labelledby="timeline" {
                div.tools { h2 #timeline { (timeline.title) } (key(&timeline.parts)) }
                table role="table" aria-labelledby="timeline" {
                    thead role="rowgroup" { tr role="row" {
                        th role="columnheader" scope="col" { "When" }
                        th role="columnheader" scope="col" { "In all" }
                        @for part in &timeline.parts { th role="columnheader" scope="col" { (part) } }
                    } }
                    tbody role="rowgroup" {
                        @for ((label, amounts), year) in timeline.spans.iter().zip(years(timeline)) {
                            (span(label, year, amounts, most))
                        }
                    }
                }
            }
        }
    }
}

/// The year of each span, where it is another than before.
fn years(timeline: &Timeline) -> Vec<&str> {
    let years: Vec<&str> = timeline.spans.iter().map(|(label, _)| apart(label).1).collect();
    let is_new = |at: usize| at == 0 || years[at] != years[at - 1];
    (0..years.len()).map(|at| if is_new(at) { years[at] } else { "" }).collect()
}

fn span(label: &str, year: &str, amounts: &[i64], most: i64) -> Markup {
    let (all, (short, _)) = (amounts.iter().sum::<i64>(), apart(label));
    html! {
        tr role="row" {
            th role="rowheader" scope="row" aria-label=(label) { (short) span.year { (year) } }
            td.all.zero[all == 0] role="cell" { (grouped(all)) (column(amounts, most)) }
            @for amount in amounts { td.part role="cell" { (grouped(*amount)) } }
        }
    }
}

/// One column, its first part at the bottom.
fn column(amounts: &[i64], most: i64) -> Markup {
    html! {
        svg.column aria-hidden="true" {
            @for (fill, from, height) in placed(amounts, most) {
                rect class=(fill) y=(share(1000 - from - height)) width="100%" height=(share(height)) {}
            }
        }
    }
}

/// Where each part begins and how high it is, in thousandths of the drawing. What there is at all is seen.
fn placed(amounts: &[i64], most: i64) -> Vec<(&'static str, i64, i64)> {
    let mut before = 0;
    let parts = amounts.iter().zip(FILLS).map(|(amount, fill)| {
        let height = if most > 0 { (amount * 1000 / most).max(i64::from(*amount > 0) * 15) } else { 0 };
        let from = before;
        before += height;
        (fill, from, height)
    });
    parts.filter(|(_, _, height)| *height > 0).collect()
}

/// Thousandths as a percentage.
fn share(thousandths: i64) -> String {
    let (sign, whole) = if thousandths < 0 { ("-", -thousandths) } else { ("", thousandths) };
    format!("{sign}{}.{}%", whole / 10, whole % 10)
}

/// A label and the year at its end.
fn apart(label: &str) -> (&str, &str) {
    let is_year = |text: &&str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    label.rsplit_once(' ').filter(|(_, year)| is_year(year)).unwrap_or((label, ""))
}

/// What the parts are called, and the patterns.
fn key(parts: &[&'static str]) -> Markup {
    html! {
        svg.patterns aria-hidden="true" width="0" height="0" {
            defs {
                pattern #hatched width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.ground width="6" height="6" {} rect.ink width="2.5" height="6" {}
                }
                pattern #dotted width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.ground width="6" height="6" {} circle.ink cx="3" cy="3" r="1.6" {}
                }
                pattern #barred width="4" height="4" patternUnits="userSpaceOnUse" {
                    rect.ground width="4" height="4" {} rect.ink width="4" height="1.5" {}
                }
            }
        }
        ul.key aria-hidden="true" {
            @for (part, fill) in parts.iter().zip(FILLS) {
                li { svg class="swatch" { rect class=(fill) width="100%" height="100%" {} } (part) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_on_one_another_and_what_there_is_is_seen() {
        assert_eq!(placed(&[3, 0, 1], 4), [("plain", 0, 750), ("dotted", 750, 250)]);
        assert_eq!(placed(&[1, 0], 1_000_000), [("plain", 0, 15)]);
        assert_eq!(placed(&[0, 0], 0), []);
        assert_eq!((share(750), share(15), share(-5)), ("75.0%".into(), "1.5%".into(), "-0.5%".into()));
    }

    #[test]
    fn a_year_is_told_apart_from_its_month() {
        let table =
            [("Mar 2026", ("Mar", "2026")), ("Later", ("Later", "")), ("In 90 days", ("In 90 days", ""))];
        for (label, parts) in table {
            assert_eq!(apart(label), parts);
        }
    }
}
