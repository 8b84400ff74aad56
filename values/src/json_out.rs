//! Canonical JSON out: no blanks, members in the order given, shortest numbers, non-ASCII not escaped (contract §3.4).

use super::date::Date;
use super::{Arena, Number, Value, scan};

/// Writes JSON to a buffer: the only place where JSON is made.
#[derive(Debug, Default)]
pub struct JsonWriter {
    out: Vec<u8>,
    scratch: String,
    /// Whether the next member or element needs a comma.
    comma: bool,
}

impl JsonWriter {
    /// With room for so many bytes.
    pub fn with_room(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// What has been written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// What has been written so far.
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    fn item(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    fn open(&mut self, bracket: u8) {
        self.item();
        self.out.push(bracket);
        self.comma = false;
    }

    fn close(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.comma = true;
    }

    /// `{` … `}` around what `members` writes.
    pub fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.open(b'{');
        members(self);
        self.close(b'}');
    }

    /// `[` … `]` around what `elements` writes.
    pub fn array(&mut self, elements: impl FnOnce(&mut Self)) {
        self.open(b'[');
        elements(self);
        self.close(b']');
    }

    /// The name of the member whose value is written next.
    pub fn name(&mut self, name: &str) {
        self.item();
        write_text(name, &mut self.out);
        self.out.push(b':');
        self.comma = false;
    }

    /// The same for a name that stands for itself in JSON, as the contract's do.
    pub fn member(&mut self, name: &'static str) {
        self.item();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// A string.
    pub fn text(&mut self, text: &str) {
        self.item();
        write_text(text, &mut self.out);
    }

    /// A number.
    pub fn number(&mut self, number: Number) {
        self.item();
        if let Number::Int(int) = number {
            return self.out.extend_from_slice(itoa::Buffer::new().format(int).as_bytes());
        }
        self.scratch.clear();
        number.write(&mut self.scratch);
        self.out.extend_from_slice(self.scratch.as_bytes());
    }

    /// A date, as a string.
    pub fn date(&mut self, date: Date) {
        self.item();
        self.scratch.clear();
        date.write(&mut self.scratch);
        write_text(&self.scratch, &mut self.out);
    }

    /// `null`.
    pub fn null(&mut self) {
        self.item();
        self.out.extend_from_slice(b"null");
    }

    /// `true` or `false`.
    pub fn bool(&mut self, b: bool) {
        self.item();
        self.out.extend_from_slice(if b { b"true" } else { b"false" });
    }

    /// JSON written elsewhere by a [`JsonWriter`].
    pub fn raw(&mut self, json: &[u8]) {
        self.item();
        self.out.extend_from_slice(json);
    }

    /// A part of an object or array: brackets, commas and names that were written before, or whole values. What
    /// follows it needs no comma.
    pub fn piece(&mut self, json: &[u8]) {
        self.out.extend_from_slice(json);
        self.comma = false;
    }

    /// A part that was written before, by its place, once more. What follows it needs no comma.
    #[inline(never)]
    pub fn again(&mut self, part: std::ops::Range<usize>) {
        if part.end <= self.out.len() && part.start <= part.end {
            self.out.extend_from_within(part);
        }
        self.comma = false;
    }

    /// Writes `{` in place of the comma at this place: what begins an object is known only once a member is written.
    pub fn begin(&mut self, at: usize) {
        if let Some(comma) = self.out.get_mut(at) {
            *comma = b'{';
        }
    }

    /// A value of the arena as it stands.
    pub fn value(&mut self, arena: &Arena, value: Value) {
        match value {
            Value::Null | Value::Row { .. } => self.null(),
            Value::Bool(b) => self.bool(b),
            Value::Int(i) => self.number(Number::Int(i)),
            Value::Dec { .. } => match value.number() {
                Some(number) => self.number(number),
                None => self.null(),
            },
            Value::Text(text) => self.text(arena.text(text)),
            Value::Date(date) => self.date(date),
            Value::List(span) => self.array(|w| {
                for element in arena.elements(span) {
                    w.value(arena, *element);
                }
            }),
            Value::Record(span) => self.object(|w| {
                for (name, inner) in arena.entries(span) {
                    w.name(arena.names().get(*name));
                    w.value(arena, *inner);
                }
            }),
            // A node alone is what it is, so that one element reads like a member of JSON.
            Value::Nodes(span) => match arena.elements(span) {
                [] => self.null(),
                [one] => self.value(arena, *one),
                several => self.array(|w| {
                    for node in several {
                        w.value(arena, *node);
                    }
                }),
            },
            Value::Map(span) => self.object(|w| {
                for (key, inner) in arena.pairs(span) {
                    w.name(arena.text(*key));
                    w.value(arena, *inner);
                }
            }),
        }
    }
}

/// Writes a value of the arena as JSON.
pub fn write_value(arena: &Arena, value: Value, out: &mut Vec<u8>) {
    let mut writer = JsonWriter { out: std::mem::take(out), ..JsonWriter::default() };
    writer.value(arena, value);
    *out = writer.into_bytes();
}

/// Writes a string with its quotes; escapes what JSON must have escaped and nothing else, as `JSON.stringify` does.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at_checked(scan::plain(rest)).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.extend(HEX.get(usize::from(control >> 4)));
                out.extend(HEX.get(usize::from(control & 15)));
            }
        }
        rest = after;
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_serde_json_escapes_it() {
        let all: String = (0..0x250_u32).filter_map(char::from_u32).chain("😀\u{2028}".chars()).collect();
        let mut ours = Vec::new();
        write_text(&all, &mut ours);
        assert_eq!(String::from_utf8(ours).unwrap(), serde_json::to_string(&all).unwrap());
    }

    #[test]
    fn nesting_puts_commas_where_they_belong() {
        let mut w = JsonWriter::default();
        w.object(|w| {
            w.name("a");
            w.array(|w| {
                w.null();
                w.object(|_| {});
                w.bool(true);
            });
            w.name("b");
            w.text("x");
            w.name("c");
            w.raw(b"1");
        });
        assert_eq!(w.into_bytes(), br#"{"a":[null,{},true],"b":"x","c":1}"#);
    }
}
