//! From text to tree.

use std::ops::Range;

use cel::Env;

use super::{Node, convert, foreign, guard};
use crate::diagnostic::Code;

/// Why an expression cannot be used. The place is in bytes of its source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseProblem {
    /// Which diagnostic it becomes.
    pub code: Code,
    /// A sentence.
    pub message: String,
    /// Where.
    pub at: Range<usize>,
    /// Advice.
    pub help: Option<String>,
}

/// Parses an expression. The generated parser needs far more stack on wrong text than on right text: call it where there
/// is plenty (see [`crate::with_stack`]).
///
/// # Errors
/// At least one problem: the text is too large, not CEL, or has a form that the mapping language leaves out.
pub fn parse(source: &str) -> Result<Node, Vec<ParseProblem>> {
    let brackets = guard::check(source).map_err(|p| vec![p])?;
    // No macros: `filter` and its like arrive as the calls they are written as.
    let parsed = Env::default().with_optional_support(false).parser().parse_with_source_info(source);
    match parsed {
        Ok((expr, info)) => convert::convert(source, &expr, &info, &brackets),
        // Later errors of one text are consequences of the first.
        Err(errors) => {
            let first = errors.errors.first().map(|e| (e.pos, e.msg.as_str()));
            let (place, message) = first.unwrap_or(((1, 1), ""));
            // What is no CEL may be good in another language: that says more than where the parser stopped.
            Err(vec![foreign::find(source).unwrap_or_else(|| syntax(source, place, message))])
        }
    }
}

fn syntax(source: &str, (line, column): (isize, isize), message: &str) -> ParseProblem {
    let before: usize = source
        .split_inclusive('\n')
        .take(usize::try_from(line).unwrap_or(1).saturating_sub(1))
        .map(str::len)
        .fold(0, usize::saturating_add);
    let at = before.saturating_add(usize::try_from(column).unwrap_or(1).saturating_sub(1)).min(source.len());
    let rest = source.get(at..).unwrap_or_default();
    let word = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count().max(1);
    let end = at.saturating_add(rest.chars().take(word).map(char::len_utf8).sum());
    if let Some(name) = message.strip_prefix("reserved identifier: ") {
        return ParseProblem {
            code: Code::NameInvalid,
            message: format!("`{name}` is a word CEL keeps for itself."),
            at: at..end,
            help: Some("Rename it; as a member (`a.for`, `a['for']`) it may stand.".to_owned()),
        };
    }
    let message = if rest.trim().is_empty() {
        "The expression ends too early.".to_owned()
    } else {
        // The parser's own words list every token it would have taken: of no use to a reader.
        let word = source.get(at..end).unwrap_or_default();
        format!("`{word}` cannot stand here in a CEL expression.")
    };
    ParseProblem { code: Code::ExprSyntax, message, at: at..end, help: None }
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "places that are no character boundaries are what the test would find")]
mod tests {
    use super::*;
    use crate::cel::Kind;

    fn parse(source: &str) -> Result<Node, Vec<ParseProblem>> {
        crate::with_stack(|| super::parse(source)).unwrap()
    }

    fn code(source: &str) -> Code {
        parse(source).unwrap_err()[0].code
    }

    #[test]
    fn places_are_those_of_the_source() {
        let source = "'é' + career .stuId";
        let node = parse(source).unwrap();
        let Kind::Binary(_, left, right) = node.kind else { panic!() };
        assert_eq!(&source[left.at], "'é'");
        let Kind::Member { of, name } = right.kind else { panic!() };
        assert_eq!((&source[of.at], &source[name.at], &source[right.at]), ("career", "stuId", "career .stuId"));
        let source = "xs.filter(x, x.a[0] == f(1)).one()";
        let node = parse(source).unwrap();
        assert_eq!(&source[node.at.clone()], source);
        let Kind::Call { target, name, .. } = node.kind else { panic!() };
        assert_eq!(&source[name.at], "one");
        assert_eq!(&source[target.unwrap().at], "xs.filter(x, x.a[0] == f(1))");
    }

    #[test]
    fn decimals_are_exact() {
        let dec = |source| parse(source).unwrap().kind;
        assert_eq!(dec("27.50"), Kind::Dec { mantissa: 2750, scale: 2 });
        assert_eq!(dec("-0.1"), Kind::Dec { mantissa: -1, scale: 1 });
        assert_eq!(dec("1.5e2"), Kind::Dec { mantissa: 150, scale: 0 });
        assert_eq!(code("1.0000000000000000000000001"), Code::ExprForm);
    }

    #[test]
    fn what_would_exhaust_the_parser_is_refused_first() {
        for text in ["(".repeat(95), "[".repeat(80), "{'a':".repeat(60), "a(".repeat(200)] {
            assert!(matches!(code(&text), Code::ExprSize | Code::ExprSyntax));
        }
        let deep = format!("{}a{}", "(".repeat(17), ")".repeat(17));
        assert_eq!(code(&deep), Code::ExprSize);
        assert_eq!(code(&"!".repeat(200)), Code::ExprSize);
        assert_eq!(code(&"a + ".repeat(900)), Code::ExprSize);
        let nested = format!("{}a{}", "f(".repeat(16), ")".repeat(16));
        assert!(parse(&nested).is_ok());
    }

    #[test]
    fn wrong_text_is_told_apart() {
        assert_eq!(code("a +"), Code::ExprSyntax);
        assert_eq!(code("a = b"), Code::ExprSyntax);
        assert_eq!(code("'abc"), Code::ExprSyntax);
        assert_eq!(code("(a]"), Code::ExprSyntax);
        assert_eq!(code("for + 1"), Code::NameInvalid);
        assert_eq!(code("1u + 1u"), Code::ExprForm);
        assert_eq!(code("b'abc'"), Code::ExprForm);
        assert_eq!(code("a.?b"), Code::ExprSyntax);
        assert_eq!(code("Message{a: 1}"), Code::ExprForm);
        assert_eq!(code("a // b"), Code::ExprForm);
    }
}
