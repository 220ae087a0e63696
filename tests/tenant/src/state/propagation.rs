//! Credentials on their way: what was added a moment ago does not sign in yet, what was removed still does.
//!
//! Nothing of it is part of a state: whoever loads one finds every credential known everywhere. When each was last used
//! is ([`Use`]), and goes with the credential.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Moment;
use super::credential::{Credentials, Key, Secret};
use crate::ids::Chance;

/// A credential's last sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Use {
    pub(crate) key_id: Uuid,
    /// Whose it is.
    pub(crate) object_id: Uuid,
    pub(crate) last_sign_in_date_time: Moment,
    pub(crate) last_sign_in_request_id: Uuid,
    pub(crate) resource_id: Uuid,
}

/// A credential that is gone but still known to whoever issues tokens.
#[derive(Debug, Clone)]
enum Gone {
    Secret(Secret),
    Key(Key),
}

/// Who knows of which credential, and when it was used.
#[derive(Debug)]
pub(crate) struct Propagation {
    shortest_ms: i64,
    longest_ms: i64,
    gap_ms: i64,
    chance: Chance,
    /// When a new one is known, by its id.
    known_from_ms: HashMap<Uuid, i64>,
    lingering: Vec<(Uuid, Gone, i64)>,
    /// When credentials of an object were last changed.
    written_ms: HashMap<Uuid, i64>,
    uses: BTreeMap<Uuid, Use>,
}

impl Default for Propagation {
    fn default() -> Self {
        Self {
            shortest_ms: 0,
            longest_ms: 0,
            gap_ms: 0,
            chance: Chance::new(4),
            known_from_ms: HashMap::new(),
            lingering: Vec::new(),
            written_ms: HashMap::new(),
            uses: BTreeMap::new(),
        }
    }
}

impl Propagation {
    /// From now on credentials take this long to be known, and two changes of one object want so much time in between.
    pub(crate) fn slow_down(&mut self, (shortest, longest): (Duration, Duration), gap: Duration) {
        let millis = |delay: Duration| i64::try_from(delay.as_millis()).unwrap_or(0);
        (self.shortest_ms, self.longest_ms, self.gap_ms) = (millis(shortest), millis(longest), millis(gap));
    }

    /// Whether another change of the same object's credentials was made too short a while ago. Notes this one if not.
    pub(crate) fn collides(&mut self, object: Uuid, now_ms: i64) -> bool {
        if self.written_ms.get(&object).is_some_and(|before| now_ms - before < self.gap_ms) {
            return true;
        }
        if self.gap_ms > 0 {
            self.written_ms.insert(object, now_ms);
        }
        false
    }

    /// Notes what came and what went.
    pub(crate) fn follow(&mut self, object: Uuid, before: &Credentials, after: &Credentials, now_ms: i64) {
        self.lingering.retain(|(_, _, until_ms)| *until_ms > now_ms);
        self.known_from_ms.retain(|_, from_ms| *from_ms > now_ms);
        if self.longest_ms == 0 {
            return;
        }
        let ids = |all: &Credentials| -> Vec<Uuid> {
            all.secrets.iter().map(|one| one.key_id).chain(all.keys.iter().map(|one| one.key_id)).collect()
        };
        let (had, has) = (ids(before), ids(after));
        for id in has.iter().filter(|id| !had.contains(id)) {
            let from_ms = now_ms + self.delay();
            self.known_from_ms.insert(*id, from_ms);
        }
        let secrets = before.secrets.iter().map(|one| (one.key_id, Gone::Secret(one.clone())));
        let keys = before.keys.iter().map(|one| (one.key_id, Gone::Key(one.clone())));
        for (id, gone) in secrets.chain(keys).filter(|(id, _)| !has.contains(id)) {
            // What nobody knew yet is not missed by anybody.
            if self.known_from_ms.remove(&id).is_none() {
                let until_ms = now_ms + self.delay();
                self.lingering.push((object, gone, until_ms));
            }
        }
    }

    fn delay(&mut self) -> i64 {
        let span = u64::try_from(self.longest_ms - self.shortest_ms).unwrap_or(0) + 1;
        self.shortest_ms + i64::try_from(self.chance.below(span)).unwrap_or(0)
    }

    /// The credentials of an object that tokens are issued for now.
    pub(crate) fn known(&self, object: Uuid, truth: &Credentials, now_ms: i64) -> Credentials {
        let is_known = |id: &Uuid| self.known_from_ms.get(id).is_none_or(|from_ms| *from_ms <= now_ms);
        let mut known = truth.clone();
        known.secrets.retain(|secret| is_known(&secret.key_id));
        known.keys.retain(|key| is_known(&key.key_id));
        for (of, gone, until_ms) in &self.lingering {
            match gone {
                Gone::Secret(secret) if *of == object && *until_ms > now_ms => {
                    known.secrets.push(secret.clone())
                }
                Gone::Key(key) if *of == object && *until_ms > now_ms => known.keys.push(key.clone()),
                _ => {}
            }
        }
        known
    }

    pub(crate) fn note_use(&mut self, noted: Use) {
        self.uses.insert(noted.key_id, noted);
    }

    /// Every last use, in the order of the credentials' ids, from one on.
    pub(crate) fn uses(&self, after: Option<Uuid>) -> impl Iterator<Item = &Use> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.uses.range((from, Bound::Unbounded)).map(|(_, last)| last)
    }
}
