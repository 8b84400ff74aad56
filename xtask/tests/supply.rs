//! Where the crates come from and under which licences: what `deny.toml` allows, held without `cargo deny`, which needs a database
//! that a build machine may not reach.

// A panic is a failing test.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::process::Command;

use serde_json::Value;

/// Every crate of the lock file for the platform that everything is built on.
fn packages() -> Vec<Value> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"]);
    let out = cargo.current_dir(xtask::paths::root()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let mut tree: Value = serde_json::from_slice(&out.stdout).unwrap();
    let Value::Array(packages) = tree["packages"].take() else { panic!("no packages") };
    packages
}

/// The texts of a list in `deny.toml`.
fn allowed(list: &str) -> Vec<String> {
    let text = std::fs::read_to_string(xtask::paths::root().join("deny.toml")).unwrap();
    let (_, rest) = text.split_once(&format!("\n{list} = [")).unwrap_or_else(|| panic!("no {list}"));
    let (inner, _) = rest.split_once(']').unwrap();
    inner.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a licence expression (SPDX) is met by what is allowed. `A/B` is the old way to write a choice.
fn met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ").replace(" WITH ", "+WITH+");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, rest) = any(&words, allowed);
    assert!(rest.is_empty(), "{expression}");
    met
}

fn any<'w>(words: &'w [&'w str], allowed: &[String]) -> (bool, &'w [&'w str]) {
    let (mut met, mut rest) = all(words, allowed);
    while let Some((&"OR", after)) = rest.split_first() {
        let (next, after) = all(after, allowed);
        (met, rest) = (met || next, after);
    }
    (met, rest)
}

fn all<'w>(words: &'w [&'w str], allowed: &[String]) -> (bool, &'w [&'w str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let Some((&"AND", after)) = rest.split_first() {
        let (next, after) = one(after, allowed);
        (met, rest) = (met && next, after);
    }
    (met, rest)
}

fn one<'w>(words: &'w [&'w str], allowed: &[String]) -> (bool, &'w [&'w str]) {
    match words.split_first() {
        Some((&"(", inner)) => {
            let (met, rest) = any(inner, allowed);
            (
                met,
                rest.split_first().filter(|(word, _)| **word == ")").map(|(_, rest)| rest).expect("a parenthesis ends"),
            )
        }
        Some((word, rest)) => (allowed.iter().any(|one| *one == word.replace("+WITH+", " WITH ")), rest),
        None => panic!("an expression ends too early"),
    }
}

#[test]
fn every_crate_has_a_licence_and_a_source_that_are_allowed() {
    let (licences, registries) = (allowed("allow"), allowed("allow-registry"));
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in packages {
        let name = format!("{} {}", package["name"], package["version"]);
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} names no licence"));
        // Our own say so themselves.
        let Some(source) = package["source"].as_str() else { continue };
        assert!(met(licence, &licences), "{name}: {licence}");
        let registry = source.strip_prefix("registry+").unwrap_or_else(|| panic!("{name} comes from {source}"));
        assert!(registries.iter().any(|one| one == registry), "{name} comes from {source}");
    }
}

#[test]
fn an_expression_is_read_as_it_is_meant() {
    let allowed = ["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned(), "ISC".to_owned()];
    for good in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "ISC AND (MIT OR GPL-3.0)", "Apache-2.0 WITH LLVM-exception"] {
        assert!(met(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR AGPL-3.0) AND MIT", "Apache-2.0", ""] {
        assert!(bad.is_empty() || !met(bad, &allowed), "{bad}");
    }
}
