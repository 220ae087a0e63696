//! Old credentials: one goes only when everybody has had time to change over, and nobody has used it for a while.

use graph::ObjectId;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use plan::{Change, Finding, Plan};

use super::facts::{Facts, Uses};
use super::request::{Rotation, Unseen, days_after};

/// A credential in whose place another has come.
#[derive(Clone, Debug)]
pub(super) struct Old {
    pub(super) id: ObjectId,
    /// What people call it.
    pub(super) name: String,
    /// Until when it is valid.
    pub(super) ends: Option<Timestamp>,
    /// What removes it.
    pub(super) remove: Change,
}

/// What becomes of one.
enum Fate {
    /// It goes.
    Goes,
    /// It stays until then at least.
    Until(Timestamp, String),
    /// It stays for a person to see to.
    Stays(String),
}

/// Something new is published: when to see to the old ones.
pub(super) fn later(plan: Plan, want: &Rotation, olds: &[Old], now: Timestamp) -> Plan {
    if olds.is_empty() {
        return plan;
    }
    let at = midnight(days_after(now, want.grace));
    let names = olds.iter().map(|old| old.name.as_str()).collect::<Vec<_>>().join(", ");
    let says = format!(
        "{names}: to be removed no sooner than {}, and once nobody has used it for {} days",
        at.strftime("%Y-%m-%d"),
        want.quiet
    );
    plan.finding(Finding::note("overlap", says)).again_at(Some(at))
}

/// Removes those that may go, each by itself, once it is proven again that the new one works; and once more after that.
/// `since`: when the new one was published.
pub(super) fn retire(
    plan: Plan,
    want: &Rotation,
    have: &Facts,
    olds: Vec<Old>,
    since: Timestamp,
    proven: Change,
) -> Plan {
    let (mut plan, mut goes) = (plan, Vec::new());
    for old in olds {
        match fate(want, have, &old, since) {
            Fate::Goes => goes.push(old.remove),
            Fate::Until(at, says) => {
                plan = plan.finding(Finding::note("overlap", says)).again_at(Some(at));
            }
            Fate::Stays(says) => plan = plan.finding(Finding::left("last-use-unknown", says)),
        }
    }
    if goes.is_empty() {
        return plan;
    }
    let verified =
        Change { says: format!("{}, now that the old one is gone", proven.says), ..proven.clone() };
    let plan = plan.then([proven]);
    goes.into_iter().fold(plan, |plan, remove| plan.then([remove])).then([verified])
}

fn fate(want: &Rotation, have: &Facts, old: &Old, since: Timestamp) -> Fate {
    let name = &old.name;
    if old.ends.is_some_and(|ends| ends <= have.now) {
        return Fate::Goes;
    }
    let due = midnight(days_after(since, want.grace));
    if have.now < due {
        let day = due.strftime("%Y-%m-%d");
        return Fate::Until(due, format!("{name} stays until {day}, so that everybody can change over"));
    }
    match (&have.uses, want.unseen) {
        (Uses::Known(uses), _) => match uses.get(&old.id) {
            Some(used) if days_after(*used, want.quiet) > have.now => {
                let says = format!("{name} stays, since it was used on {}", used.strftime("%Y-%m-%d"));
                Fate::Until(midnight(days_after(*used, want.quiet)), says)
            }
            _ => Fate::Goes,
        },
        (Uses::Unknown(_) | Uses::Unasked, Unseen::Remove) => Fate::Goes,
        (Uses::Unknown(why), Unseen::Keep) => Fate::Stays(format!(
            "{name} stays: nobody can say when it was last used ({why}). Remove it by hand, or ask with \"unseen\": \"remove\""
        )),
        (Uses::Unasked, Unseen::Keep) => {
            Fate::Stays(format!("{name} stays: nobody asked when it was last used"))
        }
    }
}

/// That others stay, which are not ours to remove.
pub(super) fn stay(names: &[String]) -> Option<Finding> {
    let says = format!(
        "not ours to remove: {}. Name its keyId under replaces, if this has taken its place",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Finding::note("others-stay", says))
}

/// The midnight (UTC) that follows. Days are counted in whole ones, so that what is approved today is the same all day.
pub(super) fn midnight(at: Timestamp) -> Timestamp {
    let day = at.to_zoned(TimeZone::UTC).date();
    let next = day.checked_add(1.day()).and_then(|next| next.to_zoned(TimeZone::UTC));
    next.map_or(at, |next| next.timestamp())
}
