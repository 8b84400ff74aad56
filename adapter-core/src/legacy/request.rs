//! Writing a call: path, query, headers and body out of expressions, each escaped for its place.

use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use super::encode::{is_header_value, percent};
use super::soap_out;
use crate::bundle::{Call, Charset, Decode, Encode, Expr, Method, Pages, PathPart, SoapVersion, System};
use crate::eval::error::EvalError;
use crate::eval::memory::Eval;
use crate::failure::Stop;
use crate::limits::Limits;
use crate::plan::Plan;
use crate::problem::Code;
use crate::value::{Arena, JsonWriter, Value, charset, write_document};
use crate::wire::CallRequest;

/// A call written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Written {
    /// What it asks of whom, and how the answer is to be read: where this is equal, one call can stand for another.
    pub fn words(&self, call: &Call) -> Rc<[u8]> {
        let mut words = Vec::with_capacity(self.path.len().saturating_add(self.body.len()).saturating_add(256));
        let mut add = |part: &[u8]| {
            words.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            words.extend_from_slice(part);
        };
        add(&call.system.0.to_le_bytes());
        let charset = call.charset.map_or(u8::MAX, |charset| charset as u8);
        add(&[u8::from(call.deep), call.decode as u8, u8::from(call.soap.is_some()), charset]);
        add(self.method.as_bytes());
        add(self.path.as_bytes());
        for (name, value) in &self.headers {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        add(&self.body);
        Rc::from(words)
    }

    /// The request for the shell to make.
    pub fn request(self, system: &System, call: &Call, timeout_ms: u64, limits: &Limits) -> CallRequest {
        CallRequest {
            name: call.name.clone(),
            cluster: system.cluster.clone(),
            authority: system.authority.clone(),
            method: self.method,
            path: self.path,
            headers: self.headers,
            body: self.body,
            timeout_ms: timeout_ms.max(1),
            body_limit: usize::try_from(limits.legacy_body).unwrap_or(usize::MAX),
        }
    }
}

/// What was asked, over bundles: the name under which an answer is kept.
pub(crate) fn digest(plan: &Plan, words: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(plan.digest().as_bytes());
    hash.update(words);
    hash.finalize().into()
}

/// Binds what is passed to a call that others use.
///
/// # Errors
/// The expression's own failure.
pub(crate) fn bind(eval: &mut Eval<'_>, call: &Call) -> Result<(), EvalError> {
    for (slot, value) in &call.binds {
        let value = eval.eval(value)?;
        eval.memory.bind(*slot, value);
    }
    Ok(())
}

/// Writes a call with the variables as they are bound now.
///
/// # Errors
/// [`Code::MappingIncomplete`] if the path lacks a value, [`Code::MappingRequest`] if a value cannot stand in its
/// place, or the expression's own failure.
pub(crate) fn write(eval: &mut Eval<'_>, system: &System, call: &Call) -> Result<Written, Stop> {
    let mut path = system.base.clone();
    write_path(eval, &call.path, &mut path)?;
    let mut separator = '?';
    write_query(eval, &call.query, &mut path, &mut separator)?;
    if let Pages::Many(paging) = &call.pages {
        write_query(eval, &paging.query, &mut path, &mut separator)?;
    }
    let mut headers: Vec<(String, String)> = vec![
        ("accept".to_owned(), accept(system, call).to_owned()),
        // A compressed answer would have to be unpacked here, under no limit the gateway knows.
        ("accept-encoding".to_owned(), "identity".to_owned()),
    ];
    let body = write_body(eval, system, call, &mut headers)?;
    for (name, expr) in system.headers.iter().chain(&call.headers) {
        let value = eval.eval(expr)?;
        headers.retain(|(n, _)| n != name);
        if eval.memory.arena.is_null(value) {
            continue;
        }
        let mut text = String::new();
        eval.write_plain(value, &mut text).map_err(|_| unfit())?;
        if !is_header_value(&text) {
            return Err(unfit());
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

/// A value cannot stand in its place.
fn unfit() -> Stop {
    Stop::call(Code::MappingRequest)
}

/// Path parts; a segment that a value makes empty, `.` or `..` would be another resource.
fn write_path(eval: &mut Eval<'_>, parts: &[PathPart], out: &mut String) -> Result<(), Stop> {
    let mut segment = String::new();
    let mut has_value = false;
    let finish = |segment: &str, has_value: bool| {
        if has_value && matches!(segment, "" | "." | "..") { Err(unfit()) } else { Ok(()) }
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
                let value = eval.eval(expr)?;
                if eval.memory.arena.is_null(value) {
                    return Err(Stop::call(Code::MappingIncomplete));
                }
                let mut text = String::new();
                eval.write_plain(value, &mut text).map_err(|_| unfit())?;
                percent(text.as_bytes(), &mut segment);
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
) -> Result<(), Stop> {
    for (name, expr) in query {
        let value = eval.eval(expr)?;
        let values = eval.memory.arena.rows(value).unwrap_or_else(|| vec![value]);
        for value in values {
            if eval.memory.arena.is_null(value) {
                continue;
            }
            let mut text = String::new();
            eval.write_plain(value, &mut text).map_err(|_| unfit())?;
            out.push(*separator);
            *separator = '&';
            percent(name.as_bytes(), out);
            out.push('=');
            percent(text.as_bytes(), out);
        }
    }
    Ok(())
}

/// What the answer's body may be.
fn accept(system: &System, call: &Call) -> &'static str {
    match (call.decode, &call.soap, &system.soap) {
        (_, Some(_), Some(soap)) if soap.version == SoapVersion::Soap12 => "application/soap+xml",
        (_, Some(_), _) => "text/xml",
        (Decode::Json, ..) => "application/json",
        (Decode::Xml, ..) => "application/xml, text/xml;q=0.9",
        (Decode::Csv, ..) => "text/csv, text/plain;q=0.9",
        (Decode::Text, ..) => "text/plain, */*;q=0.5",
    }
}

/// Writes the body and says in `headers` what it is.
fn write_body(
    eval: &mut Eval<'_>,
    system: &System,
    call: &Call,
    headers: &mut Vec<(String, String)>,
) -> Result<Vec<u8>, Stop> {
    let mut value = match &call.body {
        Some(body) => eval.eval(body)?,
        None => Value::Null,
    };
    if let Pages::Many(paging) = &call.pages
        && !paging.body.is_empty()
    {
        let mut entries = match value {
            Value::Record(span) => eval.memory.arena.entries(span).to_vec(),
            Value::Null => Vec::new(),
            _ => return Err(unfit()),
        };
        for (name, member) in &paging.body {
            entries.push((*name, eval.eval(member)?));
        }
        value = Value::Record(eval.memory.arena.make_record(&entries)?);
    }
    let (charset, encoding) = match system.charset {
        None | Some(Charset::Utf8) => (Charset::Utf8, "utf-8"),
        Some(charset @ Charset::Latin1) => (charset, "iso-8859-1"),
        Some(charset @ Charset::Latin9) => (charset, "iso-8859-15"),
        Some(charset @ Charset::Windows1252) => (charset, "windows-1252"),
    };
    if let (Some(call), Some(soap)) = (&call.soap, &system.soap) {
        let header = match &soap.header {
            Some(header) => eval.eval(header)?,
            None => Value::Null,
        };
        let text = soap_out::envelope(&eval.memory.arena, soap, call, encoding, header, value).map_err(|_| unfit())?;
        headers.extend(soap_out::headers(soap, call, encoding).ok_or_else(unfit)?);
        return Ok(xml_bytes(&text, charset));
    }
    if value.is_null() {
        return Ok(Vec::new());
    }
    let (media_type, body) = match call.encode {
        Encode::Json => {
            let mut writer = JsonWriter::default();
            write_json(&eval.memory.arena, value, &mut writer)?;
            ("application/json".to_owned(), writer.into_bytes())
        }
        Encode::Xml => {
            let mut text = ["<?xml version=\"1.0\" encoding=\"", encoding, "\"?>"].concat();
            write_document(&eval.memory.arena, value, &mut text).map_err(|_| unfit())?;
            (["application/xml; charset=", encoding].concat(), xml_bytes(&text, charset))
        }
        Encode::Form => ("application/x-www-form-urlencoded".to_owned(), write_form(eval, value, charset)?),
    };
    headers.push(("content-type".to_owned(), media_type));
    Ok(body)
}

/// An XML document in a character set. What that lacks is written as a reference; names are never such.
fn xml_bytes(text: &str, charset: Charset) -> Vec<u8> {
    if let Some(bytes) = charset::encode(text, charset) {
        return bytes;
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match charset::encode(c.encode_utf8(&mut [0; 4]), charset) {
            Some(bytes) => out.extend(bytes),
            None => out.extend(["&#", &u32::from(c).to_string(), ";"].concat().into_bytes()),
        }
    }
    out
}

/// A flat record as a form; a list repeats its name, null is left out.
fn write_form(eval: &Eval<'_>, value: Value, charset: Charset) -> Result<Vec<u8>, Stop> {
    let Value::Record(span) = value else { return Err(unfit()) };
    let arena = &eval.memory.arena;
    let mut out = String::new();
    for (name, value) in arena.entries(span) {
        let values = arena.rows(*value).unwrap_or_else(|| vec![*value]);
        for value in values.into_iter().filter(|v| !arena.is_null(*v)) {
            let mut text = String::new();
            eval.write_plain(value, &mut text).map_err(|_| unfit())?;
            if !out.is_empty() {
                out.push('&');
            }
            percent(arena.names().get(*name).as_bytes(), &mut out);
            out.push('=');
            percent(&charset::encode(&text, charset).ok_or_else(unfit)?, &mut out);
        }
    }
    Ok(out.into_bytes())
}

/// A body tree as JSON; a member without value is left out.
fn write_json(arena: &Arena, value: Value, w: &mut JsonWriter) -> Result<(), Stop> {
    match value {
        Value::Record(span) => {
            let mut written = Ok(());
            w.object(|w| {
                for (name, inner) in arena.entries(span).iter().filter(|(_, v)| !arena.is_null(*v)) {
                    w.name(arena.names().get(*name));
                    written = std::mem::replace(&mut written, Ok(())).and(write_json(arena, *inner, w));
                }
            });
            written
        }
        Value::List(span) => {
            let mut written = Ok(());
            w.array(|w| {
                for element in arena.elements(span) {
                    written = std::mem::replace(&mut written, Ok(())).and(write_json(arena, *element, w));
                }
            });
            written
        }
        Value::Nodes(_) => {
            w.value(arena, arena.scalar(value).ok_or_else(unfit)?);
            Ok(())
        }
        scalar => {
            w.value(arena, scalar);
            Ok(())
        }
    }
}
