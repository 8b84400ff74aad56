//! PDND's JWKS over TLS, as it should be and as it should not.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Reply, Server};
use crate::authority::Authority;
use crate::error::Result;
use crate::tls;

/// Path of the document, as PDND's.
pub(crate) const PATH: &str = "/.well-known/jwks.json";

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// 200 and the document.
    Good,
    /// 200 and the document, after a while.
    Slow(Duration),
    /// This status, without a document.
    Failing(u16),
    /// 200 and something that is not JSON.
    Garbage,
    /// Closes the connection after the request.
    Closing,
}

/// Serves a JWKS document on 127.0.0.1 over TLS, until dropped.
pub struct JwksServer {
    server: Server,
    state: Arc<State>,
}

struct State {
    fetches: AtomicUsize,
    says: Mutex<(String, Behaviour)>,
}

impl JwksServer {
    /// Serves `document` at `https://127.0.0.1:PORT/.well-known/jwks.json`; port 0 takes a free one.
    ///
    /// # Errors
    /// The port is taken, or the authority's files cannot be read.
    pub fn start(authority: &Authority, port: u16, document: String) -> Result<Self> {
        let state = Arc::new(State { fetches: AtomicUsize::new(0), says: Mutex::new((document, Behaviour::Good)) });
        let theirs = Arc::clone(&state);
        let server = Server::start(port, Some(tls::server(authority)?), move |request| {
            if request.method != "GET" || request.path != PATH {
                return Some(Reply { status: 404, body: String::new(), delay: Duration::ZERO });
            }
            theirs.fetches.fetch_add(1, Ordering::SeqCst);
            let (document, behaviour) = theirs.says();
            let (status, body, delay) = match behaviour {
                Behaviour::Good => (200, document, Duration::ZERO),
                Behaviour::Slow(delay) => (200, document, delay),
                Behaviour::Failing(status) => (status, String::new(), Duration::ZERO),
                Behaviour::Garbage => (200, "<html>not a JWKS</html>".to_owned(), Duration::ZERO),
                Behaviour::Closing => return None,
            };
            Some(Reply { status, body, delay })
        })?;
        Ok(Self { server, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// How often the document was asked for.
    #[must_use]
    pub fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }

    /// Changes the document: PDND changed its keys.
    pub fn publish(&self, document: String) {
        if let Ok(mut says) = self.state.says.lock() {
            says.0 = document;
        }
    }

    /// Changes how it behaves from the next request on.
    pub fn behave(&self, behaviour: Behaviour) {
        if let Ok(mut says) = self.state.says.lock() {
            says.1 = behaviour;
        }
    }
}

impl State {
    fn says(&self) -> (String, Behaviour) {
        self.says.lock().map_or_else(|_| (String::new(), Behaviour::Failing(500)), |says| says.clone())
    }
}
