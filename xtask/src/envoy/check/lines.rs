//! Where in a file a JSON pointer leads, and whether the file is read by Envoy as it is here.

use mapping_source::diagnostic::Report;
use mapping_source::yaml::{self, Node, Value};

/// A file's places; none where it is too large for them, or is read otherwise than here.
pub(super) struct Lines(Option<(Report, Node)>);

impl Lines {
    pub(super) fn of(name: &str, text: &str) -> Self {
        let mut report = Report::default();
        let node = yaml::read(&mut report, name, text);
        Self(node.map(|node| (report, node)))
    }

    /// The line of what stands at `at`, or of what it would stand in.
    pub(super) fn line(&self, at: &str) -> Option<usize> {
        let (report, root) = self.0.as_ref()?;
        let mut node = root;
        let mut span = root.span;
        for step in at.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                Value::Map(entries) => entries.iter().find(|e| e.key.text == step).map(|e| (&e.value, e.key.span)),
                Value::List(items) => {
                    step.parse::<usize>().ok().and_then(|i| items.get(i)).map(|item| (item, item.span))
                }
                Value::Scalar(_) => None,
            };
            match next {
                Some((inner, place)) => (node, span) = (inner, place),
                None => break,
            }
        }
        Some(report.sources.start(span).line)
    }
}

/// What stands in a text that Envoy may read otherwise: tags (`!ignore` leaves a member out there), anchors and the
/// like. In JSON there is none of it.
pub(super) fn ambiguous(text: &str) -> Option<(Option<usize>, String)> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return None;
    }
    let mut report = Report::default();
    let node = yaml::read(&mut report, "", text);
    let all = report.diagnostics();
    let first = all.first();
    let line = first.and_then(|first| first.labels.first()).map(|label| report.sources.start(label.span).line);
    match (first, node) {
        (Some(first), _) => Some((line, first.message.clone())),
        (None, None) => Some((None, "it cannot be read".to_owned())),
        (None, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_envoy_may_read_otherwise_is_found() {
        for good in ["a: 1\nb: [x, '!y', \"&z\"]\n", "{\"a\": \"!ignore\"}"] {
            assert_eq!(ambiguous(good), None, "{good}");
        }
        for file in crate::envoy::parts::files().unwrap() {
            assert_eq!(ambiguous(&std::fs::read_to_string(&file).unwrap()), None, "{}", file.display());
        }
        for bad in ["a: 1\nb: !ignore x\n", "a: &x 1\nb: *x\n", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "a: !!str 1\n"] {
            assert!(ambiguous(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn pointers_lead_to_lines() {
        let lines = Lines::of("x", "a:\n  - b: 1\n  -\n    c: 2\nd/e: 3\n");
        for (at, line) in [("", 1), ("/a", 1), ("/a/0/b", 2), ("/a/1/c", 4), ("/a/7", 1), ("/d~1e", 5)] {
            assert_eq!(lines.line(at), Some(line), "{at}");
        }
        assert_eq!(Lines::of("x", "{").line(""), None);
        assert_eq!(Lines::of("x", "{\n \"a\": {\n  \"b\": true } }").line("/a/b"), Some(3));
    }
}
