//! The systems behind, as the two layers without a gateway reach them: which cluster is where, and the credentials
//! that a gateway's credential injector would add.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adapter_core::CursorKeys;
use shell::{CURSOR_KEYS, REFERENCE_KEY};
use xtask::envoy::Cluster;

use crate::http::{self, Answer, Failure, Request};

/// What Envoy buffers of one answer before it gives up (32 MiB); beyond it the call fails without headers.
pub const GATEWAY_BUFFER: usize = 32 * 1024 * 1024;

/// A secret as the simulated university has it: names ending in `user` and `password` are its one account.
#[must_use]
pub fn secret(name: &str) -> Option<String> {
    if name == CURSOR_KEYS[0] || name == REFERENCE_KEY {
        return Some(KEY.to_owned());
    }
    let of = [("user", university::server::DEFAULT_USER), ("password", university::server::DEFAULT_PASSWORD)];
    of.into_iter().find(|(end, _)| name.to_ascii_lowercase().ends_with(end)).map(|(_, value)| value.to_owned())
}

/// What the suite's gateways seal cursors with, and know changes by.
pub const KEY: &str = "8f3c1a97d204be5560e7f1983c4a2bd96e10754cfa82b3d7195e0c66a1f84d2b";

/// The same, as an engine takes it.
#[must_use]
pub fn cursor_keys() -> CursorKeys {
    CursorKeys { seals: Some(KEY.to_owned()), opens: None }
}

/// What is said to a call, as JSON.
type Says = dyn Fn(&Request) -> Vec<u8> + Send + Sync;

/// The clusters of a gateway.
#[derive(Clone, Default)]
pub struct Systems {
    clusters: Vec<Cluster>,
    /// A system that is none: a cluster, and what it says.
    saying: Option<(String, Arc<Says>)>,
}

impl Systems {
    /// These clusters and their credentials.
    #[must_use]
    pub fn new(clusters: Vec<Cluster>) -> Self {
        Self { clusters, saying: None }
    }

    /// One cluster, which is no system: it answers the same JSON to every call, without a socket.
    #[must_use]
    pub fn saying(cluster: &str, json: Vec<u8>) -> Self {
        Self::answering(cluster, move |_| json.clone())
    }

    /// One cluster, which is no system: it answers JSON that is made for each call, without a socket.
    #[must_use]
    pub fn answering(cluster: &str, says: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self { clusters: Vec::new(), saying: Some((cluster.to_owned(), Arc::new(says))) }
    }

    /// Whether there is a cluster of this name.
    #[must_use]
    pub fn knows(&self, cluster: &str) -> bool {
        self.clusters.iter().any(|c| c.name == cluster) || self.saying.iter().any(|(name, _)| name == cluster)
    }

    /// Makes a call and waits for its end.
    ///
    /// # Errors
    /// As [`http::send`]; a cluster that is not known is unreachable.
    pub fn call(&self, cluster: &str, mut request: Request, timeout: Duration) -> Result<Answer, Failure> {
        if let Some((_, says)) = self.saying.as_ref().filter(|(name, _)| name == cluster) {
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            return Ok(Answer { status: 200, headers, body: says(&request) });
        }
        let cluster = self.clusters.iter().find(|c| c.name == cluster).ok_or(Failure::Unreachable)?;
        let host = cluster.host.parse().map_err(|_| Failure::Unreachable)?;
        if let Some(value) = &cluster.authorization {
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            request.headers.push(("authorization".to_owned(), value.clone()));
        }
        http::send(SocketAddr::new(host, cluster.port), &request, timeout, GATEWAY_BUFFER)
    }
}
