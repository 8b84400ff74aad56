//! A small blocking HTTP/1.1 client for loopback: one request, one connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::{Context, Error, Result};

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name (lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// GET.
///
/// # Errors
/// See [`send`].
pub fn get(addr: SocketAddr, path: &str, timeout: Duration) -> Result<Answer> {
    send(addr, "GET", path, &[], &[], timeout)
}

/// Sends one request and reads the whole answer. `timeout` bounds each wait, not their sum.
///
/// # Errors
/// No connection, no answer in time, or an answer that is not HTTP/1.1 or ends early.
pub fn send(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    timeout: Duration,
) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&addr, timeout).context(format!("connecting to {addr}"))?;
    stream.set_read_timeout(Some(timeout)).context("setting a timeout")?;
    stream.set_write_timeout(Some(timeout)).context("setting a timeout")?;
    over(&mut stream, &addr.to_string(), method, path, headers, body)
}

/// As [`send`], over a connection that is there already, such as one with TLS, to a server that is asked for as `addr`.
///
/// # Errors
/// No answer in time, or an answer that is not HTTP/1.1 or ends early.
pub fn over(
    stream: &mut (impl Read + Write),
    addr: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method == "POST" {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).context("sending the request")?;
    // A server may refuse after the head and close; its answer is what counts then.
    let sent = stream.write_all(body).and_then(|()| stream.flush());
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65_536];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&piece[..n]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                sent.context("sending the body")?;
                return Err(error).context("reading the answer");
            }
        }
        // A server may keep the connection open a while after its answer.
        if told_its_end(&bytes)
            && let Ok(answer) = parse(&bytes)
        {
            return Ok(answer);
        }
    }
    parse(&bytes).context(format!("the answer of {addr}"))
}

/// Whether the head says where the body ends, so that [`parse`] can tell a whole answer from a part.
fn told_its_end(bytes: &[u8]) -> bool {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|end| bytes[..end].to_ascii_lowercase());
    let says = |head: &[u8], what: &[u8]| head.windows(what.len()).any(|w| w == what);
    head.is_some_and(|head| says(&head, b"\r\ncontent-length:") || says(&head, b"\r\ntransfer-encoding: chunked"))
}

fn parse(bytes: &[u8]) -> Result<Answer> {
    let split = bytes.windows(4).position(|w| w == b"\r\n\r\n").context("no HTTP head")?;
    let head = std::str::from_utf8(&bytes[..split]).context("head")?;
    let rest = &bytes[split + 4..];
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|s| s.parse().ok()).context("no status")?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let body = if header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
        chunked(rest)?
    } else if let Some(length) = header("content-length").and_then(|v| v.parse::<usize>().ok()) {
        rest.get(..length).context("body cut short")?.to_vec()
    } else {
        rest.to_vec()
    };
    Ok(Answer { status, headers, body })
}

fn chunked(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n").context("chunk size missing")?;
        let size = std::str::from_utf8(&rest[..line]).context("chunk size")?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16).context("chunk size")?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(..size).context("chunk cut short")?);
        rest = rest.get(size..).and_then(|r| r.strip_prefix(b"\r\n")).ok_or_else(|| Error::new("chunk has no end"))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lengths_and_chunks() {
        let a = parse(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-A: b \r\n\r\nhi").unwrap();
        assert_eq!((a.status, a.text().as_str(), a.header("x-a")), (201, "hi", Some("b")));
        let b =
            parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\n\r\n").unwrap();
        assert_eq!(b.text(), "abcd");
    }

    #[test]
    fn an_answer_cut_short_is_an_error() {
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\n").is_err());
    }
}
