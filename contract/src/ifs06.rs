//! IFS06 – changes in enrolments.

use crate::common::{INSTITUTE_CODE, meta};
use crate::ifs02::ENROLLMENTS_LIST;
use crate::rule::{GENERAL, Kept, Rule, rule};
use crate::schema::{CURSOR, Field, Kind, Maker, Object, Order, items, list, object, record, text};
use crate::{About, Answer, Does, Operation, OperationId, Picks};

/// IFS06.1 – a fingerprint of the enrolments of each student.
pub static CHANGES: Operation = Operation {
    id: OperationId::Ifs06_1,
    name: "IFS06.1",
    path: "/student-enrollments-changes",
    about: About::Institute,
    does: Does::Lists { answer_of: OperationId::Ifs02_1, picks: &PICKS },
    request: &REQUEST,
    answer: Answer::Record(&ANSWER),
    rules: &[GENERAL, WALK_RULES, RULES],
};

/// Whoever has an enrolment.
static PICKS: Picks = Picks { level: ENROLLMENTS_LIST.level, filters: None };

static REQUEST: Object = object("enrollments_request", &[CURSOR, INSTITUTE_CODE]);

static ANSWER: Object =
    object("student-enrollments-changes", &[record("data", &DATA).required().made_by(LISTED), meta().required()]);

const LISTED: Maker = Maker::Rule("IFS06.1-R2");

static DATA: Object = object(
    "data",
    &[
        INSTITUTE_CODE.made_by(LISTED),
        Field::new("last_update", Kind::DateTime).made_by(LISTED),
        list("enrollments_hash", items(&HASH).in_order(Order::AsMade)).made_by(LISTED).required_by("T-18: always sent"),
    ],
);

static HASH: Object = object(
    "enrollments_hash",
    &[text("key", 64, 64).required().personal().made_by(LISTED), text("hash", 64, 64).required().made_by(LISTED)],
);

/// What becomes of students who are not listed, or without an answer's fingerprint.
pub(crate) static WALKED: &[&str] = &["no_tax_code", "unknown", "empty", "broken"];

/// What lists of fingerprints have in common.
pub(crate) static WALK_RULES: &[Rule] = &[rule("T-40", "key and hash are lower-case hex", Kept::Walk)];

static RULES: &[Rule] = &[
    rule("IFS06.1-I1", "the first call has no cursor", Kept::Walk),
    rule("IFS06.1-I2", "with the cursor of an answer the next page is asked for", Kept::Walk),
    rule("IFS06.1-S1", "students enrolled in the last three academic years", Kept::Walk),
    rule("IFS06.1-R1", "the last page's cursor is null", Kept::Walk),
    rule("IFS06.1-R2", "one key and one fingerprint for each student", Kept::Walk).counts(WALKED).traps(&["T-17"]),
];
