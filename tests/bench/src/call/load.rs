//! The load: so many consumers, each with a connection of its own, one request after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use xtask::{Context, Error, Result};

/// Requests in flight at one time.
pub const CONSUMERS: u32 = 16;

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

/// One request by itself; gives the body of a 200.
pub fn once(runtime: &Handle, addr: SocketAddr) -> Result<Bytes> {
    runtime.block_on(async {
        let mut connection = connect(addr).await?;
        ask(&mut connection, addr).await
    })
}

/// Sends `requests` requests; every answer must have the expected bytes.
pub fn round(runtime: &Handle, addr: SocketAddr, requests: u32, expected: &Bytes) -> Result<Round> {
    runtime.block_on(async {
        let left = Arc::new(AtomicU32::new(requests));
        let mut connections = Vec::new();
        for _ in 0..CONSUMERS {
            connections.push(connect(addr).await?);
        }
        let started = Instant::now();
        let mut consumers = JoinSet::new();
        for connection in connections {
            consumers.spawn(consumer(connection, addr, Arc::clone(&left), expected.clone()));
        }
        let mut latencies = Vec::new();
        while let Some(consumer) = consumers.join_next().await {
            latencies.extend(consumer.context("a consumer")??);
        }
        Ok(Round { took: started.elapsed(), latencies })
    })
}

type Connection = SendRequest<Full<Bytes>>;

async fn consumer(
    mut connection: Connection,
    addr: SocketAddr,
    left: Arc<AtomicU32>,
    expected: Bytes,
) -> Result<Vec<f64>> {
    let mut latencies = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let started = Instant::now();
        let body = ask(&mut connection, addr).await?;
        latencies.push(started.elapsed().as_secs_f64());
        if body != expected {
            return Err(Error::new(format!("an answer of {} bytes, not the {} expected", body.len(), expected.len())));
        }
    }
    Ok(latencies)
}

async fn connect(addr: SocketAddr) -> Result<Connection> {
    let stream = TcpStream::connect(addr).await.context(format!("connecting to {addr}"))?;
    stream.set_nodelay(true).context("a connection")?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.context("a connection")?;
    // It ends with its sender.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

async fn ask(connection: &mut Connection, addr: SocketAddr) -> Result<Bytes> {
    connection.ready().await.context("the connection")?;
    let request = hyper::Request::post(PATH)
        .header(HOST, addr.to_string())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from_static(REQUEST.as_bytes())))
        .context("the request")?;
    let answer = connection.send_request(request).await.context("the request")?;
    let (status, json) = (answer.status(), answer.headers().get(CONTENT_TYPE).cloned());
    let body = answer.into_body().collect().await.context("the answer")?.to_bytes();
    if status != hyper::StatusCode::OK || json.is_none_or(|kind| kind != "application/json") {
        return Err(Error::new(format!("answered {status}: {}", String::from_utf8_lossy(&body))));
    }
    Ok(body)
}
