//! IFS02 – academic enrolments.

use super::{Field, Kind, Object, Operation, Pattern, Scope, Settle};

/// IFS02.1 – enrolments of a student, by tax code or key.
pub static ENROLLMENTS: Operation = Operation {
    id: "IFS02.1",
    api: 2,
    path: "/academic-enrollments",
    request: &IT_REQUEST,
    answer: &ENROLLMENTS_ANSWER,
    scope: Scope::Student,
    settle: Settle::Enrollments,
};

/// IFS02.3 – the activities a student has passed, by course.
pub static TRANSCRIPT: Operation = Operation {
    id: "IFS02.3",
    api: 2,
    path: "/proof-tertiary-education-courses",
    request: &EU_REQUEST,
    answer: &TRANSCRIPT_ANSWER,
    scope: Scope::Student,
    settle: Settle::Transcript,
};

/// `it_enrollment_request`. That one of `tax_code` and `key` is needed stands in prose only (IFS02.1-I1).
static IT_REQUEST: Object = Object {
    name: "it_enrollment_request",
    fields: &[
        Field::text("tax_code", 16, 16, Some(Pattern::TaxCode)),
        Field::text("person_id", 9, 9, Some(Pattern::PersonId)).nullable(),
        Field::text("key", 64, 64, None),
        Field::text("institute_code", 1, 256, None).nullable(),
    ],
    facts: &[],
};

/// `eu_enrollment_request`, of IFS02.2 to IFS02.5: by tax code alone, never by key.
static EU_REQUEST: Object = Object {
    name: "eu_enrollment_request",
    fields: &[
        Field::text("tax_code", 16, 16, Some(Pattern::TaxCode)).required(),
        Field::text("person_id", 9, 9, Some(Pattern::PersonId)).nullable(),
    ],
    facts: &[],
};

/// `enrollments`. Neither member is `required` upstream; both are always sent (T-18).
static ENROLLMENTS_ANSWER: Object = Object {
    name: "enrollments",
    fields: &[
        Field::new("personal_data", Kind::Object(&PERSONAL_DATA)).required(),
        Field::new("enrollments", Kind::List { items: &ENROLLMENT, max: 256 }).required(),
    ],
    facts: &[],
};

/// `proof_education_courses`. Neither member is `required` upstream; both are always sent (T-18).
static TRANSCRIPT_ANSWER: Object = Object {
    name: "proof_education_courses",
    fields: &[
        Field::new("personal_data", Kind::Object(&PERSONAL_DATA)).required(),
        Field::new("proof_education_course", Kind::List { items: &COURSE, max: 256 }).required(),
    ],
    facts: &[],
};

/// `personal_data` of IFS02: `person_id` without pattern, names without U+2019.
static PERSONAL_DATA: Object = Object {
    name: "personal_data",
    fields: &[
        Field::text("tax_code", 16, 16, Some(Pattern::TaxCode)).nullable(),
        Field::text("person_id", 9, 9, None).nullable(),
        Field::text("given_name", 1, 2048, Some(Pattern::NameAscii)).nullable(),
        Field::text("family_name", 1, 2048, Some(Pattern::NameAscii)).nullable(),
        Field::new("birth_date", Kind::Date).nullable(),
        Field::text("birth_place", 1, 2048, Some(Pattern::BirthPlace)).nullable(),
    ],
    facts: &[],
};

/// `enrollment`. `institute_code` is nullable upstream, but an item without it is dropped (IFS02.1-R4, T-12).
static ENROLLMENT: Object = Object {
    name: "enrollment",
    fields: &[
        Field::text("institute_code", 1, 256, None).nullable().required(),
        Field::text("programme_type_code", 1, 256, None).required(),
        Field::text("degree_course_code", 1, 20, None).required(),
        Field::text("degree_class_code", 1, 20, None).nullable(),
        Field::text("academic_year", 9, 9, Some(Pattern::AcademicYear)).required(),
        Field::new("degree_course_year", Kind::Int { min: 1, max: 99 }).required(),
        Field::new("status", Kind::Enum(&["active", "inactive", "wait"])).required(),
    ],
    facts: &[],
};

/// `proof_education_course`. `learnings` is not `required` upstream, but a course is sent for its learnings (IFS02.3-S1).
static COURSE: Object = Object {
    name: "proof_education_course",
    fields: &[
        Field::text("programme_type_code", 1, 256, None).nullable(),
        Field::text("programme_type_name", 1, 2048, None).nullable(),
        Field::text("degree_course_code", 1, 20, None).nullable(),
        Field::text("degree_course_name", 1, 2048, None).nullable(),
        Field::text("degree_class_code", 1, 20, None).nullable(),
        Field::text("degree_class_name", 1, 2048, None).nullable(),
        Field::text("institute_code", 1, 256, None).nullable(),
        Field::text("institute_name", 1, 2048, None).nullable(),
        Field::new("learnings", Kind::List { items: &LEARNING, max: 256 }).required(),
    ],
    facts: &[],
};

/// `learnings`, with the academic year in which the activity was passed: the window (IFS02.3-S1) needs it.
static LEARNING: Object = Object {
    name: "learnings",
    fields: &[
        Field::text("attended_learning_name", 1, 2048, None).nullable(),
        Field::new("start_date", Kind::Date).nullable(),
        Field::new("end_date", Kind::Date).nullable(),
        Field::text("grade_value", 0, usize::MAX, Some(Pattern::Grade)).nullable(),
        Field::text("grading_scale_min", 0, usize::MAX, Some(Pattern::Scale)).nullable(),
        Field::text("grading_scale_max", 0, usize::MAX, Some(Pattern::Scale)).nullable(),
        Field::new("ects_credits_received", Kind::Int { min: 1, max: 999 }).nullable(),
    ],
    facts: &[Field::new("_academic_year", Kind::Year).required()],
};
