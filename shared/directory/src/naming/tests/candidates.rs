//! Tables for what to try when a name is taken.

use super::super::{Collision, NameError, PersonName, candidates};
use super::{ADELE, pattern};

fn offered(text: &str, collision: Collision, name: &PersonName<'_>) -> (Vec<String>, NameError) {
    let mut all = candidates(&pattern(text), collision, name).unwrap();
    (all.by_ref().collect(), all.why_no_more())
}

#[test]
fn refusing_offers_the_plain_name_alone() {
    let (names, why) = offered("{given}.{surname}@contoso.com", Collision::Refuse, &ADELE);
    assert_eq!(names, ["adele.vance@contoso.com"]);
    assert!(why.is_taken());
    assert_eq!(why.to_string(), "the user principal name is taken; give another one");
}

#[test]
fn numbering_counts_from_two_to_three_digits() {
    let (names, why) = offered("{given}.{surname}@contoso.com", Collision::Number, &ADELE);
    let ends = ["adele.vance@contoso.com", "adele.vance2@contoso.com", "adele.vance3@contoso.com"];
    assert_eq!(names[..3], ends);
    assert_eq!((names.len(), names[998].as_str()), (999, "adele.vance999@contoso.com"));
    assert_eq!((why.pointer(), why.is_taken()), ("/userPrincipalName", true));
    let (names, _) = offered("AdeleV@contoso.com", Collision::Number, &ADELE);
    assert_eq!(names[1], "AdeleV2@contoso.com");
}

#[test]
fn a_number_cuts_a_long_name_and_never_itself() {
    // The last two letters look like a number: cut carelessly, "…1" with 2 and "…" with 12 would be one name.
    let given = format!("{}11", "a".repeat(62));
    let (names, _) =
        offered("{given}@contoso.com", Collision::Number, &PersonName { given: &given, ..ADELE });
    assert_eq!(names[1], format!("{}2@contoso.com", "a".repeat(61)));
    assert!(names.iter().all(|upn| upn.len() <= 64 + "@contoso.com".len()));
}

#[test]
fn the_middle_initial_follows_the_given_name() {
    for (text, expected) in [
        ("{given}.{surname}@contoso.com", "adele.m.vance@contoso.com"),
        ("{surname}.{given}@contoso.com", "vance.adele.m@contoso.com"),
        ("{given:1}{surname}@contoso.com", "amvance@contoso.com"),
        ("{surname}{given:1}@contoso.com", "vanceam@contoso.com"),
        ("{given}_{surname}@contoso.com", "adele_m_vance@contoso.com"),
        ("{given}@contoso.com", "adelem@contoso.com"),
    ] {
        let (names, why) = offered(text, Collision::Initial, &ADELE);
        assert_eq!(names[1..], [expected], "{text}");
        assert!(why.is_taken() && why.to_string().contains("with the middle initial too"), "{why}");
    }
}

#[test]
fn where_no_initial_can_help_the_reason_is_given() {
    let no_middle = PersonName { middle: Some(" "), ..ADELE };
    let emoji = PersonName { middle: Some("😀"), ..ADELE };
    for (text, name, pointer, said) in [
        ("{given}.{surname}@contoso.com", no_middle, "/middleName", "there is no middle name"),
        ("{given}.{surname}@contoso.com", emoji, "/middleName", "there is no middle name"),
        (
            "{given}.{middle}.{surname}@contoso.com",
            ADELE,
            "/userPrincipalName",
            "holds the middle name already",
        ),
        ("{surname}@contoso.com", ADELE, "/userPrincipalName", "not made from {given}"),
        ("AdeleV@contoso.com", ADELE, "/userPrincipalName", "not made from {given}"),
    ] {
        let (names, why) = offered(text, Collision::Initial, &name);
        assert_eq!(names.len(), 1, "{text}");
        assert_eq!(why.pointer(), pointer, "{text}");
        assert!(why.to_string().contains(said), "{text}: {why}");
    }
}
