//! Cut off first: done even if everything later is refused.

use serde_json::json;
use telling::{Story, object, refusal};
use tenant::{Drop, Trouble};

use super::{MINUTE, briefly, christie, later};

pub(crate) async fn cut_off_whatever_comes_later(story: &mut Story) {
    story.title("Cut off first, whatever becomes of the rest");
    story.scene("What is left cannot even be looked at");
    story.trouble(
        "GET",
        "/users/*/authentication/methods",
        None,
        refusal(503, "ServiceUnavailable", "Try again later."),
    );
    let begun = story.apply(&briefly("ChristieC", json!({}))).await;
    story
        .says("The service is well again, and the request is asked once more: only what is missing is done.");
    story.tenant().clear_faults();
    story.apply(&briefly("ChristieC", json!({}))).await;
    story.says("The first run can be taken back.");
    story.act(&begun, "undo?whatIf=true").await;
    story.scene_with(
        "A permission is missing for what is looked at later",
        "UserAuthenticationMethod.ReadWrite.All",
        None,
    );
    story.apply(&christie(json!({}))).await;
    story.scene_with("The permission for Exchange Online is missing", "Exchange.ManageAsApp", None);
    story.apply(&christie(json!({}))).await;
    story.scene("Everything that is written later is refused");
    let no =
        || refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    story.trouble("DELETE", "/groups/", None, no());
    story.trouble("POST", "/users/*/assignLicense", None, no());
    story.trouble_with("Set-Mailbox", None, exchange("CmdletAccessDeniedException"));
    story.trouble_with("Add-MailboxPermission", None, exchange("CmdletAccessDeniedException"));
    let begun = story.apply(&christie(json!({}))).await;
    story.says("And it stays so.");
    later(story, &begun, 2 * MINUTE).await;
    story.scene("The answer to the first round trip is lost: reading tells");
    let lost = Trouble { drop: Some(Drop::After), ..Trouble::default() };
    story.trouble("PATCH", "/users/*", Some(1), lost);
    story.apply(&christie(json!({}))).await;
    story.scene("The password is refused, the rest is not");
    story.tenant().fault(tenant::Fault {
        method: Some("PATCH".into()),
        path: Some("/users/".into()),
        body: Some("passwordProfile".into()),
        then: no(),
        ..tenant::Fault::default()
    });
    story.apply(&christie(json!({}))).await;
    story.scene("The block itself is refused");
    story.tenant().fault(tenant::Fault {
        method: Some("PATCH".into()),
        path: Some("/users/".into()),
        body: Some("accountEnabled".into()),
        then: no(),
        ..tenant::Fault::default()
    });
    story.apply(&christie(json!({}))).await;
}

pub(crate) async fn blocked_by_hand(story: &mut Story) {
    story.title("Somebody has blocked the account by hand already");
    story.scene("And nothing else: password, sessions and all the rest are still to do");
    story.edit(|state| object(state, "users", "ChristieC@contoso.com")["accountEnabled"] = json!(false));
    story.apply(&briefly("ChristieC", json!({}))).await;
    story.scene("She left on Friday, says the directory; on Sunday she chose a new password, and signed in");
    story.edit(|state| {
        let christie = object(state, "users", "ChristieC@contoso.com");
        christie["employeeLeaveDateTime"] = json!("2026-02-27T16:00:00Z");
        christie["lastPasswordChangeDateTime"] = json!("2026-03-01T09:00:00Z");
        christie["signInSessionsValidFromDateTime"] = json!("2026-03-01T09:00:00Z");
        christie["accountEnabled"] = json!(false);
    });
    story.apply(&briefly("ChristieC", json!({}))).await;
    story.scene("The same on the very day");
    story.edit(|state| {
        let christie = object(state, "users", "ChristieC@contoso.com");
        christie["lastPasswordChangeDateTime"] = json!("2026-03-02T06:00:00Z");
        christie["signInSessionsValidFromDateTime"] = json!("2026-03-02T06:00:00Z");
        christie["accountEnabled"] = json!(false);
    });
    story.apply(&briefly("ChristieC", json!({}))).await;
    story.says("Asked again: nothing.");
    story.apply(&briefly("ChristieC", json!({}))).await;
    story.scene(
        "On Sunday an administrator gave her a password that she never used, blocked her, and signed her out",
    );
    story.edit(|state| {
        let christie = object(state, "users", "ChristieC@contoso.com");
        christie["employeeLeaveDateTime"] = json!("2026-02-27T16:00:00Z");
        christie["lastPasswordChangeDateTime"] = json!("2026-03-01T09:00:00Z");
        christie["signInSessionsValidFromDateTime"] = json!("2026-03-01T09:00:00Z");
        christie["passwordProfile"] = json!({"password": null, "forceChangePasswordNextSignIn": true});
        christie["accountEnabled"] = json!(false);
    });
    story.apply(&briefly("ChristieC", json!({}))).await;
}

pub(super) fn exchange(exception: &str) -> Trouble {
    Trouble { exchange: Some(exception.to_owned()), ..Trouble::default() }
}
