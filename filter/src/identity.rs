//! What the host proves of a request's sender. Everything here is out of the sender's reach: metadata of the filter
//! that verified its token, and the connection's own certificate.

use adapter_core::identity::{Given, Proofs};

use crate::host;

/// Where `jwt_authn` puts the payloads of tokens it has verified.
const VERIFIED: [&str; 3] = ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn"];

/// Names of the peer's certificate: the first of each kind, as the host gives no more.
const NAMES: [&str; 2] = ["dns_san_peer_certificate", "uri_san_peer_certificate"];

/// The host, asked as it stands for the request whose callback runs.
#[derive(Debug)]
pub struct HostProofs;

impl Proofs for HostProofs {
    fn claim(&self, key: &str, claim: Option<&str>) -> Given {
        let path = VERIFIED.into_iter().chain([key]).chain(claim).collect();
        match host::property(path) {
            Ok(Some(bytes)) => Given::Bytes(bytes),
            Ok(None) => Given::Nothing,
            // Null, for one, is there and cannot be written as bytes.
            Err(_) => Given::Unreadable,
        }
    }

    fn now_ms(&self) -> i64 {
        host::now_ms()
    }

    fn peers(&self) -> Vec<String> {
        let of = |name| host::property(vec!["connection", name]).ok().flatten();
        if of("mtls") != Some(vec![1]) {
            return Vec::new();
        }
        NAMES.into_iter().filter_map(of).filter_map(|name| String::from_utf8(name).ok()).collect()
    }
}
