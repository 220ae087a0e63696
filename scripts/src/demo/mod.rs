//! The demonstration: a whole tenant, a Functions host and the packaged function on this machine, and a morning's work
//! with them.
//!
//! Every step expects something and ends the demonstration if it is not so; it is a test that tells a story. Little is
//! left behind: what it starts it ends, and what it writes is in a folder that goes away with it, but for the pages of
//! reports, which somebody may want to look at.

mod leaving;
mod licensing;
mod outcome;
mod report;
mod rotation;
mod rules;
mod scenes;
mod stage;

use crate::cargo::{self, Profile};
use crate::error::Error;
use crate::hires;
use crate::package;
use crate::tell::Teller;
use outcome::read_file;
use stage::{CREDENTIALS, FUNCTION, FUNCTIONS, LEAVING, LICENSING, Programs, Stage};

/// The new hires of the demonstration.
const HIRES: &str = "tests/data/new-hires.csv";

/// Plays the demonstration. To serve is to leave everything running afterwards, until Ctrl-C.
///
/// # Errors
///
/// Something could not be started, was not as expected, or the demonstration was interrupted.
pub fn run(serve: bool, teller: &Teller) -> Result<(), Error> {
    teller.line("Building the functions, the tenant and the host ...");
    let folder = tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
    let stage = |function| package::stage(function, Profile::Debug, &folder.path().join(function));
    let apps = FUNCTIONS.into_iter().map(stage).collect::<Result<_, _>>()?;
    let programs = Programs { tenant: cargo::build("tenant", Profile::Debug)?, apps, folder };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Error::new(error.to_string()))?;
    runtime.block_on(async {
        tokio::select! {
            played = play(&programs, serve, teller) => played,
            () = interrupted() => if serve { Ok(()) } else { Err(Error::new("interrupted")) },
        }
    })
}

async fn play(programs: &Programs, serve: bool, teller: &Teller) -> Result<(), Error> {
    let hires = hires::read(&read_file(HIRES)?)?;
    let mut stage = Stage::set(programs, teller).await?;
    let mut played = scenes::play(&stage, &hires, teller).await;
    if played.is_ok() {
        stage = stage.of(LICENSING);
        played = licensing::play(&stage, teller).await;
    }
    if played.is_ok() {
        played = rules::play(&stage, teller).await;
    }
    if played.is_ok() {
        played = report::play(&report::LICENCES, &stage, teller).await;
    }
    if played.is_ok() {
        stage = stage.of(LEAVING);
        played = leaving::play(&stage, teller).await;
    }
    if played.is_ok() {
        stage = stage.of(CREDENTIALS);
        played = report::play(&report::EXPIRING, &stage, teller).await;
    }
    if played.is_ok() {
        played = rotation::play(&stage, teller).await;
    }
    match &played {
        Ok(()) if serve => {
            stage = stage.of(FUNCTION);
            stay(&stage, teller).await
        }
        Ok(()) => teller.line("\nAll of it was as expected."),
        Err(_) => stage.tell_log(teller),
    }
    stage.strike().await;
    played
}

async fn stay(stage: &Stage, teller: &Teller) {
    teller.step("Everything is still running: try it");
    stage.curl_lines().iter().for_each(|line| teller.line(line));
    teller.line("\nCtrl-C ends it.");
    std::future::pending().await
}

/// Ends when somebody wants us to end: Ctrl-C, or a polite kill.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}
