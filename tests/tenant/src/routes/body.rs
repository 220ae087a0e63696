//! What a request wants to set: every property known, writable, of the right type and not too long.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Context;
use crate::clock;
use crate::refusal::{Refusal, bad_request, forbidden, invalid_value, malformed, unknown_here};
use crate::schema::{COMPLEX, Property, Schema};

/// A property and the value it is to have; null takes it away.
pub(crate) type Wanted = Vec<(&'static str, Value)>;

/// The properties a body sets. Members in `other`, such as `members@odata.bind`, are the caller's to read.
pub(crate) fn properties(
    body: &Map<String, Value>,
    schema: &'static Schema,
    other: &[&str],
) -> Result<Wanted, Refusal> {
    let is_ours = |name: &str| !other.contains(&name) && name != "@odata.type" && name != "@odata.context";
    body.iter().filter(|(name, _)| is_ours(name)).map(|(name, value)| property(name, value, schema)).collect()
}

fn property(name: &str, value: &Value, schema: &'static Schema) -> Result<(&'static str, Value), Refusal> {
    let property = schema.property(name).ok_or_else(|| bad_request(format!("Invalid property '{name}'.")))?;
    if property.read_only {
        return Err(bad_request(format!("Property '{name}' is read-only and cannot be set.")));
    }
    if property.elsewhere {
        // Kept by SharePoint, which does not let applications write it.
        return Err(forbidden());
    }
    if value.is_null() && property.not_null || too_long(property, value) || *value == "" {
        return Err(invalid_value(name, schema.title));
    }
    fits(&property.kind, value, schema.title)?;
    Ok((property.name.as_str(), normal(&property.kind, value)))
}

fn too_long(property: &Property, value: &Value) -> bool {
    let length = value.as_str().map_or(0, |text| text.chars().count());
    property.max_length.is_some_and(|longest| length > longest)
}

/// Dates are kept the way the directory writes them.
fn normal(kind: &str, value: &Value) -> Value {
    let date = value.as_str().filter(|_| kind == "DateTimeOffset").and_then(clock::read);
    date.map_or_else(|| value.clone(), |date| Value::from(clock::written(date)))
}

fn fits(kind: &str, value: &Value, title: &str) -> Result<(), Refusal> {
    if value.is_null() {
        return Ok(());
    }
    if let Some(element) = kind.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
        return list(value)?.iter().try_for_each(|value| fits(element, value, title));
    }
    if let Some(members) = COMPLEX.get(kind) {
        return complex(kind, members, value, title);
    }
    if !PRIMITIVES.contains(&kind) {
        return Err(unknown_here(format!("values of the type 'microsoft.graph.{kind}'")));
    }
    if primitive(kind, value) {
        Ok(())
    } else {
        Err(malformed(format!("Cannot convert the literal '{value}' to the expected type 'Edm.{kind}'.")))
    }
}

/// The elements of a list, none of them null.
pub(crate) fn list(value: &Value) -> Result<&[Value], Refusal> {
    let elements = value.as_array().ok_or_else(|| {
        malformed("An unexpected 'PrimitiveValue' node was found when reading from the JSON reader. A 'StartArray' node was expected.")
    })?;
    if elements.iter().any(Value::is_null) {
        return Err(malformed(
            "A null value was detected in the items of a collection property value; non-nullable instances of collection types do not support null values as items.",
        ));
    }
    Ok(elements)
}

fn complex(kind: &str, members: &[Property], value: &Value, title: &str) -> Result<(), Refusal> {
    let given = value.as_object().ok_or_else(|| {
        malformed("An unexpected 'PrimitiveValue' node was found when reading from the JSON reader. A 'StartObject' node was expected.")
    })?;
    for (name, value) in given.iter().filter(|(name, _)| *name != "@odata.type") {
        let member = members.iter().find(|member| member.name == *name);
        let member = member.ok_or_else(|| {
            malformed(format!("The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only use property names that are defined by the type."))
        })?;
        if too_long(member, value) {
            return Err(invalid_value(name, title));
        }
        fits(&member.kind, value, title)?;
    }
    Ok(())
}

const PRIMITIVES: [&str; 8] =
    ["String", "Boolean", "Int32", "Int64", "Double", "Guid", "DateTimeOffset", "Binary"];

fn primitive(kind: &str, value: &Value) -> bool {
    match kind {
        "String" => value.is_string(),
        "Boolean" => value.is_boolean(),
        "Int32" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Int64" => value.is_i64(),
        "Double" => value.is_number(),
        "Binary" => value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()),
        "Guid" => value.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok()),
        "DateTimeOffset" => value.as_str().is_some_and(|text| clock::read(text).is_some()),
        _ => false,
    }
}

/// The roots references may begin with beside the one that was asked ("National cloud deployments").
const CLOUDS: [&str; 4] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
];

impl Context<'_> {
    /// The id at the end of a reference: `https://graph.microsoft.com/v1.0/directoryObjects/{id}`.
    pub(crate) fn reference(&self, value: &Value) -> Result<Uuid, Refusal> {
        let wrong = || bad_request("Invalid URL format specified in payload.");
        let address = value.as_str().ok_or_else(wrong)?;
        let mut roots = CLOUDS.into_iter().chain([self.asked.root.as_str()]);
        let path = roots.find_map(|root| below(root, address)).ok_or_else(wrong)?;
        match path.split('/').collect::<Vec<_>>()[..] {
            ["v1.0", "directoryObjects" | "users" | "groups" | "servicePrincipals", id] => {
                super::identifier(id)
            }
            _ => Err(wrong()),
        }
    }

    /// The ids of a list of references, at most twenty and none twice.
    pub(crate) fn references(&self, value: &Value, name: &str) -> Result<Vec<Uuid>, Refusal> {
        let list = value
            .as_array()
            .ok_or_else(|| malformed(format!("The value of '{name}' has to be a list of references.")))?;
        if list.len() > 20 {
            return Err(bad_request(format!(
                "The number of references in '{name}' exceeds the maximum of 20."
            )));
        }
        let ids: Vec<Uuid> = list.iter().map(|value| self.reference(value)).collect::<Result<_, _>>()?;
        let distinct: std::collections::BTreeSet<&Uuid> = ids.iter().collect();
        if distinct.len() < ids.len() {
            Err(bad_request("Request contains a property with duplicate values."))
        } else {
            Ok(ids)
        }
    }

    /// The target of `{"@odata.id": "..."}`.
    pub(crate) fn target(&self) -> Result<Uuid, Refusal> {
        match self.body()?.iter().collect::<Vec<_>>()[..] {
            [(name, value)] if name == "@odata.id" => self.reference(value),
            _ => Err(bad_request("Invalid URL format specified in payload.")),
        }
    }
}

/// What follows a root and a slash; hosts have no case.
fn below<'a>(root: &str, address: &'a str) -> Option<&'a str> {
    let (start, rest) = address.split_at_checked(root.len())?;
    rest.strip_prefix('/').filter(|_| start.eq_ignore_ascii_case(root))
}
