//! Several requests one after the other, over one engine and systems that change meanwhile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::{Expect, Identity, Legacy, Request, TestFile, Trust};

/// A pack's test file.
#[derive(Clone, Debug)]
pub enum Test {
    /// One request.
    One(Box<TestFile>),
    /// Several.
    Story(Box<Story>),
}

impl Test {
    /// The test, if it is of one request.
    pub fn one(self) -> Option<TestFile> {
        match self {
            Self::One(test) => Some(*test),
            Self::Story(_) => None,
        }
    }
}

/// A test of several requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What it shows, one sentence.
    #[serde(default)]
    pub about: Option<String>,
    /// Rules of the contract it exercises.
    #[serde(default)]
    pub ids: Vec<String>,
    /// The mapping, relative to the test file; the pack's own if absent.
    #[serde(default)]
    pub mapping: Option<PathBuf>,
    /// The wall clock at the first request, RFC 3339.
    pub now: String,
    /// What the systems answer in every step, after the step's own entries.
    #[serde(default)]
    pub legacy: Vec<Legacy>,
    /// Limits that replace the mapping's.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// How far the gateway is trusted; `development` if absent.
    #[serde(default)]
    pub trust: Trust,
    /// Who calls, under `trust: development`.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The requests, each a [`Step`] in which `${name}` stands for what an earlier one kept.
    steps: Vec<Value>,
}

/// One request of a story.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What happens, a few words.
    #[serde(default)]
    pub about: Option<String>,
    /// Milliseconds that pass before it.
    #[serde(default)]
    pub wait_ms: u64,
    /// What the consumer sends.
    pub request: Request,
    /// What the systems answer in this step, before the story's entries.
    #[serde(default)]
    pub legacy: Vec<Legacy>,
    /// What must come out.
    pub expect: Expect,
    /// Members of the answer that later steps use: a name, and where in the answer it stands, as a JSON Pointer.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
}

/// What earlier steps kept, by name.
pub type Kept = BTreeMap<String, String>;

impl Story {
    /// How many steps it has.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// A step, with what was kept in the places that name it; nothing behind the last.
    ///
    /// # Errors
    /// If the step does not have the form.
    pub fn step(&self, at: usize, kept: &Kept) -> Option<Result<Step, String>> {
        let mut tree = self.steps.get(at)?.clone();
        fill(&mut tree, kept);
        Some(serde_json::from_value(tree).map_err(|e| e.to_string()))
    }

    /// The step as a test of its own.
    pub fn test(&self, step: &Step) -> TestFile {
        TestFile {
            about: step.about.clone(),
            ids: Vec::new(),
            mapping: self.mapping.clone(),
            now: self.now.clone(),
            request: step.request.clone(),
            legacy: step.legacy.clone(),
            expect: step.expect.clone(),
            limits: self.limits.clone(),
            trust: self.trust,
            identity: self.identity.clone(),
            probed: false,
            earlier: 0,
            layers: Vec::new(),
            university: None,
        }
    }
}

impl Step {
    /// Keeps what later steps use.
    ///
    /// # Errors
    /// In words: the answer has no such member, or one that is no text, number or truth value.
    pub fn keep(&self, body: &[u8], kept: &mut Kept) -> Result<(), String> {
        let tree: Value = serde_json::from_slice(body).unwrap_or_default();
        for (name, pointer) in &self.keep {
            let text = match tree.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(plain @ (Value::Number(_) | Value::Bool(_))) => plain.to_string(),
                Some(_) => return Err(format!("`{name}` cannot be kept: what stands at {pointer} is no single value")),
                None => return Err(format!("`{name}` cannot be kept: the answer has nothing at {pointer}")),
            };
            kept.insert(name.clone(), text);
        }
        Ok(())
    }
}

/// The names that a text mentions, in order.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// Puts what was kept in the places that name it.
fn fill(tree: &mut Value, kept: &Kept) {
    match tree {
        Value::String(text) => *text = filled(text, kept),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, kept)),
        Value::Object(members) => members.values_mut().for_each(|value| fill(value, kept)),
        _ => {}
    }
}

/// One pass from left to right: what is put in is not looked through again.
fn filled(text: &str, kept: &Kept) -> String {
    let mut pieces = text.split("${");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('}').and_then(|(name, rest)| Some((kept.get(name)?, rest))) {
            Some((value, rest)) => out.extend([value.as_str(), rest]),
            None => out.extend(["${", piece]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_put_in_once() {
        let kept: Kept = [("a".to_owned(), "${b}".to_owned()), ("b".to_owned(), "B'/".to_owned())].into();
        for (text, expected) in
            [("", ""), ("x", "x"), ("${a}-${b}", "${b}-B'/"), ("${c}${b}", "${c}B'/"), ("${b", "${b")]
        {
            assert_eq!(filled(text, &kept), expected);
        }
        assert_eq!(names("${a}/${b}${c").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_cannot_be_kept_is_said() {
        let step = |pointer: &str| Step {
            keep: [("code".to_owned(), pointer.to_owned())].into(),
            ..serde_json::from_str(r#"{"request": {"path": "/x"}, "expect": {"status": 200}}"#).unwrap()
        };
        let mut kept = Kept::new();
        assert_eq!(step("/a/0").keep(br#"{"a": [7]}"#, &mut kept), Ok(()));
        assert_eq!(kept["code"], "7");
        for (body, word) in
            [(r#"{"a": []}"#, "nothing"), (r#"{"a": [null]}"#, "no single value"), ("no JSON", "nothing")]
        {
            assert!(step("/a/0").keep(body.as_bytes(), &mut kept).unwrap_err().contains(word), "{body}");
        }
    }
}
