//! The oracle is worth nothing if it shares code with what it judges.

// A test fails by panicking.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::fs;
use std::path::{Path, PathBuf};

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Names declared in the sections of a manifest whose heading holds `dependencies`, with what they are set to.
fn dependencies(manifest: &str) -> Vec<(String, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('[') {
            inside = heading.contains("dependencies");
            // `[dependencies.name]` names its crate in the heading.
            if let Some((_, name)) = heading.trim_end_matches(']').split_once("dependencies.") {
                found.push((name.to_owned(), String::new()));
            }
        } else if inside && let Some((name, value)) = line.split_once('=') {
            let name = name.trim().trim_matches('"').split('.').next().unwrap();
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    found
}

#[test]
fn no_crate_of_this_workspace_is_a_dependency() {
    let workspace = dependencies(&fs::read_to_string(here().join("../../Cargo.toml")).unwrap());
    let ours: Vec<&String> =
        workspace.iter().filter(|(_, value)| value.contains("path")).map(|(name, _)| name).collect();
    assert!(ours.iter().any(|name| *name == "adapter-core") && ours.iter().any(|name| *name == "mapping-compiler"));
    let mine = dependencies(&fs::read_to_string(here().join("Cargo.toml")).unwrap());
    assert!(mine.iter().any(|(name, _)| name == "serde_json"), "the manifest was not understood");
    for (name, value) in &mine {
        assert!(!ours.contains(&name), "{name} is a crate of this workspace");
        assert!(!value.contains("path") && !value.contains("package"), "{name} is renamed or local");
    }
}

#[test]
fn no_source_reaches_outside_the_crate() {
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                sources(&entry, found);
            } else {
                found.push(entry);
            }
        }
    }
    let mut found = Vec::new();
    sources(&here().join("src"), &mut found);
    assert!(found.len() > 10);
    for file in found {
        let text = fs::read_to_string(&file).unwrap();
        for word in ["adapter_core", "mapping_compiler", "include!", "../"] {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}
