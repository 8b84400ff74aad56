//! Small servers on loopback: a thread per connection, one exchange each, ended by dropping the handle.

mod jwks;
mod token;

pub use jwks::{Behaviour, JwksServer};
pub use token::TokenServer;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::error::{Result, while_doing};

/// Time for each read and write of a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections served at once; further ones are closed.
const MOST_CONNECTIONS: usize = 64;
/// Bytes of a request's head and of its body, each.
const MOST_BYTES: usize = 64 * 1024;

/// What a client asked.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What it is told.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

/// Answers a request; `None` closes the connection.
type Handler = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

/// A listening socket and its thread.
pub(crate) struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    stopping: AtomicBool,
    open: AtomicUsize,
    tls: Option<Arc<ServerConfig>>,
    handler: Box<Handler>,
}

impl Server {
    /// Listens on 127.0.0.1; port 0 takes a free one.
    pub(crate) fn start(
        port: u16,
        tls: Option<Arc<ServerConfig>>,
        handler: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(while_doing(format!("listening on 127.0.0.1:{port}")))?;
        let addr = listener.local_addr().map_err(while_doing("listening"))?;
        let shared = Arc::new(Shared {
            stopping: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            tls,
            handler: Box::new(handler),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || accept(&listener, &theirs));
        Ok(Self { addr, shared, thread: Some(thread) })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect_timeout(&self.addr, PATIENCE));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok((socket, _)) = accepted else {
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        if shared.open.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
            shared.open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that goes is no event here.
            let _ = serve(socket, &shared);
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

fn serve(socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let Some(tls) = &shared.tls else { return exchange(socket, shared) };
    let session = ServerConnection::new(Arc::clone(tls)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(session, socket);
    exchange(&mut stream, shared)?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn exchange(mut stream: impl Read + Write, shared: &Shared) -> std::io::Result<()> {
    let Some(request) = read(&mut stream)? else { return Ok(()) };
    let Some(reply) = (shared.handler)(&request) else { return Ok(()) };
    let from = Instant::now();
    while from.elapsed() < reply.delay && !shared.stopping.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(10));
    }
    let head = format!(
        "HTTP/1.1 {} Answer\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.status,
        reply.body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(reply.body.as_bytes())?;
    stream.flush()
}

/// Reads one request; `None` if it is none or too long.
fn read(stream: &mut impl Read) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        let Ok(status) = parsed.parse(&bytes) else { return Ok(None) };
        if let httparse::Status::Complete(length) = status {
            let header = |name: &str| {
                let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
                found.map(|header| String::from_utf8_lossy(header.value).into_owned())
            };
            let wanted = header("content-length").map_or(Ok(0), |text| text.trim().parse::<usize>());
            let Some(wanted) = wanted.ok().filter(|wanted| *wanted <= MOST_BYTES) else { return Ok(None) };
            let mut request = Request {
                method: parsed.method.unwrap_or_default().to_owned(),
                path: parsed.path.unwrap_or_default().to_owned(),
                authorization: header("authorization"),
                body: bytes.get(length..).unwrap_or_default().to_vec(),
            };
            while request.body.len() < wanted {
                if more(stream, &mut request.body)? == 0 {
                    return Ok(None);
                }
            }
            return Ok(Some(request));
        }
        if bytes.len() > MOST_BYTES || more(stream, &mut bytes)? == 0 {
            return Ok(None);
        }
    }
}

fn more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(read) => {
                bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
                return Ok(read);
            }
            Err(error) => return Err(error),
        }
    }
}
