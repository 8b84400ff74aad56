//! Who calls: one typed [`Identity`], taken from one configured source of what the gateway has proved.
//!
//! The gateway verifies vouchers, tokens and certificates; here is decided what of that counts, and for which operation
//! it is enough. Nothing of a source that is not configured is read, and what is missing or unclear is a refusal.

mod read;
#[cfg(test)]
mod tests;
mod token;

use token::Token;

use crate::contract::{Operation, OperationId, api_name};
use crate::problem::Code;
use crate::wire::{Caller, Head, Identity};

/// Most characters of a claim, or of a GovWay header. PDND's are UUIDs of 36.
const LONGEST: usize = 128;

/// How far the gateway is trusted to have proved who calls.
#[derive(Debug, Default)]
pub enum Trust {
    /// Nothing configured: every operation answers 401.
    #[default]
    Unset,
    /// Development: no proof, but only connections to a loopback address are answered (403 otherwise).
    Development,
    /// The gateway proves who calls. Read with [`Trust::parse`].
    Gateway(Box<Gateway>),
}

/// What is taken from the gateway, and who may call what.
#[derive(Debug, Default)]
pub struct Gateway {
    /// Where the gateway puts the payloads of vouchers.
    vouchers: String,
    /// Where it puts those of partners' tokens, if there are partners.
    partners: Option<String>,
    /// DNS or URI names, one of which a GovWay in front must prove to have; empty where vouchers are read instead.
    peers: Vec<String>,
    /// Something in front has checked the proof of possession (RFC 9449) of vouchers that are bound to a key.
    dpop_verified: bool,
    /// The institute's own `producerId`.
    producer: Option<String>,
    /// What a voucher must be issued for, by API (`IFS02`).
    eservices: Vec<(u8, EService)>,
    /// Consumers or clients that may call.
    allow: Vec<(Allowed, Vec<String>)>,
}

/// What some may call and others may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allowed {
    /// One operation (`IFS02.3`).
    Operation(OperationId),
    /// Those of an API that have no list of their own (`IFS02`).
    Api(u8),
}

#[derive(Debug)]
struct EService {
    id: String,
    /// Versions; all if empty.
    descriptors: Vec<String>,
}

/// What the gateway gives when it is asked for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing: there is none, or it is an empty text.
    Nothing,
    /// Its bytes.
    Bytes(Vec<u8>),
    /// There is one that cannot be given: it is null, or has a null in it.
    Unreadable,
}

/// A value that the gateway was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fact {
    /// It has none.
    Absent,
    /// A text of 1 to 128 printable ASCII characters.
    Text(String),
    /// Anything else.
    Unfit,
}

impl Fact {
    /// A fact as the host hands it over. It does not say which bytes are a text: a flag is one byte of 0 or 1, a list
    /// or record begins with its length in four bytes, and a number is eight bytes, which are all printable only for
    /// numbers that no issuer of claims writes. So what is printable counts as text.
    fn of(given: Given) -> Self {
        match given {
            Given::Nothing => Self::Absent,
            Given::Bytes(bytes) => match String::from_utf8(bytes) {
                Ok(text) if is_printable(&text, LONGEST) => Self::Text(text),
                _ => Self::Unfit,
            },
            Given::Unreadable => Self::Unfit,
        }
    }
}

/// 1 to `most` printable ASCII characters.
fn is_printable(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// What a shell knows of a request that its consumer cannot have written.
pub trait Proofs {
    /// What a verified token has under `key`, where the gateway puts its payload or its header: one of its members, or the
    /// whole, which begins with how many members there are, then has the lengths of each one's name and value, then each name
    /// and value with a zero byte behind it. All numbers are of four bytes, the least first.
    fn claim(&self, key: &str, claim: Option<&str>) -> Given;

    /// The wall clock by which tokens end, milliseconds since 1970.
    fn now_ms(&self) -> i64;

    /// DNS and URI names of the certificate with which the connection's other end proved who it is; none without
    /// mutual TLS.
    fn peers(&self) -> Vec<String>;
}

/// Names of PDND's claims: the first [`REQUIRED`] must be there.
const CLAIMS: [&str; 7] = ["client_id", "consumerId", "purposeId", "jti", "producerId", "eserviceId", "descriptorId"];

/// GovWay's headers for the same, as its property `forward.trasporto.keyword` names them by default.
const HEADERS: [&str; 7] = [
    "govway-token-clientid",
    "govway-token-consumerid",
    "govway-token-purposeid",
    "govway-token-jti",
    "govway-token-producerid",
    "govway-token-eserviceid",
    "govway-token-descriptorid",
];

const REQUIRED: usize = 4;

/// Why a caller is refused: a voucher and a partner's token were both verified.
const TWO_TOKENS: &str = "two-tokens";

impl Trust {
    /// Reads the member `trust` of a plugin configuration, as JSON.
    ///
    /// # Errors
    /// Says in one sentence what does not fit.
    pub fn parse(json: &str) -> Result<Self, String> {
        read::trust(json)
    }

    /// Who sends a request, from the configured source alone. `headers` have lower-case names.
    pub fn identify(&self, headers: &[(String, String)], proofs: &dyn Proofs) -> Caller {
        let Self::Gateway(gateway) = self else { return Caller::Nobody };
        if !gateway.peers.is_empty() {
            let is_govway = proofs.peers().iter().any(|name| gateway.peers.contains(name));
            return if is_govway { known(REQUIRED, &|at| header(headers, at)) } else { Caller::Stranger };
        }
        let there = |key: &str| match proofs.claim(key, None) {
            Given::Nothing => None,
            payload => Some(payload),
        };
        let partners = gateway.partners.as_deref();
        match (there(&gateway.vouchers), partners.and_then(|key| Some((key, there(key)?)))) {
            (None, None) => Caller::Nobody,
            // Which of two is meant is not ours to guess.
            (Some(_), Some(_)) => Caller::Refused(TWO_TOKENS),
            (Some(payload), None) => {
                let token = Token { key: &gateway.vouchers, payload, proofs };
                token.objection(headers, gateway.dpop_verified).map_or_else(|| voucher(&token), Caller::Refused)
            }
            (None, Some((key, payload))) => {
                let token = Token { key, payload, proofs };
                token.objection(headers, gateway.dpop_verified).map_or_else(|| partner(&token), Caller::Refused)
            }
        }
    }

    /// Whether this bundle's operations can be served with it.
    ///
    /// # Errors
    /// Names the API whose e-service is missing: GovWay's headers do not prove for whom a voucher was issued.
    pub(crate) fn check(&self, mut operations: impl Iterator<Item = OperationId>) -> Result<(), String> {
        let Self::Gateway(gateway) = self else { return Ok(()) };
        let named = |id: &OperationId| gateway.eservices.iter().any(|(api, _)| *api == id.api());
        match operations.find(|id| !gateway.peers.is_empty() && !named(id)) {
            Some(id) => Err(["`trust.eservices` must name ", api_name(id.api())].concat()),
            None => Ok(()),
        }
    }

    /// Whether the sender of a head may use an operation.
    pub(crate) fn admit(&self, operation: &Operation, head: &Head) -> Result<(), Denied> {
        let (code, error, reason) = match (self, &head.caller) {
            (Self::Development, _) if head.loopback => return Ok(()),
            (Self::Development, _) => (Code::RequestForbidden, None, "not-loopback"),
            (Self::Gateway(gateway), Caller::Known(identity)) => match gateway.objection(operation, identity) {
                None => return Ok(()),
                Some(reason) => (Code::RequestForbidden, Some("insufficient_scope"), reason),
            },
            (Self::Gateway(_), Caller::Refused(reason)) => (Code::RequestIdentity, Some("invalid_token"), *reason),
            (Self::Gateway(_), Caller::Stranger) => (Code::RequestIdentity, None, "peer"),
            (Self::Gateway(_), Caller::Nobody) => (Code::RequestIdentity, None, "nobody"),
            (Self::Unset, _) => (Code::RequestIdentity, None, "no-trust"),
        };
        Err(Denied { code, error, reason })
    }
}

/// Why a caller may not use an operation.
#[derive(Debug)]
pub(crate) struct Denied {
    /// 401 or 403.
    pub code: Code,
    /// The error code of RFC 6750 §3.1, if a token was refused.
    error: Option<&'static str>,
    /// What was amiss, for the operator alone: one of the words of `docs/trust.md`.
    pub reason: &'static str,
}

impl Denied {
    /// `WWW-Authenticate` (RFC 6750 §3); none for a 403 that no token would change.
    pub fn challenge(&self, operation: &Operation) -> Option<String> {
        let realm = api_name(operation.id.api()).to_ascii_lowercase();
        match self.error {
            Some(error) => Some(["Bearer realm=\"", &realm, "\", error=\"", error, "\""].concat()),
            None if self.code == Code::RequestIdentity => Some(["Bearer realm=\"", &realm, "\""].concat()),
            None => None,
        }
    }
}

impl Gateway {
    /// Why this caller may not use an operation; none if it may. PDND names neither producer nor e-service of a partner's token: the
    /// gateway verifies its audience. And a partner chose its client id itself.
    fn objection(&self, operation: &Operation, identity: &Identity) -> Option<&'static str> {
        let is = |proved: &Option<String>, wanted: &String| proved.as_ref() == Some(wanted);
        let api = operation.id.api();
        if !identity.partner {
            if !self.producer.iter().all(|producer| is(&identity.producer_id, producer)) {
                return Some(CLAIMS[4]);
            }
            for (_, service) in self.eservices.iter().filter(|(of, _)| *of == api) {
                if !is(&identity.eservice_id, &service.id) {
                    return Some(CLAIMS[5]);
                }
                let version = &service.descriptors;
                if !version.is_empty() && !version.iter().any(|id| is(&identity.descriptor_id, id)) {
                    return Some(CLAIMS[6]);
                }
            }
        }
        let list = |of: Allowed| self.allow.iter().find(|(listed, _)| *listed == of);
        let named = |id: &String| *id == identity.consumer_id || (*id == identity.client_id && !identity.partner);
        let on_list = list(Allowed::Operation(operation.id))
            .or_else(|| list(Allowed::Api(api)))
            .is_none_or(|(_, ids)| ids.iter().any(named));
        (!on_list).then_some("allow")
    }
}

/// A voucher of PDND.
fn voucher(token: &Token<'_>) -> Caller {
    match known(REQUIRED, &|at| CLAIMS.get(at).map_or(Fact::Absent, |name| token.claim(name))) {
        Caller::Nobody => Caller::Refused(CLAIMS[0]),
        caller => caller,
    }
}

/// A partner's own token. The partner writes its claims, so those that PDND gives a meaning are not read.
fn partner(token: &Token<'_>) -> Caller {
    let claim = |name| token.claim(name);
    let mut caller = known(2, &|at| match at {
        0 => match claim("sub") {
            Fact::Absent => claim("iss"),
            subject => subject,
        },
        1 => claim("iss"),
        3 => claim("jti"),
        _ => Fact::Absent,
    });
    match &mut caller {
        Caller::Nobody => return Caller::Refused(CLAIMS[1]),
        Caller::Known(identity) => identity.partner = true,
        Caller::Stranger | Caller::Refused(_) => {}
    }
    caller
}

/// What one of GovWay's [`HEADERS`] says.
fn header(headers: &[(String, String)], at: usize) -> Fact {
    let mut values = headers.iter().filter(|(name, _)| HEADERS.get(at) == Some(&name.as_str()));
    match (values.next(), values.next()) {
        (None, _) => Fact::Absent,
        (Some((_, value)), None) => Fact::of(Given::Bytes(value.clone().into_bytes())),
        (Some(_), Some(_)) => Fact::Unfit,
    }
}

/// An identity from the values of [`CLAIMS`] or [`HEADERS`], by their place, of which the first must be there; nobody if
/// there are none.
#[inline(never)]
fn known(required: usize, look: &dyn Fn(usize) -> Fact) -> Caller {
    let mut texts: [Option<String>; 7] = Default::default();
    let (mut found, mut refused) = (false, None);
    for (at, (text, name)) in texts.iter_mut().zip(CLAIMS).enumerate() {
        match look(at) {
            Fact::Text(value) => {
                *text = Some(value);
                found = true;
            }
            Fact::Absent if at >= required => {}
            fact => {
                found |= fact == Fact::Unfit;
                refused = refused.or(Some(name));
            }
        }
    }
    match texts {
        _ if !found => Caller::Nobody,
        [Some(client_id), Some(consumer_id), purpose_id, jti, producer_id, eservice_id, descriptor_id]
            if refused.is_none() =>
        {
            let partner = false;
            Caller::Known(Box::new(Identity {
                client_id,
                consumer_id,
                purpose_id,
                jti,
                producer_id,
                eservice_id,
                descriptor_id,
                partner,
            }))
        }
        _ => Caller::Refused(refused.unwrap_or(CLAIMS[0])),
    }
}
