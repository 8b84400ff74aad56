//! Code blocks of a Markdown page.

/// A part of a page.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// A heading.
    Heading,
    /// A code block.
    Block(Block),
}

/// A code block with its info string.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Line of its first line of text, from 0.
    pub line: usize,
    /// First word of the info string.
    pub language: String,
    /// The other words: `name=value` or `name`.
    words: Vec<(String, String)>,
    /// Its lines, each with a line feed.
    pub text: String,
}

impl Block {
    /// The value of a word of the info string; empty if it has none.
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.words.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Its bytes in the charset it asks for.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self.word("charset") {
            None => self.text.clone().into_bytes(),
            Some("latin1") => self.text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect(),
            Some(other) => panic!("line {}: no charset {other}", self.line),
        }
    }
}

/// Headings and code blocks, in order.
pub(crate) fn parts(markdown: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in markdown.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let mut words = info.split_whitespace();
                let language = words.next().unwrap_or_default().to_owned();
                let words = words.map(|w| w.split_once('=').unwrap_or((w, "")));
                let words = words.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                open = Some(Block { line: at + 1, language, words, text: String::new() });
            }
            (Some(_), Some("")) => parts.extend(open.take().map(Part::Block)),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) if line.starts_with('#') => parts.push(Part::Heading),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a code block is not closed");
    parts
}

/// A file changed by a hunk: lines with ` `, `-` or `+` in front.
pub(crate) fn patched(file: &str, hunk: &str) -> Result<String, String> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for line in hunk.lines() {
        match line.split_at_checked(1) {
            Some(("-", rest)) => before.push(rest),
            Some(("+", rest)) => after.push(rest),
            Some((" ", rest)) => {
                before.push(rest);
                after.push(rest);
            }
            None => {
                before.push("");
                after.push("");
            }
            Some(_) => return Err(format!("`{line}` is no line of a hunk")),
        }
    }
    let lines: Vec<&str> = file.lines().collect();
    let places: Vec<usize> =
        lines.windows(before.len()).enumerate().filter(|(_, w)| *w == before).map(|(at, _)| at).collect();
    let [at] = places[..] else { return Err(format!("the hunk fits {} times", places.len())) };
    let mut out: Vec<&str> = lines[..at].to_vec();
    out.extend(after);
    out.extend(&lines[at + before.len()..]);
    Ok(out.join("\n") + "\n")
}

/// Whether a text is what is shown. `…` stands for anything within a line, alone on a line for any lines.
pub(crate) fn fits(shown: &str, found: &str) -> bool {
    let shown: Vec<&str> = shown.trim_end().lines().map(str::trim_end).collect();
    let found: Vec<&str> = found.trim_end().lines().map(str::trim_end).collect();
    lines_fit(&shown, &found)
}

fn lines_fit(shown: &[&str], found: &[&str]) -> bool {
    match shown.split_first() {
        None => found.is_empty(),
        Some((&"…", rest)) => (0..=found.len()).any(|at| lines_fit(rest, &found[at..])),
        Some((first, rest)) => {
            found.split_first().is_some_and(|(line, more)| line_fits(first, line) && lines_fit(rest, more))
        }
    }
}

fn line_fits(shown: &str, found: &str) -> bool {
    match shown.split_once('…') {
        None => shown == found,
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| &rest[at..]).chain([""]).any(|rest| line_fits(after, rest))
        }),
    }
}

#[test]
fn hunks_and_ellipses() {
    assert_eq!(patched("a\nb\nc\n", " a\n-b\n+x\n+y\n").unwrap(), "a\nx\ny\nc\n");
    assert!(patched("a\na\n", "-a\n").is_err());
    assert!(patched("a\n", "-b\n").is_err());
    assert!(fits("a\n…\nd …x\n", "a\nb\nc\nd 12 x\n"));
    assert!(fits("a…", "a"));
    assert!(!fits("a\n…\nd", "a\nb\nc"));
    assert!(!fits("a", "a\nb"));
}
