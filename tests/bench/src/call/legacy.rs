//! The legacy system of the bench: a few lists that never change, served from memory by this process, whose CPU is not
//! counted.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use xtask::{Context, Result};

/// Rows of one of three lists: about 16 KB.
const SHORT_ROWS: usize = 12;

/// What the system answers: lists by the academic year asked for, none for all of them.
pub type Lists = BTreeMap<Option<u16>, Bytes>;

/// One list of 100 rows, as the page that the engine is measured with.
pub fn one_page() -> Lists {
    BTreeMap::from([(None, bench_guest::page::page().into())])
}

/// A list of 12 other courses for each of three academic years.
pub fn three_lists(years: [u16; 3]) -> Result<Lists> {
    let page = bench_guest::page::page();
    let rows: Vec<&RawValue> = serde_json::from_slice(&page).context("the bench's page")?;
    let list = |(year, rows): (u16, &[&RawValue])| {
        // The year is a row's first member.
        let rows: Vec<String> = rows
            .iter()
            .map(|row| row.get().replacen("\"aaIscrId\":2025", &format!("\"aaIscrId\":{year}"), 1))
            .collect();
        (Some(year), Bytes::from(format!("[{}]", rows.join(","))))
    };
    Ok(years.into_iter().zip(rows.chunks(SHORT_ROWS)).map(list).collect())
}

/// A running legacy system; it ends with this.
pub struct Legacy {
    addr: SocketAddr,
    served: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

struct Shared {
    lists: Lists,
    served: Arc<AtomicU64>,
}

impl Legacy {
    /// Serves lists on a free port.
    pub fn start(runtime: &Handle, lists: Lists) -> Result<Self> {
        let any = SocketAddr::from((IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(any)).context("listening")?;
        let addr = listener.local_addr().context("listening")?;
        let served = Arc::new(AtomicU64::new(0));
        let shared = Arc::new(Shared { lists, served: Arc::clone(&served) });
        let app = Router::new().route("/e3rest/api/iscrizioni", get(list)).with_state(shared);
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

async fn list(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let value = |name: &str| query.split('&').filter_map(|p| p.split_once('=')).find(|(n, _)| *n == name).map(|p| p.1);
    let year = value("aaIscrId").and_then(|year| year.parse().ok());
    match shared.lists.get(&year) {
        Some(body) if value("codFis").is_some() => {
            shared.served.fetch_add(1, Ordering::Relaxed);
            ([(header::CONTENT_TYPE, "application/json")], body.clone()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_what_the_bench_says_they_are() {
        let page = &one_page()[&None];
        assert!((130_000..=138_000).contains(&page.len()), "{}", page.len());
        let lists = three_lists([2025, 2024, 2023]).unwrap();
        assert_eq!(lists.len(), 3);
        for (year, list) in lists {
            assert!((15_500..=16_900).contains(&list.len()), "{}", list.len());
            let rows: Vec<serde_json::Value> = serde_json::from_slice(&list).unwrap();
            assert_eq!(rows.len(), SHORT_ROWS);
            assert!(rows.iter().all(|row| row["aaIscrId"].as_u64() == year.map(u64::from)));
        }
    }
}
