//! What a gateway proves of a request's sender, in the bytes in which Envoy hands it to a filter.

use std::collections::BTreeMap;

use adapter_core::identity::{self, Given};
use serde::Deserialize;
use serde_json::Value;

/// What a scenario's gateway has proved.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Proofs {
    /// Payloads of the tokens that `jwt_authn` has verified, by their `payload_in_metadata`.
    pub metadata: BTreeMap<String, Value>,
    /// Whether the connection's other end has shown a certificate.
    pub mtls: bool,
    /// The certificate's first DNS name.
    pub dns: Option<String>,
    /// The certificate's first URI.
    pub uri: Option<String>,
}

/// A value as the host hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// `NotFound`.
    Absent,
    /// `SerializationFailure`: there is one, and it is or has a null.
    Null,
    /// Its bytes.
    Bytes(Vec<u8>),
}

impl Proofs {
    /// What stands under a path.
    #[must_use]
    pub fn property(&self, path: &[&str]) -> Property {
        let text = |text: &Option<String>| text.clone().map_or(Property::Absent, |t| Property::Bytes(t.into_bytes()));
        match path {
            ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", key, claims @ ..] => {
                let found = claims.iter().try_fold(self.metadata.get(*key), |of, name| Some(of?.get(*name)));
                match found.flatten() {
                    None => Property::Absent,
                    Some(value) => bytes(value).map_or(Property::Null, Property::Bytes),
                }
            }
            ["connection", "mtls"] => Property::Bytes(vec![u8::from(self.mtls)]),
            ["connection", "dns_san_peer_certificate"] => text(&self.dns),
            ["connection", "uri_san_peer_certificate"] => text(&self.uri),
            _ => Property::Absent,
        }
    }
}

/// A text as it is, a number as a double, a flag as one byte, a map or list as pairs; none of a null.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(vec![u8::from(*flag)]),
        Value::Number(number) => Some(number.as_f64()?.to_le_bytes().to_vec()),
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Array(items) => pairs(items.iter().map(|item| Some((bytes(item)?, Vec::new()))).collect::<Option<_>>()?),
        Value::Object(members) => {
            pairs(members.iter().map(|(n, v)| Some((n.clone().into_bytes(), bytes(v)?))).collect::<Option<_>>()?)
        }
    }
}

/// Count, sizes, then names and values each with a zero byte behind it.
fn pairs(all: Vec<(Vec<u8>, Vec<u8>)>) -> Option<Vec<u8>> {
    let number = |n: usize| u32::try_from(n).ok().map(u32::to_le_bytes);
    let mut out = number(all.len())?.to_vec();
    for (name, value) in &all {
        out.extend(number(name.len())?);
        out.extend(number(value.len())?);
    }
    for part in all.iter().flat_map(|(name, value)| [name, value]) {
        out.extend_from_slice(part);
        out.push(0);
    }
    Some(out)
}

/// For the engine as a library, what the filter makes of the same, at a time.
#[derive(Clone, Copy, Debug)]
pub struct Proved<'p> {
    /// What is proved.
    pub proofs: &'p Proofs,
    /// The wall clock, milliseconds since 1970.
    pub now_ms: i64,
}

impl identity::Proofs for Proved<'_> {
    fn claim(&self, key: &str, claim: Option<&str>) -> Given {
        let mut path = vec!["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", key];
        path.extend(claim);
        match self.proofs.property(&path) {
            // The SDK does not tell an empty text from none.
            Property::Absent => Given::Nothing,
            Property::Bytes(bytes) if bytes.is_empty() => Given::Nothing,
            Property::Bytes(bytes) => Given::Bytes(bytes),
            Property::Null => Given::Unreadable,
        }
    }

    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn peers(&self) -> Vec<String> {
        if self.proofs.mtls { self.proofs.dns.iter().chain(&self.proofs.uri).cloned().collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claim(value: Value) -> Property {
        let metadata = BTreeMap::from([("pdnd".to_owned(), json!({ "claim": value }))]);
        let proofs = Proofs { metadata, ..Proofs::default() };
        proofs.property(&["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "pdnd", "claim"])
    }

    /// What a real Envoy was seen to do.
    #[test]
    fn values_as_envoy_hands_them_over() {
        assert_eq!(claim(json!("a")), Property::Bytes(b"a".to_vec()));
        assert_eq!(claim(json!(1)), Property::Bytes(vec![0, 0, 0, 0, 0, 0, 0xf0, 0x3f]));
        assert_eq!(claim(json!(true)), Property::Bytes(vec![1]));
        assert_eq!(claim(Value::Null), Property::Null);
        assert_eq!(claim(json!({ "jkt": null })), Property::Null);
        let one = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, b'a', 0, b'b', 0];
        assert_eq!(claim(json!({ "a": "b" })), Property::Bytes(one.to_vec()));
        let other = Proofs::default();
        assert_eq!(other.property(&["connection", "mtls"]), Property::Bytes(vec![0]));
        assert_eq!(other.property(&["connection", "uri_san_peer_certificate"]), Property::Absent);
    }
}
