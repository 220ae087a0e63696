//! What is told of a call, and what is not.

use exchange::{Cmdlet, Exchange};
use serde_json::json;

use crate::captured::captured;
use crate::mock::{client, done, empty, set, status, thrown};

#[tokio::test(start_paused = true)]
async fn a_call_is_one_event_however_often_it_was_tried() {
    let events = captured(async {
        let (exchange, _) = client(|_, place| match place {
            0 => empty(status(429).header("retry-after", "7")),
            _ => done(),
        });
        exchange.send(set()).await.unwrap();
    })
    .await;
    let calls: Vec<_> = events.iter().filter(|event| event["name"] == "exchange.call").collect();
    let [call] = calls[..] else { panic!("{events:?}") };
    assert_eq!((&call["level"], &call["target"]), (&json!("DEBUG"), &json!("exchange::ask")));
    assert_eq!(
        call["fields"],
        json!({"message": "call ended", "outcome": "done", "status": 200, "attempts": 2, "wait_ms": 7000,
               "elapsed_ms": 7000})
    );
    assert_eq!(call["span"]["cmdlet"], "Set-Mailbox");
    assert_eq!(call["span"]["client_request_id"].as_str().map(str::len), Some(36));
    let closed: Vec<_> = events.iter().filter(|event| event["name"] == "gate.closed").collect();
    assert!(matches!(closed[..], [event] if event["fields"]["workload"] == "Exchange"), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_is_named() {
    let events = captured(async {
        let (exchange, _) = client(|_, place| match place {
            0 => thrown(400, "A.ServerBusyException", "AdeleV@contoso.com is busy."),
            _ => {
                thrown(404, "A.ManagementObjectNotFoundException", "'AdeleV@contoso.com' couldn't be found.")
            }
        });
        let cmdlet =
            Cmdlet::new("Set-Mailbox").identity("AdeleV@contoso.com").add("EmailAddresses", ["AdeleV"]);
        exchange.send(cmdlet).await.unwrap_err();
    })
    .await;
    let text = serde_json::to_string(&events).unwrap();
    assert!(text.contains("Set-Mailbox") && text.contains("refused"), "{text}");
    assert!(!text.contains("AdeleV") && !text.contains("not-a-secret"), "{text}");
}
