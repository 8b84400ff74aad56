//! The description against the model: the compiler itself says which keys it knows.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::{Form, Place, TOP};
use crate::diagnostic::Code;
use crate::{Files, compile_with};

struct One(String);

impl Files for One {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == Path::new("m.yaml") { Ok(self.0.clone().into_bytes()) } else { Err(io::Error::other("not there")) }
    }
}

/// Where each place stands in a mapping, with a key that nothing has.
const PLACES: &[(&str, &str)] = &[
    ("mapping", "qqqqqqqqqqqqqqqq: x"),
    ("institute", "institute: { qqqqqqqqqqqqqqqq: x }"),
    ("apis", "institute: { apis: { qqqqqqqqqqqqqqqq: x } }"),
    ("system", "systems: { a: { qqqqqqqqqqqqqqqq: x } }"),
    ("clean", "systems: { a: { clean: { qqqqqqqqqqqqqqqq: x } } }"),
    ("pages", "systems: { a: { pages: { qqqqqqqqqqqqqqqq: x } } }"),
    ("soap", "systems: { a: { soap: { qqqqqqqqqqqqqqqq: x } } }"),
    ("session", "systems: { a: { session: { qqqqqqqqqqqqqqqq: x } } }"),
    ("probe", "systems: { a: { probe: { get: /x, qqqqqqqqqqqqqqqq: x } } }"),
    ("failure", "systems: { a: { failures: [ { qqqqqqqqqqqqqqqq: x } ] } }"),
    ("table", "tables: { a: { qqqqqqqqqqqqqqqq: x } }"),
    ("call", "calls: { a: { get: /x, qqqqqqqqqqqqqqqq: x } }"),
    ("lone_call", "student: { by_key: { get: /x, qqqqqqqqqqqqqqqq: x } }"),
    ("index", "student: { index: { qqqqqqqqqqqqqqqq: x } }"),
    ("everybody", "student: { index: { everybody: { get: /x, qqqqqqqqqqqqqqqq: x } } }"),
    ("walk", "walks: { a: { get: /x, qqqqqqqqqqqqqqqq: x } }"),
    ("deleted", "walks: { a: { get: /x, deleted: { get: /x, qqqqqqqqqqqqqqqq: x } } }"),
    ("reject", "operations: { IFS04.1: { reject: [ { qqqqqqqqqqqqqqqq: x } ] } }"),
    ("block", "let: { a: { for: x in y, each: z, qqqqqqqqqqqqqqqq: x } }"),
    ("student", "student: { qqqqqqqqqqqqqqqq: x }"),
    ("operation", "operations: { IFS02.1: { qqqqqqqqqqqqqqqq: x } }"),
];

/// What the compiler says it knows at a place.
fn known(yaml: &str) -> BTreeSet<String> {
    let report = compile_with(Path::new("m.yaml"), &One(yaml.to_owned())).report;
    let diagnostics = report.diagnostics();
    let found = diagnostics.iter().find(|d| d.code == Code::KeyUnknown).unwrap_or_else(|| panic!("{}", report.human()));
    let help = found.help.iter().find_map(|h| h.strip_prefix("Known keys: ")).unwrap_or_else(|| panic!("{found:?}"));
    help.trim_end_matches('.').split(", ").map(str::to_owned).collect()
}

fn places(form: &'static Form, found: &mut Vec<&'static Place>) {
    match form {
        Form::In(place) | Form::Rules(place) => {
            if found.iter().any(|p| p.name == place.name) {
                return;
            }
            found.push(place);
            place.keys.iter().for_each(|key| places(&key.form, found));
        }
        Form::Named(form) => places(form, found),
        Form::Either(a, b) => {
            places(a, found);
            places(b, found);
        }
        Form::Let | Form::Tree => {
            static BLOCK: Form = Form::In(&super::mapping::BLOCK);
            places(&BLOCK, found);
        }
        _ => {}
    }
}

#[test]
fn the_description_has_the_keys_that_the_model_reads() {
    static WHOLE: Form = Form::In(&TOP);
    let mut described = Vec::new();
    places(&WHOLE, &mut described);
    assert_eq!(
        described.iter().map(|p| p.name).collect::<BTreeSet<_>>(),
        PLACES.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>()
    );
    for (name, yaml) in PLACES {
        let place = described.iter().find(|p| p.name == *name).unwrap();
        let mut keys: BTreeSet<String> = place.keys.iter().map(|k| k.name.to_owned()).collect();
        // It is gone before the model looks.
        keys.remove("extends");
        assert_eq!(keys, known(yaml), "{name}");
    }
}

#[test]
fn every_key_says_what_it_is_for() {
    static WHOLE: Form = Form::In(&TOP);
    let mut described = Vec::new();
    places(&WHOLE, &mut described);
    for place in described {
        let names: BTreeSet<&str> = place.keys.iter().map(|k| k.name).collect();
        assert_eq!(names.len(), place.keys.len(), "{}", place.name);
        for key in place.keys {
            assert!(key.about.ends_with('.') && key.about.len() > 10, "{}.{}", place.name, key.name);
        }
    }
}
