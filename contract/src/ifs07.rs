//! IFS07 – changes in degrees.

use crate::common::{INSTITUTE_CODE, meta};
use crate::ifs03::DEGREES;
use crate::ifs06::{WALK_RULES, WALKED};
use crate::rule::{GENERAL, Kept, Rule, rule};
use crate::schema::{CURSOR, Field, Kind, Maker, Object, Order, items, list, object, record, text, word};
use crate::{About, Answer, Does, Filters, Member, Operation, OperationId, Picks};

/// IFS07.1 – a fingerprint of the degrees of each student.
pub static CHANGES: Operation = Operation {
    id: OperationId::Ifs07_1,
    name: "IFS07.1",
    path: "/student-qualifications-changes",
    about: About::Institute,
    does: Does::Lists { answer_of: OperationId::Ifs03_1, picks: &PICKS },
    request: &REQUEST,
    answer: Answer::Record(&ANSWER),
    rules: &[GENERAL, WALK_RULES, RULES],
};

/// Whoever has a degree that the filters take.
static PICKS: Picks =
    Picks { level: DEGREES.level, filters: Some(Filters { dates: &DATES, system: DEGREES.member("_system") }) };
static DATES: [Member; 2] = [DEGREES.member("academic_qualification_date"), DEGREES.member("_rectified_on")];

static REQUEST: Object = object(
    "student_qualifications_changes_request",
    &[
        CURSOR,
        INSTITUTE_CODE,
        word("academic_system", &["old", "new"]).nullable(),
        word("sync_mode", &["incremental", "full"]).nullable(),
    ],
);

static ANSWER: Object =
    object("student-qualifications-changes", &[record("data", &DATA).required().made_by(LISTED), meta().required()]);

const LISTED: Maker = Maker::Rule("IFS07.1-R1");

static DATA: Object = object(
    "data",
    &[
        INSTITUTE_CODE.made_by(LISTED),
        Field::new("last_update", Kind::DateTime).made_by(LISTED),
        list("qualifications_hash", items(&HASH).in_order(Order::AsMade))
            .made_by(LISTED)
            .required_by("T-18: always sent"),
    ],
);

static HASH: Object = object(
    "qualifications_hash",
    &[text("key", 64, 64).required().personal().made_by(LISTED), text("hash", 64, 64).required().made_by(LISTED)],
);

static RULES: &[Rule] = &[
    rule("IFS07.1-I1", "as IFS06.1-I1", Kept::Walk),
    rule("IFS07.1-I2", "as IFS06.1-I2", Kept::Walk),
    rule("IFS07.1-I3", "filters are sent again with the cursor", Kept::Walk),
    rule("IFS07.1-F1", "`academic_system` is before or after decrees 508 and 509 of 1999", Kept::Walk),
    rule("IFS07.1-F2", "full unless it is said", Kept::Walk),
    rule("IFS07.1-F3", "incremental: awarded or corrected in the last two calendar years", Kept::Walk),
    rule("IFS07.1-R1", "as IFS06.1-R1 and R2", Kept::Walk).counts(WALKED).traps(&["T-55"]),
];
