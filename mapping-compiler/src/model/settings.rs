//! Settings: constants of a pack, meant to be overridden. Here nothing but the way they are written gives the type.

use super::named;
use crate::cel;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::yaml::{Node, Scalar, Text, Value};

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Text: quoted, or nothing else that it could be.
    Text(String),
    /// `true` or `false`, without quotes.
    Bool(bool),
    /// A whole number, without quotes and without leading zeros.
    Int(i64),
    /// A decimal, `mantissa × 10^-scale`.
    Dec {
        /// Digits without the point.
        mantissa: i64,
        /// Digits after the point.
        scale: u8,
    },
    /// A list.
    List(Vec<Setting>),
}

pub(super) fn read(report: &mut Report, node: &Node) -> Vec<(Text, Setting)> {
    let entries = named(report, node, "settings");
    entries.into_iter().filter_map(|(name, value)| Some((name.clone(), setting(report, name, value)?))).collect()
}

fn setting(report: &mut Report, name: &Text, node: &Node) -> Option<Setting> {
    match &node.value {
        Value::Scalar(scalar) if scalar.is_absent() => {}
        Value::Scalar(scalar) => {
            if scalar.text.contains("${") {
                let message = format!("The setting `{}` is a constant; it has no expressions.", name.text);
                let help = "What is computed is a `let`.";
                report.push(Diagnostic::new(Code::ValueInvalid, scalar.span, message).help(help));
                return None;
            }
            return Some(typed(scalar));
        }
        Value::List(elements) => {
            return elements.iter().map(|e| setting(report, name, e)).collect::<Option<_>>().map(Setting::List);
        }
        Value::Map(_) => {}
    }
    let message =
        format!("The setting `{}` needs a text, a number, true, false or a list, not {}.", name.text, node.kind());
    report.push(Diagnostic::new(Code::ValueKind, node.span, message).help("Codes with what they become are a table."));
    None
}

fn typed(scalar: &Scalar) -> Setting {
    let text = scalar.text.as_str();
    let literal = || {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let numeral = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        // A code with leading zeros is a code.
        if !numeral(whole) || !numeral(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        if !digits.contains('.') {
            return text.parse().ok().map(Setting::Int);
        }
        let (mantissa, scale) = cel::decimal(digits)?;
        let mantissa = if digits.len() < text.len() { mantissa.checked_neg()? } else { mantissa };
        Some(Setting::Dec { mantissa, scale })
    };
    match text {
        _ if !scalar.plain => Setting::Text(text.to_owned()),
        "true" => Setting::Bool(true),
        "false" => Setting::Bool(false),
        _ => literal().unwrap_or_else(|| Setting::Text(text.to_owned())),
    }
}
