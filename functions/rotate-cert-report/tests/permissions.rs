//! Least privilege, both ways: what is asked for is used, and without any part of it something is refused.

#![cfg(test)]

mod entrusted;

use serde_json::{Value, json};
use telling::World;
use telling::permissions::Scenario;
use tenant::{Options, Tenant};

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);

const TELLS: &[(&str, &str)] = &[("ROTATE_REPORT_SENDER", "MeganB@contoso.com")];

telling::permissions!(
    FUNCTION,
    [Scenario::reading(""), Scenario::of_sweep("/tell", json!({})).configured(TELLS), rotated()]
);

fn rotation() -> Value {
    json!({"application": entrusted::NAME, "certificate": {"vault": "contoso-keys", "name": "payroll"}})
}

fn rotated() -> Scenario {
    Scenario { prepare: entrusted::entrusted, ..rotation().into() }
}

#[tokio::test(start_paused = true)]
async fn of_an_application_that_it_does_not_own_nothing_is_changed() {
    let world = World::over(Tenant::new(Options::default()), FUNCTION);
    let before = world.tenant.state()["applications"].clone();
    let answer = world.to_its_end(&FUNCTION.path(), rotation().to_string()).await;
    let refused =
        answer.outcome()["changes"].as_array().unwrap().iter().find(|change| change["status"] == "refused");
    let failure = &refused.unwrap()["failure"];
    assert_eq!(failure["code"], "Authorization_RequestDenied", "{}", answer.body);
    assert_eq!(world.tenant.state()["applications"], before);
    let vaults = world.tenant.state()["vaults"].clone();
    let of = |vault: &str| vaults.as_array().unwrap().iter().find(|found| found["name"] == vault).unwrap();
    let keys = of("contoso-keys");
    assert_eq!(keys["certificates"].as_array().unwrap().len(), 1, "it was made");
    assert_eq!(keys["secrets"], json!([]), "nobody is told of what does not work");
}
