//! What can be wrong with a token, and making it so.

use aws_lc_rs::hmac;
use serde_json::{Map, Value, json};

use crate::claims::{now, uuid};
use crate::error::Result;
use crate::fixed;
use crate::keys::{Key, base64url, jwks};

const HOUR: u64 = 3600;
/// One more than a claim may have.
const OVERSIZED: usize = 129;

/// A claim of a voucher that a defect can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `client_id`
    Client,
    /// `consumerId`
    Consumer,
    /// `purposeId`
    Purpose,
    /// `jti`
    Jti,
    /// `producerId`
    Producer,
    /// `eserviceId`
    Eservice,
    /// `descriptorId`
    Descriptor,
}

impl Claim {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Client, Self::Consumer, Self::Purpose, Self::Jti, Self::Producer, Self::Eservice, Self::Descriptor];

    /// Its name in the payload.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client_id",
            Self::Consumer => "consumerId",
            Self::Purpose => "purposeId",
            Self::Jti => "jti",
            Self::Producer => "producerId",
            Self::Eservice => "eserviceId",
            Self::Descriptor => "descriptorId",
        }
    }
}

/// The defect that strikes a claim.
pub type Strike = fn(Claim) -> Defect;

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Nothing.
    None,
    /// Ended an hour ago.
    Expired,
    /// Begins in an hour.
    NotYetValid,
    /// No `exp`.
    NoExpiry,
    /// An audience of nobody's.
    WrongAudience,
    /// Audience, e-service and descriptor of another API of the same university.
    AnotherApi,
    /// No `aud`.
    NoAudience,
    /// Two audiences joined by a comma, as PDND writes them: not wrong where the gateway lists the whole text.
    JoinedAudience,
    /// An issuer other than PDND's (or the partner's).
    WrongIssuer,
    /// `alg: none`, without a signature.
    AlgNone,
    /// HS256 with the public key's PEM as the secret.
    HmacPem,
    /// HS256 with the JWKS document as the secret.
    HmacJwks,
    /// A `kid` that is in no JWKS.
    UnknownKid,
    /// No `kid`: not wrong in itself, as a gateway may try each key.
    NoKid,
    /// Signed with a key of nobody's under the right `kid`.
    StrangerSignature,
    /// Signed with a key of nobody's, which the header brings along (`jwk`, RFC 7515 §4.1.3).
    EmbeddedKey,
    /// The right header and payload with an empty signature.
    Unsigned,
    /// The payload changed after signing.
    Tampered,
    /// A `cnf` claim: a DPoP voucher.
    Confirmed,
    /// A `cnf` claim that is an empty text.
    EmptyConfirmed,
    /// An `exp` of 2^63, which a gateway that counts in 64 bits with a sign may take for one that is over soon.
    Endless,
    /// An `exp` of 10^19.
    MoreThanEndless,
    /// A `crit` in the header (RFC 7515 §4.1.11).
    Critical,
    /// Not a token at all.
    Garbage,
    /// A claim that is JSON `null`.
    Null(Claim),
    /// A claim that is a number.
    Number(Claim),
    /// A claim of 129 characters.
    Oversized(Claim),
    /// A claim that is not there.
    Missing(Claim),
    /// A claim that is a UUID of nobody's.
    Wrong(Claim),
}

impl Defect {
    /// Those that strike no particular claim: name on a command line, and what it does.
    pub const SIMPLE: [(Self, &'static str, &'static str); 23] = [
        (Self::Expired, "expired", "Ended an hour ago"),
        (Self::NotYetValid, "not-yet-valid", "Begins in an hour"),
        (Self::NoExpiry, "no-expiry", "Without `exp`"),
        (Self::WrongAudience, "wrong-audience", "With an audience of nobody's"),
        (Self::AnotherApi, "another-api", "With audience, e-service and descriptor of the next API"),
        (Self::NoAudience, "no-audience", "Without `aud`"),
        (Self::JoinedAudience, "joined-audience", "With two audiences joined by a comma, as PDND writes them"),
        (Self::WrongIssuer, "wrong-issuer", "From another issuer"),
        (Self::AlgNone, "alg-none", "With `alg: none` and no signature"),
        (Self::HmacPem, "hmac-pem", "HS256 with the public key's PEM as the secret"),
        (Self::HmacJwks, "hmac-jwks", "HS256 with the JWKS document as the secret"),
        (Self::UnknownKid, "unknown-kid", "With a `kid` that no JWKS has"),
        (Self::NoKid, "no-kid", "Without `kid`"),
        (Self::StrangerSignature, "stranger-signature", "Signed with an unknown key under the right `kid`"),
        (Self::EmbeddedKey, "embedded-key", "Signed with an unknown key that its header brings along"),
        (Self::Unsigned, "unsigned", "With an empty signature"),
        (Self::Tampered, "tampered", "Changed after it was signed"),
        (Self::Confirmed, "cnf", "With a `cnf` claim, which binds it to a DPoP key"),
        (Self::EmptyConfirmed, "cnf-empty", "With a `cnf` claim that is an empty text"),
        (Self::Endless, "endless", "With an `exp` of 2^63"),
        (Self::MoreThanEndless, "more-than-endless", "With an `exp` of 10^19"),
        (Self::Critical, "crit", "With a `crit` in its header, which nobody understands"),
        (Self::Garbage, "garbage", "Not a token at all"),
    ];

    /// Those that strike one claim: name on a command line, and what it does.
    pub const STRIKING: [(Strike, &'static str, &'static str); 5] = [
        (Self::Null, "null", "With this claim null"),
        (Self::Number, "number", "With a number for this claim"),
        (Self::Oversized, "oversized", "With 129 characters for this claim, one more than is taken"),
        (Self::Missing, "missing", "Without this claim"),
        (Self::Wrong, "wrong", "With a random UUID for this claim"),
    ];

    /// Changes the payload. `forged` is what an issuer of nobody's is called.
    fn on_payload(self, payload: &mut Map<String, Value>, api: u8) -> Result<()> {
        let mut set = |name: &str, value: Value| payload.insert(name.to_owned(), value);
        let mut period = |from: u64, to: u64| {
            set("iat", from.into());
            set("nbf", from.into());
            set("exp", to.into());
        };
        match self {
            Self::Expired => period(now().saturating_sub(2 * HOUR), now().saturating_sub(HOUR)),
            Self::NotYetValid => period(now().saturating_add(HOUR), now().saturating_add(2 * HOUR)),
            Self::WrongAudience => drop(set("aud", "https://ifs.example.it/nothing/v1".into())),
            Self::AnotherApi => {
                let other = if api == 9 { 1 } else { api.saturating_add(1) };
                set("aud", fixed::audience(other).into());
                set("eserviceId", fixed::eservice(other).into());
                set("descriptorId", fixed::descriptor(other).into());
            }
            Self::JoinedAudience => drop(set("aud", fixed::joined_audience(api).into())),
            Self::WrongIssuer => drop(set("iss", "https://nobody.example.it".into())),
            // Thumbprint of the key of RFC 7638 §3.1.
            Self::Confirmed => {
                drop(set("cnf", json!({ "jkt": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" })));
            }
            Self::EmptyConfirmed => drop(set("cnf", "".into())),
            Self::Endless => drop(set("exp", 9_223_372_036_854_775_808_u64.into())),
            Self::MoreThanEndless => drop(set("exp", 10_000_000_000_000_000_000_u64.into())),
            Self::Null(claim) => drop(set(claim.name(), Value::Null)),
            Self::Number(claim) => drop(set(claim.name(), 4_444_444.into())),
            Self::Oversized(claim) => drop(set(claim.name(), "4".repeat(OVERSIZED).into())),
            Self::Wrong(claim) => drop(set(claim.name(), uuid()?.into())),
            Self::NoExpiry => drop(payload.remove("exp")),
            Self::NoAudience => drop(payload.remove("aud")),
            Self::Missing(claim) => drop(payload.remove(claim.name())),
            _ => {}
        }
        Ok(())
    }

    fn on_header(self, header: &mut Map<String, Value>, stranger: &Key) -> Result<()> {
        let mut set = |name: &str, value: Value| drop(header.insert(name.to_owned(), value));
        match self {
            Self::AlgNone => set("alg", "none".into()),
            Self::HmacPem | Self::HmacJwks => set("alg", "HS256".into()),
            Self::UnknownKid => set("kid", uuid()?.into()),
            Self::Critical => {
                set("crit", json!(["https://ifs.example.it/only-once"]));
                set("https://ifs.example.it/only-once", true.into());
            }
            Self::EmbeddedKey => {
                set("kid", stranger.kid().into());
                set("jwk", stranger.jwk());
            }
            Self::NoKid => drop(header.remove("kid")),
            _ => {}
        }
        Ok(())
    }
}

/// Who signs a token, and the key that signs in its place where a defect wants it.
pub(crate) struct Signers<'a> {
    pub(crate) right: &'a Key,
    pub(crate) stranger: &'a Key,
}

impl Signers<'_> {
    /// A compact JWS (RFC 7515 §3.1) with a defect.
    pub(crate) fn token(
        &self,
        mut header: Map<String, Value>,
        mut payload: Map<String, Value>,
        api: u8,
        defect: Defect,
    ) -> Result<String> {
        if defect == Defect::Garbage {
            return Ok(format!("{}.not-a-token", uuid()?));
        }
        defect.on_header(&mut header, self.stranger)?;
        defect.on_payload(&mut payload, api)?;
        let part = |members: Map<String, Value>| base64url(Value::Object(members).to_string().as_bytes());
        let mut message = format!("{}.{}", part(header), part(payload.clone()));
        let hmac = |secret: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        };
        let signature = match defect {
            Defect::AlgNone | Defect::Unsigned => Vec::new(),
            Defect::HmacPem => hmac(&self.right.public_pem()?),
            Defect::HmacJwks => hmac(&jwks(&[self.right])),
            Defect::StrangerSignature | Defect::EmbeddedKey => self.stranger.sign(message.as_bytes())?,
            _ => self.right.sign(message.as_bytes())?,
        };
        if defect == Defect::Tampered {
            payload.insert("consumerId".to_owned(), uuid()?.into());
            let first = message.split('.').next().unwrap_or_default().to_owned();
            message = format!("{first}.{}", part(payload));
        }
        Ok(format!("{message}.{}", base64url(&signature)))
    }
}
