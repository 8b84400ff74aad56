//! Calls of functions, methods, tables and values with arguments.

use std::ops::Range;

use adapter_core::bundle::Decode;
use adapter_core::bundle::Expr;
use adapter_core::bundle::{Arity, FORMS, FUNCTIONS, Form, Function, Signature, Type};

use super::Check;
use super::cx::{Cx, Origined};
use super::defs::{What, count};
use super::scope::{Binding, Scope};
use super::types::Ty;
use crate::cel::{Kind, Node, Word};
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::source::Span;
use crate::suggest;

/// Functions of CEL that the language leaves out.
const LEFT_OUT: &[&str] = &[
    "timestamp",
    "duration",
    "bytes",
    "uint",
    "bool",
    "dyn",
    "type",
    "getFullYear",
    "getMonth",
    "getDate",
    "getHours",
    "exists_one",
    "existsOne",
];

/// A call as written.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub name: &'a Word,
    pub target: Option<&'a Node>,
    pub args: &'a [Node],
    pub at: &'a Range<usize>,
}

impl Check<'_> {
    pub(super) fn call(&mut self, call: Written<'_>, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let nothing = (Expr::Null, Ty::Unknown);
        let name = call.name.text.as_str();
        let span = origin.span(&call.name.at);
        if let Some(target) = call.target {
            if name == "rows"
                && let Some(table) = target.as_name().and_then(|n| self.table_named(n, cx))
            {
                return self.table(table, true, call, origin, cx);
            }
        } else {
            if name == "has" {
                return self.has(call, origin, cx);
            }
            if let Some(table) = self.table_named(name, cx) {
                return self.table(table, false, call, origin, cx);
            }
            if let Some((Binding::Def(id), _)) = cx.scope.find(name) {
                let arguments: Vec<(Expr, Ty)> = call.args.iter().map(|a| self.expr(a, origin, cx)).collect();
                match self.defs.get(id).map(|d| &d.what) {
                    Some(What::Given(_)) => return self.inline(id, origin.span(call.at), arguments),
                    Some(What::Broken) => return nothing,
                    _ => {}
                }
                let message = format!("`{name}` takes no arguments.");
                self.report
                    .push(Diagnostic::new(Code::FunctionArguments, span, message).help(format!("Write `{name}`.")));
                return nothing;
            }
        }
        if let Some(form) = Form::find(name, call.target.is_some()) {
            return self.form(form, call, origin, cx);
        }
        // CEL has `size` both ways.
        let found = Function::find(name, call.target.is_some())
            .or_else(|| Function::find(name, false).filter(|s| s.function == Function::Size));
        match found {
            Some(signature) => self.function(signature, call, origin, cx),
            None => {
                // The arguments may have mistakes of their own; a name in front may be one that the method binds.
                let scope = Scope::inside(&cx.scope);
                if let [variable, _, ..] = call.args
                    && let Some(name) = variable.as_name()
                    && call.target.is_some()
                    && cx.scope.find(name).is_none()
                {
                    let slot = self.slot(name, span);
                    scope.bind(name, Binding::Local(slot, Ty::Unknown), span);
                }
                for node in call.target.into_iter().chain(call.args) {
                    self.expr(node, origin, &cx.scoped(&scope));
                }
                self.unknown_function(call, span);
                nothing
            }
        }
    }

    fn unknown_function(&mut self, call: Written<'_>, span: Span) {
        let name = call.name.text.as_str();
        let method = call.target.is_some();
        let diagnostic = if LEFT_OUT.contains(&name) {
            let message = format!("CEL has `{name}`, the mapping language leaves it out.");
            let help = foreign::function(name).map(str::to_owned);
            Diagnostic::new(Code::ExprForm, span, message).maybe_help(help)
        } else if Function::find(name, !method).is_some() {
            let (message, help) = if !method {
                (format!("`{name}` is a method."), format!("Write `value.{name}(…)`."))
            } else {
                (format!("`{name}` is not a method."), format!("Write `{name}(…)`."))
            };
            Diagnostic::new(Code::FunctionUnknown, span, message).help(help)
        } else if let Some(other) = Form::find(name, !method) {
            let message = if other.method {
                let receiver = other.written.split('.').next().unwrap_or_default();
                format!("`{name}` is a method of {receiver}s.")
            } else {
                format!("`{name}` is not a method.")
            };
            Diagnostic::new(Code::FunctionUnknown, span, message).help(format!("Write `{}`.", other.written))
        } else {
            let message = if method {
                format!("There is no method `{name}`.")
            } else {
                format!("There is no function `{name}`, nor a table or a value with arguments.")
            };
            let known = FUNCTIONS.iter().map(|f| f.signature()).filter(|s| s.method == method).map(|s| s.name);
            let forms = FORMS.iter().filter(|f| f.method == method).map(|f| f.name);
            let elsewhere = foreign::function(name).map(str::to_owned);
            let help = elsewhere.or_else(|| suggest::help(name, known.chain(forms)));
            let own = matches!(name, "today" | "now").then(|| format!("It is a name: write `{name}`."));
            Diagnostic::new(Code::FunctionUnknown, span, message).maybe_help(own.or(help))
        };
        self.report.push(diagnostic);
    }

    fn function(&mut self, signature: &Signature, call: Written<'_>, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let nodes: Vec<&Node> = call.target.into_iter().chain(call.args).collect();
        let parameters = signature.params.len();
        let (least, most) = match signature.arity {
            Arity::Exact => (parameters, Some(parameters)),
            Arity::Optional => (parameters.saturating_sub(1), Some(parameters)),
            Arity::Many => (parameters.saturating_sub(1).max(1), None),
        };
        let mut args = Vec::with_capacity(nodes.len());
        let mut types = Vec::with_capacity(nodes.len());
        let outside = self.reads.place;
        self.reads.place.is_spared |= signature.function == Function::Coalesce;
        self.reads.place.is_watched |= signature.function == Function::Must;
        for (i, node) in nodes.iter().enumerate() {
            let (expr, ty) = self.expr(node, origin, cx);
            if let Some(wanted) = signature.params.get(i).or(signature.params.last()) {
                self.argument(signature.name, *wanted, &ty, origin.span(&node.at));
                self.list_argument(signature.function, *wanted, &ty);
            }
            args.push(expr);
            types.push(ty);
        }
        self.reads.place = outside;
        if nodes.len() < least || most.is_some_and(|m| nodes.len() > m) {
            let receiver = usize::from(call.target.is_some());
            let (least, given) = (least.saturating_sub(receiver), nodes.len().saturating_sub(receiver));
            let wanted = match most.map(|m| m.saturating_sub(receiver)) {
                Some(most) if most == least => count(least),
                Some(most) => format!("{least} to {}", count(most)),
                None => format!("at least {}", count(least)),
            };
            let message = format!("`{}` takes {wanted}, not {given}.", signature.name);
            let help = format!("For example {}.", signature.example.0);
            self.report.push(Diagnostic::new(Code::FunctionArguments, origin.span(call.at), message).help(help));
            return (Expr::Null, Ty::Unknown);
        }
        self.formats_of_dates(signature.function, &args, &nodes, origin);
        if let (Function::Grade, Some(honours)) = (signature.function, args.get_mut(1)) {
            unflagged(honours);
        }
        let ty = self.result(signature, &types, origin.span(call.at));
        self.joined_in_order(signature.function, &args, origin.span(&call.name.at));
        if signature.function == Function::List
            && let ([one], Some(of)) = (types.as_slice(), args.pop())
        {
            return (self.listed(of, one), ty);
        }
        if let (Function::Shift, Some(instant)) = (signature.function, self.instant_in_days(&args)) {
            return (instant, ty);
        }
        (Expr::Function { function: signature.function, args }, ty)
    }

    /// Notes what is read as a list.
    fn list_argument(&mut self, function: Function, wanted: Type, ty: &Ty) {
        let is_sized = function == Function::Size && self.sampled_class(ty).is_none();
        match function {
            Function::Record if wanted == Type::List => self.reads.by_place.extend(ty.origins().iter().cloned()),
            _ if wanted == Type::List || is_sized => self.reads.list(ty),
            _ => {}
        }
    }

    pub(super) fn argument(&mut self, function: &str, wanted: Type, ty: &Ty, span: Span) {
        if wanted == Type::List && self.is_one_record(ty) {
            self.iterated(ty, span);
            return;
        }
        // In XML and CSV every scalar is a text.
        let scalar = self.as_scalar(ty);
        let ty = if matches!(wanted, Type::Any | Type::List | Type::Record) { ty } else { &scalar };
        let fits = match (wanted, ty) {
            (_, Ty::Unknown | Ty::Null | Ty::Dyn(_)) | (Type::Any, _) => true,
            (Type::Scalar, ty) => ty.is_scalar(),
            (Type::Text, ty) => *ty == Ty::Text,
            (Type::Int, ty) => matches!(ty, Ty::Int | Ty::Number),
            (Type::Number, ty) => matches!(ty, Ty::Int | Ty::Number),
            (Type::Bool, ty) => *ty == Ty::Bool,
            (Type::Date, ty) => *ty == Ty::Date,
            (Type::List, ty) => matches!(ty, Ty::List(_)),
            (Type::Record, ty) => matches!(ty, Ty::Record(..) | Ty::Index(_)),
            (Type::IntOrDate, ty) => matches!(ty, Ty::Int | Ty::Number | Ty::Date),
            (Type::TextOrDate, ty) => matches!(ty, Ty::Text | Ty::Date),
        };
        if fits {
            return;
        }
        let needed = match wanted {
            Type::Text => "a text",
            Type::Int => "a whole number",
            Type::Number => "a number",
            Type::Bool => "true or false",
            Type::Date => "a date",
            Type::List => "a list",
            Type::Record => "a record",
            Type::IntOrDate => "a whole number or a date",
            Type::TextOrDate => "a text or a date",
            Type::Any => "a value",
            Type::Scalar => "a text, number, date or bool",
        };
        let message = format!("`{function}` needs {needed} here; this is {}.", ty.name());
        let help = match (wanted, ty) {
            (Type::TextOrDate, Ty::Int | Ty::Number) if function == "date" => Some(
                "`romeDate(…)` makes a date of a number of milliseconds, `romeDate(…, 's')` of seconds; `date(string(…))` \
                 of digits.",
            ),
            (Type::Text | Type::TextOrDate, Ty::Int | Ty::Number) => Some("`string(…)` makes a text of a number."),
            (Type::IntOrDate, Ty::Text) => Some("`date(…)` makes a date of a text, `int(…)` a whole number."),
            (Type::Number | Type::Int, Ty::Text) => Some("`num(…)` makes a number of a text."),
            (Type::Date, Ty::Text) => Some("`date(…)` makes a date of a text."),
            (Type::List, Ty::Record(..) | Ty::Index(_)) => {
                Some("`entries(…)` makes a list of a record's members, `list(…)` a list of one.")
            }
            (Type::List, _) => Some("`list(…)` makes a list of one."),
            _ => None,
        };
        self.report.push(Diagnostic::new(Code::TypeMismatch, span, message).maybe_help(help.map(str::to_owned)));
    }

    fn result(&mut self, signature: &Signature, types: &[Ty], at: Span) -> Ty {
        let first = types.first().cloned().unwrap_or(Ty::Null);
        let element = first.element().unwrap_or(Ty::Unknown);
        match signature.function {
            Function::Coalesce => types.iter().cloned().reduce(Ty::join).unwrap_or(Ty::Null),
            Function::Must => first,
            Function::NullIf => {
                for ty in types {
                    if !matches!(ty, Ty::Text | Ty::Int | Ty::Number | Ty::Bool | Ty::Date | Ty::Null) {
                        self.keep_whole(ty);
                    }
                }
                // Against written values no record can be equal, whatever was kept of it.
                first
            }
            Function::List => match first {
                Ty::List(_) => first,
                Ty::Dyn(origins) => {
                    let elements = origins.iter().flat_map(|o| [o.element(), o.as_element()]);
                    let mut elements: Vec<_> = elements.collect();
                    elements.sort_unstable();
                    elements.dedup();
                    // What hangs on an element is a list or one record; either way its records are the call's.
                    elements.retain(|o| !matches!(o, super::types::Origin::Hung(_)));
                    Ty::List(Box::new(Ty::Dyn(elements)))
                }
                other => Ty::List(Box::new(other)),
            },
            Function::One | Function::Min | Function::Max => element,
            Function::Distinct => {
                self.keep_whole(&element);
                Ty::List(Box::new(element))
            }
            Function::Sum => {
                if !matches!(self.as_scalar(&element), Ty::Int | Ty::Number | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
                    let message = format!("`sum` adds numbers; these are {}s.", plain(self.as_scalar(&element).name()));
                    let help = "Read them first: `xs.map(x, num(x)).sum()`.";
                    self.report.push(Diagnostic::new(Code::TypeMismatch, at, message).help(help));
                }
                if element == Ty::Int { Ty::Int } else { Ty::Number }
            }
            Function::Term => {
                let fields = ["start", "end"].map(|name| (name.to_owned(), Ty::Date));
                Ty::Record(fields.to_vec().into(), Vec::new())
            }
            Function::IseeBands => {
                let fields = [
                    ("isee_min_value", Ty::Int),
                    ("isee_max_value", Ty::Int),
                    ("enrollment_count", Ty::Int),
                    ("range_description", Ty::Text),
                ];
                let fields: Vec<_> = fields.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
                Ty::List(Box::new(Ty::Record(fields.into(), Vec::new())))
            }
            Function::Entries => {
                self.keep_whole(&first);
                self.reads.open.extend(first.origins().iter().cloned());
                let value = match &first {
                    Ty::Index(element) => (**element).clone(),
                    Ty::Record(fields, _) => {
                        fields.iter().map(|(_, ty)| ty.clone()).reduce(Ty::join).unwrap_or(Ty::Null)
                    }
                    other => self.any_value(other),
                };
                if self.format(&first) == Some(Decode::Xml) {
                    let message = "The children of an element are no entries: one name may stand there several times.";
                    let help = "Name the children: `a.B`; iterated it is all that have the name.";
                    self.report.push(Diagnostic::new(Code::TypeMismatch, at, message).help(help));
                }
                let fields = vec![("key".to_owned(), Ty::Text), ("value".to_owned(), value)];
                Ty::List(Box::new(Ty::Record(fields.into(), Vec::new())))
            }
            Function::Pairs | Function::ToXml => {
                self.keep_whole(&first);
                Ty::Text
            }
            _ => match signature.result {
                Type::Text => Ty::Text,
                Type::Int => Ty::Int,
                Type::Number => Ty::Number,
                Type::Bool => Ty::Bool,
                Type::Date => Ty::Date,
                Type::List => Ty::List(Box::new(Ty::any())),
                Type::IntOrDate | Type::TextOrDate | Type::Record | Type::Scalar | Type::Any => Ty::any(),
            },
        }
    }

    fn has(&mut self, call: Written<'_>, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let wrong = |check: &mut Self| {
            let message = "`has` takes one member: `has(a.b)`.";
            check.error(Code::FunctionArguments, origin.span(call.at), message);
            (Expr::Null, Ty::Unknown)
        };
        let [argument] = call.args else { return wrong(self) };
        let Kind::Member { of, name } = &argument.kind else { return wrong(self) };
        let (expr, ty) = self.expr(of, origin, cx);
        self.reads.asked(&ty, &name.text);
        self.member_type(&ty, &name.text, origin.span(&name.at));
        let name = self.name(&name.text);
        (Expr::Has { of: Box::new(expr), name }, Ty::Bool)
    }

    fn table_named(&self, name: &str, cx: &Cx) -> Option<usize> {
        let (Binding::Def(id), _) = cx.scope.find(name)? else { return None };
        match self.defs.get(id)?.what {
            What::Table(_) => Some(id),
            _ => None,
        }
    }

    fn table(&mut self, id: usize, rows: bool, call: Written<'_>, origin: Origined<'_>, cx: &Cx) -> (Expr, Ty) {
        let mut keys = Vec::with_capacity(call.args.len());
        for node in call.args {
            let (expr, ty) = self.expr(node, origin, cx);
            if !matches!(ty, Ty::Text | Ty::Int | Ty::Number | Ty::Date | Ty::Dyn(_) | Ty::Null | Ty::Unknown) {
                let message = format!("A table is looked up by text or number; this is {}.", ty.name());
                self.error(Code::TypeMismatch, origin.span(&node.at), message);
            }
            keys.push(expr);
        }
        let Some(def) = self.defs.get_mut(id) else { return (Expr::Null, Ty::Unknown) };
        def.used = true;
        let (What::Table(table), name) = (def.what.clone(), def.name.clone()) else { return (Expr::Null, Ty::Unknown) };
        let Some(data) = self.tables.get_mut(table) else { return (Expr::Null, Ty::Unknown) };
        if data.broken {
            return (Expr::Null, Ty::Unknown);
        }
        if data.keys.len() != keys.len() {
            let columns = data.key_names().join(", ");
            let wanted = count(data.keys.len());
            let message =
                format!("The table `{}` is looked up by {wanted} ({columns}), not {}.", name.text, keys.len());
            let at = origin.span(call.at);
            self.report.push(Diagnostic::new(Code::FunctionArguments, at, message).also(name.span, "defined here"));
            return (Expr::Null, Ty::Unknown);
        }
        if rows {
            data.asked_for_rows = true;
        } else {
            data.asked_for_one = true;
        }
        let (single, fold) = (data.single.is_some(), data.fold);
        if fold {
            // Numbers may be keys, too.
            let call = |function, of| Expr::Function { function, args: vec![of] };
            let folded = |key| call(Function::Fold, call(Function::String, key));
            keys = keys.into_iter().map(folded).collect();
        }
        let index = self.table_index(table);
        let found = if single { Ty::Text } else { Ty::Row(vec![table]) };
        if rows {
            (Expr::TableRows { table: index, keys }, Ty::List(Box::new(found)))
        } else {
            (Expr::Table { table: index, keys }, found)
        }
    }
}

/// `grade(a, flag(b))` as `grade(a, b)`, which reads `b` in the same way: a null of `flag` would no longer say whether
/// nothing was there or nothing was understood.
fn unflagged(honours: &mut Expr) {
    if let Expr::Function { function: Function::Flag, args } = honours
        && let Some(of) = args.pop()
    {
        *honours = of;
    }
}

/// `a text` → `text`.
fn plain(name: &str) -> &str {
    name.strip_prefix("a ").unwrap_or(name)
}
