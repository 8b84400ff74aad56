//! From a file's bytes to its tree.

use std::path::Path;

use super::{Node, read};
use crate::Files;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

/// Reads a file. `asked` is where it is named, for what has to be said if it is not there.
pub fn load(report: &mut Report, path: &Path, files: &dyn Files, asked: Option<Span>) -> Option<Node> {
    let name = path.display().to_string();
    let bytes = match files.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let at = asked.unwrap_or_else(|| Span { file: report.sources.add(name.clone(), ""), start: 0, end: 0 });
            report.push(Diagnostic::new(Code::FileRead, at, format!("{name} cannot be read: {error}.")));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => read(report, &name, &text),
        Err(error) => {
            report_encoding(report, &name, error.utf8_error().valid_up_to(), error.as_bytes());
            None
        }
    }
}

fn report_encoding(report: &mut Report, name: &str, valid: usize, bytes: &[u8]) {
    let (message, help) = if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        ("The file is UTF-16; a mapping is UTF-8.", "Save it as UTF-8.")
    } else {
        (
            "The file is not UTF-8 from here on.",
            "Save it as UTF-8; editors often call the other one Latin-1 or Windows-1252.",
        )
    };
    // Up to the place both texts have the same bytes.
    let file = report.sources.add(name, String::from_utf8_lossy(bytes));
    let start = u32::try_from(valid).unwrap_or(u32::MAX);
    let end = start.saturating_add(u32::try_from(char::REPLACEMENT_CHARACTER.len_utf8()).unwrap_or(1));
    report.push(Diagnostic::new(Code::YamlEncoding, Span { file, start, end }, message).help(help));
}
