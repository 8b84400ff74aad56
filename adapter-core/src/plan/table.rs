//! Code tables at run time: cells in the bundle's text pool, rows found by a hash of their keys.
//!
//! The hash is made once for a bundle, when that is loaded and its rows are checked anyway: kept in the bundle it would
//! have to be checked there too. A table is the mapping's own, so nobody who is served can make its keys collide.

use std::ops::Range;

use super::text_pool::TextPool;
use crate::bundle;
use crate::value::NameId;
use crate::value::Text;

/// A code table ready to be searched.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Names of the value cells.
    pub columns: Vec<NameId>,
    /// A lookup gives the one value cell's text.
    pub single: bool,
    /// What a lookup that finds nothing gives.
    pub default: Option<Text>,
    keys: usize,
    width: usize,
    /// Row by row: key cells, then value cells. Rows of one key stand together.
    cells: Vec<Option<Text>>,
    /// The first row of each key, at the place its hash gives or the next free one behind it. At most half full.
    index: Vec<u32>,
}

/// No row.
const FREE: u32 = u32::MAX;

/// A hash of a key's cells, of eight bytes at a time.
fn hash<'k>(key: impl Iterator<Item = &'k str>) -> usize {
    // An odd number without pattern, and the multiply-and-fold that spreads its factor over all bits.
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = SEED;
    let mut stir = |word: u64| {
        let wide = u128::from(hash ^ word).wrapping_mul(u128::from(SEED));
        hash = (wide as u64) ^ ((wide >> 64) as u64);
    };
    for cell in key {
        let (words, rest) = cell.as_bytes().as_chunks::<8>();
        words.iter().for_each(|word| stir(u64::from_le_bytes(*word)));
        // The length tells ("ab", "c") from ("a", "bc").
        stir(rest.iter().fold(cell.len() as u64, |word, byte| word << 8 | u64::from(*byte)));
    }
    hash as usize
}

impl Table {
    /// Takes a bundle's table; its texts go to the pool.
    ///
    /// # Errors
    /// One sentence on what does not fit.
    pub fn load(table: bundle::Table, pool: &mut TextPool) -> Result<Self, String> {
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
        let index = index(&table.rows, keys).ok_or_else(|| format!("table {}: it has too many rows", table.name))?;
        Ok(Self { columns: table.columns, single: table.single, default, keys, width, cells, index })
    }

    fn rows(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    /// The rows with a key; `text` reads a cell.
    pub fn find<'t>(&self, key: Key<'_>, text: impl Fn(Text) -> &'t str) -> Range<usize> {
        let same = |row: usize| {
            let start = row.saturating_mul(self.width);
            let cells = self.cells.get(start..start.saturating_add(self.keys)).unwrap_or_default();
            cells.iter().map(|cell| cell.map_or("", &text)).eq(key.cells())
        };
        let mask = self.index.len().wrapping_sub(1);
        let mut at = hash(key.cells()) & mask;
        // Half of the places are free, so that this ends.
        while let Some(row) = self.index.get(at).filter(|row| **row != FREE) {
            let first = *row as usize;
            if same(first) {
                let more = (first.saturating_add(1)..self.rows()).take_while(|row| same(*row)).count();
                return first..first.saturating_add(1).saturating_add(more);
            }
            at = at.wrapping_add(1) & mask;
        }
        0..0
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

/// A key: its cells one behind the other, and where each ends.
#[derive(Clone, Copy)]
pub(crate) struct Key<'k> {
    /// The cells.
    pub text: &'k str,
    /// Their ends.
    pub ends: &'k [usize],
}

impl<'k> Key<'k> {
    /// Its cells, one after another.
    pub fn cells(self) -> impl Iterator<Item = &'k str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(start..*end).unwrap_or("");
            start = *end;
            cell
        })
    }
}

/// Where the first row of each key is found; none if there are too many rows.
fn index(rows: &[Vec<Option<String>>], keys: usize) -> Option<Vec<u32>> {
    let size = rows.len().checked_mul(2)?.max(2).checked_next_power_of_two()?;
    u32::try_from(size).ok()?;
    let mut index = vec![FREE; size];
    let mask = size.wrapping_sub(1);
    let mut before = None;
    for (row, cells) in rows.iter().enumerate() {
        let key = cells.get(..keys);
        if before.replace(key) == Some(key) {
            continue;
        }
        let mut at = hash(cells.iter().take(keys).map(|cell| cell.as_deref().unwrap_or(""))) & mask;
        while index.get(at).is_some_and(|place| *place != FREE) {
            at = at.wrapping_add(1) & mask;
        }
        *index.get_mut(at)? = u32::try_from(row).ok()?;
    }
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]], keys: u8) -> (Table, String) {
        let rows = rows.iter().map(|row| row.iter().map(|cell| Some((*cell).to_owned())).collect()).collect();
        let bundled = bundle::Table { name: "t".to_owned(), keys, columns: vec![0], single: true, rows, default: None };
        let mut pool = TextPool::default();
        let table = Table::load(bundled, &mut pool).unwrap();
        (table, pool.text().to_owned())
    }

    fn find(table: &(Table, String), cells: &[&str]) -> Range<usize> {
        let ends: Vec<usize> = (1..=cells.len()).map(|n| cells[..n].iter().map(|c| c.len()).sum()).collect();
        let text = |t: Text| table.1.get(t.start as usize..t.start.saturating_add(t.len) as usize).unwrap();
        table.0.find(Key { text: &cells.concat(), ends: &ends }, text)
    }

    #[test]
    fn every_key_of_a_large_table_is_found_and_no_other() {
        let names: Vec<String> = (0..5_000).map(|n| format!("{n:05}-chiave-lunga-{}", n % 7)).collect();
        let rows: Vec<[&str; 2]> = names.iter().map(|name| [name.as_str(), "x"]).collect();
        let table = table(&rows.iter().map(<[&str; 2]>::as_slice).collect::<Vec<_>>(), 1);
        for (row, name) in names.iter().enumerate() {
            assert_eq!(find(&table, &[name]), row..row + 1);
            assert_eq!(find(&table, &[&format!("{name}x")]), 0..0);
        }
        assert_eq!(find(&table, &[""]), 0..0);
    }

    #[test]
    fn cells_of_a_key_are_told_apart_and_rows_of_a_key_stand_together() {
        let table = table(&[&["", "abc", "0"], &["a", "bc", "1"], &["a", "bc", "2"], &["ab", "c", "3"]], 2);
        assert_eq!(find(&table, &["a", "bc"]), 1..3);
        assert_eq!(find(&table, &["ab", "c"]), 3..4);
        assert_eq!(find(&table, &["", "abc"]), 0..1);
        assert_eq!(find(&table, &["abc", ""]), 0..0);
        // A key of another number of cells is nobody's.
        assert_eq!(find(&table, &["a"]), 0..0);
    }

    #[test]
    fn a_table_without_rows_finds_nothing() {
        assert_eq!(find(&table(&[], 1), &["a"]), 0..0);
    }
}
