//! The answer's tree, proved against the contract while it is lowered.

use std::collections::BTreeSet;

use adapter_core::bundle::{Expr, TableIndex};
use adapter_core::bundle::{Function, TextId};
use adapter_core::contract::{Answer, Field, Fit, Given, How, Kept, Kind, List, Maker, Object, Operation, fit};
use adapter_core::value::Number;

use super::Check;
use super::cx::Cx;
use super::types::Ty;
use crate::cel::Template;
use crate::diagnostic::{Code, Diagnostic};
use crate::model;
use crate::source::Span;
use crate::suggest;
use crate::yaml::{Node, Scalar, Value};

impl Check<'_> {
    /// The answer of an operation: a record with the contract's members, but for those the engine fills in.
    pub(super) fn answer(&mut self, node: &Node, operation: &'static Operation, cx: &Cx) -> Expr {
        match operation.answer {
            Answer::Record(_) if model::is_block(node) => {
                let message = format!("The answer of {} is a record, not a list.", operation.name);
                let help = "Put the block under the member it fills.";
                self.report.push(Diagnostic::new(Code::AnswerType, node.span, message).help(help));
                Expr::Null
            }
            Answer::Record(object) => self.answer_object(node, object, operation.name, cx).0,
            Answer::List(list) => self.answer_list(node, list.items, operation.name, cx).0,
        }
    }

    pub(super) fn answer_object(&mut self, node: &Node, object: &'static Object, what: &str, cx: &Cx) -> (Expr, Ty) {
        let nothing = (Expr::Null, Ty::Unknown);
        match &node.value {
            Value::Map(_) if model::is_block(node) => {
                let message = format!("`{what}` is one record, not a list.");
                self.error(Code::AnswerType, node.span, message);
                nothing
            }
            Value::Map(entries) => {
                let mut lowered = Vec::with_capacity(entries.len());
                let mut fields = Vec::with_capacity(entries.len());
                for entry in entries {
                    let Some(field) = self.answer_field(&entry.key.text, entry.key.span, object, what) else {
                        continue;
                    };
                    let (expr, ty) = self.answer_value(&entry.value, field, cx);
                    lowered.push((self.name(field.name), expr));
                    fields.push((field.name.to_owned(), ty));
                }
                let span = entries.first().map_or(node.span, |e| e.key.span);
                let names: Vec<&str> = entries.iter().map(|e| e.key.text.as_str()).collect();
                self.answer_complete(&names, object, what, span);
                (Expr::Record(lowered), Ty::Record(fields.into(), Vec::new()))
            }
            Value::Scalar(scalar) => {
                let (expr, ty) = self.leaf(scalar, cx);
                self.record_fits(&ty, object, what, scalar.span);
                (expr, ty)
            }
            Value::List(_) => {
                let message = format!("`{what}` is one record, not a list.");
                self.error(Code::AnswerType, node.span, message);
                nothing
            }
        }
    }

    /// A member of the answer by its name.
    fn answer_field(&mut self, name: &str, span: Span, object: &'static Object, what: &str) -> Option<&'static Field> {
        let found = object.field(name).map(|(_, field)| field).or_else(|| object.fact(name));
        let (message, help) = match found {
            Some(field) => match engine_fills(field) {
                Some(help) => (format!("`{name}` is not written in the answer."), help),
                None => return found,
            },
            None => {
                let names: Vec<&str> = object
                    .fields
                    .iter()
                    .chain(object.facts)
                    .filter(|f| engine_fills(f).is_none())
                    .map(|f| f.name)
                    .collect();
                let help = inner_member(object, name)
                    .or_else(|| suggest::help(name, names.iter().copied()))
                    .unwrap_or_else(|| format!("It has {}.", names.join(", ")));
                let message = if name.starts_with('_') {
                    format!("The contract knows no fact `{name}` of {what}.")
                } else {
                    format!("The contract has no member `{name}` in {what}.")
                };
                (message, help)
            }
        };
        self.report.push(Diagnostic::new(Code::AnswerMember, span, message).help(help));
        None
    }

    fn answer_complete(&mut self, names: &[&str], object: &'static Object, what: &str, span: Span) {
        let lacks = |fields: &'static [Field]| -> Vec<String> {
            fields
                .iter()
                .filter(|f| f.required && engine_fills(f).is_none() && !names.contains(&f.name))
                .map(|f| format!("`{}`", f.name))
                .collect()
        };
        let missing = lacks(object.fields);
        if !missing.is_empty() {
            let message = format!("The contract requires {} in {what}.", missing.join(", "));
            self.error(Code::AnswerMissing, span, message);
        }
        let facts = lacks(object.facts);
        if !facts.is_empty() {
            let message = format!("A rule of the contract needs the fact {} of {what}.", facts.join(", "));
            let help = "Write it beside the members: the rule looks at it, and it is never sent.";
            self.report.push(Diagnostic::new(Code::AnswerMissing, span, message).help(help));
        }
    }

    fn answer_value(&mut self, node: &Node, field: &'static Field, cx: &Cx) -> (Expr, Ty) {
        match field.kind {
            Kind::Object(object) => self.answer_object(node, object, field.name, cx),
            Kind::List(list) => self.answer_list(node, list.items, field.name, cx),
            _ => match &node.value {
                Value::Scalar(scalar) => self.answer_leaf(scalar, field, cx),
                _ => {
                    let message = format!("`{}` holds a single value, not {}.", field.name, node.kind());
                    let help = node.braced().map(|inner| format!("Did you mean \"${{{inner}}}\"?"));
                    self.report.push(Diagnostic::new(Code::AnswerType, node.span, message).maybe_help(help));
                    (Expr::Null, Ty::Unknown)
                }
            },
        }
    }

    fn answer_list(&mut self, node: &Node, items: &'static Object, what: &str, cx: &Cx) -> (Expr, Ty) {
        match &node.value {
            Value::Map(_) if model::is_block(node) => {
                let Some(block) = model::block(self.report, node) else { return (Expr::Null, Ty::Unknown) };
                self.block(&block, cx, &mut |check: &mut Self, node, cx| check.answer_object(node, items, what, cx))
            }
            Value::List(elements) => {
                let lowered = elements.iter().map(|e| self.answer_object(e, items, what, cx).0).collect();
                (Expr::List(lowered), Ty::List(Box::new(Ty::any())))
            }
            Value::Scalar(scalar) => {
                let (expr, ty) = self.leaf(scalar, cx);
                match &ty {
                    Ty::List(element) => self.record_fits(element, items, what, scalar.span),
                    Ty::Null | Ty::Unknown => {}
                    other => {
                        let message = format!("`{what}` is a list of records; this is {}.", other.name());
                        self.error(Code::AnswerType, scalar.span, message);
                    }
                }
                (expr, ty)
            }
            Value::Map(_) => {
                let message = format!("`{what}` is a list: write a block with `for` and `each`.");
                self.error(Code::AnswerType, node.span, message);
                (Expr::Null, Ty::Unknown)
            }
        }
    }

    /// Whether a record made elsewhere has the members it must have and no others.
    fn record_fits(&mut self, ty: &Ty, object: &'static Object, what: &str, span: Span) {
        match ty {
            Ty::Record(fields, _) => {
                for (name, ty) in fields.iter() {
                    if let Some(field) = self.answer_field(name, span, object, what) {
                        self.fits(ty, field, span);
                    }
                }
                let names: Vec<&str> = fields.iter().map(|(n, _)| n.as_str()).collect();
                self.answer_complete(&names, object, what, span);
            }
            Ty::Unknown => {}
            other => {
                let message = format!("`{what}` needs a record with the contract's members; this is {}.", other.name());
                let help = "Write its members out: nothing of a system's record is passed on unseen.";
                self.report.push(Diagnostic::new(Code::AnswerType, span, message).help(help));
            }
        }
    }

    fn answer_leaf(&mut self, scalar: &Scalar, field: &'static Field, cx: &Cx) -> (Expr, Ty) {
        if scalar.is_absent() || (scalar.plain && scalar.text == "null") {
            if !field.nullable {
                let message = format!("`{}` may not be null.", field.name);
                let help =
                    (!field.required).then(|| "Leave it out: a member that is not written is not sent.".to_owned());
                self.report.push(Diagnostic::new(Code::AnswerValue, scalar.span, message).maybe_help(help));
            }
            return (Expr::Null, Ty::Null);
        }
        match self.template(scalar, cx) {
            None => (Expr::Null, Ty::Unknown),
            Some(Template::Text(text)) => match self.literal(&text, field, scalar.span) {
                Some(Expr::Int(n)) => (Expr::Int(n), Ty::Int),
                Some(expr @ Expr::Dec { .. }) => (expr, Ty::Number),
                Some(expr @ Expr::Bool(_)) => (expr, Ty::Bool),
                Some(expr) => (expr, Ty::Text),
                None => (Expr::Null, Ty::Unknown),
            },
            Some(_) => {
                let (expr, ty) = self.leaf(scalar, cx);
                self.fits(&ty, field, scalar.span);
                self.codes_fit(&expr, field, scalar.span);
                self.literals_fit(&expr, field, scalar.span);
                (expr, ty)
            }
        }
    }

    /// A written value.
    fn literal(&mut self, text: &str, field: &'static Field, span: Span) -> Option<Expr> {
        match fit(&field.kind, Given::Text(text), How::Written) {
            Ok(Fit::Number(Number::Int(n))) => Some(Expr::Int(n)),
            Ok(Fit::Number(Number::Dec(n))) => Some(Expr::Dec { mantissa: n.mantissa, scale: n.scale }),
            Ok(Fit::Bool(is)) => Some(Expr::Bool(is)),
            // A date stays the text that it is.
            Ok(Fit::Same | Fit::Part(_) | Fit::Text(_) | Fit::Date(_)) => Some(self.text(text)),
            Err(misfit) => {
                let message = format!("`{}` cannot be `{text}`: {}.", field.name, misfit.words());
                let help = match field.kind {
                    Kind::Enum(words) => suggest::help(text, words.iter().copied()),
                    _ => None,
                };
                self.report.push(Diagnostic::new(Code::AnswerValue, span, message).maybe_help(help));
                None
            }
        }
    }

    /// Whether values of a type can become the member's without loss.
    fn fits(&mut self, ty: &Ty, field: &'static Field, span: Span) {
        let fits = match (&field.kind, ty) {
            (_, Ty::Unknown | Ty::Null) => true,
            (Kind::Object(_), Ty::Record(..)) | (Kind::List(_), Ty::List(_)) => true,
            (Kind::Object(_) | Kind::List(_), _) => false,
            (_, Ty::Dyn(_)) => true,
            (Kind::Text { .. }, Ty::Text | Ty::Int | Ty::Number | Ty::Date) => true,
            (Kind::Enum(_), Ty::Text | Ty::Int | Ty::Number) => true,
            (Kind::Int { .. }, Ty::Int | Ty::Number | Ty::Text) => true,
            (Kind::Number { .. }, Ty::Int | Ty::Number | Ty::Text) => true,
            (Kind::Bool, Ty::Bool) => true,
            (Kind::Date, Ty::Date | Ty::Text) => true,
            (Kind::Year, Ty::Int | Ty::Number | Ty::Text) => true,
            _ => false,
        };
        if !fits {
            let message = format!("`{}` is {}; this is {}.", field.name, field.kind.noun(), ty.name());
            let help = match (&field.kind, ty) {
                (Kind::Year, Ty::Date) => Some("`startYear(…)` gives it for a date."),
                (Kind::List(_) | Kind::Object(_), _) => None,
                (_, Ty::List(_)) => Some("Take one (`[0]`, `.one()`), or make one text of all: `.join(',')`."),
                (_, Ty::Record(..) | Ty::Row(_)) => Some("Take one of its members: `a.name`."),
                _ => None,
            };
            self.report.push(Diagnostic::new(Code::AnswerType, span, message).maybe_help(help.map(str::to_owned)));
        }
    }

    /// Texts written inside the expression.
    fn literals_fit(&mut self, expr: &Expr, field: &'static Field, span: Span) {
        let mut possible = Possible::default();
        possible.add(expr, &self.bundle.lets);
        for id in possible.texts {
            let text = self.bundle.texts.get(id.at()).cloned().unwrap_or_default();
            self.literal(&text, field, span);
        }
        for n in possible.ints {
            self.literal(&n.to_string(), field, span);
        }
    }

    /// Code tables that feed an enum give nothing outside it, and say what they do not know.
    fn codes_fit(&mut self, expr: &Expr, field: &'static Field, span: Span) {
        let words = match field.kind {
            Kind::Enum(words) => words,
            Kind::Text { pattern: Some(_), .. } => &[],
            _ => return,
        };
        if !words.is_empty()
            && let Expr::If { then, otherwise, .. } = expr
            && matches!((&**then, &**otherwise), (Expr::Text(_), Expr::Text(_)))
        {
            let message = "Where the value looked at is missing, the second branch is answered.";
            let help = "A table says what each code means, and nothing (null) for what it does not know.";
            self.report.push(Diagnostic::new(Code::AnswerTernary, span, message).help(help));
        }
        let mut possible = Possible::default();
        possible.add(expr, &self.bundle.lets);
        for index in possible.tables {
            let place = self.table_order.get(index.at()).copied();
            let Some(table) = place.and_then(|p| self.tables.get(p)) else { continue };
            let Some(column) = table.single else { continue };
            let values: BTreeSet<&str> = table
                .rows
                .iter()
                .filter_map(|row| row.get(column)?.as_deref())
                .chain(table.default.as_deref())
                .collect();
            let breaks = |text: &str| fit(&field.kind, Given::Text(text), How::Written).is_err();
            let outside: Vec<String> =
                values.into_iter().filter(|v| breaks(v)).take(5).map(|v| format!("`{v}`")).collect();
            let failing = matches!(expr, Expr::Function { function: Function::Must, .. });
            let silent = !failing && !words.is_empty() && table.default.is_none() && !table.null_is_meant;
            let name = table.name.clone();
            if !outside.is_empty() {
                let (gives, may_be) = (outside.join(", "), may_be(&field.kind));
                let message = format!("The table `{}` gives {gives}; `{}` {may_be}.", name.text, field.name);
                self.report.push(Diagnostic::new(Code::AnswerCodes, span, message).also(name.span, "the table"));
            }
            if silent {
                let message = format!("A code that the table `{}` does not know gives no `{}`.", name.text, field.name);
                let drops = self.operation.and_then(|o| o.rules().find(|r| matches!(r.kept, Kept::Drop { .. })));
                let whole = self.operation.is_some_and(|o| o.rules().any(|r| matches!(r.kept, Kept::Whole { .. })));
                let fate = match (field.required, field.nullable, drops) {
                    (true, _, Some(rule)) => format!("The item then falls out of the answer ({}).", rule.id),
                    (true, _, None) if whole => "The answer then fails; with `must(…)` that is said.".to_owned(),
                    (true, _, None) => "The item then lacks what it must have.".to_owned(),
                    (false, true, _) => "The member is then null.".to_owned(),
                    (false, false, _) => "The member is then left out.".to_owned(),
                };
                let help = format!("{fate} If that is meant, write `default: none` at the table.");
                self.report
                    .push(Diagnostic::new(Code::AnswerPartial, span, message).also(name.span, "the table").help(help));
            }
        }
    }
}

/// What a member with few values may be.
fn may_be(kind: &Kind) -> String {
    match kind {
        Kind::Text { pattern: Some(pattern), .. } => format!("cannot be that: {}", pattern.words()),
        kind => format!("is {}", kind.words()),
    }
}

/// Of what the engine makes a member itself; none for those that the mapping writes.
fn engine_fills(field: &Field) -> Option<String> {
    match field.made_by {
        Maker::Mapping => None,
        Maker::Person => Some("It is made of `student.person`.".to_owned()),
        Maker::Pages => Some("Pages and their cursors are the engine's.".to_owned()),
        Maker::Rule(rule) => Some(format!("It is made by the contract's rule {rule}.")),
    }
}

/// Where a member stands that was written a level too high.
fn inner_member(object: &Object, name: &str) -> Option<String> {
    object.fields.iter().find_map(|field| match field.kind {
        Kind::Object(inner) | Kind::List(List { items: inner, .. }) => inner
            .fields
            .iter()
            .chain(inner.facts)
            .any(|f| f.name == name)
            .then(|| format!("It belongs into `{}`.", field.name)),
        _ => None,
    })
}

/// What an expression's value may be, as far as it is written.
#[derive(Default)]
struct Possible {
    texts: BTreeSet<TextId>,
    ints: BTreeSet<i64>,
    tables: BTreeSet<TableIndex>,
}

impl Possible {
    fn add(&mut self, expr: &Expr, lets: &[adapter_core::bundle::Let]) {
        match expr {
            Expr::Text(id) => {
                self.texts.insert(*id);
            }
            Expr::Int(n) => {
                self.ints.insert(*n);
            }
            Expr::Table { table, .. } => {
                self.tables.insert(*table);
            }
            Expr::If { then, otherwise, .. } => {
                self.add(then, lets);
                self.add(otherwise, lets);
            }
            Expr::With { body, .. } => self.add(body, lets),
            Expr::Let(index) => {
                // A value uses values before it only: this ends.
                if let Some(value) = lets.get(index.at()) {
                    self.add(&value.value, lets.get(..index.at()).unwrap_or_default());
                }
            }
            Expr::Function { function: Function::Coalesce, args } => args.iter().for_each(|a| self.add(a, lets)),
            Expr::Function { function: Function::Must, args } | Expr::Function { function: Function::NullIf, args } => {
                args.iter().take(1).for_each(|a| self.add(a, lets));
            }
            _ => {}
        }
    }
}
