//! Tables for patterns, display names, addresses and nicknames.

mod candidates;

use super::{Collision, NameError, Pattern, PersonName, mail_nickname, user_principal_name};

const ADELE: PersonName<'_> =
    PersonName { given: "Adele", middle: Some("Maria"), surname: "Vance", language: None };

fn pattern(text: &str) -> Pattern {
    text.parse().unwrap()
}

fn upn(text: &str, name: &PersonName<'_>) -> Result<String, NameError> {
    user_principal_name(&pattern(text), name)
}

fn message(result: Result<impl std::fmt::Debug, NameError>) -> (&'static str, String) {
    let error = result.unwrap_err();
    (error.pointer(), error.to_string())
}

#[test]
fn a_pattern_that_cannot_be_read_says_what_would_be_right() {
    for (text, said) in [
        ("", "the pattern is empty"),
        ("  ", "the pattern is empty"),
        ("{given", "not closed"),
        ("{given{surname}", "not closed"),
        ("given}", "closes nothing"),
        ("{first}.{last}", "{first} is not a placeholder; there are {given}, {middle} and {surname}"),
        ("{Given}", "{Given} is not a placeholder"),
        ("{}", "{} is not a placeholder"),
        (
            "{given:0}",
            "{given:0} is not understood; after the colon stands how many letters to take, from 1 to 64",
        ),
        ("{given:65}", "{given:65} is not understood"),
        ("{given:}", "{given:} is not understood"),
        ("{given:_}", "{given:_} is not understood"),
    ] {
        let error = text.parse::<Pattern>().unwrap_err().to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
}

#[test]
fn a_pattern_is_data_and_reads_back_as_written() {
    for text in
        ["{given}.{surname}@contoso.com", "{given:1}{middle:1}{surname:-}@contoso.com", "{surname:.}, x"]
    {
        assert_eq!(pattern(text).to_string(), text);
        let data = serde_json::Value::from(text);
        assert_eq!(serde_json::from_value::<Pattern>(data).unwrap(), pattern(text));
    }
    assert!(serde_json::from_value::<Pattern>("{".into()).unwrap_err().to_string().contains("not closed"));
    assert_eq!(serde_json::from_value::<Collision>("number".into()).unwrap(), Collision::Number);
}

#[test]
fn a_display_name_keeps_every_letter_as_written() {
    let name =
        PersonName { given: " Henrietta  Þóra", middle: None, surname: "O'Müller", language: Some("de") };
    for (text, expected) in [
        ("{given} {surname}", "Henrietta Þóra O'Müller"),
        ("{surname}, {given}", "O'Müller, Henrietta Þóra"),
        ("{given:1}. {surname} (External)", "H. O'Müller (External)"),
        ("{given} {middle:1}. {surname}", "Henrietta Þóra O'Müller"),
        ("{surname} {given} {middle}", "O'Müller Henrietta Þóra"),
        ("Reception  Desk", "Reception Desk"),
    ] {
        assert_eq!(pattern(text).display(&name), expected, "{text}");
    }
    assert_eq!(pattern("{given} {middle} {surname}").display(&ADELE), "Adele Maria Vance");
}

#[test]
fn a_display_name_is_cut_at_the_limit_and_never_in_a_letter() {
    let surname = "é".repeat(300);
    let long = PersonName { surname: &surname, ..ADELE };
    assert_eq!(pattern("{surname}").display(&long), "é".repeat(256));
    let surname = format!("x{}", "𠮷".repeat(200));
    let long = PersonName { surname: &surname, ..ADELE };
    assert_eq!(pattern("{surname}").display(&long).encode_utf16().count(), 255);
}

#[test]
fn a_pattern_makes_an_address() {
    let dutch = PersonName { given: "Jean-Luc", middle: None, surname: "van der  Berg", language: None };
    for (text, name, expected) in [
        ("{given}.{surname}@contoso.com", &ADELE, "adele.vance@contoso.com"),
        ("{given:1}{surname}@contoso.com", &ADELE, "avance@contoso.com"),
        ("{surname:4}{given:2}@contoso.com", &ADELE, "vancad@contoso.com"),
        ("{given}.{middle}.{surname}@contoso.com", &ADELE, "adele.maria.vance@contoso.com"),
        ("X-{given}_{surname}@Contoso.com", &ADELE, "x-adele_vance@Contoso.com"),
        ("{given}.{surname}@contoso.com", &dutch, "jean-luc.vanderberg@contoso.com"),
        ("{given}.{surname:-}@contoso.com", &dutch, "jean-luc.van-der-berg@contoso.com"),
        ("{given}.{surname:.}@contoso.com", &dutch, "jean-luc.van.der.berg@contoso.com"),
        ("{given:5}{surname}@contoso.com", &dutch, "jeanvanderberg@contoso.com"),
        ("{given}.{middle:1}.{surname}@contoso.com", &dutch, "jean-luc.vanderberg@contoso.com"),
        ("{given}.{surname}.{middle}@contoso.com", &dutch, "jean-luc.vanderberg@contoso.com"),
        ("{given}.{surname}", &dutch, ""),
    ] {
        assert_eq!(upn(text, name).unwrap_or_default(), expected, "{text}");
    }
}

#[test]
fn a_typed_address_is_kept_as_typed() {
    for typed in ["AdeleV@contoso.com", "o'neil@contoso.onmicrosoft.com", "a!#^~-_1@x.co"] {
        assert_eq!(upn(typed, &ADELE).unwrap(), typed);
    }
}

#[test]
fn a_bad_address_is_told_from_a_good_one() {
    let (l64, l65) = ("a".repeat(64), "a".repeat(65));
    let d48 = format!("{}.com", "d".repeat(44));
    assert_eq!(upn(&format!("{l64}@{d48}"), &ADELE).unwrap().len(), 113);
    for (typed, said) in [
        ("adele.vance", "a name, an @ and a domain"),
        ("@contoso.com", "nothing stands before the @"),
        (
            "adele vance@contoso.com",
            "' ' cannot be used before the @; allowed are A-Z a-z 0-9 ' . - _ ! # ^ ~",
        ),
        ("adèle@contoso.com", "'è' cannot be used"),
        ("a@b@contoso.com", "'@' cannot be used"),
        (".adele@contoso.com", "a dot may not"),
        ("adele.@contoso.com", "a dot may not"),
        ("adele..vance@contoso.com", "a dot may not"),
        (&format!("{l65}@contoso.com"), "more than 64 characters"),
        (&format!("a@d{d48}"), "longer than 48"),
        ("adele@contoso", "should look like contoso.com"),
        ("adele@", "should look like contoso.com"),
        ("adele@-contoso.com", "should look like contoso.com"),
        ("adele@contoso..com", "should look like contoso.com"),
        ("adele@conto so.com", "should look like contoso.com"),
        ("{given}@{surname}.com", "a name, an @ and a domain"),
        ("{given}", "a name, an @ and a domain"),
        ("{given}@a@contoso.com", "'@' cannot be used"),
        ("{given} {surname}@contoso.com", "' ' cannot be used"),
        (".{given}@contoso.com", "a dot may not"),
    ] {
        let (pointer, error) = message(upn(typed, &ADELE));
        assert_eq!(pointer, "/userPrincipalName", "{typed}");
        assert!(error.contains(said), "{typed}: {error}");
    }
}

#[test]
fn a_name_that_yields_nothing_names_the_field_and_the_way_out() {
    let full = "{given}.{middle}.{surname}@contoso.com";
    for (name, pointer, said) in [
        (PersonName { given: " ", ..ADELE }, "/givenName", "the given name is empty"),
        (PersonName { surname: "", ..ADELE }, "/surname", "the surname is empty"),
        (PersonName { given: "😀", ..ADELE }, "/givenName", "nothing that can be written"),
        (PersonName { middle: Some("..."), ..ADELE }, "/middleName", "nothing that can be written"),
        (PersonName { surname: "田中", language: Some("ja"), ..ADELE }, "/surname", "Chinese characters"),
    ] {
        let (at, error) = message(upn(full, &name));
        assert_eq!(at, pointer);
        assert!(error.contains(said) && error.contains("explicit userPrincipalName"), "{error}");
    }
    let mononym = PersonName { surname: "", ..ADELE };
    assert_eq!(
        upn("{given}@contoso.com", &mononym).unwrap(),
        "adele@contoso.com",
        "what is not asked is not missed"
    );
}

#[test]
fn a_long_name_is_cut_and_does_not_end_in_a_separator() {
    let given = "a".repeat(63);
    let long = PersonName { given: &given, ..ADELE };
    assert_eq!(upn("{given}.{surname}@contoso.com", &long).unwrap(), format!("{given}@contoso.com"));
}

#[test]
fn a_mail_nickname_is_what_stands_before_the_at_sign_unless_typed() {
    assert_eq!(mail_nickname(None, "adele.vance@contoso.com").unwrap(), "adele.vance");
    assert_eq!(mail_nickname(Some("AdeleV+1"), "adele.vance@contoso.com").unwrap(), "AdeleV+1");
    let long = "a".repeat(65);
    for (typed, said) in [
        ("", "is empty"),
        ("adele vance", "' ' cannot be used in a mail nickname"),
        ("a<b", "'<' cannot be used"),
        ("adèle", "'è' cannot be used"),
        ("a\u{7}", "'\\u{7}' cannot be used"),
        (".adele", "a dot may not"),
        (&long, "at most 64"),
    ] {
        let (pointer, error) = message(mail_nickname(Some(typed), "adele.vance@contoso.com"));
        assert_eq!(pointer, "/mailNickname");
        assert!(error.contains(said), "{typed}: {error}");
    }
}
