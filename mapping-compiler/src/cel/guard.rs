//! What an expression must satisfy before the parser sees it: the generated parser recurses deeply on unbalanced or
//! deeply nested text, so that some short texts would exhaust memory or stack.

use std::collections::BTreeMap;
use std::ops::Range;

use super::foreign;
use super::parse::ParseProblem;
use crate::diagnostic::Code;

/// Most bytes of an expression.
pub(super) const MAX_BYTES: usize = 2_000;
/// Most open brackets at one point.
pub(super) const MAX_DEPTH: usize = 16;
/// Most operators `!`, `-` and `?`, which nest without brackets.
const MAX_PREFIXES: usize = 64;

/// Brackets of a text: place of each opening one with that of its closing one.
pub(super) type Brackets = BTreeMap<usize, usize>;

pub(super) fn check(source: &str) -> Result<Brackets, ParseProblem> {
    if source.trim().is_empty() {
        return Err(problem(Code::ExprSyntax, "The expression is empty.", 0..source.len()));
    }
    if source.len() > MAX_BYTES {
        let message = format!("The expression has {} bytes; {MAX_BYTES} are allowed.", source.len());
        return Err(too_large(message, 0..source.len()));
    }
    let mut pairs = Brackets::new();
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut prefixes = 0_usize;
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' | '\'' => {
                let end = string_end(source, at)
                    .ok_or_else(|| problem(Code::ExprSyntax, "A text is not closed.", at..source.len()))?;
                let text = source.get(at..end).unwrap_or_default();
                let triple = text.starts_with("'''") || text.starts_with("\"\"\"");
                if let Some(line) = text.find('\n').filter(|_| !triple) {
                    let begin = at.saturating_add(line);
                    let message = "A line ends inside a text.";
                    let help = "Between YAML's double quotes `\\n` is a real line break: write `\\\\n` there, or put the \
                                value between single quotes.";
                    let problem = problem(Code::ExprSyntax, message, begin..begin.saturating_add(1));
                    return Err(ParseProblem { help: Some(help.to_owned()), ..problem });
                }
                while chars.next_if(|(next, _)| *next < end).is_some() {}
            }
            '(' | '[' | '{' => {
                open.push((at, c));
                if open.len() > MAX_DEPTH {
                    let message = format!("The expression is nested deeper than {MAX_DEPTH} brackets.");
                    return Err(too_large(message, at..at.saturating_add(1)));
                }
            }
            ')' | ']' | '}' => {
                let wanted = match c {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                match open.pop() {
                    Some((from, b)) if b == wanted => {
                        pairs.insert(from, at);
                    }
                    _ => {
                        let message = format!("`{c}` closes nothing.");
                        return Err(problem(Code::ExprSyntax, message, at..at.saturating_add(1)));
                    }
                }
            }
            '!' | '-' | '?' => prefixes = prefixes.saturating_add(1),
            // Two characters in CEL: a comment, which has no place in a one-line expression.
            '/' if chars.peek().is_some_and(|(_, next)| *next == '/') => {
                if let Some(path) = foreign::find(source).filter(|p| p.at.start == at) {
                    return Err(path);
                }
                return Err(problem(Code::ExprForm, "Comments do not belong into expressions.", at..source.len()));
            }
            '`' => {
                let problem = problem(Code::ExprForm, "Backticks are not used in mappings.", at..at.saturating_add(1));
                let help = "A text stands between quotes, `'x'`; a member of an unusual name is `a['its name']`.";
                return Err(ParseProblem { help: Some(help.to_owned()), ..problem });
            }
            _ => {}
        }
    }
    if let Some((at, b)) = open.pop() {
        let unclosed = problem(Code::ExprSyntax, format!("`{b}` is not closed."), at..at.saturating_add(1));
        let help = "Within `[…]` and `{…}` YAML cuts at commas: quote the whole expression.";
        return Err(ParseProblem { help: Some(help.to_owned()), ..unclosed });
    }
    if prefixes > MAX_PREFIXES {
        let message = format!("The expression has more than {MAX_PREFIXES} of the operators `!`, `-` and `?`.");
        return Err(too_large(message, 0..source.len()));
    }
    Ok(pairs)
}

/// Byte after a text that begins at `at`; none if it is not closed.
pub(super) fn string_end(source: &str, at: usize) -> Option<usize> {
    let rest = source.get(at..)?;
    let quote = rest.chars().next()?;
    let triple: String = [quote; 3].iter().collect();
    let raw = source.get(..at).is_some_and(raw_prefix);
    let (mark, from) = if rest.starts_with(&triple) { (triple.as_str(), 3) } else { (triple.get(..1)?, 1) };
    let mut escaped = false;
    for (offset, c) in rest.char_indices().skip(from) {
        if escaped {
            escaped = false;
        } else if c == '\\' && !raw {
            escaped = true;
        } else if rest.get(offset..).is_some_and(|r| r.starts_with(mark)) {
            return at.checked_add(offset)?.checked_add(mark.len());
        }
    }
    None
}

/// `r'…'`, where the `r` is not the end of a name.
fn raw_prefix(before: &str) -> bool {
    let mut back = before.chars().rev();
    matches!(back.next(), Some('r' | 'R')) && back.next().is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

fn too_large(message: String, at: Range<usize>) -> ParseProblem {
    ParseProblem { help: Some("A `let` can hold a part of it.".to_owned()), ..problem(Code::ExprSize, message, at) }
}

fn problem(code: Code, message: impl Into<String>, at: Range<usize>) -> ParseProblem {
    ParseProblem { code, message: message.into(), at, help: None }
}
