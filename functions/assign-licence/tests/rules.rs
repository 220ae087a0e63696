//! Rules when reading goes wrong: nothing is changed, what was known from the last time is kept, and nobody is forgotten.

#![cfg(test)]

use std::time::Duration;

use serde_json::{Value, json};
use telling::{Answer, World, edit, object, refusal};
use tenant::{Fault, Options, Tenant, Trouble};

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);
const HOUR: Duration = Duration::from_secs(3600);
const CHANGED: &str = "accounts that changed or were waiting, and were looked at";
const EVERYBODY: &str = "accounts of the tenant, all looked at";
const LOST: &str = "accounts of the tenant, all looked at, since what has changed could not be told";

/// A tenant with these rules: who draws gets Visio, and Finance E5.
struct Scene {
    world: World,
}

impl Scene {
    fn new() -> Self {
        Self { world: World::new(FUNCTION) }
    }

    /// A tenant whose people, and those of them who hold Office 365 E3, do not fit on one page.
    fn of_two_pages() -> Self {
        let tenant = Tenant::new(Options { users: 1_300, ..Options::default() });
        Self { world: World::over(tenant, FUNCTION) }
    }

    async fn reconcile(&self) -> Answer {
        self.ask(json!({})).await
    }

    async fn ask(&self, more: Value) -> Answer {
        let rules = json!({
            "rules": [
                {"name": "Drawing", "when": {"jobTitle": ["Draughtsman"]}, "licences": [{"sku": "VISIOCLIENT"}]},
                {"name": "Finance", "when": {"group": ["Finance"]}, "licences": [{"sku": "SPE_E5"}]},
            ],
            "takes": ["EXCHANGESTANDARD"],
        });
        let body = telling::with(json!({"rules": rules}), more);
        self.world.post("/api/assign-licence/reconcile", body.to_string()).await
    }

    fn id(&self, list: &str, name: &str) -> String {
        object(&mut self.world.tenant.state(), list, name)["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Somebody becomes a draughtsman.
    async fn draws(&self, user: &str) {
        let path = format!("/users/{user}@contoso.com");
        self.world.administrator("PATCH", &path, &json!({"jobTitle": "Draughtsman"})).await;
    }

    /// Lets reads below a path go wrong after so many of them.
    fn trouble(&self, path: &str, skip: u32, then: Trouble) {
        let (method, path) = (Some("GET".into()), Some(path.into()));
        self.world.tenant.fault(Fault { method, path, skip, then, ..Fault::default() });
    }

    /// Asks, and sees to it that the tenant could not be looked at and was not changed.
    async fn cannot_look(&self, more: Value) {
        let before = self.world.tenant.state()["users"].clone();
        let answer = self.ask(more).await;
        assert_eq!(answer.status, 502, "{}", answer.body);
        assert_eq!(self.world.tenant.state()["users"], before, "nothing is changed");
        self.world.tenant.clear_faults();
    }
}

fn broken() -> Trouble {
    refusal(500, "InternalServerError", "Something went wrong.")
}

fn not_found() -> Trouble {
    refusal(
        404,
        "Request_ResourceNotFound",
        "Resource does not exist or one of its queried reference-property objects are not present.",
    )
}

/// An answer of Graph's as somebody would forge it.
fn forged(body: Value) -> Trouble {
    Trouble { status: Some(200), plain_text: Some(body.to_string()), ..Trouble::default() }
}

/// Who was looked at, in words.
fn looked(answer: &Answer) -> String {
    let findings = answer.outcome()["findings"].as_array().into_iter().flatten();
    let told = findings.filter(|finding| finding["code"] == "looked").filter_map(|one| one["says"].as_str());
    let told: String = told.collect();
    told.split(": ").next().unwrap_or_default().to_owned()
}

/// Who was found to differ, with what became of it.
fn parts(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = answer.outcome()["parts"].as_array().into_iter().flatten();
    parts.map(|part| (text(&part["subject"]["name"]), text(&part["status"]))).collect()
}

fn done(names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), "succeeded".to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_full_pass_that_breaks_off_changes_nothing_and_keeps_what_was_known() {
    let scene = Scene::of_two_pages();
    assert_eq!(parts(&scene.reconcile().await), done(&["Pradeep Gupta", "Emily Braun"]));
    scene.draws("GradyA").await;
    scene.trouble("/users", 2, broken());
    scene.cannot_look(json!({"full": true})).await;
    let after = scene.reconcile().await;
    assert_eq!((looked(&after).as_str(), parts(&after)), (CHANGED, done(&["Grady Archie"])));
}

#[tokio::test(start_paused = true)]
async fn a_round_of_changes_that_breaks_off_is_told_again_from_where_it_began() {
    let scene = Scene::new();
    scene.reconcile().await;
    scene.draws("GradyA").await;
    for path in ["/users/delta", "/groups/delta"] {
        scene.trouble(path, 0, broken());
        scene.cannot_look(json!({})).await;
    }
    scene.trouble(&format!("/users/{}", scene.id("users", "GradyA@contoso.com")), 0, broken());
    scene.cannot_look(json!({})).await;
    let after = scene.reconcile().await;
    assert_eq!((looked(&after).as_str(), parts(&after)), (CHANGED, done(&["Grady Archie"])));
}

#[tokio::test(start_paused = true)]
async fn somebody_who_vanishes_while_everybody_is_looked_at_is_left_out_and_stops_nobody() {
    let scene = Scene::new();
    let emily = scene.id("users", "EmilyB@contoso.com");
    scene.trouble(&format!("/users/{emily}/memberOf"), 0, not_found());
    let answer = scene.reconcile().await;
    assert_eq!((answer.status, parts(&answer)), (200, done(&["Pradeep Gupta"])), "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_is_deleted_is_looked_for_no_more() {
    let scene = Scene::new();
    scene.reconcile().await;
    scene.draws("GradyA").await;
    scene.draws("AlexW").await;
    scene.world.administrator("DELETE", "/users/GradyA@contoso.com", &Value::Null).await;
    assert_eq!(parts(&scene.reconcile().await), done(&["Alex Wilber"]));
    let after = scene.reconcile().await;
    assert_eq!((looked(&after).as_str(), parts(&after)), (CHANGED, done(&[])));
    let last = scene.reconcile().await;
    let told = &last.outcome()["findings"][0]["says"];
    assert_eq!(told, &json!(format!("{CHANGED}: 0")), "the round goes on, and does not begin anew for them");
}

#[tokio::test(start_paused = true)]
async fn somebody_new_whom_a_replica_does_not_know_yet_is_told_again() {
    let scene = Scene::new();
    scene.reconcile().await;
    scene.draws("GradyA").await;
    scene.trouble(&format!("/users/{}", scene.id("users", "GradyA@contoso.com")), 0, not_found());
    let early = scene.reconcile().await;
    assert_eq!((early.status, parts(&early)), (200, Vec::new()), "{}", early.body);
    scene.world.tenant.clear_faults();
    let after = scene.reconcile().await;
    assert_eq!((looked(&after).as_str(), parts(&after)), (CHANGED, done(&["Grady Archie"])));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_gone_blocks_and_another_of_its_name_is_read_whole() {
    let scene = Scene::new();
    scene.reconcile().await;
    let rename = |from: &'static str, to: &'static str| {
        move |state: &mut Value| {
            let group = object(state, "groups", from);
            group["displayName"] = json!(to);
            group["mailNickname"] = json!(to);
        }
    };
    edit(&scene.world.tenant, rename("Finance", "Money"));
    let gone = scene.reconcile().await;
    assert_eq!(
        (gone.status, gone.body["outcome"]["findings"][0]["code"].as_str()),
        (422, Some("group-unknown"))
    );
    edit(&scene.world.tenant, rename("Operations", "Finance"));
    assert_eq!(looked(&scene.reconcile().await), EVERYBODY, "its members did not change, and are others");
}

#[tokio::test(start_paused = true)]
async fn a_delta_link_to_another_host_is_not_followed() {
    let scene = Scene::new();
    let elsewhere = "https://graph.contoso.com/v1.0/users/delta?$deltatoken=latest";
    scene.trouble("/users/delta", 0, forged(json!({"value": [], "@odata.deltaLink": elsewhere})));
    assert_eq!(looked(&scene.reconcile().await), EVERYBODY);
    scene.world.tenant.clear_faults();
    assert_eq!(looked(&scene.reconcile().await), LOST);
    assert_eq!(looked(&scene.reconcile().await), CHANGED, "then there is a link of Microsoft's own");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_goes_on_elsewhere_or_in_a_circle_is_no_list() {
    let circle = "https://graph.microsoft.com/v1.0/users?$skiptoken=1";
    let elsewhere = "https://graph.contoso.com/v1.0/users?$skiptoken=1";
    for next in [circle, elsewhere] {
        let scene = Scene::new();
        scene.trouble("/users", 1, forged(json!({"value": [], "@odata.nextLink": next})));
        scene.cannot_look(json!({})).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_differed_when_nothing_could_be_done_is_found_the_next_time() {
    let scene = Scene::new();
    scene.trouble("/users", 1, broken());
    scene.cannot_look(json!({})).await;
    let first = scene.reconcile().await;
    assert_eq!((looked(&first).as_str(), parts(&first).len()), (EVERYBODY, 2));
    scene.world.tenant.advance(25 * HOUR);
    assert_eq!(looked(&scene.reconcile().await), EVERYBODY, "a day has passed");
}

#[tokio::test(start_paused = true)]
async fn reclaiming_that_breaks_off_changes_nothing() {
    let scene = Scene::of_two_pages();
    scene.trouble("/users", 1, broken());
    let before = scene.world.tenant.state()["users"].clone();
    let want = json!({"licences": ["ENTERPRISEPACK"], "blockedDays": 0, "most": 1000, "giveUpMailbox": true});
    let answer = scene.world.post("/api/assign-licence/reclaim", want.to_string()).await;
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert_eq!(scene.world.tenant.state()["users"], before);
}
