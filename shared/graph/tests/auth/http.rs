//! The shared HTTP client: roots, proxies, redirects.

use std::process::Command;

use crate::desk::{Answer, Desk, issued, quick};
use graph::auth::{Audience, Credentials, Http, Settings, Tokens};
use serde_json::json;

/// Set where a test runs itself once more, since an environment is that of a process.
const AGAIN: &str = "M365_TEST_RUNS_AGAIN";

fn run_again(test: &str, environment: &[(&str, &str)]) {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test]).env_remove("SSL_CERT_DIR").env(AGAIN, "");
    let output = again.envs(environment.iter().copied()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("1 passed"), "{environment:?}: {told}");
}

#[test]
fn roots_are_those_of_ssl_cert_file() {
    const EXPECTED: &str = "M365_TEST_EXPECTS";
    if let Ok(expected) = std::env::var(EXPECTED) {
        let http = Http::new(Settings::new(|_| None));
        let built = http.client().map(|_| "ready".to_owned()).unwrap_or_else(|error| error.to_string());
        return assert!(built.contains(&expected), "{built}");
    }
    let some = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/auth/throwaway-app.pem");
    for (file, expected) in [(some, "ready"), ("/nowhere", "install the ca-certificates")] {
        run_again("http::roots_are_those_of_ssl_cert_file", &[("SSL_CERT_FILE", file), (EXPECTED, expected)]);
    }
}

#[tokio::test]
async fn a_proxy_in_the_environment_does_not_see_plain_http_either() {
    if std::env::var(AGAIN).is_err() {
        // Nobody listens at the discard port.
        let environment = [("HTTP_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "")];
        return run_again("http::a_proxy_in_the_environment_does_not_see_plain_http_either", &environment);
    }
    let desk = Desk::open(|n, _| issued(n, 3600)).await;
    let token = crate::desk::tokens(&desk, quick()).bearer(&Audience::Graph).await;
    assert_eq!(token.unwrap().text(), "token-0");
}

#[tokio::test]
async fn plain_http_stays_on_this_machine_whatever_proxy_is_set() {
    let desk = Desk::open(|n, _| issued(n, 3600)).await;
    let proxy = Desk::open(|_, _| Answer::Is(502, json!({}))).await;
    let settings = Settings::from([("HTTPS_PROXY", proxy.url.as_str())]);
    let http = std::sync::Arc::new(Http::new(settings));
    let tokens = Tokens::new(Credentials::new(desk.identity(), http.clone(), quick()), quick());
    assert_eq!(tokens.bearer(&Audience::Graph).await.unwrap().text(), "token-0");
    assert_eq!(proxy.requests(), 0);
    // The proxy is there for https: it refuses the tunnel.
    assert!(http.client().unwrap().get("https://graph.microsoft.com/").send().await.is_err());
    assert_eq!(proxy.requests(), 1);
}

#[tokio::test]
async fn a_proxy_that_is_no_url_is_told_without_its_value() {
    let http = Http::new(Settings::from([("HTTPS_PROXY", "http://adele:pa ss@:x")]));
    let error = http.client().unwrap_err();
    assert!(error.is_setting() && error.to_string().starts_with("HTTPS_PROXY is not a URL"), "{error}");
    assert!(!error.to_string().contains("pa ss"));
}

#[tokio::test]
async fn no_redirect_is_followed_since_headers_hold_secrets() {
    let elsewhere = Desk::open(|n, _| issued(n, 3600)).await;
    let answer = axum::Router::new().fallback(axum::response::Redirect::temporary(&elsewhere.url));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, answer).await.unwrap() });
    let settings = Settings::from([("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "h3ader")]);
    let tokens = Tokens::new(Credentials::new(settings, crate::desk::http(), quick()), quick());
    assert!(tokens.bearer(&Audience::Graph).await.unwrap_err().is_refused());
    assert_eq!(elsewhere.requests(), 0);
}
