//! Operations that are served: guards, person, answer; and what operations may not depend on.

use std::rc::Rc;

use adapter_core::contract::{self, Does, Operation as Contract};
use adapter_core::expr::Expr;
use adapter_core::mapping::bundle::{Guard, GuardKind, Operation};

use super::cx::Cx;
use super::names::{CALLER, FILE, KEY, REF, STUDENT};
use super::reach::Mentioned;
use super::scope::Scope;
use super::{Check, Mention, Mentions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::OperationText;
use crate::places::{self, OperationSpans};
use crate::yaml::Scalar;

impl Check<'_> {
    pub(super) fn operation(&mut self, text: &OperationText, file: &Rc<Scope>, student: &Rc<Scope>) {
        let Some(contract) = contract::operation(&text.id.text).filter(|o| o.served) else { return };
        let (outer, about) = if contract.about.one() { (student, self.mapping.student.as_ref()) } else { (file, None) };
        if about.is_none() && contract.about.one() {
            let message = format!("{} is about a student: the mapping needs `student`.", contract.name);
            self.error(Code::KeyMissing, text.id.span, message);
            return;
        }
        self.mentions.push(Mentions::default());
        let mut guards = Vec::new();
        let shared = Cx::new(outer);
        self.operation = Some(contract);
        if let Some(unknown) = about.and_then(|a| a.unknown.as_ref()) {
            guards.extend(self.guard(unknown, &shared));
        }
        let person = match (about.and_then(|a| a.person.as_ref()), contract.answer.person()) {
            (Some(node), Some(object)) => Some(self.answer_object(node, object, "personal_data", &shared).0),
            _ => None,
        };
        let scope = Scope::inside(outer);
        self.walk_rows(text, &scope, file);
        self.declare_in(&scope, &text.calls, &text.lets, &text.broken);
        let cx = Cx::new(&scope);
        if let Some(unknown) = &text.unknown {
            guards.extend(self.guard(unknown, &cx));
        }
        self.writes(text, contract.does, &cx, &[]);
        if text.answer.is_none() && text.walk.is_some() {
            let message = format!("The key `answer` is missing: {} answers the rows of its walk.", contract.name);
            self.error(Code::KeyMissing, text.id.span, message);
        }
        let answer = match &text.answer {
            Some(node) => self.answer(node, contract, &cx),
            None => Expr::Null,
        };
        self.check_nesting(&answer, text.id.span);
        let own = self.mentions.pop().unwrap_or_default().all;
        let mut mentioned = Mentioned::default();
        mentioned.add(&answer);
        person.iter().for_each(|p| mentioned.add(p));
        guards.iter().for_each(|g| mentioned.add(&g.when));
        self.through_lets(&mut mentioned);
        let calls = self.closure(&mentioned.calls);
        let behind = self.mentions_behind(own, &calls, &mut mentioned);
        self.may_mention(contract, contract.does, behind);
        self.operation = None;
        let guard_texts = about.and_then(|a| a.unknown.as_ref()).into_iter().chain(&text.unknown);
        let spans = OperationSpans {
            guards: guard_texts.map(|s| s.span).collect(),
            person: about.and_then(|a| a.person.as_ref()).map(places::of_tree).unwrap_or_default(),
            answer: text.answer.as_ref().map(places::of_tree).unwrap_or_default(),
        };
        self.spans.operations.insert(contract.name.to_owned(), spans);
        let operation = Operation { calls: calls.into_iter().collect(), guards, person, answer };
        self.bundle.operations.insert(contract.name.to_owned(), operation);
    }

    pub(super) fn guard(&mut self, text: &Scalar, cx: &Cx) -> Option<Guard> {
        let when = self.condition(text, cx);
        self.check_nesting(&when, text.span);
        let mut mentioned = Mentioned::default();
        mentioned.add(&when);
        self.through_lets(&mut mentioned);
        Some(Guard { is: GuardKind::Unknown, when, needs: mentioned.calls.into_iter().collect() })
    }

    /// What an operation mentions, directly and through everything it uses.
    pub(super) fn mentions_behind(
        &self,
        own: Vec<Mention>,
        calls: &std::collections::BTreeSet<u16>,
        mentioned: &mut Mentioned,
    ) -> Vec<Mention> {
        for call in calls.iter().filter_map(|index| self.bundle.calls.get(usize::from(*index))) {
            mentioned.add_call(call);
        }
        self.through_lets(mentioned);
        let of_calls = calls.iter().filter_map(|index| self.call_mentions.get(index));
        let of_lets = mentioned.lets.iter().filter_map(|index| self.let_mentions.get(index));
        own.into_iter().chain(of_calls.chain(of_lets).flatten().cloned()).collect()
    }

    /// What an operation mentions, itself and through others, that it may not.
    pub(super) fn may_mention(&mut self, contract: &Contract, does: Does, mentions: Vec<Mention>) {
        if contract.is_fingerprinted() {
            self.must_be_closed(contract.name, mentions);
            return;
        }
        for Mention { span, what } in &mentions {
            let message = match (*what, does) {
                (REF, does) if !does.writes() => {
                    format!("{} only reads: there is no `ref`, which tells one change from another.", contract.name)
                }
                (FILE, Does::Reads | Does::Writes | Does::Lists { .. }) => {
                    format!("{} changes no item of a list: there is no `file`.", contract.name)
                }
                _ => continue,
            };
            self.error(Code::NamePlace, *span, message);
        }
        // A list of students is walked before any of them is known; what is said of each is closed anyway.
        if !contract.about.one() && !matches!(does, Does::Lists { .. }) {
            self.must_know_no_student(contract.name, mentions);
        }
    }

    /// An operation about the institute has no student: what stands for one would be null, and a call without its filter
    /// could give everybody.
    fn must_know_no_student(&mut self, id: &str, mentions: Vec<Mention>) {
        for Mention { span, .. } in mentions.into_iter().filter(|m| m.what == STUDENT || m.what == KEY) {
            let message = format!("{id} is about the institute: there is no student.");
            let help = "It can use what the file and the operation itself define, and its own request.";
            self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
        }
    }

    /// The answer by tax code and the answer by key must be the same bytes, today and tomorrow of one academic year:
    /// the fingerprints of IFS06 and IFS07 are made of them (mapping-language §5).
    pub(super) fn must_be_closed(&mut self, id: &str, mentions: Vec<Mention>) {
        // A list of students has another caller than the answer about one of them.
        let listed = self.mapping.walks.iter().any(|w| w.tax_code.is_some());
        let closed = |m: &Mention| m.what != STUDENT && m.what != KEY && (listed || m.what != CALLER);
        for Mention { span, what } in mentions.into_iter().filter(closed) {
            let message = format!("{id} cannot depend on {what}.");
            let help = match what {
                "`request`" => {
                    "Students are also asked for by key: the answer must be the same. Write `student.tax_code`, which is known both ways."
                }
                REF | FILE => "It only reads: there is no change that this could belong to.",
                CALLER => {
                    "The same student must give the same fingerprint whoever asks: IFS06.1 and IFS07.1 are asked by others."
                }
                "`now`" => "The same student must give the same fingerprint at any hour. `today` may be used.",
                _ => "A call that fails for a moment would change the student's fingerprint: let it fail the answer.",
            };
            self.report.push(Diagnostic::new(Code::StudentOpen, span, message).help(help));
        }
    }
}
