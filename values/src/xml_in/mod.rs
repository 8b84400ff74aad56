//! XML into the arena: elements as node sets, text borrowed where nothing is escaped, elements that nobody names
//! passed over (see [`super::nodes`] for what values look like).
//!
//! Everything passed over is checked all the same: a document is taken whole or not at all.

mod attributes;
mod characters;
mod classes;
mod cursor;
mod lexed;
mod lexer;
mod namespaces;
mod references;
#[cfg(test)]
mod rows_tests;
mod seen;
mod soap;
#[cfg(test)]
mod soap_tests;
#[cfg(test)]
mod tests;
mod tree;

use super::{Arena, DecodeError, Decoder, Undecoded, Value};
pub use soap::{Envelope, Root};
use tree::Tree;

/// In which namespaces elements of a local name stand in a document; an empty text for none. For those who explain.
pub fn namespaces_of(document: &str, local: &str) -> Vec<String> {
    let mut lexer = lexer::Lexer::new(document);
    let mut found: Vec<String> = Vec::new();
    let mut open: Vec<lexer::Tag<'_>> = lexer.root().into_iter().collect();
    while let Some(mut tag) = open.pop() {
        let uri = lexer.namespaces.uri(tag.uri);
        if tag.name.local() == local.as_bytes() && !found.iter().any(|known| known == uri) {
            found.push(uri.to_owned());
        }
        if let Ok(Some(child)) = lexer.next_child(&mut tag, None) {
            open.extend([tag, child]);
        }
    }
    found
}

impl Decoder<'_> {
    /// Decodes an XML document: a node whose only child is the root.
    ///
    /// # Errors
    /// [`Undecoded`]; the arena then holds unused values, nothing refers to them.
    pub fn decode_xml(&self, arena: &mut Arena, document: String) -> Result<Value, Undecoded> {
        self.decode_rooted(arena, document).map(|(document, _)| document)
    }

    /// Decodes an XML document; and what its root is called.
    ///
    /// # Errors
    /// As [`Decoder::decode_xml`].
    pub fn decode_rooted(&self, arena: &mut Arena, document: String) -> Result<(Value, Root), Undecoded> {
        self.read_tree(arena, document, false, |tree| {
            let mut root = tree.lexer.root()?;
            let name = tree.root_of(&root)?;
            tree.child(&mut root, self.depth, Some(self.keep))?;
            tree.lexer.end()?;
            let node = tree.record(0)?;
            let span = tree.arena.make_list(&[node]).map_err(|_| DecodeError::Full)?;
            Ok((Value::Nodes(span), name))
        })
    }

    /// Decodes a SOAP envelope, 1.1 or 1.2. With `encoded` (rpc/encoded) references are followed. Where the body has
    /// several elements, that of a name in `wanted` is meant.
    ///
    /// # Errors
    /// [`Undecoded`], also if the document is no envelope or a reference leads nowhere, in a circle, or to too much.
    pub fn decode_soap(
        &self,
        arena: &mut Arena,
        document: String,
        encoded: bool,
        wanted: &[String],
    ) -> Result<Envelope, Undecoded> {
        let (envelope, is_fault) = self.read_tree(arena, document, encoded, |tree| tree.envelope(wanted))?;
        let fault = if is_fault { soap::fault(arena, envelope.body).map_err(Undecoded::nowhere)? } else { Value::Null };
        Ok(Envelope { fault, ..envelope })
    }

    /// Has a document read into the arena, which then holds it.
    fn read_tree<T>(
        &self,
        arena: &mut Arena,
        document: String,
        encoded: bool,
        read: impl FnOnce(&mut Tree<'_, '_>) -> Result<T, DecodeError>,
    ) -> Result<T, Undecoded> {
        let full = Undecoded::nowhere(DecodeError::Full);
        let segment = arena.next_segment().map_err(|_| full)?;
        let mut tree = Tree::new(self, arena, &document, segment, encoded);
        let value = match read(&mut tree) {
            Ok(value) => value,
            Err(why) => return Err(Undecoded::new(document.as_bytes(), why, tree.lexer.cursor.at())),
        };
        let unescaped = tree.lexer.unescaped;
        arena.add_document(document, unescaped, self.origin).map_err(|_| full)?;
        Ok(value)
    }
}
