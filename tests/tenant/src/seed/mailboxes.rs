//! What is in Contoso's mailboxes: one of everything that an administrator has to look at when somebody leaves,
//! most of it with Lidia Holloway.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::contoso::{CREATED, account, person};
use crate::clock::read;
use crate::ids::named;
use crate::state::belongings::{Archive, Device, FolderAccess, FullAccess, Hold, Meeting, Rule, Size};
use crate::state::mailbox::GIGABYTE;
use crate::state::{Directory, Link, Mailbox, MailboxKind, Moment};

const DAY_MS: i64 = 24 * 3_600_000;
/// Alias, display name, kind, gigabytes. The room's account is there already.
const WITHOUT_LICENCE: [(&str, &str, MailboxKind, u64); 3] = [
    ("info", "Contoso Info", MailboxKind::Shared, 3),
    ("servicedesk", "Service Desk", MailboxKind::Shared, 12),
    ("room_zurich", "", MailboxKind::Room, 0),
];
/// Who may open whose mailbox.
const OPEN: [(&str, &[&str]); 4] = [
    ("info", &["MeganB", "AdeleV", "LidiaH"]),
    ("servicedesk", &["AllanD", "NestorW"]),
    ("PattiF", &["MeganB"]),
    ("JohannaL", &["LidiaH"]),
];
const SEND_AS: [(&str, &[&str]); 2] = [("info", &["MeganB", "LidiaH"]), ("servicedesk", &["AllanD"])];
const ON_BEHALF: [(&str, &[&str]); 2] = [("PattiF", &["MeganB"]), ("LeeG", &["LidiaH"])];
/// Owner, what the device is, model, system, client.
const DEVICES: [(&str, &str, &str, &str, &str); 5] = [
    ("LidiaH", "iPhone", "iPhone 15", "iOS 18.5", "Outlook"),
    ("LidiaH", "iPad", "iPad Air", "iPadOS 18.5", "EAS"),
    ("MeganB", "iPhone", "iPhone 15", "iOS 18.3", "Outlook"),
    ("GradyA", "Android", "Pixel 9", "Android 15", "Outlook"),
    ("LeeG", "iPhone", "iPhone 14", "iOS 18.2", "EAS"),
];
/// Whose calendar, subject, days from now, called by the owner, attendees.
const MEETINGS: [(&str, &str, i64, bool, u32); 6] = [
    ("LidiaH", "Product weekly", 7, true, 6),
    ("LidiaH", "Launch review", 30, true, 4),
    ("LidiaH", "Planning of next year", 200, true, 3),
    ("LidiaH", "All hands", 14, false, 24),
    ("GradyA", "Design review", 10, true, 5),
    ("GradyA", "All hands", 14, false, 24),
];

/// Fills the mailboxes that licences gave, and makes those that need none.
pub(super) fn add(directory: &mut Directory, now_ms: i64) {
    WITHOUT_LICENCE.iter().for_each(|row| add_unlicensed(directory, row));
    size(directory);
    OPEN.iter().for_each(|(whose, who)| open(directory, whose, who));
    relate(directory, Link::SendAs, &SEND_AS);
    relate(directory, Link::OnBehalf, &ON_BEHALF);
    DEVICES.iter().enumerate().for_each(|(number, row)| add_device(directory, number, row));
    MEETINGS.iter().for_each(|row| add_meeting(directory, now_ms, row));
    add_rules(directory);
    add_particulars(directory);
}

fn change(directory: &mut Directory, alias: &str, change: impl FnOnce(&mut Mailbox)) {
    let found = directory.mailboxes.truth(person(alias)).map(|mailbox| Mailbox::clone(mailbox));
    if let Some(mut mailbox) = found {
        change(&mut mailbox);
        directory.put_mailbox(mailbox);
    }
}

fn add_unlicensed(
    directory: &mut Directory,
    (alias, name, kind, gigabytes): &(&str, &str, MailboxKind, u64),
) {
    let address = format!("{alias}@contoso.com");
    let known = directory.edit(person(alias));
    let mut user = known.unwrap_or_else(|| {
        let mut user = account(alias, name, &address);
        user.properties.set("accountEnabled", false);
        user
    });
    user.properties.set("mail", address.clone());
    user.properties.set("proxyAddresses", json!([format!("SMTP:{address}")]));
    directory.put(user);
    let mut mailbox = Mailbox::new(person(alias), *kind, read(CREATED).unwrap_or(0));
    mailbox.size = contents(gigabytes * GIGABYTE);
    directory.put_mailbox(mailbox);
}

fn contents(bytes: u64) -> Size {
    Size { bytes, items: bytes / 75_000, deleted_bytes: bytes / 40, deleted_items: bytes / 3_000_000 }
}

/// Something in every mailbox, and in Nestor Wilke's more than a shared one may hold.
fn size(directory: &mut Directory) {
    let users: Vec<Uuid> = directory.mailboxes.all().map(|mailbox| mailbox.id).collect();
    let with_licence = users.into_iter().filter(|id| !is_unlicensed(*id));
    let sized: Vec<(Uuid, u64)> =
        with_licence.map(|id| (id, (id.as_u128() % 9 + 1) as u64 * 137_438_953)).collect();
    for (id, bytes) in sized {
        let found = directory.mailboxes.truth(id).map(|mailbox| Mailbox::clone(mailbox));
        if let Some(mut mailbox) = found {
            mailbox.size = contents(bytes);
            mailbox.last_logon_date_time = read("2026-02-27T16:30:00Z").map(Moment);
            directory.put_mailbox(mailbox);
        }
    }
    change(directory, "NestorW", |mailbox| mailbox.size = contents(62 * GIGABYTE));
}

fn is_unlicensed(id: Uuid) -> bool {
    WITHOUT_LICENCE.iter().any(|(alias, ..)| person(alias) == id)
}

fn open(directory: &mut Directory, whose: &str, who: &[&str]) {
    let access = |alias: &&str| FullAccess {
        user: person(alias),
        rights: vec!["FullAccess".to_owned()],
        auto_mapping: true,
    };
    let all: Vec<FullAccess> = who.iter().map(access).collect();
    change(directory, whose, |mailbox| mailbox.full_access = all);
}

fn relate(directory: &mut Directory, link: Link, rows: &[(&str, &[&str])]) {
    for (whose, who) in rows {
        who.iter().for_each(|alias| directory.link(link, person(whose), person(alias)));
    }
}

fn add_device(
    directory: &mut Directory,
    number: usize,
    (owner, sort, model, system, client): &(&str, &str, &str, &str, &str),
) {
    let guid = named(&format!("mobile/{owner}/{number}"));
    let device = Device {
        device_id: guid.simple().to_string().to_uppercase(),
        guid,
        device_type: (*sort).to_owned(),
        model: (*model).to_owned(),
        operating_system: (*system).to_owned(),
        client: (*client).to_owned(),
        first_sync_date_time: Moment(read(CREATED).unwrap_or(0)),
        wipe: None,
    };
    change(directory, owner, |mailbox| mailbox.devices.push(device));
}

fn add_meeting(
    directory: &mut Directory,
    now_ms: i64,
    (owner, subject, days, organized, attendees): &(&str, &str, i64, bool, u32),
) {
    let meeting = Meeting {
        subject: (*subject).to_owned(),
        start_date_time: Moment(now_ms / DAY_MS * DAY_MS + days * DAY_MS),
        organized: *organized,
        attendees: *attendees,
    };
    change(directory, owner, |mailbox| mailbox.meetings.push(meeting));
}

/// Lidia Holloway's mail goes outside; Adele Vance sorts hers.
fn add_rules(directory: &mut Directory) {
    let outside =
        json!({ "emailAddress": { "name": "Lidia Holloway", "address": "lidia@northwindtraders.com" } });
    let rules = vec![
        rule(1, "Home", json!({}), json!({ "forwardTo": [outside], "stopProcessingRules": true })),
        rule(2, "Invoices", json!({ "subjectContains": ["invoice"] }), json!({ "markAsRead": true })),
        Rule { hidden: true, ..rule(3, "Junk E-mail Rule", json!({}), json!({})) },
    ];
    change(directory, "LidiaH", |mailbox| mailbox.rules = rules);
    let sorted =
        rule(1, "Newsletter", json!({ "senderContains": ["newsletter"] }), json!({ "markAsRead": true }));
    change(directory, "AdeleV", |mailbox| mailbox.rules.push(sorted));
}

fn rule(sequence: i64, name: &str, conditions: Value, actions: Value) -> Rule {
    let members = |value: Value| -> Map<String, Value> { value.as_object().cloned().unwrap_or_default() };
    let bytes = *named(&format!("rule/{name}")).as_bytes();
    Rule {
        number: u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], 0, 1]),
        name: name.to_owned(),
        sequence,
        enabled: true,
        hidden: false,
        read_only: false,
        conditions: members(conditions),
        exceptions: Map::new(),
        actions: members(actions),
    }
}

/// An archive, a hold, two forwardings, an automatic reply and three shared calendars.
fn add_particulars(directory: &mut Directory) {
    let since = Moment(read("2025-09-01T08:00:00Z").unwrap_or(0));
    change(directory, "LeeG", |mailbox| {
        mailbox.archive = Some(Archive { id: named("archive/LeeG"), size: contents(21 * GIGABYTE) });
    });
    change(directory, "EnricoC", |mailbox| {
        mailbox.hold = Some(Hold { since_date_time: since, owner: "AllanD@contoso.com".into(), days: None });
        mailbox.retention_comment = "Matter 2025-17".into();
    });
    change(directory, "LynneR", |mailbox| {
        mailbox.forwarding_address = Some(person("AdeleV"));
        mailbox.deliver_and_forward = true;
    });
    change(directory, "JohannaL", |mailbox| mailbox.forwarding_address = Some(person("LidiaH")));
    change(directory, "servicedesk", |mailbox| {
        mailbox.auto_reply.state = "Enabled".into();
        mailbox.auto_reply.internal_message = "We have your request.".into();
        mailbox.auto_reply.external_message = "We have your request.".into();
    });
    share_calendar(directory, "AdeleV", "ChristieC", "Reviewer", &[]);
    share_calendar(directory, "LeeG", "LidiaH", "Editor", &["Delegate"]);
    share_calendar(directory, "PattiF", "MeganB", "Editor", &["Delegate"]);
}

fn share_calendar(directory: &mut Directory, whose: &str, who: &str, right: &str, flags: &[&str]) {
    let access = FolderAccess {
        user: person(who),
        rights: vec![right.to_owned()],
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    };
    change(directory, whose, |mailbox| mailbox.calendar.push(access));
}
