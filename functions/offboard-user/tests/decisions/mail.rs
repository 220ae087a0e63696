//! The mailbox, and the leaver's rights on those of others.

use crate::*;

const OPEN: &str = "let Lee Gu into the mailbox of Lidia Holloway";
const SHARE: &str = "make the mailbox of Lidia Holloway a shared one";
const HIDE: &str = "hide Lidia Holloway from the address lists";

fn has(mail: Mail) -> Facts {
    known(Rest { mail: Some(mail), ..nothing() })
}

#[test]
fn what_becomes_of_the_mailbox() {
    let asks = |more: Value| want(json!({"mailbox": more}));
    let plain = || has(used(json!({})));
    let on = GOES_ON;
    decides(vec![
        (
            "as nobody says otherwise",
            asks(json!({})),
            plain(),
            &[&format!("1| {HIDE}"), &format!("1| {OPEN}"), &format!("2| {SHARE}"), on],
        ),
        ("seen to already", asks(json!({})), has(mail(json!({}))), &[]),
        ("there is none", asks(json!({})), known(nothing()), &[]),
        (
            "there is none, and something was asked of it",
            asks(json!({"reply": {"internal": "Lidia has left"}, "hold": {}})),
            known(nothing()),
            &["left no-mailbox /mailbox"],
        ),
        (
            "there is none, and its mail was to be forwarded",
            asks(json!({"forward": true})),
            known(nothing()),
            &["left no-mailbox /mailbox"],
        ),
        (
            "there is none, and its meetings were to be cancelled",
            asks(json!({"cancelMeetings": true})),
            known(nothing()),
            &["left no-mailbox /mailbox"],
        ),
        ("nothing of it", asks(json!({"shared": false, "fullAccess": false, "hide": false})), plain(), &[]),
        (
            "held first: where that is refused, it stays a person's",
            asks(json!({"hold": {"days": 365}})),
            plain(),
            &[
                &format!("1| {HIDE}"),
                &format!("1| {OPEN}"),
                "2| put the mailbox of Lidia Holloway on litigation hold for 365 days",
                &format!("3 {SHARE}"),
                on,
            ],
        ),
        (
            "on hold already",
            asks(json!({"hold": {"days": 365}})),
            has(mail(json!({"LitigationHoldEnabled": true}))),
            &[],
        ),
        (
            "mastered on premises",
            asks(json!({})),
            has(used(json!({"IsDirSynced": true}))),
            &[&format!("1| {OPEN}"), "left mailbox-synced"],
        ),
        (
            "a shared one that its owner has made so",
            asks(json!({})),
            has(mail(json!({"HiddenFromAddressListsEnabled": false}))),
            &[&format!("1| {HIDE}")],
        ),
    ]);
}

#[test]
fn what_the_successor_gets() {
    let asks = |more: Value| want(json!({"mailbox": more}));
    let closed = || Mail { successor_opens: false, ..mail(json!({})) };
    let nobody = |mut have: Facts| {
        have.quick.manager = None;
        have
    };
    let unknown = || Mail { successor: None, ..mail(json!({})) };
    let forwarded = json!({"ForwardingAddress": "Lee Gu", "DeliverToMailboxAndForward": true});
    let home = json!({"ForwardingSmtpAddress": "smtp:lidia@example.com"});
    let away = json!({"ForwardingSmtpAddress": "smtp:lidia@example.com"});
    let away = || Mail { successor: None, ..mail(away.clone()) };
    let copy = "1| forward the mail of Lidia Holloway to Lee Gu and keep a copy";
    let no_copy = "1| forward the mail of Lidia Holloway to Lee Gu and keep no copy";
    decides(vec![
        ("to open it", asks(json!({})), has(closed()), &[&format!("1| {OPEN}")]),
        (
            "to send as the leaver",
            asks(json!({"sendAs": true})),
            has(mail(json!({}))),
            &["1| let Lee Gu send as Lidia Holloway"],
        ),
        (
            "to send as the leaver, already",
            asks(json!({"sendAs": true})),
            has(Mail { successor_sends_as: true, ..mail(json!({})) }),
            &[],
        ),
        ("the mail", asks(json!({"forward": true})), has(mail(json!({}))), &[copy]),
        (
            "the mail, and no copy stays",
            asks(json!({"forward": true, "keepCopy": false})),
            has(mail(json!({}))),
            &[no_copy],
        ),
        ("the mail, already", asks(json!({"forward": true})), has(mail(forwarded.clone())), &[]),
        (
            "the mail, already, but of a copy it was said otherwise",
            asks(json!({"forward": true, "keepCopy": false})),
            has(mail(forwarded.clone())),
            &[no_copy],
        ),
        ("the mail, which went home", asks(json!({"forward": true})), has(mail(home)), &[copy]),
        (
            "a forwarding that nobody asked for",
            asks(json!({})),
            has(mail(forwarded.clone())),
            &["1| do not forward the mail of Lidia Holloway"],
        ),
        (
            "the mail, but Exchange does not know them",
            asks(json!({"forward": true, "fullAccess": false})),
            has(unknown()),
            &["left successor-without-mailbox /successor"],
        ),
        (
            "the mail, which goes home, but Exchange does not know them: it goes home no more",
            asks(json!({"forward": true, "fullAccess": false})),
            has(away()),
            &["1| do not forward the mail of Lidia Holloway", "left successor-without-mailbox /successor"],
        ),
        (
            "the mail, which goes home, but there is nobody: it goes home no more",
            asks(json!({"forward": true})),
            nobody(has(away())),
            &["1| do not forward the mail of Lidia Holloway", "left no-successor /successor"],
        ),
        (
            "the mail, which goes to somebody inside, but there is nobody",
            asks(json!({"forward": true})),
            nobody(has(Mail { successor: None, ..mail(forwarded.clone()) })),
            &["1| do not forward the mail of Lidia Holloway", "left no-successor /successor"],
        ),
        (
            "the mail, which goes to somebody inside: it may be the manager who was cleared, and goes on",
            want(json!({"mailbox": {"forward": true}, "profile": {"clearManager": true}})),
            nobody(has(Mail { successor: None, ..mail(forwarded.clone()) })),
            &["left no-successor /successor"],
        ),
        (
            "the mail, which goes to somebody inside, but Exchange does not know who takes over",
            asks(json!({"forward": true})),
            has(Mail { successor: None, ..mail(forwarded.clone()) }),
            &["1| do not forward the mail of Lidia Holloway", "left successor-without-mailbox /successor"],
        ),
        (
            "nothing, for Exchange does not know them",
            asks(json!({"sendAs": true})),
            has(Mail { successor: None, ..closed() }),
            &["left successor-without-mailbox /successor"],
        ),
        ("nothing, and nothing was to be handed on", asks(json!({"fullAccess": false})), has(unknown()), &[]),
        (
            "nothing, for there is nobody",
            asks(json!({"sendAs": true, "forward": true})),
            nobody(has(Mail { successor: None, ..closed() })),
            &["left no-successor /successor"],
        ),
    ]);
}

#[test]
fn nobody_is_told_that_nothing_is_forwarded_while_something_is() {
    for (is_synced, says) in [(false, "goes on to nobody"), (true, "goes on to Alex Wilber")] {
        let to_alex = json!({"ForwardingAddress": "Alex Wilber", "IsDirSynced": is_synced});
        let have = has(Mail { successor: None, ..mail(to_alex) });
        let plan = OffboardUser::plan(&want(json!({"mailbox": {"forward": true}})), &have);
        let told = plan.findings.iter().find(|finding| finding.code == "successor-without-mailbox");
        assert!(told.is_some_and(|finding| finding.says.ends_with(says)), "{told:?}");
    }
}

#[test]
fn what_is_forwarded_of_a_mailbox_that_is_mastered_on_premises() {
    let synced = |more: Value| has(mail(with(json!({"IsDirSynced": true}), more)));
    let home = || json!({"ForwardingSmtpAddress": "smtp:lidia@example.com"});
    let to_lee = || json!({"ForwardingAddress": "Lee Gu", "DeliverToMailboxAndForward": true});
    let forward = || want(json!({"mailbox": {"forward": true}}));
    let stop = "1| do not forward the mail of Lidia Holloway to an address";
    decides(vec![
        ("home: that is stopped here", want(json!({})), synced(home()), &[stop, "left mailbox-synced"]),
        (
            "home, and it was to go to the successor",
            forward(),
            synced(home()),
            &[stop, "left mailbox-synced"],
        ),
        (
            "to somebody inside: that is told",
            want(json!({})),
            synced(to_lee()),
            &["left mailbox-synced", "left forwarding-synced"],
        ),
        ("to somebody inside, as asked", forward(), synced(to_lee()), &["left mailbox-synced"]),
        (
            "to the successor as asked, but for the copy",
            want(json!({"mailbox": {"forward": true, "keepCopy": false}})),
            synced(to_lee()),
            &["left mailbox-synced"],
        ),
        (
            "both ways",
            want(json!({})),
            synced(with(to_lee(), home())),
            &[stop, "left mailbox-synced", "left forwarding-synced"],
        ),
    ]);
}

#[test]
fn which_rules_are_switched_off() {
    let rule = |more: Value| {
        let away = json!({
            "id": "1", "displayName": "Home", "isEnabled": true,
            "actions": {"redirectTo": [{"emailAddress": {"address": "lidia@example.com"}}]},
        });
        has(Mail { rules: vec![read(with(away, more))], ..mail(json!({})) })
    };
    let away = json!([{"emailAddress": {"address": "lidia@example.com"}}]);
    let off: &[&str] = &["1| switch off the inbox rule Home of Lidia Holloway"];
    decides(vec![
        ("one that redirects", want(json!({})), rule(json!({})), off),
        ("one that forwards", want(json!({})), rule(json!({"actions": {"forwardTo": away.clone()}})), off),
        (
            "one that forwards as an attachment",
            want(json!({})),
            rule(json!({"actions": {"forwardAsAttachmentTo": away}})),
            off,
        ),
        ("one that sorts", want(json!({})), rule(json!({"actions": {"moveToFolder": "x"}})), &[]),
        ("one that is off", want(json!({})), rule(json!({"isEnabled": false})), &[]),
        ("one that is Exchange's", want(json!({})), rule(json!({"isReadOnly": true})), &["left rule"]),
    ]);
}

#[test]
fn what_the_mailbox_answers() {
    let asks =
        |more: Value| want(json!({"mailbox": {"reply": with(json!({"internal": "Lidia has left"}), more)}}));
    let answers = |setting: Value| has(Mail { reply: read(setting), ..mail(json!({})) });
    let off = || answers(json!({"status": "disabled"}));
    let on = |internal: &str, external: &str| {
        answers(json!({
            "status": "alwaysEnabled", "externalAudience": "all", "internalReplyMessage": internal,
            "externalReplyMessage": external,
        }))
    };
    let html = "<html>\r\n<body>Lidia  has left\r\n</body></html>";
    let everybody: &[&str] = &["1| let the mailbox of Lidia Holloway answer everybody by itself"];
    decides(vec![
        ("nothing", want(json!({})), off(), &[]),
        ("everybody", asks(json!({})), off(), everybody),
        (
            "those of the organisation",
            asks(json!({"audience": "none"})),
            off(),
            &["1| let the mailbox of Lidia Holloway answer senders of the organisation by itself"],
        ),
        (
            "until a day",
            asks(json!({"until": "2026-06-30T17:00:00+02:00"})),
            off(),
            &["1| let the mailbox of Lidia Holloway answer everybody by itself until 2026-06-30T15:00:00Z"],
        ),
        ("what it answers already, as HTML", asks(json!({})), on(html, html), &[]),
        (
            "the same, but to fewer",
            asks(json!({"audience": "contactsOnly"})),
            on(html, html),
            &[
                "1| let the mailbox of Lidia Holloway answer senders of the organisation and contacts by itself",
            ],
        ),
        (
            "the same, but until a day",
            asks(json!({"until": "2026-06-30T17:00:00+02:00"})),
            on(html, html),
            &["1| let the mailbox of Lidia Holloway answer everybody by itself until 2026-06-30T15:00:00Z"],
        ),
        ("something else", asks(json!({})), on("On holiday", "On holiday"), everybody),
        ("something else outside", asks(json!({"external": "Write to Lee Gu"})), on(html, html), everybody),
    ]);
}

#[test]
fn which_rights_on_the_mailboxes_of_others_are_given_up() {
    let sales = || somebody(50, "Sales");
    decides(vec![
        (
            "all three",
            want(json!({})),
            has(Mail {
                opens: vec![sales()],
                sends_as: vec![sales()],
                sends_on_behalf: vec![recipient(50, "Sales")],
                ..mail(json!({}))
            }),
            &[
                "1| do not let Lidia Holloway into the mailbox of Sales any more",
                "1| do not let Lidia Holloway send as Sales any more",
                "1| do not let Lidia Holloway send on behalf of Sales any more",
                "note rights-elsewhere",
            ],
        ),
        (
            "there are too many to look into",
            want(json!({})),
            has(Mail { unseen: 12, ..mail(json!({})) }),
            &["left rights-unseen", "note rights-elsewhere"],
        ),
    ]);
}

#[test]
fn what_others_forward_to_the_leaver_is_left_to_a_person() {
    let forwarded = |from: Vec<Recipient>| has(Mail { forwarded_here: from, ..mail(json!({})) });
    let sales = || recipient(50, "Sales");
    decides(vec![
        ("nothing", want(json!({})), forwarded(Vec::new()), &[]),
        ("of Sales", want(json!({})), forwarded(vec![sales()]), &["left forwarded-here"]),
        ("nothing but their own", want(json!({})), forwarded(vec![recipient(1, "Lidia Holloway")]), &[]),
    ]);
    let plan = OffboardUser::plan(&want(json!({})), &forwarded(vec![sales(), recipient(51, "Info")]));
    assert!(plan.findings[0].says.ends_with("the mail of Sales, Info"), "{:?}", plan.findings);
}

#[test]
fn which_phones_and_tablets_get_nothing_any_more() {
    let phone = || read(json!({"Guid": "7e1e3a4c-4a8b-4bd6-9c4c-3e9b6f0a8d21", "FriendlyName": "iPhone 15"}));
    let syncs = || has(Mail { devices: vec![phone()], synchronises: true, ..mail(json!({})) });
    decides(vec![
        (
            "one",
            want(json!({})),
            syncs(),
            &[
                "1| do not let phones and tablets synchronise the mailbox of Lidia Holloway",
                "1| remove the mobile device iPhone 15 of Lidia Holloway (cannot be undone)",
            ],
        ),
        (
            "none yet, and none may come",
            want(json!({})),
            has(Mail { synchronises: true, ..mail(json!({})) }),
            &["1| do not let phones and tablets synchronise the mailbox of Lidia Holloway"],
        ),
        ("kept", want(json!({"keepDevices": true})), syncs(), &[]),
    ]);
}

#[test]
fn meetings_are_cancelled_only_once_the_mailbox_is_held_as_asked() {
    let cancel = |more: Value| {
        want(
            json!({"mailbox": with(json!({"cancelMeetings": true, "fullAccess": false, "hide": false}), more)}),
        )
    };
    let calls = |meetings: usize| has(Mail { meetings, ..used(json!({})) });
    let cancelled =
        "cancel the meetings that Lidia Holloway has called for the next 730 days (cannot be undone)";
    decides(vec![
        (
            "some are left",
            cancel(json!({})),
            calls(3),
            &[&format!("1| {cancelled}"), &format!("1| {SHARE}"), GOES_ON],
        ),
        (
            "some are left, and the mailbox is to be held first",
            cancel(json!({"hold": {}})),
            calls(3),
            &[
                "1| put the mailbox of Lidia Holloway on litigation hold",
                &format!("2 {cancelled}"),
                &format!("2 {SHARE}"),
                GOES_ON,
            ],
        ),
        (
            "some are left, and it stays a person's",
            cancel(json!({"hold": {}, "shared": false})),
            calls(3),
            &["1| put the mailbox of Lidia Holloway on litigation hold", &format!("2 {cancelled}")],
        ),
        ("none is left", cancel(json!({})), calls(0), &[&format!("1| {SHARE}"), GOES_ON]),
    ]);
}
