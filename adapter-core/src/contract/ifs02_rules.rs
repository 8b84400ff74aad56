//! IFS02 – what its prose asks; the tables stand beside.

use super::ifs02::{ENROLLMENTS_ANSWER, TRANSCRIPT_ANSWER};
use super::place::{At, Member, at};
use super::rule::{Kept, MEMBER, Odd, Part, Rule, rule};

static ENROLLMENTS: At = at(&ENROLLMENTS_ANSWER, "enrollments");
/// What an enrolment may lack (IFS02.1-R3).
static MAY_LACK: [Member; 1] = [ENROLLMENTS.member("degree_class_code")];

/// IFS02.1. What an enrolment cannot be judged without is asked for before it is judged; all else only of the last one of
/// its course, or an older one would surface as if it were the last.
pub(super) static ENROLLMENTS_RULES: &[Rule] = &[
    rule("IFS02.1-I1", "`tax_code` or `key` is needed, and both say the same", Kept::Guard).traps(&["T-40"]),
    rule("IFS02.1", "a value of the identity that breaks its bounds counts as null", Kept::Bounds(Part::Person))
        .counts(&["invalid_identity"])
        .traps(&["T-29"]),
    rule("IFS02.1-R1", "the identity is the tax code", Kept::PersonByTaxCode)
        .counts(&["tax_code"])
        .traps(&["T-14", "T-15"]),
    rule("IFS02.1-R2", "without it: names, date and place of birth", Kept::PersonByFour).counts(&["fallback"]),
    rule("IFS02.1-R5", "with an incomplete identity nothing is sent", Kept::PersonIncomplete { list: ENROLLMENTS })
        .counts(&["incomplete_identity"])
        .traps(&["T-13"]),
    rule("IFS02.1", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS02.1-R4",
        "an enrolment without its academic year is left out",
        Kept::Needs { list: ENROLLMENTS, member: ENROLLMENTS.member("academic_year") },
    )
    .counts(&[MEMBER]),
    rule(
        "IFS02.1-S1",
        "enrolments of the last three academic years",
        Kept::Window { list: ENROLLMENTS, year: ENROLLMENTS.member("academic_year"), years: 3 },
    )
    .counts(&["window", "not_begun"])
    .traps(&["T-60"]),
    rule(
        "IFS02.1-R4",
        "an enrolment without its course is nobody's last one: it is left out",
        Kept::Needs { list: ENROLLMENTS, member: ENROLLMENTS.member("degree_course_code") },
    )
    .counts(&[MEMBER]),
    rule(
        "IFS02.1-R3",
        "`degree_class_code` may be null",
        Kept::Remark { list: ENROLLMENTS, member: ENROLLMENTS.member("degree_class_code"), odd: Odd::Null },
    )
    .counts(&["class_null"])
    .traps(&["T-16"]),
    rule("T-52", "the year of course is the course's: who is late stays at the last", Kept::ByMapping),
    rule(
        "IFS02.1-S1",
        "of one course the last",
        Kept::Latest {
            list: ENROLLMENTS,
            year: ENROLLMENTS.member("academic_year"),
            per: ENROLLMENTS.member("degree_course_code"),
        },
    )
    .counts(&["latest", "tie", "duplicate"]),
    rule("IFS02.1-R4", "one that lacks another member is left out", Kept::Drop { list: ENROLLMENTS, but: &MAY_LACK })
        .counts(&[MEMBER, "all_dropped"])
        .traps(&["T-09", "T-12"]),
];

/// The identity in proofs that are not served yet.
pub(super) static IDENTITY_RULES: &[Rule] = &[
    rule("T-14", "the identity is IFS02.1's", Kept::WithOperation),
    rule("T-13", "with an incomplete one nothing is sent", Kept::WithOperation),
];

/// IFS02.2.
pub(super) static PROOFS_RULES: &[Rule] = &[
    rule("IFS02.2-S1", "as IFS02.1-S1", Kept::WithOperation),
    rule("IFS02.2-F1", "`expected_graduation_date` is 31 December of matriculation and duration", Kept::WithOperation)
        .traps(&["T-39"]),
    rule("IFS02.2-F2", "`enrollment_date` begins the academic year of the last active enrolment", Kept::WithOperation),
];

static COURSES: At = at(&TRANSCRIPT_ANSWER, "proof_education_course");
static LEARNINGS: At = at(&TRANSCRIPT_ANSWER, "proof_education_course/learnings");

/// IFS02.3.
pub(super) static TRANSCRIPT_RULES: &[Rule] = &[
    rule("IFS02.3", "a value of the identity that breaks its bounds counts as null", Kept::Bounds(Part::Person))
        .counts(&["invalid_identity"]),
    rule("T-14", "the identity is IFS02.1's: the tax code", Kept::PersonByTaxCode).counts(&["tax_code"]),
    rule("T-14", "without it: names, date and place of birth", Kept::PersonByFour).counts(&["fallback"]),
    rule("T-13", "with an incomplete one nothing is sent", Kept::PersonIncomplete { list: COURSES })
        .counts(&["incomplete_identity"]),
    rule("IFS02.3", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule("IFS02.3-F1", "names are in the language the teaching is given in", Kept::ByMapping),
    rule("IFS02.3-F2", "dates follow from academic year and semester", Kept::ByMapping),
    rule("IFS02.3-F3", "a grade is a number, with honours, QUALIFIED, a letter or null", Kept::Schema)
        .traps(&["T-27", "T-28", "T-23"]),
    rule(
        "IFS02.3-S1",
        "activities passed in the last three academic years",
        Kept::Window { list: LEARNINGS, year: LEARNINGS.member("_academic_year"), years: 3 },
    )
    .counts(&["window", "not_begun", "no_year"]),
    rule("IFS02.3", "an activity without any value is not sent", Kept::NotEmpty { list: LEARNINGS }).counts(&["empty"]),
    rule("IFS02.3", "one that stands twice is sent once", Kept::Unique { list: LEARNINGS }).counts(&["duplicate"]),
    rule(
        "IFS02.3-S1",
        "a course is sent for its activities",
        Kept::Needs { list: COURSES, member: COURSES.member("learnings") },
    )
    .counts(&["no_learning"]),
    rule("IFS02.3", "a course that stands twice is sent once", Kept::Unique { list: COURSES }).counts(&["duplicate"]),
    rule(
        "IFS02.3",
        "careers of one course stay apart",
        Kept::Alike { list: COURSES, key: COURSES.member("degree_course_code") },
    )
    .counts(&["course_again"]),
];

/// IFS02.4.
pub(super) static ADMISSIONS_RULES: &[Rule] = &[
    rule("IFS02.4-S1", "the last admissions of the last three academic years", Kept::WithOperation),
    rule("IFS02.4-F1", "the academic year is the one in which the career began", Kept::WithOperation),
];

/// IFS02.5.
pub(super) static MOBILITY_RULES: &[Rule] = &[
    rule("IFS02.5-S1", "times outside the institute", Kept::ByMapping),
    rule("IFS02.5-F1", "`mobility_period_type` is one of five words", Kept::Schema),
    rule("IFS02.5-F2", "host, its code and departments may be missing", Kept::Schema),
];
