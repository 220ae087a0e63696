//! Serves staged function apps until it is told to stop.

use clap::{Parser, ValueEnum};
use functions_host::{App, Framing, Host, Line, Options, Payload, Quirks, Sink};
use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// A faithful local Azure Functions host for custom handlers.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A staged app: the folder that holds host.json. May be given several times.
    #[arg(long = "app", value_name = "DIR", required = true)]
    apps: Vec<PathBuf>,
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:7071")]
    listen: SocketAddr,
    /// The function, host and master key; a random one is made up and shown otherwise.
    #[arg(long)]
    key: Option<String>,
    /// Where queues and timers keep their state between runs; in memory otherwise.
    #[arg(long, value_name = "DIR")]
    storage: Option<PathBuf>,
    /// How the length of an envelope is told to the handler.
    #[arg(long, value_enum, default_value = "alternate")]
    framing: FramingChoice,
    /// Send the payloads of hosts before 2021.
    #[arg(long)]
    old_payloads: bool,
    /// Deliver every queue message twice.
    #[arg(long)]
    duplicates: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FramingChoice {
    Alternate,
    Chunked,
    ContentLength,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let host = Host::start(options(Arguments::parse())).await?;
    write!(io::stdout().lock(), "{}", host.listing())?;
    told_to_stop().await?;
    host.stop().await;
    Ok(())
}

fn options(arguments: Arguments) -> Options {
    Options {
        apps: arguments.apps.into_iter().map(App::new).collect(),
        listen: arguments.listen,
        key: arguments.key,
        storage: arguments.storage,
        sink: Some(to_stdout()),
        quirks: Quirks {
            framing: match arguments.framing {
                FramingChoice::Alternate => Framing::Alternate,
                FramingChoice::Chunked => Framing::Chunked,
                FramingChoice::ContentLength => Framing::ContentLength,
            },
            payload: if arguments.old_payloads { Payload::Old } else { Payload::Current },
            duplicate_deliveries: arguments.duplicates,
            seed: None,
        },
        ..Options::default()
    }
}

fn to_stdout() -> Sink {
    Arc::new(|line: &Line| {
        // Nobody to read it is no reason to stop serving.
        let _ = writeln!(io::stdout().lock(), "{line}");
    })
}

/// Interrupted or terminated: the handlers are to be killed, not orphaned.
async fn told_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
