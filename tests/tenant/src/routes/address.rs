//! Takes a path apart: percent-decoded once per segment, empty segments skipped, `users('x')` read as `users/x`.

use percent_encoding::percent_decode_str;

use crate::refusal::{Refusal, malformed};

/// What stood in the place of a brace: a plain value, or an alternate key and its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) key: Option<String>,
    pub(crate) value: String,
}

impl Param {
    /// The value, where no alternate key is understood.
    pub(crate) fn plain(self) -> Result<String, Refusal> {
        match self.key {
            None => Ok(self.value),
            Some(key) => Err(malformed(format!("The key '{key}' is not supported here."))),
        }
    }
}

/// A segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Name(String),
    Key(Param),
}

/// The segments of a path.
pub(crate) fn segments(path: &str) -> Result<Vec<Segment>, Refusal> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let decoded =
            percent_decode_str(raw).decode_utf8().map_err(|_| malformed("The path is not valid UTF-8."))?;
        match keyed(&decoded) {
            Some((name, key)) => segments.extend([Segment::Name(name), Segment::Key(key)]),
            None => segments.push(Segment::Name(decoded.into_owned())),
        }
    }
    Ok(segments)
}

/// `users('o''neil@contoso.com')` and `groups(uniqueName='sales')`
fn keyed(segment: &str) -> Option<(String, Param)> {
    let (name, inside) = segment.strip_suffix("')")?.split_once('(')?;
    let (key, quoted) = inside.split_once('\'')?;
    let value = quoted.replace("''", "'");
    let key = (!key.is_empty()).then(|| key.trim_end_matches('=').to_owned());
    Some((name.to_owned(), Param { key, value }))
}

/// `microsoft.graph.group`, or `graph.group` as Microsoft's generated clients write it.
fn is_cast(name: &str) -> bool {
    name.starts_with("microsoft.graph.") || name.starts_with("graph.")
}

/// What stands in the place of a pattern's braces, if the path fits.
pub(crate) fn fit(pattern: &str, segments: &[Segment]) -> Option<Vec<Param>> {
    let mut params = Vec::new();
    let mut wanted = pattern.split('/').filter(|piece| !piece.is_empty());
    for segment in segments {
        match (wanted.next()?, segment) {
            ("{}", Segment::Key(key)) => params.push(key.clone()),
            ("{}", Segment::Name(name)) if !is_word(name) => params.push(plain(name)),
            ("{cast}", Segment::Name(name)) if is_cast(name) => params.push(plain(name)),
            (literal, Segment::Name(name)) if literal.eq_ignore_ascii_case(name) => {}
            _ => return None,
        }
    }
    wanted.next().is_none().then_some(params)
}

/// Segments with a meaning of their own, which are nobody's id.
fn is_word(name: &str) -> bool {
    name.starts_with('$') || is_cast(name) || matches!(name, "delta" | "delta()")
}

fn plain(name: &str) -> Param {
    Param { key: None, value: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pattern: &str, path: &str) -> Option<Vec<String>> {
        fit(pattern, &segments(path).unwrap())
            .map(|params| params.into_iter().map(|param| param.value).collect())
    }

    #[test]
    fn addresses_fit_patterns() {
        let table = [
            ("/users/{}", "/users/AdeleV@contoso.com", Some("AdeleV@contoso.com")),
            ("/users/{}", "//users/x", Some("x")),
            ("/users/{}", "/users('it''s@contoso.com')", Some("it's@contoso.com")),
            ("/users/{}", "/users/x%23EXT%23@contoso.com", Some("x#EXT#@contoso.com")),
            ("/users/{}", "/users/$count", None),
            ("/users/{}/memberOf/{cast}", "/users/x/memberOf/microsoft.graph.group", Some("x")),
            ("/users/{}/memberOf/{cast}", "/users/x/memberOf/graph.group", Some("x")),
            ("/users/{}", "/users/delta", None),
            ("/users/{}", "/users", None),
            ("/users", "/users/x", None),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(
                params(pattern, path).and_then(|all| all.first().cloned()).as_deref(),
                expected,
                "{path}"
            );
        }
    }

    #[test]
    fn a_path_is_decoded_exactly_once() {
        assert_eq!(segments("/users/100%2525").unwrap()[1], Segment::Name("100%25".into()));
    }
}
