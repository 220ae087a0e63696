//! The laws: as long as nothing is entrusted to the function, that it writes nothing, however often it is asked.

#![cfg(test)]

use serde_json::json;
use telling::World;

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

#[tokio::test(start_paused = true)]
async fn nothing_is_written_of_what_is_not_entrusted() {
    let world = World::new(FUNCTION);
    let before = world.tenant.state();
    let want = json!({"application": "02bd9fd6-8f93-4758-87c3-1fb73740a315"}).to_string();
    for path in ["?whatIf=true", "", ""] {
        let answer = world.post(&format!("/api/rotate-cert-report{path}"), want.clone()).await;
        assert_eq!((answer.status, &answer.body["findings"][0]["code"]), (200, &json!("not-entrusted")));
    }
    assert_eq!(world.tenant.state(), before);
}
