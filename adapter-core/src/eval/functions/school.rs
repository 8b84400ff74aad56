//! Functions for what the contract writes in a way of its own.

use super::arguments::{flag, text};
use crate::eval::error::{EvalError, Evaluated};
use crate::eval::memory::Eval;
use crate::value::{Number, Value};
use crate::value::{case, is_letter};

/// `grade(mark[, honours])` (IFS02.3-F3): a number of at most two digits after the point, or a whole number with `L`.
pub(super) fn grade(eval: &mut Eval<'_>, mark: Value, honours: Value) -> Evaluated {
    let Some(mut honours) = with_honours(eval, honours) else { return Ok(Value::Null) };
    let number = match mark {
        Value::Text(written) => {
            let Some((number, said)) = written_grade(eval.memory.arena.text(written)) else { return Ok(Value::Null) };
            honours |= said;
            Some(number)
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

/// Whether a value says that a mark is with honours: nothing says that it is not, what is not understood says nothing of
/// either.
#[inline(never)]
fn with_honours(eval: &Eval<'_>, value: Value) -> Option<bool> {
    let written = match value {
        Value::Null => return Some(false),
        Value::Text(text) => eval.memory.arena.text(text).trim(),
        _ => "",
    };
    match flag(eval, value) {
        Value::Bool(honours) => Some(honours),
        _ if matches!(value, Value::Text(_)) && written.is_empty() => Some(false),
        _ if written.eq_ignore_ascii_case("senza lode") => Some(false),
        _ => {
            let written = written.to_ascii_lowercase();
            matches!(honours(&written), Some((true, ""))).then_some(true)
        }
    }
}

/// A mark and whether it is with honours, of a text such as `30/30 e lode`, `30 e lode/30`, `110L` or `30 e lode con
/// menzione` (#209). What stands in no such place makes it no mark: half of it may mean anything.
#[inline(never)]
fn written_grade(text: &str) -> Option<(Number, bool)> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).unwrap_or(text.len());
    let (written, rest) = text.split_at_checked(digits)?;
    let mark = if written.contains(',') { "," } else { "." };
    let is_plain = |c: char| c.is_ascii_digit();
    let number = Number::parse_written(written, mark)
        .filter(|_| written.starts_with(is_plain) && written.ends_with(is_plain))?;
    let (mut scale, rest) = scale(rest)?;
    let (said, mut rest) = honours(rest)?;
    if scale.is_none() {
        (scale, rest) = self::scale(rest)?;
    }
    let fits = scale.is_none_or(|scale| number.compare(scale).is_le());
    (rest.is_empty() && fits).then_some((number, said))
}

/// Whether honours are said here, `e lode`, `con lode e menzione`, `cum laude`, `L`, and what follows. None if they are
/// begun and not said.
#[inline(never)]
fn honours(text: &str) -> Option<(bool, &str)> {
    let (joined, rest) = after(text, &["e", "con", "cum"]);
    let (said, rest) = after(rest, &["lode", "laude", "l"]);
    if !said {
        return (!joined).then_some((false, text));
    }
    let (_, mention) = after(rest, &["e", "con"]);
    match after(mention, &["menzione"]) {
        (true, behind) => Some((true, behind)),
        (false, _) => Some((true, rest)),
    }
}

/// The scale behind a stroke, if there is one, and what follows; none if it is no number.
#[inline(never)]
fn scale(text: &str) -> Option<(Option<Number>, &str)> {
    let text = text.trim_start();
    let Some(behind) = text.strip_prefix('/').map(str::trim_start) else { return Some((None, text)) };
    let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
    let (written, rest) = behind.split_at_checked(digits)?;
    Some((Some(Number::parse(written)?), rest.trim_start()))
}

/// Whether a text begins with one of these words, and what follows the first that it does.
#[inline(never)]
fn after<'a>(text: &'a str, words: &[&str]) -> (bool, &'a str) {
    let behind = words.iter().find_map(|word| text.strip_prefix(word));
    (behind.is_some(), behind.unwrap_or(text).trim_start())
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
        case::capitals(&province)
    };
    let place = [capitalised(&nation), province, capitalised(&town)].join(",");
    eval.make_text(&place)
}

/// `ITALIA` → `Italia`, `REGGIO NELL'EMILIA` → `Reggio Nell'Emilia`; what is not all in capitals stays.
fn capitalised(name: &str) -> String {
    if name.chars().any(case::is_small) {
        return name.to_owned();
    }
    let mut out = String::with_capacity(name.len());
    let mut first = true;
    for c in name.chars() {
        out.push(if first { c } else { case::small(c) });
        first = !is_letter(c);
    }
    out
}
