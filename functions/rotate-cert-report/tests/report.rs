//! The report of a tenant that is large, busy, broken or means harm: nothing is taken for whole that is not.

#![cfg(test)]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use telling::{World, edit, refusal};
use tenant::{Fault, Options, Tenant};

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);
const REPORT: &str = "/api/rotate-cert-report";
const DENIED: (u16, &str, &str) =
    (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");

fn crowd(applications: usize) -> Tenant {
    Tenant::new(Options { applications, ..Options::default() })
}

/// Refuses reads of a list after so many of them, so many times.
fn fails(world: &World, path: &str, skip: u32, times: Option<u32>) {
    let (status, code, message) = DENIED;
    let (method, path, then) = (Some("GET".into()), Some(path.into()), refusal(status, code, message));
    world.tenant.fault(Fault { method, path, skip, times, then, ..Fault::default() });
}

async fn report(world: &World) -> Value {
    let answer = world.get(REPORT, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

fn says(report: &Value, what: &str) -> String {
    report[what].to_string()
}

fn figure(report: &Value, label: &str) -> i64 {
    let figures = report["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["label"] == label).unwrap()["value"].as_i64().unwrap()
}

/// How often addresses with this in them were asked for.
fn asked(world: &World, path: &str) -> usize {
    let entries = world.tenant.transcript();
    let urls = entries.iter().flat_map(|entry| {
        entry.items.iter().map(|item| item.url.clone()).chain([entry.path.clone()]).collect::<Vec<_>>()
    });
    urls.filter(|url| url.contains(path)).count()
}

#[tokio::test(start_paused = true)]
async fn everything_is_read_and_owners_cost_no_call_of_their_own() {
    let world = World::over(crowd(1_500), FUNCTION);
    let report = report(&world).await;
    assert_eq!(report["incomplete"], json!([]));
    assert!(figure(&report, "To act on") > 5, "{}", report["figures"]);
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.len() == 2_000 && rows.iter().all(|row| row["owners"].is_string() || row["advice"] != ""));
    assert!(says(&report, "notes").contains("less urgent are counted and not listed"));
    assert_eq!(asked(&world, "/owners?"), 0);
    let acts = rows.iter().filter(|row| row["urgency"] == "act").count();
    assert_eq!(i64::try_from(acts).unwrap(), figure(&report, "To act on"), "what is told is what is counted");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_half_way_is_said_at_the_top_and_nothing_is_said_not_to_expire() {
    let world = World::over(crowd(1_500), FUNCTION);
    // The first asks who has federated credentials, and the second is the first page.
    fails(&world, "/applications*", 2, None);
    let broken = report(&world).await;
    let gaps = says(&broken, "incomplete");
    assert!(gaps.contains("Applications could not be read to the end: after 999 came 403"), "{gaps}");
    assert!(says(&broken, "headline").contains("of what could be read"), "{}", broken["headline"]);
    assert!(!broken["rows"].as_array().unwrap().is_empty(), "what was read is told");
}

#[tokio::test(start_paused = true)]
async fn nothing_expires_only_where_everything_was_read() {
    let empty = |state: &mut Value| {
        for list in ["applications", "servicePrincipals"] {
            for object in state[list].as_array_mut().unwrap() {
                object["passwordCredentials"] = json!([]);
                object["keyCredentials"] = json!([]);
            }
        }
        state.as_object_mut().unwrap().remove("credentialUses");
    };
    let world = World::new(FUNCTION);
    edit(&world.tenant, empty);
    let whole = report(&world).await;
    let headline = whole["headline"].as_str().unwrap();
    assert!(headline.starts_with("Nothing expires within 90 days: "), "{headline}");
    assert!(headline.ends_with(" applications on 2 pages read, no errors"), "{headline}");
    fails(&world, "/servicePrincipals*", 0, None);
    let part = report(&world).await;
    assert!(says(&part, "headline").contains("Not everything could be read"), "{}", part["headline"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_beside_the_lists_is_unknown_and_told() {
    let table = [
        ("/reports/appCredentialSignInActivities*", "When credentials were last used is unknown", "lastUsed"),
        ("/applications*", "Which applications have federated credentials could not be read", "federated"),
    ];
    for (path, gap, column) in table {
        let world = World::new(FUNCTION);
        fails(&world, path, 0, Some(1));
        let report = report(&world).await;
        assert!(says(&report, "incomplete").contains(gap), "{}", report["incomplete"]);
        let rows = report["rows"].as_array().unwrap();
        assert!(rows.iter().any(|row| says(row, "unknown").contains(column)), "{path}");
        assert!(!says(&report, "headline").contains("could be read"), "the credentials are known");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_wait_is_waited_for() {
    let world = World::over(crowd(1_500), FUNCTION);
    let (method, path) = (Some("GET".into()), Some("/applications*".into()));
    let then = tenant::Trouble { status: Some(429), ..tenant::Trouble::default() };
    world.tenant.fault(Fault { method, path, times: Some(2), then, ..Fault::default() });
    assert_eq!(report(&world).await["incomplete"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn who_cannot_wait_is_told_what_was_read_last_with_owners_as_ids() {
    let tenant = Tenant::new(Options { latency: Duration::from_secs(15), ..Options::default() });
    let world = World::configured(tenant, FUNCTION, &[("M365_DEADLINE_SECONDS", "10")]);
    let first = world.get(REPORT, &[]).await;
    assert_eq!((first.status, first.header("retry-after")), (202, "60"));
    tokio::time::sleep(Duration::from_secs(600)).await;
    let later = report(&world).await;
    assert!(says(&later, "incomplete").contains("reading them anew takes longer"), "{}", later["incomplete"]);
    assert!(!says(&later, "rows").contains("@contoso.com"), "nobody is named in what is kept");
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_names_nobody() {
    let world = World::new(FUNCTION);
    assert!(says(&report(&world).await, "rows").contains("@contoso.com"), "owners are told");
    let kept = world.kept();
    assert!(kept.iter().any(|page| page.contains("actWeek")), "the report is kept");
    assert!(kept.iter().all(|page| !page.contains("@contoso.com")), "{kept:?}");
}

#[tokio::test(start_paused = true)]
async fn certificates_of_vaults_are_told_with_what_their_vault_will_do() {
    let world = in_vaults("contoso-hr");
    let report = report(&world).await;
    assert_eq!(report["incomplete"], json!([]));
    assert!(says(&report, "notes").contains("Read: 30 certificates in 1 key vault."), "{}", report["notes"]);
    let told = |name: &str| {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["credential"] == name).unwrap();
        (row["urgency"].as_str().unwrap().to_owned(), row["advice"].as_str().unwrap().to_owned(), row.clone())
    };
    let (urgency, advice, row) = told("hr-portal-1");
    assert!(urgency == "act" && advice.contains("it does not do so by itself"), "{row}");
    assert_eq!(
        (&row["application"], &row["kind"], &row["owners"], &row["ownersFrom"]),
        (&json!("contoso-hr"), &json!("Key Vault certificate"), &json!("Lee Gu"), &json!("tags"))
    );
    let (urgency, advice, _) = told("hr-portal-2");
    assert!(urgency == "watch" && advice.starts_with("The vault renews it on "), "{advice}");
    // One for each page of 25, the first asked twice, since a vault says only then whose tokens it takes; and one for each that ends
    // soon.
    assert_eq!((asked(&world, "/certificates?"), asked(&world, "/certificates/hr-portal-")), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_cannot_be_read_is_said_at_the_top_and_nothing_is_said_not_to_expire() {
    let world = in_vaults("contoso-hr,contoso-keys");
    edit(&world.tenant, |state| {
        let vaults = state["vaults"].as_array_mut().unwrap();
        vaults.iter_mut().find(|vault| vault["name"] == "contoso-keys").unwrap()["roles"] = json!([]);
        for list in ["applications", "servicePrincipals"] {
            for object in state[list].as_array_mut().unwrap() {
                object["passwordCredentials"] = json!([]);
                object["keyCredentials"] = json!([]);
            }
        }
        state.as_object_mut().unwrap().remove("credentialUses");
    });
    let report = report(&world).await;
    let gaps = says(&report, "incomplete");
    assert!(gaps.contains("in the key vault contoso-keys could not be read: there came 403"), "{gaps}");
    assert!(says(&report, "headline").contains("of what could be read"), "{}", report["headline"]);
    assert!(says(&report, "rows").contains("hr-portal-1"), "what was read is told");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_certificate_in_a_vault_rests_until_it_is_renewed() {
    let world = in_vaults("contoso-hr");
    let row = |report: &Value| {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|row| row["credential"] == "hr-portal-1").unwrap().clone()
    };
    let key = row(&report(&world).await)["keyId"].clone();
    let known = json!({"keyId": key, "until": "2026-06-30T00:00:00Z", "by": "Megan Bowen", "why": "x"});
    let noted = world.post(&format!("{REPORT}/acknowledge"), known.to_string()).await;
    assert_eq!(noted.status, 200, "{}", noted.text);
    assert_eq!(row(&report(&world).await)["action"], "acknowledged");
}

/// A report on these vaults as well, in one of which there are thirty certificates: the first ends within days, the second is renewed by the vault
/// before it does, and the others have half a year.
fn in_vaults(named: &str) -> World {
    let tenant = Tenant::new(Options::default());
    let world = World::configured(tenant, FUNCTION, &[("ROTATE_REPORT_VAULTS", named)]);
    let tenant = &world.tenant;
    tenant.grant_vault(&world.identity, "contoso-hr", &["Key Vault Reader"]);
    let now: Timestamp = tenant.now().parse().unwrap();
    let day = |days: i64| now + SignedDuration::from_hours(24 * days);
    let certificate = |number: i64| {
        let (ends, action, before) = match number {
            1 => (5, "EmailContacts", 1),
            2 => (25, "AutoRenew", 20),
            _ => (180, "AutoRenew", 30),
        };
        let attributes = json!({"enabled": true, "notBefore": day(-300), "expires": day(ends), "created": day(-300), "updated": day(-300)});
        let trigger = json!({"days_before_expiry": before});
        json!({
            "name": format!("hr-portal-{number}"), "policyCreated": day(-300), "policyUpdated": day(-300),
            "policy": {"lifetime_actions": [{"trigger": trigger, "action": {"action_type": action}}]},
            "versions": [{
                "version": format!("{number:032x}"), "key": {"bits": 2048, "number": number}, "cer": format!("{number:04}"),
                "attributes": attributes, "tags": {"owner": "Lee Gu"}, "operations": ["sign"], "exportable": false,
                "contentType": "application/x-pkcs12",
            }],
        })
    };
    edit(tenant, |state| {
        let vaults = state["vaults"].as_array_mut().unwrap();
        let vault = vaults.iter_mut().find(|vault| vault["name"] == "contoso-hr").unwrap();
        vault["certificates"] = (1..=30).map(certificate).collect();
    });
    world
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_to_the_tenant() {
    let world = World::new(FUNCTION);
    let before = world.tenant.state();
    report(&world).await;
    world.post(&format!("{REPORT}/acknowledge"), acknowledged()).await;
    assert_eq!(world.tenant.state(), before);
}

fn acknowledged() -> String {
    let application = "02bd9fd6-8f93-4758-87c3-1fb73740a315";
    json!({"application": application, "until": "2026-06-30T00:00:00Z", "by": "x", "why": "x"}).to_string()
}

#[tokio::test(start_paused = true)]
async fn what_an_application_that_means_harm_is_called_does_nothing() {
    let world = World::new(FUNCTION);
    let hostile = "=HYPERLINK(\"http://contoso.com\")<script>document.title='taken'</script>";
    edit(&world.tenant, |state| {
        for application in state["applications"].as_array_mut().unwrap() {
            application["displayName"] = json!(hostile);
            application["notes"] = json!(hostile);
            application["owners"] = json!([]);
        }
    });
    let csv = world.get(&format!("{REPORT}?format=csv"), &[]).await.text;
    assert!(
        csv.contains("\"'=HYPERLINK") && !csv.contains("\r\n=HYPERLINK") && !csv.contains("\r\n\"=HYPERLINK")
    );
    let page = world.get(&format!("{REPORT}?format=html"), &[]).await.text;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>document.title"));
}
