//! Whose tokens stand for an application: its federated identity credentials.
//!
//! Read alone; making and changing them is not known. Source: "List federatedIdentityCredentials" (API reference).

use serde_json::{Map, Value, json};

use super::{Context, Reply, Route, applications, get};
use crate::query::eval::holds;
use crate::refusal::{Refusal, malformed};
use crate::roles::READ_FEDERATED;
use crate::state::Object;

pub(super) const ROUTES: &[Route] =
    &[get("/applications/{}/federatedIdentityCredentials", 1, READ_FEDERATED, &["$select", "$filter"], all)];

const MEMBERS: [&str; 6] = ["id", "name", "issuer", "subject", "description", "audiences"];

fn all(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let application = applications::named(context)?;
    let filter = context.query.filter.clone();
    let fits =
        |value: &Value| filter.as_ref().is_none_or(|filter| holds(filter, &|name| value[name].clone()));
    let unknown = filter.iter().flat_map(|filter| filter.properties()).find(|name| !MEMBERS.contains(name));
    if let Some(name) = unknown {
        return Err(malformed(format!(
            "Could not find a property named '{name}' on type 'microsoft.graph.federatedIdentityCredential'."
        )));
    }
    let fitting: Vec<Value> =
        application.credentials.federated.iter().map(|one| json!(one)).filter(fits).collect();
    let value = selected(fitting, context.query.select.as_deref())?;
    let fragment = format!("applications('{}')/federatedIdentityCredentials", application.id);
    Ok(Reply::ok(json!({ "@odata.context": context.context(&fragment), "value": value })))
}

/// Those of an object, for `$expand`.
pub(super) fn told(object: &Object, select: Option<&[String]>) -> Result<Value, Refusal> {
    selected(object.credentials.federated.iter().map(|one| json!(one)).collect(), select)
}

fn selected(all: Vec<Value>, select: Option<&[String]>) -> Result<Value, Refusal> {
    let Some(names) = select else { return Ok(Value::Array(all)) };
    if let Some(name) = names.iter().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(malformed(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type 'microsoft.graph.federatedIdentityCredential'."
        )));
    }
    let only = |one: Value| names.iter().map(|name| (name.clone(), one[name].clone())).collect::<Map<_, _>>();
    Ok(all.into_iter().map(|one| Value::Object(only(one))).collect())
}
