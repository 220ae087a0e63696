//! What the services refuse, and what the answer makes of it.

use serde_json::{Value, json};
use telling::{Story, refusal};
use tenant::{Fault, Trouble};

use super::cut_off::exchange;
use super::{MINUTE, briefly, christie, later, leaver, mailbox_of, shared_already, with_one_of_each};

/// Method and path of a write, and the refusal.
type Refused = (&'static str, &'static str, &'static str, u16, &'static str, &'static str);

const DIRECTORY: [Refused; 9] = [
    (
        "Group membership is not ours to change",
        "DELETE",
        "/groups/*/members/*/$ref",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    (
        "The group turns out to be a distribution list",
        "DELETE",
        "/groups/*/members/*/$ref",
        400,
        "Request_BadRequest",
        "Cannot Update a mail-enabled security groups and or distribution list.",
    ),
    (
        "The group turns out to be mastered on premises",
        "DELETE",
        "/groups/*/members/*/$ref",
        400,
        "Request_BadRequest",
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
    ),
    (
        "The account has left the group meanwhile",
        "DELETE",
        "/groups/*/members/*/$ref",
        404,
        "Request_ResourceNotFound",
        "Resource '0' does not exist or one of its queried reference-property objects are not present.",
    ),
    (
        "The same in other words",
        "DELETE",
        "/groups/*/members/*/$ref",
        400,
        "Request_BadRequest",
        "One or more removed object references do not exist for the following modified properties: 'members'.",
    ),
    (
        "Somebody else is writing",
        "DELETE",
        "/groups/*/members/*/$ref",
        409,
        "Directory_ConcurrencyViolation",
        "Try again.",
    ),
    (
        "The licence is not held any more",
        "POST",
        "/users/*/assignLicense",
        400,
        "Request_BadRequest",
        "User does not have a corresponding license.",
    ),
    (
        "The licence comes with a group after all",
        "POST",
        "/users/*/assignLicense",
        400,
        "Request_BadRequest",
        "User license is inherited from a group membership and it cannot be removed directly from the user.",
    ),
    (
        "Another plan depends on the licence",
        "POST",
        "/users/*/assignLicense",
        400,
        "Request_BadRequest",
        "License assignment failed because service plan 57ff2da0-773e-42df-b2af-ffb7a2317929 depends on the service plan(s) efb87545-963c-4e0d-99df-69c6916d9eb0",
    ),
];

const DUTIES: [Refused; 9] = [
    (
        "A new owner has been added meanwhile",
        "POST",
        "/groups/*/owners/$ref",
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'owners'.",
    ),
    (
        "The successor owns too many",
        "POST",
        "/groups/*/owners/$ref",
        403,
        "Directory_QuotaExceeded",
        "Unable to perform operation as '121' would exceed the maximum quota count '100' for forward-link 'owners'.",
    ),
    (
        "The last owner may not go",
        "DELETE",
        "/groups/*/owners/*/$ref",
        400,
        "Request_BadRequest",
        "The group must have at least one owner, hence this owner cannot be removed.",
    ),
    (
        "Applications are not ours to hand on",
        "POST",
        "/applications/*/owners/$ref",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    (
        "A method is not ours to remove, and so the default one cannot go either",
        "DELETE",
        "/users/*/authentication/phoneMethods/*",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    (
        "The eligibility is gone",
        "POST",
        "/roleManagement/directory/roleEligibilityScheduleRequests",
        400,
        "RoleAssignmentDoesNotExist",
        "The Role assignment does not exist.",
    ),
    (
        "A device is not ours to disable",
        "PATCH",
        "/devices/*",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
    (
        "The app role is gone",
        "DELETE",
        "/users/*/appRoleAssignments/*",
        404,
        "Request_ResourceNotFound",
        "Resource '0' does not exist or one of its queried reference-property objects are not present.",
    ),
    (
        "An inbox rule is gone",
        "PATCH",
        "/users/*/mailFolders/*",
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store.",
    ),
];

/// What is in a write to the account, and the refusal.
const CUT_OFF: [(&str, &str, u16, &str, &str); 3] = [
    (
        "The account is mastered on premises after all",
        "accountEnabled",
        400,
        "Request_BadRequest",
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
    ),
    (
        "The password does not please",
        "passwordProfile",
        400,
        "Request_BadRequest",
        "The specified password does not comply with password complexity requirements. Please provide a different password.",
    ),
    (
        "The leave date is not ours to write",
        "employeeLeaveDateTime",
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    ),
];

pub(crate) async fn refused_groups_and_licences(story: &mut Story) {
    story.title("Groups and licences: each refusal is read, and what helps is told");
    for (title, method, path, status, code, message) in DIRECTORY {
        story.scene(title);
        story.edit(shared_already);
        story.trouble(method, path, None, refusal(status, code, message));
        story.apply(&as_it_is()).await;
    }
}

pub(crate) async fn refused_while_cutting_off(story: &mut Story) {
    story.title("Refused while somebody is cut off: the others are done all the same");
    for (title, what, status, code, message) in CUT_OFF {
        story.scene(title);
        story.tenant().fault(Fault {
            method: Some("PATCH".into()),
            path: Some("/users/".into()),
            body: Some(what.into()),
            then: refusal(status, code, message),
            ..Fault::default()
        });
        story.apply(&as_it_is()).await;
    }
    story.scene("Sessions are not ours to revoke");
    let no =
        refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    story.trouble("POST", "/users/*/revokeSignInSessions", None, no);
    story.apply(&as_it_is()).await;
}

pub(crate) async fn refused_access_and_duties(story: &mut Story) {
    story.title("Methods, roles, applications, duties: each refusal is read, and what helps is told");
    for (title, method, path, status, code, message) in DUTIES {
        story.scene(title);
        story.edit(with_one_of_each);
        story.trouble(method, path, None, refusal(status, code, message));
        story.apply(&briefly("ChristieC", json!({}))).await;
    }
}

/// She leaves, and her mailbox is as it should be.
fn as_it_is() -> Value {
    christie(json!({"mailbox": {"fullAccess": false, "hide": false, "shared": false}, "oneDrive": false}))
}

/// What happens, the cmdlet, the exception.
const EXCHANGE: [(&str, &str, &str); 10] = [
    (
        "The list does not know the leaver any more",
        "Remove-DistributionGroupMember",
        "MemberNotFoundException",
    ),
    ("The list is gone", "Remove-DistributionGroupMember", "ManagementObjectNotFoundException"),
    ("The list is not ours to change", "Remove-DistributionGroupMember", "CmdletAccessDeniedException"),
    ("The mailbox is gone", "Set-Mailbox", "ManagementObjectNotFoundException"),
    ("Parameters that do not go together", "Set-Mailbox", "AmbiguousParameterSetException"),
    ("A role without this parameter", "Set-Mailbox", "ParameterBindingException"),
    ("A value that Exchange does not understand", "Set-Mailbox", "ParameterTransformationException"),
    (
        "The organisation has never been customised",
        "Set-Mailbox",
        "InvalidOperationInDehydratedContextException",
    ),
    ("The backend is away", "Set-Mailbox", "BackendCommunicationException"),
    ("A passing trouble", "Set-Mailbox", "TransientException"),
];

/// What happens, the exception, what it says, and how often.
const EXCHANGE_SAYS: [(&str, &str, &str, Option<u32>); 4] = [
    (
        "The directory behind Exchange has not caught up: it is asked again",
        "UnableToWriteToAadException",
        "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. Detailed error message: Concurrency violation has occurred for the object. DualWrite (Graph) RequestId: 8a3f2a52-04a1-4c80-9f31-6e0a0c5d2c11",
        Some(1),
    ),
    (
        "The directory behind Exchange does not take it, since it is mastered on premises",
        "UnableToWriteToAadException",
        "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. Detailed error message: Unable to update the specified properties for on-premises mastered Directory Sync objects. DualWrite (Graph) RequestId: 8a3f2a52-04a1-4c80-9f31-6e0a0c5d2c11",
        None,
    ),
    (
        "There is no proxy to take the cmdlet: it is asked again",
        "CmdletProxyNotAvailableFailure",
        "The cmdlet proxy is not available at this time.",
        Some(1),
    ),
    (
        "The mailbox's name means several",
        "ManagementObjectAmbiguousException",
        "The operation couldn't be performed because 'ChristieC' matches multiple entries.",
        None,
    ),
];

/// Lets one person, or nobody, into a mailbox.
fn lets_in(state: &mut Value, whose: &str, whom: Option<&str>) {
    let access = whom.map(|whom| {
        let id = telling::object(state, "users", &format!("{whom}@contoso.com"))["id"].clone();
        json!({"user": id, "rights": ["FullAccess"], "autoMapping": true})
    });
    mailbox_of(state, whose)["fullAccess"] = access.into_iter().collect();
}

fn says(exception: &str, message: &str) -> Trouble {
    Trouble { message: Some(message.to_owned()), ..exchange(exception) }
}

pub(crate) async fn refused_by_exchange(story: &mut Story) {
    story.title("What Exchange Online refuses: by the type of its exception");
    for (title, cmdlet, exception) in EXCHANGE {
        story.scene(title);
        let times = exception.starts_with("Transient").then_some(1);
        story.trouble_with(cmdlet, times, exchange(exception));
        let user = if cmdlet == "Set-Mailbox" { "ChristieC" } else { "LynneR" };
        story.apply(&briefly(user, json!({"mailbox": {"fullAccess": false}}))).await;
    }
    for (title, exception, message, times) in EXCHANGE_SAYS {
        story.scene(title);
        story.trouble_with("Set-Mailbox", times, says(exception, message));
        story.apply(&briefly("ChristieC", json!({"mailbox": {"fullAccess": false, "shared": false}}))).await;
    }
    story.scene("Rights that somebody else gives and takes meanwhile: Exchange Online only warns");
    story.edit(|state| lets_in(state, "info", Some("ChristieC")));
    let want = briefly("ChristieC", json!({"mailbox": {"hide": false, "shared": false}}));
    let approved = format!("\"{}\"", story.preview(&want).await.digest());
    story.meanwhile(|state| {
        lets_in(state, "info", None);
        lets_in(state, "ChristieC", Some("AdeleV"));
    });
    story.ask("POST", "/api/offboard-user", &[("if-match", &approved)], Some(&want)).await;
    story.scene("Exchange Online Plan 1 knows no hold: the mailbox stays as it is");
    story.apply(&leaver("EmilyB", json!({"successor": "AdeleV@contoso.com", "mailbox": {"hold": {}}}))).await;
    story.scene("A hold takes more than Exchange Recipient Administrator: the mailbox stays as it is");
    story.trouble_with("LitigationHoldEnabled", None, exchange("ParameterBindingException"));
    let begun = story.apply(&christie(json!({"mailbox": {"hold": {}}}))).await;
    later(story, &begun, 2 * MINUTE).await;
}
