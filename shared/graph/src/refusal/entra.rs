//! What Microsoft Entra says when an application signs in, as data: by the number in `AADSTS7000215`, which alone is stable.
//!
//! It is about an application whose credential is being looked after, and not about this function's own identity: of that
//! see [`AuthError`](crate::auth::AuthError). Source: "Microsoft Entra authentication and authorization error codes".

use super::Refusal;

/// One row: the number, and what helps.
pub(super) struct Row {
    pub(super) refusal: Refusal,
    aadsts: u32,
    pub(super) help: &'static str,
}

const fn row(refusal: Refusal, aadsts: u32, help: &'static str) -> Row {
    Row { refusal, aadsts, help }
}

const NOT_KNOWN: &str = "Microsoft Entra does not know this credential of the application, or not yet: a new one takes some seconds";

const NO_APPLICATION: &str =
    "the application is not one of this tenant, or has no service principal here: check its appId";

pub(super) const TABLE: &[Row] = &[
    row(Refusal::CredentialNotKnown, 700027, NOT_KNOWN),
    row(Refusal::CredentialNotKnown, 7000215, NOT_KNOWN),
    row(Refusal::CredentialEnded, 7000222, "the credential has ended: the application needs a new one"),
    row(Refusal::NoApplication, 700016, NO_APPLICATION),
    row(Refusal::NoApplication, 7000229, NO_APPLICATION),
    row(
        Refusal::ApplicationDisabled,
        7000112,
        "the application is switched off in this tenant: enable its service principal",
    ),
    row(
        Refusal::SignInBlocked,
        53003,
        "a Conditional Access policy for workload identities blocks this sign-in",
    ),
];

/// The row of this number.
pub(super) fn find(aadsts: u32) -> Option<Refusal> {
    TABLE.iter().find(|row| row.aadsts == aadsts).map(|row| row.refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_that_fails_is_told_by_its_number() {
        let table = [
            (700027, Some(Refusal::CredentialNotKnown)),
            (7000215, Some(Refusal::CredentialNotKnown)),
            (7000222, Some(Refusal::CredentialEnded)),
            (700016, Some(Refusal::NoApplication)),
            (7000229, Some(Refusal::NoApplication)),
            (7000112, Some(Refusal::ApplicationDisabled)),
            (53003, Some(Refusal::SignInBlocked)),
            (50196, None),
        ];
        for (aadsts, refusal) in table {
            assert_eq!(find(aadsts), refusal, "AADSTS{aadsts}");
        }
        for row in TABLE {
            assert!(!row.refusal.help().is_empty() && !row.help.ends_with('.'), "{:?}", row.refusal);
        }
    }
}
