//! Sessions: where an account is signed in.
//!
//! Revoking takes a few minutes to reach everywhere, and an access token that was issued is good for about an hour even then,
//! except where access is evaluated continuously (Microsoft Graph, "user: revokeSignInSessions"). Block the account first, or
//! it signs in anew.

use graph::{Refusal, Request};
use jiff::Timestamp;
use plan::{Change, Proof};

use crate::Who;
use crate::account::touching;

/// Signs the account out everywhere. It was done if sessions count from `since` on, or later.
///
/// There is nothing to take back: who may sign in signs in again. For `since` see
/// [`password::reset`](crate::password::reset).
pub fn revoke(who: &Who, since: Timestamp) -> Change {
    let send = Request::post(who.path().then("revokeSignInSessions")).not_yet(&[Refusal::NotFound]);
    let read = Request::get(who.path()).select(&["signInSessionsValidFromDateTime"]);
    let proof = Proof::since(read, "/signInSessionsValidFromDateTime", since);
    touching(who, Change::new(format!("sign {} out everywhere", who.name()), send, proof))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, line, when_not_found};

    #[test]
    fn sessions_are_revoked_and_that_they_are_can_be_read() {
        let change = revoke(&adele(), Timestamp::UNIX_EPOCH);
        assert_eq!(change.says, "sign Adele Vance out everywhere");
        let path = "/users/87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        assert_eq!(line(&change), format!("POST {path}/revokeSignInSessions"));
        let read = change.proof.read.graph().unwrap().target();
        assert_eq!(read, format!("{path}?$select=signInSessionsValidFromDateTime"));
        assert!(change.undo.is_none());
        assert_eq!(when_not_found(&change), "not yet");
    }
}
