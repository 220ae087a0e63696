//! A second function beside those that are shipped, however small, is told and held to the same rules; and one that breaks
//! a rule is found out.

#![cfg(test)]

mod hide_user;
mod tales;

use hide_user::HideUser;
use serde_json::{Value, json};
use telling::Tested;
use telling::permissions::{Scenario, are_needed, are_used};

const FUNCTION: Tested =
    Tested::of::<HideUser>(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/functions/hide-user"));
/// The same function beside files that are wrong about it.
const WRONG: Tested = Tested::of::<HideUser>(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/functions/wrong"));

fn good() -> Value {
    json!({"user": "AdeleV@contoso.com", "check": {"afterMinutes": 5}})
}

fn scenarios() -> [Scenario; 1] {
    [good().into()]
}

telling::stories!(FUNCTION, tales: hidden_looked_at_again_and_undone, exchange_is_in_trouble, role_is_missing);
telling::permissions!(FUNCTION, scenarios());
telling::input!(FUNCTION, good());
telling::readme!(FUNCTION);

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_request_is_told_with_its_field() {
    telling::input::is_told(FUNCTION, r#"{"user": ""}"#, "/user", "a user principal name").await;
    let unknown = r#"{"user": "", "check": {"afterMinutes": 5, "why": ""}}"#;
    telling::input::is_told(FUNCTION, unknown, "/check/why", "unknown field").await;
    telling::input::are_told_at_once(FUNCTION, r#"{"user": ""}"#, &["/user"]).await;
    telling::input::is_found(FUNCTION, r#"{"user": "x@contoso.com"}"#, "/user", "person-unknown", "x@").await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "Group.Read.All")]
async fn a_permission_too_many_is_not_used() {
    are_used(WRONG, &scenarios()).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "nothing needs Group.Read.All")]
async fn a_permission_too_many_is_not_needed() {
    are_needed(WRONG, &scenarios()).await;
}

#[test]
#[should_panic(expected = "one never knows")]
fn a_permission_without_a_reason_is_found() {
    telling::permissions::say_why(WRONG);
}

#[test]
#[should_panic(expected = "the example at ''")]
fn an_example_without_a_field_is_found() {
    telling::readme::example_is_whole(WRONG);
}

#[test]
#[should_panic(expected = "no table tells of check")]
fn a_field_that_no_table_has_is_found() {
    telling::readme::tables_are_whole(WRONG);
}

#[test]
#[should_panic(expected = "no table tells of Group.Read.All")]
fn a_permission_that_the_readme_does_not_name_is_found() {
    telling::readme::permissions_are_named(WRONG);
}

#[test]
#[should_panic(expected = "mailbox-on-hold is not explained")]
fn a_code_that_the_page_does_not_explain_is_found() {
    telling::readme::page_explains_every_code(WRONG);
}

#[test]
#[should_panic(expected = "told_no_more.txt")]
fn a_story_that_is_told_no_more_is_found() {
    telling::every_file_is_told(WRONG, &[]);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "should say \"an object id\"")]
async fn an_answer_that_does_not_say_what_would_be_right_is_found() {
    telling::input::is_told(FUNCTION, r#"{"user": ""}"#, "/user", "an object id").await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the tenant has changed")]
async fn a_request_that_is_carried_out_though_it_should_not_be_is_found() {
    telling::input::is_told(FUNCTION, &good().to_string(), "/user", "").await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "nothing was written")]
async fn a_story_in_which_nothing_happens_meanwhile_is_found() {
    let mut story = telling::Story::of(FUNCTION);
    story.title("Somebody else is never in time");
    story.meanwhile(|_| ());
    story.preview(&good()).await;
    story.end();
}
