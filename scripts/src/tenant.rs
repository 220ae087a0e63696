//! The offline tenant as a process of its own, and what is asked of its `/control`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::error::{Doing, Error};
use crate::http::{Answer, Http};
use crate::package::Rights;

/// The key vault of the offline tenant that functions use.
pub const VAULT: &str = "contoso-keys";

/// A running tenant; dropping it ends the process.
#[derive(Debug)]
pub struct TenantProcess {
    _process: Child,
    root: String,
    http: Http,
}

impl TenantProcess {
    /// Starts the program `tenant` on a port that the system chooses.
    ///
    /// # Errors
    ///
    /// It cannot be started, or ends before it says where it listens.
    pub async fn start(program: &Path, http: Http) -> Result<Self, Error> {
        Self::start_with(program, &[], http).await
    }

    /// The same with options of the command line, such as `--quota s`.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(program: &Path, options: &[&str], http: Http) -> Result<Self, Error> {
        let mut command = Command::new(program);
        command.args(options).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().doing(|| format!("start {}", program.display()))?;
        let said = first_line(&mut process).await?;
        let root = said["graph"].as_str().ok_or_else(|| Error::new("the tenant does not say where it is"))?;
        Ok(Self { _process: process, root: root.to_owned(), http })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Registers an application with exactly these rights, and gives the settings with which a process is that application.
    ///
    /// # Errors
    ///
    /// The tenant does not take it.
    pub async fn register(&self, name: &str, rights: &Rights) -> Result<BTreeMap<String, String>, Error> {
        self.register_owning(name, rights, &[]).await
    }

    /// The same of one that is an owner of the applications of these names.
    ///
    /// # Errors
    ///
    /// The tenant does not take it, or there is no such application.
    pub async fn register_owning(
        &self,
        name: &str,
        rights: &Rights,
        owns: &[&str],
    ) -> Result<BTreeMap<String, String>, Error> {
        let Rights { roles, directory_roles, vault_roles } = rights;
        let owns = self.app_ids(owns).await?;
        let identity = json!({"name": name, "roles": roles, "directoryRoles": directory_roles,
                              "vaultRoles": {(VAULT): vault_roles}, "owns": owns});
        let registered = self.control("POST", "identities", Some(&identity)).await?;
        let settings = registered["env"].as_object().into_iter().flatten();
        Ok(settings.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
    }

    /// The `appId` of each of the applications of these names.
    async fn app_ids(&self, names: &[&str]) -> Result<Vec<Value>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let state = self.state().await?;
        let all = state["applications"].as_array().map(Vec::as_slice).unwrap_or_default();
        let id = |name: &&str| {
            let found = all.iter().find(|application| application["displayName"] == **name);
            let found = found.map(|application| application["appId"].clone());
            found.ok_or_else(|| Error::new(format!("the tenant has no application «{name}»")))
        };
        names.iter().map(id).collect()
    }

    /// A token for Microsoft Graph that carries exactly these rights.
    ///
    /// # Errors
    ///
    /// The tenant does not give one.
    pub async fn token(&self, name: &str, rights: &Rights) -> Result<String, Error> {
        let settings = self.register(name, rights).await?;
        let setting = |name: &str| settings.get(name).map(String::as_str).unwrap_or_default();
        let resource = "resource=https://graph.microsoft.com&api-version=2019-08-01";
        let url = format!("{}?{resource}", setting("IDENTITY_ENDPOINT"));
        let headers = [("x-identity-header", setting("IDENTITY_HEADER"))];
        let Answer { body, .. } = self.http.send("GET", &url, &headers, None).await?;
        let token = body["access_token"].as_str().map(str::to_owned);
        token.ok_or_else(|| Error::new(format!("the tenant gives no token: {body}")))
    }

    /// Asks Microsoft Graph for something with this token.
    ///
    /// # Errors
    ///
    /// It refuses, or there is no answer.
    pub async fn graph(&self, token: &str, method: &str, path: &str, body: &Value) -> Result<Value, Error> {
        let (url, bearer) = (format!("{}/v1.0{path}", self.root), format!("Bearer {token}"));
        let answer = self.http.send(method, &url, &[("authorization", &bearer)], Some(body)).await?;
        match answer.status {
            200..300 => Ok(answer.body),
            status => Err(Error::unmet("success", format!("{method} {path}: {status} {}", answer.body))),
        }
    }

    /// The account with this user principal name, as the directory holds it; `None` if there is none, or if it is
    /// deleted.
    ///
    /// # Errors
    ///
    /// The tenant does not answer.
    pub async fn account(&self, user_principal_name: &str) -> Result<Option<Value>, Error> {
        self.find_user("userPrincipalName", user_principal_name).await
    }

    /// The account with this employee id, likewise.
    ///
    /// # Errors
    ///
    /// The tenant does not answer.
    pub async fn account_of(&self, employee_id: &str) -> Result<Option<Value>, Error> {
        self.find_user("employeeId", employee_id).await
    }

    /// All that is in the tenant.
    ///
    /// # Errors
    ///
    /// The tenant does not answer.
    pub async fn state(&self) -> Result<Value, Error> {
        self.control("GET", "state", None).await
    }

    /// The mailbox of an account, as Exchange Online holds it; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The tenant does not answer.
    pub async fn mailbox(&self, account: &Value) -> Result<Option<Value>, Error> {
        let state = self.state().await?;
        let mailboxes = state["mailboxes"].as_array().into_iter().flatten();
        Ok(mailboxes.into_iter().find(|mailbox| mailbox["id"] == account["id"]).cloned())
    }

    async fn find_user(&self, property: &str, wanted: &str) -> Result<Option<Value>, Error> {
        let state = self.control("GET", "state", None).await?;
        let is_wanted = |user: &&Value| {
            let held = user[property].as_str().unwrap_or_default();
            held.eq_ignore_ascii_case(wanted) && user["deletedDateTime"].is_null()
        };
        Ok(state["users"].as_array().into_iter().flatten().find(is_wanted).cloned())
    }

    /// Forgets what was asked so far.
    ///
    /// # Errors
    ///
    /// The tenant does not answer.
    pub async fn forget_transcript(&self) -> Result<(), Error> {
        self.control("DELETE", "transcript", None).await.map(drop)
    }

    /// How many round trips there were since, and how many of them wrote.
    ///
    /// # Errors
    ///
    /// The tenant does not answer.
    pub async fn traffic(&self) -> Result<Traffic, Error> {
        let transcript = self.control("GET", "transcript", None).await?;
        let entries = transcript.as_array().map(Vec::as_slice).unwrap_or_default();
        let writes = entries.iter().filter(|entry| entry["wrote"] == true).count();
        Ok(Traffic { trips: entries.len(), writes })
    }

    /// Asks its `/control`, described in the tenant's README.
    ///
    /// # Errors
    ///
    /// The tenant does not answer, or refuses.
    pub async fn control(&self, method: &str, what: &str, body: Option<&Value>) -> Result<Value, Error> {
        let url = format!("{}/control/{what}", self.root);
        let Answer { status, body: told, .. } = self.http.send(method, &url, &[], body).await?;
        match status {
            200 => Ok(told),
            _ => Err(Error::new(format!("the tenant refuses {method} /control/{what}: {told}"))),
        }
    }
}

/// What went to the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Round trips.
    pub trips: usize,
    /// Round trips that changed something.
    pub writes: usize,
}

async fn first_line(process: &mut Child) -> Result<Value, Error> {
    let output = process.stdout.take().ok_or_else(|| Error::new("the tenant has no output"))?;
    let line =
        BufReader::new(output).lines().next_line().await.doing(|| "read from the tenant".to_owned())?;
    let line = line.ok_or_else(|| Error::new("the tenant ended before it said where it is"))?;
    serde_json::from_str(&line).doing(|| format!("understand what the tenant says: {line}"))
}
