//! Who it is, what they are called, what is known of them and who is around them.

use crate::*;

#[test]
fn who_it_is() {
    let namesake = |more: Value| Facts {
        namesakes: vec![read(with(
            json!({"id": id(2), "userPrincipalName": "Mallory.Cortez@contoso.com"}),
            more,
        ))],
        ..nobody()
    };
    let twice = Facts { same: vec![mallory(json!({})), mallory(json!({"id": id(2)}))], ..nobody() };
    let address = namesake(json!({
        "userPrincipalName": "mc@contoso.com", "proxyAddresses": ["SMTP:mc@contoso.com", "smtp:mallory.cortez@contoso.com"],
    }));
    let both = |upn: &str| {
        let mut facts = namesake(json!({}));
        facts.namesakes.push(read(json!({"id": id(3), "userPrincipalName": upn})));
        facts
    };
    decides(vec![
        ("nobody yet", want(json!({})), nobody(), &[CREATE, "2 let Mallory Cortez sign in"]),
        ("somebody, as wanted", want(json!({})), somebody(mallory(json!({}))), &[]),
        ("two of that employee id", want(json!({})), twice, &["blocks employee-id-ambiguous /employeeId"]),
        (
            "two, whatever they are called",
            want(json!({"renamed": true})),
            Facts { same: vec![mallory(json!({})), person(2, "Adele Vance", json!({}))], ..nobody() },
            &["blocks employee-id-ambiguous /employeeId"],
        ),
        (
            "the name is taken",
            want(json!({})),
            namesake(json!({})),
            &["blocks name-taken /userPrincipalName"],
        ),
        ("as an address", want(json!({})), address, &["blocks name-taken /userPrincipalName"]),
        (
            "taken, so with a number",
            want(json!({"onCollision": "number"})),
            both("mallory.cortez2@contoso.com"),
            &[
                "1 create Mallory Cortez (mallory.cortez3@contoso.com), blocked",
                "2 let Mallory Cortez sign in",
            ],
        ),
        (
            "taken, so with an initial",
            want(json!({"onCollision": "initial", "middleName": "Maria"})),
            namesake(json!({})),
            &[
                "1 create Mallory Cortez (mallory.m.cortez@contoso.com), blocked",
                "2 let Mallory Cortez sign in",
            ],
        ),
        (
            "taken with an initial too",
            want(json!({"onCollision": "initial", "middleName": "Maria"})),
            both("mallory.m.cortez@contoso.com"),
            &["blocks name-taken /userPrincipalName"],
        ),
        (
            "somebody, whose name nobody is asked about",
            want(
                json!({"userPrincipalName": "mc@fabrikam.com", "displayName": "{surname}, {given}", "mailNickname": "mc"}),
            ),
            somebody(mallory(json!({}))),
            &[
                "note name-kept /userPrincipalName",
                "note name-kept /displayName",
                "note name-kept /mailNickname",
            ],
        ),
    ]);
}

#[test]
fn whether_it_is_another_person() {
    let is = |more: Value| somebody(mallory(more));
    let adele = || is(json!({"givenName": "Adele", "surname": "Vance", "displayName": "Adele Vance"}));
    let called = |given: &str, surname: &str, more: Value| {
        let name = json!({"givenName": given, "surname": surname, "displayName": "Mallory Cortez",
                          "userPrincipalName": "mallory.cortez@contoso.com"});
        want(with(name, more))
    };
    let nameless = |name: &str| is(json!({"givenName": null, "surname": "", "displayName": name}));
    let names = |given: &str, surname: &str| format!("1 set {given}{surname} of Mallory Cortez: ");
    let (given, surname) = (names("givenName", ""), names("", "surname"));
    let german = json!({"profile": {"preferredLanguage": "de-CH"}});
    let mueller = json!({"givenName": "Jean-Pierre", "surname": "MUELLER", "preferredLanguage": "de-CH"});
    decides(vec![
        ("both names are others", want(json!({})), adele(), &["blocks another-person /employeeId"]),
        (
            "and the caller says that it is the same person",
            want(json!({"displayName": "Adele Vance", "renamed": true})),
            adele(),
            &[
                "1 set givenName, surname of Adele Vance: givenName from Adele to Mallory, surname from Vance to Cortez",
            ],
        ),
        (
            "another given name",
            called("Mal", "Cortez", json!({})),
            is(json!({})),
            &[&format!("{given}givenName from Mallory to Mal")],
        ),
        (
            "another surname",
            called("Mallory", "Vance", json!({})),
            is(json!({})),
            &[&format!("{surname}surname from Cortez to Vance")],
        ),
        (
            "spelled otherwise",
            called("Jean Pierre", "Müller", german),
            is(mueller),
            &[
                "1 set givenName, surname of Mallory Cortez: givenName from Jean-Pierre to Jean Pierre, surname from MUELLER to Müller",
            ],
        ),
        (
            "an account that holds no names, and is called so",
            want(json!({})),
            nameless("Mallory Cortez"),
            &["1 set givenName, surname of Mallory Cortez"],
        ),
        (
            "an account that holds no names, and is called otherwise",
            want(json!({})),
            nameless("Front Desk"),
            &["blocks another-person /employeeId"],
        ),
    ]);
}

#[test]
fn which_domain() {
    let at = |domain: &str| want(json!({"userPrincipalName": format!("mallory@{domain}")}));
    decides(vec![
        (
            "verified, however it is written",
            at("Contoso.com"),
            nobody(),
            &["1 create Mallory Cortez (mallory@Contoso.com), blocked", "2 let Mallory Cortez sign in"],
        ),
        ("federated", at("fabrikam.com"), nobody(), &["blocks domain-federated /userPrincipalName"]),
        (
            "not the tenant's",
            at("wingtiptoys.com"),
            nobody(),
            &["blocks domain-unverified /userPrincipalName"],
        ),
    ]);
}

#[test]
fn what_the_profile_becomes() {
    let profile = |more: Value| want(json!({"profile": more}));
    let has = |more: Value| somebody(mallory(more));
    let synced = json!({"onPremisesSyncEnabled": true, "jobTitle": "Planner"});
    decides(vec![
        ("as it is", profile(json!({"jobTitle": "Buyer"})), has(json!({"jobTitle": "Buyer"})), &[]),
        (
            "otherwise",
            profile(json!({"jobTitle": "Buyer", "city": "Zürich"})),
            has(json!({"jobTitle": "Planner", "city": "Zürich"})),
            &["1 set jobTitle of Mallory Cortez"],
        ),
        ("what is not asked for stays", profile(json!({})), has(json!({"jobTitle": "Planner"})), &[]),
        (
            "another given name, and another country",
            want(
                json!({"givenName": "Mal", "displayName": "Mallory Cortez", "userPrincipalName": "mallory.cortez@contoso.com", "usageLocation": "CH"}),
            ),
            has(json!({"usageLocation": "US"})),
            &["1 set givenName, usageLocation of Mallory Cortez: givenName from Mallory to Mal"],
        ),
        (
            "a first country, which cannot be taken back, apart from what can",
            want(
                json!({"givenName": "Mal", "displayName": "Mallory Cortez", "userPrincipalName": "mallory.cortez@contoso.com", "usageLocation": "CH"}),
            ),
            has(json!({})),
            &[
                "1 set usageLocation of Mallory Cortez (cannot be undone)",
                "1 set givenName of Mallory Cortez: givenName from Mallory to Mal",
            ],
        ),
        (
            "lists in another order",
            profile(json!({"otherMails": ["a@x", "b@x"]})),
            has(json!({"otherMails": ["b@x", "a@x"]})),
            &[],
        ),
        (
            "a longer list",
            profile(json!({"otherMails": ["a@x", "b@x"]})),
            has(json!({"otherMails": ["b@x"]})),
            &["1 set otherMails of Mallory Cortez"],
        ),
        (
            "nested, as it is among others",
            profile(json!({"employeeOrgData": {"division": "Retail"}})),
            has(json!({"employeeOrgData": {"division": "Retail", "costCenter": "7"}})),
            &[],
        ),
        (
            "nested, otherwise",
            profile(json!({"employeeOrgData": {"division": "Retail"}})),
            has(json!({"employeeOrgData": {"division": "Sales", "costCenter": "7"}})),
            &["1 set employeeOrgData of Mallory Cortez"],
        ),
        (
            "the same moment, written otherwise",
            profile(
                json!({"employeeHireDate": "2026-03-02", "employeeLeaveDateTime": "2027-03-01T17:00:00+01:00"}),
            ),
            has(
                json!({"employeeHireDate": "2026-03-02T00:00:00.000Z", "employeeLeaveDateTime": "2027-03-01T16:00:00Z"}),
            ),
            &[],
        ),
        (
            "the last day has a change of its own; the hire date no application may write",
            profile(
                json!({"jobTitle": "Buyer", "employeeHireDate": "2026-03-02", "employeeLeaveDateTime": "2027-03-01T17:00:00Z"}),
            ),
            has(json!({})),
            &[
                "1 set jobTitle of Mallory Cortez",
                "2 set employeeLeaveDateTime of Mallory Cortez",
                "left hire-date /profile/employeeHireDate",
            ],
        ),
        (
            "a new account has its hire date from the start, and its last day after",
            profile(
                json!({"employeeHireDate": "2026-03-02", "employeeLeaveDateTime": "2027-03-01T17:00:00Z"}),
            ),
            nobody(),
            &[CREATE, "2 set employeeLeaveDateTime of Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        (
            "mastered on premises",
            want(
                json!({"usageLocation": "CH", "profile": {"jobTitle": "Buyer", "employeeHireDate": "2026-03-02", "employeeLeaveDateTime": "2027-03-01T17:00:00Z"}}),
            ),
            has(synced.clone()),
            &["1 set usageLocation of Mallory Cortez (cannot be undone)", "left account-synced"],
        ),
        ("mastered on premises, as it is", profile(json!({"jobTitle": "Planner"})), has(synced), &[]),
    ]);
}

#[test]
fn a_nested_property_keeps_what_nobody_asked_to_change_and_is_taken_back_whole() {
    let have = somebody(mallory(
        json!({"onPremisesExtensionAttributes": {"extensionAttribute1": "kept", "extensionAttribute2": "old"}}),
    ));
    let attributes = json!({"extensionAttribute2": "new", "extensionAttribute3": "added"});
    let plan =
        OnboardUser::plan(&want(json!({"profile": {"onPremisesExtensionAttributes": attributes}})), &have);
    let change = plan.changes().next().expect("a change");
    let body = |change: &plan::Change| {
        change.send.graph().and_then(|send| send.wire_body("")).expect("a body")["onPremisesExtensionAttributes"].clone()
    };
    assert_eq!(
        body(change),
        json!({"extensionAttribute1": "kept", "extensionAttribute2": "new", "extensionAttribute3": "added"})
    );
    assert_eq!(
        body(change.undo.as_ref().expect("an undo")),
        json!({"extensionAttribute1": "kept", "extensionAttribute2": "old", "extensionAttribute3": null})
    );
}

#[test]
fn managers_and_sponsors() {
    let miriam = || Found::One(person(22, "Miriam Graham", json!({})));
    let lee = || Found::One(person(19, "Lee Gu", json!({})));
    let gone = |number: u32| Found::One(person(number, "Miriam Graham", json!({"accountEnabled": false})));
    let two =
        || Found::Many(vec![person(22, "Miriam Graham", json!({})), person(23, "Miriam Graham", json!({}))]);
    let managed = |facts: Facts| Facts { manager: Some(miriam()), ..facts };
    let sponsored = |facts: Facts, sponsors: Vec<Found<Account>>| Facts { sponsors, ..facts };
    let manager = || want(json!({"manager": "100022"}));
    let sponsors = || want(json!({"sponsors": ["100019", "LeeG@contoso.com"]}));
    let holds = Facts {
        held: Some(Held { sponsors: vec![id(19).parse().expect("an id")], ..Held::default() }),
        ..somebody(mallory(json!({})))
    };
    decides(vec![
        (
            "a new account has its manager from the start",
            manager(),
            managed(nobody()),
            &[CREATE, "2 let Mallory Cortez sign in"],
        ),
        (
            "no manager yet",
            manager(),
            managed(somebody(mallory(json!({})))),
            &["1 make Miriam Graham the manager of Mallory Cortez"],
        ),
        (
            "another manager",
            manager(),
            managed(somebody(mallory(json!({"manager": {"id": id(19), "displayName": "Lee Gu"}})))),
            &["1 make Miriam Graham the manager of Mallory Cortez"],
        ),
        ("this manager", manager(), managed(somebody(mallory(json!({"manager": {"id": id(22)}})))), &[]),
        (
            "on premises",
            manager(),
            managed(somebody(mallory(json!({"onPremisesSyncEnabled": true})))),
            &["left account-synced"],
        ),
        (
            "unknown, ambiguous",
            want(json!({"manager": "1", "sponsors": ["2"], "copyFrom": {"user": "3"}})),
            Facts {
                manager: Some(Found::None),
                sponsors: vec![two()],
                colleague: Some(Found::None),
                ..nobody()
            },
            &[
                CREATE,
                "2 let Mallory Cortez sign in",
                "blocks person-unknown /manager",
                "blocks person-unknown /copyFrom/user",
                "blocks ambiguous /sponsors/0",
            ],
        ),
        (
            "their own",
            manager(),
            Facts { manager: Some(Found::One(mallory(json!({})))), ..somebody(mallory(json!({}))) },
            &["1 make Mallory Cortez the manager of Mallory Cortez", "blocks manager-self /manager"],
        ),
        (
            "a sponsor who was named twice",
            sponsors(),
            sponsored(nobody(), vec![lee(), lee()]),
            &[CREATE, "2 make Lee Gu a sponsor of Mallory Cortez", "3 let Mallory Cortez sign in"],
        ),
        ("a sponsor already", sponsors(), sponsored(holds, vec![lee(), lee()]), &[]),
        (
            "people who may not sign in",
            want(json!({"manager": "1", "sponsors": ["2", "3"], "copyFrom": {"user": "4"}})),
            Facts {
                manager: Some(gone(22)),
                sponsors: vec![lee(), gone(23)],
                colleague: Some(gone(24)),
                ..nobody()
            },
            &[
                CREATE,
                "2 make Lee Gu a sponsor of Mallory Cortez",
                "2 make Miriam Graham a sponsor of Mallory Cortez",
                "3 let Mallory Cortez sign in",
                "left person-blocked /manager",
                "left person-blocked /sponsors/1",
                "note person-blocked /copyFrom/user",
            ],
        ),
    ]);
}
