//! Reading tables, before anything else of the mapping: what they give has a type.

use std::collections::BTreeSet;

use super::files::CsvFiles;
use super::{TableData, filter};
use crate::Files;
use crate::cel;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::model::{Table, TableDefault, TableSource};
use crate::source::Span;
use crate::suggest;
use crate::yaml::Scalar;

/// Reads all tables. One that cannot be read is reported, and stands for anything afterwards.
pub(crate) fn read_all(report: &mut Report, tables: &[Table], institute: &str, files: &dyn Files) -> Vec<TableData> {
    let mut files = CsvFiles::new(files);
    tables.iter().map(|table| read(report, table, institute, &mut files)).collect()
}

fn read(report: &mut Report, table: &Table, institute: &str, files: &mut CsvFiles<'_>) -> TableData {
    let mut data = TableData {
        name: table.name.clone(),
        columns: Vec::new(),
        keys: Vec::new(),
        single: None,
        default: match &table.default {
            Some(TableDefault::Text(text)) => Some(text.clone()),
            _ => None,
        },
        fold: table.fold,
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
        TableSource::File { .. } => file(report, table, institute, files, &mut data),
    };
    data.broken = whole.is_none();
    data
}

fn file(
    report: &mut Report,
    table: &Table,
    institute: &str,
    files: &mut CsvFiles<'_>,
    data: &mut TableData,
) -> Option<()> {
    let TableSource::File { file, filter: chosen, separator, charset, key, value } = &table.source else { return None };
    let csv = files.get(report, file, *separator, *charset)?;
    let keys: Vec<Option<usize>> = key.iter().map(|k| column(report, &csv.columns, k)).collect();
    let single = value.as_ref().map(|v| column(report, &csv.columns, v));
    let condition = match chosen {
        Some(text) => Some((text, parse(report, text)?)),
        None => None,
    };
    let names = filter::Names { columns: &csv.columns, institute };
    if let Some((text, node)) = &condition
        && let Err(refused) = filter::check(node, &names)
    {
        let code = if refused.column { Code::TableColumn } else { Code::ExprForm };
        let at = text.place(refused.at.start, refused.at.end);
        report.push(Diagnostic::new(code, at, refused.message).maybe_help(refused.help));
        return None;
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
    data.columns.clone_from(&csv.columns);
    // A row without a part of its key can never be found.
    let found = |row: &[Option<String>]| data.keys.iter().all(|k| row.get(*k).is_some_and(Option::is_some));
    let chosen = |row: &[Option<String>]| condition.as_ref().is_none_or(|(_, node)| filter::holds(node, &names, row));
    data.rows = csv.rows.iter().filter(|row| found(row) && chosen(row)).cloned().collect();
    if data.rows.is_empty() {
        // Rows that were chosen lack their key.
        let condition = condition.as_ref().filter(|_| !csv.rows.iter().any(|row| chosen(row))).map(|(text, _)| *text);
        let at = condition.map_or(file.span, |text| text.span);
        let (message, help) = nothing_left(csv.rows.len(), condition, institute);
        let diagnostic = Diagnostic::new(Code::TableEmpty, at, message).also(data.name.span, "the table");
        report.push(diagnostic.help("Nothing is ever found in this table.").maybe_help(help));
    }
    Some(())
}

/// What is said of a table without rows.
fn nothing_left(rows: usize, condition: Option<&Scalar>, institute: &str) -> (String, Option<String>) {
    let count = match rows {
        0 => return ("The file has a head and no rows.".to_owned(), None),
        1 => "The file has 1 row".to_owned(),
        count => format!("The file has {count} rows"),
    };
    let Some(condition) = condition.map(|c| c.text.as_str()) else {
        return (format!("{count}; all that could be found lack their key."), None);
    };
    let message = format!("{count}; of none of them `{condition}` is true.");
    let help = if condition.contains("institute.code") {
        format!("`institute.code` is '{institute}' here. Cells are texts: '04' is not '4'.")
    } else {
        "Cells are texts, compared letter by letter: '04' is not '4', 'a' is not 'A'.".to_owned()
    };
    (message, Some(help))
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
