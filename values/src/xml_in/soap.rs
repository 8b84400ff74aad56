//! Taking SOAP envelopes off, 1.1 and 1.2. Header blocks are passed over.

use std::ops::Range;

use super::lexer::Tag;
use super::references::References;
use super::tree::Tree;
use crate::NameId;
use crate::{Arena, DecodeError, Keep, Span, Value};

/// The namespace of SOAP 1.1's envelope.
pub const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The namespace of SOAP 1.2's envelope.
pub const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// Namespaces of what a message says of how it is written, in both versions, begin so.
const ABOUT: [&str; 2] = ["http://schemas.xmlsoap.org/soap/", "http://www.w3.org/2003/05/soap-"];

/// What was in an envelope.
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    /// The element in the body (the operation's, or the fault): a node set of one, or of none if the body is empty.
    pub body: Value,
    /// Its `…Return` children, or else its `…Result` children: a node set; null if there is none.
    pub result: Value,
    /// A fault: a record of `code` (without its prefix), `string` and `detail`; null if it is none.
    pub fault: Value,
    /// What the element in the body is called; nothing if the body is empty.
    pub root: Root,
}

/// What an XML document's root is called, or the element in a SOAP body.
#[derive(Clone, Copy, Debug)]
pub struct Root {
    /// Its local name, a text; null if there is none.
    pub name: Value,
    /// Its namespace, a text; null if it is in none.
    pub space: Value,
}

impl Root {
    /// There is no root.
    pub const NONE: Self = Self { name: Value::Null, space: Value::Null };

    /// Whether it is one of this name: a local one, whatever the namespace, or `{namespace}local`.
    pub fn is(self, arena: &Arena, known: &str) -> bool {
        let text = |value| if let Value::Text(text) = value { arena.text(text) } else { "" };
        !self.name.is_null() && is_called(known, text(self.space), text(self.name))
    }
}

/// Whether an element in a namespace is one of this name, `local` or `{namespace}local`.
fn is_called(known: &str, uri: &str, local: &str) -> bool {
    match known.strip_prefix('{').and_then(|known| known.split_once('}')) {
        Some((space, name)) => space == uri && name == local,
        None => known == local,
    }
}

impl Envelope {
    /// What is in an answer that has no body.
    pub const NOTHING: Self = Self { body: Value::Null, result: Value::Null, fault: Value::Null, root: Root::NONE };
}

/// The element of a body that is what an operation says.
#[derive(Debug)]
struct Payload {
    root: Root,
    value: Option<Value>,
    fault: bool,
    /// It is one of those that are wanted.
    wanted: bool,
    /// References inside it.
    roots: Range<usize>,
}

impl<'a> Tree<'_, 'a> {
    /// The whole document. Of several elements in the body the fault counts, else the first of a name in `wanted`, else
    /// the first. Whether it is the fault, whose record is still to be made.
    pub fn envelope(&mut self, wanted: &[String]) -> Result<(Envelope, bool), DecodeError> {
        let mut envelope = self.lexer.root()?;
        let soap = envelope.uri;
        if envelope.name.local() != b"Envelope" || !matches!(self.lexer.namespaces.uri(soap), SOAP_11 | SOAP_12) {
            return Err(DecodeError::Envelope);
        }
        let depth = self.decoder.depth;
        let mut body = None;
        while let Some(mut child) = self.lexer.next_child(&mut envelope, None)? {
            if child.name.local() != b"Body" || child.uri != soap {
                self.element(&mut child, depth, None)?;
                continue;
            }
            let payload = self.payload(&mut child, wanted)?;
            if body.replace(payload).is_some() {
                return Err(DecodeError::Envelope);
            }
        }
        self.lexer.end()?;
        let mut payload = body.ok_or(DecodeError::Envelope)?;
        let found = std::mem::take(&mut self.results);
        let mut results = found.into_iter().flatten().next();
        if let Some(references) = &mut self.references {
            let payload = payload.as_mut();
            let roots = payload.as_ref().map_or(0..0, |payload| payload.roots.clone());
            let payload = payload.and_then(|payload| payload.value.as_mut());
            let mut values: Vec<&mut Value> = results.iter_mut().flatten().chain(payload).collect();
            // The envelope and its body are none of what may be referred to.
            let elements = self.lexer.tags.saturating_sub(2);
            references.resolve(self.arena, elements, depth, &roots, &mut values)?;
            // What is referred to may stand for nothing, and is no node then.
            results.iter_mut().for_each(|found| found.retain(|value| !value.is_null()));
        }
        let fault = payload.as_ref().is_some_and(|payload| payload.fault);
        let value = payload.as_ref().and_then(|payload| payload.value).filter(|value| !value.is_null());
        let mut nodes = |nodes: &[Value]| self.arena.make_list(nodes).map(Value::Nodes).map_err(|_| DecodeError::Full);
        let body = nodes(value.as_slice())?;
        let result = match results {
            None => Value::Null,
            Some(found) => nodes(&found)?,
        };
        let root = payload.map_or(Root::NONE, |payload| payload.root);
        Ok((Envelope { body, result, fault: Value::Null, root }, fault))
    }

    /// What stands in a body whose start tag was read; none if it is empty.
    fn payload(&mut self, body: &mut Tag<'a>, wanted: &[String]) -> Result<Option<Payload>, DecodeError> {
        let (depth, soap) = (self.decoder.depth, body.uri);
        let mut payload: Option<Payload> = None;
        while let Some(mut element) = self.lexer.next_child(body, None)? {
            let id = self.referred_to();
            let local = element.name.local();
            let fault = local == b"Fault" && element.uri == soap;
            let uri = self.lexer.namespaces.uri(element.uri);
            let name = std::str::from_utf8(local).map_err(|_| DecodeError::Syntax)?;
            let is_wanted = wanted.iter().any(|known| is_called(known, uri, name));
            let better = match &payload {
                None => true,
                Some(before) => (fault || (is_wanted && !before.wanted)) && !before.fault,
            };
            // One of a name that is wanted is the answer, though others refer to it, or could.
            if (id.is_some() && !is_wanted) || !better {
                let keep = id.map(|keep| if self.decoder.keep == Keep::Whole { Keep::Whole } else { keep });
                self.element(&mut element, depth, keep)?;
                continue;
            }
            let root = self.root_of(&element)?;
            // A fault's members are not the mapping's to name.
            let keep = if fault { Keep::Whole } else { self.decoder.keep };
            self.results = Default::default();
            self.results_at = depth.checked_sub(1).filter(|_| !fault);
            let first = self.references.as_ref().map_or(0, References::met);
            let value = self.element(&mut element, depth, Some(keep))?;
            let roots = first..self.references.as_ref().map_or(0, References::met);
            self.results_at = None;
            payload = Some(Payload { root, value, fault, wanted: is_wanted, roots });
        }
        Ok(payload)
    }

    /// Whether the element whose start tag was read last stands in the body only to be referred to, and what of it is
    /// wanted: independent elements of rpc/encoded have an id.
    fn referred_to(&self) -> Option<Keep> {
        let references = self.references.as_ref()?;
        let id = self.lexer.attributes.iter().find(|a| a.name.local() == b"id");
        id.map(|_| references.wanted())
    }
}

/// Whether a namespace is one of SOAP's own, whose attributes say how an element is written.
#[inline(never)]
pub fn is_of_soap(uri: &str) -> bool {
    ABOUT.iter().any(|about| uri.starts_with(about))
}

/// The record of a fault element.
#[inline(never)]
pub fn fault(arena: &mut Arena, body: Value) -> Result<Value, DecodeError> {
    // As 1.1 names it, as 1.2 does, and inside of that; 1.2 may give the reason in several languages.
    const MEMBERS: [[&str; 4]; 3] = [
        ["code", "faultcode", "Code", "Value"],
        ["string", "faultstring", "Reason", "Text"],
        ["detail", "detail", "Detail", ""],
    ];
    let Value::Nodes(of) = body else { return Ok(Value::Null) };
    let mut entries: Vec<(NameId, Value)> = Vec::new();
    for [name, old, new, inner] in MEMBERS {
        let mut found = named(arena, of, old);
        if found.is_none() {
            found = named(arena, of, new);
            if !inner.is_empty() {
                found = found.and_then(|outer| named(arena, outer, inner)).and_then(|all| all.node(0));
            }
        }
        let Some(found) = found else { continue };
        let mut value = Value::Nodes(found);
        if let (false, Some(scalar)) = (inner.is_empty(), arena.scalar(value)) {
            value = scalar;
        }
        if let (Value::Text(text), "code") = (value, name) {
            let whole = arena.text(text).trim_ascii_end();
            let start = whole.bytes().rposition(|b| b == b':').map_or(0, |at| at.saturating_add(1));
            value = Value::Text(arena.slice(text, start..whole.len().max(start)));
        }
        entries.push((arena.names_mut().intern(name), value));
    }
    arena.make_record(&entries).map(Value::Record).map_err(|_| DecodeError::Full)
}

/// The children of that name of a node set; none if it has none.
#[inline(never)]
fn named(arena: &mut Arena, of: Span, name: &str) -> Option<Span> {
    let name = arena.names().find(name)?;
    arena.children(of, name).ok().flatten()
}
