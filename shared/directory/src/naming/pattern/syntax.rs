//! How a pattern is written: read strictly, and read back as it was written.

use std::fmt;
use std::str::FromStr;

use super::super::error::Flaw;
use super::super::{Part, PatternError};
use super::{Pattern, Piece, Placeholder, Take};

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(Flaw::Empty.into());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, after) = first_piece(rest)?;
            pieces.push(piece);
            rest = after;
        }
        Ok(Self(pieces))
    }
}

fn first_piece(text: &str) -> Result<(Piece, &str), Flaw> {
    if let Some(inside) = text.strip_prefix('{') {
        let (inside, after) = inside.split_once('}').ok_or(Flaw::Unclosed)?;
        return Ok((Piece::Name(inside.parse()?), after));
    }
    match text.find(['{', '}']).unwrap_or(text.len()) {
        0 => Err(Flaw::Unopened),
        end => Ok((Piece::Text(text[..end].to_owned()), &text[end..])),
    }
}

impl FromStr for Placeholder {
    type Err = Flaw;

    fn from_str(inside: &str) -> Result<Self, Flaw> {
        if inside.contains('{') {
            return Err(Flaw::Unclosed);
        }
        let (name, take) = inside.split_once(':').map_or((inside, None), |(name, take)| (name, Some(take)));
        let known = |part: &Part| part.placeholder() == name;
        let part = Part::ALL.into_iter().find(known).ok_or_else(|| Flaw::Unknown(name.to_owned()))?;
        let take = match take {
            None => Take::All,
            Some("-") => Take::Joined('-'),
            Some(".") => Take::Joined('.'),
            Some(number) => match number.parse() {
                Ok(letters @ 1..=64) => Take::First(letters),
                _ => return Err(Flaw::Option(name.to_owned(), number.to_owned())),
            },
        };
        Ok(Self { part, take })
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Name(placeholder) => placeholder.fmt(f),
        })
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part.placeholder();
        match self.take {
            Take::All => write!(f, "{{{part}}}"),
            Take::First(letters) => write!(f, "{{{part}:{letters}}}"),
            Take::Joined(joiner) => write!(f, "{{{part}:{joiner}}}"),
        }
    }
}
