//! `ifs check`

use std::path::PathBuf;

use mapping_compiler::diagnostic::Severity;

use crate::{Ended, Format};

pub(crate) fn run(files: &[PathBuf], format: Format) -> Ended {
    let mut ended = Ended::Well;
    let mut arrays = Vec::new();
    for file in files {
        if !file.exists() {
            eprintln!("ifs: there is no file {}", file.display());
            return Ended::Impossible;
        }
        let report = mapping_compiler::compile(file).report;
        match format {
            Format::Human => {
                print!("{}", report.human());
                println!("{}: {}", file.display(), summary(&report));
            }
            Format::Json => arrays.push(report.json()),
        }
        if report.has_errors() {
            ended = Ended::WithFindings;
        }
    }
    if format == Format::Json {
        // One array, however many files: what a machine reads is one document.
        let items: Vec<serde_json::Value> =
            arrays.iter().filter_map(|a| serde_json::from_str::<Vec<_>>(a).ok()).flatten().collect();
        println!("{}", serde_json::Value::Array(items));
    }
    ended
}

/// `2 errors, 1 warning`
pub(crate) fn summary(report: &mapping_compiler::diagnostic::Report) -> String {
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}
