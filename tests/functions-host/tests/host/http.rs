//! HTTP functions: keys, routes, and the three ways in which a request reaches the handler.

use crate::common::{
    KEY, Stage, call, get, http, in_time, json_answer, post, queue, seen, send, send_body, start,
};
use ::http::{Method, Request};
use axum::body::Body;
use functions_host::{App, Host, Options};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use std::convert::Infallible;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

fn proxying() -> Value {
    json!({"customHandler": {"enableProxyingHttpRequest": true}})
}

fn forwarding() -> Value {
    json!({"customHandler": {"enableForwardingHttpRequest": true}})
}

#[tokio::test]
async fn without_the_key_the_host_itself_answers_401() {
    in_time(async {
        let stage = Stage::new();
        let mut open = http(&[]);
        open[0]["authLevel"] = "anonymous".into();
        let host = start(vec![stage.app("app", proxying(), &[("closed", http(&[])), ("open", open)])]).await;
        let closed = host.url("closed").unwrap();
        let cases = [
            (get(&closed).await, 401),
            (get(&format!("{closed}?code=wrong")).await, 401),
            (get(&format!("{closed}?code={KEY}")).await, 200),
            (call(Method::GET, &closed).await, 200),
            (get(&host.url("open").unwrap()).await, 200),
        ];
        for (number, (reply, status)) in cases.iter().enumerate() {
            assert_eq!(reply.status, *status, "case {number}");
        }
        assert_eq!(seen(&host, "app").await.len(), 3, "the handler is reached only with the key");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn routes_are_tried_in_the_order_of_function_names_and_methods_must_fit() {
    in_time(async {
        let stage = Stage::new();
        let mut any = http(&["get"]);
        any[0]["route"] = "jobs/{*rest}".into();
        let mut one = http(&["get", "post"]);
        one[0]["route"] = "jobs/{id:int}".into();
        let off = json!({"AzureWebJobs.off.Disabled": "true"});
        let app = stage.app("app", json!({}), &[("any", any), ("one", one), ("off", http(&[]))]);
        let app =
            app.with_setting("AzureWebJobs.off.Disabled", off["AzureWebJobs.off.Disabled"].as_str().unwrap());
        let host = start(vec![app]).await;
        let base = format!("http://{}/api", host.address());
        assert_eq!(call(Method::GET, &format!("{base}/jobs/7")).await.status, 200);
        assert_eq!(call(Method::POST, &format!("{base}/jobs/7")).await.status, 200);
        assert_eq!(call(Method::POST, &format!("{base}/jobs/x")).await.status, 404);
        assert_eq!(call(Method::GET, &format!("{base}/nothing")).await.status, 404);
        assert_eq!(call(Method::GET, &format!("{base}/off")).await.status, 404);
        assert_eq!(get(&format!("{base}/off")).await.status, 401);
        let asked: Vec<_> = seen(&host, "app").await.iter().map(|request| request["uri"].clone()).collect();
        assert_eq!(asked, ["/any", "/one"], "the catch-all comes first by name");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_proxied_request_goes_through_as_it_is() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", proxying(), &[("hello", http(&[]))])]).await;
        let url = format!("{}?tag=1&tag=2", host.url("hello").unwrap());
        let told = post(&url, "{}").await.json();
        assert_eq!((&told["method"], &told["uri"]), (&json!("POST"), &json!("/api/hello?tag=1&tag=2")));
        assert_eq!(told["body"], "{}");
        let headers = &told["headers"];
        assert_eq!(headers["host"], host.address().to_string());
        assert_eq!(headers["x-functions-key"], KEY);
        assert_eq!(headers["x-azure-functions-invocationid"], headers["x-ms-invocation-id"]);
        assert_eq!(headers["content-length"], "2");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn proxying_streams_both_ways_and_wins_over_forwarding() {
    in_time(async {
    let stage = Stage::new();
    let both =
        json!({"customHandler": {"enableProxyingHttpRequest": true, "enableForwardingHttpRequest": true}});
    let host = start(vec![stage.app("app", both, &[("stream", http(&[]))])]).await;
    let (sender, chunks) = tokio::sync::mpsc::unbounded_channel::<&'static str>();
    let chunks = stream::unfold(chunks, |mut chunks| async {
        let chunk = chunks.recv().await?;
        Some((Ok::<_, Infallible>(chunk), chunks))
    });
    let request = Request::post(host.url("stream").unwrap()).header("x-functions-key", KEY);
    let client =
        hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
    let sending = client.request(request.body(Body::from_stream(chunks)).unwrap());
    sender.send("first").unwrap();
    let mut back = Body::new(sending.await.unwrap().into_body()).into_data_stream();
    assert_eq!(
        back.next().await.unwrap().unwrap(),
        "first",
        "the echo comes while the request is still open"
    );
    sender.send("second").unwrap();
    assert_eq!(back.next().await.unwrap().unwrap(), "second");
    drop(sender);
    assert!(back.next().await.is_none());
    host.stop().await;
    }).await;
}

#[tokio::test]
async fn a_forwarded_request_is_rebuilt_and_every_status_is_passed_on() {
    in_time(async {
        let stage = Stage::new();
        let answers = json!({
            "/api/gone": {"status": 410, "headers": {"x-why": "moved"}, "body": "no longer"},
            "/api/away": {"status": 302, "headers": {"location": "/api/hello"}},
        });
        let functions = [("gone", http(&[])), ("away", http(&[])), ("hello", http(&[]))];
        let app = stage.app("app", forwarding(), &functions).with_setting("ANSWERS", answers.to_string());
        let host = start(vec![app]).await;
        let told = post(&format!("{}?tag=1&tag=2", host.url("hello").unwrap()), "{}").await.json();
        assert_eq!((&told["uri"], &told["body"]), (&json!("/api/hello?tag=1%2C2"), &json!("{}")));
        assert!(told["headers"]["user-agent"].as_str().unwrap().starts_with("Azure-Functions-Host/4."));
        let gone = call(Method::GET, &host.url("gone").unwrap()).await;
        assert_eq!(
            (gone.status, gone.header("x-why"), gone.text.as_str()),
            (410, Some("moved"), "no longer")
        );
        let away = call(Method::GET, &host.url("away").unwrap()).await;
        assert_eq!((away.status, away.header("location")), (302, Some("/api/hello")));
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_chunked_request_is_lost_in_forwarding_and_without_body_in_an_envelope() {
    in_time(async {
        let chunked = || Body::from_stream(stream::iter([Ok::<_, Infallible>("{\"a\":1}")]));
        let request = |url: &str| Request::post(url).header("x-functions-key", KEY);
        let stage = Stage::new();
        let forwarded = stage.app("forwarded", forwarding(), &[("one", http(&[]))]);
        let enveloped = stage.app("enveloped", json!({}), &[("two", http(&[]))]);
        let host = start(vec![forwarded, enveloped]).await;
        let reply = send_body(request(&host.url("one").unwrap()), chunked()).await;
        assert_eq!((reply.status, reply.text.as_str()), (500, ""));
        host.line_with("forwarded", "'Transfer-Encoding: chunked' header can not be used").await.unwrap();
        assert_eq!(send_body(request(&host.url("two").unwrap()), chunked()).await.status, 200);
        let envelope: Value =
            serde_json::from_str(seen(&host, "enveloped").await[0]["body"].as_str().unwrap()).unwrap();
        assert_eq!(envelope["Data"]["req"]["Body"], Value::Null);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_enveloped_function_answers_through_its_outputs() {
    in_time(async {
    let stage = Stage::new();
    let mut bindings = http(&[]);
    bindings
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "queue", "direction": "out", "name": "next", "queueName": "next-jobs"}));
    let answer = json_answer(json!({
        "Outputs": {
            "res": {"statusCode": 202, "headers": {"Location": "/there", "Content-Type": "application/json"},
                "body": "{\"id\":42}"},
            "next": ["{\"a\":1}", "plain, text"],
        },
        "Logs": ["from the function"],
    }));
    // The flag is on, but two outputs rule proxying out.
    let app = stage.app("app", proxying(), &[("hello", bindings)]);
    let app = app.with_setting("ANSWERS", json!({"/hello": answer}).to_string());
    let host = start(vec![app]).await;
    let reply = post(&host.url("hello").unwrap(), "{\"who\":\"Adele Vance\"}").await;
    assert_eq!((reply.status, reply.text.as_str()), (202, "{\"id\":42}"));
    assert_eq!(
        (reply.header("location"), reply.header("content-type")),
        (Some("/there"), Some("application/json"))
    );
    let sent: Vec<_> = host.messages("next-jobs").iter().map(|message| message.decoded().unwrap()).collect();
    assert_eq!(sent, ["{\"a\":1}", "plain, text"]);
    let line = host.line_with("app", "from the function").await.unwrap();
    assert_eq!(line.category, "Function.hello.User");
    let request = &seen(&host, "app").await[0];
    assert_eq!((&request["method"], &request["uri"]), (&json!("POST"), &json!("/hello")));
    assert_eq!(request["headers"]["content-type"], "application/json; charset=utf-8");
    host.stop().await;
    }).await;
}

#[tokio::test]
async fn a_failed_invocation_is_a_bare_500_for_the_caller() {
    in_time(async {
    let stage = Stage::new();
    let json = |body: &str| json!({"headers": {"content-type": "application/json"}, "body": body});
    let answers = json!({
        "/refused": {"status": 404, "headers": {"content-type": "application/json"}, "body": "{\"why\":\"secret\"}"},
        "/plain": {"headers": {"content-type": "text/plain"}, "body": "{}"},
        "/broken": json("{"),
        "/nores": json("{\"Outputs\":{\"res\":\"text\"}}"),
        "/nullheader": json("{\"Outputs\":{\"res\":{\"headers\":{\"X\":null}}}}"),
        "/badstatus": json("{\"Outputs\":{\"res\":{\"statusCode\":1000}}}"),
        "/dies": {"exit": 7},
    });
    let names = ["refused", "plain", "broken", "nores", "nullheader", "badstatus", "dies"];
    let functions: Vec<_> = names.iter().map(|name| (*name, http(&[]))).collect();
    let host =
        start(vec![stage.app("app", json!({}), &functions).with_setting("ANSWERS", answers.to_string())])
            .await;
    for name in names {
        let reply = post(&host.url(name).unwrap(), "{}").await;
        assert_eq!((reply.status, reply.text.as_str()), (500, ""), "{name}");
    }
    assert_eq!(host.lines("app").unwrap().iter().filter(|line| line.text.contains("secret")).count(), 0);
    host.stop().await;
    }).await;
}

#[tokio::test]
async fn redirects_of_an_envelope_are_followed_and_lose_the_body_where_http_says_so() {
    in_time(async {
        let stage = Stage::new();
        let to = |status, path| json!({"status": status, "headers": {"location": path}});
        let answers = json!({"/soft": to(302, "/end"), "/hard": to(307, "/end")});
        let functions = [("soft", http(&[])), ("hard", http(&[]))];
        let host =
            start(vec![stage.app("app", json!({}), &functions).with_setting("ANSWERS", answers.to_string())])
                .await;
        assert_eq!(post(&host.url("soft").unwrap(), "{}").await.status, 200);
        assert_eq!(post(&host.url("hard").unwrap(), "{}").await.status, 200);
        let asked: Vec<_> = seen(&host, "app").await;
        let asked: Vec<_> = asked
            .iter()
            .map(|r| format!("{} {}", r["method"].as_str().unwrap(), r["uri"].as_str().unwrap()))
            .collect();
        assert_eq!(asked, ["POST /soft", "GET /end", "POST /hard", "POST /end"]);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("hello", http(&[]))]);
        let host = start(vec![app.with_setting("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "5")]).await;
        let url = host.url("hello").unwrap();
        assert_eq!(post(&url, "12345").await.status, 200);
        assert_eq!(post(&url, "123456").await.status, 413);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_announced_as_too_long_is_refused_before_it_is_sent() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({}), &[("hello", http(&[]))]);
        let host = start(vec![app.with_setting("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "5")]).await;
        let mut caller = TcpStream::connect(host.address()).await.unwrap();
        let head = format!(
            "POST /api/hello HTTP/1.1\r\nhost: host\r\nx-functions-key: {KEY}\r\ncontent-length: 6\r\n\r\n"
        );
        caller.write_all(head.as_bytes()).await.unwrap();
        let status = BufReader::new(caller).lines().next_line().await.unwrap().unwrap();
        assert_eq!(status, "HTTP/1.1 413 Payload Too Large");
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn both_framings_and_repeatable_key_orders_are_sent() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("hello", http(&[]))])]).await;
        for _ in 0..2 {
            post(&host.url("hello").unwrap(), "{}").await;
        }
        let seen = seen(&host, "app").await;
        let framings: Vec<_> =
            seen.iter().map(|request| request["headers"]["transfer-encoding"].clone()).collect();
        assert_eq!(framings, [json!("chunked"), Value::Null]);
        assert!(seen[1]["headers"]["content-length"].is_string());
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn several_apps_share_the_listener_but_not_a_route() {
    in_time(async {
        let stage = Stage::new();
        let one = stage.app("one", json!({}), &[("first", http(&[]))]);
        let two =
            stage.app("two", json!({"extensions": {"http": {"routePrefix": "v2"}}}), &[("first", http(&[]))]);
        let host = start(vec![one.clone(), two]).await;
        assert_eq!(host.url("one/first").unwrap(), format!("http://{}/api/first", host.address()));
        assert_eq!(host.url("two/first").unwrap(), format!("http://{}/v2/first", host.address()));
        assert_ne!(host.handler_url("one").unwrap(), host.handler_url("two").unwrap());
        for app in ["one", "two"] {
            assert_eq!(call(Method::GET, &host.url(&format!("{app}/first")).unwrap()).await.status, 200);
            assert_eq!(seen(&host, app).await.len(), 1);
        }
        host.stop().await;
        let clash = stage.app("clash", json!({}), &[("first", http(&["get"]))]);
        let error = start_error(vec![one, clash]).await;
        assert!(error.is_route_conflict());
        assert!(error.to_string().contains("'api/first' of function 'clash/first'"), "{error}");
    })
    .await;
}

async fn start_error(apps: Vec<App>) -> functions_host::Error {
    Host::start(Options { apps, ..Options::default() }).await.unwrap_err()
}

#[tokio::test]
async fn what_cannot_be_served_is_said_at_the_start() {
    in_time(async {
        let stage = Stage::new();
        let missing = start_error(vec![App::new(stage.path("nowhere"))]).await;
        assert!(missing.is_staging() && missing.to_string().contains("no such folder"), "{missing}");
        let app = stage.app("old", json!({"version": "1.0"}), &[]);
        let old = start_error(vec![app]).await;
        assert!(old.to_string().contains(r#"host.json: version must be "2.0""#), "{old}");
        let app = stage.app("node", json!({}), &[]).with_setting("FUNCTIONS_WORKER_RUNTIME", "node");
        let node = start_error(vec![app]).await;
        assert!(node.to_string().contains("FUNCTIONS_WORKER_RUNTIME must be 'custom'"), "{node}");
        let both = json!({"customHandler": {"http": {"routes": [{"route": "{*route}"}]}}});
        let both = start_error(vec![stage.app("both", both, &[("hello", http(&[]))])]).await;
        assert!(both.to_string().contains("cannot be combined with function.json"), "{both}");
    })
    .await;
}

#[tokio::test]
async fn a_function_in_error_is_left_out_and_the_others_are_served() {
    in_time(async {
        let stage = Stage::new();
        let functions = [("9lives", http(&[])), ("hello", http(&[])), ("work", queue("Not_A_Queue"))];
        let host = start(vec![stage.app("app", json!({}), &functions)]).await;
        assert_eq!(call(Method::GET, &host.url("hello").unwrap()).await.status, 200);
        host.line_with("app", "The '9lives' function is in error: '9lives' is not a valid function name.")
            .await
            .unwrap();
        host.line_with("app", "The 'work' function is in error: 'Not_A_Queue' is not a queue name")
            .await
            .unwrap();
        assert!(host.listing().to_string().contains("9lives: in error"));
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn functions_can_be_declared_in_host_json() {
    in_time(async {
        let stage = Stage::new();
        let routes = json!([{"route": "{*route}", "authorizationLevel": "anonymous"}]);
        let file = json!({"customHandler": {"enableProxyingHttpRequest": true, "http": {"routes": routes}}});
        let host = start(vec![stage.app("app", file, &[])]).await;
        assert_eq!(
            get(&format!("http://{}/api/any/thing", host.address())).await.json()["uri"],
            "/api/any/thing"
        );
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_front_door_is_open_and_the_admin_door_needs_the_key() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("hello", http(&["get"]))])]).await;
        host.ready("app").await.unwrap();
        let base = format!("http://{}", host.address());
        assert_eq!(get(&base).await.status, 200);
        assert_eq!(get(&format!("{base}/admin/host/ping")).await.status, 200);
        assert_eq!(get(&format!("{base}/admin/functions")).await.status, 401);
        let functions = call(Method::GET, &format!("{base}/admin/functions")).await.json();
        assert_eq!(functions[0]["name"], "hello");
        assert_eq!(functions[0]["invoke_url_template"], host.url("hello").unwrap());
        assert_eq!(functions[0]["config"]["bindings"][0]["type"], "httpTrigger");
        let status = call(Method::GET, &format!("{base}/admin/host/status")).await.json();
        assert_eq!((&status["state"], &status["apps"][0]["state"]), (&json!("Running"), &json!("Running")));
        assert_eq!(status["apps"][0]["processId"], host.pid("app").unwrap().unwrap());
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_handler_bears_what_it_did_not_ask_for() {
    in_time(async {
        let stage = Stage::new();
        let host = start(vec![stage.app("app", json!({}), &[("hello", http(&[]))])]).await;
        let probe = host.probe("app", 20).await.unwrap();
        assert_eq!((probe.pings.len(), probe.head, probe.unknown_function), (20, 204, 200));
        assert!(probe.pings.iter().all(|status| *status == 204));
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_of_too_many_is_turned_away() {
    in_time(async {
        let stage = Stage::new();
        let limits =
            json!({"extensions": {"http": {"maxOutstandingRequests": 1}}, "functionTimeout": "00:00:01"});
        let app = stage.app("app", limits, &[("slow", http(&[])), ("hello", http(&[]))]);
        let app = app.with_setting("ANSWERS", json!({"/slow": {"hang": true}}).to_string());
        let host = start(vec![app]).await;
        let (slow, hello) = (host.url("slow").unwrap(), host.url("hello").unwrap());
        let busy = tokio::spawn(async move { post(&slow, "{}").await.status });
        host.line_with("app", "Executing 'Functions.slow'").await.unwrap();
        assert_eq!(send(Request::get(&hello).header("x-functions-key", KEY), "").await.status, 429);
        assert_eq!(busy.await.unwrap(), 500);
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_proxied_caller_who_hangs_up_takes_the_handlers_connection_along() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", proxying(), &[("patient", http(&[]))]);
        let host =
            start(vec![app.with_setting("ANSWERS", json!({"/api/patient": {"hang": true}}).to_string())])
                .await;
        let url = host.url("patient").unwrap();
        let caller = tokio::spawn(async move { post(&url, "{}").await.status });
        host.line_with("app", "hanging /api/patient").await.unwrap();
        caller.abort();
        host.line_with("app", "abandoned /api/patient").await.unwrap();
        host.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_enveloped_caller_who_hangs_up_goes_unnoticed() {
    in_time(async {
        let stage = Stage::new();
        let app = stage.app("app", json!({"functionTimeout": "00:00:01"}), &[("patient", http(&[]))]);
        let host =
            start(vec![app.with_setting("ANSWERS", json!({"/patient": {"hang": true}}).to_string())]).await;
        let url = host.url("patient").unwrap();
        let caller = tokio::spawn(async move { post(&url, "{}").await.status });
        host.line_with("app", "hanging /patient").await.unwrap();
        caller.abort();
        host.line_with("app", "A function timeout has occurred").await.unwrap();
        assert!(host.lines("app").unwrap().iter().all(|line| line.text != "abandoned /patient"));
        host.stop().await;
    })
    .await;
}
