//! CSV into the arena: a list of records of texts, one for each line under the line of names.

use std::ops::Range;

use super::csv_head::{self, Csv};
use super::{Arena, DecodeError, Decoder, Keep, NameId, Names, Text, Undecoded, Value};

/// The rows of a CSV document.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// A list of records.
    pub rows: Value,
    /// The head lacks a column of good answers: only rules for failures may look at these rows.
    pub failing: bool,
}

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
    /// The line of names, as it stands.
    head: Range<usize>,
}

impl Decoder<'_> {
    /// Decodes CSV. A field may stand in quotes; a quote in it is doubled. A last column without a name is ignored, but
    /// it must be empty.
    ///
    /// # Errors
    /// [`DecodeError::Column`] of a table whose head lacks a column. [`DecodeError::Head`] without a line of names, or if
    /// nothing speaks for a table at all: no column that is read, and no rows of several fields.
    /// [`DecodeError::Duplicate`] if a name stands twice, [`DecodeError::Fields`] if a line has more or fewer fields,
    /// [`DecodeError::Syntax`] or [`DecodeError::Ended`] if a quote is not closed.
    pub fn decode_csv(&self, arena: &mut Arena, document: String, form: &Csv) -> Result<Rows, Undecoded> {
        let full = Undecoded::nowhere(DecodeError::Full);
        let segment = arena.next_segment().map_err(|_| full)?;
        let (separator, at) = csv_head::separator(&document, form.separator);
        let mut reader = Reader { text: &document, at, separator, segment, unescaped: String::new(), head: at..at };
        let rows = match self.table(arena, &mut reader, form) {
            Ok(rows) => rows,
            Err(why) => return Err(Undecoded::new(document.as_bytes(), why, reader.at)),
        };
        let unescaped = reader.unescaped;
        arena.add_document(document, unescaped, self.origin).map_err(|_| full)?;
        Ok(rows)
    }

    /// All lines.
    fn table(&self, arena: &mut Arena, reader: &mut Reader<'_>, form: &Csv) -> Result<Rows, DecodeError> {
        let full = |_| DecodeError::Full;
        let columns = self.columns(arena, reader)?;
        let has = |name: NameId| columns.contains(&Some(name));
        let lacks = form.lacks(has);
        let mut rows = Vec::new();
        let mut entries: Vec<(NameId, Value)> = Vec::new();
        while reader.line(columns.len())? {
            entries.clear();
            let line = reader.at;
            for (at, column) in columns.iter().enumerate() {
                let field = reader.field()?;
                let last = at.saturating_add(1) == columns.len();
                let text = reader.text(field.text);
                if last == (field.end == End::Field) || (*column == Some(Names::NONE) && !text.is_empty()) {
                    reader.at = line;
                    return Err(DecodeError::Fields);
                }
                let Some(name) = column.filter(|name| *name != Names::NONE) else { continue };
                let (text, field) = if self.trim { trimmed(text, field.text) } else { (text, field.text) };
                let tidy = self.tidies_away(text.as_bytes());
                entries.push((name, if tidy { Value::Null } else { Value::Text(field) }));
            }
            rows.push(Value::Record(arena.make_record(&entries).map_err(full)?));
        }
        if lacks && !form.is_failing(has) {
            let is_table = form.knows(has) || (columns.len() > 1 && !rows.is_empty());
            reader.at = 0;
            return Err(if is_table { DecodeError::Column } else { DecodeError::Head });
        }
        let span = arena.make_list(&rows).map_err(full)?;
        Ok(Rows { rows: Value::List(span), failing: lacks })
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
        let line = reader.text.get(reader.head.start..reader.at).unwrap_or("");
        reader.head.end = reader.head.start.saturating_add(line.trim_end_matches(['\r', '\n']).len());
        let unnamed = names.len() > 1 && names.last().is_some_and(String::is_empty);
        if names.len() > MANY || (!unnamed && names.iter().any(String::is_empty)) {
            reader.at = 0;
            return Err(DecodeError::Head);
        }
        let mut columns = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            let known = arena.names().known(name.as_bytes()).map(|(id, _)| id);
            // What nobody reads may stand there twice.
            let is_passed_over = self.lenient && self.keep == Keep::Named && known.is_none() && !name.is_empty();
            if !is_passed_over && names.iter().take(at).any(|n| n == name) {
                reader.at = 0;
                return Err(if name.is_empty() { DecodeError::Head } else { DecodeError::Duplicate });
            }
            columns.push(match known {
                _ if name.is_empty() => Some(Names::NONE),
                None if self.keep == Keep::Whole => Some(arena.names_mut().intern(name)),
                known => known,
            });
        }
        Ok(columns)
    }

    /// A document that is one text.
    ///
    /// # Errors
    /// That it is too large.
    pub fn decode_text(&self, arena: &mut Arena, document: String) -> Result<Value, Undecoded> {
        let full = Undecoded::nowhere(DecodeError::Full);
        let segment = arena.next_segment().map_err(|_| full)?;
        let len = u32::try_from(document.len()).map_err(|_| full)?;
        if self.tidies_away(document.as_bytes()) {
            return Ok(Value::Null);
        }
        arena.add_document(document, String::new(), self.origin).map_err(|_| full)?;
        Ok(Value::Text(Text { segment, start: 0, len }))
    }
}

/// Most columns.
const MANY: usize = 1024;

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Whether there is another line. Between lines of several fields empty ones say nothing, nor do those whose fields all
    /// are empty, as spreadsheets leave them, nor the line of names once more, as it stands where exports were put together.
    fn line(&mut self, columns: usize) -> Result<bool, DecodeError> {
        if columns > 1 {
            while let Some(passed) = self.nothing(columns) {
                self.at = self.at.saturating_add(passed);
            }
        }
        Ok(!self.rest().is_empty())
    }

    /// How many bytes stand next that say nothing.
    fn nothing(&self, columns: usize) -> Option<usize> {
        let rest = self.rest();
        let ends = |len: usize| rest.as_bytes().get(len).is_none_or(|b| matches!(b, b'\r' | b'\n'));
        if rest.starts_with(['\r', '\n']) {
            return Some(1);
        }
        let separators = rest.bytes().take_while(|b| *b == self.separator).count();
        if separators > 0 && separators.saturating_add(1) == columns && ends(separators) {
            return Some(separators);
        }
        let head = self.text.get(self.head.clone()).unwrap_or("");
        (!head.is_empty() && rest.starts_with(head) && ends(head.len())).then_some(head.len())
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
            let len = rest.iter().position(|b| *b == b'"').ok_or(DecodeError::Ended)?;
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
        let rows = decoder.decode_csv(&mut arena, text.to_owned(), &Csv::default()).map_err(|e| e.why.broad())?.rows;
        let mut out = Vec::new();
        write_value(&arena, rows, &mut out);
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
    fn lines_that_say_nothing_are_no_rows() {
        assert_eq!(whole("a;b\n;\n1;2\n;\r\n;").unwrap(), r#"[{"a":"1","b":"2"}]"#);
        assert_eq!(whole("a;b\n1;\n;2\n").unwrap(), r#"[{"a":"1","b":""},{"a":"","b":"2"}]"#);
        assert_eq!(whole("a;b\r\n1;2\r\na;b\r\n3;4\r\na;b").unwrap(), r#"[{"a":"1","b":"2"},{"a":"3","b":"4"}]"#);
        assert_eq!(whole("a;b\na;bc\nb;a\n").unwrap(), r#"[{"a":"a","b":"bc"},{"a":"b","b":"a"}]"#);
        // Of one column nobody knows: a value may well be called as it.
        assert_eq!(whole("a\na\n").unwrap(), r#"[{"a":"a"}]"#);
        for bad in ["a;b\n;;\n", "a;b;c\n;\n"] {
            assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad}");
        }
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
        for bad in ["", " ", "\n1\n", "a;b\n1\n", "a;b\n1;2;3\n", "a;b\n1;2\n3", "sep=;", "sep=;\n"] {
            assert_eq!(whole(bad), Err(DecodeError::Syntax), "{bad}");
        }
        for bad in ["a;b;a\n1;2;3\n", "a; a\n1;2\n"] {
            assert_eq!(whole(bad), Err(DecodeError::Duplicate), "{bad}");
        }
    }

    #[test]
    fn a_name_that_nobody_reads_may_stand_twice() {
        let lenient = Decoder { keep: Keep::Named, lenient: true, ..Decoder::whole(8) };
        let text = "a;b;c;b\n1;2;3;4\n";
        assert_eq!(decode(&lenient, &["a", "c"], text).unwrap(), r#"[{"a":"1","c":"3"}]"#);
        assert_eq!(decode(&lenient, &["a", "b"], text), Err(DecodeError::Duplicate));
        for bad in ["a;;\n1;;\n", "a;;b;\n1;;2;\n"] {
            assert_eq!(decode(&lenient, &["a"], bad), Err(DecodeError::Syntax), "{bad}");
        }
    }

    #[test]
    fn the_separator_is_what_the_document_or_the_mapping_says() {
        let read = |separator: Option<u8>, text: &str| {
            let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
            let form = Csv { separator, ..Csv::default() };
            let rows =
                Decoder::whole(8).decode_csv(&mut arena, text.to_owned(), &form).map_err(|e| e.why.broad())?.rows;
            let mut out = Vec::new();
            write_value(&arena, rows, &mut out);
            Ok::<_, DecodeError>(String::from_utf8(out).unwrap())
        };
        let rows = |text: &str| Ok(text.to_owned());
        assert_eq!(read(Some(b'|'), "a;x|b\n1|\"2|\"\n"), rows(r#"[{"a;x":"1","b":"2|"}]"#));
        assert_eq!(read(Some(b','), "a;b\n1;2\n"), rows(r#"[{"a;b":"1;2"}]"#));
        assert_eq!(read(None, "a,\"b; c\"\n1,\"2;3\"\n"), rows(r#"[{"a":"1","b; c":"2;3"}]"#));
        assert_eq!(read(Some(b';'), "sep=,\r\na,b\r\n1,2\r\n"), rows(r#"[{"a":"1","b":"2"}]"#));
    }

    /// What comes of a document where `a` and `b` must be in the head, `e` is a failing answer's, and `m` is nobody's.
    fn fit(must: &[&str], may: &[&str], text: &str) -> Result<bool, DecodeError> {
        let known = ["a", "b", "e", "m"];
        let table = NameTable::new(known.map(|name| (name.to_owned(), false)).to_vec());
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(table)));
        let ids = |names: &[&str]| names.iter().map(|n| arena.names().find(n).unwrap()).collect::<Vec<_>>();
        let form = Csv { separator: None, must: ids(must), may: ids(may), failing: ids(&["e"]) };
        let decoder = Decoder { keep: Keep::Named, lenient: true, ..Decoder::whole(8) };
        decoder.decode_csv(&mut arena, text.to_owned(), &form).map_err(|e| e.why.broad()).map(|rows| !rows.failing)
    }

    #[test]
    fn a_head_without_a_column_that_is_read_is_another_document() {
        let both = |text| fit(&["a", "b"], &["m"], text);
        for text in ["a;b\n1;2\n", "b;x;a\n", "m;a;b\n", "e;a;b\n"] {
            assert_eq!(both(text), Ok(true), "{text}");
        }
        // A table all the same.
        for text in ["a;x\n1;2\n", "a\n", "A;B\n1;2\n", "m\n", "a|b;x\n1|2;3\n"] {
            assert_eq!(both(text), Err(DecodeError::Column), "{text}");
        }
        // Nothing that speaks for one.
        for text in ["<html>x</html>", "ORA-12541, TNS: no listener", "A;B\n", "a|b\n1|2\n", "<p a='b;c'>\n</p>\n", ""]
        {
            assert_eq!(both(text), Err(DecodeError::Syntax), "{text}");
        }
        // Only rules for failures may look.
        assert_eq!(both("e;x\n1;2\n"), Ok(false));
        assert_eq!(both("e\n"), Ok(false));
        assert_eq!(both("e;x\n1\n"), Err(DecodeError::Syntax));
    }

    #[test]
    fn of_columns_that_may_be_missing_one_is_there() {
        let one = |text| fit(&[], &["a", "b"], text);
        assert_eq!(one("a\n1\n"), Ok(true));
        assert_eq!(one("x;b\n1;2\n"), Ok(true));
        assert_eq!(one("x\n1\n"), Err(DecodeError::Syntax));
        // Where nothing is known, everything is taken.
        assert_eq!(fit(&[], &[], "x\n1\n"), Ok(true));
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
