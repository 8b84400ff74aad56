//! SOAP envelopes, 1.1 and 1.2, and the references inside them (rpc/encoded).

use std::collections::BTreeMap;
use std::ops::Range;

use adapter_core::value::{DecodeError, Keep, Names};

use super::markup::{Next, Read, Reader, Tag, WRONG};
use super::xml::{Met, Tree};
use super::{Plain, Rules};

const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
const ENCODING: &str = "http://www.w3.org/2003/05/soap-encoding";
/// Most elements of a document with its references followed.
const ELEMENTS: usize = 1 << 18;

/// What was in an envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    pub body: Plain,
    pub result: Plain,
    pub fault: Plain,
}

/// Takes an envelope off.
pub fn decode(rules: &Rules, met: &mut Met, text: &str, encoded: bool) -> Read<Envelope> {
    let references = encoded.then(References::default);
    let mut tree = Tree { rules, reader: Reader::new(text), met, references, results: None };
    let envelope = tree.reader.root()?;
    let soap = envelope.uri.clone();
    if envelope.local != "Envelope" || (soap != SOAP_11 && soap != SOAP_12) {
        return Err(WRONG);
    }
    let mut bodies = Vec::new();
    while let Some(child) = tree.next_element(&envelope)? {
        if child.local == "Body" && child.uri == soap {
            let body = tree.body(&child)?;
            if !bodies.is_empty() {
                return Err(WRONG);
            }
            bodies.push(body);
        } else {
            tree.element(&child, rules.depth, None)?;
        }
    }
    tree.reader.end()?;
    let (payload, is_fault, roots) = bodies.pop().ok_or(WRONG)?;
    let [returns, results] = tree.results.take().map(|(_, found)| found).unwrap_or_default();
    let mut result = returns.or(results).map_or(Plain::Null, Plain::Nodes);
    let mut body = Plain::Nodes(payload.into_iter().filter(|value| *value != Plain::Null).collect());
    if let Some(references) = &tree.references {
        references.check(rules.depth, &roots)?;
        body = references.follow(&body)?;
        result = references.follow(&result)?;
    }
    let fault = if is_fault { fault(tree.rules, tree.met, &body) } else { Plain::Null };
    Ok(Envelope { body, result, fault })
}

impl Tree<'_> {
    fn next_element(&mut self, tag: &Tag) -> Read<Option<Tag>> {
        loop {
            match self.reader.next(tag)? {
                Next::Text(_) => {}
                Next::Child(child) => return Ok(Some(child)),
                Next::End => return Ok(None),
            }
        }
    }

    /// The fault of a body, else its first element that is not there only to be referred to; whether it is a fault, and
    /// which references stand in it.
    fn body(&mut self, body: &Tag) -> Read<(Option<Plain>, bool, Range<usize>)> {
        let depth = self.rules.depth;
        let mut found: Option<(Option<Plain>, bool, Range<usize>)> = None;
        while let Some(element) = self.next_element(body)? {
            let wanted = match &self.references {
                Some(references) if element.attributes.iter().any(|a| a.local == "id") => Some(references.wanted()),
                _ => None,
            };
            let is_fault = element.local == "Fault" && element.uri == body.uri;
            let better = found.as_ref().is_none_or(|(_, fault, _)| is_fault && !fault);
            if wanted.is_some() || !better {
                let keep = wanted.map(|keep| if self.rules.keep == Keep::Whole { Keep::Whole } else { keep });
                self.element(&element, depth, keep)?;
                continue;
            }
            let keep = if is_fault { Keep::Whole } else { self.rules.keep };
            self.results = if is_fault || depth == 0 { None } else { Some((depth - 1, Default::default())) };
            let first = self.made();
            let payload = self.element(&element, depth, Some(keep))?;
            found = Some((payload, is_fault, first..self.made()));
            // What stands further on returns nothing.
            if let Some((at, _)) = &mut self.results {
                *at = usize::MAX;
            }
        }
        Ok(found.unwrap_or((None, false, 0..0)))
    }

    fn made(&self) -> usize {
        self.references.as_ref().map_or(0, |references| references.made.len())
    }
}

/// What refers to what.
#[derive(Default)]
pub struct References {
    made: Vec<Made>,
    targets: Vec<Target>,
    /// Elements read so far.
    elements: usize,
}

/// A reference.
struct Made {
    id: String,
    keep: Option<Keep>,
    depth: usize,
}

/// An element that may be referred to.
struct Target {
    id: String,
    value: Plain,
    /// References inside it.
    inside: Range<usize>,
    elements: usize,
    depth: usize,
}

/// Where an element stands among others.
pub struct Place {
    pub reference: Option<usize>,
    pub target: Option<String>,
    first: usize,
    elements: usize,
    depth: usize,
}

impl References {
    /// An element begins.
    pub fn enter(&mut self, tag: &Tag, depth: usize, keep: Option<Keep>) -> Place {
        let (first, elements) = (self.made.len(), self.elements);
        self.elements += 1;
        let mut place = Place { reference: None, target: None, first, elements, depth };
        for attribute in &tag.attributes {
            let (plain, encoding) = (attribute.uri.is_empty(), attribute.uri == ENCODING);
            let id = match attribute.local.as_str() {
                "id" if plain || encoding => {
                    place.target = Some(attribute.raw.clone());
                    continue;
                }
                "href" if plain => attribute.raw.strip_prefix('#'),
                "ref" if encoding => Some(attribute.raw.as_str()),
                _ => continue,
            };
            place.reference = id.map(|_| self.made.len());
            self.made.extend(id.map(|id| Made { id: id.to_owned(), keep, depth }));
        }
        place
    }

    /// It ends.
    pub fn leave(&mut self, place: Place, value: &Plain) {
        let Some(id) = place.target else { return };
        let inside = place.first..self.made.len();
        let elements = self.elements - place.elements;
        self.targets.push(Target { id, value: value.clone(), inside, elements, depth: place.depth });
    }

    /// What is kept of an element that others may refer to.
    fn wanted(&self) -> Keep {
        if self.made.iter().any(|made| made.keep == Some(Keep::Whole)) { Keep::Whole } else { Keep::Named }
    }

    fn target(&self, id: &str) -> Read<usize> {
        let mut found = (0..self.targets.len()).filter(|at| self.targets[*at].id == id);
        match (found.next(), found.next()) {
            (Some(at), None) => Ok(at),
            _ => Err(WRONG),
        }
    }

    /// Everything that is read leads somewhere, to the end of itself, and not to too much.
    fn check(&self, depth: usize, roots: &Range<usize>) -> Read<()> {
        let mut known = BTreeMap::new();
        let mut elements = self.elements;
        for (at, made) in self.made.iter().enumerate().filter(|(_, made)| made.keep.is_some()) {
            let (inner, _) = self.extent(self.target(&made.id)?, depth, depth, &mut known)?;
            if roots.contains(&at) {
                elements = elements.saturating_add(inner);
            }
        }
        if elements > ELEMENTS && !self.made.is_empty() { Err(DecodeError::Full) } else { Ok(()) }
    }

    /// How many elements a target has, and how many levels below it, with its references followed: at most `left` one
    /// after another.
    fn extent(
        &self,
        at: usize,
        left: usize,
        depth: usize,
        known: &mut BTreeMap<usize, (usize, usize)>,
    ) -> Read<(usize, usize)> {
        if let Some(extent) = known.get(&at) {
            return Ok(*extent);
        }
        let target = &self.targets[at];
        let (mut elements, mut levels) = (target.elements, 0);
        for place in target.inside.clone() {
            let made = &self.made[place];
            // What nobody reads may lead anywhere, unless it is all that the target is.
            if made.keep.is_none() && target.value != Plain::Reference(place) {
                continue;
            }
            let left = left.checked_sub(1).ok_or(DecodeError::Depth)?;
            let (inner, below) = self.extent(self.target(&made.id)?, left, depth, known)?;
            elements = elements.saturating_add(inner);
            levels = levels.max(target.depth - made.depth + 1 + below);
        }
        if levels > depth {
            return Err(DecodeError::Depth);
        }
        known.insert(at, (elements, levels));
        Ok((elements, levels))
    }

    /// A value with what it refers to in the place of references.
    fn follow(&self, value: &Plain) -> Read<Plain> {
        Ok(match value {
            Plain::Reference(at) => self.follow(&self.targets[self.target(&self.made[*at].id)?].value)?,
            // What is referred to may be nil, and is no node then.
            Plain::Nodes(nodes) => {
                let nodes = nodes.iter().map(|node| self.follow(node)).collect::<Read<Vec<_>>>()?;
                Plain::Nodes(nodes.into_iter().filter(|node| *node != Plain::Null).collect())
            }
            Plain::Record(members) => {
                let follow = |(name, value): &(String, Plain)| Ok((name.clone(), self.follow(value)?));
                Plain::Record(members.iter().map(follow).collect::<Read<_>>()?)
            }
            other => other.clone(),
        })
    }
}

/// A fault, as 1.1 writes it or else as 1.2 does.
fn fault(rules: &Rules, met: &mut Met, body: &Plain) -> Plain {
    let mut members = Vec::new();
    let inside = |outer: &str, inner: &str| {
        let Plain::Nodes(mut all) = children(&children(body, outer)?, inner)? else { return None };
        all.truncate(1);
        Some(Plain::Nodes(all))
    };
    let code = children(body, "faultcode").or_else(|| inside("Code", "Value")).map(|code| match scalar(code) {
        Plain::Text(text) => {
            let text = text.trim_end_matches([' ', '\t', '\n', '\r', '\u{c}']);
            Plain::Text(text.rsplit(':').next().unwrap_or(text).to_owned())
        }
        other => other,
    });
    let string = children(body, "faultstring").or_else(|| inside("Reason", "Text")).map(scalar);
    let detail = children(body, "detail").or_else(|| children(body, "Detail"));
    for (name, value) in [("code", code), ("string", string), ("detail", detail)] {
        let Some(value) = value else { continue };
        if rules.names.iter().all(|(known, _)| *known != name) && met.iter().all(|known| known != name) {
            met.push(name.to_owned());
        }
        members.push((name.to_owned(), value));
    }
    Plain::Record(members)
}

/// The children of that name of all nodes; none if no node has one, or they cannot be told apart.
fn children(of: &Plain, name: &str) -> Option<Plain> {
    let Plain::Nodes(nodes) = of else { return None };
    let mut all = Vec::new();
    let mut any = false;
    for node in nodes {
        let Plain::Record(members) = node else { continue };
        let Some((_, member)) = members.iter().find(|(known, _)| known == name) else { continue };
        let Plain::Nodes(inner) = member else { return None };
        all.extend(inner.iter().cloned());
        any = true;
    }
    any.then_some(Plain::Nodes(all))
}

/// A node set as one thing, if it can be: a node's text.
fn scalar(set: Plain) -> Plain {
    let Plain::Nodes(nodes) = &set else { return set };
    match nodes.as_slice() {
        [] => Plain::Null,
        [Plain::Record(members)] => match members.iter().find(|(name, _)| name == Names::TEXT_NAME) {
            Some((_, text)) => text.clone(),
            None => set,
        },
        [one] => one.clone(),
        _ => set,
    }
}
