//! Tables as the bundle holds them: rows sorted by key, with the columns that the mapping reads.

use adapter_core::expr::NameId;
use adapter_core::mapping::bundle::Table;

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
        let mut rows: Vec<Vec<Option<String>>> =
            self.rows.iter().map(|row| self.keys.iter().chain(&kept).map(|at| cell(row, *at)).collect()).collect();
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

    /// How many keys have several rows that differ in what is read.
    pub(crate) fn ambiguous(&self) -> usize {
        let table = self.write(Vec::new());
        let keys = self.keys.len();
        let mut rows = table.rows;
        rows.dedup();
        let mut count = 0_usize;
        for group in rows.chunk_by(|a, b| a.iter().take(keys).eq(b.iter().take(keys))) {
            count = count.saturating_add(usize::from(group.len() > 1));
        }
        count
    }
}
