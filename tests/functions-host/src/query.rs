//! Query strings as .NET reads and writes them.
//!
//! Repeated names are joined with a comma, whatever the handler would have made of them: `a=1&a=2` is `a=1,2`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `Uri.EscapeDataString` leaves as it is, besides letters and digits.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Names and values in the order of first appearance.
pub(crate) fn joined(query: Option<&str>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs_of(query) {
        match pairs.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => pairs.push((name, value)),
        }
    }
    pairs
}

pub(crate) fn first(query: Option<&str>, name: &str) -> Option<String> {
    pairs_of(query).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub(crate) fn rebuilt(pairs: &[(String, String)]) -> String {
    let escaped = pairs.iter().map(|(name, value)| {
        format!("{}={}", utf8_percent_encode(name, UNRESERVED), utf8_percent_encode(value, UNRESERVED))
    });
    escaped.collect::<Vec<_>>().join("&")
}

fn pairs_of(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    let items = query.unwrap_or_default().split('&').filter(|item| !item.is_empty());
    items.map(|item| {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_are_joined_with_a_comma() {
        let pairs = joined(Some("a=1&b=x+y&A=2&c&%C3%A4=%26"));
        let shown: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["a=1,2", "b=x y", "c=", "ä=&"]);
        assert_eq!(rebuilt(&pairs), "a=1%2C2&b=x%20y&c=&%C3%A4=%26");
    }
}
