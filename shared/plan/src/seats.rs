//! Seats: two runs never both promise the last one.
//!
//! Between reading that a seat of a SKU is free and taking it, somebody else may take it. The service refuses the second
//! direct assignment, but by then its account is there; and whoever joins a group as the second is let in, and told minutes
//! later that there is no licence. So before a run writes anything to the tenant it has the seats that its plan takes
//! *promised*, on a page of the ledger for each SKU (`seats/<sku id>`), which is turned by one at a time.
//!
//! ```text
//! read: 2 free ─▶ promised to others: 1 ─▶ promised ─▶ … the stages … ─▶ taken: the promise ends
//! ```
//!
//! A promise ends once its seat is taken, or its run is over, or the run has been silent for longer than its lease. It
//! counts against whoever read the stock while it stood, since they cannot have seen the seat taken: where that alone
//! leaves none, they look again. A seat that comes by a group is shown minutes after the group was joined, so its promise
//! outlasts a run that does not wait for it.
//!
//! It does not judge who may have a licence, and knows nothing of what is handed out elsewhere: the service stays the judge
//! (decision 16).

use std::collections::BTreeSet;

use graph::SkuId;
use jiff::Timestamp;
use journal::{PageName, RunId};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::apply::Applied;
use crate::change::{Change, Touch};
use crate::obstacle::Obstacle;
use crate::outcome::{ChangeOutcome, Outcome, chain};
use crate::plan::{Finding, Plan};
use crate::runner::{LEASE, Runner, Stop};

/// How often a page is turned at the most while others are first: each of them got something done.
const TURNS: usize = 100;

/// One seat of a SKU that a plan takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The SKU.
    pub sku: SkuId,
    /// How many were free when the facts were read.
    pub free: i64,
}

impl Plan {
    /// Says that it takes a seat of this SKU, of which so many were free when the facts were read. An account takes one,
    /// by however many ways it comes to it; where they are named apart, the smaller number counts. No part of the digest.
    #[must_use]
    pub fn seat(mut self, sku: SkuId, free: i64) -> Self {
        match self.seats.iter_mut().find(|seat| seat.sku == sku) {
            Some(seat) => seat.free = seat.free.min(free),
            None => self.seats.push(Seat { sku, free }),
        }
        self
    }

    /// The same of several seats.
    #[must_use]
    pub fn seats(self, seats: impl IntoIterator<Item = Seat>) -> Self {
        seats.into_iter().fold(self, |plan, Seat { sku, free }| plan.seat(sku, free))
    }

    /// The seats that are still promised once its changes have come to this.
    pub(crate) fn open(&self, changes: &[ChangeOutcome]) -> Vec<Open> {
        let ended = self.changes().zip(changes);
        let held: Vec<&Change> =
            ended.filter(|(_, ended)| ended.status.holds()).map(|(change, _)| change).collect();
        let came = |sku, by| held.iter().any(|change| way(change, sku) == Some(by));
        let open = self.seats.iter().map(|seat| seat.sku).filter(|sku| !came(*sku, Way::Direct));
        open.map(|sku| Open { sku, comes: came(sku, Way::Group) }).collect()
    }
}

/// How a change brings a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// At once.
    Direct,
    /// By a group, in the service's own time.
    Group,
}

/// How this change brings a seat of the SKU, if it does.
fn way(change: &Change, sku: SkuId) -> Option<Way> {
    let is_group = |touch: &Touch| matches!(touch, Touch::Group(_));
    let way = || if change.touches.iter().any(is_group) { Way::Group } else { Way::Direct };
    change.touches.contains(&Touch::Sku(sku)).then(way)
}

/// A seat that is promised to a run whose stages have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    sku: SkuId,
    /// Whether a group was joined that hands it out in its own time.
    comes: bool,
}

impl Open {
    /// Until when it stays promised once the outcome is written.
    fn until(self, goes_on: Option<Timestamp>, now: Timestamp) -> Timestamp {
        match goes_on {
            Some(at) => a_lease_after(at),
            None if self.comes => a_lease_after(now),
            None => now,
        }
    }
}

/// Who has a seat promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    /// The run.
    pub(crate) run: RunId,
    /// What is asked of it, as a fingerprint: whoever asks again for the same, as after a crash, asks for the same seat.
    pub(crate) asked: RunId,
    /// When it began to look at the tenant.
    pub(crate) read: Timestamp,
}

/// The page of a SKU.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Promises {
    promises: Vec<Promise>,
}

/// That a run is to have a seat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Promise {
    run: RunId,
    asked: RunId,
    until: Timestamp,
}

/// What becomes of the wish for a seat.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Promised,
    /// None is left; so many are promised to others.
    Short {
        promised: usize,
        is_stale: bool,
    },
}

impl Promises {
    /// Promises a seat, unless others have been promised all that are free. What stands is renewed in any case.
    fn promise(&mut self, asker: &Asker, free: i64, now: Timestamp) -> Answer {
        let stands = |promise: &Promise| promise.run == asker.run && promise.until > now;
        let since_read = self.others(asker, asker.read);
        if !self.promises.iter().any(stands) && is_short(free, since_read) {
            let by_now = self.others(asker, now);
            let is_stale = !is_short(free, by_now);
            return Answer::Short { promised: if is_stale { since_read } else { by_now }, is_stale };
        }
        // What ended longer ago than a lease is older than what anybody who is alive has read.
        let is_past = |promise: &Promise| now.duration_since(promise.until) > LEASE;
        self.promises.retain(|promise| promise.run != asker.run && !is_past(promise));
        self.promises.push(Promise { run: asker.run, asked: asker.asked, until: a_lease_after(now) });
        Answer::Promised
    }

    /// Promises a seat to each of them, whoever comes first first, and says to how many.
    fn promise_each(&mut self, askers: &[Asker], free: i64, now: Timestamp) -> usize {
        let mut promised = |asker: &&Asker| self.promise(asker, free, now) == Answer::Promised;
        askers.iter().filter(&mut promised).count()
    }

    /// As if it had never been promised, since nothing was sent.
    fn withdraw(&mut self, runs: &BTreeSet<RunId>) {
        self.promises.retain(|promise| !runs.contains(&promise.run));
    }

    /// How many seats were promised to others at this time or later. What is asked for twice counts once.
    fn others(&self, asker: &Asker, since: Timestamp) -> usize {
        let is_other = |promise: &&Promise| promise.run != asker.run && promise.asked != asker.asked;
        let standing = self.promises.iter().filter(|promise| promise.until > since).filter(is_other);
        standing.map(|promise| promise.asked).collect::<BTreeSet<_>>().len()
    }

    /// Says until when the promise to a run stands.
    fn keep(&mut self, run: RunId, until: Timestamp) {
        let own = self.promises.iter_mut().filter(|promise| promise.run == run);
        own.for_each(|promise| promise.until = until);
    }

    /// Has what stands of the promises to these runs stand for another lease.
    fn renew(&mut self, runs: &BTreeSet<RunId>, now: Timestamp) {
        let own = self.promises.iter_mut().filter(|promise| runs.contains(&promise.run));
        own.filter(|promise| promise.until > now).for_each(|promise| promise.until = a_lease_after(now));
    }
}

fn is_short(free: i64, promised: usize) -> bool {
    i64::try_from(promised).map_or(true, |promised| free <= promised)
}

fn a_lease_after(at: Timestamp) -> Timestamp {
    at.saturating_add(LEASE).unwrap_or(at)
}

impl Runner {
    /// Has all seats of a plan promised to a run, and no others any more; or says of which there is none, and then none is.
    /// A plan that changes nothing waits for seats that are on their way, whatever is left.
    pub(crate) async fn promise(
        &self,
        asker: &Asker,
        plan: &Plan,
        before: &BTreeSet<SkuId>,
    ) -> Result<Option<Obstacle>, Stop> {
        let mut seats = plan.seats.clone();
        seats.sort_by_key(|seat| seat.sku);
        let named: BTreeSet<SkuId> = seats.iter().map(|seat| seat.sku).collect();
        self.end(asker.run, before - &named).await;
        for (at, seat) in seats.iter().enumerate() {
            let free = if plan.is_empty() { i64::MAX } else { seat.free };
            let answer = self.turn(seat.sku, |page, now| page.promise(asker, free, now)).await?;
            if let Answer::Short { promised, is_stale } = answer {
                self.end(asker.run, seats[..at].iter().map(|seat| seat.sku).collect()).await;
                return Ok(Some(Obstacle {
                    finding: none_left(plan, seat, promised),
                    is_stale,
                    comes_again: None,
                }));
            }
        }
        Ok(None)
    }

    /// Has a seat of a SKU promised to each of them, whoever comes first first, and none to those others; says to how many.
    pub(crate) async fn promise_each(
        &self,
        Seat { sku, free }: Seat,
        askers: &[Asker],
        others: &BTreeSet<RunId>,
    ) -> Result<usize, Stop> {
        let promise = |page: &mut Promises, now| {
            page.withdraw(others);
            page.promise_each(askers, free, now)
        };
        self.turn(sku, promise).await
    }

    /// Ends the promises of the seats that were taken just now: the stock shows them from now on.
    pub(crate) async fn taken(&self, run: RunId, plan: &Plan, ended: &[Applied]) {
        let took = |sku| {
            let mut held = ended.iter().filter(|applied| applied.outcome.status.holds());
            held.any(|applied| way(&applied.change, sku) == Some(Way::Direct))
        };
        self.end(run, plan.seats.iter().map(|seat| seat.sku).filter(|sku| took(*sku)).collect()).await;
    }

    /// What becomes of the promises to a run whose outcome is written: while it goes on they stand; what comes by a group is
    /// waited for as long as a run may be silent; the others end.
    pub(crate) async fn settle(&self, run: RunId, outcome: &Outcome) {
        for open in &outcome.seats {
            self.amend(open.sku, |page, now| page.keep(run, open.until(outcome.goes_on, now))).await;
        }
    }

    /// The same of many runs that have ended, for each SKU in one turn.
    pub(crate) async fn settle_all(&self, skus: &BTreeSet<SkuId>, ended: &[&Outcome]) {
        for sku in skus {
            let settle = |page: &mut Promises, now| {
                for (outcome, run) in ended.iter().filter_map(|outcome| Some((outcome, outcome.run?))) {
                    let open = outcome.seats.iter().find(|open| open.sku == *sku);
                    page.keep(run, open.map_or(now, |open| open.until(outcome.goes_on, now)));
                }
            };
            self.amend(*sku, settle).await;
        }
    }

    /// Has what is promised to these runs stand for another lease.
    pub(crate) async fn renew(&self, skus: &BTreeSet<SkuId>, runs: &BTreeSet<RunId>) {
        for sku in skus {
            self.amend(*sku, |page, now| page.renew(runs, now)).await;
        }
    }

    /// Ends promises to a run.
    pub(crate) async fn end(&self, run: RunId, skus: BTreeSet<SkuId>) {
        for sku in skus {
            self.amend(sku, |page, now| page.keep(run, now)).await;
        }
    }

    /// A promise that cannot be ended ends by itself, with its lease.
    async fn amend(&self, sku: SkuId, edit: impl FnMut(&mut Promises, Timestamp)) {
        if let Err(stop) = self.turn(sku, edit).await {
            warn!(name: "seat.held", error = chain(&stop), "a promise could not be ended, and ends with its lease");
        }
    }

    /// Turns the page of a SKU, as often as others are first; not at all, if nothing on it changes.
    async fn turn<R>(
        &self,
        sku: SkuId,
        mut edit: impl FnMut(&mut Promises, Timestamp) -> R,
    ) -> Result<R, Stop> {
        let name = PageName::new(format!("seats/{sku}"))?;
        for _ in 0..TURNS {
            let page = self.journal().page(&name).await?;
            let before = serde_json::from_value::<Option<Promises>>(page.value)
                .map_err(unreadable)?
                .unwrap_or_default();
            let mut now = before.clone();
            let told = edit(&mut now, self.tenant().clock.now());
            let value = serde_json::to_value(&now).map_err(unreadable)?;
            if now == before || self.journal().turn(&name, &page.version, &value).await? {
                return Ok(told);
            }
        }
        Err(journal::Error::contended(&name).into())
    }
}

fn unreadable(error: serde_json::Error) -> Stop {
    Stop::Unreadable(graph::Error::failed(
        "the promises of seats cannot be read or written",
        Some(error.into()),
    ))
}

/// What takes a seat, in the administrator's words.
pub(crate) fn takes(plan: &Plan, sku: SkuId) -> String {
    let takes = plan.changes().find(|change| way(change, sku).is_some());
    takes.map_or_else(|| format!("SKU {sku}"), |change| change.says.clone())
}

fn none_left(plan: &Plan, seat: &Seat, promised: usize) -> Finding {
    let wanted = takes(plan, seat.sku);
    let says = format!(
        "no seat is left for this: {wanted}. Free: {}; promised to runs that are under way: {promised}. Buy more, free one, or \
         ask again in a while",
        seat.free
    );
    Finding::blocks("licence-none-left", says)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_795_000_000, 0);

    fn minutes(minutes: i64) -> Timestamp {
        NOON + jiff::SignedDuration::from_mins(minutes)
    }

    /// A run that asks for something of its own, and looked at the tenant that many minutes after noon.
    fn asker(read: i64) -> Asker {
        Asker { run: RunId::fresh(), asked: RunId::fresh(), read: minutes(read) }
    }

    /// What this page answers to somebody who asks at noon, and to each of whom a seat is promised until then.
    fn page(until: &[i64]) -> Promises {
        let promise = |until: &i64| {
            let Asker { run, asked, .. } = asker(0);
            Promise { run, asked, until: minutes(*until) }
        };
        Promises { promises: until.iter().map(promise).collect() }
    }

    #[test]
    fn a_seat_is_promised_unless_others_have_been_promised_all_that_are_free() {
        let short = |promised, is_stale| Answer::Short { promised, is_stale };
        let table = [
            (&[][..], 0, 1, Answer::Promised),
            (&[], 0, 0, short(0, false)),
            (&[], 0, -3, short(0, false)),
            (&[5], 0, 2, Answer::Promised),
            (&[5], 0, 1, short(1, false)),
            (&[5, 5, 5], 0, 3, short(3, false)),
            // It ended after the stock was read, so the seat may be taken without that it was seen.
            (&[-1], -2, 1, short(1, true)),
            (&[-1], -2, 2, Answer::Promised),
            (&[-1, 5], -2, 1, short(1, false)),
            (&[-1], -1, 1, Answer::Promised),
            (&[-1], 0, 1, Answer::Promised),
        ];
        for (until, read, free, answer) in table {
            assert_eq!(
                page(until).promise(&asker(read), free, NOON),
                answer,
                "{until:?}, read {read}, free {free}"
            );
        }
    }

    #[test]
    fn whoever_asks_again_for_the_same_asks_for_the_same_seat() {
        let first = asker(0);
        let (same_run, same_wish) =
            (Asker { read: minutes(1), ..first }, Asker { run: RunId::fresh(), ..first });
        for again in [same_run, same_wish] {
            let mut page = Promises::default();
            assert_eq!(page.promise(&first, 1, NOON), Answer::Promised);
            assert_eq!(page.promise(&again, 1, NOON), Answer::Promised);
            assert_eq!(page.others(&asker(0), NOON), 1, "it is one seat");
            assert!(matches!(page.promise(&asker(0), 1, NOON), Answer::Short { promised: 1, .. }));
        }
    }

    #[test]
    fn what_stands_is_renewed_whatever_is_left_and_what_has_ended_is_not() {
        let run = asker(0);
        for (later, answer) in [(9, Answer::Promised), (11, Answer::Short { promised: 0, is_stale: false })] {
            let mut page = Promises::default();
            page.promise(&run, 1, NOON);
            assert_eq!(page.promise(&run, 0, minutes(later)), answer, "{later} minutes later");
        }
    }

    #[test]
    fn a_promise_ends_when_it_is_said_to_and_is_forgotten_a_lease_later() {
        let (run, next) = (asker(0), asker(1));
        let mut page = Promises::default();
        page.promise(&run, 1, NOON);
        page.keep(run.run, minutes(1));
        assert_eq!((page.others(&next, NOON), page.others(&next, minutes(1))), (1, 0));
        page.promise(&next, 1, minutes(1));
        assert_eq!(page.promises.len(), 2, "who read before it ended has to know");
        page.promise(&next, 1, minutes(12));
        assert_eq!(page.promises.len(), 1);
    }

    #[test]
    fn a_page_that_was_never_written_promises_nothing_and_holds_no_names() {
        let never: Option<Promises> = serde_json::from_value(serde_json::Value::Null).unwrap();
        let mut page = never.unwrap_or_default();
        page.promise(&asker(0), 1, NOON);
        let kept = serde_json::to_value(&page).unwrap();
        let fields: Vec<&String> = kept["promises"][0].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["asked", "run", "until"]);
    }
}
