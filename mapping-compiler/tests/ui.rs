//! Wrong mappings, each with what the compiler says about it beside it.
//!
//! `UPDATE_UI=1 cargo test -p mapping-compiler --test ui` writes the `.out` files anew (`UPDATE_UI=pattern` those whose
//! names hold that); read what changed.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mapping_compiler::diagnostic::{CODES, Code};
use mapping_compiler::{Files, compile_with};

/// Reads below the folder of these tests, so that names in the output do not depend on where that is.
struct Here(PathBuf);

impl Files for Here {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match fs::read(self.0.join(path)) {
            // The system's own words differ from one system to the next.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(std::io::Error::other("there is no such file")),
            other => other,
        }
    }
}

#[test]
fn wrong_mappings_are_told_what_is_wrong() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let update = std::env::var("UPDATE_UI").ok();
    let mut names: Vec<String> = fs::read_dir(&here)
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().ok()?.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() > 50, "{}", names.len());
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for name in &names {
        let file = format!("{name}.yaml");
        let report = compile_with(Path::new(&file), &Here(here.clone())).report;
        let codes: BTreeSet<Code> = report.diagnostics().iter().map(|d| d.code).collect();
        // A file is named by the code it shows: `name.unknown`, `name.unknown-variant`.
        let shown = CODES.iter().filter(|c| name.starts_with(c.as_str())).max_by_key(|c| c.as_str().len());
        match shown {
            Some(code) if codes.contains(code) => {}
            None if name == "clean" => {}
            _ => wrong.push(format!("{name} does not show the code it is named by:\n{}", report.human())),
        }
        seen.extend(codes);
        let out = here.join(format!("{name}.out"));
        let human = report.human();
        if update.as_ref().is_some_and(|which| which == "1" || name.contains(which)) {
            fs::write(&out, &human).unwrap();
        } else if fs::read_to_string(&out).ok().as_deref() != Some(&human) {
            wrong.push(format!("{name}:\n{human}"));
        }
    }
    assert!(wrong.is_empty(), "other output than in the .out files:\n{}", wrong.join("\n"));
    let unseen: Vec<&str> =
        CODES.iter().filter(|c| !seen.contains(c) && **c != Code::BundleRefused).map(|c| c.as_str()).collect();
    assert_eq!(unseen, [""; 0], "codes that no file shows");
}

#[test]
fn machines_get_the_same() {
    let here = Here(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui"));
    let report = compile_with(Path::new("name.unknown.yaml"), &here).report;
    let items: Vec<serde_json::Value> = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(items.len(), report.diagnostics().len());
    let first = &items[0];
    assert_eq!(first["code"], "name.unknown");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["labels"][0]["file"], "name.unknown.yaml");
    assert_eq!(first["labels"][0]["start"]["line"], 7);
    assert_eq!(first["labels"][0]["start"]["column"], 17);
    assert_eq!(first["labels"][0]["end"]["column"], 23);
    assert_eq!(first["help"][0], "Did you mean `careers`?");
}
