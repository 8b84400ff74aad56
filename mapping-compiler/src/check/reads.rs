//! What is read of a system's records, by where they come from: the columns that the head of a CSV answer must have, and
//! the members by which a record alone is known as a row.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::bundle::{CallIndex, Csv, Decode};
use adapter_core::contract::OperationId;
use adapter_core::value::NameId;

use super::Check;
use super::defs::{Def, What};
use super::formats::Listed;
use super::types::{Origin, Ty};
use crate::diagnostic::{Code, Diagnostic};

/// Members that are read, by the places where they are.
type Members = BTreeMap<Origin, BTreeMap<String, How>>;

/// Members that are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    members: Members,
    /// Those of them that are read for an operation.
    by_operation: BTreeMap<OperationId, Members>,
    /// The operation that is being looked at.
    pub operation: Option<OperationId>,
    /// What is read as a list.
    pub listed: BTreeSet<Origin>,
    /// Lists whose elements are told apart by where they stand.
    pub by_place: BTreeSet<Origin>,
    /// Records of which only the data knows which members are read.
    pub open: BTreeSet<Origin>,
    /// What is being looked at.
    pub place: Place,
}

/// Where something is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// In a rule for failures.
    pub in_rule: bool,
    /// In `coalesce(…)`, which has something else where it is missing.
    pub is_spared: bool,
    /// Against a written `null`: whether it is there is asked.
    pub is_null_asked: bool,
    /// In `must(…)`, which fails by itself where it is missing.
    pub is_watched: bool,
}

/// Members by which a record alone is known as a row: all of the first, or, where there are none, one of the second.
pub(super) type Marks = (Vec<NameId>, Vec<NameId>);

/// How a member is read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// Its value.
    read: bool,
    /// Its value, where nothing stands in for it.
    needed: bool,
    /// The same, where nothing fails by itself either.
    unwatched: bool,
    /// Whether it is there: `has(…)`.
    asked: bool,
    /// Whether it is null.
    null_asked: bool,
    /// Either of these in a rule for failures.
    in_rule: bool,
    /// Its value in such a rule, which does not ask whether it is there.
    ruled: bool,
}

impl How {
    pub(super) fn and(&mut self, other: Self) {
        self.read |= other.read;
        self.needed |= other.needed;
        self.unwatched |= other.unwatched;
        self.asked |= other.asked;
        self.null_asked |= other.null_asked;
        self.in_rule |= other.in_rule;
        self.ruled |= other.ruled;
    }

    /// Whether its value is read where nothing stands in for it, nor fails by itself.
    pub(super) fn is_needed(self) -> bool {
        self.unwatched && !self.asked
    }

    /// Whether it must be there wherever the system leaves nothing out.
    pub(super) fn must_be_there(self) -> bool {
        self.is_needed() && !self.null_asked
    }

    /// Whether a record is known by it. What rules read of XML is part of good answers, too, which lack elements wherever
    /// there is nothing; what they ask for is part of others.
    pub(super) fn is_known(self, xml: bool) -> bool {
        self.read || self.asked || (xml && self.ruled)
    }
}

impl Reads {
    fn note(&mut self, ty: &Ty, member: &str, how: How) {
        let Ty::Dyn(origins) = ty else { return };
        let how = if self.place.in_rule {
            let ruled = how.needed && !self.place.is_null_asked;
            How { in_rule: true, ruled, ..How::default() }
        } else {
            how
        };
        let own = self.operation.map(|operation| self.by_operation.entry(operation).or_default());
        for members in [Some(&mut self.members), own].into_iter().flatten() {
            for origin in origins {
                members.entry(origin.clone()).or_default().entry(member.to_owned()).or_default().and(how);
            }
        }
    }

    /// What is read; with an operation, what is read for it.
    pub(super) fn of(&self, operation: Option<OperationId>) -> impl Iterator<Item = (&Origin, &BTreeMap<String, How>)> {
        let members = match operation {
            Some(operation) => self.by_operation.get(&operation),
            None => Some(&self.members),
        };
        members.into_iter().flatten()
    }

    /// The value of a member is read.
    pub(super) fn read(&mut self, ty: &Ty, member: &str) {
        let needed = !self.place.is_spared;
        let unwatched = needed && !self.place.is_watched;
        let null_asked = self.place.is_null_asked;
        self.note(ty, member, How { read: true, needed, unwatched, null_asked, ..How::default() });
    }

    /// Whether a member is there is asked.
    pub(super) fn asked(&mut self, ty: &Ty, member: &str) {
        self.note(ty, member, How { asked: true, ..How::default() });
    }

    /// A value is read as a list.
    pub(super) fn list(&mut self, ty: &Ty) {
        if !self.place.in_rule {
            self.listed.extend(ty.origins().iter().cloned());
        }
    }

    /// All that is read outside of rules for failures, whatever comes of it, and where.
    pub(super) fn outside_rules(&self) -> impl Iterator<Item = (&Origin, &str)> {
        let of = |(origin, members)| -> (&Origin, &BTreeMap<String, How>) { (origin, members) };
        self.members.iter().map(of).flat_map(|(origin, members)| {
            let read = members.iter().filter(|(_, how)| how.read || how.asked);
            read.map(move |(name, _)| (origin, name.as_str()))
        })
    }

    /// Whether that has been asked before.
    pub(super) fn is_asked(&self, origin: &Origin, member: &str) -> bool {
        self.members.get(origin).and_then(|members| members.get(member)).is_some_and(|how| how.asked)
    }
}

impl Check<'_> {
    /// Says of each CSV call what the head of its answers must have.
    ///
    /// A column that is read must be there: unlike a record of JSON, a head is complete. One that is asked for by
    /// `has(…)` may be missing. Where nothing is read by name, one of the sample's columns must be there. A call that
    /// depends on the operation has the columns that this one reads; one that all share those of all, since what it brings
    /// is one document, and one without a column that it always had is another than the mapping was written for.
    pub(super) fn finish_columns(&mut self) {
        let mut of_systems: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (origin, members) in &self.reads.members {
            if let Some(system) = system_of(origin) {
                of_systems.entry(system).or_default().extend(members.keys().cloned());
            }
        }
        let calls: Vec<usize> =
            self.documents.decode.iter().filter(|(_, d)| **d == Decode::Csv).map(|(call, _)| *call).collect();
        for id in calls {
            let indices: Vec<(CallIndex, Option<OperationId>)> =
                self.defs.get(id).into_iter().flat_map(Def::indices).collect();
            let mut open = false;
            for (index, operation) in indices {
                let read = self.columns_read(id, operation);
                let chosen = |wanted: fn(&How) -> bool| {
                    read.iter().filter(|(_, how)| wanted(how)).map(|(name, _)| name.clone()).collect::<Vec<_>>()
                };
                let must = chosen(|how| how.read && !how.asked);
                let mut may = chosen(|how| how.asked);
                let failing = chosen(|how| how.in_rule && !how.read && !how.asked);
                if must.is_empty() && may.is_empty() {
                    may = self.sampled_columns(id);
                }
                let is_open = must.is_empty() && may.is_empty();
                let system = self.bundle.calls.get(index.at()).map(|call| call.system.at());
                let ruled = system.and_then(|s| of_systems.get(&s)).into_iter().flatten();
                let ruled = ruled.filter(|name| !must.contains(name) && !may.contains(name));
                let failing: BTreeSet<String> = failing.iter().chain(ruled).cloned().collect();
                let [must, may] = [&must, &may].map(|names| names.iter().map(|name| self.name(name)).collect());
                let failing = failing.iter().map(|name| self.name(name)).collect();
                if let Some(csv) = self.bundle.calls.get_mut(index.at()).and_then(|call| call.csv.as_mut()) {
                    *csv = Csv { separator: csv.separator, must, may, failing };
                    open |= is_open;
                }
            }
            if open {
                self.takes_any_table(id);
            }
        }
    }

    /// The columns of a call's rows that are read; with an operation, those that are read for it.
    fn columns_read(&self, call: usize, operation: Option<OperationId>) -> BTreeMap<String, How> {
        let mut columns: BTreeMap<String, How> = BTreeMap::new();
        for (origin, members) in self.reads.of(operation) {
            for _ in self.csv_calls(origin).iter().filter(|of| **of == call) {
                for (name, how) in members {
                    columns.entry(name.clone()).or_default().and(*how);
                }
            }
        }
        columns
    }

    fn takes_any_table(&mut self, call: usize) {
        let Some(def) = self.defs.get(call) else { return };
        // Of one that cannot be read enough has been said.
        if matches!(&def.what, What::Call(call) if call.sample.is_some()) {
            return;
        }
        let message =
            format!("Nothing says which columns the answer of `{}` has: any line of text is one.", def.name.text);
        let help = "Read a column by its name, or write `sample`: a recorded answer, of which it must have a column.";
        self.report.push(Diagnostic::new(Code::CallColumns, def.name.span, message).help(help));
    }

    /// By what a record alone is known as a row, for each `list(…)` by its place.
    ///
    /// Inside a row anything that is read is enough. Of a document it must be all, but what is asked for by `has(…)` or
    /// has something in its place: else an error with one member in common with rows would be a row.
    pub(super) fn rows_marked(&mut self) -> Vec<Marks> {
        let listed = std::mem::take(&mut self.documents.listed);
        let marked = listed.iter().map(|listed| self.marks(listed)).collect();
        self.documents.listed = listed;
        marked
    }

    fn marks(&mut self, listed: &Listed) -> Marks {
        let mut members: BTreeMap<String, How> = BTreeMap::new();
        for origin in &listed.origins {
            for (name, how) in self.reads.members.get(&origin.element()).into_iter().flatten() {
                members.entry(name.clone()).or_default().and(*how);
            }
        }
        members.retain(|_, how| how.read || how.asked || listed.in_rule);
        let is_inside = listed.origins.iter().any(is_inside_row);
        let is_needed = |how: &How| how.needed && !how.asked && !is_inside;
        let must = members.iter().filter(|(_, how)| is_needed(how)).map(|(name, _)| self.name(name)).collect();
        let may = members.iter().filter(|(_, how)| !is_needed(how)).map(|(name, _)| self.name(name)).collect();
        (must, may)
    }

    /// The calls whose CSV rows, or what they are made of, come from this place.
    fn csv_calls(&self, origin: &Origin) -> Vec<usize> {
        match origin {
            Origin::Element(of) | Origin::Member(of, _) | Origin::Value(of) => self.csv_calls(of),
            Origin::Call(call) | Origin::Hung(call) => {
                let taken = self.documents.taken.get(call).map(Vec::as_slice).unwrap_or_default();
                let inner = taken.iter().filter(|o| !matches!(o, Origin::Call(c) | Origin::Hung(c) if c == call));
                inner.flat_map(|o| self.csv_calls(o)).collect()
            }
            Origin::CallBody(call) if self.documents.decode.get(call) == Some(&Decode::Csv) => vec![*call],
            Origin::CallBody(_)
            | Origin::CallResult(_)
            | Origin::SystemBody(_)
            | Origin::SystemResult(_)
            | Origin::Parsed(_)
            | Origin::Block(_) => Vec::new(),
        }
    }

    fn sampled_columns(&self, call: usize) -> Vec<String> {
        let rows = self.documents.samples.get(&call).and_then(|shape| shape.element());
        rows.and_then(|row| row.members()).into_iter().flatten().map(str::to_owned).collect()
    }
}

/// The system whose answer, looked at in its rules, this is of.
fn system_of(origin: &Origin) -> Option<usize> {
    match origin {
        Origin::Element(of) | Origin::Member(of, _) | Origin::Value(of) => system_of(of),
        Origin::SystemBody(system) => Some(*system),
        _ => None,
    }
}

/// Whether a value is part of an element of a list.
fn is_inside_row(origin: &Origin) -> bool {
    match origin {
        Origin::Element(_) => true,
        Origin::Member(of, _) | Origin::Value(of) => is_inside_row(of),
        _ => false,
    }
}
