//! Test aids: the legitimate ways in which real hosts differ, and the nuisances that a handler must bear.

/// How a host behaves where real hosts differ among themselves, and what it adds to make life hard.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quirks {
    /// How the length of an envelope is told.
    pub framing: Framing,
    /// Which generation of payloads is sent.
    pub payload: Payload,
    /// Delivers every queue message twice, as at-least-once delivery may.
    pub duplicate_deliveries: bool,
    /// Makes the order of keys repeatable.
    pub seed: Option<u64>,
}

/// How the length of an envelope is told: by chunks in the cloud, by `Content-Length` under Core Tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// Now one, now the other.
    #[default]
    Alternate,
    /// `Transfer-Encoding: chunked`, as in the cloud.
    Chunked,
    /// `Content-Length`, as under Core Tools.
    ContentLength,
}

/// Which generation of payloads is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Payload {
    /// What hosts send today.
    #[default]
    Current,
    /// What hosts sent before 2021 and what Microsoft's samples still show: `Query` and `Identities` as text,
    /// messages encoded once, `DequeueCount` a number.
    Old,
}
