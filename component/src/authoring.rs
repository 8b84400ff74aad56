//! The interface `authoring` over the compiler and what runs the tests of a pack.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component as Part, Path, PathBuf};

use mapping_compiler::Files;
use mapping_compiler::diagnostic::{self, Report, Severity};
use mapping_test::pack;

use crate::bindings::Component;
use crate::bindings::exports::ifs::adapter::authoring as wit;

/// The files that a host has handed in.
struct Given(BTreeMap<PathBuf, Vec<u8>>);

impl Given {
    fn new(files: Vec<wit::File>) -> Self {
        Self(files.into_iter().map(|file| (plain(Path::new(&file.path)), file.content)).collect())
    }
}

/// A path without `.` and `..`, as far as they can be taken away.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Part::CurDir => {}
            Part::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

impl Files for Given {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.get(&plain(path)).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

impl wit::Guest for Component {
    fn check(files: Vec<wit::File>, mapping: String) -> wit::Findings {
        findings(&mapping_compiler::compile_with(Path::new(&mapping), &Given::new(files)).report)
    }

    fn compile(files: Vec<wit::File>, mapping: String) -> Result<wit::Compiled, wit::Findings> {
        let outcome = mapping_compiler::compile_with(Path::new(&mapping), &Given::new(files));
        let said = findings(&outcome.report);
        match outcome.bundle.and_then(|bundle| adapter_core::bundle::seal(&bundle).ok()) {
            Some(bundle) => Ok(wit::Compiled { bundle, findings: said }),
            None => Err(said),
        }
    }

    fn test(files: Vec<wit::File>, mapping: String, test: String) -> wit::Outcome {
        run(files, &mapping, &test, false)
    }

    fn explain(files: Vec<wit::File>, mapping: String, test: String) -> wit::Outcome {
        run(files, &mapping, &test, true)
    }
}

fn run(files: Vec<wit::File>, mapping: &str, test: &str, explain: bool) -> wit::Outcome {
    let files = Given::new(files);
    let mut compiled = pack::Compiled::from(&files);
    match pack::one(Path::new(test), Path::new(mapping), &mut compiled, explain) {
        Ok(pack::Passed { about, explanation }) => wit::Outcome { passed: true, about, words: explanation },
        Err(words) => wit::Outcome { passed: false, about: None, words },
    }
}

fn findings(report: &Report) -> wit::Findings {
    let one = |diagnostic: &&diagnostic::Diagnostic| wit::Diagnostic {
        code: diagnostic.code.as_str().to_owned(),
        severity: match diagnostic.code.severity() {
            Severity::Error => wit::Severity::Error,
            Severity::Warning => wit::Severity::Warning,
        },
        message: diagnostic.message.clone(),
        labels: diagnostic.labels.iter().map(|label| place(report, label)).collect(),
        help: diagnostic.help.clone(),
    };
    wit::Findings { diagnostics: report.diagnostics().iter().map(one).collect(), assumed: report.assumed.clone() }
}

fn place(report: &Report, label: &diagnostic::Label) -> wit::Label {
    let sources = &report.sources;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (start, end) = (sources.start(label.span), sources.end(label.span));
    wit::Label {
        file: sources.file(label.span.file).map_or_else(String::new, |file| file.name.clone()),
        start: wit::Position { line: number(start.line), column: number(start.column) },
        end: wit::Position { line: number(end.line), column: number(end.column) },
        text: label.text.clone(),
    }
}
