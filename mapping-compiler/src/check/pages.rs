//! Paging of calls.

use adapter_core::bundle::Expr;
use adapter_core::bundle::{Method, Pages, Paging};

use super::Check;
use super::cx::{Answer, Cx, Place, Site};
use super::reach::Mentioned;
use super::types::Ty;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Call, PageBlock, PagesChoice};

/// A request that is paged.
pub(super) struct Paged<'a> {
    pub call: &'a Call,
    pub method: Method,
    /// The type of its body, if it has one.
    pub body: Option<&'a Ty>,
    /// Its body is one of XML.
    pub xml: bool,
    pub site: Site,
    pub answer: std::rc::Rc<Answer>,
}

impl Check<'_> {
    pub(super) fn pages(&mut self, paged: &Paged<'_>, cx: &Cx) -> Pages {
        let mapping = self.mapping;
        let block = mapping.systems.get(paged.site.system).and_then(|s| s.pages.as_ref());
        match &paged.call.pages {
            None => Pages::Unstated { cut: block.and_then(|b| b.cut) },
            Some((_, PagesChoice::None)) => Pages::One,
            Some((_, PagesChoice::Own(own))) => Pages::Many(self.many(own, paged, cx)),
            Some((span, PagesChoice::System)) => match block {
                Some(block) => Pages::Many(self.many(block, paged, cx)),
                None => {
                    let message = "The system says nothing about paging.";
                    let help = "Give the system a `pages` block, or this call one of its own.";
                    self.report.push(Diagnostic::new(Code::CallPages, *span, message).help(help));
                    Pages::One
                }
            },
        }
    }

    fn many(&mut self, block: &PageBlock, paged: &Paged<'_>, cx: &Cx) -> Paging {
        let call = paged.call;
        let used = call.pages.as_ref().map_or(block.span, |(span, _)| *span);
        for (name, _) in &block.query {
            if let Some((own, _)) = call.query.iter().find(|(own, _)| own.text == name.text) {
                let message = format!("The paging sends the parameter `{}` already.", own.text);
                let diagnostic = Diagnostic::new(Code::CallPages, own.span, message);
                self.report.push(diagnostic.also(name.span, "set here for every page"));
            }
        }
        if !block.body.is_empty() {
            let wrong = match paged.body {
                _ if paged.method == Method::Get => Some("A `get` has no body, and this paging stands in the body."),
                None | Some(Ty::Record(..) | Ty::Unknown) => None,
                Some(_) => Some("This paging adds members to the body, which must then be a map."),
            };
            if let Some(message) = wrong {
                let mut diagnostic = Diagnostic::new(Code::CallPages, used, message);
                if used != block.span {
                    diagnostic = diagnostic.also(block.span, "the paging");
                }
                self.report.push(diagnostic);
            }
        }
        for (name, _) in &block.body {
            if let Some(Ty::Record(fields, _)) = paged.body
                && fields.iter().any(|(own, _)| *own == name.text)
            {
                let message = format!("The paging writes the body's member `{}` already.", name.text);
                let diagnostic = Diagnostic::new(Code::CallPages, used, message);
                self.report.push(diagnostic.also(name.span, "set here for every page"));
            }
        }
        let inside = cx.at(Place::Request(Site { page: true, ..paged.site }));
        let query = self.query(&block.query, &inside);
        let mut body = Vec::with_capacity(block.body.len());
        for (name, value) in &block.body {
            let (expr, _) = self.leaf(value, &inside);
            let name = self.tree_name(name, paged.xml);
            body.push((self.name(&name), expr));
        }
        let next = block.next.as_ref().map(|text| self.next(text, &paged.answer, cx));
        let more = block.more.as_ref().map(|text| {
            let expr = self.condition(text, &cx.at(Place::Answer(std::rc::Rc::clone(&paged.answer))));
            self.check_nesting(&expr, text.span);
            self.alone(&expr, text, "`more`");
            expr
        });
        Paging { by: block.by, size: block.size, first: block.first, query, body, next, more, max: block.max }
    }

    /// `next`: what an answer gives to the call after it.
    pub(super) fn next(&mut self, text: &crate::yaml::Scalar, answer: &std::rc::Rc<Answer>, cx: &Cx) -> Expr {
        let (expr, ty) = self.bare(text, &cx.at(Place::Answer(std::rc::Rc::clone(answer))));
        if !ty.is_scalar() {
            let message = format!("A token is a scalar; this is {}.", ty.name());
            self.error(Code::TypeMismatch, text.span, message);
        }
        self.check_nesting(&expr, text.span);
        self.alone(&expr, text, "`next`");
        expr
    }

    /// What looks at an answer sees nothing else of the exchange.
    pub(super) fn alone(&mut self, expr: &Expr, text: &crate::yaml::Scalar, what: &str) {
        let mut mentioned = Mentioned::default();
        mentioned.add(expr);
        if !mentioned.calls.is_empty() || !mentioned.lets.is_empty() {
            let message = format!("{what} looks at the answer alone; it cannot mention calls or values.");
            self.error(Code::NamePlace, text.span, message);
        }
    }
}
