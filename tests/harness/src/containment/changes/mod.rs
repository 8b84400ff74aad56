//! Changes (IFS04, IFS05) while something goes wrong: for each place at which the connection, the system, the consumer or
//! the VM can fail, how many writes the office has received, what the consumer was told, and what is told to whoever asks for the same again.

mod cuts;
mod flying;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use university::{Match, Server};

use crate::expect::show;
use crate::http::{self, Answer};
use crate::population::post;

pub(super) use cuts::run as cuts;
pub(super) use flying::run as flying;

/// A word in all that people write here: no log may have it.
const SECRET: &str = "Zanzibarissima";

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a student writes: with quotes, marks of XML, and signs that a system's charset may lack.
fn words() -> String {
    format!("{SECRET} 'é' \"<&>\" \u{1f393}")
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ask,
    Report,
    TakeBack,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Ask, Self::Report, Self::TakeBack];

    fn path(self) -> &'static str {
        match self {
            Self::Ask => "/ifs04/academic-enrollment-change-request",
            Self::Report => "/ifs04/enrollments-issues",
            Self::TakeBack => "/ifs04/academic-enrollment-change-request-cancellation",
        }
    }

    /// Of a student; what is taken back is `code`.
    fn request(self, student: &str, code: &str) -> Value {
        match self {
            Self::Ask => json!({ "tax_code": student, "note": words() }),
            Self::Report => json!({
                "subscriber_id": "1", "subscriber_name": "Comune", "subscriber_message": SECRET,
                "data_request": "2026-03-01", "personal_data": { "tax_code": student },
            }),
            Self::TakeBack => json!({ "tax_code": student, "file_code": code }),
        }
    }

    /// The one call of a pack that writes it.
    fn write(self, pack: &str) -> Match {
        let rest = |method: &str, path: &str| Match {
            method: Some(method.to_owned()),
            path: Some(format!("/e3rest/api/ifs/{path}")),
            ..Match::default()
        };
        let soap = |word: &str| Match { body: Some(word.to_owned()), ..Match::default() };
        match (pack, self) {
            ("esse3-rest", Self::Ask) => rest("POST", "richieste"),
            ("esse3-rest", Self::Report) => rest("POST", "segnalazioni"),
            ("esse3-rest", Self::TakeBack) => rest("PUT", "richieste/*"),
            // The documents' roots, escaped inside the envelope; what is read names its lists in the plural.
            (_, Self::Ask) => soap("RETTIFICA&gt;"),
            (_, Self::Report) => soap("SEGNALAZIONE&gt;"),
            (_, Self::TakeBack) => soap("ANNULLA&gt;"),
        }
    }
}

fn ask(to: SocketAddr, kind: Kind, student: &str, code: &str) -> Result<Answer, String> {
    let request = post(kind.path(), &kind.request(student, code));
    http::send(to, &request, PATIENCE, usize::MAX).map_err(|failure| format!("{failure:?}"))
}

/// Writes that the office has received.
fn received(office: &Server) -> u64 {
    office.received().values().sum()
}

/// The answer's own words for its outcome, or the problem's code.
fn told(answer: &Answer) -> String {
    let tree: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| tree.get(name).and_then(Value::as_str).map(str::to_owned);
    let outcome = match answer.status {
        200 => text("response_code").or_else(|| text("file_status")),
        _ => text("type").and_then(|kind| kind.rsplit(':').next().map(str::to_owned)),
    };
    outcome.unwrap_or_else(|| show(&answer.body))
}
