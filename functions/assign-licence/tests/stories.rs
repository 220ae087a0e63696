//! Golden transcripts: `stories/*.txt` show what the function does, from the request to what Microsoft Graph was asked, and
//! are compared word for word. `STORIES=write cargo test -p assign-licence --test stories` writes them anew.

#![cfg(test)]

mod tales;

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);

telling::stories! {
    FUNCTION, tales:
    previewed_approved_applied_repeated_undone,
    one_in_the_place_of_another,
    by_a_group,
    by_a_group_that_takes_its_time,
    lent_until_a_date,
    held_twice,
    what_is_kept,
    will_not_do,
    guard_rails,
    refused,
    undone_after_others_have_changed_it,
    rules_previewed_approved_applied_and_taken_back,
    rules_and_who_has_changed,
    rules_and_too_few_seats,
    rules_that_will_not_do,
    reclaimed,
    reported,
    reported_as_far_as_it_can_be_read,
}
