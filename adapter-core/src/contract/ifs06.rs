//! IFS06 – changes in enrolments.

use super::common::{INSTITUTE_CODE, meta};
use super::schema::{CURSOR, Field, Kind, Maker, Object, Order, items, list, object, record, text};
use super::{About, Answer, Does, Operation, OperationId};

/// IFS06.1 – a fingerprint of the enrolments of each student.
pub static CHANGES: Operation = Operation {
    id: OperationId::Ifs06_1,
    name: "IFS06.1",
    path: "/student-enrollments-changes",
    about: About::Institute,
    does: Does::Lists { answer_of: OperationId::Ifs02_1 },
    request: &REQUEST,
    answer: Answer::Record(&ANSWER),
    served: false,
};

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
