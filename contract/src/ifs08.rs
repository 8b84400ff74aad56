//! IFS08 – enrolments by ISEE band.

use crate::common::ACADEMIC_YEAR;
use crate::place::{At, at, member};
use crate::rule::{GENERAL, Kept, Part, Rule, rule};
use crate::schema::{Object, Order, Quirk, int, items, list, object, text};
use crate::{About, Answer, Does, Operation, OperationId};

/// IFS08.1 – how many students are in each band.
pub static BANDS: Operation = Operation {
    id: OperationId::Ifs08_1,
    name: "IFS08.1",
    path: "/count-academic-enrollments-by-isee-ranges",
    about: About::Institute,
    does: Does::Reads,
    request: &REQUEST,
    answer: Answer::Record(&ANSWER),
    rules: &[GENERAL, RULES],
};

static REQUEST: Object = object("isee_enrollment_request", &[ACADEMIC_YEAR.required()]);

static ANSWER: Object = object(
    "count_academic_enrollments_by_isee_ranges",
    &[
        int("tot_enrollment_count", 0, 1_000_000_000).nullable(),
        list("ranges", items(&RANGE).most(500_000).in_order(Order::AsMade)).required_by("T-18: always sent"),
    ],
)
.or_null();

static RANGE: Object = object(
    "ranges",
    &[
        int("isee_min_value", 0, 9_999_999).nullable().required().quirk(Quirk::Wide),
        int("isee_max_value", 0, 9_999_999).nullable().required().quirk(Quirk::Wide),
        int("enrollment_count", 0, 1_000_000_000).nullable().required(),
        text("range_description", 0, 64).nullable().required(),
    ],
);

static RANGES: At = at(&ANSWER, "ranges");

static RULES: &[Rule] = &[
    rule("IFS08.1", "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
    rule(
        "IFS08.1-R1",
        "the Ministry's 24 bands, in its order and with its labels",
        Kept::Bands {
            list: RANGES,
            least: RANGES.member("isee_min_value"),
            most: RANGES.member("isee_max_value"),
            label: RANGES.member("range_description"),
        },
    ),
    rule(
        "IFS08.1-R2",
        "a band of fewer students than the institute shows is left out; the total does not tell it",
        Kept::BandsTotal {
            list: RANGES,
            total: member(&ANSWER, "tot_enrollment_count"),
            count: RANGES.member("enrollment_count"),
        },
    )
    .counts(&["total_hidden", "sum"])
    .traps(&["T-46"]),
    rule("IFS08.1-R3", "numbers alone, by the Ministry's bands", Kept::ByMapping),
    rule("T-59", "of a year that nobody is enrolled in, all bands with nobody", Kept::ByMapping),
];
