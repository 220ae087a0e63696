//! What is kept while the tenant is read: the most urgent credentials, and counts of all.
//!
//! However many applications there are, no more is held than the page that is being read and so many rows. Which are the most
//! urgent is decided as each comes by; when it was last used is not known by then, and does not count.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use directory::credential::{Credential, Holder, Kind, Listed};
use jiff::Timestamp;
use report::Urgency;
use vault::VaultName;

use super::facts::{App, Case, Counts, LastUse, Place, Row};
use super::rules::Rules;
use super::verdict::Verdict;
use super::{time, verdict};
use crate::acknowledge::Known;

/// What is kept.
pub(super) struct Keep<'a> {
    rules: &'a Rules,
    known: &'a Known,
    now: Timestamp,
    most: usize,
    heap: BinaryHeap<Ranked>,
    seen: u64,
    /// All of them, counted.
    pub(super) counts: Counts,
}

/// A row with its rank; the least urgent is the greatest.
struct Ranked {
    rank: (Urgency, u8, i64, u64),
    row: Row,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<'a> Keep<'a> {
    /// Keeps so many rows.
    pub(super) fn new(rules: &'a Rules, known: &'a Known, now: Timestamp, most: usize) -> Self {
        Self { rules, known, now, most, heap: BinaryHeap::new(), seen: 0, counts: Counts::default() }
    }

    /// Looks at all credentials of an application.
    pub(super) fn look(&mut self, holder: &Holder, place: Place, federated: Option<bool>) {
        let credentials = holder.credentials();
        if credentials.is_empty() && federated != Some(true) {
            return;
        }
        let app = App::of(holder, place, federated);
        for credential in &credentials {
            let case = self.case(holder, &credentials, credential);
            self.take(&app, case);
        }
        if federated == Some(true) {
            let trust = Credential {
                kind: Kind::Federated,
                key_id: String::new(),
                name: None,
                hint: None,
                thumbprint: None,
                usage: None,
                start: None,
                end: None,
            };
            self.take(&app, Case::alone(trust));
        }
    }

    /// Looks at a certificate in a key vault, of which the vault has no other.
    pub(super) fn look_in(&mut self, vault: &VaultName, listed: &Listed) {
        let case = Case::alone(listed.credential());
        let acknowledged = self.known.of(&case.credential.key_id, [None, None], self.now).cloned();
        self.take(&App::vault(vault, listed), Case { acknowledged, ..case });
    }

    fn case(&self, holder: &Holder, all: &[Credential], credential: &Credential) -> Case {
        let is_good = |other: &&Credential| {
            other.key_id != credential.key_id
                && (other.kind == Kind::Signing) == (credential.kind == Kind::Signing)
                && other.end.is_none_or(|end| !time::is_expired(end, self.now))
        };
        let others = all.iter().filter(is_good);
        let begun = others.clone().filter(|other| other.start.is_none_or(|start| start <= self.now));
        let outlasting = others.filter(|other| {
            let is_there_in_time = other.start <= credential.end.max(Some(self.now));
            other.end > credential.end && is_there_in_time
        });
        let app_id = holder.app_id.as_deref();
        let ids = [app_id, Some(&*holder.id.to_string())].map(|id| id.map(str::to_owned));
        let known = self.known.of(&credential.key_id, [ids[0].as_deref(), ids[1].as_deref()], self.now);
        Case {
            others: i64::try_from(begun.count()).unwrap_or(i64::MAX),
            successor: outlasting.filter_map(|other| other.end).max(),
            signs_now: holder.signs_with(credential),
            acknowledged: known.cloned(),
            ..Case::alone(credential.clone())
        }
    }

    fn take(&mut self, app: &App, case: Case) {
        let verdict = verdict::on(app, &case, self.rules, self.now);
        self.counts.count(&case, &verdict);
        let (urgency, group, time) = verdict.rank(&case, self.now);
        let rank = (urgency, group, time, self.seen);
        self.seen += 1;
        let is_full = self.heap.len() >= self.most;
        if is_full && self.heap.peek().is_none_or(|least| least.rank <= rank) {
            return;
        }
        if is_full {
            self.heap.pop();
        }
        self.heap.push(Ranked { rank, row: Row { app: app.clone(), case } });
    }

    /// The rows, the most urgent first, and how many there are beside.
    pub(super) fn take_rows(&mut self) -> (Vec<Row>, i64) {
        let left_out = self.seen - u64::try_from(self.heap.len()).unwrap_or(self.seen);
        let rows = std::mem::take(&mut self.heap).into_sorted_vec();
        (rows.into_iter().map(|ranked| ranked.row).collect(), i64::try_from(left_out).unwrap_or(i64::MAX))
    }

    pub(super) fn verdict(&self, row: &Row) -> Verdict {
        verdict::on(&row.app, &row.case, self.rules, self.now)
    }

    /// Takes down what was found out about a credential beside: it may be less urgent then, and is counted anew.
    pub(super) fn amend(&mut self, row: &mut Row, more: impl FnOnce(&mut Case)) {
        let before = self.verdict(row);
        more(&mut row.case);
        let now = self.verdict(row);
        *before.pile(&mut self.counts) -= 1;
        *now.pile(&mut self.counts) += 1;
    }
}

impl Case {
    /// A credential of which nothing else is known.
    fn alone(credential: Credential) -> Self {
        Self {
            credential,
            others: 0,
            successor: None,
            signs_now: None,
            last_use: LastUse::Unknown,
            stands_by: false,
            renews: None,
            acknowledged: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use telling::read;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-02T08:00:00Z".parse().unwrap()
    }

    fn day(days: i64) -> Timestamp {
        now() + jiff::SignedDuration::from_hours(24 * days)
    }

    /// An application with secrets that end in so many days, each with when it begins.
    fn holder(secrets: &[(i64, i64)]) -> Holder {
        let secret = |(at, (start, end)): (usize, &(i64, i64))| json!({"keyId": format!("k{at}"), "startDateTime": day(*start), "endDateTime": day(*end)});
        let secrets: Vec<Value> = secrets.iter().enumerate().map(secret).collect();
        read(
            json!({"id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "displayName": "Payroll", "passwordCredentials": secrets}),
        )
    }

    fn kept(most: usize, holders: &[Holder]) -> (Vec<Row>, i64, Counts) {
        let (rules, known) = (Rules::default(), Known::default());
        let mut keep = Keep::new(&rules, &known, now(), most);
        holders.iter().for_each(|holder| keep.look(holder, Place::Application, Some(false)));
        let (rows, left_out) = keep.take_rows();
        (rows, left_out, keep.counts)
    }

    #[test]
    fn the_most_urgent_are_kept_and_all_are_counted() {
        let holders: Vec<Holder> = (1..=500).map(|days| holder(&[(-10, days)])).collect();
        let (rows, left_out, counts) = kept(20, &holders);
        let ends: Vec<_> = rows.iter().map(|row| row.case.credential.end.unwrap()).collect();
        assert_eq!(ends, (1..=20).map(day).collect::<Vec<_>>());
        assert_eq!((left_out, counts.all(), counts.act(), counts.watch), (480, 500, 30, 60));
        let (rows, left_out, _) = kept(500, &holders);
        assert_eq!((rows.len(), left_out), (500, 0));
    }

    #[test]
    fn a_successor_outlasts_it_and_is_there_in_time() {
        type Case<'a> = (&'a str, &'a [(i64, i64)], i64, Option<i64>);
        let table: [Case<'_>; 8] = [
            ("alone", &[(-10, 5)], 0, None),
            ("one that outlasts it", &[(-10, 5), (-1, 400)], 1, Some(400)),
            ("one that ends before it", &[(-10, 5), (-1, 4)], 1, None),
            ("one that has expired", &[(-10, 5), (-90, -1)], 0, None),
            ("one that begins before its end", &[(-10, 5), (3, 400)], 0, Some(400)),
            ("one that begins too late", &[(-10, 5), (6, 400)], 0, None),
            ("of an expired one, one that is valid", &[(-90, -1), (-1, 400)], 1, Some(400)),
            ("of several the last", &[(-10, 5), (-1, 400), (-1, 800)], 2, Some(800)),
        ];
        for (title, secrets, others, successor) in table {
            let (rows, ..) = kept(10, &[holder(secrets)]);
            let row = rows.iter().find(|row| row.case.credential.key_id == "k0").unwrap();
            assert_eq!((row.case.others, row.case.successor), (others, successor.map(day)), "{title}");
        }
    }

    #[test]
    fn when_it_was_used_is_counted_anew() {
        let (rules, known) = (Rules::default(), Known::default());
        let mut keep = Keep::new(&rules, &known, now(), 10);
        keep.look(&holder(&[(-365, 5)]), Place::Application, Some(false));
        assert_eq!((keep.counts.act_week, keep.counts.watch), (1, 0));
        let (mut rows, _) = keep.take_rows();
        keep.amend(&mut rows[0], |case| case.last_use = LastUse::Never);
        assert_eq!((keep.counts.act_week, keep.counts.watch), (0, 1));
        assert_eq!(keep.counts.all(), 1);
    }
}
