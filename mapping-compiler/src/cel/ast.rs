//! The tree of an expression. Places are bytes of the expression's source text.

use std::ops::Range;

pub use adapter_core::bundle::BinaryOp;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub at: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub at: Range<usize>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal: `mantissa × 10^-scale`.
    Dec {
        /// Digits without the point.
        mantissa: i64,
        /// Digits after the point.
        scale: u8,
    },
    /// A text.
    Text(String),
    /// A name.
    Name(String),
    /// `of.name`
    Member {
        /// The record.
        of: Box<Node>,
        /// The member.
        name: Word,
    },
    /// `of[at]`
    Index {
        /// The list or map.
        of: Box<Node>,
        /// Position or key.
        at: Box<Node>,
    },
    /// `!a`
    Not(Box<Node>),
    /// `-a`
    Neg(Box<Node>),
    /// `a && b`
    And(Box<Node>, Box<Node>),
    /// `a || b`
    Or(Box<Node>, Box<Node>),
    /// `when ? then : otherwise`
    If(Box<Node>, Box<Node>, Box<Node>),
    /// A binary operator.
    Binary(BinaryOp, Box<Node>, Box<Node>),
    /// `[a, b]`
    List(Vec<Node>),
    /// `{'k': v}`
    Map(Vec<(Node, Node)>),
    /// `name(args)` or `target.name(args)`, macros included.
    Call {
        /// The function.
        name: Word,
        /// The receiver.
        target: Option<Box<Node>>,
        /// The arguments.
        args: Vec<Node>,
    },
}

impl Node {
    /// The name, if it is one.
    pub fn as_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }
}
