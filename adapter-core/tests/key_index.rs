//! An index from keys to students: how the steward makes it of a system that can only list people, and what is answered
//! meanwhile and afterwards.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod common;

use adapter_core::bundle::{
    BinaryOp, Bundle, Call, CallIndex, Expr, Feed, KeyIndex, PageBy, Pages, Paging, Slot, Var, Walk, seal, sha256_hex,
};
use adapter_core::problem::Code;
use adapter_core::{CallRequest, CallResult, MemoryStore, Plan, Trust};
use common::{Bench, answer, bundle, call, code_of, member};

const FRESH: u64 = 3_600_000;
const SIZE: usize = 3;

/// How the list is paged.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Offset,
    Number,
    Token,
    Whole,
}

/// The common mapping with a walk over `/people`, by `n`, of whom `course` is set, and an index of it.
fn indexed(by: By, pace: u16) -> Bundle {
    let mut made = bundle();
    let text = |name: &str, var: Var| (name.to_owned(), Expr::Var(var));
    let paging = |by: PageBy, query: Vec<(String, Expr)>| Paging {
        by,
        size: u32::try_from(SIZE).unwrap(),
        first: 0,
        query,
        body: vec![],
        next: (by == PageBy::Token).then(|| member(Expr::Var(Var::AnswerBody), "id")),
        more: None,
        max: None,
    };
    let pages = match by {
        By::Offset => Pages::Many(paging(PageBy::Offset, vec![text("start", Var::PageStart)])),
        By::Number => Pages::Many(paging(PageBy::Number, vec![text("page", Var::PageNumber)])),
        By::Token => Pages::Many(paging(PageBy::Token, vec![text("token", Var::PageToken)])),
        By::Whole => Pages::One,
    };
    let take = if by == By::Token { vec![member(Expr::Var(Var::AnswerBody), "enrollments")] } else { vec![] };
    made.calls.push(Call { pages, take, ..call("list", "/people") });
    let slot = Slot(made.slots);
    made.slots += 1;
    let of_row = |name: &str| member(Expr::Local(slot), name);
    let filter = Expr::Binary { op: BinaryOp::NotEqual, left: Box::new(of_row("course")), right: Box::new(Expr::Null) };
    let feed = Feed {
        calls: vec![CallIndex(3)],
        call: CallIndex(3),
        row: slot,
        filter: Some(filter),
        unit: of_row("n"),
        tax_code: of_row("tax_code"),
    };
    let walk = Walk {
        name: "people".to_owned(),
        digest: "7".repeat(64),
        feed,
        ordered: true,
        once: None,
        page: 10,
        mark: false,
        deleted: None,
        shared: vec![],
        lets: vec![],
    };
    made.walks.push(("IFS06.1".to_owned(), walk));
    made.key_index = Some(KeyIndex { pace, fresh_ms: FRESH, everybody: None });
    made
}

/// The tax code of a student.
fn code(number: usize) -> String {
    let letter = |at: u32| char::from(b"BCDFGHJKLM"[number / 10_usize.pow(at) % 10]);
    format!("{}{}{}{}{}A80A01F205X", letter(0), letter(1), letter(2), letter(3), letter(4))
}

/// A system that lists people, by number; those without a tax code say null.
struct People {
    by: By,
    rows: Vec<(usize, Option<String>)>,
    /// It always gives the first page.
    deaf: bool,
    /// When each page was asked for.
    asked: Vec<u64>,
}

impl People {
    fn new(by: By, many: usize) -> Self {
        Self { by, rows: (0..many).map(|n| (n, Some(code(n)))).collect(), deaf: false, asked: vec![] }
    }

    fn answer(&mut self, request: &CallRequest, now: u64) -> CallResult {
        assert_eq!(request.name, "list");
        self.asked.push(now);
        let parameter = |name: &str| -> Option<usize> {
            let (_, value) = request.path.split_once(&format!("{name}="))?;
            value.split('&').next().unwrap().parse().ok()
        };
        let from = match self.by {
            _ if self.deaf => 0,
            By::Offset => parameter("start").unwrap(),
            By::Number => parameter("page").unwrap() * SIZE,
            // The token is where the page begins, as many make theirs.
            By::Token => parameter("token").unwrap_or(0),
            By::Whole => 0,
        };
        let many = if self.by == By::Whole { usize::MAX } else { SIZE };
        let rows: Vec<String> = self
            .rows
            .iter()
            .skip(from)
            .take(many)
            .map(|(n, code)| {
                let code = code.as_ref().map_or("null".to_owned(), |code| format!("{code:?}"));
                // Every other one is of no course: it does not count for the walk.
                let course = if n % 2 == 0 { "\"C1\"" } else { "null" };
                format!(r#"{{"n":{n},"course":{course},"tax_code":{code}}}"#)
            })
            .collect();
        let list = format!("[{}]", rows.join(","));
        if self.by != By::Token {
            return answer(&list);
        }
        let next = from + SIZE;
        let next = if next < self.rows.len() { next.to_string() } else { "null".to_owned() };
        answer(&format!(r#"{{"enrollments":{list},"id":{next}}}"#))
    }
}

fn over(bundle: Bundle, store: &MemoryStore, seed: u64) -> Bench {
    Bench::over(bundle, Trust::Development, store.clone(), seed)
}

/// Lets an engine be steward for a while, from a tick to another, and the system answer at once.
fn care(bench: &mut Bench, people: &mut People, ticks: std::ops::Range<u64>) {
    for tick in ticks.step_by(500) {
        bench.steward(tick);
        while let Some(request) = bench.cared().first().map(|request| (*request).clone()) {
            assert_eq!(bench.cared().len(), 1, "one at a time");
            let result = people.answer(&request, tick);
            bench.answer_cared(&result);
        }
    }
}

/// What is answered of a student at a tick: the tax code that the system is asked by, or the problem and `retry-after`.
fn asked(bundle: &Bundle, store: &MemoryStore, code: &str, tick: u64) -> Result<String, (Code, Option<String>)> {
    let mut bench = over(bundle.clone(), store, 99);
    bench.at(tick);
    bench.ask(&format!(r#"{{"key":"{}"}}"#, sha256_hex(code.as_bytes())));
    if !bench.is_over() {
        return Ok(bench.only_call("careers").path.split("tax=").nth(1).unwrap().split('&').next().unwrap().to_owned());
    }
    assert_eq!(bench.sent(), 0, "a miss makes no call");
    let known = [Code::KeyUnresolved, Code::RequestUnknownStudent];
    let body = bench.body(bench.status());
    let code = *known.iter().find(|code| code.as_str() == code_of(&body)).unwrap();
    assert_eq!(bench.status(), code.status());
    Err((code, bench.header("retry-after")))
}

const NOBODY: &str = "VRDLGI70B02L219K";

fn not_yet(seconds: u32) -> Result<String, (Code, Option<String>)> {
    Err((Code::KeyUnresolved, Some(seconds.to_string())))
}

fn unknown() -> Result<String, (Code, Option<String>)> {
    Err((Code::RequestUnknownStudent, None))
}

#[test]
fn whoever_is_listed_is_found_by_key_and_nobody_else() {
    for by in [By::Offset, By::Number, By::Token, By::Whole] {
        let (made, store) = (indexed(by, 2), MemoryStore::default());
        let mut people = People::new(by, 20);
        let mut bench = over(made.clone(), &store, 1);
        assert_eq!(asked(&made, &store, &code(3), 0), not_yet(60), "before anything is known");
        care(&mut bench, &mut people, 0..60_000);
        for n in 0..20 {
            assert_eq!(asked(&made, &store, &code(n), 60_000), Ok(code(n)), "{by:?} {n}");
        }
        assert_eq!(asked(&made, &store, NOBODY, 60_000), unknown(), "{by:?}");
        assert_eq!(asked(&made, &store, &code(20), 60_000), unknown(), "{by:?}");
        // By where a page begins the last row is read twice, otherwise the last page; the whole list once.
        let calls = match by {
            By::Offset => 10,
            By::Number | By::Token => 1 + 2 * 6,
            By::Whole => 1,
        };
        assert_eq!(people.asked.len(), calls, "{by:?}");
        care(&mut bench, &mut people, 60_000..600_000);
        assert_eq!(people.asked.len(), calls, "nothing is asked while nobody wants it");
    }
}

#[test]
fn it_is_made_at_its_pace_one_call_at_a_time() {
    for pace in [1, 2, 5] {
        let (made, store) = (indexed(By::Offset, pace), MemoryStore::default());
        let mut people = People::new(By::Offset, 100);
        let mut bench = over(made, &store, 1);
        care(&mut bench, &mut people, 0..120_000);
        let (first, last) = (people.asked[0], *people.asked.last().unwrap());
        let many = people.asked.len() as u64;
        assert_eq!(many, 50);
        let least = many * 1_000 / u64::from(pace);
        assert!((least.saturating_sub(1_500)..=least + 1_500).contains(&(last - first)), "{pace}: {}", last - first);
        for begin in &people.asked {
            let second = people.asked.iter().filter(|at| (*begin..begin + 1_000).contains(at)).count();
            assert!(second <= usize::from(pace) + 1, "{pace}: {second}");
        }
    }
}

#[test]
fn whoever_is_there_all_the_time_is_found_whatever_comes_and_goes() {
    for by in [By::Offset, By::Number, By::Token] {
        let (made, store) = (indexed(by, 2), MemoryStore::default());
        let mut people = People::new(by, 60);
        let mut bench = over(made.clone(), &store, 1);
        let mut gone = vec![];
        for round in 0..200 {
            let tick = round * 500;
            care(&mut bench, &mut people, tick..tick + 500);
            // Somebody before the place leaves, now and then five at once; somebody comes at the end.
            let leaves = if round % 17 == 3 { 5 } else { usize::from(round % 3 == 0) };
            for _ in 0..leaves.min(people.rows.len() - 20) {
                gone.push(people.rows.remove(0).0);
            }
            if round < 20 && round % 4 == 0 {
                let n = 60 + round as usize;
                people.rows.push((n, Some(code(n))));
            }
        }
        assert_eq!(asked(&made, &store, NOBODY, 100_000), unknown(), "{by:?}: it is complete");
        assert!(gone.len() > 20);
        for (n, code) in people.rows.iter().filter(|(n, _)| *n < 60) {
            let code = code.clone().unwrap();
            assert_eq!(asked(&made, &store, &code, 100_000), Ok(code), "{by:?} {n}");
        }
    }
}

#[test]
fn another_engine_goes_on_where_one_was() {
    for by in [By::Offset, By::Number, By::Token] {
        let (made, store) = (indexed(by, 2), MemoryStore::default());
        let mut people = People::new(by, 60);
        let mut tick = 0;
        for seed in 1.. {
            // Each is gone after a while, with a call in flight that nobody hears of.
            let mut bench = over(made.clone(), &store, seed);
            care(&mut bench, &mut people, tick..tick + 10_000);
            bench.steward(tick + 10_000);
            tick += 14_000;
            if asked(&made, &store, NOBODY, tick) == unknown() {
                break;
            }
        }
        for n in 0..60 {
            assert_eq!(asked(&made, &store, &code(n), tick), Ok(code(n)));
        }
        assert!(people.asked.len() < 50, "{by:?}: {}", people.asked.len());
    }
}

#[test]
fn of_several_engines_one_works() {
    let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
    let mut people = People::new(By::Offset, 20);
    let mut benches: Vec<Bench> = (1..=3).map(|seed| over(made.clone(), &store, seed)).collect();
    for tick in (0..30_000).step_by(500) {
        for bench in &mut benches {
            care(bench, &mut people, tick..tick + 1);
        }
    }
    assert_eq!(people.asked.len(), 10);
    assert_eq!(asked(&made, &store, NOBODY, 30_000), unknown());
}

#[test]
fn bogus_keys_cost_one_index_in_the_time_that_it_is_fresh() {
    let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
    let mut people = People::new(By::Offset, 20);
    let mut bench = over(made.clone(), &store, 1);
    care(&mut bench, &mut people, 0..60_000);
    let once = people.asked.len();
    let mut tick = 60_000;
    let mut answers = std::collections::BTreeMap::new();
    while tick < 3 * FRESH {
        for n in 0..3 {
            let bogus = code(1_000 + n);
            *answers.entry(asked(&made, &store, &bogus, tick).unwrap_err().0.as_str()).or_insert(0) += 1;
            assert_eq!(asked(&made, &store, &code(n), tick), Ok(code(n)), "whoever is in it is found all the time");
        }
        care(&mut bench, &mut people, tick..tick + 60_000);
        tick += 60_000;
    }
    assert_eq!(people.asked.len(), 3 * once, "the first, and two in three times as long");
    assert!(answers["request.key-unresolved"] > 0 && answers["request.unknown-student"] > 100, "{answers:?}");
    // Without anybody who asks there is none.
    care(&mut bench, &mut people, tick + FRESH..tick + FRESH + 60_000);
    assert_eq!(people.asked.len(), 3 * once);
    assert_eq!(asked(&made, &store, NOBODY, tick + FRESH + 60_000).unwrap_err().0, Code::KeyUnresolved);
}

#[test]
fn who_comes_is_found_in_the_next_one() {
    let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
    let mut people = People::new(By::Offset, 20);
    let mut bench = over(made.clone(), &store, 1);
    care(&mut bench, &mut people, 0..60_000);
    people.rows.push((20, Some(code(20))));
    assert_eq!(asked(&made, &store, &code(20), FRESH - 1), unknown());
    assert_eq!(asked(&made, &store, &code(20), FRESH + 1_000), not_yet(5), "as long as the first took");
    care(&mut bench, &mut people, FRESH + 2_000..FRESH + 60_000);
    assert_eq!(asked(&made, &store, &code(20), FRESH + 60_000), Ok(code(20)));
    assert_eq!(asked(&made, &store, NOBODY, FRESH + 60_000), unknown());
}

#[test]
fn rows_without_a_tax_code_are_left_out_and_counted() {
    let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
    let mut people = People::new(By::Offset, 12);
    people.rows[1].1 = None;
    people.rows[4].1 = Some("12345678901".to_owned());
    people.rows[6].1 = Some(format!(" {} ", code(6).to_ascii_lowercase()));
    people.rows[8].1 = Some(code(7));
    let mut bench = over(made.clone(), &store, 1);
    care(&mut bench, &mut people, 0..60_000);
    bench.steward(65_000);
    assert_eq!(asked(&made, &store, &code(6), 65_000), Ok(code(6)));
    assert_eq!(asked(&made, &store, &code(4), 65_000), unknown());
    let gauge = |name: &str| bench.last(&format!("key_index_{name}"));
    assert_eq!((gauge("state"), gauge("students"), gauge("left_out")), (Some(2), Some(9), Some(2)));
    assert_eq!((gauge("bytes"), gauge("building_students")), (Some(9 * 17), Some(0)));
    assert_eq!(gauge("age_seconds"), Some(64));
}

#[test]
fn a_system_that_is_away_is_asked_less_and_less() {
    let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
    let mut bench = over(made.clone(), &store, 1);
    let mut asked_at = vec![];
    for tick in (0..1_800_000).step_by(500) {
        bench.steward(tick);
        if !bench.cared().is_empty() {
            asked_at.push(tick);
            bench.answer_cared(&CallResult::Unreachable);
        }
        assert_eq!(bench.status_at(2, tick).0, 204, "an index that is not there makes nothing red");
    }
    assert!(asked_at.len() < 15, "{asked_at:?}");
    assert_eq!(bench.count_of("key_index_failures_total;outcome=legacy.down;blame=legacy"), asked_at.len());
    assert_eq!(asked(&made, &store, &code(1), 1_800_000).unwrap_err().0, Code::KeyUnresolved);
    // And it goes on.
    let mut people = People::new(By::Offset, 20);
    care(&mut bench, &mut people, 1_800_000..2_200_000);
    assert_eq!(asked(&made, &store, NOBODY, 2_200_000), unknown());
}

#[test]
fn a_list_that_never_ends_or_has_no_order_is_no_index() {
    let mut deaf = People::new(By::Offset, 20);
    deaf.deaf = true;
    let mut unsorted = People::new(By::Offset, 20);
    unsorted.rows.swap(7, 8);
    for (mut people, problem) in [(deaf, "legacy.paging"), (unsorted, "legacy.unsorted")] {
        let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
        let mut bench = over(made.clone(), &store, 1);
        care(&mut bench, &mut people, 0..600_000);
        assert!(bench.counted(&format!("key_index_failures_total;outcome={problem}")), "{problem}");
        assert!(people.asked.len() < 20, "{problem}: {}", people.asked.len());
        assert_eq!(asked(&made, &store, NOBODY, 600_000).unwrap_err().0, Code::KeyUnresolved);
        assert_eq!(asked(&made, &store, &code(1), 600_000), Ok(code(1)), "whom it has it has");
    }
}

#[test]
fn a_reload_that_changes_no_list_changes_no_index() {
    let (made, store) = (indexed(By::Offset, 2), MemoryStore::default());
    let mut people = People::new(By::Offset, 20);
    care(&mut over(made.clone(), &store, 1), &mut people, 0..5_000);
    let mut other = made.clone();
    other.limits.deadline = 9_000;
    let before = people.asked.len();
    care(&mut over(other.clone(), &store, 2), &mut people, 5_000..60_000);
    assert_eq!(people.asked.len(), 10, "{before}");
    assert_eq!(asked(&made, &store, NOBODY, 60_000), unknown());
    // Other lists are read from their beginning, and say nothing until then of who is missing.
    other.walks[0].1.digest = "8".repeat(64);
    assert_eq!(asked(&other, &store, NOBODY, 60_000).unwrap_err().0, Code::KeyUnresolved);
    assert_eq!(asked(&other, &store, &code(1), 60_000), Ok(code(1)));
    care(&mut over(other.clone(), &store, 3), &mut people, 60_000..120_000);
    assert_eq!(asked(&other, &store, NOBODY, 120_000), unknown());
}

#[test]
fn an_index_needs_the_lists_of_all_who_are_asked_for() {
    let refused = |made: &Bundle| Plan::load(&seal(made).unwrap()).unwrap_err().to_string();
    let mut made = indexed(By::Offset, 2);
    made.walks.clear();
    assert!(refused(&made).contains("IFS02.1"), "{}", refused(&made));
    let mut made = indexed(By::Offset, 2);
    made.key_index = Some(KeyIndex { pace: 0, fresh_ms: FRESH, everybody: None });
    assert!(refused(&made).contains("out of range"));
}
