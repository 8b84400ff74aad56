//! Reading a bundle back: the mirror of what the compiler writes with serde.
//!
//! At the edge serde's derived readers would be a third of the filter (184 KB), so a bundle is decoded with the engine's
//! own JSON decoder and taken apart here. A test holds the two sides together: every kind of node goes through both.

use std::collections::BTreeMap;

use super::bundle::{
    Bundle, Call, Charset, Clean, Decode, Encode, Failure, FailureKind, Guard, GuardKind, Institute, InstituteKind,
    Let, Method, Name, Operation, PageBy, Pages, Paging, PathPart, Pattern, Place, Session, Soap, SoapCall, SoapStyle,
    SoapVersion, Step, System, Table,
};
use crate::expr::functions::Function;
use crate::expr::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind, Var};
use crate::limits::{LIMITS, Limits};
use crate::value::{Arena, Value};

/// A part of a bundle, or one sentence on what does not fit.
pub(super) type Read<T> = Result<T, String>;

/// A place in the decoded bundle.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub arena: &'a Arena,
    pub value: Value,
}

/// What can be read from a bundle.
pub(super) trait Readable: Sized {
    /// Reads it from where it stands.
    fn read(node: Node<'_>) -> Read<Self>;

    /// What it is where it was left out.
    fn absent() -> Option<Self> {
        None
    }
}

impl<'a> Node<'a> {
    fn at(self, value: Value) -> Self {
        Self { value, ..self }
    }

    #[inline(never)]
    fn elements(self) -> Read<&'a [Value]> {
        match self.value {
            Value::List(span) => Ok(self.arena.elements(span)),
            _ => Err("a list is missing".to_owned()),
        }
    }

    #[inline(never)]
    fn text(self) -> Read<&'a str> {
        match self.value {
            Value::Text(text) => Ok(self.arena.text(text)),
            _ => Err("a text is missing".to_owned()),
        }
    }

    #[inline(never)]
    fn int(self) -> Read<i64> {
        match self.value {
            Value::Int(int) => Ok(int),
            _ => Err("a number is missing".to_owned()),
        }
    }

    #[inline(never)]
    fn members(self) -> Read<Members<'a>> {
        match self.value {
            Value::Record(span) => Ok(Members { node: self, entries: self.arena.entries(span), taken: 0 }),
            _ => Err("an object is missing".to_owned()),
        }
    }

    /// A variant: its tag and what it holds (null for one without content).
    fn variant(self) -> Read<(&'a str, Self)> {
        match self.value {
            Value::Text(text) => Ok((self.arena.text(text), self.at(Value::Null))),
            Value::Record(span) => match self.arena.entries(span) {
                [(name, value)] => Ok((self.arena.names().get(*name), self.at(*value))),
                _ => Err("a variant has not one tag".to_owned()),
            },
            _ => Err("a variant is missing".to_owned()),
        }
    }
}

/// Members of an object while they are taken out.
struct Members<'a> {
    node: Node<'a>,
    entries: &'a [(u32, Value)],
    taken: usize,
}

impl<'a> Members<'a> {
    fn take<T: Readable>(&mut self, name: &str) -> Read<T> {
        match self.find(name) {
            Some(node) => T::read(node).map_err(|e| within(name, &e)),
            None => T::absent().ok_or_else(|| missing(name)),
        }
    }

    // Not inlined: there are a hundred members to take, and a bundle is read once.
    #[inline(never)]
    fn find(&mut self, name: &str) -> Option<Node<'a>> {
        let names = self.node.arena.names();
        let (_, value) = self.entries.iter().find(|(id, _)| names.get(*id) == name)?;
        self.taken = self.taken.saturating_add(1);
        Some(self.node.at(*value))
    }

    /// No member may be left over: it would be from another version.
    #[inline(never)]
    fn end(self) -> Read<()> {
        if self.taken == self.entries.len() { Ok(()) } else { Err("a member is not known".to_owned()) }
    }
}

#[cold]
#[inline(never)]
fn within(name: &str, fault: &str) -> String {
    [name, ": ", fault].concat()
}

#[cold]
#[inline(never)]
fn missing(name: &str) -> String {
    [name, " is missing"].concat()
}

#[cold]
#[inline(never)]
fn unknown(what: &str) -> String {
    [what, " is not known"].concat()
}

/// Objects: the members named, each read by its own type.
macro_rules! objects {
    ($($type:ty { $($field:ident = $name:literal),* $(,)? })*) => {
        $(impl Readable for $type {
            #[inline(never)]
            fn read(node: Node<'_>) -> Read<Self> {
                let mut members = node.members()?;
                let made = Self { $($field: members.take($name)?),* };
                members.end()?;
                Ok(made)
            }
        })*
    };
}

/// Enums without content: one word each.
macro_rules! words {
    ($($type:ty { $($variant:ident = $word:literal),* $(,)? })*) => {
        $(impl Readable for $type {
            fn read(node: Node<'_>) -> Read<Self> {
                match node.text()? {
                    $($word => Ok(Self::$variant),)*
                    other => Err(unknown(other)),
                }
            }
        })*
    };
}

/// Numbers that fit their type.
macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Readable for $type {
            fn read(node: Node<'_>) -> Read<Self> {
                Self::try_from(node.int()?).map_err(|_| "a number is out of range".to_owned())
            }
        })*
    };
}

numbers! { u8 u16 u32 u64 i64 }

impl Readable for String {
    fn read(node: Node<'_>) -> Read<Self> {
        node.text().map(str::to_owned)
    }
}

impl Readable for bool {
    fn read(node: Node<'_>) -> Read<Self> {
        match node.value {
            Value::Bool(b) => Ok(b),
            _ => Err("true or false is missing".to_owned()),
        }
    }

    fn absent() -> Option<Self> {
        Some(false)
    }
}

impl<T: Readable> Readable for Option<T> {
    fn read(node: Node<'_>) -> Read<Self> {
        if node.value.is_null() { Ok(None) } else { T::read(node).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Readable> Readable for Box<T> {
    fn read(node: Node<'_>) -> Read<Self> {
        T::read(node).map(Self::new)
    }
}

impl<T: Readable> Readable for Vec<T> {
    fn read(node: Node<'_>) -> Read<Self> {
        let elements = node.elements()?;
        let mut read = Self::with_capacity(elements.len());
        for element in elements {
            read.push(T::read(node.at(*element))?);
        }
        Ok(read)
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<A: Readable, B: Readable> Readable for (A, B) {
    fn read(node: Node<'_>) -> Read<Self> {
        match node.elements()? {
            [a, b] => Ok((A::read(node.at(*a))?, B::read(node.at(*b))?)),
            _ => Err("a pair is missing".to_owned()),
        }
    }
}

impl Readable for BTreeMap<String, Operation> {
    fn read(node: Node<'_>) -> Read<Self> {
        let members = node.members()?;
        let mut read = Self::new();
        for (name, value) in members.entries {
            let name = node.arena.names().get(*name);
            let operation = Operation::read(node.at(*value)).map_err(|e| format!("{name}: {e}"))?;
            read.insert(name.to_owned(), operation);
        }
        Ok(read)
    }
}

impl Readable for Limits {
    fn read(node: Node<'_>) -> Read<Self> {
        let mut members = node.members()?;
        let mut limits = Self::default();
        for limit in LIMITS {
            limits.set(limit.name, members.take(limit.name)?);
        }
        members.end()?;
        Ok(limits)
    }
}

impl Readable for Function {
    fn read(node: Node<'_>) -> Read<Self> {
        let name = node.text()?;
        Self::named(name).ok_or_else(|| format!("function {name} is not known"))
    }
}

objects! {
    Bundle {
        contract = "contract", institute = "institute", names = "names", texts = "texts", patterns = "patterns", secrets = "secrets",
        slots = "slots", systems = "systems", tables = "tables", calls = "calls", lets = "lets", operations = "operations", limits = "limits",
    }
    Institute { code = "code", kind = "kind", academic_year_starts = "academic_year_starts" }
    Name { text = "text", deep = "deep" }
    System {
        name = "name", cluster = "cluster", authority = "authority", base = "base", headers = "headers", timeout_ms = "timeout_ms",
        parallel = "parallel", clean = "clean", failures = "failures", charset = "charset", soap = "soap", session = "session",
    }
    Soap { version = "version", namespace = "namespace", style = "style", qualified = "qualified", header = "header" }
    SoapCall { operation = "operation", action = "action" }
    Session { open = "open", close = "close", lasts_ms = "lasts_ms", next = "next" }
    Pattern { code = "code" }
    Clean { blank_to_null = "blank_to_null", unwrap = "unwrap", none = "none" }
    Call {
        name = "name", system = "system", needs = "needs", each = "for", when = "when", binds = "binds", method = "method",
        soap = "soap", path = "path", query = "query", headers = "headers", body = "body", encode = "encode", decode = "decode",
        pages = "pages", take = "take", failures = "failures", deep = "deep", session = "session", cache_ms = "cache_ms",
        null_if_failed = "null_if_failed",
    }
    Paging { by = "by", size = "size", first = "first", query = "query", body = "body", next = "next", max = "max" }
    Failure { when = "when", is = "is" }
    Let { name = "name", value = "value" }
    Operation { calls = "calls", guards = "guards", person = "person", answer = "answer" }
    Guard { is = "is", when = "when", needs = "needs" }
    Table { name = "name", keys = "keys", columns = "columns", single = "single", rows = "rows", default = "default" }
    Block { loops = "loops", lets = "lets", filter = "where", each = "each" }
    Loop { slot = "slot", list = "list" }
}

words! {
    InstituteKind { University = "university", Afam = "afam" }
    Method { Get = "get", Post = "post", Put = "put", Delete = "delete" }
    PageBy { Offset = "offset", Number = "number", Token = "token" }
    Charset { Utf8 = "utf8", Latin1 = "latin1", Latin9 = "latin9", Windows1252 = "windows1252" }
    SoapVersion { Soap11 = "soap11", Soap12 = "soap12" }
    SoapStyle { RpcEncoded = "rpc_encoded", RpcLiteral = "rpc_literal", Document = "document" }
    Encode { Json = "json", Xml = "xml", Form = "form" }
    Decode { Json = "json", Xml = "xml", Csv = "csv", Text = "text" }
    Embedded { Xml = "xml", Json = "json" }
    Place {
        Start = "start", End = "end", LineStart = "line_start", LineEnd = "line_end", WordEdge = "word_edge", NoWordEdge = "no_word_edge",
    }
    GuardKind { Unknown = "unknown" }
    FailureKind {
        Empty = "empty", Unknown = "unknown", Refused = "refused", Expired = "expired", Busy = "busy", Down = "down", Broken = "broken",
    }
    BinaryOp {
        Equal = "equal", NotEqual = "not_equal", Less = "less", LessEqual = "less_equal", Greater = "greater",
        GreaterEqual = "greater_equal", In = "in", Add = "add", Subtract = "subtract", Multiply = "multiply", Divide = "divide",
        Remainder = "remainder",
    }
    MacroKind {
        Filter = "filter", Map = "map", Exists = "exists", All = "all", IndexBy = "index_by", GroupBy = "group_by", SortBy = "sort_by",
    }
    Var {
        StudentTaxCode = "student_tax_code", StudentKey = "student_key", InstituteCode = "institute_code", Today = "today", Now = "now",
        PageStart = "page_start", PageNumber = "page_number", PageSize = "page_size", PageToken = "page_token", Session = "session",
        AnswerStatus = "answer_status", AnswerHeaders = "answer_headers", AnswerBody = "answer_body",
        AnswerDecoded = "answer_decoded", AnswerResult = "answer_result", AnswerFault = "answer_fault",
    }
}

impl Readable for PathPart {
    fn read(node: Node<'_>) -> Read<Self> {
        match node.variant()? {
            ("text", inner) => Readable::read(inner).map(Self::Text),
            ("value", inner) => Readable::read(inner).map(Self::Value),
            (other, _) => Err(unknown(other)),
        }
    }
}

impl Readable for Step {
    fn read(node: Node<'_>) -> Read<Self> {
        match node.variant()? {
            ("chars", inner) => Readable::read(inner).map(Self::Chars),
            ("split", inner) => Readable::read(inner).map(|(a, b)| Self::Split(a, b)),
            ("jump", inner) => Readable::read(inner).map(Self::Jump),
            ("save", inner) => Readable::read(inner).map(Self::Save),
            ("at", inner) => Readable::read(inner).map(Self::At),
            ("match", _) => Ok(Self::Match),
            (other, _) => Err(unknown(other)),
        }
    }
}

impl Readable for Pages {
    fn read(node: Node<'_>) -> Read<Self> {
        match node.variant()? {
            ("one", _) => Ok(Self::One),
            ("many", inner) => Readable::read(inner).map(Self::Many),
            ("unstated", inner) => {
                let mut members = inner.members()?;
                let cut = members.take("cut")?;
                members.end()?;
                Ok(Self::Unstated { cut })
            }
            (other, _) => Err(unknown(other)),
        }
    }
}

impl Readable for Expr {
    #[inline(never)]
    fn read(node: Node<'_>) -> Read<Self> {
        let (tag, inner) = node.variant()?;
        match tag {
            "null" => return Ok(Self::Null),
            "bool" => return Readable::read(inner).map(Self::Bool),
            "int" => return Readable::read(inner).map(Self::Int),
            "text" => return Readable::read(inner).map(Self::Text),
            "local" => return Readable::read(inner).map(Self::Local),
            "call" => return Readable::read(inner).map(Self::Call),
            "let" => return Readable::read(inner).map(Self::Let),
            "var" => return Readable::read(inner).map(Self::Var),
            "request" => return Readable::read(inner).map(Self::Request),
            "not" => return Readable::read(inner).map(Self::Not),
            "neg" => return Readable::read(inner).map(Self::Neg),
            "and" => return Readable::read(inner).map(|(a, b)| Self::And(a, b)),
            "or" => return Readable::read(inner).map(|(a, b)| Self::Or(a, b)),
            "list" => return Readable::read(inner).map(Self::List),
            "record" => return Readable::read(inner).map(Self::Record),
            "concat" => return Readable::read(inner).map(Self::Concat),
            "block" => return Readable::read(inner).map(Self::Block),
            "secret" => return Readable::read(inner).map(Self::Secret),
            _ => {}
        }
        let mut m = inner.members().map_err(|_| format!("expression {tag} is not known"))?;
        let read = match tag {
            "dec" => Self::Dec { mantissa: m.take("mantissa")?, scale: m.take("scale")? },
            "hung" => Self::Hung { call: m.take("call")?, of: m.take("of")? },
            "member" => Self::Member { of: m.take("of")?, name: m.take("name")? },
            "has" => Self::Has { of: m.take("of")?, name: m.take("name")? },
            "index" => Self::Index { of: m.take("of")?, at: m.take("at")? },
            "if" => Self::If { when: m.take("when")?, then: m.take("then")?, otherwise: m.take("otherwise")? },
            "binary" => Self::Binary { op: m.take("op")?, left: m.take("left")?, right: m.take("right")? },
            "with" => Self::With { binds: m.take("binds")?, body: m.take("body")? },
            "macro" => Self::Macro {
                kind: m.take("kind")?,
                list: m.take("list")?,
                slot: m.take("slot")?,
                body: m.take("body")?,
            },
            "function" => Self::Function { function: m.take("function")?, args: m.take("args")? },
            "table" => Self::Table { table: m.take("table")?, keys: m.take("keys")? },
            "table_rows" => Self::TableRows { table: m.take("table")?, keys: m.take("keys")? },
            "parse" => Self::Parse { of: m.take("of")?, format: m.take("format")?, deep: m.take("deep")? },
            "match" => Self::Match { of: m.take("of")?, pattern: m.take("pattern")?, extract: m.take("extract")? },
            "latest" => {
                Self::Latest { list: m.take("list")?, slot: m.take("slot")?, of: m.take("of")?, per: m.take("per")? }
            }
            other => return Err(format!("expression {other} is not known")),
        };
        m.end()?;
        Ok(read)
    }
}
