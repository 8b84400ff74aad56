//! The load: so many consumers, each with a connection of its own, one request after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::HeaderMap;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use xtask::{Context, Error, Result};

/// Requests in flight at one time.
pub const CONSUMERS: u32 = 16;

/// Who is asked for.
pub const TAX_CODE: &str = "RSSMRA80A01F205X";

/// The request's body.
pub const REQUEST: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

const PATH: &str = "/ifs02/academic-enrollments";

/// How one round went.
#[derive(Debug)]
pub struct Round {
    /// From the first request to the last answer.
    pub took: Duration,
    /// Of each request, seconds.
    pub latencies: Vec<f64>,
}

/// A connection of one consumer, and whom it is to.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

/// One request by itself; gives headers and body of a 200.
pub fn once(runtime: &Handle, addr: SocketAddr) -> Result<(HeaderMap, Bytes)> {
    runtime.block_on(async { Connection::open(addr).await?.ask().await })
}

/// Opens a connection for each consumer. Each has made one request, so that opening it is no part of a measurement.
pub fn open(runtime: &Handle, addr: SocketAddr, expected: &[Bytes]) -> Result<Vec<Connection>> {
    runtime.block_on(async {
        let mut opened = JoinSet::new();
        for _ in 0..CONSUMERS {
            opened.spawn(async move {
                let mut connection = Connection::open(addr).await?;
                connection.ask().await.map(|(_, body)| (connection, body))
            });
        }
        let mut connections = Vec::new();
        while let Some(one) = opened.join_next().await {
            let (connection, body) = one.context("a consumer")??;
            same(&body, expected)?;
            connections.push(connection);
        }
        Ok(connections)
    })
}

/// Sends `requests` requests; every answer must have the expected bytes. The connections are still open when this
/// returns, and close with what it gives.
pub fn round(
    runtime: &Handle,
    connections: Vec<Connection>,
    requests: u32,
    expected: &[Bytes],
) -> Result<(Round, Vec<Connection>)> {
    runtime.block_on(async {
        let left = Arc::new(AtomicU32::new(requests));
        let expected: Arc<[Bytes]> = expected.into();
        let started = Instant::now();
        let mut consumers = JoinSet::new();
        for connection in connections {
            consumers.spawn(consumer(connection, Arc::clone(&left), Arc::clone(&expected)));
        }
        let (mut latencies, mut connections) = (Vec::new(), Vec::new());
        while let Some(consumer) = consumers.join_next().await {
            let (connection, seconds) = consumer.context("a consumer")??;
            connections.push(connection);
            latencies.extend(seconds);
        }
        Ok((Round { took: started.elapsed(), latencies }, connections))
    })
}

async fn consumer(
    mut connection: Connection,
    left: Arc<AtomicU32>,
    expected: Arc<[Bytes]>,
) -> Result<(Connection, Vec<f64>)> {
    let mut latencies = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let started = Instant::now();
        let (_, body) = connection.ask().await?;
        latencies.push(started.elapsed().as_secs_f64());
        same(&body, &expected)?;
    }
    Ok((connection, latencies))
}

/// Whether an answer has the bytes of one of the expected ones.
///
/// # Errors
/// It has others.
pub fn same(body: &Bytes, expected: &[Bytes]) -> Result<()> {
    let [first, ..] = expected else { return Err(Error::new("nothing is expected")) };
    if expected.contains(body) {
        return Ok(());
    }
    let at = body.iter().zip(first).take_while(|(a, b)| a == b).count();
    let (from, to) = (at.saturating_sub(40), at + 60);
    let part = |bytes: &Bytes| String::from_utf8_lossy(&bytes[from.min(bytes.len())..to.min(bytes.len())]).into_owned();
    Err(Error::new(format!(
        "an answer of {} bytes, not the {} expected; they part at {at}:\n  {}\n  {}",
        body.len(),
        first.len(),
        part(body),
        part(first)
    )))
}

impl Connection {
    /// Connects.
    pub async fn open(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await.context(format!("connecting to {addr}"))?;
        stream.set_nodelay(true).context("a connection")?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.context("a connection")?;
        // It ends with its sender.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, host: addr.to_string() })
    }

    /// Makes the request; gives headers and body of a 200 with JSON.
    pub async fn ask(&mut self) -> Result<(HeaderMap, Bytes)> {
        self.sender.ready().await.context("the connection")?;
        let request = hyper::Request::post(PATH)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from_static(REQUEST.as_bytes())))
            .context("the request")?;
        let (head, body) = self.sender.send_request(request).await.context("the request")?.into_parts();
        let body = body.collect().await.context("the answer")?.to_bytes();
        let kind = head.headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
        // Some add a charset, which JSON has not.
        let json = kind == b"application/json" || kind.starts_with(b"application/json;");
        if head.status != hyper::StatusCode::OK || !json {
            return Err(Error::new(format!("answered {}: {}", head.status, String::from_utf8_lossy(&body))));
        }
        Ok((head.headers, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_byte_for_byte() {
        let whole = Bytes::from_static(b"{\"a\":1}");
        assert!(same(&whole, std::slice::from_ref(&whole)).is_ok());
        for other in [&b"{\"a\":2}"[..], b"{\"a\":1} ", b""] {
            let other = Bytes::from_static(other);
            assert!(same(&other, std::slice::from_ref(&whole)).is_err());
            assert!(same(&other, &[whole.clone(), other.clone()]).is_ok());
        }
        assert!(same(&whole, &[]).is_err());
        assert!(REQUEST.contains(TAX_CODE));
    }
}
