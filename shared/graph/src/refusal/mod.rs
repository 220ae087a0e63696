//! What refusals mean, by name: the same name for the same situation, whichever service says so, with a sentence that
//! helps. How each service words them is in a table of its own.

mod entra;
mod exchange;
mod graph;
mod vault;

use serde::{Deserialize, Serialize};

/// A refusal that we know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each variant is described by its row in a table")]
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
    FailedDependency,
    DuplicateValues,
    UnsupportedQuery,
    RoleHeld,
    RoleNotHeld,
    AppRoleHeld,
    GrantHeld,
    CredentialPolicy,
    NoSuchCredential,
    CredentialFixed,
    MalformedCredential,
    DefaultMethod,
    NoMailbox,
    NoDrive,
    RootNotShared,
    DynamicTeam,
    PremiumNeeded,
    PassNotAllowed,
    Unauthenticated,
    Denied,
    NotGroupManager,
    NameTaken,
    Ambiguous,
    BadValue,
    UnknownParameter,
    ParametersClash,
    CmdletDenied,
    Dehydrated,
    DirectoryBehind,
    DualWrite,
    ExchangeBusy,
    ExchangeLost,
    PageExpired,
    NoExchangePermission,
    NoMailboxLicence,
    HoldNotLicensed,
    NoExchangeRole,
    CertificatePending,
    DeletedRecoverable,
    VersionDisabled,
    VaultFirewall,
    VaultDenied,
    NameOfCertificate,
    KeyMayNotSign,
    CredentialNotKnown,
    CredentialEnded,
    NoApplication,
    ApplicationDisabled,
    SignInBlocked,
}

impl Refusal {
    /// Which refusal an error answer of Microsoft Graph is, if we know it: by status, `error.code` and `error.message`.
    pub fn of(status: u16, code: &str, message: &str) -> Option<Self> {
        graph::find(status, code, message)
    }

    /// Which refusal an error of Exchange Online is, if we know it: by the name of the exception, which says more than the
    /// status, and the message.
    pub fn of_exchange(exception: &str, message: &str) -> Option<Self> {
        exchange::find(exception, message)
    }

    /// Which refusal an error of Azure Key Vault is, if we know it: by status, `error.innererror.code` and `error.code`, and
    /// `error.message`.
    pub fn of_key_vault(status: u16, codes: &[&str], message: &str) -> Option<Self> {
        vault::find(status, codes, message)
    }

    /// Which refusal of an application's sign-in this is, if we know it: by the number in `AADSTS7000215`.
    pub fn of_sign_in(aadsts: u32) -> Option<Self> {
        entra::find(aadsts)
    }

    /// What helps, in one sentence that begins in lower case and has no full stop.
    pub fn help(self) -> &'static str {
        let graph = graph::TABLE.iter().map(|row| (row.refusal, row.help));
        let exchange = exchange::TABLE.iter().map(|row| (row.refusal, row.help));
        let vault = vault::TABLE.iter().map(|row| (row.refusal, row.help));
        let entra = entra::TABLE.iter().map(|row| (row.refusal, row.help));
        let mut all = graph.chain(exchange).chain(exchange::HELP.iter().copied()).chain(vault).chain(entra);
        all.find(|(refusal, help)| *refusal == self && !help.is_empty()).map_or("", |(_, help)| help)
    }

    /// Whether it passes by itself and nothing was done, so that anything may be asked again.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::ConcurrentWrite | Self::DirectoryBehind | Self::ExchangeBusy)
    }
}
