//! Golden transcripts: `stories/*.txt` show what the function does, from the request to what Microsoft Graph was asked, and
//! are compared word for word. `STORIES=write cargo test -p onboard-user --test stories` writes them anew.

#![cfg(test)]

mod tales;

const FUNCTION: telling::Tested = telling::function!(onboard_user::OnboardUser);

telling::stories! {
    FUNCTION, tales:
    previewed_approved_applied_repeated_undone,
    everything_at_once,
    tenant_moved_between_preview_and_apply,
    one_key_is_one_run,
    guard_rails,
    name_is_taken,
    same_person_under_another_name,
    another_person,
    one_employee_id_twice,
    domain_will_not_do,
    licence_will_not_do,
    licence_that_is_held,
    licence_by_group,
    copied_from_a_colleague,
    mailbox_comes_later,
    taken_back_while_it_waits,
    mail_of_somebody_who_is_here,
    mail_will_not_do,
    mailbox_does_not_come,
    mail_and_a_start_date,
    refused_by_exchange,
    exchange_is_in_trouble,
    group_will_not_do,
    manager_and_sponsors,
    account_from_on_premises,
    start_is_moved,
    starts_on_monday,
    pass_is_lost,
    blocked_since,
    account_in_use,
    refused_while_creating,
    refused_licences,
    refused_groups,
    refused_profile_and_people,
    refused_passes,
    undone_after_others_have_changed_it,
    permission_is_missing,
    service_is_in_trouble,
}
