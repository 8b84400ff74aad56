//! What is said of members and of values that do not fit them.

use crate::fit::Misfit;
use crate::patterns::Pattern;
use crate::schema::Kind;

impl Misfit {
    /// For the consumer, of a member of its request. Names no value.
    pub fn told(self) -> &'static str {
        match self {
            Self::NoText => "must be a string",
            Self::Length(..) => "has the wrong length",
            Self::Form(_) => "does not match the contract's pattern",
            Self::NoWord(_) => "is not one of the allowed values",
            Self::NotWhole => "must be a whole number",
            Self::NoNumber => "must be a number",
            Self::Range(..) => "is out of range",
            Self::NoTruth => "must be true or false",
            Self::NoDate => "must be a date, YYYY-MM-DD",
            Self::NoInstant | Self::Engines => "must be an instant, YYYY-MM-DDTHH:MM:SSZ",
            Self::NoYear => "must be an academic year",
            Self::Unknown => "is not a cursor that was given here",
            Self::NoObject => "must be an object",
            Self::NoList => "must be a list",
            Self::Control => "must have no control characters",
        }
    }

    /// For the author of a mapping.
    pub fn words(self) -> String {
        match self {
            Self::Length(min, max) => format!("it must have {min} to {max} characters"),
            Self::Form(pattern) => pattern.words().to_owned(),
            Self::NoWord(words) => format!("it is one of {}", words.join(", ")),
            Self::Range(min, max) => format!("it must lie between {min} and {max}"),
            Self::NotWhole => "it must be a whole number".to_owned(),
            Self::NoNumber => "it must be a number".to_owned(),
            Self::NoTruth => "it must be true or false".to_owned(),
            Self::NoDate => "it must be a date as YYYY-MM-DD".to_owned(),
            Self::NoYear => "it must be an academic year or the year it begins, as 2023/2024 or 2023".to_owned(),
            Self::NoInstant | Self::Unknown | Self::Engines => "only the engine makes it".to_owned(),
            Self::Control => "it must have no control characters".to_owned(),
            Self::NoText | Self::NoObject | Self::NoList => "it is not a single value".to_owned(),
        }
    }
}

impl Pattern {
    /// The pattern in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::TaxCode => "it must be a tax code of 16 characters, in capitals",
            Self::PersonId => "it must be nine capitals or digits",
            Self::AcademicYear => "it must be two years that follow each other, as 2023/2024",
            Self::NameAscii | Self::Name => "it must have letters, apostrophes, hyphens and blanks only",
            Self::BirthPlace => "it must be nation, province code and town, as Italia,MI,Milano",
            Self::Grade | Self::GradeAsked => {
                "it must be a number as 30 or 28.5, a whole number with honours as 30L, QUALIFIED, or one capital letter"
            }
            Self::FinalGrade => "it must be a number as 100 or 99.5, a whole number with honours as 110L, or QUALIFIED",
            Self::Scale => "it must be a number as 18 or 28.5, or one capital letter",
        }
    }
}

impl Kind {
    /// What a member is, in short.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Text { .. } => "a text",
            Self::Enum(_) => "one of a few texts",
            Self::Int { .. } => "a whole number",
            Self::Number { .. } => "a number",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::Year => "an academic year, or the year it begins",
            Self::DateTime | Self::Cursor => "the engine's",
            Self::Object(_) => "a record",
            Self::List(_) => "a list",
        }
    }

    /// What a member must be, in full.
    pub fn words(&self) -> String {
        match self {
            Self::Text { min, max, pattern: None } => format!("a text of {min} to {max} characters"),
            Self::Text { min, max, pattern: Some(pattern) } => {
                format!("a text of {min} to {max} characters in the form {pattern:?}")
            }
            Self::Enum(allowed) => format!("one of {}", allowed.join(", ")),
            Self::Int { min, max } => format!("a whole number from {min} to {max}"),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Bool => "true or false".to_owned(),
            Self::Date => "a date".to_owned(),
            Self::DateTime => "an instant".to_owned(),
            Self::Year => "an academic year, or the year in which it begins".to_owned(),
            Self::Cursor => "a cursor, which the engine makes".to_owned(),
            Self::Object(_) => "an object".to_owned(),
            Self::List(list) => match list.max {
                Some(max) => format!("a list of at most {max} items"),
                None => "a list".to_owned(),
            },
        }
    }
}
