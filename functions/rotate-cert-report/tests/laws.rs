//! The laws.

#![cfg(test)]

use plan::Job;
use plan::laws::{self, Case};
use rotate_cert_report::{Renewal, RotateCertReport};

const PERMISSIONS: &str = include_str!("../permissions.json");

#[tokio::test(start_paused = true)]
async fn the_laws_hold_for_what_is_not_entrusted() {
    let application = "02bd9fd6-8f93-4758-87c3-1fb73740a315".to_owned();
    let job = Job::Do(Renewal { application });
    let case = Case::<RotateCertReport> { name: "what is not entrusted", job, prepare: |_| () };
    laws::hold(PERMISSIONS, &[case]).await;
}
