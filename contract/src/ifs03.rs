//! IFS03 – academic qualifications.

use crate::Pattern::{FinalGrade, Grade, Name, Scale, TaxCode};
use crate::common::{BIRTH_DATE, BIRTH_PLACE, BY_EITHER, BY_TAX_CODE, INSTITUTE_CODE, PERSON_ID, person};
use crate::rule::{BIRTH_PLACES, GENERAL, Kept, Rule, TAX_CODES, rule};
use crate::schema::{Object, Order, Quirk, date, form, int, items, list, number, object, text, truth, word};
use crate::{About, Answer, Does, Operation, OperationId};

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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, QUALIFICATIONS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, IDENTITY_RULES, PROOFS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, IDENTITY_RULES, LEVELS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, IDENTITY_RULES, SUPPLEMENTS_RULES],
    served: false,
};

static QUALIFICATIONS_RULES: &[Rule] = &[
    rule("IFS03.1-I1", "`tax_code` or `key` is needed", Kept::WithOperation),
    rule("IFS03.1-S1", "all that is at hand, however old", Kept::ByMapping),
    rule("IFS03.1-S2", "degrees, doctorates, specialisations and Masters of this institute", Kept::ByMapping),
    rule("IFS03.1-S3", "a joint degree is the reference institute's alone", Kept::WithOperation),
    rule("IFS03.1-R1", "the identity is the tax code", Kept::WithOperation),
    rule("IFS03.1-R2", "without it: names, date and place of birth", Kept::WithOperation),
    rule("IFS03.1-R3", "with an incomplete identity nothing is sent", Kept::WithOperation),
    rule("IFS03.1-F1", "a grade is a number, with honours, QUALIFIED or null", Kept::Schema),
    rule("IFS03.1-R4", "every member is mandatory but the class", Kept::WithOperation).traps(&["T-11"]),
    rule("IFS03.1-R5", "a degree that lacks a member is left out, but for class, scale and grade", Kept::WithOperation)
        .traps(&["T-10", "T-54"]),
];

/// The identity in all three proofs of a degree.
static IDENTITY_RULES: &[Rule] = &[
    rule("IFS03.2-R1", "as IFS03.1-R1", Kept::WithOperation),
    rule("IFS03.2-R2", "as IFS03.1-R2", Kept::WithOperation),
];

static PROOFS_RULES: &[Rule] = &[rule("IFS03.2-S1", "as IFS03.1-S1 to S3", Kept::WithOperation)];

static LEVELS_RULES: &[Rule] = &[
    rule("IFS03.3-S1", "activities passed or recognised, in the plan, not in excess", Kept::ByMapping),
    rule("IFS03.3-F1", "`has_parent_relation` is null where it cannot be said", Kept::Form),
    rule("IFS03.3-F2", "a duration is in months", Kept::WithOperation),
    rule("IFS03.3-F3", "`ects_learnings` are teachings passed", Kept::ByMapping),
];

static SUPPLEMENTS_RULES: &[Rule] = &[
    rule("IFS03.4-S1", "activities passed or recognised, in the plan, not in excess", Kept::ByMapping),
    rule("IFS03.4-F1", "`access_to_regulated_profession` is point 5.2 of the Diploma Supplement", Kept::ByMapping),
    rule("IFS03.4-F2", "dates follow from academic year and semester", Kept::ByMapping).traps(&["T-38"]),
    rule("IFS03.4-F3", "`attended_learnings` are teachings passed", Kept::ByMapping).traps(&["T-51"]),
];

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
