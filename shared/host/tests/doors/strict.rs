//! What cannot be understood, or is too much, is told as a problem; and nothing is changed.

use axum::body::Body;
use futures_util::stream;
use http::{Method, Request};
use serde_json::json;

use crate::house::{ADELE, Headers, House, hello, request};

#[tokio::test(start_paused = true)]
async fn one_call_does_it_and_says_what_became_of_it() {
    let house = House::new();
    let reply = house.ask(&[], &hello()).await;
    assert_eq!((reply.status, &reply.body["status"]), (200, &json!("succeeded")), "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("etag"), format!("\"{}\"", reply.body["planDigest"].as_str().unwrap()));
    assert_eq!(house.job_title(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_valid_names_its_fields_and_leaves_no_trace() {
    let house = House::new();
    let table = [
        (json!({"who": ADELE}), "/words", "required"),
        (json!({"who": ADELE, "words": "Hello", "wrods": 1}), "/wrods", "unknown field"),
        (json!({"who": ADELE, "words": ""}), "/words", "at least one word"),
        (json!({"who": ADELE, "words": "Hello", "at": "soon"}), "/at", ""),
    ];
    for (body, field, says) in table {
        let reply = house.ask(&[], &body).await;
        assert_eq!((reply.status, reply.problem()), (400, "invalid-request"), "{body}");
        let error = &reply.body["errors"][0];
        assert_eq!(error["pointer"], field, "{body}");
        assert!(error["detail"].as_str().unwrap().contains(says), "{body}: {error}");
    }
    assert_eq!((house.journal.runs().len(), house.tenant.transcript().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_was_lost_on_the_way_is_told_as_such() {
    let house = House::new();
    let lost = request("/api/greet", &[("transfer-encoding", "chunked")], Body::empty());
    let reply = house.send(lost).await;
    assert_eq!((reply.status, reply.problem()), (400, "invalid-request"));
    assert!(reply.body["errors"][0]["detail"].as_str().unwrap().contains("Content-Length"), "{}", reply.text);
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_misspelt_and_an_approval_that_cannot_be_read_change_nothing() {
    let house = House::new();
    let table: [(&str, Headers, &str); 5] = [
        ("/api/greet?whatif", &[], "invalid-query"),
        ("/api/greet?dry-run=true", &[], "invalid-query"),
        ("/api/greet?whatIf=true&whatIf=false", &[], "invalid-query"),
        ("/api/greet", &[("if-match", "*")], "invalid-header"),
        ("/api/greet", &[("idempotency-key", "")], "invalid-header"),
    ];
    for (target, headers, kind) in table {
        let reply = house.post(target, headers, &hello()).await;
        assert_eq!((reply.status, reply.problem()), (400, kind), "{target} {headers:?}");
    }
    assert_eq!((house.journal.runs().len(), house.tenant.transcript().len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_told_whether_its_length_was_given_or_not() {
    let house = House::new();
    let large = json!({"who": ADELE, "words": "x".repeat(300 * 1024)}).to_string();
    let length = large.len().to_string();
    let chunks: Vec<Result<String, std::io::Error>> =
        large.as_bytes().chunks(1024).map(|part| Ok(String::from_utf8(part.to_vec()).unwrap())).collect();
    let whole = request("/api/greet", &[("content-length", &length)], large);
    let chunked = request("/api/greet", &[], Body::from_stream(stream::iter(chunks)));
    for request in [whole, chunked] {
        let reply = house.send(request).await;
        assert_eq!((reply.status, reply.problem()), (413, "too-large"));
        assert!(reply.body["title"].as_str().unwrap().contains("256 KiB"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_told() {
    let broken = stream::iter([Ok("{"), Err(std::io::Error::other("the connection broke"))]);
    let reply = House::new().send(request("/api/greet", &[], Body::from_stream(broken))).await;
    assert_eq!((reply.status, reply.problem()), (400, "broken-body"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_json_is_of_the_wrong_type() {
    let house = House::new();
    let reply = house.ask(&[("content-type", "text/csv")], &hello()).await;
    assert_eq!((reply.status, reply.problem()), (415, "not-json"));
}

#[tokio::test(start_paused = true)]
async fn every_address_answers_the_methods_it_takes_and_a_problem_to_all_else() {
    let house = House::new();
    let run = "/api/greet/runs/0199f3a4-6c1e-7d3a-9b52-3f6a1c0e8d47";
    let undo = format!("{run}/undo");
    let table = [
        ("GET", "/", 200, "", ""),
        ("HEAD", "/", 200, "", ""),
        ("POST", "/", 405, "wrong-method", "GET,HEAD"),
        ("PUT", "/api/greet", 405, "wrong-method", "GET,HEAD,POST"),
        ("GET", "/api/greet/everybody", 405, "wrong-method", "POST"),
        ("GET", "/api/greet/absent", 405, "wrong-method", "POST"),
        ("DELETE", run, 405, "wrong-method", "GET,HEAD"),
        ("GET", &undo, 405, "wrong-method", "POST"),
        ("GET", "/greet-due", 405, "wrong-method", "POST"),
        ("GET", run, 404, "no-such-run", ""),
        ("POST", &undo, 404, "no-such-run", ""),
        ("GET", "/api/greet/runs/7", 404, "no-such-run", ""),
        ("POST", &format!("{run}/forget"), 404, "nothing-here", ""),
        ("GET", "/elsewhere/there", 404, "nothing-here", ""),
        ("POST", "/api/greet/bulk", 404, "nothing-here", ""),
        ("GET", "/api/greet/runs", 404, "nothing-here", ""),
    ];
    for (method, target, status, kind, allow) in table {
        let request = Request::builder().method(method).uri(target).body(Body::from("{}")).unwrap();
        let reply = house.send(request).await;
        assert_eq!(reply.status, status, "{method} {target}");
        assert_eq!(reply.header("allow"), allow, "{method} {target}");
        if status != 200 {
            assert_eq!(reply.problem(), kind, "{method} {target}");
        }
    }
    assert_eq!(house.tenant.transcript().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_address_may_end_in_a_slash_and_be_written_in_capitals() {
    let house = House::new();
    for target in ["/api/greet/", "/API/Greet", "/api/greet/?whatIf=true"] {
        let reply = house.post(target, &[], &hello()).await;
        assert_eq!(reply.status, 200, "{target}");
    }
    let run = house.ask(&[], &hello()).await.run().run.to_string().to_uppercase();
    assert_eq!(house.get(&format!("/api/greet/RUNS/{run}/")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_look_takes_no_notice_of_a_body() {
    let house = House::new();
    let run = house.ask(&[], &hello()).await.run().run;
    let look = Request::builder().method(Method::GET).uri(format!("/api/greet/runs/{run}"));
    assert_eq!(house.send(look.body(Body::from("not json")).unwrap()).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_defect_is_told_without_what_it_quotes() {
    let house = House::new();
    for target in ["/api/greet", "/api/greet?whatIf=true"] {
        let reply = house.post(target, &[], &json!({"who": ADELE, "words": "panic, Adele Vance"})).await;
        assert_eq!((reply.status, reply.problem()), (500, "defect"), "{target}");
        assert!(!reply.text.contains("Adele"), "{}", reply.text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_blocked_is_shown_and_not_done() {
    let house = House::new();
    let nobody = json!({"who": "nobody@contoso.com", "words": "Hello"});
    let reply = house.ask(&[], &nobody).await;
    assert_eq!((reply.status, reply.problem()), (422, "refused"));
    assert_eq!(reply.body["outcome"]["findings"][0]["code"], "nobody");
    let preview = house.post("/api/greet?whatIf=true", &[], &nobody).await;
    assert_eq!((preview.status, &preview.body["status"]), (200, &json!("refused")));
}
