//! Decisions as tables: what is asked and what is known in, sentences out. No client, no tenant, no async.
//!
//! How a sentence is read tells [`telling::decisions`].

#![cfg(test)]

mod decisions;

use directory::account::{Account, Reference};
use directory::group::Group;
use directory::licence::Sku;
use directory::look::Found;
use directory::recipient::Recipient;
use offboard_user::{Facts, Leaver, Mail, OffboardUser, Quick, Rest};
use plan::Task;
use serde_json::{Value, json};
use telling::decisions::{group, id};
use telling::{read, with};

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
const ONLY_SIGN_OUT: &str = "1 sign Lidia Holloway out everywhere (cannot be undone)";
/// Until the mailbox is seen to be a shared one.
const GOES_ON: &str = "goes on 2026-03-31T15:00:30Z";

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
    let mailbox = read(with(with(recipient_row(1, "Lidia Holloway"), mailbox), more));
    Mail {
        statistics: read(json!({"TotalItemSize": "2 GB (2,147,483,648 bytes)", "ItemCount": 7})),
        successor: Some(recipient(2, "Lee Gu")),
        successor_opens: true,
        ..Mail::of(mailbox, Vec::new(), read(json!({"status": "disabled"})))
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
        may_take_role: false,
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

/// What is asked, what is known, what is decided.
type Row<'a> = telling::decisions::Row<'a, OffboardUser>;

#[track_caller]
fn decides(table: Vec<Row<'_>>) {
    telling::decisions::decides::<OffboardUser>(table);
}
