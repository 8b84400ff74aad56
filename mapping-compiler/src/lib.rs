//! Checks a mapping and compiles it to a bundle.
//!
//! YAML with positions ([`yaml`]) is read into a model, names are resolved, expressions parsed, typed and lowered to
//! [`adapter_core::bundle::Expr`], and the result is proved against the national contract. Everything that is wrong is
//! reported at once, as [`diagnostic::Diagnostic`]s.

mod cel;
mod check;
mod extends;
pub mod foreign;
mod language;
mod model;
pub mod openapi;
mod pattern;
pub mod places;
mod schema;
mod show;
mod suggest;
mod tables;
pub mod testfile;

use std::path::{Path, PathBuf};

use adapter_core::Plan;
use adapter_core::bundle::{self, Bundle};
use adapter_core::bundle::{Expr, Slot};

pub use mapping_source::{Disk, Files, Folder, diagnostic, source, yaml};

use diagnostic::{Code, Diagnostic, Report};
use places::Places;

/// What compiling gave.
#[derive(Debug)]
pub struct Outcome {
    /// The bundle; none if there is an error.
    pub bundle: Option<Bundle>,
    /// Everything the compiler has to say, errors and warnings.
    pub report: Report,
    /// Where the parts of the bundle are written.
    pub places: Places,
}

impl Outcome {
    fn none(report: Report) -> Self {
        Self { bundle: None, report, places: Places::default() }
    }
}

/// Compiles the mapping at `path` (a `mapping.yaml`, or the folder of a pack that holds one).
pub fn compile(path: &Path) -> Outcome {
    compile_with(path, &Disk)
}

/// As [`compile`], reading through `files`.
pub fn compile_with(path: &Path, files: &(dyn Files + Sync)) -> Outcome {
    with_stack(|| compile_here(path, files)).unwrap_or_else(|| Outcome::none(stopped(&path.display().to_string())))
}

/// The mapping at `path` with all it extends, written out as one YAML file that is a mapping again: saved in the same
/// folder it gives the same bundle. With `origin`, each key says file and line where it is written.
///
/// # Errors
/// What is wrong with the files or with how they fit together; the mapping itself is not checked.
pub fn show(path: &Path, origin: bool) -> Result<String, Report> {
    show_with(path, origin, &Disk)
}

/// As [`show`], reading through `files`.
///
/// # Errors
/// As [`show`].
pub fn show_with(path: &Path, origin: bool, files: &(dyn Files + Sync)) -> Result<String, Report> {
    let shown = with_stack(|| {
        let mut report = Report::default();
        let file = mapping_of(path);
        match extends::load(&mut report, &file, files) {
            Some(root) if !report.has_errors() => Ok(show::write(&report, &root, &file, origin)),
            _ => Err(report),
        }
    });
    shown.unwrap_or_else(|| Err(stopped(&path.display().to_string())))
}

/// What the mapping at `path` writes into the OpenAPI files of its institute. Nothing but that is checked of it.
///
/// # Errors
/// What is wrong with the files, or with how they are read.
pub fn published(path: &Path) -> Result<openapi::Published, Report> {
    let read = with_stack(|| {
        let mut report = Report::default();
        let written = extends::load(&mut report, &mapping_of(path), &Disk).map(|root| model::read(&mut report, &root));
        written.filter(|_| !report.has_errors()).map(|mapping| mapping.published).ok_or(report)
    });
    read.unwrap_or_else(|| Err(stopped(&path.display().to_string())))
}

/// JSON Schema (draft 2020-12) of mapping files, for editors.
pub fn mapping_schema() -> String {
    pretty(&schema::of_mappings())
}

/// JSON Schema (draft 2020-12) of test files, for editors.
pub fn test_schema() -> String {
    pretty(&schema::of_tests())
}

/// Text that ends with a line feed. Strings and numbers only: writing them cannot fail.
fn pretty(schema: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(not(target_family = "wasm"))]
/// Room for the CEL parser, and for definitions that wait for one another. Reserved, not used.
const STACK: usize = 256 * 1024 * 1024;

/// Runs with plenty of stack; none if it panics. Where there are no threads the stack is the host's, and a panic ends all.
#[cfg(target_family = "wasm")]
fn with_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    Some(run())
}

/// Runs with plenty of stack; none if it panics.
#[cfg(not(target_family = "wasm"))]
fn with_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        worker.ok().and_then(|w| w.join().ok())
    })
}

/// A report that nothing else could be said.
fn stopped(name: &str) -> Report {
    let mut report = Report::default();
    let file = report.sources.add(name, "");
    let span = source::Span { file, start: 0, end: 0 };
    report.push(Diagnostic::new(Code::FileRead, span, "The compiler stopped; this is a mistake of its own."));
    report
}

/// The file of a path that may be a pack's folder. A folder may be called `x.yaml`.
fn mapping_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("mapping.yaml") } else { extends::mapping_file(path) }
}

fn compile_here(path: &Path, files: &dyn Files) -> Outcome {
    let mut report = Report::default();
    let file = mapping_of(path);
    let Some(root) = extends::load(&mut report, &file, files) else { return Outcome::none(report) };
    let written = model::read(&mut report, &root);
    let (bundle, spans) = check::compile(&mut report, &written, files);
    if !report.has_errors() {
        // What passes here also loads at the edge; nobody finds out there that it does not.
        let loads = bundle::seal(&bundle).and_then(|file| Plan::load(&file));
        if let Err(error) = loads {
            let message = format!("The engine refuses the bundle: {error}. This is a mistake of the compiler.");
            report.push(Diagnostic::new(Code::BundleRefused, root.span, message));
        }
    }
    let bundle = (!report.has_errors()).then_some(bundle);
    let places = spans.places(&report.sources);
    Outcome { bundle, report, places }
}

/// One expression by itself: for examples, tools and tests.
#[derive(Debug)]
pub struct Expression {
    /// A bundle with the names and texts that the expression refers to.
    pub bundle: Bundle,
    /// The expression.
    pub expr: Expr,
    /// The slots of the variables, in the order they were given.
    pub slots: Vec<Slot>,
}

/// Compiles one expression over variables that hold values of a system.
///
/// # Errors
/// Everything that is wrong with it.
pub fn expression(source: &str, variables: &[&str]) -> Result<Expression, Report> {
    let compiled = with_stack(|| check::single(source, variables)).unwrap_or_else(|| Err(stopped("expression")));
    compiled.map(|check::Single { bundle, expr, slots }| Expression { bundle, expr, slots })
}
