//! What was read for the report: the credentials that are most urgent, how many there are of everything, and what could not be
//! read.
//!
//! Owners are told with their names and addresses, since each of them is to be told of what is theirs. What is
//! [kept](Facts::kept) names nobody: an owner is an object id there.

use std::collections::BTreeMap;

use directory::credential::{Credential, Holder, Kind, Listed, Owner};
use graph::ObjectId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vault::VaultName;

use super::time::Status;
use super::verdict::Verdict;
use crate::acknowledge::Acknowledged;

/// How many owners are told at the most; of an application with more Microsoft Graph tells no others in a list.
pub(super) const OWNERS: usize = 20;
/// How much of the notes on an application is told, in characters.
const NOTES: usize = 120;

/// Everything that the report is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Facts {
    /// Whose they are, by the id of the tenant.
    pub(super) tenant: Option<String>,
    /// How much was read.
    pub(super) read: Extent,
    /// The most urgent credentials, the most urgent first.
    pub(super) rows: Vec<Row>,
    /// How many credentials there are beside.
    pub(super) left_out: i64,
    /// All of them, counted.
    pub(super) counts: Counts,
    /// Whether it was read when credentials were last used.
    pub(super) use_is_known: bool,
    /// Whether a list broke off, so that there may be more that expires.
    pub(super) broke_off: bool,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extent {
    /// Applications that the tenant registered.
    pub(super) applications: i64,
    /// Enterprise applications, those of the next two lines among them.
    pub(super) enterprise: i64,
    /// Managed identities, whose credentials Azure renews.
    pub(super) managed: i64,
    /// Microsoft's own applications.
    pub(super) microsofts: i64,
    /// Pages of both lists.
    pub(super) pages: i64,
    /// Key vaults that are named, those of them that were read, and the certificates in these.
    pub(super) vaults_named: i64,
    pub(super) vaults: i64,
    pub(super) in_vaults: i64,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unread {
    pub(super) says: String,
    pub(super) help: Option<String>,
}

/// A credential and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) app: App,
    pub(super) case: Case,
}

/// Where a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Place {
    /// An application that the tenant registered.
    Application,
    /// One that it uses.
    Enterprise,
    /// A key vault.
    Vault,
}

impl Place {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Enterprise => "enterprise application",
            Self::Vault => "key vault",
        }
    }
}

/// What has credentials: an application, or a key vault as far as one of its certificates goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct App {
    pub(super) place: Place,
    /// Its object id; a vault has none.
    pub(super) id: Option<ObjectId>,
    pub(super) app_id: Option<String>,
    pub(super) name: String,
    /// Whether anybody may sign in to it, where that is told.
    pub(super) enabled: Option<bool>,
    pub(super) audience: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) created: Option<Timestamp>,
    pub(super) created_by: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) notes: Option<String>,
    pub(super) owners: Vec<Owner>,
    /// The permissions worth stealing that it asks for.
    pub(super) risks: Vec<String>,
    /// Whether it has a federated credential; unknown, if that could not be read.
    pub(super) federated: Option<bool>,
}

/// A credential with what has to be known to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Case {
    pub(super) credential: Credential,
    /// How many others of the same application are valid now.
    pub(super) others: i64,
    /// Until when another is good that outlasts it, if there is one.
    pub(super) successor: Option<Timestamp>,
    /// Whether tokens are signed with it now, where that is told.
    pub(super) signs_now: Option<bool>,
    pub(super) last_use: LastUse,
    /// Whether it stands by: another one that ends before it is in use, and this is to take its place.
    pub(super) stands_by: bool,
    /// When the vault that it is in renews it by itself, if that is known.
    pub(super) renews: Option<Timestamp>,
    pub(super) acknowledged: Option<Acknowledged>,
}

/// When a credential was last used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum LastUse {
    /// It could not be read, or not yet.
    Unknown,
    /// No use was noted.
    Never,
    /// Then.
    At(Timestamp),
}

/// How many credentials there are, all of them counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Counts {
    /// By status and kind.
    pub(super) statuses: BTreeMap<Status, BTreeMap<Kind, i64>>,
    /// By the month of the end, such as `2026-03`, and kind; of those that have not expired.
    pub(super) months: BTreeMap<String, BTreeMap<Kind, i64>>,
    /// Of those to act on: those that have expired, that expire within a week, and later.
    pub(super) act_expired: i64,
    pub(super) act_week: i64,
    pub(super) act_later: i64,
    /// Those to watch, and all others.
    pub(super) watch: i64,
    pub(super) fine: i64,
    /// Of which somebody knows.
    pub(super) known: i64,
    /// Good for longer than the policy allows.
    pub(super) too_long: i64,
}

impl Facts {
    /// Whether all credentials were read, so that it can be said that no other expires.
    pub(super) fn is_whole(&self) -> bool {
        !self.broke_off
    }

    /// The same without personal data.
    pub(super) fn kept(mut self) -> Self {
        for Row { app, case } in &mut self.rows {
            app.notes = None;
            app.tags.retain(|tag| owner_in(tag).is_none());
            for owner in &mut app.owners {
                (owner.display_name, owner.user_principal_name, owner.mail) = (None, None, None);
            }
            if let Some(known) = &mut case.acknowledged {
                known.by = "somebody".to_owned();
                known.why = "they say why in the report that is read anew".to_owned();
            }
        }
        self
    }
}

/// Whom a mark of a vault's certificate names as its owner.
pub(super) fn owner_in(tag: &str) -> Option<&str> {
    tag.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("owner")).map(|(_, owner)| owner)
}

impl App {
    /// What is told of an application.
    pub(super) fn of(holder: &Holder, place: Place, federated: Option<bool>) -> Self {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        Self {
            place,
            id: Some(holder.id),
            app_id: holder.app_id.clone(),
            name: text(&holder.display_name).unwrap_or_else(|| holder.id.to_string()),
            enabled: holder.account_enabled,
            audience: holder.sign_in_audience.clone(),
            tags: holder.tags.clone(),
            created: holder.created_date_time,
            created_by: holder.created_by_app_id.clone(),
            reference: text(&holder.service_management_reference),
            notes: text(&holder.notes).map(|notes| notes.chars().take(NOTES).collect()),
            owners: holder.owners.iter().take(OWNERS).cloned().collect(),
            risks: super::risk::asked_by(holder),
            federated,
        }
    }

    /// What is told of a key vault that has a certificate.
    pub(super) fn vault(vault: &VaultName, listed: &Listed) -> Self {
        Self {
            place: Place::Vault,
            id: None,
            app_id: None,
            name: vault.to_string(),
            enabled: Some(listed.attributes.enabled),
            audience: None,
            tags: listed.marks(),
            created: None,
            created_by: None,
            reference: None,
            notes: None,
            owners: Vec::new(),
            risks: Vec::new(),
            federated: None,
        }
    }
}

impl Counts {
    /// Counts one credential.
    pub(super) fn count(&mut self, case: &Case, verdict: &Verdict) {
        let kind = case.credential.kind;
        *self.statuses.entry(verdict.status).or_default().entry(kind).or_default() += 1;
        if let (Some(end), false) = (case.credential.end, verdict.status == Status::Expired) {
            let month = end.strftime("%Y-%m").to_string();
            *self.months.entry(month).or_default().entry(kind).or_default() += 1;
        }
        *verdict.pile(self) += 1;
        self.known += i64::from(case.acknowledged.is_some());
        self.too_long += i64::from(verdict.is_too_long == Some(true));
    }

    /// How many are to be acted on.
    pub(super) fn act(&self) -> i64 {
        self.act_expired + self.act_week + self.act_later
    }

    /// How many there are of these statuses.
    pub(super) fn of(&self, statuses: &[Status]) -> i64 {
        let all = statuses.iter().filter_map(|status| self.statuses.get(status));
        all.flat_map(BTreeMap::values).sum()
    }

    /// How many there are in all.
    pub(super) fn all(&self) -> i64 {
        self.statuses.values().flat_map(BTreeMap::values).sum()
    }
}
