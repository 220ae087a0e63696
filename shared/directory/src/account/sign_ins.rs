//! When somebody signed in last, and so whether anybody uses an account.
//!
//! Reading `signInActivity` takes `AuditLog.Read.All` and a tenant with Microsoft Entra ID P1 or P2, goes in pages of 500 at
//! the most and ten times a minute (Microsoft Graph, "signInActivity resource type", "Service-specific throttling limits").
//! It is not there for who never signed in.

use jiff::Timestamp;
use serde::Deserialize;

/// `signInActivity`, as read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignIns {
    /// When somebody last tried to sign in.
    pub last_sign_in_date_time: Option<Timestamp>,
    /// When a program last tried to on somebody's behalf.
    pub last_non_interactive_sign_in_date_time: Option<Timestamp>,
    /// When either last went well; noted since December 2023.
    pub last_successful_sign_in_date_time: Option<Timestamp>,
}

impl SignIns {
    /// When somebody last used the account, or tried to: who mistypes a password is there all the same, and has not to lose a
    /// licence over it.
    pub fn last(&self) -> Option<Timestamp> {
        let tried = self.last_sign_in_date_time.max(self.last_non_interactive_sign_in_date_time);
        tried.max(self.last_successful_sign_in_date_time)
    }

    /// Since when nobody has used an account; one that nobody ever used counts from its creation. Of one of which neither is
    /// known nobody can say so.
    pub fn unused_since(activity: Option<&Self>, created: Option<Timestamp>) -> Option<Timestamp> {
        activity.and_then(Self::last).or(created)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OLD: &str = "2025-10-01T08:00:00Z";
    const NEW: &str = "2026-02-20T08:00:00Z";

    #[test]
    fn an_account_is_in_use_while_somebody_signs_in_or_tries_to() {
        let since: Timestamp = "2025-12-02T08:00:00Z".parse().unwrap();
        let table = [
            ("in use", json!({"lastSuccessfulSignInDateTime": NEW}), OLD, false),
            (
                "tried and failed since",
                json!({"lastSuccessfulSignInDateTime": OLD, "lastSignInDateTime": NEW}),
                OLD,
                false,
            ),
            (
                "only a program signs in",
                json!({"lastSignInDateTime": OLD, "lastNonInteractiveSignInDateTime": NEW}),
                OLD,
                false,
            ),
            ("in before that was noted", json!({"lastSignInDateTime": OLD}), OLD, true),
            ("never in, and old", Value::Null, OLD, true),
            ("never in, and new", json!({}), NEW, false),
        ];
        for (title, activity, created, before) in table {
            let activity: Option<SignIns> = serde_json::from_value(activity).unwrap();
            let unused = SignIns::unused_since(activity.as_ref(), created.parse().ok());
            assert_eq!(unused.unwrap() < since, before, "{title}");
        }
        assert_eq!(SignIns::unused_since(None, None), None, "nobody can say");
    }
}
