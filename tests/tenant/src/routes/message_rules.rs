//! `/users/{id}/mailFolders/inbox/messageRules`: the rules of an inbox, the same that `Get-InboxRule` shows.
//!
//! Source: the resource type messageRule (Microsoft Graph reference). What rules would do to mail is not acted out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Map, Value, json};

use super::mailboxes::{body_refused, edited, seen, unknown_member, wrong_type};
use super::members::whole;
use super::{Context, NO_OPTIONS, Reply, Route, get, write};
use crate::refusal::Refusal;
use crate::roles::*;
use crate::state::Mailbox;
use crate::state::belongings::Rule;

const ALL: &str = "/users/{}/mailFolders/inbox/messageRules";
const ONE: &str = "/users/{}/mailFolders/inbox/messageRules/{}";

pub(super) const ROUTES: &[Route] = &[
    get(ALL, 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, list),
    get(ONE, 1, READ_MAILBOX_SETTINGS, NO_OPTIONS, read),
    write("POST", ALL, WRITE_MAILBOX_SETTINGS, create),
    write("PATCH", ONE, WRITE_MAILBOX_SETTINGS, change),
    write("DELETE", ONE, WRITE_MAILBOX_SETTINGS, delete),
];

/// What a member of a condition or an action holds.
#[derive(Clone, Copy)]
enum Shape {
    Flag,
    Texts,
    Recipients,
    Text,
    /// `{"minimumSize": 1, "maximumSize": 2}`
    Range,
}

const CONDITIONS: [(&str, Shape); 29] = [
    ("bodyContains", Shape::Texts),
    ("bodyOrSubjectContains", Shape::Texts),
    ("categories", Shape::Texts),
    ("fromAddresses", Shape::Recipients),
    ("hasAttachments", Shape::Flag),
    ("headerContains", Shape::Texts),
    ("importance", Shape::Text),
    ("isApprovalRequest", Shape::Flag),
    ("isAutomaticForward", Shape::Flag),
    ("isAutomaticReply", Shape::Flag),
    ("isEncrypted", Shape::Flag),
    ("isMeetingRequest", Shape::Flag),
    ("isMeetingResponse", Shape::Flag),
    ("isNonDeliveryReport", Shape::Flag),
    ("isPermissionControlled", Shape::Flag),
    ("isReadReceipt", Shape::Flag),
    ("isSigned", Shape::Flag),
    ("isVoicemail", Shape::Flag),
    ("messageActionFlag", Shape::Text),
    ("notSentToMe", Shape::Flag),
    ("recipientContains", Shape::Texts),
    ("senderContains", Shape::Texts),
    ("sensitivity", Shape::Text),
    ("sentCcMe", Shape::Flag),
    ("sentOnlyToMe", Shape::Flag),
    ("sentToAddresses", Shape::Recipients),
    ("sentToMe", Shape::Flag),
    ("sentToOrCcMe", Shape::Flag),
    ("subjectContains", Shape::Texts),
];
const SIZE_RANGE: (&str, Shape) = ("withinSizeRange", Shape::Range);
const ACTIONS: [(&str, Shape); 11] = [
    ("assignCategories", Shape::Texts),
    ("copyToFolder", Shape::Text),
    ("delete", Shape::Flag),
    ("forwardAsAttachmentTo", Shape::Recipients),
    ("forwardTo", Shape::Recipients),
    ("markAsRead", Shape::Flag),
    ("markImportance", Shape::Text),
    ("moveToFolder", Shape::Text),
    ("permanentDelete", Shape::Flag),
    ("redirectTo", Shape::Recipients),
    ("stopProcessingRules", Shape::Flag),
];

/// `AQAAAJ5dZqA=`
fn id(rule: &Rule) -> String {
    let bytes = [[1, 0, 0, 0].as_slice(), &rule.number.to_le_bytes()].concat();
    URL_SAFE.encode(bytes)
}

fn shown(rule: &Rule) -> Map<String, Value> {
    let value = json!({
        "id": id(rule), "displayName": rule.name, "sequence": rule.sequence, "isEnabled": rule.enabled,
        "hasError": false, "isReadOnly": rule.read_only, "conditions": rule.conditions, "actions": rule.actions,
    });
    let mut members = value.as_object().cloned().unwrap_or_default();
    if !rule.exceptions.is_empty() {
        members.insert("exceptions".into(), json!(rule.exceptions));
    }
    members
}

fn fragment(mailbox: &Mailbox) -> String {
    format!("users('{}')/mailFolders('inbox')/messageRules", mailbox.id)
}

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mailbox = seen(context)?;
    let mut rules: Vec<&Rule> = mailbox.rules.iter().filter(|rule| !rule.hidden).collect();
    rules.sort_by_key(|rule| (rule.sequence, rule.number));
    let told = rules.into_iter().map(|rule| Value::Object(shown(rule))).collect();
    Ok(whole(context, &fragment(&mailbox), told))
}

/// Where in a mailbox the rule is that an address names.
fn place(context: &Context<'_>, mailbox: &Mailbox) -> Result<usize, Refusal> {
    let wanted = context.param(1).plain()?;
    if URL_SAFE.decode(&wanted).is_err() {
        return Err(Refusal::new(400, "ErrorInvalidIdMalformed", "Id is malformed."));
    }
    let found = mailbox.rules.iter().position(|rule| !rule.hidden && id(rule) == wanted);
    let message = "The specified object was not found in the store.";
    found.ok_or_else(|| Refusal::new(404, "ErrorItemNotFound", message))
}

/// The same of a rule that is to be changed or deleted.
fn writable(context: &Context<'_>, mailbox: &Mailbox) -> Result<usize, Refusal> {
    let at = place(context, mailbox)?;
    let refused = || Refusal::new(400, "ErrorInvalidOperation", "The rule is read-only.");
    if mailbox.rules[at].read_only { Err(refused()) } else { Ok(at) }
}

fn one(context: &Context<'_>, mailbox: &Mailbox, rule: &Rule) -> Value {
    let mut members = shown(rule);
    members.insert("@odata.context".into(), context.context(&format!("{}/$entity", fragment(mailbox))));
    Value::Object(members)
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mailbox = seen(context)?;
    let rule = &mailbox.rules[place(context, &mailbox)?];
    Ok(Reply::ok(one(context, &mailbox, rule)))
}

fn create(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let mut mailbox = edited(context)?;
    let number = context.directory.chance.next();
    let next = mailbox.rules.iter().map(|rule| rule.sequence).max().unwrap_or(0) + 1;
    let empty = Map::new();
    let mut rule = Rule {
        number,
        name: String::new(),
        sequence: next,
        enabled: true,
        hidden: false,
        read_only: false,
        conditions: empty.clone(),
        exceptions: empty.clone(),
        actions: empty,
    };
    apply(&mut rule, &body)?;
    sound(&rule)?;
    let told = one(context, &mailbox, &rule);
    let location = format!("{}/v1.0{}/{}", context.asked.root, context.asked.path, id(&rule));
    mailbox.rules.push(rule);
    context.directory.put_mailbox(mailbox);
    Ok(Reply::created(told, location))
}

fn change(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let body = context.body()?.clone();
    let mut mailbox = edited(context)?;
    let at = writable(context, &mailbox)?;
    apply(&mut mailbox.rules[at], &body)?;
    sound(&mailbox.rules[at])?;
    let told = one(context, &mailbox, &mailbox.rules[at]);
    context.directory.put_mailbox(mailbox);
    Ok(Reply::ok(told))
}

fn delete(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let mut mailbox = edited(context)?;
    let at = writable(context, &mailbox)?;
    mailbox.rules.remove(at);
    context.directory.put_mailbox(mailbox);
    Ok(Reply::no_content())
}

/// A rule has a name, a place in the order and something to do.
fn sound(rule: &Rule) -> Result<(), Refusal> {
    let invalid = |message: &str| Err(Refusal::new(400, "ErrorInvalidArgument", message));
    if rule.name.is_empty() {
        return invalid("The displayName of a rule must not be empty.");
    }
    if rule.sequence < 1 {
        return invalid("The sequence of a rule has to be positive.");
    }
    if rule.actions.is_empty() {
        return invalid("A rule needs at least one action.");
    }
    Ok(())
}

fn apply(rule: &mut Rule, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in body.iter().filter(|(name, _)| !name.starts_with('@')) {
        match name.as_str() {
            "displayName" => {
                rule.name =
                    value.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "Edm.String"))?;
            }
            "sequence" => rule.sequence = value.as_i64().ok_or_else(|| wrong_type(name, "Edm.Int32"))?,
            "isEnabled" => rule.enabled = value.as_bool().ok_or_else(|| wrong_type(name, "Edm.Boolean"))?,
            "conditions" => rule.conditions = parts(name, "messageRulePredicates", value)?,
            "exceptions" => rule.exceptions = parts(name, "messageRulePredicates", value)?,
            "actions" => rule.actions = parts(name, "messageRuleActions", value)?,
            "id" | "hasError" | "isReadOnly" => {
                return Err(body_refused(format!("The property '{name}' is read-only and cannot be set.")));
            }
            unknown => return Err(unknown_member(unknown, "messageRule")),
        }
    }
    Ok(())
}

/// The members of conditions, exceptions or actions; what is null is left out.
fn parts(name: &str, kind: &str, value: &Value) -> Result<Map<String, Value>, Refusal> {
    if value.is_null() {
        return Ok(Map::new());
    }
    let given = value.as_object().ok_or_else(|| wrong_type(name, &format!("microsoft.graph.{kind}")))?;
    let mut kept = Map::new();
    for (member, value) in given.iter().filter(|(member, value)| !member.starts_with('@') && !value.is_null())
    {
        let shape = shape(kind, member).ok_or_else(|| unknown_member(member, kind))?;
        if !fits(shape, value) {
            return Err(wrong_type(member, kind));
        }
        kept.insert(member.clone(), value.clone());
    }
    Ok(kept)
}

fn shape(kind: &str, member: &str) -> Option<Shape> {
    let all: Vec<(&str, Shape)> = if kind == "messageRuleActions" {
        ACTIONS.to_vec()
    } else {
        CONDITIONS.into_iter().chain([SIZE_RANGE]).collect()
    };
    all.into_iter().find(|(name, _)| *name == member).map(|(_, shape)| shape)
}

fn fits(shape: Shape, value: &Value) -> bool {
    let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|all| all.iter().all(fits));
    match shape {
        Shape::Flag => value.is_boolean(),
        Shape::Text => value.is_string(),
        Shape::Range => value.is_object(),
        Shape::Texts => all(Value::is_string),
        Shape::Recipients => all(|recipient| recipient["emailAddress"]["address"].is_string()),
    }
}
