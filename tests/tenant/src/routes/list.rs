//! Collections: filter, search, order, count, page.
//!
//! A page ends with an opaque link that carries the whole query again. Without an order of its own a collection of
//! users or groups is in the order of creation, every other one in the order of ids, so that a page can begin anywhere.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::{Context, Reply, render};
use crate::query::check::check;
use crate::query::eval::holds;
use crate::query::parse::{Expr, Literal};
use crate::query::{Expand, Term};
use crate::refusal::{Refusal, advanced, bad_request, malformed, unknown_property, unsupported_query};
use crate::schema::Schema;
use crate::state::{Field, Kind, Object};

pub(super) const PAGE: usize = 100;
pub(super) const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'$').remove(b',');

/// Where a collection comes from.
pub(crate) enum Source {
    /// All live objects of a kind.
    All(Kind),
    /// These objects, in this order. The kind says what they have in common, if anything.
    These(Vec<Arc<Object>>, Option<Kind>),
}

impl Source {
    fn kind(&self) -> Option<Kind> {
        match self {
            Source::All(kind) => Some(*kind),
            Source::These(_, kind) => *kind,
        }
    }
}

/// One candidate and the place it holds in the collection.
type Placed = (u64, Arc<Object>);

/// Answers with a page of a collection; `fragment` names it in the context.
pub(crate) fn page(context: &mut Context<'_>, source: Source, fragment: &str) -> Result<Reply, Refusal> {
    supported(context, source.kind())?;
    let after = context.query.skip_token.as_deref().map(place_of).transpose()?;
    let (matching, total) = matching(context, &source, after);
    let size = context.query.top.unwrap_or(PAGE);
    let more = matching.len() > size;
    let page: Vec<Placed> = matching.into_iter().take(size).collect();
    let mut body = Map::new();
    let select = context.query.select.clone();
    body.insert("@odata.context".into(), context.context(&render::selected(fragment, select.as_deref())));
    body.extend(total.map(|total| ("@odata.count".to_owned(), json!(total))));
    if let Some((place, _)) = page.last().filter(|_| more) {
        body.insert("@odata.nextLink".into(), json!(next_link(context, *place)));
    }
    let value: Vec<Value> = page
        .iter()
        .map(|(_, object)| element(context, object, &source, select.as_deref()))
        .collect::<Result<_, _>>()?;
    body.insert("value".into(), json!(value));
    Ok(Reply::ok(Value::Object(body)))
}

/// Answers `/$count`: a bare number.
pub(crate) fn count(context: &mut Context<'_>, source: Source) -> Result<Reply, Refusal> {
    if !context.asked.eventual {
        return Err(bad_request("$count is not currently supported."));
    }
    context.advanced = true;
    supported(context, source.kind())?;
    let (matching, _) = matching(context, &source, None);
    Ok(Reply { status: 200, content: super::Content::Text(matching.len().to_string()), location: None })
}

fn element(
    context: &mut Context<'_>,
    object: &Arc<Object>,
    source: &Source,
    select: Option<&[String]>,
) -> Result<Value, Refusal> {
    let mut entity = match source {
        Source::All(_) => render::entity(context.directory, object, select),
        Source::These(..) => render::member(context, object, select),
    };
    let expand = context.query.expand.clone();
    super::relations::expand(context, object, &expand, &mut entity)?;
    Ok(Value::Object(entity))
}

/// Refuses what the directory would refuse about the options.
fn supported(context: &Context<'_>, kind: Option<Kind>) -> Result<(), Refusal> {
    let query = &context.query;
    searchable(context)?;
    let Some(kind) = kind else {
        render::check_mixed_select(query.select.as_deref())?;
        let needs_type = query.filter.is_some() || !query.orderby.is_empty() || !query.search.is_empty();
        return if needs_type {
            Err(unsupported_query("The query needs a cast to a type such as microsoft.graph.group."))
        } else {
            Ok(())
        };
    };
    let schema = kind.schema();
    render::check_select(schema, query.select.as_deref())?;
    selectable_in_lists(schema, query.select.as_deref())?;
    query.filter.as_ref().map_or(Ok(()), |filter| check(filter, schema, context.advanced))?;
    query.search.iter().try_for_each(|term| search_term(schema, term))?;
    orderable(context, schema)?;
    expandable(context, &query.expand)
}

pub(super) fn selectable_in_lists(schema: &Schema, select: Option<&[String]>) -> Result<(), Refusal> {
    let elsewhere = select
        .into_iter()
        .flatten()
        .any(|name| schema.property(name).is_some_and(|property| property.elsewhere));
    if elsewhere {
        Err(Refusal::new(501, "NotImplemented", "This operation target is not yet supported."))
    } else {
        Ok(())
    }
}

fn searchable(context: &Context<'_>) -> Result<(), Refusal> {
    if context.query.search.is_empty() || context.asked.eventual {
        return Ok(());
    }
    Err(unsupported_query(
        "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    ))
}

fn search_term(schema: &Schema, term: &Term) -> Result<(), Refusal> {
    let property =
        schema.property(&term.property).ok_or_else(|| unknown_property(&term.property, schema.name))?;
    if property.search {
        Ok(())
    } else {
        Err(unsupported_query(format!(
            "Property '{}' of resource '{}' does not support $search.",
            term.property, schema.title
        )))
    }
}

fn orderable(context: &Context<'_>, schema: &Schema) -> Result<(), Refusal> {
    let query = &context.query;
    for (name, _) in &query.orderby {
        let property = schema.property(name).ok_or_else(|| unknown_property(name, schema.name))?;
        if !property.orderby || (query.filter.is_some() && !context.advanced) {
            return Err(unsupported_query("Sorting not supported for current query."));
        }
    }
    Ok(())
}

fn expandable(context: &Context<'_>, expand: &[Expand]) -> Result<(), Refusal> {
    match expand {
        [] => Ok(()),
        // A chain of managers is the one thing that takes both.
        [one] if one.levels.is_some() && !context.asked.eventual => Err(advanced("$levels")),
        [one] if one.levels.is_none() && context.advanced => {
            Err(unsupported_query("$expand is not supported together with advanced query capabilities."))
        }
        [_] => Ok(()),
        many => {
            let count = many.len();
            Err(malformed(format!(
                "The result of parsing $expand contained at least {count} items, but the maximum allowed is 1."
            )))
        }
    }
}

/// Candidates that match, from a place on: one more than a page at most, unless all have to be looked at. The second is
/// their number, where it was asked for.
fn matching(context: &Context<'_>, source: &Source, after: Option<u64>) -> (Vec<Placed>, Option<usize>) {
    let query = &context.query;
    let counts = context.advanced && query.count && after.is_none();
    let is_count_only = context.asked.path.to_ascii_lowercase().ends_with("/$count");
    let matches = |(_, object): &Placed| matches(context, object);
    if !query.orderby.is_empty() {
        let mut all: Vec<Placed> = candidates(context, source, None).filter(matches).collect();
        let total = all.len();
        sort(context, &mut all);
        let from = after.map_or(0, |place| place as usize + 1);
        let placed =
            all.into_iter().enumerate().map(|(place, (_, object))| (place as u64, object)).skip(from);
        return (placed.collect(), counts.then_some(total));
    }
    let enough = if counts || is_count_only { usize::MAX } else { query.top.unwrap_or(PAGE) + 1 };
    let found: Vec<Placed> = candidates(context, source, after).filter(matches).take(enough).collect();
    let total = counts.then_some(found.len());
    (found, total)
}

/// Everything that may match, in order: by way of an index where the filter allows it.
fn candidates<'a>(
    context: &'a Context<'_>,
    source: &'a Source,
    after: Option<u64>,
) -> Box<dyn Iterator<Item = Placed> + 'a> {
    match source {
        Source::These(objects, _) => {
            let placed = objects.iter().enumerate().map(|(place, object)| (place as u64, Arc::clone(object)));
            Box::new(placed.skip(after.map_or(0, |place| place as usize + 1)))
        }
        Source::All(kind) => {
            let filter = context.query.filter.as_ref().filter(|_| is_indexed(*kind));
            match filter.and_then(|filter| indexed(context, filter)) {
                Some(ids) => Box::new(those(context, *kind, ids, after).into_iter()),
                None => {
                    let all = context.directory.store.ordered(*kind, after, context.view);
                    let live = all.filter(|(_, object)| object.is_live());
                    Box::new(live.map(|(number, object)| (number, Arc::clone(object))))
                }
            }
        }
    }
}

/// Whether objects of a kind can be found by an index.
fn is_indexed(kind: Kind) -> bool {
    matches!(kind, Kind::User | Kind::Group | Kind::Application | Kind::ServicePrincipal)
}

/// The objects of a kind among these ids, each once, in the order of creation.
fn those(context: &Context<'_>, kind: Kind, mut ids: Vec<uuid::Uuid>, after: Option<u64>) -> Vec<Placed> {
    ids.sort_unstable();
    ids.dedup();
    let store = &context.directory.store;
    let seen = ids.into_iter().filter_map(|id| store.live(id, context.view));
    let of_kind = seen.filter(|object| object.kind == kind);
    let mut placed: Vec<Placed> =
        of_kind.map(|object| (store.number(object.id), Arc::clone(object))).collect();
    placed.retain(|(number, _)| after.is_none_or(|after| *number > after));
    placed.sort_by_key(|(number, _)| *number);
    placed
}

/// Ids among which all matches are, if an index can tell.
fn indexed(context: &Context<'_>, filter: &Expr) -> Option<Vec<uuid::Uuid>> {
    match filter {
        Expr::And(left, right) => indexed(context, left).or_else(|| indexed(context, right)),
        Expr::Or(left, right) => {
            let mut ids = indexed(context, left)?;
            ids.extend(indexed(context, right)?);
            Some(ids)
        }
        Expr::Compare { path, operator, value } if operator == "eq" => lookup(context, path, value),
        Expr::In { path, values } => values
            .iter()
            .map(|value| lookup(context, path, value))
            .collect::<Option<Vec<_>>>()
            .map(|ids| ids.concat()),
        Expr::Any { path, name, inner } if path == &["proxyAddresses"] => match &**inner {
            Expr::Compare { path, operator, value: Literal::Text(address) }
                if operator == "eq" && path == std::slice::from_ref(name) =>
            {
                let bare = address.split_once(':').map_or(address.as_str(), |(_, bare)| bare);
                Some(context.directory.store.index.find(Field::ProxyAddress, bare))
            }
            _ => None,
        },
        _ => None,
    }
}

fn lookup(context: &Context<'_>, path: &[String], value: &Literal) -> Option<Vec<uuid::Uuid>> {
    let ([name], Literal::Text(text)) = (path, value) else { return None };
    if name == "id" {
        return Some(uuid::Uuid::try_parse(text).into_iter().collect());
    }
    Field::of(name).map(|field| context.directory.store.index.find(field, text))
}

fn matches(context: &Context<'_>, object: &Object) -> bool {
    let lookup = |name: &str| render::value(context.directory, object, name);
    let filtered = context.query.filter.as_ref().is_none_or(|filter| holds(filter, &lookup));
    filtered && found_by(&context.query.search, &lookup)
}

/// `AND` binds tighter than `OR`.
fn found_by(terms: &[Term], lookup: &dyn Fn(&str) -> Value) -> bool {
    let hit = |term: &Term| {
        let text = lookup(&term.property).as_str().unwrap_or_default().to_lowercase();
        text.starts_with(&term.text)
            || text
                .split(|character: char| !character.is_alphanumeric())
                .any(|word| word.starts_with(&term.text))
    };
    terms.is_empty() || terms.chunk_by(|_, next| !next.or).any(|all| all.iter().all(hit))
}

fn sort(context: &Context<'_>, all: &mut [Placed]) {
    let key = |object: &Object, name: &str| {
        render::value(context.directory, object, name).as_str().unwrap_or_default().to_lowercase()
    };
    all.sort_by(|(_, one), (_, other)| {
        let by = context.query.orderby.iter().map(|(name, descending)| {
            let order = key(one, name).cmp(&key(other, name));
            if *descending { order.reverse() } else { order }
        });
        by.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
}

fn next_link(context: &Context<'_>, place: u64) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("page after {place}"));
    let carried = context.query.given.iter().filter(|(name, _)| name != "$skiptoken");
    let carried: String =
        carried.map(|(name, value)| format!("{name}={}&", utf8_percent_encode(value, QUERY_VALUE))).collect();
    format!("{}/v1.0{}?{carried}$skiptoken={token}", context.asked.root, context.asked.path)
}

fn place_of(token: &str) -> Result<u64, Refusal> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.and_then(|text| text.strip_prefix("page after ").and_then(|place| place.parse().ok()));
    place.ok_or_else(|| {
        Refusal::new(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
    })
}
