//! Inbox rules: the same ones that Microsoft Graph calls `messageRules`.

use serde_json::{Map, Value};

use super::Context;
use super::refusal::{Refusal, missing, not_found};
use super::row::Row;
use crate::state::Mailbox;
use crate::state::belongings::Rule;

/// `Get-InboxRule`: those of a mailbox, or the one of an identity.
pub(super) fn get(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    if let Some(identity) = context.given.text("Identity") {
        let (mailbox, at) = the_rule(context, identity)?;
        return Ok(mailbox.rules.get(at).map(|rule| row(&mailbox, rule)).into_iter().collect());
    }
    let text = context.given.text("Mailbox").ok_or_else(|| missing("Mailbox"))?;
    let recipient = context.recipient(text, |recipient| recipient.mailbox.is_some())?;
    let Some(mailbox) = recipient.mailbox else { return Ok(Vec::new()) };
    let with_hidden = context.given.is_on("IncludeHidden");
    let mut rules: Vec<&Rule> = mailbox.rules.iter().filter(|rule| with_hidden || !rule.hidden).collect();
    rules.sort_by_key(|rule| (rule.sequence, rule.number));
    Ok(rules.into_iter().map(|rule| row(&mailbox, rule)).collect())
}

fn row(mailbox: &Mailbox, rule: &Rule) -> Row {
    let flag = |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_bool).unwrap_or(false);
    let row = Row::default()
        .with("Identity", format!("{}\\{}", mailbox.id, rule.number))
        .with("RuleIdentity", rule.number.to_string())
        .with("Name", rule.name.as_str())
        .with("Priority", rule.sequence)
        .with("Enabled", rule.enabled)
        .with("MailboxOwnerId", mailbox.id.to_string())
        .with("InError", false)
        .with("Description", described(rule))
        .with("DeleteMessage", flag(&rule.actions, "delete"))
        .with("MarkAsRead", flag(&rule.actions, "markAsRead"))
        .with("StopProcessingRules", flag(&rule.actions, "stopProcessingRules"))
        .with("HasAttachment", flag(&rule.conditions, "hasAttachments"));
    let row = row.with("MoveToFolder", rule.actions.get("moveToFolder").cloned().unwrap_or_default());
    [
        ("ForwardTo", "forwardTo"),
        ("RedirectTo", "redirectTo"),
        ("ForwardAsAttachmentTo", "forwardAsAttachmentTo"),
    ]
    .iter()
    .fold(row, |row, (name, action)| recipients(row, name, rule.actions.get(*action)))
    .texts("SubjectContainsWords", words(rule.conditions.get("subjectContains")))
    .texts("FromAddressContainsWords", words(rule.conditions.get("senderContains")))
    .texts("SubjectOrBodyContainsWords", words(rule.conditions.get("bodyOrSubjectContains")))
}

fn words(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `"Raul Razo" [SMTP:raul@northwindtraders.com]`
fn recipients(row: Row, name: &str, value: Option<&Value>) -> Row {
    let Some(all) = value.and_then(Value::as_array) else { return row.with(name, Value::Null) };
    let shown = all.iter().map(|recipient| {
        let address = recipient["emailAddress"]["address"].as_str().unwrap_or_default();
        let label = recipient["emailAddress"]["name"].as_str().unwrap_or(address);
        format!("\"{label}\" [SMTP:{address}]")
    });
    row.texts(name, shown)
}

fn described(rule: &Rule) -> String {
    let names = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>().join(", ");
    format!(
        "If the message: {}\r\nTake the following actions: {}\r\n",
        names(&rule.conditions),
        names(&rule.actions)
    )
}

/// The truth about a mailbox, and where in it the rule is: by `mailbox\number`, or by number or name within `-Mailbox`.
fn the_rule(context: &Context<'_>, text: &str) -> Result<(Mailbox, usize), Refusal> {
    let (whose, key) = match (text.split_once('\\'), context.given.text("Mailbox")) {
        (Some((whose, key)), _) => (whose, key),
        (None, Some(whose)) => (whose, text),
        (None, None) => return Err(not_found(text)),
    };
    let (_, mailbox) = context.mailbox(whose)?;
    let is_meant = |rule: &Rule| rule.number.to_string() == key || rule.name.eq_ignore_ascii_case(key);
    let at = mailbox.rules.iter().position(is_meant).ok_or_else(|| not_found(text))?;
    Ok((mailbox, at))
}

/// `Disable-InboxRule`
pub(super) fn disable(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    switch(context, false)
}

/// `Enable-InboxRule`
pub(super) fn enable(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    switch(context, true)
}

fn switch(context: &mut Context<'_>, enabled: bool) -> Result<Vec<Row>, Refusal> {
    let text = context.given.text("Identity").unwrap_or_default().to_owned();
    let (mut mailbox, at) = the_rule(context, &text)?;
    match mailbox.rules.get_mut(at) {
        Some(rule) if rule.enabled != enabled => rule.enabled = enabled,
        _ => return Ok(context.unchanged(&text)),
    }
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}

/// `Remove-InboxRule`
pub(super) fn remove(context: &mut Context<'_>) -> Result<Vec<Row>, Refusal> {
    let (mut mailbox, at) = the_rule(context, context.given.text("Identity").unwrap_or_default())?;
    mailbox.rules.remove(at);
    context.directory.put_mailbox(mailbox);
    Ok(Vec::new())
}
