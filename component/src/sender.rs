//! Who sends a request, by what the host has verified.

use adapter_core::identity::{Given, Proofs};
use adapter_core::{Caller, Identity, Trust};

use crate::bindings::exports::ifs::adapter::engine::Clock;
use crate::bindings::ifs::adapter::types::{self, Claim, ClaimValue, Sender};

/// What a token's header stands under, behind its payload's name.
const HEADER: &str = "_header";

/// Bytes that are no text, no number and no record.
const OTHER: [u8; 1] = [0];

/// Who sends it, as far as the settings' trust counts on what is known.
#[must_use]
pub fn caller(trust: &Trust, headers: &[(String, String)], sender: Sender, clock: &Clock) -> Caller {
    match sender {
        Sender::Nobody => trust.identify(headers, &Proved { proofs: None, now_ms: clock.now_ms }),
        Sender::Proved(proofs) => trust.identify(headers, &Proved { proofs: Some(&proofs), now_ms: clock.now_ms }),
        Sender::Known(known) => Caller::Known(Box::new(identity(known))),
    }
}

fn identity(known: types::Identity) -> Identity {
    let types::Identity { client_id, consumer_id, purpose_id, jti, producer_id, eservice_id, descriptor_id, partner } =
        known;
    Identity { client_id, consumer_id, purpose_id, jti, producer_id, eservice_id, descriptor_id, partner }
}

struct Proved<'p> {
    proofs: Option<&'p types::Proofs>,
    now_ms: i64,
}

impl Proved<'_> {
    /// The members that stand under a key: a payload's, or a header's.
    fn members(&self, key: &str) -> Option<&[Claim]> {
        let tokens = self.proofs.map_or(&[][..], |proofs| &proofs.tokens);
        let payload = tokens.iter().find(|token| token.key == key).map(|token| token.claims.as_slice());
        payload.or_else(|| {
            let token = tokens.iter().find(|token| key.strip_suffix(HEADER) == Some(token.key.as_str()))?;
            token.header.as_deref()
        })
    }
}

impl Proofs for Proved<'_> {
    fn claim(&self, key: &str, claim: Option<&str>) -> Given {
        let Some(members) = self.members(key) else { return Given::Nothing };
        let Some(name) = claim else { return Given::Bytes(record(members)) };
        let mut named = members.iter().filter(|member| member.name == name).map(|member| &member.value);
        match (named.next(), named.next()) {
            (None, _) => Given::Nothing,
            (Some(ClaimValue::Text(text)), None) if text.is_empty() => Given::Nothing,
            (Some(ClaimValue::Text(text)), None) => Given::Bytes(text.clone().into_bytes()),
            (Some(ClaimValue::Number(number)), None) => Given::Bytes(number.to_le_bytes().to_vec()),
            (Some(ClaimValue::Other), None) | (Some(_), Some(_)) => Given::Bytes(OTHER.to_vec()),
        }
    }

    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn peers(&self) -> Vec<String> {
        self.proofs.map(|proofs| proofs.peers.clone()).unwrap_or_default()
    }
}

/// The members' names in the form of [`Proofs::claim`], whose values nobody looks at there.
fn record(members: &[Claim]) -> Vec<u8> {
    let number = |many: usize| u32::try_from(many).unwrap_or(u32::MAX).to_le_bytes();
    let mut out = number(members.len()).to_vec();
    for member in members {
        out.extend(number(member.name.len()));
        out.extend(number(0));
    }
    for member in members {
        out.extend_from_slice(member.name.as_bytes());
        out.extend([0, 0]);
    }
    out
}
