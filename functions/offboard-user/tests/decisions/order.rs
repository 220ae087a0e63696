//! Everything at once: the order, and what stands on what.

use crate::*;

/// Somebody at work with some of everything.
fn everything() -> Facts {
    let account = lidia(json!({
        "mobilePhone": "+1 2065550100",
        "licenseAssignmentStates": [{"skuId": E3}, {"skuId": VISIO}, {"skuId": E3, "assignedByGroup": id(42)}],
    }));
    let devices = vec![read(json!({"id": id(30), "displayName": "Laptop", "operatingSystem": "Windows"}))];
    let groups = vec![
        group(40, "Retail", json!({})),
        group(41, "Newsletter", json!({"mailEnabled": true, "securityEnabled": false})),
        group(42, "Licensing", json!({"assignedLicenses": [{"skuId": E3}]})),
        group(43, "Diagrams", json!({"assignedLicenses": [{"skuId": VISIO}]})),
    ];
    let rule = json!({
        "id": "1", "displayName": "Home", "isEnabled": true,
        "actions": {"forwardTo": [{"emailAddress": {"address": "lidia@example.com"}}]},
    });
    let mail = Mail {
        rules: vec![read(rule)],
        opens: vec![somebody(50, "Sales")],
        meetings: 3,
        ..used(json!({"ForwardingSmtpAddress": "smtp:lidia@example.com"}))
    };
    let rest = Rest {
        methods: vec![read(
            json!({"@odata.type": "#microsoft.graph.phoneAuthenticationMethod", "id": "m", "phoneType": "mobile"}),
        )],
        grants: vec![(
            read(json!({
                "id": "g", "clientId": id(60), "consentType": "Principal", "principalId": id(1), "resourceId": id(61),
                "scope": "Mail.Read",
            })),
            "Calendly".into(),
        )],
        owned: vec![(
            read(json!({"@odata.type": "#microsoft.graph.group", "id": id(40), "displayName": "Retail"})),
            vec![owner(1)],
        )],
        skus: vec![e3(), visio()],
        mail: Some(mail),
        drive: Some((read(json!({"id": "b!1"})), Vec::new())),
        ..nothing()
    };
    Facts { quick: Quick { devices, groups, ..quick(account) }, rest: Some(rest) }
}

#[test]
fn the_order_of_everything() {
    let all = want(json!({
        "mailbox": {"hold": {"days": 365}, "reply": {"internal": "Lidia has left"}, "sendAs": true, "cancelMeetings": true},
        "profile": {"clearMobilePhone": true, "clearManager": true, "displayNamePrefix": "Left - "},
    }));
    decides(vec![(
        "everything",
        all,
        everything(),
        &[
            DATE,
            "1 disable the device Laptop (Windows)",
            PASSWORD,
            BLOCK,
            SIGN_OUT,
            "2| remove the phone (mobile) of Lidia Holloway (cannot be undone)",
            "3| do not let Calendly act for Lidia Holloway any more (Mail.Read)",
            "4| switch off the inbox rule Home of Lidia Holloway",
            "4| do not forward the mail of Lidia Holloway",
            "5| let the mailbox of Lidia Holloway answer everybody by itself",
            "5| hide Lidia Holloway from the address lists",
            "5| let Lee Gu into the mailbox of Lidia Holloway",
            "5| let Lee Gu send as Lidia Holloway",
            "5| do not let Lidia Holloway into the mailbox of Sales any more",
            "6| put the mailbox of Lidia Holloway on litigation hold for 365 days",
            "7 cancel the meetings that Lidia Holloway has called for the next 730 days (cannot be undone)",
            "7 make the mailbox of Lidia Holloway a shared one",
            "8| make Lee Gu an owner of the group Retail",
            "9 Lidia Holloway is no longer an owner of the group Retail",
            "10| remove Lidia Holloway from Retail",
            "10| remove Lidia Holloway from Newsletter",
            "11| let Lee Gu into the OneDrive of Lidia Holloway",
            "12| take VISIOCLIENT from Lidia Holloway",
            "12| remove Lidia Holloway from Diagrams",
            "13| set displayName, mobilePhone of Lidia Holloway: displayName from Lidia Holloway to Left - Lidia Holloway",
            "14|... leave Lidia Holloway without a manager",
            "note rights-elsewhere",
            "left mailbox-hold",
            GOES_ON,
        ],
    )]);
}

#[test]
fn what_must_not_wait_is_decided_alike_before_and_after_the_thorough_look() {
    let have = everything();
    let first = OffboardUser::plan(&want(json!({})), &seen(have.quick.clone()));
    let whole = OffboardUser::plan(&want(json!({})), &have);
    assert_eq!(first.stages, whole.stages[..1]);
}
