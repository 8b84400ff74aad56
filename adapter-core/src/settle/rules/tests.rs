//! What the tests of the kinds have in common: an answer as a mapping made it, settled on a day of 2025/2026.

use std::sync::Arc;

use crate::contract::{Answer, Effect, OperationId, School};
use crate::settle::{Draft, Fault, Log, Setting, settle};
use crate::value::{Arena, Decoder, NameTable, Names};

pub const OFFER: OperationId = OperationId::Ifs01_1;
pub const ENROLLMENTS: OperationId = OperationId::Ifs02_1;
pub const TRANSCRIPT: OperationId = OperationId::Ifs02_3;
pub const PROOFS: OperationId = OperationId::Ifs02_2;
pub const ADMISSIONS: OperationId = OperationId::Ifs02_4;
pub const MOBILITY: OperationId = OperationId::Ifs02_5;
pub const QUALIFICATIONS: OperationId = OperationId::Ifs03_1;
pub const QUALIFICATION_PROOFS: OperationId = OperationId::Ifs03_2;
pub const LEVELS: OperationId = OperationId::Ifs03_3;
pub const COURSE: OperationId = OperationId::Ifs01_2;
pub const ISEE: OperationId = OperationId::Ifs08_1;
pub const COUNTS: OperationId = OperationId::Ifs09_1;
pub const SUPPLEMENTS: OperationId = OperationId::Ifs03_4;

/// A day of 2025/2026, at an institute.
const SETTING: Setting<'_> = Setting {
    academic_year: 2025,
    starts: (10, 1),
    institute: "9901",
    school: School::University,
    asked: &[],
    outcome: None,
};

/// Somebody without tax code.
pub const PERSON: &str = concat!(
    r#"{"given_name":"Ada","family_name":"Rossi","#,
    r#""birth_date":"2000-01-01","birth_place":"Italia,MI,Milano"}"#
);

/// The answer, or why there is none, and the labels of what rules did, in order.
pub fn settled(id: OperationId, person: &str, items: &str) -> (Result<String, Fault>, Vec<String>) {
    let list = id.operation().answer.object().fields.iter().find(|f| f.list().is_some());
    let made = match (id.operation().answer, list) {
        (Answer::Record(_), Some(list)) => format!(r#"{{"{}":{items}}}"#, list.name),
        _ => items.to_owned(),
    };
    whole(SETTING, id, person, &made)
}

/// The same, of an answer that is whole, in a setting.
fn whole(setting: Setting<'_>, id: OperationId, person: &str, made: &str) -> (Result<String, Fault>, Vec<String>) {
    let operation = id.operation();
    let mut arena = Arena::new(Arc::from(""), Names::new(Arc::new(NameTable::new(Vec::new()))));
    let mut decode = |json: &str| Decoder::whole(32).decode(&mut arena, json.as_bytes().to_vec()).unwrap();
    let (person, made) = (decode(person), decode(made));
    let mut log = Log::default();
    let mut draft = Draft::new(&mut arena, operation.answer, person, made);
    let sent = settle(&mut draft, operation, setting, &mut log);
    let labels = log.decisions.iter().map(|d| Effect::new(id, d.rule, d.what, d.spot.member).label());
    // What is counted is what was noted.
    let counts = log.counts(id).into_iter();
    let mut counted: Vec<String> =
        counts.flat_map(|(effect, by)| std::iter::repeat_n(effect.label(), usize::try_from(by).unwrap())).collect();
    let mut noted: Vec<String> = labels.collect();
    let labels = noted.clone();
    counted.sort();
    noted.sort();
    assert_eq!(noted, counted);
    (sent.map(|bytes| String::from_utf8(bytes).unwrap()), labels)
}

/// The same, of a student with a tax code.
pub fn of_student(id: OperationId, items: &str) -> (Result<String, Fault>, Vec<String>) {
    settled(id, r#"{"tax_code":"RSSMRA80A01F205X"}"#, items)
}

/// The same, of no student.
pub fn of_institute(id: OperationId, items: &str) -> (Result<String, Fault>, Vec<String>) {
    settled(id, "null", items)
}

/// The same, of a whole answer.
pub fn made_of_institute(id: OperationId, made: &str) -> (Result<String, Fault>, Vec<String>) {
    whole(SETTING, id, "null", made)
}

/// The same, of an institute of a kind.
pub fn of_school(school: School, id: OperationId, items: &str) -> (Result<String, Fault>, Vec<String>) {
    let list = id.operation().answer.object().fields.iter().find(|f| f.list().is_some()).unwrap();
    whole(Setting { school, ..SETTING }, id, "null", &format!(r#"{{"{}":{items}}}"#, list.name))
}

/// An enrolment without class; the course is written as JSON.
pub fn enrollment(course: &str, year: &str, status: &str) -> String {
    format!(
        r#"{{"institute_code":"9901","programme_type_code":"MT","degree_course_code":{course},"academic_year":"{year}","degree_course_year":1,"status":"{status}"}}"#
    )
}
