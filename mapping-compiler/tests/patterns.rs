//! Regular expressions against the `regex` crate: the same texts match, and the same group is found.

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

use adapter_core::bundle::seal;
use adapter_core::{EvalError, Plan, evaluate_json};
use mapping_compiler::diagnostic::Code;
use mapping_compiler::expression;
use regex::Regex;

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
        (self.next() % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A pattern as ours reads it, and the same for the `regex` crate, whose classes are Unicode's.
    fn pattern(&mut self, depth: usize) -> (String, String) {
        if depth == 0 || self.below(4) == 0 {
            return self.atom();
        }
        match self.below(8) {
            0..=2 => {
                let parts: Vec<(String, String)> = (0..1 + self.below(3)).map(|_| self.pattern(depth - 1)).collect();
                (parts.iter().map(|p| p.0.as_str()).collect(), parts.iter().map(|p| p.1.as_str()).collect())
            }
            3 => {
                let (a, b) = (self.pattern(depth - 1), self.pattern(depth - 1));
                (format!("(?:{}|{})", a.0, b.0), format!("(?:{}|{})", a.1, b.1))
            }
            4 => {
                let a = self.pattern(depth - 1);
                (format!("({})", a.0), format!("({})", a.1))
            }
            5 => {
                let flag = self.pick(&["(?i:", "(?s:", "(?m:", "(?U:", "(?i-s:"]);
                let a = self.pattern(depth - 1);
                (format!("{flag}{})", a.0), format!("{flag}{})", a.1))
            }
            _ => {
                let times = self.pick(&["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}", "{2,3}?", "{0}"]);
                let a = self.pattern(depth - 1);
                (format!("(?:{}){times}", a.0), format!("(?:{}){times}", a.1))
            }
        }
    }

    fn atom(&mut self) -> (String, String) {
        let same = |s: &str| (s.to_owned(), s.to_owned());
        let (ours, theirs) = self.pick(&[
            (r"\d", "[0-9]"),
            (r"\D", "[^0-9]"),
            (r"\w", "[0-9A-Za-z_]"),
            (r"\W", "[^0-9A-Za-z_]"),
            (r"\s", r"[\t\n\x0b\f\r ]"),
            (r"[\d-]", "[0-9-]"),
            (r"[^\w]", "[^0-9A-Za-z_]"),
            (r"\b", r"(?-u:\b)"),
            (r"\B", r"(?:\b{start-half}\b{end-half})"),
        ]);
        match self.below(5) {
            0 if ours != r"\B" => (ours.to_owned(), theirs.to_owned()),
            1 => same(self.pick(&["^", "$", ".", r"\A", r"\z", "", "[^a]", "[a-cx]", "[[:alpha:]]", r"\x{e8}", r"\."])),
            _ => same(self.pick(&["a", "b", "c", "ab", "1", "è", "K", " ", "_"])),
        }
    }

    fn text(&mut self) -> String {
        (0..self.below(9))
            .map(|_| self.pick(&["a", "b", "c", "1", "7", "è", "k", "\u{212a}", " ", "_", "\n", "-"]))
            .collect()
    }
}

/// What ours gives for each text: whether it matches, and what is extracted.
fn ours(pattern: &str, texts: &[String]) -> Result<Vec<(bool, Option<String>)>, String> {
    let source = format!("ts.map(t, [t.matches(r\"{pattern}\"), t.extract(r\"{pattern}\")])");
    let compiled = expression(&source, &["ts"]).map_err(|report| report.human())?;
    let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
    let texts = serde_json::to_string(texts).unwrap();
    let found =
        evaluate_json(&plan, &compiled.expr, &[(compiled.slots[0], &texts)], 0).map_err(|e| format!("{e:?}"))?;
    Ok(serde_json::from_str(&found).unwrap())
}

#[test]
fn finds_what_the_regex_crate_finds() {
    let mut chance = Chance(0x1F5_0209);
    let (mut matched, mut extracted, mut compared) = (0, 0, 0);
    for _ in 0..1_500 {
        let (pattern, theirs) = chance.pattern(3);
        let texts: Vec<String> = (0..6).map(|_| chance.text()).collect();
        let regex = Regex::new(&theirs).unwrap_or_else(|e| panic!("{theirs}: {e}"));
        let found = ours(&pattern, &texts).unwrap_or_else(|e| panic!("{pattern}\n{e}"));
        for (text, found) in texts.iter().zip(found) {
            let captures = regex.captures(text);
            let group = captures.as_ref().and_then(|c| c.get(usize::from(regex.captures_len() > 1)));
            let expected = (captures.is_some(), group.map(|g| g.as_str().to_owned()));
            assert_eq!(found, expected, "{pattern} in {text:?}");
            compared += 1;
            matched += usize::from(expected.0);
            extracted += usize::from(expected.1.is_some_and(|g| !g.is_empty()));
        }
    }
    assert!(matched * 5 > compared && matched * 10 < compared * 9, "{matched} of {compared} match");
    assert!(extracted * 20 > compared, "{extracted} of {compared} extract something");
}

#[test]
fn what_is_meant_by_ascii() {
    let texts: Vec<String> = ["٣", "è", "7", "e7"].map(str::to_owned).to_vec();
    let matches = |pattern: &str| ours(pattern, &texts).unwrap().into_iter().map(|(m, _)| m).collect::<Vec<_>>();
    assert_eq!(matches(r"^\d$"), [false, false, true, false]);
    assert_eq!(matches(r"^\w+$"), [false, false, true, true]);
    assert_eq!(matches(r"\b7"), [false, false, true, false]);
    assert_eq!(matches(r"\B7"), [false, false, false, true]);
    assert_eq!(matches(r"^\p{L}"), [false, true, false, true]);
}

#[test]
fn refused_patterns() {
    let mut told: BTreeMap<Code, usize> = BTreeMap::new();
    for (pattern, code) in [
        ("(", Code::PatternSyntax),
        ("a)", Code::PatternSyntax),
        ("*", Code::PatternSyntax),
        ("a{3,2}", Code::PatternSyntax),
        ("[z-a]", Code::PatternSyntax),
        (r"(a)\1", Code::PatternSyntax),
        ("(?=a)", Code::PatternSyntax),
        ("(?<!a)b", Code::PatternSyntax),
        ("(?x)a b", Code::PatternSyntax),
        ("(?-u)a", Code::PatternSyntax),
        ("(?R)$", Code::PatternSyntax),
        ("[a[b]]", Code::PatternSyntax),
        ("[a-z&&b]", Code::PatternSyntax),
        (r"\<a", Code::PatternSyntax),
        (r"\b{start}a", Code::PatternSyntax),
        (r"\u00e8", Code::PatternSyntax),
        (r"\p{Nonsense}", Code::PatternSyntax),
        ("a{1001}", Code::PatternSize),
        ("(?:(?:a{30}){30}){30}", Code::PatternSize),
        (r"[\p{L}]{20}", Code::PatternSize),
    ] {
        let report = expression(&format!("t.matches(r\"{pattern}\")"), &["t"]).expect_err(pattern);
        let codes: Vec<Code> = report.diagnostics().iter().map(|d| d.code).collect();
        assert_eq!(codes, [code], "{pattern}");
        *told.entry(code).or_default() += 1;
    }
    let deep = format!("{}a{}", "(".repeat(200), ")".repeat(200));
    assert!(expression(&format!("t.matches(r'{deep}')"), &["t"]).is_err());
    let long = "a".repeat(1_001);
    assert!(expression(&format!("t.matches('{long}')"), &["t"]).is_err());
}

/// The time is linear, and what there is too much of ends with the budget of steps.
#[test]
fn a_text_that_would_take_a_backtracking_matcher_for_ever() {
    let value = |source: &str, text: &str| {
        let compiled = expression(source, &["t"]).unwrap_or_else(|r| panic!("{}", r.human()));
        let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
        evaluate_json(&plan, &compiled.expr, &[(compiled.slots[0], &serde_json::to_string(text).unwrap())], 0)
    };
    assert_eq!(value("t.matches('^(a+)+$')", &format!("{}b", "a".repeat(20_000))).as_deref(), Ok("false"));
    assert_eq!(value("t.matches('^(a|aa)+$')", &"a".repeat(20_000)).as_deref(), Ok("true"));
    assert_eq!(value("t.matches('(a?){300}b')", &"a".repeat(1_000_000)), Err(EvalError::Steps));
    // A short text with a short pattern takes few of them.
    assert_eq!(value("t.extract('n. ([0-9]+)')", "Delibera n. 17").as_deref(), Ok("\"17\""));
    assert_eq!(value("t.extract('(x)|17')", "Delibera n. 17").as_deref(), Ok("null"));
    assert_eq!(value("t.extract('[0-9]+')", "Delibera n. 17").as_deref(), Ok("\"17\""));
    assert_eq!(value("t.matches('a')", ""), Ok("false".to_owned()));
    assert_eq!(value("t.matches('^((){1000}){1000}$')", "").as_deref(), Ok("true"));
    assert_eq!(value("t.matches('')", ""), Ok("true".to_owned()));
}
