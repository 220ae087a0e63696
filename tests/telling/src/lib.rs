//! What the tests of every function stand on: a function app over an offline tenant, stories, and the rules that every
//! function is held to.
//!
//! Each test of a function names what is its own, and nothing else:
//!
//! ```text
//! const FUNCTION: telling::Tested = telling::function!(onboard_user::OnboardUser);
//!
//! tests/plan.rs           telling::decisions::decides::<onboard_user::OnboardUser>(table);
//! tests/stories.rs        telling::stories!(FUNCTION, tales: previewed_applied_undone, name_is_taken);
//! tests/permissions.rs    telling::permissions!(FUNCTION, scenarios());
//! tests/input.rs          telling::input!(FUNCTION, good());
//! tests/readme.rs         telling::readme!(FUNCTION);
//! ```
//!
//! The router, the runner, the doors and the journal are the real ones; the tenant is the offline one, in this process; the
//! identity holds what `permissions.json` names and nothing else. Time is tokio's, which tests pause. Safety is not tried
//! here: that is what `plan::laws` are for.

pub mod decisions;
mod golden;
pub mod input;
mod names;
pub mod permissions;
pub mod readme;
mod render;
mod rights;
mod state;
mod story;
mod tested;
mod values;
mod wire;
mod world;

pub use golden::{compare, every_file_is_told};
pub use rights::Rights;
pub use state::{edit, object, refusal};
pub use story::Story;
pub use tested::Tested;
pub use values::{read, with};
pub use wire::writes;
pub use world::{Answer, Asked, World};

/// The function that a test is about, in the folder of the package that is being tested.
#[macro_export]
macro_rules! function {
    ($task:ty) => {
        $crate::Tested::of::<$task>(env!("CARGO_MANIFEST_DIR"))
    };
}

/// One test for each story, and one that no file is left over. Each is a function `async fn name(story: &mut Story)` of this
/// module, told into `tests/stories/name.txt`.
#[macro_export]
macro_rules! stories {
    ($function:expr, $tales:ident: $($name:ident),* $(,)?) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let mut story = $crate::Story::of($function);
                $tales::$name(&mut story).await;
                $crate::compare($function, stringify!($name), &story.end());
            }
        )*

        #[test]
        fn every_file_is_a_story_that_is_still_told() {
            $crate::every_file_is_told($function, &[$(stringify!($name)),*]);
        }
    };
}

/// The tests of least privilege, over scenarios which between them take every way through the function.
#[macro_export]
macro_rules! permissions {
    ($function:expr, $scenarios:expr) => {
        #[tokio::test(start_paused = true)]
        async fn every_permission_is_used_and_nothing_is_refused() {
            $crate::permissions::are_used($function, &$scenarios).await;
        }

        #[tokio::test(start_paused = true)]
        async fn without_any_one_permission_something_is_refused() {
            $crate::permissions::are_needed($function, &$scenarios).await;
        }

        #[test]
        fn every_permission_says_why() {
            $crate::permissions::say_why($function);
        }
    };
}

/// The tests of what is the same for every function when nonsense is asked, around a request that is good.
#[macro_export]
macro_rules! input {
    ($function:expr, $good:expr) => {
        #[tokio::test(start_paused = true)]
        async fn a_body_that_is_no_request_is_told_so() {
            $crate::input::no_request($function, &$good).await;
        }

        #[tokio::test(start_paused = true)]
        async fn a_call_that_is_wrong_around_its_body_is_told_so() {
            $crate::input::wrong_around_it($function, &$good).await;
        }
    };
}

/// The tests of the README and of the administrators' page.
#[macro_export]
macro_rules! readme {
    ($function:expr) => {
        #[test]
        fn the_example_is_good_and_holds_every_field() {
            $crate::readme::example_is_whole($function);
        }

        #[test]
        fn the_tables_hold_every_field() {
            $crate::readme::tables_are_whole($function);
        }

        #[test]
        fn the_page_explains_every_code_that_a_story_tells() {
            $crate::readme::page_explains_every_code($function);
        }

        #[test]
        fn the_readme_names_every_permission() {
            $crate::readme::permissions_are_named($function);
        }
    };
}
