//! The laws, for each kind of credential that is rotated.

#![cfg(test)]

mod entrusted;

use plan::Job;
use plan::laws::{self, Case};
use rotate_cert_report::RotateCertReport;
use serde_json::{Value, json};
use telling::read;

use entrusted::entrusted;

const PERMISSIONS: &str = include_str!("../permissions.json");

fn case(name: &'static str, how: Value) -> Case<RotateCertReport> {
    let request = telling::with(json!({"application": entrusted::NAME}), how);
    Case { name, job: Job::Do(read(request)), prepare: entrusted }
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_certificate() {
    let how = json!({"certificate": {"vault": "contoso-keys", "name": "payroll"}});
    laws::hold(PERMISSIONS, &[case("a certificate", how)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_secret() {
    let how = json!({"secret": {"vault": "contoso-keys", "name": "payroll-secret"}});
    laws::hold(PERMISSIONS, &[case("a secret", how)]).await;
}
