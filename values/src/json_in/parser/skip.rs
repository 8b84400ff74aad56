//! Values that nobody reads: passed over, and checked all the same.

use super::{Parser, wrong};
use crate::{DecodeError, scan};

impl Parser<'_, '_> {
    /// Passes over the value that is next, checking it.
    #[inline]
    pub fn skip(&mut self, depth: usize) -> Result<(), DecodeError> {
        match plain(self.rest()) {
            Some(length) => {
                self.pass(length);
                Ok(())
            }
            None => self.skip_other(depth),
        }
    }

    /// Passes over a string with escapes, a list or a record, or what has blanks in front of it.
    fn skip_other(&mut self, depth: usize) -> Result<(), DecodeError> {
        match self.next() {
            Some(b'"') => self.string_end(),
            Some(b'{') => self.skip_record(depth.checked_sub(1).ok_or(DecodeError::Depth)?),
            Some(b'[') => self.skip_list(depth.checked_sub(1).ok_or(DecodeError::Depth)?),
            next => {
                let length = plain(self.rest()).ok_or(wrong(next))?;
                self.pass(length);
                Ok(())
            }
        }
    }

    fn skip_list(&mut self, depth: usize) -> Result<(), DecodeError> {
        self.pass(1);
        if self.next() == Some(b']') {
            self.pass(1);
            return Ok(());
        }
        loop {
            self.skip(depth)?;
            if self.after(b']')?.is_none() {
                return Ok(());
            }
        }
    }

    fn skip_record(&mut self, depth: usize) -> Result<(), DecodeError> {
        self.pass(1);
        if self.next() == Some(b'}') {
            self.pass(1);
            return Ok(());
        }
        loop {
            match self.next() {
                Some(b'"') => {}
                other => return Err(wrong(other)),
            }
            self.skip(depth)?;
            self.colon()?;
            self.skip(depth)?;
            if self.after(b'}')?.is_none() {
                return Ok(());
            }
        }
    }
}

/// The bytes of the value in front, if it is a string without escapes, a number or a word.
#[inline(always)]
pub(super) fn plain(text: &[u8]) -> Option<usize> {
    match *text.first()? {
        b'"' => {
            let inner = text.get(1..)?;
            let length = scan::plain(inner);
            (inner.get(length) == Some(&b'"')).then_some(length.wrapping_add(2))
        }
        b'1'..=b'9' => {
            let length = scan::digits(text);
            if matches!(text.get(length), Some(b'.' | b'e' | b'E')) {
                broken_number(text, length)
            } else {
                Some(length)
            }
        }
        b'0' | b'-' => number(text),
        b'n' => text.starts_with(b"null").then_some(4),
        b't' => text.starts_with(b"true").then_some(4),
        b'f' => text.starts_with(b"false").then_some(5),
        _ => None,
    }
}

/// The bytes in front of the one value in a record of one plain member without blanks; none if it is anything else.
pub(super) fn wrap(text: &[u8]) -> usize {
    let value = || {
        let rest = text.strip_prefix(b"{")?;
        let name = plain(rest).filter(|_| rest.first() == Some(&b'"'))?;
        let value = rest.get(name..)?.strip_prefix(b":")?;
        let length = plain(value)?;
        (value.get(length) == Some(&b'}')).then_some(name.wrapping_add(2))
    };
    value().unwrap_or(0)
}

/// The bytes of the number in front (RFC 8259 §6).
#[inline]
pub(super) fn number(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let whole = digits(text, sign)?;
    // A zero in front stands alone.
    if whole > 1 && text.get(sign) == Some(&b'0') {
        return None;
    }
    let end = sign.wrapping_add(whole);
    match text.get(end) {
        Some(b'.' | b'e' | b'E') => broken_number(text, end),
        _ => Some(end),
    }
}

/// The bytes of a number with a fraction or an exponent, whose whole part ends at `end`.
fn broken_number(text: &[u8], mut end: usize) -> Option<usize> {
    if text.get(end) == Some(&b'.') {
        end = end.wrapping_add(1);
        end = end.wrapping_add(digits(text, end)?);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        end = end.wrapping_add(1);
        end = end.wrapping_add(usize::from(matches!(text.get(end), Some(b'+' | b'-'))));
        end = end.wrapping_add(digits(text, end)?);
    }
    Some(end)
}

/// How many digits stand at a place, at least one.
#[inline]
fn digits(text: &[u8], at: usize) -> Option<usize> {
    let count = scan::digits(text.get(at..)?);
    (count > 0).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::{number, wrap};

    #[test]
    fn only_a_record_of_one_plain_member_wraps() {
        assert_eq!(wrap(br#"{"value":"A"},"next":1"#), 9);
        assert_eq!(wrap(br#"{"v":null}"#), 5);
        for none in [
            "1",
            "{}",
            r#"{"v":"a
"}"#,
            r#"{"v": 1}"#,
            r#"{"v":1,"w":2}"#,
            r#"{"v":{"w":1}}"#,
            "{1:2}",
            r#"{"v""#,
        ] {
            assert_eq!(wrap(none.as_bytes()), 0, "{none}");
        }
    }

    #[test]
    fn a_number_is_as_long_as_the_grammar_says() {
        for whole in ["0", "7", "10", "123456789", "-0", "-12", "1.5", "0.0", "-1.25e10", "1e5", "2E+3", "4e-07"] {
            for behind in ["", ",", "}", " ", "]", "x"] {
                assert_eq!(number(format!("{whole}{behind}").as_bytes()), Some(whole.len()), "{whole}{behind}");
            }
        }
        for none in ["", "-", "00", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "+1", "-x", "e5"] {
            assert_eq!(number(none.as_bytes()), None, "{none}");
        }
        assert_eq!(number(b"1.5.2"), Some(3));
    }
}
