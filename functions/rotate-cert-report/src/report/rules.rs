//! The rules of the report: when to warn of what, from a file that the app setting `ROTATE_RULES` names.
//!
//! ```json
//! {"thresholds": [90, 60, 30, 14, 7, 3, 1, 0], "actWithinDays": 30, "unusedDays": 90,
//!  "administrators": ["MeganB@contoso.com"],
//!  "kinds": {"secret": {"longestDays": 180}}, "tags": {"critical": {"actWithinDays": 60}}}
//! ```
//!
//! Where several are about one credential, the strictest holds: a tag makes it stricter, and never laxer. It is read strictly,
//! since a rule that is silently left out is one that people count on.

use std::collections::BTreeMap;

use directory::credential::Kind;
use graph::auth::Settings;
use host::{Wrong, held_or_named, strict};
use serde::{Deserialize, Serialize};

/// The app setting that names the file, or holds its text.
pub(super) const SETTING: &str = "ROTATE_RULES";

/// The longest that any of these may be, in days.
const MOST: i64 = 3650;

/// The rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Rules {
    /// How many days before the end to warn, the most first; 0: on its day.
    pub(super) thresholds: Vec<i64>,
    /// Within how many days somebody has to act.
    pub(super) act_within_days: i64,
    /// For how long at the most a credential may be good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) longest_days: Option<i64>,
    /// After how many days without a use a credential is unused.
    pub(super) unused_days: i64,
    /// Who answers for what nobody owns.
    pub(super) administrators: Vec<String>,
    /// Other limits by kind.
    pub(super) kinds: BTreeMap<Kind, Limits>,
    /// Other limits by tag of the application.
    pub(super) tags: BTreeMap<String, Limits>,
}

/// What of the rules is another for one kind or tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    thresholds: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act_within_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_days: Option<i64>,
}

/// What holds for one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holds {
    pub(super) thresholds: Vec<i64>,
    pub(super) act_within_days: i64,
    pub(super) longest_days: Option<i64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            thresholds: vec![90, 60, 30, 14, 7, 3, 1, 0],
            act_within_days: 30,
            longest_days: None,
            unused_days: 90,
            administrators: Vec::new(),
            kinds: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }
}

impl Rules {
    /// The rules, or those that hold where there are none.
    ///
    /// # Errors
    /// They cannot be read; says what would be right.
    pub(super) fn read(settings: &Settings) -> Result<Self, Wrong> {
        let Some(text) = settings.get(SETTING) else { return Ok(Self::default()) };
        let text = held_or_named(text).map_err(wrong)?;
        let rules: Self =
            strict(text.as_bytes()).map_err(|flaw| wrong(format!("{} {}", flaw.field, flaw.says)))?;
        rules.flaw().map_or(Ok(rules), |flaw| Err(wrong(flaw)))
    }

    /// What holds for a credential of this kind of an application with these tags.
    pub(super) fn of(&self, kind: Kind, tags: &[String]) -> Holds {
        let kind = self.kinds.get(&kind);
        let thresholds = kind.and_then(|limits| limits.thresholds.as_ref()).unwrap_or(&self.thresholds);
        let mut holds = Holds {
            thresholds: thresholds.clone(),
            act_within_days: kind.and_then(|limits| limits.act_within_days).unwrap_or(self.act_within_days),
            longest_days: kind.and_then(|limits| limits.longest_days).or(self.longest_days),
        };
        tags.iter().filter_map(|tag| self.tags.get(tag)).for_each(|limits| holds.also(limits));
        holds
    }

    /// How many days ahead the report looks.
    pub(super) fn horizon(&self) -> i64 {
        self.thresholds.iter().copied().max().unwrap_or_default()
    }

    /// What will not do, and what would be right.
    fn flaw(&self) -> Option<String> {
        let own = Limits {
            thresholds: Some(self.thresholds.clone()),
            act_within_days: Some(self.act_within_days),
            longest_days: self.longest_days,
        };
        let kinds = self.kinds.iter().map(|(kind, limits)| (format!("/kinds/{}", wire(*kind)), limits));
        let tags = self.tags.iter().map(|(tag, limits)| (format!("/tags/{tag}"), limits));
        let unused = within(self.unused_days, 1).then_some(()).ok_or("/unusedDays");
        std::iter::once((String::new(), &own))
            .chain(kinds)
            .chain(tags)
            .find_map(|(place, limits)| limits.flaw(&place))
            .or_else(|| unused.err().map(days))
    }
}

impl Holds {
    /// The stricter of both.
    fn also(&mut self, limits: &Limits) {
        self.thresholds.extend(limits.thresholds.iter().flatten());
        self.act_within_days = self.act_within_days.max(limits.act_within_days.unwrap_or_default());
        self.longest_days = [self.longest_days, limits.longest_days].into_iter().flatten().min();
    }
}

impl Limits {
    fn flaw(&self, place: &str) -> Option<String> {
        let thresholds = self.thresholds.as_deref();
        if thresholds.is_some_and(<[i64]>::is_empty) {
            return Some(format!("{place}/thresholds at least one number of days"));
        }
        if thresholds.into_iter().flatten().any(|threshold| !within(*threshold, 0)) {
            return Some(format!("{place}/thresholds whole numbers of days from 0 to {MOST}"));
        }
        if self.act_within_days.is_some_and(|limit| !within(limit, 0)) {
            return Some(format!("{place}/actWithinDays a whole number of days from 0 to {MOST}"));
        }
        self.longest_days
            .is_some_and(|limit| !within(limit, 1))
            .then(|| days(&format!("{place}/longestDays")))
    }
}

fn within(days: i64, least: i64) -> bool {
    (least..=MOST).contains(&days)
}

fn days(place: &str) -> String {
    format!("{place} a whole number of days from 1 to {MOST}")
}

fn wire(kind: Kind) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

fn wrong(says: String) -> Wrong {
    Wrong::Setting(format!("{SETTING}: {says}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Rules, String> {
        Rules::read(&Settings::from([(SETTING, text)])).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn the_strictest_rule_holds_and_a_tag_never_makes_it_laxer() {
        let rules = read(
            r#"{"longestDays": 730, "kinds": {"secret": {"longestDays": 180, "thresholds": [14, 1]}},
                "tags": {"critical": {"actWithinDays": 60, "thresholds": [120]}, "lab": {"actWithinDays": 0, "longestDays": 3650}}}"#,
        )
        .unwrap();
        let holds = |kind, tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let Holds { thresholds, act_within_days, longest_days } = rules.of(kind, &tags);
            (thresholds.len(), act_within_days, longest_days)
        };
        let table = [
            (Kind::Certificate, &[][..], (8, 30, Some(730))),
            (Kind::Secret, &[], (2, 30, Some(180))),
            (Kind::Secret, &["critical", "other"], (3, 60, Some(180))),
            (Kind::Certificate, &["lab"], (8, 30, Some(730))),
            (Kind::Secret, &["lab", "critical"], (3, 60, Some(180))),
        ];
        for (kind, tags, expected) in table {
            assert_eq!(holds(kind, tags), expected, "{kind:?} {tags:?}");
        }
        assert_eq!(rules.horizon(), 90);
    }

    #[test]
    fn there_need_be_none_and_one_that_is_wrong_is_told_with_what_would_be_right() {
        assert_eq!(read(""), Ok(Rules::default()));
        assert_eq!(read("{}"), Ok(Rules::default()));
        let table = [
            ("rules.json", "rules.json cannot be read"),
            ("{", "EOF"),
            (r#"{"threshold": [1]}"#, "/threshold unknown field `threshold`"),
            (r#"{"thresholds": 30}"#, "/thresholds"),
            (r#"{"thresholds": []}"#, "/thresholds at least one"),
            (r#"{"thresholds": [30, -1]}"#, "/thresholds whole numbers of days from 0"),
            (r#"{"actWithinDays": "30"}"#, "/actWithinDays"),
            (r#"{"actWithinDays": 4000}"#, "/actWithinDays a whole number"),
            (r#"{"unusedDays": 0}"#, "/unusedDays a whole number of days from 1"),
            (r#"{"longestDays": 0}"#, "/longestDays a whole number of days from 1"),
            (r#"{"kinds": {"password": {}}}"#, "/kinds unknown variant `password`"),
            (r#"{"kinds": {"secret": {"longestDays": 0}}}"#, "/kinds/secret/longestDays a whole number"),
            (r#"{"tags": {"lab": {"longest": 1}}}"#, "/tags/lab/longest unknown field"),
            (r#"{"tags": {"lab": {"thresholds": [9999]}}}"#, "/tags/lab/thresholds whole numbers"),
        ];
        for (text, right) in table {
            let says = read(text).unwrap_err();
            assert!(says.starts_with("ROTATE_RULES: ") && says.contains(right), "{text}: {says}");
        }
    }
}
