//! How it is read: applications and enterprise applications page by page, with their owners, and when credentials were used.
//!
//! A list that breaks off is told as far as it went, and at the top of the report that it broke off: that something expires is
//! worth knowing although not everything is known, and that nothing else does is then said by nobody.

use std::collections::{HashMap, HashSet};

use directory::credential::{self, Holder};
use futures_util::TryStreamExt;
use graph::{Error, Graph, ObjectId, Refusal, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::facts::{Extent, Facts, LastUse, Row, Unread};
use super::keep::Keep;

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
}

/// Reads everything. Without either list there is no report; everything else may be missing, and is told.
pub(super) async fn everything(
    graph: &Graph,
    mut keep: Keep<'_>,
    asks_for_uses: bool,
) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    let federated = match federated(graph).await {
        Ok(federated) => Some(federated),
        Err(broken) => {
            facts.unread.push(broken.told("Which applications have federated credentials could not be read"));
            None
        }
    };
    let has = |id: &ObjectId| federated.as_ref().map(|federated| federated.contains(id));
    let (applications, broken) = each(graph, credential::of_applications(), |holder: &Holder| {
        keep.look(holder, false, has(&holder.id));
    })
    .await;
    let mut extent = Extent::default();
    let (enterprise, also_broken) =
        each(graph, credential::of_service_principals(), |holder: &Holder| {
            match (holder.is_managed_identity(), holder.is_microsofts()) {
                (true, _) => extent.managed += 1,
                (_, true) => extent.microsofts += 1,
                _ => keep.look(holder, true, None),
            }
        })
        .await;
    if let (0, Some(broken), 0, Some(_)) = (applications.items, &broken, enterprise.items, &also_broken) {
        return Err(broken.error.clone());
    }
    facts.read = Extent {
        applications: applications.items,
        enterprise: enterprise.items,
        pages: applications.pages + enterprise.pages,
        ..extent
    };
    facts.broke_off = broken.is_some() || also_broken.is_some() || applications.odd + enterprise.odd > 0;
    let lists =
        [(applications, broken, "Applications"), (enterprise, also_broken, "Enterprise applications")];
    facts.unread.splice(0..0, lists.into_iter().flat_map(|(seen, broken, what)| unread(&seen, broken, what)));
    (facts.rows, facts.left_out, facts.counts) = keep.into_rows();
    if asks_for_uses {
        match uses(graph, &mut facts.rows).await {
            Ok(()) => facts.use_is_known = true,
            Err(broken) => facts.unread.push(broken.uses()),
        }
    }
    Ok(facts)
}

/// What is missing of a list.
fn unread(seen: &Seen, broken: Option<Broken>, what: &str) -> Vec<Unread> {
    let odd = (seen.odd > 0).then(|| Unread {
        says: format!("{what}: {} came in a shape that nobody knows, and are missing here.", seen.odd),
        help: None,
    });
    let broken = broken.map(|broken| broken.told(&format!("{what} could not be read to the end")));
    broken.into_iter().chain(odd).collect()
}

/// The applications that have federated credentials.
async fn federated(graph: &Graph) -> Result<HashSet<ObjectId>, Broken> {
    #[derive(Deserialize)]
    struct Identified {
        id: ObjectId,
    }
    let mut all = HashSet::new();
    let (_, broken) = each(graph, credential::federated(), |one: &Identified| {
        all.insert(one.id);
    })
    .await;
    broken.map_or(Ok(all), Err)
}

/// Fills in when credentials were last used; of those that are kept alone. If not all could be read, nothing is known.
async fn uses(graph: &Graph, rows: &mut [Row]) -> Result<(), Broken> {
    let places = rows.iter().enumerate().filter(|(_, row)| !row.case.credential.key_id.is_empty());
    let places: HashMap<String, usize> =
        places.map(|(at, row)| (row.case.credential.key_id.clone(), at)).collect();
    let mut noted: HashMap<usize, LastUse> = places.values().map(|at| (*at, LastUse::Never)).collect();
    let (_, broken) = each(graph, credential::last_used(), |used: &credential::LastUse| {
        if let (Some(at), Some(place)) = (used.at(), places.get(&used.key_id)) {
            noted.insert(*place, LastUse::At(at));
        }
    })
    .await;
    if let Some(broken) = broken {
        return Err(broken);
    }
    for (place, used) in noted {
        rows[place].case.last_use = used;
    }
    Ok(())
}

/// Looks at each item of a list once, and keeps none; how much was seen, and why no more.
async fn each<T: DeserializeOwned>(
    graph: &Graph,
    read: Request,
    mut look: impl FnMut(&T),
) -> (Seen, Option<Broken>) {
    let (mut seen, mut pages) = (Seen::default(), std::pin::pin!(graph.page_by_page(read)));
    loop {
        let page: Vec<Value> = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return (seen, None),
            Err(error) => {
                let after = seen.items;
                return (seen, Some(Broken { after, error }));
            }
        };
        seen.pages += 1;
        for item in page {
            seen.items += 1;
            match serde_json::from_value(item) {
                Ok(item) => look(&item),
                Err(_) => seen.odd += 1,
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
