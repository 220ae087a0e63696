//! Rules: who is to hold which licences, by department, country, kind of employee or group.
//!
//! A file says it for the whole tenant. Everybody holds what all the rules that fit them give, and nothing is taken that the
//! file does not name under `takes`. Accounts that may not sign in and guests are left as they are.
//!
//! ```json
//! {
//!   "rules": [
//!     {"name": "Office staff", "when": {"employeeType": ["Employee"]}, "licences": [{"sku": "SPE_E3"}]},
//!     {"name": "Sales in Europe", "when": {"department": ["Sales"], "country": ["Germany", "France"]},
//!      "licences": [{"sku": "VISIOCLIENT"}]}
//!   ],
//!   "takes": ["VISIOCLIENT"]
//! }
//! ```
//!
//! It knows no patterns and no expressions: a rule names values, and an exception is said with `unless`.

mod changed;
mod condition;
mod decide;
mod everybody;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directory::account::Account;
use directory::country;
use directory::licence::Sku;
use futures_util::{StreamExt, TryStreamExt, stream};
use graph::{Error, ObjectId};
use host::{Wrong, strict};
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Flaw, Level, Memory, Plan, Sweep, Task, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use condition::Condition;
pub(crate) use everybody::{SELECT, unreadable};

use crate::AssignLicence;
use crate::facts::Facts;
use crate::observe::{Belongs, belongs};
use crate::request::{Assignment, Wanted};
use changed::Links;
use decide::{Exempt, exempt};
use resolve::{Resolved, resolve};

/// The app setting that names the file.
pub(crate) const SETTING: &str = "ASSIGN_RULES";

/// How many are brought in line in one sweep.
pub(crate) const AT_A_TIME: usize = 2_000;

/// How many plans are made at once; what they read travels in common batches.
const PLANS: usize = 40;

/// Who is to hold which licences.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// The rules. Who is served first where there are not seats enough for all goes by their order.
    pub rules: Vec<Rule>,
    /// The licences that are taken from whoever holds them directly and to whom no rule gives them; none, if absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// How many accounts may be changed at once unless just that was approved.
    #[serde(default = "most")]
    pub most: usize,
    /// After how many hours everybody is looked at again, and not only who has changed.
    #[serde(default = "full_pass_hours")]
    pub full_pass_hours: u32,
}

fn most() -> usize {
    25
}

fn full_pass_hours() -> u32 {
    24
}

/// What some are to hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// What it is called in answers.
    pub name: String,
    /// Who it is about.
    pub when: Condition,
    /// Who of them it is not about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<Condition>,
    /// What they are to hold. Where several rules give the same licence, a service plan is off only if all of them that name
    /// `disabledPlans` switch it off.
    pub licences: Vec<Wanted>,
    /// Where they are, two letters such as `CH`; written only where an account has no usage location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_location: Option<String>,
}

/// What a call of `reconcile` may say; a timer says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reconcile {
    /// Whether everybody is looked at, and not only who has changed since the last time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full: bool,
    /// Rules in the place of those of the file, to try them before they are deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
}

impl Reconcile {
    /// What is asked, with the rules of the body or of the file that the app setting names.
    ///
    /// # Errors
    /// What is wrong with either.
    pub fn read(body: Option<&[u8]>, setting: Option<String>) -> Result<Self, Wrong> {
        let told: Self =
            body.map(strict).transpose().map_err(|flaw| Wrong::Body(vec![flaw]))?.unwrap_or_default();
        let rules = match told.rules {
            Some(rules) => checked(rules).map_err(|flaws| {
                Wrong::Body(
                    flaws
                        .into_iter()
                        .map(|flaw| Flaw { field: format!("/rules{}", flaw.field), ..flaw })
                        .collect(),
                )
            })?,
            None => of_setting(setting)?,
        };
        Ok(Self { rules: Some(rules), ..told })
    }
}

/// The rules of the file that the setting names; or of the setting, where it holds them itself.
fn of_setting(setting: Option<String>) -> Result<Rules, Wrong> {
    let wrong = |says: String| Wrong::Setting(format!("{SETTING}: {says}"));
    let Some(text) = setting else {
        return Err(wrong("must name the file with the rules, such as rules.json, or hold them".to_owned()));
    };
    let text = if text.starts_with('{') {
        text
    } else {
        std::fs::read_to_string(&text).map_err(|why| wrong(format!("{text} cannot be read: {why}")))?
    };
    let told = |flaws: Vec<Flaw>| {
        let flaws = flaws.into_iter().map(|flaw| format!("{} {}", flaw.field, flaw.says));
        wrong(flaws.collect::<Vec<_>>().join("; "))
    };
    let rules: Rules = strict(text.as_bytes()).map_err(|flaw| told(vec![flaw]))?;
    checked(rules).map_err(told)
}

fn checked(rules: Rules) -> Result<Rules, Vec<Flaw>> {
    let flaws = rules.flaws();
    if flaws.is_empty() { Ok(rules) } else { Err(flaws) }
}

impl Rules {
    /// What is wrong with them, as far as can be told without looking at the tenant.
    fn flaws(&self) -> Vec<Flaw> {
        let none = self.rules.is_empty().then(|| Flaw::at("/rules", "at least one rule"));
        let most = (self.most == 0).then(|| Flaw::at("/most", "at least 1"));
        let hours = (self.full_pass_hours == 0).then(|| Flaw::at("/fullPassHours", "at least 1"));
        let each = self.rules.iter().enumerate().flat_map(|(at, rule)| rule.flaws(&format!("/rules/{at}")));
        let twice = self
            .rules
            .iter()
            .enumerate()
            .filter(|(at, rule)| self.rules[..*at].iter().any(|before| before.name == rule.name));
        let twice =
            twice.map(|(at, _)| Flaw::at(format!("/rules/{at}/name"), "a name that no rule before has"));
        none.into_iter().chain(most).chain(hours).chain(each).chain(twice).collect()
    }
}

impl Rule {
    fn flaws(&self, field: &str) -> Vec<Flaw> {
        let name = self.name.trim().is_empty();
        let name = name.then(|| Flaw::at(format!("{field}/name"), "what the rule is called in answers"));
        let gives = self.licences.is_empty();
        let gives = gives.then(|| Flaw::at(format!("{field}/licences"), "at least one licence"));
        let when = self.when.flaws(&format!("{field}/when"));
        let unless = self.unless.iter().flat_map(|unless| unless.flaws(&format!("{field}/unless")));
        let wrong = self.usage_location.as_deref().and_then(|code| country::check(code).err());
        let wrong = wrong.map(|says| Flaw::at(format!("{field}/usageLocation"), says));
        name.into_iter().chain(gives).chain(when).chain(unless).chain(wrong).collect()
    }
}

/// What is known from the last time.
#[derive(Debug, Deserialize, Serialize)]
struct Mark {
    /// By which rules.
    rules: Rules,
    /// When everybody was looked at.
    full: Timestamp,
    links: Links,
}

/// Who was looked at.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    accounts: usize,
    blocked: usize,
    guests: usize,
    differ: Vec<Differs>,
    /// Who differs beside those.
    more: usize,
}

/// Somebody who differs.
#[derive(Debug)]
pub(crate) struct Differs {
    pub(crate) rank: usize,
    pub(crate) account: Account,
    pub(crate) want: Assignment,
}

/// What looking came to.
pub(crate) struct Found {
    looked: Looked,
    links: Links,
    /// What those who were looked at belong to, where that was read.
    known: BTreeMap<ObjectId, Belongs>,
}

impl Looked {
    /// Looks at one.
    fn at(&mut self, account: Account, groups: &BTreeSet<ObjectId>, rules: &Resolved) {
        self.accounts += 1;
        match exempt(&account) {
            Some(Exempt::Blocked) => self.blocked += 1,
            Some(Exempt::Guest) => self.guests += 1,
            None => {
                let Some(difference) = rules.difference(&account, groups) else { return };
                let decide::Difference { rank, want } = difference;
                match self.differ.len() < AT_A_TIME {
                    true => self.differ.push(Differs { rank, account, want }),
                    false => self.more += 1,
                }
            }
        }
    }

    /// In the order in which they are served: by the first rule that fits, then whoever has been there for longest.
    fn in_order(mut self) -> Vec<Differs> {
        self.differ.sort_by_key(|one| (one.rank, one.account.created_date_time, one.account.id));
        self.differ
    }
}

/// Finds everybody who differs from the rules.
pub(crate) async fn sweep(
    want: &Reconcile,
    memory: &Memory,
    tenant: &Tenant,
) -> Result<Sweep<Assignment>, Error> {
    let (graph, now) = (&tenant.graph, tenant.clock.now());
    let rules = want.rules.as_ref().ok_or_else(|| Error::failed("the sweep has no rules", None))?;
    let resolved = match resolve(rules, graph).await? {
        Ok(resolved) => resolved,
        Err(findings) => return Ok(blocked(findings)),
    };
    let last = serde_json::from_value::<Option<Mark>>(memory.mark.clone()).ok().flatten();
    let last = last.filter(|mark| !want.full && mark.rules == *rules && !rules.is_due(mark.full, now));
    let changed = match &last {
        Some(mark) => changed::look(&mark.links, &memory.waiting, &resolved, graph).await?,
        None => None,
    };
    let (found, full, told) = match (changed, last) {
        (Some(found), Some(mark)) => {
            let told = format!(
                "accounts that changed or were waiting, and were looked at: {}",
                found.looked.accounts
            );
            (found, mark.full, told)
        }
        (_, last) => {
            let found = everybody::look(&resolved, graph).await?;
            let why = if last.is_some() { ", since what has changed could not be told" } else { "" };
            let told = format!("accounts of the tenant, all looked at{why}: {}", found.looked.accounts);
            (found, now, told)
        }
    };
    let Found { looked, links, known } = found;
    let findings = [Some(Finding::note("looked", told)), left_alone(&looked)].into_iter().flatten().collect();
    let (more, differ) = (looked.more, looked.in_order());
    let cases = plans(differ, known, &resolved.skus, tenant).await?;
    let mark = Mark { rules: rules.clone(), full, links };
    let mark = serde_json::to_value(mark).unwrap_or(Value::Null);
    Ok(Sweep { cases, more, most: rules.most, findings, mark })
}

impl Rules {
    /// Whether everybody has to be looked at again.
    fn is_due(&self, full: Timestamp, now: Timestamp) -> bool {
        now.duration_since(full) >= SignedDuration::from_hours(self.full_pass_hours.into())
    }
}

/// Nothing is found while the rules name what the tenant does not have.
pub(crate) fn blocked(findings: Vec<Finding>) -> Sweep<Assignment> {
    Sweep { cases: Vec::new(), more: 0, most: 0, findings, mark: Value::Null }
}

fn left_alone(looked: &Looked) -> Option<Finding> {
    let Looked { blocked, guests, .. } = looked;
    let says =
        format!("left as they are, of those: accounts that may not sign in: {blocked}, guests: {guests}");
    (blocked + guests > 0).then(|| Finding::note("left-alone", says))
}

/// A plan for each; who turns out to be in line is left out.
pub(crate) async fn plans(
    differ: Vec<Differs>,
    mut known: BTreeMap<ObjectId, Belongs>,
    skus: &Arc<[Sku]>,
    tenant: &Tenant,
) -> Result<Vec<(Assignment, Plan)>, Error> {
    let plan = |one: Differs| {
        let known = known.remove(&one.account.id);
        plan_for(one, known, skus.clone(), tenant)
    };
    let plans: Vec<_> = stream::iter(differ).map(plan).buffered(PLANS).try_collect().await?;
    let is_idle = |plan: &Plan| plan.is_empty() && plan.findings.iter().all(|one| one.level == Level::Note);
    Ok(plans.into_iter().filter(|(_, plan)| !is_idle(plan)).collect())
}

async fn plan_for(
    Differs { account, want, .. }: Differs,
    known: Option<Belongs>,
    skus: Arc<[Sku]>,
    tenant: &Tenant,
) -> Result<(Assignment, Plan), Error> {
    let belongs = match known {
        Some(known) => known,
        None => belongs(account.id, &tenant.graph).await?,
    };
    let facts = Facts::about(account, belongs, skus, tenant.clock.now());
    let plan = AssignLicence::plan(&want, &facts);
    Ok((want, plan))
}
