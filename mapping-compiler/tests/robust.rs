//! Whatever a mapping holds, the compiler says something about it and does not panic, hang or eat the machine.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mapping_compiler::{Files, compile_with};

/// One mapping and the CSV files beside it, in memory.
struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        // Every table is read from one file.
        let csv = path.extension().is_some_and(|e| e == "csv").then_some(Path::new("any.csv"));
        self.0.get(csv.unwrap_or(path)).cloned().ok_or_else(|| std::io::Error::other("not there"))
    }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

const CSV: &str = "DEGREE_COURSE_CODE;INSTITUTE_CODE;DEGREE_COURSE_PARENT_CODE;DEGREE_CLASS_CODE;COURSE_LOCATION;\
                   VALIDITY_YEAR;PROGRAMME_TYPE_CODE;DEGREE_COURSE_NAME;DEGREE_CLASS;DEGREE_CLASS_NAME;PROGRAMME_TYPE_NAME;\
                   INSTITUTE_NAME;\n1;9901;P;C;L;2023;MT;N;L-1;N;N;N;\n";

fn files(mapping: Vec<u8>, csv: Vec<u8>) -> Memory {
    Memory(BTreeMap::from([(PathBuf::from("mapping.yaml"), mapping), (PathBuf::from("any.csv"), csv)]))
}

fn pack() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../mappings/esse3-rest/mapping.yaml")).unwrap()
}

fn writes() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/writes.yaml")).unwrap()
}

fn soap() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/seeds/soap.yaml")).unwrap()
}

/// Compiles and renders; the renderings must not panic either.
fn look(files: &Memory) -> bool {
    let began = Instant::now();
    let outcome = compile_with(Path::new("mapping.yaml"), files);
    let (human, json) = (outcome.report.human(), outcome.report.json());
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    assert_eq!(outcome.bundle.is_none(), outcome.report.has_errors());
    assert!(!human.contains("mistake"), "{human}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    outcome.bundle.is_some()
}

/// Pieces that mean something somewhere.
const PIECES: &[&str] = &[
    "${",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    ": ",
    "\n",
    "  ",
    "- ",
    "#",
    " #",
    "!",
    "&a ",
    "*a",
    "<<: ",
    "|",
    ">",
    "null",
    "0",
    "-1",
    "99999999999999999999",
    "1e400",
    "for",
    "each",
    "given",
    "is",
    "in",
    "careers",
    "years",
    "mur_of",
    "student",
    "request.tax_code",
    "now",
    "filter(x, x)",
    "map(c, c)",
    ".years",
    "== null",
    "&& ",
    "?",
    "é",
    "\u{202e}",
    "\u{0}",
    "\t",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "\u{feff}",
    "'''",
    "\\",
    "[0]",
    "['a']",
    "session",
    "secret.user",
    "result",
    "fault",
    "w:",
    "@",
    "use: retrieve, ",
    "with: { ",
    "soap: x, ",
    "decode: csv, ",
    "parseXml(",
    "settings.kinds",
    "cache: 1h, ",
    "pages: true, ",
    "write: true, ",
    "confirm: { get: /x }, ",
    "walk: offer",
    "row.id",
    "ref",
    "file.file_code",
    "is: refused, message: x",
    "IFS04.3:",
];

#[test]
fn changed_mappings() {
    let (seeds, mut chance) = ([pack(), soap(), writes()], Chance(11));
    for seed in &seeds[1..] {
        assert!(look(&files(seed.clone().into_bytes(), CSV.as_bytes().to_vec())), "a seed does not compile");
    }
    let mut compiled = 0;
    for round in 0..400 {
        let pack = &seeds[round % seeds.len()];
        let mut text: Vec<char> = pack.chars().collect();
        for _ in 0..=chance.below(3) {
            let at = chance.below(text.len());
            match chance.below(4) {
                0 => {
                    let end = (at + chance.below(40)).min(text.len());
                    text.drain(at..end);
                }
                1 => {
                    let piece: Vec<char> = PIECES[chance.below(PIECES.len())].chars().collect();
                    text.splice(at..at, piece);
                }
                2 => {
                    let end = (at + chance.below(30)).min(text.len());
                    let copy = text[at..end].to_vec();
                    let to = chance.below(text.len());
                    text.splice(to..to, copy);
                }
                _ => {
                    let other = chance.below(text.len());
                    text.swap(at, other);
                }
            }
        }
        let text: String = text.into_iter().collect();
        compiled += usize::from(look(&files(text.into_bytes(), CSV.as_bytes().to_vec())));
    }
    // Changes in comments and texts leave it whole now and then; most must be noticed.
    assert!((5..300).contains(&compiled), "{compiled}");
}

#[test]
fn changed_bytes() {
    let (pack, mut chance) = (pack(), Chance(11));
    for _ in 0..150 {
        let (mut mapping, mut csv) = (pack.clone().into_bytes(), CSV.as_bytes().to_vec());
        let bytes = if chance.below(2) == 0 { &mut mapping } else { &mut csv };
        for _ in 0..=chance.below(8) {
            let at = chance.below(bytes.len());
            bytes[at] = chance.next() as u8;
        }
        look(&files(mapping, csv));
    }
}

#[test]
fn cut_mappings() {
    for pack in [pack(), soap()] {
        for end in (0..pack.len()).step_by(131).filter(|end| pack.is_char_boundary(*end)) {
            look(&files(pack.as_bytes()[..end].to_vec(), CSV.as_bytes().to_vec()));
        }
    }
}

/// Short texts that would grow without bound.
#[test]
fn small_texts_that_become_large() {
    let doubling: String =
        (1..=40).map(|n| format!("  d{n}: {{ given: [x], is: d{}(x) + d{}(x) }}\n", n - 1, n - 1)).collect();
    let doubling =
        pack().replace("let:\n  course_of", &format!("let:\n  d0: {{ given: [x], is: x + 1 }}\n{doubling}  course_of"));
    let doubling = doubling.replace("${year.annoCorso}", "${d40(year.annoCorso)}");
    assert!(!look(&files(doubling.into_bytes(), CSV.as_bytes().to_vec())));

    let chain: String = (1..=2_000).map(|n| format!("  e{n}: e{} + 1\n", n - 1)).collect();
    let chain = pack().replace("let:\n  course_of", &format!("let:\n  e0: size(courses)\n{chain}  course_of"));
    let chain = chain.replace("${year.annoCorso}", "${e2000}");
    assert!(!look(&files(chain.into_bytes(), CSV.as_bytes().to_vec())));

    let deep = format!("version: {}1{}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(!look(&files(deep.into_bytes(), Vec::new())));
    let deep = format!(
        "{}a: 1",
        "a:\n ".repeat(300).split('\n').enumerate().map(|(i, l)| format!("{}{l}\n", " ".repeat(i))).collect::<String>()
    );
    assert!(!look(&files(deep.into_bytes(), Vec::new())));
    let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n";
    assert!(!look(&files(laughs.as_bytes().to_vec(), Vec::new())));
    // Wrong in every line.
    let wrong = "a: 1\n".repeat(50_000);
    assert!(!look(&files(wrong.into_bytes(), Vec::new())));
    let long = format!("version: {}", "x".repeat(2_000_000));
    assert!(!look(&files(long.into_bytes(), Vec::new())));
}
