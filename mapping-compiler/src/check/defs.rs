//! Definitions: declared with their scope, lowered when first needed.

use std::collections::BTreeMap;
use std::rc::Rc;

use adapter_core::bundle::Let;
use adapter_core::bundle::{CallIndex, Expr, LetIndex, Slot};
use adapter_core::contract::OperationId;

use super::cx::Cx;
use super::scope::{Binding, Scope};
use super::types::Ty;
use super::{Check, Mentions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, LetText, Walk};
use crate::places;
use crate::source::Span;
use crate::yaml::Text;

/// Most definitions that wait for one another.
const MAX_DEPTH: usize = 100;

/// A definition.
#[derive(Debug)]
pub(super) struct Def {
    pub name: Text,
    pub what: What,
    pub cx: Cx,
    /// How far it has come, for all operations.
    pub state: State,
    /// How far it has come where it depends on the operation, by its id.
    pub per_operation: BTreeMap<OperationId, State>,
    pub used: bool,
}

impl Def {
    /// All that it became.
    pub(super) fn states(&self) -> impl Iterator<Item = &State> {
        std::iter::once(&self.state).chain(self.per_operation.values())
    }
}

/// What is defined.
#[derive(Clone, Debug)]
pub(super) enum What {
    Call(Rc<Call>),
    /// A value of the file, the student or an operation.
    Let(Rc<LetText>),
    /// The rows of a walk.
    Walk(Rc<Walk>),
    /// A value of a block, by its place among the blocks being lowered.
    BlockLet(Rc<LetText>, usize),
    /// A value with arguments.
    Given(Rc<LetText>),
    Table(usize),
    /// Something that could not be read; it has been reported.
    Broken,
}

/// How far lowering has come.
#[derive(Clone, Debug)]
pub(super) enum State {
    Fresh,
    Active,
    Failed,
    Call { index: CallIndex, ty: Ty, element: Option<Ty> },
    Let(LetIndex, Ty),
    Local(Slot, Ty),
}

impl Check<'_> {
    pub(super) fn declare_in(&mut self, scope: &Rc<Scope>, calls: &[Rc<Call>], lets: &[Rc<LetText>], broken: &[Text]) {
        let cx = Cx::new(scope);
        for call in calls {
            self.declare(&cx, &call.name, What::Call(Rc::clone(call)));
        }
        for value in lets {
            let what = match value.as_ref() {
                LetText::Given { .. } => What::Given(Rc::clone(value)),
                _ => What::Let(Rc::clone(value)),
            };
            self.declare(&cx, value.name(), what);
        }
        for name in broken {
            self.declare(&cx, name, What::Broken);
        }
    }

    /// Gives a definition its name in a scope.
    pub(super) fn declare(&mut self, cx: &Cx, name: &Text, what: What) {
        if !self.check_name(&cx.scope, name) {
            return;
        }
        if let What::Given(value) = &what
            && let LetText::Given { given, .. } = value.as_ref()
        {
            let inside = Scope::inside(&cx.scope);
            for given in given {
                if self.check_name(&inside, given) {
                    inside.bind(&given.text, Binding::Null, given.span);
                }
            }
        }
        let id = self.defs.len();
        cx.scope.bind(&name.text, Binding::Def(id), name.span);
        self.defs.push(Def {
            name: name.clone(),
            what,
            cx: cx.clone(),
            state: State::Fresh,
            per_operation: BTreeMap::new(),
            used: false,
        });
    }

    /// The value of a definition that is mentioned by its plain name.
    pub(super) fn mention(&mut self, id: usize, span: Span) -> (Expr, Ty) {
        match self.demand(id, span) {
            Some(State::Call { index, ty, .. }) => (Expr::Call(index), ty),
            Some(State::Let(index, ty)) => (Expr::Let(index), ty),
            Some(State::Local(slot, ty)) => (Expr::Local(slot), ty),
            Some(State::Fresh | State::Active | State::Failed) | None => {
                let Some(def) = self.defs.get(id) else { return (Expr::Null, Ty::Unknown) };
                let help = match def.what {
                    What::Given(_) => Some("takes arguments"),
                    What::Table(_) => Some("is a table"),
                    _ => None,
                };
                if let Some(what) = help {
                    let name = &def.name.text;
                    let message = format!("`{name}` {what}: it must be called.");
                    let diagnostic = Diagnostic::new(Code::FunctionArguments, span, message);
                    self.report.push(diagnostic.help(format!("Write `{name}(…)`.")));
                }
                (Expr::Null, Ty::Unknown)
            }
        }
    }

    /// Lowers a definition if that has not been done. None if it is one that has to be called, or is broken.
    pub(super) fn demand(&mut self, id: usize, span: Span) -> Option<State> {
        let def = self.defs.get_mut(id)?;
        def.used = true;
        let what = def.what.clone();
        if let Some(done) = self.operation.and_then(|o| def.per_operation.get(&o.id)).cloned() {
            // What it is made of depends on the operation, and so what mentions it does.
            self.depend();
            return (!matches!(done, State::Failed)).then_some(done);
        }
        match (&def.state, &what) {
            (_, What::Given(_) | What::Table(_) | What::Broken) | (State::Failed, _) => return None,
            (State::Fresh, _) => {}
            (State::Active, _) => {
                self.cycle(id, span);
                return None;
            }
            (done, _) => return Some(done.clone()),
        }
        if self.depth >= MAX_DEPTH {
            let message = format!("More than {MAX_DEPTH} definitions wait for one another.");
            self.error(Code::ExprSize, span, message);
            return None;
        }
        self.set_state(id, State::Active);
        self.depth = self.depth.saturating_add(1);
        self.mentions.push(Mentions::default());
        let outside = std::mem::take(&mut self.reads.place);
        let state = match what {
            What::Call(call) => self.lower_call(id, &call),
            What::Let(value) => self.lower_let(id, &value),
            What::BlockLet(value, block) => self.lower_block_let(id, &value, block),
            What::Walk(walk) => self.lower_walk(id, &walk),
            What::Given(_) | What::Table(_) | What::Broken => State::Failed,
        };
        self.reads.place = outside;
        let mentions = self.mentions.pop().unwrap_or_default();
        self.depth = self.depth.saturating_sub(1);
        let depends = mentions.operation;
        match &state {
            // A value of a block is part of what the block stands in.
            State::Local(..) => {
                if let Some(outer) = self.mentions.last_mut() {
                    outer.all.extend(mentions.all);
                }
            }
            State::Call { index, .. } => {
                self.call_mentions.insert(*index, mentions.all);
            }
            State::Let(index, _) => {
                self.let_mentions.insert(*index, mentions.all);
            }
            State::Fresh | State::Active | State::Failed => {}
        }
        match self.operation.filter(|_| depends && !matches!(state, State::Local(..))) {
            Some(operation) => {
                self.depend();
                self.set_state(id, State::Fresh);
                if let Some(def) = self.defs.get_mut(id) {
                    def.per_operation.insert(operation.id, state.clone());
                }
            }
            None => {
                if depends {
                    self.depend();
                }
                self.set_state(id, state.clone());
            }
        }
        match state {
            State::Failed => None,
            done => Some(done),
        }
    }

    /// What is being lowered depends on the operation.
    pub(super) fn depend(&mut self) {
        if let Some(mentions) = self.mentions.last_mut() {
            mentions.operation = true;
        }
    }

    pub(super) fn set_state(&mut self, id: usize, state: State) {
        if let Some(def) = self.defs.get_mut(id) {
            def.state = state;
        }
    }

    fn cycle(&mut self, id: usize, span: Span) {
        let Some(def) = self.defs.get(id) else { return };
        let (name, at) = (def.name.text.clone(), def.name.span);
        let message = format!("`{name}` is needed to define itself.");
        self.report.push(Diagnostic::new(Code::NameCycle, span, message).also(at, "defined here"));
    }

    fn lower_let(&mut self, id: usize, value: &LetText) -> State {
        let Some((name, cx)) = self.defs.get(id).map(|d| (d.name.clone(), d.cx.clone())) else { return State::Failed };
        let (expr, ty) = self.let_value(value, &cx);
        self.check_nesting(&expr, name.span);
        let Ok(index) = LetIndex::try_from(self.bundle.lets.len()) else { return State::Failed };
        self.spans.lets.insert(index, (name.span, places::of_let(value)));
        self.bundle.lets.push(Let { name: name.text, value: expr });
        State::Let(index, ty)
    }

    fn lower_block_let(&mut self, id: usize, value: &LetText, block: usize) -> State {
        let Some((name, cx)) = self.defs.get(id).map(|d| (d.name.clone(), d.cx.clone())) else { return State::Failed };
        let (expr, ty) = self.let_value(value, &cx);
        let slot = self.slot(&name.text, name.span);
        if let Some(lets) = self.block_lets.get_mut(block) {
            lets.push((slot, expr));
        }
        State::Local(slot, ty)
    }

    fn let_value(&mut self, value: &LetText, cx: &Cx) -> (Expr, Ty) {
        match value {
            LetText::Expr { is, .. } | LetText::Given { is, .. } => self.bare(is, cx),
            LetText::Block { block, .. } => self.block(block, cx, &mut Self::free_tree),
            LetText::Tree { tree, .. } => self.body_tree(tree, cx),
        }
    }

    /// A value with arguments, put in where it is called: its types and origins are those of the arguments.
    pub(super) fn inline(&mut self, id: usize, span: Span, args: Vec<(Expr, Ty)>) -> (Expr, Ty) {
        let nothing = (Expr::Null, Ty::Unknown);
        let Some(def) = self.defs.get_mut(id) else { return nothing };
        def.used = true;
        let What::Given(value) = def.what.clone() else { return nothing };
        let LetText::Given { name, given, is } = value.as_ref() else { return nothing };
        let (cx, state) = (def.cx.clone(), def.state.clone());
        if matches!(state, State::Active) {
            self.cycle(id, span);
            return nothing;
        }
        if args.len() != given.len() {
            let names: Vec<&str> = given.iter().map(|g| g.text.as_str()).collect();
            let message =
                format!("`{}` takes {} ({}), not {}.", name.text, count(given.len()), names.join(", "), args.len());
            self.report.push(Diagnostic::new(Code::FunctionArguments, span, message).also(name.span, "defined here"));
            return nothing;
        }
        if self.depth >= MAX_DEPTH {
            self.error(Code::ExprSize, span, format!("More than {MAX_DEPTH} definitions wait for one another."));
            return nothing;
        }
        let scope = Scope::inside(&cx.scope);
        let mut binds = Vec::with_capacity(args.len());
        for (given, (expr, ty)) in given.iter().zip(args) {
            // A name that cannot be bound has been reported where it is written.
            let slot = self.slot(&given.text, given.span);
            scope.bind(&given.text, Binding::Local(slot, ty), given.span);
            binds.push((slot, expr));
        }
        self.set_state(id, State::Active);
        self.depth = self.depth.saturating_add(1);
        let (body, ty) = self.bare(is, &cx.scoped(&scope));
        self.depth = self.depth.saturating_sub(1);
        self.set_state(id, State::Fresh);
        (Expr::With { binds, body: Box::new(body) }, ty)
    }

    /// Looks at definitions that no operation needs: their mistakes count. What they become must stay out of the bundle.
    pub(super) fn check_unused(&mut self) {
        let unused: Vec<usize> = self.defs.iter().enumerate().filter(|(_, d)| !d.used).map(|(id, _)| id).collect();
        for id in unused {
            let Some(def) = self.defs.get(id) else { continue };
            let (name, what) = (def.name.clone(), def.what.clone());
            // What only another unused definition needs is not reported a second time.
            if def.used {
                continue;
            }
            if !matches!(what, What::Broken) {
                self.unused.push(name.clone());
            }
            match what {
                What::Call(_) | What::Let(_) | What::BlockLet(..) | What::Walk(_) => {
                    self.demand(id, name.span);
                }
                What::Given(value) => {
                    if let LetText::Given { given, .. } = value.as_ref() {
                        let args = given.iter().map(|_| (Expr::Null, Ty::Unknown)).collect();
                        self.inline(id, name.span, args);
                    }
                }
                What::Table(_) | What::Broken => {}
            }
        }
    }

    /// Says what nothing uses; not while there are errors, since these leave much unused.
    pub(super) fn report_unused(&mut self) {
        if self.report.has_errors() {
            return;
        }
        for name in std::mem::take(&mut self.unused) {
            let message = format!("Nothing uses `{}`.", name.text);
            self.report.push(Diagnostic::new(Code::NameUnused, name.span, message));
        }
    }
}

pub(super) fn count(n: usize) -> String {
    match n {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        n => format!("{n} arguments"),
    }
}
