//! Changes of a table in CSV, as far as rows and cells can be told without reading quotes.

use fuzz::Chance;

use super::change::text;

/// The table with one change.
pub fn change(chance: &mut Chance, table: &str) -> String {
    let mut rows: Vec<String> = table.split('\n').map(str::to_owned).collect();
    let separator = if rows.first().is_some_and(|head| head.contains(';')) { ';' } else { ',' };
    let (row, other) = (chance.below(rows.len()), chance.below(rows.len()));
    let column = chance.below(rows[0].split(separator).count());
    let cells = |row: &str| row.split(separator).map(str::to_owned).collect::<Vec<_>>();
    let join = |cells: Vec<String>| cells.join(&separator.to_string());
    match chance.below(10) {
        0 => drop(rows.remove(row)),
        1 => rows.insert(row, rows[other].clone()),
        2 => rows.insert(row, String::new()),
        // A column is gone, in all rows or in the head alone.
        3 => {
            let last = if chance.once_in(3) { 1 } else { rows.len() };
            for row in &mut rows[..last] {
                let mut kept = cells(row);
                if column < kept.len() {
                    kept.remove(column);
                }
                *row = join(kept);
            }
        }
        4 => {
            let mut head = cells(&rows[0]);
            head[column] = format!("{}_", head[column]);
            rows[0] = join(head);
        }
        5 => {
            let mut head = cells(&rows[0]);
            let to = chance.below(head.len());
            head.swap(column, to);
            rows[0] = join(head);
        }
        6 => rows[row].push('"'),
        _ => {
            let mut changed = cells(&rows[row]);
            let column = column.min(changed.len().saturating_sub(1));
            if let Some(cell) = changed.get_mut(column) {
                *cell = text(chance);
            }
            rows[row] = join(changed);
        }
    }
    rows.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_changed_in_many_ways() {
        let table = "code;year;name\nA1;2025;x\nA2;2024;\"y\"\n";
        let all: std::collections::BTreeSet<_> = (0..100).map(|seed| change(&mut Chance::new(seed), table)).collect();
        assert!(all.len() > 40, "{}", all.len());
    }
}
