//! The laws that every function keeps, each tried against the offline tenant at every write and in every weather.
//!
//! 1. **What-if writes nothing.**
//! 2. **Unseen, untouched**: nothing is written to what was not read, or named by the caller, before.
//! 3. **Twice is once**: asked again, nothing is written.
//! 4. **Death is mended by asking again**: at any write, before it, half-way through its batch, after it, and with its request
//!    or its reply lost, the tenant ends as if nothing had happened. It holds for an undo too.
//! 5. **Two runs at once converge** on the same: what one of them calls a success is right at once.
//! 6. All of it also while the directory lags and the service throttles.
//! 7. **Undo takes back exactly what was done**, but for what the plan said cannot be.
//! 8. **A run that died is taken up, and taken back**: what its dead process did is known, told, and undone with the rest.
//! 9. **What is told is so**: a run that says it succeeded has left the tenant as it should be.
//!
//! A function's tests call [`hold`] once, with a case for each way it is used:
//!
//! ```text
//! #[tokio::test(start_paused = true)]
//! async fn the_laws_hold() {
//!     laws::hold::<OnboardUser>(include_str!("../permissions.json"), &cases()).await;
//! }
//! ```
//!
//! The identity has exactly the roles of `permissions.json`. Time is paused, so lag and waiting cost nothing.

mod memory;
mod portrait;
mod sight;
mod wire;
mod world;

use std::sync::Arc;

use serde_json::Value;

use crate::outcome::Outcome;
use crate::record::Job;
use crate::task::Task;
use crate::undo::UNDO;
pub use portrait::portrait;
use portrait::without_deleted;
use wire::{Death, Scythe};
use world::World;
pub use world::{VAULT, Weather, directory_roles, roles, vault_roles};

/// One way a function is used.
pub struct Case<T: Task> {
    /// What it shows, for the message of a law that does not hold.
    pub name: &'static str,
    /// What is asked: the task itself, or a sweep.
    pub job: Job<T::Request>,
    /// What is different in the tenant before.
    pub prepare: fn(&tenant::Tenant),
}

/// Tries every law on every case.
///
/// # Panics
///
/// If a law does not hold; the message names law, case and weather.
pub async fn hold<T: Task>(permissions: &str, cases: &[Case<T>]) {
    for case in cases {
        let expected = what_should_become::<T>(permissions, case).await;
        for weather in Weather::ALL {
            let law = Law { permissions, case, weather, expected: &expected };
            law.what_if_writes_nothing().await;
            law.unseen_untouched().await;
            law.twice_is_once().await;
            law.two_at_once_converge().await;
            law.undo_takes_it_back().await;
            law.death_is_mended().await;
            law.death_of_an_undo_is_mended().await;
        }
        // Until the timer takes a run up, every weather has passed.
        let law = Law { permissions, case, weather: Weather::Calm, expected: &expected };
        law.death_is_taken_up_and_back().await;
    }
}

/// What the tenant becomes when nothing goes wrong.
async fn what_should_become<T: Task>(permissions: &str, case: &Case<T>) -> Value {
    let world = World::new(permissions, case, Weather::Calm);
    let outcome = world.live().run(&case.job).await;
    assert!(outcome.succeeded(), "{}: does not even succeed in calm weather: {outcome:#?}", case.name);
    portrait(&world.before, &world.tenant.state())
}

/// A law about one case in one weather.
struct Law<'a, T: Task> {
    permissions: &'a str,
    case: &'a Case<T>,
    weather: Weather,
    expected: &'a Value,
}

impl<T: Task> Law<'_, T> {
    fn world(&self) -> World<T> {
        World::new(self.permissions, self.case, self.weather)
    }

    fn broken(&self, law: &str, more: &str) -> String {
        format!("{law} does not hold for «{}» in {:?} weather{more}", self.case.name, self.weather)
    }

    async fn what_if_writes_nothing(&self) {
        let world = self.world();
        world.live().preview(&self.case.job).await;
        let broken = self.broken("what-if writes nothing", "");
        assert!(world.tenant.state() == world.before, "{broken}");
        assert!(world.tenant.transcript().iter().all(|entry| !entry.wrote), "{broken}");
    }

    async fn unseen_untouched(&self) {
        let world = self.world();
        let live = world.live();
        live.run(&self.case.job).await;
        let unseen = live.wire.unseen();
        assert!(unseen.is_empty(), "{}", self.broken("unseen, untouched", &format!(": {unseen:#?}")));
    }

    async fn twice_is_once(&self) {
        let world = self.world();
        self.told(&world, world.live().run(&self.case.job).await);
        world.tenant.clear_transcript();
        let second = self.told(&world, world.live().run(&self.case.job).await);
        assert!(second.succeeded(), "{}", self.broken("twice is once", &format!(": {second:#?}")));
        if self.weather != Weather::Laggy {
            let idle = second.changes.is_empty()
                && second.parts.is_empty()
                && world.tenant.transcript().iter().all(|entry| !entry.wrote);
            assert!(idle, "{}", self.broken("twice is once", &format!(": the second time: {second:#?}")));
        }
    }

    /// What one of them calls a success must be right at once; what none does, the third mends.
    async fn two_at_once_converge(&self) {
        let world = self.world();
        let (one, other) = (world.live(), world.live());
        let ended = tokio::join!(one.run(&self.case.job), other.run(&self.case.job));
        if ended.0.succeeded() || ended.1.succeeded() {
            self.same(&world, "two at once converge", "");
        }
        world.live().run(&self.case.job).await;
        self.same(&world, "two at once converge", ", asked a third time");
    }

    /// A success is believed only if the tenant is as it should be.
    fn told(&self, world: &World<T>, outcome: Outcome) -> Outcome {
        if outcome.succeeded() {
            self.same(world, "what is told is so", "");
        }
        outcome
    }

    async fn undo_takes_it_back(&self) {
        let (world, undo) = self.done().await;
        let undone = world.live().run(&undo).await;
        let law = "undo takes back what was done";
        assert!(undone.succeeded(), "{}", self.broken(law, &format!(": {undone:#?}")));
        self.taken_back(&world, &undo, law, "").await;
    }

    /// The tenant after a run, and what takes it back.
    async fn done(&self) -> (World<T>, Job<T::Request>) {
        let world = self.world();
        let on = world.live().run(&self.case.job).await.run;
        let on = on.unwrap_or_else(|| unreachable!("a run has an id"));
        (world, Job::Act { action: UNDO.to_owned(), on })
    }

    /// The tenant is as it was before, but for what those changes alone do that cannot be taken back.
    async fn taken_back(&self, world: &World<T>, undo: &Job<T::Request>, law: &str, more: &str) {
        let Job::Act { on, .. } = undo else { unreachable!("an undo is an action on a run") };
        let fresh = World::new(self.permissions, self.case, Weather::Calm);
        for record in world.live().records(*on).await {
            fresh.live().repeat_for_good(&record).await;
        }
        let before = pretty(&portrait(&world.before, &without_deleted(&fresh.tenant.state())));
        let after = pretty(&portrait(&world.before, &without_deleted(&world.tenant.state())));
        let difference = format!("{more}:\n{}", difference(&before, &after));
        assert!(before == after, "{}", self.broken(law, &difference));
    }

    /// Kills an undo at its first write, its second, and so on, until it lives to the end.
    async fn death_of_an_undo_is_mended(&self) {
        for death in Death::ALL {
            for at in 0.. {
                let (world, undo) = self.done().await;
                let scythe = Arc::new(Scythe::new(at, death));
                world.live_until(scythe.clone()).job_or_die(&undo, &scythe).await;
                let again = world.live().run(&undo).await;
                let law = "death of an undo is mended by asking again";
                let more = format!(", {death:?} write {at}");
                assert!(again.succeeded(), "{}", self.broken(law, &format!("{more}: {again:#?}")));
                self.taken_back(&world, &undo, law, &more).await;
                if !scythe.struck() {
                    break;
                }
            }
        }
    }

    /// Kills the process at its first write, its second, and so on, until it lives to the end.
    async fn death_is_mended(&self) {
        for death in Death::ALL {
            for at in 0.. {
                let world = self.world();
                let scythe = Arc::new(Scythe::new(at, death));
                let job = &self.case.job;
                let outcome = world.live_until(scythe.clone()).job_or_die(job, &scythe).await;
                outcome.into_iter().for_each(|outcome| drop(self.told(&world, outcome)));
                world.live().run(&self.case.job).await;
                self.same(&world, "death is mended by asking again", &format!(", {death:?} write {at}"));
                if !scythe.struck() {
                    assert!(at > 0, "{}: there is no write to die at", self.case.name);
                    break;
                }
            }
        }
    }

    /// Kills the process at each of its writes, in one way or another, lets the timer take the run up, and takes it back.
    async fn death_is_taken_up_and_back(&self) {
        let law = "a run that died is taken up, and taken back";
        for (at, death) in [Death::After, Death::Half, Death::Before].into_iter().cycle().enumerate() {
            let world = self.world();
            let scythe = Arc::new(Scythe::new(at, death));
            let run = world.live_until(scythe.clone()).die(&self.case.job, &scythe).await;
            let more = format!(", {death:?} write {at}");
            let outcome = world.live().take_up(&run).await;
            assert!(outcome.succeeded(), "{}", self.broken(law, &format!("{more}: {outcome:#?}")));
            self.same(&world, law, &more);
            let undo = Job::Act { action: UNDO.to_owned(), on: run.run };
            let undone = world.live().run(&undo).await;
            assert!(undone.succeeded(), "{}", self.broken(law, &format!("{more}: {undone:#?}")));
            self.taken_back(&world, &undo, law, &more).await;
            if !scythe.struck() {
                break;
            }
        }
    }

    fn same(&self, world: &World<T>, law: &str, more: &str) {
        let after = portrait(&world.before, &world.tenant.state());
        if after != *self.expected {
            let (after, expected) = (pretty(&after), pretty(self.expected));
            panic!("{}", self.broken(law, &format!("{more}:\n{}", difference(&expected, &after))));
        }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The lines that only one of them has.
fn difference(expected: &str, after: &str) -> String {
    let only = |of: &str, not: &str, sign: char| {
        let known: std::collections::BTreeSet<&str> = not.lines().collect();
        of.lines()
            .filter(|line| !known.contains(line))
            .map(|line| format!("{sign}{line}\n"))
            .collect::<String>()
    };
    only(expected, after, '-') + &only(after, expected, '+')
}
