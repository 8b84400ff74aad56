//! IFS01 – educational offer.

use crate::common::{ACADEMIC_YEAR, COURSE_CODE, meta};
use crate::place::{At, Member, at};
use crate::rule::{GENERAL, Kept, MEMBER, Odd, Part, Rule, School, rule};
use crate::schema::{CURSOR, Object, int, items, list, object, text, word};
use crate::{About, Answer, Does, Operation, OperationId};

/// IFS01.1 – the courses of an academic year.
pub static OFFER: Operation = Operation {
    id: OperationId::Ifs01_1,
    name: "IFS01.1",
    path: "/educational-offering-list",
    about: About::Institute,
    does: Does::Reads,
    request: &OFFER_REQUEST,
    answer: Answer::Record(&OFFER_ANSWER),
    rules: &[GENERAL, OFFER_RULES],
};

/// IFS01.2 – one course, with its teachings.
pub static COURSE: Operation = Operation {
    id: OperationId::Ifs01_2,
    name: "IFS01.2",
    path: "/educational-offering-detail",
    about: About::Institute,
    does: Does::Reads,
    request: &COURSE_REQUEST,
    answer: Answer::Record(&COURSE_ANSWER),
    rules: &[GENERAL, COURSE_RULES],
};

static OFFERS: At = at(&OFFER_ANSWER, "degree_courses");

static OFFER_RULES: &[Rule] = &[
    rule("IFS01.1-I1", "`academic_year` is mandatory, null is refused", Kept::Schema).traps(&["T-36"]),
    rule("IFS01.1-I2", "the first call has no cursor, or an empty one", Kept::Schema),
    rule("IFS01.1-I3", "with the cursor of an answer the next page is asked for", Kept::Pages),
    rule("IFS01.1-S1", "courses for which a new cohort can begin that year", Kept::ByMapping),
    rule("IFS01.1-S2", "degrees, doctorates, specialisations and Masters", Kept::ByMapping),
    rule("IFS01.1-F1", "`degree_course_code` is the Ministry's", Kept::ByMapping),
    rule("IFS01.1-F2", "`course_area` is the name of the degree class", Kept::ByMapping),
    rule("IFS01.1", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS01.1-F3",
        "`course_location` is ISTAT codes; what is none is sent all the same",
        Kept::Remark { list: OFFERS, member: OFFERS.member("course_location"), odd: Odd::NoIstatCode },
    )
    .counts(&["no_istat_code"])
    .traps(&["T-61"]),
    rule("IFS01.1", "a course without any value is not sent", Kept::NotEmpty { list: OFFERS }).counts(&["empty"]),
    rule("IFS01.1-F4", "a course that stands twice is sent once", Kept::Unique { list: OFFERS }).counts(&["duplicate"]),
    rule(
        "IFS01.1-F4",
        "courses of one code are all sent",
        Kept::Alike { list: OFFERS, key: OFFERS.member("degree_course_code") },
    )
    .counts(&["code_again"]),
    rule("IFS01.1-F5", "pages and cursors are the provider's; the last cursor is null", Kept::Pages).traps(&["T-56"]),
];

static YEARS: At = at(&COURSE_ANSWER, "curriculum_list/curriculum_learnings");
static TEACHINGS: At = at(&COURSE_ANSWER, "curriculum_list/curriculum_learnings/learnings");
static OF_UNIVERSITIES: [Member; 2] = [TEACHINGS.member("learning_ssd"), TEACHINGS.member("learning_cfu")];
static OF_AFAM: [Member; 2] = [TEACHINGS.member("learning_sad"), TEACHINGS.member("learning_cfa")];

static COURSE_RULES: &[Rule] = &[
    rule("IFS01.2-I1", "`degree_course_code` is mandatory", Kept::Schema),
    rule("T-59", "an unknown course is 400", Kept::Guard),
    rule("IFS01.2-S1", "the code says course, class, cohort and seat", Kept::ByMapping),
    rule("IFS01.2-S2", "the first year of a cohort's offer is enough", Kept::ByMapping),
    rule("IFS01.2", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS01.2-F2",
        "a university fills sector and credits of its own kind",
        Kept::OfKind { list: TEACHINGS, school: School::University, others: &OF_AFAM },
    )
    .counts(&["other_kind"])
    .traps(&["T-23"]),
    rule(
        "IFS01.2-F3",
        "so does an institute of arts and music",
        Kept::OfKind { list: TEACHINGS, school: School::Afam, others: &OF_UNIVERSITIES },
    )
    .counts(&["other_kind"]),
    rule("IFS01.2", "a teaching without any value is not sent", Kept::NotEmpty { list: TEACHINGS }).counts(&["empty"]),
    rule("IFS01.2", "a teaching that stands twice is sent once", Kept::Unique { list: TEACHINGS })
        .counts(&["duplicate"]),
    rule(
        "IFS01.2-F1",
        "teachings to choose have no year of the schema: their group is left out",
        Kept::Needs { list: YEARS, member: YEARS.member("degree_course_year") },
    )
    .counts(&[MEMBER])
    .traps(&["T-20"]),
];

static OFFER_REQUEST: Object =
    object("course_list_request", &[ACADEMIC_YEAR.required().never_null("IFS01.1-I1, T-36: null is refused"), CURSOR]);

static OFFER_ANSWER: Object = object(
    "course_list",
    &[
        list("degree_courses", items(&OFFERED).most(256)).required_by("T-18: always sent"),
        meta().required_by("T-18: always sent"),
    ],
)
.or_null();

/// No member is required and none is nullable: one without value is left out (T-19).
static OFFERED: Object = object(
    "degree_courses",
    &[
        text("programme_type_code", 1, 256),
        word("programme_access", &["free", "limited"]),
        text("course_location", 1, 99),
        text("course_area", 1, 99),
        text("degree_course_language", 1, 20),
        int("degree_course_period_years", 1, 99),
        text("degree_course_code", 1, 20),
        int("total_credits", 1, 999),
        ACADEMIC_YEAR,
    ],
);

static COURSE_REQUEST: Object =
    object("course_detail_request", &[COURSE_CODE.required_by("IFS01.2-I1: a course is asked for by its code")]);

static COURSE_ANSWER: Object = object(
    "course_details",
    &[
        text("programme_type_code", 1, 256),
        word("programme_access", &["free", "limited"]),
        text("course_location", 1, 99),
        word("remote_mode", &["full-remote", "on-site", "hybrid", "not-available", "other"]),
        text("course_area", 1, 99),
        text("degree_course_language", 1, 20),
        int("degree_course_period_years", 1, 99),
        text("degree_course_code", 1, 20),
        int("total_credits", 1, 999),
        ACADEMIC_YEAR,
        text("first_year_activation_course", 1, 20),
        text("website_university", 1, 999),
        text("website_course", 1, 999),
        list("curriculum_list", items(&CURRICULUM).or_null()),
    ],
);

static CURRICULUM: Object = object(
    "curriculum_list",
    &[
        text("curriculum_name", 1, 100),
        text("curriculum_description", 1, 4096),
        list("curriculum_learnings", items(&CURRICULUM_YEAR)),
    ],
);

static CURRICULUM_YEAR: Object =
    object("curriculum_learnings", &[int("degree_course_year", 1, 99), list("learnings", items(&TEACHING))]);

static TEACHING: Object = object(
    "learnings",
    &[
        text("learning_ssd", 1, 256).nullable(),
        text("learning_sad", 1, 256).nullable(),
        text("learning_name", 1, 256),
        text("learning_code", 1, 256),
        int("learning_cfu", 1, 999).nullable(),
        int("learning_cfa", 1, 999).nullable(),
        int("learning_hour", 0, 999),
        text("learning_language", 1, 256),
        text("learning_ref", 1, 256).nullable(),
    ],
);
