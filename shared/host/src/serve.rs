//! From `main` to the port.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use graph::auth::Settings;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::app::App;
use crate::function::Function;
use crate::routes::router;
use crate::telemetry;

/// The host says here on which port of the loopback address it expects the handler.
const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// Serves a function until the process is killed, which is how the Functions host ends it. The whole of every function's
/// `main`. The last line on stderr is the reason, should it end by itself.
pub fn serve<F: Function>() -> ExitCode {
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.and_then(|runtime| runtime.block_on(listen::<F>()));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

async fn listen<F: Function>() -> std::io::Result<()> {
    let settings = Settings::of_process();
    let port = port(&settings)?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    answer(listener, router::<F>(App::new(settings).reaching(F::VAULTS))).await
}

/// Answers whoever connects, for ever, each connection in a task of its own.
///
/// The Functions host speaks HTTP/1.1 to its handlers. `axum::serve` would bring a server for HTTP/2 along, because the client
/// of Microsoft Graph is built with that protocol: a part of the program that nobody ever calls.
async fn answer(mut listener: TcpListener, router: Router) -> ! {
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    let service = TowerToHyperService::new(service);
    loop {
        let (connection, _) = Listener::accept(&mut listener).await;
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "small answers may be delayed");
        }
        let serving = http1::Builder::new().serve_connection(TokioIo::new(connection), service.clone());
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

fn port(settings: &Settings) -> std::io::Result<u16> {
    let text = settings.get(PORT).unwrap_or_default();
    text.parse()
        .map_err(|_| std::io::Error::other(format!("{PORT} must be a port; the Functions host sets it")))
}

/// The host puts the last lines of stderr into its own error.
fn report(error: &std::io::Error) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "the handler ends: {error}");
}
