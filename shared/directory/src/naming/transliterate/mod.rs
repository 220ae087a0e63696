//! Names of the world in the letters of an address.
//!
//! The ground is `any_ascii`, which knows a spelling for nearly every letter there is but looks at one at a time and knows
//! no languages. What it cannot know is corrected before it: [`latin`] by the person's language, [`cyrillic`] by the
//! spelling of passports, [`greek`] by its digraphs.
//!
//! ```text
//! "Müller-Lüdenscheidt", de   mueller-luedenscheidt
//! "Юлия", ru                  iuliia
//! "Ευαγγελία"                 evangelia
//! "王芳", zh                   wangfang
//! ```
//!
//! Vowels that a script does not write are not guessed (`محمد` is `mhmd`), and Chinese characters are read as Mandarin.

mod cyrillic;
mod greek;
mod latin;
#[cfg(test)]
mod tests;

use super::{PersonName, nfc};

/// The words of a name in `a-z`, `0-9` and the hyphens of double names; words that yield nothing are left out.
pub(super) fn words(text: &str, language: Option<&str>) -> Vec<String> {
    let language = primary(language);
    let spelled = nfc(text).to_lowercase();
    spelled
        .split_whitespace()
        .map(|word| hyphenated(word, &language))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether a name is written in Chinese characters by somebody who does not read them as Chinese: 田中 is Tanaka, which
/// no table of letters can know.
pub(super) fn has_unknown_reading(text: &str, name: &PersonName<'_>) -> bool {
    let japanese = || [name.given, name.surname].iter().any(|part| part.chars().any(is_kana));
    text.chars().any(is_han) && (matches!(primary(name.language).as_str(), "ja" | "ko") || japanese())
}

/// The language without region and script: `de` of `de-CH`.
fn primary(tag: Option<&str>) -> String {
    tag.and_then(|tag| tag.trim().split(['-', '_']).next()).unwrap_or_default().to_ascii_lowercase()
}

fn hyphenated(word: &str, language: &str) -> String {
    let parts = word.split(is_hyphen).map(|part| ascii(part, language)).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// One word; whatever is no letter or digit goes, apostrophes first of all.
fn ascii(word: &str, language: &str) -> String {
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut ascii = String::new();
    let mut at = 0;
    while at < letters.len() {
        let rest = &letters[at..];
        let (spelling, read) = greek::read(rest, at == 0)
            .or_else(|| cyrillic::read(rest, at == 0, language))
            .unwrap_or_else(|| (latin::spelling(rest[0], language), 1));
        ascii.push_str(spelling);
        at += read;
    }
    ascii.retain(|c| c.is_ascii_alphanumeric());
    ascii.make_ascii_lowercase();
    ascii
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{5be}' | '\u{fe63}' | '\u{ff0d}')
}

fn is_han(c: char) -> bool {
    matches!(c, '々' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}')
}
