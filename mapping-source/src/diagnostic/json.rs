//! Diagnostics for machines.

use serde::Serialize;

use super::Report;

#[derive(Serialize)]
struct Item<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    labels: Vec<Place<'a>>,
    help: &'a [String],
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: LineColumn,
    end: LineColumn,
    text: &'a str,
}

/// Both from 1, columns in characters.
#[derive(Serialize)]
struct LineColumn {
    line: usize,
    column: usize,
}

pub(super) fn render(report: &Report) -> String {
    let sources = &report.sources;
    let items: Vec<Item<'_>> = report
        .diagnostics()
        .into_iter()
        .map(|d| Item {
            code: d.code.as_str(),
            severity: d.code.severity().as_str(),
            message: &d.message,
            labels: d
                .labels
                .iter()
                .map(|l| {
                    let (start, end) = (sources.start(l.span), sources.end(l.span));
                    Place {
                        file: sources.file(l.span.file).map_or("", |f| f.name.as_str()),
                        start: LineColumn { line: start.line, column: start.column },
                        end: LineColumn { line: end.line, column: end.column },
                        text: &l.text,
                    }
                })
                .collect(),
            help: &d.help,
        })
        .collect();
    // Strings and numbers only: writing them cannot fail.
    serde_json::to_string_pretty(&items).unwrap_or_default()
}
