//! From `main` to the port.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use axum::serve::ListenerExt;
use graph::auth::Settings;
use tokio::net::TcpListener;

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
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "small answers may be delayed");
        }
    });
    axum::serve(listener, router::<F>(App::new(settings))).await
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
