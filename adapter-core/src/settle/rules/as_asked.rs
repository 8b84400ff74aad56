//! A request may ask for one item by its code (T-45): others are left out, those without code too.

use crate::contract::{At, Member};
use crate::settle::draft::{Draft, Fate, Fault, value};
use crate::settle::{Log, Setting};
use crate::value::Value;

/// Another was asked for.
const ANOTHER: u8 = 0;

pub(super) fn keep(
    list: At,
    member: Member,
    asked: Member,
    draft: &mut Draft<'_>,
    setting: Setting<'_>,
    log: &mut Log,
) -> Result<(), Fault> {
    let Some(Value::Text(asked)) = setting.asked.get(usize::from(asked.0)).copied() else { return Ok(()) };
    draft.judge(list, log, &mut |arena, row| match value(row, member) {
        Value::Text(code) if arena.text(code) == arena.text(asked) => Fate::Keep,
        _ => Fate::Drop(ANOTHER, None),
    })
}
