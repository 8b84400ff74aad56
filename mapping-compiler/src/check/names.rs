//! Names: how they may be written, and what they stand for.

use std::rc::Rc;

use adapter_core::bundle::{Expr, Var};
use adapter_core::bundle::{FORMS, FUNCTIONS};
use adapter_core::contract::{Field, Kind};

use super::cx::{Cx, Place};
use super::scope::{ANSWER, Binding, CEL_WORDS, RESERVED, Scope, is_identifier};
use super::types::Ty;
use super::{Check, Mention};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::suggest;
use crate::yaml::Text;

/// Mention of the student.
pub(super) const STUDENT: &str = "`student`";
/// Mention of the student's key.
pub(super) const KEY: &str = "`student.key`";
/// Mention of who sends the request.
pub(super) const CALLER: &str = "`caller`";
/// Mention of a change's reference.
pub(super) const REF: &str = "`ref`";
/// That the order decides in which a system lists things.
pub(super) const ORDER: &str = "a system's order";
/// Mention of the item that is changed.
pub(super) const FILE: &str = "`file`";

/// Whether a member of the request is the engine's business alone.
pub(super) fn is_engines(field: &Field) -> bool {
    matches!(field.kind, Kind::Cursor)
}

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
            || FORMS.iter().any(|f| !f.method && f.name == word)
            || word == "has"
        {
            Some(format!("`{word}` is a function."))
        } else {
            None
        };
        if let Some(message) = wrong {
            self.report.push(Diagnostic::new(Code::NameInvalid, name.span, message).help("Choose another name."));
            // It stands for something all the same: nothing is said about what uses it.
            self.refused.insert(word.to_owned());
            if scope.find(word).is_none() {
                let slot = self.slot(word, name.span);
                scope.bind(word, Binding::Local(slot, Ty::Unknown), name.span);
            }
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
        if let Place::Answer(answer) = &cx.place
            && ANSWER.contains(&name)
        {
            return self.answer_name(name, answer, span);
        }
        if self.refused.contains(name) {
            return (Expr::Null, Ty::Unknown);
        }
        match name {
            "today" => return (Expr::Var(Var::Today), Ty::Date),
            "now" => {
                self.note(span, "`now`");
                return (Expr::Var(Var::Now), Ty::Text);
            }
            "session" => return self.session_name(span, cx),
            // The same for every repetition of one change.
            "ref" if self.serves_all(name, span) => return (Expr::Null, Ty::Unknown),
            "ref" => {
                self.note(span, REF);
                self.depend();
                return (Expr::Var(Var::Reference), Ty::Text);
            }
            "request" | "student" | "institute" | "settings" | "page" | "secret" | "caller" | "file" => {
                let members = self.members_of(name);
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
                let message = format!("`{name}` has a value only in `failures`, `take` and `next`.");
                let help = match name {
                    "body" => "What a call gave is the call's name, with what its `take` says.",
                    "status" => {
                        "It is the HTTP status of a call's answer; a member of a record has its record in front: \
                         `career.status`."
                    }
                    _ => "It belongs to one answer of a system; a call's `take` can keep a part of it.",
                };
                self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
                (Expr::Null, Ty::Unknown)
            }
            None => {
                self.unknown_name(name, span, cx);
                (Expr::Null, Ty::Unknown)
            }
        }
    }

    pub(super) fn unknown_name(&mut self, name: &str, span: Span, cx: &Cx) {
        // `car-eers`, refused as a name, is read as a difference where it is used.
        if self.refused.iter().any(|word| word.split(|c: char| !c.is_alphanumeric() && c != '_').any(|p| p == name)) {
            return;
        }
        let visible = cx.scope.visible();
        let message = format!("There is no name `{name}` here.");
        let candidates = visible.iter().map(String::as_str).chain([
            "request",
            "student",
            "institute",
            "settings",
            "secret",
            "session",
            "caller",
            "today",
        ]);
        let of_walks = "In a walk, `row` stands for one row: in its `unit`, `tax_code`, `where` and `once`.";
        let walked = self.mapping.walks.iter().any(|w| w.name.text == name);
        if walked || name == "row" {
            let message = format!("`{name}` has no value here.");
            let help = if walked {
                format!("`{name}` is a walk: its rows are there in the operation that says `walk: {name}`.")
            } else {
                of_walks.to_owned()
            };
            self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
            return;
        }
        let mut diagnostic = Diagnostic::new(Code::NameUnknown, span, message);
        if FUNCTIONS.iter().any(|f| f.signature().name == name) {
            diagnostic = diagnostic.help(format!("`{name}` is a function: write `{name}(…)`."));
        } else if self.is_the_students(name) {
            diagnostic =
                diagnostic.help(format!("`{name}` is defined under `student`: this operation is about the institute."));
        } else if let Some(help) = suggest::help(name, candidates) {
            diagnostic = diagnostic.help(help);
        } else {
            diagnostic = diagnostic.help("A member needs its record in front: `record.member`. A text needs quotes.");
        }
        self.report.push(diagnostic);
    }

    /// Whether a name is one of the student's, where there is no student.
    fn is_the_students(&self, name: &str) -> bool {
        let Some(student) = &self.mapping.student else { return false };
        self.operation.is_some_and(|o| !o.about.one())
            && (student.calls.iter().any(|c| c.name.text == name) || student.lets.iter().any(|l| l.name().text == name))
    }

    /// Members of a name of the language's own, as far as they exist here.
    pub(super) fn members_of(&self, name: &str) -> Vec<String> {
        let fixed: &[&str] = match name {
            "student" => &["tax_code", "key"],
            "institute" => &["code"],
            "file" => &["file_code", "file_status", "message"],
            "page" => &["start", "number", "size", "token"],
            "caller" => &["client_id", "consumer_id", "purpose_id", "jti"],
            "secret" => &["NAME"],
            "settings" => return self.mapping.settings.iter().map(|(n, _)| n.text.clone()).collect(),
            "request" => {
                let fields = self.operation.map(|o| o.request.fields).unwrap_or_default();
                return fields.iter().filter(|f| !is_engines(f)).map(|f| f.name.to_owned()).collect();
            }
            _ => &[],
        };
        fixed.iter().map(|m| (*m).to_owned()).collect()
    }

    /// `student.tax_code` and its like.
    pub(super) fn own_member(&mut self, name: &str, member: &str, span: Span, cx: &Cx) -> (Expr, Ty) {
        match (name, member) {
            ("student" | "request" | "file", _) if self.serves_all(name, span) => return (Expr::Null, Ty::Unknown),
            ("student", "tax_code" | "key") => {
                self.note(span, if member == "key" { KEY } else { STUDENT });
                let var = if member == "key" { Var::StudentKey } else { Var::StudentTaxCode };
                return (Expr::Var(var), Ty::Text);
            }
            ("file", "file_code" | "file_status" | "message") => {
                self.note(span, FILE);
                self.depend();
                let var = match member {
                    "file_code" => Var::FileCode,
                    "file_status" => Var::FileStatus,
                    _ => Var::FileMessage,
                };
                return (Expr::Var(var), Ty::Text);
            }
            ("institute", "code") => return (Expr::Var(Var::InstituteCode), Ty::Text),
            ("page", _) if !cx.site().is_some_and(|s| s.page) => {
                let message = "`page` has a value only in a paging block.";
                let help = "Write it under `pages` of the call or of its system, in `query` or in `body`.";
                self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
                return (Expr::Null, Ty::Unknown);
            }
            ("page", "start") => return (Expr::Var(Var::PageStart), Ty::Int),
            ("page", "number") => return (Expr::Var(Var::PageNumber), Ty::Int),
            ("page", "size") => return (Expr::Var(Var::PageSize), Ty::Int),
            ("page", "token") => return (Expr::Var(Var::PageToken), Ty::any()),
            ("secret", _) => return self.secret(member, span, cx),
            ("caller", _) if !self.tells_caller(span, cx) => return (Expr::Null, Ty::Unknown),
            ("caller", "client_id") => return (Expr::Var(Var::CallerClient), Ty::Text),
            ("caller", "consumer_id") => return (Expr::Var(Var::CallerConsumer), Ty::Text),
            ("caller", "purpose_id") => return (Expr::Var(Var::CallerPurpose), Ty::Text),
            ("caller", "jti") => return (Expr::Var(Var::CallerJti), Ty::Text),
            ("settings", _) => {
                let mapping = self.mapping;
                if let Some((_, setting)) = mapping.settings.iter().find(|(n, _)| n.text == member) {
                    return self.setting(setting, span);
                }
            }
            ("request", _) => {
                if let Some(found) = self.request_member(member, span) {
                    return found;
                }
            }
            _ => {}
        }
        let members = self.members_of(name);
        let message = format!("`{name}` has no member `{member}`.");
        let help = suggest::help(member, members.iter().map(String::as_str))
            .or_else(|| (!members.is_empty()).then(|| format!("It has {}.", members.join(", "))))
            .or_else(|| (name == "settings").then(|| format!("Give it one: `settings: {{ {member}: … }}`.")));
        self.report.push(Diagnostic::new(Code::TypeMember, span, message).maybe_help(help));
        (Expr::Null, Ty::Unknown)
    }

    /// Remembers what not every operation may depend on.
    pub(super) fn note(&mut self, span: Span, what: &'static str) {
        if let Some(mentions) = self.mentions.last_mut() {
            mentions.all.push(Mention { span, what });
        }
    }
}
