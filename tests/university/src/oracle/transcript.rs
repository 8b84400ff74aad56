//! IFS02.3: the activities passed or recognised in the last three academic years, by course of study.

use serde::Serialize;
use time::{Date, Month};

use super::admissions::Study;
use super::proofs::{Degree, Signature, Six, sorted};
use super::{Expected, Fired, PersonalData, bytes, listed, steps};
use crate::academic_year_of;
use crate::catalogue::course;
use crate::exams::{Exam, Judgement, Outcome, Recognition, Standing, exams};
use crate::population::{Career, Population, Student};

steps! {
    /// A decision that a rule of IFS02.3 takes.
    Step {
        Unknown: "GEN-7 unknown student",
        Empty: "GEN-7 known student, empty list",
        SeveralCourses: "3.4 several courses to sort",
        SeveralLearnings: "3.4 several learnings to sort",
        SingleExams: "IFS02.3 single examinations are no course",
        Alike: "activities that are equal but for their row: all stay",
        TooLong: "T-24 more activities than the contract allows",
        NotPassed: "IFS02.3-S1 neither passed nor recognised",
        AttendanceOnly: "IFS02.3-S1 recognised as attended, not passed",
        Recognised: "IFS02.3-S1 recognised, not passed here",
        Supernumerary: "IFS02.3-S1 in excess",
        NotInPlan: "IFS02.3-S1 not in the approved plan",
        Older: "IFS02.3-S1 older than the window",
        Future: "IFS02.3-S1 not yet begun",
        NoYear: "IFS02.3-S1 no academic year",
        YearOfDay: "IFS02.3-S1 academic year of the day",
        AttendedEarlier: "IFS02.3-S1 passed in the window, attended before",
        NothingLeft: "IFS02.3-S1 course without an activity left out",
        Together: "IFS02.3-S1 parts examined together, one learning",
        SameCourse: "IFS02.3 two careers on one course",
        NotListed: "IFS02.3 course the Ministry does not list, codes null",
        Constraint: "IFS02.3 value breaks its constraint, null",
        NoProgrammeType: "IFS02.3 programme type null",
        NoClass: "IFS02.3 degree class null",
        NoName: "IFS02.3 activity without name, null",
        NoDates: "IFS02.3-F2 dates null",
        FirstSemester: "IFS02.3-F2 first semester",
        SecondSemester: "IFS02.3-F2 second semester",
        Number: "IFS02.3-F3 number",
        Honours: "IFS02.3-F3 number with honours",
        Qualified: "IFS02.3-F3 QUALIFIED",
        Letter: "T-28 a letter for a grade",
        NoGrade: "IFS02.3-F3 grade null",
        NoCredits: "T-23 no credits, null",
        HalfCredits: "T-23 half a credit, null",
        HalvesMakeWhole: "T-23 halves that make a whole",
    }
}

/// The answer, members in the contract's order of declaration.
#[derive(Serialize)]
struct Answer<'a> {
    personal_data: PersonalData<'a>,
    proof_education_course: Vec<Course>,
}

/// A course of study. Every member may be null but the list.
#[derive(Serialize)]
pub(super) struct Course {
    #[serde(flatten)]
    course: Six,
    institute_code: &'static str,
    institute_name: &'static str,
    learnings: Vec<Learning>,
}

/// An activity.
#[derive(Serialize)]
struct Learning {
    attended_learning_name: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    grade_value: Option<String>,
    grading_scale_min: Option<&'static str>,
    grading_scale_max: Option<&'static str>,
    ects_credits_received: Option<u16>,
}

/// The expected answer of IFS02.3 for a tax code on a day (in Rome).
#[must_use]
pub fn ifs02_3(population: &Population, tax_code: &str, today: Date) -> Expected {
    count(population, tax_code, today, &mut Fired::of::<Step>())
}

/// Runs IFS02.3 for every known student and every unknown tax code, and counts.
#[must_use]
pub fn fired(population: &Population, today: Date) -> Fired {
    let mut fired = Fired::of::<Step>();
    let known = population.students().iter().map(Student::tax_code);
    for tax_code in known.chain(population.unknown().iter().map(String::as_str)) {
        count(population, tax_code, today, &mut fired);
    }
    fired
}

pub(super) fn count(population: &Population, tax_code: &str, today: Date, fired: &mut Fired) -> Expected {
    let Some(student) = population.by_tax_code(tax_code) else {
        fired.add(Step::Unknown);
        return Expected::Unknown;
    };
    let current = academic_year_of(today);
    let mut courses = Vec::new();
    for career in &student.careers {
        if fired.when(Step::SingleExams, course::SINGLE_EXAMS.contains(&career.course)) {
            continue;
        }
        let exams = exams(population.seed(), career, population.today());
        // Two careers on one course are two items: the contract merges nothing.
        courses.extend(course(career, &exams, current, fired).map(|item| (item, career.stu_id)));
    }
    answer(tax_code, courses, fired)
}

/// The answer of an institute; each course with what tells it from one that is equal.
pub(super) fn answer(tax_code: &str, courses: Vec<(Course, u32)>, fired: &mut Fired) -> Expected {
    if fired.when(Step::TooLong, courses.iter().any(|(course, _)| course.learnings.len() > 256)) {
        return Expected::TooLong;
    }
    let courses = sorted(courses, || {});
    fired.when(Step::Empty, courses.is_empty());
    fired.when(Step::SeveralCourses, courses.len() > 1);
    let mut codes: Vec<&str> = courses.iter().filter_map(|item| item.course.degree_course_code).collect();
    codes.sort_unstable();
    fired.when(Step::SameCourse, codes.windows(2).any(|two| two[0] == two[1]));
    Expected::Answer(bytes(&Answer { personal_data: PersonalData { tax_code }, proof_education_course: courses }))
}

/// A career's course with what was done in the window; nothing where nothing was.
fn course(career: &Career, exams: &[Exam], current: u16, fired: &mut Fired) -> Option<Course> {
    // As the last enrolment has it.
    let listed = career.last().is_some_and(|row| listed(row.course, row.cohort, row.site, row.class).is_some());
    item(&Study::of(career).degree, listed, exams, Signature::university(), current, fired)
}

/// The same for a course of any institute.
pub(super) fn item(
    degree: &Degree,
    listed: bool,
    exams: &[Exam],
    institute: Signature,
    current: u16,
    fired: &mut Fired,
) -> Option<Course> {
    let mut learnings = Vec::new();
    for exam in exams {
        if counts(exam, fired) && in_window(exam, current, fired) {
            learnings.push((learning(exam, fired), exam.id));
        }
    }
    let learnings = sorted(learnings, || {});
    let same = |two: &[Learning]| bytes(&two[0]) == bytes(&two[1]);
    fired.when(Step::Alike, learnings.windows(2).any(same));
    fired.when(Step::SeveralLearnings, learnings.len() > 1);
    // S1 is about activities: a course that has none to show has no proof to give.
    if fired.when(Step::NothingLeft, learnings.is_empty()) {
        return None;
    }
    let six = degree.six(Step::Constraint, fired);
    fired.when(Step::NotListed, !listed);
    fired.when(Step::NoProgrammeType, listed && six.programme_type_code.is_none());
    fired.when(Step::NoClass, listed && six.degree_class_code.is_none());
    Some(Course { course: six, institute_code: institute.code, institute_name: institute.name, learnings })
}

/// Nothing counted yet.
pub(super) fn tally() -> Fired {
    Fired::of::<Step>()
}

/// S1, which activities: passed or recognised, in the approved plan, not in excess.
pub(super) fn counts(exam: &Exam, fired: &mut Fired) -> bool {
    let passed = exam.standing == Standing::Passed;
    let recognised = exam.recognition == Recognition::Credits;
    if !passed && !recognised {
        fired.add(Step::NotPassed);
        fired.when(Step::AttendanceOnly, exam.recognition == Recognition::Attendance);
        return false;
    }
    let left_out = fired.when(Step::Supernumerary, exam.supernumerary) | fired.when(Step::NotInPlan, !exam.in_plan);
    fired.when(Step::Recognised, !passed && !left_out);
    !left_out
}

/// S1, when: the academic year of passing or recognition, recorded or else that of the day.
fn in_window(exam: &Exam, current: u16, fired: &mut Fired) -> bool {
    let Some(year) = exam.passed_in.or_else(|| exam.passed_on.map(academic_year_of)) else {
        fired.add(Step::NoYear);
        return false;
    };
    let oldest = current.saturating_sub(2);
    if fired.when(Step::Future, year > current) | fired.when(Step::Older, year < oldest) {
        return false;
    }
    fired.when(Step::YearOfDay, exam.passed_in.is_none());
    fired.when(Step::AttendedEarlier, exam.year.is_some_and(|year| year < oldest));
    true
}

fn learning(exam: &Exam, fired: &mut Fired) -> Learning {
    let term = exam.year.zip(exam.semester).and_then(|(year, semester)| term(year, semester, fired));
    fired.when(Step::NoDates, term.is_none());
    let (start_date, end_date) = term.unzip();
    let marked = matches!(exam.outcome, Outcome::Mark(..));
    fired.when(Step::Together, !exam.parts.is_empty());
    Learning {
        // The university's records are in capitals.
        attended_learning_name: Some(exam.name.to_uppercase())
            .filter(|name| !fired.when(Step::NoName, name.is_empty())),
        start_date,
        end_date,
        grade_value: grade(exam.outcome, fired),
        grading_scale_min: marked.then_some("18"),
        grading_scale_max: marked.then_some("30"),
        ects_credits_received: credits(exam, fired),
    }
}

/// The semester of an activity, where it is known.
pub(super) fn term_of(exam: &Exam) -> Option<(String, String)> {
    exam.year.zip(exam.semester).and_then(|(year, semester)| term(year, semester, &mut tally()))
}

/// The mark of an activity.
pub(super) fn grade_of(exam: &Exam) -> Option<String> {
    grade(exam.outcome, &mut tally())
}

/// F2: the semesters by convention. The first begins with the academic year and ends with February; the second begins
/// with March and ends with the year.
fn term(year: u16, semester: u8, fired: &mut Fired) -> Option<(String, String)> {
    let next = year + 1;
    let february = if time::util::is_leap_year(i32::from(next)) { 29 } else { 28 };
    let day = |year: u16, month: Month, day: u8| format!("{year:04}-{:02}-{day:02}", u8::from(month));
    match semester {
        0 => Some((day(year, Month::October, 1), day(next, Month::September, 30))),
        1 => {
            fired.add(Step::FirstSemester);
            Some((day(year, Month::October, 1), day(next, Month::February, february)))
        }
        2 => {
            fired.add(Step::SecondSemester);
            Some((day(next, Month::March, 1), day(next, Month::September, 30)))
        }
        _ => None,
    }
}

/// F3.
fn grade(outcome: Outcome, fired: &mut Fired) -> Option<String> {
    let (step, grade) = match outcome {
        Outcome::Mark(mark, false) => (Step::Number, Some(mark.to_string())),
        Outcome::Mark(mark, true) => (Step::Honours, Some(format!("{mark}L"))),
        Outcome::Judged(Judgement::Qualified | Judgement::Approved) => (Step::Qualified, Some("QUALIFIED".to_owned())),
        Outcome::Judged(Judgement::Letter(letter)) => (Step::Letter, Some(letter.to_owned())),
        Outcome::Judged(Judgement::Good) | Outcome::Nothing => (Step::NoGrade, None),
    };
    fired.add(step);
    grade
}

/// T-23: whole credits from 1 on; what is no such number has no value.
fn credits(exam: &Exam, fired: &mut Fired) -> Option<u16> {
    fired.when(Step::NoCredits, exam.tenths == 0);
    let whole = !fired.when(Step::HalfCredits, !exam.tenths.is_multiple_of(10));
    fired.when(Step::HalvesMakeWhole, whole && exam.parts.iter().any(|part| !part.is_multiple_of(10)));
    Some(exam.tenths / 10).filter(|credits| whole && (1..=999).contains(credits))
}

#[cfg(test)]
#[path = "transcript_tests.rs"]
mod tests;
