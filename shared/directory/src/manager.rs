//! The manager of an account, and whom an account manages.
//!
//! Reports are handed on one by one, with [`set`] on each of them: the directory knows who somebody's manager is, and lists
//! reports by looking that up.

use graph::{Path, Refusal, Request};
use plan::{Change, Proof};

use crate::Who;
use crate::account::{Reference, touching};

/// Sets the manager; `was` is who it was.
pub fn set(who: &Who, manager: &Reference, was: Option<&Reference>) -> Change {
    let undo = was.map_or_else(|| take(who), |was| put(who, was));
    put(who, manager).undone_by(undo)
}

/// Leaves the account without a manager; `was` is who it was.
pub fn clear(who: &Who, was: &Reference) -> Change {
    take(who).undone_by(put(who, was))
}

/// Those whose manager the account is, with their names, page by page. A mail contact may be among them, which has no
/// account.
pub fn reports_of(account: Path) -> Request {
    Request::get(account.then("directReports"))
        .select(&["id", "displayName"])
        .query("$top", "999")
        .not_yet(&[Refusal::NotFound])
}

fn put(who: &Who, manager: &Reference) -> Change {
    let send = Request::put(who.path().then("manager").then("$ref"))
        .bind("", format!("/users/{}", manager.id))
        .not_yet(&[Refusal::NotFound, Refusal::NotReplicated]);
    let read = Request::get(who.path().then("manager")).select(&["id"]);
    let proof = Proof::is(read, "/id", manager.id.to_string());
    touching(who, Change::new(format!("make {} the manager of {}", manager.name(), who.name()), send, proof))
}

fn take(who: &Who) -> Change {
    let send = Request::delete(who.path().then("manager").then("$ref")).already(&[Refusal::NotFound]);
    let proof = Proof::gone(Request::get(who.path().then("manager")).select(&["id"]));
    touching(who, Change::new(format!("leave {} without a manager", who.name()), send, proof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, when_not_found};

    fn miriam() -> Reference {
        let id = "08fa38e4-cbfa-4488-94ed-c834da6539df".parse().unwrap();
        Reference::named(id, "Miriam Graham")
    }

    #[test]
    fn a_manager_who_is_taken_away_comes_back() {
        let change = clear(&adele(), &miriam());
        assert_eq!(change.says, "leave Adele Vance without a manager");
        assert_eq!(line(&change), "DELETE /users/87d349ed-44d7-43e1-9a83-5f2406dee5bd/manager/$ref");
        assert!(is_undone_by(&change, "make Miriam Graham the manager of Adele Vance"));
        let undo = change.undo.as_ref().unwrap();
        let id = "/users/08fa38e4-cbfa-4488-94ed-c834da6539df";
        assert_eq!(body(undo), serde_json::json!({"@odata.id": id}));
        assert_eq!((when_not_found(&change), when_not_found(undo)), ("already", "not yet"));
    }

    #[test]
    fn who_had_no_manager_has_none_again() {
        let change = set(&adele(), &miriam(), None);
        assert!(is_undone_by(&change, "leave Adele Vance without a manager"));
    }
}
