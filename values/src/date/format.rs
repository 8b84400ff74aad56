//! Formats of dates, as a mapping writes them: `yyyy MM dd HH mm ss` are digits, all else stands as it is. What stands
//! between single quotes is no part of a date whatever its letters, and two of them are one, as in Java.

use super::{Date, Moment, digits, write_padded};

/// Parts of a format, each as many digits as it has letters: year, month, day, hour, minute, second.
pub const PARTS: [&str; 6] = ["yyyy", "MM", "dd", "HH", "mm", "ss"];

/// A piece of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The digits of a part, by its place in [`PARTS`].
    Part(usize),
    /// A character that stands for itself.
    Literal(char),
    /// One between quotes.
    Quoted(char),
}

/// The pieces of a format, one after another.
#[derive(Clone, Debug)]
pub struct Pieces<'f> {
    rest: &'f str,
    quoted: bool,
}

impl<'f> Pieces<'f> {
    /// Of a format.
    pub fn new(format: &'f str) -> Self {
        Self { rest: format, quoted: false }
    }

    /// Whether a quote is open.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    #[inline(never)]
    fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(behind) = self.rest.strip_prefix("''") {
                self.rest = behind;
                return Some(Piece::Quoted('\''));
            }
            if let Some(behind) = self.rest.strip_prefix('\'') {
                (self.rest, self.quoted) = (behind, !self.quoted);
                continue;
            }
            let part = PARTS.iter().position(|part| self.rest.starts_with(part)).filter(|_| !self.quoted);
            if let Some(part) = part {
                self.rest = self.rest.get(PARTS.get(part)?.len()..)?;
                return Some(Piece::Part(part));
            }
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            return Some(if self.quoted { Piece::Quoted(c) } else { Piece::Literal(c) });
        }
    }
}

impl Date {
    /// The date of a text that fits a format from its beginning to its end. Behind a time, a `Z` at the end of the format
    /// says that it is UTC's, and the day is Rome's then.
    #[inline(never)]
    pub fn parse_by(text: &str, format: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut found = [0_u16; PARTS.len()];
        let (mut timed, mut last) = (false, ' ');
        for piece in Pieces::new(format) {
            let length = match piece {
                Piece::Part(part) => {
                    let length = PARTS.get(part)?.len();
                    *found.get_mut(part)? = digits(rest.as_bytes(), 0..length)?;
                    (timed, last) = (timed || part > 2, ' ');
                    length
                }
                Piece::Literal(literal) | Piece::Quoted(literal) => {
                    last = literal;
                    rest.starts_with(literal).then(|| literal.len_utf8())?
                }
            };
            rest = rest.get(length..)?;
        }
        let [year, month, day, hour, minute, second] = found;
        let date = Self::new(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        let offset = (timed && last == 'Z').then_some(0);
        Moment::new(hour, minute, second, offset).filter(|_| rest.is_empty())?.day(date)
    }

    /// Writes a format with the date's year, month and day in it.
    #[inline(never)]
    pub fn write_by(self, format: &str, out: &mut String) {
        for piece in Pieces::new(format) {
            match piece {
                Piece::Part(0) => write_padded(u64::from(self.year().unsigned_abs()), 4, out),
                Piece::Part(1) => write_padded(u64::from(self.month()), 2, out),
                Piece::Part(2) => write_padded(u64::from(self.day()), 2, out),
                Piece::Part(part) => out.push_str(PARTS.get(part).copied().unwrap_or_default()),
                Piece::Literal(c) | Piece::Quoted(c) => out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    #[test]
    fn what_fits_is_read_and_nothing_else() {
        let read = |text, format| Date::parse_by(text, format).map(shown);
        let day = |text: &str| Some(text.to_owned());
        assert_eq!(read(" 31.12.2025 ", "dd.MM.yyyy"), day("2025-12-31"));
        assert_eq!(read("31.12.2025x", "dd.MM.yyyy"), None);
        assert_eq!(read("+1.12.2025", "dd.MM.yyyy"), None);
        assert_eq!(read("2025-11-15T10:00:00", "yyyy-MM-dd'T'HH:mm:ss"), day("2025-11-15"));
        assert_eq!(read("2025-11-15T10:00:00", "yyyy-MM-ddTHH:mm:ss"), day("2025-11-15"));
        assert_eq!(read("il 15 del mese 11'2025", "'il 'dd' del mese 'MM''yyyy"), day("2025-11-15"));
        // UTC's time, Rome's day.
        assert_eq!(read("2025-09-30T22:00:00Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"), day("2025-10-01"));
        assert_eq!(read("2025-09-30T21:59:59Z", "yyyy-MM-ddTHH:mm:ssZ"), day("2025-09-30"));
        assert_eq!(read("2025-09-30Z", "yyyy-MM-ddZ"), day("2025-09-30"));
        assert_eq!(read("2025-09-30 24:00", "yyyy-MM-dd HH:mm"), day("2025-10-01"));
        assert_eq!(read("2025-09-30 24:01", "yyyy-MM-dd HH:mm"), None);
        assert_eq!(read("2025-09-30 23:60", "yyyy-MM-dd HH:mm"), None);
    }

    #[test]
    fn quotes_are_not_written() {
        let mut out = String::new();
        Date::parse_iso("2026-03-01").unwrap().write_by("dd/MM/yyyy'T00:00 ''dd'''", &mut out);
        assert_eq!(out, "01/03/2026T00:00 'dd'");
    }
}
