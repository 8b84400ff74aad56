//! A row of the system's list: the members that are read, and no others.

use std::borrow::Cow;

use serde::Deserialize;

use crate::Error;

/// A row.
#[derive(Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Row<'a> {
    /// The academic year's first calendar year.
    #[serde(rename = "aaIscrId")]
    pub year: Option<u16>,
    /// The system's number of the course.
    #[serde(rename = "cdsId")]
    pub course: Option<u32>,
    /// The student's cohort.
    #[serde(rename = "aaRegId")]
    pub cohort: Option<u16>,
    /// The degree class.
    #[serde(rename = "claMurstCod", borrow)]
    pub class: Option<Text<'a>>,
    /// The year of the course.
    #[serde(rename = "annoCorso")]
    pub step: Option<u8>,
    /// 1 where the enrolment is conditional.
    #[serde(rename = "condFlg")]
    pub conditional: Option<u8>,
    /// The enrolment's state.
    #[serde(rename = "staIscrCod", borrow)]
    pub status: Option<Wrapped<'a>>,
}

/// A text, borrowed where it holds no escapes. A type of its own, as serde borrows `Option<Cow<str>>` never.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// `{"value": "A"}`.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct Wrapped<'a> {
    /// The code.
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}

impl Row<'_> {
    /// The degree class, if there is one.
    pub fn class(&self) -> Option<&str> {
        self.class.as_ref().and_then(Text::meant)
    }

    /// The enrolment's state, if there is one.
    pub fn status(&self) -> Option<&str> {
        self.status.as_ref().and_then(|code| code.value.as_ref()).and_then(Text::meant)
    }
}

impl Text<'_> {
    /// Blank texts and the two that stand for nothing are nothing.
    fn meant(&self) -> Option<&str> {
        let text = self.0.as_ref();
        Some(text).filter(|text| !text.trim().is_empty() && *text != "null" && *text != "01/01/1900 00:00:00")
    }
}

/// The rows of a JSON list.
///
/// # Errors
/// It is none.
pub fn json(body: &[u8]) -> Result<Vec<Row<'_>>, Error> {
    serde_json::from_slice(body).map_err(|error| Error::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_borrow() {
        let rows = json(br#"[{"claMurstCod":"L-8","staIscrCod":{"value":"A"}},{"claMurstCod":"\u004c"}]"#).unwrap();
        assert!(matches!(rows[0].class, Some(Text(Cow::Borrowed("L-8")))));
        assert!(matches!(&rows[0].status, Some(Wrapped { value: Some(Text(Cow::Borrowed("A"))) })));
        assert_eq!(rows[1].class(), Some("L"));
    }

    #[test]
    fn some_texts_mean_nothing() {
        for text in ["", "  ", "null", "01/01/1900 00:00:00"] {
            assert_eq!(Text(Cow::Borrowed(text)).meant(), None);
        }
        assert!(json(b"{}").is_err());
    }
}
