//! Functions for what the contract writes in a way of its own.

use super::apply::{flag, text};
use crate::expr::eval::{Eval, EvalError, Evaluated};
use crate::value::{Number, Value};

/// `grade(mark[, honours])` (IFS02.3-F3): a number of at most two digits after the point, or a whole number with `L`.
pub(super) fn grade(eval: &mut Eval<'_>, mark: Value, honours: Value) -> Evaluated {
    let mut honours = matches!(flag(eval, honours), Value::Bool(true));
    let number = match mark {
        Value::Text(written) => {
            let written = eval.memory.arena.text(written).trim().to_ascii_lowercase();
            let digits = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
            let (number, rest) = written.split_at_checked(digits).unwrap_or((&written, ""));
            let rest = rest.trim();
            // "30/30" says the scale, "30 e lode con menzione" and "30L" honours (#209).
            let scale = rest.strip_prefix('/').is_some_and(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()));
            match rest {
                "" => {}
                "l" => honours = true,
                _ if rest.starts_with("e lode") || rest.starts_with("con lode") || rest == "lode" => honours = true,
                _ if scale => {}
                _ => return Ok(Value::Null),
            }
            if number.starts_with('.') || number.ends_with('.') { None } else { Number::parse(number) }
        }
        other => other.number(),
    };
    let Some(number) = number.filter(|n| n.compare(Number::Int(0)).is_ge()) else { return Ok(Value::Null) };
    let mut out = String::new();
    number.write(&mut out);
    let fraction = out.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    if fraction > 2 || (honours && fraction > 0) {
        return Ok(Value::Null);
    }
    if honours {
        out.push('L');
    }
    eval.make_text(&out)
}

/// `birthPlace(nation, province, town)` (BP-1 to BP-4).
pub(super) fn birth_place(eval: &mut Eval<'_>, args: &[Value]) -> Evaluated {
    let part = |at: usize| -> Result<String, EvalError> {
        match args.get(at).copied().unwrap_or_default() {
            Value::Null => Ok(String::new()),
            other => Ok(eval.memory.arena.text(text(other)?).trim().to_owned()),
        }
    };
    let (nation, province, town) = (part(0)?, part(1)?, part(2)?);
    // A comma inside a part would make another place of it.
    if nation.is_empty() || [&nation, &province, &town].iter().any(|p| p.contains(',')) {
        return Ok(Value::Null);
    }
    let abroad = !nation.eq_ignore_ascii_case("italia");
    let province = if town.is_empty() {
        String::new()
    } else if province.is_empty() && abroad {
        "EE".to_owned()
    } else {
        province.to_uppercase()
    };
    let place = [capitalised(&nation), province, capitalised(&town)].join(",");
    eval.make_text(&place)
}

/// `ITALIA` → `Italia`, `REGGIO NELL'EMILIA` → `Reggio Nell'Emilia`; what is not all in capitals stays.
fn capitalised(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    let mut first = true;
    for c in name.chars() {
        if first {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        first = !c.is_alphabetic();
    }
    out
}
