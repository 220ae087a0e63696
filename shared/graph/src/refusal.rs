//! What Microsoft Graph's refusals mean, as data: one row per situation, with a sentence that helps.
//!
//! Directory errors reuse `Request_BadRequest` for nearly everything, so a row is told by its status, its code where that
//! is telling, and a stable fragment of the message (never the whole of it: wording changes). What no row matches stays a
//! refusal without a name: Graph's own code, message and request id are passed on as they are.

use serde::{Deserialize, Serialize};

/// A refusal that we know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each variant is described by its row in TABLE")]
pub enum Refusal {
    UpnTaken,
    AddressTaken,
    NicknameTaken,
    ImmutableIdTaken,
    SyncedFromOnPremises,
    InvalidUpn,
    UnverifiedDomain,
    InvalidNickname,
    PasswordTooWeak,
    MissingProperty,
    NotFound,
    MalformedId,
    AlreadyMember,
    NotMember,
    MailEnabledGroup,
    QuotaExceeded,
    LastOwner,
    NoUsageLocation,
    NoLicenceLeft,
    UnknownSku,
    LicenceNotHeld,
    LicenceInherited,
    PlanDependency,
    PlansExclusive,
    NotReplicated,
    ConcurrentWrite,
    PassNotAllowed,
    Unauthenticated,
    Denied,
}

/// One row: how a refusal is told and what helps.
struct Row {
    refusal: Refusal,
    status: u16,
    /// Part of `error.code`; empty where the code says nothing.
    code: &'static str,
    /// Part of `error.message`, in lower case; empty where the code is enough.
    message: &'static str,
    help: &'static str,
}

const fn row(
    refusal: Refusal,
    status: u16,
    code: &'static str,
    message: &'static str,
    help: &'static str,
) -> Row {
    Row { refusal, status, code, message, help }
}

const PASS_HELP: &str = "the authentication methods policy of the tenant does not allow this Temporary Access Pass: enable the method for this user, or ask for a lifetime that the policy allows";

/// Sources: the error pages of Microsoft Graph and what clients in the field match. The first row that fits wins.
const TABLE: &[Row] = &[
    row(
        Refusal::UpnTaken,
        400,
        "",
        "for property userprincipalname already exists",
        "another object has this user principal name; choose another, or give the employeeId of the person it belongs to",
    ),
    row(
        Refusal::AddressTaken,
        400,
        "",
        "for property proxyaddresses already exists",
        "another object (a user, a group, a contact or a deleted one) holds this address; look for it in the Exchange admin centre under recipients",
    ),
    row(
        Refusal::NicknameTaken,
        400,
        "",
        "for property mailnickname already exists",
        "another object has this mail nickname; give one in mailNickname",
    ),
    row(
        Refusal::ImmutableIdTaken,
        400,
        "",
        "for property onpremisesimmutableid already exists",
        "another object is matched to the same on-premises account",
    ),
    row(
        Refusal::SyncedFromOnPremises,
        400,
        "",
        "on-premises mastered directory sync objects",
        "this object is mastered on premises: change it there and let the synchronisation bring it",
    ),
    row(
        Refusal::UnverifiedDomain,
        400,
        "",
        "the domain portion of the userprincipalname property is invalid",
        "the domain is not verified in this tenant; use one of its verified domains",
    ),
    row(
        Refusal::InvalidUpn,
        400,
        "",
        "property userprincipalname is invalid",
        "a user principal name may hold A-Z a-z 0-9 ' . - _ ! # ^ ~ before the @ and a verified domain after it",
    ),
    row(
        Refusal::InvalidNickname,
        400,
        "",
        "property 'mailnickname' of resource",
        "a mail nickname holds ASCII characters other than @ () \\ [] \" ; : <> , and space, at most 64",
    ),
    row(
        Refusal::PasswordTooWeak,
        400,
        "",
        "password complexity requirements",
        "the tenant's password policy refuses this password",
    ),
    row(
        Refusal::MissingProperty,
        400,
        "",
        "a value is required for property",
        "a required property is missing",
    ),
    row(Refusal::AlreadyMember, 400, "", "added object references already exist", "it is already so"),
    row(Refusal::NotMember, 400, "", "removed object references do not exist", "it is already so"),
    row(
        Refusal::MailEnabledGroup,
        400,
        "",
        "mail-enabled security groups and or distribution list",
        "distribution lists and mail-enabled security groups are changed in Exchange, not through Microsoft Graph",
    ),
    row(Refusal::LastOwner, 400, "", "must have at least one owner", "add another owner first"),
    row(
        Refusal::NoUsageLocation,
        400,
        "",
        "invalid usage location",
        "the account needs a usageLocation (ISO 3166-1 alpha-2) before it can hold a licence",
    ),
    row(
        Refusal::NoLicenceLeft,
        400,
        "",
        "does not have any available licenses",
        "no seat of this SKU is left: buy more or free one",
    ),
    row(
        Refusal::UnknownSku,
        400,
        "",
        "does not correspond to a valid company license",
        "the tenant has no subscription to this SKU",
    ),
    row(Refusal::LicenceNotHeld, 400, "", "does not have a corresponding license", "it is already so"),
    row(
        Refusal::LicenceInherited,
        400,
        "",
        "license is inherited from a group",
        "the licence comes from a group: change the membership instead",
    ),
    row(
        Refusal::PlanDependency,
        400,
        "",
        "depends on the service plan",
        "a service plan that is switched on needs another one: switch that on too, or this one off",
    ),
    row(
        Refusal::PlansExclusive,
        400,
        "",
        "mutually exclusive",
        "two service plans exclude each other: switch one of them off",
    ),
    row(
        Refusal::NotReplicated,
        400,
        "",
        "not a valid reference update",
        "the directory has not caught up with the new object; ask again in a few minutes",
    ),
    row(Refusal::MalformedId, 400, "", "invalid object identifier", "an object id is a GUID"),
    row(
        Refusal::QuotaExceeded,
        403,
        "Directory_QuotaExceeded",
        "",
        "a limit of the directory is reached for this object",
    ),
    row(Refusal::NotFound, 404, "", "", "it does not exist, or the directory has not caught up with it yet"),
    row(
        Refusal::ConcurrentWrite,
        409,
        "Directory_ConcurrencyViolation",
        "",
        "somebody else is changing the same object; ask again",
    ),
    row(Refusal::PassNotAllowed, 400, "", "temporary access pass", PASS_HELP),
    row(Refusal::PassNotAllowed, 400, "", "temporaryaccesspass", PASS_HELP),
    row(Refusal::PassNotAllowed, 403, "", "temporary access pass", PASS_HELP),
    row(Refusal::PassNotAllowed, 403, "", "temporaryaccesspass", PASS_HELP),
    row(
        Refusal::Unauthenticated,
        401,
        "",
        "",
        "the token was not accepted: check the identity, the cloud and the tenant of this function",
    ),
    row(
        Refusal::Denied,
        403,
        "",
        "",
        "the function's identity lacks a permission for this (a grant may take up to 24 hours to reach a managed identity), or the target is an administrator, a dynamic group or a role-assignable group, which need a directory role as well",
    ),
];

impl Refusal {
    /// Which refusal an error answer is, if we know it: by status, `error.code` and `error.message`.
    pub fn of(status: u16, code: &str, message: &str) -> Option<Self> {
        let message = message.to_ascii_lowercase();
        TABLE
            .iter()
            .find(|row| row.status == status && code.contains(row.code) && message.contains(row.message))
            .map(|row| row.refusal)
    }

    /// What helps, in one sentence that begins in lower case and has no full stop.
    pub fn help(self) -> &'static str {
        TABLE.iter().find(|row| row.refusal == self).map_or("", |row| row.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_by_stable_fragments() {
        let table = [
            (
                400,
                "Request_BadRequest",
                "Another object with the same value for property userPrincipalName already exists.",
                Some(Refusal::UpnTaken),
            ),
            (
                400,
                "Request_BadRequest",
                "One or more added object references already exist for the following modified properties: 'members'.",
                Some(Refusal::AlreadyMember),
            ),
            (
                400,
                "Request_BadRequest",
                "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
                Some(Refusal::SyncedFromOnPremises),
            ),
            (
                400,
                "Request_BadRequest",
                "Subscription with SKU 05e9a617-0261-4cee-bb44-138d3ef5d965 does not have any available licenses.",
                Some(Refusal::NoLicenceLeft),
            ),
            (
                404,
                "Request_ResourceNotFound",
                "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
                Some(Refusal::NotFound),
            ),
            (409, "Directory_ConcurrencyViolation", "", Some(Refusal::ConcurrentWrite)),
            (
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
                Some(Refusal::Denied),
            ),
            (
                403,
                "accessDenied",
                "Converged UserCredentialPolicy does not allow creating or updating this authentication method. AuthMethodType [TemporaryAccessPass].",
                Some(Refusal::PassNotAllowed),
            ),
            (400, "Request_BadRequest", "Something nobody has seen before.", None),
        ];
        for (status, code, message, refusal) in table {
            assert_eq!(Refusal::of(status, code, message), refusal, "{status} {code} {message}");
        }
    }

    #[test]
    fn every_refusal_helps() {
        for row in TABLE {
            assert!(!row.help.is_empty() && !row.help.ends_with('.'), "{:?}", row.refusal);
            assert_eq!(row.message, row.message.to_ascii_lowercase(), "{:?}", row.refusal);
        }
    }
}
