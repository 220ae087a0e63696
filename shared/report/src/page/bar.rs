//! Bars: small, of several parts, beside the figures that they show.
//!
//! Who cannot see one is told its parts. Widths are attributes of the drawing, since the policy of the page allows no style
//! but its own.

use maud::{Markup, html};

use crate::cell::grouped;
use crate::table::{Bar, Row, Tone};

impl Tone {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Idle => "idle",
            Self::Bad => "bad",
            Self::Free => "free",
        }
    }
}

/// One bar.
pub(super) fn draw(bar: &Bar) -> Markup {
    let whole: i64 = bar.parts.iter().map(|(_, amount, _)| amount).sum();
    html! {
        @if whole > 0 {
            svg.bar role="img" aria-label=(told(bar)) viewBox="0 0 1000 10" preserveAspectRatio="none" {
                @for (from, width, tone) in placed(bar, whole) { rect class=(tone.name()) x=(from) width=(width) height="10" {} }
            }
        }
    }
}

/// Where each part begins and how wide it is, in thousandths.
fn placed(bar: &Bar, whole: i64) -> Vec<(i64, i64, Tone)> {
    let mut before = 0;
    let thousandths = |amount: i64| amount.saturating_mul(1000) / whole;
    let parts = bar.parts.iter().map(|(_, amount, tone)| {
        let from = thousandths(before);
        before += amount;
        (from, thousandths(before) - from, *tone)
    });
    parts.filter(|(_, width, _)| *width > 0).collect()
}

/// The bar in words.
fn told(bar: &Bar) -> String {
    let parts = bar.parts.iter().filter(|(_, amount, _)| *amount > 0);
    parts.map(|(label, amount, _)| format!("{label} {}", grouped(*amount))).collect::<Vec<_>>().join(", ")
}

/// What the parts of the bars are called.
pub(super) fn key(rows: &[Row]) -> Markup {
    let parts = rows.iter().find_map(|row| row.bar.as_ref()).map_or(&[][..], |bar| &bar.parts);
    html! {
        @if !parts.is_empty() {
            ul.key aria-hidden="true" {
                @for (label, _, tone) in parts {
                    li { svg class="swatch" viewBox="0 0 10 10" { rect class=(tone.name()) width="10" height="10" {} } (label) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_bar_without_a_gap() {
        let bar =
            Bar::new().part("used", 1, Tone::Good).part("none", 0, Tone::Idle).part("free", 2, Tone::Free);
        assert_eq!(placed(&bar, 3), [(0, 333, Tone::Good), (333, 667, Tone::Free)]);
        assert_eq!(told(&bar), "used 1, free 2");
        assert_eq!(draw(&Bar::new().part("used", -1, Tone::Bad)).into_string(), "", "nothing to show");
    }
}
