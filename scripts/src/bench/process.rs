//! A custom handler as a process of its own, watched from its first moment.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::wire::{Connection, Reply};
use crate::error::{Doing, Error};

/// How long a handler may take to open its port.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to leave the processor to the handler between two looks at its port.
const BETWEEN: Duration = Duration::from_micros(20);

/// What Linux counts the time of processes in.
const TICK: Duration = Duration::from_millis(10);

/// A program that can serve as a custom handler.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) command: Vec<PathBuf>,
}

/// A handler that runs; dropping it ends the process.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    begun: Instant,
    pub(super) port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended by itself is as good.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Program {
    /// # Errors
    ///
    /// It cannot be started.
    pub(super) fn start(&self, settings: &BTreeMap<String, String>) -> Result<Running, Error> {
        let port = free_port().doing(|| "find a free port".to_owned())?;
        let (program, arguments) =
            self.command.split_first().ok_or_else(|| Error::new(format!("{} has no program", self.name)))?;
        let mut command = Command::new(program);
        command.args(arguments).envs(settings).env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().doing(|| format!("start {}", program.display()))?;
        Ok(Running { child, begun, port })
    }
}

impl Running {
    /// Asks as soon as the port is open; the answer, and how long it took from the start of the process.
    ///
    /// # Errors
    ///
    /// The port does not open, or there is no answer.
    pub(super) fn first(&mut self, request: &[u8]) -> Result<(Reply, Duration), Error> {
        let reply = self.connect()?.ask(request).doing(|| "read the first answer".to_owned())?;
        Ok((reply, self.begun.elapsed()))
    }

    /// A connection, as soon as the port is open.
    ///
    /// # Errors
    ///
    /// The process ends, or does not open its port.
    pub(super) fn connect(&mut self) -> Result<Connection, Error> {
        while self.begun.elapsed() < PATIENCE {
            match Connection::open(self.port) {
                Ok(connection) => return Ok(connection),
                Err(_) => std::thread::park_timeout(BETWEEN),
            }
        }
        let ended = self.child.try_wait().ok().flatten();
        Err(Error::new(match ended {
            Some(status) => format!("the handler ended: {status}"),
            None => format!("the handler does not open its port within {PATIENCE:?}"),
        }))
    }

    /// Resident memory, in bytes.
    ///
    /// # Errors
    ///
    /// The system does not tell; it is asked as Linux tells it.
    pub(super) fn memory(&self) -> Result<u64, Error> {
        self.told("VmRSS:")
    }

    /// The most resident memory that it ever had, in bytes.
    ///
    /// # Errors
    ///
    /// As [`memory`](Self::memory).
    pub(super) fn peak(&self) -> Result<u64, Error> {
        self.told("VmHWM:")
    }

    /// How long it has had a processor, all its threads together.
    ///
    /// # Errors
    ///
    /// As [`memory`](Self::memory).
    pub(super) fn worked(&self) -> Result<Duration, Error> {
        let place = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(&place).doing(|| format!("read {place}"))?;
        let ticks = ticks(&stat).ok_or_else(|| Error::new(format!("{place} does not tell the time")))?;
        Ok(TICK * ticks)
    }

    fn told(&self, what: &str) -> Result<u64, Error> {
        let place = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&place).doing(|| format!("read {place}"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix(what)?.split_whitespace().next());
        let kib = resident.and_then(|kib| kib.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| Error::new(format!("{place} does not tell the memory")))
    }
}

/// For itself and in the system. What stands before in the line begins with a name in brackets, which may hold anything.
fn ticks(stat: &str) -> Option<u32> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut times = after.split_whitespace().skip(11);
    Some(times.next()?.parse::<u32>().ok()? + times.next()?.parse::<u32>().ok()?)
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_process_is_read_behind_its_name() {
        let stat = "4711 (a (b) c) S 1 4711 4711 0 -1 4194560 1094 0 0 0 27 5 0 0 20 0 3 0 8514 1 2";
        assert_eq!(ticks(stat), Some(32));
        assert_eq!(ticks("4711 (handler"), None);
    }
}
