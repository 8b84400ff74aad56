//! CSV into the arena: a list of records of texts, one for each line under the line of names.

use super::{Arena, DecodeError, Decoder, Keep, NameId, Names, Text, Value};

/// A field: its text, and how it ends.
struct Field {
    text: Text,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Field,
    Line,
    Document,
}

/// A document being read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    separator: u8,
    segment: u16,
    /// Fields in which quotes were doubled, as they read.
    unescaped: String,
}

impl Decoder<'_> {
    /// Decodes CSV. The separator is `;`, a tab or `,`, the first of these that stands in the line of names. A field
    /// may stand in quotes; a quote in it is doubled. A last column without a name is ignored, but it must be empty.
    ///
    /// # Errors
    /// [`DecodeError::Syntax`] without a line of names, if a name stands there twice, if a line has more or fewer
    /// fields, or if a quote is not closed.
    pub fn decode_csv(&self, arena: &mut Arena, document: String) -> Result<Value, DecodeError> {
        let full = |_| DecodeError::Full;
        let segment = arena.next_segment().map_err(full)?;
        let first = document.lines().next().unwrap_or("");
        let separator = [b';', b'\t', b','].into_iter().find(|b| first.as_bytes().contains(b)).unwrap_or(b';');
        let mut reader = Reader { text: &document, at: 0, separator, segment, unescaped: String::new() };
        let columns = self.columns(arena, &mut reader)?;
        let mut rows = Vec::new();
        let mut entries: Vec<(NameId, Value)> = Vec::new();
        while reader.line(columns.len())? {
            entries.clear();
            for (at, column) in columns.iter().enumerate() {
                let field = reader.field()?;
                let last = at.saturating_add(1) == columns.len();
                let text = reader.text(field.text);
                if last == (field.end == End::Field) || (*column == Some(Names::NONE) && !text.is_empty()) {
                    return Err(DecodeError::Syntax);
                }
                let Some(name) = column.filter(|name| *name != Names::NONE) else { continue };
                let (text, field) = if self.trim { trimmed(text, field.text) } else { (text, field.text) };
                let tidy = self.tidies_away(text.as_bytes());
                entries.push((name, if tidy { Value::Null } else { Value::Text(field) }));
            }
            rows.push(Value::Record(arena.make_record(&entries).map_err(full)?));
        }
        let span = arena.make_list(&rows).map_err(full)?;
        let unescaped = reader.unescaped;
        arena.add_document(document, unescaped, self.origin).map_err(full)?;
        Ok(Value::List(span))
    }

    /// The line of names: what each column is kept as; none: nobody names it; [`Names::NONE`]: the last, unnamed one.
    fn columns(&self, arena: &mut Arena, reader: &mut Reader<'_>) -> Result<Vec<Option<NameId>>, DecodeError> {
        let mut names: Vec<String> = Vec::new();
        loop {
            let field = reader.field()?;
            let name = reader.text(field.text).trim().to_owned();
            names.push(name);
            if field.end != End::Field {
                break;
            }
        }
        let unnamed = names.len() > 1 && names.last().is_some_and(String::is_empty);
        let twice = names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|n| n == name));
        if names.len() > MANY || twice || (!unnamed && names.iter().any(String::is_empty)) {
            return Err(DecodeError::Syntax);
        }
        Ok(names
            .iter()
            .map(|name| {
                if name.is_empty() {
                    return Some(Names::NONE);
                }
                match arena.names().known(name.as_bytes()) {
                    Some((id, _)) => Some(id),
                    None if self.keep == Keep::Whole => Some(arena.names_mut().intern(name)),
                    None => None,
                }
            })
            .collect())
    }

    /// A document that is one text.
    ///
    /// # Errors
    /// [`DecodeError::Full`].
    pub fn decode_text(&self, arena: &mut Arena, document: String) -> Result<Value, DecodeError> {
        let segment = arena.next_segment().map_err(|_| DecodeError::Full)?;
        let len = u32::try_from(document.len()).map_err(|_| DecodeError::Full)?;
        if self.tidies_away(document.as_bytes()) {
            return Ok(Value::Null);
        }
        arena.add_document(document, String::new(), self.origin).map_err(|_| DecodeError::Full)?;
        Ok(Value::Text(Text { segment, start: 0, len }))
    }
}

/// Most columns.
const MANY: usize = 1024;

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Whether there is another line. Empty ones between lines of several fields say nothing.
    fn line(&mut self, columns: usize) -> Result<bool, DecodeError> {
        while columns > 1 && self.rest().starts_with(['\r', '\n']) {
            self.at = self.at.saturating_add(1);
        }
        Ok(!self.rest().is_empty())
    }

    /// The text of a field that was read.
    fn text(&self, text: Text) -> &str {
        let whole = if text.segment == self.segment { self.text } else { &self.unescaped };
        let start = text.start as usize;
        whole.get(start..start.saturating_add(text.len as usize)).unwrap_or("")
    }

    fn field(&mut self) -> Result<Field, DecodeError> {
        let separator = self.separator;
        let quoted = self.rest().starts_with('"');
        let text = if quoted {
            self.quoted()?
        } else {
            let rest = self.rest().as_bytes();
            let ends = |b: &u8| *b == separator || matches!(b, b'\r' | b'\n');
            let len = rest.iter().position(ends).unwrap_or(rest.len());
            let text = text(self.segment, self.at, len)?;
            self.at = self.at.saturating_add(len);
            text
        };
        let rest = self.rest().as_bytes();
        let (end, len) = match rest {
            [] => (End::Document, 0),
            [b'\r', b'\n', ..] => (End::Line, 2),
            [b'\r' | b'\n', ..] => (End::Line, 1),
            [b, ..] if *b == separator => (End::Field, 1),
            _ => return Err(DecodeError::Syntax),
        };
        self.at = self.at.saturating_add(len);
        Ok(Field { text, end })
    }

    /// A field whose quote is next.
    fn quoted(&mut self) -> Result<Text, DecodeError> {
        let start = self.at.saturating_add(1);
        let mut end = start;
        let mut doubled = false;
        loop {
            let rest = self.text.as_bytes().get(end..).unwrap_or_default();
            let len = rest.iter().position(|b| *b == b'"').ok_or(DecodeError::Syntax)?;
            end = end.saturating_add(len);
            if rest.get(len.saturating_add(1)) != Some(&b'"') {
                break;
            }
            doubled = true;
            end = end.saturating_add(2);
        }
        self.at = end.saturating_add(1);
        let inner = self.text.get(start..end).unwrap_or("");
        if !doubled {
            return text(self.segment, start, inner.len());
        }
        let plain = inner.replace("\"\"", "\"");
        let start = self.unescaped.len();
        self.unescaped.push_str(&plain);
        text(self.segment.saturating_add(1), start, plain.len())
    }
}

/// A field without the white space at its ends.
fn trimmed(text: &str, field: Text) -> (&str, Text) {
    let behind = text.trim_start();
    let inner = behind.trim_end();
    // Parts of what is addressed by 32 bits.
    let number = |n: usize| u32::try_from(n).unwrap_or(0);
    let before = number(text.len().saturating_sub(behind.len()));
    (inner, Text { start: field.start.saturating_add(before), len: number(inner.len()), ..field })
}

fn text(segment: u16, start: usize, len: usize) -> Result<Text, DecodeError> {
    let number = |n: usize| u32::try_from(n).map_err(|_| DecodeError::Full);
    Ok(Text { segment, start: number(start)?, len: number(len)? })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{NameTable, write_value};

    fn decode(decoder: &Decoder<'_>, names: &[&str], text: &str) -> Result<String, DecodeError> {
        let names = names.iter().map(|n| ((*n).to_owned(), false)).collect();
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(names))));
        let value = decoder.decode_csv(&mut arena, text.to_owned())?;
        let mut out = Vec::new();
        write_value(&arena, value, &mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    fn whole(text: &str) -> Result<String, DecodeError> {
        decode(&Decoder::whole(8), &[], text)
    }

    #[test]
    fn lines_become_records_of_texts() {
        assert_eq!(whole("a;b\n1;2\n04;x y\n").unwrap(), r#"[{"a":"1","b":"2"},{"a":"04","b":"x y"}]"#);
        assert_eq!(whole("a,b\r\n1,2").unwrap(), r#"[{"a":"1","b":"2"}]"#);
        assert_eq!(whole("a\tb,c\r1\t2\r").unwrap(), r#"[{"a":"1","b,c":"2"}]"#);
        // `;` comes before the others.
        assert_eq!(whole("a,x;b\n1;2,3").unwrap(), r#"[{"a,x":"1","b":"2,3"}]"#);
        assert_eq!(whole("a\n1\n\n2\n").unwrap(), r#"[{"a":"1"},{"a":""},{"a":"2"}]"#);
        assert_eq!(whole("a;b\n\n1;2\n\n").unwrap(), r#"[{"a":"1","b":"2"}]"#);
        assert_eq!(whole("a;b").unwrap(), "[]");
    }

    #[test]
    fn quotes() {
        let text = "\"a\";b\n\"x;\ny\";\"he said \"\"no\"\"\"\nin \"side;\"\"\n";
        assert_eq!(whole(text).unwrap(), r#"[{"a":"x;\ny","b":"he said \"no\""},{"a":"in \"side","b":""}]"#);
        for bad in ["a;b\n\"1;2", "a;b\n\"1\"x;2", "a;\"b\n1;2"] {
            assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad}");
        }
    }

    #[test]
    fn the_ministrys_empty_last_column_is_ignored() {
        assert_eq!(whole("a;b;\r\n1;2;\r\n").unwrap(), r#"[{"a":"1","b":"2"}]"#);
        for bad in ["a;b;\n1;2\n", "a;b;\n1;2;3\n", "a;;b\n1;2;3\n", "a;;\n1;2;\n"] {
            assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad}");
        }
    }

    #[test]
    fn a_line_of_another_length_or_a_name_twice_is_malformed() {
        for bad in ["", "\n1\n", "a;b\n1\n", "a;b\n1;2;3\n", "a;b\n1;2\n3", "a;b;a\n1;2;3\n", "a; a\n1;2\n"] {
            assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad}");
        }
    }

    #[test]
    fn only_named_columns_are_kept_and_tidied() {
        let none = ["NN".to_owned()];
        let decoder = Decoder { keep: Keep::Named, blank_to_null: true, none: &none, ..Decoder::whole(8) };
        assert_eq!(
            decode(&decoder, &["c", "a"], "a;b;c\n ;2;NN\nx;2;y\n").unwrap(),
            r#"[{"a":null,"c":null},{"a":"x","c":"y"}]"#
        );
    }

    #[test]
    fn fields_are_trimmed_where_a_system_says_so() {
        let decoder = Decoder { trim: true, blank_to_null: true, ..Decoder::whole(8) };
        assert_eq!(
            decode(&decoder, &[], "a;b;c\nA   ;\"  \"\"B\"\" \";\u{a0}\n").unwrap(),
            r#"[{"a":"A","b":"\"B\"","c":null}]"#
        );
    }

    #[test]
    fn a_text_is_a_text() {
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
        let Value::Text(text) = Decoder::whole(1).decode_text(&mut arena, "è".to_owned()).unwrap() else { panic!() };
        assert_eq!(arena.text(text), "è");
    }
}
