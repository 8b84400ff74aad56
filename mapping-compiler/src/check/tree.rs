//! Trees and blocks.

use adapter_core::bundle::{Block, Expr};

use super::Check;
use super::cx::Cx;
use super::defs::What;
use super::types::{Origin, Ty};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{self, BlockText, LetText};
use crate::yaml::{Node, Text, Value};

/// What lowers a node of a tree.
pub(super) type Lower<'l, 'c> = &'l mut dyn FnMut(&mut Check<'c>, &Node, &Cx) -> (Expr, Ty);

impl<'a> Check<'a> {
    /// A tree whose members are nobody's but the mapping's.
    pub(super) fn free_tree(&mut self, node: &Node, cx: &Cx) -> (Expr, Ty) {
        match &node.value {
            Value::Map(_) if model::is_block(node) => match model::block(self.report, node) {
                Some(block) => self.block(&block, cx, &mut Self::free_tree),
                None => (Expr::Null, Ty::Unknown),
            },
            Value::Scalar(scalar) if scalar.plain && scalar.text == "null" => (Expr::Null, Ty::Null),
            _ => self.data_tree(node, cx, &mut Self::free_tree),
        }
    }

    /// The tree of a call's body: `for` and `each` are members like others there.
    pub(super) fn body_tree(&mut self, node: &Node, cx: &Cx) -> (Expr, Ty) {
        match &node.value {
            Value::Scalar(scalar) if scalar.plain && scalar.text == "null" => (Expr::Null, Ty::Null),
            _ => self.data_tree(node, cx, &mut Self::body_tree),
        }
    }

    fn data_tree(&mut self, node: &Node, cx: &Cx, inner: Lower<'_, 'a>) -> (Expr, Ty) {
        match &node.value {
            Value::Scalar(scalar) => self.leaf(scalar, cx),
            Value::List(elements) => {
                let mut lowered = Vec::with_capacity(elements.len());
                let mut element = Ty::Null;
                for node in elements {
                    let (expr, ty) = inner(self, node, cx);
                    lowered.push(expr);
                    element = element.join(ty);
                }
                (Expr::List(lowered), Ty::List(Box::new(element)))
            }
            Value::Map(entries) => {
                let mut lowered = Vec::with_capacity(entries.len());
                let mut fields = Vec::with_capacity(entries.len());
                for entry in entries {
                    let (expr, ty) = inner(self, &entry.value, cx);
                    let name = self.tree_name(&entry.key, cx.xml);
                    lowered.push((self.name(&name), expr));
                    fields.push((name, ty));
                }
                (Expr::Record(lowered), Ty::Record(fields.into(), Vec::new()))
            }
        }
    }

    /// A block: a list with what `each` gives for each turn.
    pub(super) fn block(&mut self, block: &BlockText, cx: &Cx, each: Lower<'_, 'a>) -> (Expr, Ty) {
        let id = self.blocks;
        self.blocks = self.blocks.saturating_add(1);
        let mut inside = cx.clone();
        let mut loops = Vec::with_capacity(block.loops.len());
        for text in &block.loops {
            let (lowered, scope) = self.bind_loop(text, &inside);
            loops.push(lowered);
            inside = inside.scoped(&scope);
        }
        if loops.is_empty() {
            let message = "A block needs at least one loop.";
            self.report.push(Diagnostic::new(Code::KeyMissing, block.span, message));
        }
        // Values of the turn share a scope inside the loops'.
        let scope = super::scope::Scope::inside(&inside.scope);
        let inside = inside.scoped(&scope);
        let place = self.block_lets.len();
        self.block_lets.push(Vec::new());
        let first = self.defs.len();
        for value in &block.lets {
            let what = match value.as_ref() {
                LetText::Given { .. } => What::Given(value.clone()),
                _ => What::BlockLet(value.clone(), place),
            };
            self.declare(&inside, value.name(), what);
        }
        for name in &block.broken {
            self.declare(&inside, name, What::Broken);
        }
        let declared: Vec<usize> = (first..self.defs.len()).collect();
        let filter = block.filter.as_ref().map(|text| self.condition(text, &inside.filtering()));
        let (expr, ty) = each(self, &block.each, &inside);
        for id in declared {
            self.unused_in_block(id);
        }
        let lets = self.block_lets.get_mut(place).map(std::mem::take).unwrap_or_default();
        let ty = match ty {
            Ty::Record(fields, _) => Ty::Record(fields, vec![Origin::Element(Origin::Block(id).into())]),
            other => other,
        };
        (Expr::Block(Box::new(Block { loops, lets, filter, each: expr })), Ty::List(Box::new(ty)))
    }

    /// A value of a block that nothing of the block uses: looked at, and left out.
    fn unused_in_block(&mut self, id: usize) {
        let Some(def) = self.defs.get(id).filter(|d| !d.used) else { return };
        let (Text { text, span }, what) = (def.name.clone(), def.what.clone());
        if !matches!(what, What::Broken) {
            self.unused.push(Text { text, span });
        }
        match what {
            What::BlockLet(_, block) => {
                let before = self.block_lets.get(block).cloned().unwrap_or_default();
                self.demand(id, span);
                if let Some(lets) = self.block_lets.get_mut(block) {
                    *lets = before;
                }
            }
            What::Given(value) => {
                if let LetText::Given { given, .. } = value.as_ref() {
                    let args = given.iter().map(|_| (Expr::Null, Ty::Unknown)).collect();
                    self.inline(id, span, args);
                }
            }
            What::Call(_) | What::Let(_) | What::Walk(_) | What::Table(_) | What::Broken => {}
        }
    }
}
