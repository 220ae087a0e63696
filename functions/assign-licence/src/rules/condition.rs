//! Who a rule is about.

use std::collections::BTreeSet;

use directory::account::Account;
use graph::ObjectId;
use plan::Flaw;
use serde::{Deserialize, Serialize};

/// Who a rule is about: whoever has one of the values of each list that is there. Capitals do not matter, everything else does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Condition {
    /// Everybody; then there is nothing else.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub everybody: bool,
    /// `department`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub department: Vec<String>,
    /// `country`, as it is written in the directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<String>,
    /// `employeeType`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub employee_type: Vec<String>,
    /// `companyName`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub company_name: Vec<String>,
    /// `jobTitle`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub job_title: Vec<String>,
    /// `officeLocation`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub office_location: Vec<String>,
    /// Groups of which they are direct members, by object id or by any of their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<String>,
}

/// What is read of an account for the sake of conditions, beside what is read anyway.
pub(crate) const ATTRIBUTES: &[&str] =
    &["department", "country", "employeeType", "companyName", "jobTitle", "officeLocation", "userType"];

impl Condition {
    /// The attributes with their values.
    fn attributes(&self) -> [(&'static str, &[String]); 6] {
        [
            ("department", &self.department),
            ("country", &self.country),
            ("employeeType", &self.employee_type),
            ("companyName", &self.company_name),
            ("jobTitle", &self.job_title),
            ("officeLocation", &self.office_location),
        ]
    }

    /// Whether it is about this account, which is in one of `groups` if it is in any that the condition names.
    pub(crate) fn fits(&self, account: &Account, groups: &BTreeSet<ObjectId>, named: &[ObjectId]) -> bool {
        let has = |(name, values): (&str, &[String])| values.is_empty() || has_one(account, name, values);
        self.attributes().into_iter().all(has)
            && (self.group.is_empty() || named.iter().any(|group| groups.contains(group)))
    }

    pub(crate) fn flaws(&self, field: &str) -> Vec<Flaw> {
        let lists = || self.attributes().into_iter().chain([("group", self.group.as_slice())]);
        let says_more = lists().any(|(_, values)| !values.is_empty());
        let whole = match (self.everybody, says_more) {
            (false, false) => Some("who it is about; a rule for all says \"everybody\": true"),
            (true, true) => Some("everybody, or lists of values, and not both"),
            _ => None,
        };
        let blank = lists().flat_map(|(name, values)| {
            let blank = values.iter().enumerate().filter(|(_, value)| value.trim().is_empty());
            blank.map(move |(at, _)| Flaw::at(format!("{field}/{name}/{at}"), "a value"))
        });
        whole.map(|says| Flaw::at(field, says)).into_iter().chain(blank).collect()
    }
}

fn has_one(account: &Account, name: &str, values: &[String]) -> bool {
    let Some(is) = account.rest.get(name).and_then(serde_json::Value::as_str) else { return false };
    let is = is.trim().to_lowercase();
    values.iter().any(|value| value.trim().to_lowercase() == is)
}
