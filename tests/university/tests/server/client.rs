//! A plain HTTP client over one socket for each call.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// The credentials that the simulator expects where nothing else is said, as a header.
pub const BASIC: &str = "authorization: Basic aWZzLXRlY2huaWNhbC11c2VyOnNpbXVsYXRvci1vbmx5LXBhc3N3b3Jk\r\n";

/// What came back.
pub struct Got {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
    /// The connection was reset rather than closed.
    pub reset: bool,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Opens a connection and sends a request that asks for it to be closed afterwards.
pub fn open(addr: SocketAddr, method: &str, target: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = format!("{method} {target} HTTP/1.1\r\nhost: system\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads to the end, whatever the headers say.
pub fn read(stream: &mut TcpStream) -> Got {
    let mut bytes = Vec::new();
    let mut block = vec![0; 65536];
    let reset = loop {
        match stream.read(&mut block) {
            Ok(0) => break false,
            Ok(count) => bytes.extend_from_slice(&block[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break true,
            Err(error) => panic!("{error}"),
        }
    };
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = match end {
        Some(end) => (String::from_utf8_lossy(&bytes[..end]).into_owned(), bytes.split_off(end + 4)),
        None => (String::new(), bytes),
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Got { status, head, body, reset }
}

/// A GET with the right credentials.
pub fn get(addr: SocketAddr, target: &str) -> Got {
    read(&mut open(addr, "GET", target, BASIC))
}
