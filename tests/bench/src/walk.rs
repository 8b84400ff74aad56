//! Walks of whole populations: what a student costs, in calls, instructions and time, and whether that or memory grows with
//! how many there are.
//!
//! The filter's own module runs in wasmtime. The system behind is a function of this process, and its answers are made from
//! a student's number, so that there may be as many students as one likes. Instructions are those of the module, and the same
//! on every machine; CPU time is that of the thread that runs it, with the host's part.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bench_guest::page::{self, Kind};
use clap::Args;
use harness::http::Request;
use harness::logs::Sink;
use harness::systems::{KEY, Systems};
use harness::wasm::{Filter, Shared, Vm};
use serde_json::{Value, json};
use xtask::wasm::Fetch;
use xtask::{Context, Error, Result, mapping, paths};

use crate::call::case;
use crate::component::thread_seconds;

/// What is walked.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Students of IFS06.1, for a walk each
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    students: Vec<u64>,
    /// Students of IFS07.1, those with a title; 0: no walk of them
    #[arg(long, value_name = "N", default_value_t = 300_000)]
    titles: u64,
}

/// Rows of a page of the system.
const PAGE: u64 = 100;
/// Years of each career.
const YEARS: usize = 3;
/// A row of the list of all.
const LISTED: &str = "/elenco/";

/// Runs all of it.
pub fn run(arguments: &Arguments) -> Result<()> {
    let built = xtask::wasm::build(&[], Fetch::Allowed)?;
    let module = std::fs::read(built.path()).context("reading the filter")?;
    println!("filter {} bytes", module.len());
    let filters = [false, true].map(|counting| {
        let filter = if counting { Filter::counting(&module) } else { Filter::new(&module) };
        filter.map_err(|e| Error::new(format!("{e:?}")))
    });
    let [plain, counting] = filters;
    let (plain, counting) = (plain?, counting?);
    let bundle = mapping::compile(&case::file("walk"))?.bundle;
    println!("a walk from its first page to its last, in wasmtime, the system a function of the same process;");
    println!("calls, instructions and CPU time (µs) of one student, memory of the VM in MiB:");
    println!(
        "{:<10}{:>9}{:>7}{:>9}{:>13}{:>10}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "", "students", "pages", "calls", "necessary", "instr.", "µs", "wall s", "start", "page 1", "end MiB"
    );
    let walks = arguments.students.iter().map(|students| (&WALKS[0], *students));
    for (walk, students) in walks.chain([(&WALKS[1], arguments.titles)]).filter(|(_, students)| *students > 0) {
        let timed = walked(&plain, &bundle, walk, students)?;
        let counted = walked(&counting, &bundle, walk, students)?;
        let each = |sum: f64| sum / students as f64;
        let instructions = counted.instructions.context("nothing is counted")?;
        println!(
            "{:<10}{students:>9}{:>7}{:>9.3}{:>12.3}{:>10.0}{:>9.1}{:>9.1}{:>9.2}{:>9.2}{:>10.2}",
            walk.operation,
            timed.pages,
            each(timed.calls as f64),
            walk.calls + 1.0 / PAGE as f64,
            each(instructions as f64),
            each(timed.cpu * 1e6),
            timed.wall,
            mib(timed.memory[0]),
            mib(timed.memory[1]),
            mib(timed.memory[2]),
        );
    }
    Ok(())
}

/// An operation that lists students.
struct Listing {
    operation: &'static str,
    target: &'static str,
    list: &'static str,
    /// Calls that a student needs.
    calls: f64,
}

static WALKS: [Listing; 2] = [
    Listing {
        operation: "IFS06.1",
        target: "/ifs06/student-enrollments-changes",
        list: "enrollments_hash",
        calls: 2.0,
    },
    Listing {
        operation: "IFS07.1",
        target: "/ifs07/student-qualifications-changes",
        list: "qualifications_hash",
        calls: 2.0,
    },
];

/// What a walk took.
struct Taken {
    pages: u64,
    calls: u64,
    /// Seconds of the thread, and of the clock.
    cpu: f64,
    wall: f64,
    instructions: Option<u64>,
    /// Bytes of the VM at the start, behind the first page, and in the end: it never gives any back.
    memory: [usize; 3],
}

fn walked(filter: &Filter, bundle: &[u8], walk: &Listing, students: u64) -> Result<Taken> {
    let (systems, calls) = population(students);
    let mut vm = start(filter, bundle, systems)?;
    let mut memory = [vm.memory(); 3];
    let (began, cpu, instructions) = (Instant::now(), thread_seconds(), vm.instructions());
    let (mut pages, mut listed, mut cursor) = (0, 0, Value::Null);
    loop {
        let request = Request {
            method: "POST".to_owned(),
            target: walk.target.to_owned(),
            authority: "ifs.test".to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "cursor": cursor }).to_string().into_bytes(),
        };
        let answer = vm.exchange(&request).map_err(|e| Error::new(format!("{e:?}")))?;
        if answer.status != 200 {
            return Err(Error::new(format!("page {pages}: {}", String::from_utf8_lossy(&answer.body))));
        }
        let page: Value = serde_json::from_slice(&answer.body).context("a page")?;
        listed += page["data"][walk.list].as_array().map_or(0, |list| list.len() as u64);
        pages += 1;
        if pages == 1 {
            memory[1] = vm.memory();
        }
        cursor = page["meta"]["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    memory[2] = vm.memory();
    if listed != students {
        let left = vm.metrics().filter(|(name, _)| name.contains("-R2.") || name.contains("-R1."));
        let left: Vec<String> = left.map(|(name, times)| format!("{times} {name}")).collect();
        return Err(Error::new(format!("{listed} of {students} students are listed: {}", left.join(", "))));
    }
    Ok(Taken {
        pages,
        calls: calls.load(Ordering::Relaxed),
        cpu: thread_seconds() - cpu,
        wall: began.elapsed().as_secs_f64(),
        instructions: vm.instructions().zip(instructions).map(|(after, before)| after - before),
        memory,
    })
}

fn start(filter: &Filter, bundle: &[u8], systems: Systems) -> Result<Vm> {
    let plugin = xtask::envoy::plugin_configuration(bundle, Some("development"), Some("2026-03-01T09:00:00Z"))?;
    let log = paths::run_dir("bench-walk")?.join("wasm.log");
    let log = Arc::new(Sink::create(&log).context("making the log")?);
    let lent = (vec![("IFS_CURSOR_KEY".to_owned(), KEY.to_owned())], Shared::default());
    let vm = filter.start_one_of(1, plugin.into_bytes(), Arc::new(systems), log, lent);
    vm.map_err(|e| Error::new(format!("{e:?}")))
}

/// So many students, and how many calls were made for them.
fn population(students: u64) -> (Systems, Arc<AtomicU64>) {
    let rows: Vec<page::Row> = page::rows(Kind::Varied).into_iter().take(YEARS).collect();
    let years = page::json(&rows);
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let says = move |request: &Request| {
        counter.fetch_add(1, Ordering::Relaxed);
        let parameter =
            |name: &str| request.target.split_once(name).map(|(_, rest)| rest.split('&').next().unwrap_or(""));
        if request.target.contains(LISTED) {
            let start: u64 = parameter("start=").and_then(|start| start.parse().ok()).unwrap_or(0);
            let rows: Vec<Value> = (start..students.min(start + PAGE)).map(listed).collect();
            return Value::from(rows).to_string().into_bytes();
        }
        if request.target.contains("/iscrizioni") {
            return years.clone();
        }
        let code = parameter("codFis=").unwrap_or_default();
        let one = if request.target.contains("/titoli") {
            json!([{ "nome": "Informatica", "corso": "0580107301700001", "classe": "L-31", "data": "12/07/2021",
                "voto": 104, "codFis": code }])
        } else {
            json!([{ "stuId": code.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_003),
                "codFis": code, "staStuCod": "A", "matricola": code }])
        };
        one.to_string().into_bytes()
    };
    (Systems::answering("legacy", says), calls)
}

/// A student of the list of all.
fn listed(number: u64) -> Value {
    json!({ "persId": number + 1, "codFis": tax_code(number), "stuId": number + 7, "staStuCod": "A", "aaIscrId": 2025 })
}

/// A tax code of its own for each number up to 30 million, which differ as years, months, days and places of birth do.
fn tax_code(number: u64) -> String {
    let (day, rest) = (number % 28 + 1, number / 28);
    let (month, rest) = (char::from(b"ABCDEHLMPRST"[(rest % 12) as usize]), rest / 12);
    let (year, place) = (rest % 100, rest / 100 + 100);
    format!("RSSMRA{year:02}{month}{day:02}F{place:03}X")
}

/// Bytes in MiB.
fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1_u32 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_student_has_a_tax_code_of_its_own() {
        let codes: std::collections::BTreeSet<String> = (0..2_000).chain(299_000..300_000).map(tax_code).collect();
        assert_eq!(codes.len(), 3_000);
        assert_eq!(tax_code(28), "RSSMRA00B01F100X");
    }
}
