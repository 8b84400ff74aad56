//! Diagnostics as SARIF 2.1.0, for tools that gather findings.

use serde::Serialize;

use super::{CODES, Diagnostic, Label, Report};
use crate::source::Sources;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    help: Message,
    default_configuration: Level,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Remark<'a>>,
}

#[derive(Serialize)]
struct Remark<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

/// All from 1; the end's column is the one after the last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// One run with the findings of all reports.
pub(super) fn render(reports: &[Report]) -> String {
    let rules = CODES
        .iter()
        .map(|code| Rule {
            id: code.as_str(),
            short_description: Message { text: code.about().to_owned() },
            help: Message { text: format!("See {}.", code.page()) },
            default_configuration: Level { level: code.severity().as_str() },
        })
        .collect();
    let results = reports.iter().flat_map(|r| r.diagnostics().into_iter().map(|d| finding(&r.sources, d))).collect();
    let driver = Driver { name: "ifs", version: env!("CARGO_PKG_VERSION"), rules };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    };
    // Strings and numbers only: writing them cannot fail.
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn finding<'a>(sources: &Sources, d: &'a Diagnostic) -> Finding<'a> {
    let text = d.help.iter().fold(d.message.clone(), |text, help| format!("{text} {help}"));
    let mut places = d.labels.iter().map(|label| location(sources, label));
    Finding {
        rule_id: d.code.as_str(),
        rule_index: CODES.iter().position(|c| *c == d.code).unwrap_or(0),
        level: d.code.severity().as_str(),
        message: Message { text },
        locations: places.next().into_iter().collect(),
        related_locations: places.collect(),
    }
}

fn location<'a>(sources: &Sources, label: &'a Label) -> Location<'a> {
    let (start, end) = (sources.start(label.span), sources.end(label.span));
    let name = sources.file(label.span.file).map_or("", |f| f.name.as_str());
    Location {
        physical_location: Physical {
            artifact_location: Artifact { uri: uri(name) },
            region: Region {
                start_line: start.line,
                start_column: start.column,
                end_line: end.line,
                end_column: end.column,
            },
        },
        message: Some(Remark { text: &label.text }).filter(|r| !r.text.is_empty()),
    }
}

/// A path as a relative reference, or as a `file:` URI.
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("packs/a b/mapping.yaml"), "packs/a%20b/mapping.yaml");
        assert_eq!(uri("/srv/x#1.yaml"), "file:///srv/x%231.yaml");
    }
}
