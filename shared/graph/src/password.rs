//! Random passwords that nobody ever sees.
//!
//! A new account needs a password, but nobody needs to know it: the newcomer signs in with a Temporary Access Pass. So it is
//! made when the request is sent, from the operating system's random numbers, and forgotten.

use ring::rand::{SecureRandom, SystemRandom};

/// One of each kind that the cloud's password policy counts (Microsoft Entra, "Password policies"), none that look alike.
const KINDS: [&[u8]; 4] =
    [b"ABCDEFGHJKLMNPQRSTUVWXYZ", b"abcdefghijkmnpqrstuvwxyz", b"23456789", b"!#$%*+-=?@^_"];

/// 32 characters, eight of each kind in turn: about 138 bits.
const LENGTH: usize = 32;

/// A fresh password.
///
/// Falls back to nothing: where the operating system gives no random numbers the password is empty, and Graph refuses it.
pub(crate) fn fresh() -> String {
    let mut bytes = [0_u8; 2 * LENGTH];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        return String::new();
    }
    bytes.chunks_exact(2).zip(KINDS.iter().cycle()).map(|(pair, kind)| pick(kind, pair)).collect()
}

/// Two bytes choose one of a few characters, so the bias is below one in two thousand.
fn pick(kind: &[u8], pair: &[u8]) -> char {
    let number = pair.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    char::from(kind[number % kind.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_hold_every_kind_and_differ() {
        let (first, second) = (fresh(), fresh());
        assert_eq!(first.len(), LENGTH);
        assert_ne!(first, second);
        for kind in KINDS {
            assert_eq!(first.bytes().filter(|byte| kind.contains(byte)).count(), LENGTH / KINDS.len());
        }
    }
}
