//! The trees of an operation, leaf by leaf: which are null, and why.

use super::event::{Event, Root, Site};
use super::reason::Explainer;
use super::text::{self, Words};
use crate::bundle::{Block, Expr, LetIndex, Recipe};
use crate::eval::memory::Memory;
use crate::plan::Plan;
use crate::value::Value;

/// Most leaves that are told of.
const MOST: usize = 20_000;

/// Most turns of one block that are looked at.
const TURNS: usize = 200;

/// The values that were made, and every leaf of the answer without one.
pub(super) fn walk(plan: &Plan, memory: &mut Memory, words: &Words, mapped: &Recipe) -> Vec<Event> {
    let made = memory.lets.iter().enumerate().filter_map(|(at, v)| Some((LetIndex::try_from(at).ok()?, (*v)?)));
    let made: Vec<(LetIndex, Value)> = made.collect();
    let shown = |value: &Value| text::value(plan, &memory.arena, *value, 160);
    let mut found: Vec<Event> =
        made.iter().map(|(index, value)| Event::Let { index: *index, value: shown(value) }).collect();
    let mut explainer = Explainer::new(plan, memory, words);
    for (index, _) in made {
        let named = plan.named(index);
        if is_tree(&named.value) {
            Walk { explainer: &mut explainer, root: Root::Let(index), found: &mut found }.node(&named.value, "", &[]);
        }
    }
    for (root, tree) in [(Root::Person, mapped.person.as_ref()), (Root::Answer, Some(&mapped.answer))] {
        if let Some(tree) = tree {
            Walk { explainer: &mut explainer, root, found: &mut found }.node(tree, "", &[]);
        }
    }
    explainer.end();
    found
}

fn is_tree(expr: &Expr) -> bool {
    match expr {
        Expr::Block(_) | Expr::Record(_) => true,
        Expr::With { body, .. } => is_tree(body),
        _ => false,
    }
}

struct Walk<'w, 'e> {
    explainer: &'w mut Explainer<'e>,
    root: Root,
    found: &'w mut Vec<Event>,
}

impl<'e> Walk<'_, 'e> {
    fn site(&self, path: &str, items: &[usize]) -> Site {
        Site { root: self.root, path: path.to_owned(), items: items.to_vec() }
    }

    fn node(&mut self, expr: &'e Expr, path: &str, items: &[usize]) {
        match expr {
            Expr::Record(members) => {
                for (name, member) in members {
                    let name = text::name(self.explainer.eval.plan, *name);
                    self.node(member, &[path, "/", &name].concat(), items);
                }
            }
            Expr::With { binds, body } => {
                self.explainer.bind(binds);
                self.node(body, path, items);
            }
            Expr::Block(block) => {
                let (mut turn, mut kept) = (0, 0);
                self.block(block, 0, path, items, &mut turn, &mut kept);
            }
            // It has been said, or is meant.
            Expr::Null | Expr::Let(_) if matches!(expr, Expr::Null) || self.is_tree_of_its_own(expr) => {}
            leaf => self.leaf(leaf, path, items),
        }
    }

    fn is_tree_of_its_own(&self, expr: &Expr) -> bool {
        let Expr::Let(index) = expr else { return false };
        is_tree(&self.explainer.eval.plan.named(*index).value)
    }

    fn leaf(&mut self, leaf: &'e Expr, path: &str, items: &[usize]) {
        if self.found.len() >= MOST {
            return;
        }
        let written = self.explainer.written(leaf);
        let (failed, why) = match self.explainer.eval.eval(leaf) {
            Ok(value) if !self.explainer.eval.memory.arena.is_null(value) => return,
            Ok(_) => (false, self.explainer.reason(leaf, 0)),
            Err(_) => (true, self.explainer.fault(leaf, 0).unwrap_or(written)),
        };
        self.found.push(Event::Leaf { site: self.site(path, items), failed, why });
    }

    fn failed(&mut self, expr: &'e Expr, path: &str, items: &[usize]) -> bool {
        let Some(why) = self.explainer.fault(expr, 0) else { return false };
        self.found.push(Event::Leaf { site: self.site(path, items), failed: true, why });
        true
    }

    fn block(
        &mut self,
        block: &'e Block,
        level: usize,
        path: &str,
        items: &[usize],
        turn: &mut usize,
        kept: &mut usize,
    ) {
        let Some(current) = block.loops.get(level) else {
            *turn = turn.saturating_add(1);
            for one in block.lets.chunks(1) {
                if one.iter().any(|(_, value)| self.failed(value, path, items)) {
                    return;
                }
                self.explainer.bind(one);
            }
            if let Some(filter) = &block.filter {
                if self.failed(filter, path, items) {
                    return;
                }
                if !self.explainer.eval.condition(filter).unwrap_or(false) {
                    let why = self.explainer.unmet(filter);
                    self.found.push(Event::Left { site: self.site(path, items), turn: *turn, why });
                    return;
                }
            }
            let inner: Vec<usize> = items.iter().copied().chain([*kept]).collect();
            *kept = kept.saturating_add(1);
            self.node(&block.each, &[path, "/*"].concat(), &inner);
            return;
        };
        if self.failed(&current.list, path, items) {
            return;
        }
        let list = self.explainer.eval.eval(&current.list).unwrap_or_default();
        let count = self.explainer.eval.count(list).unwrap_or_default();
        if count == 0 && level == 0 {
            let written = self.explainer.written(&current.list);
            let why = if list.is_null() {
                [&written, " is null, since\n", &self.explainer.reason(&current.list, 0)].concat()
            } else {
                [&written, " has no elements"].concat()
            };
            self.found.push(Event::Left { site: self.site(path, items), turn: 0, why });
        }
        for at in 0..count.min(TURNS) {
            let element = self.explainer.eval.turn(list, at);
            self.explainer.eval.memory.bind(current.slot, element);
            self.block(block, level.saturating_add(1), path, items, turn, kept);
        }
    }
}
