//! Writing ESSE3's JSON: objects member by member, always escaped, with the several ways in which that system says the
//! same thing.

use std::fmt::Write as _;

use time::Date;

/// One JSON object being written into a buffer.
pub(crate) struct Row<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Row<'a> {
    /// Writes one object; `fill` writes its members.
    pub(crate) fn object(out: &mut String, fill: impl FnOnce(&mut Row<'_>)) {
        out.push('{');
        let mut row = Row { out, first: true };
        fill(&mut row);
        out.push('}');
    }

    /// Member names are this crate's own: nothing in them needs escaping.
    fn name(&mut self, name: &str) {
        self.out.push_str(if self.first { "\"" } else { ",\"" });
        self.first = false;
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    /// A text; `""` is how a missing one is written.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        text(self.out, value);
        self
    }

    /// A whole number.
    pub(crate) fn int(&mut self, name: &str, value: impl Into<i64>) -> &mut Self {
        self.name(name);
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{}", value.into());
        self
    }

    /// A whole number or null, written as `12.0` where `float` says so.
    pub(crate) fn number(&mut self, name: &str, value: Option<impl Into<i64>>, float: bool) -> &mut Self {
        match value {
            None => self.null(name),
            Some(value) if float => {
                self.name(name);
                let _ = write!(self.out, "{}.0", value.into());
                self
            }
            Some(value) => self.int(name, value),
        }
    }

    /// Tenths as a decimal; whole ones are `12` or, where `float` says so, `12.0`.
    pub(crate) fn tenths(&mut self, name: &str, value: u16, float: bool) -> &mut Self {
        if value.is_multiple_of(10) {
            return self.number(name, Some(value / 10), float);
        }
        self.name(name);
        let _ = write!(self.out, "{}.{}", value / 10, value % 10);
        self
    }

    /// A number as it is written.
    pub(crate) fn raw(&mut self, name: &str, number: &str) -> &mut Self {
        self.name(name);
        self.out.push_str(number);
        self
    }

    /// `null`.
    pub(crate) fn null(&mut self, name: &str) -> &mut Self {
        self.name(name);
        self.out.push_str("null");
        self
    }

    /// An enumeration as the wire has it: `{"value":"A"}`.
    pub(crate) fn wrapped(&mut self, name: &str, value: &str) -> &mut Self {
        self.member(name, |row| {
            row.text("value", value);
        })
    }

    /// A day, `dd/MM/yyyy HH:mm:ss`; a missing one is `""`.
    pub(crate) fn day(&mut self, name: &str, value: Option<Date>) -> &mut Self {
        let written = value.map(|day| format!("{} 00:00:00", short_day(day)));
        self.text(name, &written.unwrap_or_default())
    }

    /// An object within.
    pub(crate) fn member(&mut self, name: &str, fill: impl FnOnce(&mut Row<'_>)) -> &mut Self {
        self.name(name);
        Row::object(self.out, fill);
        self
    }

    /// A list of objects within.
    pub(crate) fn list<T>(&mut self, name: &str, items: &[T], fill: impl Fn(&T, &mut Row<'_>)) -> &mut Self {
        self.name(name);
        list(self.out, items, fill);
        self
    }
}

/// A JSON array of objects.
pub(crate) fn list<T>(out: &mut String, items: &[T], fill: impl Fn(&T, &mut Row<'_>)) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        Row::object(out, |row| fill(item, row));
    }
    out.push(']');
}

/// `dd/MM/yyyy`.
pub(crate) fn short_day(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), u8::from(day.month()), day.year())
}

fn text(out: &mut String, value: &str) {
    out.push('"');
    if value.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        for c in value.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c if c < ' ' => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
    } else {
        out.push_str(value);
    }
    out.push('"');
}

/// A number from 0 to `ways`, `ways` excluded, that always comes out the same for a record: which of the system's
/// several manners that record shows.
pub(crate) fn manner(record: u32, member: u32, ways: u64) -> u64 {
    crate::rng::mix(u64::from(record) << 8 | u64::from(member)) % ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut out = String::new();
        Row::object(&mut out, |row| {
            row.text("t", "a\"b\\c\nd è").int("i", -1).number("f", Some(3), true).number("n", None::<i64>, true);
            row.wrapped("w", "A").day("d", None).list("l", &[1, 2], |item, row| {
                row.int("x", *item);
            });
        });
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        let expected = serde_json::json!({
            "t": "a\"b\\c\nd è", "i": -1, "f": 3.0, "n": null, "w": {"value": "A"}, "d": "", "l": [{"x": 1}, {"x": 2}]
        });
        assert_eq!(value, expected);
        assert!(out.contains(r#""f":3.0"#));
    }
}
