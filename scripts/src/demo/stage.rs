//! What is running during the demonstration.

use std::path::PathBuf;

use functions_host::{App, Host, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::outcome::Outcome;
use crate::error::{Doing, Error};
use crate::http::{Answer, Http};
use crate::package::{self, Staged};
use crate::tell::Teller;
use crate::tenant::TenantProcess;

/// The functions that are shown: who comes, who leaves, who may use what, and what expires.
pub(super) const FUNCTION: &str = "onboard-user";
pub(super) const LICENSING: &str = "assign-licence";
pub(super) const LEAVING: &str = "offboard-user";
pub(super) const CREDENTIALS: &str = "rotate-cert-report";
/// All of them, in the order in which they are played.
pub(super) const FUNCTIONS: [&str; 4] = [FUNCTION, LICENSING, LEAVING, CREDENTIALS];
/// The application whose credentials are entrusted to the last of them.
pub(super) const ENTRUSTED: &str = "Payroll Bridge";
/// Its timer.
const TIMER: &str = "enable-due";
/// A converted mailbox is seen to be one a little later, as it is at Microsoft.
const SLOW: [&str; 2] = ["--conversion-delay", "5"];
/// How many lines of the handler's log are told when something is not as expected.
const LAST: usize = 15;

/// What is built before anything starts.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) tenant: PathBuf,
    pub(super) apps: Vec<Staged>,
    pub(super) folder: TempDir,
}

/// Tenant, host and handler.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) tenant: TenantProcess,
    host: Host,
    http: Http,
    key: String,
    function: &'static str,
}

/// What Contoso pays for a seat a month.
const PRICES: &str = r#"{"currency": "CHF", "prices": {"SPE_E3": "36.00", "SPE_E5": "57.00", "ENTERPRISEPACK": "23.00",
    "EMSPREMIUM": "14.80", "VISIOCLIENT": "15.00", "PROJECTPROFESSIONAL": "30.00"}}"#;

impl Stage {
    /// Starts the tenant, registers the functions there, each with its own permissions and no others, and serves them.
    pub(super) async fn set(programs: &Programs, teller: &Teller) -> Result<Self, Error> {
        let http = Http::new()?;
        let tenant = TenantProcess::start_with(&programs.tenant, &SLOW, http.clone()).await?;
        let mut apps = Vec::new();
        let mut identities = Vec::new();
        for (function, staged) in FUNCTIONS.into_iter().zip(&programs.apps) {
            let rights = package::permissions(function)?;
            let journal = programs.folder.path().join(format!("journal-{function}"));
            let mut app = App::new(&staged.folder)
                .with_setting("ENABLE_DUE_SCHEDULE", "0 */5 * * * *")
                .with_setting("OFFBOARD_DUE_SCHEDULE", "0 */5 * * * *")
                .with_setting("ASSIGN_DUE_SCHEDULE", "0 */5 * * * *")
                .with_setting("ASSIGN_RECONCILE_SCHEDULE", "0 0 4 * * *")
                .with_setting("ASSIGN_REPORT_SCHEDULE", "0 30 5 * * *")
                .with_setting("ASSIGN_PRICES", PRICES)
                .with_setting("ROTATE_DUE_SCHEDULE", "0 */5 * * * *")
                .with_setting("ROTATE_REPORT_SCHEDULE", "0 0 6 * * *")
                .with_setting("ROTATE_SWEEP_SCHEDULE", "0 30 4 * * *")
                .with_setting("M365_JOURNAL", journal.display().to_string());
            let owns: &[&str] = if function == CREDENTIALS { &[ENTRUSTED] } else { &[] };
            app.env.extend(tenant.register_owning(function, &rights, owns).await?);
            apps.push(app);
            identities.push(format!(
                "identity  {function}, with these permissions and no others: {}",
                rights.names().collect::<Vec<_>>().join(", ")
            ));
        }
        let options = Options { apps, ..Options::default() };
        let host = Host::start(options).await.doing(|| "start the Functions host".to_owned())?;
        for function in FUNCTIONS {
            host.ready(function).await.doing(|| format!("start {function}"))?;
        }
        let key = host.key().to_owned();
        let stage = Self { tenant, host, http, key, function: FUNCTION };
        teller.step("A tenant, a Functions host and four packaged functions, all on this machine");
        teller.note(format!("tenant    {} (Contoso, offline)", stage.tenant.root()));
        identities.into_iter().for_each(|identity| teller.note(identity));
        teller.note(format!("function  {}", stage.url("")));
        Ok(stage)
    }

    /// The same stage with another function in front.
    pub(super) fn of(mut self, function: &'static str) -> Self {
        self.function = function;
        self
    }

    /// The address of the function, with what comes after its name.
    fn url(&self, rest: &str) -> String {
        format!("http://{}/api/{}{rest}", self.host.address(), self.function)
    }

    /// Calls the function as a flow does.
    pub(super) async fn post(
        &self,
        rest: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer, Error> {
        let headers = [&[("x-functions-key", self.key.as_str())], headers].concat();
        self.http.send("POST", &self.url(rest), &headers, Some(body)).await
    }

    /// Reads something of it.
    pub(super) async fn get(&self, rest: &str) -> Result<Answer, Error> {
        let headers = [("x-functions-key", self.key.as_str())];
        self.http.send("GET", &self.url(rest), &headers, None).await
    }

    /// Reads something that is no JSON, with the key in the address as a browser has it.
    pub(super) async fn page(&self, rest: &str) -> Result<String, Error> {
        self.http.text(&format!("{}&code={}", self.url(rest), self.key)).await
    }

    /// Calls it without the key.
    pub(super) async fn post_without_key(&self, body: &Value) -> Result<Answer, Error> {
        self.http.send("POST", &self.url(""), &[], Some(body)).await
    }

    /// Asks, and expects an outcome.
    pub(super) async fn ask(&self, body: &Value) -> Result<Outcome, Error> {
        self.post("", &[], body).await.and_then(Outcome::read)
    }

    /// What became of a run, once it has ended.
    pub(super) async fn outcome(&self, run: &str) -> Result<Option<Outcome>, Error> {
        let answer = self.get(&format!("/runs/{run}")).await?;
        if answer.status == 202 { Ok(None) } else { Outcome::read(answer).map(Some) }
    }

    /// Fires the timer as an administrator does by hand.
    pub(super) async fn fire_timer(&self) -> Result<Answer, Error> {
        let url = format!("http://{}/admin/functions/{TIMER}", self.host.address());
        let headers = [("x-functions-key", self.key.as_str())];
        self.http.send("POST", &url, &headers, Some(&json!({"input": ""}))).await
    }

    /// Lines to paste into a terminal.
    pub(super) fn curl_lines(&self) -> [String; 6] {
        let (key, url, tenant) = (&self.key, self.url(""), self.tenant.root());
        let address = self.host.address();
        let person = json!({
            "employeeId": "200101", "givenName": "Cameron", "surname": "Möller",
            "userPrincipalName": "{given}.{surname}@contoso.com", "usageLocation": "CH",
            "licences": [{"sku": "SPE_E3"}], "groups": ["IT Staff"], "manager": "NestorW@contoso.com",
        });
        let call = format!("-H 'x-functions-key: {key}' -H 'content-type: application/json' -d '{person}'");
        [
            format!("\n# what would happen\ncurl -s '{url}?whatIf=true' {call}"),
            format!("\n# do it; the answer has the run\ncurl -s '{url}' {call}"),
            format!("\n# take a run back\ncurl -s -X POST -H 'x-functions-key: {key}' '{url}/runs/RUN/undo'"),
            format!(
                "\n# the timer\ncurl -s -H 'x-functions-key: {key}' -H 'content-type: application/json' -d '{{\"input\":\"\"}}' 'http://{address}/admin/functions/{TIMER}'"
            ),
            format!("\n# what the tenant was asked\ncurl -s '{tenant}/control/transcript'"),
            format!("\n# what is in the tenant\ncurl -s '{tenant}/control/state'"),
        ]
    }

    /// The end of the handler's log, for whoever wants to know why.
    pub(super) fn tell_log(&self, teller: &Teller) {
        let lines = self.host.lines(self.function).unwrap_or_default();
        teller.line("\nThe end of the log:");
        lines.iter().skip(lines.len().saturating_sub(LAST)).for_each(|line| teller.note(line));
    }

    /// Ends everything.
    pub(super) async fn strike(self) {
        self.host.stop().await;
    }
}
