//! `/organization` and `/domains`: who we are, and under which names.

use serde_json::{Map, Value, json};

use super::licences::chosen;
use super::members::whole;
use super::{Context, Reply, Route, SHORT, get, render};
use crate::refusal::{Refusal, not_found};
use crate::roles::*;
use crate::schema::{DOMAIN, ORGANIZATION, Schema};
use crate::state::{Directory, Domain};

pub(super) const ROUTES: &[Route] = &[
    get("/organization", 1, READ_ORGANIZATION, SHORT, list),
    get("/organization/{}", 1, READ_ORGANIZATION, SHORT, read),
    get("/domains", 1, READ_DOMAINS, SHORT, list_domains),
    get("/domains/{}", 1, READ_DOMAINS, SHORT, read_domain),
];

fn organization(directory: &Directory) -> Map<String, Value> {
    let mut all = blank(&ORGANIZATION);
    all.extend(directory.organization.clone());
    all.insert("id".into(), json!(directory.tenant_id));
    let verified = directory.domains.iter().filter(|domain| domain.is_verified).map(|domain| {
        let kind = &domain.authentication_type;
        json!({ "name": domain.id, "type": kind, "isDefault": domain.is_default, "isInitial": domain.is_initial, "capabilities": "Email, OfficeCommunicationsOnline" })
    });
    all.insert("verifiedDomains".into(), verified.collect());
    all
}

/// Every property of a type, as yet without a value.
fn blank(schema: &Schema) -> Map<String, Value> {
    let empty = |list: bool| if list { json!([]) } else { Value::Null };
    schema
        .properties
        .iter()
        .map(|property| (property.name.clone(), empty(property.element().is_some())))
        .collect()
}

fn list(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let select = context.query.select.clone();
    render::check_select(&ORGANIZATION, select.as_deref())?;
    let value = chosen(organization(context.directory), select.as_deref());
    Ok(whole(context, &render::selected("organization", select.as_deref()), vec![value]))
}

fn read(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (wanted, select) = (context.param(0).plain()?, context.query.select.clone());
    render::check_select(&ORGANIZATION, select.as_deref())?;
    if wanted != context.directory.tenant_id.to_string() {
        return Err(not_found(wanted));
    }
    let mut value = chosen(organization(context.directory), select.as_deref());
    value["@odata.context"] =
        context.context(&format!("{}/$entity", render::selected("organization", select.as_deref())));
    Ok(Reply::ok(value))
}

fn domain_json(domain: &Domain) -> Map<String, Value> {
    let mut all = blank(&DOMAIN);
    all.extend(json!(domain).as_object().cloned().unwrap_or_default());
    all.insert("isAdminManaged".into(), json!(true));
    all.insert("isRoot".into(), json!(true));
    all.insert("supportedServices".into(), json!(["Email", "OfficeCommunicationsOnline"]));
    all
}

fn list_domains(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let select = context.query.select.clone();
    render::check_select(&DOMAIN, select.as_deref())?;
    let value = context
        .directory
        .domains
        .iter()
        .map(|domain| chosen(domain_json(domain), select.as_deref()))
        .collect();
    Ok(whole(context, &render::selected("domains", select.as_deref()), value))
}

fn read_domain(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let (wanted, select) = (context.param(0).plain()?, context.query.select.clone());
    render::check_select(&DOMAIN, select.as_deref())?;
    let found = context.directory.domains.iter().find(|domain| domain.id.eq_ignore_ascii_case(&wanted));
    let mut value = chosen(domain_json(found.ok_or_else(|| not_found(&wanted))?), select.as_deref());
    value["@odata.context"] =
        context.context(&format!("{}/$entity", render::selected("domains", select.as_deref())));
    Ok(Reply::ok(value))
}
