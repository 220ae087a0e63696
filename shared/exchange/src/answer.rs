//! What an answer of Exchange Online says.
//!
//! An error's status says little: a cmdlet that fails is 400 whatever the reason, or 403, 404, 500. What says something is
//! the exception, which comes before the text (`Ex6F9304|Microsoft.Exchange…Exception|The operation couldn't be …`), and
//! the text. Success may come with warnings, some of which say that nothing was to be done.
//!
//! None of this is documented: it was seen in the field.

use graph::{Error, Refusal, Response};
use serde_json::Value;

/// Warnings that say that it was so already, in lower case: each by fragments that stand in it in this order.
const NOTHING_CHANGED: &[&[&str]] = &[
    &["no settings of", "have been modified"],
    &["access control entry is already present"],
    &["access control entry", "because the ace", "present"],
    &["access control entry", "because the ace", "exist"],
];

/// The error in an answer that is not a success.
pub(crate) fn refused(response: &Response) -> Error {
    let told = Told::of(&response.body);
    let refusal = match response.status {
        401 => Some(Refusal::NoExchangePermission),
        403 if !told.is_thrown => told.refusal().or(Some(Refusal::NoExchangeRole)),
        _ => told.refusal(),
    };
    let said = Some(told.message.as_str()).filter(|message| !message.is_empty());
    let message = said.or_else(|| diagnosis(response)).unwrap_or("the service gave no reason").to_owned();
    Error::refused_as(response, told.code, message, refusal)
}

/// What is said of a token that was not accepted: `2000003;reason="The audience claim value is invalid.";…`.
fn diagnosis(response: &Response) -> Option<&str> {
    let (_, rest) = response.header("x-ms-diagnostics")?.split_once("reason=\"")?;
    Some(rest.split_once('"')?.0)
}

/// Whether an answer that is not a success leaves open what was done. An exception that the cmdlet itself threw does not,
/// whatever the status, unless it says that the parts of Exchange Online lost touch with one another.
pub(crate) fn leaves_open(response: &Response) -> bool {
    let told = Told::of(&response.body);
    match told.refusal() {
        Some(refusal) => refusal == Refusal::ExchangeLost,
        None => matches!(response.status, 500 | 502 | 504) && !told.is_thrown,
    }
}

/// The warnings that came with an answer.
pub fn warnings(response: &Response) -> Vec<&str> {
    let warnings = response.body["@adminapi.warnings"].as_array();
    warnings.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether the cmdlet succeeded since it was so already, and changed nothing.
pub fn changed_nothing(response: &Response) -> bool {
    warnings(response).into_iter().any(|warning| {
        let warning = warning.to_ascii_lowercase();
        NOTHING_CHANGED.iter().any(|fragments| stand_in(&warning, fragments))
    })
}

fn stand_in(text: &str, fragments: &[&str]) -> bool {
    let rest = |text, fragment: &&str| Some(str::split_once(text, *fragment)?.1);
    fragments.iter().try_fold(text, rest).is_some()
}

/// What an error tells.
struct Told {
    /// The exception, or the error's code if none was thrown.
    code: String,
    message: String,
    /// Every name that it goes by.
    names: String,
    /// Whether a cmdlet threw it.
    is_thrown: bool,
}

impl Told {
    fn of(body: &Value) -> Self {
        let error = &body["error"];
        let inner = &error["innererror"]["internalexception"];
        let texts = [&inner["message"], &error["details"][0]["message"], &error["message"]];
        let text = texts.into_iter().filter_map(Value::as_str).find(|text| !text.trim().is_empty());
        let (named, message) = parted(text.unwrap_or_default());
        let (typed, code) = (inner["type"].as_str(), error["code"].as_str());
        let thrown = named.or(typed);
        let names = [named, typed, code].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let message = if error.is_null() { plain(body) } else { message.trim().to_owned() };
        let code = thrown.map(short).or(code).unwrap_or_default().to_owned();
        Self { code, message, names, is_thrown: thrown.is_some() }
    }

    fn refusal(&self) -> Option<Refusal> {
        Refusal::of_exchange(&self.names, &self.message)
    }
}

/// A text without its prefix, and the exception that this names.
fn parted(text: &str) -> (Option<&str>, &str) {
    let parts = || {
        let (id, rest) = text.split_once('|')?;
        let (name, message) = rest.split_once('|')?;
        let is_id = id.is_empty() || id.starts_with("Ex");
        (is_id && !name.is_empty() && !name.contains(' ')).then_some((name, message))
    };
    parts().map_or((None, text), |(name, message)| (Some(name), message))
}

/// The name of an exception without its namespace.
fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The first line of a body that is no JSON, which may be NUL bytes.
fn plain(body: &Value) -> String {
    let text = body.as_str().unwrap_or_default();
    let lines = text.lines().map(|line| line.replace(|c: char| c.is_control(), "").trim().to_owned());
    lines.into_iter().find(|line| !line.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Response {
        Response { status, headers: HeaderMap::new(), body }
    }

    fn thrown(text: &str) -> Value {
        json!({"error": {"code": "BadRequest", "message": "Error executing cmdlet", "details": [{"message": text}]}})
    }

    #[test]
    fn the_innermost_text_is_read_and_its_prefix_becomes_the_code() {
        let inner =
            |message: &str, kind: &str| json!({"internalexception": {"message": message, "type": kind}});
        let error = |inner: Value, detail: &str| {
            json!({"error": {"code": "NotFound", "message": "Error executing cmdlet",
                             "details": [{"code": "Context", "message": detail}], "innererror": inner}})
        };
        let table = [
            (
                error(inner("Ex6F9304|A.B.CException|Inner.", "Exchange.DException"), "Detail."),
                "CException",
                "Inner.",
            ),
            (error(inner("Inner.", "Exchange.DException"), "Detail."), "DException", "Inner."),
            (error(inner("", "Exchange.DException"), "Detail."), "DException", "Detail."),
            (error(json!({}), "|A.B.CException|Detail."), "CException", "Detail."),
            (error(json!({}), "Either|or this|Detail."), "NotFound", "Either|or this|Detail."),
            (json!({"error": {"code": "NotFound", "message": "Message."}}), "NotFound", "Message."),
            (json!("\n <h1>Bad Gateway</h1>\n"), "", "<h1>Bad Gateway</h1>"),
            (json!("\0\0\0"), "", "the service gave no reason"),
            (Value::Null, "", "the service gave no reason"),
        ];
        for (body, code, message) in table {
            let error = refused(&answer(400, body));
            assert_eq!((error.code(), error.message()), (code, message));
        }
    }

    #[test]
    fn refusals_are_told_by_their_exception_whatever_the_status() {
        let table = [
            (
                "Ex1|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation couldn't be performed because object 'x' couldn't be found on 'y'.",
                Some(Refusal::NotFound),
            ),
            (
                "Ex1|Microsoft.Exchange.Management.RecipientTasks.MemberAlreadyExistsException|The recipient is already a member.",
                Some(Refusal::AlreadyMember),
            ),
            (
                "Ex1|Microsoft.Exchange.Management.RecipientTasks.MemberNotFoundException|The recipient isn't a member.",
                Some(Refusal::NotMember),
            ),
            (
                "Ex1|A.OperationRequiresGroupManagerException|You don't have sufficient permissions.",
                Some(Refusal::NotGroupManager),
            ),
            ("Ex1|A.NotAcceptedDomainException|You can't use the domain.", Some(Refusal::UnverifiedDomain)),
            (
                "Ex1|Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException|The name is taken.",
                Some(Refusal::NameTaken),
            ),
            (
                "Ex1|Microsoft.Exchange.Configuration.Tasks.ProxyAddressExistsException|The proxy address is taken.",
                Some(Refusal::AddressTaken),
            ),
            (
                "Ex1|System.Management.Automation.ParameterBindingException|A parameter cannot be found that matches parameter name 'Typ'.",
                Some(Refusal::UnknownParameter),
            ),
            (
                "Ex1|System.Management.Automation.ParameterTransformationException|Cannot convert.",
                Some(Refusal::BadValue),
            ),
            ("Ex1|A.AmbiguousParameterSetException|Which one?", Some(Refusal::ParametersClash)),
            ("Ex1|A.CmdletAccessDeniedException|No.", Some(Refusal::CmdletDenied)),
            (
                "Ex1|A.InvalidOperationInDehydratedContextException|Run Enable-OrganizationCustomization.",
                Some(Refusal::Dehydrated),
            ),
            (
                "Ex1|A.ManagementObjectAmbiguousException|The operation couldn't be performed because 'x' matches multiple entries.",
                Some(Refusal::Ambiguous),
            ),
            ("Ex1|A.ServerBusyException|Busy.", Some(Refusal::ExchangeBusy)),
            ("CmdletProxyNotAvailableFailure", Some(Refusal::ExchangeBusy)),
            ("Ex1|A.ADTransientException|A moment.", Some(Refusal::ExchangeLost)),
            ("Ex1|A.BackendCommunicationException|Lost.", Some(Refusal::ExchangeLost)),
            (
                "Expired or Invalid pagination request. Default Expiry time is 00:30:00",
                Some(Refusal::PageExpired),
            ),
            ("Ex1|A.SomethingNewException|Nobody has seen this before.", None),
        ];
        for (text, refusal) in table {
            for status in [400, 403, 404, 500] {
                let error = refused(&answer(status, thrown(text)));
                assert_eq!(error.refusal(), refusal, "{text}");
                assert_eq!(error.is_not_found(), refusal == Some(Refusal::NotFound), "{status} {text}");
                assert_eq!(error.help().is_some(), refusal.is_some(), "{text}");
            }
        }
    }

    #[test]
    fn a_missing_half_of_the_rights_is_told_apart() {
        let table = [
            (401, Value::Null, "Exchange.ManageAsApp"),
            (401, json!({"error": {"code": "Unauthorized", "message": "No."}}), "Exchange.ManageAsApp"),
            (403, Value::Null, "directory role"),
            (403, json!("\0\0"), "directory role"),
            (403, json!({"error": {"code": "Forbidden", "message": "No."}}), "directory role"),
        ];
        for (status, body, help) in table {
            let error = refused(&answer(status, body));
            assert!(error.is_denied() && error.help().is_some_and(|text| text.contains(help)), "{status}");
        }
    }

    #[test]
    fn why_a_token_was_not_accepted_is_told() {
        let table = [
            (
                "2000003;reason=\"The audience claim value is invalid.\";error_category=\"x\"",
                "The audience claim value is invalid.",
            ),
            ("2000003", "the service gave no reason"),
        ];
        for (text, message) in table {
            let mut response = answer(401, Value::Null);
            response.headers.insert("x-ms-diagnostics", http::HeaderValue::from_static(text));
            assert_eq!(refused(&response).message(), message);
        }
    }

    #[test]
    fn only_what_no_cmdlet_threw_leaves_open_what_was_done() {
        let table = [
            (500, Value::Null, true),
            (502, json!("<h1>Bad Gateway</h1>"), true),
            (504, json!({"error": {"code": "GatewayTimeout", "message": "Too late."}}), true),
            (500, thrown("Ex1|A.SomethingNewException|No."), false),
            (500, thrown("Ex1|A.ServerBusyException|Busy."), false),
            (400, thrown("Ex1|A.BackendCommunicationException|Lost."), true),
            (400, thrown("Ex1|A.ADTransientException|A moment."), true),
            (400, thrown("No."), false),
            (503, Value::Null, false),
        ];
        for (status, body, is_open) in table {
            assert_eq!(leaves_open(&answer(status, body.clone())), is_open, "{status} {body}");
        }
    }

    #[test]
    fn a_warning_may_say_that_nothing_was_to_be_done() {
        let table = [
            ("The command completed successfully but no settings of 'Adele Vance' have been modified.", true),
            ("The appropriate access control entry is already present on the object for account 'x'.", true),
            (
                "Can't remove the access control entry on the object for account 'x' because the ACE doesn't exist on the object.",
                true,
            ),
            (
                "Can't remove the access control entry on the object for account 'x' because the ACE isn't present.",
                true,
            ),
            ("The archive is nearly full.", false),
        ];
        for (warning, is_nothing) in table {
            let response = answer(200, json!({"@adminapi.warnings": [warning], "value": []}));
            assert_eq!((warnings(&response), changed_nothing(&response)), (vec![warning], is_nothing));
        }
        assert!(!changed_nothing(&answer(200, json!({"value": []}))));
    }
}
