//! What is measured, and what it is measured against: the staged app and the offline tenant, both built for release.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::process::{Program, Running};
use crate::cargo::{self, Profile};
use crate::error::{Doing, Error};
use crate::http::Http;
use crate::package::{self, Rights};
use crate::tenant::TenantProcess;

/// The function that stands for all: it reads most and writes most.
pub(super) const FUNCTION: &str = "onboard-user";

/// The other way round; it needs Exchange Online as well.
pub(super) const LEAVING: &str = "offboard-user";

/// What works through a whole tenant.
pub(super) const ASSIGNING: &str = "assign-licence";

/// What reads every application, and rotates what is entrusted to it.
pub(super) const REPORTING: &str = "rotate-cert-report";

/// The programs, built and staged.
#[derive(Debug)]
pub(super) struct Lab {
    /// The function that stands for all.
    pub(super) joining: App,
    /// The one for who leaves.
    pub(super) leaving: App,
    /// The one that hands out licences.
    pub(super) assigning: App,
    /// The one that reports credentials and rotates them.
    pub(super) reporting: App,
    tenant: PathBuf,
    http: Http,
}

/// A staged function.
#[derive(Debug)]
pub(super) struct App {
    pub(super) handler: Program,
    /// Of the handler's program, in bytes.
    pub(super) size: u64,
    function: &'static str,
    rights: Rights,
    _folder: TempDir,
}

/// A tenant, and the settings with which a handler is its function.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) tenant: TenantProcess,
    pub(super) settings: BTreeMap<String, String>,
    handler: Program,
    _journal: TempDir,
}

impl App {
    fn stage(function: &'static str) -> Result<Self, Error> {
        let folder = tempfile::tempdir().doing(|| "make a folder".to_owned())?;
        let staged = package::stage(function, Profile::Release, folder.path())?;
        let program = staged.folder.join("handler");
        let size = program.metadata().doing(|| format!("look at {}", program.display()))?.len();
        Ok(Self {
            handler: Program { name: format!("Rust, {function}"), command: vec![program] },
            size,
            function,
            rights: package::permissions(function)?,
            _folder: folder,
        })
    }
}

impl Lab {
    /// # Errors
    ///
    /// Something does not build.
    pub(super) fn build() -> Result<Self, Error> {
        Ok(Self {
            joining: App::stage(FUNCTION)?,
            leaving: App::stage(LEAVING)?,
            assigning: App::stage(ASSIGNING)?,
            reporting: App::stage(REPORTING)?,
            tenant: cargo::build("tenant", Profile::Release)?,
            http: Http::new()?,
        })
    }

    /// Starts a tenant with these options for the function that stands for all.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) async fn tenant(&self, options: &[&str]) -> Result<Ground, Error> {
        self.tenant_of(&self.joining, options).await
    }

    /// Starts a tenant with these options, and registers a function there with its own permissions and no others.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) async fn tenant_of(&self, app: &App, options: &[&str]) -> Result<Ground, Error> {
        self.tenant_owning(app, options, &[]).await
    }

    /// The same of a function that is an owner of the applications of these names.
    ///
    /// # Errors
    ///
    /// It does not start, or there is no such application.
    pub(super) async fn tenant_owning(
        &self,
        app: &App,
        options: &[&str],
        owns: &[&str],
    ) -> Result<Ground, Error> {
        let tenant = TenantProcess::start_with(&self.tenant, options, self.http.clone()).await?;
        let journal = tempfile::tempdir().doing(|| "make a folder".to_owned())?;
        let mut settings = tenant.register_owning(app.function, &app.rights, owns).await?;
        settings.insert("M365_JOURNAL".to_owned(), journal.path().display().to_string());
        Ok(Ground { tenant, settings, handler: app.handler.clone(), _journal: journal })
    }
}

impl Ground {
    /// Starts the handler.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) fn handler(&self) -> Result<Running, Error> {
        self.handler.start(&self.settings)
    }

    /// Starts the handler and waits until its port is open.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) fn ready_handler(&self) -> Result<Running, Error> {
        let mut handler = self.handler()?;
        handler.connect()?;
        Ok(handler)
    }

    /// Buys so many seats of a SKU.
    ///
    /// # Errors
    ///
    /// The tenant does not take it, or has no such SKU.
    pub(super) async fn buy(&self, sku: &str, seats: u64) -> Result<(), Error> {
        let mut state = self.tenant.control("GET", "state", None).await?;
        let skus = state["subscribedSkus"].as_array_mut().into_iter().flatten();
        let bought = skus.into_iter().find(|bought| bought["skuPartNumber"] == sku);
        let bought = bought.ok_or_else(|| Error::new(format!("the tenant has no {sku}")))?;
        bought["prepaidUnits"]["enabled"] = seats.into();
        self.tenant.control("PUT", "state", Some(&state)).await.map(drop)
    }

    /// What went to the tenant since the transcript was last forgotten.
    ///
    /// # Errors
    ///
    /// The tenant does not tell.
    pub(super) async fn traffic(&self) -> Result<Traffic, Error> {
        Ok(Traffic::read(&self.transcript().await?))
    }

    /// Each round trip since then.
    ///
    /// # Errors
    ///
    /// The tenant does not tell.
    pub(super) async fn transcript(&self) -> Result<Vec<Value>, Error> {
        match self.tenant.control("GET", "transcript", None).await? {
            Value::Array(entries) => Ok(entries),
            other => Err(Error::unmet("a list of round trips", other.to_string())),
        }
    }
}

/// What went to the tenant, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    pub(super) graph: Asked,
    pub(super) exchange: Asked,
    pub(super) vault: Asked,
    /// Sign-ins as an application, which prove its credentials.
    pub(super) sign_ins: usize,
    /// Tokens that were fetched.
    pub(super) tokens: usize,
}

/// What one service was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) trips: usize,
    /// Requests in them: each item of a batch counts.
    pub(super) requests: usize,
    /// Of these, those that changed something.
    pub(super) writes: usize,
    /// Of these, those that were answered 429.
    pub(super) throttled: usize,
    /// In resource units, as the tenant counts them.
    pub(super) cost: u64,
}

impl Traffic {
    pub(super) fn read(transcript: &[Value]) -> Self {
        transcript.iter().fold(Self::default(), Self::and)
    }

    fn and(self, entry: &Value) -> Self {
        let path = entry["path"].as_str().unwrap_or_default();
        match path {
            _ if entry["vault"].is_string() => Self { vault: self.vault.and(entry), ..self },
            _ if is_of_graph(path) => Self { graph: self.graph.and(entry), ..self },
            _ if is_of_exchange(path) => Self { exchange: self.exchange.and(entry), ..self },
            _ if path.ends_with("/oauth2/v2.0/token") => Self { sign_ins: self.sign_ins + 1, ..self },
            _ => Self { tokens: self.tokens + 1, ..self },
        }
    }
}

fn is_of_graph(path: &str) -> bool {
    path.starts_with("/v1.0/") || path.starts_with("/beta/")
}

/// The transcript tells a cmdlet by its name, and by the address what was turned away at the door.
fn is_of_exchange(path: &str) -> bool {
    !path.starts_with('/') || path.starts_with("/adminapi/")
}

impl Asked {
    fn and(self, entry: &Value) -> Self {
        let requests = match entry["items"].as_array() {
            Some(items) => items.iter().collect(),
            None => vec![entry],
        };
        let count =
            |wanted: &dyn Fn(&Value) -> bool| requests.iter().filter(|request| wanted(request)).count();
        Self {
            trips: self.trips + 1,
            requests: self.requests + requests.len(),
            writes: self.writes + count(&|request| request["wrote"] == true),
            throttled: self.throttled + count(&|request| request["status"] == 429),
            cost: self.cost + entry["cost"].as_u64().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_item_of_a_batch_counts_and_a_token_is_no_round_trip_to_a_service() {
        let transcript = [
            json!({"path": "/msi/token?resource=x", "status": 200, "wrote": false, "cost": 0}),
            json!({"path": "/v1.0/users", "status": 201, "wrote": true, "cost": 1}),
            json!({"path": "/v1.0/$batch", "status": 200, "wrote": true, "cost": 2, "items": [
                {"status": 204, "wrote": true}, {"status": 429, "wrote": false}, {"status": 200, "wrote": false},
            ]}),
            json!({"path": "Set-Mailbox AdeleV@contoso.com", "status": 200, "wrote": true, "cost": 0}),
            json!({"path": "/adminapi/beta/contoso/InvokeCommand", "status": 429, "wrote": false, "cost": 0}),
            json!({"path": "/beta/reports/appCredentialSignInActivities", "status": 200, "wrote": false, "cost": 1}),
            json!({"path": "/secrets/payroll", "vault": "contoso-keys", "status": 200, "wrote": true, "cost": 0}),
            json!({"path": "/contoso/oauth2/v2.0/token", "status": 200, "wrote": false, "cost": 0}),
        ];
        let expected = Traffic {
            graph: Asked { trips: 3, requests: 5, writes: 2, throttled: 1, cost: 4 },
            exchange: Asked { trips: 2, requests: 2, writes: 1, throttled: 1, cost: 0 },
            vault: Asked { trips: 1, requests: 1, writes: 1, throttled: 0, cost: 0 },
            sign_ins: 1,
            tokens: 1,
        };
        assert_eq!(Traffic::read(&transcript), expected);
    }
}
