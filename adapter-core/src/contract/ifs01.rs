//! IFS01 – educational offer.

use super::common::{ACADEMIC_YEAR, COURSE_CODE, meta};
use super::schema::{CURSOR, Object, int, items, list, object, text, word};
use super::{About, Answer, Does, Operation, OperationId};

/// IFS01.1 – the courses of an academic year.
pub static OFFER: Operation = Operation {
    id: OperationId::Ifs01_1,
    name: "IFS01.1",
    path: "/educational-offering-list",
    about: About::Institute,
    does: Does::Reads,
    request: &OFFER_REQUEST,
    answer: Answer::Record(&OFFER_ANSWER),
    served: true,
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
    served: false,
};

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
