//! How long tokens are trusted and how long they are waited for, in one place.

use std::time::Duration;

/// The times of [`Tokens`](super::Tokens) and [`Credentials`](super::Credentials).
#[derive(Clone, Debug)]
pub struct Timing {
    /// A token is renewed in the background when this much of its life is left, or a quarter if that is less.
    /// Default: 5 minutes, as Microsoft's libraries do.
    pub early: Duration,
    /// A token is handed out without waiting while more than this is left, or a tenth of its life if that is less.
    /// Default: 30 seconds.
    pub last: Duration,
    /// One failure answers everybody for this long. Default: 2 seconds.
    pub hold: Duration,
    /// All tries for one token together. Default: 10 seconds.
    pub deadline: Duration,
    /// One try, until its first byte. Default: 3 seconds.
    pub attempt: Duration,
    /// How often a try that failed is repeated, if the failure is one that passes. Default: 3 times.
    pub retries: u32,
    /// The pause before the first repetition; the next ones are longer. Default: 300 ms.
    pub pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            early: Duration::from_secs(300),
            last: Duration::from_secs(30),
            hold: Duration::from_secs(2),
            deadline: Duration::from_secs(10),
            attempt: Duration::from_secs(3),
            retries: 3,
            pause: Duration::from_millis(300),
        }
    }
}
