//! What must be kept whole of a system's answers: where a record itself is compared, counted or passed on, all its
//! members matter, not only those the mapping names.

use adapter_core::bundle::{Call, Failure, Pages, PathPart};
use adapter_core::bundle::{CallIndex, Expr};

use super::Check;
use super::defs::State;
use super::formats::Documents;
use super::likeness::LikeInside;
use super::reads::Marks;
use super::roots::Inside;
use super::types::{Origin, Ty};

impl Check<'_> {
    /// The record under this type is used as a whole.
    pub(super) fn keep_whole(&mut self, ty: &Ty) {
        match ty {
            Ty::Dyn(origins) => {
                for origin in origins {
                    self.keep_origin(origin);
                }
            }
            Ty::Record(fields, _) => {
                for (_, ty) in fields.iter() {
                    self.keep_whole(ty);
                }
            }
            Ty::List(element) | Ty::Index(element) => self.keep_whole(element),
            Ty::Row(tables) => {
                for table in tables {
                    if let Some(data) = self.tables.get_mut(*table) {
                        data.use_all();
                    }
                }
            }
            Ty::Unknown | Ty::Null | Ty::Bool | Ty::Int | Ty::Number | Ty::Text | Ty::Date => {}
        }
    }

    fn keep_origin(&mut self, origin: &Origin) {
        match origin {
            Origin::Element(of) | Origin::Value(of) => self.keep_origin(of),
            Origin::Member(_, name) => {
                let id = self.name(name);
                let place = usize::try_from(id).ok().and_then(|i| self.bundle.names.get_mut(i));
                if let Some(name) = place {
                    name.deep = true;
                }
            }
            Origin::Call(call) | Origin::Hung(call) => {
                let taken = self.documents.taken.get(call).cloned().unwrap_or_default();
                taken.iter().for_each(|o| self.keep_origin(o));
            }
            Origin::CallBody(call) | Origin::CallResult(call) => self.deep_calls.push(*call),
            Origin::SystemBody(system) | Origin::SystemResult(system) => self.deep_systems.push(*system),
            Origin::Parsed(place) => self.documents.deep.push(*place),
            // A record the mapping made: its members were looked at when it was.
            Origin::Block(_) => {}
        }
    }

    /// The same for an expression by itself.
    pub(super) fn finish_expr(&mut self, expr: &mut Expr) {
        let (rows, inside, like) = (self.rows_marked(), self.roots_inside(), self.like_inside());
        let documents = &self.documents;
        let whole = whole_documents(documents);
        embedded(expr, &Known { whole: &whole, rows: &rows, inside: &inside, like: &like, documents, owners: &[] });
    }

    /// Marks the calls whose answers must be kept whole, and the documents inside texts.
    pub(super) fn finish_calls(&mut self) {
        let mut whole: Vec<CallIndex> = Vec::new();
        for id in &self.deep_calls {
            let states = self.defs.get(*id).into_iter().flat_map(super::defs::Def::states);
            whole.extend(states.filter_map(|state| match state {
                State::Call { index, .. } => Some(*index),
                _ => None,
            }));
        }
        for (index, call) in self.bundle.calls.iter_mut().enumerate() {
            let by_call = whole.iter().any(|w| w.at() == index);
            call.deep = by_call || self.deep_systems.iter().any(|s| *s == call.system.at());
        }
        let (rows, inside, owners) = (self.rows_marked(), self.roots_inside(), self.owners());
        let like = self.like_inside();
        let documents = &self.documents;
        let whole = whole_documents(documents);
        let known = Known { whole: &whole, rows: &rows, inside: &inside, like: &like, documents, owners: &[] };
        let bundle = &mut self.bundle;
        for (index, call) in bundle.calls.iter_mut().enumerate() {
            let owners = CallIndex::try_from(index).ok().and_then(|index| owners.get(&index));
            in_call(call, &known, owners.map(Vec::as_slice).unwrap_or_default());
        }
        bundle.lets.iter_mut().for_each(|value| embedded(&mut value.value, &known));
        for system in &mut bundle.systems {
            let asking = Known { owners: NOBODY, ..known };
            system.failures.iter_mut().flat_map(Failure::exprs_mut).for_each(|e| embedded(e, &asking));
            system.session.iter_mut().flat_map(|s| &mut s.next).for_each(|e| embedded(e, &asking));
            system.headers.iter_mut().for_each(|(_, e)| embedded(e, &known));
            system.soap.iter_mut().flat_map(|s| &mut s.header).for_each(|e| embedded(e, &known));
        }
        let confirms = bundle.changes.iter_mut().filter_map(|(_, change)| change.confirm.as_mut());
        for operation in bundle.operations.values_mut().chain(&mut bundle.by_key).chain(confirms) {
            let guards =
                operation.guards.iter_mut().flat_map(|guard| [&mut guard.when].into_iter().chain(&mut guard.message));
            guards.for_each(|e| embedded(e, &known));
            operation.person.iter_mut().for_each(|e| embedded(e, &known));
            embedded(&mut operation.answer, &known);
        }
        let walks = bundle.walks.iter_mut().chain(&mut bundle.rows);
        walks.flat_map(|(_, walk)| walk.exprs_mut()).for_each(|e| embedded(e, &known));
        let everybody = bundle.key_index.iter_mut().filter_map(|index| index.everybody.as_mut());
        everybody.flat_map(|list| list.feed.exprs_mut()).for_each(|e| embedded(e, &known));
    }
}

/// Whose documents those are that rules and pages look into: they may look for what is not there.
const NOBODY: &[usize] = &[usize::MAX];

/// What is known in the end.
#[derive(Clone, Copy)]
struct Known<'k> {
    /// The texts with documents that must be kept whole.
    whole: &'k [&'k Expr],
    /// By what a record alone is known as a row, by the place of `list(…)`.
    rows: &'k [Marks],
    /// Under which names documents inside texts are read, by their places.
    inside: &'k Inside,
    /// What documents inside texts must be like.
    like: &'k LikeInside,
    documents: &'k Documents,
    /// The definitions of the call in whose `take` this is; none elsewhere; [`NOBODY`].
    owners: &'k [usize],
}

/// The texts with documents that must be kept whole.
fn whole_documents(documents: &Documents) -> Vec<&Expr> {
    documents.deep.iter().filter_map(|at| documents.parsed.get(*at).map(|(_, of)| of)).collect()
}

/// `owners` are the call's definitions.
fn in_call(call: &mut Call, known: &Known<'_>, owners: &[usize]) {
    call.take.iter_mut().for_each(|e| embedded(e, &Known { owners, ..*known }));
    call.each.iter_mut().for_each(|l| embedded(&mut l.list, known));
    call.when.iter_mut().chain(&mut call.body).for_each(|e| embedded(e, known));
    call.binds.iter_mut().for_each(|(_, e)| embedded(e, known));
    call.query.iter_mut().chain(&mut call.headers).for_each(|(_, e)| embedded(e, known));
    for part in &mut call.path {
        if let PathPart::Value(e) = part {
            embedded(e, known);
        }
    }
    let known = &Known { owners: NOBODY, ..*known };
    call.failures.iter_mut().flat_map(Failure::exprs_mut).for_each(|e| embedded(e, known));
    if let Pages::Many(paging) = &mut call.pages {
        paging.next.iter_mut().chain(&mut paging.more).for_each(|e| embedded(e, known));
        paging.query.iter_mut().for_each(|(_, e)| embedded(e, known));
        paging.body.iter_mut().for_each(|(_, e)| embedded(e, known));
    }
}

/// Writes what is known in the end to where it is needed.
fn embedded(expr: &mut Expr, known: &Known<'_>) {
    let inner = |expr: &mut Expr| embedded(expr, known);
    match expr {
        Expr::Parse { of, deep, roots, like, .. } => {
            *like = known.documents.like_of(of, known.owners, known.like).map(Box::new);
            *deep |= known.whole.contains(&&**of);
            if !*deep {
                *roots = known.documents.roots_of(of, known.owners, known.inside);
            }
            inner(of);
        }
        Expr::Rows { of, must, may } => {
            let place = must.first().and_then(|place| usize::try_from(*place).ok());
            (*must, *may) = place.and_then(|place| known.rows.get(place)).cloned().unwrap_or_default();
            inner(of);
        }
        Expr::Null
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Dec { .. }
        | Expr::Text(_)
        | Expr::Local(_)
        | Expr::Call(_)
        | Expr::Let(_)
        | Expr::Var(_)
        | Expr::Request(_)
        | Expr::Secret(_) => {}
        Expr::Hung { of, .. }
        | Expr::Member { of, .. }
        | Expr::Has { of, .. }
        | Expr::Not(of)
        | Expr::Neg(of)
        | Expr::Match { of, .. } => inner(of),
        Expr::Index { of: a, at: b }
        | Expr::And(a, b)
        | Expr::Or(a, b)
        | Expr::Binary { left: a, right: b, .. }
        | Expr::Macro { list: a, body: b, .. } => {
            inner(a);
            inner(b);
        }
        Expr::If { when: a, then: b, otherwise: c } | Expr::Latest { list: a, of: b, per: c, .. } => {
            inner(a);
            inner(b);
            inner(c);
        }
        Expr::List(items)
        | Expr::Concat(items)
        | Expr::Function { args: items, .. }
        | Expr::Table { keys: items, .. }
        | Expr::TableRows { keys: items, .. } => items.iter_mut().for_each(inner),
        Expr::Record(entries) => entries.iter_mut().for_each(|(_, e)| inner(e)),
        Expr::With { binds, body } => {
            binds.iter_mut().for_each(|(_, e)| inner(e));
            inner(body);
        }
        Expr::Block(block) => {
            block.loops.iter_mut().for_each(|l| inner(&mut l.list));
            block.lets.iter_mut().for_each(|(_, e)| inner(e));
            block.filter.iter_mut().for_each(inner);
            inner(&mut block.each);
        }
    }
}
