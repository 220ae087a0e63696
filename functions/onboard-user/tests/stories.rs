//! Golden transcripts: `stories/*.txt` show what the function does, from the request to what Microsoft Graph was asked, and
//! are compared word for word. `STORIES=write cargo test -p onboard-user --test stories` writes them anew.

#![cfg(test)]

mod support;
mod tales;
mod telling;

use std::collections::BTreeSet;

/// One test for each story, and one that no file is left over.
macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let told = tales::$name(stringify!($name)).await;
                telling::compare(stringify!($name), &told);
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

stories! {
    previewed_approved_applied_repeated_undone,
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

#[test]
fn every_file_is_a_story_that_is_still_told() {
    let files = std::fs::read_dir(telling::folder()).expect("the folder of the stories");
    let kept: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
    let told: BTreeSet<String> = NAMES.iter().map(|name| format!("{name}.txt")).collect();
    assert_eq!(kept, told);
}
