//! Query options: what stands after the question mark, read once and strictly.
//!
//! Values are percent-decoded exactly once, a plus is a space, an option may come only once. What an address allows is
//! the route's business; what a property allows is [`check`]'s.

pub(crate) mod check;
pub(crate) mod eval;
pub(crate) mod lex;
pub(crate) mod parse;

use percent_encoding::percent_decode_str;

use crate::refusal::{Refusal, bad_request, malformed, unknown_here, unsupported_query};
use parse::Expr;

const KNOWN: [&str; 10] = [
    "$select",
    "$filter",
    "$top",
    "$count",
    "$orderby",
    "$search",
    "$expand",
    "$skiptoken",
    "$skip",
    "$deltatoken",
];

/// `$expand=manager($levels=max;$select=id,displayName)`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expand {
    pub(crate) name: String,
    pub(crate) select: Option<Vec<String>>,
    pub(crate) levels: Option<String>,
}

/// One condition of `$search`: `"displayName:adele"`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    pub(crate) property: String,
    pub(crate) text: String,
    /// Whether it is joined to the one before by `OR`.
    pub(crate) or: bool,
}

/// The options of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Query {
    pub(crate) select: Option<Vec<String>>,
    pub(crate) filter: Option<Expr>,
    pub(crate) top: Option<usize>,
    pub(crate) count: bool,
    /// Property, and whether descending.
    pub(crate) orderby: Vec<(String, bool)>,
    pub(crate) search: Vec<Term>,
    pub(crate) expand: Vec<Expand>,
    pub(crate) skip_token: Option<String>,
    /// Name and decoded value of each option, in the order given.
    pub(crate) given: Vec<(String, String)>,
}

impl Query {
    /// Reads what stands after the question mark.
    pub(crate) fn parse(raw: &str) -> Result<Query, Refusal> {
        let mut query = Query::default();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.add(canonical(&decoded(name)?)?, decoded(value)?)?;
        }
        Ok(query)
    }

    /// The same of options that were read before.
    pub(crate) fn of(given: &[(String, String)]) -> Result<Query, Refusal> {
        let mut query = Query::default();
        given.iter().try_for_each(|(name, value)| query.add(name.clone(), value.clone()))?;
        Ok(query)
    }

    /// Refuses options the address does not support.
    pub(crate) fn only(&self, allowed: &[&str]) -> Result<(), Refusal> {
        match self.given.iter().find(|(name, _)| !allowed.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) if name == "$skip" => {
                Err(bad_request("'$skip' is not supported by the service."))
            }
            Some((name, _)) => Err(malformed(format!("The query parameter '{name}' is not supported."))),
        }
    }

    /// Whether a property is selected, or filtered by.
    pub(crate) fn mentions(&self, property: &str) -> bool {
        let filtered = self.filter.as_ref().is_some_and(|filter| filter.properties().contains(&property));
        filtered || self.selects(property)
    }

    /// Whether a property is selected by its name.
    pub(crate) fn selects(&self, property: &str) -> bool {
        self.select.iter().flatten().any(|name| name == property)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        if self.has(&name) {
            let message = format!(
                "Query option '{name}' was specified more than once, but it must be specified at most once."
            );
            return Err(malformed(message));
        }
        match name.as_str() {
            "$select" => self.select = Some(names(&value)?),
            "$filter" => self.filter = Some(parse::filter(&value)?),
            "$top" => self.top = Some(top(&value)?),
            "$count" => self.count = truth(&value)?,
            "$orderby" => self.orderby = orders(&value)?,
            "$search" => self.search = terms(&value)?,
            "$expand" => self.expand = expands(&value)?,
            "$skiptoken" => self.skip_token = Some(value.clone()),
            _ => {}
        }
        self.given.push((name, value));
        Ok(())
    }
}

/// Percent-decoded once; a plus is a space.
fn decoded(text: &str) -> Result<String, Refusal> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| malformed("The query string is not valid UTF-8."))
}

/// The dollar sign may be left out.
fn canonical(name: &str) -> Result<String, Refusal> {
    let lower = name.to_ascii_lowercase();
    let with_dollar = if lower.starts_with('$') { lower } else { format!("${lower}") };
    match KNOWN.iter().find(|known| **known == with_dollar) {
        Some(known) => Ok((*known).to_owned()),
        None if name.starts_with('$') => {
            Err(malformed(format!("The query parameter '{name}' is not supported.")))
        }
        None => Err(unknown_here(format!("the query parameter '{name}'"))),
    }
}

fn names(value: &str) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = value.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(malformed(
            "Parsing OData Select and Expand failed: Term '' is not valid in a $select or $expand expression.",
        ));
    }
    Ok(names)
}

fn top(value: &str) -> Result<usize, Refusal> {
    let number = value.parse::<i64>().map_err(|_| {
        malformed(format!("Invalid value '{value}' for $top query option found. The $top query option requires a non-negative integer value."))
    })?;
    let allowed = usize::try_from(number).ok().filter(|number| (1..=999).contains(number));
    allowed.ok_or_else(|| {
        unsupported_query(format!(
            "Invalid page size specified: '{number}'. Must be between 1 and 999 inclusive."
        ))
    })
}

fn truth(value: &str) -> Result<bool, Refusal> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(malformed(format!(
            "Invalid value '{value}' for $count query option found. Valid values are 'true' and 'false'."
        ))),
    }
}

fn orders(value: &str) -> Result<Vec<(String, bool)>, Refusal> {
    value.split(',').map(str::trim).map(order).collect()
}

fn order(clause: &str) -> Result<(String, bool), Refusal> {
    match clause.split_whitespace().collect::<Vec<_>>()[..] {
        [name] | [name, "asc"] => Ok((name.to_owned(), false)),
        [name, "desc"] => Ok((name.to_owned(), true)),
        _ => Err(malformed(format!("Syntax error in '$orderby={clause}'."))),
    }
}

fn terms(value: &str) -> Result<Vec<Term>, Refusal> {
    let wrong =
        || malformed(format!("Syntax error: the $search clause '{value}' has to be \"property:text\"."));
    let pieces: Vec<&str> = value.split('"').map(str::trim).collect();
    let (mut terms, mut or) = (Vec::new(), false);
    for (number, piece) in pieces.iter().enumerate() {
        match (number % 2, *piece) {
            (0, "" | "AND") => {}
            (0, "OR") => or = true,
            (0, _) => return Err(wrong()),
            _ => {
                let (property, text) = piece.split_once(':').ok_or_else(wrong)?;
                terms.push(Term { property: property.to_owned(), text: text.to_lowercase(), or });
                or = false;
            }
        }
    }
    if terms.is_empty() { Err(wrong()) } else { Ok(terms) }
}

fn expands(value: &str) -> Result<Vec<Expand>, Refusal> {
    let (mut depth, mut from, mut clauses) = (0_i32, 0, Vec::new());
    for (at, character) in value.char_indices() {
        depth += i32::from(character == '(') - i32::from(character == ')');
        if character == ',' && depth == 0 {
            clauses.push(&value[from..at]);
            from = at + 1;
        }
    }
    clauses.push(&value[from..]);
    clauses.into_iter().map(|clause| expand(clause.trim())).collect()
}

fn expand(clause: &str) -> Result<Expand, Refusal> {
    let wrong = || malformed(format!("Parsing OData Select and Expand failed: Syntax error in '{clause}'."));
    let (name, inside) = match clause.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')').ok_or_else(wrong)?),
        None => (clause, ""),
    };
    let mut expand = Expand { name: name.to_owned(), select: None, levels: None };
    for option in inside.split(';').filter(|option| !option.is_empty()) {
        match option.split_once('=').ok_or_else(wrong)? {
            ("$select", value) => expand.select = Some(names(value)?),
            ("$levels", value) => expand.levels = Some(value.to_owned()),
            _ => return Err(wrong()),
        }
    }
    Ok(expand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_exactly_once() {
        let query = Query::parse("$filter=displayName%20eq%20'100%2525'&$count=true").unwrap();
        assert_eq!(query.given[0].1, "displayName eq '100%25'");
    }

    #[test]
    fn strange_options_are_refused() {
        let table = [
            ("$top=0", "Request_UnsupportedQuery"),
            ("$top=x", "BadRequest"),
            ("$select=id&$select=mail", "BadRequest"),
            ("$apply=x", "BadRequest"),
            ("colour=red", "NotImplemented"),
        ];
        for (raw, code) in table {
            assert_eq!(Query::parse(raw).unwrap_err().code, code, "{raw}");
        }
    }

    #[test]
    fn expands_may_carry_their_own_select() {
        let query = Query::parse("$expand=manager($levels=max;$select=id,displayName),memberOf").unwrap();
        assert_eq!(query.expand[0].select.as_deref(), Some(&["id".to_owned(), "displayName".to_owned()][..]));
        assert_eq!(query.expand[1].name, "memberOf");
    }
}
