//! The directory itself: objects, relations, licences, domains, policies.
//!
//! Everything a request may change is in here, behind one lock, so that a request is one transaction. Rules about what
//! may be changed are not here but beside the routes that refuse.

pub(crate) mod belongings;
pub(crate) mod changes;
pub(crate) mod credential;
pub(crate) mod definitions;
pub(crate) mod drive;
pub(crate) mod export;
pub(crate) mod index;
pub(crate) mod licence;
pub(crate) mod links;
pub(crate) mod mailbox;
pub(crate) mod object;
pub(crate) mod policy;
pub(crate) mod propagation;
pub(crate) mod store;
pub(crate) mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use credential::{Credentials, Held};
use drive::{Drive, Sharing};
pub(crate) use index::Field;
pub(crate) use licence::{Plan, Sku};
use links::Turn;
pub(crate) use links::{Link, Links};
pub(crate) use mailbox::{Mailbox, MailboxKind, Mailboxes, Moment};
pub(crate) use object::{Holding, Kind, Object};
use policy::AppPolicy;
use propagation::{Propagation, Use};
use store::Store;

use crate::ids::Chance;
use crate::lag::{From, Lag, View, Visible};
use crate::licensing::{self, Waiting};
use crate::vault::state::Vaults;

/// How long what was deleted, or lost its licence, can be brought back.
pub(crate) const KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// A domain of the organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Domain {
    pub(crate) id: String,
    /// `Managed` or `Federated`.
    pub(crate) authentication_type: String,
    pub(crate) is_default: bool,
    pub(crate) is_initial: bool,
    pub(crate) is_verified: bool,
}

/// What the organisation allows about Temporary Access Passes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PassPolicy {
    /// `enabled` or `disabled`.
    pub(crate) state: String,
    pub(crate) is_usable_once: bool,
    pub(crate) minimum_lifetime_in_minutes: i64,
    pub(crate) maximum_lifetime_in_minutes: i64,
    pub(crate) default_lifetime_in_minutes: i64,
    pub(crate) default_length: i64,
}

/// A Temporary Access Pass. Its text is told once and not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Pass {
    pub(crate) id: Uuid,
    pub(crate) created_date_time: String,
    pub(crate) start_date_time: String,
    pub(crate) lifetime_in_minutes: i64,
    pub(crate) is_usable_once: bool,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Sent {
    pub(crate) from: Uuid,
    pub(crate) sent_date_time: Moment,
    pub(crate) saved_to_sent_items: bool,
    /// As Microsoft Graph has it.
    pub(crate) message: Value,
}

/// The directory.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) tenant_id: Uuid,
    /// What `GET /organization` tells beyond the domains.
    pub(crate) organization: BTreeMap<String, Value>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) skus: Vec<Sku>,
    pub(crate) pass_policy: PassPolicy,
    pub(crate) passes: BTreeMap<Uuid, Pass>,
    /// Registered authentication methods beyond password and pass, by user.
    pub(crate) methods: BTreeMap<Uuid, Vec<Value>>,
    /// Which of them a user is asked for first, by user.
    pub(crate) default_methods: BTreeMap<Uuid, String>,
    /// Every OneDrive there is, by its owner.
    pub(crate) drives: BTreeMap<Uuid, Drive>,
    pub(crate) sharing: Sharing,
    pub(crate) mailboxes: Mailboxes,
    /// Key vaults, which are no part of the directory but change with it.
    pub(crate) vaults: Vaults,
    /// Mail that was sent, the oldest first.
    pub(crate) sent: Vec<Sent>,
    /// What the organisation allows about credentials of applications.
    pub(crate) app_policy: AppPolicy,
    /// Who knows of which credential by now.
    pub(crate) propagation: Propagation,
    /// Whose inherited licences have yet to follow.
    pub(crate) licensing: Waiting,
    pub(crate) store: Store,
    pub(crate) links: Links,
    pub(crate) chance: Chance,
    /// The time of the request at hand, in milliseconds since 1970.
    pub(crate) now_ms: i64,
    lag: Lag,
    /// Service principals of applications that were registered with the control: no part of a state.
    pub(crate) registered: BTreeSet<Uuid>,
    /// Which directory this is of all that were loaded; tokens of another are worth nothing.
    pub(crate) era: u64,
}

impl Directory {
    pub(crate) fn empty(tenant_id: Uuid) -> Self {
        Self {
            tenant_id,
            organization: BTreeMap::new(),
            domains: Vec::new(),
            skus: Vec::new(),
            pass_policy: PassPolicy {
                state: "enabled".into(),
                is_usable_once: false,
                minimum_lifetime_in_minutes: 60,
                maximum_lifetime_in_minutes: 480,
                default_lifetime_in_minutes: 60,
                default_length: 8,
            },
            passes: BTreeMap::new(),
            methods: BTreeMap::new(),
            default_methods: BTreeMap::new(),
            drives: BTreeMap::new(),
            sharing: Sharing { invites_on_root: true },
            mailboxes: Mailboxes::default(),
            vaults: Vaults::default(),
            sent: Vec::new(),
            app_policy: AppPolicy::default(),
            propagation: Propagation::default(),
            licensing: Waiting::default(),
            store: Store::default(),
            links: Links::default(),
            chance: Chance::new(1),
            now_ms: 0,
            lag: Lag::new(Duration::ZERO),
            registered: BTreeSet::new(),
            era: 0,
        }
    }

    /// Changes from now on take this long to be seen everywhere.
    pub(crate) fn set_lag(&mut self, lag: Duration) {
        self.lag = Lag::new(lag);
    }

    /// Time passes: licences follow groups, and what was deleted thirty days ago is gone for good ("Restore or remove a
    /// recently deleted user").
    pub(crate) fn pass_time(&mut self, now_ms: i64) {
        licensing::catch_up(self, now_ms);
        self.now_ms = now_ms;
        self.vaults.pass_time(now_ms);
        while let Some(id) = self.store.deleted_by(now_ms - KEPT_MS) {
            self.purge(id);
        }
    }

    /// The truth, now.
    pub(crate) fn truth(&self) -> View {
        View { from: From::Primary, now_ms: self.now_ms }
    }

    /// A live object as the primary knows it.
    pub(crate) fn live(&self, id: Uuid) -> Option<&Arc<Object>> {
        self.store.live(id, self.truth())
    }

    /// A copy of a live object to change and [`put`](Self::put) back.
    pub(crate) fn edit(&self, id: Uuid) -> Option<Object> {
        self.live(id).map(|object| Object::clone(object))
    }

    pub(crate) fn put(&mut self, object: Object) {
        self.follow(&object);
        let visible = self.delays();
        self.store.put(object, visible, self.now_ms);
    }

    /// Shows a registered application as a service principal, at once and to everybody.
    pub(crate) fn enlist(&mut self, principal: Object) {
        self.registered.insert(principal.id);
        if self.store.truth(principal.id).is_none() {
            self.store.put(principal, None, self.now_ms);
        }
    }

    /// Makes a registered application an owner, at once and for everybody.
    pub(crate) fn enlist_owner(&mut self, object: Uuid, owner: Uuid) {
        let turn = Turn { present: true, number: 0, visible: None };
        self.links.set(Link::Owner, (object, owner), turn, self.now_ms);
    }

    /// Replaces the credentials of an object, which are known to whoever issues tokens a while later.
    pub(crate) fn set_credentials(&mut self, mut object: Object, credentials: Credentials) {
        self.propagation.follow(object.id, &object.credentials, &credentials, self.now_ms);
        object.credentials = credentials;
        self.put(object);
    }

    /// Live objects of a kind with an application id.
    pub(crate) fn of_app(&self, kind: Kind, app_id: &str) -> Option<&Arc<Object>> {
        let found = self.store.index.find(Field::AppId, app_id);
        found.into_iter().filter_map(|id| self.live(id)).find(|object| object.kind == kind)
    }

    /// Every credential that was used and is still there, with whose it is and its last use, in the order of ids from one
    /// on.
    pub(crate) fn credential_uses(&self, after: Option<Uuid>) -> impl Iterator<Item = (&Object, Held, &Use)> {
        self.propagation.uses(after).filter_map(|last| {
            let object = self.live(last.object_id)?;
            let held = object.credentials.held().find(|held| held.key_id == last.key_id)?;
            Some((&**object, held, last))
        })
    }

    /// Takes an object away for good, and everything that pointed at it.
    pub(crate) fn purge(&mut self, id: Uuid) {
        for (link, from, to) in self.links.of(id) {
            self.unlink(link, from, to);
        }
        self.passes.remove(&id);
        self.methods.remove(&id);
        self.default_methods.remove(&id);
        self.drives.remove(&id);
        for drive in self.drives.values_mut() {
            drive.permissions.retain(|given| given.user != id);
        }
        self.assigned_to(id).into_iter().for_each(|assigned| self.purge(assigned));
        self.mailboxes.write(id, None, None, self.now_ms);
        let visible = self.delays();
        self.store.purge(id, visible, self.now_ms);
    }

    /// Assignments, grants and eligibilities that name an object.
    fn assigned_to(&self, id: Uuid) -> Vec<Uuid> {
        const KINDS: [Kind; 4] =
            [Kind::AppRoleAssignment, Kind::PermissionGrant, Kind::RoleAssignment, Kind::RoleEligibility];
        let id = id.to_string();
        let names = |object: &Object| {
            ["principalId", "resourceId", "clientId"].iter().any(|end| object.text(end) == Some(&id))
        };
        let all = KINDS.into_iter().flat_map(|kind| self.store.ordered(kind, None, self.truth()));
        all.filter(|(_, object)| names(object)).map(|(_, object)| object.id).collect()
    }

    pub(crate) fn link(&mut self, link: Link, from: Uuid, to: Uuid) {
        self.relate(link, from, to, true);
    }

    pub(crate) fn unlink(&mut self, link: Link, from: Uuid, to: Uuid) {
        self.relate(link, from, to, false);
    }

    fn relate(&mut self, link: Link, from: Uuid, to: Uuid, present: bool) {
        let visible = self.delays();
        let is_news = link.is_tracked() && self.links.holds(link, from, to) != present;
        let number = if is_news { self.store.changes.next(visible, Vec::new(), self.now_ms) } else { 0 };
        self.links.set(link, (from, to), Turn { present, number, visible }, self.now_ms);
    }

    /// Whether changes take a while to be seen.
    pub(crate) fn is_late(&self) -> bool {
        self.lag.is_any()
    }

    pub(crate) fn delays(&mut self) -> Option<Visible> {
        self.lag.delays(self.now_ms)
    }

    /// Live targets of a relation, as somebody sees them.
    pub(crate) fn targets(&self, link: Link, from: Uuid, view: View) -> Vec<Arc<Object>> {
        self.alive(self.links.targets(link, from, view), view)
    }

    /// Live sources of a relation, as somebody sees them.
    pub(crate) fn sources(&self, link: Link, to: Uuid, view: View) -> Vec<Arc<Object>> {
        self.alive(self.links.sources(link, to, view), view)
    }

    /// Everything somebody belongs to, groups within groups included.
    pub(crate) fn transitive_sources(&self, id: Uuid, view: View) -> Vec<Arc<Object>> {
        self.reach(id, |at| self.sources(Link::Member, at, view))
    }

    /// Everybody who belongs to something, members of member groups included.
    pub(crate) fn transitive_targets(&self, id: Uuid, view: View) -> Vec<Arc<Object>> {
        self.reach(id, |at| self.targets(Link::Member, at, view))
    }

    fn reach(&self, start: Uuid, next: impl Fn(Uuid) -> Vec<Arc<Object>>) -> Vec<Arc<Object>> {
        let (mut found, mut open): (BTreeMap<Uuid, Arc<Object>>, Vec<Uuid>) = (BTreeMap::new(), vec![start]);
        while let Some(at) = open.pop() {
            for object in next(at) {
                if object.id != start && !found.contains_key(&object.id) {
                    open.push(object.id);
                    found.insert(object.id, object);
                }
            }
        }
        found.into_values().collect()
    }

    fn alive(&self, ids: BTreeSet<Uuid>, view: View) -> Vec<Arc<Object>> {
        ids.into_iter().filter_map(|id| self.store.live(id, view).cloned()).collect()
    }

    pub(crate) fn initial_domain(&self) -> &str {
        let initial = self.domains.iter().find(|domain| domain.is_initial);
        initial.map_or("contoso.onmicrosoft.com", |domain| domain.id.as_str())
    }

    pub(crate) fn default_domain(&self) -> &str {
        let default = self.domains.iter().find(|domain| domain.is_default);
        default.map_or_else(|| self.initial_domain(), |domain| domain.id.as_str())
    }
}
