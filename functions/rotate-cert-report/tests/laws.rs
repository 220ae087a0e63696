//! The laws, for each kind of credential that is rotated.

#![cfg(test)]

mod entrusted;
mod renewed;

use plan::Job;
use plan::laws::{self, Case};
use rotate_cert_report::RotateCertReport;
use serde_json::{Value, json};
use telling::read;
use tenant::Tenant;

use entrusted::entrusted;

const PERMISSIONS: &str = include_str!("../permissions.json");

fn case(name: &'static str, how: Value, prepare: fn(&Tenant)) -> Case<RotateCertReport> {
    let request = telling::with(json!({"application": entrusted::NAME}), how);
    Case { name, job: Job::Do(read(request)), prepare }
}

fn certificate() -> Value {
    json!({"certificate": {"vault": "contoso-keys", "name": "payroll"}})
}

fn secret() -> Value {
    json!({"secret": {"vault": "contoso-keys", "name": "payroll-secret"}})
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_certificate() {
    laws::hold(PERMISSIONS, &[case("a certificate", certificate(), entrusted)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_secret() {
    laws::hold(PERMISSIONS, &[case("a secret", secret(), entrusted)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_certificate_that_goes() {
    laws::hold(PERMISSIONS, &[case("a certificate that goes", certificate(), renewed::certificate)]).await;
}

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_a_secret_that_goes() {
    laws::hold(PERMISSIONS, &[case("a secret that goes", secret(), renewed::secret)]).await;
}
