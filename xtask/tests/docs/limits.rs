//! `docs/limits.md`: every limit with its default, its ceiling, the problem and the series that tell of it, and the test
//! that hits it on a real Envoy. A limit without such a test fails here.

use std::fmt::Write as _;

use adapter_core::limits::{LIMITS, Limit};
use adapter_core::problem::{CODES, Code};
use serde_json::Value;

use crate::gateway;

const PAGE: &str = "docs/limits.md";

/// Problems of a limit, each with the scenario that meets it.
fn met(limit: &Limit) -> Vec<(String, String)> {
    let of = |name: &str| (format!("limit.{name}"), format!("tests/scenarios/limit/{name}.yaml"));
    match limit.name {
        "depth" => vec![of("depth"), of("request-depth")],
        // Needs several requests at one time, which a scenario has not.
        "exchanges" => vec![("limit.exchanges".to_owned(), "tests/harness/src/containment/busy.rs".to_owned())],
        // And these several consumers.
        "consumer" => vec![("limit.consumer".to_owned(), "tests/harness/src/trust/fair.rs".to_owned())],
        "change_body" | "change_deadline" => {
            let (_, file) = of(&limit.name.replace('_', "-"));
            vec![(limit.name.replace("change_", "limit."), file)]
        }
        "at_once" => vec![of("overflow")],
        // What does not fit is not kept; nothing fails.
        "cache" => vec![(String::new(), "tests/scenarios/cache/none-kept.yaml".to_owned())],
        name => vec![of(&name.replace('_', "-"))],
    }
}

/// Fails unless a file is a test of this limit that runs on Envoy.
fn hits(limit: &Limit, code: &str, path: &str) {
    if path.ends_with(".rs") {
        let source = crate::text(path);
        assert!(source.contains(&format!("\"{}\"", limit.name)) && source.contains(code), "{path}");
        return;
    }
    let scenario = crate::tree(path);
    let layers = scenario.get("layers").and_then(Value::as_array);
    assert!(layers.is_none_or(|all| all.iter().any(|layer| layer == "envoy")), "{path} does not run on Envoy");
    let set = scenario.pointer(&format!("/limits/{}", limit.name)).and_then(Value::as_u64);
    // A test may also keep to the default.
    assert!(set.unwrap_or(limit.default) <= limit.ceiling, "{path}");
    if code.is_empty() {
        assert!(set.is_some(), "{path} does not set {}", limit.name);
    } else {
        assert_eq!(scenario.pointer("/expect/problem").and_then(Value::as_str), Some(code), "{path}");
    }
}

/// The series that grows when this problem is answered.
fn series(code: &str) -> String {
    let found: Vec<&Code> = CODES.iter().filter(|known| known.as_str() == code).collect();
    let [known] = found[..] else { panic!("{code} is no problem") };
    assert_eq!(known.blame(), "limit");
    format!("`ifs_adapter_answers_total{{outcome=\"{code}\"}}`")
}

fn joined(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(", ")
}

/// A link from the page to a file of the checkout, by its name.
pub(crate) fn link(path: &str) -> String {
    assert!(crate::file(path).exists(), "{path} is not there");
    let name = path.rsplit('/').next().unwrap();
    format!("[{name}](../{path})")
}

#[test]
fn the_page_on_limits_is_what_the_code_says() {
    let mut out = String::from(
        "# Limits\n\nTwo kinds: the engine's, which a mapping sets, and the gateway's, which its configuration sets. The test in the \
         last column hits it on a real Envoy. This page is written from the code and from `envoy/edge.yaml`.\n\n\
         ## The engine's\n\nEach can be set under `limits:` in a mapping, up to its ceiling; a bundle beyond is refused. One that is \
         hit is answered with its own problem and counted under it.\n\n\
         | limit | unit | default | ceiling | what it bounds | problem | status | counted in | test |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for limit in LIMITS {
        let met = met(limit);
        met.iter().for_each(|(code, path)| hits(limit, code, path));
        let problems: Vec<&str> = met.iter().map(|(code, _)| code.as_str()).filter(|code| !code.is_empty()).collect();
        let status = |code: &str| CODES.iter().find(|known| known.as_str() == code).unwrap().status().to_string();
        writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} | {} | {} | {} |",
            limit.name,
            limit.unit,
            limit.default,
            limit.ceiling,
            limit.about,
            joined(problems.iter().map(|code| format!("`{code}`"))),
            joined(problems.iter().map(|code| status(code))),
            if problems.is_empty() {
                "fewer `ifs_adapter_cache_hits_total`".to_owned()
            } else {
                joined(problems.iter().map(|code| series(code)))
            },
            joined(met.iter().map(|(_, path)| link(path))),
        )
        .unwrap();
    }
    let items = "tests/scenarios/limit/answer-items.yaml";
    let shown = crate::tree(items);
    assert_eq!(shown.pointer("/expect/problem").and_then(Value::as_str), Some("limit.answer-items"), "{items}");
    writeln!(
        out,
        "\nNot under `limits:`: the contract's 256 items of a list (`limit.answer-items`, {}, {}), and a system's own `timeout` (how \
         long one call may take, `legacy.timeout`), `parallel` (how many calls of one exchange are in flight to it) and \
         `probe.every` (how often it is asked for `/status`: once in that time, 1 s to 1 h, 60 s if not written, \
         [probes.rs](../adapter-core/tests/probes.rs)), which [the reference](mapping/reference.md) explains.",
        series("limit.answer-items"),
        link(items),
    )
    .unwrap();
    out.push_str(&gateway::table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(crate::file(PAGE), &out).unwrap();
    }
    let stands = std::fs::read_to_string(crate::file(PAGE)).unwrap_or_default();
    assert!(stands == out, "{PAGE} is not what the code says; run UPDATE_DOCS=1 cargo test -p xtask --test docs");
}
