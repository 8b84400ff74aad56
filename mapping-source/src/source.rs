//! Source files and places in them.

use std::path::{Path, PathBuf};

/// Names one file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// From the beginning of this span to the end of another in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A place as people count: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// One file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name as shown to people.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Where its lines begin.
    lines: Vec<usize>,
}

/// The files a report may point into.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let text = text.into();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at.saturating_add(1))).collect();
        self.files.push(SourceFile { name: name.into(), text, lines });
        id
    }

    /// A file; an id of another `Sources` gives none.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::try_from(id.0).ok()?)
    }

    /// The folder of the file in which a place is: what paths written there are relative to.
    pub fn folder(&self, span: Span) -> PathBuf {
        let name = self.file(span.file).map(|f| f.name.as_str()).unwrap_or_default();
        Path::new(name).parent().unwrap_or(Path::new("")).to_owned()
    }

    /// The text under a span; empty if it does not lie on character boundaries of the file.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|f| f.text.get(to_usize(span.start)..to_usize(span.end))).unwrap_or_default()
    }

    /// A line of a file, counted from 1, without its end.
    pub fn line(&self, file: FileId, line: usize) -> &str {
        let Some(file) = self.file(file) else { return "" };
        let begins = file.lines.get(line.saturating_sub(1)).copied().unwrap_or(file.text.len());
        file.text.get(begins..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// Line and column of a span's first character.
    pub fn start(&self, span: Span) -> Position {
        self.position(span.file, span.start)
    }

    /// Line and column after a span's last character.
    pub fn end(&self, span: Span) -> Position {
        self.position(span.file, span.end)
    }

    fn position(&self, file: FileId, at: u32) -> Position {
        let text = self.file(file).map(|f| f.text.as_str()).unwrap_or_default();
        let mut at = to_usize(at).min(text.len());
        while !text.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        let lines = self.file(file).map(|f| f.lines.as_slice()).unwrap_or_default();
        // Lines that begin at or before the place.
        let line = lines.partition_point(|begins| *begins <= at).max(1);
        let begins = lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = text.get(begins..at).map_or(0, |l| l.chars().count()).saturating_add(1);
        Position { line, column }
    }
}

fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
