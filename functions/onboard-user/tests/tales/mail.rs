//! What is done in Exchange Online: lists, aliases, shared mailboxes, calendars, and the mailbox's own settings.

use serde_json::{Value, json};
use telling::{Story, object, refusal, with};
use tenant::{Drop, Trouble};

use super::{DAY, MINUTE, alex, later, mallory};

/// A new hire with a mailbox, and everything that is done in it.
fn with_mail(more: Value) -> Value {
    let mail = mallory(json!({
        "usageLocation": "US",
        "licences": [{"sku": "SPE_E3"}],
        "groups": ["Finance", "Newsletter"],
        "aliases": ["mal@contoso.com"],
        "sharedMailboxes": [{"mailbox": "info@contoso.com", "sendAs": true, "sendOnBehalf": true}],
        "calendars": [{"mailbox": "room_zurich@contoso.com", "right": "Reviewer"}],
        "mailboxSettings": {"language": "de-CH", "timeZone": "W. Europe Standard Time"},
    }));
    with(mail, more)
}

/// Alex Wilber, who has a mailbox.
fn alexs_mail(more: Value) -> Value {
    with(alex(json!({"groups": ["Newsletter"], "aliases": ["aw@contoso.com"]})), more)
}

/// The mailbox of somebody in a state.
fn mailbox_of<'a>(state: &'a mut Value, user: &str) -> &'a mut Value {
    let id = object(state, "users", &format!("{user}@contoso.com"))["id"].clone();
    let mailboxes = state["mailboxes"].as_array_mut().into_iter().flatten();
    let found = mailboxes.into_iter().find(|mailbox| mailbox["id"] == id);
    found.unwrap_or_else(|| panic!("{user} has no mailbox"))
}

/// The mailbox comes at this time, and not with the licence.
fn comes_at(at: &'static str) -> impl FnOnce(&mut Value) {
    move |state| mailbox_of(state, "mallory.cortez")["availableDateTime"] = json!(at)
}

fn exchange(exception: &str) -> Trouble {
    Trouble { exchange: Some(exception.to_owned()), ..Trouble::default() }
}

pub(crate) async fn mailbox_comes_later(story: &mut Story) {
    story.title("The mailbox comes after its licence: nobody waits for it, and the run goes on by itself");
    story.says("What will be done in Exchange is shown, and approved, with the rest.");
    let preview = story.preview(&with_mail(json!({"temporaryAccessPass": {}}))).await;
    let approved = format!("\"{}\"", preview.digest());
    let want = with_mail(json!({"temporaryAccessPass": {}}));
    let begun = story.ask("POST", "/api/onboard-user", &[("if-match", &approved)], Some(&want)).await;
    story.says("The person may sign in, and has the pass. It is a 202, since more is to come:");
    story.in_json(&begun);
    story.edit(comes_at("2026-03-02T08:04:00Z"));
    story.says("Two minutes later the mailbox is not there yet.");
    let waits = later(story, &begun, 2 * MINUTE).await;
    story.says("It is now.");
    later(story, &waits, 3 * MINUTE).await;
    story.says("Asked again: nothing.");
    story.apply(&want).await;
    story.says("Undo deletes the account: lists, mailboxes and calendars know it no more.");
    story.act(&begun, "undo").await;
}

pub(crate) async fn taken_back_while_it_waits(story: &mut Story) {
    story.title("Taken back before the mailbox has come: the run goes on no more");
    let begun = story.apply(&with_mail(json!({"sharedMailboxes": [], "calendars": []}))).await;
    story.act(&begun, "undo?whatIf=true").await;
    story.act(&begun, "undo").await;
    later(story, &begun, 5 * MINUTE).await;
    story.scene("Of an account that existed, what was done is taken back, and what waited is not done");
    let groups = json!({"groups": ["Finance", "Newsletter"], "licences": [{"sku": "EXCHANGESTANDARD"}]});
    story.edit(|state| {
        object(state, "users", "AlexW@contoso.com")["licences"] = json!([]);
        let id = object(state, "users", "AlexW@contoso.com")["id"].clone();
        state["mailboxes"].as_array_mut().expect("mailboxes").retain(|mailbox| mailbox["id"] != id);
    });
    let begun = story.apply(&alexs_mail(groups)).await;
    story.act(&begun, "undo").await;
    later(story, &begun, 5 * MINUTE).await;
}

pub(crate) async fn mail_of_somebody_who_is_here(story: &mut Story) {
    story.title("Somebody who has a mailbox: it is done at once, and taken back one by one");
    let want = alexs_mail(json!({
        "aliases": ["aw@contoso.com", "AlexW@contoso.com", "alex.wilber@contoso.com"],
        "sharedMailboxes": [
            {"mailbox": "info@contoso.com", "autoMapping": false, "sendOnBehalf": true},
            {"mailbox": "servicedesk@contoso.com", "fullAccess": false, "sendAs": true},
        ],
        "calendars": [
            {"mailbox": "AdeleV@contoso.com", "right": "Reviewer"},
            {"mailbox": "room_zurich@contoso.com", "right": "AvailabilityOnly"},
        ],
        "mailboxSettings": {"language": "de-CH", "timeZone": "W. Europe Standard Time", "timeFormat": "HH:mm"},
    }));
    let done = story.apply(&want).await;
    story.says("Again: nothing.");
    story.apply(&want).await;
    story.says("A calendar that is shared already is shared otherwise.");
    let mut more = want.clone();
    more["calendars"][0]["right"] = json!("Editor");
    let edits = story.apply(&more).await;
    story.says("And back.");
    story.act(&edits, "undo").await;
    story.act(&done, "undo").await;
    story.scene("Nothing that Exchange does is asked for: it is asked nothing");
    story.apply(&alex(json!({"groups": ["Finance"]}))).await;
    story.scene("A mailbox that is mastered on premises has its addresses there");
    story.edit(|state| object(state, "users", "AlexW@contoso.com")["onPremisesSyncEnabled"] = json!(true));
    story.apply(&alexs_mail(json!({}))).await;
    let info = object(&mut story.tenant().state(), "users", "info@contoso.com")["id"].clone();
    let finance = object(&mut story.tenant().state(), "groups", "Finance")["id"].clone();
    story.guarded_scene("Guard-rails hold for lists that are joined later", &json!({"groups": [finance]}));
    story.apply(&with_mail(json!({}))).await;
    story.guarded_scene("And for shared mailboxes", &json!({"protected": {"ids": [info]}}));
    story.apply(&with_mail(json!({}))).await;
}

pub(crate) async fn mail_will_not_do(story: &mut Story) {
    story.title("What cannot be done in Exchange is said before anything is created");
    story.scene("Everything that can be wrong");
    story.edit(|state| mailbox_of(state, "servicedesk")["kind"] = json!("RoomMailbox"));
    let want = with_mail(json!({
        "groups": ["Newsletter", "Branch Office News"],
        "aliases": ["mal@contoso.com", "AdeleV@contoso.com", "newsletter@contoso.com", "mal@wingtiptoys.com"],
        "sharedMailboxes": [
            {"mailbox": "inof@contoso.com"},
            {"mailbox": "MiriamG@contoso.com"},
            {"mailbox": "servicedesk@contoso.com"},
        ],
        "calendars": [{"mailbox": "salesandmarketing@contoso.com", "right": "Reviewer"}],
    }));
    story.apply(&want).await;
    story.scene("An address that an account without a mailbox signs in with");
    story.edit(|state| {
        object(state, "users", "room_zurich@contoso.com")["userPrincipalName"] = json!("mal@contoso.com");
    });
    story.preview(&mallory(json!({"aliases": ["mal@contoso.com"]}))).await;
    story.scene("A mailbox by two names; and one's own");
    let info = object(&mut story.tenant().state(), "users", "info@contoso.com")["id"].clone();
    let twice = json!([{"mailbox": "info@contoso.com"}, {"mailbox": info}, {"mailbox": "AlexW@contoso.com"}]);
    story.preview(&alexs_mail(json!({"sharedMailboxes": twice}))).await;
}

pub(crate) async fn mailbox_does_not_come(story: &mut Story) {
    story.title("No mailbox: what was asked for is named, and nobody waits for ever");
    story.scene("Nothing brings one");
    story.apply(&with_mail(json!({"licences": []}))).await;
    story.scene("The plan of Exchange is switched off");
    let off = json!([{"sku": "SPE_E3", "disabledPlans": ["EXCHANGE_S_ENTERPRISE"]}]);
    story.preview(&with_mail(json!({"licences": off}))).await;
    story.scene("It should have come, and has not");
    let begun = story.apply(&with_mail(json!({"sharedMailboxes": [], "calendars": []}))).await;
    story.edit(comes_at("2026-03-05T08:00:00Z"));
    let waits = later(story, &begun, 10 * MINUTE).await;
    later(story, &waits, DAY).await;
    story.says("When it is there at last, asking again does the rest.");
    story.tenant().advance(3 * DAY);
    story.apply(&with_mail(json!({"sharedMailboxes": [], "calendars": []}))).await;
    story.scene("The licence was refused: there is nothing to wait for, and the run is over");
    let none =
        "Subscription with SKU 05e9a617-0261-4cee-bb44-138d3ef5d965 does not have any available licenses.";
    story.trouble("POST", "/users/*/assignLicense", None, refusal(400, "Request_BadRequest", none));
    story.apply(&with_mail(json!({}))).await;
    story.scene("The licence comes with a group");
    let group = with_mail(json!({"licences": [], "groups": ["LicensingE3", "Newsletter"]}));
    let begun = story.apply(&group).await;
    later(story, &begun, 15 * MINUTE).await;
}

pub(crate) async fn mail_and_a_start_date(story: &mut Story) {
    story.title("A start date, and a mailbox: each is waited for by itself");
    let begun = story.apply(&with_mail(json!({"startsAt": "2026-03-09T08:00:00+01:00"}))).await;
    story.says("The mailbox comes long before the first day.");
    let ready = later(story, &begun, 5 * MINUTE).await;
    story.says("On that day the person is let in.");
    later(story, &ready, 7 * DAY).await;
}

/// What is refused, and what that is asked for.
const REFUSED: [(&str, &str, &str); 9] = [
    ("Somebody took the address a moment ago", "Set-Mailbox", "ProxyAddressExistsException"),
    ("The domain takes no mail", "Set-Mailbox", "NotAcceptedDomainException"),
    ("The list is not ours to change", "Add-DistributionGroupMember", "CmdletAccessDeniedException"),
    ("Somebody was faster", "Add-DistributionGroupMember", "MemberAlreadyExistsException"),
    (
        "The organisation has never been customised",
        "Set-Mailbox",
        "InvalidOperationInDehydratedContextException",
    ),
    ("A role without this parameter", "Set-Mailbox", "ParameterBindingException"),
    ("A value that Exchange does not understand", "Set-Mailbox", "ParameterTransformationException"),
    ("The directory has not caught up", "Add-DistributionGroupMember", "UnableToWriteToAadException"),
    ("A passing trouble", "Set-Mailbox", "TransientException"),
];

pub(crate) async fn refused_by_exchange(story: &mut Story) {
    story.title("What Exchange Online refuses: the rest goes on, and what is refused is named");
    for (title, cmdlet, exception) in REFUSED {
        story.scene(title);
        let passes = ["TransientException", "UnableToWriteToAadException"].contains(&exception);
        story.trouble_with(cmdlet, passes.then_some(1), exchange(exception));
        story.apply(&alexs_mail(json!({}))).await;
    }
    story.scene("The list is gone when the mailbox has come");
    let news = || alexs_mail(json!({"aliases": []}));
    story.trouble_with("Add-DistributionGroupMember", None, exchange("ManagementObjectNotFoundException"));
    story.apply(&news()).await;
    story.scene("A date format that the language does not know");
    story.trouble_with("Set-MailboxRegionalConfiguration", None, exchange("DataValidationException"));
    let format = json!({"language": "de-CH", "dateFormat": "M/d/yyyy"});
    story.apply(&alexs_mail(json!({"mailboxSettings": format}))).await;
    story.scene("Somebody let the person into the calendar a moment ago");
    story.trouble_with(
        "Add-MailboxFolderPermission",
        None,
        exchange("UserAlreadyExistsInPermissionEntryException"),
    );
    let calendar = json!([{"mailbox": "room_zurich@contoso.com", "right": "Reviewer"}]);
    story.apply(&alexs_mail(json!({"calendars": calendar}))).await;
}

pub(crate) async fn exchange_is_in_trouble(story: &mut Story) {
    story.title("Exchange Online is busy, away, or not ours");
    story.scene("Too busy for as long as there is time");
    story.trouble_with("Set-Mailbox", None, exchange("ServerBusyException"));
    story.apply(&alexs_mail(json!({}))).await;
    story.says("Asked again, when it is not: only what is missing is done.");
    story.tenant().clear_faults();
    story.apply(&alexs_mail(json!({}))).await;
    story.scene("The answer is lost: reading tells");
    let lost = Trouble { drop: Some(Drop::After), ..Trouble::default() };
    story.trouble_with("Add-DistributionGroupMember", Some(1), lost.clone());
    story.trouble_with("EmailAddresses", Some(1), lost);
    story.apply(&alexs_mail(json!({}))).await;
    story.scene_with(
        "Without a directory role it does not even say why: 502, with what helps",
        "Exchange Recipient Administrator",
        None,
    );
    story.preview(&alexs_mail(json!({}))).await;
    story.scene_with("Without its permission", "Exchange.ManageAsApp", None);
    story.preview(&alexs_mail(json!({}))).await;
    story.says("Who asks for nothing that Exchange does needs neither.");
    story.apply(&alex(json!({"groups": ["Finance"]}))).await;
}
