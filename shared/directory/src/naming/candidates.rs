//! What to try when a name is taken.
//!
//! Two people called Adele Vance is an ordinary day, and each organisation has its own answer. The names are offered in
//! order; who asks takes the first that is free. Nothing here knows which are taken, and a taken name alone never says
//! whether it is somebody else's or the same person's from an earlier run: that is to be settled before.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::upn::{LOCAL_PART, cut, split, user_principal_name};
use super::{NameError, Part, Pattern, PersonName};

/// From the second of a name to where a person should look at it: three digits.
const NUMBERS: RangeInclusive<u16> = 2..=999;
const DIGITS: usize = 3;

/// What to do when a user principal name is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Collision {
    /// Offer no other name.
    #[default]
    Refuse,
    /// `adele.vance2`, `adele.vance3` and so on to 999.
    Number,
    /// With the middle initial after the given name, `adele.m.vance`; then no other.
    Initial,
}

/// The names to try for a person: the plain one first, then what `collision` allows, each once.
///
/// # Errors
/// When there is not even a first name to try: those of [`user_principal_name`].
pub fn candidates(
    pattern: &Pattern,
    collision: Collision,
    name: &PersonName<'_>,
) -> Result<Candidates, NameError> {
    let plain = user_principal_name(pattern, name)?;
    let (others, why_no_more) = match collision {
        Collision::Refuse => (Others::Single(None), NameError::upn(Problem::Taken)),
        Collision::Number => (Others::Numbered(NUMBERS), NameError::upn(Problem::NumbersTaken)),
        Collision::Initial => match with_initial(pattern, name) {
            Ok(upn) => (Others::Single(Some(upn)), NameError::upn(Problem::InitialTaken)),
            Err(why) => (Others::Single(None), why),
        },
    };
    Ok(Candidates { next: Some(plain.clone()), plain, others, why_no_more })
}

fn with_initial(pattern: &Pattern, name: &PersonName<'_>) -> Result<String, NameError> {
    let pattern = pattern.with_middle_initial().map_err(NameError::upn)?;
    let no_middle_name = || NameError::new(Part::Middle.pointer(), Problem::NoMiddleName);
    if Part::Middle.of(name).trim().is_empty() {
        return Err(no_middle_name());
    }
    // The plain name was fine, so it can only be the middle name that is not.
    user_principal_name(&pattern, name).map_err(|_| no_middle_name())
}

/// The names to try, in order; made by [`candidates`].
#[derive(Clone, Debug)]
pub struct Candidates {
    plain: String,
    next: Option<String>,
    others: Others,
    why_no_more: NameError,
}

#[derive(Clone, Debug)]
enum Others {
    Single(Option<String>),
    Numbered(RangeInclusive<u16>),
}

impl Candidates {
    /// What to tell the caller when all of them are taken: why there is no other, and what would help.
    #[must_use]
    pub fn why_no_more(&self) -> NameError {
        self.why_no_more.clone()
    }

    fn other(&mut self) -> Option<String> {
        match &mut self.others {
            Others::Single(upn) => upn.take(),
            Others::Numbered(numbers) => numbers.next().map(|number| numbered(&self.plain, number)),
        }
    }
}

impl Iterator for Candidates {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if let Some(plain) = self.next.take() {
            return Some(plain);
        }
        loop {
            // A name at the limit may come out as it went in, once it is cut.
            let other = self.other()?;
            if !other.eq_ignore_ascii_case(&self.plain) {
                return Some(other);
            }
        }
    }
}

/// The name with a number; a long name is cut for all numbers alike, so that no two come out the same.
fn numbered(upn: &str, number: u16) -> String {
    let (local, domain) = split(upn).unwrap_or((upn, ""));
    format!("{}{number}@{domain}", cut(local, LOCAL_PART - DIGITS))
}
