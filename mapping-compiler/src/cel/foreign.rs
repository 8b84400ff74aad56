//! Forms of other languages in an expression that is not CEL: the first of them is named, with what is meant.

use std::ops::Range;

use super::guard::string_end;
use super::parse::ParseProblem;
use crate::diagnostic::Code;

/// Signs, the longer before those they begin with, and what is written instead.
const SIGNS: &[(&str, &str)] = &[
    ("===", "CEL compares with `==`."),
    ("!==", "CEL compares with `!=`."),
    ("<>", "Write `!=`."),
    ("??", "Write `coalesce(a, b)`: the first that is not null."),
    ("?:", "Write `coalesce(a, b)`: the first that is not null."),
    ("?.", "Every member is optional here: write `a.b`; where there is no `a`, that is null."),
    (".?", "Every member is optional here: write `a.b`; where there is no `a`, that is null."),
    ("->", "Write `xs.map(x, x.a)`: the name for the element, a comma, what is made of it."),
    ("=>", "Write `xs.map(x, x.a)`: the name for the element, a comma, what is made of it."),
    (":=", "An expression gives nothing a name; a `let` does."),
    ("[*]", "Write `xs.map(x, x.a)` for a member of every element, or loop over the list with `for`."),
    ("[?", "Write `xs.filter(x, x.a == 'b')`."),
    ("..", "There is no search through all levels: write the whole path, `a.b.c`."),
    ("$.", "Write the path from a name: `body.items`, `career.id`."),
    ("==", ""),
    ("!=", ""),
    ("<=", ""),
    (">=", ""),
    ("&&", ""),
    ("||", ""),
    ("=", "CEL compares with `==`."),
    ("&", "Write `&&`; texts are joined with `+`."),
    ("|", "Write `||` for \"or\", and a function behind a point: `a.trim()`."),
    ("@", "An attribute of XML is written `a['@name']`."),
    ("#", "There are no comments in expressions; YAML's stand behind them, after a blank."),
    (";", "An expression is one value; steps in between are a `let` each."),
];

/// Words, and what is written instead.
const WORDS: &[(&str, &str)] = &[
    ("and", "Write `&&`."),
    ("or", "Write `||`; a value in place of a missing one is `coalesce(a, b)`."),
    ("not", "Write `!(…)`; `a not in xs` is `!(a in xs)`."),
    ("is", "Write `a == null`, or `a != null`."),
    ("isnt", "Write `a != null`."),
    ("like", "Write `a.startsWith('x')`, `a.contains('x')` or `a.matches('^x')`."),
    ("of", "A loop is written `x in xs`."),
    ("if", "Write `a ? b : c`."),
    ("then", "Write `a ? b : c`."),
    ("else", "Write `a ? b : c`."),
    ("case", "A table says what each code means; a choice of two is `a ? b : c`."),
    ("between", "Write `a >= 1 && a <= 3`."),
    ("mod", "Write `%`."),
    ("div", "Write `/`."),
    ("eq", "Write `==`."),
    ("ne", "Write `!=`."),
];

/// The first form of another language in an expression that could not be parsed; none if nothing is recognised.
pub(super) fn find(source: &str) -> Option<ParseProblem> {
    let blanks = source.len().saturating_sub(source.trim_start().len());
    if source.trim_start().starts_with("//") {
        let help = "An element is reached by its whole path, `body.A.B`; those with a property by `xs.filter(x, …)`.";
        return Some(problem("//", blanks, help));
    }
    let (mut at, mut depth, mut questions, mut colons) = (0_usize, 0_usize, Vec::new(), 0_usize);
    while let Some(c) = source.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = source.get(at..).unwrap_or_default();
        let next = at.saturating_add(c.len_utf8());
        match c {
            '"' | '\'' => {
                at = string_end(source, at)?;
                continue;
            }
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return Some(comma(rest, at)),
            _ => {}
        }
        if let Some((sign, help)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            if !help.is_empty() {
                return Some(problem(sign, at, help));
            }
            at = at.saturating_add(sign.len());
            continue;
        }
        if c.is_alphabetic() || c == '_' {
            let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let before = source.get(..at).unwrap_or_default().trim_end();
            // Between two values no name can stand.
            let stands = match word.to_ascii_lowercase().as_str() {
                "not" | "if" | "case" => !before.ends_with('.'),
                _ => before.ends_with(|c: char| c.is_alphanumeric() || "_)]}'\"".contains(c)),
            };
            if let Some((_, help)) = WORDS.iter().find(|(w, _)| w.eq_ignore_ascii_case(&word) && stands) {
                return Some(problem(&word, at, help));
            }
            at = at.saturating_add(word.len());
            continue;
        }
        match c {
            '?' => questions.push(at),
            ':' => colons = colons.saturating_add(1),
            _ => {}
        }
        at = next;
    }
    let question = questions.first().copied().filter(|_| questions.len() > colons)?;
    Some(ParseProblem {
        code: Code::ExprSyntax,
        message: "A choice needs both branches.".to_owned(),
        at: question..question.saturating_add(1),
        help: Some("Write `a ? b : null` where the second is nothing.".to_owned()),
    })
}

/// A comma outside of all brackets.
fn comma(rest: &str, at: usize) -> ParseProblem {
    let help = if rest.contains(" in ") {
        "Several loops stand in a list: `for: [a in x, b in y]`."
    } else {
        "An expression is one value; a list is `[a, b]`."
    };
    problem(",", at, help)
}

fn problem(form: &str, at: usize, help: &str) -> ParseProblem {
    let range: Range<usize> = at..at.saturating_add(form.len());
    let message = format!("`{form}` has no meaning in a CEL expression.");
    let message = if form == "," { "A comma cannot stand here.".to_owned() } else { message };
    ParseProblem { code: Code::ExprSyntax, message, at: range, help: Some(help.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> (String, String) {
        let problem = find(source).unwrap_or_else(|| panic!("{source}"));
        (source.get(problem.at).unwrap().to_owned(), problem.help.unwrap())
    }

    #[test]
    fn forms_are_named_where_they_stand() {
        for (source, form, help) in [
            ("a?.b", "?.", "`a.b`"),
            ("a ?? 'x'", "??", "coalesce"),
            ("a ?: 'x'", "?:", "coalesce"),
            ("a ? 'y'", "?", "? b : null"),
            ("a == 1 and b == 2", "and", "&&"),
            ("a is not null", "is", "!= null"),
            ("not a", "not", "!("),
            ("$.items[*]", "$.", "path"),
            ("items[*].a", "[*]", "map"),
            ("e of x", "of", "x in xs"),
            ("//X", "//", "path"),
            ("a = 'x = y'", "=", "=="),
            ("a <> 1", "<>", "!="),
            ("xs.map(x -> x.a)", "->", "xs.map(x, x.a)"),
            ("e in x, y in e.z", ",", "for: ["),
            ("if a then b else c", "if", "a ? b : c"),
            ("a | upper", "|", "a.trim()"),
        ] {
            let (at, said) = found(source);
            assert_eq!(at, form, "{source}");
            assert!(said.contains(help), "{source}: {said}");
        }
    }

    #[test]
    fn what_is_cel_is_passed_over() {
        for source in ["a == b && c != 'x or y'", "f(a, b) >= 1", "a.is + b.not", "x ? y : z", "{'a': 1}", "a in b"] {
            assert_eq!(find(source), None, "{source}");
        }
    }
}
