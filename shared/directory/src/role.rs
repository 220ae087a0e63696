//! Directory roles: who holds one.
//!
//! Read only. A function that hands roles out could make itself anything it likes, so none of them does.

use graph::{Path, Refusal, Request};

/// The directory roles that an account holds itself. Roles it holds through a group are the group's
/// ([`is_assignable_to_role`](crate::group::Group::is_assignable_to_role)).
pub fn held_by(account: Path) -> Request {
    Request::get(account.then("memberOf").then("microsoft.graph.directoryRole"))
        .select(&["id"])
        .not_yet(&[Refusal::NotFound])
}
