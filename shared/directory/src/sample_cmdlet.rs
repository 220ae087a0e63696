//! What the tests of the verbs on Exchange Online share, as `sample` has it for Microsoft Graph.

use exchange::Cmdlet;
use graph::{Error, Refusal, Response};
use plan::{Change, Test};
use serde_json::{Value, json};

use crate::account::Reference;
use crate::recipient::Recipient;

/// The object id of Adele Vance, who is acted on.
pub(crate) const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

/// The object id of Miriam Graham, who takes over.
pub(crate) const MIRIAM: &str = "08fa38e4-cbfa-4488-94ed-c834da6539df";

/// Where Miriam Graham is in Exchange.
pub(crate) const MIRIAM_DN: &str = "CN=08fa38e4,OU=contoso.onmicrosoft.com,DC=PROD";

/// Miriam Graham, as the directory refers to her.
pub(crate) fn miriam() -> Reference {
    Reference::named(MIRIAM.parse().unwrap(), "Miriam Graham")
}

/// Miriam Graham, as Exchange knows her.
pub(crate) fn miriam_in_exchange() -> Recipient {
    Recipient {
        id: miriam().id,
        display_name: miriam().display_name,
        distinguished_name: MIRIAM_DN.into(),
        primary_smtp_address: None,
        recipient_type_details: "UserMailbox".into(),
    }
}

/// A cmdlet with its parameters.
pub(crate) fn wire(cmdlet: &Cmdlet) -> Value {
    json!({cmdlet.name(): cmdlet.parameters()})
}

/// The cmdlet that does it, with its parameters.
pub(crate) fn cmdlet(change: &Change) -> Value {
    wire(change.send.exchange().unwrap())
}

/// The change that takes it back.
pub(crate) fn undo(change: &Change) -> &Change {
    change.undo.as_deref().unwrap()
}

/// The cmdlet that reads whether it holds, and what it must answer.
pub(crate) fn proof(change: &Change) -> (Value, &Test) {
    (wire(change.proof.read.exchange().unwrap()), &change.proof.test)
}

/// What an exception of Exchange Online means for a change: `already`, `not yet` or `refused`.
pub(crate) fn thrown(change: &Change, exception: &str) -> &'static str {
    let answer = Response { status: 400, headers: Default::default(), body: Value::Null };
    let refusal = Refusal::of_exchange(exception, "");
    let error = Error::refused_as(&answer, exception.to_owned(), String::new(), refusal);
    let cmdlet = change.send.exchange().unwrap();
    match () {
        () if cmdlet.is_already(&error) => "already",
        () if cmdlet.is_not_yet(&error) => "not yet",
        () => "refused",
    }
}

/// What it means for a change that Exchange Online has not found somebody or something.
pub(crate) fn when_not_found(change: &Change) -> &'static str {
    thrown(change, "ManagementObjectNotFoundException")
}
