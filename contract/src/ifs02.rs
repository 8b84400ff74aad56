//! IFS02 – academic enrolments.

use crate::Pattern::{Grade, NameAscii, Scale, TaxCode};
use crate::common::{ACADEMIC_YEAR, BIRTH_DATE, BIRTH_PLACE, BY_EITHER, BY_TAX_CODE, INSTITUTE_CODE, person};
use crate::place::{At, Member, at};
use crate::rule::{BIRTH_PLACES, GENERAL, Kept, MEMBER, Odd, Part, Rule, TAX_CODES, identity, rule};
use crate::schema::{Maker, Object, Order, Quirk, date, form, int, items, list, object, text, truth, word, year};
use crate::{About, Answer, Does, Operation, OperationId};

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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &PROOFS_IDENTITY, PROOFS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &TRANSCRIPT_IDENTITY, TRANSCRIPT_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &ADMISSIONS_IDENTITY, ADMISSIONS_RULES],
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
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, &PERIODS_IDENTITY, MOBILITY_RULES],
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

pub(crate) static ENROLLMENTS_ANSWER: Object = object(
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
)
.facts(&[int("_duration_in_months", 0, 999)]);

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

pub(crate) static TRANSCRIPT_ANSWER: Object = object(
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
.facts(&[year("_academic_year").required(), text("_id", 1, 256)]);

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

pub(crate) static ENROLLMENTS_LIST: At = at(&ENROLLMENTS_ANSWER, "enrollments");
/// What an enrolment may lack (IFS02.1-R3).
static MAY_LACK: [Member; 1] = [ENROLLMENTS_LIST.member("degree_class_code")];

static COURSE_OF_ENROLLMENT: [Member; 1] = [ENROLLMENTS_LIST.member("degree_course_code")];

/// IFS02.1. What an enrolment cannot be judged without is asked for before it is judged; all else only of the last one of
/// its course, or an older one would surface as if it were the last.
static ENROLLMENTS_RULES: &[Rule] = &[
    rule("IFS02.1-I1", "`tax_code` or `key` is needed, and both say the same", Kept::Guard).traps(&["T-40"]),
    rule("IFS02.1", "a value of the identity that breaks its bounds counts as null", Kept::Bounds(Part::Person))
        .counts(&["invalid_identity"])
        .traps(&["T-29"]),
    rule("IFS02.1-R1", "the identity is the tax code", Kept::PersonByTaxCode)
        .counts(&["tax_code"])
        .traps(&["T-14", "T-15"]),
    rule("IFS02.1-R2", "without it: names, date and place of birth", Kept::PersonByFour).counts(&["fallback"]),
    rule(
        "IFS02.1-R5",
        "with an incomplete identity nothing is sent",
        Kept::PersonIncomplete { list: ENROLLMENTS_LIST },
    )
    .counts(&["incomplete_identity"])
    .traps(&["T-13"]),
    rule("IFS02.1", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS02.1-R4",
        "an enrolment without its academic year is left out",
        Kept::Needs { list: ENROLLMENTS_LIST, member: ENROLLMENTS_LIST.member("academic_year") },
    )
    .counts(&[MEMBER]),
    rule(
        "IFS02.1-S1",
        "enrolments of the last three academic years",
        Kept::Window { list: ENROLLMENTS_LIST, year: ENROLLMENTS_LIST.member("academic_year"), years: 3 },
    )
    .counts(&["window", "not_begun"])
    .traps(&["T-60"]),
    rule(
        "IFS02.1-R4",
        "an enrolment without its course is nobody's last one: it is left out",
        Kept::Needs { list: ENROLLMENTS_LIST, member: ENROLLMENTS_LIST.member("degree_course_code") },
    )
    .counts(&[MEMBER]),
    rule(
        "IFS02.1-R3",
        "`degree_class_code` may be null",
        Kept::Remark { list: ENROLLMENTS_LIST, member: ENROLLMENTS_LIST.member("degree_class_code"), odd: Odd::Null },
    )
    .counts(&["class_null"])
    .traps(&["T-16"]),
    rule(
        "T-52",
        "the year of course is the course's: who is late stays at the last",
        Kept::Remark {
            list: ENROLLMENTS_LIST,
            member: ENROLLMENTS_LIST.member("degree_course_year"),
            odd: Odd::Beyond(ENROLLMENTS_LIST.member("_duration_in_months")),
        },
    )
    .counts(&["beyond"]),
    rule(
        "IFS02.1-S1",
        "of one course the last",
        Kept::Latest {
            list: ENROLLMENTS_LIST,
            year: ENROLLMENTS_LIST.member("academic_year"),
            per: &COURSE_OF_ENROLLMENT,
        },
    )
    .counts(&["latest", "tie", "duplicate"]),
    rule(
        "IFS02.1-R4",
        "one that lacks another member is left out",
        Kept::Drop { list: ENROLLMENTS_LIST, but: &MAY_LACK },
    )
    .counts(&[MEMBER, "all_dropped"])
    .traps(&["T-09", "T-12"]),
];

static PROOFS_LIST: At = at(&PROOFS_ANSWER, "proof_enrollments");
static PROOFS_IDENTITY: [Rule; 4] = identity(["IFS02.2", "T-14", "T-14", "T-13"], PROOFS_LIST);
/// What a course is told by; without either, an enrolment is of a course of its own.
static COURSE_OF_PROOF: [Member; 2] = [PROOFS_LIST.member("degree_course_code"), PROOFS_LIST.member("_course")];

/// IFS02.2. Dates are made of all enrolments, those outside the window too: the last active one may be older than what is
/// sent.
static PROOFS_RULES: &[Rule] = &[
    rule("IFS02.2", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS02.2-F2",
        "`enrollment_date` begins the academic year of the last active enrolment in the course",
        Kept::LastActive {
            list: PROOFS_LIST,
            date: PROOFS_LIST.member("enrollment_date"),
            year: PROOFS_LIST.member("_academic_year"),
            active: PROOFS_LIST.member("_active"),
            per: &COURSE_OF_PROOF,
        },
    )
    .counts(&["none_active"]),
    rule(
        "IFS02.2-F1",
        "`expected_graduation_date` is 31 December of matriculation and duration",
        Kept::YearEnd {
            list: PROOFS_LIST,
            date: PROOFS_LIST.member("expected_graduation_date"),
            year: PROOFS_LIST.member("_matriculation_year"),
            months: PROOFS_LIST.member("_duration_in_months"),
        },
    )
    .counts(&["unknown"])
    .traps(&["T-39"]),
    rule(
        "IFS02.2-S1",
        "enrolments of the last three academic years",
        Kept::Window { list: PROOFS_LIST, year: PROOFS_LIST.member("_academic_year"), years: 3 },
    )
    .counts(&["window", "not_begun", "no_year"]),
    rule(
        "IFS02.2-S1",
        "of one course the last",
        Kept::Latest { list: PROOFS_LIST, year: PROOFS_LIST.member("_academic_year"), per: &COURSE_OF_PROOF },
    )
    .counts(&["latest", "tie", "duplicate"]),
];

static COURSES_LIST: At = at(&TRANSCRIPT_ANSWER, "proof_education_course");
static LEARNINGS_LIST: At = at(&TRANSCRIPT_ANSWER, "proof_education_course/learnings");

static TRANSCRIPT_IDENTITY: [Rule; 4] = identity(["IFS02.3", "T-14", "T-14", "T-13"], COURSES_LIST);

/// IFS02.3.
static TRANSCRIPT_RULES: &[Rule] = &[
    rule("IFS02.3", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule("IFS02.3-F1", "names are in the language the teaching is given in", Kept::ByMapping),
    rule("IFS02.3-F2", "dates follow from academic year and semester", Kept::ByMapping),
    rule("IFS02.3-F3", "a grade is a number, with honours, QUALIFIED, a letter or null", Kept::Schema)
        .traps(&["T-27", "T-28", "T-23"]),
    rule(
        "IFS02.3-S1",
        "activities passed in the last three academic years",
        Kept::Window { list: LEARNINGS_LIST, year: LEARNINGS_LIST.member("_academic_year"), years: 3 },
    )
    .counts(&["window", "not_begun", "no_year"]),
    rule("IFS02.3", "an activity without any value is not sent", Kept::NotEmpty { list: LEARNINGS_LIST })
        .counts(&["empty"]),
    rule("IFS02.3", "one that stands twice is sent once", Kept::Unique { list: LEARNINGS_LIST }).counts(&["duplicate"]),
    rule(
        "IFS02.3-S1",
        "a course is sent for its activities",
        Kept::Needs { list: COURSES_LIST, member: COURSES_LIST.member("learnings") },
    )
    .counts(&["no_learning"]),
    rule("IFS02.3", "a course that stands twice is sent once", Kept::Unique { list: COURSES_LIST })
        .counts(&["duplicate"]),
    rule(
        "IFS02.3",
        "careers of one course stay apart",
        Kept::Alike { list: COURSES_LIST, key: COURSES_LIST.member("degree_course_code") },
    )
    .counts(&["course_again"]),
];

static ADMISSIONS_LIST: At = at(&ADMISSIONS_ANSWER, "proof_admissions");
static ADMISSIONS_IDENTITY: [Rule; 4] = identity(["IFS02.4", "T-14", "T-14", "T-13"], ADMISSIONS_LIST);
static COURSE_OF_ADMISSION: [Member; 2] =
    [ADMISSIONS_LIST.member("degree_course_code"), ADMISSIONS_LIST.member("_course")];

/// IFS02.4.
static ADMISSIONS_RULES: &[Rule] = &[
    rule("IFS02.4", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS02.4-F1",
        "the academic year is the one in which the career began",
        Kept::AcademicYear {
            list: ADMISSIONS_LIST,
            year: ADMISSIONS_LIST.member("_admission_year"),
            start: ADMISSIONS_LIST.member("start_date_of_academic_year"),
            end: ADMISSIONS_LIST.member("end_date_of_academic_year"),
        },
    )
    .traps(&["T-39"]),
    rule(
        "IFS02.4-S1",
        "admissions of the last three academic years",
        Kept::Window { list: ADMISSIONS_LIST, year: ADMISSIONS_LIST.member("_admission_year"), years: 3 },
    )
    .counts(&["window", "not_begun", "no_year"]),
    rule(
        "IFS02.4-S1",
        "of one course the last",
        Kept::Latest {
            list: ADMISSIONS_LIST,
            year: ADMISSIONS_LIST.member("_admission_year"),
            per: &COURSE_OF_ADMISSION,
        },
    )
    .counts(&["latest", "tie", "duplicate"]),
];

static PERIODS_LIST: At = at(&MOBILITY_ANSWER, "proof_mobility_periods");
static PERIODS_IDENTITY: [Rule; 4] = identity(["IFS02.5", "T-14", "T-14", "T-13"], PERIODS_LIST);

/// IFS02.5.
static MOBILITY_RULES: &[Rule] = &[
    rule("IFS02.5", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule("IFS02.5-S1", "times outside the institute", Kept::ByMapping),
    rule("IFS02.5-F1", "`mobility_period_type` is one of five words", Kept::Schema),
    rule("IFS02.5-F2", "host, its code and departments may be missing", Kept::Schema),
    rule("IFS02.5", "a time that stands twice is sent once", Kept::Unique { list: PERIODS_LIST })
        .counts(&["duplicate"]),
    rule(
        "IFS02.5",
        "a time ends after it begins",
        Kept::Remark {
            list: PERIODS_LIST,
            member: PERIODS_LIST.member("mobility_end_date"),
            odd: Odd::Before(PERIODS_LIST.member("mobility_start_date")),
        },
    )
    .counts(&["ends_before"]),
];
