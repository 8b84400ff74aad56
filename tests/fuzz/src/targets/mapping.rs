//! Mappings: whatever one holds, the compiler says something sensible about it and ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use adapter_core::Plan;
use adapter_core::bundle::seal;
use mapping_compiler::diagnostic::{CODES, Code};
use mapping_compiler::{Files, compile_with};

use super::Target;

pub const TARGET: Target = Target {
    name: "mapping",
    seeds,
    make: None,
    pieces: &[
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
        "!",
        "&a ",
        "*a",
        "<<: ",
        "|",
        ">-",
        "null",
        "0",
        "-1",
        "for: x in careers",
        "each:",
        "given: [x]",
        "is: x",
        "use: ",
        "with: {}",
        "soap: ",
        "session",
        "secret.k",
        "take: ",
        "failures:\n",
        "when: ",
        "decode: xml",
        "pages: true",
        "cache: 1h",
        "sample: s.json",
        "extends: ./other.yaml",
        "settings:\n",
        "values: { a: b }",
        "file: t.csv",
        "key: [a, b]",
        "where: a == b",
        "student",
        "request.tax_code",
        "today",
        ".filter(x, x.a)",
        ".map(c, c)",
        ".groupBy(x, x.k)",
        ".latest(x, x.a, x.b)",
        ".indexBy(x, x.k)",
        ".sortBy(x, x)",
        ".matches(r'\\d+')",
        ".extract('(a|b)*')",
        ".matches('(((((a{9}){9}){9}){9}){9}')",
        "parseXml(x)",
        "parseJson(x.y)",
        "toXml({'a': 1})",
        "pairs({'a': 1}, ';')",
        "term(2023, 'S1').start",
        "iseeBands([1])",
        "must(a)",
        "[0]",
        "['a']",
        "['p:b']",
        "['@x']",
        "== null",
        "&& ",
        " ? a : b",
        "é",
        "\u{202e}",
        "\u{0}",
        "\t",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\u{feff}",
        "\\",
        "99999999999999999999",
        "1e400",
        "r'",
        "b'",
        "'''",
        "//",
        "IFS01.1",
        "IFS02.3",
        "\r\n",
        "@name",
        "xmlns",
    ],
    pairs: &[("(", ")"), ("[", "]"), ("{ a: ", " }"), ("${", "}"), ("'", "'"), ("\"", "\""), ("-", ""), ("!", "")],
    share: 5,
    check,
};

/// Every mapping that is at hand: those of the packs, and the wrong ones of the compiler's tests.
static MAPPINGS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["mappings", "mapping-compiler/tests/ui"] {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        files.extend(entries.map(|e| e.path()).map(|p| if p.is_dir() { p.join("mapping.yaml") } else { p }));
    }
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    let texts: Vec<Vec<u8>> = files.iter().filter_map(|path| std::fs::read(path).ok()).collect();
    assert!(texts.len() > 50, "only {} mappings", texts.len());
    texts
});

fn seeds() -> Vec<Vec<u8>> {
    MAPPINGS.clone()
}

const CSV: &[u8] = b"DEGREE_COURSE_CODE;INSTITUTE_CODE;DEGREE_COURSE_PARENT_CODE;DEGREE_CLASS_CODE;COURSE_LOCATION;\
    VALIDITY_YEAR;PROGRAMME_TYPE_CODE;DEGREE_COURSE_NAME;DEGREE_CLASS;a;b;key;value\n1;9901;P;C;L;2023;MT;N;L-1;x;y;k;v\n";
const JSON: &[u8] = br#"{"id": 1, "rows": [{"a": "x", "b": null}]}"#;
const OTHER: &[u8] = b"version: 1\ninstitute: { code: \"9901\" }\ntables: { t: { values: { a: b } } }\n";

/// The mapping, and something for every file that it may name.
struct Memory<'m>(&'m [u8]);

impl Files for Memory<'_> {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let kind = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        Ok(match kind {
            _ if path == Path::new("mapping.yaml") => self.0.to_vec(),
            "csv" => CSV.to_vec(),
            "json" => JSON.to_vec(),
            "yaml" => OTHER.to_vec(),
            _ => return Err(std::io::Error::other("not there")),
        })
    }
}

fn check(input: &[u8]) -> u64 {
    let outcome = compile_with(Path::new("mapping.yaml"), &Memory(input));
    let report = &outcome.report;
    let human = report.human();
    assert!(serde_json::from_str::<serde::de::IgnoredAny>(&report.json()).is_ok(), "the report is no JSON");
    assert!(outcome.bundle.is_none() == report.has_errors(), "a bundle and an error, or neither");
    // What the compiler says of itself when it has no answer.
    assert!(!human.contains("mistake of"), "{human}");
    let mut said: BTreeMap<Code, u64> = BTreeMap::new();
    for diagnostic in report.diagnostics() {
        *said.entry(diagnostic.code).or_default() += 1;
        assert!(!diagnostic.message.is_empty() && !diagnostic.labels.is_empty(), "{human}");
        for label in &diagnostic.labels {
            let (start, end) = (label.span.start as usize, label.span.end as usize);
            let file = report.sources.file(label.span.file).expect("a diagnostic is in a file that was read");
            assert!(start <= end && file.text.get(start..end).is_some(), "a place outside {}: {human}", file.name);
        }
    }
    if let Some(bundle) = &outcome.bundle {
        let file = seal(bundle).expect("a bundle is written");
        Plan::load(&file).expect("a bundle that was made is loaded");
    }
    // Which codes were said, and roughly how often.
    CODES.iter().fold(0, |hash, code| {
        let times = said.get(code).map_or(0, |n| 1 + n.ilog2());
        (hash ^ u64::from(times)).wrapping_mul(0x0100_0000_01b3)
    })
}
