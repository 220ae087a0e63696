//! Application permissions: which of them let a call through, least privilege first.
//!
//! Source: the permission tables of the API reference and Microsoft's machine-readable permission list; where a page and
//! the list disagree, what the permission's own description says it allows. The lists name the permissions
//! an administrative application may reasonably hold, not every product's special one.

mod applications;
mod leaving;

use std::collections::BTreeSet;

use crate::auth::Caller;
use crate::refusal::{Refusal, forbidden};
pub(crate) use applications::*;
pub(crate) use leaving::*;

/// Ways to be allowed, least privilege first; each way is a set of permissions that go together.
pub(crate) type Need = &'static [&'static [&'static str]];

pub(crate) const NOTHING: Need = &[&[]];

pub(crate) const READ_BASIC_USERS: Need = &[
    &["User.ReadBasic.All"],
    &["User.Read.All"],
    &["User.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const READ_USERS: Need =
    &[&["User.Read.All"], &["User.ReadWrite.All"], &["Directory.Read.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_USERS: Need = &[&["User.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const DELETE_USERS: Need = &[&["User.DeleteRestore.All"], &["User.ReadWrite.All"]];
pub(crate) const ENABLE_USERS: Need = &[
    &["User.EnableDisableAccount.All", "User.Read.All"],
    &["User.ReadWrite.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const WRITE_PASSWORDS: Need =
    &[&["User-PasswordProfile.ReadWrite.All"], &["User.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_PHONES: Need =
    &[&["User-Phone.ReadWrite.All"], &["User.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_OTHER_MAILS: Need =
    &[&["User-Mail.ReadWrite.All"], &["User.ReadWrite.All"], &["Directory.ReadWrite.All"]];
/// No wider permission includes it, and it does not include reading.
pub(crate) const WRITE_LEAVE_DATE: Need = &[
    &["User-LifeCycleInfo.ReadWrite.All", "User.Read.All"],
    &["User-LifeCycleInfo.ReadWrite.All", "User.ReadWrite.All"],
];
pub(crate) const READ_LEAVE_DATE: Need =
    &[&["User-LifeCycleInfo.Read.All"], &["User-LifeCycleInfo.ReadWrite.All"]];
pub(crate) const READ_SIGN_INS: Need = &[&["AuditLog.Read.All"]];
pub(crate) const REVOKE_SESSIONS: Need =
    &[&["User.RevokeSessions.All"], &["User.ReadWrite.All"], &["Directory.ReadWrite.All"]];

pub(crate) const READ_GROUPS: Need = &[
    &["Group.ReadBasic.All"],
    &["GroupMember.Read.All"],
    &["Group.Read.All"],
    &["GroupMember.ReadWrite.All"],
    &["Group.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
/// Delta queries take one of fewer than lists do.
pub(crate) const READ_GROUP_CHANGES: Need = &[
    &["Group.ReadBasic.All"],
    &["GroupMember.Read.All"],
    &["Group.Read.All"],
    &["Group.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const CREATE_GROUPS: Need =
    &[&["Group.Create"], &["Group.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_GROUPS: Need = &[&["Group.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const DELETE_GROUPS: Need = &[&["Group.ReadWrite.All"]];
pub(crate) const READ_MEMBERS: Need = &[
    &["GroupMember.ReadBasic.All"],
    &["GroupMember.Read.All"],
    &["Group.ReadBasic.All"],
    &["Group.Read.All"],
    &["GroupMember.ReadWrite.All"],
    &["Group.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const WRITE_MEMBERS: Need =
    &[&["GroupMember.ReadWrite.All"], &["Group.ReadWrite.All"], &["Directory.ReadWrite.All"]];
/// What changing a role-assignable group takes on top.
pub(crate) const ROLE_ASSIGNABLE: Need = &[&["RoleManagement.ReadWrite.Directory"]];
/// Reading what a user belongs to: any permission to read users or memberships opens it; what is told about each object
/// depends on the permission to read its kind.
pub(crate) const READ_MEMBER_OF: Need = &[
    &["GroupMember.ReadBasic.All"],
    &["GroupMember.Read.All"],
    &["Group.ReadBasic.All"],
    &["Group.Read.All"],
    &["GroupMember.ReadWrite.All"],
    &["Group.ReadWrite.All"],
    &["User.Read.All"],
    &["User.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];

pub(crate) const READ_LICENCES: Need = &[
    &["LicenseAssignment.Read.All"],
    &["Organization.Read.All"],
    &["Directory.Read.All"],
    &["Organization.ReadWrite.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const READ_LICENCE_DETAILS: Need = &[
    &["LicenseAssignment.Read.All"],
    &["User.Read.All"],
    &["User.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const WRITE_LICENCES: Need =
    &[&["LicenseAssignment.ReadWrite.All"], &["User.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_GROUP_LICENCES: Need =
    &[&["LicenseAssignment.ReadWrite.All"], &["Group.ReadWrite.All"], &["Directory.ReadWrite.All"]];

pub(crate) const READ_ORGANIZATION: Need = &[
    &["Organization.Read.All"],
    &["User.Read.All"],
    &["Directory.Read.All"],
    &["Organization.ReadWrite.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const READ_DOMAINS: Need =
    &[&["Domain.Read.All"], &["Domain.ReadWrite.All"], &["Directory.Read.All"]];
pub(crate) const READ_DIRECTORY: Need = &[&["Directory.Read.All"], &["Directory.ReadWrite.All"]];
pub(crate) const READ_ROLES: Need = &[
    &["RoleManagement.Read.Directory"],
    &["RoleManagement.ReadWrite.Directory"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const WRITE_ROLES: Need = &[&["RoleManagement.ReadWrite.Directory"]];
pub(crate) const READ_UNITS: Need = &[
    &["AdministrativeUnit.Read.All"],
    &["AdministrativeUnit.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const WRITE_UNITS: Need = &[&["AdministrativeUnit.ReadWrite.All"]];

pub(crate) const READ_METHODS: Need =
    &[&["UserAuthenticationMethod.Read.All"], &["UserAuthenticationMethod.ReadWrite.All"]];
pub(crate) const READ_METHOD_POLICY: Need = &[
    &["Policy.Read.AuthenticationMethod"],
    &["Policy.ReadWrite.AuthenticationMethod"],
    &["Policy.Read.All"],
];
pub(crate) const WRITE_METHOD_POLICY: Need = &[&["Policy.ReadWrite.AuthenticationMethod"]];

pub(crate) const READ_MAILBOX_SETTINGS: Need = &[&["MailboxSettings.Read"], &["MailboxSettings.ReadWrite"]];
pub(crate) const WRITE_MAILBOX_SETTINGS: Need = &[&["MailboxSettings.ReadWrite"]];
/// The one role of "Office 365 Exchange Online"; it is in tokens for Exchange alone.
pub(crate) const MANAGE_EXCHANGE: Need = &[&["Exchange.ManageAsApp"]];

const EVERY_NEED: &[Need] = &[
    READ_BASIC_USERS,
    READ_USERS,
    WRITE_USERS,
    DELETE_USERS,
    ENABLE_USERS,
    WRITE_PASSWORDS,
    WRITE_PHONES,
    WRITE_OTHER_MAILS,
    WRITE_LEAVE_DATE,
    READ_LEAVE_DATE,
    READ_SIGN_INS,
    REVOKE_SESSIONS,
    READ_GROUPS,
    READ_GROUP_CHANGES,
    CREATE_GROUPS,
    WRITE_GROUPS,
    DELETE_GROUPS,
    READ_MEMBERS,
    WRITE_MEMBERS,
    ROLE_ASSIGNABLE,
    READ_MEMBER_OF,
    READ_LICENCES,
    READ_LICENCE_DETAILS,
    WRITE_LICENCES,
    WRITE_GROUP_LICENCES,
    READ_ORGANIZATION,
    READ_DOMAINS,
    READ_DIRECTORY,
    READ_ROLES,
    WRITE_ROLES,
    READ_UNITS,
    WRITE_UNITS,
    READ_METHODS,
    READ_METHOD_POLICY,
    WRITE_METHOD_POLICY,
    READ_MAILBOX_SETTINGS,
    WRITE_MAILBOX_SETTINGS,
    MANAGE_EXCHANGE,
];

/// Every application permission the tenant knows, in alphabetical order.
pub(crate) fn all() -> Vec<String> {
    let known: BTreeSet<&str> = EVERY_NEED
        .iter()
        .chain(LEAVING)
        .chain(METHODS)
        .chain(APPLICATIONS)
        .copied()
        .flatten()
        .copied()
        .flatten()
        .copied()
        .collect();
    known.into_iter().map(str::to_owned).collect()
}

/// The first way the caller may go, if there is one. Remembers what it took.
pub(crate) fn require(caller: &mut Caller, need: Need) -> Result<(), Refusal> {
    let way = need.iter().find(|way| way.iter().all(|role| caller.roles.iter().any(|held| held == role)));
    let way = way.ok_or_else(forbidden)?;
    caller.used.extend(way.iter().map(|role| (*role).to_owned()));
    Ok(())
}
