//! What is wrong with a file, and where.

use std::fmt;

use serde_json::Value;

/// Kinds of what can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// Something that is shipped is not there.
    Missing,
    /// Something is there that is not shipped.
    Extra,
    /// Something else stands there than is shipped.
    Differs,
    /// The elements of a list are in another order.
    Order,
    /// A value of the operator's is out of its bounds.
    Bounds,
    /// Values that must differ are the same, or the other way about.
    Same,
    /// A key that proves nothing, or too little.
    Key,
    /// The filter trusts what nobody proves.
    Trust,
    /// A file cannot be read.
    File,
}

impl Code {
    /// As messages and tables of tests have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Differs => "differs",
            Self::Order => "order",
            Self::Bounds => "bounds",
            Self::Same => "same",
            Self::Key => "key",
            Self::Trust => "trust",
            Self::File => "file",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// The file, of those that the configuration names; empty for the configuration itself.
    pub file: String,
    /// JSON pointer into it.
    pub at: String,
    /// Where that stands, from 1.
    pub line: Option<usize>,
    /// What stands, what is shipped, what to do.
    pub text: String,
    /// The placeholder it is about, with the system or provider that it is one of.
    pub value: Option<(String, String)>,
}

impl Finding {
    /// One in the configuration itself, of no placeholder.
    pub(super) fn new(code: Code, at: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code, file: String::new(), at: at.into(), line: None, text: text.into(), value: None }
    }

    /// About the value of a placeholder.
    pub(super) fn of(mut self, hole: &str, scope: &str) -> Self {
        self.value = Some((hole.to_owned(), scope.to_owned()));
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
        }
        f.write_str(if self.at.is_empty() { "/" } else { &self.at })?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        write!(f, ": {} [{}]", self.text, self.code.name())
    }
}

/// Names of members whose values are nobody's business.
const HIDDEN: [&str; 8] =
    ["secret", "password", "credential", "inline", "authorization", "configuration", "token", "jwks"];

/// Longest value that is told, characters.
const LONGEST: usize = 80;

/// A value as a message tells it: short, and not if it may be a secret.
pub(super) fn shown(at: &str, value: &Value) -> String {
    let name = at.to_ascii_lowercase();
    match value {
        Value::Object(members) => {
            let names: Vec<&str> = members.keys().map(String::as_str).take(5).collect();
            let more = if members.len() > names.len() { ", …" } else { "" };
            format!("{{ {}{more} }}", names.join(", "))
        }
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::String(_) if HIDDEN.iter().any(|hidden| last(&name).contains(hidden)) => "a text (not shown)".to_owned(),
        Value::String(text) => {
            let short: String = text.chars().take(LONGEST).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("`{}{more}`", short.escape_debug())
        }
        other => format!("`{other}`"),
    }
}

/// The last two names of a place: what a value is, and what it is of.
fn last(at: &str) -> &str {
    let mut ends = at.rmatch_indices('/').map(|(at, _)| at);
    ends.nth(1).and_then(|start| at.get(start..)).unwrap_or(at)
}
