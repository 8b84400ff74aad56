//! One mapping from several files: what `extends` names comes first, each later file overrides.
//!
//! Merging is done on the trees, before anything reads them: whatever is said afterwards points into the file where
//! it is written.

mod merge;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::Files;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::language::{Form, TOP};
use crate::source::Span;
use crate::yaml::{self, Entry, Node, Scalar, Value};

/// Most files of one mapping.
const MAX_FILES: usize = 32;
/// Most files that extend one another in a row.
const MAX_DEPTH: usize = 8;

/// The form of a whole file.
static WHOLE: Form = Form::In(&TOP);

/// The mapping file that a path means: itself, or the `mapping.yaml` of a pack's folder.
pub(crate) fn mapping_file(path: &Path) -> PathBuf {
    let is_file = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    if is_file { path.to_owned() } else { path.join("mapping.yaml") }
}

/// Reads a mapping file and all it extends, as one tree without `extends`. None if nothing usable could be read.
pub(crate) fn load(report: &mut Report, file: &Path, files: &dyn Files) -> Option<Node> {
    let mut loader = Loader { report, files, read: BTreeMap::new(), open: Vec::new(), whole: true };
    let root = loader.load(file, None);
    let whole = loader.whole;
    // Half a mapping would be told that the other half is missing.
    root.filter(|_| whole)
}

struct Loader<'a> {
    report: &'a mut Report,
    files: &'a dyn Files,
    /// Files that have been read, merged with what they extend.
    read: BTreeMap<PathBuf, Option<Node>>,
    /// Files being read, each extended by the one before.
    open: Vec<PathBuf>,
    /// Everything could be read.
    whole: bool,
}

impl Loader<'_> {
    /// `asked` is where the file is named; none for the mapping itself.
    fn load(&mut self, file: &Path, asked: Option<Span>) -> Option<Node> {
        let path = plain(file);
        if let Some(done) = self.read.get(&path) {
            return done.clone();
        }
        if let Some(asked) = asked
            && !self.may_open(&path, asked)
        {
            self.whole = false;
            return None;
        }
        self.open.push(path.clone());
        let node = yaml::load(self.report, &path, self.files, asked).and_then(|root| self.merged(root, &path));
        self.open.pop();
        self.whole &= node.is_some();
        self.read.insert(path, node.clone());
        node
    }

    fn may_open(&mut self, path: &Path, asked: Span) -> bool {
        if self.open.iter().any(|open| open == path) {
            let message = format!("`{}` extends itself.", path.display());
            let chain: Vec<String> = self.open.iter().map(|p| p.display().to_string()).collect();
            let help = format!("The way is {} → {}.", chain.join(" → "), path.display());
            self.report.push(Diagnostic::new(Code::ExtendsCycle, asked, message).help(help));
            return false;
        }
        if self.open.len() >= MAX_DEPTH || self.read.len().saturating_add(self.open.len()) >= MAX_FILES {
            let message =
                format!("A mapping has at most {MAX_FILES} files, and {MAX_DEPTH} that extend one another in a row.");
            self.report.push(Diagnostic::new(Code::ExtendsSize, asked, message));
            return false;
        }
        true
    }

    /// What a file extends, with the file itself over it.
    fn merged(&mut self, mut root: Node, path: &Path) -> Option<Node> {
        let mut earlier: Option<Node> = None;
        if let Value::Map(entries) = &mut root.value
            && let Some(at) = entries.iter().position(|e| e.key.text == "extends")
        {
            let extends = entries.remove(at);
            for named in self.named(&extends) {
                let Some(file) = self.beside(path, &named) else { continue };
                let Some(next) = self.load(&file, Some(named.span)) else { continue };
                earlier = Some(match earlier {
                    Some(before) => merge::merge(self.report, before, next, &WHOLE),
                    None => next,
                });
            }
        }
        Some(match earlier {
            Some(earlier) => merge::merge(self.report, earlier, root, &WHOLE),
            None => root,
        })
    }

    /// The paths under `extends`.
    fn named(&mut self, extends: &Entry) -> Vec<Scalar> {
        let nodes = extends.value.as_list().unwrap_or(std::slice::from_ref(&extends.value));
        if nodes.len() > MAX_FILES {
            let message = format!("A mapping has at most {MAX_FILES} files.");
            self.report.push(Diagnostic::new(Code::ExtendsSize, extends.key.span, message));
            self.whole = false;
            return Vec::new();
        }
        let mut named = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node.as_scalar() {
                Some(scalar) if !scalar.text.is_empty() => named.push(scalar.clone()),
                _ => {
                    let message = format!("`extends` needs paths, not {}.", node.kind());
                    let help = "For example extends: ../packs/esse3-rest";
                    self.report.push(Diagnostic::new(Code::ValueKind, node.span, message).help(help));
                    self.whole = false;
                }
            }
        }
        named
    }

    fn beside(&mut self, path: &Path, named: &Scalar) -> Option<PathBuf> {
        let written = Path::new(&named.text);
        if written.is_absolute() {
            let message = format!("`{}` is an absolute path; paths are relative to the file.", named.text);
            self.report.push(Diagnostic::new(Code::FileRead, named.span, message));
            self.whole = false;
            return None;
        }
        Some(mapping_file(&path.parent().unwrap_or(Path::new("")).join(written)))
    }
}

/// A path without `.` and without the `..` that a folder in front of it undoes: one file has one such path.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_path() {
        for (written, expected) in
            [("a/./b", "a/b"), ("a/../b", "b"), ("../a/../b", "../b"), ("a/b/../../../c", "../c"), ("/a/../b", "/b")]
        {
            assert_eq!(plain(Path::new(written)), Path::new(expected), "{written}");
        }
    }
}
