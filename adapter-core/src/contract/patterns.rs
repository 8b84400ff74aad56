//! The contract's patterns as matchers. A pattern is a search in JSON Schema; anchored ones are whole matches here.

use super::letters::is_letter;
use super::tax_code::is_tax_code;

/// A named pattern of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// P-CF.
    TaxCode,
    /// P-PID: nine upper-case letters or digits.
    PersonId,
    /// P-AY, and the second year follows the first (T-35).
    AcademicYear,
    /// P-NAME-1: letters, apostrophe, hyphen, blank (IFS02).
    NameAscii,
    /// P-BP: a search for `.*,[a-zA-Z]*,[a-zA-Z]*`, which two commas with only ASCII letters between them satisfy (T-25).
    BirthPlace,
}

impl Pattern {
    /// Whether a text satisfies the pattern.
    pub fn matches(self, text: &str) -> bool {
        match self {
            Self::TaxCode => is_tax_code(text),
            Self::PersonId => text.len() == 9 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
            Self::AcademicYear => is_academic_year(text).is_some(),
            Self::NameAscii => !text.is_empty() && text.chars().all(|c| is_letter(c) || matches!(c, '\'' | '-' | ' ')),
            Self::BirthPlace => birth_place(text),
        }
    }
}

/// The year in which an academic year begins: `2023/2024` → 2023; none if it is no academic year.
pub fn is_academic_year(text: &str) -> Option<u16> {
    let (first, second) = text.split_once('/')?;
    let digits = |s: &str| s.len() == 4 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(second) {
        return None;
    }
    let (first, second) = (first.parse::<u16>().ok()?, second.parse::<u16>().ok()?);
    (first.checked_add(1)? == second).then_some(first)
}

/// `.` does not match a line break, so the two commas stand on one line.
fn birth_place(text: &str) -> bool {
    text.split('\n').any(|line| {
        let mut parts = line.split(',');
        // What stands before the first comma is free, what stands after the last is free from its first non-letter on.
        parts.next();
        let mut middle: Vec<&str> = parts.collect();
        middle.pop().is_some() && middle.iter().any(|part| part.bytes().all(|b| b.is_ascii_alphabetic()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn academic_years() {
        assert_eq!(is_academic_year("2023/2024"), Some(2023));
        for wrong in ["2021/2029", "2023-2024", "2023/24", "２０２３/2024", "", "2023/2024/", "9999/10000"] {
            assert_eq!(is_academic_year(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn birth_places_agree_with_the_pattern() {
        let pattern = regex::Regex::new(r".*,[a-zA-Z]*,[a-zA-Z]*").unwrap();
        let parts = ["", "Italia", "MI", "L'Aquila", "Forlì", " MI", "EE", "\n"];
        for a in parts {
            for b in parts {
                for c in parts {
                    for text in [format!("{a},{b},{c}"), format!("{a},{b}"), a.to_owned(), format!("{a},{b},{c},{a}")] {
                        assert_eq!(Pattern::BirthPlace.matches(&text), pattern.is_match(&text), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn letters_agree_with_the_pattern() {
        let pattern = regex::Regex::new(r"^[\p{L}'\- ]+$").unwrap();
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(Pattern::NameAscii.matches(&text), pattern.is_match(&text), "U+{:04X}", u32::from(c));
        }
    }
}
