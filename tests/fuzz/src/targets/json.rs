//! JSON of systems and consumers. What the decoder takes, `serde_json` takes, and what that takes is refused only for
//! its depth, a member that stands twice, or a number that is too long.

use adapter_core::value::{DecodeError, Decoder, Keep};
use serde::de::IgnoredAny;

use super::{DEPTH, Target, arena, canonical, outcome};

pub const TARGET: Target = Target {
    name: "json",
    seeds,
    make: None,
    pieces: &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"id\":",
        "\"deep\":",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.50",
        "1e5",
        "1E-3",
        "\\u0000",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\n",
        "\\/",
        "\\x",
        " ",
        "\n",
        "\u{feff}",
        "\u{0}",
        "è",
        "{}",
        "[]",
        "\"\"",
        ",\"year\":2023",
        "-",
        ".",
        "e",
        "\u{7f}",
        "//",
    ],
    pairs: &[("[", "]"), ("{\"a\":", "}"), ("{\"deep\":", "}"), ("\"", "\"")],
    share: 2,
    check,
};

fn seeds() -> Vec<Vec<u8>> {
    [
        r#"[{"id":7,"code":"L-31","year":2023,"deep":{"x":[1,2.50,-0.0,{"y":null}]}},{"id":8,"code":""}]"#,
        r#"{"content":[{"row":{"value":"A\u00e8\n\"\\"}}],"page":{"size":50,"number":0},"ok":true}"#,
        r#"{"status":"KO","errors":[{"code":1116,"message":"sessione scaduta"}],"n":1e3}"#,
        "\u{feff}{\"id\":\"x\"}",
        "[]",
        "\"text\"",
        "12345678901234567.8",
    ]
    .map(|s| s.as_bytes().to_vec())
    .to_vec()
}

fn check(input: &[u8]) -> u64 {
    let mut whole = arena();
    let decoded = Decoder::whole(DEPTH).decode(&mut whole, input.to_vec());
    let mut named = arena();
    let reads = Decoder { keep: Keep::Named, blank_to_null: true, ..Decoder::whole(DEPTH) };
    let few = reads.decode(&mut named, input.to_vec());
    let bare = input.strip_prefix("\u{feff}".as_bytes()).unwrap_or(input);
    match decoded {
        Ok(value) => {
            assert!(serde_json::from_slice::<IgnoredAny>(bare).is_ok(), "serde_json refuses what was taken");
            let bytes = canonical(&whole, value);
            let mut again = arena();
            let value = Decoder::whole(DEPTH).decode(&mut again, bytes.clone()).expect("canonical JSON is taken");
            assert!(canonical(&again, value) == bytes, "canonical JSON does not stay what it is");
            // Less is kept, but not less is checked; only a number that nobody reads may be longer.
            let few = few.expect("what is taken whole is taken in part");
            outcome(0, &canonical(&named, few))
        }
        Err(error) => {
            if error.why.broad() == DecodeError::Syntax {
                assert!(
                    serde_json::from_slice::<serde_json::Value>(bare).is_err(),
                    "serde_json takes what was refused as no JSON"
                );
                assert!(few.is_err(), "in part it is taken, whole it is no JSON");
            }
            outcome(1 + error.why as u64, input)
        }
    }
}
