//! What is told of a call, and what is not.

use serde_json::{Value, json};
use vault::{Ask, By, Text, Vaults};

use crate::captured::captured;
use crate::mock::{
    APPLICATION, SECRET, by_certificate, client, empty, keys, name, no_token, refusal, secret, set, sign_in,
    status, token, with,
};

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["name"] == name).collect()
}

#[tokio::test(start_paused = true)]
async fn a_request_is_one_event_however_often_it_was_tried() {
    let events = captured(async {
        let (vaults, _) = client(|_, place| match place {
            0 => empty(status(429).header("retry-after", "7")),
            _ => with(200, &json!({"value": "x"})),
        });
        vaults.send(set(Text::Carried), Some(&secret())).await.unwrap();
    })
    .await;
    let [call] = named(&events, "vault.call")[..] else { panic!("{events:?}") };
    assert_eq!((&call["level"], &call["target"]), (&json!("DEBUG"), &json!("vault::step")));
    assert_eq!(
        call["fields"],
        json!({"message": "call ended", "outcome": "done", "status": 200, "attempts": 2, "wait_ms": 7000,
               "elapsed_ms": 7000, "vault_request_id": "r-1"})
    );
    let span = &call["span"];
    assert_eq!((&span["vault"], &span["method"]), (&json!("contoso-keys"), &json!("PUT")));
    assert_eq!(span["route"], "/secrets/{name}");
    assert_eq!(span["client_request_id"].as_str().map(str::len), Some(36));
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_is_one_event_beside_those_of_the_vault() {
    let events = captured(async {
        let (vaults, _) = client(|request, _| match request.uri().path() {
            path if path.ends_with("/sign") => with(200, &json!({"value": "c2lnbmVk"})),
            _ => token(),
        });
        vaults.send(sign_in(by_certificate()), None).await.unwrap();
    })
    .await;
    let [call] = named(&events, "signin.call")[..] else { panic!("{events:?}") };
    assert_eq!(
        (&call["fields"]["outcome"], &call["span"]["application"]),
        (&json!("done"), &json!(APPLICATION))
    );
    assert_eq!(named(&events, "vault.call").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn neither_secrets_nor_tokens_are_told_and_names_not_by_us() {
    let events = captured(async {
        let (vaults, _) = client(|request, place| match (request.uri().path(), place) {
            (path, 0) if path.contains("token") => no_token(7_000_215),
            (path, _) if path.contains("token") => token(),
            (path, _) if path.ends_with("/sign") => refusal(403, "Forbidden", "", "payroll is not yours."),
            _ => with(200, &json!({"value": SECRET})),
        });
        let asks = [
            set(Text::Carried),
            sign_in(By::Carried),
            sign_in(By::Published { vault: keys(), name: name() }),
            sign_in(by_certificate()),
            Ask::Pointer { vault: keys(), name: name() },
        ];
        for ask in asks {
            let told = format!("{:?}", vaults.send(ask, Some(&secret())).await.map(|answer| answer.status));
            assert!(!told.contains(SECRET), "{told}");
        }
    })
    .await;
    let all = serde_json::to_string(&events).unwrap();
    for hidden in [SECRET, "token-0", "t0ken", "eyJ"] {
        assert!(!all.contains(hidden), "{hidden} is told");
    }
    assert!(named(&events, "vault.call").len() >= 4 && !named(&events, "signin.call").is_empty());
    // Azure's libraries tell addresses, at a level at which nobody who reads LOGGING lets them.
    let is_ours = |event: &&Value| event["target"].as_str().is_some_and(|target| target.starts_with("vault"));
    let ours: Vec<String> = events.iter().filter(is_ours).map(Value::to_string).collect();
    assert!(ours.iter().all(|event| !event.contains("payroll")), "{ours:?}");
}
