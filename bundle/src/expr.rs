//! The compiled form of expressions: what the compiler writes into a bundle and the evaluator walks.
//!
//! CEL source never reaches the edge. Every name has been resolved to an index: member names to
//! [`NameId`]s of the bundle's name table, variables to [`Slot`]s of one frame (each binding site has a slot of
//! its own, so nothing is shadowed at run time), calls, lets and tables to their place in the bundle.

use crate::functions::Function;
use crate::index::{CallIndex, LetIndex, PatternIndex, RequestIndex, SecretIndex, Slot, TableIndex, TextId};
use values::{Likeness, NameId};

/// One expression node.
///
/// Semantics (docs/mapping/reference.md): `null` is the one "nothing"; reading inside null gives null.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Expr {
    /// The null literal.
    Null,
    /// A boolean literal.
    Bool(bool),
    /// A whole-number literal.
    Int(i64),
    /// A decimal literal: `mantissa × 10^-scale`, scale at most 18.
    Dec {
        /// Digits of the number, without the point.
        mantissa: i64,
        /// Digits after the point.
        scale: u8,
    },
    /// A text literal.
    Text(TextId),
    /// A variable bound by a loop, a block `let`, a macro or [`Expr::With`].
    Local(Slot),
    /// What a call gave (after `take`); null when the call was not made. For a call with `for`: the results of all
    /// elements in loop order, lists among them flattened.
    Call(CallIndex),
    /// `element.call`: what the call with `for` gave for this element, wherever the element came from.
    Hung {
        /// The call.
        call: CallIndex,
        /// The element; must be a record the call's loop ran over, otherwise null.
        of: Box<Expr>,
    },
    /// A file-, student- or operation-level `let`, evaluated once per exchange when first needed.
    Let(LetIndex),
    /// A value the engine provides.
    Var(Var),
    /// A member of the request, by its place in the contract's request schema.
    Request(RequestIndex),
    /// `of.name` or `of['name']`. Null inside null; an error on a scalar or list. On a table row: the column.
    Member {
        /// The record.
        of: Box<Expr>,
        /// The member's name.
        name: NameId,
    },
    /// `has(of.name)`: the member is there, even if null. False inside null.
    Has {
        /// The record.
        of: Box<Expr>,
        /// The member's name.
        name: NameId,
    },
    /// `of[at]`: a list by whole number (out of range: null), an index or map literal by text (absent: null).
    Index {
        /// The list or map.
        of: Box<Expr>,
        /// The position or key.
        at: Box<Expr>,
    },
    /// `!a`, three-valued.
    Not(Box<Expr>),
    /// `-a`.
    Neg(Box<Expr>),
    /// `a && b`, three-valued and commutative about null; an error on one side loses to `false` on the other, as in CEL.
    And(Box<Expr>, Box<Expr>),
    /// `a || b`, three-valued; an error on one side loses to `true` on the other, as in CEL.
    Or(Box<Expr>, Box<Expr>),
    /// `c ? a : b`; a null condition is false.
    If {
        /// The condition.
        when: Box<Expr>,
        /// Taken when it is true.
        then: Box<Expr>,
        /// Taken when it is false or null.
        otherwise: Box<Expr>,
    },
    /// A binary operator.
    Binary {
        /// Which one.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// A record with members in written order: a CEL map literal with text keys, or a tree of the mapping.
    Record(Vec<(NameId, Expr)>),
    /// Text with `${…}` in it: parts turned to text and joined; one null part makes the whole null.
    Concat(Vec<Expr>),
    /// Evaluates `binds` in order, then `body`: a `let` with `given`, inlined; or block-level `let`s.
    With {
        /// Slot and value of each variable.
        binds: Vec<(Slot, Expr)>,
        /// What sees them.
        body: Box<Expr>,
    },
    /// A macro over a list (or null, which is an empty list).
    Macro {
        /// Which one.
        kind: MacroKind,
        /// The list.
        list: Box<Expr>,
        /// The variable.
        slot: Slot,
        /// Evaluated for each element.
        body: Box<Expr>,
    },
    /// A function or method; arguments as written, the receiver first.
    Function {
        /// Which one.
        function: Function,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// `table(keys…)`: one value or row; null (or the table's default) if absent; an error if several.
    Table {
        /// Which one.
        table: TableIndex,
        /// As many as the table has key columns.
        keys: Vec<Expr>,
    },
    /// `table.rows(keys…)`: all rows that match, as a list.
    TableRows {
        /// Which one.
        table: TableIndex,
        /// As many as the table has key columns.
        keys: Vec<Expr>,
    },
    /// A block: nested loops, then variables, a filter and what each turn gives. A list.
    Block(Box<Block>),
    /// A secret; only where a call is written.
    Secret(SecretIndex),
    /// `parseXml(of)`, `parseJson(of)`: a document inside a text.
    Parse {
        /// The text.
        of: Box<Expr>,
        /// What it is written in.
        format: Embedded,
        /// It is kept whole (see [`crate::Name::deep`]).
        deep: bool,
        /// The roots that are read of it; whatever if empty.
        roots: Vec<NameId>,
        /// What it must be like to be the one that is read; none: whatever it is.
        like: Option<Box<Likeness>>,
    },
    /// `list(of)` of what a system sent: a list as it is, null as an empty one, anything else as a list of one. But one
    /// record is an error if nothing speaks for a row: it has all of `must`, or, where that is empty, one of `may`.
    Rows {
        /// The list, or one of its elements.
        of: Box<Expr>,
        /// Members that a record alone has.
        must: Vec<NameId>,
        /// Members of which it has one, where nothing else is known.
        may: Vec<NameId>,
    },
    /// `of.matches(re)`, `of.extract(re)`.
    Match {
        /// The text.
        of: Box<Expr>,
        /// The expression.
        pattern: PatternIndex,
        /// Gives the first group (the whole match if there is none), or null, rather than whether it matches.
        extract: bool,
    },
    /// `list.latest(x, of, per)`: of the elements with equal `per` the one with the greatest `of`; ties by the least
    /// canonical bytes; elements whose `per` is null are all kept. In the order of first appearance.
    Latest {
        /// The list.
        list: Box<Expr>,
        /// The variable.
        slot: Slot,
        /// What must be greatest; null is less than everything.
        of: Box<Expr>,
        /// What it must be greatest among.
        per: Box<Expr>,
    },
}

impl Expr {
    /// Visits what stands directly in this expression, in written order.
    pub fn children<'e>(&'e self, f: &mut dyn FnMut(&'e Self)) {
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Dec { .. }
            | Self::Text(_)
            | Self::Local(_)
            | Self::Call(_)
            | Self::Let(_)
            | Self::Var(_)
            | Self::Request(_)
            | Self::Secret(_) => {}
            Self::Hung { of, .. }
            | Self::Member { of, .. }
            | Self::Has { of, .. }
            | Self::Not(of)
            | Self::Neg(of)
            | Self::Parse { of, .. }
            | Self::Rows { of, .. }
            | Self::Match { of, .. } => f(of),
            Self::Index { of: a, at: b }
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Binary { left: a, right: b, .. }
            | Self::Macro { list: a, body: b, .. } => {
                f(a);
                f(b);
            }
            Self::If { when: a, then: b, otherwise: c } | Self::Latest { list: a, of: b, per: c, .. } => {
                f(a);
                f(b);
                f(c);
            }
            Self::List(items) | Self::Concat(items) | Self::Function { args: items, .. } => items.iter().for_each(f),
            Self::Table { keys, .. } | Self::TableRows { keys, .. } => keys.iter().for_each(f),
            Self::Record(entries) => entries.iter().for_each(|(_, e)| f(e)),
            Self::With { binds, body } => {
                binds.iter().for_each(|(_, e)| f(e));
                f(body);
            }
            Self::Block(block) => {
                block.loops.iter().for_each(|l| f(&l.list));
                block.lets.iter().for_each(|(_, e)| f(e));
                block.filter.iter().for_each(&mut *f);
                f(&block.each);
            }
        }
    }
}

/// `for / let / where / each`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Block {
    /// Nested loops, outermost first; a later list may use an earlier variable.
    pub loops: Vec<Loop>,
    /// Variables of each turn, in dependency order.
    #[cfg_attr(feature = "write", serde(skip_serializing_if = "Vec::is_empty"))]
    pub lets: Vec<(Slot, Expr)>,
    /// Turns for which this is not true give nothing.
    #[cfg_attr(feature = "write", serde(rename = "where", skip_serializing_if = "Option::is_none"))]
    pub filter: Option<Expr>,
    /// What a turn gives.
    pub each: Expr,
}

/// `variable in list`. A null list has no elements.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
pub struct Loop {
    /// The variable.
    pub slot: Slot,
    /// What it runs over.
    pub list: Expr,
}

/// Binary operators. `==`, `!=` and `in` are total; the rest give null when an operand is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum BinaryOp {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in` a list (by equality) or a map (by key)
    In,
    /// `+` on numbers, texts, lists
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`: whole on two ints, exact to 18 digits otherwise
    Divide,
    /// `%` on ints
    Remainder,
}

/// Macros: each evaluates its body once per element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum MacroKind {
    /// Elements for which the body is true.
    Filter,
    /// The body's values.
    Map,
    /// Whether the body is true for one (three-valued, errors as in CEL's `||`).
    Exists,
    /// Whether the body is true for all (three-valued, errors as in CEL's `&&`).
    All,
    /// A map from the body's value, as text, to the element; a null key is skipped, a repeated key is an error.
    IndexBy,
    /// Lists of elements with equal body values, by first appearance; null keys together.
    GroupBy,
    /// Elements ordered by the body's value, stable, nulls last.
    SortBy,
    /// The list as it is, if no body's value is below the one before; none may be null. The unit of a walk.
    Ordered,
}

/// Values the engine provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Var {
    /// `student.tax_code`: the request's, or resolved from its key.
    StudentTaxCode,
    /// `student.key`: lower-case hex SHA-256 of the tax code.
    StudentKey,
    /// `institute.code`.
    InstituteCode,
    /// `today`: the exchange's date in Rome.
    Today,
    /// `now`: the exchange's instant as an RFC 3339 text in UTC, whole seconds.
    Now,
    /// `page.start`: rows before this page.
    PageStart,
    /// `page.number`: the page's number, counted from the paging's `first`.
    PageNumber,
    /// `page.size`.
    PageSize,
    /// `page.token`: what `next` gave on the page before; null on the first.
    PageToken,
    /// `session`: what the system's `open` took; only where a call is written.
    Session,
    /// `caller.client_id`; null in development. Like its siblings only where a call is written.
    CallerClient,
    /// `caller.consumer_id`.
    CallerConsumer,
    /// `caller.purpose_id`; null also of a partner.
    CallerPurpose,
    /// `caller.jti`; null also of a partner's token that has none.
    CallerJti,
    /// `ref`: what tells one change from another, the same for whatever a consumer repeats; of operations that change
    /// something.
    Reference,
    /// `file.file_code`: the request that is taken back, as the student's list has it.
    FileCode,
    /// `file.file_status`.
    FileStatus,
    /// `file.message`.
    FileMessage,
    /// `status` of an answer; only in `failures`, `take`, `next`.
    AnswerStatus,
    /// `headers` of an answer, a record with lower-case names; only in `failures`, `take`, `next`.
    AnswerHeaders,
    /// `body` of an answer, decoded; null when it could not be. Only in `failures`, `take`, `next`.
    AnswerBody,
    /// `decoded`: whether the body could be decoded; one with nothing in it cannot. Only in `failures`, `take`, `next`.
    AnswerDecoded,
    /// `root`: the local name of an XML answer's root, of a SOAP answer's element in the body; null if there is none.
    /// Only in `failures`, `take`, `next`.
    AnswerRoot,
    /// `result` of a SOAP answer: the value of its `…Return`, references followed. Only in `failures`, `take`, `next`.
    AnswerResult,
    /// `fault` of a SOAP answer, a record with `code`, `string` and `detail`; null if it is none. Only in `failures`,
    /// `take`, `next`.
    AnswerFault,
}

/// What a document inside a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "write", derive(serde::Serialize))]
#[cfg_attr(feature = "write", serde(rename_all = "snake_case"))]
pub enum Embedded {
    /// XML: a node whose one child is the root (`parseXml(t).CURRICULUM.NOME`). What it says about its encoding is
    /// ignored, since the text has been decoded.
    Xml,
    /// JSON.
    Json,
}
