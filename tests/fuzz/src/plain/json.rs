//! JSON (RFC 8259), one byte after the other. The first thing that is wrong is what is wrong with the document.

use adapter_core::value::{DecodeError, Keep};

use super::{Plain, Rules};

type Read<T> = Result<T, DecodeError>;
const WRONG: DecodeError = DecodeError::Syntax;

/// A document.
pub fn decode(rules: &Rules, body: &[u8]) -> Read<Plain> {
    let text = std::str::from_utf8(body).map_err(|_| WRONG)?;
    let mut reader = Reader { rules, bytes: text.strip_prefix('\u{feff}').unwrap_or(text).as_bytes(), at: 0 };
    reader.blanks();
    let value = reader.value(rules.depth, Some(rules.keep))?;
    reader.blanks();
    if reader.peek().is_none() { Ok(value) } else { Err(WRONG) }
}

/// The members of an object, each value as it stands.
pub fn raw_members(text: &str, depth: usize) -> Read<Vec<(String, &str)>> {
    let rules = Rules {
        names: &[],
        keep: Keep::Whole,
        depth,
        blank_to_null: false,
        unwrap: None,
        none: &[],
        trim: false,
        lenient: false,
    };
    let mut reader = Reader { rules: &rules, bytes: text.as_bytes(), at: 0 };
    let mut members: Vec<(String, &str)> = Vec::new();
    reader.blanks();
    reader.expect(b'{')?;
    reader.items(b'}', |reader| {
        let name = reader.name()?;
        let start = reader.at;
        reader.value(depth, None)?;
        if members.iter().any(|(known, _)| *known == name) {
            return Err(DecodeError::Duplicate);
        }
        members.push((name, &text[start..reader.at]));
        Ok(())
    })?;
    reader.blanks();
    if reader.peek().is_none() { Ok(members) } else { Err(WRONG) }
}

struct Reader<'r> {
    rules: &'r Rules<'r>,
    bytes: &'r [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Read<u8> {
        let byte = self.peek().ok_or(WRONG)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, byte: u8) -> Read<()> {
        if self.next()? == byte { Ok(()) } else { Err(WRONG) }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A value; null, and its numbers of any length, where it is not kept.
    fn value(&mut self, depth: usize, keep: Option<Keep>) -> Read<Plain> {
        match self.peek().ok_or(WRONG)? {
            b'{' => self.record(depth.checked_sub(1).ok_or(DecodeError::Depth)?, keep),
            b'[' => {
                let depth = depth.checked_sub(1).ok_or(DecodeError::Depth)?;
                self.at += 1;
                let mut elements = Vec::new();
                self.items(b']', |reader| {
                    elements.push(reader.value(depth, keep)?);
                    Ok(())
                })?;
                Ok(Plain::List(elements))
            }
            b'"' if keep.is_none() && self.rules.lenient => self.passed().map(|()| Plain::Null),
            b'"' => {
                let text = self.string()?;
                Ok(self.rules.tidied(text))
            }
            b'-' | b'0'..=b'9' => {
                let token = self.number()?;
                match exact(&token) {
                    _ if keep.is_none() => Ok(Plain::Null),
                    Ok(number) => Ok(Plain::Number(number)),
                    Err(_) if self.rules.lenient => Ok(rounded(&token).map_or(Plain::Text(token), Plain::Number)),
                    Err(error) => Err(error),
                }
            }
            _ => {
                for (word, value) in [("null", Plain::Null), ("true", Plain::Bool(true)), ("false", Plain::Bool(false))]
                {
                    if self.bytes[self.at..].starts_with(word.as_bytes()) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(WRONG)
            }
        }
    }

    /// What stands between brackets, the first of which was read: items with commas between them.
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.blanks();
        if self.peek() == Some(end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            self.blanks();
            match self.next()? {
                b',' => self.blanks(),
                byte if byte == end => return Ok(()),
                _ => return Err(WRONG),
            }
        }
    }

    fn record(&mut self, depth: usize, keep: Option<Keep>) -> Read<Plain> {
        self.at += 1;
        let mut kept: Vec<(String, Plain)> = Vec::new();
        let mut members = 0;
        self.items(b'}', |reader| {
            members += 1;
            let name = if keep.is_none() && reader.rules.lenient { reader.passed_name()? } else { reader.name()? };
            let inner = keep.and_then(|keep| reader.rules.kept(&name, keep));
            // Twice is an error only of what somebody reads, and before its value is.
            if inner.is_some() && reader.peek().is_some() && kept.iter().any(|(known, _)| *known == name) {
                return Err(DecodeError::Duplicate);
            }
            let value = reader.value(depth, inner)?;
            if inner.is_some() {
                kept.push((name, value));
            }
            Ok(())
        })?;
        if members == 1 && kept.len() == 1 && Some(kept[0].0.as_str()) == self.rules.unwrap {
            return Ok(kept.remove(0).1);
        }
        Ok(Plain::Record(kept))
    }

    /// A name, its colon, and the blanks before the value.
    fn name(&mut self) -> Read<String> {
        if self.peek() != Some(b'"') {
            return Err(WRONG);
        }
        let name = self.string()?;
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(name)
    }

    fn string(&mut self) -> Read<String> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match self.next()? {
                b'"' => return String::from_utf8(text).map_err(|_| WRONG),
                b'\\' => {
                    let c = self.escape()?;
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return Err(WRONG),
                byte => text.push(byte),
            }
        }
    }

    /// A string that nobody reads: as long as one, of whatever characters.
    fn passed(&mut self) -> Read<()> {
        self.at += 1;
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'u' => {
                        self.hex()?;
                    }
                    byte if b"\"\\/bfnrt".contains(&byte) => {}
                    _ => return Err(WRONG),
                },
                0..=0x1f => return Err(WRONG),
                _ => {}
            }
        }
    }

    /// The same of a name, with its colon.
    fn passed_name(&mut self) -> Read<String> {
        if self.peek() != Some(b'"') {
            return Err(WRONG);
        }
        self.passed()?;
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(String::new())
    }

    fn escape(&mut self) -> Read<char> {
        Ok(match self.next()? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex()?;
                let mut units = vec![unit];
                // Half of a pair is no character.
                if (0xd800..0xdc00).contains(&unit) {
                    self.expect(b'\\')?;
                    self.expect(b'u')?;
                    units.push(self.hex()?);
                }
                let text = String::from_utf16(&units).map_err(|_| WRONG)?;
                text.chars().next().ok_or(WRONG)?
            }
            _ => return Err(WRONG),
        })
    }

    fn hex(&mut self) -> Read<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.next()?).to_digit(16).ok_or(WRONG)?;
            unit = unit * 16 + digit;
        }
        u16::try_from(unit).map_err(|_| WRONG)
    }

    /// A number as it stands.
    fn number(&mut self) -> Read<String> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned())
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(WRONG) }
    }
}

/// A number in its shortest form. It must fit 64 bits and 18 digits after the point, whatever way it is written; and
/// what is written must fit 128 bits, its exponent and the place of its last digit 32.
fn exact(token: &str) -> Read<String> {
    const LONG: DecodeError = DecodeError::Number;
    let (sign, token) = match token.strip_prefix('-') {
        Some(token) => ("-", token),
        None => ("", token),
    };
    let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| LONG)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let all: i128 = format!("{whole}{fraction}").parse().map_err(|_| LONG)?;
    let mut places =
        i32::try_from(i64::try_from(fraction.len()).map_err(|_| LONG)? - i64::from(exponent)).map_err(|_| LONG)?;
    if all == 0 {
        return Ok("0".to_owned());
    }
    let mut digits = all.to_string();
    while places > 0 && digits.ends_with('0') {
        digits.pop();
        places -= 1;
    }
    while places < 0 {
        digits.push('0');
        places += 1;
        if digits.len() > 40 {
            return Err(LONG);
        }
    }
    if format!("{sign}{digits}").parse::<i64>().is_err() || places > 18 {
        return Err(LONG);
    }
    if places == 0 {
        return Ok(format!("{sign}{digits}"));
    }
    let places = usize::try_from(places).map_err(|_| LONG)?;
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    Ok(format!("{sign}{whole}.{fraction}"))
}

/// A number that has more digits than are kept, with as many as are: 18 behind the point, and what 64 bits hold. None if
/// its whole part alone is more than that.
fn rounded(token: &str) -> Option<String> {
    let (sign, token) = token.strip_prefix('-').map_or(("", token), |token| ("-", token));
    let (mantissa, exponent) = token.split_once(['e', 'E']).unwrap_or((token, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // Every digit, and how many of them stand before the point.
    let digits = [whole, fraction].concat();
    let nulls = digits.len() - digits.trim_start_matches('0').len();
    let digits = &digits[nulls..];
    if digits.is_empty() {
        exponent.parse::<i32>().ok()?;
        return Some("0".to_owned());
    }
    let point = i64::from(exponent.parse::<i32>().ok()?) + whole.len() as i64 - nulls as i64;
    if point > 19 {
        return None;
    }
    if point < -18 {
        return Some("0".to_owned());
    }
    for places in (0..=18).rev() {
        // As many digits as stand before the cut, and the first that does not.
        let cut = point + places;
        let kept: String = (0..cut.max(0)).map(|at| digits.chars().nth(at as usize).unwrap_or('0')).collect();
        let next = if cut < 0 { '0' } else { digits.chars().nth(cut as usize).unwrap_or('0') };
        let up = i128::from(next >= '5');
        let number = kept.parse::<i128>().unwrap_or(0);
        // Whether it fits is asked before it is rounded, and behind it.
        let fits = |number: i128| format!("{sign}{number}").parse::<i64>().is_ok();
        if fits(number) && fits(number + up) {
            let shown = format!("{:0>width$}", number + up, width = places as usize + 1);
            let (whole, fraction) = shown.split_at(shown.len() - places as usize);
            let fraction = fraction.trim_end_matches('0');
            let sign = if number + up == 0 { "" } else { sign };
            return Some(if fraction.is_empty() {
                format!("{sign}{whole}")
            } else {
                format!("{sign}{whole}.{fraction}")
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rules: &Rules, text: &str) -> Read<String> {
        let mut out = String::new();
        decode(rules, text.as_bytes())?.write(&mut out);
        Ok(out)
    }

    const WHOLE: Rules = Rules {
        names: &[],
        keep: Keep::Whole,
        depth: 3,
        blank_to_null: false,
        unwrap: None,
        none: &[],
        trim: false,
        lenient: false,
    };

    #[test]
    fn documents_are_read_as_the_standard_says() {
        let text = "\u{feff} {\"a\" : [1.50,-0,1E3,\"\\u00e8\\ud83d\\ude00\\/\\n\"],\"\":{\"b\":null}}\r\n";
        assert_eq!(read(&WHOLE, text).unwrap(), "{\"a\":[1.5,0,1000,\"è😀/\\n\"],\"\":{\"b\":null}}");
        for bad in ["", "[1,]", "{\"a\"}", "01", "1.", "\"\n\"", "\"\\ud800\"", "\"\\udc00\"", "[] []", "nul", "{1:2}"]
        {
            assert_eq!(read(&WHOLE, bad), Err(WRONG), "{bad}");
        }
        assert_eq!(read(&WHOLE, "[[[[]]]]"), Err(DecodeError::Depth));
        assert_eq!(read(&WHOLE, "{\"a\":1,\"a\":x}"), Err(DecodeError::Duplicate));
        assert_eq!(read(&WHOLE, "[9223372036854775808 x"), Err(DecodeError::Number));
        assert_eq!(read(&WHOLE, "-9223372036854775808").unwrap(), "-9223372036854775808");
        assert_eq!(read(&WHOLE, "1230000000000000000000e-20").unwrap(), "12.3");
    }

    #[test]
    fn what_nobody_names_is_checked_and_left_out() {
        let names = [("a", false), ("deep", true)];
        let rules = Rules { names: &names, keep: Keep::Named, unwrap: Some("a"), blank_to_null: true, ..WHOLE };
        let text = r#"[{"x":{"y":1,"y":1e999},"\u0061":" "},{"a":{"a":"v"}},{"deep":{"x":2,"a":3}}]"#;
        assert_eq!(read(&rules, text).unwrap(), r#"[{"a":null},"v",{"deep":{"x":2,"a":3}}]"#);
        assert_eq!(read(&rules, r#"{"x":"\ud800"}"#), Err(WRONG));
    }
}
