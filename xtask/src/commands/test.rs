//! `cargo xtask test`: everything, and a line that says how much of it holds.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use xtask::{Context, Result, paths, wasm};

use super::{conformance, demo, validate};

/// How many checks held and how many did not.
#[derive(Clone, Copy, Default)]
struct Counts {
    passed: u64,
    failed: u64,
}

/// Runs every step, also after one has failed, and sums what they say. Whether all of it holds.
pub fn run() -> Result<bool> {
    println!(
        "everything: about a quarter of an hour on two cores, and as long again where little is built yet; a step whose \
         tests are being built says nothing for minutes"
    );
    let started = Instant::now();
    let mut all = Tally::default();
    all.cargo("formatting", &["fmt", "--all", "--check"]);
    all.cargo("lints", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    all.cargo("lints of the filter as it ships", &filter_lints(&[]));
    all.cargo("lints of the filter that traps", &filter_lints(&["--features", "poison-test"]));
    all.step("the filter", || {
        let built = wasm::build(&[], wasm::Fetch::Allowed)?;
        super::wasm::print(&built)?;
        Ok(Counts { passed: 1, failed: 0 })
    });
    all.cargo("tests", &["test", "--quiet", "--no-fail-fast", "--workspace", "--exclude", "harness"]);
    // By itself, so that what it compared is seen.
    let shown = ["test", "--quiet", "--package", "mapping-compiler", "--test", "differential", "--", "--nocapture"];
    all.cargo("expressions against the CEL interpreter", &shown);
    let shown = ["run", "--quiet", "--package", "fuzz", "--", "--seconds", "60"];
    all.cargo("a minute of changed mappings and documents", &shown);
    for pack in packs()? {
        let shown = pack.display().to_string();
        all.cargo(&format!("pack {shown}"), &["run", "--quiet", "--package", "ifs-cli", "--", "test", &shown]);
    }
    for file in configurations()? {
        all.step(&format!("configuration {}", file.display()), || {
            validate::file(&paths::root().join(&file)).map(|()| ONE)
        });
    }
    all.cargo("scenarios on the engine, in wasmtime and in Envoy", &["test", "--quiet", "--package", "harness"]);
    all.step("requests of a stranger's", || conformance::run(&conformance::Arguments::short()).map(|()| ONE));
    all.step("demo", || demo::run().map(|()| ONE));
    println!("\n{:>4} s", started.elapsed().as_secs());
    for (title, counts, seconds) in &all.steps {
        println!("{seconds:>4} s  {:>5} passed {:>4} failed  {title}", counts.passed, counts.failed);
    }
    let sum = all.sum();
    println!("\n{} passed, {} failed", sum.passed, sum.failed);
    Ok(sum.failed == 0)
}

const ONE: Counts = Counts { passed: 1, failed: 0 };

#[derive(Default)]
struct Tally {
    steps: Vec<(String, Counts, u64)>,
}

impl Tally {
    fn step(&mut self, title: &str, run: impl FnOnce() -> Result<Counts>) {
        println!("\n=== {title}");
        let started = Instant::now();
        let counts = run().unwrap_or_else(|error| {
            println!("{error}");
            Counts { passed: 0, failed: 1 }
        });
        self.steps.push((title.to_owned(), counts, started.elapsed().as_secs()));
    }

    fn cargo(&mut self, title: &str, arguments: &[&str]) {
        self.step(title, || cargo(arguments));
    }

    fn sum(&self) -> Counts {
        self.steps.iter().fold(Counts::default(), |sum, (_, counts, _)| Counts {
            passed: sum.passed + counts.passed,
            failed: sum.failed + counts.failed,
        })
    }
}

/// Runs cargo, shows what it says, and counts what it says of tests; without any, the run itself counts as one.
fn cargo(arguments: &[&str]) -> Result<Counts> {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root()).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().context("starting cargo")?;
    let mut told = Told::default();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = String::from_utf8_lossy(&line.context("reading cargo's output")?).into_owned();
            println!("{line}");
            told.hear(&line);
        }
    }
    let status = child.wait().context("waiting for cargo")?;
    let mut counts = told.counts();
    if counts.passed + counts.failed == 0 && status.success() {
        counts = ONE;
    }
    if !status.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

/// What test runs say: cargo's own `test result: ok. 3 passed; 0 failed; …`, once for each binary, and our
/// `3 passed, 0 failed`, of which the last is the sum.
#[derive(Default)]
struct Told {
    results: Counts,
    closing: Counts,
}

impl Told {
    fn hear(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            let after = rest.split_once(". ").map_or("", |(_, after)| after);
            let counts = counts(after, "; ").unwrap_or_default();
            self.results.passed += counts.passed;
            self.results.failed += counts.failed;
        } else if let Some(counts) = counts(line, ", ") {
            self.closing = counts;
        }
    }

    fn counts(&self) -> Counts {
        Counts { passed: self.results.passed + self.closing.passed, failed: self.results.failed + self.closing.failed }
    }
}

/// `3 passed<separator>0 failed` at the start of a text.
fn counts(text: &str, separator: &str) -> Option<Counts> {
    let (passed, rest) = text.split_once(&format!(" passed{separator}"))?;
    let (failed, _) = rest.split_once(" failed")?;
    Some(Counts { passed: passed.trim().parse().ok()?, failed: failed.trim().parse().ok()? })
}

fn filter_lints(features: &[&'static str]) -> Vec<&'static str> {
    let mut arguments = vec!["clippy", "--quiet", "--package", "ifs-filter", "--lib", "--target", wasm::TARGET];
    arguments.extend(features);
    arguments.extend(["--", "-D", "warnings"]);
    arguments
}

/// Packs with tests of their own.
fn packs() -> Result<Vec<PathBuf>> {
    folder("mappings", |path| path.join("tests").is_dir())
}

/// The gateway configurations that we ship.
fn configurations() -> Result<Vec<PathBuf>> {
    // These two the others find out at run time; they are checked with them.
    let of_others = |path: &Path| path.ends_with("filter.yaml") || path.ends_with("log-bucket.yaml");
    folder("envoy", |path| path.extension().is_some_and(|e| e == "yaml") && !of_others(path))
}

fn folder(name: &str, keep: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(paths::root().join(name)).context(format!("reading {name}"))?;
    let names = entries.filter_map(|entry| Some(Path::new(name).join(entry.ok()?.file_name())));
    let mut found: Vec<PathBuf> = names.filter(|path| keep(&paths::root().join(path))).collect();
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_summed() {
        let mut told = Told::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured",
            "native 10 passed, 1 failed",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored",
            "5 passed, 0 failed",
            "12 passed, 4 failed",
        ] {
            told.hear(line);
        }
        let counts = told.counts();
        assert_eq!((counts.passed, counts.failed), (3 + 1 + 12, 2 + 4));
    }
}
