//! What the names of the rules mean in this tenant: SKUs, service plans and groups, each looked up once for everybody.

use std::sync::Arc;

use directory::group::Group;
use directory::licence::{self, Sku};
use directory::look::{self, Found, missing};
use futures_util::future::try_join_all;
use graph::{Error, Graph, ObjectId, ServicePlanId, SkuId};
use plan::Finding;

use super::{Condition, Rule, Rules};
use crate::named;
use crate::request::Wanted;

/// The rules as this tenant understands them.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) rules: Vec<Meant>,
    /// What is taken from whom no rule gives it.
    pub(crate) takes: Vec<SkuId>,
    /// What the tenant has bought.
    pub(crate) skus: Arc<[Sku]>,
    /// The groups that conditions name, each once.
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
    let mut wrong = Vec::new();
    let mut meant = Vec::new();
    for (at, rule) in rules.rules.iter().enumerate() {
        let field = format!("/rules/{at}");
        let when = groups(&rule.when, &format!("{field}/when"), graph, &mut wrong).await?;
        let unless = match &rule.unless {
            Some(unless) => groups(unless, &format!("{field}/unless"), graph, &mut wrong).await?,
            None => Vec::new(),
        };
        let gives = rule.licences.iter().enumerate();
        let gives = gives.map(|(at, wanted)| given(&skus, wanted, &format!("{field}/licences/{at}")));
        let gives = gives.filter_map(|given| given.map_err(|finding| wrong.push(finding)).ok()).collect();
        meant.push(Meant { rule: rule.clone(), gives, when, unless });
    }
    let takes = rules.takes.iter().enumerate();
    let takes =
        takes.map(|(at, name)| named::sku(&skus, name, &format!("/takes/{at}")).map(|sku| sku.sku_id));
    let takes = takes.filter_map(|taken| taken.map_err(|finding| wrong.push(finding)).ok()).collect();
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let mut all: Vec<ObjectId> =
        meant.iter().flat_map(|one| one.when.iter().chain(&one.unless)).copied().collect();
    all.sort_unstable();
    all.dedup();
    Ok(Ok(Resolved { rules: meant, takes, skus, groups: all }))
}

fn given(skus: &[Sku], wanted: &Wanted, field: &str) -> Result<Given, Finding> {
    let sku = named::sku(skus, &wanted.sku, &format!("{field}/sku"))?;
    let off = wanted.disabled_plans.as_ref();
    let off = off.map(|names| named::plans(sku, names, &format!("{field}/disabledPlans"))).transpose()?;
    Ok(Given { sku: sku.sku_id, off })
}

async fn groups(
    condition: &Condition,
    field: &str,
    graph: &Graph,
    wrong: &mut Vec<Finding>,
) -> Result<Vec<ObjectId>, Error> {
    let found: Vec<Found<Group>> =
        try_join_all(condition.group.iter().map(|name| look::group(name, graph))).await?;
    let named = found.iter().zip(&condition.group).enumerate().filter_map(|(at, (found, name))| {
        let missing = missing(found, &format!("group {name}"), "group-unknown", |group| group.id);
        wrong.extend(missing.map(|finding| finding.at(format!("{field}/group/{at}"))));
        found.one().map(|group| group.id)
    });
    Ok(named.collect())
}
