//! HTTP/1.1 over a bare socket: what measures must not take longer than what is measured.
//!
//! It knows only what the handlers measured here answer: a length, or nothing more until the connection is closed.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::Error;

/// Longer than any deadline of the handler.
const LIMIT: Duration = Duration::from_secs(240);

/// A connection that is kept open.
#[derive(Debug)]
pub(super) struct Connection(TcpStream);

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A request, ready to be sent.
pub(super) fn request(method: &str, target: &str, body: Option<&Value>) -> Vec<u8> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    format!("{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

impl Reply {
    /// # Errors
    ///
    /// It is no 200; or an outcome that is neither what was planned nor what succeeded.
    pub(super) fn succeeded(&self) -> Result<(), Error> {
        let outcome = self.outcome();
        let status = outcome["status"].as_str().unwrap_or("succeeded");
        match (self.status, status) {
            (200, "planned" | "succeeded") => Ok(()),
            (status, _) => Err(Error::unmet("200 and success", format!("{status} {}", self.told()))),
        }
    }

    /// The body as JSON, if it is that.
    pub(super) fn outcome(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    pub(super) fn told(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Connection {
    /// # Errors
    ///
    /// Nobody listens there.
    pub(super) fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        // A socket can meet itself where nobody listens yet.
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self(stream))
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// The connection breaks, or what comes back is no HTTP.
    pub(super) fn ask(&mut self, request: &[u8]) -> io::Result<Reply> {
        self.0.write_all(request)?;
        let mut bytes = Vec::new();
        loop {
            let is_closed = self.read_more(&mut bytes)? == 0;
            match reply(&bytes, is_closed) {
                Some(reply) => return Ok(reply),
                None if is_closed => return Err(io::ErrorKind::UnexpectedEof.into()),
                None => {}
            }
        }
    }

    /// A machine that is stopped for a moment and goes on interrupts whoever is waiting.
    fn read_more(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let read = loop {
            match self.0.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        bytes.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// The answer, once all of it is there.
fn reply(bytes: &[u8], is_closed: bool) -> Option<Reply> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (String::from_utf8_lossy(&bytes[..end]), &bytes[end + 4..]);
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let is_whole = length(&head).map_or(is_closed, |length| body.len() >= length);
    is_whole.then(|| Reply { status, body: body.to_vec() })
}

fn length(head: &str) -> Option<usize> {
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next()?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_is_there_or_the_connection_is_closed() {
        let table = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", false, None::<(u16, &str)>),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", false, None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false, Some((200, "{}"))),
            ("HTTP/1.0 202 Accepted\r\n\r\n{}", false, None),
            ("HTTP/1.0 202 Accepted\r\n\r\n{}", true, Some((202, "{}"))),
        ];
        for (bytes, is_closed, expected) in table {
            let found = reply(bytes.as_bytes(), is_closed).map(|reply| (reply.status, reply.body));
            assert_eq!(found, expected.map(|(status, body)| (status, body.as_bytes().to_vec())), "{bytes}");
        }
    }
}
