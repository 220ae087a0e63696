//! Serves an offline tenant until it is killed; tells on one line where it is and how to be somebody there.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde_json::json;
use tenant::{Clock, Crowd, Options, Quota, Seed, Tenant};

/// A strict, stateful Microsoft 365 over HTTP, for tests and demonstrations.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// `contoso`, or a file with a state as `GET /control/state` gives it.
    #[arg(long, default_value = "contoso")]
    seed: String,
    /// How many further accounts to make up.
    #[arg(long, default_value_t = 0)]
    users: usize,
    /// What those are like.
    #[arg(long, default_value = "plain")]
    crowd: CrowdArgument,
    /// How many further applications to make up.
    #[arg(long, default_value_t = 0)]
    applications: usize,
    /// How many seconds it takes until a new credential of an application signs in, and a removed one no longer does:
    /// at least and at most, such as 4-18.
    #[arg(long, default_value = "0-0", value_parser = seconds)]
    credential_delay: (Duration, Duration),
    /// How many seconds one has to wait between two changes of one application's credentials.
    #[arg(long, default_value_t = 0.0)]
    credential_gap: f64,
    /// The clock it goes by.
    #[arg(long, default_value = "real")]
    clock: ClockArgument,
    /// How many seconds a change may stay invisible to reads.
    #[arg(long, default_value_t = 0.0)]
    lag: f64,
    /// Size of the tenant, as throttling sees it.
    #[arg(long, default_value = "none")]
    quota: QuotaArgument,
    /// How many milliseconds every answer takes.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// How many seconds it takes until a mailbox can be found that a licence gave.
    #[arg(long, default_value_t = 60.0)]
    mailbox_delay: f64,
    /// How many seconds it takes until reads show that a mailbox was converted.
    #[arg(long, default_value_t = 0.0)]
    conversion_delay: f64,
    /// How many seconds it takes until the licences of members follow a membership, or what their group hands on.
    #[arg(long, default_value_t = 0.0)]
    group_licensing_delay: f64,
    /// How many seconds it takes at most until Key Vault has made a certificate or deleted something.
    #[arg(long, default_value_t = 0.0)]
    vault_delay: f64,
    /// How many calls Exchange Online answers at once; any number unless given.
    #[arg(long)]
    exchange_calls: Option<usize>,
    /// A directory role of the default application, such as "Exchange Administrator"; may be given again.
    #[arg(long = "directory-role")]
    directory_roles: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClockArgument {
    Real,
    Virtual,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CrowdArgument {
    Plain,
    Varied,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum QuotaArgument {
    S,
    M,
    L,
    None,
}

/// `4-18`, or one number for both.
fn seconds(text: &str) -> Result<(Duration, Duration), String> {
    let (shortest, longest) = text.split_once('-').unwrap_or((text, text));
    let read = |text: &str| {
        let seconds =
            text.trim().parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.ok_or_else(|| format!("'{text}' is no number of seconds"))
    };
    match (read(shortest)?, read(longest)?) {
        (shortest, longest) if shortest <= longest => Ok((shortest, longest)),
        _ => Err("the first number has to be the smaller one".to_owned()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "tenant: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let tenant = Tenant::try_new(options(&arguments)?)?;
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let root = format!("http://{}", tenant.serve(listener)?);
    let env = tenant.environment(&root, &tenant.default_identity());
    let line = json!({ "graph": root, "login": root, "exchange": root, "vault": root, "control": format!("{root}/control"), "env": env });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    std::future::pending().await
}

fn options(arguments: &Arguments) -> Result<Options, Box<dyn std::error::Error>> {
    Ok(Options {
        clock: match arguments.clock {
            ClockArgument::Real => Clock::Real,
            ClockArgument::Virtual => Clock::Virtual,
        },
        lag: Duration::try_from_secs_f64(arguments.lag)?,
        quota: match arguments.quota {
            QuotaArgument::S => Quota::S,
            QuotaArgument::M => Quota::M,
            QuotaArgument::L => Quota::L,
            QuotaArgument::None => Quota::None,
        },
        latency: Duration::from_millis(arguments.latency),
        users: arguments.users,
        applications: arguments.applications,
        credential_delay: arguments.credential_delay,
        credential_gap: Duration::try_from_secs_f64(arguments.credential_gap)?,
        crowd: match arguments.crowd {
            CrowdArgument::Plain => Crowd::Plain,
            CrowdArgument::Varied => Crowd::Varied,
        },
        mailbox_delay: Duration::try_from_secs_f64(arguments.mailbox_delay)?,
        conversion_delay: Duration::try_from_secs_f64(arguments.conversion_delay)?,
        group_licensing_delay: Duration::try_from_secs_f64(arguments.group_licensing_delay)?,
        vault_delay: Duration::try_from_secs_f64(arguments.vault_delay)?,
        exchange_calls: arguments.exchange_calls,
        directory_roles: arguments.directory_roles.clone(),
        seed: match arguments.seed.as_str() {
            "contoso" => Seed::Contoso,
            file => Seed::State(serde_json::from_str(&std::fs::read_to_string(file)?)?),
        },
    })
}
