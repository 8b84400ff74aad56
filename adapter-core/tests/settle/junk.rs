//! Whatever a system gives: what leaves keeps the contract.

use adapter_core::contract::{self, Field, Kind, Object};
use adapter_core::problem::Code;
use adapter_core::value::date::Date;
use serde_json::Value;

use super::common::code_of;
use super::{offer, transcript};

/// Pseudo-random numbers, the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const SCALARS: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "6",
    "30",
    "6.0",
    "6.5",
    "-3",
    "999",
    "1000",
    "12345678901234567890",
    "0.30",
    "\"\"",
    "\" \"",
    "\"30\"",
    "\"30L\"",
    "\"28.5\"",
    "\"28,5\"",
    "\"QUALIFIED\"",
    "\"B\"",
    "\"free\"",
    "\"limited\"",
    "\"FREE\"",
    "\"2024-02-29\"",
    "\"2023-02-29\"",
    "\"2024-10-01T00:00:00\"",
    "\"2024/2025\"",
    "\"2024/2026\"",
    "\"2025\"",
    "2024",
    "2025",
    "2020",
    "\"015146\"",
    "\"Universita\\u0300\"",
    "\"a\\nb\\\"c\\u0001\"",
    "\"😀\"",
    "\"aaaaaaaaaaaaaaaaaaaaa\"",
    "{\"person\":1}",
    "[1]",
];

fn scalar(random: &mut Random, long: &str) -> String {
    if random.below(20) == 0 { long.to_owned() } else { random.pick(SCALARS).to_owned() }
}

fn record(random: &mut Random, object: &Object, long: &str) -> String {
    let mut members = vec!["\"secret_note\":\"x\"".to_owned()];
    for field in object.fields.iter().chain(object.facts) {
        if random.below(4) == 0 {
            continue;
        }
        let value = match field.kind {
            Kind::List(of) => list(random, of.items, long),
            // Mostly in the window, or nothing would be left to look at.
            Kind::Year if random.below(3) > 0 => "2025".to_owned(),
            _ => scalar(random, long),
        };
        members.push(format!("\"{}\":{value}", field.name));
    }
    format!("{{{}}}", members.join(","))
}

fn list(random: &mut Random, items: &Object, long: &str) -> String {
    if random.below(100) == 0 {
        return scalar(random, long);
    }
    let all: Vec<String> = (0..random.below(5)).map(|_| record(random, items, long)).collect();
    format!("[{}]", all.join(","))
}

fn keeps(field: &Field, value: &Value) {
    let name = field.name;
    match (&field.kind, value) {
        (_, Value::Null) => assert!(field.nullable, "{name} may not be null"),
        (Kind::Text { min, max, pattern }, Value::String(text)) => {
            assert!((*min..=*max).contains(&text.chars().count()) && text.trim() == text, "{name}: {text}");
            assert!(!text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')), "{name}: {text:?}");
            assert!(pattern.is_none_or(|p| p.matches(text)), "{name}: {text}");
        }
        (Kind::Enum(words), Value::String(text)) => assert!(words.contains(&text.as_str()), "{name}: {text}"),
        (Kind::Int { min, max }, Value::Number(n)) => {
            assert!((*min..=*max).contains(&n.as_i64().unwrap()), "{name}: {n}")
        }
        (Kind::Date, Value::String(text)) => assert!(Date::parse_iso(text).is_some(), "{name}: {text}"),
        (Kind::Object(inner), value) => keeps_all(inner, value),
        (Kind::List(list), Value::Array(all)) => {
            assert!(list.max.is_none_or(|max| all.len() <= max), "{name}");
            all.iter().for_each(|item| keeps_all(list.items, item));
        }
        (_, value) => panic!("{name} is {value}"),
    }
}

fn keeps_all(object: &Object, value: &Value) {
    let Value::Object(members) = value else { panic!("{} is {value}", object.name) };
    for (name, value) in members {
        let (_, field) = object.field(name).unwrap_or_else(|| panic!("{} has no {name}", object.name));
        keeps(field, value);
    }
}

#[test]
fn what_leaves_keeps_the_contract() {
    let long = format!("\"{}\"", "è".repeat(3000));
    let mut random = Random(0x1f5_0203);
    let (mut answered, mut refused, mut with_items) = (0, 0, 0);
    for round in 0..600 {
        let (id, list_of) =
            if round % 2 == 0 { ("IFS01.1", "degree_courses") } else { ("IFS02.3", "proof_education_course") };
        let answer = contract::operation(id).unwrap().answer.object();
        let items = answer.field(list_of).unwrap().1.list().unwrap().items;
        let items = list(&mut random, items, &long);
        let bench = match id {
            "IFS01.1" => offer::offer(&items),
            _ => transcript::transcript_of(r#"{"tax_code":"RSSMRA80A01F205X"}"#, &items),
        };
        if bench.status() != 200 {
            // A list that is none.
            assert_eq!(code_of(&bench.body(500)), Code::MappingAnswer.as_str());
            refused += 1;
            continue;
        }
        let body: Value = serde_json::from_str(&bench.body(200)).unwrap();
        keeps_all(answer, &body);
        assert_eq!(body.as_object().unwrap().len(), 2, "T-18");
        answered += 1;
        with_items += usize::from(!body[list_of].as_array().unwrap().is_empty());
    }
    assert!(answered > 300 && refused > 5 && with_items > 150, "{answered} {refused} {with_items}");
}
