//! IFS02 – academic enrolments.

use super::{Field, Kind, Object, Operation, Pattern, Scope, Settle};

/// IFS02.1 – enrolments of a student, by tax code or key.
pub static ENROLLMENTS: Operation = Operation {
    id: "IFS02.1",
    api: 2,
    path: "/academic-enrollments",
    request: &REQUEST,
    answer: &ANSWER,
    scope: Scope::Student,
    settle: Settle::Enrollments,
};

const fn text(
    name: &'static str,
    required: bool,
    nullable: bool,
    min: usize,
    max: usize,
    pattern: Option<Pattern>,
) -> Field {
    Field { name, required, nullable, kind: Kind::Text { min, max, pattern } }
}

/// `it_enrollment_request`. That one of `tax_code` and `key` is needed stands in prose only (IFS02.1-I1).
static REQUEST: Object = Object {
    fields: &[
        text("tax_code", false, false, 16, 16, Some(Pattern::TaxCode)),
        text("person_id", false, true, 9, 9, Some(Pattern::PersonId)),
        text("key", false, false, 64, 64, None),
        text("institute_code", false, true, 1, 256, None),
    ],
};

/// `enrollments`. Neither member is `required` upstream; both are always sent (T-18).
static ANSWER: Object = Object {
    fields: &[
        Field { name: "personal_data", required: true, nullable: false, kind: Kind::Object(&PERSONAL_DATA) },
        Field {
            name: "enrollments",
            required: true,
            nullable: false,
            kind: Kind::List { items: &ENROLLMENT, max: 256 },
        },
    ],
};

/// `personal_data` of IFS02: `person_id` without pattern, names without U+2019.
static PERSONAL_DATA: Object = Object {
    fields: &[
        text("tax_code", false, true, 16, 16, Some(Pattern::TaxCode)),
        text("person_id", false, true, 9, 9, None),
        text("given_name", false, true, 1, 2048, Some(Pattern::NameAscii)),
        text("family_name", false, true, 1, 2048, Some(Pattern::NameAscii)),
        Field { name: "birth_date", required: false, nullable: true, kind: Kind::Date },
        text("birth_place", false, true, 1, 2048, Some(Pattern::BirthPlace)),
    ],
};

/// `enrollment`. `institute_code` is nullable upstream, but an item without it is dropped (IFS02.1-R4, T-12).
static ENROLLMENT: Object = Object {
    fields: &[
        text("institute_code", true, true, 1, 256, None),
        text("programme_type_code", true, false, 1, 256, None),
        text("degree_course_code", true, false, 1, 20, None),
        text("degree_class_code", false, true, 1, 20, None),
        text("academic_year", true, false, 9, 9, Some(Pattern::AcademicYear)),
        Field { name: "degree_course_year", required: true, nullable: false, kind: Kind::Int { min: 1, max: 99 } },
        Field { name: "status", required: true, nullable: false, kind: Kind::Enum(&["active", "inactive", "wait"]) },
    ],
};
