//! Reading a bundle back: the mirror of what the compiler writes with serde.
//!
//! At the edge serde's derived readers would be a third of the filter (184 KB), so a bundle is decoded with the engine's
//! own JSON decoder and taken apart here. A test holds the two sides together: every kind of node goes through both.
//!
//! A part is made blank first and then filled in place through [`Readable`] as a trait object, so that finding
//! members, going into lists and naming faults is written once for all types: readers that return what they read
//! are twice as large.

use super::expr::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind, Var};
use super::functions::Function;
use super::index::{
    CallIndex, LetIndex, PatternIndex, RequestIndex, SecretIndex, Slot, SystemIndex, TableIndex, TextId,
};
use super::{
    Bundle, Call, Charset, Clean, Decode, Encode, Failure, FailureKind, Guard, GuardKind, Institute, InstituteKind,
    Let, Method, Name, PageBy, Pages, Paging, PathPart, Pattern, Place, Recipe, Session, Soap, SoapCall, SoapStyle,
    SoapVersion, Step, System, Table,
};
use crate::limits::{LIMITS, Limits};
use crate::sorted::SortedMap;
use crate::value::{Arena, Value};

/// Reads a bundle from its decoded plan.
///
/// # Errors
/// One sentence on what does not fit.
pub(crate) fn bundle(arena: &Arena, plan: Value) -> Result<Bundle, String> {
    let mut bundle = Bundle::blank();
    bundle.read(Node { arena, value: plan }).map_err(|fault| fault.0)?;
    Ok(bundle)
}

/// One sentence on what does not fit. Boxed: what a hundred places hand on is then one word.
#[derive(Debug)]
pub(crate) struct Fault(String);

pub(crate) type Read = Result<(), Box<Fault>>;

#[cold]
#[inline(never)]
fn fault(words: &[&str]) -> Box<Fault> {
    Box::new(Fault(words.concat()))
}

/// A place in the decoded bundle.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    arena: &'a Arena,
    value: Value,
}

/// What can be read from a bundle.
pub(crate) trait Readable {
    /// What stands there until it is read, and stays where it may be left out and was.
    fn blank() -> Self
    where
        Self: Sized;

    /// Reads it from where it stands.
    fn read(&mut self, node: Node<'_>) -> Read;

    /// Whether it may be left out.
    fn optional(&self) -> bool {
        false
    }
}

impl<'a> Node<'a> {
    fn at(self, value: Value) -> Self {
        Self { value, ..self }
    }

    #[inline(never)]
    fn elements(self) -> Result<&'a [Value], Box<Fault>> {
        match self.value {
            Value::List(span) => Ok(self.arena.elements(span)),
            _ => Err(fault(&["a list is missing"])),
        }
    }

    #[inline(never)]
    fn text(self) -> Result<&'a str, Box<Fault>> {
        match self.value {
            Value::Text(text) => Ok(self.arena.text(text)),
            _ => Err(fault(&["a text is missing"])),
        }
    }

    #[inline(never)]
    fn int(self) -> Result<i64, Box<Fault>> {
        match self.value {
            Value::Int(int) => Ok(int),
            _ => Err(fault(&["a number is missing"])),
        }
    }

    #[inline(never)]
    fn members(self) -> Members<'a> {
        match self.value {
            Value::Record(span) => Members { node: self, entries: self.arena.entries(span), taken: 0, fault: None },
            _ => Members { node: self, entries: &[], taken: 0, fault: Some(fault(&["an object is missing"])) },
        }
    }

    /// A variant: its tag, and what it holds (nothing for one without content).
    #[inline(never)]
    fn variant(self) -> Result<(&'a str, Members<'a>), Box<Fault>> {
        let (tag, content) = match self.value {
            Value::Text(text) => (self.arena.text(text), self.at(Value::Null)),
            Value::Record(span) => match self.arena.entries(span) {
                [(name, value)] => (self.arena.names().get(*name), self.at(*value)),
                _ => return Err(fault(&["a variant has not one tag"])),
            },
            _ => return Err(fault(&["a variant is missing"])),
        };
        let entries = if let Value::Record(span) = content.value { self.arena.entries(span) } else { &[] };
        Ok((tag, Members { node: content, entries, taken: 0, fault: None }))
    }

    /// Which of some words stands here.
    #[inline(never)]
    fn word(self, words: &[&str]) -> Result<usize, Box<Fault>> {
        let word = self.text()?;
        words.iter().position(|w| *w == word).ok_or_else(|| fault(&[word, " is not known"]))
    }
}

/// Members of an object while they are taken out. The first fault is kept and told at the end, so that taking one is
/// a plain call.
struct Members<'a> {
    node: Node<'a>,
    entries: &'a [(u32, Value)],
    taken: usize,
    fault: Option<Box<Fault>>,
}

impl Members<'_> {
    /// Reads a member.
    #[inline(never)]
    fn take(&mut self, name: &str, into: &mut dyn Readable) {
        let names = self.node.arena.names();
        let read = match self.entries.iter().find(|(id, _)| names.get(*id) == name) {
            Some((_, value)) => {
                self.taken = self.taken.saturating_add(1);
                into.read(self.node.at(*value)).map_err(|inner| fault(&[name, ": ", &inner.0]))
            }
            None if into.optional() => Ok(()),
            None => Err(fault(&[name, " is missing"])),
        };
        self.note(read);
    }

    /// Reads the whole content of a variant that has no members of its own.
    #[inline(never)]
    fn all(&mut self, into: &mut dyn Readable) {
        self.taken = self.entries.len();
        let read = into.read(self.node);
        self.note(read);
    }

    fn note(&mut self, read: Read) {
        if self.fault.is_none() {
            self.fault = read.err();
        }
    }

    /// No member may be left over: it would be from another version.
    #[inline(never)]
    fn end(self) -> Read {
        match self.fault {
            Some(fault) => Err(fault),
            None if self.taken == self.entries.len() => Ok(()),
            None => Err(fault(&["a member is not known"])),
        }
    }
}

/// Objects: the members named, each read by its own type.
macro_rules! objects {
    ($($type:ty { $($field:ident = $name:literal),* $(,)? })*) => {
        $(impl Readable for $type {
            fn blank() -> Self {
                Self { $($field: Readable::blank()),* }
            }

            fn read(&mut self, node: Node<'_>) -> Read {
                let mut members = node.members();
                $(members.take($name, &mut self.$field);)*
                members.end()
            }
        })*
    };
}

/// Enums without content: one word each. Until it is read, one is the first.
macro_rules! words {
    ($($type:ty { $first:ident = $word:literal $(, $variant:ident = $words:literal)* $(,)? })*) => {
        $(impl Readable for $type {
            fn blank() -> Self {
                Self::$first
            }

            fn read(&mut self, node: Node<'_>) -> Read {
                let at = node.word(&[$word $(, $words)*])?;
                *self = [Self::$first $(, Self::$variant)*].get(at).copied().unwrap_or(Self::$first);
                Ok(())
            }
        })*
    };
}

/// Enums with content: for each variant its tag and what it holds, by place or as members.
macro_rules! variants {
    ($($type:ty, at first $blank:expr => {
        $($variant:ident $(($($part:ident),+))? $({ $($field:ident),+ })? = $tag:literal),+ $(,)?
    })*) => {
        $(impl Readable for $type {
            fn blank() -> Self {
                $blank
            }

            fn read(&mut self, node: Node<'_>) -> Read {
                let (tag, mut content) = node.variant()?;
                *self = match tag {
                    $($tag => {
                        $(
                            let mut parts = ($({ let $part = Readable::blank(); $part }),+);
                            content.all(&mut parts);
                            #[allow(unused_parens, reason = "one part alone is no tuple")]
                            let ($($part),+) = parts;
                        )?
                        $(
                            $(let mut $field = Readable::blank();)+
                            $(content.take(stringify!($field), &mut $field);)+
                        )?
                        Self::$variant $(($($part),+))? $({ $($field),+ })?
                    })+
                    _ => return Err(fault(&[tag, " is not known"])),
                };
                content.end()
            }
        })*
    };
}

/// Numbers that fit their type.
macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Readable for $type {
            fn blank() -> Self {
                0
            }

            fn read(&mut self, node: Node<'_>) -> Read {
                *self = Self::try_from(node.int()?).map_err(|_| fault(&["a number is out of range"]))?;
                Ok(())
            }
        })*
    };
}

numbers! { u8 u16 u32 u64 i64 }

/// Places: numbers by another name.
macro_rules! indices {
    ($($type:ident)*) => {
        $(impl Readable for $type {
            fn blank() -> Self {
                Self(0)
            }

            fn read(&mut self, node: Node<'_>) -> Read {
                self.0.read(node)
            }
        })*
    };
}

indices! { TextId Slot CallIndex LetIndex TableIndex SystemIndex PatternIndex SecretIndex RequestIndex }

impl Readable for String {
    fn blank() -> Self {
        Self::new()
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        node.text()?.clone_into(self);
        Ok(())
    }
}

impl Readable for bool {
    fn blank() -> Self {
        false
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        match node.value {
            Value::Bool(b) => *self = b,
            _ => return Err(fault(&["true or false is missing"])),
        }
        Ok(())
    }

    fn optional(&self) -> bool {
        true
    }
}

impl<T: Readable> Readable for Option<T> {
    fn blank() -> Self {
        None
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        if node.value.is_null() { Ok(()) } else { self.insert(T::blank()).read(node) }
    }

    fn optional(&self) -> bool {
        true
    }
}

impl<T: Readable> Readable for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        T::read(self, node)
    }
}

impl<T: Readable> Readable for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        let elements = node.elements()?;
        self.reserve_exact(elements.len());
        self.resize_with(elements.len(), T::blank);
        self.iter_mut().zip(elements).try_for_each(|(part, element)| part.read(node.at(*element)))
    }

    fn optional(&self) -> bool {
        true
    }
}

impl<A: Readable, B: Readable> Readable for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        pair(node, &mut self.0, &mut self.1)
    }
}

#[inline(never)]
fn pair(node: Node<'_>, first: &mut dyn Readable, second: &mut dyn Readable) -> Read {
    match node.elements()? {
        [a, b] => first.read(node.at(*a)).and_then(|()| second.read(node.at(*b))),
        _ => Err(fault(&["a pair is missing"])),
    }
}

impl Readable for SortedMap<String, Recipe> {
    fn blank() -> Self {
        Self::default()
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        let mut members = node.members();
        for (name, _) in members.entries {
            let name = node.arena.names().get(*name);
            let mut operation = Recipe::blank();
            members.take(name, &mut operation);
            self.insert(name.to_owned(), operation);
        }
        members.end()
    }
}

impl Readable for Limits {
    fn blank() -> Self {
        Self::default()
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        let mut members = node.members();
        for limit in LIMITS {
            let mut value = 0;
            members.take(limit.name, &mut value);
            self.set(limit.name, value);
        }
        members.end()
    }
}

impl Readable for Function {
    fn blank() -> Self {
        Self::Size
    }

    fn read(&mut self, node: Node<'_>) -> Read {
        let name = node.text()?;
        *self = Self::named(name).ok_or_else(|| fault(&["function ", name, " is not known"]))?;
        Ok(())
    }
}

objects! {
    Bundle {
        contract = "contract", institute = "institute", names = "names", texts = "texts", patterns = "patterns", secrets = "secrets",
        slots = "slots", systems = "systems", tables = "tables", calls = "calls", lets = "lets", by_key = "by_key", operations = "operations", limits = "limits",
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
    Clean { blank_to_null = "blank_to_null", unwrap = "unwrap", none = "none", trim = "trim" }
    Call {
        name = "name", system = "system", needs = "needs", each = "for", when = "when", binds = "binds", method = "method",
        soap = "soap", path = "path", query = "query", headers = "headers", body = "body", encode = "encode", decode = "decode", charset = "charset",
        pages = "pages", take = "take", failures = "failures", deep = "deep", session = "session", cache_ms = "cache_ms",
        null_if_failed = "null_if_failed",
    }
    Paging { by = "by", size = "size", first = "first", query = "query", body = "body", next = "next", more = "more", max = "max" }
    Failure { when = "when", is = "is" }
    Let { name = "name", value = "value" }
    Recipe { calls = "calls", guards = "guards", person = "person", answer = "answer" }
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
        Good = "good", Empty = "empty", Unknown = "unknown", Refused = "refused", Expired = "expired", Busy = "busy", Down = "down", Broken = "broken",
    }
    BinaryOp {
        Equal = "equal", NotEqual = "not_equal", Less = "less", LessEqual = "less_equal", Greater = "greater",
        GreaterEqual = "greater_equal", In = "in", Add = "add", Subtract = "subtract", Multiply = "multiply", Divide = "divide",
        Remainder = "remainder",
    }
    MacroKind {
        Filter = "filter", Map = "map", Exists = "exists", All = "all", IndexBy = "index_by", GroupBy = "group_by", SortBy = "sort_by", Ordered = "ordered",
    }
    Var {
        StudentTaxCode = "student_tax_code", StudentKey = "student_key", InstituteCode = "institute_code", Today = "today", Now = "now",
        PageStart = "page_start", PageNumber = "page_number", PageSize = "page_size", PageToken = "page_token", Session = "session",
        CallerClient = "caller_client", CallerConsumer = "caller_consumer", CallerPurpose = "caller_purpose", CallerJti = "caller_jti",
        AnswerStatus = "answer_status", AnswerHeaders = "answer_headers", AnswerBody = "answer_body",
        AnswerDecoded = "answer_decoded", AnswerResult = "answer_result", AnswerFault = "answer_fault",
    }
}

variants! {
    PathPart, at first Self::Text(String::new()) => { Text(text) = "text", Value(value) = "value" }
    Step, at first Self::Match => {
        Chars(ranges) = "chars", Split(a, b) = "split", Jump(to) = "jump", Save(slot) = "save", At(place) = "at", Match = "match",
    }
    Pages, at first Self::One => { One = "one", Many(paging) = "many", Unstated { cut } = "unstated" }
    Expr, at first Self::Null => {
        Null = "null", Bool(value) = "bool", Int(value) = "int", Text(text) = "text", Local(slot) = "local", Call(call) = "call",
        Let(index) = "let", Var(var) = "var", Request(member) = "request", Not(of) = "not", Neg(of) = "neg", And(a, b) = "and",
        Or(a, b) = "or", List(items) = "list", Record(entries) = "record", Concat(parts) = "concat", Block(block) = "block",
        Secret(secret) = "secret",
        Dec { mantissa, scale } = "dec",
        Hung { call, of } = "hung",
        Member { of, name } = "member",
        Has { of, name } = "has",
        Index { of, at } = "index",
        If { when, then, otherwise } = "if",
        Binary { op, left, right } = "binary",
        With { binds, body } = "with",
        Macro { kind, list, slot, body } = "macro",
        Function { function, args } = "function",
        Table { table, keys } = "table",
        TableRows { table, keys } = "table_rows",
        Parse { of, format, deep } = "parse",
        Match { of, pattern, extract } = "match",
        Latest { list, slot, of, per } = "latest",
    }
}
