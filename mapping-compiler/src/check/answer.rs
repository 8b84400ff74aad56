//! The answer's tree, proved against the contract while it is lowered.

use std::collections::BTreeSet;

use adapter_core::contract::{Field, Kind, Object, Operation};
use adapter_core::expr::functions::Function;
use adapter_core::expr::{Expr, TableIndex};

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
        if model::is_block(node) {
            let message = format!("The answer of {} is a record, not a list.", operation.id);
            let help = "Put the block under the member it fills.";
            self.report.push(Diagnostic::new(Code::AnswerType, node.span, message).help(help));
            return Expr::Null;
        }
        self.answer_object(node, operation.answer, operation.id, cx).0
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
        let found = object.field(name).map(|(_, field)| field);
        let mut diagnostic = match found {
            Some(field) if engine_fills(field) => {
                let message = format!("`{name}` is not written in the answer.");
                Diagnostic::new(Code::AnswerMember, span, message).help("It is made of `student.person`.")
            }
            Some(_) => return found,
            None if name.starts_with('_') => {
                let message = format!("The contract knows no fact `{name}` of {what}.");
                Diagnostic::new(Code::AnswerMember, span, message)
            }
            None => {
                let message = format!("The contract has no member `{name}` in {what}.");
                Diagnostic::new(Code::AnswerMember, span, message)
            }
        };
        if found.is_none() {
            let names: Vec<&str> = object.fields.iter().map(|f| f.name).collect();
            let help =
                suggest::help(name, names.iter().copied()).unwrap_or_else(|| format!("It has {}.", names.join(", ")));
            diagnostic = diagnostic.help(help);
        }
        self.report.push(diagnostic);
        None
    }

    fn answer_complete(&mut self, names: &[&str], object: &'static Object, what: &str, span: Span) {
        let missing: Vec<String> = object
            .fields
            .iter()
            .filter(|f| f.required && !engine_fills(f) && !names.contains(&f.name))
            .map(|f| format!("`{}`", f.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("The contract requires {} in {what}.", missing.join(", "));
            self.error(Code::AnswerMissing, span, message);
        }
    }

    fn answer_value(&mut self, node: &Node, field: &'static Field, cx: &Cx) -> (Expr, Ty) {
        match field.kind {
            Kind::Object(object) => self.answer_object(node, object, field.name, cx),
            Kind::List { items, .. } => self.answer_list(node, items, field, cx),
            _ => match &node.value {
                Value::Scalar(scalar) => self.answer_leaf(scalar, field, cx),
                _ => {
                    let message = format!("`{}` holds a single value, not {}.", field.name, node.kind());
                    self.error(Code::AnswerType, node.span, message);
                    (Expr::Null, Ty::Unknown)
                }
            },
        }
    }

    fn answer_list(&mut self, node: &Node, items: &'static Object, field: &'static Field, cx: &Cx) -> (Expr, Ty) {
        match &node.value {
            Value::Map(_) if model::is_block(node) => {
                let Some(block) = model::block(self.report, node) else { return (Expr::Null, Ty::Unknown) };
                self.block(&block, cx, &mut |check: &mut Self, node, cx| {
                    check.answer_object(node, items, field.name, cx)
                })
            }
            Value::List(elements) => {
                let lowered = elements.iter().map(|e| self.answer_object(e, items, field.name, cx).0).collect();
                (Expr::List(lowered), Ty::List(Box::new(Ty::any())))
            }
            Value::Scalar(scalar) => {
                let (expr, ty) = self.leaf(scalar, cx);
                match &ty {
                    Ty::List(element) => self.record_fits(element, items, field.name, scalar.span),
                    Ty::Null | Ty::Unknown => {}
                    other => {
                        let message = format!("`{}` is a list of records; this is {}.", field.name, other.name());
                        self.error(Code::AnswerType, scalar.span, message);
                    }
                }
                (expr, ty)
            }
            Value::Map(_) => {
                let message = format!("`{}` is a list: write a block with `for` and `each`.", field.name);
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
                self.error(Code::AnswerValue, scalar.span, message);
            }
            return (Expr::Null, Ty::Null);
        }
        match self.template(scalar) {
            None => (Expr::Null, Ty::Unknown),
            Some(Template::Text(text)) => match self.literal(&text, field, scalar.span) {
                Some(Expr::Int(n)) => (Expr::Int(n), Ty::Int),
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
        match breaks(text, field) {
            None => match field.kind {
                Kind::Int { .. } => text.parse().ok().map(Expr::Int),
                _ => Some(self.text(text)),
            },
            Some(why) => {
                let message = format!("`{}` cannot be `{text}`: {why}.", field.name);
                let help = match field.kind {
                    Kind::Enum(words) => suggest::help(text, words.iter().copied()),
                    _ => None,
                };
                self.report.push(Diagnostic::new(Code::AnswerValue, span, message).maybe_help(help));
                None
            }
        }
    }

    /// Whether values of a type can become the member's without loss (mapping-language §8.6).
    fn fits(&mut self, ty: &Ty, field: &'static Field, span: Span) {
        let fits = match (&field.kind, ty) {
            (_, Ty::Unknown | Ty::Null) => true,
            (Kind::Object(_), Ty::Record(..)) | (Kind::List { .. }, Ty::List(_)) => true,
            (Kind::Object(_) | Kind::List { .. }, _) => false,
            (_, Ty::Dyn(_)) => true,
            (Kind::Text { .. }, Ty::Text | Ty::Int | Ty::Number | Ty::Date) => true,
            (Kind::Enum(_), Ty::Text | Ty::Int | Ty::Number) => true,
            (Kind::Int { .. }, Ty::Int | Ty::Number | Ty::Text) => true,
            (Kind::Date, Ty::Date | Ty::Text) => true,
            _ => false,
        };
        if !fits {
            let needed = match field.kind {
                Kind::Text { .. } => "a text",
                Kind::Enum(_) => "one of a few texts",
                Kind::Int { .. } => "a whole number",
                Kind::Date => "a date",
                Kind::Object(_) => "a record",
                Kind::List { .. } => "a list",
            };
            let message = format!("`{}` is {needed}; this is {}.", field.name, ty.name());
            self.error(Code::AnswerType, span, message);
        }
    }

    /// Texts written inside the expression.
    fn literals_fit(&mut self, expr: &Expr, field: &'static Field, span: Span) {
        let mut possible = Possible::default();
        possible.add(expr, &self.bundle.lets);
        for id in possible.texts {
            let text = usize::try_from(id).ok().and_then(|i| self.bundle.texts.get(i)).cloned().unwrap_or_default();
            self.literal(&text, field, span);
        }
        for n in possible.ints {
            self.literal(&n.to_string(), field, span);
        }
    }

    /// Code tables that feed an enum give nothing outside it, and say what they do not know.
    fn codes_fit(&mut self, expr: &Expr, field: &'static Field, span: Span) {
        let Kind::Enum(words) = field.kind else { return };
        if let Expr::If { then, otherwise, .. } = expr
            && matches!((&**then, &**otherwise), (Expr::Text(_), Expr::Text(_)))
        {
            let message = "Where the value looked at is missing, the second branch is answered.";
            let help = "A table says what each code means, and nothing (null) for what it does not know.";
            self.report.push(Diagnostic::new(Code::AnswerTernary, span, message).help(help));
        }
        let mut possible = Possible::default();
        possible.add(expr, &self.bundle.lets);
        for index in possible.tables {
            let place = self.table_order.get(usize::from(index)).copied();
            let Some(table) = place.and_then(|p| self.tables.get(p)) else { continue };
            let Some(column) = table.single else { continue };
            let values: BTreeSet<&str> = table
                .rows
                .iter()
                .filter_map(|row| row.get(column)?.as_deref())
                .chain(table.default.as_deref())
                .collect();
            let outside: Vec<String> =
                values.into_iter().filter(|v| !words.contains(v)).take(5).map(|v| format!("`{v}`")).collect();
            let (name, silent) = (table.name.clone(), table.default.is_none() && !table.null_is_meant);
            if !outside.is_empty() {
                let message = format!(
                    "The table `{}` gives {}; `{}` is one of {}.",
                    name.text,
                    outside.join(", "),
                    field.name,
                    words.join(", ")
                );
                self.report.push(Diagnostic::new(Code::AnswerCodes, span, message).also(name.span, "the table"));
            }
            if silent {
                let message = format!("A code that the table `{}` does not know gives no `{}`.", name.text, field.name);
                let fate = if field.required {
                    "The item then falls out of the answer (IFS02.1-R4)."
                } else {
                    "The member is then null."
                };
                let help = format!("{fate} If that is meant, write `default: none` at the table.");
                self.report
                    .push(Diagnostic::new(Code::AnswerPartial, span, message).also(name.span, "the table").help(help));
            }
        }
    }
}

/// Members of the answer that the engine makes itself.
fn engine_fills(field: &Field) -> bool {
    field.name == "personal_data"
}

/// Why a written value breaks the contract.
fn breaks(text: &str, field: &Field) -> Option<String> {
    match &field.kind {
        Kind::Text { min, max, pattern } => {
            let length = text.chars().count();
            if length < *min || length > *max {
                return Some(format!("it must have {min} to {max} characters"));
            }
            pattern.filter(|p| !p.matches(text)).map(|p| format!("it does not match the contract's pattern ({p:?})"))
        }
        Kind::Enum(words) => (!words.contains(&text)).then(|| format!("it is one of {}", words.join(", "))),
        Kind::Int { min, max } => match text.parse::<i64>() {
            Ok(n) if (*min..=*max).contains(&n) => None,
            Ok(_) => Some(format!("it must lie between {min} and {max}")),
            Err(_) => Some("it must be a whole number".to_owned()),
        },
        Kind::Date => (!is_date(text)).then(|| "it must be a date as YYYY-MM-DD".to_owned()),
        Kind::Object(_) | Kind::List { .. } => Some("it is not a single value".to_owned()),
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |s: &str, digits: usize| {
        (s.len() == digits && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u16>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=longest).contains(&day)
}

/// What an expression's value may be, as far as it is written.
#[derive(Default)]
struct Possible {
    texts: BTreeSet<u32>,
    ints: BTreeSet<i64>,
    tables: BTreeSet<TableIndex>,
}

impl Possible {
    fn add(&mut self, expr: &Expr, lets: &[adapter_core::mapping::bundle::Let]) {
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
                if let Some(value) = lets.get(usize::from(*index)) {
                    self.add(&value.value, lets.get(..usize::from(*index)).unwrap_or_default());
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
