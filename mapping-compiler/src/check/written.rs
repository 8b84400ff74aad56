//! Whether a written value can be sent, in words.

use adapter_core::contract::{Field, Kind, Pattern, is_academic_year};
use adapter_core::value::Number;
use adapter_core::value::date::Date;

/// Why a written value breaks the contract.
pub(super) fn breaks(text: &str, field: &Field) -> Option<String> {
    match &field.kind {
        Kind::Text { min, max, pattern } => {
            let length = text.chars().count();
            if length < *min || length > *max {
                return Some(format!("it must have {min} to {max} characters"));
            }
            pattern.filter(|p| !p.matches(text)).map(|p| in_words(p).to_owned())
        }
        Kind::Enum(words) => (!words.contains(&text)).then(|| format!("it is one of {}", words.join(", "))),
        Kind::Int { min, max } => match text.parse::<i64>() {
            Ok(n) if (*min..=*max).contains(&n) => None,
            Ok(_) => Some(format!("it must lie between {min} and {max}")),
            Err(_) => Some("it must be a whole number".to_owned()),
        },
        Kind::Date => Date::parse_iso(text).is_none().then(|| "it must be a date as YYYY-MM-DD".to_owned()),
        Kind::Year => (is_academic_year(text).is_none() && !is_year(text))
            .then(|| "it must be an academic year or the year it begins, as 2023/2024 or 2023".to_owned()),
        Kind::Number { min, max } => match Number::parse(text) {
            Some(n) if n.compare(Number::Int(*min)).is_ge() && n.compare(Number::Int(*max)).is_le() => None,
            Some(_) => Some(format!("it must lie between {min} and {max}")),
            None => Some("it must be a number".to_owned()),
        },
        Kind::Bool => (!matches!(text, "true" | "false")).then(|| "it must be true or false".to_owned()),
        Kind::Cursor => Some("cursors are the engine's".to_owned()),
        Kind::DateTime => Some("instants are the engine's".to_owned()),
        Kind::Object(_) | Kind::List(_) => Some("it is not a single value".to_owned()),
    }
}

/// What a member with few values may be.
pub(super) fn may_be(field: &Field) -> String {
    match field.kind {
        Kind::Enum(words) => format!("is one of {}", words.join(", ")),
        Kind::Text { pattern: Some(pattern), .. } => format!("cannot be that: {}", in_words(pattern)),
        _ => "cannot be that".to_owned(),
    }
}

/// A pattern of the contract in words.
fn in_words(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::TaxCode => "it must be a tax code of 16 characters, in capitals",
        Pattern::PersonId => "it must be nine capitals or digits",
        Pattern::AcademicYear => "it must be two years that follow each other, as 2023/2024",
        Pattern::NameAscii => "it must have letters, apostrophes, hyphens and blanks only",
        Pattern::Name => "it must have letters, apostrophes, hyphens and blanks only",
        Pattern::BirthPlace => "it must be nation, province code and town, as Italia,MI,Milano",
        Pattern::Grade | Pattern::GradeAsked => {
            "it must be a number as 30 or 28.5, a whole number with honours as 30L, QUALIFIED, or one capital letter"
        }
        Pattern::FinalGrade => "it must be a number as 30 or 28.5, a whole number with honours as 30L, or QUALIFIED",
        Pattern::Scale => "it must be a number as 18 or 28.5, or one capital letter",
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}
