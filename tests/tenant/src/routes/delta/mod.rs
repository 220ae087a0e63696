//! `GET /users/delta` and `GET /groups/delta`: what came, changed or went since last time, page by page.
//!
//! The first round tells about everybody. A round ends with a link whose token stands for what is known by then; the next
//! begins with that link. Tokens carry the query of the first request, and are good for seven days.
//! Sources: "user: delta", "group: delta", "Use delta query to track changes in Microsoft Graph data", "Get incremental
//! changes for users", "Get incremental changes for groups".
//!
//! What those leave open is done the awkward way: a full page is always followed by another, which may be empty; a group
//! with more members than fit is told on several pages, a part of them on each; and where the directory lags, every round
//! but the first begins with an empty page, and tells again what not every replica had shown the last time. Other kinds of
//! object have no delta here.

mod round;
mod tell;

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use self::round::{Place, Token};
use super::{Context, Reply, Route, get, identifier, list, render, users};
use crate::query::Query;
use crate::query::parse::{Expr, Literal};
use crate::refusal::{Refusal, unsupported_query};
use crate::roles::{READ_GROUP_CHANGES, READ_USERS};
use crate::schema::SIGN_INS;
use crate::state::changes::REMOVED;
use crate::state::{Kind, Link, Object};

const OPTIONS: &[&str] = &["$select", "$filter", "$deltatoken", "$skiptoken"];
/// Microsoft's generated clients write the long name.
pub(super) const ROUTES: &[Route] = &[
    get("/users/delta", 1, READ_USERS, OPTIONS, of_users),
    get("/users/delta()", 1, READ_USERS, OPTIONS, of_users),
    get("/users/microsoft.graph.delta", 1, READ_USERS, OPTIONS, of_users),
    get("/users/microsoft.graph.delta()", 1, READ_USERS, OPTIONS, of_users),
    get("/groups/delta", 1, READ_GROUP_CHANGES, OPTIONS, of_groups),
    get("/groups/delta()", 1, READ_GROUP_CHANGES, OPTIONS, of_groups),
    get("/groups/microsoft.graph.delta", 1, READ_GROUP_CHANGES, OPTIONS, of_groups),
    get("/groups/microsoft.graph.delta()", 1, READ_GROUP_CHANGES, OPTIONS, of_groups),
];
const MOST_FILTERED: usize = 50;
/// How many members and the like fit on one page; no page of the documentation says how many do.
const MOST_RELATED: usize = 200;

/// A relation that is told of like a property, as `members@delta`.
struct Relation {
    name: &'static str,
    link: Link,
    /// Told where nothing is selected.
    by_default: bool,
}

/// A kind of object that changes are told of.
struct Tracked {
    kind: Kind,
    relations: &'static [Relation],
}

const USERS: Tracked = Tracked {
    kind: Kind::User,
    relations: &[Relation { name: "manager", link: Link::Manager, by_default: true }],
};
const GROUPS: Tracked = Tracked {
    kind: Kind::Group,
    relations: &[
        Relation { name: "members", link: Link::Member, by_default: true },
        Relation { name: "owners", link: Link::Owner, by_default: false },
    ],
};

/// Something to tell of.
enum Told {
    Seen(Arc<Object>),
    /// Gone for good.
    Gone(Uuid),
}

/// One request of a round.
struct Asked<'a> {
    context: &'a Context<'a>,
    tracked: &'static Tracked,
    round: &'a Token,
}

fn of_users(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    delta(context, &USERS)
}

fn of_groups(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    delta(context, &GROUPS)
}

fn delta(context: &mut Context<'_>, tracked: &'static Tracked) -> Result<Reply, Refusal> {
    let only_latest = round::is_only_latest(context);
    let round = round::of(context, tracked.kind)?;
    context.query = Query::of(&round.query)?;
    may_select(context, tracked)?;
    let wanted = wanted(context)?;
    let begins_late = round.known.is_some() && round.after.is_none() && context.directory.is_late();
    let asked = Asked { context, tracked, round: &round };
    let (value, next) = match (only_latest, begins_late) {
        (true, _) => (Vec::new(), None),
        (false, true) => (Vec::new(), Some(Place::default())),
        (false, false) => asked.fill(asked.page(wanted.as_deref())),
    };
    let fragment = render::selected(tracked.kind.collection(), context.query.select.as_deref());
    let (name, link) = round::link(context, &round, next);
    Ok(Reply::ok(json!({ "@odata.context": context.context(&fragment), name: link, "value": value })))
}

/// A relation may be selected like a property.
fn may_select(context: &mut Context<'_>, tracked: &Tracked) -> Result<(), Refusal> {
    let Some(mut names) = context.query.select.clone() else { return Ok(()) };
    names.retain(|name| tracked.relations.iter().all(|relation| relation.name != name));
    let schema = tracked.kind.schema();
    render::check_select(schema, Some(&names))?;
    list::selectable_in_lists(schema, Some(&names))?;
    if context.query.mentions(SIGN_INS) { users::may_read_sign_ins(context) } else { Ok(()) }
}

/// Ids of those the caller asks for; `None` for all.
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

impl Asked<'_> {
    /// What there is to tell of next, in the order of creation: as much as fits on a page if none has relations.
    fn page(&self, wanted: Option<&[Uuid]>) -> Vec<(u64, Told)> {
        let first = self.round.after.unwrap_or_default().first();
        let is_wanted = |id: Uuid| wanted.is_none_or(|ids| ids.contains(&id));
        let (store, view) = (&self.context.directory.store, self.context.view);
        let all = store.ordered(self.tracked.kind, first.checked_sub(1), view);
        let told = all.filter(|(_, object)| is_wanted(object.id) && self.is_told(object)).take(list::PAGE);
        let mut page: Vec<_> = told.map(|(place, object)| (place, Told::Seen(Arc::clone(object)))).collect();
        let since = self.round.known.into_iter();
        let gone = since.flat_map(|known| store.changes.gone(self.tracked.kind, known, view));
        let gone = gone.filter(|gone| gone.place >= first && is_wanted(gone.id));
        page.extend(gone.map(|gone| (gone.place, Told::Gone(gone.id))));
        page.sort_by_key(|(place, _)| *place);
        page.truncate(list::PAGE);
        page
    }

    /// Tells as much of it as fits, and where the page ended if another one follows.
    fn fill(&self, page: Vec<(u64, Told)>) -> (Vec<Value>, Option<Place>) {
        let (mut values, mut room, mut end) = (Vec::new(), MOST_RELATED, None);
        let is_full = page.len() == list::PAGE;
        for (place, told) in page {
            if room == 0 {
                return (values, end);
            }
            let (related, is_cut) = self.related(place, &told, room);
            room -= related.len();
            values.push(self.tell(&told, &related));
            end = Some(Place { number: place, within: related.last().copied().filter(|_| is_cut) });
            if is_cut {
                return (values, end);
            }
        }
        (values, end.filter(|_| is_full))
    }

    /// Whether there is something to tell of an object. A change of what was not selected is none.
    fn is_told(&self, object: &Object) -> bool {
        let Some(known) = self.round.known else { return object.is_live() };
        let mut changed = object.stamps.after(known);
        if object.is_live() {
            object.stamps.is_new(known)
                || changed.any(|name| self.is_selected(name))
                || self.relations().any(|(_, relation)| self.turned(object, relation, known).next().is_some())
        } else {
            changed.any(|name| name == REMOVED)
        }
    }

    fn is_selected(&self, name: &str) -> bool {
        self.context.query.select.as_ref().is_none_or(|names| names.iter().any(|known| known == name))
    }

    /// The relations that are told of, with their place among all of the kind.
    fn relations(&self) -> impl Iterator<Item = (usize, &'static Relation)> {
        let is_selected = |relation: &Relation| match &self.context.query.select {
            Some(names) => names.iter().any(|name| name == relation.name),
            None => relation.by_default,
        };
        self.tracked.relations.iter().enumerate().filter(move |(_, relation)| is_selected(relation))
    }

    fn turned(&self, object: &Object, relation: &Relation, known: u64) -> impl Iterator<Item = (Uuid, bool)> {
        self.context.directory.links.turned(relation.link, object.id, known, self.context.view)
    }
}
