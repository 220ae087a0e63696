//! Guard-rails: what may not happen, as data, checked against the plan before anything is sent.
//!
//! ```
//! use plan::Policy;
//! let policy: Policy = serde_json::from_str(r#"{"domains": ["contoso.com"], "maxPerHour": 100}"#)?;
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! A list that is absent allows everything; one that is there allows only what it names. A plan that breaks a rule is
//! refused whole, with the rule's name. Nothing here reads the tenant: what a rule needs to know is a fact of the plan.

use std::collections::BTreeSet;

use graph::{ObjectId, SkuId};
use serde::{Deserialize, Serialize};

use crate::change::Touch;
use crate::plan::Plan;

/// The rules of a tenant for one function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Policy {
    /// Principals that are never changed.
    pub protected: Protected,
    /// Domains in which accounts may be made.
    pub domains: Option<BTreeSet<String>>,
    /// SKUs that may be handed out.
    pub skus: Option<BTreeSet<SkuId>>,
    /// Groups whose membership may be changed.
    pub groups: Option<BTreeSet<ObjectId>>,
    /// How many runs may change something within an hour; each instance of the function counts its own.
    pub max_per_hour: Option<usize>,
    /// What is never done without an approved plan (`If-Match`).
    pub approval: Approval,
}

/// Principals that are never changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Protected {
    /// These, such as the break-glass accounts.
    pub ids: BTreeSet<ObjectId>,
    /// The direct members of these groups.
    pub members_of: BTreeSet<ObjectId>,
    /// Whether everybody who holds a directory role, or may take one, is protected.
    pub role_holders: bool,
    /// Whoever more people than this report to.
    pub managers_of: Option<usize>,
}

/// What is never done without an approved plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Approval {
    /// Anything at all.
    pub always: bool,
    /// Handing out these SKUs.
    pub skus: BTreeSet<SkuId>,
    /// Changing the membership of these groups.
    pub groups: BTreeSet<ObjectId>,
}

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The rule's name, as the policy spells it.
    pub rule: String,
    /// What breaks it.
    pub says: String,
}

impl Policy {
    /// The first rule that this plan breaks. `approved`: the caller named the digest; `recent`: how many runs changed
    /// something within the last hour.
    pub fn check(&self, plan: &Plan, approved: bool, recent: usize) -> Result<(), Breach> {
        if plan.is_empty() && !plan.leaves_more() {
            return Ok(());
        }
        self.check_subject(plan)?;
        self.check_rate(recent)?;
        let touches = || plan.changes().flat_map(|change| &change.touches);
        touches().try_for_each(|touch| self.check_touch(touch))?;
        if !approved && (self.approval.always || touches().any(|touch| self.approval.covers(touch))) {
            return Err(breach("approval", "preview it, and apply it with If-Match: \"<planDigest>\""));
        }
        Ok(())
    }

    fn check_subject(&self, plan: &Plan) -> Result<(), Breach> {
        let (subject, protected) = (&plan.subject, &self.protected);
        match subject.id {
            Some(id) if protected.ids.contains(&id) => {
                Err(breach("protected.ids", format!("{id} is protected")))
            }
            _ if protected.role_holders && subject.holds_role => {
                Err(breach("protected.roleHolders", "the subject holds a directory role, or may take one"))
            }
            _ if protected.managers_of.is_some_and(|most| subject.reports > most) => {
                let says =
                    format!("{} people report to the subject: give them another manager", subject.reports);
                Err(breach("protected.managersOf", says))
            }
            _ => match subject.member_of.iter().find(|group| protected.members_of.contains(group)) {
                Some(group) => {
                    Err(breach("protected.membersOf", format!("the subject is a member of {group}")))
                }
                None => Ok(()),
            },
        }
    }

    fn check_rate(&self, recent: usize) -> Result<(), Breach> {
        match self.max_per_hour {
            Some(most) if recent >= most => Err(breach(
                "maxPerHour",
                format!("runs that changed something within the last hour: {recent}; allowed: {most}"),
            )),
            _ => Ok(()),
        }
    }

    fn check_touch(&self, touch: &Touch) -> Result<(), Breach> {
        match touch {
            Touch::Domain(domain) => allowed(&self.domains, &domain.to_ascii_lowercase(), "domains"),
            Touch::Sku(sku) => allowed(&self.skus, sku, "skus"),
            Touch::Group(group) | Touch::Left(group) => allowed(&self.groups, group, "groups"),
            Touch::Principal(id) if self.protected.ids.contains(id) => {
                Err(breach("protected.ids", format!("{id} is protected")))
            }
            Touch::Principal(_) => Ok(()),
        }
    }
}

impl Approval {
    fn covers(&self, touch: &Touch) -> bool {
        match touch {
            Touch::Sku(sku) => self.skus.contains(sku),
            Touch::Group(group) | Touch::Left(group) => self.groups.contains(group),
            Touch::Domain(_) | Touch::Principal(_) => false,
        }
    }
}

fn allowed<T: Ord + ToString>(list: &Option<BTreeSet<T>>, thing: &T, rule: &str) -> Result<(), Breach> {
    match list {
        Some(list) if !list.contains(thing) => {
            Err(breach(rule, format!("{} is not among those that are allowed", thing.to_string())))
        }
        _ => Ok(()),
    }
}

fn breach(rule: &str, says: impl Into<String>) -> Breach {
    Breach { rule: rule.to_owned(), says: says.into() }
}

#[cfg(test)]
mod tests {
    use graph::{Path, Request};
    use serde_json::json;

    use super::*;
    use crate::{Change, Proof, Subject};

    const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    const STAFF: &str = "02bd9fd6-8f93-4758-87c3-1fb73740a315";
    const SKU: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";

    fn plan(subject: Subject, touch: Touch) -> Plan {
        let read = Request::get(Path::new("/users"));
        let change = Change::new("something", Request::post(Path::new("/users")), Proof::gone(read));
        Plan::about(subject).then([change.touching(touch)])
    }

    fn broken(policy: serde_json::Value, plan: &Plan, approved: bool, recent: usize) -> Option<String> {
        let policy: Policy = serde_json::from_value(policy).unwrap();
        policy.check(plan, approved, recent).err().map(|breach| breach.rule)
    }

    #[test]
    fn each_rule_refuses_what_it_names_and_nothing_else() {
        let adele = || Subject::known(ADELE.parse().unwrap(), "Adele Vance");
        let sku = || Touch::Sku(SKU.parse().unwrap());
        let group = || Touch::Group(STAFF.parse().unwrap());
        let member = Subject { member_of: vec![STAFF.parse().unwrap()], ..adele() };
        let admin = Subject { holds_role: true, ..adele() };
        let manager = Subject { reports: 6, ..adele() };
        let table = [
            (json!({}), plan(adele(), sku()), None),
            (json!({"protected": {"ids": [ADELE]}}), plan(adele(), sku()), Some("protected.ids")),
            (json!({"protected": {"ids": [STAFF]}}), plan(adele(), sku()), None),
            (
                json!({"protected": {"managersOf": 5}}),
                plan(manager.clone(), sku()),
                Some("protected.managersOf"),
            ),
            (json!({"protected": {"managersOf": 6}}), plan(manager, sku()), None),
            (json!({"protected": {"roleHolders": true}}), plan(admin, sku()), Some("protected.roleHolders")),
            (json!({"protected": {"roleHolders": true}}), plan(adele(), sku()), None),
            (json!({"protected": {"membersOf": [STAFF]}}), plan(member, sku()), Some("protected.membersOf")),
            (
                json!({"domains": ["contoso.com"]}),
                plan(adele(), Touch::Domain("Fabrikam.com".into())),
                Some("domains"),
            ),
            (json!({"domains": ["contoso.com"]}), plan(adele(), Touch::Domain("Contoso.com".into())), None),
            (json!({"skus": []}), plan(adele(), sku()), Some("skus")),
            (json!({"skus": [SKU]}), plan(adele(), sku()), None),
            (json!({"groups": [SKU]}), plan(adele(), group()), Some("groups")),
            (json!({"maxPerHour": 7}), plan(adele(), sku()), Some("maxPerHour")),
            (json!({"maxPerHour": 8}), plan(adele(), sku()), None),
            (json!({"approval": {"always": true}}), plan(adele(), sku()), Some("approval")),
            (json!({"approval": {"groups": [STAFF]}}), plan(adele(), group()), Some("approval")),
            (json!({"approval": {"groups": [STAFF]}}), plan(adele(), sku()), None),
        ];
        for (policy, plan, rule) in table {
            assert_eq!(broken(policy.clone(), &plan, false, 7).as_deref(), rule, "{policy}");
        }
    }

    #[test]
    fn an_approved_plan_needs_no_second_approval() {
        let plan = plan(Subject::named("Adele Vance"), Touch::Sku(SKU.parse().unwrap()));
        assert_eq!(broken(json!({"approval": {"always": true}}), &plan, true, 0), None);
    }

    #[test]
    fn a_plan_that_changes_nothing_breaks_no_rule() {
        let plan = Plan::about(Subject::known(ADELE.parse().unwrap(), "Adele Vance"));
        assert_eq!(broken(json!({"protected": {"ids": [ADELE]}, "maxPerHour": 0}), &plan, false, 9), None);
    }

    #[test]
    fn a_misspelt_rule_is_an_error() {
        assert!(serde_json::from_str::<Policy>(r#"{"domain": []}"#).is_err());
    }
}
