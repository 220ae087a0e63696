//! Identifiers and chances that come out the same in every run, so that a transcript can be compared with yesterday's.
//!
//! None of this is random in the sense of security; the tenant has no secret worth guessing.

use uuid::{Builder, Uuid};

/// A small generator (SplitMix64): the same seed gives the same sequence.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed(self.0)
    }

    /// A number below `end`; zero where `end` is zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    pub(crate) fn uuid(&mut self) -> Uuid {
        shaped(self.next(), self.next())
    }
}

/// The identifier of something that has a name: the same name, the same identifier.
pub(crate) fn named(name: &str) -> Uuid {
    let first = hashed(name, 0xCBF2_9CE4_8422_2325);
    shaped(mixed(first), mixed(first ^ 0x9E37_79B9_7F4A_7C15))
}

/// A number that stands for a text.
pub(crate) fn hashed(text: &str, start: u64) -> u64 {
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

fn shaped(high: u64, low: u64) -> Uuid {
    Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
}

fn mixed(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}
