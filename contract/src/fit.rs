//! Whether a value fits a member, and what it becomes there. The one place that decides it: for what consumers send,
//! what mappings make, what is written in them as a constant, and what is said of either.

use std::borrow::Cow;
use std::ops::Range;

use crate::patterns::{Pattern, is_academic_year};
use crate::schema::Kind;
use values::date::{Date, parse_instant};
use values::visible::{has_control, is_printable_ascii, seen};
use values::{Arena, Decimal, Number, Value, is_plainly_nfc, nfc};

/// Where a value comes from, and so how far it may be from what the member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A consumer sent it: it is of the type, or it is wrong.
    Sent,
    /// A mapping made it: it is brought to the type where nothing is lost, and to the one form of its text (§3.4).
    Made,
    /// It stands in a mapping as a text.
    Written,
}

/// A value by itself.
#[derive(Clone, Copy, Debug)]
pub enum Given<'v> {
    /// A text.
    Text(&'v str),
    /// A number.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// A date.
    Date(Date),
    /// What no member with a single value can hold.
    Other,
}

impl<'v> Given<'v> {
    /// A value of an arena.
    pub fn of(arena: &'v Arena, value: Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(arena.text(text)),
            Value::Bool(is) => Self::Bool(is),
            Value::Date(date) => Self::Date(date),
            _ => value.number().map_or(Self::Other, Self::Number),
        }
    }
}

/// What a value that fits becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It stays what it is.
    Same,
    /// These bytes of its text.
    Part(Range<usize>),
    /// Another text.
    Text(String),
    /// A number.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// A date.
    Date(Date),
}

/// Why a value does not fit. [`Misfit::told`] says it to consumers, [`Misfit::words`] to authors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It is no text.
    NoText,
    /// It has fewer characters, or more.
    Length(usize, usize),
    /// It breaks the pattern.
    Form(Pattern),
    /// It is none of these.
    NoWord(&'static [&'static str]),
    /// It is no whole number.
    NotWhole,
    /// It is no number.
    NoNumber,
    /// It is less, or more.
    Range(i64, i64),
    /// It is neither true nor false.
    NoTruth,
    /// It is no date.
    NoDate,
    /// It is no instant.
    NoInstant,
    /// It is no academic year.
    NoYear,
    /// It is a cursor that nobody was given.
    Unknown,
    /// Only the engine makes it.
    Engines,
    /// It is no object.
    NoObject,
    /// It is no list.
    NoList,
    /// It has control characters.
    Control,
}

/// Whether a value fits, and how.
///
/// # Errors
/// Why it does not.
pub fn fit(kind: &Kind, given: Given<'_>, how: How) -> Result<Fit, Misfit> {
    // White space around a word or a number is the system's way of writing it.
    let (written, given) = match (kind, given, how) {
        (Kind::Text { .. }, ..) => ("", given),
        (_, Given::Text(text), How::Made) => (text, Given::Text(text.trim())),
        _ => ("", given),
    };
    match *kind {
        Kind::Text { min, max, pattern } => text(given, how, min, max, pattern),
        Kind::Enum(words) => match given {
            Given::Text(text) if words.contains(&text) => Ok(part(written, text)),
            Given::Text(_) => Err(Misfit::NoWord(words)),
            _ => Err(Misfit::NoText),
        },
        Kind::Int { min, max } => {
            let n = whole(given, how).ok_or(Misfit::NotWhole)?;
            if (min..=max).contains(&n) { Ok(Fit::Number(Number::Int(n))) } else { Err(Misfit::Range(min, max)) }
        }
        Kind::Number { min, max } => {
            let n = number(given, how).ok_or(Misfit::NoNumber)?;
            let inside = n.compare(Number::Int(min)).is_ge() && n.compare(Number::Int(max)).is_le();
            if inside { Ok(Fit::Number(n)) } else { Err(Misfit::Range(min, max)) }
        }
        Kind::Bool => match (given, how) {
            (Given::Bool(is), _) => Ok(Fit::Bool(is)),
            (Given::Text(text), How::Written) => text.parse().map(Fit::Bool).map_err(|_| Misfit::NoTruth),
            _ => Err(Misfit::NoTruth),
        },
        Kind::Date => match given {
            Given::Date(_) => Ok(Fit::Same),
            Given::Text(text) => Date::parse_iso(text).map(Fit::Date).ok_or(Misfit::NoDate),
            _ => Err(Misfit::NoDate),
        },
        Kind::DateTime => match (given, how) {
            (_, How::Made | How::Written) => Err(Misfit::Engines),
            (Given::Text(text), How::Sent) => parse_instant(text).map(|_| Fit::Same).ok_or(Misfit::NoInstant),
            _ => Err(Misfit::NoInstant),
        },
        Kind::Year => year(given, how).map(|year| Fit::Number(Number::Int(year))).ok_or(Misfit::NoYear),
        Kind::Cursor => match (given, how) {
            (_, How::Made | How::Written) => Err(Misfit::Engines),
            // IFS01.1-I2: an empty cursor is the first call, like none. No other has been given to anybody.
            (Given::Text(text), How::Sent) => match text.chars().count() {
                0 => Ok(Fit::Same),
                // Whether it is one, whoever has sealed it says.
                1..=512 => Ok(Fit::Same),
                _ => Err(Misfit::Length(1, 512)),
            },
            _ => Err(Misfit::NoText),
        },
        Kind::Object(_) => Err(Misfit::NoObject),
        Kind::List(_) => Err(Misfit::NoList),
    }
}

/// A text, in its one form if a mapping made it.
fn text(given: Given<'_>, how: How, min: usize, max: usize, pattern: Option<Pattern>) -> Result<Fit, Misfit> {
    let fits = |text: &str| {
        let length = if text.is_ascii() { text.len() } else { text.chars().count() };
        match pattern {
            _ if length < min || length > max => Err(Misfit::Length(min, max)),
            Some(pattern) if !pattern.matches(text) => Err(Misfit::Form(pattern)),
            _ => Ok(()),
        }
    };
    // T-29: the one apostrophe that names of IFS02 may have.
    let curly = |text: &str| pattern == Some(Pattern::NameAscii) && text.contains('’');
    let mut made = match (given, how) {
        (Given::Text(text), How::Sent | How::Written) => return fits(text).map(|()| Fit::Same),
        (_, How::Sent | How::Written) | (Given::Bool(_) | Given::Other, How::Made) => return Err(Misfit::NoText),
        (Given::Text(whole), How::Made) => {
            // ASCII is its own normal form.
            let bare = |byte: Option<&u8>| byte.is_some_and(|byte| *byte > b' ');
            if is_printable_ascii(whole) && bare(whole.as_bytes().first()) && bare(whole.as_bytes().last()) {
                return fits(whole).map(|()| Fit::Same);
            }
            let seen = seen(whole);
            let trimmed = seen.trim();
            if has_control(trimmed) {
                return Err(Misfit::Control);
            }
            if matches!(seen, Cow::Borrowed(_)) && is_plainly_nfc(trimmed) && !curly(trimmed) {
                fits(trimmed)?;
                return Ok(part(whole, whole.trim()));
            }
            nfc(trimmed)
        }
        (Given::Number(n), How::Made) => written(|out| n.write(out)),
        (Given::Date(date), How::Made) => written(|out| date.write(out)),
    };
    if curly(&made) {
        made = made.replace('’', "'");
    }
    fits(&made).map(|()| Fit::Text(made))
}

/// A text without the white space around it.
fn part(whole: &str, trimmed: &str) -> Fit {
    if trimmed.len() >= whole.len() {
        return Fit::Same;
    }
    let start = whole.len().saturating_sub(whole.trim_start().len());
    Fit::Part(start..start.saturating_add(trimmed.len()))
}

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// A whole number: one without fraction, or a text that is written as one would write it.
fn whole(given: Given<'_>, how: How) -> Option<i64> {
    match (given, how) {
        (Given::Number(Number::Int(n)), How::Sent | How::Made) => Some(n),
        (Given::Number(Number::Dec(Decimal { mantissa, scale: 0 })), How::Made) => Some(mantissa),
        (Given::Text(text), How::Made) => text.parse().ok().filter(|n: &i64| itoa::Buffer::new().format(*n) == text),
        (Given::Text(text), How::Written) => text.parse().ok(),
        _ => None,
    }
}

/// A number, or a text that is written as one would write it.
fn number(given: Given<'_>, how: How) -> Option<Number> {
    match (given, how) {
        (Given::Number(n), How::Sent | How::Made) => Some(n),
        (Given::Text(text), How::Made) => Number::parse(text).filter(|n| written(|out| n.write(out)) == text),
        (Given::Text(text), How::Written) => Number::parse(text),
        _ => None,
    }
}

/// The year in which an academic year begins.
fn year(given: Given<'_>, how: How) -> Option<i64> {
    let named = match given {
        Given::Text(text) => is_academic_year(text).map(i64::from),
        _ => None,
    };
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    match (given, how) {
        (Given::Text(text), How::Written) if !is_year(text) => named,
        _ => named.or_else(|| whole(given, how)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Kind = Kind::Text { min: 1, max: 3, pattern: None };
    const INT: Kind = Kind::Int { min: 1, max: 99 };
    const SCALE: Kind = Kind::Number { min: 0, max: 9999 };

    fn number(n: &str) -> Given<'static> {
        Given::Number(Number::parse(n).unwrap())
    }

    #[test]
    fn what_is_made_is_brought_to_its_one_form() {
        let made = |kind: &Kind, given| fit(kind, given, How::Made);
        assert_eq!(made(&TEXT, Given::Text("abc")), Ok(Fit::Same));
        assert_eq!(made(&TEXT, Given::Text(" ab\n")), Ok(Fit::Part(1..3)));
        assert_eq!(made(&TEXT, Given::Text("a\u{300}b")), Ok(Fit::Text("àb".to_owned())));
        assert_eq!(made(&TEXT, Given::Text("\u{feff}a\u{200b}b\u{92}")), Ok(Fit::Text("ab’".to_owned())));
        for control in ["a\0b", "\u{1}ab", "a\u{7f}", "a\u{81}", "\u{1b}[m"] {
            assert_eq!(made(&TEXT, Given::Text(control)), Err(Misfit::Control), "{control:?}");
        }
        assert_eq!(made(&TEXT, Given::Text("\u{a0}a\tb\n")), Ok(Fit::Part(2..5)));
        assert_eq!(made(&TEXT, number("1.5")), Ok(Fit::Text("1.5".to_owned())));
        assert_eq!(made(&TEXT, Given::Text("abcd")), Err(Misfit::Length(1, 3)));
        assert_eq!(made(&TEXT, Given::Bool(true)), Err(Misfit::NoText));
        for (text, fits) in
            [("7", true), ("\n   7\n  ", true), ("07", false), ("+7", false), ("7.0", false), ("", false)]
        {
            let expected = if fits { Ok(Fit::Number(Number::Int(7))) } else { Err(Misfit::NotWhole) };
            assert_eq!(made(&INT, Given::Text(text)), expected, "{text}");
        }
        assert_eq!(made(&INT, number("100")), Err(Misfit::Range(1, 99)));
        assert_eq!(made(&SCALE, number("66.5")), Ok(Fit::Number(Number::parse("66.5").unwrap())));
        assert_eq!(made(&SCALE, Given::Text("66.50")), Err(Misfit::NoNumber));
        assert_eq!(made(&SCALE, number("9999.5")), Err(Misfit::Range(0, 9999)));
        let name = Kind::Text { min: 1, max: 9, pattern: Some(Pattern::NameAscii) };
        assert_eq!(made(&name, Given::Text(" D’Alì ")), Ok(Fit::Text("D'Alì".to_owned())));
        assert_eq!(made(&Kind::Cursor, Given::Text("")), Err(Misfit::Engines));
    }

    #[test]
    fn what_is_sent_is_of_its_type_or_wrong() {
        let sent = |kind: &Kind, given| fit(kind, given, How::Sent);
        assert_eq!(sent(&TEXT, Given::Text(" a ")), Ok(Fit::Same));
        assert_eq!(sent(&TEXT, number("1")), Err(Misfit::NoText));
        assert_eq!(sent(&INT, Given::Text("7")), Err(Misfit::NotWhole));
        assert_eq!(sent(&INT, number("7.5")), Err(Misfit::NotWhole));
        assert_eq!(sent(&SCALE, Given::Text("66")), Err(Misfit::NoNumber));
        assert_eq!(sent(&Kind::Bool, Given::Text("true")), Err(Misfit::NoTruth));
        let long = "x".repeat(513);
        assert_eq!(sent(&Kind::Cursor, Given::Text("")), Ok(Fit::Same));
        assert_eq!(sent(&Kind::Cursor, Given::Text("x")), Ok(Fit::Same));
        assert_eq!(sent(&Kind::Cursor, Given::Text(&long)), Err(Misfit::Length(1, 512)));
        assert_eq!(sent(&Kind::DateTime, Given::Text("2026-11-30")), Err(Misfit::NoInstant));
    }

    #[test]
    fn what_is_written_is_read_as_its_type() {
        let written = |kind: &Kind, text| fit(kind, Given::Text(text), How::Written);
        assert_eq!(written(&INT, "07"), Ok(Fit::Number(Number::Int(7))));
        assert_eq!(written(&Kind::Bool, "true"), Ok(Fit::Bool(true)));
        assert_eq!(written(&Kind::Bool, "yes"), Err(Misfit::NoTruth));
        for (text, year) in [("2023/2024", Some(2023)), ("2023", Some(2023)), ("23", None), ("2023/2025", None)] {
            let expected = year.map(|y| Fit::Number(Number::Int(y))).ok_or(Misfit::NoYear);
            assert_eq!(written(&Kind::Year, text), expected, "{text}");
        }
    }
}
