//! What an answer must be like to be the one that the mapping reads, found in what is read of it.
//!
//! A record of the answer itself, and a row of its lists, has at least one of the members that are read of it: an error in
//! a like of its own has none, nor has one whose members were renamed. A list that is read of the answer must be there, as
//! the parts of a path of `take` must. Further down a system may leave out whatever is null. What is read by `has(…)` or in
//! `coalesce(…)` alone may always be missing.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::bundle::{CallIndex, Decode, Embedded, Expr, Likeness};
use adapter_core::contract::OperationId;
use adapter_core::value::NameId;

use super::Check;
use super::defs::{State, What};
use super::formats::without_namespace;
use super::reads::How;
use super::sample::Shape;
use super::types::Origin;

/// What documents inside texts must be like, by their places.
pub(super) type LikeInside = BTreeMap<usize, Likeness>;

/// A document that values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// The body of a call's answer.
    Body(usize),
    /// What its SOAP operation returns.
    Result(usize),
    /// The same as the rules of a system see them.
    SystemBody(usize),
    SystemResult(usize),
    /// A document inside a text.
    Parsed(usize),
}

/// A step down from a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    /// To the elements of a list.
    Rows,
}

/// Where a value stands.
type Place = (Source, Vec<Step>);

/// What is read at a place and further down.
#[derive(Debug, Default)]
struct Noted {
    read: BTreeMap<String, How>,
    members: BTreeMap<String, Noted>,
    rows: Option<Box<Noted>>,
    /// Members that are lists, or lead to one.
    lists: BTreeSet<String>,
    /// It is the answer itself or part of it, not of a row; or a row of it.
    outer: bool,
    /// It is no row.
    is_answer: bool,
    /// Only the data knows which of its members are read.
    open: bool,
    /// Its elements are read by their places.
    placed: bool,
}

impl Noted {
    fn at(&mut self, steps: &[Step], xml: bool) -> &mut Self {
        let mut at = self;
        for step in steps {
            at = match step {
                Step::Member(name) => at.members.entry(name.clone()).or_default(),
                // An element is the only one of itself.
                Step::Rows if xml => at,
                Step::Rows => at.rows.get_or_insert_default(),
            };
        }
        at
    }
}

/// What a like is made for.
#[derive(Clone, Copy)]
struct Made {
    xml: bool,
    /// Names of roots stand here: whether one is read is judged elsewhere.
    root: bool,
}

/// What stands at a place in the sample.
#[derive(Clone, Debug)]
enum Sampled<'s> {
    Json(Vec<&'s serde_json::Value>),
    Xml(Option<&'s Shape>),
}

impl Sampled<'_> {
    /// A member of all that stands here.
    fn member(&self, name: &str) -> Self {
        match self {
            Self::Json(values) => Self::Json(values.iter().filter_map(|value| value.get(name)).collect()),
            Self::Xml(shape) => {
                let shape = shape.map(|shape| shape.element().unwrap_or(shape));
                Self::Xml(shape.and_then(|shape| shape.member(without_namespace(name))))
            }
        }
    }

    /// The elements of all lists that stand here.
    fn rows(&self) -> Self {
        match self {
            Self::Json(values) => Self::Json(values.iter().filter_map(|value| value.as_array()).flatten().collect()),
            Self::Xml(shape) => Self::Xml(*shape),
        }
    }

    fn records(&self) -> impl Iterator<Item = &serde_json::Map<String, serde_json::Value>> {
        let values = if let Self::Json(values) = self { values.as_slice() } else { &[] };
        values.iter().filter_map(|value| value.as_object())
    }

    /// Whether every record has a member, of JSON.
    fn has(&self, name: &str) -> bool {
        self.records().next().is_some() && self.records().all(|record| record.contains_key(name))
    }

    /// Members by which a record is known: that every record of JSON has, the children of an element.
    fn known(&self) -> Vec<String> {
        match self {
            Self::Json(_) => {
                self.records().next().into_iter().flat_map(|r| r.keys()).filter(|n| self.has(n)).cloned().collect()
            }
            Self::Xml(shape) => {
                let names = shape.map(|shape| shape.element().unwrap_or(shape)).and_then(Shape::members);
                names.into_iter().flatten().filter(|name| !name.starts_with('@')).map(str::to_owned).collect()
            }
        }
    }
}

impl Check<'_> {
    /// Says of each call what its answers must be like.
    pub(super) fn finish_likeness(&mut self) {
        let mut calls: Vec<(CallIndex, usize, Option<OperationId>)> = Vec::new();
        for (id, def) in self.defs.iter().enumerate() {
            calls.extend(def.indices().map(|(index, operation)| (index, id, operation)));
        }
        for (index, id, operation) in calls {
            let Some(call) = self.bundle.calls.get(index.at()) else { continue };
            let (decode, soap, system) = (call.decode, call.soap.is_some(), call.system.at());
            let xml = match decode {
                Decode::Json => false,
                Decode::Xml => true,
                // The head of a table is judged for itself.
                Decode::Csv | Decode::Text => continue,
            };
            let written = self.documents.written.get(&id).cloned();
            let shape = self.documents.samples.get(&id).cloned();
            let sampled = if xml { Sampled::Xml(shape.as_ref()) } else { Sampled::Json(written.iter().collect()) };
            let made = Made { xml, root: xml && !soap };
            let like = self.likeness_of(&[Source::Body(id)], &[Source::SystemBody(system)], operation, &sampled, made);
            let made = Made { root: false, ..made };
            let returned = Sampled::Xml(shape.as_ref().and_then(Shape::returned));
            let returns =
                self.likeness_of(&[Source::Result(id)], &[Source::SystemResult(system)], operation, &returned, made);
            if let Some(call) = self.bundle.calls.get_mut(index.at()) {
                (call.like, call.returns) = (like, returns);
            }
        }
    }

    /// What documents inside texts must be like. The same text in the same call is the same document.
    pub(super) fn like_inside(&mut self) -> LikeInside {
        let mut found = LikeInside::new();
        for place in 0..self.documents.parsed.len() {
            let Some((format, text)) = self.documents.parsed.get(place) else { continue };
            let owner = self.documents.roots.owner_of(place);
            let is_same = |(other, (_, of)): &(usize, &(Embedded, Expr))| {
                of == text && self.documents.roots.owner_of(*other) == owner
            };
            let same = self.documents.parsed.iter().enumerate().filter(is_same);
            let sources: Vec<Source> = same.map(|(other, _)| Source::Parsed(other)).collect();
            let xml = *format == Embedded::Xml;
            let like = self.likeness_of(&sources, &[], None, &Sampled::Json(Vec::new()), Made { xml, root: xml });
            found.extend(like.map(|like| (place, like)));
        }
        found
    }

    /// What documents must be like; `ruled` are the same as rules see them.
    fn likeness_of(
        &mut self,
        sources: &[Source],
        ruled: &[Source],
        operation: Option<OperationId>,
        sampled: &Sampled<'_>,
        made: Made,
    ) -> Option<Likeness> {
        let mut noted = Noted { outer: true, is_answer: true, ..Noted::default() };
        for (origin, members) in self.reads.of(operation) {
            for (source, steps) in self.places(origin) {
                if !(sources.contains(&source) || made.xml && ruled.contains(&source)) {
                    continue;
                }
                let at = noted.at(&steps, made.xml);
                at.outer |= is_outer(&steps);
                at.is_answer |= !steps.contains(&Step::Rows);
                for (name, how) in members {
                    at.read.entry(name.clone()).or_default().and(*how);
                }
            }
        }
        let of_sources = |check: &Self, origins: &BTreeSet<Origin>| -> Vec<Vec<Step>> {
            let places = origins.iter().flat_map(|origin| check.places(origin));
            places.filter(|(source, _)| sources.contains(source)).map(|(_, steps)| steps).collect()
        };
        for steps in of_sources(self, &self.reads.open) {
            noted.at(&steps, made.xml).open = true;
        }
        if !made.xml {
            for steps in of_sources(self, &self.reads.by_place) {
                noted.at(&steps, false).placed = true;
            }
            for steps in of_sources(self, &self.reads.listed) {
                noted.at(&steps, false).rows.get_or_insert_default();
                for (at, step) in steps.iter().enumerate() {
                    let Step::Member(name) = step else { break };
                    let above = steps.get(..at).unwrap_or_default();
                    noted.at(above, false).lists.insert(name.clone());
                }
            }
        }
        Some(self.likeness(&noted, sampled, made)).filter(|like| !like.is_empty())
    }

    /// What a value must be like.
    fn likeness(&mut self, noted: &Noted, sampled: &Sampled<'_>, made: Made) -> Likeness {
        let is_child = |name: &str| !made.xml || !name.contains(['@', '#']);
        let is_judged = noted.outer
            && !noted.open
            && !made.root
            && noted.read.iter().any(|(name, how)| how.is_needed() && is_child(name));
        let mut any = BTreeSet::new();
        if is_judged {
            let known = noted.read.iter().filter(|(name, how)| how.is_known(made.xml) && is_child(name));
            any.extend(known.map(|(name, _)| name.clone()));
            if any.len() <= FEW || noted.is_answer {
                any.extend(sampled.known().into_iter().take(SAMPLED));
            }
        }
        let must = |(name, how): &(&String, &How)| {
            !made.xml && how.must_be_there() && noted.outer && noted.lists.contains(*name)
        };
        let all: Vec<String> = noted.read.iter().filter(must).map(|(name, _)| name.clone()).collect();
        let (any, all) = (self.ids(any), self.ids(all));
        let mut members = Vec::new();
        for (name, inner) in &noted.members {
            let like = self.likeness(inner, &sampled.member(name), Made { root: false, ..made });
            if !like.is_empty() {
                members.push((self.name(name), like));
            }
        }
        let rows = noted.rows.as_ref();
        let rows = rows.map(|rows| Box::new(self.likeness(rows, &sampled.rows(), Made { root: false, ..made })));
        let placed = noted.placed && rows.is_some();
        Likeness { any, all, members, rows, placed }
    }

    fn ids(&mut self, names: impl IntoIterator<Item = String>) -> Vec<NameId> {
        names.into_iter().map(|name| self.name(&name)).collect()
    }

    /// Where a value stands in the documents it may come from.
    fn places(&self, origin: &Origin) -> Vec<Place> {
        let below = |of: &Origin, step: Step| {
            let mut places = self.places(of);
            places.iter_mut().for_each(|(_, steps)| steps.push(step.clone()));
            places
        };
        match origin {
            Origin::CallBody(call) => vec![(Source::Body(*call), Vec::new())],
            Origin::CallResult(call) => vec![(Source::Result(*call), Vec::new())],
            Origin::SystemBody(system) => vec![(Source::SystemBody(*system), Vec::new())],
            Origin::SystemResult(system) => vec![(Source::SystemResult(*system), Vec::new())],
            Origin::Parsed(place) => vec![(Source::Parsed(*place), Vec::new())],
            Origin::Call(call) | Origin::Hung(call) => {
                let taken = self.documents.taken.get(call).map(Vec::as_slice).unwrap_or_default();
                let inner = taken.iter().filter(|o| !matches!(o, Origin::Call(c) | Origin::Hung(c) if c == call));
                inner.flat_map(|o| self.places(o)).collect()
            }
            Origin::Element(of) => {
                let mut places = below(of, Step::Rows);
                // Among all results of a loop stands what each call gave, be it a list or one record.
                if matches!(&**of, Origin::Call(call) if self.is_looping(*call)) {
                    places.extend(self.places(of));
                }
                places
            }
            Origin::Member(of, name) => below(of, Step::Member(name.to_string())),
            // Any of a record's members.
            Origin::Value(_) | Origin::Block(_) => Vec::new(),
        }
    }

    fn is_looping(&self, call: usize) -> bool {
        matches!(self.defs.get(call).map(|d| &d.what), Some(What::Call(call)) if call.each.is_some())
    }
}

/// Up to so many members that are read do not tell a record whose others are null: the sample's do.
const FEW: usize = 2;
/// Most of them.
const SAMPLED: usize = 12;

/// Whether a place is the answer's own, or a row of it.
fn is_outer(steps: &[Step]) -> bool {
    let rows = steps.iter().position(|step| *step == Step::Rows);
    rows.is_none_or(|at| at.saturating_add(1) == steps.len())
}

/// A recorded answer as it is read: what [`adapter_core::bundle::Clean::unwrap`] unwraps is what is in it.
pub(super) fn unwrapped(value: serde_json::Value, unwrap: Option<&str>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Array(elements) => Value::Array(elements.into_iter().map(|e| unwrapped(e, unwrap)).collect()),
        Value::Object(members) => {
            let alone = members.len() == 1;
            let mut members: serde_json::Map<String, Value> =
                members.into_iter().map(|(name, value)| (name, unwrapped(value, unwrap))).collect();
            match unwrap.filter(|_| alone).and_then(|name| members.remove(name)) {
                Some(inner) => inner,
                None => Value::Object(members),
            }
        }
        other => other,
    }
}

/// Which calls a definition became, with the operation where it depends on that.
impl super::defs::Def {
    pub(super) fn indices(&self) -> impl Iterator<Item = (CallIndex, Option<OperationId>)> {
        let own = self.per_operation.iter().map(|(operation, state)| (state, Some(*operation)));
        std::iter::once((&self.state, None)).chain(own).filter_map(|(state, operation)| match state {
            State::Call { index, .. } => Some((*index, operation)),
            _ => None,
        })
    }
}
