//! Reclaiming: takes licences from accounts that nobody uses any more.
//!
//! An account is unused since somebody last signed in, by themselves or by an app of theirs; where nobody ever has, since it
//! was made ("signInActivity resource type": what is older than April 2020 is not there). Taken is only what an account holds
//! directly, and no licence that a mailbox hangs on unless that is asked for. When an account was blocked the directory does
//! not tell, so of a blocked one it is the last sign-in that counts, too.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::account::{Account, SignIns};
use directory::licence::{self, Sku};
use directory::look;
use directory::product;
use futures_util::TryStreamExt;
use graph::{Error, Path, Request, SkuId, odata};
use host::{Wrong, strict};
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Flaw, Sweep, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flaws::{SKU, blanks};
use crate::many::{Differs, Queue, SELECT, blocked, most, plans, unreadable};
use crate::request::Assignment;

/// How many licences can be asked about at once: Microsoft Graph takes so many operands of `or` (seen in the field).
const AT_ONCE: usize = 15;

/// From whom which licences are taken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reclaim {
    /// The licences, by part number, id or product name.
    pub licences: Vec<String>,
    /// From accounts that may not sign in, and have not been used for so many days; 0: however recently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_days: Option<u32>,
    /// From accounts that may sign in, and have not been used for so many days: at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactive_days: Option<u32>,
    /// How many accounts may be changed at once unless just that was approved.
    #[serde(default = "most")]
    pub most: usize,
    /// Whether a licence may go that a mailbox hangs on. Without one it is disconnected, and lost after 30 days.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub give_up_mailbox: bool,
}

impl Reclaim {
    /// What the body of a call asks.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(body: Option<&[u8]>) -> Result<Self, Wrong> {
        let body =
            body.ok_or_else(|| Wrong::Body(vec![Flaw::at("", "say which licences, and from whom")]))?;
        let want: Self = strict(body).map_err(|flaw| Wrong::Body(vec![flaw]))?;
        let flaws = want.flaws();
        if flaws.is_empty() { Ok(want) } else { Err(Wrong::Body(flaws)) }
    }

    fn flaws(&self) -> Vec<Flaw> {
        let flaw = |is: bool, field: &str, says: &str| is.then(|| Flaw::at(field, says));
        let nobody = self.blocked_days.is_none() && self.inactive_days.is_none();
        let everybody = self.inactive_days == Some(0);
        let flaws = [
            flaw(self.licences.is_empty(), "/licences", "at least one licence"),
            flaw(self.licences.len() > AT_ONCE, "/licences", "at most 15 licences at once"),
            flaw(nobody, "/inactiveDays", "from whom: inactiveDays, blockedDays, or both"),
            flaw(everybody, "/inactiveDays", "at least 1: with 0 it would be from everybody"),
            flaw(self.most == 0, "/most", "at least 1"),
        ];
        flaws.into_iter().flatten().chain(blanks("/licences", &self.licences, SKU)).collect()
    }

    /// Whether it matters when somebody last signed in.
    fn looks_at_sign_ins(&self) -> bool {
        self.inactive_days.is_some() || self.blocked_days.is_some_and(|days| days > 0)
    }

    /// Whether an account of this kind, unused since then, has its licences taken.
    fn is_due(&self, is_blocked: bool, unused: Option<Timestamp>, now: Timestamp) -> bool {
        match if is_blocked { self.blocked_days } else { self.inactive_days } {
            None => false,
            Some(0) => true,
            Some(days) => {
                let days = SignedDuration::from_hours(24 * i64::from(days));
                unused.is_some_and(|since| now.duration_since(since) >= days)
            }
        }
    }
}

/// Finds the accounts that hold one of the licences and do not use it.
pub(crate) async fn sweep(want: &Reclaim, tenant: &Tenant) -> Result<Sweep<Assignment>, Error> {
    let skus: Arc<[Sku]> = look::list(licence::bought(), &tenant.graph).await?.into();
    let named = match product::all_wanted(&skus, &want.licences, "/licences") {
        Ok(named) => named,
        Err(wrong) => return Ok(blocked(wrong)),
    };
    let looked = look_at_holders(want, &named, tenant).await?;
    let findings = [Some(looked.told()), looked.by_group()].into_iter().flatten().collect();
    let more = looked.unused.behind();
    let cases = plans(looked.unused.in_order(), BTreeMap::new(), &skus, tenant).await?;
    Ok(Sweep { cases, more, most: want.most, findings, mark: Value::Null })
}

/// Who was looked at.
#[derive(Default)]
struct Looked {
    accounts: usize,
    /// How many are unused, and hold by a group what they hold.
    by_group: usize,
    /// Whoever has been unused for longest comes first.
    unused: Queue<Option<Timestamp>>,
}

impl Looked {
    fn at(&mut self, account: Account, want: &Reclaim, skus: &[SkuId], now: Timestamp) -> Result<(), Error> {
        self.accounts += 1;
        let unused = unused_since(&account)?;
        if want.is_due(account.account_enabled == Some(false), unused, now) {
            self.found(account, unused, want, skus);
        }
        Ok(())
    }

    /// Somebody who does not use what they hold.
    fn found(&mut self, account: Account, unused: Option<Timestamp>, want: &Reclaim, skus: &[SkuId]) {
        let direct = skus.iter().filter(|sku| account.direct_licence(sku).is_some());
        let remove: Vec<String> = direct.map(ToString::to_string).collect();
        if remove.is_empty() {
            self.by_group += 1;
            return;
        }
        let give_up_mailbox = want.give_up_mailbox;
        let want = Assignment { remove, give_up_mailbox, ..Assignment::of(account.id.to_string()) };
        self.unused.add(unused, Differs { account, want, why: why(unused) });
    }

    fn told(&self) -> Finding {
        let says = format!("accounts that hold one of them, and were looked at: {}", self.accounts);
        Finding::note("looked", says)
    }

    fn by_group(&self) -> Option<Finding> {
        let says = format!(
            "unused accounts that hold it by a group only, which they would have to leave: {}",
            self.by_group
        );
        (self.by_group > 0).then(|| Finding::left("licence-of-group", says))
    }
}

/// All accounts that hold one of these SKUs, page by page.
async fn look_at_holders(want: &Reclaim, skus: &[SkuId], tenant: &Tenant) -> Result<Looked, Error> {
    let (mut looked, now) = (Looked::default(), tenant.clock.now());
    let mut holders = std::pin::pin!(tenant.graph.pages(holders(want, skus)));
    while let Some(user) = holders.try_next().await? {
        let account: Account = serde_json::from_value(user).map_err(unreadable)?;
        looked.at(account, want, skus, now)?;
    }
    Ok(looked)
}

/// A page is smaller where it tells of sign-ins (Microsoft Graph, "List users").
fn holders(want: &Reclaim, skus: &[SkuId]) -> Request {
    let users = Request::get(Path::new("/users")).filter(&odata::or(skus.iter().map(odata::holds_sku)));
    match want.looks_at_sign_ins() {
        true => users.select(&[SELECT, &["signInActivity"]].concat()).query("$top", "500"),
        false => users.select(SELECT).query("$top", "999"),
    }
}

fn why(unused: Option<Timestamp>) -> Finding {
    let since = unused.map_or_else(|| "nobody knows when".to_owned(), |since| since.to_string());
    Finding::note("unused", format!("last used, or made and never used: {since}"))
}

/// When it was last used; when it was made, if never. Nothing, if neither is known: then it is not taken for unused.
fn unused_since(account: &Account) -> Result<Option<Timestamp>, Error> {
    let activity = account.rest.get("signInActivity").cloned().unwrap_or_default();
    let activity: Option<SignIns> = serde_json::from_value(activity).map_err(unreadable)?;
    Ok(SignIns::unused_since(activity.as_ref(), account.created_date_time))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VISIO: &str = "c5928f49-12ba-48f7-ada3-0d743a3601d5";
    const E3: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
    const NOW: &str = "2026-03-31T08:00:00Z";

    fn want(more: Value) -> Reclaim {
        let mut want = json!({"licences": ["VISIOCLIENT"]});
        want.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        serde_json::from_value(want).unwrap()
    }

    /// Adele Vance, who holds VISIOCLIENT and was made in 2025.
    fn adele(more: Value) -> Account {
        let mut account = json!({
            "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "AdeleV@contoso.com",
            "accountEnabled": true, "createdDateTime": "2025-01-01T00:00:00Z",
            "licenseAssignmentStates": [{"skuId": VISIO, "state": "Active"}],
        });
        account.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        serde_json::from_value(account).unwrap()
    }

    fn look(want: &Reclaim, account: Account) -> Looked {
        let mut looked = Looked::default();
        let skus = [VISIO, E3].map(|id| id.parse().unwrap());
        looked.at(account, want, &skus, NOW.parse().unwrap()).unwrap();
        looked
    }

    fn last(at: &str) -> Value {
        json!({"signInActivity": {"lastSignInDateTime": at}})
    }

    #[test]
    fn a_licence_is_taken_from_whoever_has_not_used_the_account_for_so_many_days() {
        let thirty = || want(json!({"inactiveDays": 30}));
        let table = [
            ("30 days to the second", thirty(), last("2026-03-01T08:00:00Z"), true),
            ("a second less", thirty(), last("2026-03-01T08:00:01Z"), false),
            ("long ago", thirty(), last("2025-06-01T08:00:00Z"), true),
            ("in the future, by a clock that is fast", thirty(), last("2026-04-01T08:00:00Z"), false),
            (
                "an app did in their name",
                thirty(),
                json!({"signInActivity": {"lastSignInDateTime": "2025-06-01T08:00:00Z", "lastNonInteractiveSignInDateTime": "2026-03-30T08:00:00Z"}}),
                false,
            ),
            (
                "the last success is the latest of all",
                thirty(),
                json!({"signInActivity": {"lastSignInDateTime": null, "lastSuccessfulSignInDateTime": "2026-03-30T08:00:00Z"}}),
                false,
            ),
            ("never, and made long ago", thirty(), json!({}), true),
            (
                "never, and made yesterday",
                thirty(),
                json!({"createdDateTime": "2026-03-30T08:00:00Z"}),
                false,
            ),
            ("never, and nobody knows when it was made", thirty(), json!({"createdDateTime": null}), false),
        ];
        for (name, want, who, taken) in table {
            assert_eq!(!look(&want, adele(who)).unused.in_order().is_empty(), taken, "{name}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_read_is_an_error_and_not_never() {
        assert!(unused_since(&adele(last("yesterday"))).is_err());
    }

    #[test]
    fn blocked_accounts_have_days_of_their_own() {
        let blocked = |at: &str| {
            let mut who = last(at);
            who["accountEnabled"] = json!(false);
            who
        };
        let (long_ago, yesterday) = ("2025-06-01T08:00:00Z", "2026-03-30T08:00:00Z");
        let table = [
            ("blocked, long unused", json!({"blockedDays": 30}), blocked(long_ago), true),
            ("blocked, used yesterday", json!({"blockedDays": 30}), blocked(yesterday), false),
            ("blocked, however recently used", json!({"blockedDays": 0}), blocked(yesterday), true),
            (
                "blocked, and nothing is known of it",
                json!({"blockedDays": 0}),
                json!({"accountEnabled": false, "createdDateTime": null}),
                true,
            ),
            ("blocked, and not asked for", json!({"inactiveDays": 30}), blocked(long_ago), false),
            ("not blocked, and not asked for", json!({"blockedDays": 0}), last(long_ago), false),
            (
                "not blocked, with days for both",
                json!({"blockedDays": 0, "inactiveDays": 30}),
                last(yesterday),
                false,
            ),
            (
                "nobody knows whether it is blocked",
                json!({"blockedDays": 0}),
                json!({"accountEnabled": null}),
                false,
            ),
        ];
        for (name, days, who, taken) in table {
            assert_eq!(!look(&want(days), adele(who)).unused.in_order().is_empty(), taken, "{name}");
        }
    }

    #[test]
    fn what_is_held_directly_is_taken_and_what_comes_by_a_group_is_told() {
        let group = "00000000-0000-4000-8000-000000000007";
        let direct = |sku: &str| json!({"skuId": sku, "state": "Active"});
        let by_group = |sku: &str| json!({"skuId": sku, "state": "Active", "assignedByGroup": group});
        let table: [(&str, Value, &[&str], usize); 4] = [
            ("directly", json!([direct(VISIO)]), &[VISIO], 0),
            ("both of two", json!([direct(E3), direct(VISIO)]), &[VISIO, E3], 0),
            ("by a group", json!([by_group(VISIO)]), &[], 1),
            ("one so, one so", json!([by_group(VISIO), direct(E3)]), &[E3], 0),
        ];
        for (name, states, taken, by_group) in table {
            let looked =
                look(&want(json!({"inactiveDays": 30})), adele(json!({"licenseAssignmentStates": states})));
            assert_eq!(looked.by_group, by_group, "{name}");
            let removed: Vec<String> =
                looked.unused.in_order().into_iter().flat_map(|one| one.want.remove).collect();
            assert_eq!(removed, taken, "{name}");
        }
    }

    #[test]
    fn the_mailbox_goes_only_if_that_was_said() {
        for (said, given_up) in [(json!({}), false), (json!({"giveUpMailbox": true}), true)] {
            let mut days = json!({"inactiveDays": 30});
            days.as_object_mut().unwrap().extend(said.as_object().cloned().unwrap());
            let asked = look(&want(days), adele(json!({}))).unused.in_order();
            assert_eq!(asked[0].want.give_up_mailbox, given_up);
        }
    }

    #[test]
    fn sign_ins_are_read_only_where_they_matter_and_then_on_smaller_pages() {
        let table = [
            (json!({"blockedDays": 0}), false),
            (json!({"blockedDays": 1}), true),
            (json!({"inactiveDays": 30, "blockedDays": 0}), true),
        ];
        for (days, matters) in table {
            let asked = format!("{:?}", holders(&want(days.clone()), &[VISIO.parse().unwrap()]));
            assert_eq!(
                (asked.contains("signInActivity"), asked.contains("500")),
                (matters, matters),
                "{days}"
            );
        }
    }
}
