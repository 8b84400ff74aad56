//! One expression evaluated outside an exchange: for tests, examples and tools.

use super::error::EvalError;
use super::memory::{Eval, Memory};
use crate::bundle::{Expr, Slot};
use crate::plan::Plan;
use crate::value::date::Date;
use crate::value::{Decoder, write_value};

/// Evaluates one expression outside an exchange: variables are given as JSON, the value comes back as canonical JSON.
/// For tests, examples and tools; calls give null, the student is nobody.
///
/// # Errors
/// As the expression's; [`EvalError::Type`] too if a variable is not JSON.
pub fn evaluate_json(plan: &Plan, expr: &Expr, vars: &[(Slot, &str)], now_ms: i64) -> Result<String, EvalError> {
    let mut memory = Memory::new(plan);
    memory.provided.today = Some(Date::in_rome(now_ms));
    memory.provided.now_ms = now_ms;
    let depth = usize::try_from(plan.limits().depth).unwrap_or(usize::MAX);
    for (slot, json) in vars {
        let value =
            Decoder::whole(depth).decode(&mut memory.arena, json.as_bytes().to_vec()).map_err(|_| EvalError::Type)?;
        memory.bind(*slot, value);
    }
    let value = Eval { plan, memory: &mut memory }.eval(expr)?;
    let mut out = Vec::new();
    write_value(&memory.arena, value, &mut out);
    Ok(String::from_utf8_lossy(&out).into_owned())
}
