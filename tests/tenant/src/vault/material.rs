//! RSA keys: made on demand, the same in every run, and signing digests as Key Vault does.
//!
//! A key is named by its size and a number, and made from nothing else. So no private key is ever written down: a state
//! says which key it was, and whoever reads the state makes it again. That is no secrecy, like nothing else here; it is
//! what makes thumbprints in golden transcripts stay the same. A key once made is kept for the life of the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rsa::rand_core::{CryptoRng, Error, RngCore, impls};
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey};
use serde::{Deserialize, Serialize};

use crate::ids::{Chance, hashed};

const EXPONENT: u32 = 65_537;
/// Candidates for a prime are sieved by the primes below this.
const SMALL: usize = 1 << 15;
/// How far from its random beginning a prime is looked for.
const REACH: u64 = 1 << 14;

/// Which key it is of all there could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyName {
    pub(crate) bits: usize,
    pub(crate) number: u64,
}

impl KeyName {
    /// The key itself; `None` where no key could be made, which only a size that was never allowed brings about.
    pub(super) fn key(self) -> Option<Arc<RsaPrivateKey>> {
        static MADE: Mutex<BTreeMap<KeyName, Arc<RsaPrivateKey>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = made.get(&self) {
            return Some(key.clone());
        }
        let key = Arc::new(self.make()?);
        made.insert(self, key.clone());
        Some(key)
    }

    fn make(self) -> Option<RsaPrivateKey> {
        let mut dice = Dice::new(&format!("key/{}/{}", self.bits, self.number));
        let small = small_primes();
        let mut prime = || prime(&mut dice, self.bits / 2, &small);
        RsaPrivateKey::from_p_q(prime(), prime(), BigUint::from(EXPONENT)).ok()
    }
}

/// The odd primes below [`SMALL`].
fn small_primes() -> Vec<u64> {
    let mut is_prime = vec![true; SMALL];
    for number in 2..SMALL {
        if is_prime[number] {
            (number * number..SMALL).step_by(number).for_each(|multiple| is_prime[multiple] = false);
        }
    }
    (3..SMALL).filter(|number| is_prime[*number]).map(|number| number as u64).collect()
}

/// A prime of so many bits, the highest two of them set.
fn prime(dice: &mut Dice, bits: usize, small: &[u64]) -> BigUint {
    loop {
        let mut bytes = vec![0; bits / 8];
        dice.fill_bytes(&mut bytes);
        bytes[0] |= 0b1100_0000;
        bytes[bits / 8 - 1] |= 1;
        let start = BigUint::from_bytes_be(&bytes);
        let rests: Vec<u64> = small.iter().map(|prime| rest(&start, *prime)).collect();
        let is_candidate =
            |step: &u64| small.iter().zip(&rests).all(|(prime, rest)| !(rest + step).is_multiple_of(*prime));
        let mut candidates =
            (0..REACH).step_by(2).filter(is_candidate).map(|step| &start + BigUint::from(step));
        if let Some(prime) = candidates.find(is_prime) {
            return prime;
        }
    }
}

fn rest(number: &BigUint, divisor: u64) -> u64 {
    (number % BigUint::from(divisor)).to_bytes_be().iter().fold(0, |rest, byte| rest << 8 | u64::from(*byte))
}

/// Fermat's test to the base two, which no number chosen by dice is known to fool; and fit for the exponent.
fn is_prime(number: &BigUint) -> bool {
    let one = BigUint::from(1_u32);
    let below = number - &one;
    BigUint::from(2_u32).modpow(&below, number) == one && rest(&below, u64::from(EXPONENT)) != 0
}

/// Chances for the arithmetic, the same every time.
struct Dice(Chance);

impl Dice {
    fn new(name: &str) -> Self {
        Self(Chance::new(hashed(name, 0xCBF2_9CE4_8422_2325)))
    }
}

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        impls::fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Dice {}

/// A way to sign a digest with an RSA key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Algorithm {
    is_pss: bool,
    bits: usize,
}

impl Algorithm {
    /// `RS256`, `PS384` and so on.
    pub(super) fn named(name: &str) -> Option<Algorithm> {
        let (is_pss, bits) = match name {
            "RS256" => (false, 256),
            "RS384" => (false, 384),
            "RS512" => (false, 512),
            "PS256" => (true, 256),
            "PS384" => (true, 384),
            "PS512" => (true, 512),
            _ => return None,
        };
        Some(Self { is_pss, bits })
    }

    /// How many bytes a digest has to have.
    pub(super) fn length(self) -> usize {
        self.bits / 8
    }

    /// Signs a digest of the right length.
    pub(super) fn sign(self, key: &RsaPrivateKey, digest: &[u8]) -> Option<Vec<u8>> {
        let mut dice = Dice::new("salt");
        match self.is_pss {
            true => key.sign_with_rng(&mut dice, self.pss(), digest).ok(),
            false => key.sign(self.pkcs1(), digest).ok(),
        }
    }

    /// Whether a signature of a digest is this key's.
    pub(super) fn verify(self, key: &RsaPrivateKey, digest: &[u8], signature: &[u8]) -> bool {
        let key = key.to_public_key();
        match self.is_pss {
            true => key.verify(self.pss(), digest, signature).is_ok(),
            false => key.verify(self.pkcs1(), digest, signature).is_ok(),
        }
    }

    fn pss(self) -> Pss {
        match self.bits {
            256 => Pss::new::<Sha256>(),
            384 => Pss::new::<Sha384>(),
            _ => Pss::new::<Sha512>(),
        }
    }

    fn pkcs1(self) -> Pkcs1v15Sign {
        match self.bits {
            256 => Pkcs1v15Sign::new::<Sha256>(),
            384 => Pkcs1v15Sign::new::<Sha384>(),
            _ => Pkcs1v15Sign::new::<Sha512>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rsa::traits::PublicKeyParts;

    use super::*;

    #[test]
    fn a_key_has_its_size_and_is_the_same_every_time_it_is_made() {
        let name = KeyName { bits: 2_048, number: 1 };
        let (once, again) = (name.make().unwrap(), name.make().unwrap());
        assert_eq!(once.size(), 256);
        assert_eq!(once, again);
        assert!(once.validate().is_ok());
    }

    #[test]
    fn every_algorithm_signs_what_it_then_verifies_and_nothing_else() {
        let key = KeyName { bits: 2_048, number: 1 }.key().unwrap();
        for name in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
            let algorithm = Algorithm::named(name).unwrap();
            let (digest, other) = (vec![1; algorithm.length()], vec![2; algorithm.length()]);
            let signature = algorithm.sign(&key, &digest).unwrap();
            assert!(algorithm.verify(&key, &digest, &signature), "{name}");
            assert!(!algorithm.verify(&key, &other, &signature), "{name}");
        }
        assert_eq!(Algorithm::named("ES256"), None);
    }
}
