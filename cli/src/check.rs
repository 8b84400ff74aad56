//! `ifs check`

use std::io::{IsTerminal, stderr, stdout};
use std::path::PathBuf;

use mapping_compiler::diagnostic::{self, Report, Severity};
use mapping_compiler::{Disk, testfile};
use mapping_test::pack;

use crate::{Ended, Format, print};

pub(crate) fn run(files: &[PathBuf], format: Format) -> Ended {
    let mut ended = Ended::Well;
    let mut reports = Vec::new();
    for file in files {
        if !file.exists() {
            eprintln!("ifs: there is no file {}", file.display());
            return Ended::Impossible;
        }
        let mut report = mapping_compiler::compile(file).report;
        if file.is_dir() {
            // A folder without tests is a pack all the same.
            for test in pack::tests(&file.join("tests")).unwrap_or_default() {
                testfile::check(&mut report, &test, &Disk);
            }
        }
        match format {
            Format::Human => {
                let text = if colours(stdout().is_terminal()) { report.coloured() } else { report.human() };
                print(&format!("{text}{}: {}\n{}", file.display(), summary(&report), assumed(&report)));
            }
            Format::Github => {
                print(&report.github());
                // For the log; what is wrong stands beside the lines.
                eprintln!("{}: {}", file.display(), summary(&report));
            }
            Format::Json | Format::Sarif => {}
        }
        if report.has_errors() {
            ended = Ended::WithFindings;
        }
        reports.push(report);
    }
    match format {
        Format::Json => print(&array(&reports)),
        Format::Sarif => print(&format!("{}\n", diagnostic::sarif(&reports))),
        Format::Human | Format::Github => {}
    }
    ended
}

/// One array, however many files: what a machine reads is one document.
fn array(reports: &[Report]) -> String {
    let items = reports.iter().filter_map(|r| serde_json::from_str::<Vec<serde_json::Value>>(&r.json()).ok());
    format!("{}\n", serde_json::Value::Array(items.flatten().collect()))
}

/// What is wrong, on standard error.
pub(crate) fn complain(report: &Report) {
    let text = if colours(stderr().is_terminal()) { report.coloured() } else { report.human() };
    eprint!("{text}");
}

/// Whether a place that may be a terminal gets colours.
fn colours(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}

/// What was taken for given, where nothing else is to be said first.
fn assumed(report: &Report) -> String {
    if report.has_errors() {
        return String::new();
    }
    report.assumed.iter().map(|assumed| format!("assumed: {assumed}\n")).collect()
}

/// `2 errors, 1 warning`
pub(crate) fn summary(report: &Report) -> String {
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
