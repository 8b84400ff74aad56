//! A system that comes and goes: a relay in front of the simulator that refuses all connections while it is down.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A relay on a port of its own. It ends with the value.
pub(super) struct Front {
    addr: SocketAddr,
    up: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    /// A relay to `system`, up.
    pub(super) fn start(system: SocketAddr) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let addr = listener.local_addr().map_err(|e| e.to_string())?;
        let (up, over) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let state = (Arc::clone(&up), Arc::clone(&over));
        let thread = std::thread::spawn(move || relay(listener, addr, system, &state.0, &state.1));
        Ok(Self { addr, up, over, thread: Some(thread) })
    }

    /// Where it listens while it is up.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes it down, with all its connections, or up again.
    pub(super) fn set(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn relay(listener: TcpListener, addr: SocketAddr, system: SocketAddr, up: &AtomicBool, over: &AtomicBool) {
    let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let mut listener = Some(listener);
    while !over.load(Ordering::Relaxed) {
        if !up.load(Ordering::Relaxed) {
            drop(listener.take());
            end(&open);
        } else if listener.is_none() {
            // The port may be taken by a connection that has just ended; the next turn tries again.
            listener = TcpListener::bind(addr).ok();
        }
        match listener.as_ref().filter(|l| l.set_nonblocking(true).is_ok()).map(TcpListener::accept) {
            Some(Ok((consumer, _))) => carry(consumer, system, &open),
            Some(Err(e)) if e.kind() != ErrorKind::WouldBlock => {}
            _ => std::thread::sleep(Duration::from_millis(2)),
        }
    }
    end(&open);
}

fn end(open: &Mutex<Vec<TcpStream>>) {
    for stream in open.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Copies both ways, each on a thread that ends with the connection.
fn carry(near: TcpStream, system: SocketAddr, open: &Mutex<Vec<TcpStream>>) {
    let Ok(far) = TcpStream::connect_timeout(&system, Duration::from_secs(2)) else { return };
    let (Ok(near_too), Ok(far_too), Ok(held_near), Ok(held_far)) =
        (near.try_clone(), far.try_clone(), near.try_clone(), far.try_clone())
    else {
        return;
    };
    let _ = (near.set_nonblocking(false), near.set_nodelay(true), far.set_nodelay(true));
    open.lock().unwrap_or_else(PoisonError::into_inner).extend([held_near, held_far]);
    std::thread::spawn(move || copy(near, far));
    std::thread::spawn(move || copy(far_too, near_too));
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut chunk = vec![0; 65_536];
    while let Ok(read) = from.read(&mut chunk) {
        if read == 0 || to.write_all(&chunk[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
