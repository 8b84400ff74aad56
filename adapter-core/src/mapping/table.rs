//! Code tables at run time: cells in the bundle's text pool, rows found by binary search.

use std::cmp::Ordering;
use std::ops::Range;

use super::bundle;
use super::plan::Pool;
use crate::expr::NameId;
use crate::value::Text;

/// A code table ready to be searched.
#[derive(Debug)]
pub(crate) struct Table {
    /// Names of the value cells.
    pub columns: Vec<NameId>,
    /// A lookup gives the one value cell's text.
    pub single: bool,
    /// What a lookup that finds nothing gives.
    pub default: Option<Text>,
    keys: usize,
    width: usize,
    /// Row by row: key cells, then value cells.
    cells: Vec<Option<Text>>,
}

impl Table {
    /// Takes a bundle's table; its texts go to the pool.
    ///
    /// # Errors
    /// One sentence on what does not fit.
    pub fn load(table: bundle::Table, pool: &mut Pool) -> Result<Self, String> {
        let keys = usize::from(table.keys);
        let width = keys.saturating_add(table.columns.len());
        let fault = |what: &str| Err(format!("table {}: {what}", table.name));
        if keys == 0 || (table.single && table.columns.len() != 1) || (table.default.is_some() && !table.single) {
            return fault("its columns do not fit its kind");
        }
        if table.rows.iter().any(|row| row.len() != width || row.iter().take(keys).any(Option::is_none)) {
            return fault("a row has the wrong number of cells");
        }
        let sorted = table.rows.windows(2).all(|pair| match pair {
            [a, b] => a.get(..keys) <= b.get(..keys),
            _ => true,
        });
        if !sorted {
            return fault("its rows are not sorted");
        }
        let cells = table
            .rows
            .iter()
            .flatten()
            .map(|cell| cell.as_deref().map(|c| pool.add(c)).transpose())
            .collect::<Result<_, _>>()?;
        let default = table.default.as_deref().map(|d| pool.add(d)).transpose()?;
        Ok(Self { columns: table.columns, single: table.single, default, keys, width, cells })
    }

    fn rows(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    /// The rows with these keys; `text` reads a cell.
    pub fn find<'t>(&self, keys: &[&str], text: impl Fn(Text) -> &'t str) -> Range<usize> {
        let order = |row: usize| -> Ordering {
            let start = row.saturating_mul(self.width);
            let cells = self.cells.get(start..start.saturating_add(self.keys)).unwrap_or_default();
            cells.iter().map(|c| c.map_or("", &text)).cmp(keys.iter().copied())
        };
        let (mut low, mut high) = (0, self.rows());
        while low < high {
            let middle = low.midpoint(high);
            if order(middle).is_lt() {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let mut end = low;
        while end < self.rows() && order(end).is_eq() {
            end = end.saturating_add(1);
        }
        low..end
    }

    /// The value cell of a row at a column's place.
    pub fn cell(&self, row: usize, column: usize) -> Option<Text> {
        let at = row.checked_mul(self.width)?.checked_add(self.keys)?.checked_add(column)?;
        self.cells.get(at).copied().flatten()
    }

    /// The value cell of a row under a column's name.
    pub fn column(&self, row: usize, name: NameId) -> Option<Text> {
        let column = self.columns.iter().position(|c| *c == name)?;
        self.cell(row, column)
    }
}
