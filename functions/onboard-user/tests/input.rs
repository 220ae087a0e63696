//! Bad input: every kind of it gets an answer that names the field and says what would be right, and changes nothing. What
//! is wrong with the request itself is said before anybody looks at the tenant.

#![cfg(test)]

use serde_json::{Value, json};
use telling::input::{are_told_at_once, is_found, is_told};

const FUNCTION: telling::Tested = telling::function!(onboard_user::OnboardUser);

telling::input!(FUNCTION, good());

fn good() -> Value {
    json!({
        "employeeId": "2042",
        "givenName": "Mallory",
        "surname": "Cortez",
        "userPrincipalName": "{given}.{surname}@contoso.com",
        "usageLocation": "US",
    })
}

fn but_for(more: Value) -> String {
    telling::input::but_for(good(), more)
}

fn profile(more: Value) -> String {
    but_for(json!({"profile": more}))
}

fn shared(one: Value) -> String {
    but_for(json!({"sharedMailboxes": [one]}))
}

fn calendar(one: Value) -> String {
    but_for(json!({"calendars": [one]}))
}

fn settings(more: Value) -> String {
    but_for(json!({"mailboxSettings": more}))
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_in_itself_is_told_which_field_and_what_would_be_right() {
    let long = "x".repeat(65);
    let table: Vec<(String, &str, &str)> = vec![
        // Not the shape.
        ("{\"employeeId\":".into(), "/employeeId", "EOF"),
        (but_for(json!({"employeeId": null})), "/employeeId", "required"),
        (but_for(json!({"givenName": null})), "/givenName", "required"),
        (but_for(json!({"surname": null})), "/surname", "required"),
        (but_for(json!({"userPrincipalName": null})), "/userPrincipalName", "required"),
        (but_for(json!({"employeeId": 2042})), "/employeeId", "expected a string"),
        (but_for(json!({"groups": "Finance"})), "/groups", "expected a sequence"),
        (but_for(json!({"groups": [7]})), "/groups/0", "expected a string"),
        (but_for(json!({"licences": ["SPE_E3"]})), "/licences/0", "expected an object"),
        (but_for(json!({"licenses": []})), "/licenses", "unknown field `licenses`"),
        (
            but_for(json!({"licences": [{"sku": "SPE_E3", "plans": []}]})),
            "/licences/0/plans",
            "unknown field `plans`",
        ),
        (profile(json!({"title": "Buyer"})), "/profile/title", "unknown field `title`"),
        (but_for(json!({"password": "hunter2"})), "/password", "unknown field `password`"),
        (
            but_for(json!({"onCollision": "ignore"})),
            "/onCollision",
            "expected one of `refuse`, `number`, `initial`",
        ),
        (but_for(json!({"whenNoLicence": "buy"})), "/whenNoLicence", "expected `refuse` or `createWithout`"),
        (
            but_for(json!({"copyFrom": {"user": "AdeleV@contoso.com", "kinds": ["teams"]}})),
            "/copyFrom/kinds/0",
            "expected `groups` or `licences`",
        ),
        (but_for(json!({"copyFrom": {}})), "/copyFrom/user", "required"),
        (
            but_for(json!({"sharedMailboxes": ["info@contoso.com"]})),
            "/sharedMailboxes/0",
            "expected an object",
        ),
        (shared(json!({"sendAs": true})), "/sharedMailboxes/0/mailbox", "required"),
        (
            shared(json!({"mailbox": "info@contoso.com", "fullAccess": "yes"})),
            "/sharedMailboxes/0/fullAccess",
            "expected a boolean",
        ),
        (
            shared(json!({"mailbox": "info@contoso.com", "automapping": true})),
            "/sharedMailboxes/0/automapping",
            "unknown field `automapping`",
        ),
        (calendar(json!({"mailbox": "info@contoso.com"})), "/calendars/0/right", "required"),
        (
            calendar(json!({"mailbox": "info@contoso.com", "right": "reader"})),
            "/calendars/0/right",
            "expected one of `AvailabilityOnly`, `LimitedDetails`",
        ),
        (settings(json!({"timezone": "UTC"})), "/mailboxSettings/timezone", "unknown field `timezone`"),
        (but_for(json!({"reinstate": "yes"})), "/reinstate", "expected a boolean"),
        (but_for(json!({"renamed": "yes"})), "/renamed", "expected a boolean"),
        (but_for(json!({"startsAt": "next Monday"})), "/startsAt", "such as 2026-03-09T08:00:00+01:00"),
        (but_for(json!({"startsAt": "2026-03-09T08:00:00"})), "/startsAt", "with its UTC offset"),
        (
            profile(json!({"employeeHireDate": "2026-02-30"})),
            "/profile/employeeHireDate",
            "such as 2026-03-09",
        ),
        (
            profile(json!({"employeeLeaveDateTime": "2026-12-31"})),
            "/profile/employeeLeaveDateTime",
            "with its UTC offset",
        ),
        (
            but_for(json!({"temporaryAccessPass": {"lifetimeInMinutes": -1}})),
            "/temporaryAccessPass/lifetimeInMinutes",
            "expected u32",
        ),
        // Not what the directory takes.
        (but_for(json!({"employeeId": " "})), "/employeeId", "1 to 16 characters, and not only spaces"),
        (
            but_for(json!({"employeeId": "12345678901234567"})),
            "/employeeId",
            "1 to 16 characters, these are 17",
        ),
        (but_for(json!({"employeeId": " 2042"})), "/employeeId", "no space before or after it"),
        (but_for(json!({"givenName": ""})), "/givenName", "1 to 64 characters"),
        (but_for(json!({"surname": long})), "/surname", "1 to 64 characters, these are 65"),
        (but_for(json!({"userPrincipalName": "mallory"})), "/userPrincipalName", "a name, an @ and a domain"),
        (
            but_for(json!({"userPrincipalName": "mallory cortez@contoso.com"})),
            "/userPrincipalName",
            "' ' cannot be used before the @",
        ),
        (
            but_for(json!({"userPrincipalName": "{first}.{last}@contoso.com"})),
            "/userPrincipalName",
            "{first} is not a placeholder; there are {given}, {middle} and {surname}",
        ),
        (
            but_for(json!({"userPrincipalName": "{given.{surname}@contoso.com"})),
            "/userPrincipalName",
            "a placeholder is written {given}",
        ),
        (but_for(json!({"givenName": "…"})), "/givenName", "give an explicit userPrincipalName"),
        (
            but_for(json!({"mailNickname": "mallory cortez"})),
            "/mailNickname",
            "cannot be used in a mail nickname",
        ),
        (but_for(json!({"mailNickname": long})), "/mailNickname", "at most 64 characters"),
        (
            but_for(json!({"displayName": "{surname}, {title}"})),
            "/displayName",
            "{title} is not a placeholder",
        ),
        (but_for(json!({"displayName": "{middle}"})), "/displayName", "it comes to nothing"),
        (but_for(json!({"usageLocation": "Switzerland"})), "/usageLocation", "two capital letters"),
        (but_for(json!({"usageLocation": "ch"})), "/usageLocation", "two capital letters"),
        (but_for(json!({"usageLocation": "UK"})), "/usageLocation", "the United Kingdom is GB"),
        (but_for(json!({"usageLocation": "ZZ"})), "/usageLocation", "such as CH; these two letters are none"),
        (but_for(json!({"surname": "Cor\ttez"})), "/surname", "no tabs, line breaks"),
        (but_for(json!({"displayName": "Mallory\nCortez"})), "/displayName", "no tabs, line breaks"),
        (but_for(json!({"employeeId": "20\u{0}42"})), "/employeeId", "no tabs, line breaks"),
        (but_for(json!({"groups": ["Retail", "Fin\u{7f}ance"]})), "/groups/1", "no tabs, line breaks"),
        (
            but_for(json!({"licences": [{"sku": "SPE_E3", "disabledPlans": ["SW\rAY"]}]})),
            "/licences/0/disabledPlans/0",
            "no tabs, line breaks",
        ),
        (
            profile(json!({"onPremisesExtensionAttributes": {"extensionAttribute1": "a\nb"}})),
            "/profile/onPremisesExtensionAttributes/extensionAttribute1",
            "no tabs, line breaks",
        ),
        (profile(json!({"preferredLanguage": "Deutsch"})), "/profile/preferredLanguage", "such as de-CH"),
        (profile(json!({"department": long})), "/profile/department", "1 to 64 characters, these are 65"),
        (
            profile(json!({"businessPhones": ["+1 2065550100", "+1 2065550101"]})),
            "/profile/businessPhones",
            "one number at most",
        ),
        (profile(json!({"otherMails": [""]})), "/profile/otherMails/0", "leave it out"),
        (
            profile(json!({"otherMails": ["m@example.com", "mallory"]})),
            "/profile/otherMails/1",
            "a mail address such as",
        ),
        (profile(json!({"otherMails": ["mallory@home"]})), "/profile/otherMails/0", "a mail address such as"),
        (profile(json!({"otherMails": ["mál@example.com"]})), "/profile/otherMails/0", "without accents"),
        (
            profile(json!({"otherMails": ["m@b@example.com"]})),
            "/profile/otherMails/0",
            "a mail address such as",
        ),
        (
            profile(json!({"employeeOrgData": {"costCenter": ""}})),
            "/profile/employeeOrgData/costCenter",
            "leave it out",
        ),
        (
            profile(json!({"onPremisesExtensionAttributes": {"extensionAttribute16": "x"}})),
            "/profile/onPremisesExtensionAttributes",
            "extensionAttribute1 to extensionAttribute15",
        ),
        (
            profile(json!({"onPremisesExtensionAttributes": {"extensionAttribute1": 7}})),
            "/profile/onPremisesExtensionAttributes",
            "each a text",
        ),
        (
            but_for(json!({"temporaryAccessPass": {"lifetimeInMinutes": 5}})),
            "/temporaryAccessPass/lifetimeInMinutes",
            "10 to 43,200 minutes",
        ),
        (but_for(json!({"manager": ""})), "/manager", "leave it out"),
        (but_for(json!({"sponsors": ["100003", " "]})), "/sponsors/1", "leave it out"),
        (but_for(json!({"groups": [""]})), "/groups/0", "leave it out"),
        (but_for(json!({"licences": [{"sku": ""}]})), "/licences/0/sku", "leave it out"),
        (but_for(json!({"administrativeUnit": " "})), "/administrativeUnit", "leave it out"),
        (but_for(json!({"aliases": [""]})), "/aliases/0", "leave it out"),
        (but_for(json!({"aliases": ["mallory"]})), "/aliases/0", "a mail address such as mal@contoso.com"),
        (but_for(json!({"aliases": ["mál@contoso.com"]})), "/aliases/0", "without accents"),
        (
            but_for(json!({"aliases": ["mal@contoso.com", "Mal@Contoso.com"]})),
            "/aliases/1",
            "it is named before",
        ),
        (shared(json!({"mailbox": ""})), "/sharedMailboxes/0/mailbox", "an address of the mailbox, or its"),
        (shared(json!({"mailbox": "Contoso Info"})), "/sharedMailboxes/0/mailbox", "or its object id"),
        (
            shared(json!({"mailbox": "info@contoso.com", "fullAccess": false})),
            "/sharedMailboxes/0",
            "fullAccess, sendAs or sendOnBehalf; or leave it out",
        ),
        (
            shared(
                json!({"mailbox": "info@contoso.com", "fullAccess": false, "autoMapping": true, "sendAs": true}),
            ),
            "/sharedMailboxes/0/autoMapping",
            "only with fullAccess",
        ),
        (
            but_for(
                json!({"sharedMailboxes": [{"mailbox": "info@contoso.com"}, {"mailbox": "INFO@contoso.com"}]}),
            ),
            "/sharedMailboxes/1/mailbox",
            "it is named before",
        ),
        (
            calendar(json!({"mailbox": "room zurich", "right": "Reviewer"})),
            "/calendars/0/mailbox",
            "or its object id",
        ),
        (
            but_for(json!({"calendars": [
                {"mailbox": "info@contoso.com", "right": "Reviewer"},
                {"mailbox": "info@contoso.com", "right": "Editor"},
            ]})),
            "/calendars/1/mailbox",
            "it is named before",
        ),
        (
            settings(json!({})),
            "/mailboxSettings",
            "language, timeZone, dateFormat, timeFormat; or leave it out",
        ),
        (settings(json!({"language": "de"})), "/mailboxSettings/language", "such as de-CH"),
        (settings(json!({"timeZone": "Europe/Zurich"})), "/mailboxSettings/timeZone", "its name in Windows"),
        (settings(json!({"dateFormat": " "})), "/mailboxSettings/dateFormat", "such as dd.MM.yyyy"),
        (settings(json!({"timeFormat": "H".repeat(65)})), "/mailboxSettings/timeFormat", "such as HH:mm"),
        (but_for(json!({"copyFrom": {"user": " "}})), "/copyFrom/user", "leave it out"),
        (
            but_for(json!({"copyFrom": {"user": "AdeleV@contoso.com", "kinds": []}})),
            "/copyFrom/kinds",
            "leave it out for both",
        ),
    ];
    for (body, pointer, says) in table {
        is_told(FUNCTION, &body, pointer, says).await;
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_wrong_is_told_at_once() {
    let body = but_for(json!({
        "employeeId": "", "usageLocation": "Switzerland", "manager": "",
        "profile": {"department": "x".repeat(65)}, "temporaryAccessPass": {"lifetimeInMinutes": 1},
    }));
    let wrong = [
        "/employeeId",
        "/manager",
        "/profile/department",
        "/temporaryAccessPass/lifetimeInMinutes",
        "/usageLocation",
    ];
    are_told_at_once(FUNCTION, &body, &wrong).await;
}

#[tokio::test(start_paused = true)]
async fn what_only_the_tenant_can_tell_is_told_with_the_field_too() {
    let table: Vec<(Value, &str, &str, &str)> = vec![
        (
            json!({"userPrincipalName": "mallory@wingtiptoys.com"}),
            "/userPrincipalName",
            "domain-unverified",
            "these are: contoso.com",
        ),
        (
            json!({"userPrincipalName": "mallory@fabrikam.com"}),
            "/userPrincipalName",
            "domain-federated",
            "made on premises",
        ),
        (
            json!({"userPrincipalName": "adelev@contoso.com"}),
            "/userPrincipalName",
            "name-taken",
            "employee id 100003",
        ),
        (
            json!({"employeeId": "100003"}),
            "/employeeId",
            "another-person",
            "Adele Vance's (AdeleV@contoso.com)",
        ),
        (json!({"manager": "nobody@contoso.com"}), "/manager", "person-unknown", "nobody@contoso.com"),
        (json!({"sponsors": ["100003", "999999"]}), "/sponsors/1", "person-unknown", "999999"),
        (json!({"copyFrom": {"user": "999999"}}), "/copyFrom/user", "person-unknown", "999999"),
        (json!({"groups": ["Finance", "Retial"]}), "/groups/1", "group-unknown", "Retial"),
        (json!({"groups": ["Project Falcon"]}), "/groups/0", "ambiguous", "give the object id"),
        (json!({"groups": ["All Employees"]}), "/groups/0", "group-dynamic", "follow a rule"),
        (json!({"groups": ["BranchOffice"]}), "/groups/0", "group-synced", "on premises"),
        (json!({"groups": ["Tier0"]}), "/groups/0", "group-role-assignable", "directory roles"),
        (json!({"administrativeUnit": "Antarctica"}), "/administrativeUnit", "unit-unknown", "Antarctica"),
        (json!({"licences": [{"sku": "SPE_E7"}]}), "/licences/0/sku", "licence-unknown", "it has SPE_E5"),
        (
            json!({"licences": [{"sku": "SPE_E3", "disabledPlans": ["SWAY", "TEMAS1"]}]}),
            "/licences/0/disabledPlans/1",
            "plan-unknown",
            "TEAMS1",
        ),
        (
            json!({"licences": [{"sku": "PROJECTPROFESSIONAL"}]}),
            "/licences/0",
            "licence-none-left",
            "2 bought, 2 in use",
        ),
        (
            json!({"licences": [{"sku": "SPE_E3"}], "usageLocation": null}),
            "/usageLocation",
            "usage-location",
            "such as CH",
        ),
        (
            json!({"groups": ["LicensingE3"], "usageLocation": null}),
            "/usageLocation",
            "usage-location",
            "such as CH",
        ),
        (json!({"groups": ["BranchNews"]}), "/groups/0", "group-synced", "on premises"),
        (
            json!({"aliases": ["mal@contoso.com", "adelev@contoso.com"]}),
            "/aliases/1",
            "alias-taken",
            "adelev@contoso.com is an address of Adele Vance",
        ),
        (json!({"aliases": ["newsletter@contoso.com"]}), "/aliases/0", "alias-taken", "Newsletter"),
        (
            json!({"aliases": ["mal@wingtiptoys.com"]}),
            "/aliases/0",
            "alias-domain",
            "wingtiptoys.com is not a verified domain of this tenant; these are: contoso.com",
        ),
        (
            json!({"sharedMailboxes": [{"mailbox": "inof@contoso.com"}]}),
            "/sharedMailboxes/0/mailbox",
            "mailbox-unknown",
            "there is no mailbox inof@contoso.com",
        ),
        (
            json!({"sharedMailboxes": [{"mailbox": "MiriamG@contoso.com"}]}),
            "/sharedMailboxes/0/mailbox",
            "mailbox-not-shared",
            "no shared mailbox but a UserMailbox",
        ),
        (
            json!({"calendars": [{"mailbox": "salesandmarketing@contoso.com", "right": "Reviewer"}]}),
            "/calendars/0/mailbox",
            "mailbox-unknown",
            "there is no mailbox salesandmarketing@contoso.com",
        ),
    ];
    for (fields, field, code, says) in table {
        is_found(FUNCTION, &but_for(fields), field, code, says).await;
    }
}
