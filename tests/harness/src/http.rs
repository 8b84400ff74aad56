//! A blocking HTTP/1.1 client that tells apart how an exchange can fail.
//!
//! Libraries fold the failures together that the layers must keep apart (reset before headers, body cut short,
//! not HTTP at all), so this one is written out: one connection per message, one deadline for the whole of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use pdnd::{Authority, Identity};

/// Bytes of a chunk, where a request says `transfer-encoding: chunked`.
const CHUNK: usize = 16 * 1024;

/// A message to send. Host, length and connection handling are the client's.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path with query, as it goes on the wire.
    pub target: String,
    /// `host`.
    pub authority: String,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// The body; see [`Request::content_length`].
    pub body: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body, decoded from its transfer coding.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Why there is no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Connection refused.
    Unreachable,
    /// Closed or reset before a byte came.
    Reset,
    /// No whole head within the time.
    TimedOut,
    /// What came is not HTTP.
    Garbage,
    /// The head came, the body did not come whole: closed, reset or badly framed.
    Truncated,
    /// The head came, the body did not come whole within the time.
    LateBody,
    /// The body is longer than the client takes.
    TooLarge,
}

/// Sends one message on a connection of its own and reads the answer.
///
/// # Errors
/// Says how far the exchange came; see [`Failure`].
pub fn send(addr: SocketAddr, request: &Request, timeout: Duration, most: usize) -> Result<Answer, Failure> {
    let deadline = Instant::now() + timeout;
    let stream = TcpStream::connect_timeout(&addr, timeout).map_err(|e| match e.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Failure::TimedOut,
        _ => Failure::Unreachable,
    })?;
    let _ = stream.set_nodelay(true);
    let _ = stream.set_write_timeout(Some(timeout));
    exchange(stream, request, deadline, most)
}

/// As [`send`], over TLS to a server of an authority, with a client's certificate if one is given.
///
/// # Errors
/// As [`send`]; a handshake that fails is [`Failure::Unreachable`], and so is a certificate that the server refuses.
pub fn send_tls(
    addr: SocketAddr,
    (authority, identity): (&Authority, Option<Identity>),
    request: &Request,
    timeout: Duration,
    most: usize,
) -> Result<Answer, Failure> {
    let deadline = Instant::now() + timeout;
    let stream = pdnd::connect(addr, authority, identity, timeout).map_err(|_| Failure::Unreachable)?;
    exchange(stream, request, deadline, most)
}

/// A connection whose reads can be bounded.
trait Wire: Read + Write {
    fn wait_at_most(&self, left: Duration) -> std::io::Result<()>;
}

impl Wire for TcpStream {
    fn wait_at_most(&self, left: Duration) -> std::io::Result<()> {
        self.set_read_timeout(Some(left))
    }
}

impl Wire for pdnd::Stream {
    fn wait_at_most(&self, left: Duration) -> std::io::Result<()> {
        self.sock.set_read_timeout(Some(left))
    }
}

fn exchange<W: Wire>(mut stream: W, request: &Request, deadline: Instant, most: usize) -> Result<Answer, Failure> {
    // A server may answer and close before it has read the body: what it said is still worth reading.
    let _ = stream.write_all(&head(request)).and_then(|()| write_body(&mut stream, request));
    let _ = stream.flush();
    Reader { stream, deadline, buffer: Vec::new() }.answer(&request.method, most)
}

impl Request {
    fn has(&self, wanted: &str) -> bool {
        self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    }

    /// The `content-length` that goes with it: none for a body in chunks, or one that the headers give already.
    #[must_use]
    pub fn content_length(&self) -> Option<usize> {
        let given = self.has("content-length") || self.has("transfer-encoding");
        (!given && (!self.body.is_empty() || self.method != "GET")).then_some(self.body.len())
    }
}

fn head(request: &Request) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", request.method, request.target, request.authority);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = request.content_length() {
        text.push_str(&format!("content-length: {length}\r\n"));
    }
    text.push_str("connection: close\r\n\r\n");
    text.into_bytes()
}

fn write_body(stream: &mut impl Write, request: &Request) -> std::io::Result<()> {
    if !request.has("transfer-encoding") {
        return stream.write_all(&request.body);
    }
    for chunk in request.body.chunks(CHUNK) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")
}

struct Reader<W> {
    stream: W,
    deadline: Instant,
    buffer: Vec<u8>,
}

enum More {
    Bytes,
    End,
    Broken,
    Late,
}

impl<W: Wire> Reader<W> {
    fn answer(mut self, method: &str, most: usize) -> Result<Answer, Failure> {
        loop {
            let mut answer = self.read_head()?;
            if (100..200).contains(&answer.status) {
                continue;
            }
            if method != "HEAD" && answer.status != 204 && answer.status != 304 {
                answer.body = self.read_body(&answer, most)?;
            }
            return Ok(answer);
        }
    }

    fn read_head(&mut self) -> Result<Answer, Failure> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 128];
            let mut parsed = httparse::Response::new(&mut headers);
            match parsed.parse(&self.buffer) {
                Ok(httparse::Status::Complete(length)) => {
                    let answer = Answer {
                        status: parsed.code.unwrap_or(0),
                        headers: parsed
                            .headers
                            .iter()
                            .map(|h| (h.name.to_ascii_lowercase(), String::from_utf8_lossy(h.value).into_owned()))
                            .collect(),
                        body: Vec::new(),
                    };
                    self.buffer.drain(..length);
                    return Ok(answer);
                }
                Ok(httparse::Status::Partial) => match self.more() {
                    More::Bytes => {}
                    // A head that breaks off is none.
                    More::End | More::Broken if !self.buffer.is_empty() => return Err(Failure::Garbage),
                    More::End | More::Broken => return Err(Failure::Reset),
                    More::Late => return Err(Failure::TimedOut),
                },
                Err(_) => return Err(Failure::Garbage),
            }
        }
    }

    fn read_body(&mut self, answer: &Answer, most: usize) -> Result<Vec<u8>, Failure> {
        if answer.header("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked")) {
            return self.read_chunks(most);
        }
        let Some(length) = answer.header("content-length") else { return self.read_to_end(most) };
        let length: usize = length.trim().parse().map_err(|_| Failure::Truncated)?;
        if length > most {
            return Err(Failure::TooLarge);
        }
        while self.buffer.len() < length {
            self.must_read()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn read_to_end(&mut self, most: usize) -> Result<Vec<u8>, Failure> {
        loop {
            if self.buffer.len() > most {
                return Err(Failure::TooLarge);
            }
            match self.more() {
                More::Bytes => {}
                More::End => return Ok(std::mem::take(&mut self.buffer)),
                More::Broken => return Err(Failure::Truncated),
                More::Late => return Err(Failure::LateBody),
            }
        }
    }

    fn read_chunks(&mut self, most: usize) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let (start, length) = loop {
                match httparse::parse_chunk_size(&self.buffer) {
                    Ok(httparse::Status::Complete(found)) => break found,
                    Ok(httparse::Status::Partial) => self.must_read()?,
                    Err(_) => return Err(Failure::Truncated),
                }
            };
            let length = usize::try_from(length).map_err(|_| Failure::TooLarge)?;
            if length > most.saturating_sub(body.len()) {
                return Err(Failure::TooLarge);
            }
            let end = start + length + 2;
            while self.buffer.len() < end {
                self.must_read()?;
            }
            body.extend_from_slice(&self.buffer[start..start + length]);
            self.buffer.drain(..end);
            if length == 0 {
                return Ok(body);
            }
        }
    }

    fn must_read(&mut self) -> Result<(), Failure> {
        match self.more() {
            More::Bytes => Ok(()),
            More::End | More::Broken => Err(Failure::Truncated),
            More::Late => Err(Failure::LateBody),
        }
    }

    fn more(&mut self) -> More {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || self.stream.wait_at_most(left).is_err() {
            return More::Late;
        }
        let mut chunk = [0_u8; 65_536];
        loop {
            return match self.stream.read(&mut chunk) {
                Ok(0) => More::End,
                Ok(read) => {
                    self.buffer.extend_from_slice(&chunk[..read]);
                    More::Bytes
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => More::Late,
                Err(_) => More::Broken,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A server that reads one head, says `answer` and closes, orderly or (`reset`) by leaving what it got unread.
    fn server(answer: &'static [u8], wait: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut got = Vec::new();
            let mut chunk = [0; 4096];
            while !got.windows(4).any(|w| w == b"\r\n\r\n") {
                let read = stream.read(&mut chunk).unwrap();
                got.extend_from_slice(&chunk[..read]);
            }
            stream.write_all(answer).unwrap();
            thread::sleep(wait);
        });
        addr
    }

    fn get(addr: SocketAddr) -> Result<Answer, Failure> {
        let request = Request {
            method: "GET".into(),
            target: "/x".into(),
            authority: "test".into(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        send(addr, &request, Duration::from_millis(400), 1_000)
    }

    fn body(answer: &'static [u8]) -> Result<String, Failure> {
        get(server(answer, Duration::ZERO)).map(|a| String::from_utf8(a.body).unwrap())
    }

    #[test]
    fn whole_answers_in_each_framing() {
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), Ok("hi".into()));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\nto the end"), Ok("to the end".into()));
        assert_eq!(
            body(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            Ok("abcde".into())
        );
        assert_eq!(body(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), Ok(String::new()));
    }

    #[test]
    fn failures_keep_their_place() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(get(closed), Err(Failure::Unreachable));
        assert_eq!(body(b""), Err(Failure::Reset));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Le"), Err(Failure::Garbage));
        assert_eq!(body(b"\x16\x03\x01 not http at all"), Err(Failure::Garbage));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), Err(Failure::Truncated));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"), Err(Failure::Truncated));
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), Err(Failure::TooLarge));
    }

    #[test]
    fn a_late_head_is_not_a_late_body() {
        assert_eq!(get(server(b"", Duration::from_secs(2))), Err(Failure::TimedOut));
        let late_body = server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Duration::from_secs(2));
        assert_eq!(get(late_body), Err(Failure::LateBody));
    }
}
