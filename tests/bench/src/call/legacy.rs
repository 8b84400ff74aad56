//! The legacy system of the bench: lists served from memory by this process, whose CPU is not counted. Which lists can
//! be changed while it serves.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use xtask::{Context, Error, Result};

use super::load::TAX_CODE;

/// What the system answers.
#[derive(Clone, Debug)]
pub enum Lists {
    /// JSON by the academic year asked for, none for all of them.
    Rest(BTreeMap<Option<u16>, Bytes>),
    /// A SOAP answer.
    Soap(Bytes),
    /// JSON of other sizes, one after the other.
    Mixed(Vec<Bytes>),
}

impl Lists {
    /// Calls that each request makes.
    pub fn calls(&self) -> u64 {
        match self {
            Self::Rest(lists) => lists.len() as u64,
            Self::Soap(_) | Self::Mixed(_) => 1,
        }
    }

    /// Bytes of all of them.
    pub fn len(&self) -> usize {
        match self {
            Self::Rest(lists) => lists.values().map(Bytes::len).sum(),
            Self::Soap(page) => page.len(),
            Self::Mixed(pages) => pages.iter().map(Bytes::len).sum(),
        }
    }
}

/// A running legacy system; it ends with this.
pub struct Legacy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    lists: RwLock<Lists>,
    served: AtomicU64,
}

impl Legacy {
    /// Serves lists on a free port.
    pub fn start(runtime: &Handle, lists: Lists) -> Result<Self> {
        let any = SocketAddr::from((IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(any)).context("listening")?;
        let addr = listener.local_addr().context("listening")?;
        let shared = Arc::new(Shared { lists: RwLock::new(lists), served: AtomicU64::new(0) });
        let app = Router::new()
            .route("/e3rest/api/iscrizioni", get(list))
            .route("/services/Iscrizioni", post(page))
            .with_state(Arc::clone(&shared));
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let task = runtime.spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { addr, shared, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Lists given so far.
    pub fn served(&self) -> u64 {
        self.shared.served.load(Ordering::Relaxed)
    }

    /// Serves other lists from now on.
    pub fn serve(&self, lists: &Lists) -> Result<()> {
        *self.shared.lists.write().map_err(|_| Error::new("the legacy system has failed"))? = lists.clone();
        Ok(())
    }
}

impl Drop for Legacy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    /// The answer, if there is one; every question is counted.
    fn answer(&self, pick: impl FnOnce(&Lists, u64) -> Option<(&'static str, Bytes)>) -> Response {
        let before = self.served.fetch_add(1, Ordering::Relaxed);
        let picked = self.lists.read().ok().and_then(|lists| pick(&lists, before));
        let Some((kind, body)) = picked else { return StatusCode::NOT_FOUND.into_response() };
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

async fn list(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let value = |name: &str| query.split('&').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name).map(|p| p.1);
    let year = value("aaIscrId").and_then(|year| year.parse().ok());
    shared.answer(|lists, before| match lists {
        Lists::Mixed(pages) if value("codFis") == Some(TAX_CODE) => {
            let at = before.checked_rem(pages.len() as u64)?;
            pages.get(usize::try_from(at).ok()?).map(|body| ("application/json", body.clone()))
        }
        Lists::Rest(lists) if value("codFis") == Some(TAX_CODE) => {
            lists.get(&year).map(|body| ("application/json", body.clone()))
        }
        _ => None,
    })
}

/// The SOAP operation `list`; who is asked for must stand in its body.
async fn page(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body);
    let asked = body.contains(":Body>") && body.contains(&format!(">{TAX_CODE}<"));
    shared.answer(|lists, _| match lists {
        Lists::Soap(page) if asked => Some(("text/xml; charset=utf-8", page.clone())),
        _ => None,
    })
}
