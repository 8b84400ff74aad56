//! Diagnostics for people.

use std::fmt::Write as _;

use super::{Diagnostic, Label, Report, Severity, visible};

/// Longest part of a source line that is shown.
const WIDTH: usize = 160;

/// Marks of a terminal, or none.
#[derive(Clone, Copy)]
struct Paint {
    error: &'static str,
    warning: &'static str,
    strong: &'static str,
    dim: &'static str,
    end: &'static str,
}

const PLAIN: Paint = Paint { error: "", warning: "", strong: "", dim: "", end: "" };
const COLOURS: Paint = Paint {
    error: "\u{1b}[1;31m",
    warning: "\u{1b}[1;33m",
    strong: "\u{1b}[1m",
    dim: "\u{1b}[1;34m",
    end: "\u{1b}[0m",
};

impl Paint {
    fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
        }
    }
}

pub(super) fn render(report: &Report, colours: bool) -> String {
    let paint = if colours { COLOURS } else { PLAIN };
    let mut out = String::new();
    for diagnostic in report.diagnostics() {
        one(&mut out, report, diagnostic, paint);
        out.push('\n');
    }
    out
}

fn one(out: &mut String, report: &Report, d: &Diagnostic, paint: Paint) {
    let Paint { strong, dim, end, .. } = paint;
    let severity = d.code.severity();
    let message = visible(&d.message);
    let mark = paint.severity(severity);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{mark}{}[{}]{end}{strong}: {message}{end}", severity.as_str(), d.code.as_str());
    let gutter = d.labels.iter().map(|l| report.sources.start(l.span).line.to_string().len()).max().unwrap_or(1);
    let mut file = None;
    for label in &d.labels {
        let at = report.sources.start(label.span);
        let source = report.sources.file(label.span.file);
        let name = source.map_or("", |f| f.name.as_str());
        if file != Some(label.span.file) {
            let arrow = if file.is_none() { "-->" } else { ":::" };
            let _ = writeln!(out, "{:gutter$}{dim}{arrow}{end} {}:{}:{}", "", visible(name), at.line, at.column);
            if source.is_some_and(|f| !f.text.is_empty()) {
                let _ = writeln!(out, "{:gutter$} {dim}|{end}", "");
            }
        }
        if source.is_some_and(|f| !f.text.is_empty()) {
            let mark = if file.is_none() { paint.severity(severity) } else { dim };
            snippet(out, report, label, gutter, (mark, paint));
        }
        file = Some(label.span.file);
    }
    for help in &d.help {
        let _ = writeln!(out, "{:gutter$} {dim}={end} {strong}help:{end} {}", "", visible(help));
    }
    let _ = writeln!(out, "{:gutter$} {dim}={end} {strong}see:{end} {}", "", d.code.page());
}

fn snippet(out: &mut String, report: &Report, label: &Label, gutter: usize, (mark, paint): (&str, Paint)) {
    let Paint { dim, end: stop, .. } = paint;
    let (start, end) = (report.sources.start(label.span), report.sources.end(label.span));
    let line = report.sources.line(label.span.file, start.line);
    // A long line is shown around the place.
    let skip = start.column.saturating_sub(WIDTH / 2);
    let skip = if line.chars().count() > WIDTH { skip } else { 0 };
    let shown: String = line.chars().skip(skip).take(WIDTH).collect();
    let last = if end.line == start.line { end.column } else { line.chars().count().saturating_add(1) };
    let carets = last.saturating_sub(start.column).clamp(1, WIDTH);
    let _ = writeln!(out, "{:gutter$} {dim}|{stop} {}", start.line, visible(&shown).trim_end());
    let _ = write!(
        out,
        "{:gutter$} {dim}|{stop} {:indent$}{mark}{}",
        "",
        "",
        "^".repeat(carets),
        indent = start.column.saturating_sub(skip).saturating_sub(1)
    );
    let _ =
        if label.text.is_empty() { writeln!(out, "{stop}") } else { writeln!(out, " {}{stop}", visible(&label.text)) };
}
