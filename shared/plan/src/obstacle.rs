//! What keeps a plan from being carried out, though the caller and the guard-rails let it pass: what others are doing.

use jiff::Timestamp;

use crate::plan::{Finding, Plan};
use crate::runner::{Look, Part, Runner, Stop};
use crate::seats::Asker;

/// What keeps a plan from being carried out, though the caller and the guard-rails let it pass.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Obstacle {
    pub(crate) finding: Finding,
    /// Whether it may be gone: others were at work since the tenant was looked at, and are no more.
    pub(crate) is_stale: bool,
    /// When to come again, if it passes by itself.
    pub(crate) comes_again: Option<Timestamp>,
}

impl Runner {
    /// What else keeps a plan from being carried out: there is no seat for it, or another run works on the same. If there is
    /// nothing, its seats are promised and its claim is granted.
    pub(crate) async fn obstacle(
        &self,
        asker: &Asker,
        part: &Part<'_>,
        plan: &Plan,
        look: Look,
    ) -> Result<Option<Obstacle>, Stop> {
        match self.promise(asker, plan, &part.past.seats).await? {
            None => self.claim(asker.run, plan, look).await,
            shortage => Ok(shortage),
        }
    }
}
