//! The cmdlets the tenant knows: name, parameters, which of them are mandatory, and what carries the cmdlet out.
//!
//! Names are those of the Exchange PowerShell reference. A parameter that is not here does not exist, and a cmdlet that is
//! not here is refused like one that the caller may not run; only those that are known to be missing are told as missing.

use super::Context;
use super::given::Given;
use super::given::Kind::{self, Changes, Choice, Date, Number, Size, Switch, Text, Texts};
use super::refusal::Refusal;
use super::row::Row;
use super::{
    autoreply, calendar, device, folder, list, mailbox, permission, protocol, regional, rule, statistics,
};

/// One cmdlet.
pub(super) struct Cmdlet {
    pub(super) name: &'static str,
    pub(super) writes: bool,
    pub(super) mandatory: &'static [&'static str],
    pub(super) parameters: &'static [(&'static str, Kind)],
    pub(super) run: fn(&mut Context<'_>) -> Result<Vec<Row>, Refusal>,
}

/// Cmdlets of the real service that an administrator may well look for here in vain.
const MISSING: [&str; 17] = [
    "Enable-Mailbox",
    "Enable-OrganizationCustomization",
    "Get-AcceptedDomain",
    "Get-MailboxFolderStatistics",
    "Get-MessageTrace",
    "Get-OrganizationConfig",
    "Get-TransportRule",
    "Get-User",
    "New-DistributionGroup",
    "New-InboxRule",
    "New-Mailbox",
    "New-MailContact",
    "New-TransportRule",
    "Remove-Mailbox",
    "Set-DistributionGroup",
    "Set-InboxRule",
    "Set-MailContact",
];

impl Cmdlet {
    /// Whether it would ask before it does this. What removes, clears, switches off or hands out the right to send as
    /// somebody asks ("Exchange cmdlet syntax", pauses of destructive cmdlets); that a change of a litigation hold asks is our
    /// own caution.
    pub(super) fn asks(&self, given: &Given) -> bool {
        let name = self.name;
        let is_destructive = ["Remove-", "Clear-", "Disable-"].iter().any(|verb| name.starts_with(verb));
        let holds = name == "Set-Mailbox" && given.has("LitigationHoldEnabled");
        (is_destructive || holds || name == "Add-RecipientPermission") && !given.is_on("PreviewOnly")
    }
}

const WHOM: &[&str] = &["Identity"];
const NONE: &[&str] = &[];
const TYPES: Kind = Choice(
    &[
        "UserMailbox",
        "SharedMailbox",
        "RoomMailbox",
        "EquipmentMailbox",
        "GroupMailbox",
        "GuestMailUser",
        "MailUniversalDistributionGroup",
        "MailUniversalSecurityGroup",
        "LinkedMailbox",
        "LegacyMailbox",
        "SchedulingMailbox",
        "DiscoveryMailbox",
        "TeamMailbox",
        "MailUser",
        "MailContact",
        "DynamicDistributionGroup",
        "RoomList",
    ],
    "Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails[]",
);
const FOLDER: &[(&str, Kind)] = &[
    ("Identity", Text),
    ("User", Text),
    ("AccessRights", Texts),
    (
        "SharingPermissionFlags",
        Choice(folder::FLAGS, "Microsoft.Exchange.Management.StoreTasks.MailboxFolderPermissionFlags"),
    ),
    ("SendNotificationToUser", Switch),
];
const MAILBOX_RIGHTS: &[(&str, Kind)] = &[
    ("Identity", Text),
    ("User", Text),
    (
        "AccessRights",
        Choice(permission::RIGHTS, "Microsoft.Exchange.Management.RecipientTasks.MailboxRights[]"),
    ),
    (
        "InheritanceType",
        Choice(
            &["None", "All", "Children", "Descendents", "SelfAndChildren"],
            "System.DirectoryServices.ActiveDirectorySecurityInheritance",
        ),
    ),
    ("AutoMapping", Switch),
    ("BypassMasterAccountSid", Switch),
];
const SENDING: Kind =
    Choice(&["SendAs"], "Microsoft.Exchange.Management.RecipientTasks.RecipientAccessRight[]");
const SEND_AS: &[(&str, Kind)] = &[("Identity", Text), ("Trustee", Text), ("AccessRights", SENDING)];
const MEMBER: &[(&str, Kind)] =
    &[("Identity", Text), ("Member", Text), ("BypassSecurityGroupManagerCheck", Switch)];
const RULE: &[(&str, Kind)] =
    &[("Identity", Text), ("Mailbox", Text), ("AlwaysDeleteOutlookRulesBlob", Switch), ("Force", Switch)];

const fn get(
    name: &'static str,
    mandatory: &'static [&'static str],
    parameters: &'static [(&'static str, Kind)],
    run: fn(&mut Context<'_>) -> Result<Vec<Row>, Refusal>,
) -> Cmdlet {
    Cmdlet { name, writes: false, mandatory, parameters, run }
}

const fn act(
    name: &'static str,
    mandatory: &'static [&'static str],
    parameters: &'static [(&'static str, Kind)],
    run: fn(&mut Context<'_>) -> Result<Vec<Row>, Refusal>,
) -> Cmdlet {
    Cmdlet { name, writes: true, mandatory, parameters, run }
}

static ALL: [Cmdlet; 32] = [
    get(
        "Get-Mailbox",
        NONE,
        &[
            ("Identity", Text),
            ("Filter", Text),
            ("Anr", Text),
            ("RecipientTypeDetails", TYPES),
            ("ResultSize", Number),
            ("SoftDeletedMailbox", Switch),
            ("InactiveMailboxOnly", Switch),
            ("IncludeInactiveMailbox", Switch),
            ("Archive", Switch),
        ],
        mailbox::get,
    ),
    act(
        "Set-Mailbox",
        WHOM,
        &[
            ("Identity", Text),
            (
                "Type",
                Choice(
                    mailbox::TYPES,
                    "Microsoft.Exchange.Data.Directory.Recipient.ConvertibleMailboxSubType",
                ),
            ),
            ("ForwardingAddress", Text),
            ("ForwardingSmtpAddress", Text),
            ("DeliverToMailboxAndForward", Switch),
            ("LitigationHoldEnabled", Switch),
            ("LitigationHoldDuration", Number),
            ("RetentionComment", Text),
            ("RetentionUrl", Text),
            ("HiddenFromAddressListsEnabled", Switch),
            ("IssueWarningQuota", Size),
            ("ProhibitSendQuota", Size),
            ("ProhibitSendReceiveQuota", Size),
            ("EmailAddresses", Changes),
            ("GrantSendOnBehalfTo", Changes),
            ("AccountDisabled", Switch),
            ("Force", Switch),
        ],
        mailbox::set::run,
    ),
    get(
        "Get-MailboxStatistics",
        NONE,
        &[
            ("Identity", Text),
            ("Archive", Switch),
            ("IncludeSoftDeletedRecipients", Switch),
            ("ResultSize", Number),
        ],
        statistics::get,
    ),
    get(
        "Get-MailboxPermission",
        WHOM,
        &[("Identity", Text), ("User", Text), ("Owner", Switch), ("ResultSize", Number)],
        permission::get,
    ),
    act("Add-MailboxPermission", &["Identity", "User", "AccessRights"], MAILBOX_RIGHTS, permission::add),
    act(
        "Remove-MailboxPermission",
        &["Identity", "User", "AccessRights"],
        MAILBOX_RIGHTS,
        permission::remove,
    ),
    get(
        "Get-RecipientPermission",
        NONE,
        &[("Identity", Text), ("Trustee", Text), ("AccessRights", SENDING), ("ResultSize", Number)],
        permission::get_send_as,
    ),
    act(
        "Add-RecipientPermission",
        &["Identity", "Trustee", "AccessRights"],
        SEND_AS,
        permission::add_send_as,
    ),
    act(
        "Remove-RecipientPermission",
        &["Identity", "Trustee", "AccessRights"],
        SEND_AS,
        permission::remove_send_as,
    ),
    get(
        "Get-MailboxAutoReplyConfiguration",
        WHOM,
        &[("Identity", Text), ("ResultSize", Number)],
        autoreply::get,
    ),
    act(
        "Set-MailboxAutoReplyConfiguration",
        WHOM,
        &[
            ("Identity", Text),
            ("AutoReplyState", Choice(autoreply::STATES, "Microsoft.Exchange.Data.Storage.OofState")),
            (
                "ExternalAudience",
                Choice(autoreply::AUDIENCES, "Microsoft.Exchange.InfoWorker.Common.OOF.ExternalAudience"),
            ),
            ("InternalMessage", Text),
            ("ExternalMessage", Text),
            ("StartTime", Date),
            ("EndTime", Date),
            ("CreateOOFEvent", Switch),
            ("OOFEventSubject", Text),
            ("DeclineMeetingMessage", Text),
            ("AutoDeclineFutureRequestsWhenOOF", Switch),
            ("DeclineEventsForScheduledOOF", Switch),
            ("DeclineAllEventsForScheduledOOF", Switch),
        ],
        autoreply::set,
    ),
    get(
        "Get-DistributionGroup",
        NONE,
        &[
            ("Identity", Text),
            ("Filter", Text),
            ("Anr", Text),
            ("RecipientTypeDetails", TYPES),
            ("ResultSize", Number),
        ],
        list::get,
    ),
    get("Get-DistributionGroupMember", WHOM, &[("Identity", Text), ("ResultSize", Number)], list::members),
    act("Add-DistributionGroupMember", &["Identity", "Member"], MEMBER, list::add),
    act("Remove-DistributionGroupMember", &["Identity", "Member"], MEMBER, list::remove),
    get(
        "Get-Recipient",
        NONE,
        &[
            ("Identity", Text),
            ("Filter", Text),
            ("Anr", Text),
            ("RecipientTypeDetails", TYPES),
            ("RecipientType", Texts),
            ("ResultSize", Number),
            ("IncludeSoftDeletedRecipients", Switch),
        ],
        list::recipients,
    ),
    get(
        "Get-MobileDevice",
        NONE,
        &[("Identity", Text), ("Mailbox", Text), ("ResultSize", Number)],
        device::get,
    ),
    act("Remove-MobileDevice", WHOM, &[("Identity", Text)], device::remove),
    act(
        "Clear-MobileDevice",
        WHOM,
        &[
            ("Identity", Text),
            ("AccountOnly", Switch),
            ("Cancel", Switch),
            ("NotificationEmailAddresses", Texts),
        ],
        device::clear,
    ),
    get("Get-CASMailbox", NONE, &[("Identity", Text), ("Anr", Text), ("ResultSize", Number)], protocol::get),
    act(
        "Set-CASMailbox",
        WHOM,
        &[
            ("Identity", Text),
            ("ActiveSyncEnabled", Switch),
            ("OWAEnabled", Switch),
            ("OWAforDevicesEnabled", Switch),
            ("MAPIEnabled", Switch),
            ("ImapEnabled", Switch),
            ("PopEnabled", Switch),
            ("EwsEnabled", Switch),
            ("SmtpClientAuthenticationDisabled", Switch),
            ("ActiveSyncBlockedDeviceIDs", Changes),
            ("ActiveSyncAllowedDeviceIDs", Changes),
        ],
        protocol::set,
    ),
    act(
        "Remove-CalendarEvents",
        &["Identity", "QueryWindowInDays"],
        &[
            ("Identity", Text),
            ("CancelOrganizedMeetings", Switch),
            ("QueryStartDate", Date),
            ("QueryWindowInDays", Number),
            ("PreviewOnly", Switch),
            ("UseCustomRouting", Switch),
        ],
        calendar::remove,
    ),
    get(
        "Get-InboxRule",
        NONE,
        &[
            ("Identity", Text),
            ("Mailbox", Text),
            ("IncludeHidden", Switch),
            ("ResultSize", Number),
            ("DescriptionTimeZone", Text),
        ],
        rule::get,
    ),
    act("Disable-InboxRule", WHOM, RULE, rule::disable),
    act("Enable-InboxRule", WHOM, RULE, rule::enable),
    act("Remove-InboxRule", WHOM, RULE, rule::remove),
    get(
        "Get-MailboxRegionalConfiguration",
        NONE,
        &[("Identity", Text), ("VerifyDefaultFolderNameLanguage", Switch), ("ResultSize", Number)],
        regional::get,
    ),
    act(
        "Set-MailboxRegionalConfiguration",
        WHOM,
        &[
            ("Identity", Text),
            ("Language", Text),
            ("DateFormat", Text),
            ("TimeFormat", Text),
            ("TimeZone", Text),
            ("LocalizeDefaultFolderName", Switch),
        ],
        regional::set,
    ),
    get(
        "Get-MailboxFolderPermission",
        WHOM,
        &[("Identity", Text), ("User", Text), ("GroupMailbox", Switch)],
        folder::get,
    ),
    act("Add-MailboxFolderPermission", &["Identity", "User", "AccessRights"], FOLDER, folder::add),
    act("Set-MailboxFolderPermission", &["Identity", "User", "AccessRights"], FOLDER, folder::set),
    act(
        "Remove-MailboxFolderPermission",
        &["Identity", "User"],
        &[("Identity", Text), ("User", Text), ("ResetDelegateUserCollection", Switch)],
        folder::remove,
    ),
];

/// Every cmdlet.
pub(super) fn all() -> impl Iterator<Item = &'static Cmdlet> {
    ALL.iter()
}

/// The cmdlet of this name, in whatever case.
pub(super) fn find(name: &str) -> Result<&'static Cmdlet, Refusal> {
    match all().find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name)) {
        Some(cmdlet) => Ok(cmdlet),
        None if MISSING.iter().any(|known| known.eq_ignore_ascii_case(name)) => {
            Err(Refusal::Unknown(format!("the cmdlet {name}")))
        }
        None => Err(Refusal::Bare(403, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mandatory_is_a_parameter() {
        for cmdlet in all() {
            for name in cmdlet.mandatory {
                assert!(cmdlet.parameters.iter().any(|(known, _)| known == name), "{}: {name}", cmdlet.name);
            }
        }
    }

    #[test]
    fn what_only_reads_is_called_get() {
        for cmdlet in all() {
            assert_eq!(!cmdlet.writes, cmdlet.name.starts_with("Get-"), "{}", cmdlet.name);
        }
    }
}
