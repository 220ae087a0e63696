//! Exchange Online's refusals, as data: one row per situation.
//!
//! The status says little (most failures are 400, many 403, 404 or 500), so a row is told by the name of the exception that
//! the cmdlet threw, by a stable fragment of its message, or by both. None of this is documented: it was seen in the
//! field. What means the same in Microsoft Graph has the same name, and its help there.

use super::Refusal;

/// One row: how a refusal is told and what helps.
pub(super) struct Row {
    pub(super) refusal: Refusal,
    /// Part of the exception's name; empty where any will do.
    exception: &'static str,
    /// Parts of the message, in lower case; none where the exception is enough.
    message: &'static [&'static str],
    /// Empty where the help of Graph's row fits.
    pub(super) help: &'static str,
}

const fn row(
    refusal: Refusal,
    exception: &'static str,
    message: &'static [&'static str],
    help: &'static str,
) -> Row {
    Row { refusal, exception, message, help }
}

const BUSY: &str = "Exchange Online is busy: ask again later";

const LOST: &str = "parts of Exchange Online lost touch with one another: ask again later";

/// How a failure to write to the directory as well begins. Exchange Online writes there first, so its own part was not
/// done either.
const DUAL_WRITE: &str = "azure active directory call was made to keep object in sync";

const DIRECTORY_BEHIND: &str = "Exchange Online could not write to the directory as well, which has not caught up, so nothing was changed: ask again in some minutes";

/// The first row that fits wins, so what is permanent stands before what passes.
///
/// Only two say that nothing was done: there was no proxy to take the cmdlet, or the server took on nothing more. The
/// other two may end a cmdlet half-way, so of a write nobody can say.
pub(super) const TABLE: &[Row] = &[
    row(Refusal::SyncedFromOnPremises, "", &["on-premises mastered"], ""),
    row(Refusal::SyncedFromOnPremises, "", &["being synchronized from your on-premises organization"], ""),
    row(Refusal::AddressTaken, "ProxyAddressExists", &[], ""),
    row(Refusal::AddressTaken, "", &["for property proxyaddresses already exists"], ""),
    row(Refusal::DirectoryBehind, "", &[DUAL_WRITE, "concurren"], DIRECTORY_BEHIND),
    row(Refusal::DirectoryBehind, "", &[DUAL_WRITE, "does not exist"], DIRECTORY_BEHIND),
    row(Refusal::DirectoryBehind, "", &[DUAL_WRITE, "not found"], DIRECTORY_BEHIND),
    row(
        Refusal::DualWrite,
        "",
        &[DUAL_WRITE],
        "Exchange Online could not write to the directory as well, so nothing was changed: the message says why",
    ),
    row(
        Refusal::Ambiguous,
        "",
        &["matches multiple entries"],
        "more than one object answers to this name: use the object id",
    ),
    row(Refusal::NotFound, "ManagementObjectNotFoundException", &[], ""),
    row(Refusal::NotFound, "RecipientNotFoundException", &[], ""),
    row(Refusal::AlreadyMember, "MemberAlreadyExistsException", &[], ""),
    row(Refusal::NotMember, "MemberNotFoundException", &[], ""),
    row(Refusal::AlreadyMember, "UserAlreadyExistsInPermissionEntryException", &[], ""),
    row(Refusal::NotMember, "UserNotFoundInPermissionEntryException", &[], ""),
    row(
        Refusal::NoMailboxLicence,
        "",
        &["has no license for exchange online"],
        "the mailbox needs a licence for this: hand one out, and ask again some minutes later",
    ),
    row(
        Refusal::HoldNotLicensed,
        "",
        &["doesn't have permission to enable litigation hold"],
        "litigation hold takes Exchange Online Plan 2 or archiving: hand that out first",
    ),
    row(
        Refusal::NotGroupManager,
        "OperationRequiresGroupManagerException",
        &[],
        "only the managers of this group change its members: the function did not ask to pass that over (BypassSecurityGroupManagerCheck), report it",
    ),
    row(Refusal::UnverifiedDomain, "NotAcceptedDomainException", &[], ""),
    row(
        Refusal::NameTaken,
        "ADObjectAlreadyExistsException",
        &[],
        "another object in Exchange has this name: choose another, or use the one that is there",
    ),
    row(
        Refusal::BadValue,
        "ParameterTransformationException",
        &[],
        "Exchange Online cannot read a value that it was given: the message says which",
    ),
    row(
        Refusal::UnknownParameter,
        "",
        &["a parameter cannot be found that matches parameter name"],
        "the cmdlet has no such parameter for this identity: its role in Exchange does not include it, or it is a defect of the function",
    ),
    row(
        Refusal::ParametersClash,
        "AmbiguousParameterSetException",
        &[],
        "these parameters do not go together: this is a defect of the function, report it",
    ),
    row(Refusal::BadValue, "ParameterBinding", &[], ""),
    row(
        Refusal::CmdletDenied,
        "CmdletAccessDeniedException",
        &[],
        "the role of the function's identity in Exchange does not include this cmdlet: Exchange Administrator or Exchange Recipient Administrator does, or a role group of Exchange's own",
    ),
    row(
        Refusal::Dehydrated,
        "InvalidOperationInDehydratedContextException",
        &[],
        "the tenant's Exchange settings are not its own yet: an administrator runs Enable-OrganizationCustomization once",
    ),
    row(
        Refusal::PageExpired,
        "",
        &["expired or invalid pagination request"],
        "the list could not be read to its end, since Exchange Online refused a further page: ask again, or for less",
    ),
    row(Refusal::ExchangeBusy, "CmdletProxyNotAvailable", &[], BUSY),
    row(Refusal::ExchangeBusy, "", &["cmdletproxynotavailable"], BUSY),
    row(Refusal::ExchangeBusy, "ServerBusyException", &[], BUSY),
    row(Refusal::ExchangeLost, "BackendCommunicationException", &[], LOST),
    row(Refusal::ExchangeLost, "TransientException", &[], LOST),
];

/// What helps where no exception was thrown, since no cmdlet was run. Source of both halves: "App-only authentication for
/// unattended scripts in Exchange Online PowerShell"; of the 24 hours: "Use managed identities for App Service and Azure
/// Functions".
pub(super) const HELP: &[(Refusal, &str)] = &[
    (
        Refusal::NoExchangePermission,
        "Exchange Online did not accept the token: the function's identity lacks the app role Exchange.ManageAsApp on Office 365 Exchange Online (a grant may take up to 24 hours to reach a managed identity), or the cloud or the tenant is not the right one",
    ),
    (
        Refusal::NoExchangeRole,
        "the function's identity lacks a directory role, such as Exchange Recipient Administrator, beside the app role Exchange.ManageAsApp, or its role does not include this cmdlet; a new role takes up to an hour, for a managed identity up to 24 hours",
    ),
];

/// The first row that fits.
pub(super) fn find(exception: &str, message: &str) -> Option<Refusal> {
    let message = message.to_ascii_lowercase();
    TABLE
        .iter()
        .find(|row| {
            exception.contains(row.exception) && row.message.iter().all(|part| message.contains(part))
        })
        .map(|row| row.refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_helps() {
        for row in TABLE {
            let help = row.refusal.help();
            assert!(!help.is_empty() && !help.ends_with('.'), "{:?}", row.refusal);
            assert!(row.message.iter().all(|part| *part == part.to_ascii_lowercase()), "{:?}", row.refusal);
            assert!(!(row.exception.is_empty() && row.message.is_empty()), "{:?}", row.refusal);
        }
        assert!(HELP.iter().all(|(refusal, _)| refusal.help().contains("24 hours")));
    }

    #[test]
    fn the_inner_text_of_a_failed_dual_write_decides_whether_it_passes() {
        let told = |inner: &str| {
            let text = format!(
                "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. Detailed error message: {inner} The issue may be transient and please retry a couple of minutes later."
            );
            find("ADOperationException", &text)
        };
        let table = [
            (
                "Unable to update the specified properties for on-premises mastered Directory Sync objects.",
                Refusal::SyncedFromOnPremises,
            ),
            (
                "Another object with the same value for property proxyAddresses already exists.",
                Refusal::AddressTaken,
            ),
            ("Concurrency violation.", Refusal::DirectoryBehind),
            ("Resource '87d349ed-44d7-43e1-9a83-5f2406dee5bd' does not exist.", Refusal::DirectoryBehind),
            ("The value is not allowed.", Refusal::DualWrite),
        ];
        for (inner, refusal) in table {
            assert_eq!(told(inner), Some(refusal), "{inner}");
        }
    }
}
