//! Golden transcripts: `stories/*.txt` show what the function does, from the request to what Microsoft Graph and Exchange
//! Online were asked, and are compared word for word. `STORIES=write cargo test -p offboard-user --test stories` writes them
//! anew.

#![cfg(test)]

mod tales;

const FUNCTION: telling::Tested = telling::function!(offboard_user::OffboardUser);

telling::stories! {
    FUNCTION, tales:
    previewed_approved_applied_repeated,
    somebody_with_much,
    whole_life_undone,
    absence_and_return,
    another_post,
    cut_off_whatever_comes_later,
    blocked_by_hand,
    mailbox_that_keeps_its_licence,
    conversion_seen_late,
    mail_handed_on,
    mail_that_is_no_trouble,
    scheduled_for_friday_at_five,
    leave_date,
    licences_after_some_days,
    deleted_on_its_day,
    account_from_on_premises,
    administrator,
    guard_rails,
    successors,
    unknown_or_ambiguous,
    one_drive,
    methods_and_devices,
    refused_while_cutting_off,
    refused_access_and_duties,
    refused_groups_and_licences,
    refused_by_exchange,
    undo_is_refused,
    permission_is_missing,
    exchange_is_in_trouble,
    service_is_in_trouble,
}
