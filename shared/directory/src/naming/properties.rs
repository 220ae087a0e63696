//! What holds for every name and every pattern, however strange.

use std::collections::HashSet;

use icu_normalizer::DecomposingNormalizerBorrowed;
use proptest::prelude::*;
use proptest::sample::select;

use super::transliterate::words;
use super::{Collision, Pattern, PersonName, candidates, mail_nickname, user_principal_name};

/// The rules once more, written independently of the code under test.
fn is_valid(upn: &str) -> bool {
    let Some((local, domain)) = upn.split_once('@') else { return false };
    let allowed = |c: char| matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '\'' | '.' | '-' | '_' | '!' | '#' | '^' | '~');
    (1..=64).contains(&local.len())
        && (1..=48).contains(&domain.len())
        && upn.len() <= 113
        && local.chars().all(allowed)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

/// Text of any script, with names more likely than noise, and now and then far too long.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-zäöüßåøæşğıđþ]{1,12}([ '-][A-Za-zéèłň0-9]{1,12})?",
        2 => "[α-ωΑ-Ωάύϋ]{1,20}",
        2 => "[а-яіїєґА-Я]{1,20}",
        2 => ".{0,20}",
        1 => "[a-z0-9. -]{50,150}",
    ]
}

fn written_pattern() -> impl Strategy<Value = String> {
    let known = select(vec![
        "{given}.{surname}@contoso.com",
        "{given:1}{surname}@contoso.com",
        "{surname:.}{given:-}@contoso.com",
        "{given}.{middle:1}.{surname}@contoso.com",
        "x-{surname}_{middle}@contoso.onmicrosoft.com",
        "{given}{surname}123@contoso.com",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-z.{}:@ ]{0,30}", 1 => "[a-z.]{1,70}@[a-z.]{1,50}"]
}

fn language() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![
        None,
        Some("de-CH"),
        Some("da"),
        Some("tr"),
        Some("el"),
        Some("ru"),
        Some("uk"),
        Some("bg"),
        Some("ja"),
    ])
}

proptest! {
    #[test]
    fn a_user_principal_name_is_valid_or_an_error(
        pattern in written_pattern(), given in text(), middle in proptest::option::of(text()), surname in text(),
        language in language(),
    ) {
        let Ok(pattern) = pattern.parse::<Pattern>() else { return Ok(()) };
        let name = PersonName { given: &given, middle: middle.as_deref(), surname: &surname, language };
        match user_principal_name(&pattern, &name) {
            Ok(upn) => {
                prop_assert!(is_valid(&upn), "{upn}");
                let typed: Pattern = upn.parse().unwrap();
                prop_assert_eq!(&user_principal_name(&typed, &name).unwrap(), &upn, "idempotent");
                prop_assert!(mail_nickname(None, &upn).unwrap().len() <= 64);
            }
            Err(error) => prop_assert!(error.pointer().starts_with('/') && !error.is_taken()),
        }
    }

    #[test]
    fn decomposed_letters_are_the_same_letters(text in text(), language in language()) {
        let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&text);
        prop_assert_eq!(words(&text, language), words(&decomposed, language));
    }

    #[test]
    fn what_is_ascii_already_stays_as_it_is(text in text(), language in language()) {
        let once = words(&text, language);
        prop_assert!(once.iter().all(|word| word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))));
        prop_assert_eq!(words(&once.join(" "), language), once);
    }

    #[test]
    fn candidates_are_valid_and_distinct_and_begin_with_the_plain_name(
        pattern in written_pattern(), given in text(), surname in text(),
        collision in select(vec![Collision::Refuse, Collision::Number, Collision::Initial]),
    ) {
        let Ok(pattern) = pattern.parse::<Pattern>() else { return Ok(()) };
        let name = PersonName { given: &given, middle: Some("Maria"), surname: &surname, language: None };
        let Ok(mut names) = candidates(&pattern, collision, &name) else { return Ok(()) };
        let all: Vec<String> = names.by_ref().collect();
        prop_assert_eq!(&all[0], &user_principal_name(&pattern, &name).unwrap());
        prop_assert!(all.iter().all(|upn| is_valid(upn)));
        prop_assert_eq!(all.iter().map(|upn| upn.to_lowercase()).collect::<HashSet<_>>().len(), all.len());
        prop_assert!(names.why_no_more().is_taken());
    }

    #[test]
    fn a_display_name_fits_and_is_folded(
        pattern in "[a-z ,.()]{0,9}\\{given\\} \\{middle:1\\}. \\{surname\\}.{0,300}", given in text(), surname in text(),
    ) {
        let Ok(pattern) = pattern.parse::<Pattern>() else { return Ok(()) };
        let shown = pattern.display(&PersonName { given: &given, middle: None, surname: &surname, language: None });
        prop_assert!(shown.encode_utf16().count() <= 256);
        prop_assert_eq!(shown.split_whitespace().collect::<Vec<_>>().join(" "), shown);
    }

    #[test]
    fn a_pattern_reads_back_as_written(text in written_pattern()) {
        if let Ok(pattern) = text.parse::<Pattern>() {
            prop_assert_eq!(pattern.to_string(), text);
        }
    }

    #[test]
    fn a_mail_nickname_is_valid_or_an_error(typed in "[ -~é]{0,70}") {
        if let Ok(nickname) = mail_nickname(Some(&typed), "adele.vance@contoso.com") {
            prop_assert!((1..=64).contains(&nickname.len()) && nickname.is_ascii());
            prop_assert!(!nickname.contains(|c| "@()\\[]\";:<>, ".contains(c)));
        }
    }
}
