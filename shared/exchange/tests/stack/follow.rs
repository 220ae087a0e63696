//! Where a call is sent on to, and where it is not.

use std::time::Duration;

use exchange::Exchange;
use http::header::LOCATION;

use crate::mock::{Answer, ENDPOINT, body, client, done, empty, over, set, status, wire};

const REGION: &str = "https://eur01.outlook.office365.com/adminapi/beta/x/InvokeCommand";

fn sent_on(code: u16, place: &str) -> Answer {
    empty(status(code).header(LOCATION, place))
}

#[tokio::test(start_paused = true)]
async fn method_body_and_token_go_along() {
    for code in [302, 307, 308] {
        let (exchange, log) = client(move |_, place| if place == 0 { sent_on(code, REGION) } else { done() });
        exchange.send(set()).await.unwrap();
        let [first, second] = &log.all()[..] else { panic!("{:?}", log.urls()) };
        assert_eq!(second.uri(), REGION);
        assert_eq!((first.method(), first.headers()), (second.method(), second.headers()));
        assert_eq!(body(first), body(second));
        assert_eq!(second.headers()["authorization"], "Bearer not-a-secret");
    }
}

#[tokio::test(start_paused = true)]
async fn only_hosts_of_exchange_online_see_the_token() {
    let table = [
        (ENDPOINT, "https://eur01.outlook.com/x", None),
        (ENDPOINT, "https://OUTLOOK.office365.com/x", None),
        (ENDPOINT, "/elsewhere", None),
        (ENDPOINT, "https://outlook.office365.us/x", None),
        (ENDPOINT, "https://partner.outlook.cn/x", None),
        (ENDPOINT, "https://outlook.office365.com.contoso.com/x", Some("outlook.office365.com.contoso.com")),
        (ENDPOINT, "https://contosooutlook.com/x", Some("contosooutlook.com")),
        (ENDPOINT, "https://outlook.office365.com@contoso.com/x", Some("contoso.com")),
        (ENDPOINT, "https://adele@outlook.office365.com/x", Some("outlook.office365.com")),
        (ENDPOINT, "https://outlook.office365.com:444/x", Some("outlook.office365.com")),
        (ENDPOINT, "http://outlook.office365.com/x", Some("outlook.office365.com")),
        (ENDPOINT, "http://127.0.0.1:8080/x", Some("127.0.0.1")),
        (ENDPOINT, "https://", Some("nowhere")),
        ("http://127.0.0.1:8080", "http://localhost:8081/x", None),
        ("http://127.0.0.1:8080", "http://[::1]:8081/x", None),
        ("http://127.0.0.1:8080", REGION, Some("eur01.outlook.office365.com")),
    ];
    for (endpoint, place, refused) in table {
        let (wire, log) =
            wire(Duration::ZERO, move |_, count| if count == 0 { sent_on(302, place) } else { done() });
        let answer = over(wire, endpoint).send(set()).await;
        match refused {
            None => assert!(answer.is_ok() && log.len() == 2, "{place}: {answer:?}"),
            Some(host) => {
                let error = answer.unwrap_err();
                assert!(error.to_string().contains(host) && log.len() == 1, "{place}: {error}");
                assert!(!error.is_unknown() && !error.is_unreachable(), "{place}: {error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_sent_on_twice_at_most() {
    let (exchange, log) = client(|_, place| if place < 2 { sent_on(307, REGION) } else { done() });
    exchange.send(set()).await.unwrap();
    assert_eq!(log.len(), 3);
    let (exchange, log) = client(|_, _| sent_on(307, REGION));
    let error = exchange.send(set()).await.unwrap_err();
    assert!(error.to_string().contains("on and on") && !error.is_unknown(), "{error}");
    assert_eq!(log.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_would_change_the_method_is_not_followed() {
    for code in [301, 303] {
        let (exchange, log) = client(move |_, _| sent_on(code, REGION));
        let error = exchange.send(set()).await.unwrap_err();
        assert!(error.to_string().contains("eur01.outlook.office365.com"), "{error}");
        assert_eq!(log.len(), 1);
    }
}
