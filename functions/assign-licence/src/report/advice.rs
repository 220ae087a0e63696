//! What to do about a product: each thing that is worth doing is a rule, with how much it asks for being done.

use directory::licence::in_words;
use report::Urgency;

use super::history::RunsOut;
use super::line::Line;

/// Within so many days seats that run out have to be bought, which takes time.
const SOON: i64 = 14;
/// Within so many days it is worth knowing.
const LATER: i64 = 60;

/// Something to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) urgency: Urgency,
    pub(super) says: String,
}

/// Everything that is to be done about a product, what is urgent first.
pub(super) fn all(line: &Line<'_>) -> Vec<Advice> {
    let rules = [renew, suspended, too_many, none_left, runs_out, take_back, clean_up];
    let mut all: Vec<Advice> =
        in_error(line).chain(rules.into_iter().filter_map(|rule| rule(line))).collect();
    all.sort_by_key(|advice| advice.urgency);
    all
}

/// How much a product asks for being acted on.
pub(super) fn urgency(line: &Line<'_>) -> Urgency {
    all(line).first().map_or(Urgency::Fine, |advice| advice.urgency)
}

/// Everything in one text.
pub(super) fn text(line: &Line<'_>) -> String {
    all(line).into_iter().map(|advice| advice.says).collect::<Vec<_>>().join(" ")
}

fn act(says: String) -> Option<Advice> {
    Some(Advice { urgency: Urgency::Act, says })
}

fn watch(says: String) -> Option<Advice> {
    Some(Advice { urgency: Urgency::Watch, says })
}

/// `1 seat`, `2 seats`.
pub(super) fn count(number: i64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn renew(line: &Line<'_>) -> Option<Advice> {
    let seats = line.product.warning;
    if seats == 0 {
        return None;
    }
    act(format!("Renew it: {} are past their end and in their time of grace.", count(seats, "seat")))
}

fn suspended(line: &Line<'_>) -> Option<Advice> {
    let (product, seats) = (line.product, line.product.assigned);
    if product.is_usable() || seats == 0 {
        return None;
    }
    act(format!(
        "Renew it, or take it from {}: it is suspended, and nobody has the use of it.",
        count(seats, "account")
    ))
}

fn too_many(line: &Line<'_>) -> Option<Advice> {
    let short = -line.free();
    if short <= 0 {
        return None;
    }
    act(format!("Buy {}, or take as many back: more are assigned than bought.", count(short, "seat")))
}

/// One for each reason that Microsoft gives.
fn in_error(line: &Line<'_>) -> impl Iterator<Item = Advice> {
    let errors = line.holders().into_iter().flat_map(|holders| &holders.errors);
    errors.map(|(error, number)| {
        let does = if *number == 1 { "does" } else { "do" };
        let says = format!("{} {does} not get it ({error}): {}.", count(*number, "account"), in_words(error));
        Advice { urgency: Urgency::Act, says }
    })
}

fn none_left(line: &Line<'_>) -> Option<Advice> {
    let none = line.free() == 0 && line.paid() > 0 && line.product.is_usable();
    if none { watch("No seat is left for whoever comes next.".to_owned()) } else { None }
}

fn runs_out(line: &Line<'_>) -> Option<Advice> {
    match line.product.runs_out {
        RunsOut::In(days) if days > LATER || line.free() <= 0 => None,
        RunsOut::In(days) => {
            let says = format!("Seats run out in {} at the current pace.", count(days, "day"));
            if days <= SOON { act(says) } else { watch(says) }
        }
        RunsOut::Unknown | RunsOut::Never => None,
    }
}

fn take_back(line: &Line<'_>) -> Option<Advice> {
    if line.idle() == 0 || line.is_free_of_charge() {
        return None;
    }
    let blocked = line.holders().map_or(0, |holders| holders.blocked);
    let inactive = line.product.inactive.unwrap_or_default();
    let parts = [
        (blocked > 0).then(|| count(blocked, "blocked account")),
        (inactive > 0).then(|| {
            format!("{} that nobody has used for {} days", count(inactive, "account"), line.inactive_days)
        }),
    ];
    let whose = parts.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    watch(format!("Take back {}: {whose}.", count(line.idle(), "seat")))
}

fn clean_up(line: &Line<'_>) -> Option<Advice> {
    let twice = line.holders().map_or(0, |holders| holders.twice);
    if twice == 0 {
        return None;
    }
    let holds = if twice == 1 { "holds" } else { "hold" };
    watch(format!("{} {holds} it directly and by a group: clean up what is direct.", count(twice, "account")))
}
