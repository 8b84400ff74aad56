//! Reading tables, before anything else of the mapping: what they give has a type.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use super::{TableData, csv, filter};
use crate::Files;
use crate::cel;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::model::{Table, TableDefault, TableSource};
use crate::source::Span;
use crate::suggest;
use crate::yaml::Scalar;

/// Most bytes of a CSV file.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Reads a table. One that cannot be read is reported, and stands for anything afterwards.
pub(crate) fn read(report: &mut Report, table: &Table, institute: &str, files: &dyn Files, folder: &Path) -> TableData {
    let mut data = TableData {
        name: table.name.clone(),
        columns: Vec::new(),
        keys: Vec::new(),
        single: None,
        default: match &table.default {
            Some(TableDefault::Text(text)) => Some(text.clone()),
            _ => None,
        },
        null_is_meant: table.default == Some(TableDefault::Null),
        rows: Vec::new(),
        used: BTreeSet::new(),
        asked_for_one: false,
        asked_for_rows: false,
        broken: false,
    };
    let whole = match &table.source {
        TableSource::Values(values) => {
            data.columns = vec!["key".to_owned(), "value".to_owned()];
            data.keys = vec![0];
            data.single = Some(1);
            data.rows =
                values.iter().map(|(key, value)| vec![Some(key.text.clone()), Some(value.text.clone())]).collect();
            Some(())
        }
        TableSource::File { .. } => file(report, table, institute, files, folder, &mut data),
    };
    data.broken = whole.is_none();
    data
}

fn file(
    report: &mut Report,
    table: &Table,
    institute: &str,
    files: &dyn Files,
    folder: &Path,
    data: &mut TableData,
) -> Option<()> {
    let TableSource::File { file, filter: chosen, separator, key, value } = &table.source else { return None };
    let text = load(report, file, files, folder)?;
    let csv = match csv::parse(&text, *separator) {
        Ok(csv) => csv,
        Err(malformed) => {
            let message = format!("{}, line {}: {}", file.text, malformed.line, malformed.message);
            report.push(Diagnostic::new(Code::TableFile, file.span, message));
            return None;
        }
    };
    let keys: Vec<Option<usize>> = key.iter().map(|k| column(report, &csv.columns, k)).collect();
    let single = value.as_ref().map(|v| column(report, &csv.columns, v));
    let mut rows: Vec<Vec<Option<String>>> = csv.rows.into_iter().map(|(_, row)| row).collect();
    if let Some(text) = chosen {
        let node = parse(report, text)?;
        let names = filter::Names { columns: &csv.columns, institute };
        if let Err(refused) = filter::check(&node, &names) {
            let code = if refused.column { Code::TableColumn } else { Code::ExprForm };
            let at = text.place(refused.at.start, refused.at.end);
            report.push(Diagnostic::new(code, at, refused.message).maybe_help(refused.help));
            return None;
        }
        rows.retain(|row| filter::holds(&node, &names, row));
    }
    data.keys = keys.into_iter().collect::<Option<Vec<usize>>>()?;
    data.single = match single {
        Some(found) => Some(found?),
        None => None,
    };
    let distinct: BTreeSet<&usize> = data.keys.iter().collect();
    if distinct.len() < data.keys.len() {
        let at = key.first().map_or(table.name.span, |k| k.span);
        report.push(Diagnostic::new(Code::TableRow, at, "A key column stands twice."));
        return None;
    }
    data.columns = csv.columns;
    // A row without a part of its key can never be found.
    rows.retain(|row| data.keys.iter().all(|k| row.get(*k).is_some_and(Option::is_some)));
    data.rows = rows;
    Some(())
}

fn load(report: &mut Report, file: &Scalar, files: &dyn Files, folder: &Path) -> Option<Rc<str>> {
    let wrong = |report: &mut Report, message: String| {
        report.push(Diagnostic::new(Code::FileRead, file.span, message));
        None
    };
    if Path::new(&file.text).is_absolute() {
        return wrong(report, format!("`{}` is an absolute path; paths are relative to the mapping.", file.text));
    }
    let path = folder.join(&file.text);
    match files.read(&path) {
        Ok(bytes) if bytes.len() > MAX_BYTES => {
            wrong(report, format!("`{}` has more than {MAX_BYTES} bytes.", file.text))
        }
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(text.into()),
            Err(_) => wrong(report, format!("`{}` is not UTF-8 text.", file.text)),
        },
        Err(error) => wrong(report, format!("`{}` cannot be read: {error}.", file.text)),
    }
}

fn column(report: &mut Report, columns: &[String], name: &Scalar) -> Option<usize> {
    let found = columns.iter().position(|c| *c == name.text);
    if found.is_none() {
        let message = format!("The file has no column `{}`.", name.text);
        let help = suggest::help(&name.text, columns.iter().map(String::as_str))
            .unwrap_or_else(|| format!("It has {}.", columns.join(", ")));
        report.push(Diagnostic::new(Code::TableColumn, name.span, message).help(help));
    }
    found
}

fn parse(report: &mut Report, scalar: &Scalar) -> Option<cel::Node> {
    if scalar.text.contains("${") {
        let message = "The value of this key is an expression already.";
        let diagnostic = Diagnostic::new(Code::ExprBraces, scalar.span, message);
        report.push(diagnostic.help("Write it without `${` and `}`."));
        return None;
    }
    match cel::parse(&scalar.text) {
        Ok(node) => Some(node),
        Err(problems) => {
            for problem in problems {
                let at: Span = scalar.place(problem.at.start, problem.at.end);
                report.push(Diagnostic::new(problem.code, at, problem.message).maybe_help(problem.help));
            }
            None
        }
    }
}
