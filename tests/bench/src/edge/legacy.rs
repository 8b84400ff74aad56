//! The system behind: one short list, served from memory by this process, whose CPU is not counted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use xtask::{Context, Result};

/// A running system; it ends with this.
pub struct Legacy {
    addr: SocketAddr,
    served: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Legacy {
    /// Serves the list on a free port.
    pub fn start(runtime: &Handle) -> Result<Self> {
        let any = SocketAddr::from((IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(any)).context("listening")?;
        let addr = listener.local_addr().context("listening")?;
        let served = Arc::new(AtomicU64::new(0));
        let (counter, body) = (Arc::clone(&served), list(last_year()));
        let answer = move || {
            counter.fetch_add(1, Ordering::Relaxed);
            let body = body.clone();
            async move { ([(header::CONTENT_TYPE, "application/json")], body) }
        };
        let app = Router::new().route("/e3rest/api/iscrizioni", get(answer));
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let task = runtime.spawn(async move { drop(axum::serve(listener, app).await) });
        Ok(Self { addr, served, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Lists given so far.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Legacy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Last year's academic year has always begun, and is always one of the three that are answered: the clock of a gateway
/// that proves who calls is the machine's.
fn last_year() -> u64 {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) / 86_400;
    1969 + days * 400 / 146_097
}

fn list(year: u64) -> String {
    format!(
        "[{{\"aaIscrId\":{year},\"tipo\":\"L2\",\"corso\":\"0580107301700001\",\"classe\":\"L-14\",\"annoCorso\":1,\
         \"staIscrCod\":\"A\"}}]"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_of_last_year() {
        assert!((2025..2100).contains(&(last_year() + 1)));
        let rows: Vec<serde_json::Value> = serde_json::from_str(&list(last_year())).unwrap();
        assert_eq!(rows[0]["aaIscrId"].as_u64(), Some(last_year()));
    }
}
