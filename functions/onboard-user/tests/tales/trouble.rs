//! A service in trouble, and an identity that may not.

use serde_json::json;
use telling::{Story, refusal};
use tenant::{Drop, Trouble};

use super::mallory;

pub(crate) async fn permission_is_missing(story: &mut Story) {
    story.title("The function's identity lacks a permission");
    let want = mallory(
        json!({"groups": ["Finance"], "administrativeUnit": "Retail Stores", "temporaryAccessPass": {}}),
    );
    story.scene_with("To look: nothing is changed", "Organization.Read.All", None);
    story.apply(&want).await;
    let (write, read) = ("AdministrativeUnit.ReadWrite.All", "AdministrativeUnit.Read.All");
    story.scene_with("To change: what it may do is done, and the account stays blocked", write, Some(read));
    story.apply(&want).await;
    let (write, read) = ("UserAuthMethod-TAP.ReadWrite.All", "UserAuthMethod-TAP.Read.All");
    story.scene_with("To issue a pass: the rest holds", write, Some(read));
    story.apply(&want).await;
    story.scene("The token is not accepted");
    story.trouble(
        "GET",
        "/organization",
        None,
        refusal(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    );
    story.apply(&want).await;
}

pub(crate) async fn service_is_in_trouble(story: &mut Story) {
    story.title("The service is busy, away, or does not answer");
    let want = || mallory(json!({"groups": ["Finance"]}));
    let answer = |status, code: &str, after: Option<&str>| Trouble {
        retry_after: after.map(str::to_owned),
        ..refusal(status, code, "Try again later.")
    };
    story.scene("Told to wait, by the second: it is waited for");
    story.trouble("POST", "/users", Some(1), answer(429, "TooManyRequests", Some("7")));
    story.trouble("POST", "/groups/*/members/$ref", Some(1), answer(503, "ServiceUnavailable", None));
    story.apply(&want()).await;
    story.scene("Told to wait for longer than a caller would: not yet, says the answer");
    story.trouble("POST", "/groups/*/members/$ref", None, answer(429, "TooManyRequests", Some("600")));
    story.apply(&want()).await;
    story.scene("Somebody else is writing to the same group: again");
    story.trouble(
        "POST",
        "/groups/*/members/$ref",
        Some(1),
        answer(409, "Directory_ConcurrencyViolation", None),
    );
    story.apply(&want()).await;
    story.scene("A write fails half-way, and reading tells that it was not done: again");
    story.trouble("POST", "/groups/*/members/$ref", Some(1), answer(500, "InternalServerError", None));
    story.apply(&want()).await;
    story.scene("The answer to the creation is lost, and reading finds the account: done");
    story.trouble("POST", "/users", Some(1), Trouble { drop: Some(Drop::After), ..Trouble::default() });
    let done = story.apply(&want()).await;
    story.says("It was us, so it is ours to take back.");
    story.act(&done, "undo").await;
    story.scene("A proxy on the way answers in plain text: reading tells");
    let proxy =
        Trouble { status: Some(502), plain_text: Some("<h1>Bad Gateway</h1>".into()), ..Trouble::default() };
    story.trouble("POST", "/users", Some(1), proxy.clone());
    story.apply(&want()).await;
    story.scene("Nobody can say: the writes fail, and so do the reads. Nothing is claimed");
    story.trouble("POST", "/groups/*/members/$ref", None, answer(504, "GatewayTimeout", None));
    story.trouble("GET", "/users/*/memberOf/*", None, answer(504, "GatewayTimeout", None));
    let unknown = story.apply(&want()).await;
    story.says("Undo leaves to a person what nobody can say, though the service is well again.");
    story.tenant().clear_faults();
    story.act(&unknown, "undo?whatIf=true").await;
    story.scene("It cannot even be looked at");
    story.trouble("GET", "/organization", None, proxy);
    story.apply(&want()).await;
    story.scene("The tenant is so new that the directory cannot read it");
    let unread = "Unable to read the company information from the directory.";
    story.trouble("GET", "/organization", None, refusal(404, "Directory_ObjectNotFound", unread));
    story.apply(&want()).await;
    story.scene("A key means more than one object");
    let several = "More than one object has the same value for the property that was asked for.";
    story.trouble(
        "GET",
        "/groups(*)",
        None,
        refusal(400, "Request_MultipleObjectsWithSameKeyValue", several),
    );
    story.apply(&want()).await;
    story.scene("It has no time at all: the caller is told when to come back");
    story.trouble("GET", "/organization", None, answer(429, "TooManyRequests", Some("600")));
    story.apply(&want()).await;
}
