//! A proxy between a gateway and the simulator that breaks one exchange at a chosen place. What the simulator cannot do
//! itself, because it is the one that was written to: be away when the call comes, get half of it, or lose what it
//! answered on the way.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

use crate::http::{Connection, Request};
use crate::rules::Match;

/// Where an exchange breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The whole call arrives, goes no further, and the connection closes in order.
    CloseBefore,
    /// The same with a reset.
    ResetBefore,
    /// Half of the call's bytes reach the system, then both connections are reset.
    HalfRequest,
    /// The system gets the call and answers; the connection closes in order before a byte of that.
    CloseAfter,
    /// The same with a reset.
    ResetAfter,
    /// Half of the answer's bytes arrive, then the connection closes.
    HalfAnswer,
    /// The answer is held so long.
    Hold(Duration),
    /// The system gets the call; its answer is a proxy's 503.
    UnavailableAfter,
    /// The system never gets the call; a proxy answers 503.
    UnavailableBefore,
}

/// Which call is cut, and how; once.
struct Armed {
    when: Match,
    cut: Cut,
}

struct Shared {
    upstream: SocketAddr,
    armed: Mutex<VecDeque<Armed>>,
    /// How many connections that have had an exchange are to be reset at the next byte that comes over them.
    stale: AtomicU64,
    cuts: AtomicU64,
    connections: AtomicU64,
}

/// A running proxy. It stops when this is dropped.
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 before `upstream`.
    ///
    /// # Errors
    /// No port or no thread is to be had.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        Self::at(0, upstream)
    }

    /// As [`Proxy::start`], on a port: the one of a proxy that was dropped, for a system that comes back.
    ///
    /// # Errors
    /// As [`Proxy::start`].
    pub fn at(port: u16, upstream: SocketAddr) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("proxy")
            .enable_io()
            .enable_time()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
            socket.listen(1024)?
        };
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            armed: Mutex::default(),
            stale: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        let thread = std::thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            // An error means that the handle is gone, which ends the proxy just as well.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(Duration::from_secs(2));
        })?;
        Ok(Self { addr, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Cuts the next call of these, once.
    pub fn cut(&self, when: Match, cut: Cut) {
        lock(&self.shared.armed).push_back(Armed { when, cut });
    }

    /// The next connection that has had an exchange is reset as soon as a byte of another call comes over it: what a system
    /// does that closes an idle connection just as it is used again.
    pub fn close_next_kept(&self) {
        self.shared.stale.fetch_add(1, Ordering::Relaxed);
    }

    /// Cuts that were made.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }

    /// Connections accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Forgets the cuts that were not made, and the counts.
    pub fn clear(&self) {
        lock(&self.shared.armed).clear();
        for counter in [&self.shared.stale, &self.shared.cuts, &self.shared.connections] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has nothing to say here.
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            // Whatever ends a connection early is a cut, or its caller's doing.
            let _ = serve(Connection::new(stream), &shared).await;
        });
    }
}

impl Shared {
    fn cut_of(&self, request: &Request) -> Option<Cut> {
        let mut armed = lock(&self.armed);
        let fits = |armed: &Armed| {
            armed.when.is_met(&request.method, &request.path, &request.query)
                && armed.when.is_met_by_headers(|name| request.header(&name.to_ascii_lowercase()))
                && armed.when.is_met_by_body(&request.body, &[])
        };
        let place = armed.iter().position(fits)?;
        let cut = armed.remove(place).map(|armed| armed.cut);
        self.cuts.fetch_add(1, Ordering::Relaxed);
        cut
    }

    fn is_stale(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        let stale = self.stale.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok();
        if stale {
            self.cuts.fetch_add(1, Ordering::Relaxed);
        }
        stale
    }
}

/// What a proxy says whose system does not answer.
const UNAVAILABLE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\ncontent-length: 16\r\n\r\n<html>503</html>"
        .as_slice();

async fn serve(mut connection: Connection, shared: &Shared) -> io::Result<()> {
    let mut used = false;
    loop {
        if used {
            // Nothing is read: what lies unread makes the close a reset.
            let mut first = [0];
            if connection.stream.peek(&mut first).await? > 0 && shared.is_stale() {
                return connection.stream.set_zero_linger();
            }
        }
        let Some(request) = connection.next().await? else { return Ok(()) };
        used = true;
        let bytes = written(&request);
        let cut = shared.cut_of(&request);
        match cut {
            Some(Cut::CloseBefore) => return connection.stream.shutdown().await,
            Some(Cut::ResetBefore) => return connection.stream.set_zero_linger(),
            Some(Cut::UnavailableBefore) => {
                connection.stream.write_all(UNAVAILABLE).await?;
                continue;
            }
            Some(Cut::HalfRequest) => {
                let mut system = TcpStream::connect(shared.upstream).await?;
                system.write_all(&bytes[..bytes.len() / 2]).await?;
                // A reset throws away what was not read yet; the half is to arrive.
                tokio::time::sleep(Duration::from_millis(30)).await;
                system.set_zero_linger()?;
                return connection.stream.set_zero_linger();
            }
            _ => {}
        }
        let mut system = TcpStream::connect(shared.upstream).await?;
        let _ = system.set_nodelay(true);
        system.write_all(&bytes).await?;
        let mut answer = Vec::new();
        system.read_to_end(&mut answer).await?;
        let answer = kept_open(answer);
        match cut {
            Some(Cut::CloseAfter) => return connection.stream.shutdown().await,
            Some(Cut::ResetAfter) => return connection.stream.set_zero_linger(),
            Some(Cut::HalfAnswer) => {
                connection.stream.write_all(&answer[..answer.len() / 2]).await?;
                return connection.stream.shutdown().await;
            }
            Some(Cut::UnavailableAfter) => connection.stream.write_all(UNAVAILABLE).await?,
            Some(Cut::Hold(time)) => {
                tokio::time::sleep(time).await;
                connection.stream.write_all(&answer).await?;
            }
            _ => connection.stream.write_all(&answer).await?,
        }
        if request.close {
            return connection.stream.shutdown().await;
        }
    }
}

/// The call as it goes on, over a connection of its own whose end is the answer's.
fn written(request: &Request) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    let own = ["connection", "content-length", "transfer-encoding", "expect"];
    for (name, value) in request.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", request.body.len()));
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&request.body);
    bytes
}

/// An answer without the word that its connection ends.
fn kept_open(mut answer: Vec<u8>) -> Vec<u8> {
    const CLOSES: &[u8] = b"connection: close\r\n";
    // The head's last line ends with the first half of what ends the head.
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 2);
    if let Some(at) = answer[..end].windows(CLOSES.len()).position(|piece| piece == CLOSES) {
        answer.drain(at..at + CLOSES.len());
    }
    answer
}
