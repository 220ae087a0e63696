//! The report itself: its columns, the numbers that matter, and what to act on in one sentence.

use jiff::Timestamp;
use report::{Bar, Card, Cell, Column, Gap, Kind, Money, Report, Table, Tone, Urgency};

use super::advice::{self, count};
use super::facts::Facts;
use super::history::RunsOut;
use super::line::Line;
use super::prices::{Prices, SETTING};

/// How many products the headline names.
const NAMED: usize = 3;

/// Makes the report.
pub(super) fn report(facts: &Facts, prices: Option<&Prices>, at: Timestamp) -> Report {
    let lines: Vec<Line<'_>> =
        facts.products.iter().map(|product| Line::of(product, prices, facts.inactive_days)).collect();
    let table = table(prices).rows(&lines);
    let report = Report::new("licences", "Licences", at, table).headline(headline(&lines, prices));
    let report = cards(&lines, facts, prices).into_iter().fold(report, Report::card);
    let report = gaps(facts).into_iter().fold(report, Report::gap);
    notes(&lines, facts, prices).into_iter().fold(report, Report::note)
}

fn table<'a>(prices: Option<&Prices>) -> Table<'a, Line<'a>> {
    let table = Table::new("Products, with what to act on first")
        .column(text("product", "Product", |line| line.product.name.clone()).means("What Microsoft calls it."))
        .column(text("partNumber", "Part number", |line| line.product.part_number.clone()).off_page())
        .column(text("skuId", "SKU id", |line| line.product.sku_id.to_string()).off_page())
        .column(text("status", "Status", |line| line.product.status.clone()).off_page())
        .column(number("bought", "Bought", |line| line.product.enabled).means("Seats bought and in good order."))
        .column(number("inGrace", "In grace", |line| line.product.warning).if_any().means("Seats past their end that can still be used for a while."))
        .column(number("suspended", "Suspended", |line| line.product.suspended).if_any().means("Seats that nobody can use any more."))
        .column(number("assigned", "Assigned", |line| line.product.assigned).means("Seats that accounts hold, directly or by groups."))
        .column(number("free", "Free", |line| line.free()).means("Seats that can be handed out now. Less than none: more are assigned than bought."))
        .column(known("blocked", "Blocked", |line| line.holders().map(|holders| holders.blocked)).means("Seats of accounts that may not sign in."))
        .column(known("inactive", "Inactive", |line| line.product.inactive).means("Seats of accounts that may sign in, and that nobody has used for long; of one never used, since it was made."))
        .column(known("heldTwice", "Held twice", |line| line.holders().map(|holders| holders.twice)).if_any().means("Accounts that hold it directly and by a group; it takes them one seat."))
        .column(known("inError", "In error", |line| line.in_error()).if_any().means("Accounts that do not get what they are assigned."))
        .column(Column::new("errors", "Errors", Kind::Text, errors).off_page())
        .column(Column::new("runsOutInDays", "Runs out in", Kind::Days, runs_out).means("When no seat is left, at the pace of up to 90 days."));
    let table = match prices {
        Some(prices) => priced(table, prices),
        None => table,
    };
    table.urgency(advice::urgency).advice(advice::text).id(|line| line.product.part_number.clone()).bar(bar)
}

fn priced<'a>(table: Table<'a, Line<'a>>, prices: &Prices) -> Table<'a, Line<'a>> {
    let money = |key, label, value: fn(&Line<'_>) -> Option<Money>| {
        Column::new(key, label, Kind::Money(prices.currency), move |line: &Line<'a>| Cell::from(value(line)))
    };
    table
        .column(money("priceAMonth", "Price of a seat", |line| line.price).off_page())
        .column(
            money("costAMonth", "Cost a month", |line| line.cost())
                .means("What its seats cost by the price list, assigned or not."),
        )
        .column(
            money("savingAMonth", "Unused a month", |line| line.saving())
                .means("What of that goes to free seats, and to those of blocked and inactive accounts."),
        )
}

type Lined<'a> = Column<'a, Line<'a>>;

fn text<'a>(key: &'static str, label: &'static str, value: fn(&Line<'_>) -> String) -> Lined<'a> {
    Column::new(key, label, Kind::Text, move |line: &Line<'a>| Cell::from(value(line)))
}

fn number<'a>(key: &'static str, label: &'static str, value: fn(&Line<'_>) -> i64) -> Lined<'a> {
    Column::new(key, label, Kind::Number, move |line: &Line<'a>| Cell::from(value(line)))
}

/// A number that may not have been read.
fn known<'a>(key: &'static str, label: &'static str, value: fn(&Line<'_>) -> Option<i64>) -> Lined<'a> {
    Column::new(key, label, Kind::Number, move |line: &Line<'a>| Cell::or_unknown(value(line)))
}

fn errors(line: &Line<'_>) -> Cell {
    let Some(holders) = line.holders() else { return Cell::Unknown };
    let errors = holders.errors.iter().map(|(error, number)| format!("{error} {number}"));
    Cell::from(Some(errors.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty()))
}

fn runs_out(line: &Line<'_>) -> Cell {
    match line.product.runs_out {
        _ if !line.product.is_usable() => Cell::None,
        RunsOut::Unknown => Cell::Unknown,
        RunsOut::Never => Cell::None,
        RunsOut::In(days) => Cell::Days(days),
    }
}

fn bar(line: &Line<'_>) -> Bar {
    let (free, paid) = (line.free(), line.paid());
    let short = if line.product.is_usable() { (-free).max(0) } else { line.product.assigned };
    let idle = line.idle().min(line.product.assigned);
    let used = line.product.assigned.min(paid) - idle;
    Bar::new()
        .part("in use", used, Tone::Good)
        .part("blocked or inactive", idle, Tone::Idle)
        .part("without a seat", short, Tone::Bad)
        .part("free", free, Tone::Free)
}

fn headline(lines: &[Line<'_>], prices: Option<&Prices>) -> String {
    let acts = lines.iter().filter(|line| advice::urgency(line) == Urgency::Act);
    let names: Vec<&str> = acts.map(|line| line.product.name.as_str()).collect();
    let act = match names.as_slice() {
        [] => "Nothing has to be done now".to_owned(),
        [one] => format!("Act on {one}"),
        [all @ .., last] if all.len() < NAMED => format!("Act on {} and {last}", all.join(", ")),
        all => format!("Act on {} and {} more", all[..NAMED].join(", "), all.len() - NAMED),
    };
    match saving(lines, prices) {
        Some(saving) if !saving.is_zero() => {
            format!("{act}; {} a month goes to unused seats", saving.rounded())
        }
        _ => match idle(lines) {
            0 => act,
            1 => format!("{act}; 1 seat is that of somebody who does not use it"),
            seats => format!("{act}; {seats} seats are those of accounts that nobody uses"),
        },
    }
}

/// Seats that cost something and are in nobody's use.
fn idle(lines: &[Line<'_>]) -> i64 {
    lines.iter().filter(|line| !line.is_free_of_charge()).map(Line::idle).sum()
}

fn saving(lines: &[Line<'_>], prices: Option<&Prices>) -> Option<Money> {
    let nothing = Money::new(0, prices?.currency);
    Some(lines.iter().filter_map(Line::saving).fold(nothing, Money::plus))
}

fn cards(lines: &[Line<'_>], facts: &Facts, prices: Option<&Prices>) -> Vec<Card> {
    let acts = lines.iter().filter(|line| advice::urgency(line) == Urgency::Act).count();
    let acts = i64::try_from(acts).unwrap_or(i64::MAX);
    let of = count(i64::try_from(lines.len()).unwrap_or(i64::MAX), "product");
    let urgency = if acts > 0 { Urgency::Act } else { Urgency::Fine };
    let mut cards =
        vec![Card::new("To act on", acts).urgency(urgency).note(format!("of {of}")), idle_card(lines, facts)];
    if let Some(saving) = saving(lines, prices) {
        cards.push(Card::new("Unused a month", saving).note("free, blocked and inactive seats"));
    }
    cards.push(in_error_card(lines));
    cards.push(runs_out_card(lines));
    cards
}

fn idle_card(lines: &[Line<'_>], facts: &Facts) -> Card {
    let is_read = |line: &Line<'_>| line.holders().is_some() && line.product.inactive.is_some();
    let seats = lines.iter().all(is_read).then(|| idle(lines));
    let urgency = if seats.is_some_and(|seats| seats > 0) { Urgency::Watch } else { Urgency::Fine };
    let note = format!("blocked, or inactive for {} days", facts.inactive_days);
    Card::new("Seats nobody uses", Cell::or_unknown(seats)).urgency(urgency).note(note)
}

fn in_error_card(lines: &[Line<'_>]) -> Card {
    let number: Option<i64> = lines.iter().map(Line::in_error).sum();
    let urgency = if number.is_some_and(|number| number > 0) { Urgency::Act } else { Urgency::Fine };
    Card::new("In error", Cell::or_unknown(number))
        .urgency(urgency)
        .note("accounts that do not get a licence")
}

/// The product of which seats run out first, among those of which some are left.
fn runs_out_card(lines: &[Line<'_>]) -> Card {
    let first = lines.iter().filter(|line| line.free() > 0).filter_map(|line| match line.product.runs_out {
        RunsOut::In(days) => Some((days, line)),
        RunsOut::Unknown | RunsOut::Never => None,
    });
    match first.min_by_key(|(days, _)| *days) {
        Some((days, line)) => {
            Card::new("Runs out first in", Cell::Days(days)).note(line.product.name.clone())
        }
        None if lines.iter().all(|line| line.product.runs_out != RunsOut::Never) => {
            Card::new("Runs out first in", Cell::Unknown).note("a week of history is needed")
        }
        None => Card::new("Runs out first in", Cell::None).note("no stock is running out"),
    }
}

fn gaps(facts: &Facts) -> Vec<Gap> {
    let gap = |unread: &super::facts::Unread| match &unread.help {
        Some(help) => Gap::new(&unread.says).help(help),
        None => Gap::new(&unread.says),
    };
    facts.unread.iter().map(gap).collect()
}

fn notes(lines: &[Line<'_>], facts: &Facts, prices: Option<&Prices>) -> Vec<String> {
    let listed = |names: Vec<&str>| names.join(", ");
    let unpriced: Vec<&str> = lines
        .iter()
        .filter(|line| line.price.is_none())
        .map(|line| line.product.part_number.as_str())
        .collect();
    let costs = match prices {
        None => Some(format!("No cost is shown: the app setting {SETTING} names no price list.")),
        Some(_) if unpriced.is_empty() => None,
        Some(_) => {
            Some(format!("The price list does not know, so that no cost is shown of: {}.", listed(unpriced)))
        }
    };
    let company = facts.for_company.iter().map(String::as_str).collect::<Vec<_>>();
    let company = (!company.is_empty())
        .then(|| format!("For the company as a whole, and so without seats: {}.", listed(company)));
    let inactive = format!("An account is inactive after {} days without a sign-in.", facts.inactive_days);
    [Some(inactive), costs, company].into_iter().flatten().collect()
}
