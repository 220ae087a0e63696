//! How soon a handler is there, and what it takes while it has nothing to do; beside the least that Node and Python can be.
//!
//! `GET /` is what the Functions host asks as soon as the process runs. The peers do nothing else and load no library, so
//! what a real handler in those languages takes is more.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::figures::{Report, Samples, mb, millis, ms, table};
use super::lab::Lab;
use super::process::Program;
use super::wire;
use crate::{Error, root};

const RUNS: usize = 50;
const START_MS: f64 = 5.0;
const IDLE_MB: f64 = 8.0;
const SIZE_MB: f64 = 10.0;

struct Found {
    program: Program,
    times: Vec<Duration>,
    memory: Vec<u64>,
}

/// # Errors
///
/// A handler does not answer.
pub(super) fn measure(lab: &Lab) -> Result<Report, Error> {
    let programs = [lab.joining.handler.clone()].into_iter().chain(peers());
    let mut found: Vec<Found> =
        programs.map(|program| Found { program, times: Vec::new(), memory: Vec::new() }).collect();
    for _ in 0..RUNS {
        found.iter_mut().try_for_each(Found::once)?;
    }
    Ok(report(&found, lab.joining.size))
}

impl Found {
    fn once(&mut self) -> Result<(), Error> {
        let mut running = self.program.start(&BTreeMap::new())?;
        let (reply, time) = running.first(&wire::request("GET", "/", None))?;
        reply.succeeded()?;
        self.times.push(time);
        self.memory.push(running.memory()?);
        Ok(())
    }

    fn times(&self) -> Samples {
        self.times.iter().copied().collect()
    }

    fn idle_mb(&self) -> f64 {
        let mut memory = self.memory.clone();
        memory.sort_unstable();
        memory.get(memory.len() / 2).copied().map(mb).unwrap_or_default()
    }
}

/// Node and Python, where they are installed. Their launchers are asked for the program behind them.
fn peers() -> impl Iterator<Item = Program> {
    let node = peer("node", &["-p", "process.version + ' ' + process.execPath"], "Node", "handler.js");
    let ask = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.executable)";
    let python = peer("python3", &["-c", ask], "Python", "handler.py");
    [node, python].into_iter().flatten()
}

fn peer(launcher: &str, ask: &[&str], language: &str, file: &str) -> Option<Program> {
    let told = Command::new(launcher).args(ask).output().ok().filter(|told| told.status.success())?;
    let told = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    let (version, program) = told.split_once(' ')?;
    let name = format!("{language} {}, its own HTTP server", version.trim_start_matches('v'));
    Some(Program { name, command: vec![PathBuf::from(program), root().join("scripts/peers").join(file)] })
}

fn report(found: &[Found], size: u64) -> Report {
    let ours = found.first().map(|first| (millis(first.times().median()), first.idle_mb()));
    let (start, idle) = ours.unwrap_or_default();
    let rows = found.iter().map(|found| row(found, start)).collect::<Vec<_>>();
    let head = ["Handler", "min", "median", "p90", "times ours", "idle memory"];
    let text = format!(
        "From starting the process to the first 200 on `GET /`: {RUNS} runs each, taking turns.\n\n{}\nThe program is {:.1} MB.\n",
        table(head, &rows),
        mb(size)
    );
    Report::new(text)
        .at_most("start, median", START_MS, start, " ms")
        .at_most("idle memory", IDLE_MB, idle, " MB")
        .at_most("size of the program", SIZE_MB, mb(size), " MB")
}

fn row(found: &Found, ours: f64) -> [String; 6] {
    let times = found.times();
    let ratio = millis(times.median()) / ours;
    [
        found.program.name.clone(),
        ms(times.min()),
        ms(times.median()),
        ms(times.percentile(90)),
        format!("{ratio:.1}"),
        format!("{:.1} MB", found.idle_mb()),
    ]
}
