//! The contract's patterns as matchers. A pattern is a search in JSON Schema; anchored ones are whole matches here.

use crate::tax_code::{P_CF, is_tax_code};
use values::is_letter;

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
    /// P-NAME-2: the same, and U+2019 (IFS03 to IFS05).
    Name,
    /// P-BP: a search for `.*,[a-zA-Z]*,[a-zA-Z]*`, which two commas with only ASCII letters between them satisfy (T-25).
    BirthPlace,
    /// P-GRADE-ABC as we send it: the pattern's dot is a dot (T-27).
    Grade,
    /// P-GRADE as we send it: the same without a letter (T-28).
    FinalGrade,
    /// P-GRADE-ABC as it is asked by: its dot is any character but a line break.
    GradeAsked,
    /// P-SCALE as we send it: as `Grade`.
    Scale,
}

impl Pattern {
    /// The pattern as upstream writes it.
    pub fn upstream(self) -> &'static str {
        match self {
            Self::TaxCode => P_CF,
            Self::PersonId => "^[A-Z0-9]{9}$",
            Self::AcademicYear => r"^\d{4}/\d{4}$",
            Self::NameAscii => r"^[\p{L}'\- ]+$",
            Self::Name => r"^[\p{L}'’\- ]+$",
            Self::BirthPlace => ".*,[a-zA-Z]*,[a-zA-Z]*",
            Self::FinalGrade => r"^(\d+(.\d{1,2})?|\d+L|QUALIFIED)$",
            Self::Grade | Self::GradeAsked => r"^(\d+(.\d{1,2})?|\d+L|QUALIFIED|[A-Z])$",
            Self::Scale => r"^(\d+(.\d{1,2})?|[A-Z])$",
        }
    }

    /// Whether a text satisfies the pattern.
    pub fn matches(self, text: &str) -> bool {
        match self {
            Self::TaxCode => is_tax_code(text),
            Self::PersonId => text.len() == 9 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
            Self::AcademicYear => is_academic_year(text).is_some(),
            Self::NameAscii => is_name(text, &['\'', '-', ' ']),
            Self::Name => is_name(text, &['\'', '’', '-', ' ']),
            Self::BirthPlace => birth_place(text),
            Self::Grade => is_honoured(text) || is_mark(text.as_bytes()),
            Self::FinalGrade => is_honoured(text) || is_number(text.as_bytes()),
            Self::GradeAsked => is_honoured(text) || is_mark(text.as_bytes()) || is_loose_number(text),
            Self::Scale => is_mark(text.as_bytes()),
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

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Letters and a few characters besides; at least one of all.
fn is_name(text: &str, besides: &[char]) -> bool {
    !text.is_empty() && text.chars().all(|c| is_letter(c) || besides.contains(&c))
}

/// `QUALIFIED`, or a whole number with honours.
fn is_honoured(text: &str) -> bool {
    text == "QUALIFIED" || text.strip_suffix('L').is_some_and(|whole| is_digits(whole.as_bytes()))
}

/// `\d+(\.\d{1,2})?` or one capital letter, in ASCII.
fn is_mark(text: &[u8]) -> bool {
    matches!(text, [b'A'..=b'Z']) || is_number(text)
}

/// `\d+(.\d{1,2})?` as it is written upstream: any character stands where the dot does.
fn is_loose_number(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut chars = rest.chars();
    // What is digits alone is a number anyway.
    let dot = chars.next().is_some_and(|c| c != '\n');
    let end = chars.as_str().as_bytes();
    rest.len() < text.len() && dot && end.len() <= 2 && is_digits(end)
}

/// `\d+(\.\d{1,2})?`, in ASCII.
fn is_number(text: &[u8]) -> bool {
    match text {
        [whole @ .., b'.', last] => is_digits(whole) && last.is_ascii_digit(),
        [whole @ .., b'.', first, last] => is_digits(whole) && first.is_ascii_digit() && last.is_ascii_digit(),
        whole => is_digits(whole),
    }
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

    /// What T-27 says we may send, and that the contract's own pattern takes all of it.
    #[test]
    fn t_27_grades_and_scales_as_sent() {
        let grade = regex::Regex::new(r"^([0-9]+(\.[0-9]{1,2})?|[0-9]+L|QUALIFIED|[A-Z])$").unwrap();
        let scale = regex::Regex::new(r"^([0-9]+(\.[0-9]{1,2})?|[A-Z])$").unwrap();
        let upstream = regex::Regex::new(r"^(\d+(.\d{1,2})?|\d+L|QUALIFIED|[A-Z])$").unwrap();
        let asked = regex::Regex::new(r"^([0-9]+(.[0-9]{1,2})?|[0-9]+L|QUALIFIED|[A-Z])$").unwrap();
        let last = regex::Regex::new(r"^([0-9]+(\.[0-9]{1,2})?|[0-9]+L|QUALIFIED)$").unwrap();
        let parts = ["", "3", "30", ".", "L", "A", "QUALIFIED", "5", ",", "/30", " ", "l", "３"];
        for a in parts {
            for b in parts {
                for c in parts {
                    for d in ["", "5", "50", "500", "L"] {
                        let text = format!("{a}{b}{c}{d}");
                        assert_eq!(Pattern::Grade.matches(&text), grade.is_match(&text), "{text:?}");
                        assert_eq!(Pattern::Scale.matches(&text), scale.is_match(&text), "{text:?}");
                        assert_eq!(Pattern::GradeAsked.matches(&text), asked.is_match(&text), "{text:?}");
                        assert_eq!(Pattern::FinalGrade.matches(&text), last.is_match(&text), "{text:?}");
                        assert!(!Pattern::Grade.matches(&text) || upstream.is_match(&text), "{text:?}");
                    }
                }
            }
        }
        for (text, grade, scale) in
            [("30L", true, false), ("28.5", true, true), ("28,5", false, false), ("L", true, true)]
        {
            assert_eq!((Pattern::Grade.matches(text), Pattern::Scale.matches(text)), (grade, scale), "{text}");
        }
    }

    #[test]
    fn letters_agree_with_the_pattern() {
        let pattern = regex::Regex::new(r"^[\p{L}'\- ]+$").unwrap();
        let wider = regex::Regex::new(r"^[\p{L}'’\- ]+$").unwrap();
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(Pattern::NameAscii.matches(&text), pattern.is_match(&text), "U+{:04X}", u32::from(c));
            assert_eq!(Pattern::Name.matches(&text), wider.is_match(&text), "U+{:04X}", u32::from(c));
        }
    }
}
