//! Names: how they may be written, and what they stand for.

use std::rc::Rc;

use adapter_core::expr::functions::FUNCTIONS;
use adapter_core::expr::{Expr, Var};

use super::cx::{Cx, Place};
use super::scope::{ANSWER, Binding, CEL_WORDS, RESERVED, Scope, is_identifier};
use super::types::Ty;
use super::{Check, Mention, functions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::not_yet;
use crate::source::Span;
use crate::suggest;
use crate::yaml::Text;

impl Check<'_> {
    /// Whether a name may be given in a scope; reports why not.
    pub(super) fn check_name(&mut self, scope: &Rc<Scope>, name: &Text) -> bool {
        let word = name.text.as_str();
        let wrong = if !is_identifier(word) {
            Some("A name has letters, digits and `_`, and does not begin with a digit.".to_owned())
        } else if CEL_WORDS.contains(&word) {
            Some(format!("`{word}` is a word CEL keeps for itself."))
        } else if RESERVED.contains(&word) || ANSWER.contains(&word) {
            Some(format!("`{word}` has a meaning of its own in mappings."))
        } else if FUNCTIONS.iter().any(|f| !f.signature().method && f.signature().name == word)
            || functions::LATER.contains(&word)
            || word == "has"
        {
            Some(format!("`{word}` is a function."))
        } else {
            None
        };
        if let Some(message) = wrong {
            self.report.push(Diagnostic::new(Code::NameInvalid, name.span, message).help("Choose another name."));
            return false;
        }
        if let Some((_, first)) = scope.find(word) {
            let message = format!("The name `{word}` is already taken.");
            let diagnostic = Diagnostic::new(Code::NameShadow, name.span, message).also(first, "first here");
            self.report.push(diagnostic.help("One name never stands for two things; choose another."));
            return false;
        }
        true
    }

    /// A plain name.
    pub(super) fn plain_name(&mut self, name: &str, span: Span, cx: &Cx) -> (Expr, Ty) {
        let answer = matches!(cx.place, Place::Answer(_));
        match name {
            "today" => return (Expr::Var(Var::Today), Ty::Date),
            "now" => {
                self.note(span, "`now`");
                return (Expr::Var(Var::Now), Ty::Text);
            }
            "status" if answer => return (Expr::Var(Var::AnswerStatus), Ty::Int),
            "decoded" if answer => return (Expr::Var(Var::AnswerDecoded), Ty::Bool),
            "headers" if answer => return (Expr::Var(Var::AnswerHeaders), Ty::any()),
            "body" if answer => {
                let Place::Answer(origin) = &cx.place else { return (Expr::Null, Ty::Unknown) };
                return (Expr::Var(Var::AnswerBody), Ty::Dyn(vec![origin.clone()]));
            }
            "result" | "fault" if answer => {
                not_yet(self.report, span, &format!("`{name}` (SOAP)"));
                return (Expr::Null, Ty::Unknown);
            }
            "session" | "secret" | "row" | "rows" | "file" | "ref" => {
                not_yet(self.report, span, &format!("`{name}`"));
                return (Expr::Null, Ty::Unknown);
            }
            "request" | "student" | "institute" | "settings" | "page" => {
                let members = self.members_of(name, cx);
                let message = format!("`{name}` is not a value by itself.");
                let help = members.first().map(|m| format!("Write one of its members, for example `{name}.{m}`."));
                self.report.push(Diagnostic::new(Code::NamePlace, span, message).maybe_help(help));
                return (Expr::Null, Ty::Unknown);
            }
            _ => {}
        }
        match cx.scope.find(name) {
            Some((Binding::Local(slot, ty), _)) => (Expr::Local(slot), ty),
            Some((Binding::Null, _)) => (Expr::Null, Ty::Null),
            Some((Binding::Def(id), _)) => self.mention(id, span),
            None if ANSWER.contains(&name) => {
                let message = format!("`{name}` has a value only in `failures` and `take`.");
                self.error(Code::NamePlace, span, message);
                (Expr::Null, Ty::Unknown)
            }
            None => {
                self.unknown_name(name, span, cx);
                (Expr::Null, Ty::Unknown)
            }
        }
    }

    pub(super) fn unknown_name(&mut self, name: &str, span: Span, cx: &Cx) {
        let visible = cx.scope.visible();
        let message = format!("There is no name `{name}` here.");
        let candidates =
            visible.iter().map(String::as_str).chain(["request", "student", "institute", "settings", "today"]);
        let mut diagnostic = Diagnostic::new(Code::NameUnknown, span, message);
        if FUNCTIONS.iter().any(|f| f.signature().name == name) {
            diagnostic = diagnostic.help(format!("`{name}` is a function: write `{name}(…)`."));
        } else if let Some(help) = suggest::help(name, candidates) {
            diagnostic = diagnostic.help(help);
        } else if name.contains(|c: char| c.is_ascii_uppercase()) || name.contains('_') {
            diagnostic = diagnostic.help("A member needs its record in front: `record.member`. A text needs quotes.");
        }
        self.report.push(diagnostic);
    }

    /// Members of a name of the language's own, as far as they exist here.
    pub(super) fn members_of(&self, name: &str, cx: &Cx) -> Vec<String> {
        let fixed: &[&str] = match name {
            "student" => &["tax_code", "key"],
            "institute" => &["code"],
            "page" => &["start", "number", "size"],
            "settings" => return self.mapping.settings.iter().map(|(n, _)| n.text.clone()).collect(),
            "request" => {
                let fields = cx.operation.map(|o| o.request.fields).unwrap_or_default();
                return fields.iter().map(|f| f.name.to_owned()).collect();
            }
            _ => &[],
        };
        fixed.iter().map(|m| (*m).to_owned()).collect()
    }

    /// `student.tax_code` and its like.
    pub(super) fn own_member(&mut self, name: &str, member: &str, span: Span, cx: &Cx) -> (Expr, Ty) {
        let place = |check: &mut Self, message: String| {
            check.error(Code::NamePlace, span, message);
            (Expr::Null, Ty::Unknown)
        };
        match (name, member) {
            ("student", "tax_code") => return (Expr::Var(Var::StudentTaxCode), Ty::Text),
            ("student", "key") => return (Expr::Var(Var::StudentKey), Ty::Text),
            ("institute", "code") => return (Expr::Var(Var::InstituteCode), Ty::Text),
            ("page", _) if cx.place != Place::Pages => {
                return place(self, "`page` has a value only in a paging block.".to_owned());
            }
            ("page", "start") => return (Expr::Var(Var::PageStart), Ty::Int),
            ("page", "number") => return (Expr::Var(Var::PageNumber), Ty::Int),
            ("page", "size") => return (Expr::Var(Var::PageSize), Ty::Int),
            ("page", "token") => {
                not_yet(self.report, span, "Paging by token");
                return (Expr::Null, Ty::Unknown);
            }
            ("settings", _) => {
                let found = self.mapping.settings.iter().find(|(n, _)| n.text == member).map(|(_, v)| v.clone());
                if let Some(value) = found {
                    return (self.text(&value), Ty::Text);
                }
            }
            ("request", _) => {
                let Some(operation) = cx.operation else {
                    let message = "A definition that operations share cannot mention the request.";
                    let help =
                        "The student's own data come from `student`; what is the request's belongs into the operation.";
                    self.report.push(Diagnostic::new(Code::StudentOpen, span, message).help(help));
                    return (Expr::Null, Ty::Unknown);
                };
                self.note(span, "`request`");
                if let Some((index, _)) = operation.request.field(member) {
                    let index = u16::try_from(index).unwrap_or(u16::MAX);
                    return (Expr::Request(index), Ty::Text);
                }
            }
            _ => {}
        }
        let members = self.members_of(name, cx);
        let message = format!("`{name}` has no member `{member}`.");
        let help = suggest::help(member, members.iter().map(String::as_str))
            .or_else(|| (!members.is_empty()).then(|| format!("It has {}.", members.join(", "))));
        self.report.push(Diagnostic::new(Code::TypeMember, span, message).maybe_help(help));
        (Expr::Null, Ty::Unknown)
    }

    /// Remembers what a student's description must not depend on.
    pub(super) fn note(&mut self, span: Span, what: &'static str) {
        if let Some(mentions) = self.mentions.last_mut() {
            mentions.push(Mention { span, what });
        }
    }
}
