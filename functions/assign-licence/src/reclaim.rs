//! Reclaiming: takes licences from accounts that nobody uses any more.
//!
//! An account is unused since somebody last signed in, by themselves or by an app of theirs; where nobody ever has, since it
//! was made ("signInActivity resource type": what is older than April 2020 is not there). Taken is only what an account holds
//! directly, and no licence that a mailbox hangs on unless that is asked for. When an account was blocked the directory does
//! not tell, so of a blocked one it is the last sign-in that counts, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use directory::account::Account;
use directory::licence::{self, Sku};
use directory::look;
use futures_util::TryStreamExt;
use graph::{Error, Graph, Path, Request, SkuId, odata};
use host::{Wrong, strict};
use jiff::{SignedDuration, Timestamp};
use plan::{Finding, Flaw, Sweep, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::named;
use crate::request::Assignment;
use crate::rules::{AT_A_TIME, Differs, SELECT, blocked, plans, unreadable};

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

fn most() -> usize {
    25
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
        let flaws = [
            flaw(self.licences.is_empty(), "/licences", "at least one licence"),
            flaw(nobody, "/inactiveDays", "from whom: inactiveDays, blockedDays, or both"),
            flaw(
                self.inactive_days == Some(0),
                "/inactiveDays",
                "at least 1: with 0 it would be from everybody",
            ),
            flaw(self.most == 0, "/most", "at least 1"),
        ];
        flaws.into_iter().flatten().collect()
    }

    /// Whether it matters when somebody last signed in.
    fn looks_at_sign_ins(&self) -> bool {
        self.inactive_days.is_some() || self.blocked_days.is_some_and(|days| days > 0)
    }

    /// Whether an account of this kind, unused since then, has its licences taken.
    fn is_due(&self, is_blocked: bool, unused: Option<Timestamp>, now: Timestamp) -> bool {
        let days = if is_blocked { self.blocked_days } else { self.inactive_days };
        let passed = |since: Timestamp| now.duration_since(since);
        days.is_some_and(|days| {
            days == 0
                || unused
                    .is_some_and(|since| passed(since) >= SignedDuration::from_hours(24 * i64::from(days)))
        })
    }
}

/// Finds the accounts that hold one of the licences and do not use it.
pub(crate) async fn sweep(want: &Reclaim, tenant: &Tenant) -> Result<Sweep<Assignment>, Error> {
    let (graph, now) = (&tenant.graph, tenant.clock.now());
    let skus: Arc<[Sku]> = look::list(licence::bought(), graph).await?.into();
    let (mut named, mut wrong) = (Vec::new(), Vec::new());
    for (at, name) in want.licences.iter().enumerate() {
        match named::sku(&skus, name, &format!("/licences/{at}")) {
            Ok(sku) => named.push(sku.sku_id),
            Err(finding) => wrong.push(finding),
        }
    }
    if !wrong.is_empty() {
        return Ok(blocked(wrong));
    }
    let looked = look_at_holders(want, &named, now, graph).await?;
    let told = Finding::note(
        "looked",
        format!("accounts that hold one of them, and were looked at: {}", looked.accounts),
    );
    let findings = [Some(told), looked.by_group()].into_iter().flatten().collect();
    let more = looked.more;
    let cases = plans(looked.in_order(), BTreeMap::new(), &skus, tenant).await?;
    Ok(Sweep { cases, more, most: want.most, findings, mark: Value::Null })
}

/// Who was looked at.
#[derive(Default)]
struct Looked {
    accounts: usize,
    /// How many are unused, and hold by a group what they hold.
    by_group: usize,
    /// Each with the time since when it is unused.
    unused: Vec<(Option<Timestamp>, Differs)>,
    more: usize,
}

impl Looked {
    fn at(&mut self, account: Account, want: &Reclaim, skus: &[SkuId], now: Timestamp) {
        self.accounts += 1;
        let unused = unused_since(&account);
        if !want.is_due(account.account_enabled == Some(false), unused, now) {
            return;
        }
        let direct: BTreeSet<&SkuId> =
            skus.iter().filter(|sku| account.direct_licence(sku).is_some()).collect();
        if direct.is_empty() {
            self.by_group += 1;
        } else if self.unused.len() == AT_A_TIME {
            self.more += 1;
        } else {
            let remove = direct.into_iter().map(ToString::to_string).collect();
            let give_up_mailbox = want.give_up_mailbox;
            let want = Assignment { remove, give_up_mailbox, ..Assignment::of(account.id.to_string()) };
            self.unused.push((unused, Differs { rank: 0, account, want }));
        }
    }

    /// Whoever has been unused for longest comes first.
    fn in_order(mut self) -> Vec<Differs> {
        self.unused.sort_by_key(|(since, one)| (*since, one.account.id));
        self.unused.into_iter().map(|(_, one)| one).collect()
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
async fn look_at_holders(
    want: &Reclaim,
    skus: &[SkuId],
    now: Timestamp,
    graph: &Graph,
) -> Result<Looked, Error> {
    let mut looked = Looked::default();
    let mut holders = std::pin::pin!(graph.pages(holders(want, skus)));
    while let Some(user) = holders.try_next().await? {
        let account: Account = serde_json::from_value(user).map_err(unreadable)?;
        looked.at(account, want, skus, now);
    }
    Ok(looked)
}

/// A page is smaller where it tells of sign-ins (Microsoft Graph, "List users").
fn holders(want: &Reclaim, skus: &[SkuId]) -> Request {
    let any = odata::or(skus.iter().map(|sku| format!("assignedLicenses/any(l:l/skuId eq {sku})")));
    let users = Request::get(Path::new("/users")).filter(&any);
    match want.looks_at_sign_ins() {
        true => users.select(&[SELECT, &["signInActivity"]].concat()).query("$top", "500"),
        false => users.select(SELECT).query("$top", "999"),
    }
}

/// When it was last used; when it was made, if never. Nothing, if neither is known: then it is not taken for unused.
fn unused_since(account: &Account) -> Option<Timestamp> {
    const TIMES: [&str; 3] =
        ["lastSignInDateTime", "lastNonInteractiveSignInDateTime", "lastSuccessfulSignInDateTime"];
    let activity = account.rest.get("signInActivity");
    let times = TIMES.iter().filter_map(|name| activity?.get(name)?.as_str()?.parse().ok());
    times.max().or(account.created_date_time)
}
