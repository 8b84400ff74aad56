//! Diagnostics as data, and their renderings.

mod codes;
mod github;
mod human;
mod json;
mod sarif;

pub use codes::{CODES, Code, Severity};

use crate::source::{Sources, Span};

/// Something the compiler has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code; decides the severity.
    pub code: Code,
    /// Full sentences.
    pub message: String,
    /// Places; the first is where it is.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Vec<String>,
}

/// A place with a remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic at a place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let label = Label { span, text: String::new() };
        Self { code, message: message.into(), labels: vec![label], help: Vec::new() }
    }

    /// Adds a remark to the place it is at.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds advice, if there is any.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help.extend(text);
        self
    }
}

/// Sources and what there is to say about them.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The files read.
    pub sources: Sources,
    /// What the mapping does not say, and what is taken for it; each in words.
    pub assumed: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

/// Most diagnostics of a report: nobody reads more, and what is looked for among them takes time.
const MOST: usize = 1_000;

impl Report {
    /// Adds a diagnostic. One that has been said already is not said again; after a thousand nothing more is said,
    /// unless it is the first error.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let first_error = diagnostic.code.severity() == Severity::Error && !self.has_errors();
        let room = self.diagnostics.len() < MOST || first_error;
        if room && !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The diagnostics, by place.
    pub fn diagnostics(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        sorted.sort_by_key(|d| d.labels.first().map(|l| (l.span.file, l.span.start, l.span.end)));
        sorted
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|d| d.code.severity() == severity).count()
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// For people: message, source line and caret of each, what to do, and where to read on.
    pub fn human(&self) -> String {
        human::render(self, false)
    }

    /// As [`Self::human`], with the colours of a terminal.
    pub fn coloured(&self) -> String {
        human::render(self, true)
    }

    /// For GitHub's workflows: one command for each.
    pub fn github(&self) -> String {
        github::render(self)
    }

    /// For machines: a JSON array with one object for each.
    pub fn json(&self) -> String {
        json::render(self)
    }
}

/// Several reports as one SARIF 2.1.0 log.
pub fn sarif(reports: &[Report]) -> String {
    sarif::render(reports)
}

/// Without what a terminal would obey: controls, and marks that turn the direction of writing.
fn visible(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}
