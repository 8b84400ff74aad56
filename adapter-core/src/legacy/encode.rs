//! Escaping by place: no place takes raw text into structure.

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(super) fn percent(text: &[u8], out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for b in text.iter().copied() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(b));
        } else {
            out.push('%');
            for digit in [b >> 4, b & 15] {
                out.extend(HEX.get(usize::from(digit)).copied().map(char::from));
            }
        }
    }
}

/// Whether a text can be a header's value: printable ASCII and blanks inside.
pub(super) fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.trim() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stand() {
        let mut out = String::new();
        percent("aZ09-._~ +/?#&=;à%".as_bytes(), &mut out);
        assert_eq!(out, "aZ09-._~%20%2B%2F%3F%23%26%3D%3B%C3%A0%25");
    }

    #[test]
    fn header_values() {
        assert!(is_header_value("a b"));
        for bad in ["a\r\nb", "à", " a", "\u{7f}"] {
            assert!(!is_header_value(bad), "{bad:?}");
        }
    }
}
