//! What is kept while the tenant is read: the most urgent credentials, and counts of all.
//!
//! However many applications there are, no more is held than the page that is being read and so many rows. Which are the most
//! urgent is decided as each comes by; when it was last used is not known by then, and does not count.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use directory::credential::{Credential, Holder, Kind};
use jiff::Timestamp;
use report::Urgency;

use super::facts::{App, Case, Counts, LastUse, Row};
use super::rules::Rules;
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
    pub(super) fn look(&mut self, holder: &Holder, is_enterprise: bool, federated: Option<bool>) {
        let credentials = holder.credentials();
        if credentials.is_empty() && federated != Some(true) {
            return;
        }
        let app = App::of(holder, is_enterprise, federated);
        for credential in &credentials {
            let case = self.case(holder, &credentials, credential);
            self.take(&app, case);
        }
        if federated == Some(true) {
            self.take(&app, trust());
        }
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
            last_use: LastUse::Unknown,
            acknowledged: known.cloned(),
            credential: credential.clone(),
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
    pub(super) fn into_rows(self) -> (Vec<Row>, i64, Counts) {
        let left_out = self.seen - u64::try_from(self.heap.len()).unwrap_or(self.seen);
        let rows = self.heap.into_sorted_vec().into_iter().map(|ranked| ranked.row).collect();
        (rows, i64::try_from(left_out).unwrap_or(i64::MAX), self.counts)
    }
}

/// That an application trusts another identity provider.
fn trust() -> Case {
    let credential = Credential {
        kind: Kind::Federated,
        key_id: String::new(),
        name: None,
        hint: None,
        thumbprint: None,
        usage: None,
        start: None,
        end: None,
    };
    let (others, successor, signs_now, acknowledged) = (0, None, None, None);
    Case { credential, others, successor, signs_now, last_use: LastUse::Unknown, acknowledged }
}
