//! What can be wrong with a name or a pattern, in words that say what would be right.
//!
//! No message repeats a person's name: messages find their way into logs.

use thiserror::Error;

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(transparent)]
pub struct PatternError(#[from] Flaw);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Flaw {
    #[error("the pattern is empty; a pattern is something like {{given}}.{{surname}}@contoso.com")]
    Empty,
    #[error("a {{ in the pattern is not closed; a placeholder is written {{given}}")]
    Unclosed,
    #[error("a }} in the pattern closes nothing; a placeholder is written {{given}}")]
    Unopened,
    #[error("{{{0}}} is not a placeholder; there are {{given}}, {{middle}} and {{surname}}")]
    Unknown(String),
    #[error(
        "{{{0}:{1}}} is not understood; after the colon stands how many letters to take, from 1 to 64, \
         or - or . to stand for spaces"
    )]
    Option(String, String),
}

/// A name that cannot be made, or cannot be used.
///
/// [`pointer`](Self::pointer) says which field of the request to mend.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct NameError {
    pointer: &'static str,
    problem: Problem,
}

impl NameError {
    pub(super) fn new(pointer: &'static str, problem: Problem) -> Self {
        Self { pointer, problem }
    }

    pub(super) fn upn(problem: Problem) -> Self {
        Self::new("/userPrincipalName", problem)
    }

    /// The field to mend, as a JSON pointer: `/givenName`, `/middleName`, `/surname`, `/userPrincipalName` or
    /// `/mailNickname`.
    #[must_use]
    pub fn pointer(&self) -> &'static str {
        self.pointer
    }

    /// Whether every name there was to offer is held by somebody else.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        use Problem::{InitialHeld, InitialTaken, NoMiddleName, NoPlaceForInitial, NumbersTaken, Taken};
        matches!(
            self.problem,
            Taken | NumbersTaken | InitialTaken | InitialHeld | NoMiddleName | NoPlaceForInitial
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Problem {
    #[error("the {0} is empty, and the pattern needs it; fill it in, or give an explicit userPrincipalName")]
    Empty(&'static str),
    #[error("the {0} has nothing that can be written as an address; give an explicit userPrincipalName")]
    Unusable(&'static str),
    #[error(
        "the {0} is written in Chinese characters, whose reading in this language cannot be known; \
         give an explicit userPrincipalName"
    )]
    Reading(&'static str),

    #[error("a user principal name is a name, an @ and a domain, such as adele.vance@contoso.com")]
    NoDomain,
    #[error("nothing stands before the @; it should look like adele.vance@contoso.com")]
    NoLocalPart,
    #[error("{0:?} cannot be used before the @; allowed are A-Z a-z 0-9 ' . - _ ! # ^ ~")]
    Character(char),
    #[error("a dot may not come first, last, or straight after another dot")]
    Dot,
    #[error("more than 64 characters stand before the @; shorten the name")]
    LongLocalPart,
    #[error("the domain is longer than 48 characters")]
    LongDomain,
    #[error("the domain is not one; it should look like contoso.com, in the letters a-z, digits and hyphens")]
    Domain,

    #[error("the mail nickname is empty; give one, or leave the field out")]
    NoNickname,
    #[error("{0:?} cannot be used in a mail nickname; use ASCII without @ ( ) \\ [ ] \" ; : < > , and space")]
    NicknameCharacter(char),
    #[error("a mail nickname has at most 64 characters")]
    LongNickname,

    #[error("the user principal name is taken; give another one")]
    Taken,
    #[error("the user principal name is taken with every number up to 999; give another one")]
    NumbersTaken,
    #[error("the user principal name is taken, with the middle initial too; give another one")]
    InitialTaken,
    #[error(
        "the user principal name is taken, and its pattern holds the middle name already; give another one"
    )]
    InitialHeld,
    #[error(
        "the user principal name is taken, and there is no middle name whose initial would tell the two apart; \
         give a middleName, or another userPrincipalName"
    )]
    NoMiddleName,
    #[error(
        "the user principal name is taken, and a middle initial has no place in it, \
         for it is not made from {{given}}; give another one"
    )]
    NoPlaceForInitial,
}
