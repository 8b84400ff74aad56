//! What a voucher says.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use serde_json::{Map, Value, json};

use crate::error::{Result, while_doing};
use crate::fixed;

/// Seconds that a voucher lasts unless told: ten minutes, the least that the IFS guide suggests.
pub const LASTS: u64 = 600;

/// The claims of a voucher for one API.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The API, 1 to 9.
    pub api: u8,
    /// `consumerId`.
    pub consumer: String,
    /// `client_id` and `sub`.
    pub client: String,
    /// `purposeId`.
    pub purpose: String,
    /// `jti`, another for each voucher.
    pub jti: String,
    /// `iat` and `nbf`, seconds since 1970.
    pub issued: u64,
    /// `exp` less `iat`, seconds.
    pub lasts: u64,
}

impl Claims {
    /// A good voucher for API `api`, from now.
    ///
    /// # Errors
    /// The machine gives no random bytes.
    pub fn of(api: u8) -> Result<Self> {
        Ok(Self {
            api,
            consumer: fixed::CONSUMER.to_owned(),
            client: fixed::CLIENT.to_owned(),
            purpose: fixed::PURPOSE.to_owned(),
            jti: uuid()?,
            issued: now(),
            lasts: LASTS,
        })
    }

    /// Payload of a voucher, member by member as PDND's authorization server writes it.
    pub(crate) fn payload(&self) -> Map<String, Value> {
        members(json!({
            "iss": fixed::ISSUER,
            "aud": fixed::audience(self.api),
            "sub": self.client,
            "client_id": self.client,
            "iat": self.issued,
            "nbf": self.issued,
            "exp": self.issued.saturating_add(self.lasts),
            "jti": self.jti,
            "purposeId": self.purpose,
            "producerId": fixed::PRODUCER,
            "consumerId": self.consumer,
            "eserviceId": fixed::eservice(self.api),
            "descriptorId": fixed::descriptor(self.api),
        }))
    }
}

/// The members of an object; none of anything else.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A random UUID (RFC 9562 §5.4).
///
/// # Errors
/// The machine gives no random bytes.
pub fn uuid() -> Result<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(while_doing("random bytes"))?;
    let number = u128::from_be_bytes(bytes);
    let marked = (number & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let text = format!("{marked:032x}");
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    Ok(parts.iter().filter_map(|(from, to)| text.get(*from..*to)).collect::<Vec<_>>().join("-"))
}
