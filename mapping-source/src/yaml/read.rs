//! From YAML's events to the tree, within bounds.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as YamlSpan, StrInput};

use super::{Entry, Node, Scalar, Text, Value};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{FileId, Span};

/// Most bytes of a file.
const MAX_BYTES: usize = 1_048_576;
/// Most nesting of lists and maps.
const MAX_DEPTH: usize = 48;
/// Most values of a file.
const MAX_NODES: usize = 100_000;

/// Reads one document. What is wrong is added to the report; none if nothing usable could be read.
pub fn read(report: &mut Report, name: &str, text: &str) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = report.sources.add(name, text);
    let start = Span { file, start: 0, end: 0 };
    if text.len() > MAX_BYTES {
        let message = format!("The file has {} bytes; {MAX_BYTES} are allowed.", text.len());
        report.push(Diagnostic::new(Code::YamlSize, start, message));
        return None;
    }
    let reader = Reader {
        parser: Parser::new_from_str(text),
        text,
        offsets: text.char_indices().map(|(at, _)| at).chain([text.len()]).collect(),
        file,
        report,
        nodes: 0,
    };
    reader.document()
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    text: &'a str,
    /// Byte of each character: the parser counts characters.
    offsets: Vec<usize>,
    file: FileId,
    report: &'a mut Report,
    nodes: usize,
}

/// Reading cannot go on; it has been reported.
struct Stop;

impl<'a> Reader<'a> {
    fn document(mut self) -> Option<Node> {
        let mut root = None;
        loop {
            let (event, at) = self.next().ok()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => break,
                event if root.is_none() => root = Some(self.node(event, at, 0).ok()?),
                _ => {
                    let message = "The file holds more than one YAML document.";
                    self.report
                        .push(Diagnostic::new(Code::YamlFeature, at, message).help("A mapping is one document."));
                    return None;
                }
            }
        }
        if root.is_none() {
            let at = Span { file: self.file, start: 0, end: 0 };
            self.report.push(Diagnostic::new(Code::YamlSyntax, at, "The file is empty."));
        }
        root
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.span(span))),
            Some(Err(error)) => {
                let diagnostic = self.broken(&error);
                self.report.push(diagnostic);
                Err(Stop)
            }
            None => Ok((Event::StreamEnd, Span { file: self.file, start: 0, end: 0 })),
        }
    }

    fn span(&self, span: YamlSpan) -> Span {
        Span { file: self.file, start: self.byte(span.start.index()), end: self.byte(span.end.index()) }
    }

    fn byte(&self, character: usize) -> u32 {
        let byte = self.offsets.get(character).copied().unwrap_or(self.text.len());
        u32::try_from(byte).unwrap_or(u32::MAX)
    }

    fn node(&mut self, event: Event<'a>, at: Span, depth: usize) -> Result<Node, Stop> {
        self.nodes = self.nodes.saturating_add(1);
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            let message = format!("At most {MAX_DEPTH} levels of nesting and {MAX_NODES} values are allowed.");
            self.report.push(Diagnostic::new(Code::YamlSize, at, message));
            return Err(Stop);
        }
        let value = match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    self.tag(at);
                }
                self.no_anchor(anchor, at);
                let plain = style == ScalarStyle::Plain;
                return Ok(self.scalar(&text, plain, at));
            }
            Event::SequenceStart(anchor, tag) => {
                self.no_anchor(anchor, at);
                if tag.is_some() {
                    self.tag(at);
                }
                self.list(depth)?
            }
            Event::MappingStart(anchor, tag) => {
                self.no_anchor(anchor, at);
                if tag.is_some() {
                    self.tag(at);
                }
                self.map(depth)?
            }
            Event::Alias(_) => {
                self.no_anchor(1, at);
                return Err(Stop);
            }
            _ => {
                self.report.push(Diagnostic::new(Code::YamlSyntax, at, "A value is missing."));
                return Err(Stop);
            }
        };
        Ok(Node { span: at, value })
    }

    fn scalar(&self, text: &str, plain: bool, span: Span) -> Node {
        let source = self.report.sources.text(span);
        let map = align(text, source, span.start);
        let scalar = Scalar { text: text.to_owned(), plain, span, map };
        Node { span, value: Value::Scalar(scalar) }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Stop> {
        let mut elements = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Value::List(elements));
            }
            elements.push(self.node(event, at, depth.saturating_add(1))?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = std::collections::BTreeMap::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Value::Map(entries));
            }
            let key = self.node(event, at, depth.saturating_add(1))?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth.saturating_add(1))?;
            let Value::Scalar(scalar) = key.value else {
                let message = "A key must be a plain word or a quoted text.";
                let help = match key.braced() {
                    Some(inner) => format!("An expression has one brace and a `$`. Did you mean \"${{{inner}}}\"?"),
                    None => "If this was meant as a value beginning with `{` or `[`, quote it.".to_owned(),
                };
                self.report.push(Diagnostic::new(Code::YamlFeature, key.span, message).help(help));
                continue;
            };
            if scalar.plain && scalar.text == "<<" {
                let message = "Merge keys are not used in mappings.";
                self.report.push(Diagnostic::new(Code::YamlFeature, key.span, message));
                continue;
            }
            let key = Text { text: scalar.text, span: key.span };
            if let Some(first) = seen.insert(key.text.clone(), key.span) {
                let message = format!("The key `{}` stands twice.", key.text);
                let diagnostic = Diagnostic::new(Code::YamlDuplicate, key.span, message).also(first, "first here");
                self.report.push(diagnostic);
                continue;
            }
            entries.push(Entry { key, value });
        }
    }

    fn no_anchor(&mut self, anchor: usize, at: Span) {
        if anchor != 0 {
            let message = "Anchors (`&`) and aliases (`*`) are not used in mappings.";
            let help = "A text that begins with `&` or `*` must be quoted.";
            self.report.push(Diagnostic::new(Code::YamlFeature, at, message).help(help));
        }
    }

    /// `when: !done` is a YAML tag, not a negation.
    fn tag(&mut self, at: Span) {
        let line = self.line_before(at);
        let at = line.rfind('!').map_or(at, |from| {
            let back = u32::try_from(line.len().saturating_sub(from)).unwrap_or(0);
            Span { start: at.start.saturating_sub(back), ..at }
        });
        let message = "YAML takes a leading `!` as a tag.";
        self.report.push(Diagnostic::new(Code::YamlQuote, at, message).help("Quote the value: \"!…\"."));
    }

    /// What stands on a place's line in front of it.
    fn line_before(&self, at: Span) -> &'a str {
        let before = usize::try_from(at.start).ok().and_then(|n| self.text.get(..n)).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default()
    }

    /// A syntax error; with advice where an expression is what broke the YAML.
    fn broken(&self, error: &ScanError) -> Diagnostic {
        let character = error.marker().index();
        // The character there, which may take several bytes, or the end of the file.
        let (start, end) = (self.byte(character), self.byte(character.saturating_add(1)));
        let at = Span { file: self.file, start, end };
        let from = usize::try_from(at.start).unwrap_or(0);
        let before = self.line_before(at);
        let rest = self.text.get(from..).and_then(|r| r.lines().next()).unwrap_or_default();
        let line = format!("{before}{rest}");
        let indent = line.len().saturating_sub(line.trim_start().len());
        if let Some(tab) = line.get(..indent).and_then(|blank| blank.find('\t')) {
            let begins = from.saturating_sub(before.len()).saturating_add(tab);
            let start = u32::try_from(begins).unwrap_or(at.start);
            let message = "The line is indented with a tab; YAML takes blanks only.";
            let at = Span { start, end: start.saturating_add(1), ..at };
            return Diagnostic::new(Code::YamlTab, at, message).help("Indent with blanks, two for each level.");
        }
        let cut = before.rfind("${").is_some_and(|open| !before.get(open..).unwrap_or_default().contains('}'))
            || rest.starts_with("${")
            || (before.ends_with('$') && rest.starts_with('{'));
        if cut {
            let message = "YAML's own punctuation cuts an expression in two.";
            return Diagnostic::new(Code::YamlQuote, at, message).help("Quote the whole value: \"${…}\".");
        }
        if error.info().contains("tag") && line.contains('!') {
            let message = "YAML takes a leading `!` as a tag.";
            return Diagnostic::new(Code::YamlQuote, at, message).help("Quote the value: \"!…\".");
        }
        if error.info().contains("flow") && (line.contains(['(', '?']) || rest.starts_with(['[', '{'])) {
            let message = "Between `{ }` and `[ ]` YAML takes commas, colons, brackets and braces for its own.";
            let help = "Quote the whole value that this belongs to: \"coalesce(a[0], b)\", \"${…}\".";
            return Diagnostic::new(Code::YamlQuote, at, message).help(help);
        }
        if line.contains("${") || error.info().contains("mapping values are not allowed") {
            let message = format!("YAML gives a character here a meaning of its own ({}).", error.info());
            let help = "If this belongs to an expression or a text, quote the whole value: `: `, ` #`, a leading `!`, `{`, `[`, `*`, `&` or `\"` need quotes.";
            return Diagnostic::new(Code::YamlQuote, at, message).help(help);
        }
        Diagnostic::new(Code::YamlSyntax, at, format!("This is not well-formed YAML: {}.", error.info()))
    }
}

/// For each byte of a scalar's text its byte in the file. Escapes, doubled quotes and folded lines make the two differ:
/// each character is looked for in order, and what cannot be found ends the attempt.
fn align(text: &str, source: &str, start: u32) -> Option<Vec<u32>> {
    let mut map = Vec::with_capacity(text.len());
    let mut rest = source.char_indices();
    let quote = source.chars().next().filter(|c| matches!(c, '"' | '\''));
    if quote.is_some() {
        rest.next();
    }
    for c in text.chars() {
        let (at, _) = rest.by_ref().find(|(_, s)| *s == c || (c == ' ' && s.is_whitespace()))?;
        for byte in 0..c.len_utf8() {
            map.push(start.saturating_add(u32::try_from(at.saturating_add(byte)).ok()?));
        }
    }
    Some(map)
}
