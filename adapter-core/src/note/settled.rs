//! What the contract's rules did, item by item, with the values it was about.

use crate::contract::Effect;
use crate::problem::Code;

/// A rule did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Lists from the outermost, with the item's place in each as the mapping made it (the first is 0); the last has
    /// none if it is about the list as a whole. Empty: it is about the person.
    pub items: Vec<(&'static str, Option<usize>)>,
    /// What was done.
    pub did: Did,
    /// The member that it is about, if it is about one.
    pub member: Option<&'static str>,
    /// The member's value, if that is not what it must be.
    pub broken: Option<Broken>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// What a rule does.
    Rule(Effect),
    /// The answer failed.
    Failed(Code),
}

/// A value that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The value as JSON, shortened.
    pub value: String,
    /// What it must be.
    pub must: String,
}
