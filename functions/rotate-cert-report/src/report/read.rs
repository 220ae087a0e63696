//! How it is read: applications and enterprise applications page by page, with their owners, and when credentials were used.
//!
//! A list that breaks off is told as far as it went, and at the top of the report that it broke off: that something expires is
//! worth knowing although not everything is known, and that nothing else does is then said by nobody.

use std::collections::{BTreeSet, HashMap, HashSet};

use directory::credential::{self, Holder};
use futures_util::TryStreamExt;
use graph::{Error, Graph, ObjectId, Refusal, Request};
use jiff::Timestamp;
use plan::Tenant;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vault::VaultName;

use super::facts::{Facts, LastUse, Place, Row, Unread};
use super::keep::Keep;
use super::vaults;

/// Why a list was not read to its end.
struct Broken {
    /// How many items were read by then.
    after: i64,
    error: Error,
}

/// What was read of a list.
#[derive(Default)]
struct Seen {
    items: i64,
    pages: i64,
    /// Items that do not have the shape they should have.
    odd: i64,
    /// Why not all of it was read.
    broken: Option<Broken>,
}

/// Reads everything. Without either list there is no report; everything else may be missing, and is told.
pub(super) async fn everything(
    tenant: &Tenant,
    vaults: &BTreeSet<VaultName>,
    mut keep: Keep<'_>,
    asks_for_uses: bool,
) -> Result<Facts, Error> {
    let (mut facts, graph) = (Facts::default(), &tenant.graph);
    lists(graph, &mut keep, &mut facts).await?;
    vaults::look(tenant, vaults, &mut keep, &mut facts).await;
    (facts.rows, facts.left_out) = keep.take_rows();
    vaults::renewals(tenant, &mut keep, &mut facts).await;
    if asks_for_uses {
        match uses(graph, &mut keep, &mut facts.rows).await {
            Ok(()) => facts.use_is_known = true,
            Err(broken) => facts.unread.push(broken.uses()),
        }
    }
    facts.counts = keep.counts;
    Ok(facts)
}

/// Reads both lists, and looks at what is in them.
async fn lists(graph: &Graph, keep: &mut Keep<'_>, facts: &mut Facts) -> Result<(), Error> {
    let federated = federated(graph).await;
    let has = |id: &ObjectId| federated.as_ref().ok().map(|federated| federated.contains(id));
    let applications = each(graph, credential::of_applications(), |holder: &Holder| {
        keep.look(holder, Place::Application, has(&holder.id));
    })
    .await;
    let extent = &mut facts.read;
    let enterprise = each(graph, credential::of_service_principals(), |holder: &Holder| {
        match (holder.is_managed_identity(), holder.is_microsofts()) {
            (true, _) => extent.managed += 1,
            (_, true) => extent.microsofts += 1,
            _ => keep.look(holder, Place::Enterprise, None),
        }
    })
    .await;
    if let (Some(error), Some(_)) = (applications.nothing_for(), enterprise.nothing_for()) {
        return Err(error.clone());
    }
    (extent.applications, extent.enterprise) = (applications.items, enterprise.items);
    extent.pages = applications.pages + enterprise.pages;
    facts.broke_off = !applications.is_whole() || !enterprise.is_whole();
    facts.unread.extend(applications.unread("Applications"));
    facts.unread.extend(enterprise.unread("Enterprise applications"));
    let unknown =
        |broken: Broken| broken.told("Which applications have federated credentials could not be read");
    facts.unread.extend(federated.err().map(unknown));
    Ok(())
}

impl Seen {
    fn look<T: DeserializeOwned>(&mut self, page: Vec<Value>, look: &mut impl FnMut(&T)) {
        self.pages += 1;
        for item in page {
            self.items += 1;
            match serde_json::from_value(item) {
                Ok(item) => look(&item),
                Err(_) => self.odd += 1,
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.broken.is_none() && self.odd == 0
    }

    /// Why nothing at all was read.
    fn nothing_for(&self) -> Option<&Error> {
        self.broken.as_ref().filter(|_| self.items == 0).map(|broken| &broken.error)
    }

    /// What is missing.
    fn unread(&self, what: &str) -> impl Iterator<Item = Unread> {
        let odd = (self.odd > 0).then(|| Unread {
            says: format!("{what}: {} came in a shape that nobody knows, and are missing here.", self.odd),
            help: None,
        });
        let broken =
            self.broken.as_ref().map(|broken| broken.told(&format!("{what} could not be read to the end")));
        broken.into_iter().chain(odd)
    }
}

/// The applications that have federated credentials.
async fn federated(graph: &Graph) -> Result<HashSet<ObjectId>, Broken> {
    #[derive(Deserialize)]
    struct Identified {
        id: ObjectId,
    }
    let mut all = HashSet::new();
    let seen = each(graph, credential::federated(), |one: &Identified| {
        all.insert(one.id);
    })
    .await;
    seen.broken.map_or(Ok(all), Err)
}

/// Takes down when credentials were last used; of those that are kept alone. If not all could be read, nothing is known.
async fn uses(graph: &Graph, keep: &mut Keep<'_>, rows: &mut [Row]) -> Result<(), Broken> {
    let wanted: HashSet<String> = rows.iter().map(|row| row.case.credential.key_id.clone()).collect();
    let mut noted: HashMap<String, Timestamp> = HashMap::new();
    let seen = each(graph, credential::last_used(), |used: &credential::LastUse| {
        if let (Some(at), true) = (used.at(), wanted.contains(&used.key_id)) {
            noted.insert(used.key_id.clone(), at);
        }
    })
    .await;
    if let Some(broken) = seen.broken {
        return Err(broken);
    }
    let of = |row: &Row| noted.get(&row.case.credential.key_id).copied();
    let used: HashMap<Option<ObjectId>, Vec<Timestamp>> =
        rows.iter().filter(|row| of(row).is_some()).fold(HashMap::new(), |mut used, row| {
            used.entry(row.app.id).or_insert_with(Vec::new).extend(row.case.credential.end);
            used
        });
    for row in rows.iter_mut().filter(|row| row.case.credential.kind.signs_in()) {
        let ends = used.get(&row.app.id).into_iter().flatten();
        let stands_by = of(row).is_none() && ends.into_iter().any(|end| Some(*end) < row.case.credential.end);
        let last_use = of(row).map_or(LastUse::Never, LastUse::At);
        keep.amend(row, |case| (case.last_use, case.stands_by) = (last_use, stands_by));
    }
    Ok(())
}

/// Looks at each item of a list once, and keeps none.
async fn each<T: DeserializeOwned>(graph: &Graph, read: Request, mut look: impl FnMut(&T)) -> Seen {
    let (mut seen, mut pages) = (Seen::default(), std::pin::pin!(graph.page_by_page(read)));
    loop {
        match pages.try_next().await {
            Ok(Some(page)) => seen.look(page, &mut look),
            Ok(None) => return seen,
            Err(error) => {
                let after = seen.items;
                return Seen { broken: Some(Broken { after, error }), ..seen };
            }
        }
    }
}

impl Broken {
    /// Microsoft's message is left out: it may name somebody.
    fn told(&self, what: &str) -> Unread {
        let Self { after, error } = self;
        let came = match error.status() {
            Some(status) => format!("{status} {}", error.code()),
            None => "no answer".to_owned(),
        };
        let says =
            format!("{what}: after {after} came {}. What comes after is missing here.", came.trim_end());
        Unread { says, help: error.help().map(|help| format!("What helps: {help}.")) }
    }

    fn uses(&self) -> Unread {
        const WHAT: &str = "When credentials were last used is unknown";
        let told =
            |why: &str, help: &str| Unread { says: format!("{WHAT}: {why}."), help: Some(help.to_owned()) };
        if self.error.is(Refusal::PremiumNeeded) {
            return told("the tenant has no Microsoft Entra ID P1 or P2", "So nothing is told to be unused.");
        }
        if self.error.is_denied() {
            return told(
                "the function may not read it",
                "Grant it AuditLog.Read.All on Microsoft Graph; that may take a day to be seen.",
            );
        }
        Unread {
            says: self.told(WHAT).says.replace(" What comes after is missing here.", ""),
            ..self.told(WHAT)
        }
    }
}
