//! The pages: yearly enrolments as an ESSE3-like system writes them, about 75 members and 1,340 bytes a row.
//!
//! Both kinds have the same members in the same order, of which the mappings read seven. In one every row has the texts
//! of the row before, as in a test database; in the other no member that is passed over has the same value twice, as in
//! a real register. What a decoder saves by comparing rows shows in the difference.

mod json;
mod repeating;
mod varied;
mod xml;

pub use json::json;
pub use xml::soap;

/// Rows of a page, each of another course.
pub const ROWS: usize = 100;

/// Rows of one of the three short lists: about 16 KB.
pub const SHORT_ROWS: usize = 12;

/// Whether rows have the texts of the row before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They do.
    Repeating,
    /// No value of a member that the mappings do not read stands in two rows.
    Varied,
}

/// A member's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text, not escaped.
    Text(String),
    /// A number as it is written.
    Number(String),
    /// Null.
    Null,
    /// A code inside an object of its own: `{"value":"A"}`.
    Wrapped(String),
}

/// A row: names and values in the order they are written.
pub type Row = Vec<(&'static str, Cell)>;

/// The rows of a page.
pub fn rows(kind: Kind) -> Vec<Row> {
    match kind {
        Kind::Repeating => (0..ROWS).map(repeating::row).collect(),
        Kind::Varied => varied::rows(),
    }
}

/// Lists of other courses, one for each academic year: the first rows of a page, each year's with that year.
pub fn lists(kind: Kind, years: &[u16]) -> Vec<Vec<Row>> {
    let rows = rows(kind);
    let of = |(year, rows): (&u16, &[Row])| {
        let dated = |row: &Row| {
            let year = |(name, cell): &(&'static str, Cell)| match *name {
                "aaIscrId" => ("aaIscrId", Cell::Number(year.to_string())),
                name => (name, cell.clone()),
            };
            row.iter().map(year).collect()
        };
        rows.iter().map(dated).collect()
    };
    years.iter().zip(rows.chunks(SHORT_ROWS)).map(of).collect()
}

/// The members that the mappings read, or that say which row it is.
pub const READ: [&str; 7] = ["aaIscrId", "cdsId", "aaRegId", "claMurstCod", "annoCorso", "condFlg", "staIscrCod"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_page_is_what_the_bench_says_it_is() {
        for (kind, bytes) in [(Kind::Repeating, 130_000..=138_000), (Kind::Varied, 130_000..=145_000)] {
            let page = json(&rows(kind));
            assert!(bytes.contains(&page.len()), "{kind:?}: {}", page.len());
            let read: Vec<serde_json::Value> = serde_json::from_slice(&page).unwrap();
            assert_eq!(read.len(), ROWS);
            assert!(read.iter().all(|row| row.as_object().unwrap().len() == 73), "{}", read[0]);
        }
    }

    #[test]
    fn short_lists_have_their_years_and_other_courses() {
        for kind in [Kind::Repeating, Kind::Varied] {
            let lists = lists(kind, &[2025, 2024, 2023]);
            let mut courses = BTreeSet::new();
            for (list, year) in lists.iter().zip(["2025", "2024", "2023"]) {
                let page = json(list);
                assert!((15_000..=17_500).contains(&page.len()), "{kind:?}: {}", page.len());
                for row in list {
                    assert_eq!(row[0], ("aaIscrId", Cell::Number(year.to_owned())));
                    assert!(courses.insert(format!("{:?}", row[1])));
                }
            }
            assert_eq!(courses.len(), 3 * SHORT_ROWS);
        }
    }

    #[test]
    fn in_a_varied_page_nothing_that_is_passed_over_repeats() {
        let (rows, plain) = (rows(Kind::Varied), rows(Kind::Repeating));
        for (at, (name, _)) in plain[0].iter().enumerate() {
            let mut seen = BTreeSet::new();
            for row in &rows {
                let (same, cell) = &row[at];
                assert_eq!(same, name, "the same members in the same order");
                if !READ.contains(name) && *cell != Cell::Null {
                    assert!(seen.insert(format!("{cell:?}")), "{name}: {cell:?} twice");
                }
            }
        }
        let text = String::from_utf8(json(&rows)).unwrap();
        for mark in ["à", "\\u00e8", "\\\"", "\\n", "\\/"] {
            assert!(text.contains(mark), "{mark} is nowhere");
        }
    }

    #[test]
    fn a_page_in_xml_has_every_row() {
        for kind in [Kind::Repeating, Kind::Varied] {
            let page = soap(&rows(kind));
            assert!((185_000..=215_000).contains(&page.len()), "{kind:?}: {}", page.len());
            assert_eq!(page.matches("<row>").count(), ROWS);
        }
    }
}
