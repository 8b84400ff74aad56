//! The page on expressions: every row of its tables is evaluated.

use std::fs;

use adapter_core::bundle::seal;
use adapter_core::{Plan, evaluate_json};

use crate::blocks::{self, Part};

/// 1 March 2026, 9 o'clock UTC.
const NOW: i64 = 1_772_355_600_000;

#[test]
fn every_row_gives_what_it_says() {
    let page = fs::read_to_string(crate::root().join("docs/mapping/expressions.md")).unwrap();
    let value = blocks::parts(&page).into_iter().find_map(|part| match part {
        Part::Block(block) if block.word("value") == Some("v") => Some(block.text),
        _ => None,
    });
    let value = value.expect("the page says what `v` is");
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in page.lines() {
        let Some((source, expected)) = row(line) else { continue };
        rows += 1;
        let found = evaluated(&source, &value);
        let refused = expected.strip_prefix("refused: ");
        let fits = match (&found, refused) {
            (Ok(found), None) => *found == expected,
            (Err(why), Some(code)) => why.contains(&format!("error[{code}]")),
            (Err(why), None) => expected == "fails" && !why.contains("error["),
            _ => false,
        };
        if !fits {
            wrong.push(format!("{source} gives {found:?} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows > 50, "{rows} rows");
}

/// ``| `expression` | `value` |``, perhaps with more columns.
fn row(line: &str) -> Option<(String, String)> {
    let (source, rest) = line.strip_prefix("| `")?.split_once("` | `")?;
    let (value, _) = rest.split_once("` |")?;
    Some((source.replace("\\|", "|"), value.to_owned()))
}

fn evaluated(source: &str, value: &str) -> Result<String, String> {
    let compiled = mapping_compiler::expression(source, &["v"]).map_err(|report| report.human())?;
    let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
    evaluate_json(&plan, &compiled.expr, &[(compiled.slots[0], value)], NOW).map_err(|e| format!("{e:?}"))
}
