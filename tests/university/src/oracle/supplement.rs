//! IFS03.4: Diploma Supplements.

use serde::Serialize;
use time::Date;

use super::proofs::{Signature, Six, date, known, level, sorted};
use super::titles::{Held, credits, is_marked, is_theirs, of_student, total};
use super::transcript::{grade_of, term_of};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::exams::{Exam, Judgement, Outcome};
use crate::population::Population;

steps! {
    /// A decision that a rule of IFS03.4 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        Constraint: "IFS03.4 value breaks its constraint, null",
        Theirs: "IFS03.4-S1 joint degree that another institute manages",
        NoType: "IFS03.4 programme type null",
        NoCode: "IFS03.4 course code null",
        NoClass: "IFS03.4 degree class null",
        NoDate: "IFS03.4 date null",
        NoMark: "IFS03.4 final mark null",
        Letter: "T-28 a letter is no final mark, null",
        NoLevel: "IFS03.4 levels null",
        Profession: "IFS03.4-F1 access to a regulated profession",
        LongProfession: "T-21 access to a regulated profession too long, null",
        NoProfession: "IFS03.4-F1 access to a regulated profession null",
        TotalNull: "T-23 sum of credits that is not whole, or of nothing: null",
        NothingPassed: "IFS03.4-F3 no teaching",
        Alike: "teachings that are equal but for their row: all stay",
        LearningUnnamed: "IFS03.4 teaching without name, null",
        LearningNoCredits: "T-23 teaching without whole credits, null",
        LearningLetter: "T-28 a letter for an examination's mark",
        LearningNoDates: "IFS03.4-F2 dates null",
        LearningDates: "IFS03.4-F2 dates of the semester",
        TooLong: "T-24 more teachings than the contract allows",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_qualifications_diploma_supplement: Vec<Item>,
}

/// One degree. Every member may be null.
#[derive(Serialize)]
struct Item {
    ects_credits_received: Option<u32>,
    institute_name: &'static str,
    institute_code: &'static str,
    #[serde(flatten)]
    course: Six,
    degree_course_duration_in_months: Option<u16>,
    qualification_grade_value: Option<String>,
    qualification_grading_scale_minimum_grade: Option<u16>,
    qualification_grading_scale_maximum_grade: Option<u16>,
    qualification_date: Option<String>,
    access_to_regulated_profession: Option<&'static str>,
    administering_institute_name: &'static str,
    administering_institute_status: &'static str,
    qualification_institute_name: &'static str,
    qualification_institute_status: &'static str,
    eqf_level: Option<&'static str>,
    nqf_level: Option<&'static str>,
    attended_learnings: Vec<Learning>,
}

/// One teaching.
#[derive(Serialize)]
struct Learning {
    learning_cfu: Option<u16>,
    learning_grade_value: Option<String>,
    learning_grading_scale_min: Option<&'static str>,
    learning_grading_scale_max: Option<&'static str>,
    learning_name: Option<String>,
    learning_start_date: Option<String>,
    learning_end_date: Option<String>,
}

/// Both institutes are the State's.
const STATUS: &str = "public";

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    answer(tax_code, &of_student(population, student), Signature::university(), fired)
}

/// The answer of an institute.
pub(super) fn answer(tax_code: &str, titles: &[Held], institute: Signature, fired: &mut Fired) -> Expected {
    let items = items(titles, institute, fired);
    if fired.when(Step::TooLong, items.iter().any(|item| item.attended_learnings.len() > 256)) {
        return Expected::TooLong;
    }
    fired.when(Step::Empty, items.is_empty());
    fired.when(Step::Several, items.len() > 1);
    let personal_data = PersonalData { tax_code };
    Expected::Answer(bytes(&Answer { personal_data, proof_qualifications_diploma_supplement: items }))
}

fn items(titles: &[Held], institute: Signature, fired: &mut Fired) -> Vec<Item> {
    let mut items = Vec::new();
    for (place, held) in titles.iter().enumerate() {
        if !fired.when(Step::Theirs, is_theirs(held, institute.code)) {
            // Its teachings' rows tell it from one that is equal in every member.
            let told = if held.passed.is_empty() { None } else { Some(place) };
            items.push((item(held, institute, fired), (held.led_by, told)));
        }
    }
    sorted(items, || {})
}

fn item(held: &Held, institute: Signature, fired: &mut Fired) -> Item {
    let course = held.degree.six(Step::Constraint, fired);
    let levels = held.degree.programme_type.and_then(level);
    let (_, total) = total(held);
    fired.when(Step::NoType, course.programme_type_code.is_none());
    fired.when(Step::NoCode, course.degree_course_code.is_none());
    fired.when(Step::NoClass, course.degree_class_code.is_none());
    fired.when(Step::NoDate, held.awarded.is_none());
    fired.when(Step::NoMark, held.mark.value.is_none());
    fired.when(Step::Letter, held.mark.letter);
    fired.when(Step::NoLevel, levels.is_none());
    fired.when(Step::TotalNull, total.is_none());
    fired.when(Step::NothingPassed, held.passed.is_empty());
    Item {
        ects_credits_received: total,
        institute_name: institute.name,
        institute_code: institute.code,
        course,
        degree_course_duration_in_months: held.months,
        qualification_grade_value: held.mark.without_letters().map(str::to_owned),
        qualification_grading_scale_minimum_grade: held.mark.scale.map(|(least, _)| least),
        qualification_grading_scale_maximum_grade: held.mark.scale.map(|(_, most)| most),
        qualification_date: held.awarded.map(date),
        access_to_regulated_profession: profession(held, fired),
        administering_institute_name: institute.name,
        administering_institute_status: STATUS,
        qualification_institute_name: institute.name,
        qualification_institute_status: STATUS,
        eqf_level: levels.map(|(eqf, _)| eqf),
        nqf_level: levels.map(|(_, nqf)| nqf),
        attended_learnings: learnings(held, fired),
    }
}

/// F1; a text of more than 32 characters is no value (T-21).
fn profession(held: &Held, fired: &mut Fired) -> Option<&'static str> {
    fired.when(Step::NoProfession, held.profession.is_none());
    let fits = held.profession.filter(|text| !fired.when(Step::LongProfession, text.chars().count() > 32));
    fired.when(Step::Profession, fits.is_some());
    fits
}

fn learnings(held: &Held, fired: &mut Fired) -> Vec<Learning> {
    let mut learnings = Vec::new();
    for exam in &held.passed {
        learnings.push((learning(exam, fired), exam.id));
    }
    let learnings = sorted(learnings, || {});
    let same = |two: &[Learning]| bytes(&two[0]) == bytes(&two[1]);
    fired.when(Step::Alike, learnings.windows(2).any(same));
    learnings
}

fn learning(exam: &Exam, fired: &mut Fired) -> Learning {
    let marked = is_marked(exam);
    let term = term_of(exam);
    let learning_cfu = credits(exam);
    fired.when(Step::LearningUnnamed, exam.name.is_empty());
    fired.when(Step::LearningNoCredits, learning_cfu.is_none());
    fired.when(Step::LearningLetter, matches!(exam.outcome, Outcome::Judged(Judgement::Letter(_))));
    fired.add(if term.is_some() { Step::LearningDates } else { Step::LearningNoDates });
    let (learning_start_date, learning_end_date) = term.unzip();
    Learning {
        learning_cfu,
        learning_grade_value: grade_of(exam),
        learning_grading_scale_min: marked.then_some("18"),
        learning_grading_scale_max: marked.then_some("30"),
        learning_name: Some(exam.name.to_uppercase()).filter(|name| !name.is_empty()),
        learning_start_date,
        learning_end_date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::titles::{Mark, activity, held};
    use crate::population::FinalMark;

    fn text(titles: &[Held]) -> String {
        String::from_utf8(bytes(&items(titles, Signature::university(), &mut Fired::of::<Step>()))).unwrap()
    }

    #[test]
    fn bytes_are_in_the_order_of_declaration() {
        assert_eq!(
            text(&[Held { passed: vec![activity(1)], ..held() }]),
            r#"[{"ects_credits_received":6,"institute_name":"Università degli Studi dell'Esempio","institute_code":"9901","programme_type_code":"MT","programme_type_name":"Laurea Triennale (DM 270/04)","degree_course_code":"1573960","degree_course_name":"Fisica","degree_class_code":"2030","degree_class_name":"Scienze e tecnologie fisiche","degree_course_duration_in_months":36,"qualification_grade_value":"110","qualification_grading_scale_minimum_grade":66,"qualification_grading_scale_maximum_grade":110,"qualification_date":"2022-07-01","access_to_regulated_profession":null,"administering_institute_name":"Università degli Studi dell'Esempio","administering_institute_status":"public","qualification_institute_name":"Università degli Studi dell'Esempio","qualification_institute_status":"public","eqf_level":"6° livello","nqf_level":"I ciclo QF-EHEA","attended_learnings":[{"learning_cfu":6,"learning_grade_value":"27","learning_grading_scale_min":"18","learning_grading_scale_max":"30","learning_name":"GEOMETRIA","learning_start_date":"2024-10-01","learning_end_date":"2025-02-28"}]}]"#
        );
    }

    #[test]
    fn profession_ifs03_4_f1_t_21() {
        let of = |profession| text(&[Held { profession: Some(profession), ..held() }]);
        let fits = "12345678901234567890123456789012";
        assert!(of(fits).contains(&format!(r#""access_to_regulated_profession":"{fits}""#)));
        assert!(of("123456789012345678901234567890123").contains(r#""access_to_regulated_profession":null"#));
    }

    #[test]
    fn letters_for_examinations_not_for_the_degree_t_28() {
        let letter = Outcome::Judged(Judgement::Letter("B"));
        let title = Held {
            mark: Mark::of(FinalMark::Letter("A"), 66, 110),
            passed: vec![Exam { outcome: letter, ..activity(1) }],
            ..held()
        };
        let text = text(&[title]);
        assert!(text.contains(r#""qualification_grade_value":null"#));
        assert!(text.contains(r#""learning_grade_value":"B","learning_grading_scale_min":null"#));
    }

    #[test]
    fn half_credits_are_null_and_dates_follow_the_semester_t_23_ifs03_4_f2() {
        let of = |exam: Exam| text(&[Held { passed: vec![exam], ..held() }]);
        assert!(of(Exam { tenths: 45, ..activity(1) }).contains(r#"[{"learning_cfu":null"#));
        assert!(
            of(Exam { semester: None, ..activity(1) })
                .contains(r#""learning_start_date":null,"learning_end_date":null"#)
        );
        assert!(of(Exam { semester: Some(2), ..activity(1) }).contains(r#""learning_start_date":"2025-03-01""#));
    }
}
