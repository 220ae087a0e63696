//! Latin letters with marks, where languages differ; everything else is `any_ascii`'s.
//!
//! Without a language the mark is dropped: `ö` is `o`, as Swedes, Finns, Turks and Hungarians write it, and Germans do not.

use any_ascii::any_ascii_char;

/// A lower-case letter in ASCII.
pub(super) fn spelling(letter: char, language: &str) -> &'static str {
    let own = match language {
        "de" | "gsw" | "lb" | "nds" => german(letter),
        "da" | "nb" | "nn" | "no" => nordic(letter),
        "sr" | "sh" => (letter == 'đ').then_some("dj"),
        // Əliyev writes himself Aliyev.
        "az" => (letter == 'ə').then_some("a"),
        _ => None,
    };
    own.unwrap_or_else(|| any_ascii_char(letter))
}

fn german(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        _ => return None,
    })
}

/// Danish and Norwegian.
fn nordic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'ø' => "oe",
        'å' => "aa",
        _ => return None,
    })
}
