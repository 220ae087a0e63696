//! The reports of the functions, looked at in a real browser: as a page they fit every screen, ask for nothing and can be printed.
//!
//! What a page is in general is tried in `shared/report`; here it is those that people get.

#![cfg(test)]

use browser::{Browser, Page, Site, keep};
use http::Response;
use telling::{Answer, Tested, World};
use tenant::{Crowd, Options, Tenant};

const CREDENTIALS: Tested =
    Tested::of::<rotate_cert_report::RotateCertReport>("../functions/rotate-cert-report");
const LICENCES: Tested = Tested::of::<assign_licence::AssignLicence>("../functions/assign-licence");
const PRICES: &str = r#"{"currency": "CHF", "prices": {"SPE_E3": "36.00", "SPE_E5": "57.00", "ENTERPRISEPACK": "23.00",
    "EMSPREMIUM": "14.80", "VISIOCLIENT": "15.00", "PROJECTPROFESSIONAL": "30.00"}}"#;

/// The page as the function answered it, headers included.
async fn site(answer: Answer) -> Site {
    let mut page = Response::new(answer.text);
    *page.headers_mut() = answer.headers;
    Site::of(page).await.unwrap()
}

/// Keeps pictures of it, and says whether it is ever wider than the screen.
async fn looked_at(page: &Page, name: &str) {
    for (look, width, dark) in
        [("light", 1440, false), ("laptop", 1280, false), ("dark", 1440, true), ("phone", 390, false)]
    {
        page.size(width, 900).await.unwrap();
        page.dark(dark).await.unwrap();
        keep(&format!("{name}-{look}.png"), &page.picture().await.unwrap()).unwrap();
        assert_eq!(
            page.look("document.scrollingElement.scrollWidth").await.unwrap(),
            width,
            "{name}, {look}"
        );
    }
    keep(&format!("{name}.pdf"), &page.print().await.unwrap()).unwrap();
}

#[tokio::test]
async fn the_report_on_licences_is_a_page_to_look_at() {
    let tenant = Tenant::new(Options { users: 600, crowd: Crowd::Varied, ..Options::default() });
    let world = World::configured(tenant, LICENCES, &[("ASSIGN_PRICES", PRICES)]);
    let answer = world.get("/api/assign-licence/report", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let (site, browser) = (site(answer).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    looked_at(&page, "licences").await;
    page.click("thead th:nth-child(2) button").await.unwrap();
    let first = page.look("document.querySelector('tbody .name').textContent").await.unwrap();
    assert_eq!(first, "Microsoft Fabric (Free)", "most are bought of what is free");
    assert_eq!(page.complaints().await.unwrap(), [""; 0]);
    assert!(page.requests().await.unwrap().iter().all(|url| url == site.url()));
}

#[tokio::test]
async fn the_report_on_credentials_is_a_page_to_look_at() {
    let tenant = Tenant::new(Options { applications: 60, ..Options::default() });
    let rules = r#"{"administrators": ["MeganB@contoso.com"], "kinds": {"secret": {"longestDays": 400}}}"#;
    let world = World::configured(tenant, CREDENTIALS, &[("ROTATE_RULES", rules)]);
    let answer = world.get("/api/rotate-cert-report", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let (site, browser) = (site(answer).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    looked_at(&page, "credentials").await;
    page.type_into(".filter input", "saml").await.unwrap();
    let shown =
        "[...document.querySelectorAll('.data tbody tr:not([hidden]) .name')].map(name => name.textContent)";
    assert_eq!(page.look(shown).await.unwrap(), serde_json::json!(["Salesforce"]));
    let months = page
        .look("document.querySelectorAll('.timeline tbody tr[role=row] th[scope=row]').length")
        .await
        .unwrap();
    assert_eq!(months, 13, "a year, and what comes later");
    assert_eq!(page.complaints().await.unwrap(), [""; 0]);
    assert!(page.requests().await.unwrap().iter().all(|url| url == site.url()));
}
