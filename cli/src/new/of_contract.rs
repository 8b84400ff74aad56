//! A mapping of any operations that are served, made from the contract's tables: an invented system answers each by one
//! call, whose record has the answer's own shape. The author puts the real system's calls and members in place of these.

use adapter_core::contract::{About, Answer, BANDS, Field, Kept, Kind, List, Maker, Object, Operation, Pattern};
use mapping_test::yaml::behind_key;
use serde_json::{Map, Value, json};

/// The time of the tests.
pub(super) const NOW: &str = "2026-03-01T09:00:00Z";
/// The academic year that samples are of, as it begins.
const YEAR: i64 = 2025;
const TAX_CODE: &str = "RSSMRA80A01F205X";
/// The Ministry's code of an institute that is none.
const INSTITUTE: &str = "9901";

/// Files of a mapping of these operations: path and text. The tests have no answers yet.
pub(super) fn files(operations: &[&'static Operation]) -> Vec<(String, String)> {
    let mut files = vec![("mapping.yaml".to_owned(), mapping(operations))];
    if operations.iter().any(|o| o.about.one()) {
        files.push(("samples/people.json".to_owned(), "[ { \"id\": 1 } ]\n".to_owned()));
    }
    for operation in operations {
        let sample = match operation.answer {
            Answer::Record(object) => record(operation, object),
            Answer::List(list) => Value::Array(items(operation, list)),
        };
        files.push((format!("samples/{}.json", stem(operation)), pretty(&sample)));
    }
    files
}

/// The test of an operation, with the answer that it expects.
pub(super) fn test(operation: &Operation, body: &Value) -> (String, String) {
    let name = stem(operation);
    let people = "  - match: { path: /api/v1/people }\n    answer: { file: ../samples/people.json }\n";
    let people = if operation.about.one() { people } else { "" };
    let text = format!(
        "about: {} over the sample; change both to what your system answers\nnow: \"{NOW}\"\nrequest: {{ path: /ifs0{}{}, body: {} }}\n\
         legacy:\n{people}  - match: {{ path: /api/v1/{name} }}\n    answer: {{ file: ../samples/{name}.json }}\n\
         expect:\n  status: 200\n  body:{}",
        operation.name,
        operation.id.api(),
        operation.path,
        request(operation),
        behind_key(body, 4),
    );
    (format!("tests/{name}.yaml"), text)
}

/// A request for the operation: what it must have, and who is asked about.
pub(super) fn request(operation: &Operation) -> Value {
    let about = match operation.about {
        About::Student { tax_code, .. } => Some(tax_code),
        About::Institute | About::Reported { .. } => None,
    };
    let fields = operation.request.fields.iter().filter(|f| f.required || Some(f.name) == about);
    Value::Object(fields.map(|f| (f.name.to_owned(), value(operation, f))).collect())
}

/// What a call of an operation is called, and its files: `ifs03-1`.
fn stem(operation: &Operation) -> String {
    operation.name.to_lowercase().replace('.', "-")
}

fn mapping(operations: &[&'static Operation]) -> String {
    let names: Vec<&str> = operations.iter().map(|o| o.name).collect();
    let mut out = format!(
        "# A mapping to begin with: {}, over a REST system that answers in JSON.\n\
         # The system is invented: it answers each operation by one record that has the answer's own shape. Put your system's\n\
         # calls and members in place of these, and keep `ifs check .` and `ifs test .` at hand; `ifs show {}` says what\n\
         # each member must be.\n\
         version: 1\n\n\
         institute:\n  code: \"{INSTITUTE}\"                       # the Ministry's code of your institute; quoted, since leading zeros count\n  \
         kind: university                   # or afam\n\n\
         systems:\n  sis:                               # your name of the system\n    \
         cluster: sis                     # Envoy's name of it; host, TLS and credentials are the gateway's\n    \
         base: /api/v1                    # in front of every path\n    timeout: 5s\n    \
         clean: {{ blank: none }}           # \"\" means nothing\n",
        names.join(", "),
        names.first().copied().unwrap_or_default(),
    );
    if operations.iter().any(|o| o.about.one()) {
        out.push_str(
            "\nstudent:\n  calls:\n    # Who is it? Asked by tax code.\n    \
             people: { get: /people, query: { taxCode: \"${student.tax_code}\" }, pages: none, sample: samples/people.json }\n  \
             unknown: size(people) == 0         # then the answer is 400: not known here\n  \
             person: { tax_code: \"${student.tax_code}\" }\n",
        );
    }
    out.push_str("\noperations:\n");
    for operation in operations {
        let name = stem(operation);
        let call = name.replace('-', "_");
        let asked: Vec<String> = if operation.about.one() {
            vec!["person: \"${people.one().id}\"".to_owned()]
        } else {
            let fields = operation.request.fields.iter().filter(|f| f.required);
            fields.map(|f| format!("{0}: \"${{request.{0}}}\"", f.name)).collect()
        };
        out.push_str(&format!("  {}:\n", operation.name));
        out.push_str(&format!(
            "    calls:\n      {call}: {{ get: /{name}, query: {{ {} }}, pages: none, sample: samples/{name}.json }}\n    answer:\n",
            asked.join(", ")
        ));
        match operation.answer {
            Answer::Record(object) => tree(&mut out, operation, object, &call, 6),
            Answer::List(list) => looped(&mut out, operation, list.items, &call, 6, 0),
        }
    }
    out
}

/// The members of an object, read from a record.
fn tree(out: &mut String, operation: &Operation, object: &'static Object, from: &str, indent: usize) {
    let pad = " ".repeat(indent);
    for field in object.fields.iter().chain(object.facts).filter(|f| f.made_by == Maker::Mapping) {
        let name = field.name;
        let of = format!("{from}.{name}");
        let fact = name.starts_with('_');
        if fact && !field.required && !read(operation, object, field) {
            out.push_str(&format!(
                "{pad}# {name}: \"${{{of}}}\"  # a fact that may be given: {}\n",
                field.kind.words()
            ));
            continue;
        }
        match field.kind {
            Kind::Object(inner) => {
                out.push_str(&format!("{pad}{name}:\n"));
                tree(out, operation, inner, &of, indent.saturating_add(2));
            }
            Kind::List(List { items, .. }) => {
                out.push_str(&format!("{pad}{name}:\n"));
                let depth = indent.checked_div(4).unwrap_or(0);
                looped(out, operation, items, &of, indent.saturating_add(2), depth);
            }
            Kind::Date => out.push_str(&format!("{pad}{name}: ${{date({of})}}\n")),
            _ if name == "institute_code" => out.push_str(&format!("{pad}{name}: ${{institute.code}}\n")),
            // A text of the system's is told only where somebody has seen that it may be.
            _ if name == "message" => out.push_str(&format!("{pad}{name}: ${{{of}.cut(256)}}\n")),
            _ => out.push_str(&format!("{pad}{name}: ${{{of}}}\n")),
        }
    }
}

/// A list, an item for each element of a list.
fn looped(out: &mut String, operation: &Operation, items: &'static Object, from: &str, indent: usize, depth: usize) {
    let pad = " ".repeat(indent);
    let variable = ["item", "inner", "part", "piece"].get(depth.saturating_sub(1)).copied().unwrap_or("item");
    out.push_str(&format!("{pad}for: {variable} in {from}\n{pad}each:\n"));
    tree(out, operation, items, variable, indent.saturating_add(2));
}

/// Whether a rule of the operation decides by a member or fact.
fn read(operation: &Operation, object: &'static Object, field: &Field) -> bool {
    operation.rules().any(|rule| {
        let list = rule.list().filter(|list| std::ptr::eq(list.items, object));
        list.is_some_and(|list| {
            rule.touches().iter().any(|(m, _)| m.of(list.items).is_some_and(|f| f.name == field.name))
        })
    })
}

/// A record of the invented system, for an object of the answer.
fn record(operation: &Operation, object: &'static Object) -> Value {
    let fields = object.fields.iter().chain(object.facts).filter(|f| f.made_by == Maker::Mapping);
    let members: Map<String, Value> = fields.map(|f| (f.name.to_owned(), value(operation, f))).collect();
    Value::Object(members)
}

/// Items of a list: one, but all bands where the Ministry says which there are.
fn items(operation: &Operation, list: List) -> Vec<Value> {
    let banded = operation.rules().find_map(|rule| match rule.kept {
        Kept::Bands { list: at, least, most, .. } if std::ptr::eq(at.items, list.items) => Some((least, most)),
        _ => None,
    });
    let Some((least, most)) = banded else { return vec![record(operation, list.items)] };
    let name = |member: adapter_core::contract::Member| member.of(list.items).map(|f| f.name).unwrap_or_default();
    let of_band = BANDS.iter().map(|band| {
        let mut item = record(operation, list.items);
        if let Value::Object(members) = &mut item {
            members.insert(name(least).to_owned(), json!(band.least));
            members.insert(name(most).to_owned(), json!(band.most));
        }
        item
    });
    of_band.collect()
}

/// A value that a member may have.
fn value(operation: &Operation, field: &Field) -> Value {
    match field.kind {
        Kind::Text { min, max, pattern } => Value::from(text(field.name, min, max, pattern)),
        Kind::Enum(words) => words.first().map_or(Value::Null, |word| Value::from(*word)),
        Kind::Int { min, max } => {
            let usual = if field.name.contains("year") { 1 } else { 60 };
            Value::from(i64::clamp(usual, min, max))
        }
        Kind::Number { min, max } => {
            Value::from(i64::clamp(if field.name.contains("min") { 66 } else { 110 }, min, max))
        }
        Kind::Bool => Value::Bool(true),
        Kind::Date => Value::from("2025-10-15"),
        Kind::Year => Value::from(YEAR),
        Kind::DateTime | Kind::Cursor => Value::Null,
        Kind::Object(inner) => record(operation, inner),
        Kind::List(list) => Value::Array(items(operation, list)),
    }
}

fn text(name: &str, min: usize, max: usize, pattern: Option<Pattern>) -> String {
    let found = match pattern {
        Some(Pattern::TaxCode) => TAX_CODE,
        Some(Pattern::PersonId) => "AA0000001",
        Some(Pattern::AcademicYear) => "2025/2026",
        Some(Pattern::NameAscii | Pattern::Name) => "Esempio",
        Some(Pattern::BirthPlace) => "Italia,MI,Milano",
        Some(Pattern::Grade | Pattern::GradeAsked) => "28",
        Some(Pattern::FinalGrade) => "110L",
        Some(Pattern::Scale) if name.contains("min") => "18",
        Some(Pattern::Scale) => "30",
        None if name == "programme_type_code" => "LT",
        None if name.contains("institute") && !name.contains("name") => INSTITUTE,
        None if name == "degree_class_code" => "3031",
        None if name.ends_with("_code") => "1500001",
        None => "Esempio",
    };
    let padding = min.saturating_sub(found.chars().count());
    found.chars().take(max).chain(std::iter::repeat_n('x', padding)).collect()
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
