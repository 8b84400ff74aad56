//! IFS03 – academic qualifications.

use crate::Pattern::{FinalGrade, Grade, Name, Scale, TaxCode};
use crate::common::{BIRTH_DATE, BIRTH_PLACE, BY_EITHER, BY_TAX_CODE, INSTITUTE_CODE, PERSON_ID, person};
use crate::place::{At, Member, at};
use crate::rule::{BIRTH_PLACES, GENERAL, Kept, MEMBER, Odd, Part, Rule, TAX_CODES, identity, rule};
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &DEGREES_IDENTITY, QUALIFICATIONS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &PROOFS_IDENTITY, PROOFS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &LEVELS_IDENTITY, LEVELS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &SUPPLEMENTS_IDENTITY, SUPPLEMENTS_RULES],
};

pub(crate) static DEGREES: At = at(&QUALIFICATIONS_ANSWER, "qualifications");
static DEGREES_IDENTITY: [Rule; 4] = identity(["IFS03.1", "IFS03.1-R1", "IFS03.1-R2", "IFS03.1-R3"], DEGREES);
/// What a degree may lack (IFS03.1-R5), and the mark (T-10).
static MAY_LACK: [Member; 4] = [
    DEGREES.member("degree_class_code"),
    DEGREES.member("qualification_grade_value"),
    DEGREES.member("qualification_grading_scale_minimum_grade"),
    DEGREES.member("qualification_grading_scale_maximum_grade"),
];

/// IFS03.1.
static QUALIFICATIONS_RULES: &[Rule] = &[
    rule("IFS03.1-I1", "`tax_code` or `key` is needed, and both say the same", Kept::Guard),
    rule("IFS03.1-S1", "all that is at hand, however old", Kept::ByMapping),
    rule("IFS03.1-S2", "degrees, doctorates, specialisations and Masters of this institute", Kept::ByMapping),
    rule("IFS03.1", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule("IFS03.1-F1", "a grade is a number, with honours, QUALIFIED or null", Kept::Schema),
    rule(
        "IFS03.1-S3",
        "a joint degree is the reference institute's alone",
        Kept::Reference { list: DEGREES, institute: DEGREES.member("_reference_institute") },
    )
    .counts(&["another"]),
    rule(
        "IFS03.1-R5",
        "a degree that lacks a member is left out, but for class, scale and grade",
        Kept::Drop { list: DEGREES, but: &MAY_LACK },
    )
    .counts(&[MEMBER, "all_dropped"])
    .traps(&["T-11", "T-54"]),
    rule("IFS03.1", "a degree that stands twice is sent once", Kept::Unique { list: DEGREES }).counts(&["duplicate"]),
    rule(
        "IFS03.1-R4",
        "every member is mandatory but the class, which may be null",
        Kept::Remark { list: DEGREES, member: DEGREES.member("degree_class_code"), odd: Odd::Null },
    )
    .counts(&["class_null"]),
    rule(
        "T-10",
        "a degree without grade is sent: the schema and the prose about grades say so",
        Kept::Remark { list: DEGREES, member: DEGREES.member("qualification_grade_value"), odd: Odd::Null },
    )
    .counts(&["grade_null"]),
];

static PROOFS_LIST: At = at(&PROOFS_ANSWER, "proof_qualifications");
static PROOFS_IDENTITY: [Rule; 4] = identity(["IFS03.2", "IFS03.2-R1", "IFS03.2-R2", "T-13"], PROOFS_LIST);

/// IFS03.2.
static PROOFS_RULES: &[Rule] = &[
    rule("IFS03.2", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS03.2-S1",
        "all degrees at hand; a joint one is the reference institute's alone",
        Kept::Reference { list: PROOFS_LIST, institute: PROOFS_LIST.member("_reference_institute") },
    )
    .counts(&["another"]),
    rule("IFS03.2", "a degree that stands twice is sent once", Kept::Unique { list: PROOFS_LIST })
        .counts(&["duplicate"]),
];

static LEVELS_LIST: At = at(&LEVELS_ANSWER, "proof_qualifications_level");
static LEVELS_LEARNINGS: At = at(&LEVELS_ANSWER, "proof_qualifications_level/ects_learnings");
static LEVELS_IDENTITY: [Rule; 4] = identity(["IFS03.3", "IFS03.3-R1", "IFS03.3-R2", "T-13"], LEVELS_LIST);

/// IFS03.3.
static LEVELS_RULES: &[Rule] = &[
    rule("IFS03.3", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule("IFS03.3-S1", "activities passed or recognised, in the plan, not in excess", Kept::ByMapping),
    rule("IFS03.3-F1", "`has_parent_relation` is null where it cannot be said", Kept::Form),
    rule("IFS03.3-F3", "`ects_learnings` are teachings passed", Kept::ByMapping),
    rule(
        "T-23",
        "a teaching without its name is left out",
        Kept::Needs { list: LEVELS_LEARNINGS, member: LEVELS_LEARNINGS.member("learning_name") },
    )
    .counts(&[MEMBER]),
    rule(
        "T-23",
        "a teaching without whole credits is left out",
        Kept::Needs { list: LEVELS_LEARNINGS, member: LEVELS_LEARNINGS.member("ects_credits") },
    )
    .counts(&[MEMBER]),
    rule("IFS03.3", "a teaching that stands twice is sent once", Kept::Unique { list: LEVELS_LEARNINGS })
        .counts(&["duplicate"]),
    rule(
        "IFS03.3",
        "a joint degree is the reference institute's alone",
        Kept::Reference { list: LEVELS_LIST, institute: LEVELS_LIST.member("_reference_institute") },
    )
    .counts(&["another"]),
    rule("IFS03.3", "a degree that stands twice is sent once", Kept::Unique { list: LEVELS_LIST })
        .counts(&["degree_twice"]),
    rule(
        "IFS03.3-F2",
        "a duration is in months",
        Kept::Remark {
            list: LEVELS_LIST,
            member: LEVELS_LIST.member("degree_course_duration_in_months"),
            odd: Odd::FewMonths,
        },
    )
    .counts(&["few_months"]),
];

static SUPPLEMENTS_LIST: At = at(&SUPPLEMENTS_ANSWER, "proof_qualifications_diploma_supplement");
static ATTENDED_LIST: At = at(&SUPPLEMENTS_ANSWER, "proof_qualifications_diploma_supplement/attended_learnings");
static SUPPLEMENTS_IDENTITY: [Rule; 4] = identity(["IFS03.4", "IFS03.4-R1", "IFS03.4-R2", "T-13"], SUPPLEMENTS_LIST);

/// IFS03.4.
static SUPPLEMENTS_RULES: &[Rule] = &[
    rule("IFS03.4", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule("IFS03.4-S1", "activities passed or recognised, in the plan, not in excess", Kept::ByMapping),
    rule("IFS03.4-F1", "`access_to_regulated_profession` is point 5.2 of the Diploma Supplement", Kept::ByMapping),
    rule("IFS03.4-F2", "dates follow from academic year and semester", Kept::ByMapping).traps(&["T-38"]),
    rule("IFS03.4-F3", "`attended_learnings` are teachings passed", Kept::ByMapping).traps(&["T-51"]),
    rule("IFS03.4", "a teaching without any value is not sent", Kept::NotEmpty { list: ATTENDED_LIST })
        .counts(&["empty"]),
    rule("IFS03.4", "a teaching that stands twice is sent once", Kept::Unique { list: ATTENDED_LIST })
        .counts(&["duplicate"]),
    rule(
        "IFS03.4",
        "a joint degree is the reference institute's alone",
        Kept::Reference { list: SUPPLEMENTS_LIST, institute: SUPPLEMENTS_LIST.member("_reference_institute") },
    )
    .counts(&["another"]),
    rule("IFS03.4", "a degree that stands twice is sent once", Kept::Unique { list: SUPPLEMENTS_LIST })
        .counts(&["degree_twice"]),
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
