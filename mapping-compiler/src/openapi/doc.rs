//! A document as a tree, and its YAML.

/// A part of a document, members in written order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doc {
    /// An object.
    Map(Vec<(String, Doc)>),
    /// A list.
    List(Vec<Doc>),
    /// A text.
    Text(String),
    /// A number, true, false or null, as written.
    Plain(String),
}

impl Doc {
    /// An object of these members.
    pub(super) fn map<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number, true or false.
    pub(super) fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// A reference to a schema of the document.
    pub(super) fn schema(name: &str) -> Self {
        Self::map([("$ref", Self::Text(format!("#/components/schemas/{name}")))])
    }

    /// Its members, if it is an object.
    pub(super) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Map(members) => members,
            _ => &[],
        }
    }

    /// A member, if it is an object that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// A member further inside.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |doc, name| doc.get(name))
    }

    /// The scalar it is.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Plain(text) => Some(text),
            _ => None,
        }
    }

    /// Adds a member to an object.
    pub(super) fn add(&mut self, name: &str, value: Self) {
        if let Self::Map(members) = self {
            members.push((name.to_owned(), value));
        }
    }

    /// As YAML.
    pub(super) fn yaml(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Map(members) => {
                for (name, value) in members {
                    indent(out, depth);
                    out.push_str(&quoted(name));
                    out.push(':');
                    value.write_behind(out, depth.saturating_add(1));
                }
            }
            Self::List(elements) => {
                for element in elements {
                    indent(out, depth);
                    out.push('-');
                    element.write_behind(out, depth.saturating_add(1));
                }
            }
            Self::Text(_) | Self::Plain(_) => self.write_behind(out, depth),
        }
    }

    /// What stands behind a key or a dash.
    fn write_behind(&self, out: &mut String, depth: usize) {
        match self {
            Self::Map(members) if members.is_empty() => out.push_str(" {}\n"),
            Self::List(elements) if elements.is_empty() => out.push_str(" []\n"),
            Self::Map(_) | Self::List(_) => {
                out.push('\n');
                self.write(out, depth);
            }
            Self::Text(text) => out.extend([" ", &quoted(text), "\n"]),
            Self::Plain(text) => out.extend([" ", text, "\n"]),
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A scalar that YAML reads as this text. Texts have one line.
pub(super) fn quoted(text: &str) -> String {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let plain = text.bytes().all(word) && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let meant = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    if plain && !meant.iter().any(|w| text.eq_ignore_ascii_case(w)) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}
