//! What is done in Exchange Online, and when.

use directory::mailbox::Mailbox;
use directory::recipient::Recipient;
use onboard_user::{Calendar, Mail, Shared};

use crate::*;

const EXCHANGE: &str = "efb87545-963c-4e0d-99df-69c6916d9eb0";
const COMES: &str = "note mailbox-comes";

/// What the tenant sells: E3 with a mailbox.
fn skus() -> Vec<Sku> {
    let plan = json!({"servicePlanId": EXCHANGE, "servicePlanName": "EXCHANGE_S_ENTERPRISE"});
    vec![sku("SPE_E3", E3, 5, 4, json!({"servicePlans": [plan]}))]
}

fn recipient(number: u32, name: &str, kind: &str) -> Recipient {
    read(json!({
        "ExternalDirectoryObjectId": id(number), "DisplayName": name, "RecipientTypeDetails": kind,
        "DistinguishedName": format!("CN={},OU=contoso.onmicrosoft.com", id(number)),
    }))
}

fn mailbox() -> Mailbox {
    read(json!({
        "ExternalDirectoryObjectId": id(1), "DisplayName": "Mallory Cortez", "RecipientTypeDetails": "UserMailbox",
        "DistinguishedName": format!("CN={},OU=contoso.onmicrosoft.com", id(1)),
        "EmailAddresses": ["SMTP:mallory.cortez@contoso.com", "smtp:mal@contoso.com"],
        "LitigationHoldEnabled": false, "ArchiveGuid": null,
    }))
}

fn info(opens: bool, sends_as: bool, sends_on_behalf: bool) -> Option<Shared> {
    Some(Shared { mailbox: recipient(60, "Contoso Info", "SharedMailbox"), opens, sends_as, sends_on_behalf })
}

fn room(held: Option<Value>) -> Option<Calendar> {
    let held = held.map(|right| read(json!({"User": "Mallory Cortez", "AccessRights": [right]})));
    Some(Calendar { mailbox: recipient(61, "Room Zurich", "RoomMailbox"), is_there: true, held })
}

/// An account that has held E3 since then.
fn licensed(since: &str) -> Account {
    let state = json!({"skuId": E3, "state": "Active", "lastUpdatedDateTime": since});
    mallory(json!({"usageLocation": "CH", "licenseAssignmentStates": [state]}))
}

fn alias(more: Value) -> NewHire {
    want(with(json!({"aliases": ["mc@contoso.com"]}), more))
}

/// Nobody has the alias.
fn free() -> Option<Mail> {
    Some(Mail { aliases: vec![None], ..Mail::default() })
}

fn known(facts: Facts, mail: Option<Mail>) -> Facts {
    Facts { skus: skus(), mail, ..facts }
}

#[test]
fn when_it_is_done() {
    let buys = json!({"usageLocation": "CH", "licences": [{"sku": "SPE_E3"}]});
    let without = json!({"usageLocation": "CH", "licences": [{"sku": "SPE_E3", "disabledPlans": ["EXCHANGE_S_ENTERPRISE"]}]});
    let here = || Some(Mail { mailbox: Some(mailbox()), aliases: vec![None], ..Mail::default() });
    let give = "give Mallory Cortez the address mc@contoso.com";
    let licensing = |members: Vec<Group>, account: Account| {
        let group = group(45, "Licensing", json!({"assignedLicenses": [{"skuId": E3}]}));
        let held = Some(Held { groups: members, ..Held::default() });
        Facts { groups: vec![Found::One(group)], held, ..known(somebody(account), free()) }
    };
    let in_group = || vec![group(45, "Licensing", json!({}))];
    let located = |more: Value| mallory(with(json!({"usageLocation": "CH"}), more));
    decides(vec![
        (
            "the licence is handed out with the account",
            alias(buys.clone()),
            known(nobody(), free()),
            &[
                CREATE,
                "2 assign SPE_E3 to Mallory Cortez",
                "3 let Mallory Cortez sign in",
                &format!("4... {give}"),
                COMES,
                "goes on 2026-03-02T08:02:00Z",
            ],
        ),
        (
            "beside an appointment",
            alias(with(buys, json!({"startsAt": "2026-03-09T08:00:00+01:00"}))),
            known(nobody(), free()),
            &[
                CREATE,
                "2 assign SPE_E3 to Mallory Cortez",
                &format!("3... {give}"),
                "note starts-later",
                COMES,
                "again 2026-03-09T07:00:00Z",
                "goes on 2026-03-02T08:02:00Z",
            ],
        ),
        (
            "the plan of Exchange is switched off",
            alias(without),
            known(nobody(), free()),
            &[
                CREATE,
                "2 assign SPE_E3 without EXCHANGE_S_ENTERPRISE to Mallory Cortez",
                "3 let Mallory Cortez sign in",
                "left no-mailbox",
            ],
        ),
        (
            "no licence",
            alias(json!({})),
            known(nobody(), free()),
            &[CREATE, "2 let Mallory Cortez sign in", "left no-mailbox"],
        ),
        (
            "the mailbox is there",
            alias(json!({})),
            known(somebody(mallory(json!({}))), here()),
            &[&format!("1| {give}")],
        ),
        (
            "the licence has been held for a minute",
            alias(json!({})),
            known(somebody(licensed("2026-03-02T07:59:00Z")), free()),
            &[&format!("1|... {give}"), COMES, "goes on 2026-03-02T08:02:00Z"],
        ),
        (
            "for an hour",
            alias(json!({})),
            known(somebody(licensed("2026-03-02T07:00:00Z")), free()),
            &[&format!("1|... {give}"), COMES, "goes on 2026-03-02T08:30:00Z"],
        ),
        (
            "for a day",
            alias(json!({})),
            known(somebody(licensed("2026-03-01T08:00:00Z")), free()),
            &[&format!("1|... {give}"), COMES, "goes on 2026-03-02T09:00:00Z"],
        ),
        (
            "for longer",
            alias(json!({})),
            known(somebody(licensed("2026-03-01T07:59:59Z")), free()),
            &["left mailbox-late"],
        ),
        (
            "the licence comes with a group that is joined",
            alias(json!({"groups": ["Licensing"]})),
            licensing(Vec::new(), located(json!({}))),
            &[
                "1 add Mallory Cortez to Licensing",
                &format!("2... {give}"),
                "note licence-by-group /groups/0",
                COMES,
                "goes on 2026-03-02T08:15:00Z",
            ],
        ),
        (
            "the group was joined, and the licence of a new account has not come",
            alias(json!({"groups": ["Licensing"]})),
            licensing(in_group(), located(json!({"createdDateTime": "2026-03-02T07:00:00Z"}))),
            &[
                &format!("1|... {give}"),
                "note licence-by-group /groups/0",
                COMES,
                "goes on 2026-03-02T08:30:00Z",
            ],
        ),
        (
            "nor that of an old one",
            alias(json!({"groups": ["Licensing"]})),
            licensing(in_group(), located(json!({}))),
            &["note licence-by-group /groups/0", "left mailbox-late"],
        ),
        (
            "the group could not hand it out",
            alias(json!({})),
            known(
                somebody(mallory(json!({"licenseAssignmentStates": [
                    {"skuId": E3, "assignedByGroup": id(45), "state": "Error", "error": "CountViolation"},
                ]}))),
                free(),
            ),
            &["left licence-error", "left no-mailbox"],
        ),
    ]);
}

#[test]
fn what_is_done() {
    let here =
        |mail: Mail| known(somebody(mallory(json!({}))), Some(Mail { mailbox: Some(mailbox()), ..mail }));
    let shared =
        |more: Value| want(json!({"sharedMailboxes": [with(json!({"mailbox": "info@contoso.com"}), more)]}));
    let calendar =
        |right: &str| want(json!({"calendars": [{"mailbox": "room_zurich@contoso.com", "right": right}]}));
    let swiss =
        want(json!({"mailboxSettings": {"language": "de-CH", "timeZone": "W. Europe Standard Time"}}));
    let region = |language: &str| {
        let region = read(json!({"Language": language, "TimeZone": "W. Europe Standard Time"}));
        here(Mail { region: Some(region), ..Mail::default() })
    };
    let every = json!({"sendAs": true, "sendOnBehalf": true});
    let list = || vec![Found::One(group(43, "Newsletter", json!({"mailEnabled": true})))];
    let news = || want(json!({"groups": ["Newsletter"]}));
    let member = || Some(Held { groups: vec![group(43, "Newsletter", json!({}))], ..Held::default() });
    decides(vec![
        (
            "a list",
            news(),
            Facts { groups: list(), ..here(Mail::default()) },
            &["1| add Mallory Cortez to Newsletter"],
        ),
        (
            "a list that they are in",
            news(),
            Facts { groups: list(), held: member(), ..here(Mail::default()) },
            &[],
        ),
        (
            "aliases, of which one is there",
            want(json!({"aliases": ["mc@contoso.com", "MAL@contoso.com", "cortez@contoso.com"]})),
            here(Mail { aliases: vec![None, None, None], ..Mail::default() }),
            &["1| give Mallory Cortez the addresses mc@contoso.com, cortez@contoso.com"],
        ),
        (
            "every right",
            shared(every.clone()),
            here(Mail { shared: vec![info(false, false, false)], ..Mail::default() }),
            &[
                "1| let Mallory Cortez into the mailbox of Contoso Info",
                "1| let Mallory Cortez send as Contoso Info",
                "1| let Mallory Cortez send on behalf of Contoso Info",
            ],
        ),
        (
            "every right, of which two are held",
            shared(every.clone()),
            here(Mail { shared: vec![info(true, false, true)], ..Mail::default() }),
            &["1| let Mallory Cortez send as Contoso Info"],
        ),
        (
            "every right held",
            shared(every),
            here(Mail { shared: vec![info(true, true, true)], ..Mail::default() }),
            &[],
        ),
        (
            "sending alone",
            shared(json!({"fullAccess": false, "sendAs": true})),
            here(Mail { shared: vec![info(false, false, false)], ..Mail::default() }),
            &["1| let Mallory Cortez send as Contoso Info"],
        ),
        (
            "a calendar",
            calendar("Reviewer"),
            here(Mail { calendars: vec![room(None)], ..Mail::default() }),
            &["1| let Mallory Cortez into the calendar of Room Zurich as Reviewer"],
        ),
        (
            "a calendar, with less so far",
            calendar("Editor"),
            here(Mail { calendars: vec![room(Some(json!("Reviewer")))], ..Mail::default() }),
            &["1| let Mallory Cortez into the calendar of Room Zurich as Editor"],
        ),
        (
            "a calendar, as it is",
            calendar("Editor"),
            here(Mail { calendars: vec![room(Some(json!("Editor")))], ..Mail::default() }),
            &[],
        ),
        (
            "settings",
            swiss.clone(),
            region("en-US"),
            &["1| set the mailbox of Mallory Cortez to de-CH, W. Europe Standard Time"],
        ),
        ("settings, as they are", swiss, region("de-CH"), &[]),
    ]);
}

#[test]
fn what_cannot_be_done() {
    let here =
        |mail: Mail| known(somebody(mallory(json!({}))), Some(Mail { mailbox: Some(mailbox()), ..mail }));
    let holder = |number: u32| {
        let row = json!({"ExternalDirectoryObjectId": id(number), "DisplayName": "Adele Vance"});
        here(Mail { aliases: vec![Some(read(row))], ..Mail::default() })
    };
    let shared = |found: Option<Shared>| here(Mail { shared: vec![found], ..Mail::default() });
    let of = |number: u32, kind: &str| {
        let mailbox = recipient(number, "Adele Vance", kind);
        Some(Shared { mailbox, opens: true, sends_as: false, sends_on_behalf: false })
    };
    let opens = || want(json!({"sharedMailboxes": [{"mailbox": "info@contoso.com"}]}));
    let looks = || want(json!({"calendars": [{"mailbox": "info@contoso.com", "right": "Reviewer"}]}));
    let no_calendar =
        Calendar { mailbox: recipient(60, "Info", "SharedMailbox"), is_there: false, held: None };
    let one = "1| give Mallory Cortez the address mc@contoso.com";
    decides(vec![
        ("somebody has the alias", alias(json!({})), holder(2), &[one, "blocks alias-taken /aliases/0"]),
        ("it is the person's own", alias(json!({})), holder(1), &[one]),
        (
            "it is somebody's, and there is no account yet",
            alias(json!({})),
            Facts { same: Vec::new(), held: None, ..holder(1) },
            &[CREATE, "2 let Mallory Cortez sign in", one_apart(3).as_str(), "blocks alias-taken /aliases/0"],
        ),
        (
            "it is in another house",
            want(json!({"aliases": ["mc@wingtiptoys.com"]})),
            here(Mail { aliases: vec![None], ..Mail::default() }),
            &["1| give Mallory Cortez the address mc@wingtiptoys.com", "blocks alias-domain /aliases/0"],
        ),
        (
            "the account is mastered on premises",
            alias(json!({})),
            Facts {
                same: vec![mallory(json!({"onPremisesSyncEnabled": true}))],
                ..here(Mail { aliases: vec![None], ..Mail::default() })
            },
            &["left account-synced /aliases/0"],
        ),
        ("no such mailbox", opens(), shared(None), &["blocks mailbox-unknown /sharedMailboxes/0/mailbox"]),
        (
            "somebody's own",
            opens(),
            shared(of(2, "UserMailbox")),
            &["blocks mailbox-not-shared /sharedMailboxes/0/mailbox"],
        ),
        (
            "the person's own",
            opens(),
            shared(of(1, "SharedMailbox")),
            &["blocks mailbox-own /sharedMailboxes/0/mailbox"],
        ),
        (
            "the same by two names",
            want(json!({"sharedMailboxes": [{"mailbox": "info@contoso.com"}, {"mailbox": id(60)}]})),
            here(Mail {
                shared: vec![info(true, false, false), info(true, false, false)],
                ..Mail::default()
            }),
            &["blocks mailbox-twice /sharedMailboxes/1/mailbox"],
        ),
        (
            "no such calendar",
            looks(),
            here(Mail { calendars: vec![Some(no_calendar)], ..Mail::default() }),
            &[
                "1| let Mallory Cortez into the calendar of Info as Reviewer",
                "blocks calendar-unknown /calendars/0/mailbox",
            ],
        ),
        (
            "nor such a mailbox",
            looks(),
            here(Mail { calendars: vec![None], ..Mail::default() }),
            &["blocks mailbox-unknown /calendars/0/mailbox"],
        ),
    ]);
}

fn one_apart(stage: usize) -> String {
    format!("{stage}| give Mallory Cortez the address mc@contoso.com")
}
