//! From the `cel` crate's tree to ours.

use std::ops::Range;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};

use super::guard::Brackets;
use super::parse::ParseProblem;
use super::{BinaryOp, Kind, Node, Word};
use crate::diagnostic::Code;

pub(super) fn convert(
    source: &str,
    expr: &IdedExpr,
    info: &SourceInfo,
    brackets: &Brackets,
) -> Result<Node, Vec<ParseProblem>> {
    let mut converter = Converter { source, info, brackets, problems: Vec::new() };
    let node = converter.node(expr);
    if converter.problems.is_empty() { Ok(node) } else { Err(converter.problems) }
}

struct Converter<'a> {
    source: &'a str,
    info: &'a SourceInfo,
    brackets: &'a Brackets,
    problems: Vec<ParseProblem>,
}

impl Converter<'_> {
    /// The token that a node was made at.
    fn token(&self, id: u64) -> Range<usize> {
        let (start, stop) = self.info.offset_for(id).unwrap_or((0, 0));
        let start = usize::try_from(start).unwrap_or(0).min(self.source.len());
        let stop = usize::try_from(stop).unwrap_or(0).saturating_add(1).clamp(start, self.source.len());
        start..stop
    }

    fn refuse(&mut self, at: Range<usize>, message: impl Into<String>) -> Kind {
        self.problems.push(ParseProblem { code: Code::ExprForm, message: message.into(), at, help: None });
        Kind::Null
    }

    fn node(&mut self, expr: &IdedExpr) -> Node {
        let token = self.token(expr.id);
        let (kind, at) = match &expr.expr {
            Expr::Literal(literal) => (self.literal(literal, token.clone()), token),
            Expr::Ident(name) => (Kind::Name(name.clone()), token),
            Expr::Select(select) => {
                let of = self.node(&select.operand);
                let name = self.word_after(token.end, &select.field);
                let at = of.at.start..name.at.end;
                (Kind::Member { of: Box::new(of), name }, at)
            }
            Expr::List(list) => {
                let elements = list.elements.iter().map(|e| self.node(e)).collect();
                (Kind::List(elements), self.to_bracket(&token))
            }
            Expr::Map(map) => {
                let mut entries = Vec::with_capacity(map.entries.len());
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        entries.push((self.node(&entry.key), self.node(&entry.value)));
                    }
                }
                (Kind::Map(entries), self.to_bracket(&token))
            }
            Expr::Struct(_) => (self.refuse(token.clone(), "Messages are not used in mappings."), token),
            Expr::Comprehension(_) | Expr::Unspecified => {
                (self.refuse(token.clone(), "This form is not used in mappings."), token)
            }
            Expr::Call(call) => {
                let target = call.target.as_ref().map(|t| self.node(t));
                let args: Vec<Node> = call.args.iter().map(|a| self.node(a)).collect();
                return self.call(&call.func_name, target, args, token);
            }
        };
        Node { at, kind }
    }

    fn call(&mut self, name: &str, target: Option<Node>, args: Vec<Node>, token: Range<usize>) -> Node {
        let first = target.as_ref().or(args.first()).map_or(token.start, |n| n.at.start);
        let last = args.last().map_or(token.end, |n| n.at.end);
        let around = first.min(token.start)..last.max(token.end);
        let mut rest = args.into_iter().map(Box::new);
        let operator = binary(name);
        let kind = match (name, rest.next(), rest.next(), rest.next()) {
            (operators::CONDITIONAL, Some(a), Some(b), Some(c)) => Kind::If(a, b, c),
            (operators::LOGICAL_AND, Some(a), Some(b), None) => Kind::And(a, b),
            (operators::LOGICAL_OR, Some(a), Some(b), None) => Kind::Or(a, b),
            (operators::LOGICAL_NOT, Some(a), None, None) => Kind::Not(a),
            (operators::NEGATE, Some(a), None, None) => Kind::Neg(a),
            (operators::INDEX, Some(of), Some(at), None) => {
                let end = self.brackets.get(&token.start).map_or(around.end, |close| close.saturating_add(1));
                return Node { at: around.start..end, kind: Kind::Index { of, at } };
            }
            (_, Some(a), Some(b), None) if operator.is_some() => match operator {
                Some(op) => Kind::Binary(op, a, b),
                None => Kind::Null,
            },
            (_, a, b, c) => {
                let args = [a, b, c].into_iter().flatten().chain(rest).map(|n| *n).collect();
                let end = self.brackets.get(&token.start).map_or(around.end, |close| close.saturating_add(1));
                let word = self.word_before(token.start, name);
                let start = target.as_ref().map_or(word.at.start, |t| t.at.start);
                let kind = Kind::Call { name: word, target: target.map(Box::new), args };
                return Node { at: start..end, kind };
            }
        };
        Node { at: around, kind }
    }

    fn literal(&mut self, literal: &LiteralValue, at: Range<usize>) -> Kind {
        match literal {
            LiteralValue::Null => Kind::Null,
            LiteralValue::Boolean(b) => Kind::Bool(*b.inner()),
            LiteralValue::Int(n) => Kind::Int(*n.inner()),
            LiteralValue::String(s) => Kind::Text(s.inner().to_owned()),
            LiteralValue::Double(value) => {
                let written = self.source.get(at.clone()).unwrap_or_default().trim_start_matches(['-', ' ']);
                match decimal(written) {
                    Some((mantissa, scale)) if value.inner().is_sign_negative() => {
                        Kind::Dec { mantissa: mantissa.saturating_neg(), scale }
                    }
                    Some((mantissa, scale)) => Kind::Dec { mantissa, scale },
                    None => self.refuse(at, "A decimal may have 18 digits at most."),
                }
            }
            LiteralValue::UInt(_) => self.refuse(at, "Numbers have no suffix `u` in mappings."),
            LiteralValue::Bytes(_) => self.refuse(at, "Byte texts are not used in mappings."),
        }
    }

    /// From an opening bracket to its closing one.
    fn to_bracket(&self, token: &Range<usize>) -> Range<usize> {
        token.start..self.brackets.get(&token.start).map_or(token.end, |close| close.saturating_add(1))
    }

    fn word_after(&self, from: usize, name: &str) -> Word {
        let rest = self.source.get(from..).unwrap_or_default();
        let start = from.saturating_add(rest.len().saturating_sub(rest.trim_start().len()));
        Word { text: name.to_owned(), at: start..start.saturating_add(name.len()) }
    }

    fn word_before(&self, to: usize, name: &str) -> Word {
        let before = self.source.get(..to).unwrap_or_default().trim_end();
        Word { text: name.to_owned(), at: before.len().saturating_sub(name.len())..before.len() }
    }
}

fn binary(name: &str) -> Option<BinaryOp> {
    Some(match name {
        operators::EQUALS => BinaryOp::Equal,
        operators::NOT_EQUALS => BinaryOp::NotEqual,
        operators::LESS => BinaryOp::Less,
        operators::LESS_EQUALS => BinaryOp::LessEqual,
        operators::GREATER => BinaryOp::Greater,
        operators::GREATER_EQUALS => BinaryOp::GreaterEqual,
        operators::IN => BinaryOp::In,
        operators::ADD => BinaryOp::Add,
        operators::SUBSTRACT => BinaryOp::Subtract,
        operators::MULTIPLY => BinaryOp::Multiply,
        operators::DIVIDE => BinaryOp::Divide,
        operators::MODULO => BinaryOp::Remainder,
        _ => return None,
    })
}

/// A decimal literal as written, exactly: digits and how many of them stand after the point.
pub(crate) fn decimal(written: &str) -> Option<(i64, u8)> {
    let (number, exponent) = match written.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.trim_start_matches('+').parse::<i32>().ok()?),
        None => (written, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let mut mantissa: i64 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    let mut scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    while scale < 0 {
        mantissa = mantissa.checked_mul(10)?;
        scale = scale.checked_add(1)?;
    }
    let scale = u8::try_from(scale).ok()?;
    (scale <= 18).then_some((mantissa, scale))
}
