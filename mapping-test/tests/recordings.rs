//! What the systems of the packs' tests say, recorded: the recorded test passes, over each pack's kind of document, and
//! nothing of a person is in it.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::{Path, PathBuf};

use adapter_core::contract;
use mapping_compiler::{Disk, Folder, testfile};
use mapping_test::live::{self, Desk};
use mapping_test::pack;
use mapping_test::record::{self, Place};
use mapping_test::run::{Systems, secret};

/// A folder of its own, gone with the test.
struct Kept(PathBuf);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Records these tests of a pack; each answer comes about in the same way over the replaced values.
fn recorded(name: &str, wanted: &[&str]) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mappings").join(name).canonicalize().unwrap();
    let outcome = mapping_compiler::compile(&home);
    let bundle = outcome.bundle.unwrap();
    let folder = Kept(std::env::temp_dir().join(format!("ifs-recordings-{name}-{}", std::process::id())));
    for stem in wanted {
        let file = home.join("tests").join(format!("{stem}.yaml"));
        let test = testfile::read(&file, &Disk).unwrap().one().unwrap();
        let tests = Folder { path: file.parent().unwrap(), files: &Disk };
        let operation = contract::route(&test.request.path).unwrap();
        let desk =
            Desk { home: &home, bundle: &bundle, places: &outcome.places, operation, now_ms: test.now_ms().unwrap() };
        let body = String::from_utf8(test.request.bytes(tests).unwrap()).unwrap();
        let mut systems = Systems::new(&test, tests).unwrap();
        let live = live::exchange(desk, body.as_bytes(), &|name| Some(secret(name)), &mut |call| systems.answer(call));
        let live = live.unwrap();
        assert_eq!(live.response.status, 200, "{stem}: {}", String::from_utf8_lossy(&live.response.body));
        let recording = record::record_by(7, desk, &body, &live).unwrap_or_else(|why| panic!("{stem}: {why}"));
        assert!(recording.differs.is_empty() && recording.replaced > 0, "{stem}: {:?}", recording.differs);
        let place = Place { folder: &folder.0, name: stem, mapping: Some(&home) };
        for path in record::write(place, desk, &recording).unwrap_or_else(|why| panic!("{stem}: {why}")) {
            let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
            assert!(!text.contains("RSSMRA80A01F205X"), "{stem}: {text}");
        }
        let kept = folder.0.join("tests").join(format!("{stem}.yaml"));
        if let Err(why) = pack::one(&kept, &home, &mut pack::Compiled::from(&Disk), false) {
            panic!("{stem}: {why}\n{}", std::fs::read_to_string(&kept).unwrap());
        }
    }
}

#[test]
fn over_rest() {
    recorded("esse3-rest", &["known", "drop", "mobility"]);
}

#[test]
fn over_soap() {
    recorded("esse3-soap", &["transcript", "supplement"]);
}

#[test]
fn over_csv() {
    recorded("afam-table", &["transcript", "supplement"]);
}
