//! Which elements an answer may be: an XML document's root, of SOAP the element in the body. What a call says itself counts
//! first, then its sample; else of SOAP the operation's name with `Response`, of XML the names under which the mapping
//! reads the document. Where the namespace is known by that, it counts too. Anything else that comes is not the answer,
//! whatever else it is.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::bundle::{CallIndex, Decode, Embedded, Expr, Likeness};
use adapter_core::value::NameId;

use super::Check;
use super::defs::State;
use super::formats::Documents;
use super::likeness::LikeInside;
use super::types::Origin;

/// Under which names documents inside texts are read, by their places.
pub(super) type Inside = BTreeMap<usize, BTreeSet<NameId>>;

/// What is known of roots while a mapping is lowered, by the definition of the call that gets the document.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// As the call says.
    written: BTreeMap<usize, Vec<String>>,
    /// As its sample has it.
    sampled: BTreeMap<usize, String>,
    /// SOAP operations, whose answers are named after them.
    operations: BTreeMap<usize, String>,
    /// In whose `take` a document inside a text stands.
    owners: BTreeMap<usize, usize>,
    /// The call whose `take` is being lowered.
    pub owner: Option<usize>,
}

impl Roots {
    pub(super) fn written(&mut self, call: usize, names: Vec<String>) {
        if !names.is_empty() {
            self.written.insert(call, names);
        }
    }

    pub(super) fn sampled(&mut self, call: usize, name: Option<String>) {
        self.sampled.extend(name.map(|name| (call, name)));
    }

    pub(super) fn operation(&mut self, call: usize, name: &str) {
        self.operations.insert(call, name.to_owned());
    }

    /// A document inside a text, at its place.
    pub(super) fn parsed(&mut self, place: usize) {
        self.owners.extend(self.owner.map(|owner| (place, owner)));
    }

    /// The call in whose `take` a document inside a text stands.
    pub(super) fn owner_of(&self, place: usize) -> Option<usize> {
        self.owners.get(&place).copied()
    }

    /// What a call's answer may be, and whether that is only supposed; `read` is under which names it is read.
    fn of(&self, call: usize, read: Option<&BTreeSet<String>>) -> (Vec<String>, bool) {
        if let Some(written) = self.written.get(&call) {
            return (written.clone(), false);
        }
        match (self.sampled.get(&call), self.operations.get(&call)) {
            (Some(sampled), _) => (vec![sampled.clone()], false),
            (None, Some(operation)) => (vec![format!("{operation}Response")], true),
            (None, None) => (read.into_iter().flatten().cloned().collect(), false),
        }
    }
}

impl Documents {
    /// The roots that are read of a document inside this text, of those that belong to the `take` of these calls, or to
    /// none. The same words mean another answer in another call.
    pub(super) fn roots_of(&self, text: &Expr, owners: &[usize], inside: &Inside) -> Vec<NameId> {
        let mut found = BTreeSet::new();
        for (place, (format, other)) in self.parsed.iter().enumerate() {
            if self.belongs(place, owners) && *format == Embedded::Xml && other == text {
                found.extend(inside.get(&place).into_iter().flatten().copied());
            }
        }
        found.into_iter().collect()
    }

    /// What a document inside this text must be like, likewise.
    pub(super) fn like_of(&self, text: &Expr, owners: &[usize], like: &LikeInside) -> Option<Likeness> {
        let mut places = self.parsed.iter().enumerate().filter(|(_, (_, other))| other == text).map(|(place, _)| place);
        places.find(|place| self.belongs(*place, owners)).and_then(|place| like.get(&place)).cloned()
    }

    /// Whether a document inside a text stands in the `take` of one of these calls, or in none where these are none.
    fn belongs(&self, place: usize, owners: &[usize]) -> bool {
        match self.roots.owner_of(place) {
            Some(owner) => owners.contains(&owner),
            None => owners.is_empty(),
        }
    }
}

impl Check<'_> {
    /// The documents that are read outside of rules for failures, each with a name under which it is. Rules may well look
    /// for what is not there.
    fn documents_read(&self) -> Vec<(Origin, String)> {
        let mut found = Vec::new();
        for (origin, name) in self.reads.outside_rules() {
            let mut documents = Vec::new();
            document(&self.documents, origin, &mut documents);
            found.extend(documents.into_iter().map(|document| (document, name.to_owned())));
        }
        found
    }

    /// Under which names documents inside texts are read.
    pub(super) fn roots_inside(&mut self) -> Inside {
        let mut inside = Inside::new();
        for (origin, name) in self.documents_read() {
            if let Origin::Parsed(place) = origin {
                let name = self.name(&name);
                inside.entry(place).or_default().insert(name);
            }
        }
        inside
    }

    /// The definitions of each call.
    pub(super) fn owners(&self) -> BTreeMap<CallIndex, Vec<usize>> {
        let mut owners: BTreeMap<CallIndex, Vec<usize>> = BTreeMap::new();
        for (id, def) in self.defs.iter().enumerate() {
            for state in def.states() {
                if let State::Call { index, .. } = state {
                    owners.entry(*index).or_default().push(id);
                }
            }
        }
        owners
    }

    /// Says of every call what its answer may be.
    pub(super) fn finish_roots(&mut self) {
        let mut read: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (origin, name) in self.documents_read() {
            if let Origin::CallBody(call) = origin {
                read.entry(call).or_default().insert(name);
            }
        }
        let mut assumed = BTreeSet::new();
        for (index, ids) in self.owners() {
            let Some(call) = self.bundle.calls.get_mut(index.at()) else { continue };
            if call.decode != Decode::Xml {
                continue;
            }
            for id in ids {
                // Of what is read as a whole nobody knows under which names.
                let whole = call.soap.is_none() && self.deep_calls.contains(&id);
                let (names, supposed) = self.documents.roots.of(id, read.get(&id).filter(|_| !whole));
                if supposed && let Some(soap) = &call.soap {
                    assumed.insert(format!("`{}` is answered with `{}`", soap.operation, names.concat()));
                }
                call.roots = names;
            }
        }
        if !assumed.is_empty() {
            let assumed: Vec<String> = assumed.into_iter().collect();
            self.report.assumed.push(format!("{}; `sample` or `root` at the call says what is so", assumed.join(", ")));
        }
    }
}

/// The documents that a value is, if it is one itself.
fn document(documents: &Documents, origin: &Origin, out: &mut Vec<Origin>) {
    match origin {
        Origin::CallBody(call) if documents.decode.get(call) == Some(&Decode::Xml) => out.push(origin.clone()),
        Origin::Parsed(place) => {
            let xml = documents.parsed.get(*place).is_some_and(|(format, _)| *format == Embedded::Xml);
            out.extend(xml.then(|| origin.clone()));
        }
        Origin::Call(call) | Origin::Hung(call) => {
            documents.taken.get(call).into_iter().flatten().for_each(|taken| document(documents, taken, out));
        }
        // A document is its own only element.
        Origin::Element(of) => document(documents, of, out),
        _ => {}
    }
}
