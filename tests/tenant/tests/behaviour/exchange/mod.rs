//! Exchange Online's admin endpoint, and what Microsoft Graph tells of mailboxes.

mod conversions;
mod endpoint;
mod graph;
mod licences;
mod lists;
mod mailboxes;
mod permissions;
mod settings;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tenant::{Options, Tenant};

use crate::client::{Answer, Client, send};

const EXCHANGE: &str = "https://outlook.office365.com";

/// Somebody who runs cmdlets, and the same application as a client of Microsoft Graph.
struct Shell {
    tenant: Tenant,
    token: String,
    graph: Client,
}

impl Shell {
    /// An Exchange Administrator of a new tenant.
    fn new() -> Shell {
        Shell::with(Options::default())
    }

    fn with(options: Options) -> Shell {
        Shell::of(&Tenant::new(options), &["Exchange Administrator"])
    }

    /// An application that may do everything in Microsoft Graph and holds these directory roles.
    fn of(tenant: &Tenant, directory_roles: &[&str]) -> Shell {
        let (all, _) = tenant.roles(&tenant.default_identity());
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let identity = tenant.identity_with("offboard-user", &all, directory_roles);
        let token = tenant.token(&identity, EXCHANGE);
        Shell { tenant: tenant.clone(), token, graph: Client::of(tenant, &identity) }
    }

    fn tenant_id(&self) -> String {
        self.tenant.state()["tenantId"].as_str().unwrap().to_owned()
    }

    /// The address cmdlets are posted to.
    fn address(&self) -> String {
        format!("/adminapi/beta/{}/InvokeCommand", self.tenant_id())
    }

    async fn post(&self, address: &str, body: &Value) -> Answer {
        let anchor =
            format!("APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{}", self.tenant_id());
        self.post_for(address, body, Some(&anchor)).await
    }

    /// The same, for somebody's servers or nobody's.
    async fn post_for(&self, address: &str, body: &Value, anchor: Option<&str>) -> Answer {
        let request = Request::post(address)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json; charset=utf-8");
        let request =
            anchor.into_iter().fold(request, |request, anchor| request.header("x-anchormailbox", anchor));
        send(&self.tenant, request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Runs a cmdlet.
    async fn run(&self, cmdlet: &str, parameters: Value) -> Answer {
        self.post(&self.address(), &input(cmdlet, parameters)).await
    }

    /// Runs a cmdlet that has to succeed without a word.
    #[track_caller]
    fn quiet(&self, cmdlet: &str, parameters: Value) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        let cmdlet = cmdlet.to_owned();
        async move {
            let answer = self.run(&cmdlet, parameters).await;
            assert_eq!((answer.status, warnings(&answer)), (200, Vec::new()), "{at}: {}", answer.text);
        }
    }

    /// The one row that a cmdlet tells of somebody.
    async fn one(&self, cmdlet: &str, identity: &str) -> Value {
        let answer = self.run(cmdlet, json!({ "Identity": identity })).await;
        let rows = rows(&answer);
        assert_eq!(rows.len(), 1, "{}", answer.text);
        rows[0].clone()
    }

    /// The only mailbox of a state, by the sign-in name of its user.
    fn truth(&self, name: &str) -> Value {
        let state = self.tenant.state();
        let users = state["users"].as_array().unwrap();
        let user = users.iter().find(|user| user["userPrincipalName"] == name).unwrap();
        let mailboxes = state["mailboxes"].as_array().unwrap();
        mailboxes.iter().find(|mailbox| mailbox["id"] == user["id"]).cloned().unwrap_or_default()
    }
}

/// `{"CmdletInput": …}`
fn input(cmdlet: &str, parameters: Value) -> Value {
    json!({ "CmdletInput": { "CmdletName": cmdlet, "Parameters": parameters } })
}

#[track_caller]
fn rows(answer: &Answer) -> Vec<Value> {
    answer.is(200).body["value"].as_array().unwrap().clone()
}

fn warnings(answer: &Answer) -> Vec<String> {
    let all = answer.body["@adminapi.warnings"].as_array().into_iter().flatten();
    all.map(|warning| warning.as_str().unwrap().to_owned()).collect()
}

/// One text of each row.
#[track_caller]
fn each(answer: &Answer, name: &str) -> Vec<String> {
    rows(answer).iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}

/// The exception a cmdlet threw, by its short name, and what it said.
#[track_caller]
fn thrown(answer: &Answer, status: u16, name: &str, part: &str) {
    let inner = &answer.body["error"]["innererror"]["internalexception"];
    let line = inner["message"].as_str().unwrap_or_default();
    assert_eq!(
        (answer.status, &inner["type"]),
        (status, &json!(format!("Exchange.{name}"))),
        "{}",
        answer.text
    );
    assert_eq!(answer.body["error"]["details"][0]["message"], line);
    let [number, full, message] = line.splitn(3, '|').collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert!(number.starts_with("Ex") && number.len() == 8, "{line}");
    assert!(full.ends_with(&format!(".{name}")), "{line}");
    assert!(message.contains(part), "{line}");
}
