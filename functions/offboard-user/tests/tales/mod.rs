//! The stories, by what they are about.

mod access;
mod cut_off;
mod lives;
mod mail;
mod people;
mod refusals;
mod trouble;
mod undone;
mod when;

pub(crate) use access::*;
pub(crate) use cut_off::*;
pub(crate) use lives::*;
pub(crate) use mail::*;
pub(crate) use people::*;
pub(crate) use refusals::*;
pub(crate) use trouble::*;
pub(crate) use undone::*;
pub(crate) use when::*;

use std::time::Duration;

use serde_json::{Value, json};
use telling::{Answer, Story, with};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Somebody leaves, with these fields beside who it is.
fn leaver(user: &str, more: Value) -> Value {
    with(json!({"user": format!("{user}@contoso.com")}), more)
}

/// Christie Cline, a buyer: one licence, one group, and a manager who takes over.
fn christie(more: Value) -> Value {
    leaver("ChristieC", more)
}

/// The same without what every other story is about: neither mail nor OneDrive, and licences stay for a month.
fn briefly(user: &str, more: Value) -> Value {
    let brief = json!({
        "oneDrive": false, "licences": {"afterDays": 30},
        "mailbox": {"shared": false, "fullAccess": false, "hide": false},
    });
    leaver(user, with(brief, more))
}

/// Time passes, the timer goes on with what is due, and somebody looks what became of it.
async fn later(story: &mut Story, earlier: &Answer, by: Duration) -> Answer {
    story.tenant().advance(by);
    story.tick().await;
    story.look(earlier).await
}

/// The mailbox of somebody in a state.
fn mailbox_of<'a>(state: &'a mut Value, user: &str) -> &'a mut Value {
    let id = telling::object(state, "users", &format!("{user}@contoso.com"))["id"].clone();
    let mailboxes = state["mailboxes"].as_array_mut().into_iter().flatten();
    mailboxes
        .into_iter()
        .find(|mailbox| mailbox["id"] == id)
        .unwrap_or_else(|| panic!("{user} has no mailbox"))
}

/// Lets Christie Cline have one of everything: a team of hers, a device, two methods, a role she may take, an application of
/// hers that she may use as well, and a rule that sends her mail away. It is what Lidia Holloway has too much of.
fn with_one_of_each(state: &mut Value) {
    let id = |state: &mut Value, user: &str| {
        telling::object(state, "users", &format!("{user}@contoso.com"))["id"].clone()
    };
    let (lidia, christie) = (id(state, "LidiaH"), id(state, "ChristieC"));
    for (list, name, people) in [
        ("groups", "AtlasTeam", "members"),
        ("groups", "AtlasTeam", "owners"),
        ("devices", "LIDIAH-LAPTOP", "registeredOwners"),
        ("applications", "Expense Portal", "owners"),
    ] {
        for one in telling::object(state, list, name)[people].as_array_mut().into_iter().flatten() {
            if *one == lidia {
                *one = christie.clone();
            }
        }
    }
    for list in ["roleEligibilityScheduleInstances", "appRoleAssignments"] {
        let hers = state[list].as_array_mut().into_iter().flatten().find(|one| one["principalId"] == lidia);
        hers.into_iter().for_each(|one| one["principalId"] = christie.clone());
    }
    let lidia = telling::object(state, "users", "LidiaH@contoso.com");
    let (mut methods, default) =
        (lidia["authenticationMethods"].clone(), lidia["defaultAuthenticationMethod"].clone());
    methods.as_array_mut().into_iter().for_each(|methods| methods.truncate(2));
    let christie = telling::object(state, "users", "ChristieC@contoso.com");
    christie["authenticationMethods"] = methods;
    christie["defaultAuthenticationMethod"] = default;
    let rules = mailbox_of(state, "LidiaH")["rules"].clone();
    mailbox_of(state, "ChristieC")["rules"] = rules;
}

/// Lets Christie Cline's mailbox be a shared one already, so that everything happens in one go.
fn shared_already(state: &mut Value) {
    mailbox_of(state, "ChristieC")["kind"] = json!("SharedMailbox");
}
