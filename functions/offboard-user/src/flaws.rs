//! What is wrong with a request, as far as can be told without looking at the tenant.

use plan::Flaw;

use crate::request::{Leaver, Mode, Profile};
use crate::when::When;

/// How long texts may be: those of automatic replies (Exchange Online, "Set-MailboxAutoReplyConfiguration"), and the comment of
/// a hold.
const REPLY: usize = 128 * 1024;
const COMMENT: usize = 256;
/// How many days ahead something may be planned: longer than records are kept nothing can be.
const DAYS: u32 = 365;

/// All flaws of a request.
pub(crate) fn flaws(want: &Leaver) -> Vec<Flaw> {
    [names(want), choices(want), texts(want), days(want)].concat()
}

fn names(want: &Leaver) -> Vec<Flaw> {
    const RIGHT: &str = "an object id, a user principal name or an employee id";
    let named = [("/user", Some(&want.user)), ("/successor", want.successor.as_ref())];
    let blank = named.into_iter().filter(|(_, name)| name.is_some_and(|name| name.trim().is_empty()));
    let blank = blank.map(|(field, _)| Flaw::at(field, RIGHT));
    let lists = [("/groups/keep", &want.groups.keep), ("/licences/keep", &want.licences.keep)];
    let items = lists.into_iter().flat_map(|(field, list)| {
        let blank = list.iter().enumerate().filter(|(_, name)| name.trim().is_empty());
        blank.map(move |(at, _)| Flaw::at(format!("{field}/{at}"), "a name or an id"))
    });
    blank.chain(items).collect()
}

/// Choices that exclude one another.
fn choices(want: &Leaver) -> Vec<Flaw> {
    let mailbox = &want.mailbox;
    let is_shared = want.delete_after_days.is_some() && mailbox.shared == Some(true);
    let is_too_late = want.delete_after_days.is_some_and(|days| want.licences.after_days >= Some(days));
    let table = [
        (
            "/deleteAfterDays",
            is_shared,
            "not with a shared mailbox, which hangs on the account: leave one of the two out",
        ),
        (
            "/licences/afterDays",
            is_too_late,
            "fewer days than deleteAfterDays: a deleted account holds no licences",
        ),
        (
            "/mailbox/autoMapping",
            mailbox.full_access == Some(false) && mailbox.auto_mapping == Some(true),
            "only with fullAccess",
        ),
        ("/mailbox/keepCopy", mailbox.keep_copy.is_some() && !mailbox.forward, "only with forward"),
        ("/mailbox/reply/until", is_over_before(want), "later than at"),
        (
            "/at",
            want.mode == Mode::Move && want.licences.after_days.is_some() && want.at.is_none(),
            "with afterDays say from when the days count: nothing tells later on which day somebody moved",
        ),
    ];
    let choices = table.into_iter().filter(|(_, is_wrong, _)| *is_wrong);
    choices.map(|(field, _, says)| Flaw::at(field, says)).chain(meaningless(want)).collect()
}

/// An answer that would be over when it begins. Where only the tenant or the clock can tell, it is found before anything is
/// changed ([`start`](crate::start)).
fn is_over_before(want: &Leaver) -> bool {
    let until = want.mailbox.reply.as_ref().and_then(|reply| reply.until);
    matches!((until, want.at), (Some(until), Some(When::At(at))) if until <= at)
}

/// What means nothing in this mode, whatever its value.
fn meaningless(want: &Leaver) -> Vec<Flaw> {
    let only_leavers = ("only with the mode leave", only_for_leavers(want));
    let not_absent = ("not with the mode absence, which keeps everything", only_for_who_goes(want));
    let not_moving = ("not with the mode move", only_for_who_is_away(want));
    let refused = match want.mode {
        Mode::Leave => Vec::new(),
        Mode::Absence => vec![only_leavers, not_absent],
        Mode::Move => vec![only_leavers, not_moving],
    };
    let flaws =
        refused.into_iter().flat_map(|(says, fields)| fields.into_iter().map(move |field| (field, says)));
    flaws.map(|(field, says)| Flaw::at(field, says)).collect()
}

fn only_for_leavers(want: &Leaver) -> Vec<&'static str> {
    let mailbox = &want.mailbox;
    set([
        ("/mailbox/shared", mailbox.shared.is_some()),
        ("/mailbox/fullAccess", mailbox.full_access.is_some()),
        ("/mailbox/autoMapping", mailbox.auto_mapping.is_some()),
        ("/mailbox/sendAs", mailbox.send_as),
        ("/mailbox/forward", mailbox.forward),
        ("/mailbox/hide", mailbox.hide.is_some()),
        ("/mailbox/hold", mailbox.hold.is_some()),
        ("/mailbox/cancelMeetings", mailbox.cancel_meetings),
        ("/oneDrive", want.one_drive.is_some()),
        ("/deleteAfterDays", want.delete_after_days.is_some()),
        ("/successor", want.successor.is_some()),
        ("/keepDevices", want.keep_devices),
        ("/profile", want.profile != Profile::default()),
    ])
}

fn only_for_who_goes(want: &Leaver) -> Vec<&'static str> {
    set([
        ("/groups/keep", !want.groups.keep.is_empty()),
        ("/licences/keep", !want.licences.keep.is_empty()),
        ("/licences/afterDays", want.licences.after_days.is_some()),
    ])
}

fn only_for_who_is_away(want: &Leaver) -> Vec<&'static str> {
    set([("/mailbox/reply", want.mailbox.reply.is_some())])
}

fn set<const N: usize>(fields: [(&'static str, bool); N]) -> Vec<&'static str> {
    fields.into_iter().filter(|(_, is_set)| *is_set).map(|(field, _)| field).collect()
}

fn texts(want: &Leaver) -> Vec<Flaw> {
    let reply = want.mailbox.reply.as_ref();
    let internal = reply.map(|reply| &reply.internal);
    let external = reply.and_then(|reply| reply.external.as_ref());
    let comment = want.mailbox.hold.as_ref().and_then(|hold| hold.comment.as_ref());
    let prefix = want.profile.display_name_prefix.as_ref();
    let table = [
        ("/mailbox/reply/internal", internal, REPLY),
        ("/mailbox/reply/external", external, REPLY),
        ("/mailbox/hold/comment", comment, COMMENT),
        ("/profile/displayNamePrefix", prefix, 32),
    ];
    let wrong = |text: &String, most: usize| text.trim().is_empty() || text.chars().count() > most;
    table
        .into_iter()
        .filter(|(_, text, most)| text.is_some_and(|text| wrong(text, *most)))
        .map(|(field, _, most)| Flaw::at(field, format!("1 to {most} characters")))
        .collect()
}

fn days(want: &Leaver) -> Vec<Flaw> {
    let hold = want.mailbox.hold.as_ref().and_then(|hold| hold.days);
    let table = [
        ("/licences/afterDays", want.licences.after_days, DAYS),
        ("/deleteAfterDays", want.delete_after_days, DAYS),
        ("/mailbox/hold/days", hold, 36_500),
    ];
    table
        .into_iter()
        .filter(|(_, days, most)| days.is_some_and(|days| !(1..=*most).contains(&days)))
        .map(|(field, _, most)| Flaw::at(field, format!("1 to {most} days")))
        .collect()
}
