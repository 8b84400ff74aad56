//! Vouchers and partners' tokens: members as PDND writes them, signatures held against `openssl`, each defect what it says.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test"
)]

mod common;

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Folder, Parts, openssl, parts, standard, standin, url, verifies};
use pdnd::{Claim, Claims, Defect, PartnerClaims, Signer, fixed};
use serde_json::{Value, json};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn voucher(defect: Defect) -> Parts {
    parts(&standin().voucher(&Claims::of(2).unwrap(), defect).unwrap())
}

fn jwk(document: &str) -> Value {
    let mut document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["keys"].as_array().unwrap().len(), 1);
    document["keys"][0].take()
}

/// `SubjectPublicKeyInfo` of an RSA key, written by `openssl` from the numbers of a JWK (`asn1parse -genconf`).
fn rsa_pem(jwk: &Value) -> Option<Vec<u8>> {
    let hex = |name: &str| url(jwk[name].as_str().unwrap()).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let folder = Folder::new();
    let described = format!(
        "asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:rsa\nkey=BITWRAP,SEQUENCE:numbers\n[rsa]\nname=OID:rsaEncryption\n\
         none=NULL\n[numbers]\nn=INTEGER:0x{}\ne=INTEGER:0x{}\n",
        hex("n"),
        hex("e")
    );
    let description = folder.file("key.conf", described.as_bytes());
    let der = folder.file("key.der", b"");
    assert!(openssl(&["asn1parse", "-genconf", &description, "-noout", "-out", &der], b"")?.status.success());
    let done = openssl(&["pkey", "-pubin", "-inform", "DER", "-in", &der], b"")?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(done.stdout)
}

/// An ECDSA signature as DER from `r` and `s` side by side (RFC 7518 §3.4).
fn der(signature: &[u8]) -> Vec<u8> {
    let whole = |number: &[u8]| {
        let start = number.iter().position(|b| *b != 0).unwrap();
        let mut bytes = number[start..].to_vec();
        if bytes[0] & 0x80 != 0 {
            bytes.insert(0, 0);
        }
        bytes.splice(0..0, [2, u8::try_from(bytes.len()).unwrap()]);
        bytes
    };
    let (r, s) = signature.split_at(32);
    let mut inner = [whole(r), whole(s)].concat();
    inner.splice(0..0, [0x30, u8::try_from(inner.len()).unwrap()]);
    inner
}

#[test]
fn a_voucher_has_the_members_that_pdnd_writes() {
    let before = now();
    let claims = Claims::of(2).unwrap();
    let token = parts(&standin().voucher(&claims, Defect::None).unwrap());
    let kid = jwk(&standin().jwks(&[Signer::Current]))["kid"].clone();
    assert_eq!(token.header, json!({ "alg": "RS256", "use": "sig", "typ": "at+jwt", "kid": kid }));
    let issued = token.payload["iat"].as_u64().unwrap();
    assert!((before..=now()).contains(&issued));
    assert_eq!(
        token.payload,
        json!({
            "iss": "uat.interop.pagopa.it", "aud": "https://ifs.example.it/ifs02/v1",
            "sub": "55555555-5555-4555-8555-555555555555", "client_id": "55555555-5555-4555-8555-555555555555",
            "iat": issued, "nbf": issued, "exp": issued + 600, "jti": claims.jti,
            "purposeId": "66666666-6666-4666-8666-666666666666",
            "producerId": "11111111-1111-4111-8111-111111111111",
            "consumerId": "44444444-4444-4444-8444-444444444444",
            "eserviceId": "22222222-2222-4222-8222-222222222222",
            "descriptorId": "33333332-3333-4333-8333-333333333333",
        })
    );
    assert_ne!(Claims::of(2).unwrap().jti, claims.jti);
    let uuid = regex_like_uuid(&claims.jti);
    assert!(uuid, "{}", claims.jti);
}

/// RFC 9562 §5.4: version 4, variant 10.
fn regex_like_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    let shape = text
        .char_indices()
        .all(|(at, c)| if dashes.contains(&at) { c == '-' } else { matches!(c, '0'..='9' | 'a'..='f') });
    shape && text.len() == 36 && &text[14..15] == "4" && "89ab".contains(&text[19..20])
}

#[test]
fn each_api_has_values_of_its_own() {
    assert_eq!(fixed::audience(9), "https://ifs.example.it/ifs09/v1");
    assert_eq!(fixed::eservice(1), "22222221-2222-4222-8222-222222222222");
    assert_eq!(fixed::descriptor(9), "33333339-3333-4333-8333-333333333333");
}

#[test]
fn signatures_are_good_by_the_published_keys() {
    for (signer, other) in [(Signer::Current, Signer::Next), (Signer::Next, Signer::Current)] {
        let token = standin().voucher_by(signer, &Claims::of(1).unwrap(), Defect::None).unwrap();
        let token = parts(&token);
        let Some(pem) = rsa_pem(&jwk(&standin().jwks(&[signer]))) else { return };
        assert_eq!(verifies(&pem, &token.signed, &token.signature), Some(true));
        let pem = rsa_pem(&jwk(&standin().jwks(&[other]))).unwrap();
        assert_eq!(verifies(&pem, &token.signed, &token.signature), Some(false));
    }
}

#[test]
fn the_jwks_file_is_that_of_the_current_key() {
    assert_eq!(fs::read_to_string(standin().jwks_file()).unwrap(), standin().jwks(&[Signer::Current]));
    assert_eq!(fs::read_to_string(standin().partner_jwks_file()).unwrap(), standin().partner().jwks());
    let both: Value = serde_json::from_str(&standin().jwks(&[Signer::Current, Signer::Next])).unwrap();
    assert_eq!(both["keys"].as_array().unwrap().len(), 2);
    assert!(!both.to_string().contains("\"d\""), "a private member in a JWKS");
}

#[test]
fn defects_of_the_times() {
    let (expired, early) = (voucher(Defect::Expired), voucher(Defect::NotYetValid));
    assert!(expired.payload["exp"].as_u64().unwrap() + 3_000 < now());
    assert!(expired.payload["nbf"].as_u64().unwrap() < expired.payload["exp"].as_u64().unwrap());
    assert!(early.payload["nbf"].as_u64().unwrap() > now() + 3_000);
    assert_eq!(voucher(Defect::NoExpiry).payload.get("exp"), None);
}

#[test]
fn defects_of_issuer_and_audience() {
    assert_eq!(voucher(Defect::AnotherApi).payload["aud"], fixed::audience(3));
    assert_eq!(voucher(Defect::AnotherApi).payload["eserviceId"], fixed::eservice(3));
    let joined = voucher(Defect::JoinedAudience).payload["aud"].clone();
    assert_eq!(joined, "https://ifs.example.it/ifs02/v1,https://ifs.example.it/ifs02/v2");
    assert_eq!(voucher(Defect::NoAudience).payload.get("aud"), None);
    let wrong = voucher(Defect::WrongAudience).payload["aud"].clone();
    assert!((1..=9).all(|api| wrong != fixed::audience(api)));
    assert_ne!(voucher(Defect::WrongIssuer).payload["iss"], fixed::ISSUER);
    assert!(voucher(Defect::Confirmed).payload["cnf"]["jkt"].is_string());
}

#[test]
fn defects_of_a_claim() {
    for claim in Claim::ALL {
        let name = claim.name();
        assert_eq!(voucher(Defect::Null(claim)).payload[name], Value::Null);
        assert!(voucher(Defect::Null(claim)).payload.get(name).is_some(), "null is not absent");
        assert!(voucher(Defect::Number(claim)).payload[name].is_u64());
        assert_eq!(voucher(Defect::Oversized(claim)).payload[name].as_str().unwrap().len(), 129);
        assert_eq!(voucher(Defect::Missing(claim)).payload.get(name), None);
        assert!(regex_like_uuid(voucher(Defect::Wrong(claim)).payload[name].as_str().unwrap()));
    }
    let wrong = voucher(Defect::Wrong(Claim::Producer));
    assert_ne!(wrong.payload["producerId"], fixed::PRODUCER);
    assert_eq!(wrong.payload["consumerId"], fixed::CONSUMER);
}

#[test]
fn defects_of_the_signature_keep_the_rest() {
    let good = voucher(Defect::None);
    let kid = &good.header["kid"];
    let none = voucher(Defect::AlgNone);
    assert_eq!((none.header["alg"].as_str(), none.signature.len()), (Some("none"), 0));
    let unsigned = voucher(Defect::Unsigned);
    assert_eq!((unsigned.header["alg"].as_str(), unsigned.signature.len()), (Some("RS256"), 0));
    assert_ne!(&voucher(Defect::UnknownKid).header["kid"], kid);
    assert_eq!(voucher(Defect::NoKid).header.get("kid"), None);
    let bad = standin().voucher(&Claims::of(2).unwrap(), Defect::Garbage).unwrap();
    assert!(bad.split('.').count() != 3);
    let Some(pem) = rsa_pem(&jwk(&standin().jwks(&[Signer::Current]))) else { return };
    for (defect, right) in [
        (Defect::UnknownKid, true),
        (Defect::NoKid, true),
        (Defect::Expired, true),
        (Defect::StrangerSignature, false),
        (Defect::Tampered, false),
    ] {
        let token = voucher(defect);
        assert_eq!(verifies(&pem, &token.signed, &token.signature), Some(right), "{defect:?}");
    }
    assert_eq!(&voucher(Defect::StrangerSignature).header["kid"], kid);
    // This one is good by the key that it brings along, and by no other.
    let embedded = voucher(Defect::EmbeddedKey);
    assert_eq!(verifies(&pem, &embedded.signed, &embedded.signature), Some(false));
    let own = rsa_pem(&embedded.header["jwk"]).unwrap();
    assert_eq!(verifies(&own, &embedded.signed, &embedded.signature), Some(true));
}

#[test]
fn hs256_is_keyed_with_what_everybody_can_read() {
    let Some(pem) = rsa_pem(&jwk(&standin().jwks(&[Signer::Current]))) else { return };
    let document = fs::read(standin().jwks_file()).unwrap();
    for (defect, secret) in [(Defect::HmacPem, pem), (Defect::HmacJwks, document)] {
        let token = voucher(defect);
        assert_eq!(token.header["alg"], "HS256");
        let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
        let key = format!("hexkey:{hex}");
        let mac = openssl(&["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, "-binary"], token.signed.as_bytes());
        assert_eq!(mac.unwrap().stdout, token.signature, "{defect:?}");
    }
}

#[test]
fn a_partners_token_is_signed_by_the_key_of_its_certificate() {
    let token = parts(&standin().partner_token(&PartnerClaims::of(2).unwrap(), Defect::None).unwrap());
    assert_eq!((token.header["alg"].as_str(), token.header["typ"].as_str()), (Some("ES256"), Some("JWT")));
    assert_eq!(token.header.get("kid"), None);
    let mut names: Vec<_> = token.payload.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"]);
    assert_eq!(token.payload["iss"], "https://partner.example.it");
    let certificate = standard(token.header["x5c"][0].as_str().unwrap());
    let Some(done) = openssl(&["x509", "-inform", "DER", "-noout", "-pubkey"], &certificate) else { return };
    assert_eq!(verifies(&done.stdout, &token.signed, &der(&token.signature)), Some(true));
    let other = parts(&standin().partner_token(&PartnerClaims::of(2).unwrap(), Defect::StrangerSignature).unwrap());
    assert_eq!(verifies(&done.stdout, &other.signed, &der(&other.signature)), Some(false));
    // The pinned JWK is the key of the certificate: x and y are the end of its public key.
    let key = jwk(&standin().partner().jwks());
    let point = [url(key["x"].as_str().unwrap()), url(key["y"].as_str().unwrap())].concat();
    assert_eq!(point.len(), 64);
    assert!(certificate.windows(64).any(|window| window == point));
}

#[test]
fn a_partner_may_forge_pdnds_claims_or_another_name() {
    let mut from = PartnerClaims::of(2).unwrap();
    from.forged = true;
    from.jti = false;
    from.subject = None;
    from.issuer = Some(fixed::PARTNER.to_owned());
    let token = parts(&standin().other_partner_token(&from, Defect::None).unwrap());
    assert_eq!(token.payload["consumerId"], fixed::CONSUMER);
    assert_eq!(token.payload["client_id"], fixed::CLIENT);
    assert_eq!(token.payload["purposeId"], fixed::PURPOSE);
    assert_eq!(token.payload["iss"], fixed::PARTNER);
    assert_eq!((token.payload.get("sub"), token.payload.get("jti")), (None, None));
}

#[test]
fn the_probing_token_is_no_voucher() {
    let token = parts(&standin().probing(2).unwrap());
    assert_eq!(token.payload["aud"], json!(["https://ifs.example.it/ifs02/v1"]));
    assert_eq!(token.payload.get("client_id"), None);
    let known: Value = serde_json::from_str(&standin().jwks(&[Signer::Current, Signer::Next])).unwrap();
    assert!(known["keys"].as_array().unwrap().iter().all(|key| key["kid"] != token.header["kid"]));
}
