//! IFS02.1 by hand, for one system: rows in, canonical bytes out.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use xtask::{Context, Result};

/// The courses' codes, as the mappings' table has them.
const COURSES: &str = include_str!("../../mappings/tables/courses.csv");

/// A row of the system's list: the members that are read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    aa_iscr_id: Option<u16>,
    cds_id: Option<u32>,
    aa_reg_id: Option<u16>,
    cla_murst_cod: Option<String>,
    anno_corso: Option<u8>,
    cond_flg: Option<u8>,
    sta_iscr_cod: Option<Wrapped>,
}

/// `{"value": "A"}`.
#[derive(Deserialize)]
struct Wrapped {
    value: Option<String>,
}

/// A course in the Ministry's terms.
struct Course {
    programme_type: String,
    code: String,
    class: String,
}

/// Courses by the system's course, the student's cohort and the degree class.
pub struct Courses(HashMap<(u32, u16, String), Course>);

impl Courses {
    /// The courses of the mappings' table.
    pub fn load() -> Result<Self> {
        let mut courses = HashMap::new();
        for line in COURSES.lines().skip(1) {
            let [cds, cohort, class, programme_type, code, class_code] =
                <[&str; 6]>::try_from(line.split(';').collect::<Vec<_>>()).ok().context("a course has six columns")?;
            let key = (cds.parse().context(cds)?, cohort.parse().context(cohort)?, class.to_owned());
            let course = Course {
                programme_type: programme_type.to_owned(),
                code: code.to_owned(),
                class: class_code.to_owned(),
            };
            courses.insert(key, course);
        }
        Ok(Self(courses))
    }
}

/// Members in the contract's order, which is the order they are written in.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: Person<'a>,
    enrollments: Vec<Enrollment<'a>>,
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
    academic_year: String,
    degree_course_year: u8,
    status: &'static str,
}

/// The answer's bytes, or none where the student is unknown. `current` is the first calendar year of the current
/// academic year.
pub fn write(lists: &[Bytes], tax_code: &str, courses: &Courses, current: u16) -> Result<Option<Vec<u8>>> {
    let mut known = false;
    // The latest enrolment of each course (IFS02.1-S1); `None` is one that lacks a member and takes its course with it.
    let mut latest: BTreeMap<&str, (u16, Option<Enrollment>)> = BTreeMap::new();
    for list in lists {
        let rows: Vec<Row> = serde_json::from_slice(list).context("the system's list")?;
        known |= !rows.is_empty();
        for row in rows {
            let Some(year) = row.aa_iscr_id else { continue };
            // The window: this academic year and the two before it.
            if year > current || year + 2 < current {
                continue;
            }
            let key = row.cds_id.zip(row.aa_reg_id).zip(text(row.cla_murst_cod));
            let Some(course) = key.and_then(|((cds, cohort), class)| courses.0.get(&(cds, cohort, class))) else {
                continue;
            };
            let status = match (row.cond_flg, text(row.sta_iscr_cod.and_then(|code| code.value)).as_deref()) {
                (Some(1), _) | (_, Some("S")) => Some("wait"),
                (_, Some("A")) => Some("active"),
                (_, Some("X")) => Some("inactive"),
                _ => None,
            };
            let enrollment =
                status.zip(row.anno_corso.filter(|year| (1..=99).contains(year))).map(|(status, step)| Enrollment {
                    institute_code: "9901",
                    programme_type_code: &course.programme_type,
                    degree_course_code: &course.code,
                    degree_class_code: Some(course.class.as_str()).filter(|class| !class.is_empty()),
                    academic_year: format!("{year}/{}", year + 1),
                    degree_course_year: step,
                    status,
                });
            match latest.entry(&course.code) {
                Entry::Vacant(place) => drop(place.insert((year, enrollment))),
                Entry::Occupied(mut place) if place.get().0 < year => drop(place.insert((year, enrollment))),
                Entry::Occupied(_) => {}
            }
        }
    }
    if !known {
        return Ok(None);
    }
    let enrollments = latest.into_values().filter_map(|(_, enrollment)| enrollment).collect();
    let answer = Answer { personal_data: Person { tax_code }, enrollments };
    serde_json::to_vec(&answer).context("writing the answer").map(Some)
}

/// Blank texts and the two that stand for nothing are nothing.
fn text(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.trim().is_empty() && t != "null" && t != "01/01/1900 00:00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(lists: &[&'static str]) -> String {
        let lists: Vec<Bytes> = lists.iter().map(|list| Bytes::from_static(list.as_bytes())).collect();
        let bytes = write(&lists, "RSSMRA80A01F205X", &Courses::load().unwrap(), 2025).unwrap();
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
            {"aaIscrId":2025,"cdsId":10001,"aaRegId":2024,"claMurstCod":"L-8","annoCorso":2,"condFlg":1,"staIscrCod":null},
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
}
