//! Code tables as written.

use super::{Keys, scalars};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::yaml::{Node, Scalar, Text};

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: Text,
    /// Where its rows come from.
    pub source: Source,
    /// What a key that is not there gives.
    pub default: Option<DefaultText>,
    /// Keys are compared as `fold` writes them.
    pub fold: bool,
}

/// Where rows come from.
#[derive(Debug)]
pub enum Source {
    /// Written in the mapping: key and value.
    Values(Vec<(Text, Scalar)>),
    /// A CSV file.
    File {
        /// Path, relative to the mapping.
        file: Scalar,
        /// Which rows.
        filter: Option<Scalar>,
        /// Between cells.
        separator: char,
        /// How the file's bytes are text.
        charset: Charset,
        /// Key columns.
        key: Vec<Scalar>,
        /// The value column; whole rows if absent.
        value: Option<Scalar>,
    },
}

/// Character sets of CSV files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Charset {
    /// UTF-8.
    #[default]
    Utf8,
    /// ISO-8859-1.
    Latin1,
    /// Windows-1252.
    Windows1252,
}

/// `default` as written.
#[derive(Debug, PartialEq, Eq)]
pub enum DefaultText {
    /// `none`: null is meant.
    Null,
    /// A text.
    Text(String),
}

pub(super) fn read(report: &mut Report, name: &Text, node: &Node) -> Option<Table> {
    let known = &["file", "where", "separator", "charset", "values", "key", "value", "default", "match"];
    let keys = Keys::open(report, node, "a table", known)?;
    let default = keys
        .get("default")
        .and_then(|n| scalars::text(report, n, "default"))
        .map(|s| if s.plain && s.text == "none" { DefaultText::Null } else { DefaultText::Text(s.text.clone()) });
    let source = match (keys.get("values"), keys.get("file")) {
        (Some(values), None) => {
            for key in ["where", "separator", "charset", "key", "value"] {
                if let Some(span) = keys.key_span(key) {
                    let message = format!("`{key}` belongs to a table with a `file`.");
                    report.push(Diagnostic::new(Code::KeyConflict, span, message));
                }
            }
            Source::Values(super::system::texts(report, values, "values"))
        }
        (None, Some(file)) => {
            let file = scalars::text(report, file, "file")?.clone();
            let key = match keys.need(report, "key")? {
                node if node.as_list().is_some() => {
                    let list = node.as_list().unwrap_or_default();
                    list.iter().filter_map(|n| scalars::text(report, n, "key").cloned()).collect()
                }
                node => vec![scalars::text(report, node, "key")?.clone()],
            };
            let separator = keys.get("separator").and_then(|n| scalars::text(report, n, "separator"));
            let charsets = &["utf-8", "iso-8859-1", "windows-1252"];
            let charset = keys.get("charset").and_then(|n| scalars::choice(report, n, "charset", charsets));
            let value = keys.get("value").and_then(|n| scalars::text(report, n, "value")).cloned();
            if value.is_none() && matches!(default, Some(DefaultText::Text(_))) {
                let span = keys.key_span("default").unwrap_or(keys.span());
                let message = "A default text needs a `value` column; without one a lookup gives a row.";
                report.push(Diagnostic::new(Code::KeyConflict, span, message));
            }
            Source::File {
                file,
                filter: keys.get("where").and_then(|n| scalars::text(report, n, "where")).cloned(),
                separator: separator.and_then(|text| separator_char(report, text)).unwrap_or(';'),
                charset: match charset {
                    Some("iso-8859-1") => Charset::Latin1,
                    Some("windows-1252") => Charset::Windows1252,
                    _ => Charset::Utf8,
                },
                key,
                value,
            }
        }
        (Some(_), Some(_)) => {
            let message = "A table has `values` or a `file`, not both.";
            report.push(Diagnostic::new(Code::KeyConflict, keys.span(), message));
            return None;
        }
        (None, None) => {
            let message = "A table needs `values` or a `file`.";
            report.push(Diagnostic::new(Code::KeyMissing, name.span, message));
            return None;
        }
    };
    if let Source::Values(values) = &source {
        for (_, scalar) in values {
            if scalar.text.contains("${") {
                let message = "A code table holds texts: `${` means nothing there.";
                report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message));
            }
        }
    }
    let compared = keys.get("match").and_then(|n| scalars::choice(report, n, "match", &["exact", "fold"]));
    Some(Table { name: name.clone(), source, default, fold: compared == Some("fold") })
}

/// A character between cells; `\t` is a tab.
pub(super) fn separator_char(report: &mut Report, text: &Scalar) -> Option<char> {
    let mut chars = text.text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c != '"' && !c.is_alphanumeric() => Some(c),
        _ if text.text == "\\t" => Some('\t'),
        _ => {
            let message = "`separator` is one character, neither a letter, a digit nor a quote.";
            report.push(Diagnostic::new(Code::ValueInvalid, text.span, message));
            None
        }
    }
}
