//! IFS09 – enrolments by degree course.

use crate::common::{ACADEMIC_YEAR, COURSE_CODE};
use crate::place::{At, Member, member, root};
use crate::rule::{GENERAL, Kept, MEMBER, Part, Rule, rule};
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

static COUNTS: At = root(&COUNT);
static SUMS: [Member; 2] = [COUNTS.member("female_enrollment_count"), COUNTS.member("male_enrollment_count")];
static CLASS: [Member; 1] = [COUNTS.member("degree_class_code")];
/// What a count may lack: all but the type of programme.
static MAY_LACK: [Member; 4] = [
    COUNTS.member("degree_course_code"),
    COUNTS.member("degree_class_code"),
    COUNTS.member("female_enrollment_count"),
    COUNTS.member("male_enrollment_count"),
];

static RULES: &[Rule] = &[
    rule("T-44", "the answer is a list", Kept::Schema),
    rule("IFS09.1-R1", "a count that nobody has is null", Kept::Schema),
    rule("IFS09.1-R2", "courses with a student enrolled that year", Kept::ByMapping),
    rule("IFS09.1", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "T-45",
        "a course that is asked for is the only one",
        Kept::AsAsked {
            list: COUNTS,
            member: COUNTS.member("degree_course_code"),
            asked: member(&REQUEST, "degree_course_code"),
        },
    )
    .counts(&["another"]),
    rule("IFS09.1", "a course without its type of programme is not sent", Kept::Drop { list: COUNTS, but: &MAY_LACK })
        .counts(&[MEMBER, "all_dropped"]),
    rule(
        "IFS09.1-R3",
        "old courses without code are one item of each programme type",
        Kept::Collapse {
            list: COUNTS,
            code: COUNTS.member("degree_course_code"),
            per: COUNTS.member("programme_type_code"),
            sums: &SUMS,
            nulls: &CLASS,
        },
    )
    .counts(&["added_up"]),
    rule("IFS09.1", "a course that stands twice is sent once", Kept::Unique { list: COUNTS }).counts(&["duplicate"]),
    rule(
        "IFS09.1",
        "several counts of one course are all sent",
        Kept::Alike { list: COUNTS, key: COUNTS.member("degree_course_code") },
    )
    .counts(&["code_again"]),
    rule("IFS09.1-D1", "a figure may change during the year", Kept::ByMapping),
    rule("T-59", "of a year that nobody is enrolled in, an empty list", Kept::ByMapping),
];
