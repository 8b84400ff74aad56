//! The member `trust` of a plugin configuration: what is taken is JSON, and lets nobody in who proved nothing.

use adapter_core::identity::{Given, Proofs};
use adapter_core::{Caller, Trust};
use serde::de::IgnoredAny;

use super::{Target, outcome};

pub const TARGET: Target = Target {
    name: "trust",
    seeds,
    make: None,
    pieces: &[
        "\"identity\":",
        "\"voucher\"",
        "\"govway\"",
        "\"development\"",
        "\"metadata\":",
        "\"partners\":",
        "\"peers\":",
        "\"dpop\":",
        "\"refused\"",
        "\"verified\"",
        "\"producer\":",
        "\"eservices\":",
        "\"descriptors\":",
        "\"allow\":",
        "\"IFS02\":",
        "\"IFS02.3\":",
        "\"id\":",
        "\"pdnd\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "null",
        "\u{0}",
        "è",
    ],
    pairs: &[("[", "]"), ("{\"a\":", "}"), ("\"", "\"")],
    share: 1,
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    [
        r#""development""#,
        r#"{"identity":"voucher"}"#,
        r#"{"identity":"voucher","metadata":"a","partners":"b","dpop":"verified","producer":"p",
            "eservices":{"IFS02":{"id":"e","descriptors":["d","f"]}},"allow":{"IFS02.3":["c"],"IFS02":[]}}"#,
        r#"{"identity":"govway","peers":["a.example.it","spiffe://x"],"eservices":{"IFS01":{"id":"e"}}}"#,
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec()
}

/// A gateway that has proved nothing.
struct Nothing;

impl Proofs for Nothing {
    fn claim(&self, _: &str, _: Option<&str>) -> Given {
        Given::Nothing
    }

    fn now_ms(&self) -> i64 {
        0
    }

    fn peers(&self) -> Vec<String> {
        Vec::new()
    }
}

fn check(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    match Trust::parse(&text) {
        Ok(trust) => {
            assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok(), "what is no JSON is taken");
            let forged = [("govway-token-clientid".to_owned(), "x".to_owned())];
            assert!(matches!(trust.identify(&forged, &Nothing), Caller::Nobody | Caller::Stranger));
            outcome(0, input)
        }
        Err(reason) => outcome(1, reason.as_bytes()),
    }
}
