//! What is written as a function and lowered in a way of its own: patterns, embedded documents, `latest`.

use std::ops::Range;

use adapter_core::bundle::{Embedded, Expr, PatternIndex};
use adapter_core::bundle::{Form, FormKind, Type};

use super::Check;
use super::cx::{Cx, Origined};
use super::defs::count;
use super::functions::Written;
use super::scope::{Binding, Scope};
use super::types::Ty;
use crate::cel::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic};
use crate::pattern::{self, MAX_STEPS, MAX_TEXT, Refused};
use crate::source::Span;
use crate::yaml::Text;

impl Check<'_> {
    /// A form's call; the target is there exactly if it is a method.
    pub(super) fn form(&mut self, form: &Form, call: Written<'_>, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        match (form.kind, call.target) {
            (FormKind::Macro(kind), Some(target)) => self.macro_call(kind, target, call, origin, cx),
            (FormKind::Latest | FormKind::Greatest, Some(target)) => self.latest(form, target, call, origin, cx),
            (FormKind::Match { extract }, Some(target)) => self.pattern(form, extract, target, call, origin, cx),
            (FormKind::Parse(format), None) => self.embedded(form, format, call, origin, cx),
            _ => (Expr::Null, Ty::Unknown),
        }
    }

    fn wrong_arguments(&mut self, form: &Form, wanted: usize, call: Written<'_>, origin: Origined<'_>) -> (Expr, Ty) {
        let message = format!("`{}` takes {}, not {}.", form.name, count(wanted), call.args.len());
        let help = match form.kind {
            FormKind::Latest => {
                "`xs.latest(x, x.date, x.course)`: for each course the element with the greatest date; \
                                 with `1` in the last place, one of all."
                    .to_owned()
            }
            _ => format!("For example {}.", form.example.0),
        };
        self.report.push(Diagnostic::new(Code::FunctionArguments, origin.span(call.at), message).help(help));
        (Expr::Null, Ty::Unknown)
    }

    /// `xs.latest(x, of, per)`, and `xs.greatest(x, of)`, which is the one of all.
    fn latest(&mut self, form: &Form, target: &Node, call: Written<'_>, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let (list, list_ty) = self.expr(target, origin, cx);
        let element = self.iterated(&list_ty, origin.span(&target.at));
        let (variable, of, per) = match (form.kind, call.args) {
            (FormKind::Latest, [variable, of, per]) => (variable, of, Some(per)),
            (FormKind::Greatest, [variable, of]) => (variable, of, None),
            (FormKind::Latest, _) => return self.wrong_arguments(form, 3, call, origin),
            _ => return self.wrong_arguments(form, 2, call, origin),
        };
        let at = origin.span(&variable.at);
        let Some(word) = variable.as_name() else {
            let message = format!("The first argument of `{}` is the name that stands for each element.", form.name);
            self.error(Code::FunctionArguments, at, message);
            return (Expr::Null, Ty::Unknown);
        };
        let scope = Scope::inside(&cx.scope);
        let slot = self.slot(word, at);
        if self.check_name(&cx.scope, &Text { text: word.to_owned(), span: at }) {
            scope.bind(word, Binding::Local(slot, element.clone()), at);
        }
        let inner = cx.scoped(&scope);
        let (of_expr, of_ty) = self.expr(of, origin, &inner);
        if !matches!(of_ty, Ty::Int | Ty::Number | Ty::Text | Ty::Date | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
            let message = format!("`{}` goes by a number, text or date; this is {}.", form.name, of_ty.name());
            self.error(Code::TypeMismatch, origin.span(&of.at), message);
        }
        let one = Expr::Int(0);
        let Some(per) = per else {
            let [list, of, per] = [list, of_expr, one.clone()].map(Box::new);
            let all = Expr::Latest { list, slot, of, per };
            return (Expr::Index { of: Box::new(all), at: Box::new(one) }, element);
        };
        let (per_expr, per_ty) = self.expr(per, origin, &inner);
        self.keep_whole(&per_ty);
        let [list, of, per] = [list, of_expr, per_expr].map(Box::new);
        (Expr::Latest { list, slot, of, per }, Ty::List(Box::new(element)))
    }

    /// `text.matches(re)`, `text.extract(re)`: the expression is compiled here, so it must be written here.
    fn pattern(
        &mut self,
        form: &Form,
        extract: bool,
        target: &Node,
        call: Written<'_>,
        origin: Origined<'_>,
        cx: &Cx,
    ) -> (Expr, Ty) {
        let (of, ty) = self.expr(target, origin, cx);
        self.argument(form.name, Type::Text, &ty, origin.span(&target.at));
        let given = if extract { Ty::Text } else { Ty::Bool };
        let [written] = call.args else { return self.wrong_arguments(form, 1, call, origin) };
        let span = origin.span(&written.at);
        let Kind::Text(text) = &written.kind else {
            // It may have mistakes of its own.
            self.expr(written, origin, cx);
            let message = format!("The pattern of `{}` is a text written in the mapping.", form.name);
            let help =
                "It is compiled with the mapping; what only the data knows is looked for with `contains`, or `==`.";
            self.report.push(Diagnostic::new(Code::PatternLiteral, span, message).help(help));
            return (Expr::Null, given);
        };
        let inside = |part: &Range<usize>| inside(origin, &written.at, part);
        let Some(pattern) = self.pattern_index(text, extract, span, inside) else { return (Expr::Null, given) };
        (Expr::Match { of: Box::new(of), pattern, extract }, given)
    }

    /// The pattern's place in the bundle.
    fn pattern_index(
        &mut self,
        text: &str,
        extract: bool,
        span: Span,
        inside: impl FnOnce(&Range<usize>) -> Option<Span>,
    ) -> Option<PatternIndex> {
        let compiled = match pattern::compile(text, extract) {
            Ok(compiled) => compiled,
            Err(Refused::Size) => {
                let message = "The regular expression becomes too large.";
                let help = format!(
                    "At most {MAX_TEXT} bytes and {MAX_STEPS} steps: repetitions such as `{{1,500}}` are written out."
                );
                self.report.push(Diagnostic::new(Code::PatternSize, span, message).help(help));
                return None;
            }
            Err(Refused::Syntax(why, at)) => {
                let span = at.as_ref().and_then(inside).unwrap_or(span);
                let message = format!("This regular expression is refused: {why}.");
                let diagnostic = Diagnostic::new(Code::PatternSyntax, span, message);
                // In a plain CEL text `\d` is no escape: the parser of CEL has already complained, or eaten it.
                self.report.push(diagnostic.help("The syntax is RE2's; backslashes are kept in raw texts: r'\\d+'."));
                return None;
            }
        };
        let patterns = &mut self.bundle.patterns;
        let at = patterns.iter().position(|p| *p == compiled).unwrap_or(patterns.len());
        if at == patterns.len() {
            patterns.push(compiled);
        }
        let index = PatternIndex::try_from(at).ok();
        if index.is_none() {
            self.error(Code::PatternSize, span, "The mapping has more regular expressions than a bundle can hold.");
        }
        index
    }

    /// `parseXml(s)`, `parseJson(s)`
    fn embedded(
        &mut self,
        form: &Form,
        format: Embedded,
        call: Written<'_>,
        origin: Origined<'_>,
        cx: &Cx,
    ) -> (Expr, Ty) {
        let [written] = call.args else { return self.wrong_arguments(form, 1, call, origin) };
        let (of, ty) = self.expr(written, origin, cx);
        self.argument(form.name, Type::Text, &ty, origin.span(&written.at));
        self.parsed(format, of)
    }
}

/// Where a part of a pattern stands; none where the text is written with escapes, so that places cannot be counted.
fn inside(origin: Origined<'_>, at: &Range<usize>, part: &Range<usize>) -> Option<Span> {
    let begins = origin.offset.saturating_add(at.start);
    let source = origin.scalar.text.get(begins..origin.offset.saturating_add(at.end))?;
    let raw = source.starts_with(['r', 'R']);
    if (source.contains('\\') && !raw) || source.contains("\"\"\"") || source.contains("'''") {
        return None;
    }
    let first = at.start.saturating_add(if raw { 2 } else { 1 });
    Some(origin.span(&(first.saturating_add(part.start)..first.saturating_add(part.end))))
}
