//! The report of a tenant that is large, slow or in trouble: nothing is taken for whole that is not, and nobody waits for ever.

#![cfg(test)]

use std::time::Duration;

use serde_json::{Value, json};
use telling::{World, refusal};
use tenant::{Crowd, Fault, Options, Quota, Tenant};

const FUNCTION: telling::Tested = telling::function!(assign_licence::AssignLicence);
const REPORT: &str = "/api/assign-licence/report";
const PACK: &str = "ENTERPRISEPACK";

fn tenant(options: Options) -> Tenant {
    Tenant::new(Options { crowd: Crowd::Varied, ..options })
}

fn row<'a>(report: &'a Value, part_number: &str) -> &'a Value {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().find(|row| row["partNumber"] == part_number).unwrap()
}

/// How often accounts were asked for, with sign-ins and without.
fn pages(tenant: &Tenant) -> (usize, usize) {
    let (mut with, mut without) = (0, 0);
    for entry in tenant.transcript() {
        let urls = entry.items.iter().map(|item| item.url.clone()).chain([entry.path.clone()]);
        for url in urls.filter(|url| url.contains("/users?")) {
            if url.contains("signInActivity") { with += 1 } else { without += 1 }
        }
    }
    (with, without)
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_read_and_counted() {
    let world = World::over(tenant(Options { users: 2_000, ..Options::default() }), FUNCTION);
    let report = world.get(REPORT, &[]).await.body;
    let pack = row(&report, PACK);
    let assigned = pack["assigned"].as_i64().unwrap();
    assert!(assigned > 1_000, "{pack}");
    let (blocked, inactive) = (pack["blocked"].as_i64().unwrap(), pack["inactive"].as_i64().unwrap());
    assert!(blocked > 0 && inactive > 0 && blocked + inactive < assigned, "{pack}");
    assert_eq!(report["incomplete"], json!([]));
    let (with, without) = pages(&world.tenant);
    assert!((3..=5).contains(&with), "500 on a page, and who holds nothing is left out: {with}");
    assert_eq!(without, 3, "999 on a page");
}

#[tokio::test(start_paused = true)]
async fn of_a_list_that_breaks_off_nothing_is_counted() {
    let world = World::over(tenant(Options { users: 2_000, ..Options::default() }), FUNCTION);
    let then =
        refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    world.tenant.fault(Fault {
        method: Some("GET".into()),
        path: Some("/users*".into()),
        skip: 3,
        then,
        ..Fault::default()
    });
    let report = world.get(REPORT, &[]).await.body;
    let pack = row(&report, PACK);
    let unknown = pack["unknown"].as_array().unwrap();
    for column in ["blocked", "inactive", "heldTwice", "inError", "errors"] {
        assert!(pack[column].is_null() && unknown.contains(&json!(column)), "{column}: {pack}");
    }
    assert!(pack["assigned"].as_i64().unwrap() > 1_000, "the stock is known all the same");
    let says = report["incomplete"].to_string();
    assert!(
        says.contains("Who has which licence could not be read to the end: after 1998 accounts came 403"),
        "{says}"
    );
    assert_eq!(report["figures"][1]["value"], Value::Null, "seats that nobody uses");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_is_sent_to_look_later_and_then_told_what_was_read_last() {
    let options = Options { users: 7_000, quota: Quota::L, ..Options::default() };
    let world = World::configured(tenant(options), FUNCTION, &[("M365_DEADLINE_SECONDS", "10")]);
    let first = world.get(&format!("{REPORT}?format=json"), &[("x-forwarded-host", "contoso.com")]).await;
    assert_eq!((first.status, first.header("retry-after")), (202, "60"), "ten pages with sign-ins a minute");
    assert_eq!(first.header("location"), format!("https://contoso.com{REPORT}?format=json"));
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(pages(&world.tenant).0 > 10, "the reading went on without its caller");
    let later = world.get(REPORT, &[]).await;
    let says = later.body["incomplete"][0]["says"].as_str().unwrap();
    assert!(later.status == 200 && says.contains("reading them anew takes longer than a call may"), "{says}");
    assert!(row(&later.body, PACK)["inactive"].as_i64().unwrap() > 0);
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_at_once_wait_for_the_same_reading() {
    let latency = Duration::from_secs(2);
    let world = World::over(tenant(Options { latency, ..Options::default() }), FUNCTION);
    let (one, other) = tokio::join!(world.get(REPORT, &[]), world.get(REPORT, &[("accept", "text/csv")]));
    assert_eq!((one.status, other.status), (200, 200));
    assert!(other.text.starts_with("\u{feff}Product,Part number,"));
    assert_eq!(pages(&world.tenant), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_names_nobody() {
    let world = World::over(tenant(Options { users: 100, ..Options::default() }), FUNCTION);
    world.get(REPORT, &[]).await;
    let kept = world.kept();
    assert!(kept.iter().any(|page| page.contains("inactiveDays")), "the last report is kept");
    assert!(kept.iter().any(|page| page.contains("2026-03-02")), "so is the stock of the day");
    for page in kept {
        assert!(!page.contains("contoso.com") && !page.contains("Adele"), "{page}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_to_the_tenant() {
    let world = World::over(tenant(Options::default()), FUNCTION);
    let before = world.tenant.state();
    world.get(REPORT, &[]).await;
    assert_eq!(world.tenant.state(), before);
}
