//! Rows as a JSON list.

use super::{Cell, Row};

/// The list's bytes, without blanks.
pub fn json(rows: &[Row]) -> Vec<u8> {
    let mut out = String::from("[");
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push('{');
        for (at, (name, cell)) in row.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.extend(["\"", name, "\":"]);
            match cell {
                Cell::Text(text) => string(text, &mut out),
                Cell::Number(number) => out.push_str(number),
                Cell::Null => out.push_str("null"),
                Cell::Wrapped(code) => {
                    out.push_str("{\"value\":");
                    string(code, &mut out);
                    out.push('}');
                }
            }
        }
        out.push('}');
    }
    out.push(']');
    out.into_bytes()
}

/// As Java systems do it: slashes escaped, and one of the accents by its number.
fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Not in dates: those of the repeating page have always been plain.
            '/' if text.starts_with(char::is_alphabetic) => out.push_str("\\/"),
            'è' => out.push_str("\\u00e8"),
            c => out.push(c),
        }
    }
    out.push('"');
}
