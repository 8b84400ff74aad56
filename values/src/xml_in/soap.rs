//! Taking SOAP envelopes off, 1.1 and 1.2. Header blocks are passed over.

use super::references::References;
use super::tree::Tree;
use crate::NameId;
use crate::{Arena, DecodeError, Keep, Span, Value};

/// The namespace of SOAP 1.1's envelope.
pub const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The namespace of SOAP 1.2's envelope.
pub const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// What was in an envelope.
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    /// The element in the body (the operation's, or the fault): a node set of one, or of none if the body is empty.
    pub body: Value,
    /// Its `…Return` children, or else its `…Result` children: a node set; null if there is none.
    pub result: Value,
    /// A fault: a record of `code` (without its prefix), `string` and `detail`; null if it is none.
    pub fault: Value,
}

impl Tree<'_, '_> {
    /// The whole document: its body and result, and whether it is a fault.
    pub fn envelope(&mut self) -> Result<(Value, Value, bool), DecodeError> {
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
            let (mut payload, mut fault, mut roots) = (None, false, 0..0);
            while let Some(mut element) = self.lexer.next_child(&mut child, None)? {
                let id = self.referred_to();
                match id {
                    None if payload.is_none() => {
                        fault = element.name.local() == b"Fault" && element.uri == soap;
                        // A fault's members are not the mapping's to name.
                        let keep = if fault { Keep::Whole } else { self.decoder.keep };
                        self.results_at = depth.checked_sub(1).filter(|_| !fault);
                        let first = self.references.as_ref().map_or(0, References::met);
                        payload = Some(self.element(&mut element, depth, Some(keep))?);
                        roots = first..self.references.as_ref().map_or(0, References::met);
                        self.results_at = None;
                    }
                    _ => {
                        let keep = id.map(|keep| if self.decoder.keep == Keep::Whole { Keep::Whole } else { keep });
                        self.element(&mut element, depth, keep)?;
                    }
                }
            }
            if body.replace((payload, fault, roots)).is_some() {
                return Err(DecodeError::Envelope);
            }
        }
        self.lexer.end()?;
        let (mut payload, fault, roots) = body.ok_or(DecodeError::Envelope)?;
        let found = std::mem::take(&mut self.results);
        let mut results = found.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
        if let Some(references) = &mut self.references {
            let mut values: Vec<&mut Value> = results.iter_mut().chain(payload.as_mut()).collect();
            // The envelope and its body are none of what may be referred to.
            let elements = self.lexer.tags.saturating_sub(2);
            references.resolve(self.arena, elements, depth, &roots, &mut values)?;
        }
        let body = payload.as_slice();
        let body = self.arena.make_list(body).map(Value::Nodes).map_err(|_| DecodeError::Full)?;
        let result = match results.as_slice() {
            [] => Value::Null,
            nodes => Value::Nodes(self.arena.make_list(nodes).map_err(|_| DecodeError::Full)?),
        };
        Ok((body, result, fault))
    }

    /// Whether the element whose start tag was read last stands in the body only to be referred to, and what of it is
    /// wanted: independent elements of rpc/encoded have an id.
    fn referred_to(&self) -> Option<Keep> {
        let references = self.references.as_ref()?;
        let id = self.lexer.attributes.iter().find(|a| a.name.local() == b"id");
        id.map(|_| references.wanted())
    }
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
