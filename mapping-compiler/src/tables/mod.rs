//! Code tables: read from CSV or the mapping, filtered, and written into the bundle with the columns that are used.

mod csv;
mod files;
mod filter;
mod read;
mod write;

use std::collections::BTreeSet;

pub(crate) use read::read_all;
pub(crate) use write::Ambiguous;

use crate::yaml::Text;

/// Columns, and rows with a cell for each.
pub(crate) type Cells = (Vec<String>, Vec<Vec<Option<String>>>);

/// The cells of a CSV text; else the line that is malformed, and why.
pub(crate) fn parse_csv(text: &str, separator: char) -> Result<Cells, (usize, String)> {
    csv::parse(text, separator).map(|csv| (csv.columns, csv.rows)).map_err(|wrong| (wrong.line, wrong.message))
}

/// A table while the mapping is compiled.
#[derive(Debug)]
pub(crate) struct TableData {
    /// Its name.
    pub name: Text,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Columns that are the key.
    pub keys: Vec<usize>,
    /// The value column, where a lookup gives a text.
    pub single: Option<usize>,
    /// What a key that is not there gives.
    pub default: Option<String>,
    /// `default: none` is written.
    pub null_is_meant: bool,
    /// Keys are compared as `fold` writes them.
    pub fold: bool,
    /// Rows, one cell for each column; an empty cell is none.
    pub rows: Vec<Vec<Option<String>>>,
    /// Columns that the mapping reads.
    pub used: BTreeSet<usize>,
    /// `table(…)` is used.
    pub asked_for_one: bool,
    /// `table.rows(…)` is used.
    pub asked_for_rows: bool,
    /// Reading it failed, which has been reported.
    pub broken: bool,
}

impl TableData {
    /// Names of the key columns.
    pub(crate) fn key_names(&self) -> Vec<&str> {
        self.keys.iter().filter_map(|k| self.columns.get(*k)).map(String::as_str).collect()
    }

    /// Every column is read.
    pub(crate) fn use_all(&mut self) {
        self.used = (0..self.columns.len()).collect();
    }
}
