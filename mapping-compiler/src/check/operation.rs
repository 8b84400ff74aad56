//! Operations: guards, person, answer, and what they may not depend on.

use std::rc::Rc;

use adapter_core::contract::{self, Kind, Scope as ContractScope, Settle};
use adapter_core::expr::Expr;
use adapter_core::mapping::bundle::{Guard, GuardKind, Operation};

use super::cx::Cx;
use super::names::STUDENT;
use super::reach::Mentioned;
use super::scope::Scope;
use super::{Check, Mention, Mentions, operations as known};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{OperationText, not_yet};
use crate::places::{self, OperationSpans};
use crate::suggest;
use crate::yaml::Scalar;

impl Check<'_> {
    pub(super) fn operation(&mut self, text: &OperationText, file: &Rc<Scope>, student: &Rc<Scope>) {
        let Some(contract) = contract::operation(&text.id.text) else {
            self.unknown_operation(text);
            return;
        };
        let (outer, about) = match contract.scope {
            ContractScope::Institute => (file, None),
            ContractScope::Student => (student, self.mapping.student.as_ref()),
        };
        if about.is_none() && contract.scope == ContractScope::Student {
            let message = format!("{} is about a student: the mapping needs `student`.", contract.id);
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
        let person_schema = contract.answer.fields.iter().find_map(|field| match field.kind {
            Kind::Object(object) if field.name == "personal_data" => Some(object),
            _ => None,
        });
        let person = match (about.and_then(|a| a.person.as_ref()), person_schema) {
            (Some(node), Some(object)) => Some(self.answer_object(node, object, "personal_data", &shared).0),
            _ => None,
        };
        let scope = Scope::inside(outer);
        self.declare_in(&scope, &text.calls, &text.lets, &text.broken);
        let cx = Cx::new(&scope);
        if let Some(unknown) = &text.unknown {
            guards.extend(self.guard(unknown, &cx));
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
        if contract.scope == ContractScope::Institute {
            self.must_know_no_student(contract.id, behind);
        } else if contract.settle == Settle::Enrollments {
            self.must_be_closed(contract.id, behind);
        }
        self.operation = None;
        let guard_texts = about.and_then(|a| a.unknown.as_ref()).into_iter().chain(&text.unknown);
        let spans = OperationSpans {
            guards: guard_texts.map(|s| s.span).collect(),
            person: about.and_then(|a| a.person.as_ref()).map(places::of_tree).unwrap_or_default(),
            answer: text.answer.as_ref().map(places::of_tree).unwrap_or_default(),
        };
        self.spans.operations.insert(contract.id.to_owned(), spans);
        let operation = Operation { calls: calls.into_iter().collect(), guards, person, answer };
        self.bundle.operations.insert(contract.id.to_owned(), operation);
    }

    fn guard(&mut self, text: &Scalar, cx: &Cx) -> Option<Guard> {
        let when = self.condition(text, cx);
        self.check_nesting(&when, text.span);
        let mut mentioned = Mentioned::default();
        mentioned.add(&when);
        self.through_lets(&mut mentioned);
        Some(Guard { is: GuardKind::Unknown, when, needs: mentioned.calls.into_iter().collect() })
    }

    fn unknown_operation(&mut self, text: &OperationText) {
        let id = text.id.text.as_str();
        if known::ALL.contains(&id) {
            not_yet(self.report, text.id.span, &format!("The operation {id}"));
            return;
        }
        let message = format!("The contract has no operation `{id}`.");
        let help = suggest::help(id, known::ALL.iter().copied())
            .unwrap_or_else(|| "Operations are named IFS01.1 to IFS09.1.".to_owned());
        self.report.push(Diagnostic::new(Code::OperationUnknown, text.id.span, message).help(help));
    }

    /// What an operation mentions, directly and through everything it uses.
    fn mentions_behind(
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

    /// An operation about the institute has no student: what stands for one would be null, and a call without its filter
    /// could give everybody.
    fn must_know_no_student(&mut self, id: &str, mentions: Vec<Mention>) {
        for Mention { span, .. } in mentions.into_iter().filter(|m| m.what == STUDENT) {
            let message = format!("{id} is about the institute: there is no student.");
            let help = "It can use what the file and the operation itself define, and its own request.";
            self.report.push(Diagnostic::new(Code::NamePlace, span, message).help(help));
        }
    }

    /// The answer by tax code and the answer by key must be the same bytes, today and tomorrow of one academic year:
    /// the fingerprints of IFS06 and IFS07 are made of them (mapping-language §5).
    fn must_be_closed(&mut self, id: &str, mentions: Vec<Mention>) {
        for Mention { span, what } in mentions.into_iter().filter(|m| m.what != STUDENT) {
            let message = format!("{id} cannot depend on {what}.");
            let help = match what {
                "`request`" => {
                    "Students are also asked for by key: the answer must be the same. Write `student.tax_code`, which is known both ways."
                }
                "`now`" => "The same student must give the same fingerprint at any hour. `today` may be used.",
                _ => "A call that fails for a moment would change the student's fingerprint: let it fail the answer.",
            };
            self.report.push(Diagnostic::new(Code::StudentOpen, span, message).help(help));
        }
    }
}
