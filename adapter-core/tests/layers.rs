//! The layers of the engine: a file uses what stands below it, and nothing else.

// Test tooling over the crate's own sources: a panic is a failing test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A line uses what stands on the lines above it; the first three are crates. What stands on one line knows nothing of each other; the files of one
/// folder may, unless they stand on lines of their own.
const LAYERS: &[&[&str]] = &[
    &["value"],
    &["contract"],
    &["bundle", "limits"],
    &["trace_context", "wire"],
    &["problem", "store"],
    &["identity", "key"],
    &["cursor"],
    &["plan"],
    &["key_index"],
    &["counter", "note", "probe"],
    &["answers", "eval/error"],
    &["eval/memory", "outbox"],
    &["eval/functions/arguments"],
    &["eval/functions"],
    &["eval"],
    &["failure", "settle"],
    &["legacy", "door"],
    &["session", "turns", "slots"],
    &["peers"],
    &["exchange/admit", "exchange/cache", "exchange/turn"],
    &["exchange/pool"],
    &["exchange/run"],
    &["exchange/phase"],
    &["exchange"],
    &["steward"],
    &["engine"],
    &["explain"],
    &["lib"],
];

/// How many of the lines are crates.
const CRATES: usize = 3;

/// The line that a file or module stands on, and the longest name on it that covers it.
fn line_of<'l>(layers: &'l [&'l [&'l str]], module: &str) -> Option<(usize, &'l str)> {
    let covers = |name: &str| module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let named = layers.iter().enumerate().flat_map(|(line, names)| names.iter().map(move |name| (line, *name)));
    named.filter(|(_, name)| covers(name)).max_by_key(|(_, name)| name.len())
}

/// What a module uses that does not stand below it.
fn faults(layers: &[&[&str]], module: &str, source: &str) -> Vec<String> {
    let Some((line, name)) = line_of(layers, module) else { return vec![format!("{module} stands on no line")] };
    let above = |used: &String| match line_of(layers, used) {
        Some((other, its)) => other > line || (other == line && its != name),
        // What stands at the crate's root is a re-export.
        None => true,
    };
    used(module, source).into_iter().filter(above).map(|used| format!("{module} uses {used}")).collect()
}

/// The paths inside the crate that a source names, as modules: `contract/schema/Kind`.
fn used(module: &str, source: &str) -> BTreeSet<String> {
    let (source, _) = source.split_once("\n#[cfg(test)]\nmod tests {").unwrap_or((source, ""));
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let before = code.get(..at).unwrap_or_default();
            // A path begins here; `super::super::` was met at its first word.
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let mut base: Vec<&str> = module.split('/').collect();
            let mut tree = code.get(at..).unwrap_or_default();
            while let Some(rest) = tree.strip_prefix("super::") {
                base.pop();
                tree = rest;
            }
            if let Some(rest) = tree.strip_prefix("crate::") {
                base.clear();
                tree = rest;
            }
            leaves(tree, &base.join("/"), &mut found);
        }
    }
    found
}

/// The leaves of a tree of paths, `{a::{b, c}, d}`; gives what follows it.
fn leaves<'s>(tree: &'s str, base: &str, found: &mut BTreeSet<String>) -> &'s str {
    let join = |name: &str| if base.is_empty() { name.to_owned() } else { format!("{base}/{name}") };
    if let Some(mut rest) = tree.trim_start().strip_prefix('{') {
        while !rest.trim_start().starts_with('}') {
            rest = leaves(rest, base, found).trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest);
            assert!(!rest.is_empty(), "a tree of paths does not end");
        }
        return rest.trim_start().strip_prefix('}').unwrap_or_default();
    }
    let tree = tree.trim_start();
    let end = tree.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    if name == "self" || name == "*" || name.is_empty() {
        found.insert(base.to_owned());
        return rest.trim_start_matches('*');
    }
    match rest.strip_prefix("::") {
        Some(rest) => leaves(rest, &join(name), found),
        None => {
            found.insert(join(name));
            match rest.trim_start().strip_prefix("as ") {
                Some(alias) => alias.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'),
                None => rest,
            }
        }
    }
}

/// Every source of the crate by its module, `eval/memory`; without those of tests.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(&root).unwrap().with_extension("");
            let module = module.to_str().unwrap().trim_end_matches("/mod").to_owned();
            if !module.ends_with("tests") {
                sources.push((module, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    sources
}

#[test]
fn a_file_uses_what_stands_below_it() {
    let faults: Vec<String> = sources().iter().flat_map(|(module, source)| faults(LAYERS, module, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_name_is_of_something() {
    let sources = sources();
    for name in LAYERS.iter().skip(CRATES).copied().flatten() {
        assert!(sources.iter().any(|(module, _)| line_of(&[&[name]], module).is_some()), "there is no {name}");
    }
}

/// Moving a line up, above all others, breaks the rule. Of three nobody names a path: evaluation is met as methods, and
/// nothing uses what explains.
#[test]
fn no_line_can_be_moved_up() {
    let sources = sources();
    for moved in LAYERS.iter().filter(|names| !matches!(names, ["eval" | "explain" | "lib"])) {
        let mut layers: Vec<&[&str]> = LAYERS.iter().copied().filter(|names| names != moved).collect();
        layers.push(moved);
        let broken = sources.iter().any(|(module, source)| !faults(&layers, module, source).is_empty());
        assert!(broken, "nothing uses {moved:?}");
    }
}

#[test]
fn what_stands_above_is_found_wherever_it_is_named() {
    let faults = |module: &str, source: &str| faults(LAYERS, module, source);
    assert_eq!(faults("value/arena", "use crate::engine::Engine;"), ["value/arena uses engine/Engine"]);
    let nested = "use crate::{\n    value::{Arena, date::{self, Date}},\n    plan::{Plan as Mapping, table::*},\n};";
    assert_eq!(faults("bundle/read", nested), ["bundle/read uses plan/Plan", "bundle/read uses plan/table"]);
    assert_eq!(faults("plan", nested), [""; 0]);
    // In the middle of code, through the parent, beside it on the same line, at the crate's root.
    assert_eq!(faults("limits", "fn f() { crate::store::f(); }"), ["limits uses store/f"]);
    assert_eq!(faults("eval/memory", "use super::expr::Expr;"), ["eval/memory uses eval/expr/Expr"]);
    assert_eq!(faults("eval/functions/texts", "use super::super::memory::Eval;"), [""; 0]);
    assert_eq!(faults("peers", "use crate::exchange::Turn;"), ["peers uses exchange/Turn"]);
    assert_eq!(faults("session", "use crate::Engine;"), ["session uses Engine"]);
    assert_eq!(faults("nowhere", ""), ["nowhere stands on no line"]);
    // Comments and tests use what they like.
    assert_eq!(
        faults("value", "/// See [`crate::engine::Engine`].\n\n#[cfg(test)]\nmod tests {\n    use crate::engine;"),
        [""; 0]
    );
}
