//! The ground under the tests of the whole: an offline tenant behind real HTTP, the local Functions host, and the packaged
//! function between them, as it is deployed.
//!
//! The tenant is in this process, so that a test sees every request as it arrives. The function is a process of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use functions_host::{App, Host, Options};
use plan::Task;
use scripts::cargo::{self, Profile};
use scripts::error::{Doing, Error};
use scripts::http::{Answer, Http};
use scripts::package::{self, Rights};
use scripts::tenant::VAULT;
use serde_json::Value;
use tempfile::TempDir;
use tenant::{Clock, Tenant};
use tokio::net::TcpListener;

/// The function that stands for all.
pub const FUNCTION: &str = onboard_user::OnboardUser::NAME.as_str();
/// The function that speaks to Exchange Online too, and whose runs go on by themselves.
pub const OFFBOARD: &str = offboard_user::OffboardUser::NAME.as_str();
/// The function that hands out licences to those who are there already.
pub const ASSIGN: &str = assign_licence::AssignLicence::NAME.as_str();
/// The function that reports credentials and renews them.
pub const ROTATE: &str = rotate_cert_report::RotateCertReport::NAME.as_str();

/// How long it takes until a converted mailbox is seen to be one: longer than a call, and short enough to wait for.
pub const CONVERSION_DELAY: Duration = Duration::from_secs(2);

/// A function as it is deployed, staged once by each program of tests.
///
/// # Errors
///
/// It does not build, or cannot be written.
pub fn staged(function: &'static str) -> Result<PathBuf, Error> {
    static STAGED: Mutex<BTreeMap<&str, Result<PathBuf, String>>> = Mutex::new(BTreeMap::new());
    let stage = || {
        let folder = cargo::target()?.join("staged").join(function);
        package::stage(function, Profile::Debug, &folder).map(|staged| staged.folder)
    };
    let mut staged = STAGED.lock().unwrap_or_else(PoisonError::into_inner);
    let staged = staged.entry(function).or_insert_with(|| stage().map_err(|error: Error| error.chain()));
    staged.clone().map_err(Error::new)
}

/// Tenant, host and function.
#[derive(Debug)]
pub struct World {
    /// The tenant.
    pub tenant: Tenant,
    /// The host.
    pub host: Host,
    function: &'static str,
    http: Http,
    /// Where the tenant is served.
    root: String,
    journal: Arc<TempDir>,
}

impl World {
    /// Starts everything around the function that stands for all. It has its own permissions and no others, and these
    /// settings beside its own.
    ///
    /// # Errors
    ///
    /// Something does not start.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self, Error> {
        Self::start_behind(FUNCTION, settings, |tenant| tenant).await
    }

    /// The same around any function, with something between it and the tenant.
    ///
    /// # Errors
    ///
    /// Something does not start.
    pub async fn start_behind(
        function: &'static str,
        settings: &[(&str, &str)],
        between: impl FnOnce(Router) -> Router,
    ) -> Result<Self, Error> {
        Self::start_over(Tenant::new(options()), function, settings, between).await
    }

    /// The same over a tenant of one's own, whose clock must be the real one: see [`options`].
    ///
    /// # Errors
    ///
    /// Something does not start.
    pub async fn start_over(
        tenant: Tenant,
        function: &'static str,
        settings: &[(&str, &str)],
        between: impl FnOnce(Router) -> Router,
    ) -> Result<Self, Error> {
        let root = serve(between(tenant.router())).await?;
        let journal = tempfile::tempdir().doing(|| "make a temporary folder".to_owned())?;
        let host = host(&tenant, &root, function, journal.path(), settings).await?;
        Ok(Self { tenant, host, function, http: Http::new()?, root, journal: Arc::new(journal) })
    }

    /// One more instance of the function, as when its app scales out: another process, with the same tenant and journal.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub async fn another(&self) -> Result<Self, Error> {
        let (tenant, root, journal) = (self.tenant.clone(), self.root.clone(), self.journal.clone());
        let host = host(&tenant, &root, self.function, journal.path(), &[]).await?;
        Ok(Self { tenant, host, function: self.function, http: self.http.clone(), root, journal })
    }

    /// The address of something that the host serves.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host.address())
    }

    /// Posts to `/api/<function>` and what comes after, with the function key.
    ///
    /// # Errors
    ///
    /// No answer came.
    pub async fn post(&self, rest: &str, headers: &[(&str, &str)], body: &Value) -> Result<Answer, Error> {
        let headers = [&[("x-functions-key", self.host.key())], headers].concat();
        self.send("POST", &self.url(&format!("/api/{}{rest}", self.function)), &headers, Some(body)).await
    }

    /// Asks for something, as whoever the headers say.
    ///
    /// # Errors
    ///
    /// No answer came.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        self.http.send(method, url, headers, body).await
    }
}

/// The timers' schedules: they are fired by hand.
const SCHEDULES: [&str; 8] = [
    "ENABLE_DUE_SCHEDULE",
    "OFFBOARD_DUE_SCHEDULE",
    "ASSIGN_DUE_SCHEDULE",
    "ASSIGN_RECONCILE_SCHEDULE",
    "ASSIGN_REPORT_SCHEDULE",
    "ROTATE_DUE_SCHEDULE",
    "ROTATE_REPORT_SCHEDULE",
    "ROTATE_SWEEP_SCHEDULE",
];
const NEVER: &str = "0 0 0 29 2 *";

/// What the tenant is like, unless a test says otherwise.
pub fn options() -> tenant::Options {
    tenant::Options { clock: Clock::Real, conversion_delay: CONVERSION_DELAY, ..tenant::Options::default() }
}

/// A host with the function, which has its own permissions and no others, and these settings beside its own.
async fn host(
    tenant: &Tenant,
    root: &str,
    function: &'static str,
    journal: &Path,
    settings: &[(&str, &str)],
) -> Result<Host, Error> {
    let app = App::new(staged(function)?).with_setting("M365_JOURNAL", journal.display().to_string());
    let app = SCHEDULES.iter().fold(app, |app, schedule| app.with_setting(*schedule, NEVER));
    let app = identify(tenant, root, function, app)?;
    let app = settings.iter().fold(app, |app, (name, value)| app.with_setting(*name, *value));
    let options = Options { apps: vec![app], ..Options::default() };
    let host = Host::start(options).await.doing(|| "start the Functions host".to_owned())?;
    host.ready(function).await.doing(|| format!("start {function}"))?;
    Ok(host)
}

/// Serves the tenant for as long as the runtime lives.
async fn serve(tenant: Router) -> Result<String, Error> {
    let doing = || "serve the tenant".to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.doing(doing)?;
    let root = format!("http://{}", listener.local_addr().doing(doing)?);
    tokio::spawn(async move { axum::serve(listener, tenant).await });
    Ok(root)
}

/// Makes the app the function's own identity in the tenant.
fn identify(tenant: &Tenant, root: &str, function: &str, app: App) -> Result<App, Error> {
    let Rights { roles, directory_roles, vault_roles } = package::permissions(function)?;
    let identity = tenant.identity_with(function, &texts(&roles), &texts(&directory_roles));
    tenant.grant_vault(&identity, VAULT, &texts(&vault_roles));
    let settings = tenant.environment(root, &identity);
    let settings = settings.as_object().into_iter().flatten();
    Ok(settings.fold(app, |app, (name, value)| app.with_setting(name, value.as_str().unwrap_or_default())))
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}
