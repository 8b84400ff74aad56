//! Braces that were meant as `${…}`: in other templates one writes `{a.b}` or `{{ a.b }}`.

use super::Check;
use super::cx::Cx;
use super::members::OWN;
use crate::cel::{Part, Template};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::Scalar;

impl Check<'_> {
    /// Looks at the text of a leaf; reports what was meant as an expression, or is left of one. Whether it did.
    pub(super) fn braces(&mut self, scalar: &Scalar, template: &Template, cx: &Cx) -> bool {
        let whole = [Part::Text(String::new())];
        let parts = match template {
            Template::Mixed(parts) => parts.as_slice(),
            Template::Text(_) => &whole,
            Template::Whole(_) => return false,
        };
        // What stands between the expressions, by its place.
        let (mut from, mut open) = (0_usize, 0_isize);
        for part in parts {
            let Part::Expr(range) = part else { continue };
            let end = range.end.saturating_add(1);
            if self.meant(scalar, from..range.start.saturating_sub(2), cx) {
                return true;
            }
            let before = scalar.text.get(from..range.start.saturating_sub(2)).unwrap_or_default();
            open = open.saturating_add(balance(before));
            let after = scalar.text.get(end..).unwrap_or_default();
            if after.starts_with('}') && open <= 0 {
                let expression = scalar.text.get(range.clone()).unwrap_or_default();
                let message = "A `}` stands behind the expression, which is closed already.";
                let span = scalar.place(end, end.saturating_add(1));
                let help = format!("Did you mean `${{{expression}}}`?");
                self.report.push(Diagnostic::new(Code::ExprBraces, span, message).help(help));
                return true;
            }
            from = end;
        }
        self.meant(scalar, from..scalar.text.len(), cx)
    }

    /// `{name.member}` in a text, where the name is one that can be seen here.
    fn meant(&mut self, scalar: &Scalar, range: std::ops::Range<usize>, cx: &Cx) -> bool {
        let text = scalar.text.get(range.clone()).unwrap_or_default();
        for (at, _) in text.match_indices('$') {
            let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_.".contains(c)).unwrap_or(rest.len());
            let path = rest.get(..end).unwrap_or_default().trim_end_matches('.');
            let Some((name, _)) = path.split_once('.') else { continue };
            if OWN.contains(&name) || cx.scope.find(name).is_some() {
                let start = range.start.saturating_add(at);
                let span = scalar.place(start, start.saturating_add(path.len()).saturating_add(1));
                let message = "This is a text with a `$` in it: an expression stands between `${` and `}`.";
                let help = format!("Did you mean `${{{path}}}`?");
                self.report.push(Diagnostic::new(Code::ExprBraces, span, message).help(help));
                return true;
            }
        }
        for (at, _) in text.match_indices('{') {
            if text.get(..at).is_some_and(|before| before.ends_with(['$', '{'])) {
                continue;
            }
            let rest = text.get(at..).unwrap_or_default();
            let inner = rest.trim_start_matches('{');
            let opening = rest.len().saturating_sub(inner.len());
            let Some((path, after)) = inner.split_once('}') else { continue };
            let path = path.trim();
            let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || "_.[]'\"@".contains(c));
            let name = path.split(['.', '[']).next().unwrap_or_default();
            let known = if OWN.contains(&name) { path.len() > name.len() } else { cx.scope.find(name).is_some() };
            if !is_path || !known {
                continue;
            }
            let closing = after.len().saturating_sub(after.trim_start_matches('}').len()).saturating_add(1);
            let length = rest.len().saturating_sub(after.len()).saturating_add(closing.min(opening).saturating_sub(1));
            let start = range.start.saturating_add(at);
            let span = scalar.place(start, start.saturating_add(length));
            let message = "This is a text with braces in it: an expression begins with `${`.";
            let help = format!("Did you mean `${{{path}}}`?");
            let literal = format!("A text that has these braces is written `${{'{{{path}}}'}}`.");
            self.report.push(Diagnostic::new(Code::ExprBraces, span, message).help(help).help(literal));
            return true;
        }
        false
    }
}

/// How many more braces a text opens than it closes.
fn balance(text: &str) -> isize {
    let count = |brace: char| isize::try_from(text.matches(brace).count()).unwrap_or(0);
    count('{').saturating_sub(count('}'))
}
