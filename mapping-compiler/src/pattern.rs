//! Regular expressions: parsed here, and lowered to the instructions that the engine runs. The edge has no parser of them.
//!
//! The language is RE2's, as CEL wants it: `\d \w \s \b` are ASCII's. What the parser takes besides is refused, since
//! other engines read it as something else.

use std::ops::Range;

use adapter_core::bundle::{Pattern, Place, Step};
use regex_syntax::ast::{
    AssertionKind, Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet, ClassSetItem,
    Flag, Flags, FlagsItemKind, GroupKind, LiteralKind, Span, parse::ParserBuilder,
};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition, translate::TranslatorBuilder};

/// Longest pattern, bytes.
pub const MAX_TEXT: usize = 1_000;
/// Most instructions of one pattern.
pub const MAX_STEPS: usize = 1_000;
/// Most ranges of characters in one pattern.
const MAX_RANGES: usize = 4_000;
/// Deepest nesting of groups.
const MAX_DEPTH: u32 = 50;

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is not well-formed, or uses what the language leaves out: what is wrong, a sentence's end, and where in the
    /// pattern if that is known, in bytes.
    Syntax(String, Option<Range<usize>>),
    /// It becomes too large.
    Size,
}

/// Compiles a pattern; with `notes` its match, or its first group, is noted.
///
/// # Errors
/// [`Refused`].
pub fn compile(pattern: &str, notes: bool) -> Result<Pattern, Refused> {
    if pattern.len() > MAX_TEXT {
        return Err(Refused::Size);
    }
    let parsed = ParserBuilder::new().nest_limit(MAX_DEPTH).build().parse(pattern);
    let mut ast = parsed.map_err(|e| malformed(&e.kind().to_string(), e.span()))?;
    like_re2(&mut ast)?;
    let translated = TranslatorBuilder::new().build().translate(pattern, &ast);
    let hir = translated.map_err(|e| malformed(&e.kind().to_string(), e.span()))?;
    let grouped = hir.properties().explicit_captures_len() > 0;
    let mut lowering = Lowering { code: Vec::new(), ranges: 0, notes };
    if notes && !grouped {
        lowering.put(Step::Save(0))?;
    }
    lowering.hir(&hir)?;
    if notes && !grouped {
        lowering.put(Step::Save(1))?;
    }
    lowering.put(Step::Match)?;
    Ok(Pattern { code: lowering.code })
}

fn malformed(what: &str, at: &Span) -> Refused {
    let at = at.start.offset..at.end.offset;
    Refused::Syntax(lower_case(what), Some(at).filter(|at| !at.is_empty()))
}

fn lower_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

fn refused<T>(what: &str) -> Result<T, Refused> {
    Err(Refused::Syntax(what.to_owned(), None))
}

/// Refuses what is not RE2's, and makes classes ASCII's that RE2 has as such.
fn like_re2(ast: &mut Ast) -> Result<(), Refused> {
    match ast {
        Ast::Empty(_) | Ast::Dot(_) | Ast::ClassUnicode(_) => {}
        Ast::Flags(set) => flags(&set.flags)?,
        Ast::Literal(literal) => character(&literal.kind)?,
        Ast::Assertion(assertion) => match assertion.kind {
            AssertionKind::StartLine
            | AssertionKind::EndLine
            | AssertionKind::StartText
            | AssertionKind::EndText
            | AssertionKind::WordBoundary
            | AssertionKind::NotWordBoundary => {}
            _ => return refused("of the word boundaries only `\\b` and `\\B` are there"),
        },
        Ast::ClassPerl(class) => {
            let item = ascii(class);
            *ast = Ast::ClassBracketed(Box::new(ClassBracketed {
                span: class.span,
                negated: false,
                kind: ClassSet::Item(ClassSetItem::Ascii(item)),
            }));
        }
        Ast::ClassBracketed(class) => match &mut class.kind {
            ClassSet::Item(item) => set(item)?,
            ClassSet::BinaryOp(_) => return refused("classes are not cut with `&&`, `--` or `~~`"),
        },
        Ast::Repetition(repetition) => like_re2(&mut repetition.ast)?,
        Ast::Group(group) => {
            if let GroupKind::NonCapturing(set) = &group.kind {
                flags(set)?;
            }
            like_re2(&mut group.ast)?;
        }
        Ast::Alternation(alternation) => alternation.asts.iter_mut().try_for_each(like_re2)?,
        Ast::Concat(concat) => concat.asts.iter_mut().try_for_each(like_re2)?,
    }
    Ok(())
}

fn flags(flags: &Flags) -> Result<(), Refused> {
    let known = |kind: &FlagsItemKind| match kind {
        FlagsItemKind::Negation => true,
        FlagsItemKind::Flag(flag) => {
            matches!(flag, Flag::CaseInsensitive | Flag::MultiLine | Flag::DotMatchesNewLine | Flag::SwapGreed)
        }
    };
    if flags.items.iter().all(|item| known(&item.kind)) {
        Ok(())
    } else {
        refused("of the flags only `i`, `m`, `s` and `U` are there")
    }
}

fn character(kind: &LiteralKind) -> Result<(), Refused> {
    match kind {
        LiteralKind::HexFixed(form) | LiteralKind::HexBrace(form) if *form != regex_syntax::ast::HexLiteralKind::X => {
            refused("a character by its number is written `\\x{…}`")
        }
        _ => Ok(()),
    }
}

fn set(item: &mut ClassSetItem) -> Result<(), Refused> {
    match item {
        ClassSetItem::Empty(_) | ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) => Ok(()),
        ClassSetItem::Literal(literal) => character(&literal.kind),
        ClassSetItem::Range(range) => character(&range.start.kind).and_then(|()| character(&range.end.kind)),
        ClassSetItem::Perl(class) => {
            *item = ClassSetItem::Ascii(ascii(class));
            Ok(())
        }
        ClassSetItem::Bracketed(_) => refused("a class inside a class is not there; write `\\[`"),
        ClassSetItem::Union(union) => union.items.iter_mut().try_for_each(set),
    }
}

fn ascii(class: &ClassPerl) -> ClassAscii {
    let kind = match class.kind {
        ClassPerlKind::Digit => ClassAsciiKind::Digit,
        ClassPerlKind::Space => ClassAsciiKind::Space,
        ClassPerlKind::Word => ClassAsciiKind::Word,
    };
    ClassAscii { span: class.span, kind, negated: class.negated }
}

struct Lowering {
    code: Vec<Step>,
    ranges: usize,
    notes: bool,
}

impl Lowering {
    fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn put(&mut self, step: Step) -> Result<usize, Refused> {
        let at = self.code.len();
        if at >= MAX_STEPS {
            return Err(Refused::Size);
        }
        self.code.push(step);
        Ok(at)
    }

    fn set(&mut self, at: usize, step: Step) {
        if let Some(place) = self.code.get_mut(at) {
            *place = step;
        }
    }

    /// A place where two ways part: `here` is preferred by a greedy repetition, `there` by another.
    fn part(&mut self, at: usize, greedy: bool, here: u32, there: u32) {
        self.set(at, if greedy { Step::Split(here, there) } else { Step::Split(there, here) });
    }

    fn chars(&mut self, ranges: Vec<(u32, u32)>) -> Result<(), Refused> {
        self.ranges = self.ranges.saturating_add(ranges.len());
        if self.ranges > MAX_RANGES {
            return Err(Refused::Size);
        }
        self.put(Step::Chars(ranges)).map(drop)
    }

    fn hir(&mut self, hir: &Hir) -> Result<(), Refused> {
        match hir.kind() {
            HirKind::Empty => Ok(()),
            HirKind::Literal(literal) => {
                let Ok(text) = std::str::from_utf8(&literal.0) else { return refused("it is not about text") };
                text.chars().try_for_each(|c| self.chars(vec![(u32::from(c), u32::from(c))]))
            }
            HirKind::Class(Class::Unicode(class)) => {
                self.chars(class.iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect())
            }
            HirKind::Class(Class::Bytes(class)) => {
                if !class.is_ascii() {
                    return refused("it is not about text");
                }
                self.chars(class.iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect())
            }
            HirKind::Look(look) => {
                let place = match look {
                    Look::Start => Place::Start,
                    Look::End => Place::End,
                    Look::StartLF => Place::LineStart,
                    Look::EndLF => Place::LineEnd,
                    // As in RE2, ASCII decides what a word is.
                    Look::WordAscii | Look::WordUnicode => Place::WordEdge,
                    Look::WordAsciiNegate | Look::WordUnicodeNegate => Place::NoWordEdge,
                    _ => return refused("it asks for a place that is not there"),
                };
                self.put(Step::At(place)).map(drop)
            }
            HirKind::Repetition(repetition) => self.repetition(repetition),
            HirKind::Capture(capture) => {
                let noted = self.notes && capture.index == 1;
                if noted {
                    self.put(Step::Save(2))?;
                }
                self.hir(&capture.sub)?;
                if noted {
                    self.put(Step::Save(3))?;
                }
                Ok(())
            }
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.hir(part)),
            HirKind::Alternation(ways) => {
                let mut ends = Vec::with_capacity(ways.len());
                for (nth, way) in ways.iter().enumerate() {
                    if nth.saturating_add(1) == ways.len() {
                        self.hir(way)?;
                        break;
                    }
                    let split = self.put(Step::Match)?;
                    let first = self.here();
                    self.hir(way)?;
                    ends.push(self.put(Step::Match)?);
                    let second = self.here();
                    self.set(split, Step::Split(first, second));
                }
                let end = self.here();
                ends.into_iter().for_each(|at| self.set(at, Step::Jump(end)));
                Ok(())
            }
        }
    }

    fn repetition(&mut self, repetition: &Repetition) -> Result<(), Refused> {
        let Repetition { min, max, greedy, sub } = repetition;
        let last_must = if max.is_none() { min.saturating_sub(1) } else { *min };
        for _ in 0..last_must {
            self.hir(sub)?;
        }
        match max {
            None if *min > 0 => self.once_or_more(sub, *greedy),
            None if sub.properties().minimum_len() == Some(0) => {
                // What can match nothing must be tried once before it is left, as a backtracking matcher does.
                let split = self.put(Step::Match)?;
                let first = self.here();
                self.once_or_more(sub, *greedy)?;
                let end = self.here();
                self.part(split, *greedy, first, end);
                Ok(())
            }
            None => {
                let split = self.put(Step::Match)?;
                let first = self.here();
                self.hir(sub)?;
                self.put(Step::Jump(first.saturating_sub(1)))?;
                let end = self.here();
                self.part(split, *greedy, first, end);
                Ok(())
            }
            Some(max) => {
                let mut splits = Vec::new();
                for _ in *min..*max {
                    splits.push((self.put(Step::Match)?, self.here()));
                    self.hir(sub)?;
                }
                let end = self.here();
                splits.into_iter().for_each(|(at, first)| self.part(at, *greedy, first, end));
                Ok(())
            }
        }
    }

    fn once_or_more(&mut self, sub: &Hir, greedy: bool) -> Result<(), Refused> {
        let first = self.here();
        self.hir(sub)?;
        let split = self.put(Step::Match)?;
        let end = self.here();
        self.part(split, greedy, first, end);
        Ok(())
    }
}
