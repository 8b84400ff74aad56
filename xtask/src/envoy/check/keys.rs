//! Key sets (RFC 7517): public keys that prove something, and nobody else's.

use std::collections::BTreeSet;

use serde_json::Value;

/// Shortest modulus of an RSA key, bits.
const RSA_BITS: usize = 2048;

/// The curves that Envoy verifies signatures on.
const CURVES: [&str; 3] = ["P-256", "P-384", "P-521"];

/// Members of a private key, or of a secret one.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What is wrong with a key set, and what its keys are, to be told from others.
pub(super) fn check(set: &Value) -> (Vec<String>, BTreeSet<String>) {
    let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (mut wrong, mut known) = (Vec::new(), BTreeSet::new());
    if keys.is_empty() {
        wrong.push("has no `keys`: no token would be good".to_owned());
    }
    for (i, key) in keys.iter().enumerate() {
        match one(key) {
            Ok(own) => {
                known.insert(own);
            }
            Err(what) => wrong.push(format!("keys/{i} {what}")),
        }
    }
    (wrong, known)
}

fn one(key: &Value) -> Result<String, String> {
    let text = |member: &str| key.get(member).and_then(Value::as_str).unwrap_or_default();
    if text("kty") == "oct" {
        return Err("is a symmetric key (`kty: oct`): whoever verifies with it can sign with it".to_owned());
    }
    if let Some(member) = PRIVATE.iter().find(|member| key.get(**member).is_some()) {
        return Err(format!("has `{member}`, which is a secret: a key set is public"));
    }
    if key.get("use").is_some_and(|usage| usage.as_str() != Some("sig")) {
        return Err("is no key for signatures (`use`)".to_owned());
    }
    let alg = text("alg");
    match text("kty") {
        "RSA" => {
            if !alg.is_empty() && !alg.starts_with("RS") && !alg.starts_with("PS") {
                return Err(format!("is RSA, and its `alg` is {alg}"));
            }
            let length = decode(text("n")).map_or(0, |bytes| bits(&bytes));
            if length < RSA_BITS {
                return Err(format!("is RSA of {length} bits; {RSA_BITS} is the least"));
            }
            let exponent = decode(text("e")).unwrap_or_default();
            if bits(&exponent) < 2 || exponent.last().is_none_or(|last| last % 2 == 0) {
                return Err("has an exponent `e` that proves nothing".to_owned());
            }
            Ok(format!("RSA {}", text("n").trim_end_matches('=')))
        }
        "EC" => {
            if !alg.is_empty() && !alg.starts_with("ES") {
                return Err(format!("is EC, and its `alg` is {alg}"));
            }
            let curve = text("crv");
            if !CURVES.contains(&curve) {
                return Err(format!("is on the curve `{curve}`; P-256, P-384 and P-521 are taken"));
            }
            if decode(text("x")).is_none_or(|x| x.is_empty()) || decode(text("y")).is_none_or(|y| y.is_empty()) {
                return Err("has no point `x`, `y`".to_owned());
            }
            Ok(format!("EC {curve} {} {}", text("x").trim_end_matches('='), text("y").trim_end_matches('=')))
        }
        other => Err(format!("is of the kind `{other}`; RSA and EC are taken")),
    }
}

fn bits(bytes: &[u8]) -> usize {
    let bytes: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    let zeros = bytes.first().map_or(0, |first| first.leading_zeros());
    (bytes.len() * 8).saturating_sub(usize::try_from(zeros).unwrap_or(0))
}

/// Base64 for URLs (RFC 4648 §5).
fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut held, mut count) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let sextet = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(sextet);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(held >> count & 0xff).unwrap_or(0));
            held &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(bytes: usize) -> String {
        // The first byte of all ones is what makes the length.
        format!("_{}", "A".repeat(bytes * 8 / 6))
    }

    #[test]
    fn only_keys_that_prove_something_are_taken() {
        let good = json!({ "kty": "RSA", "n": rsa(256), "e": "AQAB", "alg": "RS256", "use": "sig" });
        let point = json!({ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "BBBB" });
        let with = |key: &Value, member: &str, value: Value| {
            let mut key = key.clone();
            key[member] = value;
            key
        };
        assert_eq!(check(&json!({ "keys": [good, point] })).0, Vec::<String>::new());
        for (key, told) in [
            (json!({ "kty": "oct", "k": "AAAA" }), "symmetric"),
            (with(&good, "kty", "oct".into()), "symmetric"),
            (with(&good, "k", "AAAA".into()), "secret"),
            (with(&good, "d", "AAAA".into()), "secret"),
            (with(&good, "alg", "HS256".into()), "HS256"),
            (with(&good, "n", rsa(128).into()), "2048"),
            (with(&good, "n", Value::Null), "0 bits"),
            (with(&good, "e", "AQ".into()), "exponent"),
            (with(&good, "e", "Ag".into()), "exponent"),
            (with(&good, "use", "enc".into()), "signatures"),
            (with(&point, "crv", "P-192".into()), "curve"),
            (with(&point, "crv", "secp256k1".into()), "curve"),
            (with(&point, "x", Value::Null), "point"),
            (with(&point, "alg", "RS256".into()), "RS256"),
            (json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" }), "OKP"),
        ] {
            let (wrong, known) = check(&json!({ "keys": [key] }));
            assert!(wrong.len() == 1 && wrong[0].contains(told) && known.is_empty(), "{key}: {wrong:?}");
        }
        for none in [json!({}), json!({ "keys": [] }), json!([])] {
            assert!(check(&none).0[0].contains("no `keys`"));
        }
    }

    #[test]
    fn lengths_are_of_the_number() {
        assert_eq!(bits(&decode("AAEAAQ").unwrap()), 17);
        assert_eq!(decode("_-8").unwrap(), [0xff, 0xef]);
        assert_eq!(decode("+/"), None);
    }
}
