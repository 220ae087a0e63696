//! The name of a vault, which becomes part of a host's name and is therefore looked at before anything is sent there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a key vault: 3 to 24 letters, digits and hyphens, beginning with a letter, not ending with a hyphen, no two
/// hyphens together ("Naming rules and restrictions for Azure resources"). Capitals mean the same, and are not kept.
///
/// ```
/// use vault::VaultName;
/// let name: VaultName = "Contoso-Keys".parse()?;
/// assert_eq!(name.as_str(), "contoso-keys");
/// assert!("contoso.example".parse::<VaultName>().is_err());
/// # Ok::<(), vault::NotAName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VaultName(String);

impl VaultName {
    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that cannot be the name of a vault; says which it was and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAName(String);

impl fmt::Display for NotAName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no name of a key vault: that is 3 to 24 letters, digits and single hyphens, begins with a letter and \
             does not end with a hyphen, such as contoso-keys",
            self.0
        )
    }
}

impl std::error::Error for NotAName {}

impl FromStr for VaultName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for VaultName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        if is_name(&text) { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAName(text)) }
    }
}

impl From<VaultName> for String {
    fn from(name: VaultName) -> Self {
        name.0
    }
}

impl fmt::Display for VaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_name(text: &str) -> bool {
    (3..=24).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_azure_takes_for_one() {
        let table = [
            ("contoso-keys", true),
            ("Contoso-HR2", true),
            ("abc", true),
            ("a23456789012345678901234", true),
            ("a234567890123456789012345", false),
            ("ab", false),
            ("", false),
            ("1contoso", false),
            ("-contoso", false),
            ("contoso-", false),
            ("contoso--keys", false),
            ("contoso.keys", false),
            ("contoso_keys", false),
            ("contoso/keys", false),
            ("cöntoso", false),
            (" contoso", false),
        ];
        for (text, is_one) in table {
            assert_eq!(text.parse::<VaultName>().is_ok(), is_one, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_name_in_json_is_told_with_what_would_be_right() {
        let error = serde_json::from_str::<VaultName>("\"https://contoso.vault.azure.net\"").unwrap_err();
        assert!(error.to_string().contains("such as contoso-keys"), "{error}");
        assert_eq!(serde_json::to_string(&"AbC".parse::<VaultName>().unwrap()).unwrap(), "\"abc\"");
    }
}
