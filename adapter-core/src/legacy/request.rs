//! Writing a call: path, query, headers and body out of expressions, each escaped for its place.

use super::encode::{is_header_value, percent};
use crate::expr::Expr;
use crate::expr::eval::{Eval, EvalError};
use crate::mapping::bundle::{Call, Method, Pages, PathPart, System};
use crate::problem::Code;
use crate::value::{Arena, JsonWriter, Value};

/// A call written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The problem an expression's failure is.
pub(crate) fn eval_code(error: EvalError) -> Code {
    match error {
        EvalError::Shape => Code::LegacyShape,
        EvalError::Missing => Code::LegacyMissing,
        EvalError::Type | EvalError::Overflow | EvalError::DivideByZero => Code::MappingValue,
        EvalError::Ambiguous => Code::MappingAmbiguous,
        EvalError::Steps => Code::LimitSteps,
        EvalError::Items => Code::LimitItems,
        EvalError::Full => Code::LimitLegacyTotal,
    }
}

/// Writes a call with the variables as they are bound now.
///
/// # Errors
/// [`Code::MappingIncomplete`] if the path lacks a value, [`Code::MappingRequest`] if a value cannot stand in its
/// place, or the expression's own failure.
pub(crate) fn write(eval: &mut Eval<'_>, system: &System, call: &Call) -> Result<Written, Code> {
    let mut path = system.base.clone();
    write_path(eval, &call.path, &mut path)?;
    let mut separator = '?';
    write_query(eval, &call.query, &mut path, &mut separator)?;
    if let Pages::Many(paging) = &call.pages {
        write_query(eval, &paging.query, &mut path, &mut separator)?;
    }
    let mut headers: Vec<(String, String)> = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        // A compressed answer would have to be unpacked here, under no limit the gateway knows.
        ("accept-encoding".to_owned(), "identity".to_owned()),
    ];
    let mut body = Vec::new();
    if let Some(expr) = &call.body {
        let value = eval.eval(expr).map_err(eval_code)?;
        let mut writer = JsonWriter::default();
        write_body(&eval.memory.arena, value, &mut writer);
        body = writer.into_bytes();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    for (name, expr) in system.headers.iter().chain(&call.headers) {
        let value = eval.eval(expr).map_err(eval_code)?;
        headers.retain(|(n, _)| n != name);
        if value.is_null() {
            continue;
        }
        let mut text = String::new();
        eval.write_plain(value, &mut text).map_err(|_| Code::MappingRequest)?;
        if !is_header_value(&text) {
            return Err(Code::MappingRequest);
        }
        headers.push((name.clone(), text));
    }
    let method = match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    Ok(Written { method, path, headers, body })
}

/// Path parts; a segment that a value makes empty, `.` or `..` would be another resource.
fn write_path(eval: &mut Eval<'_>, parts: &[PathPart], out: &mut String) -> Result<(), Code> {
    let mut segment = String::new();
    let mut has_value = false;
    let finish = |segment: &str, has_value: bool| {
        if has_value && matches!(segment, "" | "." | "..") { Err(Code::MappingRequest) } else { Ok(()) }
    };
    for part in parts {
        match part {
            PathPart::Text(text) => {
                let mut pieces = text.split('/');
                segment.push_str(pieces.next().unwrap_or(""));
                for piece in pieces {
                    finish(&segment, has_value)?;
                    out.push_str(&segment);
                    out.push('/');
                    segment.clear();
                    has_value = false;
                    segment.push_str(piece);
                }
            }
            PathPart::Value(expr) => {
                let value = eval.eval(expr).map_err(eval_code)?;
                if value.is_null() {
                    return Err(Code::MappingIncomplete);
                }
                let mut text = String::new();
                eval.write_plain(value, &mut text).map_err(|_| Code::MappingRequest)?;
                percent(&text, &mut segment);
                has_value = true;
            }
        }
    }
    finish(&segment, has_value)?;
    out.push_str(&segment);
    Ok(())
}

fn write_query(
    eval: &mut Eval<'_>,
    query: &[(String, Expr)],
    out: &mut String,
    separator: &mut char,
) -> Result<(), Code> {
    for (name, expr) in query {
        let value = eval.eval(expr).map_err(eval_code)?;
        let values = match value {
            Value::List(span) => eval.memory.arena.elements(span).to_vec(),
            one => vec![one],
        };
        for value in values.into_iter().filter(|v| !v.is_null()) {
            let mut text = String::new();
            eval.write_plain(value, &mut text).map_err(|_| Code::MappingRequest)?;
            out.push(*separator);
            *separator = '&';
            percent(name, out);
            out.push('=');
            percent(&text, out);
        }
    }
    Ok(())
}

/// A body tree as JSON; a member without value is left out.
fn write_body(arena: &Arena, value: Value, w: &mut JsonWriter) {
    match value {
        Value::Record(span) => w.object(|w| {
            for (name, inner) in arena.entries(span).iter().filter(|(_, v)| !v.is_null()) {
                w.name(arena.names().get(*name));
                write_body(arena, *inner, w);
            }
        }),
        Value::List(span) => w.array(|w| {
            for element in arena.elements(span) {
                write_body(arena, *element, w);
            }
        }),
        scalar => w.value(arena, scalar),
    }
}
