//! Decisions as tables: what is asked and what is known in, sentences out. No client, no tenant, no async.
//!
//! A change reads `2 remove Lidia Holloway from Retail`, the number being its stage: `2|` if that stands apart, so that it
//! goes ahead whatever became of those before it; `2>` if it comes after the others of its stage and travels with them. A
//! finding reads `left no-successor /successor`; when to look again `again 2026-04-30T00:00:00Z`; and that the run is not over
//! until a service has finished, `goes on`.

#![cfg(test)]

mod decisions;

use directory::account::{Account, Reference};
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::recipient::Recipient;
use offboard_user::{Facts, Leaver, Mail, OffboardUser, Quick, Rest};
use plan::{Change, Plan, Stage, Task};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const NOW: &str = "2026-03-31T15:00:00Z";
/// The beginning of that day, from which somebody is gone who is to leave at once.
const TODAY: &str = "2026-03-31T00:00:00Z";
const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
const EXCHANGE: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";

const DATE: &str = "1 set the leave date of Lidia Holloway to 2026-03-31T00:00:00Z";
const PASSWORD: &str = "1 give Lidia Holloway a password that nobody knows (cannot be undone)";
const BLOCK: &str = "1 do not let Lidia Holloway sign in";
const SIGN_OUT: &str = "1> sign Lidia Holloway out everywhere (cannot be undone)";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a fact")
}

/// An object id that is easy to tell from others.
fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn with(mut value: Value, more: Value) -> Value {
    let members = value.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    value
}

fn want(more: Value) -> Leaver {
    read(with(json!({"user": "LidiaH@contoso.com"}), more))
}

/// Who leaves, still at work.
fn lidia(more: Value) -> Account {
    let account = json!({
        "id": id(1), "userPrincipalName": "LidiaH@contoso.com", "displayName": "Lidia Holloway", "employeeId": "100013",
        "accountEnabled": true, "lastPasswordChangeDateTime": "2025-11-03T09:00:00Z",
        "signInSessionsValidFromDateTime": "2025-11-03T09:00:00Z",
    });
    read(with(account, more))
}

/// Who leaves, cut off a minute ago: nothing is left of the first stage.
fn gone(more: Value) -> Account {
    let cut_off = json!({
        "accountEnabled": false, "employeeLeaveDateTime": TODAY,
        "lastPasswordChangeDateTime": "2026-03-31T14:59:00Z",
        "signInSessionsValidFromDateTime": "2026-03-31T14:59:00Z",
        "passwordProfile": {"forceChangePasswordNextSignIn": true},
    });
    lidia(with(cut_off, more))
}

/// Who leaves, cut off on that day: only then does the date in the directory count.
fn gone_on(date: &str, more: Value) -> Account {
    let cut_off = json!({
        "employeeLeaveDateTime": date, "lastPasswordChangeDateTime": date, "signInSessionsValidFromDateTime": date,
    });
    gone(with(cut_off, more))
}

fn somebody(number: u32, name: &str) -> Reference {
    read(json!({"id": id(number), "displayName": name}))
}

/// Who owns something, and may sign in.
fn owner(number: u32) -> Reference {
    read(json!({"id": id(number), "accountEnabled": true}))
}

fn lee() -> Reference {
    somebody(2, "Lee Gu")
}

fn group(number: u32, name: &str, more: Value) -> Group {
    read(with(
        json!({"id": id(number), "displayName": name, "securityEnabled": true, "mailEnabled": false}),
        more,
    ))
}

/// A SKU with a plan of Exchange Online and one of another service.
fn e3() -> Sku {
    sku("SPE_E3", E3, &[("EXCHANGE_S_ENTERPRISE", EXCHANGE), ("SWAY", SWAY)])
}

/// A SKU of which no mailbox hangs, though it has the foundation that every product has.
fn visio() -> Sku {
    sku("VISIOCLIENT", VISIO, &[("EXCHANGE_S_FOUNDATION", &id(90)), ("VISIOONLINE", &id(91))])
}

fn sku(name: &str, id: &str, plans: &[(&str, &str)]) -> Sku {
    let plans: Vec<Value> =
        plans.iter().map(|(name, id)| json!({"servicePlanId": id, "servicePlanName": name})).collect();
    read(json!({
        "skuId": id, "skuPartNumber": name, "capabilityStatus": "Enabled", "consumedUnits": 1,
        "prepaidUnits": {"enabled": 5}, "servicePlans": plans,
    }))
}

fn recipient(number: u32, name: &str) -> Recipient {
    read(recipient_row(number, name))
}

fn recipient_row(number: u32, name: &str) -> Value {
    json!({
        "ExternalDirectoryObjectId": id(number), "DisplayName": name, "RecipientTypeDetails": "UserMailbox",
        "DistinguishedName": format!("CN={name},OU=contoso.onmicrosoft.com,DC=PROD"),
    })
}

/// A mailbox of which nothing is left to do: shared, hidden, and open to the manager.
fn mail(more: Value) -> Mail {
    let mailbox = json!({
        "RecipientTypeDetails": "SharedMailbox", "LitigationHoldEnabled": false, "ArchiveGuid": null,
        "HiddenFromAddressListsEnabled": true, "IsDirSynced": false,
    });
    Mail {
        mailbox: read(with(with(recipient_row(1, "Lidia Holloway"), mailbox), more)),
        statistics: read(json!({"TotalItemSize": "2 GB (2,147,483,648 bytes)", "ItemCount": 7})),
        rules: Vec::new(),
        reply: read(json!({"status": "disabled"})),
        successor: Some(recipient(2, "Lee Gu")),
        successor_opens: true,
        successor_sends_as: false,
        opens: Vec::new(),
        sends_as: Vec::new(),
        sends_on_behalf: Vec::new(),
        forwarded_here: Vec::new(),
        devices: Vec::new(),
        synchronises: false,
        meetings: 0,
        unseen: 0,
    }
}

/// The mailbox of a person, as it was before: not shared, not hidden, not open to anybody.
fn used(more: Value) -> Mail {
    let before = json!({"RecipientTypeDetails": "UserMailbox", "HiddenFromAddressListsEnabled": false});
    Mail { successor_opens: false, ..mail(with(before, more)) }
}

/// What a first look tells of somebody who has a manager and nothing else.
fn quick(account: Account) -> Quick {
    Quick {
        now: NOW.parse().expect("a time"),
        leaver: Found::One(account),
        manager: Some(lee()),
        named_successor: None,
        zone: None,
        groups: Vec::new(),
        holds_role: false,
        devices: Vec::new(),
        reports: Vec::new(),
    }
}

/// Nothing but a first look.
fn seen(quick: Quick) -> Facts {
    Facts { quick, rest: None }
}

/// A thorough look that shows nothing.
fn nothing() -> Rest {
    Rest { eligibilities: Some(Vec::new()), ..Rest::default() }
}

/// Of somebody who is cut off, and of whom there is this besides.
fn known(rest: Rest) -> Facts {
    Facts { quick: quick(gone(json!({}))), rest: Some(rest) }
}

fn sentences(plan: &Plan) -> Vec<String> {
    let stages = plan.stages.iter().enumerate();
    let changes = stages.flat_map(|(at, stage)| stage_sentences(at + 1, stage));
    let findings = plan.findings.iter().map(|finding| {
        let level = serde_json::to_value(finding.level).expect("a level");
        let field = finding.field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
        format!("{} {}{field}", level.as_str().unwrap_or_default(), finding.code)
    });
    let goes_on = plan.goes_on.map(|_| "goes on".to_owned());
    changes.chain(findings).chain(plan.again.map(|at| format!("again {at}"))).chain(goes_on).collect()
}

fn stage_sentences(number: usize, stage: &Stage) -> Vec<String> {
    let apart = if stage.later {
        "..."
    } else if stage.apart {
        "|"
    } else {
        ""
    };
    let changes = stage.changes.iter().map(|change| sentence(&format!("{number}{apart}"), change));
    changes.chain(stage.after.iter().map(|change| sentence(&format!("{number}>"), change))).collect()
}

fn sentence(stage: &str, change: &Change) -> String {
    let for_good = if change.undo.is_none() { " (cannot be undone)" } else { "" };
    format!("{stage} {}{for_good}", change.says)
}

/// What is asked, what is known, what is decided.
type Row<'a> = (&'a str, Leaver, Facts, &'a [&'a str]);

#[track_caller]
fn decides(table: Vec<Row<'_>>) {
    for (name, want, have, expected) in table {
        let plan = OffboardUser::plan(&want, &have);
        assert_eq!(sentences(&plan), expected, "{name}");
        assert_eq!(
            plan.digest(),
            OffboardUser::plan(&want, &have).digest(),
            "{name}: the same facts, the same plan"
        );
    }
}
