//! IFS03.2: proofs of completion. Every member may be null, and nothing falls but what another institute manages.

use serde::Serialize;
use time::Date;

use super::proofs::{COUNTRY, Signature, Six, date, known, sorted};
use super::titles::{Held, is_theirs, of_student};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::population::Population;

steps! {
    /// A decision that a rule of IFS03.2 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        Duplicate: "3.4 item that is there already",
        Constraint: "IFS03.2 value breaks its constraint, null",
        Theirs: "IFS03.2-S1 joint degree that another institute manages",
        NoName: "IFS03.2 qualification_name null",
        NoType: "IFS03.2 programme type null",
        NoCode: "IFS03.2 course code null",
        NoClass: "IFS03.2 degree class null",
        NoDate: "IFS03.2 date null",
        NoMark: "IFS03.2 mark null",
        Letter: "T-28 a letter for a mark",
        NoScale: "IFS03.2 scale null",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_qualifications: Vec<Item>,
}

/// One degree.
#[derive(Serialize)]
struct Item {
    institute_code: &'static str,
    institute_name: &'static str,
    qualification_name: Option<String>,
    #[serde(flatten)]
    course: Six,
    academic_qualification_date: Option<String>,
    qualification_grade_value: Option<String>,
    qualification_grading_scale_minimum_grade: Option<u16>,
    qualification_grading_scale_maximum_grade: Option<u16>,
    academic_qualification_country: &'static str,
}

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    answer(tax_code, &of_student(population, student), Signature::university(), fired)
}

/// The answer of an institute.
pub(super) fn answer(tax_code: &str, titles: &[Held], institute: Signature, fired: &mut Fired) -> Expected {
    let proof_qualifications = items(titles, institute, fired);
    fired.when(Step::Empty, proof_qualifications.is_empty());
    fired.when(Step::Several, proof_qualifications.len() > 1);
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, proof_qualifications }))
}

fn items(titles: &[Held], institute: Signature, fired: &mut Fired) -> Vec<Item> {
    let mut items = Vec::new();
    for held in titles {
        if !fired.when(Step::Theirs, is_theirs(held, institute.code)) {
            items.push((item(held, institute, fired), held.led_by));
        }
    }
    sorted(items, || fired.add(Step::Duplicate))
}

fn item(held: &Held, institute: Signature, fired: &mut Fired) -> Item {
    let course = held.degree.six(Step::Constraint, fired);
    fired.when(Step::NoName, held.name.is_none());
    fired.when(Step::NoType, course.programme_type_code.is_none());
    fired.when(Step::NoCode, course.degree_course_code.is_none());
    fired.when(Step::NoClass, course.degree_class_code.is_none());
    fired.when(Step::NoDate, held.awarded.is_none());
    fired.when(Step::NoMark, held.mark.value.is_none());
    fired.when(Step::Letter, held.mark.letter);
    fired.when(Step::NoScale, held.mark.scale.is_none());
    Item {
        institute_code: institute.code,
        institute_name: institute.name,
        qualification_name: held.name.clone(),
        course,
        academic_qualification_date: held.awarded.map(date),
        qualification_grade_value: held.mark.value.clone(),
        qualification_grading_scale_minimum_grade: held.mark.scale.map(|(least, _)| least),
        qualification_grading_scale_maximum_grade: held.mark.scale.map(|(_, most)| most),
        academic_qualification_country: COUNTRY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::proofs::Degree;
    use crate::oracle::titles::{Mark, held};
    use crate::population::FinalMark;

    fn text(titles: &[Held]) -> String {
        String::from_utf8(bytes(&items(titles, Signature::university(), &mut Fired::of::<Step>()))).unwrap()
    }

    #[test]
    fn bytes_are_in_the_order_of_declaration() {
        assert_eq!(
            text(&[held()]),
            r#"[{"institute_code":"9901","institute_name":"Università degli Studi dell'Esempio","qualification_name":"Fisica","programme_type_code":"MT","programme_type_name":"Laurea Triennale (DM 270/04)","degree_course_code":"1573960","degree_course_name":"Fisica","degree_class_code":"2030","degree_class_name":"Scienze e tecnologie fisiche","academic_qualification_date":"2022-07-01","qualification_grade_value":"110","qualification_grading_scale_minimum_grade":66,"qualification_grading_scale_maximum_grade":110,"academic_qualification_country":"Italia"}]"#
        );
    }

    #[test]
    fn nothing_falls_but_what_another_leads_ifs03_2_s1() {
        let bare = Held { name: None, awarded: None, degree: Degree::default(), ..held() };
        assert!(text(&[bare]).contains(r#""degree_class_name":null,"academic_qualification_date":null"#));
        assert_eq!(text(&[Held { led_by: Some("16"), ..held() }]), "[]");
        assert_eq!(text(&[Held { led_by: Some("9901"), ..held() }]).len(), text(&[held()]).len());
        assert_eq!(text(&[held(), held()]), text(&[held()]));
    }

    #[test]
    fn letters_are_marks_here_t_28() {
        let title = Held { mark: Mark::of(FinalMark::Letter("A"), 66, 110), ..held() };
        assert!(
            text(&[title])
                .contains(r#""qualification_grade_value":"A","qualification_grading_scale_minimum_grade":null"#)
        );
    }
}
