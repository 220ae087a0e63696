//! Over a real socket, because that is where a dropped connection shows.

use serde_json::json;
use tenant::{Clock, Drop, Fault, Options, Tenant, Trouble};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn raw(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_socket_answers_and_a_dropped_one_closes_without_a_word() {
    let tenant = Tenant::new(Options { clock: Clock::Real, ..Options::default() });
    let address = tenant.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    let token = tenant.token(&tenant.default_identity(), "https://graph.microsoft.com");
    let request = format!(
        "GET /v1.0/users?$top=1 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let answer = raw(address, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.contains(&json!(format!("http://{address}/v1.0/users?")).as_str().unwrap().to_owned()),
        "links lead back here: {answer}"
    );
    tenant
        .fault(Fault { then: Trouble { drop: Some(Drop::After), ..Trouble::default() }, ..Fault::default() });
    assert_eq!(raw(address, &request).await, "");
}

#[tokio::test]
async fn a_key_vault_is_found_by_the_name_in_host_and_where_there_is_none_nobody_answers() {
    let tenant = Tenant::new(Options { clock: Clock::Real, ..Options::default() });
    let address = tenant.serve(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    let request = |host: &str| format!("GET /secrets HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let answer = raw(address, &request("Contoso-Keys.vault.azure.net:443")).await;
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized") && answer.contains("AKV10000"), "{answer}");
    assert_eq!(raw(address, &request("fabrikam-keys.vault.azure.net")).await, "");
}
