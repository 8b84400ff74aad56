//! IFS01 – educational offer.

use super::{Field, Kind, Object, Operation, Pattern, Scope, Settle};

/// IFS01.1 – the courses of an academic year.
pub static OFFER: Operation = Operation {
    id: "IFS01.1",
    api: 1,
    path: "/educational-offering-list",
    request: &REQUEST,
    answer: &ANSWER,
    scope: Scope::Institute,
    settle: Settle::Offer,
};

/// `course_list_request`. `academic_year` is nullable upstream and mandatory in prose (IFS01.1-I1): null is refused (T-36).
static REQUEST: Object = Object {
    name: "course_list_request",
    fields: &[
        Field::text("academic_year", 9, 9, Some(Pattern::AcademicYear)).required(),
        Field::new("cursor", Kind::Cursor).nullable(),
    ],
    facts: &[],
};

/// `course_list`: nullable and without a required member upstream; never null here, and both members are always sent
/// (T-08, T-18).
static ANSWER: Object = Object {
    name: "course_list",
    fields: &[
        Field::new("degree_courses", Kind::List { items: &COURSE, max: 256 }).required(),
        Field::new("meta", Kind::Object(&META)).nullable().required(),
    ],
    facts: &[],
};

/// `meta`: the paging block, which is the engine's.
static META: Object = Object { name: "meta", fields: &[Field::new("cursor", Kind::Cursor).nullable()], facts: &[] };

/// `degree_courses`. No member is required and none is nullable: one without value is left out (T-19).
static COURSE: Object = Object {
    name: "degree_courses",
    fields: &[
        Field::text("programme_type_code", 1, 256, None),
        Field::new("programme_access", Kind::Enum(&["free", "limited"])),
        Field::text("course_location", 1, 99, None),
        Field::text("course_area", 1, 99, None),
        Field::text("degree_course_language", 1, 20, None),
        Field::new("degree_course_period_years", Kind::Int { min: 1, max: 99 }),
        Field::text("degree_course_code", 1, 20, None),
        Field::new("total_credits", Kind::Int { min: 1, max: 999 }),
        Field::text("academic_year", 9, 9, Some(Pattern::AcademicYear)),
    ],
    facts: &[],
};
