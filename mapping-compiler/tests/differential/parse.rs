//! Written expressions as trees, so that the oracle can go through them operation by operation.

use cel::Env;
use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};

use super::generate::E;
use super::value::V;

/// None where a form is not among those the oracle knows.
pub fn parse(source: &str) -> Option<E> {
    tree(&Env::default().parser().parse(source).ok()?)
}

fn tree(expr: &IdedExpr) -> Option<E> {
    let boxed = |e: &IdedExpr| tree(e).map(Box::new);
    Some(match &expr.expr {
        Expr::Literal(literal) => E::Literal(match literal {
            LiteralValue::Null => V::Null,
            LiteralValue::Boolean(b) => V::Bool(*b.inner()),
            LiteralValue::Int(n) => V::Int(*n.inner()),
            LiteralValue::Double(d) => V::Dec(*d.inner()),
            LiteralValue::String(s) => V::Text(s.inner().to_owned()),
            _ => return None,
        }),
        Expr::Ident(name) => E::Name(name.clone()),
        Expr::Select(select) => E::Member(boxed(&select.operand)?, select.field.clone()),
        Expr::List(list) => E::List(list.elements.iter().map(tree).collect::<Option<_>>()?),
        Expr::Map(map) => {
            let entry = |e: &EntryExpr| match e {
                EntryExpr::MapEntry(entry) => match tree(&entry.key)? {
                    E::Literal(V::Text(key)) => Some((key, tree(&entry.value)?)),
                    _ => None,
                },
                EntryExpr::StructField(_) => None,
            };
            E::Map(map.entries.iter().map(|e| entry(&e.expr)).collect::<Option<_>>()?)
        }
        Expr::Call(call) => {
            let args: Vec<&IdedExpr> = call.target.iter().map(AsRef::as_ref).chain(&call.args).collect();
            match (call.func_name.as_str(), args.as_slice()) {
                ("_&&_", [a, b]) => E::And(boxed(a)?, boxed(b)?),
                ("_||_", [a, b]) => E::Or(boxed(a)?, boxed(b)?),
                ("_?_:_", [c, a, b]) => E::If(boxed(c)?, boxed(a)?, boxed(b)?),
                ("!_", [a]) => E::Unary("!", boxed(a)?),
                ("-_", [a]) => E::Unary("-", boxed(a)?),
                ("_[_]", [a, b]) => match tree(b)? {
                    E::Literal(V::Text(name)) => E::Member(boxed(a)?, name),
                    at => E::Index(boxed(a)?, Box::new(at)),
                },
                ("@in", [a, b]) => E::Binary("in", boxed(a)?, boxed(b)?),
                ("has", [a]) => match tree(a)? {
                    E::Member(of, name) => E::Has(of, name),
                    _ => return None,
                },
                (name @ ("filter" | "map" | "exists" | "all"), [list, variable, body]) => {
                    let E::Name(variable) = tree(variable)? else { return None };
                    let name = ["filter", "map", "exists", "all"].into_iter().find(|n| *n == name)?;
                    E::Macro(name, boxed(list)?, variable, boxed(body)?)
                }
                (name, [a]) => {
                    let name = ["size", "string", "int", "double"].into_iter().find(|n| *n == name)?;
                    E::Function(name, boxed(a)?)
                }
                (name, [a, b]) => {
                    let operator = name.strip_prefix('_').and_then(|n| n.strip_suffix('_'));
                    if let Some(operator) = operator {
                        let all = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="];
                        E::Binary(all.into_iter().find(|o| *o == operator)?, boxed(a)?, boxed(b)?)
                    } else {
                        let name =
                            ["contains", "startsWith", "endsWith", "matches"].into_iter().find(|n| *n == name)?;
                        E::Method(name, boxed(a)?, boxed(b)?)
                    }
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}
