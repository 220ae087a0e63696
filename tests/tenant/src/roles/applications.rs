//! Permissions about applications: their credentials, what is reported about them, and the mail that tells of it.

use super::Need;

/// What an application may do to those it owns.
pub(crate) const WRITE_OWNED_APPLICATIONS: Need =
    &[&["Application.ReadWrite.OwnedBy"], &["Application.ReadWrite.All"]];
/// To those of others.
pub(crate) const WRITE_APPLICATIONS: Need = &[&["Application.ReadWrite.All"]];
pub(crate) const READ_FEDERATED: Need =
    &[&["Application.Read.All"], &["Application.ReadWrite.OwnedBy"], &["Application.ReadWrite.All"]];
pub(crate) const READ_CREDENTIAL_USES: Need = &[&["AuditLog.Read.All"], &["Directory.Read.All"]];
pub(crate) const READ_APP_POLICY: Need = &[
    &["Policy.Read.All"],
    &["Policy.Read.ApplicationConfiguration"],
    &["Policy.ReadWrite.ApplicationConfiguration"],
];
pub(crate) const SEND_MAIL: Need = &[&["Mail.Send"]];

/// All of them.
pub(super) const APPLICATIONS: &[Need] = &[
    WRITE_OWNED_APPLICATIONS,
    WRITE_APPLICATIONS,
    READ_FEDERATED,
    READ_CREDENTIAL_USES,
    READ_APP_POLICY,
    SEND_MAIL,
];
