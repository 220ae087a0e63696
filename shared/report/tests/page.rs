//! The page in a real browser: what it shows, how it is worked with, what it lets happen.

#![cfg(test)]

mod sample;

use browser::{Browser, Key, Page, Site, keep};
use report::{Form, Report};
use serde_json::{Value, json};

const FIRST_COLUMN: &str =
    "[...document.querySelectorAll('tbody tr:not([hidden]) .name')].map(name => name.textContent)";
const SORTED: &str = "[...document.querySelectorAll('th[aria-sort]')].map(head => [head.textContent, head.getAttribute('aria-sort')])";
const STATUS: &str = "document.querySelector('[role=status]').textContent";

async fn site(report: &Report) -> Site {
    Site::of(report.answer(Form::Html).unwrap()).await.unwrap()
}

async fn texts(page: &Page, expression: &str) -> Vec<String> {
    let found = page.look(expression).await.unwrap();
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Nothing was complained of, and nobody was asked for anything but the page.
async fn assert_quiet(page: &Page, site: &Site) {
    assert_eq!(page.complaints().await.unwrap(), [""; 0]);
    assert!(page.requests().await.unwrap().iter().all(|url| url == site.url()));
    assert!(site.asked().iter().all(|path| path == "/"), "{:?}", site.asked());
}

#[tokio::test]
async fn a_column_is_sorted_by_a_click_and_by_the_keyboard_and_put_back() {
    let (site, browser) = (site(&sample::licences()).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    let delivered = texts(&page, FIRST_COLUMN).await;
    assert_eq!(delivered[0], "Visio Plan 2");
    assert_eq!(page.look(SORTED).await.unwrap(), json!([]));

    page.click("thead th:nth-child(5) button").await.unwrap();
    let by_inactive = texts(&page, FIRST_COLUMN).await;
    assert_eq!(page.look(SORTED).await.unwrap(), json!([["Inactive", "descending"]]));
    assert_eq!((by_inactive[0].as_str(), by_inactive[5].as_str()), ("Microsoft 365 E3", "Power BI Pro"));
    assert_eq!(page.look(STATUS).await.unwrap(), "Sorted by Inactive, descending");
    page.press(Key::Enter).await.unwrap();
    assert_eq!(page.look(SORTED).await.unwrap(), json!([["Inactive", "ascending"]]));
    assert_eq!(texts(&page, FIRST_COLUMN).await[5], "Power BI Pro", "what is unknown comes last either way");
    page.press(Key::Space).await.unwrap();
    assert_eq!(texts(&page, FIRST_COLUMN).await, delivered);

    page.press(Key::Tab).await.unwrap();
    page.press(Key::Enter).await.unwrap();
    assert_eq!(page.look(SORTED).await.unwrap(), json!([["Cost a month (CHF)", "descending"]]));
    page.click("thead th:nth-child(1) button").await.unwrap();
    let by_name = texts(&page, FIRST_COLUMN).await;
    assert!(by_name.is_sorted(), "{by_name:?}");
    assert_quiet(&page, &site).await;
}

#[tokio::test]
async fn the_filter_leaves_the_rows_that_have_all_words() {
    let (site, browser) = (site(&sample::licences()).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    page.type_into(".filter input", "365  e3 SPE").await.unwrap();
    assert_eq!(texts(&page, FIRST_COLUMN).await, ["Microsoft 365 E3"]);
    assert_eq!(page.look(STATUS).await.unwrap(), "1 of 6 rows");
}

#[tokio::test]
async fn it_fits_every_screen_in_light_and_dark() {
    let (site, browser) = (site(&sample::licences()).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    let mut grounds = Vec::new();
    for (name, width, dark) in
        [("light", 1280, false), ("dark", 1280, true), ("phone", 360, false), ("phone-dark", 360, true)]
    {
        page.size(width, 800).await.unwrap();
        page.dark(dark).await.unwrap();
        keep(&format!("report-{name}.png"), &page.picture().await.unwrap()).unwrap();
        let wide = page.look("document.scrollingElement.scrollWidth").await.unwrap();
        assert_eq!(wide, width, "{name} is scrolled sideways");
        grounds.push(page.look("getComputedStyle(document.body).backgroundColor").await.unwrap());
    }
    assert_ne!(grounds[0], grounds[1], "dark is not light");
    assert_eq!((&grounds[0], &grounds[1]), (&grounds[2], &grounds[3]));
    assert_quiet(&page, &site).await;
}

#[tokio::test]
async fn it_is_printed_with_its_figures_and_without_its_controls() {
    let (site, browser) = (site(&sample::licences()).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    let printed = page.print().await.unwrap();
    keep("report-printed.pdf", &printed).unwrap();
    let text = String::from_utf8_lossy(&printed);
    assert!(text.starts_with("%PDF-"));
    let pages = text.matches("/Type /Page\n").count() + text.matches("/Type /Page ").count();
    assert!((1..=2).contains(&pages), "{pages} pages");
}

#[tokio::test]
async fn a_screen_reader_is_told_what_is_what() {
    let (site, browser) = (site(&sample::licences()).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    let told = page
        .look(
            "({
                language: document.documentElement.lang,
                heading: document.querySelectorAll('h1').length,
                caption: document.querySelector('caption').textContent,
                columns: document.querySelectorAll('thead th[scope=col][role=columnheader] button').length,
                rows: document.querySelectorAll('tbody th[scope=row][role=rowheader]').length,
                bars: [...document.querySelectorAll('.bar')].map(bar => bar.getAttribute('aria-label')).slice(0, 1),
                live: document.querySelector('[aria-live=polite]') !== null,
                named: document.querySelector('.filter').control.type,
            })",
        )
        .await
        .unwrap();
    let expected = json!({
        "language": "en", "heading": 1, "caption": "Products, with what to act on first", "columns": 7, "rows": 6,
        "bars": ["in use 19, inactive 6, too many 2"], "live": true, "named": "search",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn without_scripts_everything_is_there_but_the_controls() {
    let (site, browser) = (site(&sample::licences()).await, Browser::start().await.unwrap());
    let page = browser.blank().await.unwrap();
    page.without_scripts().await.unwrap();
    page.goto(site.url()).await.unwrap();
    assert_eq!(texts(&page, FIRST_COLUMN).await.len(), 6);
    let controls =
        "[document.querySelectorAll('button').length, document.querySelector('.filter').checkVisibility()]";
    assert_eq!(page.look(controls).await.unwrap(), json!([0, false]));
    assert_eq!(page.look("document.querySelector('thead th').textContent").await.unwrap(), "Product");
}

#[tokio::test]
async fn what_a_tenant_that_means_harm_is_called_does_nothing() {
    let (site, browser) = (site(&sample::hostile()).await, Browser::start().await.unwrap());
    let page = browser.open(site.url()).await.unwrap();
    for column in [1, 2] {
        page.click(&format!("thead th:nth-child({column}) button")).await.unwrap();
    }
    let title = page.look("document.title").await.unwrap();
    assert_eq!(title, "<b>Licences</b></title><script>document.title='taken'</script> · 2 March 2026");
    let foreign = "document.querySelectorAll('img, iframe, a, svg[onload], [onmouseover], [onerror], body meta, body style').length";
    assert_eq!(page.look(foreign).await.unwrap(), 0);
    let shown = texts(&page, FIRST_COLUMN).await;
    assert!(shown.contains(&"<script>document.title='taken'</script>".to_owned()), "{shown:?}");
    assert_quiet(&page, &site).await;
}

/// Should an escape be forgotten one day, the policy of the page is there: it is tried with a page that has a foreign script.
#[tokio::test]
async fn a_script_that_is_not_the_pages_own_is_kept_from_running() {
    let mut answer = sample::licences().answer(Form::Html).unwrap();
    let foreign =
        "<script>document.title='taken'</script><img src='/x' onerror=\"document.title='taken'\"></body>";
    *answer.body_mut() = answer.body().replace("</body>", foreign);
    for headers_too in [true, false] {
        let mut answer = answer.clone();
        if !headers_too {
            answer.headers_mut().remove("content-security-policy");
        }
        let (site, browser) = (Site::of(answer).await.unwrap(), Browser::start().await.unwrap());
        let page = browser.open(site.url()).await.unwrap();
        assert_eq!(page.look("document.title").await.unwrap(), Value::from("Licences · 2 March 2026"));
        assert!(!page.complaints().await.unwrap().is_empty(), "the policy says what it kept from running");
        assert_eq!(site.asked(), ["/"], "nothing was loaded");
    }
}
