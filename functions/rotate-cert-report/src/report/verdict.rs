//! What to make of a credential: how urgent it is, whether it is good for too long, and what to do about it.
//!
//! It decides from facts, rules and the time, and reads nothing. What would end in an outage comes first: a credential that is
//! used, ends soon and has no successor. One that has expired long ago and that nobody missed is tidied up some day.

use directory::credential::Kind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use report::{Urgency, days_left};

use super::facts::{App, Case, Counts, LastUse, Place};
use super::risk;
use super::rules::{Holds, Rules};
use super::time::{self, Crossed, Status};

/// For how many days an end that is past is still likely to hurt.
const FRESH: i64 = 30;

/// What to make of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) status: Status,
    pub(super) crossed: Option<Crossed>,
    pub(super) urgency: Urgency,
    /// For how many months it is good, from its first day to its last.
    pub(super) months: Option<i64>,
    /// Whether that is longer than the policy allows, if there is one.
    pub(super) is_too_long: Option<bool>,
    pub(super) action: Action,
    /// What to do, in sentences; empty for nothing.
    pub(super) advice: String,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    None,
    /// Put a new one in its place.
    Renew,
    /// The same, or better something that does not expire.
    Replace,
    /// Have the successor that is there be used.
    HandOver,
    /// Nothing: it is renewed where it is.
    Renewed,
    /// Take it away: nobody uses it.
    Delete,
    /// Nothing: somebody knows.
    Known,
}

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Renew => "renew",
            Self::Replace => "replace by a managed identity or federation, or renew",
            Self::HandOver => "use the successor",
            Self::Renewed => "none: the vault renews it",
            Self::Delete => "delete",
            Self::Known => "acknowledged",
        }
    }
}

/// The verdict on a credential.
pub(super) fn on(app: &App, case: &Case, rules: &Rules, now: Timestamp) -> Verdict {
    let holds = rules.of(case.credential.kind, &app.tags);
    let (start, end) = (case.credential.start, case.credential.end);
    let sight = Sight {
        status: time::status(start, end, now, &holds.thresholds),
        is_unused: is_unused(app, case, rules, now),
        is_too_long: is_too_long(case, &holds),
        is_renewed: case.renews.is_some_and(|at| at > now),
        days: end.map(|end| days_left(time::left(end, now))),
        holds,
    };
    let (urgency, action) = sight.decide(app, case);
    Verdict {
        status: sight.status,
        crossed: end.and_then(|end| time::crossed(end, now, &sight.holds.thresholds)),
        urgency,
        months: start.zip(end).and_then(|(start, end)| time::months(start, end)),
        is_too_long: sight.is_too_long,
        action,
        advice: sight.advice(app, case, urgency, action, rules),
    }
}

/// A credential as seen by the rules.
struct Sight {
    status: Status,
    holds: Holds,
    is_unused: bool,
    is_too_long: Option<bool>,
    /// Whether the vault is yet to renew it by itself.
    is_renewed: bool,
    /// Until its end; less than nothing since then.
    days: Option<i64>,
}

/// One that was made lately has not had the time to be used, nor has one that is to take the place of another. Of what nobody
/// signs in with no use is noted.
fn is_unused(app: &App, case: &Case, rules: &Rules, now: Timestamp) -> bool {
    let before = |at: Timestamp| days_left(now.duration_since(at)) > rules.unused_days;
    match case.last_use {
        _ if case.stands_by || !case.credential.kind.signs_in() => false,
        LastUse::Unknown => false,
        LastUse::At(at) => before(at),
        LastUse::Never => case.credential.start.or(app.created).is_some_and(before),
    }
}

fn is_too_long(case: &Case, holds: &Holds) -> Option<bool> {
    let (start, end, longest) = (case.credential.start?, case.credential.end?, holds.longest_days?);
    Some(days_left(end.duration_since(start)) > longest)
}

impl Sight {
    /// How urgent it is, and what to do about it.
    fn decide(&self, app: &App, case: &Case) -> (Urgency, Action) {
        let renew = if case.credential.kind == Kind::Secret { Action::Replace } else { Action::Renew };
        let (urgency, action) = match self.status {
            Status::Endless | Status::NotYet => (Urgency::Fine, Action::None),
            _ if case.acknowledged.is_some() => return (Urgency::Fine, Action::Known),
            Status::Expired if case.others > 0 => (Urgency::Watch, Action::Delete),
            Status::Expired if self.is_fresh() && !self.is_unused && app.enabled != Some(false) => {
                (Urgency::Act, renew)
            }
            Status::Expired => (Urgency::Watch, Action::Delete),
            _ if case.successor.is_some() && self.is_pressing() => (Urgency::Watch, Action::HandOver),
            _ if self.is_unused => (Urgency::Watch, Action::Delete),
            _ if case.successor.is_some() => (Urgency::Fine, Action::None),
            _ if self.is_renewed => (Urgency::Watch, Action::Renewed),
            _ if self.is_pressing() => (Urgency::Act, renew),
            Status::Today | Status::Soon => (Urgency::Watch, renew),
            Status::Valid => (Urgency::Fine, Action::None),
        };
        match self.is_too_long {
            Some(true) => (urgency.min(Urgency::Watch), action),
            _ => (urgency, action),
        }
    }

    /// Whether it has expired so lately that somebody may be about to notice.
    fn is_fresh(&self) -> bool {
        self.days.is_some_and(|days| days >= -FRESH)
    }

    /// Whether it ends within the days in which somebody has to act.
    fn is_pressing(&self) -> bool {
        self.days.is_some_and(|days| days <= self.holds.act_within_days)
    }

    fn advice(&self, app: &App, case: &Case, urgency: Urgency, action: Action, rules: &Rules) -> String {
        let known = action == Action::Known;
        let more = urgency != Urgency::Fine;
        let sentences = [
            self.main(app, case, action, rules),
            self.is_too_long.filter(|long| *long && !known).and_then(|_| self.too_long(case)),
            (more && !app.risks.is_empty()).then(|| risky(app)),
            (more && !has_owner(app)).then(|| "Nobody who may sign in owns it: give it an owner.".to_owned()),
        ];
        sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn main(&self, app: &App, case: &Case, action: Action, rules: &Rules) -> Option<String> {
        let says = match action {
            Action::None => return None,
            Action::Known => {
                let known = case.acknowledged.as_ref()?;
                format!(
                    "{} knows, and it rests until {}: {}.",
                    known.by,
                    day(known.until),
                    known.why.trim_end_matches('.')
                )
            }
            Action::Delete => self.delete(case, rules),
            Action::HandOver => hand_over(case)?,
            Action::Renewed => format!(
                "The vault renews it on {}: see that whoever uses it takes the new version.",
                day(case.renews?)
            ),
            Action::Renew | Action::Replace => self.renew(app, case)?,
        };
        Some(says)
    }

    fn delete(&self, case: &Case, rules: &Rules) -> String {
        match (self.status, case.others) {
            (Status::Expired, 0) if self.is_fresh() => {
                "Delete it, and the application with it if nobody misses it: it has expired and was not in use.".to_owned()
            }
            (Status::Expired, 0) => {
                "Delete it, and the application with it if nobody misses it: it expired long ago, and there is no other.".to_owned()
            }
            (Status::Expired, _) => "Delete it: it has expired, and another is valid.".to_owned(),
            _ => format!(
                "No use of it was noted for {} days: delete it, unless somebody knows better.",
                rules.unused_days
            ),
        }
    }

    fn renew(&self, app: &App, case: &Case) -> Option<String> {
        let end = case.credential.end?;
        let by = match self.status {
            Status::Today => format!("today, before {}", end.to_zoned(TimeZone::UTC).strftime("%H:%M UTC")),
            _ => format!("before {}", day(end)),
        };
        let expired = self.status == Status::Expired;
        let first = match (case.credential.kind, expired) {
            (Kind::Signing, false) => {
                format!("Make a new signing certificate {by}, have the service trust it, and make it active.")
            }
            (Kind::Signing, true) => "Make a new signing certificate now, have the service trust it, and make it active: nobody can sign in.".to_owned(),
            (Kind::KeyVault, true) => "Renew it in the vault now, if anybody uses it: it has expired.".to_owned(),
            (Kind::KeyVault, false) => match case.renews {
                Some(at) => format!("Renew it in the vault {by}: it was to do so by itself on {}.", day(at)),
                None => format!("Renew it in the vault {by}: it does not do so by itself."),
            },
            (_, true) => "Renew it now, if the application is in use: it has expired, and there is no other.".to_owned(),
            (_, false) if case.others > 0 => format!("Renew it {by}: no other outlasts it."),
            (_, false) => format!("Renew it {by}: there is no other."),
        };
        let better = match (case.credential.kind, app.federated) {
            (Kind::Secret, Some(true)) => {
                Some("A federated credential is there already: use that, and delete the secret.")
            }
            (Kind::Secret, _) => {
                Some("Better: a managed identity or a federated credential, which do not expire.")
            }
            _ => None,
        };
        Some([Some(first.as_str()), better].into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    fn too_long(&self, case: &Case) -> Option<String> {
        let good = days_left(case.credential.end?.duration_since(case.credential.start?));
        Some(format!("It is good for {good} days; the policy allows {}.", self.holds.longest_days?))
    }
}

fn hand_over(case: &Case) -> Option<String> {
    let until = day(case.successor?);
    Some(match case.credential.kind {
        Kind::Signing => format!(
            "A new signing certificate is there, good until {until}: have the service trust it, and make it active."
        ),
        _ => format!(
            "Nothing to renew: another is valid until {until}. Have whoever uses this one take that, then delete this."
        ),
    })
}

/// The first of the permissions with why, and how many more there are.
fn risky(app: &App) -> String {
    let first = app.risks.first().map(String::as_str).unwrap_or_default();
    let why = risk::why(first).map(|why| format!(", which {why}")).unwrap_or_default();
    match app.risks.len() {
        1 => format!("Mind that the application asks for {first}{why}."),
        number => {
            format!("Mind that the application asks for {first}{why}, and {} more of that kind.", number - 1)
        }
    }
}

/// Whether somebody owns it who may sign in, or of whom that could not be read. What is in a vault has no owners.
fn has_owner(app: &App) -> bool {
    app.place == Place::Vault || app.owners.iter().any(|owner| owner.account_enabled != Some(false))
}

/// A day for people, in UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string()
}

impl Verdict {
    /// Whether it has not expired, and somebody is to look at it.
    pub(super) fn ends_soon(&self) -> bool {
        self.urgency != Urgency::Fine && self.status != Status::Expired
    }

    /// Where it is counted.
    pub(super) fn pile<'a>(&self, counts: &'a mut Counts) -> &'a mut i64 {
        match (self.urgency, self.crossed) {
            (Urgency::Act, Some(Crossed::Expired(_))) => &mut counts.act_expired,
            (Urgency::Act, Some(Crossed::Days(days))) if days <= 7 => &mut counts.act_week,
            (Urgency::Act, _) => &mut counts.act_later,
            (Urgency::Watch, _) => &mut counts.watch,
            (Urgency::Fine, _) => &mut counts.fine,
        }
    }

    /// What comes first: the more urgent; of those what has expired lately, then what ends soonest, then what expired long ago.
    pub(super) fn rank(&self, case: &Case, now: Timestamp) -> (Urgency, u8, i64) {
        let seconds = case.credential.end.map(|end| time::left(end, now).as_secs());
        let (group, time) = match seconds {
            Some(left) if left <= 0 && -left <= FRESH * 24 * 3600 => (0, -left),
            Some(left) if left > 0 => (1, left),
            Some(left) => (2, -left),
            None => (3, 0),
        };
        (self.urgency, group, time)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use telling::{read, with};

    use super::*;

    const DAY: i64 = 24 * 3600;

    fn now() -> Timestamp {
        "2026-03-02T08:00:00Z".parse().unwrap()
    }

    fn after(days: i64) -> Timestamp {
        now() + jiff::SignedDuration::from_secs(days * DAY)
    }

    fn app(more: Value) -> App {
        let owner = json!({"id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "accountEnabled": true});
        let app = json!({
            "id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "name": "Payroll", "place": "application", "tags": [],
            "owners": [owner], "risks": [], "federated": false,
        });
        read(with(app, more))
    }

    /// A secret that was made a year ago and ends in so many days.
    fn case(days: i64, more: Value) -> Case {
        let credential = json!({"kind": "secret", "keyId": "k", "start": after(-365), "end": after(days)});
        let case = json!({"credential": credential, "others": 0, "lastUse": "unknown", "standsBy": false});
        read(with(case, more))
    }

    fn kind(kind: &str, days: i64) -> Value {
        json!({"credential": {"kind": kind, "keyId": "k", "start": after(-365), "end": after(days)}})
    }

    #[test]
    fn what_would_end_in_an_outage_comes_first() {
        use Action::{Delete, HandOver, Known, None, Renew, Replace};
        use Urgency::{Act, Fine, Watch};
        let none = || json!({});
        let (used, never) = (json!({"lastUse": {"at": after(-1)}}), json!({"lastUse": "never"}));
        let later = json!({"others": 1, "successor": after(400)});
        let known =
            json!({"acknowledged": {"until": after(30), "by": "Megan Bowen", "why": "x", "at": now()}});
        let table = [
            ("ends today, and is used", 0, with(used.clone(), json!({})), none(), Act, Replace),
            ("ends within the days to act", 30, none(), none(), Act, Replace),
            ("a day later it is watched", 31, none(), none(), Watch, Replace),
            ("ends within the widest threshold", 90, none(), none(), Watch, Replace),
            ("ends beyond", 91, none(), none(), Fine, None),
            ("a certificate is renewed", 5, kind("certificate", 5), none(), Act, Renew),
            ("so is what signs tokens", 5, kind("signing", 5), none(), Act, Renew),
            ("a successor is there", 5, later.clone(), none(), Watch, HandOver),
            ("a successor is there long before", 60, later.clone(), none(), Fine, None),
            ("another is valid, and does not outlast it", 5, json!({"others": 1}), none(), Act, Replace),
            ("nobody uses it", 5, never.clone(), none(), Watch, Delete),
            ("used long ago", 300, json!({"lastUse": {"at": after(-91)}}), none(), Watch, Delete),
            ("used 90 days ago", 300, json!({"lastUse": {"at": after(-90)}}), none(), Fine, None),
            (
                "nobody uses it yet, since it stands by",
                300,
                with(never.clone(), json!({"standsBy": true})),
                none(),
                Fine,
                None,
            ),
            (
                "that tokens were signed is noted nowhere",
                5,
                with(kind("signing", 5), never.clone()),
                none(),
                Act,
                Renew,
            ),
            ("expired lately, and there is no other", -3, none(), none(), Act, Replace),
            ("expired lately, and another is valid", -3, json!({"others": 1}), none(), Watch, Delete),
            ("expired lately, and nobody used it", -3, never, none(), Watch, Delete),
            (
                "expired lately, and nobody may sign in anyway",
                -3,
                none(),
                json!({"enabled": false}),
                Watch,
                Delete,
            ),
            ("expired long ago", -31, none(), none(), Watch, Delete),
            ("somebody knows", 5, known.clone(), none(), Fine, Known),
            ("somebody knows that it has expired", -3, known, none(), Fine, Known),
        ];
        for (title, days, more, of, urgency, action) in table {
            let verdict = on(&app(of), &case(days, more), &Rules::default(), now());
            assert_eq!((verdict.urgency, verdict.action), (urgency, action), "{title}: {verdict:?}");
            assert_eq!(verdict.advice.is_empty(), action == Action::None, "{title}: {}", verdict.advice);
        }
    }

    #[test]
    fn what_a_vault_renews_by_itself_is_watched_until_it_should_have() {
        use Action::{None, Renew, Renewed};
        let table = [
            (5, json!(null), Urgency::Act, Renew, "it does not do so by itself"),
            (5, json!(after(2)), Urgency::Watch, Renewed, "The vault renews it on 4 March 2026"),
            (5, json!(after(-3)), Urgency::Act, Renew, "it was to do so by itself on 27 February 2026"),
            (80, json!(after(-3)), Urgency::Watch, Renew, "it was to do so by itself"),
            (-1, json!(null), Urgency::Act, Renew, "it has expired"),
            (300, json!(null), Urgency::Fine, None, ""),
        ];
        for (days, renews, urgency, action, says) in table {
            let of = app(json!({"place": "vault", "owners": []}));
            let case = case(days, with(kind("keyVault", days), json!({"renews": renews})));
            let verdict = on(&of, &case, &Rules::default(), now());
            assert_eq!((verdict.urgency, verdict.action), (urgency, action), "{days}: {verdict:?}");
            assert!(verdict.advice.contains(says) && !verdict.advice.contains("owner"), "{}", verdict.advice);
        }
    }

    #[test]
    fn a_policy_is_held_to_the_day_and_watched() {
        let rules = Rules { longest_days: Some(465), ..Rules::default() };
        let table = [
            (100, Some(false), Urgency::Fine),
            (101, Some(true), Urgency::Watch),
            (5, Some(false), Urgency::Act),
        ];
        for (days, too_long, urgency) in table {
            let verdict = on(&app(json!({})), &case(days, json!({})), &rules, now());
            assert_eq!((verdict.is_too_long, verdict.urgency), (too_long, urgency), "{days}");
        }
        let verdict = on(&app(json!({})), &case(101, json!({})), &rules, now());
        assert_eq!(verdict.advice, "It is good for 466 days; the policy allows 465.");
        assert_eq!(on(&app(json!({})), &case(101, json!({})), &Rules::default(), now()).is_too_long, None);
    }

    #[test]
    fn what_else_matters_is_said_where_something_is_to_be_done() {
        let advice =
            |of: Value, days: i64| on(&app(of), &case(days, json!({})), &Rules::default(), now()).advice;
        let risks = json!({"risks": ["Mail.Send", "Mail.Read"]});
        let table = [
            (json!({"federated": true}), 5, "A federated credential is there already"),
            (json!({}), 5, "a managed identity or a federated credential"),
            (risks.clone(), 5, "asks for Mail.Send, which sends mail as anybody, and 1 more"),
            (json!({"owners": []}), 5, "give it an owner"),
        ];
        for (of, days, says) in table {
            let told = advice(of, days);
            assert!(told.contains(says), "{says}: {told}");
        }
        assert_eq!(advice(with(risks, json!({"owners": []})), 300), "", "nothing is to be done");
    }

    #[test]
    fn of_those_to_act_on_what_has_just_expired_comes_before_what_ends_soonest() {
        let mut ranks: Vec<(i64, (Urgency, u8, i64))> = [5, -1, 20, -20, -40, 80, 300]
            .into_iter()
            .map(|days| {
                let case = case(days, json!({}));
                (days, on(&app(json!({})), &case, &Rules::default(), now()).rank(&case, now()))
            })
            .collect();
        ranks.sort_by_key(|(_, rank)| *rank);
        let order: Vec<i64> = ranks.into_iter().map(|(days, _)| days).collect();
        assert_eq!(order, [-1, -20, 5, 20, 80, -40, 300]);
    }
}
