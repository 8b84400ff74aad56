//! Partners who sign their own tokens (ID_AUTH_REST_01 by exchanged certificates, without PDND).

use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::json;

use crate::claims::{Claims, members};
use crate::defect::{Defect, Signers};
use crate::error::{Result, while_doing};
use crate::keys::{Key, base64, jwks};

/// A partner: an issuer with a key and a self-signed certificate of it.
pub struct Partner {
    pub(crate) issuer: &'static str,
    pub(crate) key: Key,
    pub(crate) certificate: Vec<u8>,
}

/// What a partner's token says besides the times.
#[derive(Clone, Debug)]
pub struct PartnerClaims {
    /// API, times and `jti`; the PDND members count only with [`PartnerClaims::forged`].
    pub claims: Claims,
    /// `sub`, if any.
    pub subject: Option<String>,
    /// Whether `jti` is in it: the pattern does not ask for one.
    pub jti: bool,
    /// `iss` in place of the partner's own.
    pub issuer: Option<String>,
    /// Whether the partner writes PDND's claims into it (`client_id`, `consumerId`, `purposeId`, …).
    pub forged: bool,
}

impl PartnerClaims {
    /// A good token for API `api`, from now, with `sub` and `jti`.
    ///
    /// # Errors
    /// The machine gives no random bytes.
    pub fn of(api: u8) -> Result<Self> {
        let subject = Some("partner-client".to_owned());
        Ok(Self { claims: Claims::of(api)?, subject, jti: true, issuer: None, forged: false })
    }
}

impl Partner {
    /// `iss` of its tokens.
    #[must_use]
    pub fn issuer(&self) -> &'static str {
        self.issuer
    }

    /// Its public key.
    #[must_use]
    pub fn jwks(&self) -> String {
        jwks(&[&self.key])
    }

    /// Makes a token; `stranger` signs where the defect wants it. The header carries the certificate (`x5c`) and no
    /// `kid`, as partners without PDND do.
    pub(crate) fn token(&self, from: &PartnerClaims, defect: Defect, stranger: &Key) -> Result<String> {
        let header = members(json!({ "alg": self.key.algorithm(), "typ": "JWT", "x5c": [base64(&self.certificate)] }));
        let mut payload = from.claims.payload();
        if !from.forged {
            for name in ["client_id", "purposeId", "producerId", "consumerId", "eserviceId", "descriptorId"] {
                payload.remove(name);
            }
        }
        payload.insert("iss".to_owned(), from.issuer.as_deref().unwrap_or(self.issuer).into());
        payload.remove("sub");
        if let Some(subject) = &from.subject {
            payload.insert("sub".to_owned(), subject.as_str().into());
        }
        if !from.jti {
            payload.remove("jti");
        }
        Signers { right: &self.key, stranger }.token(header, payload, from.claims.api, defect)
    }
}

/// A self-signed certificate (DER) of a key given as PKCS#8.
pub(crate) fn certificate(pkcs8: &[u8], issuer: &str) -> Result<Vec<u8>> {
    let doing = || format!("making the certificate of {issuer}");
    let key = KeyPair::try_from(pkcs8).map_err(while_doing(doing()))?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, issuer);
    Ok(params.self_signed(&key).map_err(while_doing(doing()))?.der().to_vec())
}
