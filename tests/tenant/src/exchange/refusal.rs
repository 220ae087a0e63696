//! What Exchange Online says when it refuses: an exception of .NET within OData's error, or nothing at all.
//!
//! The status says little, so clients go by the exception's name and by its text; both are as seen in answers of the
//! real service wherever somebody published one. Where nobody did, `README.md` says so.

use serde_json::{Value, json};

use crate::ids::hashed;

/// The machine that could not find something, as messages name it.
pub(super) const SERVER: &str = "AM0PR01A001DC05.EURPR01A001.PROD.OUTLOOK.COM";

/// Why a cmdlet was not carried out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// A status with nothing that could be read; `true` stands for the zero bytes seen in the field.
    Bare(u16, bool),
    /// The cmdlet threw.
    Thrown(Exception),
    /// The request did not come as far as a cmdlet.
    Malformed(u16, String),
    /// Too many calls at once.
    Throttled,
    /// Exchange Online may know it; the offline tenant does not.
    Unknown(String),
}

/// An exception of .NET.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exception {
    pub(super) status: u16,
    /// Its full name.
    pub(super) name: String,
    pub(super) message: String,
}

impl Exception {
    /// `ManagementObjectNotFoundException`
    pub(super) fn short(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(_, short)| short)
    }

    /// `Ex6F9304|Microsoft.Exchange.…|The operation couldn't be performed because …`
    fn line(&self) -> String {
        let number = if self.short() == "ManagementObjectNotFoundException" {
            0x006F_9304
        } else {
            hashed(&self.name, 0xCBF2_9CE4_8422_2325) & 0x00FF_FFFF
        };
        format!("Ex{number:06X}|{}|{}", self.name, self.message)
    }
}

/// Namespaces of the exceptions that are met, with what they say if nobody says otherwise.
const KNOWN: [(&str, &str, &str); 9] = [
    ("Microsoft.Exchange.Data.Directory", "ADObjectAlreadyExistsException", "The object already exists."),
    (
        "Microsoft.Exchange.Data.Storage",
        "ServerBusyException",
        "The server is too busy to process the request. Please try again later.",
    ),
    (
        "Microsoft.Exchange.Configuration",
        "CmdletProxyNotAvailableFailure",
        "The cmdlet proxy is not available at this time.",
    ),
    (
        "Microsoft.Exchange.Data.Common",
        "TransientException",
        "A transient error occurred. Please try again later.",
    ),
    (
        "Microsoft.Exchange.AdminApi",
        "BackendCommunicationException",
        "An error occurred while communicating with the back end server.",
    ),
    (
        "Microsoft.Exchange.Configuration.Authorization",
        "CmdletAccessDeniedException",
        "The user isn't assigned to any management roles.",
    ),
    (
        "Microsoft.Exchange.Configuration.Tasks",
        "ManagementObjectNotFoundException",
        "The operation couldn't be performed because the object couldn't be found.",
    ),
    (
        "Microsoft.Exchange.Data.Directory.SystemConfiguration",
        "InvalidOperationInDehydratedContextException",
        "The command you tried to run isn't currently allowed in your organization. To run this command, you first need to run the command: Enable-OrganizationCustomization.",
    ),
    (
        "Microsoft.Exchange.Management",
        "UnableToWriteToAadException",
        "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. Detailed error message: \tConcurrency violation has occurred for the object. DualWrite (Graph) RequestId: 8a3f2a52-04a1-4c80-9f31-6e0a0c5d2c11\r\nThe issue may be transient and please retry a couple of minutes later. If issue persists, please see exception members for more information.",
    ),
];

/// The exception of this name, as a rule asks for it.
pub(super) fn invented(name: &str, message: Option<&str>, status: Option<u16>) -> Refusal {
    let known = KNOWN.iter().find(|(_, short, _)| *short == name);
    let full = match known {
        Some((space, short, _)) => format!("{space}.{short}"),
        None if name.contains('.') => name.to_owned(),
        None => format!("Microsoft.Exchange.{name}"),
    };
    let text = message.or(known.map(|(_, _, text)| *text)).unwrap_or("The operation failed.");
    Refusal::Thrown(Exception { status: status.unwrap_or(400), name: full, message: text.to_owned() })
}

fn thrown(status: u16, name: &str, message: String) -> Refusal {
    Refusal::Thrown(Exception { status, name: name.to_owned(), message })
}

pub(super) fn not_found(what: &str) -> Refusal {
    let message = format!(
        "The operation couldn't be performed because object '{what}' couldn't be found on '{SERVER}'."
    );
    thrown(404, "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException", message)
}

pub(super) fn ambiguous(what: &str) -> Refusal {
    let message = format!("The operation couldn't be performed because '{what}' matches multiple entries.");
    thrown(400, "Microsoft.Exchange.Configuration.Tasks.ManagementObjectAmbiguousException", message)
}

const BINDING: &str = "System.Management.Automation.ParameterBindingException";

pub(super) fn unknown_parameter(name: &str) -> Refusal {
    thrown(400, BINDING, format!("A parameter cannot be found that matches parameter name '{name}'."))
}

pub(super) fn missing(names: &str) -> Refusal {
    let message =
        format!("Cannot process command because of one or more missing mandatory parameters: {names}.");
    thrown(400, BINDING, message)
}

pub(super) fn empty_argument(name: &str, is_null: bool) -> Refusal {
    let what = if is_null { "it is null" } else { "it is an empty string" };
    let message = format!("Cannot bind argument to parameter '{name}' because {what}.");
    thrown(400, "System.Management.Automation.ParameterBindingValidationException", message)
}

pub(super) fn transformation(name: &str, value: &Value, kind: &str) -> Refusal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let message = format!(
        "Cannot process argument transformation on parameter '{name}'. Cannot convert value \"{text}\" to type \"{kind}\"."
    );
    thrown(400, "System.Management.Automation.ParameterTransformationException", message)
}

/// Nobody is there to answer a question.
pub(super) fn unconfirmed(cmdlet: &str) -> Refusal {
    let message = format!(
        "PowerShell is in NonInteractive mode. Read and Prompt functionality is not available. {cmdlet} asks before it does this: give it 'Confirm' with the value false."
    );
    thrown(400, "System.Management.Automation.PSInvalidOperationException", message)
}

pub(super) fn clash() -> Refusal {
    let message = "Parameter set cannot be resolved using the specified named parameters.".to_owned();
    thrown(400, "Microsoft.Exchange.Management.PSDirectInvoke.AmbiguousParameterSetException", message)
}

pub(super) fn bad_filter(filter: &str, why: &str, position: usize) -> Refusal {
    let message = format!(
        "Cannot bind parameter 'Filter' to the target. Exception setting \"Filter\": \"{why} For a description of the filter parameter syntax see the command help.\r\n\"{filter}\" at position {position}.\""
    );
    thrown(400, BINDING, message)
}

/// A change of something that is mastered on premises.
pub(super) fn synced(cmdlet: &str, attribute: &str, name: &str) -> Refusal {
    let message = format!(
        "The operation on mailbox \"{name}\" failed because it's out of the current user's write scope. The action '{cmdlet}', '{attribute}', can't be performed on the object '{name}' because the object is being synchronized from your on-premises organization. This action should be performed on the object in your on-premises organization."
    );
    thrown(400, "System.InvalidOperationException", message)
}

/// The directory refused its half of a change.
pub(super) fn dual_write(why: &str, request: uuid::Uuid) -> Refusal {
    let message = format!(
        "An Azure Active Directory call was made to keep object in sync between Azure Active Directory and Exchange Online. However, it failed. Detailed error message: \t{why} DualWrite (Graph) RequestId: {request}\r\nThe issue may be transient and please retry a couple of minutes later. If issue persists, please see exception members for more information."
    );
    thrown(400, "Microsoft.Exchange.Management.UnableToWriteToAadException", message)
}

pub(super) const ON_PREMISES: &str = "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.";

pub(super) fn already_member(member: &str, group: &str) -> Refusal {
    let message = format!("The recipient \"{member}\" is already a member of the group \"{group}\".");
    thrown(400, "Microsoft.Exchange.Management.Tasks.MemberAlreadyExistsException", message)
}

pub(super) fn not_member(member: &str, group: &str) -> Refusal {
    let message = format!("The recipient \"{member}\" isn't a member of the group \"{group}\".");
    thrown(400, "Microsoft.Exchange.Management.Tasks.MemberNotFoundException", message)
}

pub(super) fn not_manager() -> Refusal {
    let message = "You don't have sufficient permissions. This operation can only be performed by a manager of the group.";
    thrown(
        400,
        "Microsoft.Exchange.Management.RecipientTasks.OperationRequiresGroupManagerException",
        message.to_owned(),
    )
}

pub(super) fn address_taken(address: &str, owner: &str) -> Refusal {
    let message = format!(
        "The proxy address \"{address}\" is already being used by the proxy addresses or LegacyExchangeDN of \"{owner}\". Please choose another proxy address."
    );
    thrown(400, "Microsoft.Exchange.Data.Directory.ProxyAddressExistsException", message)
}

pub(super) fn foreign_domain(address: &str) -> Refusal {
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    let message = format!(
        "You can't use the domain {domain} because it's not an accepted domain for your organization."
    );
    thrown(400, "Microsoft.Exchange.Data.Directory.SystemConfiguration.NotAcceptedDomainException", message)
}

pub(super) fn invalid_data(message: impl Into<String>) -> Refusal {
    thrown(400, "Microsoft.Exchange.Data.DataValidationException", message.into())
}

/// What a task of Exchange refuses in words of its own.
pub(super) fn task(message: impl Into<String>) -> Refusal {
    thrown(400, "Microsoft.Exchange.Configuration.Tasks.RecipientTaskException", message.into())
}

/// Status, code for the transcript and body.
pub(super) fn told(refusal: &Refusal) -> (u16, Option<String>, Option<Value>) {
    let plain = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    match refusal {
        Refusal::Bare(status, _) => (*status, None, None),
        Refusal::Malformed(status, message) => {
            (*status, Some(code(*status).to_owned()), Some(plain(code(*status), message)))
        }
        Refusal::Throttled => {
            let message = "Too many requests have been made to the server. Please try again later.";
            (429, Some(code(429).to_owned()), Some(plain(code(429), message)))
        }
        Refusal::Unknown(what) => {
            let message = format!("The offline tenant does not know {what}.");
            (501, Some("NotImplemented".to_owned()), Some(plain("NotImplemented", &message)))
        }
        Refusal::Thrown(exception) => {
            (exception.status, Some(exception.short().to_owned()), Some(body(exception)))
        }
    }
}

fn code(status: u16) -> &'static str {
    match status {
        404 => "NotFound",
        403 => "Forbidden",
        405 => "MethodNotAllowed",
        415 => "UnsupportedMediaType",
        429 => "TooManyRequests",
        400..500 => "BadRequest",
        503 => "ServiceUnavailable",
        _ => "InternalServerError",
    }
}

fn body(exception: &Exception) -> Value {
    let code = code(exception.status);
    let (line, said) = (exception.line(), "Error executing cmdlet");
    json!({
        "error": {
            "code": code, "message": said, "details": [{ "code": "Context", "target": "", "message": line }],
            "innererror": {
                "message": said, "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException", "stacktrace": "",
                "internalexception": { "message": line, "type": format!("Exchange.{}", exception.short()), "stacktrace": "" },
            },
        },
        "adminapi.warnings@odata.type": "#Collection(String)", "@adminapi.warnings": [],
    })
}
