//! Azure Key Vault's refusals, as data: one row per situation.
//!
//! The status is common to many, `error.code` often says no more than the status (`Forbidden`, `Conflict`), and
//! `error.innererror.code` says which it is where it is there; older answers have only the message. Sources: "Azure Key Vault
//! REST API error codes", "Certificate creation methods", and what clients in the field match.

use super::Refusal;

/// One row: how a refusal is told and what helps.
pub(super) struct Row {
    pub(super) refusal: Refusal,
    status: u16,
    /// The inner code, or else the code; empty where the message decides, or the status alone.
    code: &'static str,
    /// Part of the message, in lower case.
    message: &'static str,
    /// Empty where the help of Graph's row fits.
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

const DISABLED: &str =
    "this version is switched off, has ended or has not begun: enable it in the vault, or use another one";

const FIREWALL: &str = "the vault's firewall lets this function not through: allow its network or its outbound addresses under Networking";

const DELETED: &str = "something of this name was deleted and can be recovered: recover or purge it in the vault, or use another name";

const DENIED: &str = "the function's identity has no role on this vault that allows this: assign it Key Vault Certificates Officer, Key Vault Crypto User or Key Vault Secrets Officer there, whichever the message asks for (a new assignment takes some minutes)";

/// The first row that fits wins.
pub(super) const TABLE: &[Row] = &[
    row(
        Refusal::CertificatePending,
        409,
        "",
        "while a pending key vault certificate",
        "another version of the certificate is being made: ask again once it is there, or cancel it in the vault",
    ),
    row(
        Refusal::CertificatePending,
        409,
        "",
        "conflict while updating pending certificate",
        "another version of the certificate is being made: ask again once it is there, or cancel it in the vault",
    ),
    row(Refusal::DeletedRecoverable, 409, "ObjectIsDeletedButRecoverable", "", DELETED),
    row(Refusal::DeletedRecoverable, 409, "ObjectIsBeingDeleted", "", DELETED),
    row(Refusal::DeletedRecoverable, 409, "", "deleted but recoverable", DELETED),
    row(Refusal::VersionDisabled, 403, "SecretDisabled", "", DISABLED),
    row(Refusal::VersionDisabled, 403, "KeyDisabled", "", DISABLED),
    row(Refusal::VersionDisabled, 403, "CertificateDisabled", "", DISABLED),
    row(Refusal::VersionDisabled, 403, "KeyNotYetValid", "", DISABLED),
    row(Refusal::VersionDisabled, 403, "KeyExpired", "", DISABLED),
    row(Refusal::VersionDisabled, 403, "", "is not allowed on a disabled", DISABLED),
    row(Refusal::VersionDisabled, 403, "", "is not allowed on an expired", DISABLED),
    row(Refusal::VersionDisabled, 403, "", "not yet valid", DISABLED),
    row(Refusal::VaultFirewall, 403, "ForbiddenByFirewall", "", FIREWALL),
    row(Refusal::VaultFirewall, 403, "ForbiddenByConnection", "", FIREWALL),
    row(Refusal::VaultFirewall, 403, "", "is not authorized and caller is not a trusted service", FIREWALL),
    row(Refusal::VaultFirewall, 403, "", "public network access is disabled", FIREWALL),
    row(
        Refusal::NameOfCertificate,
        403,
        "SecretManagedByKeyVault",
        "",
        "a certificate of the vault has this name, and its secret is not ours to set: use another name for the secret",
    ),
    row(
        Refusal::KeyMayNotSign,
        403,
        "KeyOperationForbidden",
        "",
        "this key may not sign: the certificate's policy must allow it to (key usage digitalSignature)",
    ),
    row(Refusal::VaultDenied, 403, "ForbiddenByRbac", "", DENIED),
    row(Refusal::VaultDenied, 403, "ForbiddenByPolicy", "", DENIED),
    row(Refusal::VaultDenied, 403, "AccessDenied", "", DENIED),
    row(Refusal::VaultDenied, 403, "", "permission on key vault", DENIED),
    row(Refusal::VaultDenied, 403, "", "not authorized to perform action", DENIED),
    row(Refusal::Unauthenticated, 401, "", "", ""),
    row(Refusal::NotFound, 404, "", "", ""),
];

/// The first row that fits.
pub(super) fn find(status: u16, codes: &[&str], message: &str) -> Option<Refusal> {
    let message = message.to_ascii_lowercase();
    let fits = |row: &&Row| {
        let has_code = row.code.is_empty() || codes.iter().any(|code| code.eq_ignore_ascii_case(row.code));
        row.status == status && has_code && message.contains(row.message)
    };
    TABLE.iter().find(fits).map(|row| row.refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_helps() {
        for row in TABLE {
            let help = row.refusal.help();
            assert!(!help.is_empty() && !help.ends_with('.'), "{:?}", row.refusal);
            assert_eq!(row.message, row.message.to_ascii_lowercase(), "{:?}", row.refusal);
        }
    }

    #[test]
    fn refusals_are_told_by_the_inner_code_or_the_message() {
        let table: [(u16, &[&str], &str, Option<Refusal>); 17] = [
            (
                403,
                &["SecretManagedByKeyVault", "Forbidden"],
                "Operation \"set\" is not allowed on this secret, since it is associated with a certificate.",
                Some(Refusal::NameOfCertificate),
            ),
            (
                403,
                &["KeyOperationForbidden", "Forbidden"],
                "Operation sign is not permitted on this key.",
                Some(Refusal::KeyMayNotSign),
            ),
            (403, &["SomethingNew", "Forbidden"], "Nobody has seen this before.", None),
            (
                409,
                &["Forbidden"],
                "A new key vault certificate can not be created or imported while a pending key vault certificate's status is inProgress.",
                Some(Refusal::CertificatePending),
            ),
            (
                409,
                &["Conflict"],
                "There was a conflict while updating pending certificate 'x'.",
                Some(Refusal::CertificatePending),
            ),
            (
                409,
                &["ObjectIsDeletedButRecoverable", "Conflict"],
                "Secret x is currently in a deleted but recoverable state, and its name cannot be reused.",
                Some(Refusal::DeletedRecoverable),
            ),
            (409, &["Conflict"], "Certificate x is currently being deleted.", None),
            (
                403,
                &["SecretDisabled", "Forbidden"],
                "Operation get is not allowed on a disabled secret.",
                Some(Refusal::VersionDisabled),
            ),
            (
                403,
                &["Forbidden"],
                "Operation sign is not allowed on an expired key.",
                Some(Refusal::VersionDisabled),
            ),
            (
                403,
                &["ForbiddenByFirewall", "Forbidden"],
                "Client address is not authorized and caller is not a trusted service.",
                Some(Refusal::VaultFirewall),
            ),
            (
                403,
                &["Forbidden"],
                "Client address (192.0.2.1) is not authorized and caller is not a trusted service",
                Some(Refusal::VaultFirewall),
            ),
            (
                403,
                &["ForbiddenByRbac", "Forbidden"],
                "Caller is not authorized to perform action on resource.",
                Some(Refusal::VaultDenied),
            ),
            (
                403,
                &["AccessDenied", "Forbidden"],
                "The user, group or application 'appid=x' does not have certificates create permission on key vault 'y'.",
                Some(Refusal::VaultDenied),
            ),
            (
                401,
                &["Unauthorized"],
                "[TokenExpired] Error validating token.",
                Some(Refusal::Unauthenticated),
            ),
            (
                404,
                &["SecretNotFound"],
                "A secret with (name/id) x was not found in this key vault.",
                Some(Refusal::NotFound),
            ),
            (429, &["Throttled"], "Request was not processed because too many requests were received.", None),
            (400, &["BadParameter"], "The request URI contains an invalid name: x_y", None),
        ];
        for (status, codes, message, refusal) in table {
            assert_eq!(find(status, codes, message), refusal, "{status} {codes:?} {message}");
        }
    }
}
