//! What an expression must come to, by the CEL interpreter.

use std::collections::BTreeMap;

use cel::{Context, ExecutionError, Program};

use super::generate::E;
use super::value::V;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Fail {
    /// CEL errs, so must ours.
    Error(String),
    /// Not promised: an infinite decimal, or one too large for exact digits.
    Skip,
}

type Outcome = Result<V, Fail>;

pub struct Oracle<'a> {
    answer: &'a V,
}

impl<'a> Oracle<'a> {
    pub fn new(answer: &'a V) -> Self {
        Self { answer }
    }

    pub fn parse(&self, source: &str) -> Option<E> {
        super::parse::parse(source)
    }

    /// A whole expression by CEL alone.
    pub fn whole(&self, source: &str) -> Result<V, String> {
        run(source, &[("r", self.answer)]).map_err(|e| format!("{e:?}"))
    }

    /// Operation by operation. `features` gets what was met on the way.
    pub fn expected(&self, expr: &E, features: &mut Vec<&'static str>) -> Outcome {
        let mut names = BTreeMap::from([("r".to_owned(), self.answer.clone())]);
        let outcome = eval(expr, &mut names, features)?;
        if outcome.is_finite() { Ok(outcome) } else { Err(Fail::Skip) }
    }
}

fn run(source: &str, variables: &[(&str, &V)]) -> Result<V, Option<ExecutionError>> {
    let program = Program::compile(source).map_err(|_| None)?;
    let mut context = Context::default();
    for (name, value) in variables {
        context.add_variable_from_value(*name, value.to_cel());
    }
    let value = program.execute(&context).map_err(Some)?;
    V::from_cel(&value).ok_or(None)
}

/// One operation by CEL, on values.
fn step(source: &str, operands: &[&V], features: &mut Vec<&'static str>) -> Outcome {
    let names = ["a", "b"];
    let variables: Vec<(&str, &V)> = names.into_iter().zip(operands.iter().copied()).collect();
    let error = match run(source, &variables) {
        Ok(value) => return Ok(value),
        Err(Some(error)) => error,
        Err(None) => return Err(Fail::Skip),
    };
    match error {
        ExecutionError::IndexOutOfBounds(_) => {
            features.push("out of range");
            Ok(V::Null)
        }
        ExecutionError::NoSuchKey(_) if matches!(operands.first(), Some(V::Map(_))) => {
            features.push("missing member");
            Ok(V::Null)
        }
        ExecutionError::Overflow(..) => {
            features.push("overflow");
            Err(Fail::Error(error.to_string()))
        }
        _ => Err(Fail::Error(format!("{error:?}"))),
    }
}

fn eval(expr: &E, names: &mut BTreeMap<String, V>, features: &mut Vec<&'static str>) -> Outcome {
    match expr {
        E::Literal(v) => Ok(v.clone()),
        E::Name(name) => names.get(name).cloned().ok_or(Fail::Skip),
        E::Member(of, name) => {
            let of = eval(of, names, features)?;
            if of == V::Null {
                features.push("null operand");
                return Ok(V::Null);
            }
            step(&format!("a.{name}"), &[&of], features)
        }
        E::Index(of, at) => {
            let (of, at) = (eval(of, names, features)?, eval(at, names, features)?);
            features.push("list");
            strict("a[b]", &[of, at], features)
        }
        E::Unary(op, a) => {
            let a = eval(a, names, features)?;
            strict(&format!("{op}a"), &[a], features)
        }
        E::Binary(op, a, b) => {
            let (a, b) = (eval(a, names, features)?, eval(b, names, features)?);
            binary(op, a, b, features)
        }
        E::And(a, b) => connect(eval(a, names, features), eval(b, names, features), false, features),
        E::Or(a, b) => connect(eval(a, names, features), eval(b, names, features), true, features),
        E::If(when, then, otherwise) => match eval(when, names, features)? {
            V::Bool(true) => eval(then, names, features),
            V::Bool(false) => eval(otherwise, names, features),
            V::Null => {
                features.push("null operand");
                eval(otherwise, names, features)
            }
            other => Err(Fail::Error(format!("the condition is {other:?}"))),
        },
        E::Has(of, name) => match eval(of, names, features)? {
            V::Map(m) => Ok(V::Bool(m.contains_key(name))),
            V::Null => Ok(V::Bool(false)),
            other => Err(Fail::Error(format!("has on {other:?}"))),
        },
        E::Function(name, a) => {
            let a = eval(a, names, features)?;
            match (*name, &a) {
                ("size", V::Null) => Ok(V::Int(0)),
                // A decimal as text: how many digits of it CEL prints is a double's matter.
                ("string", V::Dec(_)) => Err(Fail::Skip),
                // A double has lost digits of it, and a decimal of ours has none to spare.
                ("double", V::Int(n)) if !exact(*n) => Err(Fail::Skip),
                _ => strict(&format!("{name}(a)"), &[a], features),
            }
        }
        E::Method(name, a, b) => {
            let (a, b) = (eval(a, names, features)?, eval(b, names, features)?);
            strict(&format!("a.{name}(b)"), &[a, b], features)
        }
        E::Macro(name, list, variable, body) => {
            let list = match eval(list, names, features)? {
                V::List(list) => list,
                V::Null => Vec::new(),
                // CEL would run over member names; refused where it is seen.
                V::Map(_) => return Err(Fail::Skip),
                other => return Err(Fail::Error(format!("{name} over {other:?}"))),
            };
            features.push("list");
            over(name, list, variable, body, names, features)
        }
        E::List(items) => {
            features.push("list");
            items.iter().map(|i| eval(i, names, features)).collect::<Result<_, _>>().map(V::List)
        }
        E::Map(entries) => entries
            .iter()
            .map(|(key, value)| Ok((key.clone(), eval(value, names, features)?)))
            .collect::<Result<_, _>>()
            .map(V::Map),
    }
}

/// An operation that null goes through.
fn strict(source: &str, operands: &[V], features: &mut Vec<&'static str>) -> Outcome {
    if operands.contains(&V::Null) {
        features.push("null operand");
        return Ok(V::Null);
    }
    if operands.iter().any(|o| matches!(o, V::Dec(_))) {
        features.push("decimal");
    }
    step(source, &operands.iter().collect::<Vec<_>>(), features)
}

fn binary(op: &str, a: V, b: V, features: &mut Vec<&'static str>) -> Outcome {
    let source = format!("a {op} b");
    match op {
        // Total: what CEL cannot compare is not equal.
        "==" | "!=" => match step(&source, &[&a, &b], features) {
            Err(Fail::Error(_)) => Ok(V::Bool((a == b) == (op == "=="))),
            other => other,
        },
        "in" => match &b {
            V::Null => Ok(V::Bool(false)),
            _ => step(&source, &[&a, &b], features),
        },
        _ => {
            if matches!((&a, &b), (V::Dec(_), V::Int(0)) | (V::Int(_) | V::Dec(_), V::Dec(0.0))) && op == "/" {
                return Err(Fail::Skip);
            }
            // A system writes 30 and 30.0 for one thing: ours reckon across ints and decimals, CEL does not.
            let (a, b) = match (a, b) {
                (V::Int(n), V::Dec(d)) if exact(n) => (V::Dec(n as f64), V::Dec(d)),
                (V::Dec(d), V::Int(n)) if exact(n) => (V::Dec(d), V::Dec(n as f64)),
                (V::Int(_), V::Dec(_)) | (V::Dec(_), V::Int(_)) => return Err(Fail::Skip),
                other => other,
            };
            strict(&source, &[a, b], features)
        }
    }
}

/// A double holds it, and decimals of ours beside it.
fn exact(n: i64) -> bool {
    n.unsigned_abs() < 1 << 40
}

fn connect(a: Outcome, b: Outcome, decides: bool, features: &mut Vec<&'static str>) -> Outcome {
    if a == Err(Fail::Skip) || b == Err(Fail::Skip) {
        return Err(Fail::Skip);
    }
    if a == Ok(V::Bool(decides)) || b == Ok(V::Bool(decides)) {
        return Ok(V::Bool(decides));
    }
    for side in [&a, &b] {
        match side {
            Ok(V::Bool(_) | V::Null) => {}
            Ok(other) => return Err(Fail::Error(format!("{other:?} is not true or false"))),
            Err(e) => return Err(e.clone()),
        }
    }
    if a == Ok(V::Null) || b == Ok(V::Null) {
        features.push("null operand");
        return Ok(V::Null);
    }
    Ok(V::Bool(!decides))
}

fn over(
    name: &str,
    list: Vec<V>,
    variable: &str,
    body: &E,
    names: &mut BTreeMap<String, V>,
    features: &mut Vec<&'static str>,
) -> Outcome {
    let mut given = Vec::new();
    for element in list {
        names.insert(variable.to_owned(), element.clone());
        given.push((element, eval(body, names, features)));
        names.remove(variable);
    }
    match name {
        "map" => given.into_iter().map(|(_, v)| v).collect::<Result<_, _>>().map(V::List),
        "filter" => {
            let mut kept = Vec::new();
            for (element, holds) in given {
                match holds? {
                    V::Bool(true) => kept.push(element),
                    V::Bool(false) | V::Null => {}
                    other => return Err(Fail::Error(format!("{other:?} is not true or false"))),
                }
            }
            Ok(V::List(kept))
        }
        _ => {
            let decides = name == "exists";
            let mut outcome = Ok(V::Bool(!decides));
            for (_, holds) in given {
                outcome = connect(outcome, holds, decides, features);
            }
            outcome
        }
    }
}
