//! Over real sockets: the one HTTP client of the process, with a vault's own name on the way to another address.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use graph::auth::{Http, Settings};
use serde_json::json;
use tokio::net::TcpListener;
use vault::{By, Config, KeyVaults, Vaults};

use crate::mock::{Source, TENANT, keys, name, sign_in};

type Seen = Arc<Mutex<Vec<(HeaderValue, String)>>>;

async fn answer(State(seen): State<Seen>, uri: Uri, headers: HeaderMap) -> Response {
    let is_login = uri.path().ends_with("/token");
    seen.lock().unwrap().push((headers["host"].clone(), uri.path().to_owned()));
    if is_login {
        return axum::Json(json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "t"}))
            .into_response();
    }
    match headers.get("authorization") {
        Some(_) => axum::Json(json!({"value": "held in the vault"})).into_response(),
        None => {
            let told = "Bearer authorization=\"https://login.microsoftonline.com/x\", resource=\"https://vault.azure.net\"";
            (StatusCode::UNAUTHORIZED, [("www-authenticate", told)]).into_response()
        }
    }
}

#[tokio::test]
async fn what_goes_to_another_address_keeps_the_name_that_it_is_for() {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = Router::new().fallback(answer).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, server).await });

    let endpoints = ["M365_VAULT_ENDPOINT", "M365_LOGIN_ENDPOINT"].map(|name| (name, address.clone()));
    let settings: Settings = endpoints.into_iter().chain([("AZURE_TENANT_ID", TENANT.to_owned())]).collect();
    let config = Config::from_settings(&settings, Arc::new(Source::default())).unwrap();
    let vaults = KeyVaults::new(config, Arc::new(Http::new(settings)));
    let ask = sign_in(By::Published { vault: keys(), name: name() });
    assert_eq!(vaults.send(ask, None).await.unwrap().body, json!({"signedIn": true}));

    let vault = ("contoso-keys.vault.azure.net".parse().unwrap(), "/secrets/payroll/".to_owned());
    let login = ("login.microsoftonline.com".parse().unwrap(), format!("/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(*seen.lock().unwrap(), [vault.clone(), vault, login]);
}
