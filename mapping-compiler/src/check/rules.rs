//! Failure rules that cannot be decided on every answer: what they read need not be there.
//!
//! Found in what they are lowered to, since definitions stand between what is written and what is read. A rule that also
//! looks at the status, or asks whether the body could be read, says for itself which answers it is about.

use adapter_core::bundle::{BinaryOp, Expr, Failure, FailureKind, Function, Var};
use adapter_core::value::NameId;

use super::Check;
use super::sample::{NUMBER, Shape, TEXT, TRUTH};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A part of an answer, and members down from it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Path {
    part: Var,
    names: Vec<NameId>,
}

/// What a rule reads of an answer.
#[derive(Debug, Default)]
struct Reads {
    /// What must be there.
    wanted: Vec<Path>,
    /// What must be there and differ from something.
    unlike: Vec<Path>,
    /// What it compares with a written value of this kind.
    compared: Vec<(Path, &'static str)>,
    /// What it asks of whether it is there.
    asked: Vec<Path>,
    /// It looks at what kind of answer it is.
    told: bool,
}

impl Reads {
    fn of(expr: &Expr) -> Self {
        let mut reads = Self::default();
        reads.add(expr);
        reads
    }

    fn add(&mut self, expr: &Expr) {
        match expr {
            Expr::Has { of, name } => {
                if let Some(mut path) = below(of) {
                    path.names.push(*name);
                    self.asked.push(path);
                }
            }
            Expr::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right }
                if matches!((&**left, &**right), (Expr::Null, _) | (_, Expr::Null)) =>
            {
                self.asked.extend(below(left).or_else(|| below(right)));
            }
            Expr::Function { function: Function::Coalesce, args } => self.asked.extend(args.iter().filter_map(path)),
            Expr::Binary { op, left, right } => {
                let pairs = [(left, right), (right, left)];
                let compared = pairs.iter().filter_map(|(read, value)| path(read).zip(Some(kind(value)?)));
                self.compared.extend(compared);
                // What is a fault's own is one that there is.
                let of_fault = |path: Path| path.part == Var::AnswerFault;
                self.told |= *op == BinaryOp::Equal && [left, right].into_iter().filter_map(|e| path(e)).any(of_fault);
                if *op == BinaryOp::NotEqual {
                    self.unlike.extend(path(left).into_iter().chain(path(right)));
                }
                expr.children(&mut |child| self.add(child));
            }
            Expr::Var(Var::AnswerStatus | Var::AnswerDecoded | Var::AnswerFault) => self.told = true,
            _ => match path(expr) {
                Some(path) => self.wanted.push(path),
                None => expr.children(&mut |child| self.add(child)),
            },
        }
    }

    /// Whether the rule asks for this one, or for what it stands in.
    fn asks(&self, path: &Path) -> bool {
        let is_around = |asked: &Path| asked.part == path.part && path.names.starts_with(&asked.names);
        // That there is a body says nothing of what is in it.
        self.asked.iter().any(|asked| is_around(asked) && (asked.part != Var::AnswerBody || !asked.names.is_empty()))
    }
}

/// The members down to what is read, if it is read of an answer by names. A root is read by itself.
fn path(expr: &Expr) -> Option<Path> {
    below(expr).filter(|path| !path.names.is_empty() || path.part == Var::AnswerRoot)
}

/// The same; none of them down to the part itself.
fn below(mut expr: &Expr) -> Option<Path> {
    let mut names = Vec::new();
    loop {
        match expr {
            Expr::Member { of, name } => {
                names.push(*name);
                expr = of;
            }
            Expr::Var(
                part @ (Var::AnswerBody | Var::AnswerResult | Var::AnswerFault | Var::AnswerHeaders | Var::AnswerRoot),
            ) => {
                names.reverse();
                return Some(Path { part: *part, names });
            }
            _ => return None,
        }
    }
}

/// What a written value is, as a sample has it.
fn kind(expr: &Expr) -> Option<&'static str> {
    match expr {
        Expr::Int(_) | Expr::Dec { .. } => Some(NUMBER),
        Expr::Text(_) => Some(TEXT),
        Expr::Bool(_) => Some(TRUTH),
        _ => None,
    }
}

/// Whether a rule says something that is false where it does not hold.
fn is_said(is: FailureKind) -> bool {
    matches!(is, FailureKind::Good | FailureKind::Empty | FailureKind::Unknown)
}

/// Why a rule cannot be decided on a sample.
#[derive(Clone, Debug)]
enum Lack {
    /// The sample has no such member.
    Member(Path),
    /// It has a list where the member is read.
    List(Path),
    /// It has a value of the first kind, which is compared with one of the second.
    Kind(Path, &'static str, &'static str),
}

impl Check<'_> {
    /// Warns of rules of a system's that cannot be decided on a call's sample, which is a good answer.
    pub(super) fn system_on_sample(&mut self, system: usize, file: &str, shape: &Shape) {
        let rules = self.bundle.systems.get(system).map(|s| s.failures.clone()).unwrap_or_default();
        let written = self.mapping.systems.get(system).map(|s| s.failures.as_slice()).unwrap_or_default();
        let spans: Vec<Span> = written.iter().map(|rule| rule.when.span).collect();
        rules.iter().zip(spans).for_each(|(rule, span)| self.rule_on_sample(rule, span, file, shape));
    }

    /// Warns of a rule that cannot be decided on a sample.
    pub(super) fn rule_on_sample(&mut self, rule: &Failure, span: Span, file: &str, shape: &Shape) {
        // What has been said of any answer need not be said of this one.
        let said = if is_said(rule.is) { Reads::of(&rule.when).unlike } else { Vec::new() };
        for lack in self.lacks(&rule.when, shape) {
            let (Lack::Member(path) | Lack::List(path) | Lack::Kind(path, ..)) = &lack;
            if said.contains(path) {
                continue;
            }
            let name = self.written_path(path);
            let end = "there the rule cannot be decided.";
            match lack {
                Lack::Member(_) => {
                    self.undecided(span, format!("`{name}` is not in `{file}`, a good answer: {end}"), &name);
                }
                Lack::List(_) => {
                    let message = format!("`{name}` is read where `{file}`, a good answer, has a list: {end}");
                    self.undecided(span, message, &name);
                }
                Lack::Kind(_, is, with) => {
                    let message = format!("`{name}` is {is} in `{file}`, and is compared with {with}: {end}");
                    let help = "`num(…)` makes a number of a text, `string(…)` a text of a number.";
                    self.report.push(Diagnostic::new(Code::FailureAbsent, span, message).help(help));
                }
            }
        }
    }

    /// Why a condition cannot be decided on a sample. Of two that must both hold, one that can be may say no.
    fn lacks(&self, expr: &Expr, shape: &Shape) -> Vec<Lack> {
        match expr {
            Expr::And(left, right) => {
                let (left, right) = (self.lacks(left, shape), self.lacks(right, shape));
                if left.is_empty() || right.is_empty() { Vec::new() } else { [left, right].concat() }
            }
            Expr::Or(left, right) => [self.lacks(left, shape), self.lacks(right, shape)].concat(),
            Expr::Not(of) => self.lacks(of, shape),
            expr => {
                let reads = Reads::of(expr);
                let kinds = reads.compared.iter().filter_map(|(path, with)| {
                    let names = path.names.iter().filter(|_| path.part == Var::AnswerBody);
                    let found = names.into_iter().try_fold(shape, |shape, name| shape.member(self.text_of(*name)));
                    match found {
                        Some(Shape::Scalar(Some(is))) if is != with => Some(Lack::Kind(path.clone(), is, with)),
                        _ => None,
                    }
                });
                reads.wanted.iter().filter_map(|path| self.lack(shape, path)).chain(kinds).collect()
            }
        }
    }

    /// Warns of a rule that calls an answer good, or says something of a student, by what the answer is not.
    pub(super) fn rule_by_unlikeness(&mut self, when: &Expr, is: FailureKind, span: Span) {
        let reads = Reads::of(when);
        for path in reads.unlike.iter().filter(|path| is_said(is) && !reads.told && !reads.asks(path)) {
            let name = self.written_path(path);
            if matches!(path.part, Var::AnswerBody | Var::AnswerResult) {
                let message =
                    format!("An answer that lacks `{name}`, such as a page of an error, is not told apart by this.");
                self.undecided(span, message, &name);
                continue;
            }
            // Of these the engine takes what is missing for null, which is unlike anything.
            let message = format!("The rule holds of every answer that has no `{name}`.");
            let help =
                format!("`{name} != null && …` does not hold without it; or say what it is, not what it is not.");
            self.report.push(Diagnostic::new(Code::FailureAbsent, span, message).help(help));
        }
    }

    fn undecided(&mut self, span: Span, message: String, name: &str) {
        let help = format!(
            "Where a rule cannot be decided, the call fails. `has({name}) && …` does not hold without it; `{name} == null || …` does."
        );
        self.report.push(Diagnostic::new(Code::FailureAbsent, span, message).help(help));
    }

    /// What a sample lacks of a path; none if it has it all, or is not known to lack it.
    fn lack(&self, mut shape: &Shape, path: &Path) -> Option<Lack> {
        if path.part != Var::AnswerBody {
            return None;
        }
        for (at, name) in path.names.iter().enumerate() {
            let missing = || Path { names: path.names.get(..=at).unwrap_or_default().to_vec(), ..path.clone() };
            match shape {
                Shape::Record(members) => match members.get(self.text_of(*name)) {
                    Some(member) => shape = member,
                    None => return Some(Lack::Member(missing())),
                },
                Shape::List(_) => return Some(Lack::List(missing())),
                Shape::Any | Shape::Mixed | Shape::Scalar(_) | Shape::Either(_) => return None,
            }
        }
        None
    }

    fn text_of(&self, name: NameId) -> &str {
        self.bundle.names.get(usize::try_from(name).unwrap_or(usize::MAX)).map_or("", |name| &name.text)
    }

    fn written_path(&self, path: &Path) -> String {
        let part = match path.part {
            Var::AnswerResult => "result",
            Var::AnswerFault => "fault",
            Var::AnswerHeaders => "headers",
            Var::AnswerRoot => "root",
            _ => "body",
        };
        path.names.iter().fold(part.to_owned(), |written, name| {
            let name = self.text_of(*name);
            let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if is_plain { format!("{written}.{name}") } else { format!("{written}['{name}']") }
        })
    }
}
