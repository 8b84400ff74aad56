//! Text for a terminal.

/// A text in which what cannot be seen is shown by its number: a system's answer may have control characters, which could
/// change what else is seen, and characters without width, which could be what a lookup failed by.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let has_width =
            !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if has_width && (!c.is_control() || matches!(c, '\n' | '\t')) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_cannot_be_seen_is_told() {
        assert_eq!(escaped("Città’\n\tx"), "Città’\n\tx");
        assert_eq!(escaped("\u{1b}[2J\r\0\u{7f}"), "\\u{1b}[2J\\u{d}\\u{0}\\u{7f}");
        assert_eq!(escaped("dell\u{92}arte\u{200b}\u{feff}"), "dell\\u{92}arte\\u{200b}\\u{feff}");
    }
}
