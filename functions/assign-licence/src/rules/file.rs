//! The file of rules, and the body of a call: how they are read, and what is wrong with them as far as can be told without
//! looking at the tenant.

use std::collections::BTreeSet;

use directory::country;
use host::{Wrong, held_or_named, strict};
use plan::Flaw;
use serde::{Deserialize, Serialize};

use super::Condition;
use crate::flaws::{SKU, blank, blanks};
use crate::many::most;
use crate::request::Wanted;

/// The app setting that names the file.
pub(crate) const SETTING: &str = "ASSIGN_RULES";

/// How many groups one delta query follows (Microsoft Graph, "group: delta").
const GROUPS: usize = 50;

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
        let told: Option<Self> = body.map(strict).transpose().map_err(|flaw| Wrong::Body(vec![flaw]))?;
        let told = told.unwrap_or_default();
        let rules = match told.rules {
            Some(rules) => {
                rules.checked().map_err(|flaws| Wrong::Body(flaws.into_iter().map(below).collect()))?
            }
            None => of_setting(setting).map_err(|says| Wrong::Setting(format!("{SETTING}: {says}")))?,
        };
        Ok(Self { rules: Some(rules), ..told })
    }
}

/// Where a flaw of the rules is in the body of a call.
fn below(flaw: Flaw) -> Flaw {
    Flaw { field: format!("/rules{}", flaw.field), ..flaw }
}

/// The rules of the file that the setting names; or of the setting, where it holds them itself.
fn of_setting(setting: Option<String>) -> Result<Rules, String> {
    let setting = setting.ok_or("must name the file with the rules, such as rules.json, or hold them")?;
    let rules =
        strict(held_or_named(setting)?.as_bytes()).map_err(|flaw| vec![flaw]).and_then(Rules::checked);
    rules.map_err(|flaws| {
        let flaws = flaws.into_iter().map(|Flaw { field, says }| format!("{field} {says}").trim().to_owned());
        flaws.collect::<Vec<_>>().join("; ")
    })
}

impl Rules {
    fn checked(self) -> Result<Self, Vec<Flaw>> {
        let flaws = self.flaws();
        if flaws.is_empty() { Ok(self) } else { Err(flaws) }
    }

    fn flaws(&self) -> Vec<Flaw> {
        let flaw = |is: bool, field: &str, says: &str| is.then(|| Flaw::at(field, says));
        let whole = [
            flaw(self.rules.is_empty(), "/rules", "at least one rule"),
            flaw(self.most == 0, "/most", "at least 1"),
            flaw(self.full_pass_hours == 0, "/fullPassHours", "at least 1"),
            flaw(
                self.groups().len() > GROUPS,
                "/rules",
                "at most 50 different groups, which is what can be followed",
            ),
        ];
        let each = self.rules.iter().enumerate().flat_map(|(at, rule)| rule.flaws(&format!("/rules/{at}")));
        let takes = blanks("/takes", &self.takes, SKU);
        whole.into_iter().flatten().chain(each).chain(self.named_twice()).chain(takes).collect()
    }

    fn named_twice(&self) -> impl Iterator<Item = Flaw> {
        let is_twice = |at: usize, name: &str| self.rules.iter().take(at).any(|before| before.name == name);
        let rules = self.rules.iter().enumerate().filter(move |(at, rule)| is_twice(*at, &rule.name));
        rules.map(|(at, _)| Flaw::at(format!("/rules/{at}/name"), "a name that no rule before has"))
    }

    /// The groups that conditions name.
    fn groups(&self) -> BTreeSet<&String> {
        let conditions = self.rules.iter().flat_map(|rule| [Some(&rule.when), rule.unless.as_ref()]);
        conditions.flatten().flat_map(|condition| &condition.group).collect()
    }
}

impl Rule {
    fn flaws(&self, field: &str) -> Vec<Flaw> {
        let at = |name: &str| format!("{field}/{name}");
        let nobody = self.unless.as_ref().is_some_and(|unless| unless.everybody);
        let nowhere = self.usage_location.as_deref().and_then(|code| country::check(code).err());
        let own = [
            blank(at("name"), &self.name, "what the rule is called in answers"),
            self.licences.is_empty().then(|| Flaw::at(at("licences"), "at least one licence")),
            nobody.then(|| Flaw::at(at("unless"), "not everybody: the rule would be about nobody")),
            nowhere.map(|says| Flaw::at(at("usageLocation"), says)),
        ];
        let licences = self.licences.iter().enumerate();
        let licences =
            licences.filter_map(|(number, one)| blank(at(&format!("licences/{number}/sku")), &one.sku, SKU));
        let unless = self.unless.iter().flat_map(|unless| unless.flaws(&at("unless")));
        own.into_iter().flatten().chain(licences).chain(self.when.flaws(&at("when"))).chain(unless).collect()
    }
}
