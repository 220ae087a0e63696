//! How an organisation makes names, as data: `{given}.{surname}@contoso.com`.
//!
//! There are three placeholders, `{given}`, `{middle}` and `{surname}`. After a colon stands how much of the part to take
//! (`{given:1}`, its first letter) or what its spaces become (`{surname:-}` makes `van-der-berg`, `{surname:.}` makes
//! `van.der.berg`). Unasked, spaces go from an address (`vanderberg`) and stay in a display name.
//!
//! There are no conditions. The one courtesy: a middle name that is not there takes one separator with it, so that
//! `{given}.{middle:1}.{surname}` fits everybody.

mod syntax;

use std::convert::Infallible;

use serde::Deserialize;

use super::error::Problem;
use super::{Part, PersonName, nfc};

/// The most characters a display name can have ("user resource type", Microsoft Graph).
const DISPLAY_NAME: usize = 256;

/// What may stand between two parts of a name and makes no sense without one of them.
const SEPARATORS: [char; 4] = ['.', '-', '_', ' '];

/// A pattern for names, or plain text where there is nothing to fill in.
///
/// ```
/// # use directory::naming::{Pattern, PersonName};
/// let pattern: Pattern = "{given} {middle:1}. {surname}".parse()?;
/// let mut name = PersonName { given: "Adele", middle: Some("Maria"), surname: "Vance", language: None };
/// assert_eq!(pattern.display(&name), "Adele M. Vance");
/// name.middle = None;
/// assert_eq!(pattern.display(&name), "Adele Vance");
/// assert!("{firstname}".parse::<Pattern>().is_err());
/// # Ok::<(), directory::naming::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(Placeholder),
}

/// One `{…}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    pub(super) part: Part,
    take: Take,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    All,
    First(u8),
    Joined(char),
}

impl Pattern {
    /// The display name: every part as written, spaces folded, at most 256 characters.
    ///
    /// A character is counted as the service counts it, in UTF-16 code units, and is never cut in two.
    #[must_use]
    pub fn display(&self, name: &PersonName<'_>) -> String {
        let Ok(text) = self.fill(|placeholder| {
            let part = nfc(placeholder.part.of(name));
            Ok::<_, Infallible>(placeholder.shorten(part.split_whitespace(), " "))
        });
        let folded =
            text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        cut_display_name(&folded.collect::<Vec<_>>().join(" "))
    }

    /// Puts what `part` makes of each placeholder in its place; what comes out empty takes one separator with it.
    pub(super) fn fill<E>(&self, part: impl Fn(&Placeholder) -> Result<String, E>) -> Result<String, E> {
        let mut filled = String::new();
        let mut missing = false;
        for piece in &self.0 {
            match piece {
                Piece::Name(placeholder) => {
                    let part = part(placeholder)?;
                    missing = part.is_empty();
                    filled.push_str(&part);
                }
                Piece::Text(text) if std::mem::take(&mut missing) => push_after_gap(&mut filled, text),
                Piece::Text(text) => filled.push_str(text),
            }
        }
        if missing {
            trim_separators(&mut filled);
        }
        Ok(filled)
    }

    /// The text, where there is nothing to fill in.
    pub(super) fn plain_text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What stands after the `@`, which is never filled in.
    pub(super) fn domain(&self) -> Option<&str> {
        match self.0.last() {
            Some(Piece::Text(text)) => text.split_once('@').map(|(_, domain)| domain),
            _ => None,
        }
    }

    /// The same pattern with the middle initial after the given name, and the given name's own separator between them.
    pub(super) fn with_middle_initial(&self) -> Result<Self, Problem> {
        if self.position(Part::Middle).is_some() {
            return Err(Problem::InitialHeld);
        }
        let given = self.position(Part::Given).ok_or(Problem::NoPlaceForInitial)?;
        let after = self.0.get(given + 1).and_then(|piece| piece.text()?.chars().next());
        let before = given.checked_sub(1).and_then(|before| self.0[before].text()?.chars().next_back());
        let separator = [after, before].into_iter().flatten().find(|c| SEPARATORS.contains(c));
        let initial = Piece::Name(Placeholder { part: Part::Middle, take: Take::First(1) });
        let mut pieces = self.0.clone();
        pieces.splice(
            given + 1..given + 1,
            separator.map(|c| Piece::Text(c.into())).into_iter().chain([initial]),
        );
        Ok(Self(pieces))
    }

    fn position(&self, part: Part) -> Option<usize> {
        self.0.iter().position(|piece| matches!(piece, Piece::Name(placeholder) if placeholder.part == part))
    }
}

impl Piece {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Name(_) => None,
        }
    }
}

impl Placeholder {
    /// As much of a part as is asked for; `joiner` stands between its words unless the pattern says otherwise.
    pub(super) fn shorten(self, words: impl Iterator<Item = impl AsRef<str>>, joiner: &str) -> String {
        let words: Vec<_> = words.collect();
        let joined = |joiner: &str| words.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(joiner);
        match self.take {
            Take::All => joined(joiner),
            Take::Joined(own) => joined(own.encode_utf8(&mut [0; 4])),
            Take::First(letters) => {
                let first: String = joined(joiner).chars().take(letters.into()).collect();
                first.trim_end_matches(SEPARATORS).to_owned()
            }
        }
    }
}

/// Appends the text after a part that is not there, without the separator that belonged to it; where none follows, the one
/// before it goes.
fn push_after_gap(filled: &mut String, text: &str) {
    let rest = text.trim_start_matches(SEPARATORS);
    if rest.len() == text.len() {
        trim_separators(filled);
    }
    filled.push_str(rest);
}

fn trim_separators(text: &mut String) {
    text.truncate(text.trim_end_matches(SEPARATORS).len());
}

fn cut_display_name(text: &str) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= DISPLAY_NAME
    };
    text.chars().take_while(fits).collect::<String>().trim_end().to_owned()
}
