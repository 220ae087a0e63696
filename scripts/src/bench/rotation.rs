//! A new certificate and a new secret: what each stage asks of Microsoft Graph, of Key Vault and of the token endpoint.
//!
//! What they take the place of has ended already, so nobody waits for days until it goes. What is asked then is the same as
//! of one that is still valid: the application, the vault, when it was last used.

use serde_json::{Value, json};

use super::crowd::named;
use super::figures::{Report, table};
use super::lab::{Ground, Lab, REPORTING, Traffic};
use super::runs;
use super::wire::{self, Connection, Reply};
use crate::Error;
use crate::error::Doing;
use crate::tenant::VAULT;

/// Has a certificate and a secret, both of which have ended.
const APPLICATION: &str = "Legacy Intranet";

/// What is renewed.
struct Kind {
    name: &'static str,
    /// Where the application has the old one.
    list: &'static str,
    /// The stages, and how many changes the run that each belongs to has done by its end.
    stages: &'static [(&'static str, usize)],
}

const CERTIFICATE: Kind = Kind {
    name: "certificate",
    list: "keyCredentials",
    stages: &[
        ("made", 1),
        ("added to the application", 2),
        ("proven and published", 4),
        ("old one removed, verified", 3),
        ("the same again: nothing to do", 0),
    ],
};

const SECRET: Kind = Kind {
    name: "secret",
    list: "passwordCredentials",
    stages: &[
        ("added to the application, proven and published", 3),
        ("old one removed, verified", 3),
        ("the same again: nothing to do", 0),
    ],
};

/// # Errors
///
/// A stage does not come about.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let ground = lab.tenant_owning(&lab.reporting, &[], &[APPLICATION]).await?;
    let (mut rows, mut again) = (Vec::new(), 0);
    for kind in [CERTIFICATE, SECRET] {
        let found = kind.rotated(&ground).await?;
        again += found.last().map_or(0, |last| last.graph.writes + last.vault.writes);
        rows.extend(kind.stages.iter().zip(&found).map(|((stage, _), found)| kind.row(stage, found)));
    }
    let head = [
        "Stage",
        "round trips to Graph",
        "requests in them",
        "that write",
        "requests to Key Vault",
        "that write",
        "sign-ins",
        "token fetches",
    ];
    Ok(Report::new(table(head, &rows)).at_most("writes of a repeated rotation", 0.0, again as f64, ""))
}

impl Kind {
    /// What went to the tenant in each stage, all of them in a process of its own. While a run goes on the next stage comes by
    /// itself; after that it is asked for.
    async fn rotated(&self, ground: &Ground) -> Result<Vec<Traffic>, Error> {
        let handler = ground.ready_handler()?;
        let mut caller = Connection::open(handler.port).doing(|| "connect to the handler".to_owned())?;
        let request = self.request(&self.old(ground).await?);
        let (mut found, mut last) = (Vec::new(), None::<Reply>);
        for (stage, done) in self.stages {
            ground.tenant.forget_transcript().await?;
            let reply = match last.take_if(|reply| reply.status == 202) {
                Some(reply) => runs::step(&mut caller, REPORTING, reply)?,
                None => caller.ask(&request).doing(|| "call the handler".to_owned())?,
            };
            if !matches!(reply.status, 200 | 202) || changes_done(&reply) != *done {
                let stage = format!("{}: {stage}, with {done} changes done", self.name);
                return Err(Error::unmet(stage, format!("{} {}", reply.status, reply.told())));
            }
            found.push(ground.traffic().await?);
            last = Some(reply);
        }
        Ok(found)
    }

    /// The `keyId` of the one that has ended.
    async fn old(&self, ground: &Ground) -> Result<Value, Error> {
        let state = ground.tenant.state().await?;
        Ok(named(&state["applications"], "displayName", APPLICATION)[self.list][0]["keyId"].clone())
    }

    fn request(&self, old: &Value) -> Vec<u8> {
        let place = json!({"vault": VAULT, "name": format!("intranet-{}", self.name)});
        let want = json!({"application": APPLICATION, (self.name): place, "replaces": [old]});
        wire::request("POST", &format!("/api/{REPORTING}"), Some(&want))
    }

    fn row(&self, stage: &str, found: &Traffic) -> [String; 8] {
        let Traffic { graph, vault, .. } = found;
        let counts = [
            graph.trips,
            graph.requests,
            graph.writes,
            vault.requests,
            vault.writes,
            found.sign_ins,
            found.tokens,
        ];
        let [trips, requests, writes, asked, that_write, sign_ins, tokens] =
            counts.map(|count| count.to_string());
        [format!("{}: {stage}", self.name), trips, requests, writes, asked, that_write, sign_ins, tokens]
    }
}

fn changes_done(reply: &Reply) -> usize {
    let outcome = reply.outcome();
    let changes = outcome["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    changes.iter().filter(|change| change["status"] == "done").count()
}
