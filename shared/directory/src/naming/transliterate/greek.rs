//! Greek as in Greek passports: ELOT 743 (ISO 843), transcription.
//!
//! Two letters often make one sound: `ου` is `ou`, `μπ` at the edge of a word `b`, and the `υ` of `αυ ευ ηυ` is `v`, or `f`
//! before a voiceless consonant and at the end. A stress on the first vowel or a diaeresis on the second keeps them apart.
//! Breathings and the other accents of polytonic spelling are dropped.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// A letter without its marks, and what the marks say.
#[derive(Clone, Copy)]
struct Letter {
    base: char,
    stressed: bool,
    parted: bool,
}

/// Reads one sound at the beginning of `rest`: its spelling and how many letters it took. `None`: no Greek letter.
pub(super) fn read(rest: &[char], start: bool) -> Option<(&'static str, usize)> {
    let first = letter(*rest.first()?)?;
    let second = rest.get(1).copied().and_then(letter);
    let pair = second.and_then(|second| match second.base {
        'υ' => vowels(first, second, rest.get(2).copied()),
        'π' if first.base == 'μ' => Some(if start || rest.len() == 2 { "b" } else { "mp" }),
        other if first.base == 'γ' => velar(other),
        _ => None,
    });
    pair.map(|spelling| (spelling, 2)).or_else(|| Some((single(first.base)?, 1)))
}

fn vowels(first: Letter, upsilon: Letter, next: Option<char>) -> Option<&'static str> {
    if first.stressed || upsilon.parted {
        return None;
    }
    let voiced = next.and_then(letter).is_some_and(|next| !"θκξπσςτφχψ".contains(next.base));
    Some(match (first.base, voiced) {
        ('ο', _) => "ou",
        ('α', true) => "av",
        ('α', false) => "af",
        ('ε', true) => "ev",
        ('ε', false) => "ef",
        ('η', true) => "iv",
        ('η', false) => "if",
        _ => return None,
    })
}

/// What follows a gamma makes it a nasal.
fn velar(second: char) -> Option<&'static str> {
    Some(match second {
        'γ' => "ng",
        'κ' => "gk",
        'ξ' => "nx",
        'χ' => "nch",
        _ => return None,
    })
}

fn single(base: char) -> Option<&'static str> {
    Some(match base {
        'α' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' => "e",
        'ζ' => "z",
        'η' | 'ι' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ω' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'υ' => "y",
        'φ' => "f",
        'χ' => "ch",
        'ψ' => "ps",
        _ => return None,
    })
}

fn letter(c: char) -> Option<Letter> {
    let mut decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize_iter(std::iter::once(c));
    let base = decomposed.next().filter(|base| matches!(base, 'α'..='ω'))?;
    let plain = Letter { base, stressed: false, parted: false };
    Some(decomposed.fold(plain, |letter, mark| match mark {
        '\u{300}' | '\u{301}' | '\u{342}' => Letter { stressed: true, ..letter },
        '\u{308}' => Letter { parted: true, ..letter },
        _ => letter,
    }))
}
