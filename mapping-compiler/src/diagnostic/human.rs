//! Diagnostics for people.

use std::fmt::Write as _;

use super::{Diagnostic, Label, Report};

/// Longest part of a source line that is shown.
const WIDTH: usize = 160;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for diagnostic in report.diagnostics() {
        one(&mut out, report, diagnostic);
        out.push('\n');
    }
    out
}

fn one(out: &mut String, report: &Report, d: &Diagnostic) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}[{}]: {}", d.code.severity().as_str(), d.code.as_str(), d.message);
    let gutter = d.labels.iter().map(|l| report.sources.start(l.span).line.to_string().len()).max().unwrap_or(1);
    let mut file = None;
    for label in &d.labels {
        let at = report.sources.start(label.span);
        let name = report.sources.file(label.span.file).map_or("", |f| f.name.as_str());
        if file != Some(label.span.file) {
            let arrow = if file.is_none() { "-->" } else { ":::" };
            let _ = writeln!(out, "{:gutter$}{arrow} {name}:{}:{}", "", at.line, at.column);
            let _ = writeln!(out, "{:gutter$} |", "");
        }
        file = Some(label.span.file);
        snippet(out, report, label, gutter);
    }
    for help in &d.help {
        let _ = writeln!(out, "{:gutter$} = help: {help}", "");
    }
}

fn snippet(out: &mut String, report: &Report, label: &Label, gutter: usize) {
    let (start, end) = (report.sources.start(label.span), report.sources.end(label.span));
    let text = report.sources.file(label.span.file).map_or("", |f| f.text.as_str());
    let line = text.lines().nth(start.line.saturating_sub(1)).unwrap_or_default();
    // A long line is shown around the place.
    let skip = start.column.saturating_sub(WIDTH / 2);
    let skip = if line.chars().count() > WIDTH { skip } else { 0 };
    let shown: String = line.chars().skip(skip).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let last = if end.line == start.line { end.column } else { line.chars().count().saturating_add(1) };
    let carets = last.saturating_sub(start.column).clamp(1, WIDTH);
    let _ = writeln!(out, "{:gutter$} | {}", start.line, shown.trim_end());
    let _ = write!(
        out,
        "{:gutter$} | {:indent$}{}",
        "",
        "",
        "^".repeat(carets),
        indent = start.column.saturating_sub(skip).saturating_sub(1)
    );
    let _ = if label.text.is_empty() { writeln!(out) } else { writeln!(out, " {}", label.text) };
}
