//! The bench's mappings written by hand for one system, as fast as plain Rust lets a careful engineer write them: rows
//! borrow from the answer's bytes, what is not read is skipped, the courses are a sorted table, what is known before a
//! request is made ready before it. The hand-written filter and the sidecar share it; it shares nothing with the engine.

mod courses;
mod row;
pub mod soap;

use std::fmt;

use serde::{Deserialize, Serialize};

use courses::{Course, Courses};
pub use row::{Row, json};

/// How many academic years are answered: the current one and the two before it.
const WINDOW: u16 = 3;

/// Why a request has no answer.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// With these words.
    fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// Everything that is known before a request.
#[derive(Debug)]
pub struct Answers {
    courses: Courses,
    /// The current academic year's first calendar year.
    current: u16,
    /// The years of the window as they are answered, the current one first.
    years: [String; WINDOW as usize],
}

/// A request's body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    tax_code: &'a str,
}

/// Members in the contract's order, which is the order they are written in.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: Person<'a>,
    enrollments: &'a [Enrollment<'a>],
}

#[derive(Serialize)]
struct Person<'a> {
    tax_code: &'a str,
}

#[derive(Serialize)]
struct Enrollment<'a> {
    institute_code: &'static str,
    programme_type_code: &'a str,
    degree_course_code: &'a str,
    degree_class_code: Option<&'a str>,
    academic_year: &'a str,
    degree_course_year: u8,
    status: &'static str,
}

impl Answers {
    /// For the current academic year's first calendar year.
    ///
    /// # Errors
    /// The table of courses is wrong.
    pub fn new(current: u16) -> Result<Self, Error> {
        let year = |before: u16| {
            let year = current.saturating_sub(before);
            format!("{year}/{}", year.saturating_add(1))
        };
        Ok(Self { courses: Courses::load()?, current, years: [year(0), year(1), year(2)] })
    }

    /// The answer's bytes, or none where the student is unknown, which is where no list has a row.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write<'a>(
        &'a self,
        tax_code: &str,
        lists: impl IntoIterator<Item = Vec<Row<'a>>>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut known = false;
        let mut found: Vec<(&Course, &Row<'a>)> = Vec::new();
        let lists: Vec<Vec<Row<'a>>> = lists.into_iter().collect();
        for list in &lists {
            known |= !list.is_empty();
            found.extend(list.iter().filter_map(|row| Some((self.course(row)?, row))));
        }
        if !known {
            return Ok(None);
        }
        // The latest enrolment of each course (IFS02.1-S1), in the order of the courses' codes. Of equal ones the first.
        found.sort_by_key(|(course, row)| (course.rank, std::cmp::Reverse(row.year)));
        found.dedup_by_key(|(course, _)| course.rank);
        // One that lacks a member takes its course with it.
        let enrollments: Vec<_> = found.iter().filter_map(|(course, row)| self.enrollment(course, row)).collect();
        let mut out = Vec::with_capacity(enrollments.len().saturating_mul(192).saturating_add(96));
        let answer = Answer { personal_data: Person { tax_code }, enrollments: &enrollments };
        serde_json::to_writer(&mut out, &answer).map_err(|error| Error::new(error.to_string()))?;
        Ok(Some(out))
    }

    /// The course of a row that lies in the window.
    fn course(&self, row: &Row) -> Option<&Course> {
        let before = self.current.checked_sub(row.year?)?;
        if before >= WINDOW {
            return None;
        }
        self.courses.find(row.course?, row.cohort?, row.class()?)
    }

    fn enrollment<'a>(&'a self, course: &'a Course, row: &Row) -> Option<Enrollment<'a>> {
        let status = match (row.conditional, row.status()) {
            (Some(1), _) | (_, Some("S")) => "wait",
            (_, Some("A")) => "active",
            (_, Some("X")) => "inactive",
            _ => return None,
        };
        Some(Enrollment {
            institute_code: "9901",
            programme_type_code: &course.programme_type,
            degree_course_code: &course.code,
            degree_class_code: Some(course.class.as_str()).filter(|class| !class.is_empty()),
            academic_year: self.years.get(usize::from(self.current.checked_sub(row.year?)?))?,
            degree_course_year: row.step.filter(|step| (1..=99).contains(step))?,
            status,
        })
    }
}

/// The tax code of a request, if it is one: length and alphabet; the rest of the contract's pattern would cost more.
pub fn tax_code(body: &[u8]) -> Option<&str> {
    let Request { tax_code } = serde_json::from_slice(body).ok()?;
    let plain = tax_code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (tax_code.len() == 16 && plain).then_some(tax_code)
}

/// Where a list is read: the path after the system's address, with the year if one is asked for.
pub fn path(tax_code: &str, year: Option<u16>) -> String {
    match year {
        None => format!("/e3rest/api/iscrizioni?codFis={tax_code}"),
        Some(year) => format!("/e3rest/api/iscrizioni?codFis={tax_code}&aaIscrId={year}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(lists: &[&str]) -> String {
        let answers = Answers::new(2025).unwrap();
        let lists: Vec<_> = lists.iter().map(|list| json(list.as_bytes()).unwrap()).collect();
        let bytes = answers.write("RSSMRA80A01F205X", lists).unwrap();
        bytes.map_or_else(String::new, |bytes| String::from_utf8(bytes).unwrap())
    }

    /// The contract's rules, each met by one row: window, latest per course, drops, order.
    #[test]
    fn rows_become_the_answer_the_contract_asks_for() {
        let first = r#"[
            {"aaIscrId":2024,"cdsId":10001,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":1,"condFlg":0,"staIscrCod":{"value":"A"},"x":[]},
            {"aaIscrId":2022,"cdsId":10002,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":1,"condFlg":0,"staIscrCod":{"value":"A"}},
            {"aaIscrId":2026,"cdsId":10002,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":1,"condFlg":0,"staIscrCod":{"value":"A"}},
            {"aaIscrId":2025,"cdsId":10003,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":1,"condFlg":0,"staIscrCod":{"value":"?"}},
            {"aaIscrId":2024,"cdsId":10003,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":1,"condFlg":0,"staIscrCod":{"value":"A"}},
            {"aaIscrId":2025,"cdsId":77,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":1,"condFlg":0,"staIscrCod":{"value":"A"}}
        ]"#;
        let second = r#"[
            {"aaIscrId":2025,"cdsId":10001,"aaRegId":2024,"claMurstCod":"\u004c-8","annoCorso":2,"condFlg":1,"staIscrCod":null},
            {"aaIscrId":2023,"cdsId":10000,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":3,"condFlg":0,"staIscrCod":{"value":"X"}}
        ]"#;
        let expected = concat!(
            r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":["#,
            r#"{"institute_code":"9901","programme_type_code":"MT","degree_course_code":"1500000","degree_class_code":"2008","#,
            r#""academic_year":"2023/2024","degree_course_year":3,"status":"inactive"},"#,
            r#"{"institute_code":"9901","programme_type_code":"MT","degree_course_code":"1500001","degree_class_code":"2008","#,
            r#""academic_year":"2025/2026","degree_course_year":2,"status":"wait"}]}"#
        );
        assert_eq!(answered(&[first, second]), expected);
    }

    #[test]
    fn nobody_and_nothing_are_two_things() {
        assert_eq!(answered(&["[]", "[]"]), "");
        let nothing = r#"{"personal_data":{"tax_code":"RSSMRA80A01F205X"},"enrollments":[]}"#;
        assert_eq!(answered(&[r#"[{"aaIscrId":2001}]"#]), nothing);
    }

    #[test]
    fn a_request_is_checked() {
        assert_eq!(tax_code(br#"{"tax_code":"RSSMRA80A01F205X"}"#), Some("RSSMRA80A01F205X"));
        for body in [&b"{}"[..], br#"{"tax_code":"RSS"}"#, br#"{"tax_code":"rssmra80a01f205x"}"#, b"x"] {
            assert_eq!(tax_code(body), None);
        }
        assert_eq!(path("X", Some(2025)), "/e3rest/api/iscrizioni?codFis=X&aaIscrId=2025");
    }
}
