//! One thing through time: what every replica shows, and newer versions that not all of them show yet.

use std::sync::Arc;

use crate::lag::{View, Visible};

/// The versions of one thing. `None` stands for its absence.
#[derive(Debug)]
pub(crate) struct Versions<T> {
    settled: Option<Arc<T>>,
    newer: Vec<(Visible, Option<Arc<T>>)>,
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self { settled: None, newer: Vec::new() }
    }
}

impl<T> Versions<T> {
    pub(crate) fn truth(&self) -> Option<&Arc<T>> {
        self.newer.last().map_or(self.settled.as_ref(), |(_, version)| version.as_ref())
    }

    pub(crate) fn seen(&self, view: View) -> Option<&Arc<T>> {
        let latest = self.newer.iter().rev().find(|(visible, _)| visible.to(view));
        latest.map_or(self.settled.as_ref(), |(_, version)| version.as_ref())
    }

    /// Adds a version; without `visible` everybody knows it at once.
    pub(crate) fn write(&mut self, version: Option<Arc<T>>, visible: Option<Visible>, now_ms: i64) {
        self.settle(now_ms);
        match visible {
            Some(visible) => self.newer.push((visible, version)),
            None => (self.settled, self.newer) = (version, Vec::new()),
        }
    }

    /// Whether nobody shows it any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.settled.is_none() && self.newer.is_empty()
    }

    /// Forgets versions that nobody shows any more.
    fn settle(&mut self, now_ms: i64) {
        let settled = self.newer.iter().rposition(|(visible, _)| visible.everywhere(now_ms));
        if let Some((_, version)) = settled.and_then(|at| self.newer.drain(..=at).next_back()) {
            self.settled = version;
        }
    }
}
