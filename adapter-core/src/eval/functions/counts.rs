//! `iseeBands`: how many lie in each range of IFS08 (contract Appendix C, IFS08.1-R1 and R2).

use super::arguments::elements;
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::{Number, Value};

/// Greatest values of the ranges, euro; each begins above the one before. Beyond the last there is one more.
const ENDS: [i64; 22] = [
    13_000, 16_000, 18_000, 20_000, 22_000, 24_000, 26_000, 28_000, 30_000, 32_000, 34_000, 36_000, 38_000, 40_000,
    45_000, 50_000, 55_000, 60_000, 70_000, 80_000, 90_000, 100_000,
];

/// `iseeBands(values[, least])`: all ranges in order, the last for those who presented none (null). `least` is the
/// institute's least number: a range with fewer is not shown.
pub(super) fn isee_bands(eval: &mut Eval<'_>, values: Value, least: Option<Value>) -> Evaluated {
    let least = match least {
        None => 0,
        Some(Value::Int(least)) => least,
        Some(_) => return Err(EvalError::Type),
    };
    let values = elements(eval, values)?;
    let mut above: i64 = 0;
    let mut absent: i64 = 0;
    let mut counts = [0_i64; ENDS.len()];
    for value in values {
        let value = eval.memory.arena.scalar(value).ok_or(EvalError::Shape)?;
        let count = if value.is_null() {
            &mut absent
        } else {
            let isee = value.number().ok_or(EvalError::Type)?;
            // Half open: 16000 is in the second range, 16000.01 in the third.
            let band = ENDS.partition_point(|end| isee.compare(Number::Int(*end)).is_gt());
            counts.get_mut(band).unwrap_or(&mut above)
        };
        *count = count.saturating_add(1);
    }
    let mut bands = Vec::with_capacity(counts.len().saturating_add(2));
    let mut from: i64 = 0;
    for (end, count) in ENDS.into_iter().zip(counts) {
        let label =
            if from == 0 { format!("<={}", thousands(end)) } else { format!("{}-{}", thousands(from), thousands(end)) };
        bands.push((Some(from), Some(end), count, label));
        from = end.saturating_add(1);
    }
    bands.push((Some(from), None, above, "> 100.000".to_owned()));
    bands.push((None, None, absent, "ISEE non presentato".to_owned()));
    let names = ["isee_min_value", "isee_max_value", "enrollment_count", "range_description"]
        .map(|name| eval.memory.arena.names_mut().intern(name));
    let mut shown = Vec::with_capacity(bands.len());
    for (from, end, count, label) in bands.into_iter().filter(|(_, _, count, _)| *count >= least) {
        let bound = |bound: Option<i64>| bound.map_or(Value::Null, Value::Int);
        let values = [bound(from), bound(end), Value::Int(count), eval.make_text(&label)?];
        let entries: Vec<_> = names.into_iter().zip(values).collect();
        eval.made(entries.len())?;
        shown.push(Value::Record(eval.memory.arena.make_record(&entries)?));
    }
    eval.make_list(&shown)
}

/// `13001` → `13.001`; the ranges' ends have five or six digits.
fn thousands(n: i64) -> String {
    format!("{}.{:03}", n.checked_div(1000).unwrap_or(0), n.checked_rem(1000).unwrap_or(0))
}
