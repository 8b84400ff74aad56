//! Operations that are served: guards, person, answer; and what operations may not depend on.

use std::rc::Rc;

use adapter_core::bundle::{CallIndex, Expr};
use adapter_core::bundle::{Change, Guard, GuardKind, Recipe};
use adapter_core::contract::{About, Does, Operation};

use super::cx::Cx;
use super::defs::State;
use super::names::{CALLER, FILE, KEY, ORDER, REF, STUDENT};
use super::reach::Mentioned;
use super::scope::{Binding, Scope};
use super::{Check, Mention, Mentions};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::OperationText;
use crate::places::{self, OperationSpans};
use crate::source::Span;
use crate::yaml::Scalar;

impl Check<'_> {
    /// Lowers an operation, and puts it into the bundle if it is served.
    pub(super) fn operation(
        &mut self,
        text: &OperationText,
        contract: &'static Operation,
        file: &Rc<Scope>,
        student: &Rc<Scope>,
    ) {
        let about = self.mapping.student.as_ref();
        let (needs, whom) = match (contract.about, contract.does) {
            (_, Does::Lists { .. }) => (true, "students"),
            (About::Student { .. }, _) => (true, "a student"),
            (About::Institute | About::Reported { .. }, _) => (false, ""),
        };
        if needs && about.is_none() {
            let message = format!("{} is about {whom}: the mapping needs `student`.", contract.name);
            self.error(Code::KeyMissing, text.id.span, message);
            return;
        }
        self.operation = Some(contract);
        self.reads.operation = Some(contract.id);
        self.mentions.push(Mentions::default());
        let mut mentioned = Mentioned::default();
        let (mut lowered, mut walk, mut change) = (None, None, None);
        if let Does::Lists { .. } = contract.does {
            walk = self.walk_students(text, contract.does, file, about.map(|_| student));
        } else {
            let (recipe, spans, made) = self.answered(text, contract, (file, student), &mut mentioned);
            (lowered, change) = (Some((recipe, spans)), made);
        }
        let own = self.mentions.pop().unwrap_or_default().all;
        self.through_lets(&mut mentioned);
        let calls = self.closure(&mentioned.calls);
        let behind = self.mentions_behind(own, &calls, &mut mentioned);
        self.may_mention(contract, contract.does, behind);
        if let Some(change) = &change {
            self.after_write(&calls, change.call);
        }
        self.known_alone(contract, &calls);
        self.listing(text, contract, &calls);
        self.operation = None;
        self.reads.operation = None;
        if let Some(walk) = walk {
            self.bundle.walks.push((contract.name.to_owned(), walk));
        }
        if let Some((recipe, spans)) = lowered {
            self.spans.operations.insert(contract.name.to_owned(), spans);
            // The change is made when all the others have answered.
            let made = change.as_ref().map(|change| change.call);
            let calls = calls.into_iter().filter(|index| Some(*index) != made).collect();
            self.bundle.operations.insert(contract.name.to_owned(), Recipe { calls, ..recipe });
            self.bundle.changes.extend(change.map(|change| (contract.name.to_owned(), change)));
        }
    }

    /// Guards, person, writes and answer.
    fn answered(
        &mut self,
        text: &OperationText,
        contract: &'static Operation,
        (file, student): (&Rc<Scope>, &Rc<Scope>),
        mentioned: &mut Mentioned,
    ) -> (Recipe, OperationSpans, Option<Change>) {
        let outer = if contract.about.one() { student } else { file };
        // A reported person may be nobody known here, whatever `student` says of those who are (IFS04.4-I2).
        let known = matches!(contract.about, About::Student { .. });
        let about = self.mapping.student.as_ref().filter(|_| known);
        let shared = Cx::new(outer);
        let mut guards: Vec<(Guard, Span)> = Vec::new();
        for unknown in about.map(|a| a.unknown.as_slice()).unwrap_or_default() {
            guards.extend(self.guard(unknown, &shared).map(|g| (g, unknown.span)));
        }
        let of_person = about.and_then(|a| a.person.as_ref());
        let person = of_person.zip(contract.answer.person());
        let person = person.map(|(node, object)| self.answer_object(node, object, "personal_data", &shared).0);
        let scope = Scope::inside(outer);
        self.walk_rows(text, &scope, file);
        self.declare_in(&scope, &text.calls, &text.lets, &text.broken);
        let cx = Cx::new(&scope);
        for unknown in &text.unknown {
            guards.extend(self.guard(unknown, &cx).map(|g| (g, unknown.span)));
        }
        if contract.does.writes() {
            self.rejects(text, &cx, &mut guards);
        }
        if let Does::Changes { listed_by } = contract.does
            && !self.mapping.operations.iter().any(|o| o.id.text == listed_by.name())
        {
            let (name, of) = (contract.name, listed_by.name());
            let message = format!("{name} changes what {of} lists, which says whose it is: the mapping needs {of}.");
            self.error(Code::KeyMissing, text.id.span, message);
        }
        let change = self.writes(text, contract.does, &cx, &guards);
        for call in text.calls.iter().filter(|c| c.write.is_some() && contract.does.writes()) {
            if let Some((Binding::Def(id), _)) = scope.find(&call.name.text)
                && let Some(State::Call { index, .. }) = self.demand(id, call.name.span)
            {
                mentioned.calls.insert(index);
            }
        }
        if text.answer.is_none() && text.walk.is_some() {
            let message = format!("The key `answer` is missing: {} answers the rows of its walk.", contract.name);
            self.error(Code::KeyMissing, text.id.span, message);
        }
        let answer = match &text.answer {
            Some(node) => self.answer(node, contract, &cx),
            None => Expr::Null,
        };
        self.check_nesting(&answer, text.id.span);
        mentioned.add(&answer);
        person.iter().for_each(|p| mentioned.add(p));
        for (guard, _) in &guards {
            mentioned.add(&guard.when);
            guard.message.iter().for_each(|message| mentioned.add(message));
        }
        let spans = OperationSpans {
            guards: guards.iter().map(|(_, span)| *span).collect(),
            person: of_person.map(places::of_tree).unwrap_or_default(),
            answer: text.answer.as_ref().map(places::of_tree).unwrap_or_default(),
        };
        self.words_told(&answer, &spans.answer);
        let guards = guards.into_iter().map(|(guard, _)| guard).collect();
        (Recipe { calls: Vec::new(), guards, person, answer }, spans, change)
    }

    /// When a change is refused without asking the system.
    fn rejects(&mut self, text: &OperationText, cx: &Cx, guards: &mut Vec<(Guard, Span)>) {
        for rule in &text.reject {
            let when = self.condition(&rule.when, cx);
            self.check_nesting(&when, rule.when.span);
            let message = self.told(&rule.message, cx);
            let mut needs = Mentioned::default();
            needs.add(&when);
            needs.add(&message);
            self.through_lets(&mut needs);
            let needs = needs.calls.into_iter().collect();
            guards.push((Guard { is: GuardKind::Reject, message: Some(message), when, needs }, rule.when.span));
        }
    }

    pub(super) fn guard(&mut self, text: &Scalar, cx: &Cx) -> Option<Guard> {
        let when = self.condition(text, cx);
        self.check_nesting(&when, text.span);
        let mut mentioned = Mentioned::default();
        mentioned.add(&when);
        self.through_lets(&mut mentioned);
        Some(Guard { is: GuardKind::Unknown, message: None, when, needs: mentioned.calls.into_iter().collect() })
    }

    /// What an operation mentions, directly and through everything it uses.
    pub(super) fn mentions_behind(
        &self,
        own: Vec<Mention>,
        calls: &std::collections::BTreeSet<CallIndex>,
        mentioned: &mut Mentioned,
    ) -> Vec<Mention> {
        for call in calls.iter().filter_map(|index| self.bundle.calls.get(index.at())) {
            mentioned.add_call(call);
        }
        self.through_lets(mentioned);
        let of_calls = calls.iter().filter_map(|index| self.call_mentions.get(index));
        let of_lets = mentioned.lets.iter().filter_map(|index| self.let_mentions.get(index));
        own.into_iter().chain(of_calls.chain(of_lets).flatten().cloned()).collect()
    }

    /// What an operation mentions, itself and through others, that it may not.
    pub(super) fn may_mention(&mut self, contract: &Operation, does: Does, mentions: Vec<Mention>) {
        if contract.is_fingerprinted() {
            self.in_any_order(&mentions);
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
    /// the fingerprints of IFS06 and IFS07 are made of them.
    pub(super) fn must_be_closed(&mut self, id: &str, mentions: Vec<Mention>) {
        // A list of students has another caller than the answer about one of them.
        let listed = self.mapping.walks.iter().any(|w| w.tax_code.is_some());
        let open = |m: &Mention| !matches!(m.what, STUDENT | KEY | ORDER) && (listed || m.what != CALLER);
        for Mention { span, what } in mentions.into_iter().filter(open) {
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
