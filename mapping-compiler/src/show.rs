//! A mapping with everything it extends, written out as one file that is a mapping again.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Report;
use crate::language::{Form, TOP};
use crate::source::{FileId, Sources};
use crate::yaml::{Entry, Node, Scalar, Value};

static WHOLE: Form = Form::In(&TOP);

/// The merged tree as YAML; with `origin`, each key says where it is written. `file` is the mapping's own path: files
/// of other folders are named as seen from its folder.
pub(crate) fn write(report: &Report, root: &Node, file: &Path, origin: bool) -> String {
    let writer = Writer { sources: &report.sources, folder: folder(file), origin };
    let mut out = String::new();
    for line in writer.node(root, &WHOLE) {
        out.push_str(&" ".repeat(line.indent));
        out.push_str(&line.text);
        if let Some(place) = line.origin.filter(|_| origin) {
            out.push_str("  # ");
            out.push_str(&place);
        }
        out.push('\n');
    }
    out
}

struct Line {
    indent: usize,
    text: String,
    origin: Option<String>,
}

struct Writer<'a> {
    sources: &'a Sources,
    folder: PathBuf,
    origin: bool,
}

impl Writer<'_> {
    fn node(&self, node: &Node, form: &'static Form) -> Vec<Line> {
        match &node.value {
            Value::Scalar(scalar) => {
                vec![Line { indent: 0, text: self.scalar(scalar, form), origin: None }]
            }
            Value::List(elements) => elements.iter().flat_map(|e| self.element(e, form)).collect(),
            Value::Map(entries) => {
                let is_block = entries.iter().any(|e| matches!(e.key.text.as_str(), "for" | "each"));
                entries.iter().flat_map(|e| self.entry(e, form.inside(&e.key.text, is_block))).collect()
            }
        }
    }

    fn entry(&self, entry: &Entry, form: &'static Form) -> Vec<Line> {
        let mut text = key(&entry.key.text);
        text.push(':');
        let origin = self.place(if entry.value.as_scalar().is_some() { entry.value.span } else { entry.key.span });
        let mut lines = vec![Line { indent: 0, text, origin }];
        match self.inline(&entry.value, form) {
            Some(value) => {
                if let Some(first) = lines.first_mut().filter(|_| !value.is_empty()) {
                    first.text.push(' ');
                    first.text.push_str(&value);
                }
            }
            None => {
                for mut line in self.node(&entry.value, form) {
                    line.indent = line.indent.saturating_add(2);
                    lines.push(line);
                }
            }
        }
        lines
    }

    fn element(&self, node: &Node, form: &'static Form) -> Vec<Line> {
        let form = match form {
            Form::Rules(_) | Form::Tree | Form::Data => form,
            _ => &Form::Data,
        };
        let origin = self.place(node.span);
        if let Some(value) = self.inline(node, form) {
            return vec![Line { indent: 0, text: format!("- {value}").trim_end().to_owned(), origin }];
        }
        let mut lines = self.node(node, form);
        for (at, line) in lines.iter_mut().enumerate() {
            if at == 0 {
                line.text.insert_str(0, "- ");
            } else {
                line.indent = line.indent.saturating_add(2);
            }
        }
        lines
    }

    /// What stands on the key's own line; none for what has lines of its own.
    fn inline(&self, node: &Node, form: &'static Form) -> Option<String> {
        match &node.value {
            Value::Scalar(scalar) => Some(self.scalar(scalar, form)),
            Value::List(elements) if elements.is_empty() => Some("[]".to_owned()),
            Value::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
            _ => None,
        }
    }

    fn scalar(&self, scalar: &Scalar, form: &Form) -> String {
        if matches!(form, Form::File) {
            return text(&self.seen_from_here(scalar), scalar.plain);
        }
        text(&scalar.text, scalar.plain)
    }

    /// A path as seen from the mapping's folder.
    fn seen_from_here(&self, scalar: &Scalar) -> String {
        let own = self.sources.file(scalar.span.file).map(|f| folder(Path::new(&f.name)));
        match own {
            Some(own) if own != self.folder => {
                let path = between(&self.folder, &own).join(&scalar.text);
                // YAML mappings travel between systems; `/` is understood on all of them.
                path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
            }
            _ => scalar.text.clone(),
        }
    }

    fn place(&self, span: crate::source::Span) -> Option<String> {
        if !self.origin {
            return None;
        }
        let name = self.name(span.file)?;
        let shown: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Some(format!("{shown}:{}", self.sources.start(span).line))
    }

    fn name(&self, file: FileId) -> Option<&str> {
        self.sources.file(file).map(|f| f.name.as_str())
    }
}

fn folder(file: &Path) -> PathBuf {
    crate::extends::plain(file.parent().unwrap_or(Path::new("")))
}

/// The way from one folder to another.
fn between(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) = (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut way: PathBuf = from.iter().skip(same).map(|_| Component::ParentDir).collect();
    way.extend(to.iter().skip(same));
    way
}

/// A key; quoted unless it is a plain word.
fn key(name: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if begins && name.chars().all(word) { name.to_owned() } else { quoted(name) }
}

/// A scalar; what was plain stays plain, since `none` and `"none"` differ.
fn text(text: &str, plain: bool) -> String {
    let cut = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.contains(char::is_control);
    if plain && !cut { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_folders() {
        for (from, to, way) in
            [("a", "a/b", "b"), ("a/local", "a/pack", "../pack"), ("", "pack", "pack"), ("a/b", "", "../..")]
        {
            assert_eq!(between(Path::new(from), Path::new(to)), Path::new(way), "{from} to {to}");
        }
    }

    #[test]
    fn scalars_are_quoted_where_yaml_would_read_something_else() {
        assert_eq!(text("none", true), "none");
        assert_eq!(text("none", false), "\"none\"");
        assert_eq!(text("a: b", true), "\"a: b\"");
        assert_eq!(text("\"x\\\n\u{85}", false), "\"\\\"x\\\\\\n\\u0085\"");
        assert_eq!((key("@lang").as_str(), key("a.b").as_str()), ("\"@lang\"", "a.b"));
    }
}
