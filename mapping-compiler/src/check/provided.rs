//! Names of the language's own: what the engine, the host, the request and the pack provide.

use adapter_core::bundle::{Expr, RequestIndex, SecretIndex, Var};
use adapter_core::contract::{self, Kind, Object};

use super::Check;
use super::cx::{Answer, Audit, Cx};
use super::names::{CALLER, is_engines};
use super::scope::is_identifier;
use super::types::Ty;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Setting;
use crate::source::Span;
use crate::suggest;

/// Most secrets of a mapping.
const MAX_SECRETS: usize = 64;

impl Check<'_> {
    /// What of an answer is looked at.
    pub(super) fn answer_name(&mut self, name: &str, answer: &Answer, span: Span) -> (Expr, Ty) {
        match (name, &answer.soap) {
            ("status", _) => (Expr::Var(Var::AnswerStatus), Ty::Int),
            ("decoded", _) => (Expr::Var(Var::AnswerDecoded), Ty::Bool),
            ("root", _) => (Expr::Var(Var::AnswerRoot), Ty::Text),
            ("headers", _) => (Expr::Var(Var::AnswerHeaders), Ty::any()),
            ("result", Some((result, _))) => (Expr::Var(Var::AnswerResult), result.clone()),
            ("fault", Some((_, fault))) => (Expr::Var(Var::AnswerFault), fault.clone()),
            ("result" | "fault", None) => {
                let message = format!("`{name}` belongs to answers of SOAP calls; this is none.");
                let help = "A system speaks SOAP if it has `soap`, a call if it has `soap: OPERATION`.";
                self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
                (Expr::Null, Ty::Unknown)
            }
            _ => (Expr::Var(Var::AnswerBody), answer.body.clone()),
        }
    }

    /// `session`
    pub(super) fn session_name(&mut self, span: Span, cx: &Cx) -> (Expr, Ty) {
        if cx.site().is_some_and(|s| s.session) {
            return (Expr::Var(Var::Session), Ty::any());
        }
        let has_session = |system: usize| self.mapping.systems.get(system).is_some_and(|s| s.session.is_some());
        let (message, help) = match cx.site() {
            Some(site) if has_session(site.system) => {
                ("What opens a session has none yet.", "Its user and password are `secret.NAME`.")
            }
            Some(_) => {
                ("The system of this call has no session.", "Add `session: { open: …, lasts: … }` to the system.")
            }
            None => (
                "`session` has a value only where a call is written: its path, query, headers and body.",
                "It is what the session's `open` took, and is of no use elsewhere.",
            ),
        };
        self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
        (Expr::Null, Ty::Unknown)
    }

    /// `secret.NAME`: only straight into a request, so that it can be seen that it goes nowhere else.
    pub(super) fn secret(&mut self, name: &str, span: Span, cx: &Cx) -> (Expr, Ty) {
        let nothing = (Expr::Null, Ty::Unknown);
        if !cx.site().is_some_and(|s| s.secret) {
            let message = "A secret stands only where a call is written: its path, query, headers and body.";
            let help = "Elsewhere it could reach an answer, a log or a cache. Write it in the call itself, not in a \
                        `let` or `with`.";
            self.report.push(Diagnostic::new(Code::SecretPlace, span, message).help(help));
            return nothing;
        }
        if !is_identifier(name) {
            let message = format!("`{name}` cannot be a secret's name.");
            let help = "Letters, digits and `_`: it is a name of the host's environment.";
            self.report.push(Diagnostic::new(Code::NameInvalid, span, message).help(help));
            return nothing;
        }
        let secrets = &mut self.bundle.secrets;
        let at = secrets.iter().position(|s| s == name).unwrap_or(secrets.len());
        if at == secrets.len() {
            if at >= MAX_SECRETS {
                self.error(Code::ExprSize, span, format!("The mapping has more than {MAX_SECRETS} secrets."));
                return nothing;
            }
            secrets.push(name.to_owned());
        }
        (SecretIndex::try_from(at).map_or(Expr::Null, Expr::Secret), Ty::Text)
    }

    /// Whether `caller` may stand here: only straight into a request that is its caller's own. Reports it.
    pub(super) fn tells_caller(&mut self, span: Span, cx: &Cx) -> bool {
        let message = match cx.site().map(|site| site.caller) {
            Some(Audit::Told) => {
                self.note(span, CALLER);
                return true;
            }
            Some(Audit::Path) => "A path says what is asked for, not who asks; it cannot mention `caller`.",
            Some(Audit::Common) => "What a system's calls have in common serves everybody; it cannot mention `caller`.",
            Some(Audit::Session) => "A session serves everybody; what opens and closes it cannot mention `caller`.",
            Some(Audit::Probe) => "A probe is made between requests, for nobody; it cannot mention `caller`.",
            Some(Audit::Kept) => "The answer of this call is kept for other callers; it cannot mention `caller`.",
            None => "`caller` stands only where a call is written: its query, headers and body.",
        };
        let help = "It is for the system's own audit, and no answer depends on it: write it in a header, parameter or \
                    body of a call that is made for one caller, not in a `let` or `with`.";
        self.report.push(Diagnostic::new(Code::CallerPlace, span, message).help(help));
        false
    }

    /// Whether a name of one request stands where a system is described, or its session; reports it.
    pub(super) fn serves_all(&mut self, name: &str, span: Span) -> bool {
        if self.for_all {
            let message = format!("What a system's calls have in common serves everybody; it cannot mention `{name}`.");
            let help = "Write it in the call that needs it.";
            self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
        }
        self.for_all
    }

    /// A constant of the pack.
    pub(super) fn setting(&mut self, setting: &Setting, span: Span) -> (Expr, Ty) {
        if self.is_too_large(span) {
            return (Expr::Null, Ty::Unknown);
        }
        match setting {
            Setting::Text(text) => (self.text(text), Ty::Text),
            Setting::Bool(value) => (Expr::Bool(*value), Ty::Bool),
            Setting::Int(n) => (Expr::Int(*n), Ty::Int),
            Setting::Dec { mantissa, scale } => (Expr::Dec { mantissa: *mantissa, scale: *scale }, Ty::Number),
            Setting::List(elements) => {
                let mut lowered = Vec::with_capacity(elements.len());
                let mut element = None::<Ty>;
                for setting in elements {
                    let (expr, ty) = self.setting(setting, span);
                    lowered.push(expr);
                    element = Some(match element {
                        Some(other) => other.join(ty),
                        None => ty,
                    });
                }
                (Expr::List(lowered), Ty::List(Box::new(element.unwrap_or(Ty::Null))))
            }
        }
    }

    /// A member of the request of the operation that is being lowered; none if it has none of that name.
    pub(super) fn request_member(&mut self, member: &str, span: Span) -> Option<(Expr, Ty)> {
        self.note(span, "`request`");
        self.depend();
        let Some(operation) = self.operation else {
            // No operation uses what stands here: any could.
            let known =
                contract::OPERATIONS.iter().any(|o| o.request.field(member).is_some_and(|(_, f)| !is_engines(f)));
            return known.then_some((Expr::Null, Ty::Unknown));
        };
        if let Some((index, field)) = operation.request.field(member).filter(|(_, f)| !is_engines(f)) {
            let ty = sent(&field.kind);
            return Some((Expr::Request(RequestIndex::try_from(index).unwrap_or(RequestIndex::MAX)), ty));
        }
        // That it must not be mentioned at all is said where the operation is looked at.
        if !operation.is_fingerprinted() {
            let message = format!("The request of {} has no member `{member}`.", operation.name);
            let names = self.members_of("request");
            let help = suggest::help(member, names.iter().map(String::as_str))
                .unwrap_or_else(|| format!("It has {}.", names.join(", ")));
            self.report.push(Diagnostic::new(Code::TypeMember, span, message).help(help));
        }
        Some((Expr::Null, Ty::Unknown))
    }
}

/// The type of what a consumer sends.
fn sent(kind: &Kind) -> Ty {
    // Of objects without members nothing is known here.
    let record = |object: &Object| {
        let fields: Vec<(String, Ty)> = object.fields.iter().map(|f| (f.name.to_owned(), sent(&f.kind))).collect();
        if fields.is_empty() { Ty::Unknown } else { Ty::Record(fields.into(), Vec::new()) }
    };
    match kind {
        Kind::Int { .. } => Ty::Int,
        Kind::Number { .. } => Ty::Number,
        Kind::Bool => Ty::Bool,
        Kind::Object(object) => record(object),
        Kind::List(list) => Ty::List(Box::new(record(list.items))),
        Kind::Text { .. } | Kind::Enum(_) | Kind::Date | Kind::DateTime | Kind::Year | Kind::Cursor => Ty::Text,
    }
}
