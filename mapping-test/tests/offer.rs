//! IFS01.1 page by page, over a list that is made up: each row once, whatever its units are and whatever happens to it.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use adapter_core::contract;
use adapter_core::{CallRequest, CallResult};
use mapping_test::live::{self, Desk};
use serde_json::{Value, json};

const MAPPING: &str = r#"
version: 1
institute: { code: "9901" }
systems:
  sis: { cluster: sis, base: /ws, pages: { by: offset, size: 50, query: { from: "${page.start}" } } }
walks:
  offer: { get: /courses, query: { year: "${startYear(request.academic_year)}" }, pages: true, unit: row.id, where: row.open, page: 200 }
operations:
  IFS01.1:
    walk: offer
    answer:
      degree_courses:
        for: c in offer
        each: { degree_course_code: "${c.code}", academic_year: "${request.academic_year}" }
"#;

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A mapping over a list that may change.
struct Offer {
    folder: Folder,
    outcome: mapping_compiler::Outcome,
    rows: RefCell<Vec<Value>>,
}

/// What was answered.
#[derive(Debug)]
struct Page {
    status: u16,
    codes: Vec<String>,
    cursor: Option<String>,
    problem: String,
}

impl Offer {
    fn new(name: &str, mapping: &str, rows: Vec<Value>) -> Self {
        let path = std::env::temp_dir().join(format!("ifs-offer-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let file = path.join("mapping.yaml");
        std::fs::write(&file, mapping).unwrap();
        let outcome = mapping_compiler::compile(&file);
        assert!(outcome.bundle.is_some(), "{:?}", outcome.report.diagnostics());
        Self { folder: Folder(path), outcome, rows: RefCell::new(rows) }
    }

    fn page(&self, cursor: Option<&str>, year: &str) -> Page {
        let desk = Desk {
            home: Path::new(&self.folder.0),
            bundle: self.outcome.bundle.as_ref().unwrap(),
            places: &self.outcome.places,
            operation: contract::operation("IFS01.1").unwrap(),
            now_ms: 1_772_355_600_000,
        };
        let body = json!({ "academic_year": year, "cursor": cursor }).to_string();
        let system = &mut |call: &CallRequest| {
            let from = call.path.split("from=").nth(1).map(|from| from.split('&').next().unwrap().parse().unwrap());
            let rows = self.rows.borrow();
            let rows: Vec<&Value> = match from {
                Some(from) => rows.iter().skip(from).take(50).collect(),
                None => rows.iter().collect(),
            };
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            CallResult::Answer { status: 200, headers, body: json!(rows).to_string().into_bytes() }
        };
        let answer = live::exchange(desk, body.as_bytes(), &|_| None, system).unwrap().response;
        let tree: Value = serde_json::from_slice(&answer.body).unwrap();
        let items = tree["degree_courses"].as_array().cloned().unwrap_or_default();
        Page {
            status: answer.status,
            codes: items.iter().map(|item| item["degree_course_code"].as_str().unwrap().to_owned()).collect(),
            cursor: tree["meta"]["cursor"].as_str().map(str::to_owned),
            problem: tree["type"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// All pages; `between` may change the list.
    fn walk(&self, mut between: impl FnMut(usize, &mut Vec<Value>)) -> Vec<Vec<String>> {
        let (mut pages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = self.page(cursor.as_deref(), "2025/2026");
            assert_eq!(page.status, 200, "{page:?}");
            pages.push(page.codes);
            assert!(pages.len() < 1_000);
            between(pages.len(), &mut self.rows.borrow_mut());
            match page.cursor {
                None => return pages,
                next => cursor = next,
            }
        }
    }
}

fn rows(units: i64, of_each: i64) -> Vec<Value> {
    let rows = (1..=units).flat_map(|id| (0..of_each).map(move |n| (id, n)));
    rows.map(|(id, n)| json!({ "id": id, "code": format!("{id:04}-{n}"), "open": id % 10 != 0 })).collect()
}

fn codes(rows: &[Value]) -> Vec<String> {
    let open = rows.iter().filter(|row| row["open"] == json!(true));
    open.map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_end_between_units_and_have_no_more_items_than_the_contract_allows() {
    // 200 units that count would be 400 items: the page has half of them; of the last 150 too.
    let offer = Offer::new("many", MAPPING, rows(500, 2));
    let expected = codes(&offer.rows.borrow());
    let pages = offer.walk(|_, _| ());
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [200, 200, 200, 150, 150]);
    assert_eq!(pages.concat(), expected);
    // One unit alone that is too large is an error that says so.
    let one = Offer::new("one", MAPPING, rows(1, 300));
    let page = one.page(None, "2025/2026");
    assert_eq!((page.status, page.problem.as_str()), (500, "urn:ifs-adapter:problem:limit.answer-items"));
    // Nothing, and nothing that counts, is one page without items.
    for none in [Vec::new(), vec![json!({ "id": 10, "code": "x", "open": false })]] {
        let page = Offer::new("none", MAPPING, none).page(None, "2025/2026");
        assert_eq!((page.status, page.codes.len(), page.cursor), (200, 0, None));
    }
}

#[test]
fn a_list_that_changes_meanwhile_loses_and_repeats_nothing() {
    let offer = Offer::new("changes", &MAPPING.replace("page: 200", "page: 30"), rows(300, 1));
    let expected = codes(&offer.rows.borrow());
    let pages = offer.walk(|page, rows| match page {
        // What was answered goes, so that the rest stands further in front.
        2 => drop(rows.drain(0..40)),
        // What is new stands before what was answered.
        4 => drop(rows.splice(
            0..0,
            [json!({ "id": -2, "code": "n", "open": true }), json!({ "id": -1, "code": "m", "open": true })],
        )),
        _ => {}
    });
    assert_eq!(pages.concat(), expected);
    assert!(pages.iter().all(|page| page.len() <= 30));
}

#[test]
fn a_list_that_is_read_whole_has_pages_too_and_need_not_be_sorted() {
    let mapping = MAPPING.replace("pages: true", "pages: none").replace("page: 200", "page: 30");
    let mut all = rows(100, 1);
    all.reverse();
    let offer = Offer::new("whole", &mapping, all);
    let mut expected = codes(&offer.rows.borrow());
    expected.reverse();
    let pages = offer.walk(|_, _| ());
    assert_eq!((pages.len(), pages.concat()), (3, expected));
}

#[test]
fn a_cursor_is_of_its_year_and_its_walk() {
    let offer = Offer::new("year", &MAPPING.replace("page: 200", "page: 30"), rows(300, 1));
    let cursor = offer.page(None, "2025/2026").cursor;
    let page = offer.page(cursor.as_deref(), "2024/2025");
    assert_eq!((page.status, page.problem.as_str()), (400, "urn:ifs-adapter:problem:request.cursor-filters"));
    let other = Offer::new("other", &MAPPING.replace("where: row.open, ", ""), rows(300, 1));
    let page = other.page(cursor.as_deref(), "2025/2026");
    assert_eq!((page.status, page.problem.as_str()), (400, "urn:ifs-adapter:problem:request.cursor-walk"));
    // The size of pages is none of the cursor's.
    let larger = Offer::new("larger", &MAPPING.replace("page: 200", "page: 60"), rows(300, 1));
    assert_eq!(larger.page(cursor.as_deref(), "2025/2026").codes.len(), 60);
}
