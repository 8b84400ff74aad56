//! A configuration held against the shipped one, part by part: it may differ where a placeholder stands, and in values
//! that are the operator's, within their bounds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::bounds;
use super::finding::{Code, Finding, shown};
use crate::envoy::template::placeholder;

/// Lists in which the order says nothing.
const SETS: [&[&str]; 2] = [&["static_resources", "clusters"], &["static_resources", "listeners"]];

/// What an exception of the values file opens, by the end of the place.
const OPENED: [(&[&str], &str); 6] = [
    (&["xff_num_trusted_hops"], "balancer"),
    (&["listener_filters"], "balancer"),
    (&["tracing"], "tracing"),
    (&["clusters", "ifs-tracing"], "tracing"),
    (&["admin", "address", "socket_address", "address"], "admin"),
    (&["access_log", "envoy.access_loggers.stdout"], "stdout_log"),
];

/// What stands in the place of a placeholder.
#[derive(Clone, Debug)]
pub(super) struct Hole {
    pub(super) name: String,
    /// The system, or the provider, that it is one of; empty for what a gateway has once.
    pub(super) scope: String,
    pub(super) file: String,
    pub(super) at: String,
    pub(super) value: Value,
}

/// What came of comparing.
#[derive(Default)]
pub(super) struct Comparison {
    pub(super) findings: Vec<Finding>,
    pub(super) holes: Vec<Hole>,
}

/// Where one is: a step below another place, with the name of what is there.
#[derive(Clone, Copy)]
struct Place<'a> {
    up: Option<&'a Place<'a>>,
    /// A member or an index.
    step: Step<'a>,
    /// The member, or the name of the list's element.
    name: &'a str,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Whole,
    Member(&'a str),
    Element(usize),
}

impl<'a> Place<'a> {
    const WHOLE: Self = Self { up: None, step: Step::Whole, name: "" };

    fn member<'b>(&'b self, name: &'b str) -> Place<'b> {
        Place { up: Some(self), step: Step::Member(name), name }
    }

    /// An element without a name is a name of its own for nobody.
    fn element<'b>(&'b self, i: usize, name: &'b str) -> Place<'b> {
        Place { up: Some(self), step: Step::Element(i), name }
    }

    fn pointer(&self) -> String {
        let mut pointer = self.up.map(Self::pointer).unwrap_or_default();
        match self.step {
            Step::Whole => {}
            Step::Member(name) => {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Element(i) => {
                pointer.push('/');
                pointer.push_str(&i.to_string());
            }
        }
        pointer
    }

    /// The names from here to the whole.
    fn names(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        let named = |place: &Place<'a>| !matches!(place.step, Step::Whole);
        let first = Some(*self).filter(named);
        std::iter::successors(first, move |place| place.up.copied().filter(named)).map(|place| place.name)
    }

    /// The name below a member, here or above.
    fn below(&self, member: &str) -> Option<&'a str> {
        let (mut found, mut last) = (None, None);
        for name in self.names() {
            if name == member {
                found = last;
            }
            last = Some(name);
        }
        found
    }
}

pub(super) struct Comparer<'a> {
    /// The shipped file's name.
    pub(super) shipped: &'a str,
    /// The file that is compared, where it is none but the configuration itself.
    pub(super) file: &'a str,
    pub(super) scopes: &'a BTreeMap<String, String>,
    /// What every placeholder of a system's belongs to, in a file that is one system's.
    pub(super) scope: &'a str,
}

impl Comparer<'_> {
    /// Compares a whole file.
    pub(super) fn compare(&self, expected: &Value, given: &Value) -> Comparison {
        let mut out = Comparison::default();
        self.node(expected, given, &Place::WHOLE, &mut out);
        for finding in &mut out.findings {
            self.file.clone_into(&mut finding.file);
        }
        out
    }

    fn node(&self, expected: &Value, given: &Value, at: &Place<'_>, out: &mut Comparison) {
        if let Some(name) = expected.as_str().and_then(placeholder) {
            out.holes.push(Hole {
                name: name.to_owned(),
                scope: self.scope_of(name, at),
                file: self.file.to_owned(),
                at: at.pointer(),
                value: given.clone(),
            });
            return;
        }
        if let Some(bound) = bounds::place(at.names()) {
            if let Err(wanted) = bound.check(expected, given) {
                let text = format!(
                    "is {}, and must be {wanted}; {} has {}",
                    shown(&at.pointer(), given),
                    self.shipped,
                    shown(&at.pointer(), expected)
                );
                out.findings.push(Finding::new(Code::Bounds, at.pointer(), text));
            }
            return;
        }
        match (expected, given) {
            (Value::Object(expected), Value::Object(given)) => self.members(expected, given, at, out),
            (Value::Array(expected), Value::Array(given)) => self.list(expected, given, at, out),
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
            _ if expected == given => {}
            _ => {
                let text = format!(
                    "is {}, and {} has {}: put that back{}",
                    shown(&at.pointer(), given),
                    self.shipped,
                    shown(&at.pointer(), expected),
                    opened(at)
                );
                out.findings.push(Finding::new(Code::Differs, at.pointer(), text));
            }
        }
    }

    fn members(&self, expected: &Map<String, Value>, given: &Map<String, Value>, at: &Place<'_>, out: &mut Comparison) {
        for (name, wanted) in expected {
            let place = at.member(name);
            match given.get(name) {
                Some(given) => self.node(wanted, given, &place, out),
                None => self.missing(wanted, &place, out),
            }
        }
        for (name, value) in given.iter().filter(|(name, _)| !expected.contains_key(*name)) {
            self.extra(value, &at.member(name), out);
        }
    }

    fn list(&self, expected: &[Value], given: &[Value], at: &Place<'_>, out: &mut Comparison) {
        match (names(expected), names(given)) {
            // An empty list has no names to go by.
            (Some(wanted), Some(has)) if !expected.is_empty() => self.named(expected, given, (&wanted, &has), at, out),
            _ => self.unnamed(expected, given, at, out),
        }
    }

    /// Lists whose elements have names, each another.
    fn named(
        &self,
        expected: &[Value],
        given: &[Value],
        (wanted, has): (&[&str], &[&str]),
        at: &Place<'_>,
        out: &mut Comparison,
    ) {
        for (name, one) in wanted.iter().zip(expected) {
            match has.iter().zip(given).enumerate().find(|(_, (other, _))| *other == name) {
                Some((i, (_, given))) => self.node(one, given, &at.element(i, name), out),
                None => {
                    let opened = opened(&at.element(0, name));
                    let text = format!("lacks `{name}`, which {} has there: put it back{opened}", self.shipped);
                    out.findings.push(Finding::new(Code::Missing, at.pointer(), text));
                }
            }
        }
        for (i, (name, one)) in has.iter().zip(given).enumerate().filter(|(_, (name, _))| !wanted.contains(name)) {
            self.extra(one, &at.element(i, name), out);
        }
        let common = |list: &[&str], other: &[&str]| -> Vec<String> {
            list.iter().filter(|name| other.contains(name)).map(|name| (*name).to_owned()).collect()
        };
        let (order, shipped) = (common(has, wanted), common(wanted, has));
        if order != shipped && !SETS.iter().any(|set| at.names().eq(set.iter().rev().copied())) {
            let text = format!("has the order {}, and {} has {}", order.join(", "), self.shipped, shipped.join(", "));
            out.findings.push(Finding::new(Code::Order, at.pointer(), text));
        }
    }

    /// Lists whose elements are told by their place: what is the same in front and behind is no matter.
    fn unnamed(&self, expected: &[Value], given: &[Value], at: &Place<'_>, out: &mut Comparison) {
        let place = |i: usize| at.element(i, "");
        let same = |wanted: &Value, has: &Value, i: usize| {
            let mut one = Comparison::default();
            self.node(wanted, has, &place(i), &mut one);
            one.findings.is_empty()
        };
        if expected.len() == given.len() {
            expected.iter().zip(given).enumerate().for_each(|(i, (a, b))| self.node(a, b, &place(i), out));
            return;
        }
        let front = expected.iter().zip(given).enumerate().take_while(|(i, (a, b))| same(a, b, *i)).count();
        let (rest, left) = (expected.get(front..).unwrap_or_default(), given.get(front..).unwrap_or_default());
        let behind = rest.iter().rev().zip(left.iter().rev()).take_while(|(a, b)| same(a, b, 0)).count();
        // What is the same takes part too, for the placeholders in it.
        let middle = rest.len().saturating_sub(behind).max(left.len().saturating_sub(behind));
        for (i, (a, b)) in expected.iter().zip(given).enumerate().take(front) {
            self.node(a, b, &place(i), out);
        }
        let skipped = |list: &[Value]| list.len().saturating_sub(behind);
        for i in 0..middle {
            let (wanted, has) = (rest.get(i).filter(|_| i < skipped(rest)), left.get(i).filter(|_| i < skipped(left)));
            let place = place(front.saturating_add(i));
            match (wanted, has) {
                (Some(wanted), Some(has)) => self.node(wanted, has, &place, out),
                (Some(wanted), None) => self.missing(wanted, &place, out),
                (None, Some(has)) => self.extra(has, &place, out),
                (None, None) => {}
            }
        }
        let tails = rest.iter().skip(skipped(rest)).zip(left.iter().enumerate().skip(skipped(left)));
        for (wanted, (i, has)) in tails {
            self.node(wanted, has, &place(front.saturating_add(i)), out);
        }
    }

    fn missing(&self, wanted: &Value, at: &Place<'_>, out: &mut Comparison) {
        let text = format!(
            "is missing; {} has {} there: put it back{}",
            self.shipped,
            shown(&at.pointer(), wanted),
            opened(at)
        );
        out.findings.push(Finding::new(Code::Missing, at.pointer(), text));
    }

    fn extra(&self, value: &Value, at: &Place<'_>, out: &mut Comparison) {
        let text = format!(
            "is {}, and {} has nothing there: take it out{}",
            shown(&at.pointer(), value),
            self.shipped,
            opened(at)
        );
        out.findings.push(Finding::new(Code::Extra, at.pointer(), text));
    }

    fn scope_of(&self, hole: &str, at: &Place<'_>) -> String {
        if hole.starts_with("IFS_LEGACY_") {
            let own = at.below("clusters").or_else(|| at.below("listeners"));
            let own = own.and_then(|name| self.scopes.get(name)).map(String::as_str);
            own.unwrap_or(self.scope).to_owned()
        } else if hole.starts_with("IFS_PARTNER_") {
            at.below("providers").unwrap_or_default().to_owned()
        } else {
            String::new()
        }
    }
}

/// The names of a list's elements, if each has one that is no placeholder, and no two the same.
fn names(list: &[Value]) -> Option<Vec<&str>> {
    let name = |one| Value::get(one, "name")?.as_str().filter(|name| placeholder(name).is_none());
    let names: Option<Vec<&str>> = list.iter().map(name).collect();
    names.filter(|names| names.iter().collect::<BTreeSet<_>>().len() == names.len())
}

/// How an operator who needs it may have it.
fn opened(at: &Place<'_>) -> String {
    OPENED.iter().find(|(end, _)| bounds::ends(at.names(), end)).map_or(String::new(), |(_, name)| {
        format!(", or open it by `exceptions.{name}` of the values file (docs/operations.md#exceptions)")
    })
}
