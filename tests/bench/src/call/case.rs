//! What is asked of every subject: the lists, and how many calls and rows each answer takes.

use std::path::PathBuf;

use axum::body::Bytes;
use bench_guest::page::{self, Kind, ROWS, SHORT_ROWS};
use xtask::{Error, Result, paths};

use super::legacy::Lists;

/// The years of the three lists; in `mappings/three-lists.yaml` too.
pub const YEARS: [u16; 3] = [2025, 2024, 2023];

/// Cases that are answered with the same mapping, and so by the same processes.
pub struct Group {
    /// The mapping's file under `tests/bench/mappings`, without its ending.
    pub mapping: &'static str,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One set of answers of the legacy system.
pub struct Case {
    /// As it is printed.
    pub name: &'static str,
    /// What the legacy system answers.
    pub lists: Lists,
    /// Enrolments of an answer.
    pub rows: usize,
    /// Requests of a round: about a fifth of a second of CPU.
    pub requests: u32,
}

/// All of them.
pub fn groups() -> Vec<Group> {
    vec![
        Group {
            mapping: "three-lists",
            cases: vec![three("3 × 16 KB", Kind::Repeating), three("3 × 16 KB, rows do not repeat", Kind::Varied)],
        },
        Group {
            mapping: "one-page",
            cases: vec![one("1 × 134 KB", Kind::Repeating), one("1 × 134 KB, rows do not repeat", Kind::Varied)],
        },
        Group { mapping: "soap-page", cases: vec![soap("1 × 198 KB of SOAP, rows do not repeat", Kind::Varied)] },
    ]
}

fn three(name: &'static str, kind: Kind) -> Case {
    let lists = page::lists(kind, &YEARS);
    let lists = YEARS.iter().zip(lists).map(|(year, rows)| (Some(*year), Bytes::from(page::json(&rows)))).collect();
    Case { name, lists: Lists::Rest(lists), rows: 3 * SHORT_ROWS, requests: 300 }
}

fn one(name: &'static str, kind: Kind) -> Case {
    let page = Bytes::from(page::json(&page::rows(kind)));
    Case { name, lists: Lists::Rest([(None, page)].into()), rows: ROWS, requests: 200 }
}

fn soap(name: &'static str, kind: Kind) -> Case {
    let page = Bytes::from(page::soap(&page::rows(kind)));
    Case { name, lists: Lists::Soap(page), rows: ROWS, requests: 100 }
}

/// The file of a mapping.
pub fn file(mapping: &str) -> PathBuf {
    paths::root().join("tests").join("bench").join("mappings").join(mapping).with_extension("yaml")
}

impl Group {
    /// The mapping's file.
    pub fn file(&self) -> PathBuf {
        file(self.mapping)
    }

    /// The name of its bundle in a folder of another build.
    pub fn bundle(&self) -> String {
        format!("{}.bundle.json", self.mapping)
    }

    /// Whether the list is asked for over SOAP.
    pub fn soap(&self) -> bool {
        self.mapping == "soap-page"
    }

    /// What a hand-written subject is told of the years it asks for, each in a call of its own.
    pub fn years(&self) -> &'static [u16] {
        if self.mapping == "three-lists" { &YEARS } else { &[] }
    }
}

impl Case {
    /// Whether an answer has every row: what is measured is the whole work.
    ///
    /// # Errors
    /// It has not.
    pub fn check(&self, answer: &[u8]) -> Result<()> {
        let text = String::from_utf8_lossy(answer);
        let found = text.matches("\"degree_course_code\":").count();
        if found == self.rows {
            Ok(())
        } else {
            Err(Error::new(format!("{}: {found} enrolments answered, not {}", self.name, self.rows)))
        }
    }
}

#[cfg(test)]
mod tests {
    use xtask::mapping;

    use super::*;
    use crate::call::load::TAX_CODE;

    #[test]
    fn the_mappings_compile_and_ask_for_the_lists() {
        for group in groups() {
            let compiled = mapping::compile(&group.file()).unwrap();
            assert_eq!(compiled.clusters, ["legacy"]);
            let bundle = String::from_utf8(compiled.bundle).unwrap();
            for year in group.years() {
                assert!(bundle.contains(&format!("\"{year}\"")), "{}: {year}", group.mapping);
            }
            for case in &group.cases {
                assert_eq!(case.lists.calls(), group.years().len().max(1) as u64);
            }
        }
    }

    /// What is written by hand answers what the engine answers, byte for byte, before any of them is in a gateway.
    #[test]
    fn by_hand_and_by_mapping_is_the_same() {
        for group in groups() {
            let mut engine = bench_guest::engine::Loaded::new(&mapping::compile(&group.file()).unwrap().bundle);
            let by_hand = bench_answer::Answers::new(crate::call::arrangement::CURRENT_YEAR).unwrap();
            for case in &group.cases {
                let (status, body) = engine.answer(&|request| match &case.lists {
                    Lists::Soap(page) => {
                        assert_eq!(request.path, bench_answer::soap::PATH);
                        assert!(
                            request
                                .headers
                                .iter()
                                .any(|(name, value)| { name == "soapaction" && value == bench_answer::soap::ACTION })
                        );
                        page.to_vec()
                    }
                    Lists::Mixed(_) => panic!("no case of these"),
                    Lists::Rest(lists) => {
                        let path = |year| bench_answer::path(TAX_CODE, year);
                        let (_, list) = lists.iter().find(|(year, _)| request.path == path(**year)).unwrap();
                        list.to_vec()
                    }
                });
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                let rows = |body| if group.soap() { bench_answer::soap::rows(body) } else { bench_answer::json(body) };
                let lists: Vec<_> = match &case.lists {
                    Lists::Soap(page) => vec![rows(page).unwrap()],
                    Lists::Mixed(_) => panic!("no case of these"),
                    Lists::Rest(lists) => lists.values().map(|list| rows(list).unwrap()).collect(),
                };
                let same = by_hand.write(TAX_CODE, lists).unwrap().unwrap();
                assert_eq!(String::from_utf8(same).unwrap(), String::from_utf8(body.clone()).unwrap());
                case.check(&body).unwrap();
            }
        }
    }

    #[test]
    fn an_answer_without_a_row_is_noticed() {
        let case = Case { rows: 2, ..one("", Kind::Repeating) };
        let row = r#"{"degree_course_code":"1"}"#;
        assert!(case.check(format!("[{row},{row}]").as_bytes()).is_ok());
        assert!(case.check(format!("[{row}]").as_bytes()).is_err());
    }
}
