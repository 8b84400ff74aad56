//! IFS03.3: the level of each degree, and the credits of what was passed for it.

use serde::Serialize;
use time::Date;

use super::proofs::{Signature, date, known, level, sorted};
use super::titles::{Held, credits, is_theirs, of_student, total};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::population::Population;

steps! {
    /// A decision that a rule of IFS03.3 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        Theirs: "IFS03.3-S1 joint degree that another institute manages",
        NoName: "IFS03.3 qualification_name null",
        NoDate: "IFS03.3 date null",
        NoDuration: "IFS03.3-F2 duration null",
        NoLevel: "IFS03.3 levels null",
        NoCredits: "IFS03.3 credits of the course null",
        ParentRelation: "IFS03.3-F1 has_parent_relation null",
        Total: "IFS03.3 sum of the credits passed",
        TotalNull: "T-23 sum that is not whole, or of nothing: null",
        NothingPassed: "IFS03.3-F3 no teaching",
        Alike: "teachings that are equal but for their row: all stay",
        LearningUnnamed: "T-23 teaching without name left out",
        LearningNoCredits: "T-23 teaching without credits left out",
        LearningHalfCredits: "T-23 teaching of half credits left out",
        TooLong: "T-24 more teachings than the contract allows",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_qualifications_level: Vec<Item>,
}

/// One degree. Every member may be null.
#[derive(Serialize)]
struct Item {
    qualification_name: Option<String>,
    degree_course_duration_in_months: Option<u16>,
    institute_code: &'static str,
    institute_name: &'static str,
    academic_qualification_date: Option<String>,
    total_ects: Option<u32>,
    eqf_level: Option<&'static str>,
    nqf_level: Option<&'static str>,
    has_parent_relation: Option<bool>,
    degree_course_duration_ects_credit: Option<u16>,
    ects_learnings: Vec<Learning>,
}

/// One teaching. Both members are mandatory.
#[derive(Serialize)]
struct Learning {
    learning_name: String,
    ects_credits: u16,
}

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    answer(tax_code, &of_student(population, student), Signature::university(), fired)
}

/// The answer of an institute.
pub(super) fn answer(tax_code: &str, titles: &[Held], institute: Signature, fired: &mut Fired) -> Expected {
    let items = items(titles, institute, fired);
    if fired.when(Step::TooLong, items.iter().any(|item| item.ects_learnings.len() > 256)) {
        return Expected::TooLong;
    }
    fired.when(Step::Empty, items.is_empty());
    fired.when(Step::Several, items.len() > 1);
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, proof_qualifications_level: items }))
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
    let levels = held.degree.programme_type.and_then(level);
    let (_, total) = total(held);
    fired.when(Step::NoName, held.name.is_none());
    fired.when(Step::NoDate, held.awarded.is_none());
    fired.when(Step::NoDuration, held.months.is_none());
    fired.when(Step::NoLevel, levels.is_none());
    fired.when(Step::NoCredits, held.credits.is_none());
    fired.when(Step::NothingPassed, held.passed.is_empty());
    fired.add(if total.is_some() { Step::Total } else { Step::TotalNull });
    fired.add(Step::ParentRelation);
    Item {
        qualification_name: held.name.clone(),
        degree_course_duration_in_months: held.months,
        institute_code: institute.code,
        institute_name: institute.name,
        academic_qualification_date: held.awarded.map(date),
        total_ects: total,
        eqf_level: levels.map(|(eqf, _)| eqf),
        nqf_level: levels.map(|(_, nqf)| nqf),
        has_parent_relation: None,
        degree_course_duration_ects_credit: held.credits,
        ects_learnings: learnings(held, fired),
    }
}

/// T-23: each teaching that has a name and whole credits.
fn learnings(held: &Held, fired: &mut Fired) -> Vec<Learning> {
    let mut learnings = Vec::new();
    for exam in &held.passed {
        let unnamed = fired.when(Step::LearningUnnamed, exam.name.is_empty());
        fired.when(Step::LearningNoCredits, exam.tenths == 0);
        fired.when(Step::LearningHalfCredits, !exam.tenths.is_multiple_of(10));
        if let Some(ects_credits) = credits(exam).filter(|_| !unnamed) {
            learnings.push((Learning { learning_name: exam.name.to_uppercase(), ects_credits }, exam.id));
        }
    }
    let learnings = sorted(learnings, || {});
    let same = |two: &[Learning]| bytes(&two[0]) == bytes(&two[1]);
    fired.when(Step::Alike, learnings.windows(2).any(same));
    learnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exams::Exam;
    use crate::oracle::titles::{activity, held};

    fn text(titles: &[Held]) -> String {
        String::from_utf8(bytes(&items(titles, Signature::university(), &mut Fired::of::<Step>()))).unwrap()
    }

    fn with(passed: Vec<Exam>) -> String {
        text(&[Held { passed, ..held() }])
    }

    #[test]
    fn bytes_are_in_the_order_of_declaration_ifs03_3_f1_f2() {
        assert_eq!(
            with(vec![activity(1)]),
            r#"[{"qualification_name":"Fisica","degree_course_duration_in_months":36,"institute_code":"9901","institute_name":"Università degli Studi dell'Esempio","academic_qualification_date":"2022-07-01","total_ects":6,"eqf_level":"6° livello","nqf_level":"I ciclo QF-EHEA","has_parent_relation":null,"degree_course_duration_ects_credit":180,"ects_learnings":[{"learning_name":"GEOMETRIA","ects_credits":6}]}]"#
        );
        assert!(with(Vec::new()).contains(r#""total_ects":null,"#));
        assert!(with(Vec::new()).ends_with(r#""ects_learnings":[]}]"#));
    }

    #[test]
    fn teachings_need_a_name_and_whole_credits_t_23() {
        let learnings = |exam: Exam| with(vec![exam]).split("\"ects_learnings\":").nth(1).unwrap().to_owned();
        assert_eq!(learnings(Exam { name: "", ..activity(1) }), "[]}]");
        assert_eq!(learnings(Exam { tenths: 0, ..activity(1) }), "[]}]");
        assert_eq!(learnings(Exam { tenths: 45, ..activity(1) }), "[]}]");
        // What is left out of the list is in the sum all the same.
        let both = with(vec![Exam { tenths: 45, ..activity(1) }, Exam { tenths: 15, ..activity(2) }]);
        assert!(both.contains(r#""total_ects":6,"#));
        let odd = with(vec![Exam { tenths: 45, ..activity(1) }, activity(2)]);
        assert!(odd.contains(r#""total_ects":null,"#));
    }

    #[test]
    fn two_that_are_alike_but_for_their_row_both_stay_d8() {
        assert_eq!(with(vec![activity(1), activity(2)]).matches("GEOMETRIA").count(), 2);
    }
}
