//! Texts as people compare names: whatever their capitals, accents and blanks.

use super::case::capitals;
use super::nfc::decomposed;

/// A text in capitals, without accents, with single blanks and none at its ends. An apostrophe behind the vowel that ends a
/// word is an accent too, as typewriters write it; one between letters is none.
pub fn fold(text: &str) -> String {
    let plain = capitals(&decomposed(text));
    let mut out = String::with_capacity(plain.len());
    let mut chars = plain.chars().map(straight).peekable();
    let mut last = ' ';
    while let Some(c) = chars.next() {
        let ends = chars.peek().is_none_or(|next| !next.is_alphanumeric());
        if c == '\'' && ends && matches!(last, 'A' | 'E' | 'I' | 'O' | 'U') {
            continue;
        }
        if c.is_whitespace() {
            if last != ' ' {
                out.push(' ');
            }
            last = ' ';
            continue;
        }
        out.push(c);
        last = c;
    }
    out.truncate(out.trim_end().len());
    out
}

/// An apostrophe, of the several characters that stand for one.
fn straight(c: char) -> char {
    if matches!(c, '\u{2019}' | '\u{2018}' | '\u{2bc}' | '`' | '\u{b4}') { '\'' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_however_they_are_written() {
        let alike: [&[&str]; 7] = [
            &["FORLI", "Forlì", "FORLI'", "Forli`", "forli\u{300}", " Forlì ", "FORLÌ’", "forli\u{b4}"],
            &["L'AQUILA", "L’Aquila", "l'aquila", "L`AQUILA"],
            &["SAN DONA DI PIAVE", "San Donà  di Piave", "SAN DONA' DI PIAVE", "San\u{a0}Dona'\tdi\nPiave"],
            &["REGGIO NELL'EMILIA", "Reggio nell'Emilia"],
            &["PO", "po'"],
            &["STRASSE", "Straße", "STRASSE"],
            &["NUNEZ", "Núñez", "nun\u{303}ez"],
        ];
        for forms in alike {
            for form in forms {
                assert_eq!(fold(form), forms[0], "{form:?}");
                assert_eq!(fold(&fold(form)), fold(form));
            }
        }
        assert_eq!(fold(" \n "), "");
        assert_eq!(fold("D'"), "D'");
        assert_eq!(fold("DELL'ARTE E' BELLA"), "DELL'ARTE E BELLA");
        assert_ne!(fold("Ø"), fold("O"), "a letter of its own");
    }
}
