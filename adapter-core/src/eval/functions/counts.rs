//! `iseeBands`: how many lie in each range of IFS08 (contract Appendix C, IFS08.1-R1 and R2).

use super::arguments::elements;
use crate::contract::BANDS;
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::{Number, Value};

/// `iseeBands(values[, least])`: all bands in order, the last for those who presented none: null, and what is no amount,
/// as less than nothing. `least` is the institute's least number: a band with fewer is not shown. Of nobody there is
/// nothing to hide (T-59): the total tells it.
pub(super) fn isee_bands(eval: &mut Eval<'_>, values: Value, least: Option<Value>) -> Evaluated {
    let least = match least {
        None | Some(Value::Null) => 0,
        Some(Value::Int(least)) => least,
        Some(_) => return Err(EvalError::Type),
    };
    let mut counts = [0_i64; BANDS.len()];
    for value in elements(eval, values)? {
        let value = eval.memory.arena.scalar(value).ok_or(EvalError::Shape)?;
        let amount = match value {
            Value::Text(text) => Number::parse(eval.memory.arena.text(text).trim()),
            value => value.number(),
        };
        let band = amount.filter(|isee| isee.compare(Number::Int(0)).is_ge()).map(|isee| {
            // Half open: 16000 is in the second band, 16000.01 in the third.
            BANDS.partition_point(|band| band.most.is_some_and(|most| isee.compare(Number::Int(most)).is_gt()))
        });
        let absent = BANDS.len().saturating_sub(1);
        if let Some(count) = counts.get_mut(band.unwrap_or(absent)) {
            *count = count.saturating_add(1);
        }
    }
    let names = ["isee_min_value", "isee_max_value", "enrollment_count", "range_description"]
        .map(|name| eval.memory.arena.names_mut().intern(name));
    let mut shown = Vec::with_capacity(BANDS.len());
    let hides = counts.iter().any(|count| *count > 0);
    for (band, count) in BANDS.iter().zip(counts).filter(|(_, count)| !hides || *count >= least) {
        let bound = |bound: Option<i64>| bound.map_or(Value::Null, Value::Int);
        let values = [bound(band.least), bound(band.most), Value::Int(count), eval.make_text(band.label)?];
        let entries: Vec<_> = names.into_iter().zip(values).collect();
        eval.made(entries.len())?;
        shown.push(Value::Record(eval.memory.arena.make_record(&entries)?));
    }
    eval.make_list(&shown)
}
