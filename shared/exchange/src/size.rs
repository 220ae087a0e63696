//! Sizes, which Exchange Online tells as text for the eye.
//!
//! ```
//! assert_eq!(exchange::bytes("3.322 KB (3,402 bytes)"), Some(3_402));
//! assert_eq!(exchange::bytes("Unlimited"), None);
//! ```

use std::str::FromStr;

/// A size or a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// So many bytes.
    Bytes(u64),
    /// `Unlimited`: more than any number of bytes.
    Unlimited,
}

/// What is no size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSize;

impl std::fmt::Display for NoSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a size is told as `49.5 GB (53,150,220,288 bytes)` or `Unlimited`")
    }
}

impl std::error::Error for NoSize {}

impl FromStr for Size {
    type Err = NoSize;

    /// The number in parentheses, which is exact; the one before it is rounded. Its commas do not depend on anybody's
    /// language.
    fn from_str(text: &str) -> Result<Self, NoSize> {
        if text.trim().eq_ignore_ascii_case("unlimited") {
            return Ok(Self::Unlimited);
        }
        let (_, rest) = text.rsplit_once('(').ok_or(NoSize)?;
        let digits = rest.trim_end().strip_suffix(" bytes)").ok_or(NoSize)?.replace(',', "");
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let bytes = is_number.then(|| digits.parse().ok()).flatten();
        bytes.map(Self::Bytes).ok_or(NoSize)
    }
}

/// How many bytes a size has; none if it is unlimited or no size.
pub fn bytes(size: &str) -> Option<u64> {
    match size.parse() {
        Ok(Size::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_number_is_in_parentheses() {
        let table = [
            ("3.322 KB (3,402 bytes)", Ok(Size::Bytes(3_402))),
            ("50 GB (53,687,091,200 bytes)", Ok(Size::Bytes(53_687_091_200))),
            ("0 B (0 bytes)", Ok(Size::Bytes(0))),
            ("Unlimited", Ok(Size::Unlimited)),
            ("unlimited", Ok(Size::Unlimited)),
            ("50 GB", Err(NoSize)),
            ("1 B (+1 bytes)", Err(NoSize)),
            ("( bytes)", Err(NoSize)),
            ("(99,999,999,999,999,999,999 bytes)", Err(NoSize)),
            ("", Err(NoSize)),
        ];
        for (text, size) in table {
            assert_eq!(text.parse(), size, "{text}");
        }
    }

    #[test]
    fn nothing_is_larger_than_unlimited() {
        assert!(Size::Unlimited > Size::Bytes(u64::MAX));
    }
}
