//! Permissions about what somebody leaves behind: methods, devices, applications, grants, roles.
//!
//! Each kind of authentication method has permissions of its own beside those that cover all of them.

use super::Need;

macro_rules! methods {
    ($($read:ident $write:ident $kind:literal;)*) => {
        $(
            pub(crate) const $read: Need = &[
                &[concat!("UserAuthMethod-", $kind, ".Read.All")],
                &[concat!("UserAuthMethod-", $kind, ".ReadWrite.All")],
                &["UserAuthenticationMethod.Read.All"],
                &["UserAuthenticationMethod.ReadWrite.All"],
            ];
            pub(crate) const $write: Need = &[
                &[concat!("UserAuthMethod-", $kind, ".ReadWrite.All")],
                &["UserAuthenticationMethod.ReadWrite.All"],
            ];
        )*
        pub(super) const METHODS: &[Need] = &[$($read, $write),*];
    };
}

methods! {
    READ_PASSES WRITE_PASSES "TAP";
    READ_PASSWORDS WRITE_PASSWORD_METHODS "Password";
    READ_PHONES WRITE_METHOD_PHONES "Phone";
    READ_EMAILS WRITE_METHOD_EMAILS "Email";
    READ_PASSKEYS WRITE_PASSKEYS "Passkey";
    READ_AUTHENTICATORS WRITE_AUTHENTICATORS "MicrosoftAuthApp";
    READ_OATH WRITE_OATH "SoftwareOATH";
    READ_HELLO WRITE_HELLO "WindowsHello";
    READ_PLATFORM WRITE_PLATFORM "PlatformCred";
    READ_EXTERNAL WRITE_EXTERNAL "External";
}

pub(crate) const READ_DEVICES: Need =
    &[&["Device.Read.All"], &["Device.ReadWrite.All"], &["Directory.Read.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_DEVICES: Need = &[&["Device.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const DELETE_DEVICES: Need = &[&["Device.ReadWrite.All"]];
pub(crate) const READ_MANAGED_DEVICES: Need =
    &[&["DeviceManagementManagedDevices.Read.All"], &["DeviceManagementManagedDevices.ReadWrite.All"]];
pub(crate) const RETIRE_DEVICES: Need = &[&["DeviceManagementManagedDevices.PrivilegedOperations.All"]];

pub(crate) const READ_APPLICATIONS: Need = &[
    &["Application.Read.All"],
    &["Application.ReadWrite.OwnedBy"],
    &["Application.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];

pub(crate) const READ_ELIGIBILITY: Need = &[
    &["RoleEligibilitySchedule.Read.Directory"],
    &["RoleEligibilitySchedule.ReadWrite.Directory"],
    &["RoleManagement.Read.Directory"],
    &["RoleManagement.Read.All"],
    &["RoleManagement.ReadWrite.Directory"],
];
pub(crate) const WRITE_ELIGIBILITY: Need =
    &[&["RoleEligibilitySchedule.ReadWrite.Directory"], &["RoleManagement.ReadWrite.Directory"]];
/// Naming an owner takes reading whoever that is.
pub(crate) const ADD_APPLICATION_OWNERS: Need =
    &[&["Application.ReadWrite.All", "Directory.Read.All"], &["Directory.ReadWrite.All"]];
pub(crate) const REMOVE_APPLICATION_OWNERS: Need =
    &[&["Application.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const READ_APP_ROLES: Need =
    &[&["Directory.Read.All"], &["AppRoleAssignment.ReadWrite.All"], &["Directory.ReadWrite.All"]];
pub(crate) const WRITE_APP_ROLES: Need = &[&["AppRoleAssignment.ReadWrite.All"]];
pub(crate) const READ_GRANTS: Need = &[
    &["DelegatedPermissionGrant.Read.All"],
    &["Directory.Read.All"],
    &["DelegatedPermissionGrant.ReadWrite.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const WRITE_GRANTS: Need =
    &[&["DelegatedPermissionGrant.ReadWrite.All"], &["Directory.ReadWrite.All"]];

pub(crate) const READ_FILES: Need = &[
    &["Files.Read.All"],
    &["Files.ReadWrite.All"],
    &["Sites.Read.All"],
    &["Sites.ReadWrite.All"],
    &["Sites.FullControl.All"],
];
pub(crate) const WRITE_FILES: Need =
    &[&["Files.ReadWrite.All"], &["Sites.ReadWrite.All"], &["Sites.FullControl.All"]];

pub(crate) const READ_TEAMS: Need = &[
    &["Team.ReadBasic.All"],
    &["TeamSettings.Read.All"],
    &["TeamSettings.ReadWrite.All"],
    &["User.Read.All"],
    &["User.ReadWrite.All"],
    &["Directory.Read.All"],
    &["Directory.ReadWrite.All"],
];
pub(crate) const READ_TEAM_MEMBERS: Need = &[&["TeamMember.Read.All"], &["TeamMember.ReadWrite.All"]];
pub(crate) const WRITE_TEAM_MEMBERS: Need = &[&["TeamMember.ReadWrite.All"]];

/// All of them.
pub(super) const LEAVING: &[Need] = &[
    READ_DEVICES,
    WRITE_DEVICES,
    READ_MANAGED_DEVICES,
    RETIRE_DEVICES,
    READ_APPLICATIONS,
    READ_ELIGIBILITY,
    WRITE_ELIGIBILITY,
    ADD_APPLICATION_OWNERS,
    REMOVE_APPLICATION_OWNERS,
    READ_APP_ROLES,
    WRITE_APP_ROLES,
    READ_GRANTS,
    WRITE_GRANTS,
    READ_FILES,
    WRITE_FILES,
    READ_TEAMS,
    READ_TEAM_MEMBERS,
    WRITE_TEAM_MEMBERS,
];
