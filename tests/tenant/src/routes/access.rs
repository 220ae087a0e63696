//! What permissions alone do not allow: touching administrators, and what only role holders may do.
//!
//! Source: "Who can perform sensitive actions", Microsoft Graph user resource.

use uuid::Uuid;

use super::Context;
use crate::refusal::{Refusal, forbidden};
use crate::state::{Directory, Link};

/// Roles whose holders a User Administrator may act on.
const HARMLESS: [&str; 9] = [
    "Directory Readers",
    "Groups Administrator",
    "Guest Inviter",
    "Helpdesk Administrator",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "User Administrator",
];
const OVER_ALL: [&str; 2] = ["Privileged Authentication Administrator", "Global Administrator"];

/// How much protection a user enjoys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Plain,
    HarmlessRole,
    Administrator,
}

fn standing(directory: &Directory, user: Uuid) -> Standing {
    let truth = directory.truth();
    let belongs = directory.transitive_sources(user, truth);
    let owns = directory.sources(Link::Owner, user, truth);
    let held = belongs.iter().chain(&owns).map(|object| match object.kind {
        crate::state::Kind::DirectoryRole
            if object.text("displayName").is_some_and(|name| HARMLESS.contains(&name)) =>
        {
            Standing::HarmlessRole
        }
        crate::state::Kind::DirectoryRole => Standing::Administrator,
        _ if object.is("isAssignableToRole") => Standing::Administrator,
        _ => Standing::Plain,
    });
    held.max().unwrap_or(Standing::Plain)
}

/// Whether a sensitive action on this user is allowed: on administrators only to those who hold a role themselves.
pub(crate) fn sensitive(context: &Context<'_>, user: Uuid) -> Result<(), Refusal> {
    let allowed = match standing(context.directory, user) {
        Standing::Plain => true,
        Standing::HarmlessRole => {
            holds_any(context, &["User Administrator"]) || holds_any(context, &OVER_ALL)
        }
        Standing::Administrator => holds_any(context, &OVER_ALL),
    };
    if allowed { Ok(()) } else { Err(forbidden()) }
}

/// Whether a password may be set: that takes a directory role even for plain users.
pub(crate) fn passwords(context: &Context<'_>) -> Result<(), Refusal> {
    let allowed = holds_any(context, &["User Administrator"]) || holds_any(context, &OVER_ALL);
    if allowed { Ok(()) } else { Err(forbidden()) }
}

fn holds_any(context: &Context<'_>, roles: &[&str]) -> bool {
    context.caller.directory_roles.iter().any(|held| roles.contains(&held.as_str()))
}
