//! OData literals and the few `$filter` expressions we ask.
//!
//! ```
//! use graph::odata;
//! assert_eq!(odata::eq("displayName", "Patti's team"), "displayName eq 'Patti''s team'");
//! ```
//!
//! An expression is plain text until [`Request::query`](crate::Request::query) takes it and escapes it for the address.
//! This is no query builder: a filter that nobody here asks is not here.

use crate::id::SkuId;

/// A string literal: in single quotes, inner ones doubled.
pub fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// `property eq 'value'`.
pub fn eq(property: &str, value: &str) -> String {
    format!("{property} eq {}", text(value))
}

/// `startswith(property,'prefix')`.
pub fn starts_with(property: &str, prefix: &str) -> String {
    format!("startswith({property},{})", text(prefix))
}

/// `property/any(x:x eq 'value')`, for a collection of strings.
pub fn any_eq(property: &str, value: &str) -> String {
    format!("{property}/any(x:x eq {})", text(value))
}

/// `assignedLicenses/any(x:x/skuId eq guid)`: an `Edm.Guid` literal takes no quotes.
pub fn holds_sku(sku: &SkuId) -> String {
    format!("assignedLicenses/any(x:x/skuId eq {sku})")
}

/// Expressions joined by `or`.
pub fn or(expressions: impl IntoIterator<Item = String>) -> String {
    expressions.into_iter().collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_inside_literals() {
        assert_eq!(eq("mail", "o'neil@contoso.com"), "mail eq 'o''neil@contoso.com'");
        assert_eq!(starts_with("displayName", "''"), "startswith(displayName,'''''')");
        assert_eq!(any_eq("proxyAddresses", "smtp:a@b"), "proxyAddresses/any(x:x eq 'smtp:a@b')");
    }

    #[test]
    fn alternatives_are_joined_by_or() {
        assert_eq!(or([eq("a", "1"), eq("b", "2")]), "a eq '1' or b eq '2'");
    }
}
