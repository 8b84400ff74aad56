//! The `where` of a table, decided at compile time over a row's columns and the institute.

use std::ops::Range;

use crate::cel::{BinaryOp, Kind, Node};
use crate::suggest;

/// What a row's condition can come to.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Bool(bool),
    Text(String),
    List(Vec<Value>),
}

/// Why a condition cannot be decided at compile time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<String>,
    /// It names a column that is not there.
    pub column: bool,
}

/// Names that a condition sees.
pub(super) struct Names<'a> {
    pub columns: &'a [String],
    pub institute: &'a str,
}

/// Checks a condition once, for all rows.
pub(super) fn check(node: &Node, names: &Names<'_>) -> Result<(), Refused> {
    // A row of texts: what takes a text for true or false is seen, which null would hide.
    let row = vec![Some(String::new()); names.columns.len()];
    match eval(node, names, &row)? {
        Value::Bool(_) | Value::Null => Ok(()),
        _ => Err(refused(node, "A condition is true or false.")),
    }
}

/// Whether a row is kept; null is false.
pub(super) fn holds(node: &Node, names: &Names<'_>, row: &[Option<String>]) -> bool {
    eval(node, names, row) == Ok(Value::Bool(true))
}

fn eval(node: &Node, names: &Names<'_>, row: &[Option<String>]) -> Result<Value, Refused> {
    Ok(match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(b) => Value::Bool(*b),
        Kind::Text(text) => Value::Text(text.clone()),
        Kind::Int(n) => {
            let message = "Cells of a table are texts.";
            return Err(Refused { help: Some(format!("Write '{n}'.")), ..refused(node, message) });
        }
        Kind::Name(name) => match names.columns.iter().position(|c| c == name) {
            Some(at) => row.get(at).cloned().flatten().map_or(Value::Null, Value::Text),
            None => {
                let help = suggest::help(name, names.columns.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("It has {}.", names.columns.join(", ")));
                let message = format!("The file has no column `{name}`.");
                return Err(Refused { help: Some(help), column: true, ..refused(node, message) });
            }
        },
        Kind::Member { of, name } if of.as_name() == Some("institute") && name.text == "code" => {
            Value::Text(names.institute.to_owned())
        }
        Kind::List(elements) => {
            Value::List(elements.iter().map(|e| eval(e, names, row)).collect::<Result<Vec<_>, _>>()?)
        }
        Kind::Not(a) => match eval(a, names, row)? {
            Value::Bool(b) => Value::Bool(!b),
            Value::Null => Value::Null,
            _ => return Err(refused(a, "`!` needs true or false.")),
        },
        Kind::And(a, b) => connect(a, b, false, names, row)?,
        Kind::Or(a, b) => connect(a, b, true, names, row)?,
        Kind::Binary(op, a, b) => {
            let (left, right) = (eval(a, names, row)?, eval(b, names, row)?);
            compare(node, *op, &left, &right)?
        }
        Kind::Call { name, target: Some(target), args } => {
            let [argument] = args.as_slice() else { return Err(not_here(node)) };
            let (text, part) = (eval(target, names, row)?, eval(argument, names, row)?);
            let test: fn(&str, &str) -> bool = match name.text.as_str() {
                "startsWith" => |a, b| a.starts_with(b),
                "endsWith" => |a, b| a.ends_with(b),
                "contains" => |a, b| a.contains(b),
                _ => return Err(not_here(node)),
            };
            match (&text, &part) {
                (Value::Text(a), Value::Text(b)) => Value::Bool(test(a, b)),
                (Value::Null, _) | (_, Value::Null) => Value::Null,
                _ => return Err(refused(node, "Texts are needed here.")),
            }
        }
        _ => return Err(not_here(node)),
    })
}

fn connect(a: &Node, b: &Node, decides: bool, names: &Names<'_>, row: &[Option<String>]) -> Result<Value, Refused> {
    let (left, right) = (eval(a, names, row)?, eval(b, names, row)?);
    for (value, node) in [(&left, a), (&right, b)] {
        if !matches!(value, Value::Bool(_) | Value::Null) {
            return Err(refused(node, "`&&` and `||` need true or false."));
        }
    }
    Ok(if left == Value::Bool(decides) || right == Value::Bool(decides) {
        Value::Bool(decides)
    } else if left == Value::Null || right == Value::Null {
        Value::Null
    } else {
        Value::Bool(!decides)
    })
}

fn compare(node: &Node, op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Refused> {
    Ok(match op {
        BinaryOp::Equal => Value::Bool(left == right),
        BinaryOp::NotEqual => Value::Bool(left != right),
        BinaryOp::In => match right {
            Value::List(elements) => Value::Bool(elements.contains(left)),
            _ => return Err(refused(node, "`in` needs a list.")),
        },
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => match (left, right) {
            (Value::Text(a), Value::Text(b)) => Value::Bool(match op {
                BinaryOp::Less => a < b,
                BinaryOp::LessEqual => a <= b,
                BinaryOp::Greater => a > b,
                _ => a >= b,
            }),
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            _ => return Err(refused(node, "Texts are needed here.")),
        },
        _ => return Err(not_here(node)),
    })
}

fn refused(node: &Node, message: impl Into<String>) -> Refused {
    Refused { at: node.at.clone(), message: message.into(), help: None, column: false }
}

fn not_here(node: &Node) -> Refused {
    let message = "Rows are chosen when the mapping is compiled: this is not known then.";
    let help = "Columns, `institute.code`, written texts, comparisons, `in`, `&&`, `||`, `!`, `startsWith`, `endsWith` and `contains` may be used.";
    Refused { help: Some(help.to_owned()), ..refused(node, message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cel::parse;

    #[test]
    fn rows_are_chosen() {
        let columns = ["CODE".to_owned(), "YEAR".to_owned()];
        let names = Names { columns: &columns, institute: "04" };
        let row = |code: &str, year: Option<&str>| vec![Some(code.to_owned()), year.map(str::to_owned)];
        let keeps = |text: &str, row: &[Option<String>]| {
            let node = parse(text).unwrap();
            check(&node, &names).unwrap();
            holds(&node, &names, row)
        };
        assert!(keeps("CODE == institute.code", &row("04", None)));
        assert!(!keeps("CODE == institute.code", &row("4", None)));
        assert!(keeps("YEAR == null && CODE in ['04', '05']", &row("04", None)));
        assert!(!keeps("YEAR >= '2020'", &row("04", None)));
        assert!(!keeps("!(YEAR >= '2020')", &row("04", None)));
        assert!(keeps("YEAR >= '2020' || CODE.startsWith('0')", &row("04", None)));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let columns = ["CODE".to_owned()];
        let names = Names { columns: &columns, institute: "04" };
        for text in ["CODE == 4", "COD == '4'", "careers == null", "size(CODE) == 2", "CODE", "today == null"] {
            assert!(check(&parse(text).unwrap(), &names).is_err(), "{text}");
        }
    }
}
