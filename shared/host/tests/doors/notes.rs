//! Notes: taken strictly, once, and by whoever comes first.

use journal::{Journal, PageName};
use serde_json::{Value, json};

use crate::greet::Greet;
use crate::house::{House, Reply};

const ABSENT: &str = "/api/greet/absent";
const SPRING: &str = "2027-03-01T00:00:00Z";

async fn note(house: &House, query: &str, body: &Value) -> Reply {
    house.post(&format!("{ABSENT}{query}"), &[], body).await
}

fn adele() -> Value {
    json!({"who": "Adele", "until": SPRING})
}

async fn kept(house: &House) -> Value {
    use plan::Task;
    host::noted(Greet::NAME, "absent", house.app.runner().unwrap()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_note_is_kept_beside_the_others_and_nothing_is_written_to_the_tenant() {
    let house = House::new();
    assert_eq!(kept(&house).await, Value::Null);
    let reply = note(&house, "", &adele()).await;
    assert_eq!((reply.status, &reply.body), (200, &json!({"absent": {"Adele": SPRING}})));
    let both = json!({"Adele": SPRING, "Lee": SPRING});
    let elsewhere = house.another();
    assert_eq!(note(&elsewhere, "", &json!({"who": "Lee", "until": SPRING})).await.body["absent"], both);
    assert_eq!(kept(&house).await, both);
    assert_eq!(house.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preview_answers_what_would_be_noted_and_notes_nothing() {
    let house = House::new();
    assert_eq!(note(&house, "?whatIf=true", &adele()).await.body["absent"]["Adele"], SPRING);
    assert_eq!(kept(&house).await, Value::Null);
    assert_eq!(note(&house, "?whatif=perhaps", &adele()).await.problem(), "invalid-query");
}

#[tokio::test(start_paused = true)]
async fn the_same_note_again_leaves_the_page_as_it_is() {
    let house = House::new();
    note(&house, "", &adele()).await;
    let page = PageName::new("notes/greet/absent").unwrap();
    let before = house.journal.page(&page).await.unwrap().version;
    assert_eq!(note(&house, "", &adele()).await.status, 200);
    assert_eq!(house.journal.page(&page).await.unwrap().version, before);
}

#[tokio::test(start_paused = true)]
async fn of_two_who_note_something_at_once_neither_is_lost() {
    let house = House::new();
    let (adele, other) = (adele(), json!({"who": "Lee", "until": SPRING}));
    let (one, two) = tokio::join!(note(&house, "", &adele), note(&house, "", &other));
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(kept(&house).await, json!({"Adele": SPRING, "Lee": SPRING}));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_note_is_told_with_the_field() {
    let house = House::new();
    let table = [
        (json!({"who": "Adele"}), "/until", "required"),
        (json!({"who": 7, "until": SPRING}), "/who", "expected a string"),
        (json!({"who": "Adele", "until": SPRING, "why": ""}), "/why", "unknown field `why`"),
        (json!({"who": "Adele", "until": "2020-01-01T00:00:00Z"}), "/until", "later than now"),
        (json!([]), "", "expected an object"),
    ];
    for (body, pointer, says) in table {
        let reply = note(&house, "", &body).await;
        assert_eq!(reply.problem(), "invalid-request", "{body}");
        let error = &reply.body["errors"][0];
        assert_eq!(error["pointer"], pointer, "{body}");
        assert!(error["detail"].as_str().unwrap().contains(says), "{body}: {error}");
    }
    let empty = house.send(crate::house::request(ABSENT, &[], "")).await;
    assert!(
        empty.problem() == "invalid-request" && empty.text.contains("the body is empty"),
        "{}",
        empty.text
    );
    let plain = house.send(crate::house::request(ABSENT, &[("content-type", "text/plain")], "{}")).await;
    assert_eq!(plain.problem(), "not-json");
    assert_eq!(house.get(ABSENT).await.problem(), "wrong-method");
    assert_eq!(kept(&house).await, Value::Null);
}
