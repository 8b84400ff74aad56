//! Node sets: what an XML path gives.
//!
//! A node set is a run of nodes in the arena's elements. A node is a text (an element with text alone), null (one with
//! attributes that nobody reads and a text that decoding tidied away), or a record (an element with children or
//! attributes) whose members are node sets in turn.
//!
//! An element that stands for nothing is no node: one that is nil, or that has neither attributes nor children and a text
//! that decoding tidies away. It is not counted and nobody meets it; that it stood there is seen by the member, which is a
//! node set without it.
//!
//! A record's own text stands under [`Names::TEXT`] if it has no child elements: then it is also what the record is where
//! one thing is wanted. Beside child elements it stands under the bundle's own name for it, if it has one. A member whose
//! value is null stands for children of one local name in several namespaces.

use super::{Arena, Full, NameId, Names, Span, Value};

/// Why a node set has no such member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Children of that local name stand in several namespaces.
    Mixed,
    /// The arena is full.
    Full,
}

impl Arena {
    /// A value where one thing is expected: no node is null, one node is its text. None where a node set has several
    /// nodes, or one with child elements. Any other value is itself.
    #[inline]
    pub fn scalar(&self, value: Value) -> Option<Value> {
        match value {
            Value::Nodes(span) => self.scalar_of(span),
            value => Some(value),
        }
    }

    fn scalar_of(&self, nodes: Span) -> Option<Value> {
        match self.elements(nodes) {
            [] => Some(Value::Null),
            [Value::Record(record)] => self.member(*record, Names::TEXT),
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Whether a value is nothing: null, no node, or one node without a value.
    pub fn is_null(&self, value: Value) -> bool {
        matches!(self.scalar(value), Some(Value::Null))
    }

    /// The children of that name of all nodes, or their attributes. None if no node has one.
    ///
    /// # Errors
    /// [`Unread`].
    #[inline(never)]
    pub fn children(&mut self, of: Span, name: NameId) -> Result<Option<Span>, Unread> {
        if self.names().own_text() == Some(name) {
            return self.own_texts(of, name);
        }
        let found = |node: &Value| match node {
            Value::Record(record) => self.member(*record, name),
            _ => None,
        };
        let mut members = self.elements(of).iter().filter_map(found);
        let (first, second) = (members.next(), members.next());
        let (first, second) = match (first, second) {
            (None, _) => return Ok(None),
            (Some(Value::Nodes(span)), None) => return Ok(Some(span)),
            (Some(first), second) => (first, second),
        };
        let mut flat = Vec::new();
        for member in [first].into_iter().chain(second).chain(members) {
            let Value::Nodes(span) = member else { return Err(Unread::Mixed) };
            flat.extend_from_slice(self.elements(span));
        }
        self.make_list(&flat).map(Some).map_err(|Full| Unread::Full)
    }

    /// The own texts of all nodes, wherever they stand.
    #[inline(never)]
    fn own_texts(&mut self, of: Span, name: NameId) -> Result<Option<Span>, Unread> {
        let mut found = Vec::new();
        for node in self.elements(of) {
            let own = match node {
                Value::Record(record) => self.member(*record, Names::TEXT).or_else(|| self.member(*record, name)),
                text => Some(*text),
            };
            match own {
                Some(Value::Nodes(beside)) => found.extend_from_slice(self.elements(beside)),
                own => found.extend(own.filter(|own| !own.is_null())),
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        self.make_list(&found).map(Some).map_err(|Full| Unread::Full)
    }

    /// The identity of a record, also of the element that a node set of one is.
    #[inline(never)]
    pub fn identity(&self, value: Value) -> Option<u32> {
        match value {
            Value::Record(span) => Some(span.start),
            Value::Nodes(span) => match self.elements(span) {
                [Value::Record(record)] => Some(record.start),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a list or node set has one after another; nodes as node sets of one. None of any other value.
    #[inline(never)]
    pub fn rows(&self, value: Value) -> Option<Vec<Value>> {
        match value {
            Value::List(span) => Some(self.elements(span).to_vec()),
            Value::Nodes(span) => Some((0..span.len()).filter_map(|at| span.node(at)).map(Value::Nodes).collect()),
            _ => None,
        }
    }

    /// Puts values together: node sets into one node set, anything else into a list.
    ///
    /// # Errors
    /// [`Full`].
    #[inline(never)]
    pub fn gather(&mut self, values: &[Value]) -> Result<Value, Full> {
        if values.is_empty() || !values.iter().all(|v| matches!(v, Value::Nodes(_))) {
            return self.make_list(values).map(Value::List);
        }
        let mut flat = Vec::with_capacity(values.len());
        for value in values {
            if let Value::Nodes(span) = value {
                flat.extend_from_slice(self.elements(*span));
            }
        }
        self.make_list(&flat).map(Value::Nodes)
    }
}

impl Span {
    /// No elements.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// The part of a node set that is its node at a place.
    pub fn node(self, at: usize) -> Option<Self> {
        let at = u32::try_from(at).ok().filter(|at| *at < self.len)?;
        Some(Self { start: self.start.checked_add(at)?, len: 1 })
    }

    /// Its first so many nodes.
    pub(super) fn first(self, len: usize) -> Self {
        Self { len: u32::try_from(len).map_or(self.len, |len| len.min(self.len)), ..self }
    }
}
