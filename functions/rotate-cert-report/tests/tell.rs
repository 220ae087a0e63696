//! Telling people: who is told of what, once, and never silently nobody.

#![cfg(test)]

use std::time::Duration;

use serde_json::{Value, json};
use telling::{World, edit, refusal};
use tenant::{Drop, Fault, Options, Tenant, Trouble};

const FUNCTION: telling::Tested = telling::function!(rotate_cert_report::RotateCertReport);
const TELL: &str = "/api/rotate-cert-report/tell";
const TICK: &str = "/rotate-report";
const DAY: Duration = Duration::from_secs(24 * 3600);
const TEAMS: &str = "http://127.0.0.1/hooks/teams/secret-channel";
const CALLBACK: &str = "http://127.0.0.1/hooks/callback/secret-desk";
const RULES: &str = r#"{"administrators": ["MeganB@contoso.com"]}"#;
const ALL: &[(&str, &str)] = &[
    ("ROTATE_REPORT_SENDER", "MeganB@contoso.com"),
    ("ROTATE_REPORT_TEAMS", TEAMS),
    ("ROTATE_REPORT_CALLBACK", CALLBACK),
    ("ROTATE_RULES", RULES),
];

fn world(settings: &[(&str, &str)]) -> World {
    World::configured(Tenant::new(Options::default()), FUNCTION, settings)
}

async fn tell(world: &World, path: &str, body: &Value) -> Value {
    let answer = world.post(path, body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

async fn tick(world: &World) -> String {
    let invocation = json!({"Data": {"timer": {"IsPastDue": false}}, "Metadata": {}});
    world.post(TICK, invocation.to_string()).await.text
}

/// The mails that were sent.
fn mails(world: &World) -> Vec<Value> {
    world.tenant.state()["sentMail"].as_array().cloned().unwrap_or_default()
}

fn to(mail: &Value) -> &str {
    mail["message"]["toRecipients"][0]["emailAddress"]["address"].as_str().unwrap()
}

/// What came to the hooks of this kind.
fn hooked(world: &World, kind: &str) -> Vec<Value> {
    world.tenant.told().into_iter().filter(|told| told.hook.starts_with(kind)).map(|told| told.body).collect()
}

fn troubled(world: &World, path: &str, times: Option<u32>, then: Trouble) {
    let (method, path) = (Some("POST".into()), Some(path.into()));
    world.tenant.fault(Fault { method, path, times, then, ..Fault::default() });
}

fn lost() -> Trouble {
    Trouble { drop: Some(Drop::After), ..Trouble::default() }
}

fn without_credentials(state: &mut Value) {
    for list in ["applications", "servicePrincipals"] {
        for object in state[list].as_array_mut().unwrap() {
            object["passwordCredentials"] = json!([]);
            object["keyCredentials"] = json!([]);
        }
    }
    state.as_object_mut().unwrap().remove("credentialUses");
}

#[tokio::test(start_paused = true)]
async fn each_who_answers_for_something_is_written_to_once_and_again_when_there_is_news() {
    let world = world(ALL);
    let told = tell(&world, TELL, &json!({})).await;
    let first = mails(&world);
    assert!(first.len() > 1, "{told}");
    assert_eq!(told["mails"]["sent"], first.len());
    let mut people: Vec<&str> = first.iter().map(to).collect();
    people.sort_unstable();
    people.dedup();
    assert_eq!(people.len(), first.len(), "one mail for each person");
    let again = tell(&world, TELL, &json!({})).await;
    assert_eq!((&again["mails"]["sent"], &again["mails"]["before"]), (&json!(0), &json!(first.len())));
    assert_eq!(mails(&world).len(), first.len());
    world.tenant.advance(DAY * 20);
    let later = tell(&world, TELL, &json!({})).await;
    assert!(later["mails"]["sent"].as_u64().unwrap() > 0, "another threshold is crossed: {later}");
}

#[tokio::test(start_paused = true)]
async fn what_would_be_sent_is_shown_and_nothing_is_sent() {
    let world = world(ALL);
    let would = tell(&world, &format!("{TELL}?whatIf=true"), &json!({})).await;
    assert!(would["mails"]["would"].as_array().unwrap().len() > 1, "{would}");
    assert_eq!(would["card"]["would"][0]["type"], "message");
    assert!(mails(&world).is_empty() && world.tenant.told().is_empty());
    let told = tell(&world, TELL, &json!({})).await;
    assert_eq!(told["mails"]["sent"], would["mails"]["would"].as_array().unwrap().len(), "and then it is");
}

#[tokio::test(start_paused = true)]
async fn a_tick_tells_every_channel_once_a_day() {
    let world = world(ALL);
    let line = tick(&world).await;
    assert!(line.contains("card: 1 sent"), "{line}");
    tick(&world).await;
    assert_eq!((hooked(&world, "teams").len(), hooked(&world, "callback").len()), (1, 1));
    world.tenant.advance(DAY);
    tick(&world).await;
    assert_eq!((hooked(&world, "teams").len(), hooked(&world, "callback").len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn nothing_expires_is_told_with_what_was_read() {
    let world = world(ALL);
    edit(&world.tenant, without_credentials);
    let told = tell(&world, TELL, &json!({})).await;
    assert_eq!(told["card"]["sent"], 1);
    assert!(mails(&world).is_empty());
    let card = hooked(&world, "teams")[0].to_string();
    assert!(card.contains("Nothing expires within 90 days") && card.contains("Pages read"), "{card}");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_broke_off_is_told_as_such_in_every_channel() {
    let world = world(ALL);
    let then =
        refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    let (method, path) = (Some("GET".into()), Some("/servicePrincipals*".into()));
    world.tenant.fault(Fault { method, path, then: then.clone(), ..Fault::default() });
    tell(&world, TELL, &json!({})).await;
    let all = [mails(&world), hooked(&world, "teams"), hooked(&world, "callback")];
    for (messages, says) in
        all.iter().zip(["Not everything could be read", "could not be read", "could not be read"])
    {
        assert!(
            !messages.is_empty() && messages.iter().all(|one| one.to_string().contains(says)),
            "{messages:?}"
        );
    }
    let (method, path) = (Some("GET".into()), Some("/applications*".into()));
    world.tenant.fault(Fault { method, path, then, ..Fault::default() });
    let none = tell(&world, TELL, &json!({})).await;
    assert!(none["headline"].as_str().unwrap().contains("could not be made"), "{none}");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_tried_again_and_what_nobody_knows_is_not() {
    for (then, after, sent) in [
        (refusal(429, "TooManyRequests", "wait"), "refused", 1),
        (refusal(400, "InvalidRequestContent", "no"), "refused", 1),
        (lost(), "unknown", 0),
    ] {
        let world = world(ALL);
        troubled(&world, "/hooks/teams/", Some(1), then);
        let first = tell(&world, TELL, &json!({})).await;
        assert_eq!(first["card"][after], 1, "{first}");
        let second = tell(&world, TELL, &json!({})).await;
        assert_eq!(second["card"]["sent"], sent, "{second}");
        assert_eq!(hooked(&world, "teams").len(), 1, "it has come once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_whose_reply_is_lost_is_not_sent_again() {
    let world = world(ALL);
    troubled(&world, "/users/*/sendMail", Some(1), lost());
    let first = tell(&world, TELL, &json!({})).await;
    // One envelope carries several, and with it all their replies are lost.
    let unknown = first["mails"]["unknown"].as_u64().unwrap();
    let sent = mails(&world).len();
    assert!((1..=4).contains(&unknown) && sent > 0, "{first}");
    let second = tell(&world, TELL, &json!({})).await;
    assert_eq!((&second["mails"]["unknown"], mails(&world).len()), (&json!(unknown), sent), "{second}");
}

#[tokio::test(start_paused = true)]
async fn of_two_at_once_one_sends() {
    let world = world(ALL);
    let nothing = json!({});
    let (one, two) = tokio::join!(tell(&world, TELL, &nothing), tell(&world, TELL, &nothing));
    let sum = |channel: &str| one[channel]["sent"].as_u64().unwrap() + two[channel]["sent"].as_u64().unwrap();
    assert_eq!(sum("card"), 1);
    assert_eq!(usize::try_from(sum("mails")).unwrap(), mails(&world).len());
    assert_eq!(hooked(&world, "teams").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_settings_nobody_is_told_and_the_answer_says_so() {
    let world = world(&[]);
    let told = tell(&world, TELL, &json!({})).await;
    let says = told["says"].to_string();
    assert!(says.contains("ROTATE_REPORT_SENDER") && says.contains("ROTATE_REPORT_TEAMS"), "{told}");
    assert!(says.contains("the rules name no administrators"), "{told}");
    assert!(mails(&world).is_empty() && world.tenant.told().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_asks_is_called_back_at_their_own_address() {
    let world = world(&[]);
    let told = tell(&world, TELL, &json!({"callbackUrl": CALLBACK})).await;
    assert_eq!(told["callback"]["sent"], 1, "{told}");
    let document = &hooked(&world, "callback")[0];
    assert!(document["rows"].as_array().unwrap().iter().all(|row| row["urgency"] == "act"));
    assert_eq!(document["headline"], told["headline"]);
    for wrong in ["http://contoso.com/x", "https://10.0.0.1/x", "ftp://contoso.com", ""] {
        let answer = world.post(TELL, json!({"callbackUrl": wrong}).to_string()).await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["pointer"]),
            (400, &json!("/callbackUrl")),
            "{wrong}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_acknowledges_rests() {
    let world = world(ALL);
    let report = world.get("/api/rotate-cert-report", &[]).await.body;
    for row in report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["keyId"].as_str().is_some_and(|key| !key.is_empty()))
    {
        let known =
            json!({"keyId": row["keyId"], "until": "2026-12-30T00:00:00Z", "by": "Lee Gu", "why": "x"});
        world.post("/api/rotate-cert-report/acknowledge", known.to_string()).await;
    }
    let told = tell(&world, TELL, &json!({})).await;
    assert_eq!(told["mails"]["sent"], 0, "{told}");
}

#[tokio::test(start_paused = true)]
async fn no_address_is_in_an_answer_or_in_what_is_kept_and_nobody_is_named_there() {
    let world = world(ALL);
    troubled(&world, "/hooks/callback/", Some(1), refusal(500, "x", "y"));
    let told = tell(&world, TELL, &json!({"callbackUrl": CALLBACK})).await.to_string();
    let again = tick(&world).await;
    for text in world.kept().iter().chain([&told, &again]) {
        assert!(!text.contains("secret-") && !text.contains("hooks"), "{text}");
        assert!(!text.contains("@contoso.com"), "{text}");
    }
    let wrong = self::world(&[("ROTATE_REPORT_TEAMS", "http://contoso.com/secret-channel")]);
    let answer = wrong.post(TELL, "{}").await;
    assert!(answer.status == 500 && answer.text.contains("ROTATE_REPORT_TEAMS"), "{}", answer.text);
    assert!(!answer.text.contains("secret-"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn what_an_application_that_means_harm_is_called_does_nothing() {
    let world = world(ALL);
    let hostile = "<script>x</script>\r\nBcc: AdeleV@contoso.com [here](https://contoso.com) **x** \\ 🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑";
    edit(&world.tenant, |state| {
        for application in state["applications"].as_array_mut().unwrap() {
            application["displayName"] = json!(hostile.repeat(20));
        }
    });
    tell(&world, TELL, &json!({})).await;
    for mail in mails(&world) {
        let html = mail["message"]["body"]["content"].as_str().unwrap();
        let subject = mail["message"]["subject"].as_str().unwrap();
        assert!(!html.contains("<script>"), "{html}");
        assert!(!subject.chars().any(char::is_control) && subject.chars().count() < 200, "{subject}");
    }
    let card = &hooked(&world, "teams")[0];
    let texts: Vec<String> = card["attachments"][0]["content"]["body"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["text"].to_string())
        .collect();
    assert!(!texts.concat().contains("[here](") && card.to_string().len() < 28 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_is_not_asked_for_more_than_thirty_mails_a_minute() {
    let teams: Vec<String> = (0..45).map(|number| format!("team-{number}@contoso.com")).collect();
    let rules = json!({ "administrators": teams }).to_string();
    let world = world(&[("ROTATE_REPORT_SENDER", "MeganB@contoso.com"), ("ROTATE_RULES", &rules)]);
    let begun = tokio::time::Instant::now();
    let told = tell(&world, TELL, &json!({})).await;
    let sent = mails(&world).len();
    assert!(sent > 45 && told["mails"]["sent"] == sent, "{told}");
    let chunks = u32::try_from((sent - 1) / 20).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(40) * chunks, "{sent} in {:?}", begun.elapsed());
}
