//! Consumers: so many, each with a connection that it keeps, one request after the other.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use pdnd::Authority;
use xtask::{Context, Error, Result};

/// Consumers at one time.
pub const CONSUMERS: usize = 8;

/// The longest that any answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the consumers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ask {
    /// A student's enrolments, with a good voucher: 200
    Good,
    /// `GET /status`, which takes no voucher: 204
    Status,
    /// A path that nothing is served at, with a good voucher: the filter's 404
    Missing,
    /// A student's enrolments without a voucher: Envoy's 401
    Nobody,
}

impl Ask {
    /// The status that every answer must have.
    pub fn status(self) -> u16 {
        match self {
            Self::Good => 200,
            Self::Status => 204,
            Self::Missing => 404,
            Self::Nobody => 401,
        }
    }

    /// Calls to the system behind for each request.
    pub fn calls(self) -> u64 {
        u64::from(self == Self::Good)
    }

    fn request(self, voucher: &str) -> String {
        let (line, voucher) = match self {
            Self::Good => ("POST /ifs02/academic-enrollments", Some(voucher)),
            Self::Status => ("GET /ifs02/status", None),
            Self::Missing => ("POST /ifs02/nothing", Some(voucher)),
            Self::Nobody => ("POST /ifs02/academic-enrollments", None),
        };
        // What is refused before its body was read costs its connection: only what is answered brings one.
        let body = if self == Self::Good { r#"{"tax_code":"RSSMRA80A01F205X"}"# } else { "" };
        let proof = voucher.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let kind = "content-type: application/json\r\n";
        let length = body.len();
        format!("{line} HTTP/1.1\r\nhost: localhost\r\n{kind}{proof}content-length: {length}\r\n\r\n{body}")
    }
}

/// An answer, without its headers and the request's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Where consumers connect, and what they bring.
pub struct Target<'a> {
    pub addr: SocketAddr,
    /// Whose word for the gateway's certificate counts; none: no TLS.
    pub authority: Option<&'a Authority>,
    pub voucher: &'a str,
    pub ask: Ask,
    /// Each request comes on a connection of its own.
    pub fresh: bool,
}

/// One request by itself.
pub fn once(target: &Target<'_>) -> Result<Answer> {
    Connection::open(target)?.ask()
}

/// Sends `requests` requests between two readings of `cost`, whose difference it gives; every answer must be the expected
/// one. Connections are made, and used once, before the first reading.
pub fn round(target: &Target<'_>, requests: u32, expected: &Answer, cost: impl Fn() -> Result<u64>) -> Result<u64> {
    let left = AtomicU32::new(requests);
    let (ready, go) = (Barrier::new(CONSUMERS + 1), Barrier::new(CONSUMERS + 1));
    std::thread::scope(|scope| {
        let consumer = || {
            let opened = Connection::open(target).and_then(|mut connection| connection.ask().map(|_| connection));
            // Whatever went wrong, the others wait here.
            ready.wait();
            go.wait();
            let mut connection = opened?;
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                if target.fresh {
                    connection = Connection::open(target)?;
                }
                let answer = connection.ask()?;
                if answer != *expected {
                    let body = String::from_utf8_lossy(&answer.body).into_owned();
                    return Err(Error::new(format!("answered {}, not as expected: {body}", answer.status)));
                }
            }
            Ok(())
        };
        let consumers: Vec<_> = (0..CONSUMERS).map(|_| scope.spawn(consumer)).collect();
        ready.wait();
        let before = cost();
        go.wait();
        let done: Result<Vec<()>> = consumers
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err(Error::new("a consumer panicked"))))
            .collect();
        let after = cost();
        done?;
        Ok(after? - before?)
    })
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

struct Connection {
    stream: Box<dyn Stream>,
    request: String,
    bytes: Vec<u8>,
}

impl Connection {
    fn open(target: &Target<'_>) -> Result<Self> {
        let stream: Box<dyn Stream> = match target.authority {
            Some(authority) => {
                Box::new(pdnd::connect(target.addr, authority, None, PATIENCE).context("connecting over TLS")?)
            }
            None => {
                let stream = TcpStream::connect_timeout(&target.addr, PATIENCE).context("connecting")?;
                stream.set_nodelay(true).context("a connection")?;
                stream.set_read_timeout(Some(PATIENCE)).context("a connection")?;
                Box::new(stream)
            }
        };
        Ok(Self { stream, request: target.ask.request(target.voucher), bytes: vec![0; 65_536] })
    }

    fn ask(&mut self) -> Result<Answer> {
        self.stream.write_all(self.request.as_bytes()).and_then(|()| self.stream.flush()).context("the request")?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.bytes[filled..]).context("the answer")?;
            if read == 0 {
                return Err(Error::new("the answer was cut short"));
            }
            filled += read;
            if let Some(answer) = parse(&self.bytes[..filled])? {
                return Ok(answer);
            }
        }
    }
}

/// An answer that is there whole; none while some of it is missing.
fn parse(bytes: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end]).context("the answer's head")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("the answer has no status")?;
    let length = head.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = match length {
        Some(length) => length,
        None if status == 204 => 0,
        None => return Err(Error::new(format!("an answer without its length: {head}"))),
    };
    // The request's id is another in each problem document.
    let body = bytes.get(end + 4..end + 4 + length).map(|body| without_id(body.to_vec()));
    Ok(body.map(|body| Answer { status, body }))
}

fn without_id(body: Vec<u8>) -> Vec<u8> {
    let named = b"\"instance\":\"";
    let Some(at) = body.windows(named.len()).position(|window| window == named) else { return body };
    let start = at + named.len();
    let length = body[start..].iter().position(|byte| *byte == b'"').unwrap_or(0);
    [&body[..start], &body[start + length..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_whole_and_without_its_id() {
        let text = b"HTTP/1.1 404 Not Found\r\ncontent-length: 22\r\n\r\n{\"instance\":\"abc-123\"}";
        assert_eq!(parse(&text[..text.len() - 1]).unwrap(), None);
        let answer = parse(text).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (404, br#"{"instance":""}"#.as_slice()));
        let empty = parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!((empty.status, empty.body.len()), (204, 0));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
