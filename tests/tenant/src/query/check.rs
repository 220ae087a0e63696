//! Whether the directory supports a filter at all: known property, allowed operator, literal of the right type, and the
//! header that advanced operators ask for.
//!
//! Source: "Advanced query capabilities on Microsoft Entra ID objects" (Microsoft Graph documentation).

use super::parse::{Expr, Literal};
use crate::refusal::{Refusal, advanced, malformed, unknown_property, unsupported_query};
use crate::schema::{COMPLEX, Property, Schema};

/// Refuses what the directory would refuse.
pub(crate) fn check(expr: &Expr, schema: &Schema, is_advanced: bool) -> Result<(), Refusal> {
    Checker { schema, is_advanced, lambda: None }.visit(expr, false)
}

#[derive(Clone, Copy)]
struct Checker<'a> {
    schema: &'a Schema,
    is_advanced: bool,
    /// The collection and the name of the element, inside `any`.
    lambda: Option<(&'a Property, &'a str)>,
}

impl<'a> Checker<'a> {
    fn visit(&self, expr: &'a Expr, negated: bool) -> Result<(), Refusal> {
        match expr {
            Expr::And(left, right) | Expr::Or(left, right) => {
                self.visit(left, negated)?;
                self.visit(right, negated)
            }
            Expr::Not(inner) => self.needs_advanced("not").and_then(|()| self.visit(inner, true)),
            Expr::Compare { path, operator, value } => self.compare(path, operator, value, negated),
            Expr::In { path, values } => {
                values.iter().try_for_each(|value| self.compare(path, "in", value, negated))
            }
            Expr::Count { path, .. } if self.is_counted(path) => self.needs_advanced("$count"),
            Expr::Count { path, .. } => {
                let (property, _) = self.resolve(path)?;
                self.allowed(property, "count")?;
                self.needs_advanced("$count")
            }
            Expr::Any { path, name, inner } => {
                let (property, _) = self.resolve(path)?;
                let inside = Checker { lambda: Some((property, name)), ..*self };
                inside.visit(inner, negated)
            }
        }
    }

    /// Whether a path is a relation, of those that applications can be filtered by the number of.
    fn is_counted(&self, path: &[String]) -> bool {
        matches!(self.schema.name, "application" | "servicePrincipal")
            && matches!(path, [name] if name == "owners" || name == "federatedIdentityCredentials")
    }

    fn compare(
        &self,
        path: &'a [String],
        operator: &str,
        value: &Literal,
        negated: bool,
    ) -> Result<(), Refusal> {
        let (property, kind) = self.resolve(path)?;
        if negated {
            self.allowed(property, "not")?;
        }
        self.allowed(property, operator)?;
        if matches!(operator, "ne" | "endswith") {
            self.needs_advanced(if operator == "endswith" { "endsWith" } else { operator })?;
        }
        if *value == Literal::Null {
            return self.needs_advanced("null");
        }
        fits(kind, value)
    }

    /// The property a path begins with, and the type of what it ends in.
    fn resolve(&self, path: &'a [String]) -> Result<(&'a Property, &'a str), Refusal> {
        let (first, rest) =
            path.split_first().ok_or_else(|| malformed("Invalid filter clause: a property is missing."))?;
        let (property, kind) = match self.lambda {
            Some((property, name)) if name == first => {
                (property, property.element().unwrap_or(&property.kind))
            }
            _ => {
                let found = self.schema.property(first).filter(|property| !property.elsewhere);
                let property = found.ok_or_else(|| unknown_property(first, self.schema.name))?;
                (property, property.kind.as_str())
            }
        };
        Ok((property, descend(kind, rest)?))
    }

    fn allowed(&self, property: &Property, operator: &str) -> Result<(), Refusal> {
        if property.allows(operator) {
            return Ok(());
        }
        Err(unsupported_query(format!(
            "Unsupported or invalid query filter clause specified for property '{}' of resource '{}'.",
            property.name, self.schema.title
        )))
    }

    fn needs_advanced(&self, operator: &str) -> Result<(), Refusal> {
        if self.is_advanced { Ok(()) } else { Err(advanced(operator)) }
    }
}

fn descend<'a>(kind: &'a str, path: &[String]) -> Result<&'a str, Refusal> {
    let Some((first, rest)) = path.split_first() else { return Ok(kind) };
    let members = COMPLEX.get(kind).ok_or_else(|| unknown_property(first, kind))?;
    let member =
        members.iter().find(|member| member.name == *first).ok_or_else(|| unknown_property(first, kind))?;
    descend(&member.kind, rest)
}

fn fits(kind: &str, value: &Literal) -> Result<(), Refusal> {
    let found = match value {
        Literal::Null => return Ok(()),
        Literal::Bool(_) => "Boolean",
        Literal::Text(_) => "String",
        Literal::Number(_) => "Int32",
        Literal::Guid(_) => "Guid",
        Literal::Date(_) => "DateTimeOffset",
    };
    let wanted = if kind == "Int64" { "Int32" } else { kind };
    if found == wanted {
        return Ok(());
    }
    Err(malformed(format!(
        "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.{kind}' and 'Edm.{found}' for operator kind 'Equal'."
    )))
}
