//! What once broke a promise holds now, and the targets hold for what they begin with.

// Test tooling over data of its own: a panic is a failing test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use fuzz::{corpus, one, run, targets};

#[test]
fn the_corpus_and_the_seeds_hold() {
    for target in targets() {
        let kept = std::fs::read_dir(corpus(target)).into_iter().flatten().flatten();
        let kept = kept.map(|e| (e.path().display().to_string(), std::fs::read(e.path()).unwrap()));
        let seeds = (target.seeds)().into_iter().map(|bytes| ("a seed".to_owned(), bytes));
        for (name, input) in kept.chain(seeds) {
            if let Err(why) = one(target, &input) {
                panic!("{} breaks on {name}: {why}\n{}", target.name, String::from_utf8_lossy(&input));
            }
        }
    }
}

/// Without this a folder that no target has any more would be passed over.
#[test]
fn every_folder_of_the_corpus_is_a_targets() {
    let names: BTreeSet<&str> = targets().iter().map(|t| t.name).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(|e| e.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        assert!(names.contains(name.as_str()), "{name} is no target");
    }
}

/// The same seed makes the same inputs, a broken promise is found, and its input is kept.
#[test]
fn a_run_can_be_repeated_and_finds_what_breaks() {
    let broken = std::env::temp_dir().join(format!("ifs-fuzz-{}", std::process::id()));
    let mut target = *targets().iter().find(|t| t.name == "json").unwrap();
    let hour = Duration::from_secs(3_600);
    let (a, b) = (run(&target, 7, hour, 500, &broken).unwrap(), run(&target, 7, hour, 500, &broken).unwrap());
    assert_eq!((a.cases, a.outcomes), (500, b.outcomes));
    assert!(a.outcomes > 20, "{}", a.outcomes);
    target.check = |input| {
        assert!(!input.starts_with(b"[["), "two brackets");
        u64::from(input.first().copied().unwrap_or(0))
    };
    let found = run(&target, 7, hour, 100_000, &broken).unwrap_err();
    assert!(std::fs::read(&found.file).unwrap().starts_with(b"[["));
    std::fs::remove_dir_all(&broken).unwrap();
}
