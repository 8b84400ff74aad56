//! CSV as the Ministry writes it: `;` between cells and at the end of each row, a BOM at times, leading zeros that
//! matter, no quoting but `\"` for a quote. Cells that begin with a quote are read as spreadsheets write them.

/// A file of cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Csv {
    pub columns: Vec<String>,
    /// Rows, each with a cell for each column; an empty cell is none.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What is wrong, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    pub line: usize,
    pub message: String,
    pub help: Option<String>,
}

/// Most rows of a file.
const MAX_ROWS: usize = 500_000;

pub(super) fn parse(text: &str, separator: char) -> Result<Csv, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines =
        text.lines().enumerate().map(|(i, l)| (i.saturating_add(1), l)).filter(|(_, l)| !l.trim().is_empty());
    let malformed = |line: usize, message: String| Malformed { line, message, help: None };
    let Some((line, head)) = lines.next() else { return Err(malformed(1, "The file is empty.".to_owned())) };
    let mut columns = Vec::new();
    for cell in cells(head, separator).ok_or_else(|| malformed(line, unclosed()))? {
        match cell {
            Some(name) if columns.contains(&name) => {
                return Err(malformed(line, format!("The column `{name}` stands twice.")));
            }
            Some(name) => columns.push(name),
            None => return Err(malformed(line, "A column has no name.".to_owned())),
        }
    }
    let mut rows = Vec::new();
    for (line, text) in lines {
        let mut row = cells(text, separator).ok_or_else(|| malformed(line, unclosed()))?;
        // Trailing empty cells may be left out.
        while row.len() < columns.len() {
            row.push(None);
        }
        if row.len() > columns.len() {
            let message = format!("The row has {} cells; the head has {}.", row.len(), columns.len());
            let help =
                "Is the separator another (`separator: \",\"`), or does it stand in a cell without quotes around it?";
            return Err(Malformed { help: Some(help.to_owned()), ..malformed(line, message) });
        }
        if rows.len() >= MAX_ROWS {
            return Err(malformed(line, format!("The file has more than {MAX_ROWS} rows.")));
        }
        rows.push(row);
    }
    Ok(Csv { columns, rows })
}

fn unclosed() -> String {
    "A quoted cell is not closed in its line.".to_owned()
}

/// The cells of a line; the separator at its end closes the last cell.
fn cells(line: &str, separator: char) -> Option<Vec<Option<String>>> {
    let mut found = Vec::new();
    let mut rest = line;
    loop {
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, separator)?,
            None => match rest.split_once(separator) {
                Some((cell, after)) => (bare(cell), Some(after)),
                None => (bare(rest), None),
            },
        };
        found.push(Some(cell).filter(|c| !c.is_empty()));
        match after {
            Some("") | None => return Some(found),
            Some(after) => rest = after,
        }
    }
}

/// A cell without quotes around it.
fn bare(cell: &str) -> String {
    cell.trim().replace("\\\"", "\"")
}

/// A cell after its opening quote, and what follows its separator.
fn quoted_cell(text: &str, separator: char) -> Option<(String, Option<&str>)> {
    let mut cell = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            cell.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            cell.push('"');
        } else {
            let rest = text.get(at.checked_add(1)?..)?;
            return match rest.strip_prefix(separator) {
                Some(after) => Some((cell, Some(after))),
                None if rest.is_empty() => Some((cell, None)),
                None => None,
            };
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Option<String>> {
        cells.iter().map(|c| Some((*c).to_owned()).filter(|c| !c.is_empty())).collect()
    }

    #[test]
    fn the_ministry_s_form() {
        let csv = parse("\u{feff}A;B;C;\r\n04;;strumenti -\\\"Non solo ritmo\\\";\n7;x;\n\n", ';').unwrap();
        assert_eq!(csv.columns, ["A", "B", "C"]);
        assert_eq!(csv.rows[0], row(&["04", "", "strumenti -\"Non solo ritmo\""]));
        assert_eq!(csv.rows[1], row(&["7", "x", ""]));
        assert_eq!(csv.rows.len(), 2);
    }

    #[test]
    fn a_spreadsheet_s_form() {
        let csv = parse("a,b\n\"x, \"\"y\"\"\",2\n\"\",3", ',').unwrap();
        assert_eq!(csv.rows[0], row(&["x, \"y\"", "2"]));
        assert_eq!(csv.rows[1], row(&["", "3"]));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_line() {
        let line = |text: &str| parse(text, ';').unwrap_err().line;
        assert_eq!(line(""), 1);
        assert_eq!(line("a;a"), 1);
        assert_eq!(line("a;;b"), 1);
        assert_eq!(line("a;b\n1;2\n1;2;3"), 3);
        assert_eq!(line("a;b\n\"1;2"), 2);
        assert_eq!(line("a;b\n\"1\"x;2"), 2);
    }
}
