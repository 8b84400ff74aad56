//! Scalars: the place gives the type.

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::suggest;
use crate::yaml::{Node, Scalar};

/// Any text that is there.
pub(super) fn text<'a>(report: &mut Report, node: &'a Node, key: &str) -> Option<&'a Scalar> {
    match node.as_scalar() {
        Some(scalar) if !scalar.is_absent() => Some(scalar),
        _ => {
            let message = format!("`{key}` needs a text, not {}.", node.kind());
            let help = node.braced().map(|inner| format!("YAML takes `{{…}}` for a map. Did you mean `{inner}`?"));
            report.push(Diagnostic::new(Code::ValueKind, node.span, message).maybe_help(help));
            None
        }
    }
}

/// One of a few words.
pub(super) fn choice<'a>(report: &mut Report, node: &'a Node, key: &str, words: &[&'a str]) -> Option<&'a str> {
    let scalar = text(report, node, key)?;
    let found = words.iter().copied().find(|w| *w == scalar.text);
    if found.is_none() {
        let message = format!("`{key}` cannot be `{}`.", scalar.text);
        let help = suggest::help(&scalar.text, words.iter().copied())
            .unwrap_or_else(|| format!("It is one of {}.", words.join(", ")));
        report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message).help(help));
    }
    found
}

/// A whole number within bounds.
pub(super) fn int(report: &mut Report, node: &Node, key: &str, least: u64, most: u64) -> Option<u64> {
    let scalar = text(report, node, key)?;
    let digits = !scalar.text.is_empty() && scalar.text.bytes().all(|b| b.is_ascii_digit());
    match scalar.text.parse::<u64>().ok().filter(|_| digits) {
        Some(n) if (least..=most).contains(&n) => Some(n),
        Some(_) => {
            let message = format!("`{key}` must lie between {least} and {most}.");
            report.push(Diagnostic::new(Code::ValueRange, scalar.span, message));
            None
        }
        None => {
            let message = format!("`{key}` needs a whole number, not `{}`.", scalar.text);
            report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message));
            None
        }
    }
}

/// A duration in milliseconds: `250ms`, `5s`, `2m`, `1h`, `1d`.
pub(super) fn duration_ms(report: &mut Report, node: &Node, key: &str) -> Option<u64> {
    let scalar = text(report, node, key)?;
    let value = milliseconds(&scalar.text);
    if value.is_none() {
        let message = format!("`{}` is not a duration.", scalar.text);
        let help = "Write a whole number and a unit: 250ms, 5s, 2m, 1h, 1d.";
        report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message).help(help));
    }
    value
}

fn milliseconds(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(unit_at)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(milliseconds("250ms"), Some(250));
        assert_eq!(milliseconds("1d"), Some(86_400_000));
        for wrong in ["5", "s", "-5s", "5 s", "1.5s", "5sec", "99999999999999999999s"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
