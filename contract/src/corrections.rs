//! What IFS04 and IFS05 have in common: all but what is corrected.

use crate::common::{BIRTH_DATE, BIRTH_PLACE, COURSE_CODE, PERSON_ID, TAX_CODE};
use crate::place::{At, Member};
use crate::rule::{Kept, Part, Rule, rule};
use crate::schema::{List, Maker, Object, Quirk, items, list, object, text, word};
use crate::{About, Field, Pattern::Name};

/// Whose request it is.
pub(crate) const ABOUT: About = About::Student { tax_code: "tax_code", key: None };

/// Whom a consumer reports, who may be nobody known here.
pub(crate) const REPORTED: About = About::Reported { person: "personal_data" };

/// What a student writes who asks for a correction.
pub(crate) const ASKED: &[Field] = &[
    TAX_CODE.required(),
    PERSON_ID.nullable(),
    COURSE_CODE.personal(),
    text("reason", 1, 256).personal(),
    list("attributes", items(&ATTRIBUTE).most(256)).personal().quirk(Quirk::Closed),
    text("request", 1, 5000).personal(),
    text("note", 1, 5000).personal(),
];

static ATTRIBUTE: Object = object(
    "attribute",
    &[
        text("attribute_name", 1, 256).required().personal(),
        text("current", 1, 256).required().personal(),
        text("suggested", 1, 256).required().personal(),
    ],
);

/// What a student asks about.
pub(crate) const FILE_CODE: Field = text("file_code", 1, 64).personal();

/// States of a request.
const STATES: &[&str] = &["approved", "rejected", "acquired", "cancelled"];

/// The place of the code among the members of a request for the list, and of one to take a request back: they are the
/// same, so that the list can be asked for with either.
pub(crate) const FILE_CODE_AT: u8 = 2;

/// The outcome of a request.
pub(crate) const OUTCOME: &[Field] = &[
    word("response_code", &["approved", "rejected"]).required().made_by(Maker::Rule("IFS04-C3")),
    word("file_status", STATES).nullable().required().quirk(Quirk::NullWord).made_by(Maker::Rule("IFS04.1-R1")),
    text("file_code", 1, 256).nullable().required(),
    text("message", 1, 256).required(),
];

/// The outcome of taking one back: whose code it is the request has said.
pub(crate) const TAKEN_BACK: &[Field] = &[
    word("response_code", &["approved", "rejected"]).required().made_by(Maker::Rule("IFS04-C3")),
    word("file_status", STATES).nullable().required().quirk(Quirk::NullWord).made_by(Maker::Rule("IFS04.3-R1")),
    text("file_code", 1, 256).nullable().required().made_by(Maker::Rule("IFS04.3-R1")),
    text("message", 1, 256).required(),
];

/// One of a student's requests.
const STATE: &[Field] =
    &[word("file_status", STATES).required(), text("file_code", 1, 256).required(), text("message", 1, 256).required()];

/// A student's requests; the list stands under another name in each API (T-49).
pub(crate) const LISTED: List = items(&STATUS).most(256);
static STATUS: Object = object("change_request_status", STATE);

/// What was found wrong.
pub(crate) static ISSUE: Object = object(
    "issue",
    &[text("attribute_name", 1, 256).nullable().personal(), text("issue_description", 1, 256).required().personal()],
);

/// Whom a consumer reports.
pub(crate) static PERSONAL_DATA: Object = object(
    "personal_data",
    &[
        TAX_CODE.nullable(),
        PERSON_ID.nullable(),
        text("given_name", 1, 2048).pattern(Name).nullable().personal(),
        text("family_name", 1, 2048).pattern(Name).nullable().personal(),
        BIRTH_DATE,
        BIRTH_PLACE,
        list("issues", items(&ISSUE).most(256)).personal().quirk(Quirk::Closed),
    ],
);

/// What is answered to a report.
pub(crate) static ISSUE_ANSWER: Object = object(
    "issue_detail",
    &[
        word("file_status", &["rejected", "acquired"]).required().made_by(Maker::Rule("IFS04-C3")),
        text("message", 1, 256),
    ],
);

/// Most characters of a request's code, as far as it can be asked for again.
pub const MOST_CODE: usize = 64;

/// A change that is asked for.
pub(crate) static CHANGE_RULES: &[Rule] = &[
    rule("IFS04.1-I1", "an attribute without `attribute_name` is 400", Kept::Schema),
    rule("IFS04.1-R1", "accepted: acquired, with a code; refused: both null", Kept::Outcome),
    rule("IFS04-D1", "what may be corrected is the institute's to say", Kept::ByMapping),
];

/// The list of a student's requests, the operation's own name first.
pub(crate) const fn status_rules(name: &'static str, list: At) -> [Rule; 4] {
    let code = list.member("file_code");
    [
        rule(name, "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"]),
        rule(name, "a request without state, code or message ends the answer", Kept::Whole { list, code }),
        rule(
            "IFS04.2-R1",
            "with a code that request, without all of them",
            Kept::AsAsked { list, member: code, asked: Member(FILE_CODE_AT) },
        )
        .counts(&["another"]),
        rule("IFS04.2-R2", "an unknown code: none", Kept::Form).traps(&["T-31", "T-49"]),
    ]
}

/// A request that is taken back.
pub(crate) static CANCELLATION_RULES: &[Rule] = &[
    rule("IFS04.3-I1", "tax code and code of the request are needed", Kept::Schema).traps(&["T-32"]),
    rule("IFS04.3-R1", "taken back: cancelled; else rejected, and the state it has", Kept::Outcome),
];

/// A report.
pub(crate) static ISSUES_RULES: &[Rule] = &[
    rule("IFS04.4-I1", "who reports, and what, is needed", Kept::Schema).traps(&["T-50"]),
    rule("IFS04.4-I2", "a person is named by tax code, ANPR id, or the four members", Kept::Guard),
    rule("IFS04.4-I3", "an issue without `attribute_name` is a general one", Kept::Schema).traps(&["T-33"]),
];

/// What the values of an outcome keep; the operation's own name.
pub(crate) const fn told_rules(name: &'static str) -> [Rule; 1] {
    [rule(name, "a value that breaks its bounds counts as null", Kept::Bounds(Part::Answer)).counts(&["invalid"])]
}

/// What the values of the answer to a report keep; the operation's own name.
pub(crate) const fn report_rules(name: &'static str) -> [Rule; 2] {
    let [bounds] = told_rules(name);
    [bounds, rule(name, "a report that is taken is acquired", Kept::Outcome)]
}

/// What both APIs keep in every operation.
pub(crate) static CORRECTION_RULES: &[Rule] = &[
    rule("IFS04-C1", "a request that lacks a member or breaks a bound is 400", Kept::Schema),
    rule("IFS04-C2", "what is wrong about a known student is rejected in a 200", Kept::Change),
    rule("IFS04-C3", "`response_code` is of this call, `file_status` of the request", Kept::Change)
        .traps(&["T-22", "T-30", "T-48"]),
    rule("IFS04-F1", "birth places as everywhere", Kept::Schema),
];
