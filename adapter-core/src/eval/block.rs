//! Blocks: `for / let / where / each`.

use super::error::{EvalError, Evaluated};
use super::memory::Eval;
use crate::bundle::Block;
use crate::value::Value;

impl Eval<'_> {
    pub(super) fn block(&mut self, block: &Block) -> Evaluated {
        let mut out = Vec::new();
        self.block_loop(block, 0, &mut out)?;
        Ok(Value::List(self.memory.arena.make_list(&out)?))
    }

    pub(super) fn block_loop(&mut self, block: &Block, level: usize, out: &mut Vec<Value>) -> Result<(), EvalError> {
        let Some(current) = block.loops.get(level) else {
            for (slot, value) in &block.lets {
                let value = self.eval(value)?;
                self.memory.bind(*slot, value);
            }
            if let Some(filter) = &block.filter
                && !self.condition(filter)?
            {
                return Ok(());
            }
            let value = self.eval(&block.each)?;
            self.made(1)?;
            out.push(value);
            return Ok(());
        };
        let list = self.eval(&current.list)?;
        for at in 0..self.count(list)? {
            let element = self.turn(list, at);
            self.memory.bind(current.slot, element);
            self.block_loop(block, level.saturating_add(1), out)?;
        }
        Ok(())
    }
}
