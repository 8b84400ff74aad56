//! IFS02 – academic enrolments.

use super::Pattern::{Grade, NameAscii, Scale, TaxCode};
use super::common::{ACADEMIC_YEAR, BIRTH_DATE, BIRTH_PLACE, BY_EITHER, BY_TAX_CODE, INSTITUTE_CODE, person};
use super::ifs02_rules::{
    ADMISSIONS_RULES, ENROLLMENTS_RULES, IDENTITY_RULES, MOBILITY_RULES, PROOFS_RULES, TRANSCRIPT_RULES,
};
use super::rule::{BIRTH_PLACES, GENERAL, TAX_CODES};
use super::schema::{Maker, Object, Order, Quirk, date, form, int, items, list, object, text, truth, word, year};
use super::{About, Answer, Does, Operation, OperationId};

const ABOUT: About = About::Student { tax_code: "tax_code", key: None };

/// IFS02.1 – enrolments of a student, by tax code or key.
pub static ENROLLMENTS: Operation = Operation {
    id: OperationId::Ifs02_1,
    name: "IFS02.1",
    path: "/academic-enrollments",
    about: About::Student { tax_code: "tax_code", key: Some("key") },
    does: Does::Reads,
    request: &IT_REQUEST,
    answer: Answer::Record(&ENROLLMENTS_ANSWER),
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, ENROLLMENTS_RULES],
    served: true,
};

/// IFS02.2 – proofs of enrolment.
pub static PROOFS: Operation = Operation {
    id: OperationId::Ifs02_2,
    name: "IFS02.2",
    path: "/proof-tertiary-education-enrollments",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&PROOFS_ANSWER),
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, IDENTITY_RULES, PROOFS_RULES],
    served: false,
};

/// IFS02.3 – the activities a student has passed, by course.
pub static TRANSCRIPT: Operation = Operation {
    id: OperationId::Ifs02_3,
    name: "IFS02.3",
    path: "/proof-tertiary-education-courses",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&TRANSCRIPT_ANSWER),
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, TRANSCRIPT_RULES],
    served: true,
};

/// IFS02.4 – admissions of a student.
pub static ADMISSIONS: Operation = Operation {
    id: OperationId::Ifs02_4,
    name: "IFS02.4",
    path: "/proof-tertiary-education-admission",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&ADMISSIONS_ANSWER),
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, IDENTITY_RULES, ADMISSIONS_RULES],
    served: false,
};

/// IFS02.5 – a student's times elsewhere.
pub static MOBILITY: Operation = Operation {
    id: OperationId::Ifs02_5,
    name: "IFS02.5",
    path: "/proof-mobility-periods",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&MOBILITY_ANSWER),
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, IDENTITY_RULES, MOBILITY_RULES],
    served: false,
};

static IT_REQUEST: Object = object("it_enrollment_request", BY_EITHER);
static EU_REQUEST: Object = object("eu_enrollment_request", BY_TAX_CODE);

/// `person_id` without pattern, names without U+2019.
static PERSONAL_DATA: Object = object(
    "personal_data",
    &[
        text("tax_code", 16, 16).pattern(TaxCode).nullable().personal(),
        text("person_id", 9, 9).nullable().personal(),
        text("given_name", 1, 2048).pattern(NameAscii).nullable().personal(),
        text("family_name", 1, 2048).pattern(NameAscii).nullable().personal(),
        BIRTH_DATE,
        BIRTH_PLACE,
    ],
);

pub(super) static ENROLLMENTS_ANSWER: Object = object(
    "enrollments",
    &[
        person(&PERSONAL_DATA).required_by("T-18: always sent"),
        list("enrollments", items(&ENROLLMENT).most(256).in_order(Order::By(&["degree_course_code"])))
            .required_by("T-18: always sent"),
    ],
);

/// `institute_code` is nullable, but an item without it is dropped (IFS02.1-R4, T-12).
static ENROLLMENT: Object = object(
    "enrollment",
    &[
        INSTITUTE_CODE.required(),
        text("programme_type_code", 1, 256).required(),
        text("degree_course_code", 1, 20).required(),
        text("degree_class_code", 1, 20).nullable(),
        ACADEMIC_YEAR.required(),
        int("degree_course_year", 1, 99).required().quirk(Quirk::NumberPattern),
        word("status", &["active", "inactive", "wait"]).required(),
    ],
);

static PROOFS_ANSWER: Object = object(
    "proof_education_enrollments",
    &[
        person(&PERSONAL_DATA).required_by("T-18: always sent"),
        list("proof_enrollments", items(&PROOF).most(256)).required_by("T-18: always sent"),
    ],
);

static PROOF: Object = object(
    "proof_enrollment",
    &[
        text("programme_type_code", 1, 256).nullable(),
        text("programme_type_name", 1, 2048).nullable(),
        text("degree_course_code", 1, 20).nullable(),
        text("degree_course_name", 1, 2048).nullable(),
        text("degree_class_code", 1, 20).nullable(),
        text("degree_class_name", 1, 2048).nullable(),
        text("institute_code", 1, 256).nullable(),
        text("institute_name", 1, 2048).nullable(),
        text("country_of_academic_institution", 1, 20).nullable(),
        date("expected_graduation_date").nullable().made_by(Maker::Rule("IFS02.2-F1")),
        date("enrollment_date").nullable().made_by(Maker::Rule("IFS02.2-F2")),
    ],
)
.facts(&[
    year("_academic_year").required(),
    truth("_active").required(),
    year("_matriculation_year"),
    int("_duration_in_months", 0, 999),
    text("_course", 1, 2048),
]);

pub(super) static TRANSCRIPT_ANSWER: Object = object(
    "proof_education_courses",
    &[
        person(&PERSONAL_DATA).required_by("T-18: always sent"),
        list("proof_education_course", items(&COURSE).most(256)).required_by("T-18: always sent"),
    ],
);

static COURSE: Object = object(
    "proof_education_course",
    &[
        text("programme_type_code", 1, 256).nullable(),
        text("programme_type_name", 1, 2048).nullable(),
        text("degree_course_code", 1, 20).nullable(),
        text("degree_course_name", 1, 2048).nullable(),
        text("degree_class_code", 1, 20).nullable(),
        text("degree_class_name", 1, 2048).nullable(),
        text("institute_code", 1, 256).nullable(),
        text("institute_name", 1, 2048).nullable(),
        list("learnings", items(&LEARNING).most(256)).required_by("IFS02.3-S1: a course is sent for its learnings"),
    ],
);

/// With the academic year in which the activity was passed: the window (IFS02.3-S1) needs it.
static LEARNING: Object = object(
    "learnings",
    &[
        text("attended_learning_name", 1, 2048).nullable(),
        date("start_date").nullable(),
        date("end_date").nullable(),
        form("grade_value", Grade).nullable(),
        form("grading_scale_min", Scale).nullable(),
        form("grading_scale_max", Scale).nullable(),
        int("ects_credits_received", 1, 999).nullable(),
    ],
)
.facts(&[year("_academic_year").required()]);

static ADMISSIONS_ANSWER: Object = object(
    "proof_tertiary_education_admission",
    &[
        person(&PERSONAL_DATA).required_by("T-18: always sent"),
        list("proof_admissions", items(&ADMISSION).most(256)).required_by("T-18: always sent"),
    ],
);

static ADMISSION: Object = object(
    "proof_admissions",
    &[
        text("institute_code", 1, 256).nullable(),
        text("institute_name", 1, 2048).nullable(),
        text("programme_type_code", 1, 256).nullable(),
        text("programme_type_name", 1, 2048).nullable(),
        text("degree_course_code", 1, 20).nullable(),
        text("degree_course_name", 1, 2048).nullable(),
        text("degree_class_code", 1, 20).nullable(),
        text("degree_class_name", 1, 2048).nullable(),
        int("degree_course_duration_in_months", 0, 999).nullable(),
        int("degree_course_duration_ects_credit", 1, 999).nullable(),
        date("start_date_of_academic_year").nullable().made_by(Maker::Rule("IFS02.4-F1")),
        date("end_date_of_academic_year").nullable().made_by(Maker::Rule("IFS02.4-F1")),
    ],
)
.facts(&[year("_admission_year").required(), text("_course", 1, 2048)]);

static MOBILITY_ANSWER: Object = object(
    "proof_personal_mobility_periods",
    &[
        person(&PERSONAL_DATA).required_by("T-18: always sent"),
        list("proof_mobility_periods", items(&PERIOD).most(256)).required_by("T-18: always sent"),
    ],
);

static PERIOD: Object = object(
    "proof_mobility_periods",
    &[
        text("eqf_level", 1, 2048).nullable(),
        date("mobility_start_date").nullable(),
        date("mobility_end_date").nullable(),
        word("mobility_period_type", &["trimestrale", "semestrale", "annuale", "breve_termine", "lungo_termine"])
            .nullable(),
        text("destination_institute_name", 1, 2048).nullable(),
        text("destination_erasmus_code", 1, 2048).nullable(),
        text("departure_institute_name", 1, 2048).nullable(),
        text("departure_erasmus_code", 1, 2048).nullable(),
        text("destination_department", 1, 2048).nullable(),
        text("departure_department", 1, 2048).nullable(),
        text("destination_country", 1, 2048).nullable(),
        text("departure_country", 1, 2048).nullable(),
    ],
);
