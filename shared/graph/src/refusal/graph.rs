//! Microsoft Graph's refusals, as data: one row per situation, with a sentence that helps.
//!
//! Directory errors reuse `Request_BadRequest` for nearly everything, so a row is told by its status, its code where that
//! is telling, and a stable fragment of the message (never the whole of it: wording changes). What no row matches stays a
//! refusal without a name: Graph's own code, message and request id are passed on as they are.

use super::Refusal;

/// One row: how a refusal is told and what helps.
pub(super) struct Row {
    pub(super) refusal: Refusal,
    status: u16,
    /// Part of `error.code`; empty where the code says nothing.
    code: &'static str,
    /// Part of `error.message`, in lower case; empty where the code is enough.
    message: &'static str,
    pub(super) help: &'static str,
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

const ALREADY_SO: &str = "it is already so";

const NO_DRIVE_HELP: &str = "the person has no OneDrive: it comes with a licence and the first visit";

const CREDENTIAL_POLICY_HELP: &str = "a policy of the tenant limits the secrets and certificates of applications: choose a kind or a lifetime that it allows";

const PASS_HELP: &str = "the authentication methods policy of the tenant does not allow this Temporary Access Pass: enable the method for this user, or ask for a lifetime that the policy allows";

/// Sources: the error pages of Microsoft Graph and what clients in the field match. The first row that fits wins.
pub(super) const TABLE: &[Row] = &[
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
    row(Refusal::AlreadyMember, 400, "", "added object references already exist", ALREADY_SO),
    row(Refusal::NotMember, 400, "", "removed object references do not exist", ALREADY_SO),
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
    row(Refusal::LicenceNotHeld, 400, "", "does not have a corresponding license", ALREADY_SO),
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
    row(
        Refusal::DuplicateValues,
        400,
        "",
        "request contains a property with duplicate values",
        "a list in the request names the same object twice",
    ),
    row(Refusal::AppRoleHeld, 400, "", "permission being assigned already exists on the object", ALREADY_SO),
    row(Refusal::GrantHeld, 409, "", "permission entry already exists", ALREADY_SO),
    row(Refusal::RoleHeld, 400, "RoleAssignmentExists", "", ALREADY_SO),
    row(Refusal::RoleHeld, 409, "RoleAssignmentExists", "", ALREADY_SO),
    row(
        Refusal::RoleHeld,
        400,
        "",
        "a conflicting object with one or more of the specified property",
        ALREADY_SO,
    ),
    row(Refusal::RoleNotHeld, 400, "RoleAssignmentDoesNotExist", "", ALREADY_SO),
    row(
        Refusal::CredentialPolicy,
        400,
        "CredentialInvalidLifetimeAsPerAppPolicy",
        "",
        CREDENTIAL_POLICY_HELP,
    ),
    row(Refusal::CredentialPolicy, 400, "CredentialTypeNotAllowedAsPerAppPolicy", "", CREDENTIAL_POLICY_HELP),
    row(
        Refusal::NoSuchCredential,
        400,
        "",
        "no password credential found with keyid",
        "the application has no such secret, or the directory has not caught up with it yet",
    ),
    row(
        Refusal::CredentialFixed,
        400,
        "",
        "update to existing credential with keyid",
        "a certificate cannot be changed: add a new one and remove the old one",
    ),
    row(
        Refusal::MalformedCredential,
        400,
        "",
        "property keycredentials in payload has a value that does not match schema",
        "a certificate is given as base64 of its DER, with the type AsymmetricX509Cert and the usage Verify",
    ),
    row(
        Refusal::DefaultMethod,
        400,
        "",
        "current default authentication method",
        "the default method can be deleted only after all others, or after another one was made the default",
    ),
    row(Refusal::NoDrive, 400, "", "unable to retrieve user's mysite url", NO_DRIVE_HELP),
    row(
        Refusal::RootNotShared,
        400,
        "invalidRequest",
        "root",
        "this tenant does not let the whole of a OneDrive be shared: a SharePoint administrator adds the person to the site collection administrators of that OneDrive",
    ),
    row(
        Refusal::UnsupportedQuery,
        400,
        "Request_UnsupportedQuery",
        "",
        "Microsoft Graph does not take this query: this is a defect of the function, report it",
    ),
    row(Refusal::MalformedId, 400, "", "invalid object identifier", "an object id is a GUID"),
    row(
        Refusal::QuotaExceeded,
        403,
        "Directory_QuotaExceeded",
        "",
        "a limit of the directory is reached for this object",
    ),
    row(
        Refusal::NoMailbox,
        404,
        "MailboxNotEnabledForRESTAPI",
        "",
        "there is no mailbox in Exchange Online: it comes minutes after the licence, or it is on premises",
    ),
    row(Refusal::NoDrive, 404, "", "user's mysite not found", NO_DRIVE_HELP),
    row(Refusal::NotFound, 404, "", "", "it does not exist, or the directory has not caught up with it yet"),
    row(
        Refusal::ConcurrentWrite,
        409,
        "Directory_ConcurrencyViolation",
        "",
        "somebody else is changing the same object; ask again",
    ),
    row(
        Refusal::FailedDependency,
        424,
        "",
        "",
        "this was not done, since what had to come before it failed: put that right and ask again",
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
        Refusal::PremiumNeeded,
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "",
        "the tenant has no Microsoft Entra ID P1 or P2 licence, which this needs; no permission is missing",
    ),
    // What Privileged Identity Management says of the same.
    row(
        Refusal::PremiumNeeded,
        400,
        "AadPremiumLicenseRequired",
        "",
        "the tenant has no Microsoft Entra ID P2 licence, which this needs; no permission is missing",
    ),
    row(
        Refusal::DynamicTeam,
        403,
        "Forbidden",
        "you do not have permission to perform this operation",
        "the members of this team may follow a rule: change what the rule goes by, or the rule",
    ),
    // The 24 hours: Microsoft's "Use managed identities for App Service and Azure Functions".
    row(
        Refusal::Denied,
        403,
        "",
        "",
        "the function's identity lacks a permission for this (a grant may take up to 24 hours to reach a managed identity), or the target is an application that it does not own, or an administrator, a dynamic group or a role-assignable group, which need a directory role as well",
    ),
];

/// The first row that fits.
pub(super) fn find(status: u16, code: &str, message: &str) -> Option<Refusal> {
    let message = message.to_ascii_lowercase();
    TABLE
        .iter()
        .find(|row| row.status == status && code.contains(row.code) && message.contains(row.message))
        .map(|row| row.refusal)
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
            (
                403,
                "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
                "Neither tenant is B2C or tenant doesn't have premium license",
                Some(Refusal::PremiumNeeded),
            ),
            (
                400,
                "AadPremiumLicenseRequired",
                "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
                Some(Refusal::PremiumNeeded),
            ),
            (
                403,
                "Forbidden",
                "You do not have permission to perform this operation.",
                Some(Refusal::DynamicTeam),
            ),
            (403, "Forbidden", "Application is not authorized to perform this.", Some(Refusal::Denied)),
            (
                404,
                "MailboxNotEnabledForRESTAPI",
                "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
                Some(Refusal::NoMailbox),
            ),
            (404, "ResourceNotFound", "User's mysite not found.", Some(Refusal::NoDrive)),
            (400, "BadRequest", "Unable to retrieve user's mysite URL.", Some(Refusal::NoDrive)),
            (400, "RoleAssignmentExists", "The Role assignment already exists.", Some(Refusal::RoleHeld)),
            (409, "RoleAssignmentExists", "The Role assignment already exists.", Some(Refusal::RoleHeld)),
            (
                400,
                "Request_BadRequest",
                "A conflicting object with one or more of the specified property values is present in the directory.",
                Some(Refusal::RoleHeld),
            ),
            (
                400,
                "RoleAssignmentDoesNotExist",
                "The Role assignment does not exist.",
                Some(Refusal::RoleNotHeld),
            ),
            (
                400,
                "Request_BadRequest",
                "Permission being assigned already exists on the object",
                Some(Refusal::AppRoleHeld),
            ),
            (
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                "Permission entry already exists.",
                Some(Refusal::GrantHeld),
            ),
            (400, "invalidRequest", "The root cannot be shared.", Some(Refusal::RootNotShared)),
            (400, "invalidRequest", "The request is malformed or incorrect.", None),
            (400, "CredentialInvalidLifetimeAsPerAppPolicy", "", Some(Refusal::CredentialPolicy)),
            (400, "CredentialTypeNotAllowedAsPerAppPolicy", "", Some(Refusal::CredentialPolicy)),
            (
                400,
                "Request_BadRequest",
                "No password credential found with keyId 87d349ed-44d7-43e1-9a83-5f2406dee5bd.",
                Some(Refusal::NoSuchCredential),
            ),
            (
                400,
                "Request_BadRequest",
                "Update to existing credential with KeyId '87d349ed-44d7-43e1-9a83-5f2406dee5bd' is not allowed.",
                Some(Refusal::CredentialFixed),
            ),
            (
                400,
                "Request_BadRequest",
                "Property keyCredentials in payload has a value that does not match schema.",
                Some(Refusal::MalformedCredential),
            ),
            (
                400,
                "badRequest",
                "The requested authentication method ID matches the user's current default authentication method, and cannot be deleted until the default authentication method is changed.",
                Some(Refusal::DefaultMethod),
            ),
            (
                400,
                "Request_BadRequest",
                "Request contains a property with duplicate values",
                Some(Refusal::DuplicateValues),
            ),
            (
                400,
                "Request_UnsupportedQuery",
                "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
                Some(Refusal::UnsupportedQuery),
            ),
            (400, "Request_BadRequest", "Something nobody has seen before.", None),
        ];
        for (status, code, message, refusal) in table {
            assert_eq!(Refusal::of(status, code, message), refusal, "{status} {code} {message}");
        }
    }

    #[test]
    fn a_licence_that_the_tenant_lacks_is_no_missing_permission() {
        let refusal = Refusal::of(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "").unwrap();
        assert!(refusal.help().contains("P1") && refusal.help() != Refusal::Denied.help());
    }

    #[test]
    fn every_refusal_helps() {
        for row in TABLE {
            assert!(!row.help.is_empty() && !row.help.ends_with('.'), "{:?}", row.refusal);
            assert_eq!(row.message, row.message.to_ascii_lowercase(), "{:?}", row.refusal);
        }
    }
}
