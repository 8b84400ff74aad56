//! Members, positions, and what hangs on an element: a call with a loop.

use adapter_core::bundle::Decode;
use adapter_core::bundle::Expr;

use super::Check;
use super::cx::{Cx, Origined};
use super::defs::{State, What};
use super::operators::capital;
use super::scope::Binding;
use super::types::{Origin, Ty};
use super::xml::TEXT;
use crate::cel::{Kind, Node, Word};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::suggest;

/// Names whose members are the language's own.
pub(super) const OWN: &[&str] = &["request", "student", "institute", "settings", "page", "secret", "file", "caller"];

impl Check<'_> {
    /// `of.name`
    pub(super) fn member(&mut self, of: &Node, name: &Word, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let span = origin.span(&(of.at.start..name.at.end));
        if let Some(own) = of.as_name().filter(|n| OWN.contains(n) && !self.refused.contains(*n)) {
            return self.own_member(own, &name.text, span, cx);
        }
        let (expr, ty) = self.expr(of, origin, cx);
        self.member_of(expr, &ty, &name.text, origin.span(&name.at), cx)
    }

    /// `of[at]`
    pub(super) fn index(&mut self, of: &Node, at: &Node, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        if let Kind::Text(name) = &at.kind {
            if let Some(own) = of.as_name().filter(|n| OWN.contains(n) && !self.refused.contains(*n)) {
                return self.own_member(own, name, origin.span(&at.at), cx);
            }
            let (expr, ty) = self.expr(of, origin, cx);
            return self.member_of(expr, &ty, name, origin.span(&at.at), cx);
        }
        let (of_expr, of_ty) = self.expr(of, origin, cx);
        let (at_expr, at_ty) = self.expr(at, origin, cx);
        let span = origin.span(&at.at);
        let ty = match &of_ty {
            Ty::Unknown => Ty::Unknown,
            Ty::Null => Ty::Null,
            Ty::List(_) | Ty::Dyn(_) => {
                if !matches!(at_ty, Ty::Int | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
                    let message = format!("A position in a list is a whole number; this is {}.", at_ty.name());
                    let help = "By key one looks up in what `indexBy` gives, or in a table.";
                    self.report.push(Diagnostic::new(Code::TypeMismatch, span, message).help(help));
                }
                // Of a record this reads a member whose name only the data knows.
                if matches!((&of_ty, &at_ty), (Ty::Dyn(_), Ty::Dyn(_))) {
                    self.keep_whole(&of_ty);
                    self.reads.open.extend(of_ty.origins().iter().cloned());
                }
                if matches!(at_expr, Expr::Int(1..)) {
                    self.reads.by_place.extend(of_ty.origins().iter().cloned());
                }
                of_ty.element().unwrap_or(Ty::Unknown)
            }
            Ty::Index(element) => {
                if !matches!(self.as_scalar(&at_ty), Ty::Text | Ty::Null | Ty::Unknown) {
                    let (message, help) = match at_ty {
                        Ty::Dyn(_) => (
                            match self.sampled_class(&at_ty) {
                                Some(class) => {
                                    format!("The keys of an index are texts; in the sample this is {class}.")
                                }
                                None => "The keys of an index are texts; what this is shows only when it arrives."
                                    .to_owned(),
                            },
                            "Write `string(…)`: it takes a text and a number, and null stays null.",
                        ),
                        _ => {
                            (format!("The keys of an index are texts; this is {}.", at_ty.name()), "Write `string(…)`.")
                        }
                    };
                    self.report.push(Diagnostic::new(Code::TypeMismatch, span, message).help(help));
                }
                (**element).clone()
            }
            other => {
                let message = format!("{} has no positions.", capital(other.name()));
                let help = matches!(other, Ty::Record(..) | Ty::Row(_))
                    .then(|| "A member is written `a.name` or `a['name']`.".to_owned());
                self.report.push(Diagnostic::new(Code::TypeMismatch, span, message).maybe_help(help));
                Ty::Unknown
            }
        };
        self.by_place(&of_expr, &at_expr, span);
        (Expr::Index { of: Box::new(of_expr), at: Box::new(at_expr) }, ty)
    }

    /// A member of a value; `span` is where the member's name stands.
    pub(super) fn member_of(&mut self, of: Expr, ty: &Ty, member: &str, span: Span, cx: &Cx) -> (Expr, Ty) {
        if let Some(hung) = self.hung(&of, ty, member, span, cx) {
            return hung;
        }
        let strict = self.format(ty) == Some(Decode::Xml);
        let member = match ty {
            // JSON has no prefixes.
            Ty::Dyn(_) if self.format(ty) == Some(Decode::Json) => member.to_owned(),
            _ => self.qualified(member, span, strict),
        };
        self.reads.read(ty, &member);
        let ty = self.member_type(ty, &member, span);
        let name = self.name(&member);
        (Expr::Member { of: Box::new(of), name }, ty)
    }

    pub(super) fn member_type(&mut self, ty: &Ty, member: &str, span: Span) -> Ty {
        match ty {
            Ty::Unknown => Ty::Unknown,
            Ty::Null => Ty::Null,
            Ty::Dyn(origins) => {
                if let Some(cell) = self.csv_member(origins, member, span) {
                    return cell;
                }
                if member == TEXT && self.format(ty) == Some(Decode::Xml) {
                    return Ty::Text;
                }
                if !self.in_sample(origins, member, span) {
                    return Ty::Unknown;
                }
                let inside = |o: &Origin| Origin::Member(std::rc::Rc::new(o.clone()), member.into());
                Ty::Dyn(origins.iter().map(inside).collect())
            }
            Ty::Record(fields, _) => match fields.iter().find(|(name, _)| name == member) {
                Some((_, ty)) => ty.clone(),
                None => {
                    let names: Vec<&str> = fields.iter().map(|(n, _)| n.as_str()).collect();
                    self.no_member("The record", member, &names, span)
                }
            },
            Ty::Row(tables) => {
                for table in tables.clone() {
                    self.use_column(table, member, span);
                }
                Ty::Text
            }
            Ty::Date => match member {
                "year" | "month" | "day" => Ty::Int,
                _ => self.no_member("A date", member, &["year", "month", "day"], span),
            },
            Ty::Index(element) => (**element).clone(),
            Ty::List(_) => {
                let message = format!("A list has no member `{member}`; its elements may have.");
                let help = match member {
                    "length" | "size" | "count" => "The number of its elements is `size(xs)`.".to_owned(),
                    _ => format!("Take one (`[0]`, `.one()`) or all (`.map(x, x.{member})`)."),
                };
                self.report.push(Diagnostic::new(Code::TypeMember, span, message).help(help));
                Ty::Unknown
            }
            other => {
                let message = format!("{} has no members.", capital(other.name()));
                self.error(Code::TypeMember, span, message);
                Ty::Unknown
            }
        }
    }

    /// Whether a sample, if there is one, has the member; reports that it has not.
    pub(super) fn in_sample(&mut self, origins: &[Origin], member: &str, span: Span) -> bool {
        let Some(names) = self.sampled_members(origins) else { return true };
        // A prefix is the system's own; the sample is known by local names.
        let local =
            |name: &str| member.rsplit_once([':', '}']).is_some_and(|(_, local)| name.trim_start_matches('@') == local);
        if names.iter().any(|name| name == member || local(name)) {
            return true;
        }
        let message = format!("No record of the sample has a member `{member}`.");
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let help = suggest::help(member, names.iter().copied());
        let help = help.or_else(|| (!names.is_empty()).then(|| format!("They have {}.", few(&names))));
        self.report.push(Diagnostic::new(Code::TypeMember, span, message).maybe_help(help));
        false
    }

    fn no_member(&mut self, what: &str, member: &str, known: &[&str], span: Span) -> Ty {
        let message = format!("{what} has no member `{member}`.");
        let help = suggest::help(member, known.iter().copied())
            .or_else(|| (!known.is_empty()).then(|| format!("It has {}.", known.join(", "))));
        self.report.push(Diagnostic::new(Code::TypeMember, span, message).maybe_help(help));
        Ty::Unknown
    }

    /// `element.call`: what a call with a loop gave for this element, if the element is one its loop runs over.
    fn hung(&mut self, of: &Expr, ty: &Ty, member: &str, span: Span, cx: &Cx) -> Option<(Expr, Ty)> {
        let (Binding::Def(id), _) = cx.scope.find(member)? else { return None };
        let looping = match &self.defs.get(id)?.what {
            What::Call(call) => call.each.is_some(),
            _ => false,
        };
        if !looping || !matches!(ty, Ty::Dyn(_) | Ty::Record(..)) {
            return None;
        }
        if let Ty::Record(fields, origins) = ty
            && (origins.is_empty() || fields.iter().any(|(name, _)| name == member))
        {
            return None;
        }
        let Some(State::Call { index, ty: given, element }) = self.demand(id, span) else {
            return Some((Expr::Null, Ty::Unknown));
        };
        let element = element?;
        if ty.origins().is_empty() {
            let message = format!("It cannot be seen which element `{member}` hangs on.");
            let help = format!(
                "`{member}` is a call with a loop: it hangs on the elements of that loop's list, also filtered, sorted or \
                 grouped, but not on what `map` or a function made of them."
            );
            self.report.push(Diagnostic::new(Code::OriginUnknown, span, message).help(help));
            return Some((Expr::Null, Ty::Unknown));
        }
        let over: Vec<Origin> = element.origins().iter().map(Origin::as_element).collect();
        let own = ty.origins().iter().map(Origin::as_element);
        let matches = own.filter(|o| over.contains(o)).count();
        if matches == 0 {
            return None;
        }
        if matches < ty.origins().len() {
            let message = format!("Not every element that this may be is one that `{member}` hangs on.");
            let help =
                format!("`{member}` is a call with a loop: what it gave hangs on the elements of that loop's list.");
            let diagnostic = Diagnostic::new(Code::OriginUnknown, span, message).help(help);
            self.report.push(diagnostic.help("Take the element from that list alone, or read both apart."));
            return Some((Expr::Null, Ty::Unknown));
        }
        let ty = match given {
            Ty::Dyn(_) => Ty::Dyn(vec![Origin::Hung(id)]),
            Ty::List(element) => *element,
            other => other,
        };
        Some((Expr::Hung { call: index, of: Box::new(of.clone()) }, ty))
    }
}

/// The first names of many.
fn few(names: &[&str]) -> String {
    const MOST: usize = 12;
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{shown} and others") } else { shown }
}
