//! Where in a file a JSON pointer leads.

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

#[cfg(test)]
mod tests {
    use super::*;

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
