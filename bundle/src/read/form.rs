//! What each part of a bundle is called in the file: the lists that the readers are made of.

use crate::expr::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind, Var};
use crate::read::{Blank, Node, Read, Readable, fault};
use crate::{
    Bundle, Call, Change, Charset, Clean, Csv, Decode, Encode, Everybody, Failure, FailureKind, Feed, Guard, GuardKind,
    Institute, InstituteKind, KeyIndex, Let, Likeness, Method, Name, Once, PageBy, Pages, Paging, PathPart, Pattern,
    Place, Probe, Recipe, Session, Soap, SoapCall, SoapStyle, SoapVersion, Step, System, Table, Walk,
};

objects! {
    Bundle {
        contract = "contract", institute = "institute", names = "names", texts = "texts", patterns = "patterns", secrets = "secrets",
        slots = "slots", systems = "systems", tables = "tables", calls = "calls", lets = "lets", by_key = "by_key", key_index = "key_index", operations = "operations", walks = "walks", rows = "rows", changes = "changes", limits = "limits",
    }
    Institute { code = "code", kind = "kind", academic_year_starts = "academic_year_starts" }
    Name { text = "text", deep = "deep" }
    System {
        name = "name", cluster = "cluster", authority = "authority", base = "base", headers = "headers", timeout_ms = "timeout_ms",
        parallel = "parallel", clean = "clean", failures = "failures", charset = "charset", soap = "soap", session = "session",
        probe = "probe",
    }
    Soap { version = "version", namespace = "namespace", style = "style", qualified = "qualified", header = "header" }
    SoapCall { operation = "operation", namespace = "namespace", action = "action" }
    Session { open = "open", close = "close", lasts_ms = "lasts_ms", next = "next" }
    Probe { call = "call", every_ms = "every_ms" }
    Pattern { code = "code" }
    Clean { blank_to_null = "blank_to_null", unwrap = "unwrap", none = "none", trim = "trim" }
    Call {
        name = "name", system = "system", needs = "needs", each = "for", when = "when", binds = "binds", method = "method",
        soap = "soap", path = "path", query = "query", headers = "headers", body = "body", encode = "encode", decode = "decode", csv = "csv", charset = "charset",
        roots = "roots", like = "like", returns = "returns", pages = "pages", take = "take", failures = "failures", deep = "deep", session = "session", cache_ms = "cache_ms",
        null_if_failed = "null_if_failed",
    }
    Likeness { any = "any", all = "all", members = "members", rows = "rows", placed = "placed" }
    Csv { separator = "separator", must = "must", may = "may", failing = "failing" }
    Paging { by = "by", size = "size", first = "first", query = "query", body = "body", next = "next", more = "more", max = "max" }
    Failure { when = "when", is = "is", message = "message" }
    Let { name = "name", value = "value" }
    Recipe { calls = "calls", guards = "guards", person = "person", answer = "answer" }
    Walk {
        name = "name", digest = "digest", feed = "feed", ordered = "ordered", once = "once", page = "page", mark = "mark", deleted = "deleted",
        shared = "shared", lets = "lets",
    }
    Feed { calls = "calls", call = "call", row = "row", filter = "where", unit = "unit", tax_code = "tax_code" }
    Once { calls = "calls", when = "when" }
    KeyIndex { pace = "pace", fresh_ms = "fresh_ms", everybody = "everybody" }
    Everybody { digest = "digest", feed = "feed" }
    Guard { is = "is", message = "message", when = "when", needs = "needs" }
    Change { call = "call", confirm = "confirm" }
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
    GuardKind { Unknown = "unknown", Reject = "reject" }
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
        Reference = "reference", FileCode = "file_code", FileStatus = "file_status", FileMessage = "file_message",
        AnswerStatus = "answer_status", AnswerHeaders = "answer_headers", AnswerBody = "answer_body",
        AnswerDecoded = "answer_decoded", AnswerRoot = "answer_root", AnswerResult = "answer_result", AnswerFault = "answer_fault",
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
        Parse { of, format, deep, roots, like } = "parse",
        Rows { of, must, may } = "rows",
        Match { of, pattern, extract } = "match",
        Latest { list, slot, of, per } = "latest",
    }
}
