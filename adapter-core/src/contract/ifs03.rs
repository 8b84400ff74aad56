//! IFS03 – academic qualifications.

use super::Pattern::{FinalGrade, Grade, Name, Scale, TaxCode};
use super::common::{BIRTH_DATE, BIRTH_PLACE, BY_EITHER, BY_TAX_CODE, INSTITUTE_CODE, PERSON_ID, person};
use super::schema::{Object, Order, Quirk, date, form, int, items, list, number, object, text, truth, word};
use super::{About, Answer, Does, Operation, OperationId};

const ABOUT: About = About::Student { tax_code: "tax_code", key: None };

/// IFS03.1 – the degrees of a student, by tax code or key.
pub static QUALIFICATIONS: Operation = Operation {
    id: OperationId::Ifs03_1,
    name: "IFS03.1",
    path: "/academic-qualifications",
    about: About::Student { tax_code: "tax_code", key: Some("key") },
    does: Does::Reads,
    request: &IT_REQUEST,
    answer: Answer::Record(&QUALIFICATIONS_ANSWER),
    served: false,
};

/// IFS03.2 – proofs of completion.
pub static PROOFS: Operation = Operation {
    id: OperationId::Ifs03_2,
    name: "IFS03.2",
    path: "/proof-tertiary-education-qualifications",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&PROOFS_ANSWER),
    served: false,
};

/// IFS03.3 – levels of degrees.
pub static LEVELS: Operation = Operation {
    id: OperationId::Ifs03_3,
    name: "IFS03.3",
    path: "/proof-tertiary-education-qualifications-level",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&LEVELS_ANSWER),
    served: false,
};

/// IFS03.4 – diploma supplements.
pub static SUPPLEMENTS: Operation = Operation {
    id: OperationId::Ifs03_4,
    name: "IFS03.4",
    path: "/proof-tertiary-education-qualifications-diploma-supplement",
    about: ABOUT,
    does: Does::Reads,
    request: &EU_REQUEST,
    answer: Answer::Record(&SUPPLEMENTS_ANSWER),
    served: false,
};

static IT_REQUEST: Object = object("it_qualification_request", BY_EITHER);
static EU_REQUEST: Object = object("eu_qualification_request", BY_TAX_CODE);

/// Names also with U+2019.
static PERSONAL_DATA: Object = object(
    "personal_data",
    &[
        text("tax_code", 16, 16).pattern(TaxCode).nullable().personal(),
        PERSON_ID.nullable(),
        text("given_name", 1, 2048).pattern(Name).nullable().personal(),
        text("family_name", 1, 2048).pattern(Name).nullable().personal(),
        BIRTH_DATE,
        BIRTH_PLACE,
    ],
);

static QUALIFICATIONS_ANSWER: Object = object(
    "academic_qualifications",
    &[
        person(&PERSONAL_DATA).required_by("T-18: always sent"),
        list("qualifications", items(&QUALIFICATION).most(256).in_order(BY_DATE)).required_by("T-18: always sent"),
    ],
);

/// The order that fingerprints are made over.
const BY_DATE: Order = Order::By(&["academic_qualification_date", "degree_course_code", "programme_type_code"]);

static QUALIFICATION: Object = object(
    "qualifications",
    &[
        INSTITUTE_CODE.required(),
        text("qualification_name", 1, 2048).nullable().required_by("IFS03.1-R4, T-11: an item without it is dropped"),
        text("programme_type_code", 1, 256).required(),
        text("degree_course_code", 1, 20).required(),
        text("degree_class_code", 1, 20).nullable(),
        date("academic_qualification_date").required().quirk(Quirk::DateDigits),
        text("qualification_grade_value", 1, 32).pattern(FinalGrade).nullable().required(),
        number("qualification_grading_scale_minimum_grade", 0, 9999).nullable(),
        number("qualification_grading_scale_maximum_grade", 0, 9999).nullable(),
    ],
)
.facts(&[word("_system", &["old", "new"]), date("_rectified_on"), text("_reference_institute", 1, 256)]);

static PROOFS_ANSWER: Object = object(
    "proof_education_qualifications",
    &[person(&PERSONAL_DATA).required(), list("proof_qualifications", items(&PROOF).most(256)).required()],
);

static PROOF: Object = object(
    "proof_qualifications",
    &[
        text("institute_code", 1, 256).nullable(),
        text("institute_name", 1, 2048).nullable(),
        text("qualification_name", 1, 2048).nullable(),
        text("programme_type_code", 1, 256).nullable(),
        text("programme_type_name", 1, 2048).nullable(),
        text("degree_course_code", 1, 20).nullable(),
        text("degree_course_name", 1, 2048).nullable(),
        text("degree_class_code", 1, 20).nullable(),
        text("degree_class_name", 1, 2048).nullable(),
        date("academic_qualification_date").nullable(),
        text("qualification_grade_value", 1, 32).pattern(Grade).nullable(),
        number("qualification_grading_scale_minimum_grade", 0, 9999).nullable(),
        number("qualification_grading_scale_maximum_grade", 0, 9999).nullable(),
        text("academic_qualification_country", 1, 2048).nullable(),
    ],
)
.facts(&[text("_reference_institute", 1, 256)]);

static LEVELS_ANSWER: Object = object(
    "proof_education_qualifications_level",
    &[person(&PERSONAL_DATA).required(), list("proof_qualifications_level", items(&LEVEL)).required()],
);

static LEVEL: Object = object(
    "proof_qualification_level",
    &[
        text("qualification_name", 1, 2048).nullable(),
        int("degree_course_duration_in_months", 0, 999).nullable(),
        text("institute_code", 1, 256).nullable(),
        text("institute_name", 1, 2048).nullable(),
        date("academic_qualification_date").nullable(),
        int("total_ects", 1, 999).nullable(),
        text("eqf_level", 1, 2048).nullable(),
        text("nqf_level", 1, 2048).nullable(),
        truth("has_parent_relation").nullable(),
        int("degree_course_duration_ects_credit", 1, 999).nullable(),
        list("ects_learnings", items(&LEVEL_LEARNING).most(256)).nullable(),
    ],
)
.facts(&[text("_reference_institute", 1, 256)]);

static LEVEL_LEARNING: Object =
    object("ects_learnings", &[text("learning_name", 1, 2048).required(), int("ects_credits", 1, 999).required()])
        .facts(&[text("_id", 1, 256)]);

static SUPPLEMENTS_ANSWER: Object = object(
    "proof_education_qualifications_diploma_supplement",
    &[
        person(&PERSONAL_DATA).required(),
        list("proof_qualifications_diploma_supplement", items(&SUPPLEMENT)).required(),
    ],
);

static SUPPLEMENT: Object = object(
    "proof_qualification_diploma_supplement",
    &[
        int("ects_credits_received", 1, 999).nullable(),
        text("institute_name", 1, 2048).nullable(),
        text("institute_code", 1, 256).nullable(),
        text("programme_type_code", 1, 256).nullable(),
        text("programme_type_name", 1, 2048).nullable(),
        text("degree_course_code", 1, 20).nullable(),
        text("degree_course_name", 1, 2048).nullable(),
        text("degree_class_code", 1, 20).nullable(),
        text("degree_class_name", 1, 2048).nullable(),
        int("degree_course_duration_in_months", 0, 999).nullable(),
        text("qualification_grade_value", 1, 32).pattern(FinalGrade).nullable(),
        number("qualification_grading_scale_minimum_grade", 0, 9999).nullable(),
        number("qualification_grading_scale_maximum_grade", 0, 9999).nullable(),
        date("qualification_date").nullable(),
        text("access_to_regulated_profession", 1, 32).nullable(),
        text("administering_institute_name", 1, 2048).nullable(),
        word("administering_institute_status", &["public", "private"]).nullable(),
        text("qualification_institute_name", 1, 2048).nullable(),
        word("qualification_institute_status", &["private", "public"]).nullable(),
        text("eqf_level", 1, 2048).nullable(),
        text("nqf_level", 1, 2048).nullable(),
        list("attended_learnings", items(&ATTENDED).most(256)).nullable(),
    ],
)
.facts(&[text("_reference_institute", 1, 256)]);

static ATTENDED: Object = object(
    "attended_learnings",
    &[
        int("learning_cfu", 1, 999).nullable(),
        form("learning_grade_value", Grade).nullable(),
        form("learning_grading_scale_min", Scale).nullable(),
        form("learning_grading_scale_max", Scale).nullable(),
        text("learning_name", 1, 2048).nullable(),
        date("learning_start_date").nullable().quirk(Quirk::DateLength).narrower("T-38: a date like the other"),
        date("learning_end_date").nullable(),
    ],
)
.facts(&[text("_id", 1, 256)]);
