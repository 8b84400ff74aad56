//! Expressions and values as text.

use crate::bundle::{BinaryOp, Embedded, Expr, MacroKind, Slot, TableIndex, TextId, Var};
use crate::note::short;
use crate::plan::Plan;
use crate::value::{Arena, JsonWriter, NameId, Names, Value};

/// Most characters of an expression.
const LONGEST: usize = 120;

/// A value as JSON, of at most so many characters.
pub(super) fn value(plan: &Plan, arena: &Arena, value: Value, most: usize) -> String {
    let mut w = JsonWriter::default();
    match (value, row(plan, arena, value)) {
        (_, Some(cells)) => w.object(|w| {
            for (name, cell) in cells {
                w.name(&name);
                match cell {
                    Some(cell) => w.text(&cell),
                    None => w.null(),
                }
            }
        }),
        (value, None) => w.value(arena, value),
    }
    short(&String::from_utf8_lossy(w.bytes()), most)
}

/// The cells of a table's row.
fn row(plan: &Plan, arena: &Arena, value: Value) -> Option<Vec<(String, Option<String>)>> {
    let Value::Row { table, row } = value else { return None };
    let (table, row) = (plan.table(TableIndex(table)), usize::try_from(row).ok()?);
    let cell = |column: &NameId| table.column(row, *column).map(|text| arena.text(text).to_owned());
    Some(table.columns.iter().map(|c| (name(plan, *c), cell(c))).collect())
}

/// A member's name.
pub(super) fn name(plan: &Plan, id: NameId) -> String {
    Names::new(plan.names()).get(id).to_owned()
}

/// Names that are not in the bundle.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// The variables', by slot.
    pub variables: Vec<String>,
    /// The tables', by place.
    pub tables: Vec<String>,
    /// The request's members, by place.
    pub request: Vec<&'static str>,
}

/// An expression about as it was written.
pub(super) fn expression(plan: &Plan, words: &Words, expr: &Expr) -> String {
    let mut out = String::new();
    Writer { plan, words, out: &mut out }.expr(expr, false);
    short(&out, LONGEST)
}

struct Writer<'w> {
    plan: &'w Plan,
    words: &'w Words,
    out: &'w mut String,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        // Enough to be cut; expressions that definitions have multiplied may be huge.
        if self.out.len() <= LONGEST.saturating_mul(4) {
            self.out.push_str(text);
        }
    }

    fn list(&mut self, items: &[Expr]) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.expr(item, false);
        }
    }

    fn member(&mut self, of: &Expr, name: NameId) {
        self.expr(of, true);
        let name = self::name(self.plan, name);
        if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            self.push(".");
            self.push(&name);
        } else {
            self.push(&["['", &name, "']"].concat());
        }
    }

    fn variable(&mut self, slot: Slot) {
        let words = self.words;
        self.push(words.variables.get(slot.at()).map_or("_", String::as_str));
    }

    fn call(&mut self, name: &str, args: &[Expr]) {
        self.push(name);
        self.push("(");
        self.list(args);
        self.push(")");
    }

    fn binder(&mut self, list: &Expr, name: &str, slot: Slot, bodies: &[&Expr]) {
        self.expr(list, true);
        self.push(&[".", name, "("].concat());
        self.variable(slot);
        for body in bodies {
            self.push(", ");
            self.expr(body, false);
        }
        self.push(")");
    }

    fn pair(&mut self, left: &Expr, operator: &str, right: &Expr, inside: bool) {
        if inside {
            self.push("(");
        }
        self.expr(left, true);
        self.push(&[" ", operator, " "].concat());
        self.expr(right, true);
        if inside {
            self.push(")");
        }
    }

    /// Writes an expression; `inside` another one, where operators need parentheses.
    fn expr(&mut self, expr: &Expr, inside: bool) {
        let plan = self.plan;
        let text = |id: &TextId| plan.written(*id);
        match expr {
            Expr::Null => self.push("null"),
            Expr::Bool(b) => self.push(if *b { "true" } else { "false" }),
            Expr::Int(n) => self.push(&n.to_string()),
            Expr::Dec { mantissa, scale } => self.push(&decimal(*mantissa, *scale)),
            Expr::Text(id) => self.push(&["'", text(id), "'"].concat()),
            Expr::Local(slot) => self.variable(*slot),
            Expr::Call(call) => self.push(&self.plan.call(*call).name),
            Expr::Hung { call, of } => {
                self.expr(of, true);
                self.push(&[".", &self.plan.call(*call).name].concat());
            }
            Expr::Let(index) => self.push(&self.plan.named(*index).name),
            Expr::Var(var) => self.push(var_name(*var)),
            Expr::Request(at) => {
                let name = self.words.request.get(at.at()).copied().unwrap_or_default();
                self.push(&["request.", name].concat());
            }
            Expr::Member { of, name } => self.member(of, *name),
            Expr::Has { of, name } => {
                self.push("has(");
                self.member(of, *name);
                self.push(")");
            }
            Expr::Index { of, at } => {
                self.expr(of, true);
                self.push("[");
                self.expr(at, false);
                self.push("]");
            }
            Expr::Not(of) => {
                self.push("!");
                self.expr(of, true);
            }
            Expr::Neg(of) => {
                self.push("-");
                self.expr(of, true);
            }
            Expr::And(left, right) => self.pair(left, "&&", right, inside),
            Expr::Or(left, right) => self.pair(left, "||", right, inside),
            Expr::Binary { op, left, right } => self.pair(left, operator(*op), right, inside),
            Expr::If { when, then, otherwise } => {
                if inside {
                    self.push("(");
                }
                self.expr(when, true);
                self.push(" ? ");
                self.expr(then, true);
                self.push(" : ");
                self.expr(otherwise, true);
                if inside {
                    self.push(")");
                }
            }
            Expr::List(items) => {
                self.push("[");
                self.list(items);
                self.push("]");
            }
            Expr::Record(_) => self.push("{…}"),
            Expr::Concat(parts) => {
                for part in parts {
                    match part {
                        Expr::Text(id) => self.push(text(id)),
                        part => {
                            self.push("${");
                            self.expr(part, false);
                            self.push("}");
                        }
                    }
                }
            }
            Expr::With { body, .. } => self.expr(body, inside),
            Expr::Macro { kind, list, slot, body } => self.binder(list, macro_name(*kind), *slot, &[body]),
            Expr::Latest { list, slot, of, per } => self.binder(list, "latest", *slot, &[of, per]),
            Expr::Function { function, args } => {
                let signature = function.signature();
                match args.split_first() {
                    Some((receiver, args)) if signature.method => {
                        self.expr(receiver, true);
                        self.push(".");
                        self.call(signature.name, args);
                    }
                    _ => self.call(signature.name, args),
                }
            }
            Expr::Table { table, keys } | Expr::TableRows { table, keys } => {
                let name = self.words.tables.get(table.at()).map(String::as_str).unwrap_or_default();
                let rows = if matches!(expr, Expr::TableRows { .. }) { ".rows" } else { "" };
                self.call(&[name, rows].concat(), keys);
            }
            Expr::Block(_) => self.push("{ for … }"),
            Expr::Secret(at) => {
                let name = plan.secrets().get(at.at()).map(String::as_str).unwrap_or_default();
                self.push(&["secret.", name].concat());
            }
            Expr::Parse { of, format, .. } => {
                self.push(if *format == Embedded::Xml { "parseXml(" } else { "parseJson(" });
                self.expr(of, false);
                self.push(")");
            }
            Expr::Rows { of, .. } => {
                self.push("list(");
                self.expr(of, false);
                self.push(")");
            }
            Expr::Match { of, extract, .. } => {
                self.expr(of, true);
                self.push(if *extract { ".extract(…)" } else { ".matches(…)" });
            }
        }
    }
}

fn decimal(mantissa: i64, scale: u8) -> String {
    let mut out = String::new();
    if let Ok(number) = crate::value::Number::from_parts(i128::from(mantissa), u32::from(scale)) {
        number.write(&mut out);
    }
    out
}

fn operator(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}

fn macro_name(kind: MacroKind) -> &'static str {
    match kind {
        MacroKind::Filter => "filter",
        MacroKind::Map => "map",
        MacroKind::Exists => "exists",
        MacroKind::All => "all",
        MacroKind::IndexBy => "indexBy",
        MacroKind::GroupBy => "groupBy",
        MacroKind::SortBy => "sortBy",
        MacroKind::Ordered => "unit",
    }
}

fn var_name(var: Var) -> &'static str {
    match var {
        Var::StudentTaxCode => "student.tax_code",
        Var::StudentKey => "student.key",
        Var::InstituteCode => "institute.code",
        Var::Today => "today",
        Var::Now => "now",
        Var::PageStart => "page.start",
        Var::PageNumber => "page.number",
        Var::PageSize => "page.size",
        Var::PageToken => "page.token",
        Var::Session => "session",
        Var::CallerClient => "caller.client_id",
        Var::CallerConsumer => "caller.consumer_id",
        Var::CallerPurpose => "caller.purpose_id",
        Var::CallerJti => "caller.jti",
        Var::Reference => "ref",
        Var::FileStatus => "file.file_status",
        Var::FileCode => "file.file_code",
        Var::FileMessage => "file.message",
        Var::AnswerStatus => "status",
        Var::AnswerHeaders => "headers",
        Var::AnswerBody => "body",
        Var::AnswerDecoded => "decoded",
        Var::AnswerRoot => "root",
        Var::AnswerResult => "result",
        Var::AnswerFault => "fault",
    }
}
