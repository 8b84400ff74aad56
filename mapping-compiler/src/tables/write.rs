//! Tables as the bundle holds them: rows sorted by key, with the columns that the mapping reads.

use adapter_core::bundle::Table;
use adapter_core::value::visible::code;
use adapter_core::value::{NameId, fold};

use super::TableData;

impl TableData {
    /// Indices of the columns a bundle needs.
    pub(crate) fn kept(&self) -> Vec<usize> {
        match self.single {
            Some(column) => vec![column],
            None => self.used.iter().copied().collect(),
        }
    }

    /// The table of the bundle; `names` are those of [`Self::kept`].
    pub(crate) fn write(&self, names: Vec<NameId>) -> Table {
        let kept = self.kept();
        let cell = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten();
        let key = |row: &[Option<String>], at: usize| {
            cell(row, at).map(|text| if self.fold { fold(&text) } else { code(&text).into_owned() })
        };
        let cells = |row: &Vec<Option<String>>| {
            self.keys.iter().map(|at| key(row, *at)).chain(kept.iter().map(|at| cell(row, *at))).collect()
        };
        let mut rows: Vec<Vec<Option<String>>> = self.rows.iter().map(cells).collect();
        let keys = self.keys.len();
        rows.sort_by(|a, b| a.iter().take(keys).cmp(b.iter().take(keys)));
        if !self.asked_for_rows {
            // Rows that differ only where nothing looks are one.
            rows.sort();
            rows.dedup();
        }
        Table {
            name: self.name.text.clone(),
            keys: u8::try_from(keys).unwrap_or(u8::MAX),
            columns: names,
            single: self.single.is_some(),
            rows,
            default: self.default.clone(),
        }
    }

    /// Keys that have several rows which differ in what is read; none if there are none.
    pub(crate) fn ambiguous(&self) -> Option<Ambiguous> {
        let table = self.write(Vec::new());
        let keys = self.keys.len();
        let mut rows = table.rows;
        rows.dedup();
        let mut found = Ambiguous { keys: 0, of: 0, example: Vec::new() };
        for group in rows.chunk_by(|a, b| a.iter().take(keys).eq(b.iter().take(keys))) {
            found.of = found.of.saturating_add(1);
            if let [first, _, ..] = group {
                found.keys = found.keys.saturating_add(1);
                if found.example.is_empty() {
                    found.example = first.iter().take(keys).flatten().cloned().collect();
                }
            }
        }
        (found.keys > 0).then_some(found)
    }
}

/// Keys of a table that are not unique.
#[derive(Debug)]
pub(crate) struct Ambiguous {
    /// How many.
    pub keys: usize,
    /// Of how many.
    pub of: usize,
    /// The first of them.
    pub example: Vec<String>,
}
