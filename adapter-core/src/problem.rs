//! Problems: every way a request can fail, each with a stable code (RFC 9457 `application/problem+json`).
//!
//! Four families say who is to blame: `request.*`, `legacy.*`, `mapping.*`, `limit.*`. No problem carries a value of
//! the request or of a system's answer.

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal, $retry:literal, $title:literal;)*) => {
        /// Codes of problems. Never renamed, never used for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $title] $variant,)* }

        /// Every code, in documentation order.
        pub const CODES: &[Code] = &[$(Code::$variant),*];

        impl Code {
            /// The code as it stands in `type` after `urn:ifs-adapter:problem:`.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),* } }
            /// HTTP status.
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),* } }
            /// Whether the answer carries `Retry-After`.
            pub const fn retry(self) -> bool { match self { $(Self::$variant => $retry),* } }
            /// Who is to blame: the code's family (`request`, `legacy`, `mapping`, `limit`).
            pub fn blame(self) -> &'static str { self.as_str().split_once('.').map_or("", |(family, _)| family) }
            /// `title`: one English sentence, always the same.
            pub const fn title(self) -> &'static str { match self { $(Self::$variant => $title),* } }
        }
    };
}

codes! {
    RequestPath = "request.path", 404, false, "No operation is served at this path.";
    RequestMethod = "request.method", 405, false, "The operation does not take this method.";
    RequestIdentity = "request.identity", 401, false, "The gateway has not proved who calls.";
    RequestForbidden = "request.forbidden", 403, false, "This caller may not use the operation here.";
    RequestMediaType = "request.media-type", 415, false, "The body must be application/json in UTF-8, not compressed.";
    RequestMalformed = "request.malformed", 400, false, "The body is not one JSON document.";
    RequestInvalid = "request.invalid", 400, false, "Members of the request break the contract.";
    RequestUnknownStudent = "request.unknown-student", 400, false, "The institute does not know this student.";
    RequestUnknownCourse = "request.unknown-course", 400, false, "The institute does not know this course.";
    CursorCut = "request.cursor-cut", 400, false, "The cursor is not whole.";
    CursorAltered = "request.cursor-altered", 400, false, "The cursor is not as the gateway gave it.";
    CursorForm = "request.cursor-form", 400, false, "The cursor is of another version of the gateway.";
    CursorKey = "request.cursor-key", 400, false, "The cursor was sealed with a key that the gateway has no more.";
    CursorOperation = "request.cursor-operation", 400, false, "The cursor is of another operation.";
    CursorFilters = "request.cursor-filters", 400, false, "The cursor was given for other filters.";
    CursorInstitute = "request.cursor-institute", 400, false, "The cursor is of another institute.";
    CursorWalk = "request.cursor-walk", 400, false, "The list that the cursor is of is walked in another way by now.";
    CursorExpired = "request.cursor-expired", 400, false, "The cursor's walk began too long ago.";
    RequestInFlight = "request.in-flight", 503, true, "The same change is being made already.";
    LegacyDown = "legacy.down", 503, true, "The student system cannot be reached.";
    LegacyReset = "legacy.reset", 503, true, "The student system broke the connection off before it answered.";
    LegacySession = "legacy.session", 503, true, "The student system answers, but gave no session.";
    LegacyTimeout = "legacy.timeout", 503, true, "The student system did not answer in time.";
    LegacyBusy = "legacy.busy", 503, true, "The student system is busy.";
    LegacyDenied = "legacy.denied", 503, true, "The student system refused the adapter's own credentials.";
    LegacyProtocol = "legacy.protocol", 500, false, "The student system's answer breaks HTTP, and the gateway refused it.";
    LegacyStatus = "legacy.status", 500, false, "The student system answered with an unexpected status.";
    LegacyError = "legacy.error", 500, false, "The student system answered with an error of its own.";
    LegacyMalformed = "legacy.malformed", 500, false, "The student system's answer could not be read.";
    LegacyTruncated = "legacy.truncated", 500, false, "The student system's answer was cut short.";
    LegacyShape = "legacy.shape", 500, false, "The student system's answer has another shape than the mapping reads.";
    LegacyRule = "legacy.rule", 500, false, "A failure rule cannot be decided on the student system's answer.";
    LegacyCut = "legacy.cut", 500, false, "The student system may have cut a list that the mapping does not page.";
    LegacyPaging = "legacy.paging", 500, false, "The student system gave the same page twice.";
    LegacyMissing = "legacy.missing", 500, false, "The student system's answer lacks a value the mapping must have.";
    LegacyUnsorted = "legacy.unsorted", 500, false, "The student system's list is not in the order the mapping relies on.";
    LegacyMoved = "legacy.moved", 503, true, "The student system's list has changed so that the walk's place is not found.";
    LegacyOutcome = "legacy.outcome-unknown", 503, false, "The change was sent, and nobody knows whether it was made.";
    LegacyUnavailable = "legacy.unavailable", 500, true, "A student system that this API needs was not there when it was last asked.";
    MappingCluster = "mapping.cluster", 500, false, "The gateway knows no cluster of the name the mapping gives.";
    MappingIncomplete = "mapping.incomplete", 500, false, "A call's path lacks a value.";
    MappingRequest = "mapping.request", 500, false, "A call cannot be written with the value it got.";
    MappingValue = "mapping.value", 500, false, "An expression of the mapping failed.";
    MappingAmbiguous = "mapping.ambiguous", 500, false, "A code table has several rows for one key.";
    MappingAnswer = "mapping.answer", 500, false, "The mapping does not fill the contract's answer.";
    MappingUnprobed = "mapping.unprobed", 500, true, "The gateway has not asked the student systems for some time.";
    MappingGateway = "mapping.gateway", 500, false, "The gateway could not run the mapping.";
    KeyUnresolved = "request.key-unresolved", 503, true, "Keys cannot be resolved yet.";
    LimitBody = "limit.body", 413, false, "The request's body is too large.";
    LimitRequestDepth = "limit.request-depth", 400, false, "The request's body is nested too deep.";
    LimitExchanges = "limit.exchanges", 503, true, "Too many requests are in flight.";
    LimitConsumer = "limit.consumer", 429, true, "Too many requests of this consumer are in flight.";
    LimitDeadline = "limit.deadline", 503, true, "The answer was not ready in time.";
    LimitOverflow = "limit.overflow", 503, true, "Too many calls to the student system are in flight.";
    LimitLegacyBody = "limit.legacy-body", 500, false, "An answer of the student system is too large.";
    LimitLegacyTotal = "limit.legacy-total", 500, false, "The answers of the student system are too large together.";
    LimitDepth = "limit.depth", 500, false, "An answer of the student system is nested too deep.";
    LimitCalls = "limit.calls", 500, false, "The request needs too many calls.";
    LimitFanOut = "limit.fan-out", 500, false, "A call would run over too many elements.";
    LimitPages = "limit.pages", 500, false, "A list of the student system has too many pages.";
    LimitRows = "limit.rows", 500, false, "A list of the student system has too many rows.";
    LimitItems = "limit.items", 500, false, "The mapping builds too many items.";
    LimitSteps = "limit.steps", 500, false, "The mapping takes too many steps.";
    LimitChanges = "limit.changes", 503, true, "Too many changes are being made, or have an outcome that nobody knows.";
    LimitCursor = "limit.cursor", 500, false, "A value that the cursor must hold is too long.";
    LimitAnswerItems = "limit.answer-items", 500, false, "The answer has more items than the contract allows.";
}

use crate::value::{DecodeError, JsonWriter};
use crate::wire::Response;

/// Seconds of `Retry-After` when nobody says otherwise.
const RETRY_AFTER: u32 = 30;
/// Greatest `Retry-After` that is passed on, seconds: a sick system must not send consumers away for days.
const RETRY_AFTER_MAX: u32 = 3_600;

/// A member of the request that breaks the contract. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong, in words that are always the same.
    pub detail: &'static str,
}

/// A problem about to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened.
    pub code: Code,
    /// Offending members, for [`Code::RequestInvalid`].
    pub violations: Vec<Violation>,
    /// The system's own `Retry-After`, seconds.
    pub retry_after: Option<u32>,
    /// Why an answer of a system was not understood; for those who count.
    pub unread: Option<Unread>,
}

/// Why an answer of a system was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Its body, or a document in it, was not taken.
    Document(DecodeError),
    /// A failure rule cannot be decided on it.
    Rule,
}

impl Unread {
    /// One word for it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Document(why) => why.label(),
            Self::Rule => "rule",
        }
    }

    /// What tells it from every other.
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Rule => 0,
            Self::Document(why) => 1 | (why as u32) << 1,
        }
    }

    /// What is answered.
    pub const fn code(self) -> Code {
        match self {
            Self::Document(DecodeError::Depth) => Code::LimitDepth,
            Self::Document(DecodeError::Full) => Code::LimitLegacyTotal,
            Self::Document(DecodeError::Column | DecodeError::Root | DecodeError::Members) => Code::LegacyShape,
            Self::Document(_) => Code::LegacyMalformed,
            Self::Rule => Code::LegacyRule,
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, violations: Vec::new(), retry_after: None, unread: None }
    }
}

impl Problem {
    /// Members of the request that break the contract.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Self { violations, ..Self::from(Code::RequestInvalid) }
    }

    /// An answer of a system that was not understood.
    pub fn unread(unread: Unread) -> Self {
        Self { unread: Some(unread), ..Self::from(unread.code()) }
    }

    /// What will be over in a moment.
    pub fn soon(code: Code) -> Self {
        Self { retry_after: Some(1), ..Self::from(code) }
    }

    /// The answer: status, headers and the problem document, with `instance` the request id.
    pub fn response(&self, instance: &str) -> Response {
        let mut w = JsonWriter::default();
        w.object(|w| {
            w.name("type");
            w.text(&format!("urn:ifs-adapter:problem:{}", self.code.as_str()));
            w.name("title");
            w.text(self.code.title());
            w.name("status");
            w.number(crate::value::Number::Int(i64::from(self.code.status())));
            if is_request_id(instance) {
                w.name("instance");
                w.text(instance);
            }
            if !self.violations.is_empty() {
                w.name("errors");
                w.array(|w| {
                    for violation in &self.violations {
                        w.object(|w| {
                            w.name("pointer");
                            w.text(&violation.pointer);
                            w.name("detail");
                            w.text(violation.detail);
                        });
                    }
                });
            }
        });
        let mut headers =
            vec![("content-type", "application/problem+json".to_owned()), ("cache-control", "no-store".to_owned())];
        if self.code.retry() {
            let seconds = self.retry_after.unwrap_or(RETRY_AFTER).min(RETRY_AFTER_MAX);
            headers.push(("retry-after", seconds.to_string()));
        }
        Response { status: self.code.status(), headers, body: w.into_bytes() }
    }
}

/// Whether a text can be a request id. A consumer may choose its own; one that could be something else is not repeated,
/// neither in an answer nor in a log.
pub fn is_request_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_belong_to_a_family() {
        let all: BTreeSet<&str> = CODES.iter().map(|c| c.as_str()).collect();
        assert_eq!(all.len(), CODES.len());
        for code in all {
            let (family, name) = code.split_once('.').unwrap();
            assert!(["request", "legacy", "mapping", "limit"].contains(&family), "{code}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        }
    }

    #[test]
    fn every_problem_that_passes_says_when_to_come_back() {
        // The contract's `/status` has no 503.
        let of_status = [Code::LegacyUnavailable, Code::MappingUnprobed];
        for code in CODES {
            // A change whose outcome nobody knows is not to be asked for again.
            let again = *code != Code::LegacyOutcome;
            let passes = matches!(code.status(), 429 | 503) && again || of_status.contains(code);
            assert_eq!(code.retry(), passes, "{}", code.as_str());
        }
    }

    #[test]
    fn nobody_is_sent_away_for_more_than_an_hour() {
        let header = |retry_after| {
            let headers = Problem { retry_after, ..Problem::from(Code::LegacyBusy) }.response("id-1").headers;
            headers.into_iter().find(|(name, _)| *name == "retry-after").unwrap().1
        };
        assert_eq!(header(None), "30");
        assert_eq!(header(Some(3_600)), "3600");
        assert_eq!(header(Some(3_601)), "3600");
        assert_eq!(header(Some(u32::MAX)), "3600");
    }

    #[test]
    fn a_problem_is_written_as_rfc_9457_says() {
        let problem = Problem::invalid(vec![Violation { pointer: "/tax_code".to_owned(), detail: "is missing" }]);
        let response = problem.response("id-1");
        assert_eq!(
            String::from_utf8(response.body).unwrap(),
            r#"{"type":"urn:ifs-adapter:problem:request.invalid","title":"Members of the request break the contract.","status":400,"instance":"id-1","errors":[{"pointer":"/tax_code","detail":"is missing"}]}"#
        );
    }
}
