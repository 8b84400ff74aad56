//! IFS09 – enrolments by degree course.

use crate::common::{ACADEMIC_YEAR, COURSE_CODE};
use crate::rule::{GENERAL, Kept, Rule, rule};
use crate::schema::{Object, int, items, object, text};
use crate::{About, Answer, Does, Operation, OperationId};

/// IFS09.1 – how many women and men are enrolled in each course. Its answer is a list (T-44).
pub static COURSES: Operation = Operation {
    id: OperationId::Ifs09_1,
    name: "IFS09.1",
    path: "/count-academic-enrollments-by-degree-courses",
    about: About::Institute,
    does: Does::Reads,
    request: &REQUEST,
    answer: Answer::List(items(&COUNT)),
    rules: &[GENERAL, RULES],
    served: false,
};

static REQUEST: Object = object("count_enrollment_request", &[ACADEMIC_YEAR.required(), COURSE_CODE]);

static COUNT: Object = object(
    "count_academic_enrollment",
    &[
        text("programme_type_code", 1, 256).required(),
        text("degree_course_code", 1, 20).nullable().required(),
        text("degree_class_code", 1, 20).nullable(),
        int("female_enrollment_count", 0, 9_999_999).nullable().required(),
        int("male_enrollment_count", 0, 9_999_999).nullable().required(),
    ],
);

static RULES: &[Rule] = &[
    rule("T-44", "the answer is a list", Kept::Schema),
    rule("IFS09.1-R1", "a count that nobody has is null", Kept::Schema),
    rule("IFS09.1-R2", "courses with a student enrolled that year", Kept::ByMapping).traps(&["T-45"]),
    rule("IFS09.1-R3", "old courses without code are one item of each programme type", Kept::WithOperation),
    rule("IFS09.1-D1", "a figure may change during the year", Kept::ByMapping),
];
