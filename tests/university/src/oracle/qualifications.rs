//! IFS03.1: all degrees of a person, each whole or left out.

use serde::Serialize;
use time::Date;

use super::proofs::{Signature, date, known, sorted};
use super::titles::{Held, System, is_theirs, of_student};
use super::{Expected, Fired, PersonalData, bytes, steps};
use crate::population::Population;

steps! {
    /// A decision that a rule of IFS03.1 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        Several: "3.4 several items to sort",
        SameDay: "3.4 two of one day, by course",
        Duplicate: "3.4 item that is there already",
        Constraint: "IFS03.1 value breaks its constraint",
        Theirs: "IFS03.1-S3 joint degree that another institute manages",
        NoName: "IFS03.1-R5 dropped, no qualification_name",
        NoType: "IFS03.1-R5 dropped, no programme_type_code",
        NoCode: "IFS03.1-R5 dropped, no degree_course_code",
        NoDate: "IFS03.1-R5 dropped, no academic_qualification_date",
        NoneLeft: "IFS03.1-R5 dropped, none left",
        Old: "IFS03.1 degree of the old system with a substitute code",
        ClassNull: "IFS03.1-R4 degree_class_code null",
        Number: "IFS03.1-F1 number",
        Decimal: "IFS03.1-F1 number that is not whole",
        Honours: "IFS03.1-F1 number with honours",
        Qualified: "IFS03.1-F1 QUALIFIED",
        NoMark: "IFS03.1-F1 no mark, null: the degree stays",
        Letter: "T-28 a letter is no final grade, null: the degree stays",
        NoScale: "IFS03.1-R5 no scale, null",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    qualifications: Vec<Item>,
}

/// One degree. Class, mark and scale may be null.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
struct Item {
    institute_code: &'static str,
    qualification_name: Option<String>,
    programme_type_code: Option<&'static str>,
    degree_course_code: Option<&'static str>,
    degree_class_code: Option<&'static str>,
    academic_qualification_date: Option<String>,
    qualification_grade_value: Option<String>,
    qualification_grading_scale_minimum_grade: Option<u16>,
    qualification_grading_scale_maximum_grade: Option<u16>,
}

/// The university's answer.
pub(super) fn university(population: &Population, tax_code: &str, _: Date, fired: &mut Fired) -> Expected {
    let Some(student) = known(population, tax_code, Step::Unknown, fired) else { return Expected::Unknown };
    answer(tax_code, &of_student(population, student), Signature::university(), fired)
}

/// The answer of an institute.
pub(super) fn answer(tax_code: &str, titles: &[Held], institute: Signature, fired: &mut Fired) -> Expected {
    let qualifications = items(titles, institute, fired);
    fired.when(Step::Empty, qualifications.is_empty());
    fired.when(Step::Several, qualifications.len() > 1);
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, qualifications }))
}

fn items(titles: &[Held], institute: Signature, fired: &mut Fired) -> Vec<Item> {
    let mut items = Vec::new();
    for held in titles {
        // S3.
        if fired.when(Step::Theirs, is_theirs(held, institute.code)) {
            continue;
        }
        let item = item(held, institute, fired);
        if is_whole(&item, fired) {
            told(held, &item, fired);
            items.push((item, (held.system, held.led_by)));
        }
    }
    fired.when(Step::NoneLeft, !titles.is_empty() && items.is_empty());
    let mut items = sorted(items, || fired.add(Step::Duplicate));
    items.sort_by(|a, b| key(a).cmp(&key(b)));
    let same_day = |two: &[Item]| two[0].academic_qualification_date == two[1].academic_qualification_date;
    fired.when(Step::SameDay, items.windows(2).any(same_day));
    items
}

fn key(item: &Item) -> (Option<&str>, Option<&str>, Option<&str>) {
    (item.academic_qualification_date.as_deref(), item.degree_course_code, item.programme_type_code)
}

fn item(held: &Held, institute: Signature, fired: &mut Fired) -> Item {
    let six = held.degree.six(Step::Constraint, fired);
    Item {
        institute_code: institute.code,
        qualification_name: held.name.clone(),
        programme_type_code: six.programme_type_code,
        degree_course_code: six.degree_course_code,
        degree_class_code: six.degree_class_code,
        academic_qualification_date: held.awarded.map(date),
        qualification_grade_value: held.mark.without_letters().map(str::to_owned),
        qualification_grading_scale_minimum_grade: held.mark.scale.map(|(least, _)| least),
        qualification_grading_scale_maximum_grade: held.mark.scale.map(|(_, most)| most),
    }
}

/// R5, with T-10 (the mark may be null) and T-11 (the name may not).
fn is_whole(item: &Item, fired: &mut Fired) -> bool {
    let missing = [
        (Step::NoName, item.qualification_name.is_none()),
        (Step::NoType, item.programme_type_code.is_none()),
        (Step::NoCode, item.degree_course_code.is_none()),
        (Step::NoDate, item.academic_qualification_date.is_none()),
    ];
    for (step, _) in missing.iter().filter(|(_, missing)| *missing) {
        fired.add(*step);
    }
    missing.iter().all(|(_, missing)| !missing)
}

/// Counts what an item says.
fn told(held: &Held, item: &Item, fired: &mut Fired) {
    fired.when(Step::Old, held.system == Some(System::Old));
    fired.when(Step::ClassNull, item.degree_class_code.is_none());
    fired.when(Step::NoScale, held.mark.scale.is_none());
    let step = match (held.mark.letter, item.qualification_grade_value.as_deref()) {
        (true, _) => Step::Letter,
        (_, None) => Step::NoMark,
        (_, Some("QUALIFIED")) => Step::Qualified,
        (_, Some(mark)) if mark.ends_with('L') => Step::Honours,
        (_, Some(mark)) if mark.contains('.') => Step::Decimal,
        _ => Step::Number,
    };
    fired.add(step);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::proofs::Degree;
    use crate::oracle::titles::{Mark, held};
    use crate::population::FinalMark;

    fn of(titles: &[Held]) -> Vec<Item> {
        items(titles, Signature::university(), &mut Fired::of::<Step>())
    }

    fn text(titles: &[Held]) -> String {
        String::from_utf8(bytes(&of(titles))).unwrap()
    }

    #[test]
    fn bytes_are_the_contracts_3_4() {
        assert_eq!(
            text(&[held()]),
            r#"[{"institute_code":"9901","qualification_name":"Fisica","programme_type_code":"MT","degree_course_code":"1573960","degree_class_code":"2030","academic_qualification_date":"2022-07-01","qualification_grade_value":"110","qualification_grading_scale_minimum_grade":66,"qualification_grading_scale_maximum_grade":110}]"#
        );
    }

    #[test]
    fn what_lacks_a_member_is_dropped_ifs03_1_r5_t_11() {
        let without = |change: fn(&mut Held)| {
            let mut title = held();
            change(&mut title);
            of(&[title]).len()
        };
        assert_eq!(without(|title| title.name = None), 0);
        assert_eq!(without(|title| title.awarded = None), 0);
        assert_eq!(without(|title| title.degree.programme_type = None), 0);
        assert_eq!(without(|title| title.degree.code = None), 0);
        assert_eq!(without(|title| title.degree.code = Some("123456789012345678901")), 0);
        assert_eq!(without(|title| title.degree.class = None), 1, "R4");
        assert_eq!(without(|title| title.mark = Mark::of(FinalMark::Missing, 66, 110)), 1, "T-10");
    }

    #[test]
    fn marks_ifs03_1_f1_t_28() {
        let mark = |mark: FinalMark| {
            let item = of(&[Held { mark: Mark::of(mark, 66, 110), ..held() }]).remove(0);
            (item.qualification_grade_value, item.qualification_grading_scale_maximum_grade)
        };
        assert_eq!(mark(FinalMark::Tenths(1045)), (Some("104.5".to_owned()), Some(110)));
        assert_eq!(mark(FinalMark::Honours), (Some("110L".to_owned()), Some(110)));
        assert_eq!(mark(FinalMark::Qualified), (Some("QUALIFIED".to_owned()), None));
        assert_eq!(mark(FinalMark::Letter("A")), (None, None));
        assert_eq!(mark(FinalMark::Missing), (None, None));
    }

    #[test]
    fn joint_degrees_ifs03_1_s3() {
        for (led_by, there) in [(None, 1), (Some("9901"), 1), (Some("16"), 0)] {
            assert_eq!(of(&[Held { led_by, ..held() }]).len(), there, "{led_by:?}");
        }
    }

    #[test]
    fn order_is_date_course_type_and_equal_ones_fall_away() {
        let coded = |code| Degree { code: Some(code), ..held().degree };
        let titles = [
            Held { degree: coded("9"), ..held() },
            Held { degree: coded("10"), ..held() },
            Held { awarded: Date::from_calendar_date(2020, time::Month::July, 1).ok(), ..held() },
            Held { degree: coded("9"), ..held() },
        ];
        let codes: Vec<_> = of(&titles).into_iter().map(|item| item.degree_course_code.unwrap()).collect();
        assert_eq!(codes, ["1573960", "10", "9"]);
        // Equal in members, not in what is known beside: both stay.
        let other = Held { degree: coded("9"), system: None, ..held() };
        assert_eq!(of(&[other, Held { degree: coded("9"), ..held() }]).len(), 2);
    }
}
