//! Names for new accounts: what a person is called, turned into what the directory will accept.
//!
//! An account needs a user principal name before it exists, and people are called Łukasz, Þóra and Παπαδόπουλος. Left to
//! itself the service refuses such letters or writes an underscore for each; administrators then type an address by hand,
//! each in their own way. Here one [`Pattern`] says how names are made, and the same person always gets the same name.
//!
//! ```
//! use directory::naming::{Collision, Pattern, PersonName, candidates, mail_nickname, user_principal_name};
//!
//! let name = PersonName { given: "Gerhart", middle: None, surname: "Möller", language: Some("de-AT") };
//! let pattern: Pattern = "{given}.{surname}@contoso.com".parse()?;
//! assert_eq!(user_principal_name(&pattern, &name)?, "gerhart.moeller@contoso.com");
//! assert_eq!("{surname}, {given}".parse::<Pattern>()?.display(&name), "Möller, Gerhart");
//!
//! let taken = ["gerhart.moeller@contoso.com"];
//! let mut names = candidates(&pattern, Collision::Number, &name)?;
//! let free = names.find(|upn| !taken.contains(&upn.as_str())).ok_or_else(|| names.why_no_more())?;
//! assert_eq!(free, "gerhart.moeller2@contoso.com");
//! assert_eq!(mail_nickname(None, &free)?, "gerhart.moeller2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is read or written here: whether a name is taken, and whether a domain is verified, is for whoever asks. Nor is
//! a pronunciation guessed: scripts that leave out vowels give their consonants, kanji without a reading give an error,
//! and who wants better gives an explicit user principal name.

mod candidates;
mod error;
mod pattern;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod transliterate;
mod upn;

pub use candidates::{Candidates, Collision, candidates};
pub use error::{NameError, PatternError};
pub use pattern::Pattern;
pub use upn::{mail_nickname, user_principal_name};

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// What a person is called, as the personnel system has it: any script, composed or decomposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonName<'a> {
    /// The given name or names (`givenName`).
    pub given: &'a str,
    /// The middle name or names, where there are any; blank is the same as none.
    pub middle: Option<&'a str>,
    /// The family name (`surname`).
    pub surname: &'a str,
    /// The person's language as a BCP 47 tag such as `de-CH` (`preferredLanguage`); it decides how letters are
    /// written in ASCII where languages differ: `ö` is `oe` in German and `o` in Swedish.
    pub language: Option<&'a str>,
}

/// One of the three parts of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Given,
    Middle,
    Surname,
}

impl Part {
    const ALL: [Self; 3] = [Self::Given, Self::Middle, Self::Surname];

    /// What a pattern calls it.
    fn placeholder(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Middle => "middle",
            Self::Surname => "surname",
        }
    }

    /// What a request calls it.
    fn pointer(self) -> &'static str {
        match self {
            Self::Given => "/givenName",
            Self::Middle => "/middleName",
            Self::Surname => "/surname",
        }
    }

    /// What a person calls it.
    fn in_words(self) -> &'static str {
        match self {
            Self::Given => "given name",
            Self::Middle => "middle name",
            Self::Surname => "surname",
        }
    }

    fn of<'a>(self, name: &PersonName<'a>) -> &'a str {
        match self {
            Self::Given => name.given,
            Self::Middle => name.middle.unwrap_or_default(),
            Self::Surname => name.surname,
        }
    }
}

/// Whether two spellings are of one name: upper and lower case, hyphens and the letters of a language aside.
///
/// ```
/// use directory::naming::is_same;
///
/// assert!(is_same("Müller-Lüdenscheidt", "MUELLER LUEDENSCHEIDT", Some("de")));
/// assert!(!is_same("Cortez", "Vance", None));
/// ```
#[must_use]
pub fn is_same(one: &str, other: &str, language: Option<&str>) -> bool {
    let letters = |text| transliterate::words(text, language).concat().replace('-', "");
    let (ours, theirs) = (letters(one), letters(other));
    match ours.is_empty() && theirs.is_empty() {
        true => nfc(one.trim()).to_lowercase() == nfc(other.trim()).to_lowercase(),
        false => ours == theirs,
    }
}

/// Normalisation form C, so that `ö` in one code point and in two is the same letter to everything that follows.
fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}
