//! Inbox rules: mail that goes elsewhere by itself.
//!
//! A rule that sends mail away goes on doing so when its owner has left, and nobody sees it. It is switched off and not
//! deleted, so that it can be looked at and comes back as it was. What Exchange itself does for a mailbox (its forwarding
//! address, transport rules) is not here.

use graph::{Path, Refusal, Request};
use plan::{Change, Proof};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::touching;

/// A rule of the inbox, as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its name for people; not unique.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether it is on.
    #[serde(default)]
    pub is_enabled: Option<bool>,
    /// Whether it cannot be changed through Microsoft Graph.
    #[serde(default)]
    pub is_read_only: Option<bool>,
    /// What it does.
    #[serde(default)]
    pub actions: Option<Actions>,
}

/// What a rule does, as far as mail leaves the mailbox by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Actions {
    /// Forwards to these.
    pub forward_to: Option<Vec<Recipient>>,
    /// Forwards to these, as an attachment.
    pub forward_as_attachment_to: Option<Vec<Recipient>>,
    /// Redirects to these.
    pub redirect_to: Option<Vec<Recipient>>,
}

/// Somebody who gets mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Recipient {
    /// Name and address.
    pub email_address: Address,
}

/// A name and an address; personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Address {
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub address: Option<String>,
}

impl Rule {
    /// Its name for people.
    pub fn name(&self) -> &str {
        self.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or("without a name")
    }

    /// Whether mail leaves the mailbox by it: it is on, and forwards or redirects.
    pub fn sends_away(&self) -> bool {
        self.is_enabled != Some(false) && self.recipients().next().is_some()
    }

    /// Who gets the mail that leaves by it.
    pub fn recipients(&self) -> impl Iterator<Item = &Address> {
        let lists = self.actions.iter().flat_map(|actions| {
            [&actions.forward_to, &actions.forward_as_attachment_to, &actions.redirect_to]
        });
        lists.flatten().flatten().map(|recipient| &recipient.email_address)
    }

    /// Whether it cannot be changed through Microsoft Graph.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only == Some(true)
    }
}

/// All rules of the inbox, page by page; those that matter are told by [`Rule::sends_away`]. [`Refusal::NoMailbox`] where
/// there is no mailbox, or not yet.
pub fn of(account: Path) -> Request {
    Request::get(rules(account))
}

/// Switches a rule off. A 404 means that its owner was quicker: the rule was listed, and a mailbox does not lag.
pub fn switch_off(who: &Who, rule: &Rule) -> Change {
    let says = format!("switch off the inbox rule {} of {}", rule.name(), who.name());
    let send = turn(who, rule, false).already(&[Refusal::NotFound]);
    change(who, rule, says, send, false).undone_by(switch_on(who, rule))
}

/// The account and its mailbox may be on their way back, since they were restored or given a licence back.
fn switch_on(who: &Who, rule: &Rule) -> Change {
    let says = format!("switch the inbox rule {} of {} on again", rule.name(), who.name());
    let send = turn(who, rule, true).not_yet(&[Refusal::NoMailbox, Refusal::NotFound]);
    change(who, rule, says, send, true)
}

fn turn(who: &Who, rule: &Rule, on: bool) -> Request {
    Request::patch(rules(who.path()).key(&rule.id)).body(json!({"isEnabled": on}))
}

fn change(who: &Who, rule: &Rule, says: String, send: Request, on: bool) -> Change {
    let read = Request::get(rules(who.path()).key(&rule.id));
    touching(who, Change::new(says, send, Proof::is(read, "/isEnabled", on)))
}

fn rules(account: Path) -> Path {
    account.then("mailFolders").then("inbox").then("messageRules")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{adele, body, is_undone_by, line, reading, when_not_found};

    fn rule(more: serde_json::Value) -> Rule {
        let mut rule = json!({"id": "AQAAAJ5dZqA=", "displayName": "To my new job", "isEnabled": true});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(rule).unwrap()
    }

    #[test]
    fn a_rule_that_forwards_or_redirects_sends_mail_away() {
        let to = json!([{"emailAddress": {"name": "Adele", "address": "adele@fabrikam.com"}}]);
        let table = [
            (json!({"actions": {"forwardTo": to}}), true),
            (json!({"actions": {"forwardAsAttachmentTo": to}}), true),
            (json!({"actions": {"redirectTo": to, "stopProcessingRules": true}}), true),
            (json!({"actions": {"redirectTo": to}, "isEnabled": false}), false),
            (json!({"actions": {"forwardTo": [], "redirectTo": null}}), false),
            (json!({"actions": {"moveToFolder": "archive"}}), false),
            (json!({"actions": null}), false),
        ];
        for (more, away) in table {
            assert_eq!(rule(more.clone()).sends_away(), away, "{more}");
        }
        let rule = rule(json!({"actions": {"redirectTo": to}}));
        let addresses: Vec<_> = rule.recipients().filter_map(|to| to.address.as_deref()).collect();
        assert_eq!(addresses, ["adele@fabrikam.com"]);
    }

    #[test]
    fn a_rule_is_switched_off_and_on_again() {
        let change = switch_off(&adele(), &rule(json!({})));
        assert_eq!(change.says, "switch off the inbox rule To my new job of Adele Vance");
        let path = "/users/87d349ed-44d7-43e1-9a83-5f2406dee5bd/mailFolders/inbox/messageRules/AQAAAJ5dZqA=";
        assert_eq!(line(&change), format!("PATCH {path}"));
        assert_eq!(body(&change), json!({"isEnabled": false}));
        assert!(is_undone_by(&change, "switch the inbox rule To my new job of Adele Vance on again"));
        assert_eq!(body(change.undo.as_ref().unwrap()), json!({"isEnabled": true}));
    }

    #[test]
    fn a_rule_that_is_gone_sends_nothing_and_one_that_comes_back_takes_a_while() {
        let change = switch_off(&adele(), &rule(json!({})));
        let undo = change.undo.as_ref().unwrap();
        assert_eq!((when_not_found(&change), when_not_found(undo)), ("already", "not yet"));
        let away = |change| reading(change, 404, "MailboxNotEnabledForRESTAPI", "");
        assert_eq!((away(&change), away(undo)), ("refused", "not yet"));
    }
}
