//! Operations: guards, person, answer, and what they may not depend on.

use std::rc::Rc;

use adapter_core::contract::{self, Kind, Scope as ContractScope, Settle};
use adapter_core::expr::Expr;
use adapter_core::mapping::bundle::{Guard, GuardKind, Operation};

use super::cx::Cx;
use super::reach::Mentioned;
use super::scope::Scope;
use super::{Check, Mention, operations as known};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{OperationText, not_yet};
use crate::suggest;
use crate::yaml::Scalar;

impl Check<'_> {
    pub(super) fn operation(&mut self, text: &OperationText, student: &Rc<Scope>) {
        let Some(contract) = contract::operation(&text.id.text) else {
            self.unknown_operation(text);
            return;
        };
        let ContractScope::Student = contract.scope;
        let Some(about) = self.mapping.student.as_ref() else {
            let message = format!("{} is about a student: the mapping needs `student`.", contract.id);
            self.error(Code::KeyMissing, text.id.span, message);
            return;
        };
        self.mentions.push(Vec::new());
        let mut guards = Vec::new();
        let shared = Cx::new(student, None);
        if let Some(unknown) = &about.unknown {
            guards.extend(self.guard(unknown, &shared));
        }
        let person_schema = contract.answer.fields.iter().find_map(|field| match field.kind {
            Kind::Object(object) if field.name == "personal_data" => Some(object),
            _ => None,
        });
        let person = match (&about.person, person_schema) {
            (Some(node), Some(object)) => Some(self.answer_object(node, object, "personal_data", &shared).0),
            _ => None,
        };
        let scope = Scope::inside(student);
        self.declare_in(&scope, Some(contract), &text.calls, &text.lets, &text.broken);
        let cx = Cx::new(&scope, Some(contract));
        if let Some(unknown) = &text.unknown {
            guards.extend(self.guard(unknown, &cx));
        }
        let answer = match &text.answer {
            Some(node) => self.answer(node, contract, &cx),
            None => Expr::Null,
        };
        self.check_nesting(&answer, text.id.span);
        let own = self.mentions.pop().unwrap_or_default();
        let mut mentioned = Mentioned::default();
        mentioned.add(&answer);
        person.iter().for_each(|p| mentioned.add(p));
        guards.iter().for_each(|g| mentioned.add(&g.when));
        self.through_lets(&mut mentioned);
        let calls = self.closure(&mentioned.calls);
        if contract.settle == Settle::Enrollments {
            self.must_be_closed(contract.id, own, &calls, &mut mentioned);
        }
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

    /// The answer by tax code and the answer by key must be the same bytes, today and tomorrow of one academic year:
    /// the fingerprints of IFS06 and IFS07 are made of them (mapping-language §5).
    fn must_be_closed(
        &mut self,
        id: &str,
        own: Vec<Mention>,
        calls: &std::collections::BTreeSet<u16>,
        mentioned: &mut Mentioned,
    ) {
        for index in calls {
            let Some(call) = self.bundle.calls.get(usize::from(*index)) else { continue };
            call.each.iter().for_each(|l| mentioned.add(&l.list));
            call.when.iter().chain(&call.body).for_each(|e| mentioned.add(e));
            call.query.iter().for_each(|(_, e)| mentioned.add(e));
            for part in &call.path {
                if let adapter_core::mapping::bundle::PathPart::Value(expr) = part {
                    mentioned.add(expr);
                }
            }
        }
        self.through_lets(mentioned);
        let mut all = own;
        for def in self.defs_behind(calls, &mentioned.lets) {
            all.extend(self.defs.get(def).map(|d| d.mentions.clone()).unwrap_or_default());
        }
        for Mention { span, what } in all {
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
