//! IFS04 – corrections of enrolments.

use crate::common::{ACADEMIC_YEAR, INSTITUTE_CODE, PERSON_ID, TAX_CODE};
use crate::corrections::{
    ABOUT, ASKED, CANCELLATION_RULES, CHANGE_RULES, CORRECTION_RULES, FILE_CODE, ISSUE, ISSUE_ANSWER, ISSUES_RULES,
    LISTED, OUTCOME, PERSONAL_DATA, REPORTED, TAKEN_BACK, report_rules, status_rules, told_rules,
};
use crate::place::at;
use crate::rule::{BIRTH_PLACES, GENERAL, Rule, TAX_CODES};
use crate::schema::{Object, Quirk, date, int, items, list, object, record, text, word};
use crate::{Answer, Does, Operation, OperationId};

/// IFS04.1 – a student asks for an enrolment to be corrected.
pub static CHANGE: Operation = Operation {
    id: OperationId::Ifs04_1,
    name: "IFS04.1",
    path: "/academic-enrollment-change-request",
    about: ABOUT,
    does: Does::Writes,
    request: &CHANGE_REQUEST,
    answer: Answer::Record(&CHANGE_ANSWER),
    rules: &[GENERAL, TAX_CODES, CORRECTION_RULES, &CHANGE_TOLD, CHANGE_RULES],
};

/// IFS04.2 – what has become of a student's requests.
pub static STATUS: Operation = Operation {
    id: OperationId::Ifs04_2,
    name: "IFS04.2",
    path: "/academic-enrollment-change-request-status",
    about: ABOUT,
    does: Does::Reads,
    request: &STATUS_REQUEST,
    answer: Answer::Record(&STATUS_ANSWER),
    rules: &[GENERAL, TAX_CODES, CORRECTION_RULES, &STATUS_RULES],
};

/// IFS04.3 – a request is taken back.
pub static CANCELLATION: Operation = Operation {
    id: OperationId::Ifs04_3,
    name: "IFS04.3",
    path: "/academic-enrollment-change-request-cancellation",
    about: ABOUT,
    does: Does::Changes { listed_by: OperationId::Ifs04_2 },
    request: &CANCELLATION_REQUEST,
    answer: Answer::Record(&CANCELLATION_ANSWER),
    rules: &[GENERAL, TAX_CODES, CORRECTION_RULES, &CANCELLATION_TOLD, CANCELLATION_RULES],
};

/// IFS04.4 – a consumer reports what it found wrong.
pub static ISSUES: Operation = Operation {
    id: OperationId::Ifs04_4,
    name: "IFS04.4",
    path: "/enrollments-issues",
    about: REPORTED,
    does: Does::Writes,
    request: &ISSUES_REQUEST,
    answer: Answer::Record(&ISSUE_ANSWER),
    rules: &[GENERAL, TAX_CODES, BIRTH_PLACES, CORRECTION_RULES, &ISSUES_TOLD, ISSUES_RULES],
};

static CHANGE_REQUEST: Object = object("change_request", ASKED);
static CHANGE_ANSWER: Object = object("change_request_detail", OUTCOME);

static STATUS_REQUEST: Object =
    object("enrollment_change_request", &[TAX_CODE.required(), PERSON_ID.nullable(), FILE_CODE]);

static STATUS_ANSWER: Object =
    object("enrollments_change_request", &[list("enrollment_change_request", LISTED).required_by("T-31: always sent")]);

static STATUS_RULES: [Rule; 4] = status_rules("IFS04.2", at(&STATUS_ANSWER, "enrollment_change_request"));
static CHANGE_TOLD: [Rule; 1] = told_rules("IFS04.1");
static CANCELLATION_TOLD: [Rule; 1] = told_rules("IFS04.3");
static ISSUES_TOLD: [Rule; 2] = report_rules("IFS04.4");

static CANCELLATION_REQUEST: Object = object(
    "enrollment_change_request_cancellation",
    &[TAX_CODE.required(), PERSON_ID.nullable(), FILE_CODE.required()],
);

static CANCELLATION_ANSWER: Object = object("change_request_detail", TAKEN_BACK);

static ISSUES_REQUEST: Object = object(
    "issue_request",
    &[
        text("subscriber_id", 1, 2048).required().personal(),
        text("subscriber_name", 1, 2048).required().personal(),
        text("subscriber_message", 1, 2048).required().personal(),
        date("data_request").personal(),
        record("personal_data", &PERSONAL_DATA).nullable().personal(),
        list("enrollments", items(&ENROLLMENT)).personal(),
    ],
);

static ENROLLMENT: Object = object(
    "enrollment",
    &[
        INSTITUTE_CODE.personal(),
        text("institute_name", 1, 2048).personal(),
        text("programme_type_code", 1, 256).personal(),
        text("degree_course_code", 1, 20).personal(),
        text("degree_class_code", 1, 20).personal().null_too("T-33: IFS02.1 answers null"),
        ACADEMIC_YEAR.personal(),
        int("degree_course_year", 1, 99).personal().quirk(Quirk::NumberPattern),
        word("status", &["active", "inactive", "wait"]).personal(),
        list("issues", items(&ISSUE).most(256)).personal().quirk(Quirk::Closed),
    ],
);
