//! Many callers at once, each on a connection of its own, one call after the other.
//!
//! Threads and bare sockets on purpose: the callers share the cores with what they measure, and should take little of them.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::wire::Connection;
use crate::error::{Doing, Error};

/// How long each call took, and how long all of them.
#[derive(Debug, Default)]
pub(super) struct Load {
    pub(super) times: Vec<Duration>,
    pub(super) all: Duration,
}

impl Load {
    /// One after the other.
    pub(super) fn add(&mut self, other: Self) {
        self.times.extend(other.times);
        self.all += other.all;
    }
}

/// Shares these requests among so many callers, each with a connection of its own; each must be answered as it should be.
///
/// # Errors
///
/// One is not.
pub(super) fn hammer(port: u16, callers: usize, requests: &[Vec<u8>]) -> Result<Load, Error> {
    hammer_with(port, callers, requests, call)
}

/// One call on a caller's connection, and how long it took.
type Call = fn(&mut Connection, &[u8]) -> Result<Duration, Error>;

/// The same with calls that are more than a question and an answer.
///
/// # Errors
///
/// One of them fails.
pub(super) fn hammer_with(
    port: u16,
    callers: usize,
    requests: &[Vec<u8>],
    call: Call,
) -> Result<Load, Error> {
    let shares: Vec<_> = requests.chunks(requests.len().div_ceil(callers).max(1)).collect();
    let ready = Barrier::new(shares.len() + 1);
    std::thread::scope(|scope| {
        let ready = &ready;
        let begin = |share| scope.spawn(move || call_all(port, ready, share, call));
        let callers = shares.into_iter().map(begin).collect::<Vec<_>>();
        ready.wait();
        let begun = Instant::now();
        let ended = callers
            .into_iter()
            .map(|caller| caller.join().unwrap_or_else(|_| Err(Error::new("a caller broke"))));
        let times = ended.collect::<Result<Vec<_>, _>>()?.concat();
        Ok(Load { times, all: begun.elapsed() })
    })
}

fn call_all(port: u16, ready: &Barrier, requests: &[Vec<u8>], call: Call) -> Result<Vec<Duration>, Error> {
    let connection = Connection::open(port);
    ready.wait();
    let mut connection = connection.doing(|| "connect to the handler".to_owned())?;
    requests.iter().map(|request| call(&mut connection, request)).collect()
}

fn call(connection: &mut Connection, request: &[u8]) -> Result<Duration, Error> {
    let begun = Instant::now();
    let reply = connection.ask(request).doing(|| "call the handler".to_owned())?;
    let time = begun.elapsed();
    reply.succeeded()?;
    Ok(time)
}
