//! `GET /users/delta`: who came, changed or went since last time, page by page.
//!
//! The first round tells about everybody. A round ends with a link whose token stands for what is known by then; the next
//! begins with that link. Tokens carry the query of the first request, and are good for seven days.
//! Sources: "user: delta", "Use delta query to track changes in Microsoft Graph data", "Get incremental changes for users".
//!
//! What those leave open is done the awkward way: a full page is always followed by another, which may be empty; and where
//! the directory lags, every round but the first begins with an empty page, and tells again what not every replica had
//! shown the last time. Other kinds of object have no delta here.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::utf8_percent_encode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Context, Reply, Route, get, identifier, list, render, users};
use crate::query::Query;
use crate::query::parse::{Expr, Literal};
use crate::refusal::{Refusal, bad_request, malformed, unsupported_query};
use crate::roles::READ_USERS;
use crate::schema::{Property, SIGN_INS, USER};
use crate::state::changes::{MANAGER, REMOVED, TOKEN_MS};
use crate::state::{Kind, Link, Object};

const OPTIONS: &[&str] = &["$select", "$filter", "$deltatoken", "$skiptoken"];
/// Microsoft's generated clients write the long name.
pub(super) const ROUTES: &[Route] = &[
    get("/users/delta", 1, READ_USERS, OPTIONS, delta),
    get("/users/delta()", 1, READ_USERS, OPTIONS, delta),
    get("/users/microsoft.graph.delta", 1, READ_USERS, OPTIONS, delta),
    get("/users/microsoft.graph.delta()", 1, READ_USERS, OPTIONS, delta),
];
const MOST_FILTERED: usize = 50;

/// What a token stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Token {
    /// Which directory it is of.
    era: u64,
    /// The last change the caller knows of; none in the first round.
    known: Option<u64>,
    /// The last change the caller knows of when the round is over.
    until: u64,
    /// The place of who was told last; none between rounds.
    after: Option<u64>,
    issued_ms: i64,
    /// `$select` and `$filter` of the first request.
    query: Vec<(String, String)>,
}

/// Somebody to tell of.
enum Told {
    User(Arc<Object>),
    /// Gone for good.
    Gone(Uuid),
}

fn delta(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let only_latest = given(context, "$deltatoken").is_some_and(|token| token.eq_ignore_ascii_case("latest"));
    let round = round(context)?;
    context.query = Query::of(&round.query)?;
    may_select(context)?;
    let wanted = wanted(context)?;
    let begins_late = round.known.is_some() && round.after.is_none() && context.directory.is_late();
    let (page, next) = match (only_latest, begins_late) {
        (true, _) => (Vec::new(), None),
        (false, true) => (Vec::new(), Some(0)),
        (false, false) => page(context, &round, wanted.as_deref()),
    };
    let value: Vec<Value> = page.iter().map(|told| tell(context, told, &round)).collect();
    let fragment = render::selected("users", context.query.select.as_deref());
    let (name, link) = link(context, &round, next);
    Ok(Reply::ok(json!({ "@odata.context": context.context(&fragment), name: link, "value": value })))
}

fn given<'a>(context: &'a Context<'_>, wanted: &str) -> Option<&'a str> {
    context.query.given.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The round the request belongs to: a first one, the next, or one that goes on.
fn round(context: &Context<'_>) -> Result<Token, Refusal> {
    let until = context.directory.store.changes.known(context.directory.now_ms);
    let begun = given(context, "$deltatoken").filter(|token| !token.is_empty());
    match (given(context, "$skiptoken"), begun) {
        (Some(token), None) => read(context, token).and_then(|token| page_token(token, true)),
        (None, Some(token)) if !token.eq_ignore_ascii_case("latest") => {
            let last = read(context, token).and_then(|token| page_token(token, false))?;
            Ok(Token { known: Some(last.until), until, ..last })
        }
        (Some(_), Some(_)) => Err(malformed("A request has either a $deltatoken or a $skiptoken.")),
        _ => Ok(Token {
            era: context.directory.era,
            known: None,
            until,
            after: None,
            issued_ms: 0,
            query: context.query.given.iter().filter(|(name, _)| name != "$deltatoken").cloned().collect(),
        }),
    }
}

/// Reads a token; other options cannot go with it, and it has to be one of this directory's, and not too old.
fn read(context: &Context<'_>, text: &str) -> Result<Token, Refusal> {
    if context.query.given.len() > 1 {
        return Err(malformed("Query options of a delta query are given in its first request alone."));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unreadable())?;
    let token: Token = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
    let is_good = context.directory.now_ms - token.issued_ms <= TOKEN_MS;
    if is_good && token.era == context.directory.era { Ok(token) } else { Err(expired(context, &token)) }
}

/// Tokens of pages and tokens of rounds do not stand in for each other.
fn page_token(token: Token, is_page: bool) -> Result<Token, Refusal> {
    if token.after.is_some() == is_page { Ok(token) } else { Err(unreadable()) }
}

fn unreadable() -> Refusal {
    bad_request("Badly formed token.")
}

/// Everything has to be read again, from the address in `Location` on.
fn expired(context: &Context<'_>, token: &Token) -> Refusal {
    let message = "The sync state generation is not found. The delta token is expired and data must be synchronized again.";
    let encoded = |text: &str| utf8_percent_encode(text, list::QUERY_VALUE).to_string();
    let options: String =
        token.query.iter().map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    let mut refusal = Refusal::new(410, "syncStateNotFound", message);
    refusal.headers.push(("Location", format!("{}?{options}$deltatoken=", address(context))));
    refusal
}

fn address(context: &Context<'_>) -> String {
    format!("{}/v1.0{}", context.asked.root, context.asked.path)
}

/// A manager may be selected like a property.
fn may_select(context: &mut Context<'_>) -> Result<(), Refusal> {
    let Some(mut names) = context.query.select.clone() else { return Ok(()) };
    names.retain(|name| name != MANAGER);
    render::check_select(&USER, Some(&names))?;
    list::selectable_in_lists(&USER, Some(&names))?;
    if context.query.mentions(SIGN_INS) { users::may_read_sign_ins(context) } else { Ok(()) }
}

/// Ids of those the caller asks for; `None` for everybody.
fn wanted(context: &Context<'_>) -> Result<Option<Vec<Uuid>>, Refusal> {
    let Some(filter) = &context.query.filter else { return Ok(None) };
    let texts = filtered(filter).ok_or_else(|| {
        unsupported_query(
            "The only filter of a delta query is 'id eq' and a value, or several of them joined by 'or'.",
        )
    })?;
    if texts.len() > MOST_FILTERED {
        return Err(unsupported_query(format!(
            "The number of objects in the filter of a delta query exceeds the maximum of {MOST_FILTERED}."
        )));
    }
    texts.into_iter().map(identifier).collect::<Result<_, _>>().map(Some)
}

fn filtered(filter: &Expr) -> Option<Vec<&str>> {
    match filter {
        Expr::Or(left, right) => Some([filtered(left)?, filtered(right)?].concat()),
        Expr::Compare { path, operator, value: Literal::Text(id) } if operator == "eq" && path == &["id"] => {
            Some(vec![id.as_str()])
        }
        _ => None,
    }
}

/// The next page in the order of creation, and where it ended if another one follows.
fn page(context: &Context<'_>, round: &Token, wanted: Option<&[Uuid]>) -> (Vec<Told>, Option<u64>) {
    let (store, after) = (&context.directory.store, round.after.unwrap_or(0));
    let is_wanted = |id: Uuid| wanted.is_none_or(|ids| ids.contains(&id));
    let users = store.ordered(Kind::User, Some(after), context.view);
    let users = users.filter(|(_, user)| is_wanted(user.id) && is_told(context, user, round));
    let mut page: Vec<(u64, Told)> =
        users.take(list::PAGE).map(|(place, user)| (place, Told::User(Arc::clone(user)))).collect();
    let gone = round.known.into_iter().flat_map(|known| store.changes.gone(known, context.view));
    let gone = gone.filter(|gone| gone.place > after && is_wanted(gone.id));
    page.extend(gone.map(|gone| (gone.place, Told::Gone(gone.id))));
    page.sort_by_key(|(place, _)| *place);
    page.truncate(list::PAGE);
    let last = page.last().map(|(place, _)| *place).filter(|_| page.len() == list::PAGE);
    (page.into_iter().map(|(_, told)| told).collect(), last)
}

/// Whether there is something to tell of a user. A change of what was not selected is none.
fn is_told(context: &Context<'_>, user: &Object, round: &Token) -> bool {
    let Some(known) = round.known else { return user.is_live() };
    let mut changed = user.stamps.after(known);
    if user.is_live() {
        user.stamps.is_new(known) || changed.any(|name| is_tracked(context, name))
    } else {
        changed.any(|name| name == REMOVED)
    }
}

fn is_tracked(context: &Context<'_>, name: &str) -> bool {
    context.query.select.as_ref().is_none_or(|names| names.iter().any(|known| known == name))
}

fn tell(context: &Context<'_>, told: &Told, round: &Token) -> Value {
    match told {
        Told::Gone(id) => json!({ "id": id, REMOVED: { "reason": "deleted" } }),
        Told::User(user) if !user.is_live() => json!({ "id": user.id, REMOVED: { "reason": "changed" } }),
        Told::User(user) => Value::Object(entity(context, user, round)),
    }
}

/// A user with what was selected, or else what comes by default and what changed; with `return=minimal` what changed.
fn entity(context: &Context<'_>, user: &Object, round: &Token) -> Map<String, Value> {
    let news = round.known.filter(|known| !user.stamps.is_new(*known));
    let changed: Vec<&str> = news.into_iter().flat_map(|known| user.stamps.after(known)).collect();
    let is_selected = |property: &Property| match &context.query.select {
        Some(names) => names.contains(&property.name),
        None => property.default || changed.contains(&property.name.as_str()),
    };
    let is_due = |name: &str| news.is_none() || !prefers_minimal(context) || changed.contains(&name);
    let due = USER.properties.iter().filter(|property| is_selected(property) && is_due(&property.name));
    let told =
        due.map(|property| (property.name.clone(), render::value(context.directory, user, &property.name)));
    let mut entity: Map<String, Value> =
        told.filter(|(name, value)| user.stamps.has(name) || !is_nothing(value)).collect();
    entity.insert("id".into(), json!(user.id));
    if is_tracked(context, MANAGER) && (news.is_none() || changed.contains(&MANAGER)) {
        let managers = managers(context, user, news);
        entity.extend((!managers.is_empty()).then(|| ("manager@delta".to_owned(), json!(managers))));
    }
    entity
}

fn prefers_minimal(context: &Context<'_>) -> bool {
    let mut preferences = context.asked.prefer.iter().flat_map(|prefer| prefer.split([',', ';']));
    preferences.any(|preference| preference.trim().eq_ignore_ascii_case("return=minimal"))
}

/// What was never set is not told.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The manager, and whoever ceased to be that since the change the caller knows of.
fn managers(context: &Context<'_>, user: &Object, known: Option<u64>) -> Vec<Value> {
    let kind = Kind::User.odata_type();
    let present = context.directory.links.targets(Link::Manager, user.id, context.view);
    let former = known.into_iter().flat_map(|known| user.stamps.former_managers(known));
    let former = former.filter(|id| !present.contains(id));
    let gone = former.map(|id| json!({ "@odata.type": kind, "id": id, REMOVED: { "reason": "deleted" } }));
    gone.chain(present.iter().map(|id| json!({ "@odata.type": kind, "id": id }))).collect()
}

/// The link to the next page, or the one the next round begins with.
fn link(context: &Context<'_>, round: &Token, next: Option<u64>) -> (&'static str, String) {
    let (name, option) = match next {
        Some(_) => ("@odata.nextLink", "$skiptoken"),
        None => ("@odata.deltaLink", "$deltatoken"),
    };
    let token = Token { after: next, issued_ms: context.directory.now_ms, ..round.clone() };
    let token = URL_SAFE_NO_PAD.encode(json!(token).to_string());
    (name, format!("{}?{option}={token}", address(context)))
}
