//! Text with `${…}` in it.

use std::ops::Range;

use super::guard;
use super::parse::ParseProblem;
use crate::diagnostic::Code;

/// A text leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// Text without an expression, `$${` undone.
    Text(String),
    /// One `${…}` and nothing else: keeps its type.
    Whole(Range<usize>),
    /// A mixture: all becomes text.
    Mixed(Vec<Part>),
}

/// A part of a mixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// Where an expression stands, without `${` and `}`.
    Expr(Range<usize>),
}

/// Splits a text at its `${…}`.
///
/// # Errors
/// If a `${` is not closed.
pub fn split(text: &str) -> Result<Template, ParseProblem> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        if let Some(after) = rest.strip_prefix("$${") {
            literal.push_str("${");
            at = text.len().saturating_sub(after.len());
        } else if let Some(after) = rest.strip_prefix("${") {
            let start = text.len().saturating_sub(after.len());
            let Some(end) = closing(text, start) else {
                return Err(ParseProblem {
                    code: Code::ExprBraces,
                    message: "`${` is not closed.".to_owned(),
                    at: at..text.len(),
                    help: Some(
                        "YAML may have cut the value: quote the whole of it, \"${…}\". A literal `${` is written `$${`."
                            .to_owned(),
                    ),
                });
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Expr(start..end));
            at = end.saturating_add(1);
        } else {
            let c = rest.chars().next().unwrap_or_default();
            literal.push(c);
            at = at.saturating_add(c.len_utf8());
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(match parts.as_slice() {
        [] => Template::Text(String::new()),
        [Part::Text(text)] => Template::Text(text.clone()),
        [Part::Expr(range)] => Template::Whole(range.clone()),
        _ => Template::Mixed(parts),
    })
}

/// The `}` that closes an expression which begins at `start`; braces in texts do not count.
fn closing(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut skip_to = start;
    for (offset, c) in text.get(start..)?.char_indices() {
        let at = start.checked_add(offset)?;
        if at < skip_to {
            continue;
        }
        match c {
            '"' | '\'' => skip_to = guard::string_end(text, at)?,
            '{' => depth = depth.checked_add(1)?,
            '}' if depth == 0 => return Some(at),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_split() {
        assert_eq!(split("a $${b}").unwrap(), Template::Text("a ${b}".to_owned()));
        assert_eq!(split("${a['}']}").unwrap(), Template::Whole(2..8));
        assert_eq!(split("${ {'a': 1}.a }").unwrap(), Template::Whole(2..14));
        assert_eq!(
            split("/c/${a}/x").unwrap(),
            Template::Mixed(vec![Part::Text("/c/".into()), Part::Expr(5..6), Part::Text("/x".into())])
        );
        assert_eq!(split("${a").unwrap_err().code, Code::ExprBraces);
        assert_eq!(split("${'a}").unwrap_err().code, Code::ExprBraces);
    }
}
