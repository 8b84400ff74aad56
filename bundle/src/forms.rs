//! What is written as a function or method and evaluated in a way of its own: macros, patterns, embedded documents.
//! Only the compiler, the generated reference and tests read these rows.

use crate::expr::{Embedded, MacroKind};
use crate::functions::Type;

/// What a form is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormKind {
    /// A method of lists that evaluates its body for each element.
    Macro(MacroKind),
    /// `latest`.
    Latest,
    /// `greatest`: one element of all.
    Greatest,
    /// `matches`, or `extract`.
    Match {
        /// Gives text rather than whether there is a match.
        extract: bool,
    },
    /// `parseXml`, `parseJson`.
    Parse(Embedded),
}

/// One form.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Which one.
    pub kind: FormKind,
    /// Its name in CEL.
    pub name: &'static str,
    /// Called as `receiver.name(…)`; otherwise as `name(…)`.
    pub method: bool,
    /// How it is written, for the reference.
    pub written: &'static str,
    /// Type of the result.
    pub result: Type,
    /// It takes null itself (as an empty list); otherwise null gives null.
    pub takes_null: bool,
    /// CEL has it with the same meaning.
    pub in_cel: bool,
    /// What it does, one or two sentences.
    pub about: &'static str,
    /// An expression and the canonical JSON of its value.
    pub example: (&'static str, &'static str),
}

impl Form {
    /// Finds a form by its CEL name and whether it is called as a method.
    pub fn find(name: &str, method: bool) -> Option<&'static Self> {
        FORMS.iter().find(|f| f.name == name && f.method == method)
    }
}

const fn list(
    kind: FormKind,
    name: &'static str,
    written: &'static str,
    result: Type,
    in_cel: bool,
    about: &'static str,
    example: (&'static str, &'static str),
) -> Form {
    Form { kind, name, method: true, written, result, takes_null: true, in_cel, about, example }
}

/// Every form, in documentation order.
pub const FORMS: &[Form] = &[
    list(
        FormKind::Macro(MacroKind::Filter),
        "filter",
        "list.filter(x, bool)",
        Type::List,
        true,
        "The elements for which the condition is true; null is not true.",
        ("[1, 2, 3].filter(x, x > 1)", "[2,3]"),
    ),
    list(
        FormKind::Macro(MacroKind::Map),
        "map",
        "list.map(x, any)",
        Type::List,
        true,
        "What the expression gives for each element.",
        ("[1, 2].map(x, x * 10)", "[10,20]"),
    ),
    list(
        FormKind::Macro(MacroKind::Exists),
        "exists",
        "list.exists(x, bool)",
        Type::Bool,
        true,
        "Whether the condition is true for one of the elements.",
        ("[1, 2].exists(x, x > 1)", "true"),
    ),
    list(
        FormKind::Macro(MacroKind::All),
        "all",
        "list.all(x, bool)",
        Type::Bool,
        true,
        "Whether the condition is true for every element; of nothing it is.",
        ("[1, 2].all(x, x > 1)", "false"),
    ),
    list(
        FormKind::Macro(MacroKind::IndexBy),
        "indexBy",
        "list.indexBy(x, any)",
        Type::Any,
        false,
        "An index by the key, as text; looked up with `index[key]`. Elements without key are left out, a key that two have is an error.",
        ("[{'k': 1, 'v': 'a'}].indexBy(x, x.k)['1'].v", "\"a\""),
    ),
    list(
        FormKind::Macro(MacroKind::GroupBy),
        "groupBy",
        "list.groupBy(x, any)",
        Type::List,
        false,
        "Lists of the elements with the same key, by first appearance; those without key together.",
        ("[1, 2, 3].groupBy(x, x % 2)", "[[1,3],[2]]"),
    ),
    list(
        FormKind::Macro(MacroKind::SortBy),
        "sortBy",
        "list.sortBy(x, any)",
        Type::List,
        false,
        "The elements in ascending order of the key; equal ones stay in order, those without key come last.",
        ("[3, 1, 2].sortBy(x, x)", "[1,2,3]"),
    ),
    list(
        FormKind::Latest,
        "latest",
        "list.latest(x, of, per)",
        Type::List,
        false,
        "Of the elements with the same `per` the one with the greatest `of`, and all that have no `per`. Where `of` is the same too, the element that is first as canonical JSON: the system's order decides nothing.",
        (
            "[{'y': 1, 'c': 'a'}, {'y': 2, 'c': 'a'}, {'y': 1, 'c': null}].latest(x, x.y, x.c)",
            "[{\"y\":2,\"c\":\"a\"},{\"y\":1,\"c\":null}]",
        ),
    ),
    list(
        FormKind::Greatest,
        "greatest",
        "list.greatest(x, of)",
        Type::Any,
        false,
        "The one element with the greatest `of`, null of an empty list. Where `of` is the same, the element that is first as canonical JSON: the system's order decides nothing.",
        ("[{'y': 1, 'c': 'a'}, {'y': 2, 'c': 'b'}].greatest(x, x.y).c", "\"b\""),
    ),
    Form {
        kind: FormKind::Match { extract: false },
        name: "matches",
        method: true,
        written: "text.matches(pattern)",
        result: Type::Bool,
        takes_null: false,
        in_cel: true,
        about: "Whether a regular expression, a text written in the mapping, matches somewhere in a text; `^` and `$` bind it to its ends. The syntax is RE2's: `\\d`, `\\w`, `\\s` and `\\b` are about ASCII, nothing looks around or back.",
        example: ("'AB123'.matches('^[A-Z]{2}[0-9]+$')", "true"),
    },
    Form {
        kind: FormKind::Match { extract: true },
        name: "extract",
        method: true,
        written: "text.extract(pattern)",
        result: Type::Text,
        takes_null: false,
        in_cel: false,
        about: "What the first group of a regular expression matches (the whole expression if it has none), where it first matches in a text; null if it does not.",
        example: ("'/richieste/77?x=1'.extract('/richieste/([^/?]+)')", "\"77\""),
    },
    Form {
        kind: FormKind::Parse(Embedded::Xml),
        name: "parseXml",
        method: false,
        written: "parseXml(text)",
        result: Type::Any,
        takes_null: false,
        in_cel: false,
        about: "The XML document inside a text; what it says about its own encoding is ignored.",
        example: ("parseXml('<R><A>1</A></R>').R.A", "\"1\""),
    },
    Form {
        kind: FormKind::Parse(Embedded::Json),
        name: "parseJson",
        method: false,
        written: "parseJson(text)",
        result: Type::Any,
        takes_null: false,
        in_cel: false,
        about: "The JSON document inside a text.",
        example: ("parseJson('{\"a\": [1]}').a[0]", "1"),
    },
];
