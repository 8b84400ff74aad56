//! Signing keys: made, kept as PKCS#8, shown as JWK, used for compact JWS.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::error::{Result, while_doing};

/// A key pair that signs tokens.
pub struct Key {
    pair: Pair,
    kid: String,
}

enum Pair {
    /// RS256, as PDND signs.
    Rsa(rsa::KeyPair),
    /// ES256.
    Ec(EcdsaKeyPair),
}

/// Makes an RSA key of 2048 bits, as PKCS#8.
pub(crate) fn new_rsa() -> Result<Vec<u8>> {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).map_err(while_doing("making an RSA key"))?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(while_doing("writing an RSA key"))?;
    Ok(der.as_ref().to_vec())
}

/// Makes a key on P-256, as PKCS#8.
pub(crate) fn new_ec() -> Result<Vec<u8>> {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(while_doing("making an EC key"))?;
    Ok(der.as_ref().to_vec())
}

impl Key {
    /// Reads an RSA key written by [`new_rsa`].
    pub(crate) fn rsa(pkcs8: &[u8]) -> Result<Self> {
        let pair = rsa::KeyPair::from_pkcs8(pkcs8).map_err(while_doing("reading an RSA key"))?;
        Self::of(Pair::Rsa(pair))
    }

    /// Reads a key written by [`new_ec`].
    pub(crate) fn ec(pkcs8: &[u8]) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(while_doing("reading an EC key"))?;
        Self::of(Pair::Ec(pair))
    }

    fn of(pair: Pair) -> Result<Self> {
        let mut key = Self { pair, kid: String::new() };
        key.kid = base64url(digest::digest(&digest::SHA256, &key.public_der()?).as_ref());
        Ok(key)
    }

    /// Key id: the digest of the public key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// JOSE name of the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    fn public_der(&self) -> Result<Vec<u8>> {
        let der = match &self.pair {
            Pair::Rsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
            Pair::Ec(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()),
        };
        Ok(der.map_err(while_doing("writing a public key"))?.as_ref().to_vec())
    }

    /// The public key as PEM (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// The library refuses to write it.
    pub fn public_pem(&self) -> Result<String> {
        Ok(pem("PUBLIC KEY", &self.public_der()?))
    }

    /// The public key as JWK (RFC 7517).
    #[must_use]
    pub fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
                "n": base64url(pair.public_key().modulus().big_endian_without_leading_zero()),
                "e": base64url(pair.public_key().exponent().big_endian_without_leading_zero()),
            }),
            Pair::Ec(pair) => {
                // Uncompressed point: 4, x, y.
                let point = pair.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
                    "x": base64url(x), "y": base64url(y),
                })
            }
        }
    }

    /// Signs for a JWS (RFC 7518 §3.3, §3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(while_doing("signing"))?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(pair.sign(&random, message).map_err(while_doing("signing"))?.as_ref().to_vec()),
        }
    }
}

/// A JWKS document (RFC 7517 §5) of some public keys.
#[must_use]
pub fn jwks(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }).to_string()
}

/// base64url without padding (RFC 7515 §2).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// base64 with padding, as `x5c` and PEM have it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// PEM (RFC 7468).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let body = base64(der);
    for line in body.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
