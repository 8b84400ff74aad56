//! Every example of the registry of functions compiles and gives its value.

// Test tooling over data of its own: a panic is a failing test.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

use std::path::Path;

use adapter_core::bundle::seal;
use adapter_core::bundle::{Expr, TableIndex};
use adapter_core::bundle::{FORMS, FUNCTIONS, Function};
use adapter_core::{Plan, evaluate_json};
use mapping_compiler::{Files, compile_with, expression};

/// What the legacy systems of the reference write as a mark, and what the contract wants for it (IFS02.3-F3, #209).
#[test]
fn grades_as_systems_write_them() {
    let same_in_all = |written: &str| [written.to_owned(), written.to_uppercase(), format!("  {written} ")];
    for (written, value) in [
        ("30/30 e lode", "\"30L\""),
        ("30/30 con lode", "\"30L\""),
        ("30/30l", "\"30L\""),
        ("30 / 30 l", "\"30L\""),
        ("110/110 e lode", "\"110L\""),
        ("110/110", "\"110\""),
        ("110 e lode", "\"110L\""),
        ("110 e lode/110", "\"110L\""),
        ("30 e lode/30", "\"30L\""),
        ("30l/30", "\"30L\""),
        ("30 lode", "\"30L\""),
        ("30 l", "\"30L\""),
        ("30elode", "\"30L\""),
        ("30 e lode con menzione", "\"30L\""),
        ("30/30 e lode e menzione", "\"30L\""),
        ("30 e lode con menzione/30", "\"30L\""),
        ("28/30", "\"28\""),
        ("27.5/30", "\"27.5\""),
        ("18", "\"18\""),
        // What is not read to its end may mean anything.
        ("idoneo", "null"),
        ("respinto", "null"),
        ("30 e", "null"),
        ("30/", "null"),
        ("30/trenta", "null"),
        ("30/30/30", "null"),
        ("31/30", "null"),
        ("30 con menzione", "null"),
        ("30 e lode forse", "null"),
        ("30 lodevole", "null"),
        ("28/30 (orale)", "null"),
        ("27.5 e lode", "null"),
        ("e lode", "null"),
        ("/30", "null"),
    ] {
        for written in same_in_all(written) {
            let source = format!("grade('{written}')");
            let compiled = expression(&source, &[]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
            let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
            let found = evaluate_json(&plan, &compiled.expr, &[], 1_772_355_600_000);
            assert_eq!(found.as_deref(), Ok(value), "{source}");
        }
    }
}

#[test]
fn examples_give_their_values() {
    let functions = FUNCTIONS.iter().map(|f| (f.signature().name, f.signature().example));
    for (name, (source, value)) in functions.chain(FORMS.iter().map(|f| (f.name, f.example))) {
        assert!(source.contains(name), "{source} does not show {name}");
        let compiled = expression(source, &[]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
        let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
        let found = evaluate_json(&plan, &compiled.expr, &[], 1_772_355_600_000);
        assert_eq!(found.as_deref(), Ok(value), "{source}");
    }
}

#[test]
fn null_gives_null_where_the_registry_says_so() {
    for function in FUNCTIONS {
        let signature = function.signature();
        if signature.takes_null {
            continue;
        }
        // The formats of a date and the unit of an instant are written in the mapping; what may be left out is.
        let left_out = usize::from(matches!(signature.function, Function::Date | Function::RomeDate));
        let rest = vec!["v.nothing"; signature.params.len() - 1 - left_out].join(", ");
        let source = match (signature.method, rest.is_empty()) {
            (true, _) => format!("v.nothing.{}({rest})", signature.name),
            (false, true) => format!("{}(v.nothing)", signature.name),
            (false, false) => format!("{}(v.nothing, {rest})", signature.name),
        };
        let compiled = expression(&source, &["v"]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
        let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
        let found = evaluate_json(&plan, &compiled.expr, &[(compiled.slots[0], "{}")], 1_772_355_600_000);
        assert_eq!(found.as_deref(), Ok("null"), "{source}");
    }
}

/// Yes and no as systems write them, alone and as the second argument of `grade`: never a mark without its honours
/// because nobody knew the word.
#[test]
fn yes_and_no() {
    let value = |source: &str| {
        let compiled = expression(source, &[]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
        let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
        evaluate_json(&plan, &compiled.expr, &[], 1_772_355_600_000).unwrap()
    };
    const YES: &[&str] = &[
        "'1'",
        "1",
        "1.0",
        "-1",
        "'-1'",
        "'1.0'",
        "'01'",
        "'S'",
        "'s'",
        "'SI'",
        "'Si'",
        "'sì'",
        "'SÌ'",
        "'Si\u{300}'",
        "'SI’'",
        "'Y'",
        "'yes'",
        "'YES'",
        "'true'",
        "'True'",
        "'TRUE'",
        "'t'",
        "'Vero'",
        "'V'",
        "'on'",
        "'x'",
        "'X'",
        "'L'",
        "'l'",
        "'Lode'",
        "true",
        "' S '",
    ];
    const NO: &[&str] = &[
        "'0'", "0", "0.0", "'0.0'", "'00'", "'N'", "'n'", "'NO'", "'No'", "'false'", "'False'", "'FALSE'", "'f'",
        "'FALSO'", "'off'", "false", "' n '",
    ];
    const NEITHER: &[&str] = &[
        "'2'",
        "2",
        "-2",
        "0.5",
        "'forse'",
        "'sip'",
        "'si si'",
        "'nd'",
        "'-'",
        "'Sii'",
        "'ok'",
        "'A'",
        "day(2026, 1, 1)",
    ];
    for (words, flag, grade) in [(YES, "true", "\"30L\""), (NO, "false", "\"30\""), (NEITHER, "null", "null")] {
        for word in words {
            assert_eq!(value(&format!("flag({word})")), flag, "{word}");
            assert_eq!(value(&format!("grade(30, {word})")), grade, "{word}");
            assert_eq!(value(&format!("grade(30, flag({word}))")), grade, "{word}");
        }
    }
    for (word, expected) in [
        ("null", "\"30\""),
        ("''", "\"30\""),
        ("' '", "\"30\""),
        ("'con lode'", "\"30L\""),
        ("'E LODE'", "\"30L\""),
        ("'cum laude'", "\"30L\""),
        ("'lode e menzione'", "\"30L\""),
        ("'Senza lode'", "\"30\""),
        ("'con'", "null"),
        ("'senza'", "null"),
        ("'lodevole'", "null"),
    ] {
        assert_eq!(value(&format!("grade(30, {word})")), expected, "{word}");
    }
}

/// Values from the contract (IFS02.3-F3, BP-1 to BP-4) and from what systems write.
#[test]
fn edges() {
    for (source, value) in [
        ("grade(30)", "\"30\""),
        ("grade(30.0, 0)", "\"30\""),
        ("grade(28.5)", "\"28.5\""),
        ("grade(28.555)", "null"),
        ("grade(28.5, 1)", "null"),
        ("grade(110, 'S')", "\"110L\""),
        ("grade('30 e lode')", "\"30L\""),
        ("grade('30 e lode con menzione')", "\"30L\""),
        ("grade('30L')", "\"30L\""),
        ("grade('28,5')", "\"28.5\""),
        ("grade('30,00', 'S')", "\"30L\""),
        ("grade('30 cum laude')", "\"30L\""),
        ("grade('1.030,5')", "null"),
        ("grade(',5')", "null"),
        ("num(',5', ',')", "0.5"),
        ("num('-.5')", "-0.5"),
        ("num('+5')", "5"),
        ("num('\\n  2\\n')", "2"),
        ("num('1.0E2')", "100"),
        ("num('27.333333333333333333333333333333333333')", "27.33333333333333333"),
        ("num('12345678901234567890')", "null"),
        ("num('1.234,5', ',')", "null"),
        ("num('.')", "null"),
        ("int('\\n  2\\n')", "2"),
        ("romeDate(1759269600000)", "\"2025-10-01\""),
        ("romeDate(1759269599999)", "\"2025-09-30\""),
        ("romeDate(1759269600, 's')", "\"2025-10-01\""),
        ("romeDate(1759269599.999, 's')", "\"2025-09-30\""),
        ("romeDate(-3600001)", "\"1969-12-31\""),
        ("romeDate(-3600000, 'ms')", "\"1970-01-01\""),
        ("romeDate('2025-09-30T22:00:00Z')", "\"2025-10-01\""),
        ("romeDate('/Date(1759269600000)/')", "\"2025-10-01\""),
        ("romeDate('2025-09-30')", "\"2025-09-30\""),
        ("romeDate('ieri')", "null"),
        ("romeDate(9000000000000000000)", "null"),
        ("date('2025-09-30T22:00:00Z')", "\"2025-10-01\""),
        ("date('2025-11-15+01:00')", "\"2025-11-15\""),
        ("date('/Date(1759269600000)/')", "\"2025-10-01\""),
        ("date('2025-11-15T10:00:00', 'yyyy-MM-dd\\'T\\'HH:mm:ss')", "\"2025-11-15\""),
        ("grade('30/30')", "\"30\""),
        ("grade('28/30', 'S')", "\"28L\""),
        ("startYear('2023/2024')", "2023"),
        ("startYear('2023/24')", "2023"),
        ("startYear('2023-2024')", "2023"),
        ("startYear(' 2023-24 ')", "2023"),
        ("startYear('1999/00')", "1999"),
        ("startYear('2023/25')", "null"),
        ("startYear('2023/2025')", "null"),
        ("startYear('2023/4')", "null"),
        ("startYear('2023/024')", "null"),
        ("startYear('23/24')", "null"),
        ("startYear('2023')", "null"),
        ("startYear('2023/+24')", "null"),
        ("startYear('')", "null"),
        ("academicYear(startYear('2023-24'))", "\"2023/2024\""),
        ("academicYear(999)", "null"),
        ("academicYear(23)", "null"),
        ("academicYear(-2023)", "null"),
        ("academicYear(1000)", "\"1000/1001\""),
        ("academicYear(9998)", "\"9998/9999\""),
        // Its second year would have five digits.
        ("academicYear(9999)", "null"),
        ("academicYear(20230)", "null"),
        ("term(2023, '1').start", "\"2023-10-01\""),
        ("term(2023, 2).start", "\"2024-03-01\""),
        // With an offset it is an instant, whose day is Rome's; without one it is the day as written.
        ("date('2025-07-01T23:30:00-05:00')", "\"2025-07-02\""),
        ("date('01/07/2025 23:30:00')", "\"2025-07-01\""),
        ("grade('27.5')", "\"27.5\""),
        ("grade('IDO')", "null"),
        ("grade('')", "null"),
        ("grade('.5')", "null"),
        ("grade(-3)", "null"),
        ("grade(null, 1)", "null"),
        ("birthPlace('ITALIA', 'bo', 'Bologna')", "\"Italia,BO,Bologna\""),
        ("birthPlace('Italia', 'RE', 'REGGIO NELL\\'EMILIA')", "\"Italia,RE,Reggio Nell'Emilia\""),
        ("birthPlace('ITALIA', null, 'Milano')", "\"Italia,,Milano\""),
        ("birthPlace('SVIZZERA', null, null)", "\"Svizzera,,\""),
        ("birthPlace(null, 'MI', 'Milano')", "null"),
        ("birthPlace('Italia', 'MI', 'Milano, Bovisa')", "null"),
        ("'a;b;'.split(';')", "[\"a\",\"b\",\"\"]"),
        ("'ab'.split('')", "[\"ab\"]"),
        ("'ab'.replace('', 'x')", "\"ab\""),
        ("[1, 'è', null, day(2026, 3, 1)].join('-')", "\"1-è-2026-03-01\""),
        ("['a', 'b'].join()", "\"ab\""),
        ("'abc'.cut(9)", "\"abc\""),
        ("'abc'.cut(0)", "\"\""),
        ("day(2025, 2, 29)", "null"),
        ("day(2025, 13, 1)", "null"),
        ("shift(day(2024, 1, 31), '1m')", "\"2024-02-29\""),
        ("shift(day(2024, 3, 1), '-1d')", "\"2024-02-29\""),
        ("formatDate(day(987, 3, 1), 'yyyyMMdd')", "\"09870301\""),
        ("date('31.12.2025', 'dd.MM.yyyy')", "\"2025-12-31\""),
        ("date(' 2025-12-31 ', 'dd.MM.yyyy', 'yyyy-MM-dd')", "\"2025-12-31\""),
        // The first format that fits: 3 April, not 4 March.
        ("date('04/03/2025', 'MM/dd/yyyy', 'dd/MM/yyyy')", "\"2025-04-03\""),
        ("date('14/03/2025', 'MM/dd/yyyy', 'dd/MM/yyyy')", "\"2025-03-14\""),
        ("date('20251231235959', 'yyyyMMddHHmmss')", "\"2025-12-31\""),
        ("date('20251231240000', 'yyyyMMddHHmmss')", "\"2026-01-01\""),
        ("date('2025-12-31T10:00', 'yyyy-MM-ddTHH:mm')", "\"2025-12-31\""),
        // With formats nothing else is tried, and all of the text must fit.
        ("date('31/12/2025', 'yyyy-MM-dd')", "null"),
        ("date('2025-12-31 10:00', 'yyyy-MM-dd')", "null"),
        ("date('2025-12-3', 'yyyy-MM-dd')", "null"),
        ("date('2025-+1-31', 'yyyy-MM-dd')", "null"),
        ("date('2025-02-30', 'yyyy-MM-dd')", "null"),
        ("date('', 'yyyy-MM-dd')", "null"),
        ("date(day(2025, 1, 2), 'dd.MM.yyyy')", "\"2025-01-02\""),
        ("entries({'b': {'x': 1}, 'a': null}).map(e, e.value.x)", "[1,null]"),
        ("entries([{'k': 'z', 'v': 1}, {'k': 'y', 'v': 2}].indexBy(x, x.k)).map(e, e.key)", "[\"y\",\"z\"]"),
        (
            "entries(parseJson('{\"B\": {\"n\": 2}, \"A\": {\"n\": 1}}')).map(e, e.key + string(e.value.n))",
            "[\"B2\",\"A1\"]",
        ),
        ("entries({})", "[]"),
        ("size(entries(null))", "0"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(7, 2)", "7"),
        ("recentYears(0)", "[]"),
        // IFS02.3-F2: the first term ends with February, the second with the academic year.
        ("term(2023, 'S1')", "{\"start\":\"2023-10-01\",\"end\":\"2024-02-29\"}"),
        ("term(2022, 1).end", "\"2023-02-28\""),
        ("term(2023, ' S2 ')", "{\"start\":\"2024-03-01\",\"end\":\"2024-09-30\"}"),
        ("term(2023, 'A')", "{\"start\":\"2023-10-01\",\"end\":\"2024-09-30\"}"),
        ("term(2023, 'T4').start", "null"),
        ("term(2023, null).start", "null"),
        ("term(20230, 'S1')", "null"),
        ("pairs({'b': 1, 'a': null, 'c': day(2026, 3, 1), 'd': ''}, '&')", "\"b=1&c=2026-03-01&d=\""),
        ("pairs({'a': 'x'}, '; ')", "\"a=x\""),
        ("pairs([{'k': 'z', 'v': 1}, {'k': 'y', 'v': 2}].indexBy(x, x.k)['z'], ';')", "\"k=z;v=1\""),
        (
            "toXml({'R': {'A': 'a < b & \"c\"', 'B': [1, 2.5], 'C': {'D': true}}})",
            "\"<R><A>a &lt; b &amp; \\\"c\\\"</A><B>1</B><B>2.5</B><C><D>true</D></C></R>\"",
        ),
        ("parseXml(toXml({'R': {'A': ['x', 'y']}})).R.A[1]", "\"y\""),
        ("parseXml('<R><A>1</A><A>2</A></R>').R.A.map(a, num(a)).sum()", "3"),
        ("parseXml('<R><A>1</A><A>2</A></R>').R.A.latest(a, a, '').one()", "\"2\""),
        ("parseXml('<R><A>k12</A></R>').R.A.extract('[0-9]+')", "\"12\""),
        ("parseXml('<R><A>x</A><A>y</A></R>').R.A.join('-')", "\"x-y\""),
        ("coalesce(parseXml('<R/>').R.A, 'none')", "\"none\""),
        ("parseJson('[1, {\"a\": null}]')[1].a", "null"),
        ("iseeBands([]).map(b, b.enrollment_count).sum()", "0"),
        // What is no amount, or less than nothing, is an ISEE that was not presented.
        ("iseeBands(['27000', 'x', '', -1, -0.01, null], 1).map(b, b.enrollment_count)", "[1,5]"),
        (
            "iseeBands(['27000', '12.000,50'], 1).map(b, b.range_description)",
            "[\"26.001-28.000\",\"ISEE non presentato\"]",
        ),
        ("'x'.extract('(y)?x')", "null"),
        ("'x'.extract('(y?)x')", "\"\""),
        ("[{'c': 'a', 'y': 1}, {'c': 'b', 'y': 9}, {'c': 'a', 'y': 2}].latest(x, x.y, x.c).map(x, x.y)", "[2,9]"),
        ("[{'c': 'a', 'y': null}, {'c': 'a', 'y': 0}].latest(x, x.y, x.c).map(x, x.y)", "[0]"),
        // What is the same in `of` goes by the elements' canonical bytes, whatever their order.
        ("[{'c': 1, 'v': 'b'}, {'c': 1, 'v': 'a'}].latest(x, 0, x.c).map(x, x.v)", "[\"a\"]"),
        ("[{'c': 1, 'v': 'a'}, {'c': 1, 'v': 'b'}].latest(x, 0, x.c).map(x, x.v)", "[\"a\"]"),
        ("[{'c': null, 'v': 1}, {'c': null, 'v': 2}].latest(x, 0, x.c).map(x, x.v)", "[1,2]"),
        ("[1, 2, 3].latest(x, x, [x % 2])", "[3,2]"),
        ("[].latest(x, x, x)", "[]"),
    ] {
        assert_eq!(value_of(source).as_deref(), Ok(value), "{source}");
    }
    for source in [
        "pairs({'a': 'x;b=y'}, ';')",
        "pairs({'a': 'x=y'}, ';')",
        "pairs({'a=b': 'x'}, ';')",
        "pairs({'a': 'x\\ny'}, ';')",
        "pairs({'': 'x'}, ';')",
        "pairs({'a': 'x'}, '')",
        "pairs({'a': ['x']}, ';')",
        "toXml({'R': 1, 'S': 2})",
        "toXml({'a b': 1})",
        "toXml({'R': '\\u0001'})",
        "[{'y': 1}, {'y': 'a'}].latest(x, x.y, 0)",
        "parseXml('<a>')",
        "parseXml('<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>')",
        "parseJson('{')",
    ] {
        assert!(value_of(source).is_err(), "{source}");
    }
    for source in ["record('a#b', '#', ['one'])", "shift(day(2024, 1, 1), '1w')", "recentYears(-1)", "'a'.cut(-1)"] {
        assert!(value_of(source).is_err(), "{source}");
    }
}

/// Appendix C of the contract: every range, its label, and both of its ends.
#[test]
fn isee_bands() {
    const BANDS: [(&str, Option<i64>, Option<i64>); 24] = [
        ("<=13.000", Some(0), Some(13_000)),
        ("13.001-16.000", Some(13_001), Some(16_000)),
        ("16.001-18.000", Some(16_001), Some(18_000)),
        ("18.001-20.000", Some(18_001), Some(20_000)),
        ("20.001-22.000", Some(20_001), Some(22_000)),
        ("22.001-24.000", Some(22_001), Some(24_000)),
        ("24.001-26.000", Some(24_001), Some(26_000)),
        ("26.001-28.000", Some(26_001), Some(28_000)),
        ("28.001-30.000", Some(28_001), Some(30_000)),
        ("30.001-32.000", Some(30_001), Some(32_000)),
        ("32.001-34.000", Some(32_001), Some(34_000)),
        ("34.001-36.000", Some(34_001), Some(36_000)),
        ("36.001-38.000", Some(36_001), Some(38_000)),
        ("38.001-40.000", Some(38_001), Some(40_000)),
        ("40.001-45.000", Some(40_001), Some(45_000)),
        ("45.001-50.000", Some(45_001), Some(50_000)),
        ("50.001-55.000", Some(50_001), Some(55_000)),
        ("55.001-60.000", Some(55_001), Some(60_000)),
        ("60.001-70.000", Some(60_001), Some(70_000)),
        ("70.001-80.000", Some(70_001), Some(80_000)),
        ("80.001-90.000", Some(80_001), Some(90_000)),
        ("90.001-100.000", Some(90_001), Some(100_000)),
        ("> 100.000", Some(100_001), None),
        ("ISEE non presentato", None, None),
    ];
    let bands = |values: &str| -> Vec<serde_json::Value> {
        serde_json::from_str(&value_of(&format!("iseeBands([{values}])")).unwrap()).unwrap()
    };
    let empty = bands("");
    assert_eq!(empty.len(), 24);
    for (band, (label, from, to)) in empty.iter().zip(BANDS) {
        let expected = serde_json::json!({
            "isee_min_value": from, "isee_max_value": to, "enrollment_count": 0, "range_description": label,
        });
        assert_eq!(*band, expected);
    }
    let place = |value: &str| -> Vec<usize> {
        let counts = bands(value).into_iter().map(|b| b["enrollment_count"].as_i64().unwrap());
        counts.enumerate().filter(|(_, count)| *count == 1).map(|(at, _)| at).collect()
    };
    for (at, (_, from, to)) in BANDS.into_iter().enumerate() {
        // Half open: the greatest value is inside, and what is just above the last range's end.
        if let Some(to) = to {
            assert_eq!(place(&to.to_string()), [at]);
            assert_eq!(place(&format!("{to}.01")), [at + 1]);
        }
        if let Some(from) = from {
            assert_eq!(place(&from.to_string()), [at]);
        }
    }
    assert_eq!(place("null"), [23]);
    assert_eq!(place("9999999"), [22]);
    // IFS08.1-R2: a range with fewer than the institute shows is left out.
    let shown = value_of("iseeBands([1, 2, 3, 14000, null, null], 2).map(b, b.enrollment_count)");
    assert_eq!(shown.as_deref(), Ok("[3,2]"));
}

/// A missing key is no code that a table does not know.
#[test]
fn the_default_of_a_table_is_not_for_null() {
    const MAPPING: &str = r#"
version: 1
institute: { code: "9901" }
systems: { sis: { cluster: sis } }
tables: { words: { values: { 1: active }, default: wait } }
student:
  calls: { careers: { get: /careers, query: { cf: "${student.tax_code}" } } }
  unknown: size(careers) == 0
  person: { tax_code: "${student.tax_code}" }
operations:
  IFS02.1:
    answer:
      enrollments:
        for: c in careers
        each:
          institute_code: ${institute.code}
          programme_type_code: MT
          degree_course_code: ${c.course}
          academic_year: ${academicYear(c.year)}
          degree_course_year: ${c.n}
          status: ${words(c.status)}
"#;
    let outcome = compile_with(Path::new("m.yaml"), &Text(MAPPING));
    let bundle = outcome.bundle.unwrap_or_else(|| panic!("{}", outcome.report.human()));
    let plan = Plan::load(&seal(&bundle).unwrap()).unwrap();
    for (key, one, all) in
        [(Expr::Int(1), "\"active\"", "[\"active\"]"), (Expr::Int(2), "\"wait\"", "[]"), (Expr::Null, "null", "[]")]
    {
        let found = |expr: Expr| evaluate_json(&plan, &expr, &[], 1_772_355_600_000);
        assert_eq!(found(Expr::Table { table: TableIndex(0), keys: vec![key.clone()] }).as_deref(), Ok(one), "{key:?}");
        assert_eq!(
            found(Expr::TableRows { table: TableIndex(0), keys: vec![key.clone()] }).as_deref(),
            Ok(all),
            "{key:?}"
        );
    }
}

/// One file.
struct Text(&'static str);

impl Files for Text {
    fn read(&self, _: &Path) -> std::io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn value_of(source: &str) -> Result<String, adapter_core::EvalError> {
    let compiled = expression(source, &[]).unwrap_or_else(|report| panic!("{source}:\n{}", report.human()));
    let plan = Plan::load(&seal(&compiled.bundle).unwrap()).unwrap();
    evaluate_json(&plan, &compiled.expr, &[], 1_772_355_600_000)
}
