//! A cmdlet with its parameters, as a value.
//!
//! ```
//! use exchange::Cmdlet;
//! let alias = Cmdlet::new("Set-Mailbox")
//!     .identity("AdeleV@contoso.com")
//!     .add("EmailAddresses", ["smtp:adele@contoso.com"]);
//! let kept = serde_json::to_value(&alias)?;
//! assert_eq!(kept["cmdlet"], "Set-Mailbox");
//! assert_eq!(kept["parameters"]["EmailAddresses"]["Add"][0], "smtp:adele@contoso.com");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Names of cmdlets and parameters are Microsoft's ("Exchange PowerShell"); which of them exist is not checked here. The
//! object id of an account that the same plan creates is left open until it is sent, as in a [`graph::Request`]. A cmdlet
//! never knows who sends it.

use std::fmt;

use graph::{ACCOUNT, Error, MADE, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a cmdlet acts on. An empty value would be taken for none, and the cmdlet act on everything or answer with it (as
/// the caution in "Get-MailboxStatistics" says).
const SELECTORS: &[&str] = &["Identity", "Mailbox", "Member", "Trustee", "User"];

/// What cannot be sent as it is, in our own words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfit(pub(crate) String);

/// One cmdlet of Exchange Online with its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cmdlet {
    cmdlet: String,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    select: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    already: Vec<Refusal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_yet: Vec<Refusal>,
    /// Where the next page is, if this asks for one.
    #[serde(skip)]
    page: Option<String>,
}

impl Cmdlet {
    /// A cmdlet without parameters, by its name: `Set-Mailbox`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            cmdlet: name.into(),
            parameters: Map::new(),
            select: Vec::new(),
            already: Vec::new(),
            not_yet: Vec::new(),
            page: None,
        }
    }

    /// Sets a parameter. `Null` clears what is there; a list replaces it.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Sets `Identity`: an object id (prefer it, it names one object and never changes), a user principal name, an
    /// address. An empty one is not refused here, but is never sent.
    #[must_use]
    pub fn identity(self, identity: impl fmt::Display) -> Self {
        self.parameter("Identity", identity.to_string())
    }

    /// Adds to a parameter with many values, and leaves what is there.
    #[must_use]
    pub fn add(self, name: &str, values: impl IntoIterator<Item: fmt::Display>) -> Self {
        self.amend(name, "Add", values)
    }

    /// Takes from a parameter with many values, and leaves the rest.
    #[must_use]
    pub fn remove(self, name: &str, values: impl IntoIterator<Item: fmt::Display>) -> Self {
        self.amend(name, "Remove", values)
    }

    fn amend(mut self, name: &str, how: &str, values: impl IntoIterator<Item: fmt::Display>) -> Self {
        let slot = &mut self.parameters.entry(name).or_insert(Value::Null);
        if !slot.is_object() {
            **slot = json!({"@odata.type": "#Exchange.GenericHashTable"});
        }
        slot[how] = values.into_iter().map(|value| value.to_string()).collect();
        self
    }

    /// Wants only these properties in the answer.
    #[must_use]
    pub fn select(mut self, properties: &[&str]) -> Self {
        self.select = properties.iter().map(|&property| property.to_owned()).collect();
        self
    }

    /// Says yes beforehand, to cmdlets that would ask: those that remove, clear, or let somebody send as somebody else.
    #[must_use]
    pub fn confirmed(self) -> Self {
        self.parameter("Confirm", false)
    }

    /// The refusals that mean "it is so already".
    #[must_use]
    pub fn already(mut self, refusals: &[Refusal]) -> Self {
        self.already.extend_from_slice(refusals);
        self
    }

    /// The refusals that mean "it has not caught up": wait, and ask again.
    #[must_use]
    pub fn not_yet(mut self, refusals: &[Refusal]) -> Self {
        self.not_yet.extend_from_slice(refusals);
        self
    }

    /// The same cmdlet for the next page.
    pub(crate) fn at(&self, page: String) -> Self {
        Self { page: Some(page), ..self.clone() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.cmdlet
    }

    /// Its parameters, as they are sent.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// The properties that are wanted in the answer; none means all.
    pub fn selected(&self) -> &[String] {
        &self.select
    }

    pub(crate) fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    /// Whether it changes nothing and may therefore be repeated whatever became of it: it gets something, or only shows
    /// what it would do.
    pub fn is_safe(&self) -> bool {
        let gets = self.cmdlet.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case("Get-"));
        gets || self.parameters.get("PreviewOnly") == Some(&Value::Bool(true))
    }

    /// Whether this refusal means "it is so already".
    pub fn is_already(&self, error: &Error) -> bool {
        error.refusal().is_some_and(|refusal| self.already.contains(&refusal))
    }

    /// Whether this refusal means "not yet".
    pub fn is_not_yet(&self, error: &Error) -> bool {
        error.refusal().is_some_and(|refusal| self.not_yet.contains(&refusal))
    }

    /// Whether the object id of a new account is still to be filled in.
    pub fn awaits_account(&self) -> bool {
        self.awaits(ACCOUNT)
    }

    fn awaits(&self, place: &str) -> bool {
        let mut awaits = false;
        self.parameters
            .values()
            .for_each(|value| each_text(value, &mut |text| awaits |= text.starts_with(place)));
        awaits
    }

    /// This cmdlet with an id in the place of [`ACCOUNT`] or [`MADE`], wherever a text begins with it: `{account}` itself,
    /// or `{account}:\Calendar`. What a message says further on is nobody's place.
    #[must_use]
    pub fn with(&self, place: &str, id: &str) -> Self {
        let mut filled = self.clone();
        filled.parameters.values_mut().for_each(|value| fill(value, place, id));
        filled
    }

    /// Whether it may be sent.
    pub(crate) fn check(&self) -> Result<(), Unfit> {
        let is_empty = |name: &&&str| self.parameters.get(**name).is_some_and(is_blank);
        if let Some(name) = SELECTORS.iter().find(is_empty) {
            return Err(Unfit(format!(
                "{} was not sent: an empty {name} would mean everything",
                self.cmdlet
            )));
        }
        if [ACCOUNT, MADE].iter().any(|place| self.awaits(place)) {
            return Err(Unfit(format!("{} was not sent: an id in it is not known yet", self.cmdlet)));
        }
        Ok(())
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.iter().all(is_blank),
        _ => false,
    }
}

fn each_text(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(list) => list.iter().for_each(|item| each_text(item, look)),
        Value::Object(map) => map.values().for_each(|item| each_text(item, look)),
        _ => {}
    }
}

fn fill(value: &mut Value, place: &str, id: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(place) {
                *text = format!("{id}{rest}");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| fill(item, place, id)),
        Value::Object(map) => map.values_mut().for_each(|item| fill(item, place, id)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use graph::ObjectId;

    use super::*;

    fn id() -> ObjectId {
        "87d349ed-44d7-43e1-9a83-5f2406dee5bd".parse().unwrap()
    }

    #[test]
    fn what_changes_nothing_is_safe() {
        let preview = |only: bool| Cmdlet::new("Remove-CalendarEvents").parameter("PreviewOnly", only);
        let table = [
            (Cmdlet::new("Get-Mailbox"), true),
            (Cmdlet::new("get-mailbox"), true),
            (Cmdlet::new("Set-Mailbox"), false),
            (Cmdlet::new("GetIt"), false),
            (preview(true), true),
            (preview(false), false),
        ];
        for (cmdlet, is_safe) in table {
            assert_eq!(cmdlet.is_safe(), is_safe, "{cmdlet:?}");
        }
    }

    #[test]
    fn lists_are_amended_in_one_table() {
        let cmdlet = Cmdlet::new("Set-Mailbox")
            .add("GrantSendOnBehalfTo", [id()])
            .remove("GrantSendOnBehalfTo", ["x"]);
        assert_eq!(
            cmdlet.parameters()["GrantSendOnBehalfTo"],
            json!({"@odata.type": "#Exchange.GenericHashTable", "Add": [id().to_string()], "Remove": ["x"]})
        );
    }

    #[test]
    fn an_id_is_filled_in_where_a_text_begins_with_its_place() {
        let cmdlet = Cmdlet::new("Set-MailboxFolderPermission")
            .identity(format_args!("{ACCOUNT}:\\Calendar"))
            .add("User", [ACCOUNT])
            .parameter("Comment", "mind the {account}");
        assert!(cmdlet.awaits_account());
        let filled = cmdlet.with(ACCOUNT, &id().to_string());
        assert!(!filled.awaits_account());
        assert_eq!(filled.parameters()["Identity"], format!("{}:\\Calendar", id()));
        assert_eq!(filled.parameters()["User"]["Add"], json!([id().to_string()]));
        assert_eq!(filled.parameters()["Comment"], "mind the {account}");
    }

    #[test]
    fn what_would_mean_everything_or_nobody_is_not_fit_to_be_sent() {
        let get = || Cmdlet::new("Get-MailboxStatistics");
        let table = [
            (get().identity(id()), true),
            (get(), true),
            (get().identity(""), false),
            (get().identity(" "), false),
            (get().parameter("Identity", Value::Null), false),
            (Cmdlet::new("Get-MobileDevice").parameter("Mailbox", ""), false),
            (Cmdlet::new("Remove-MailboxPermission").identity(id()).parameter("User", Value::Null), false),
            (Cmdlet::new("Set-Mailbox").identity(id()).parameter("ForwardingAddress", Value::Null), true),
            (get().identity(ACCOUNT), false),
            (get().identity(MADE), false),
        ];
        for (cmdlet, is_fit) in table {
            assert_eq!(cmdlet.check().is_ok(), is_fit, "{cmdlet:?}");
        }
    }

    #[test]
    fn a_cmdlet_survives_the_journal() {
        let cmdlet = Cmdlet::new("Get-Mailbox")
            .identity(id())
            .select(&["RecipientTypeDetails"])
            .already(&[Refusal::AlreadyMember])
            .not_yet(&[Refusal::NotFound]);
        let kept = serde_json::to_value(&cmdlet).unwrap();
        assert_eq!(
            kept,
            json!({"cmdlet": "Get-Mailbox", "parameters": {"Identity": id().to_string()},
                   "select": ["RecipientTypeDetails"], "already": ["alreadyMember"], "notYet": ["notFound"]})
        );
        assert_eq!(serde_json::from_value::<Cmdlet>(kept).unwrap(), cmdlet);
    }
}
