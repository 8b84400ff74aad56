//! XML as values: an element with text alone is a text, any other a record of node sets.

use adapter_core::value::{DecodeError, Keep, Names, XSI};

use super::markup::{Attribute, Next, Read, Reader, Tag, WRONG};
use super::soap::References;
use super::{Plain, Rules};

/// Most names of a document that the mapping does not know.
const MET: usize = 4096;

/// Names that were kept without the mapping's knowing them, in the order in which they were met.
pub type Met = Vec<String>;

/// What is read, and what has been.
pub struct Tree<'r> {
    pub rules: &'r Rules<'r>,
    pub reader: Reader<'r>,
    pub met: &'r mut Met,
    /// Where references are followed.
    pub references: Option<References>,
    /// What the operation returns, once it is known at which depth.
    pub results: Option<(usize, [Option<Vec<Plain>>; 2])>,
}

/// A kept child or attribute.
pub struct Child {
    name: String,
    uri: String,
    /// None of an element that is no node.
    value: Option<Plain>,
}

/// A document: a node whose only child is the root.
pub fn decode(rules: &Rules, met: &mut Met, text: &str) -> Read<Plain> {
    let mut tree = Tree { rules, reader: Reader::new(text), met, references: None, results: None };
    let root = tree.reader.root()?;
    let mut children = Vec::new();
    tree.child(&root, rules.depth, Some(rules.keep), &mut children)?;
    tree.reader.end()?;
    Ok(Plain::Nodes(vec![tree.record(children)]))
}

impl Tree<'_> {
    /// An element as a child of another.
    fn child(&mut self, tag: &Tag, depth: usize, keep: Option<Keep>, children: &mut Vec<Child>) -> Read<()> {
        let (names, mut inner) = self.kept("", &tag.local, &tag.uri, keep)?;
        let result = match &self.results {
            Some((at, _)) if *at == depth && (tag.local == "return" || tag.local.ends_with("Return")) => Some(0),
            Some((at, _)) if *at == depth && tag.local.ends_with("Result") => Some(1),
            _ => None,
        };
        // Nobody has to name what an operation returns.
        if result.is_some() && inner.is_none() {
            inner = keep;
        }
        let value = self.element(tag, depth, inner)?;
        if let (Some(at), Some((_, results))) = (result, &mut self.results) {
            results[at].get_or_insert_default().extend(value.clone());
        }
        children.extend(names.into_iter().map(|name| Child { name, uri: tag.uri.clone(), value: value.clone() }));
        Ok(())
    }

    /// An element's value; none if it is not kept, or stands for nothing.
    pub fn element(&mut self, tag: &Tag, depth: usize, keep: Option<Keep>) -> Read<Option<Plain>> {
        let depth = depth.checked_sub(1).ok_or(DecodeError::Depth)?;
        let place = self.references.as_mut().map(|references| references.enter(tag, depth, keep));
        let is_target = place.as_ref().is_some_and(|place| place.target.is_some());
        let keep = if is_target { keep.or(Some(Keep::Named)) } else { keep };
        let mut children = Vec::new();
        let nil = self.attributes(tag, keep, &mut children)?;
        let (mut text, mut leaf) = (String::new(), true);
        loop {
            match self.reader.next(tag)? {
                Next::Text(run) => text.push_str(&run),
                Next::Child(child) => {
                    leaf = false;
                    self.child(&child, depth, keep, &mut children)?;
                }
                Next::End => break,
            }
        }
        let mut value = match keep {
            None => None,
            Some(_) if nil => None,
            Some(_) if !leaf => Some(self.record(children)),
            Some(_) => {
                let value = self.rules.tidied_xml(text.clone());
                if value == Plain::Null && tag.attributes.iter().all(is_about) {
                    None
                } else if children.is_empty() {
                    Some(value)
                } else {
                    let value = Some(value);
                    children.push(Child { name: Names::TEXT_NAME.to_owned(), uri: String::new(), value });
                    Some(self.record(children))
                }
            }
        };
        if let (Some(place), Some(references)) = (place, &mut self.references) {
            if let Some(reference) = place.reference {
                // What refers is empty; what stands in it is looked at only where somebody reads it.
                if !leaf || (keep.is_some() && !text.is_empty()) {
                    return Err(WRONG);
                }
                value = Some(Plain::Reference(reference));
            }
            references.leave(place, value.as_ref().unwrap_or(&Plain::Null));
        }
        Ok(value)
    }

    /// Attributes as members; whether they say that the element is nil.
    fn attributes(&mut self, tag: &Tag, keep: Option<Keep>, children: &mut Vec<Child>) -> Read<bool> {
        let mut nil = false;
        let Some(keep) = keep else { return Ok(false) };
        for attribute in &tag.attributes {
            let schema = attribute.uri == XSI;
            if schema && attribute.local == "nil" {
                let said = attribute.value.trim_matches([' ', '\t', '\n', '\r', '\u{c}']);
                nil = said == "true" || said == "1";
            }
            let keep = if schema { Keep::Named } else { keep };
            let (mut names, _) = self.kept("@", &attribute.local, &attribute.uri, Some(keep))?;
            // What is said about an element is no member of it, unless a mapping names it with its namespace.
            names.retain(|name| !schema || name.starts_with('{'));
            for name in names {
                let value = Some(self.rules.tidied(attribute.value.clone()));
                children.push(Child { name, uri: attribute.uri.clone(), value });
            }
        }
        Ok(nil)
    }

    /// The names under which an element (`mark` is empty) or attribute (`@`) is kept, and what is kept of it.
    fn kept(&mut self, mark: &str, local: &str, uri: &str, keep: Option<Keep>) -> Read<(Vec<String>, Option<Keep>)> {
        let Some(keep) = keep else { return Ok((Vec::new(), None)) };
        let plain = [mark, local].concat();
        let known = |name: &str| self.rules.names.iter().find(|(known, _)| *known == name);
        let mut names = Vec::new();
        let mut whole = keep == Keep::Whole;
        if let Some((_, deep)) = known(&plain) {
            whole |= deep;
            names.push(plain);
        } else if keep == Keep::Whole {
            if !self.met.contains(&plain) {
                self.met.push(plain.clone());
            }
            if self.met.len() > MET {
                return Err(DecodeError::Full);
            }
            names.push(plain);
        }
        if !uri.is_empty() {
            let spaced = ["{", uri, "}", mark, local].concat();
            if let Some((_, deep)) = known(&spaced) {
                whole |= deep;
                names.push(spaced);
            }
        }
        let keep = if whole { Keep::Whole } else { Keep::Named };
        let keep = Some(keep).filter(|_| !names.is_empty());
        Ok((names, keep))
    }

    /// Children as a record: the mapping's names first, then others as they were met, an element's own text last.
    fn record(&self, children: Vec<Child>) -> Plain {
        let known = self.rules.names.iter().map(|(name, _)| *name).chain(self.met.iter().map(String::as_str));
        let mut members = Vec::new();
        let mut left = children;
        for name in known.chain([Names::TEXT_NAME]) {
            if left.is_empty() {
                break;
            }
            let (all, others): (Vec<Child>, Vec<Child>) = left.into_iter().partition(|child| child.name == name);
            left = others;
            let Some(uri) = all.first().map(|first| first.uri.clone()) else { continue };
            let mixed = all.iter().any(|child| child.uri != uri);
            let mut nodes: Vec<Plain> = all.into_iter().filter_map(|child| child.value).collect();
            let value = match (name, mixed) {
                (Names::TEXT_NAME, _) => nodes.remove(0),
                (_, true) => Plain::Null,
                _ => Plain::Nodes(nodes),
            };
            members.push((name.to_owned(), value));
        }
        Plain::Record(members)
    }
}

/// Whether an attribute says how an element is written, and nothing of its own.
fn is_about(attribute: &Attribute) -> bool {
    let soap = ["http://schemas.xmlsoap.org/soap/", "http://www.w3.org/2003/05/soap-"];
    attribute.uri == XSI || soap.iter().any(|about| attribute.uri.starts_with(about))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[(&str, bool)], keep: Keep, text: &str) -> Read<String> {
        let rules =
            Rules { names, keep, depth: 3, blank_to_null: false, unwrap: None, none: &[], trim: false, lenient: false };
        let mut out = String::new();
        decode(&rules, &mut Met::new(), text)?.write(&mut out);
        Ok(out)
    }

    #[test]
    fn documents_are_read_as_the_language_says() {
        let text = "<?xml version='1.0'?><a xmlns:p='u'><!-- c --><b p:k='1&#10;2\r\n3'>x\r\n&lt;<![CDATA[&]]></b><p:b/><c> </c></a>";
        // Two namespaces under one local name have no value.
        assert_eq!(read(&[], Keep::Whole, text).unwrap(), r#"{"a":{"b":null,"c":" "}}"#);
        let names = [("a", false), ("{u}b", false), ("b", false), ("{u}@k", false)];
        let text = text.replace("<p:b/>", "");
        assert_eq!(
            read(&names, Keep::Named, &text).unwrap(),
            "{\"a\":{\"b\":{\"{u}@k\":\"1\\n2 3\",\"#text\":\"x\\n<&\"}}}"
        );
        for bad in [
            "",
            "<a>",
            "<a></b>",
            "<a/>x",
            "<a>]]></a>",
            "<a k='1' k='2'/>",
            "<p:a/>",
            "<a>&x;</a>",
            "<!DOCTYPE a><a/>",
        ] {
            assert_eq!(read(&[], Keep::Named, bad), Err(WRONG), "{bad}");
        }
        assert_eq!(read(&[], Keep::Named, "<a><b><c><d"), Err(WRONG));
        assert_eq!(read(&[], Keep::Named, "<a><b><c><d>"), Err(DecodeError::Depth));
    }
}
