//! What the names of the rules mean in this tenant: SKUs, service plans and groups, each looked up once for everybody.

use std::collections::BTreeSet;
use std::sync::Arc;

use directory::group::Group;
use directory::licence::{self, Sku};
use directory::look::{self, Found, missing};
use directory::product;
use futures_util::future::try_join_all;
use graph::{Error, Graph, ObjectId, ServicePlanId, SkuId};
use plan::Finding;

use super::{Condition, Rule, Rules};
use crate::request::Wanted;

/// The rules as this tenant understands them.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) rules: Vec<Meant>,
    /// What is taken from whom no rule gives it.
    pub(crate) takes: Vec<SkuId>,
    /// What the tenant has bought.
    pub(crate) skus: Arc<[Sku]>,
    /// The groups that conditions name, each once, in the order of their ids.
    pub(crate) groups: Vec<ObjectId>,
}

/// One rule.
#[derive(Debug)]
pub(crate) struct Meant {
    pub(crate) rule: Rule,
    pub(crate) gives: Vec<Given>,
    /// The groups of `when`, and of `unless`.
    pub(crate) when: Vec<ObjectId>,
    pub(crate) unless: Vec<ObjectId>,
}

/// A licence that a rule gives.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) sku: SkuId,
    /// What is off; `None`: what is off stays off.
    pub(crate) off: Option<Vec<ServicePlanId>>,
}

/// Looks everything up; or says what the tenant does not have.
pub(crate) async fn resolve(rules: &Rules, graph: &Graph) -> Result<Result<Resolved, Vec<Finding>>, Error> {
    let skus: Arc<[Sku]> = look::list(licence::bought(), graph).await?.into();
    let mut names = Names { skus: &skus, graph, wrong: Vec::new() };
    let mut meant = Vec::new();
    for (at, rule) in rules.rules.iter().enumerate() {
        meant.push(names.rule(rule, &format!("/rules/{at}")).await?);
    }
    let takes = product::all_wanted(&skus, &rules.takes, "/takes");
    let takes = takes.map_err(|wrong| names.wrong.extend(wrong)).unwrap_or_default();
    let wrong = names.wrong;
    let resolved = Resolved { groups: groups_of(&meant), rules: meant, takes, skus };
    Ok(if wrong.is_empty() { Ok(resolved) } else { Err(wrong) })
}

fn groups_of(rules: &[Meant]) -> Vec<ObjectId> {
    let groups: BTreeSet<ObjectId> =
        rules.iter().flat_map(|one| one.when.iter().chain(&one.unless)).copied().collect();
    groups.into_iter().collect()
}

/// Names as they are looked up, and what is wrong with them.
struct Names<'a> {
    skus: &'a [Sku],
    graph: &'a Graph,
    wrong: Vec<Finding>,
}

impl Names<'_> {
    async fn rule(&mut self, rule: &Rule, field: &str) -> Result<Meant, Error> {
        let when = self.groups(&rule.when, &format!("{field}/when")).await?;
        let unless = match &rule.unless {
            Some(unless) => self.groups(unless, &format!("{field}/unless")).await?,
            None => Vec::new(),
        };
        let gives = rule.licences.iter().enumerate();
        let gives = gives.map(|(at, wanted)| given(self.skus, wanted, &format!("{field}/licences/{at}")));
        let gives = gives.filter_map(|given| given.map_err(|wrong| self.wrong.push(wrong)).ok()).collect();
        Ok(Meant { rule: rule.clone(), gives, when, unless })
    }

    async fn groups(&mut self, condition: &Condition, field: &str) -> Result<Vec<ObjectId>, Error> {
        let found = condition.group.iter().map(|name| look::group(name, self.graph));
        let found: Vec<Found<Group>> = try_join_all(found).await?;
        for (at, (found, name)) in found.iter().zip(&condition.group).enumerate() {
            let missing = missing(found, &format!("group {name}"), "group-unknown", |group| group.id);
            self.wrong.extend(missing.map(|finding| finding.at(format!("{field}/group/{at}"))));
        }
        Ok(found.iter().filter_map(Found::one).map(|group| group.id).collect())
    }
}

/// What a rule gives.
pub(crate) fn given(skus: &[Sku], wanted: &Wanted, field: &str) -> Result<Given, Finding> {
    let sku = product::wanted(skus, &wanted.sku, &format!("{field}/sku"))?;
    let off = wanted.disabled_plans.as_ref();
    let off =
        off.map(|names| product::wanted_plans(sku, names, &format!("{field}/disabledPlans"))).transpose()?;
    Ok(Given { sku: sku.sku_id, off })
}
