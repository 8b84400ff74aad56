//! Walks: a list of the system, whole units at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use adapter_core::bundle::{self, CallIndex, Expr, Feed, Let, LetIndex, MacroKind, Once, Slot, sha256_hex};
use adapter_core::contract::{self, Does, OperationId};

use super::Check;
use super::cx::Cx;
use super::defs::{Def, State, What};
use super::reach::{self, Mentioned};
use super::scope::{Binding, Scope};
use super::types::Ty;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, Deleted, OperationText, Walk};
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Scalar, Text};

/// The operation that may answer a walk's rows itself.
const OFFER: OperationId = OperationId::Ifs01_1;

/// What is said of the rows of a walk.
struct Rows {
    call: CallIndex,
    element: Ty,
    /// The variable that stands for one. `once` stands where a student is known.
    slot: Slot,
    unit: Option<Expr>,
    filter: Option<Expr>,
    once: Option<Expr>,
}

impl Rows {
    /// Which rows are answered, where rows are.
    fn kept(&self) -> Option<Expr> {
        match (self.filter.clone(), self.once.clone()) {
            (Some(a), Some(b)) => Some(Expr::And(Box::new(a), Box::new(b))),
            (a, b) => a.or(b),
        }
    }
}

/// What tells a walk of an operation from every other.
fn digest(operation: &str, walk: &Walk) -> String {
    sha256_hex([operation, "\0", &walk.name.text, "\0", &walk.written].concat().as_bytes())
}

/// The rows that count, in the order that `unit` says, and the type of one.
fn listed(walk: &Walk, rows: Rows) -> (Expr, Ty) {
    let kept = rows.kept();
    let Rows { call, element, slot, unit, .. } = rows;
    let mut list = Expr::Call(call);
    if let Some(unit) = unit.filter(|_| walk.no_order.is_none()) {
        list = Expr::Macro { kind: MacroKind::Ordered, list: Box::new(list), slot, body: Box::new(unit) };
    }
    if let Some(body) = kept.map(Box::new) {
        list = Expr::Macro { kind: MacroKind::Filter, list: Box::new(list), slot, body };
    }
    (list, element)
}

impl Check<'_> {
    /// Names of walks are names of the file, though only an operation that walks one has its rows.
    pub(super) fn check_walk_names(&mut self, file: &Rc<Scope>) {
        for walk in &self.mapping.walks {
            self.check_name(file, &walk.name);
        }
    }

    /// The walk an operation names; reports why it can have none.
    fn walk_of(&mut self, text: &OperationText) -> Option<Rc<Walk>> {
        let named = text.walk.as_ref()?;
        let mapping = self.mapping;
        let found = mapping.walks.iter().find(|w| w.name.text == named.text);
        if found.is_none() && !mapping.broken.iter().any(|b| b.text == named.text) {
            let message = format!("There is no walk `{}`.", named.text);
            let help = suggest::help(&named.text, mapping.walks.iter().map(|w| w.name.text.as_str()));
            self.report.push(Diagnostic::new(Code::NameUnknown, named.span, message).maybe_help(help));
        }
        self.walked.extend(found.map(|w| w.name.text.clone()));
        found.cloned()
    }

    /// The walk of an operation that answers rows: in its scope the walk's name stands for them.
    pub(super) fn walk_rows(&mut self, text: &OperationText, scope: &Rc<Scope>, file: &Rc<Scope>) {
        let Some(walk) = self.walk_of(text) else { return };
        if text.id.text != OFFER.name() {
            let span = text.walk.as_ref().map_or(text.id.span, |w| w.span);
            let message = format!("{} has no pages: it cannot answer a walk.", text.id.text);
            let help = "Walks are answered by IFS01.1, IFS06.1 and IFS07.1; other operations mention calls.";
            self.report.push(Diagnostic::new(Code::WalkPlace, span, message).help(help));
        } else {
            let students = [
                ("tax_code", walk.tax_code.as_ref().map(|t| t.span)),
                ("gives", walk.gives.first().map(|g| g.span)),
                ("deleted", walk.deleted.as_ref().map(|d| d.at)),
                ("if_broken", walk.if_broken),
            ];
            for (key, span) in students.into_iter().filter_map(|(key, span)| Some((key, span?))) {
                let message = format!("`{key}` belongs to walks over students; {} walks over courses.", OFFER.name());
                self.error(Code::WalkKeys, span, message);
            }
        }
        let id = self.push(&walk.name, What::Walk(Rc::clone(&walk)), &Cx::new(file));
        scope.bind(&walk.name.text, Binding::Def(id), walk.name.span);
    }

    /// A definition that no expression can name.
    pub(super) fn push(&mut self, name: &Text, what: What, cx: &Cx) -> usize {
        let id = self.defs.len();
        self.defs.push(Def {
            name: name.clone(),
            what,
            cx: cx.clone(),
            state: State::Fresh,
            per_operation: BTreeMap::new(),
            used: true,
        });
        id
    }

    /// A call that no expression can name, and the type of what it gives.
    pub(super) fn lone_call(&mut self, call: &Rc<Call>, cx: &Cx) -> Option<(CallIndex, Ty)> {
        let id = self.push(&call.name, What::Call(Rc::clone(call)), cx);
        match self.demand(id, call.name.span)? {
            State::Call { index, ty, .. } => Some((index, ty)),
            _ => None,
        }
    }

    /// The rows of a walk: its call's, in the order that `unit` says, those that count.
    pub(super) fn lower_walk(&mut self, id: usize, walk: &Walk) -> State {
        let Some(cx) = self.defs.get(id).map(|d| d.cx.clone()) else { return State::Failed };
        let Some(rows) = self.parts(walk, &cx.scope, &cx.scope) else { return State::Failed };
        let Some(unit) = rows.unit.clone() else { return State::Failed };
        let feed = self.feed(rows.call, rows.slot, rows.kept(), (unit, Expr::Null));
        let (list, element) = listed(walk, rows);
        let Ok(index) = LetIndex::try_from(self.bundle.lets.len()) else { return State::Failed };
        self.check_nesting(&list, walk.name.span);
        self.spans.lets.insert(index, (walk.name.span, BTreeMap::new()));
        self.bundle.lets.push(Let { name: walk.name.text.clone(), value: list });
        self.bundle.rows.push((
            OFFER.name().to_owned(),
            bundle::Walk {
                name: walk.name.text.clone(),
                digest: digest(OFFER.name(), walk),
                feed,
                ordered: walk.no_order.is_none(),
                once: None,
                page: walk.page,
                mark: false,
                deleted: None,
                shared: Vec::new(),
                lets: Vec::new(),
            },
        ));
        State::Let(index, Ty::List(Box::new(element)))
    }

    /// What is said of a walk's rows.
    fn parts(&mut self, walk: &Walk, file: &Rc<Scope>, inside: &Rc<Scope>) -> Option<Rows> {
        let (call, ty) = self.lone_call(&walk.call, &Cx::new(file))?;
        let element = self.iterated(&ty, walk.call.take.as_ref().map_or(walk.name.span, |t| t.span));
        let (scope, slot) = self.row(file, &element, walk.name.span);
        let cx = Cx::new(&scope);
        let unit = walk.unit.as_ref().map(|unit| self.of_row(unit, "unit", slot, &cx));
        let filter = walk.filter.as_ref().map(|text| self.condition(text, &cx.filtering()));
        let once = walk.once.as_ref().map(|text| {
            let scope = Scope::inside(inside);
            scope.bind("row", Binding::Local(slot, element.clone()), walk.name.span);
            self.condition(text, &Cx::new(&scope).filtering())
        });
        Some(Rows { call, element, slot, unit, filter, once })
    }

    /// The calls behind an expression, and what these need.
    fn calls_behind(&self, expr: &Expr) -> BTreeSet<CallIndex> {
        let mut mentioned = Mentioned::default();
        mentioned.add(expr);
        self.through_lets(&mut mentioned);
        self.closure(&mentioned.calls)
    }

    /// A list whose rows stand for students: what is asked for before it depends on nobody.
    fn feed(&self, call: CallIndex, row: Slot, filter: Option<Expr>, (unit, tax_code): (Expr, Expr)) -> Feed {
        let mut calls = self.closure(&BTreeSet::from([call]));
        for expr in filter.iter().chain([&unit, &tax_code]) {
            calls.extend(self.calls_behind(expr));
        }
        Feed { calls: calls.into_iter().collect(), call, row, filter, unit, tax_code }
    }

    fn row(&mut self, outer: &Rc<Scope>, element: &Ty, span: Span) -> (Rc<Scope>, Slot) {
        let scope = Scope::inside(outer);
        let slot = self.slot("row", span);
        scope.bind("row", Binding::Local(slot, element.clone()), span);
        (scope, slot)
    }

    /// `unit` and `tax_code`: what a row says.
    fn of_row(&mut self, text: &Scalar, key: &str, slot: Slot, cx: &Cx) -> Expr {
        let before = self.report.diagnostics().len();
        let (expr, ty) = self.bare(text, cx);
        let mut mentioned = false;
        reach::walk(&expr, &mut |e| mentioned |= *e == Expr::Local(slot));
        if !mentioned && self.report.diagnostics().len() == before {
            let message = format!("`{key}` is the same for every row: it must be a value of `row`.");
            let help = "For example `row.id`: what all rows of one course or student have in common.";
            self.report.push(Diagnostic::new(Code::WalkUnit, text.span, message).help(help));
        } else {
            self.must_be_plain(&ty, text);
        }
        expr
    }

    /// An operation that lists students: the walk is all that is written of it.
    pub(super) fn walk_students(
        &mut self,
        text: &OperationText,
        does: Does,
        file: &Rc<Scope>,
        student: Option<&Rc<Scope>>,
    ) -> Option<bundle::Walk> {
        let answer_of = does.answer_of()?;
        let listed = answer_of.name();
        let id = &text.id;
        if let Some(own) = &text.own {
            let message = format!("What {} lists is the contract's: it has a `walk`, and no `{}`.", id.text, own.text);
            let help = format!("Each student is listed with the fingerprint of what {listed} answers.");
            self.report.push(Diagnostic::new(Code::WalkKeys, own.span, message).help(help));
        }
        if text.walk.is_none() {
            let message = format!("{} lists students: it needs a `walk`.", id.text);
            self.error(Code::KeyMissing, id.span, message);
        }
        if !self.mapping.operations.iter().any(|o| o.id.text == listed) {
            let message =
                format!("{} lists fingerprints of what {listed} answers: the mapping needs {listed}.", id.text);
            self.error(Code::KeyMissing, id.span, message);
        }
        if self.is_off(answer_of.operation()) && !contract::operation(&id.text).is_some_and(|o| self.is_off(o)) {
            let message =
                format!("{} lists fingerprints of what {listed} answers, whose API is switched off.", id.text);
            self.report.push(Diagnostic::new(Code::KeyConflict, id.span, message).help("Switch both off, or none."));
        }
        let walk = self.walk_of(text)?;
        if walk.tax_code.is_none() {
            let message = format!("The walk `{}` lists students: it needs their `tax_code`.", walk.name.text);
            self.error(Code::KeyMissing, walk.name.span, message);
        }
        if let (Some(at), None) = (walk.no_order, &walk.once) {
            let message = "Without an order a student whose rows stand apart would be listed twice: `once` is needed.";
            let help = "For example once: row.id == careers.map(c, c.id).min()";
            self.report.push(Diagnostic::new(Code::WalkKeys, at, message).help(help));
        }
        let inside = student.unwrap_or(file);
        let rows = self.parts(&walk, file, inside);
        let tax_code = rows.as_ref().zip(walk.tax_code.as_ref()).map(|(rows, text)| {
            let scope = Scope::inside(file);
            scope.bind("row", Binding::Local(rows.slot, rows.element.clone()), walk.name.span);
            self.of_row(text, "tax_code", rows.slot, &Cx::new(&scope))
        });
        self.gives(&walk);
        let deleted = walk.deleted.as_ref().map(|deleted| self.deleted(deleted, answer_of, file));
        let Rows { call, slot, unit, filter, once, .. } = rows?;
        let feed = self.feed(call, slot, filter, (unit?, tax_code?));
        let once = once.map(|when| Once { calls: self.calls_behind(&when).into_iter().collect(), when });
        let deleted = match deleted {
            Some(deleted) => Some(deleted?),
            None => None,
        };
        Some(bundle::Walk {
            name: walk.name.text.clone(),
            digest: digest(&text.id.text, &walk),
            feed,
            ordered: walk.no_order.is_none(),
            once,
            page: walk.page,
            mark: walk.mark,
            deleted,
            shared: Vec::new(),
            lets: Vec::new(),
        })
    }

    /// What the answers that walks list have in common, whoever the student is.
    pub(super) fn share(&mut self) {
        for place in 0..self.bundle.walks.len() {
            let Some((name, _)) = self.bundle.walks.get(place) else { continue };
            let listed = OperationId::named(name).and_then(|id| id.operation().does.answer_of());
            let Some(recipe) = listed.and_then(|id| self.bundle.operations.get(id.name())) else { continue };
            let shared: Vec<CallIndex> = recipe.calls.iter().copied().filter(|call| !self.is_personal(*call)).collect();
            let mut mentioned = Mentioned::default();
            mentioned.add(&recipe.answer);
            recipe.person.iter().for_each(|person| mentioned.add(person));
            recipe.guards.iter().for_each(|guard| mentioned.add(&guard.when));
            self.through_lets(&mut mentioned);
            let alone = |index: &LetIndex| {
                let mut own = Mentioned::default();
                own.add(&Expr::Let(*index));
                self.through_lets(&mut own);
                !own.tax_code && !own.key && !own.calls.is_empty() && own.calls.iter().all(|call| shared.contains(call))
            };
            let lets = mentioned.lets.iter().copied().filter(alone).collect();
            if let Some((_, walk)) = self.bundle.walks.get_mut(place) {
                (walk.shared, walk.lets) = (shared, lets);
            }
        }
    }

    /// Whether a call, or one it needs, says who somebody is.
    fn is_personal(&self, call: CallIndex) -> bool {
        let mut mentioned = Mentioned::default();
        for index in self.closure(&BTreeSet::from([call])) {
            self.bundle.calls.get(index.at()).iter().for_each(|call| mentioned.add_call(call));
        }
        self.through_lets(&mut mentioned);
        mentioned.tax_code || mentioned.key
    }

    /// The list of those who are there no more.
    fn deleted(&mut self, deleted: &Deleted, answer_of: OperationId, file: &Rc<Scope>) -> Option<Feed> {
        if answer_of == OperationId::Ifs02_1 {
            let message = "Only IFS07.1 is asked for changes: a full list tells by absence who is no more.";
            self.report.push(Diagnostic::new(Code::WalkKeys, deleted.at, message).help("Take `deleted` away."));
        }
        self.people(deleted, file)
    }

    /// A list of people that stands alone.
    pub(super) fn people(&mut self, deleted: &Deleted, file: &Rc<Scope>) -> Option<Feed> {
        let (call, ty) = self.lone_call(&deleted.call, &Cx::new(file))?;
        let element = self.iterated(&ty, deleted.at);
        let (scope, slot) = self.row(file, &element, deleted.at);
        let cx = Cx::new(&scope);
        let unit = deleted.unit.as_ref().map(|text| self.of_row(text, "unit", slot, &cx));
        let tax_code = deleted.tax_code.as_ref().map(|text| self.of_row(text, "tax_code", slot, &cx));
        Some(self.feed(call, slot, None, (unit?, tax_code?)))
    }

    /// Rows stand for calls that are made once for a student.
    fn gives(&mut self, walk: &Walk) {
        let mapping = self.mapping;
        let calls = mapping.student.as_ref().map(|s| s.calls.as_slice()).unwrap_or_default();
        for name in &walk.gives {
            match calls.iter().find(|c| c.name.text == name.text) {
                None => {
                    let message = format!("`student` has no call `{}`.", name.text);
                    let help = suggest::help(&name.text, calls.iter().map(|c| c.name.text.as_str()));
                    self.report.push(Diagnostic::new(Code::NameUnknown, name.span, message).maybe_help(help));
                }
                Some(call) => {
                    if let Some(each) = &call.each {
                        let message =
                            format!("`{}` is made for each element of a list: rows cannot stand for it.", name.text);
                        self.report
                            .push(Diagnostic::new(Code::WalkKeys, name.span, message).also(each.span, "its loop"));
                    }
                }
            }
        }
    }

    /// Walks that no operation names: their mistakes count.
    pub(super) fn unused_walks(&mut self, file: &Rc<Scope>, student: &Rc<Scope>) {
        for walk in &self.mapping.walks {
            if !self.walked.contains(&walk.name.text) {
                self.unused.push(walk.name.clone());
                // It is looked at as the operation would that can have all that such a walk may mention.
                let of_students = walk.tax_code.is_some();
                let inside = if of_students { student } else { file };
                self.operation = Some(if of_students { OperationId::Ifs07_1 } else { OFFER }.operation());
                self.parts(walk, file, inside);
                self.operation = None;
            }
        }
    }
}
