//! The tables in `docs/` say what the code says (`xtask/tests/docs` writes that of limits).
//! `UPDATE_DOCS=1 cargo test -p adapter-core --test docs` writes them.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::fmt::Write as _;
use std::path::Path;

use adapter_core::bundle::{Arity, FORMS, FUNCTIONS};
use adapter_core::contract;
use adapter_core::problem::CODES;

fn holds(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "docs/{name} is not what the code says; run UPDATE_DOCS=1 cargo test -p adapter-core --test docs"
    );
}

#[test]
fn problems() {
    let mut out = String::from(
        "# Problems\n\nEvery error is `application/problem+json` (RFC 9457). `type` is `urn:ifs-adapter:problem:` and a code of this \
         table; `instance` is the request id. A code is never renamed and never means something else. No problem carries a value of \
         the request or of a system's answer. `request.invalid` lists the offending members by JSON Pointer. A \
         gateway that is set to `answers: declared` sends 400 or 500 without a body in place of all of them.\n\nThe first word says who \
         is to blame: the request, the legacy system, the mapping (or the gateway's configuration), or a limit.\n\n\
         | code | status | `Retry-After` | title |\n|---|---|---|---|\n",
    );
    for code in CODES {
        let retry = if code.retry() { "yes" } else { "" };
        writeln!(out, "| `{}` | {} | {retry} | {} |", code.as_str(), code.status(), code.title()).unwrap();
    }
    holds("problems.md", &out);
}

#[test]
fn functions() {
    let mut out = String::from(
        "# Functions\n\nWhat expressions may call, besides CEL's operators, `has(a.b)` and the mapping's own tables: `t(key)` is \
         the table's value or row, `t.rows(key)` all rows that fit. Null among the arguments gives null, unless the last column says otherwise.\n\n\
         | function | gives | what it does | example | null |\n|---|---|---|---|---|\n",
    );
    for function in FUNCTIONS {
        let s = function.signature();
        let mut params: Vec<String> = s.params.iter().map(|p| format!("{p:?}").to_lowercase()).collect();
        if let Some(last) = params.last_mut() {
            match s.arity {
                Arity::Exact => {}
                Arity::Optional => *last = format!("[{last}]"),
                Arity::Many => last.push('…'),
            }
        }
        let call = if s.method {
            let receiver = params.remove(0);
            format!("{receiver}.{}({})", s.name, params.join(", "))
        } else {
            format!("{}({})", s.name, params.join(", "))
        };
        let nulls = if s.takes_null { "taken" } else { "" };
        let result = format!("{:?}", s.result).to_lowercase();
        writeln!(out, "| `{call}` | {result} | {} | `{}` = `{}` | {nulls} |", s.about.trim(), s.example.0, s.example.1)
            .unwrap();
    }
    out.push_str(
        "\n## Over the elements of a list, and with a pattern or document\n\nThe `x` in front is a name for each element; what follows may \
         mention it. A pattern is a text written in the mapping.\n\n| written | gives | what it does | example | null |\n|---|---|---|---|---|\n",
    );
    for form in FORMS {
        let nulls = if form.takes_null { "an empty list" } else { "" };
        let result = format!("{:?}", form.result).to_lowercase();
        let (source, value) = form.example;
        writeln!(out, "| `{}` | {result} | {} | `{source}` = `{value}` | {nulls} |", form.written, form.about).unwrap();
    }
    holds("functions.md", &out);
}

/// The part of a page between two marks.
fn part(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("\n<!-- /{name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    [before, &begin, table, &end, after].concat()
}

#[test]
fn rules() {
    let mut out = String::new();
    for (group, of) in contract::groups() {
        let names: Vec<&str> = of.iter().map(|operation| operation.name).collect();
        let title = match names[..] {
            _ if names.len() == contract::OPERATIONS.len() => "All operations".to_owned(),
            _ if names.len() > 4 => format!("{} operations\n\n{}.", names.len(), names.join(", ")),
            _ => names.join(", "),
        };
        let head = "| rule | what it says | kept by | counted as | traps |\n|---|---|---|---|---|";
        writeln!(out, "\n### {title}\n\n{head}").unwrap();
        for rule in group {
            let labels: Vec<String> =
                rule.counts.iter().map(|what| format!("`{}`", what.replace('*', "the member"))).collect();
            let (labels, traps, says) = (labels.join(", "), rule.traps.join(", "), rule.says);
            writeln!(out, "| {} | {says} | {} | {labels} | {traps} |", rule.id, rule.kept.by()).unwrap();
        }
    }
    out.push_str("\n### Traps that ask nothing of a running adapter\n\n| trap | why |\n|---|---|\n");
    for (id, why) in contract::QUIET {
        writeln!(out, "| {id} | {why} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/contract.md");
    holds("contract.md", &part(&std::fs::read_to_string(path).unwrap(), "rules", &out));
}

#[test]
fn files_that_keep_rules_are_there() {
    for (group, _) in contract::groups() {
        for file in group.iter().flat_map(|rule| rule.kept.by().split('`')).filter(|word| word.ends_with(".rs")) {
            let here = Path::new(env!("CARGO_MANIFEST_DIR"));
            assert!(here.join("src").join(file).exists() || here.join("..").join(file).exists(), "{file}");
        }
    }
}

/// Who answers for the data reads what leaves: each operation that is served stands in the Italian page, and no other.
#[test]
fn the_data_that_leave_are_all_listed() {
    let page = include_str!("../../docs/it/dati-personali.md");
    let part = page.split("## Quali dati escono").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| IFS")?.split('|').next());
    let mut listed: Vec<String> = rows
        .flat_map(|cell| format!("IFS{cell}").replace(' ', "").split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    // Operations of two APIs that say the same stand in one row.
    listed.sort();
    let served: Vec<&str> = contract::operations().map(|operation| operation.name).collect();
    assert_eq!(listed, served);
}
