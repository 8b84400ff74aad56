//! The door: every event comes in here, and a request's head is judged here, once. What is admitted is a token that
//! nobody else can make and that is used up with the body.

use crate::answers::Answers;
use crate::bundle::SystemIndex;
use crate::contract::{self, Operation};
use crate::counter::Target;
use crate::identity::Trust;
use crate::outbox::{Action, answered};
use crate::plan::Plan;
use crate::problem::{Code, Problem, Violation};
use crate::trace_context::{self, Headers};
use crate::wire::{CallId, CallRequest, CallResult, Caller, ExchangeId, Head, Response, STEWARD};

/// What the engine says to a head.
#[derive(Debug)]
pub enum Verdict {
    /// It is answered from the head alone.
    Answered {
        /// What is to be done.
        actions: Vec<Action>,
        /// What is amiss with the caller of a head that is answered 401 or 403: one of the words of `docs/trust.md`, for
        /// the operator's log alone.
        reason: Option<&'static str>,
    },
    /// The body is to be read.
    Admitted(Admission),
}

/// A request whose head was admitted. [`crate::Engine::head`] alone makes one, for an engine of the same bundle and
/// trust; [`Event::Request`] or [`Event::TooLarge`] uses it up.
#[derive(Debug)]
pub struct Admission {
    pub(crate) id: ExchangeId,
    pub(crate) operation: &'static Operation,
    pub(crate) instance: String,
    pub(crate) trace: Headers,
    pub(crate) caller: Caller,
    limit: usize,
}

impl Admission {
    /// The request it is of.
    pub fn id(&self) -> ExchangeId {
        self.id
    }

    /// Most bytes of the body. Of a longer one nothing more need be read: [`Event::TooLarge`].
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// What is asked for.
    pub fn target(&self) -> Target {
        Target::from(self.operation)
    }
}

/// What has happened.
#[derive(Debug)]
pub enum Event {
    /// A request is here, whole.
    Request {
        /// Its head.
        admission: Admission,
        /// Its body. One over the limit is refused here, too.
        body: Vec<u8>,
    },
    /// A request's body is longer than [`Admission::limit`].
    TooLarge(Admission),
    /// A call has ended. Of one that the engine no longer knows the answer is discarded, and counted if it was a request's.
    Ended {
        /// The call; it knows whose it is.
        call: CallId,
        /// How.
        result: CallResult,
    },
    /// A call was not sent, as the host has no room for another to that system: it waits for its turn.
    NoRoom {
        /// The call.
        call: CallId,
        /// As it was to be sent.
        request: CallRequest,
    },
    /// A call was sent, and the host will tell nobody how it ends. One that reads waits for its turn once more; of one that
    /// changes something nobody knows what became of it, which the next [`Event::Timer`] acts on.
    Lost {
        /// The call.
        call: CallId,
        /// As it was sent.
        request: CallRequest,
    },
    /// The consumer has gone: no further call starts, and what comes back is discarded.
    Abandoned(ExchangeId),
    /// Time has passed: exchanges whose deadline is over end, and calls that wait get their turn. What comes of it may be of
    /// several exchanges. A shell says so every few milliseconds while [`crate::Engine::is_call_waiting`], from a context that
    /// outlives requests; otherwise it need not, as timeouts of calls end exchanges.
    Timer,
    /// Time has passed for the steward: if this engine is the one of all over the store that keeps sessions warm and asks the
    /// systems whether they are there, it does; and it tells the others that it is there. A shell says so about once a second
    /// if there are others, or [`crate::Engine::needs_steward`], from a context that outlives requests, as the calls are
    /// [`crate::STEWARD`]'s.
    Steward,
}

impl Event {
    /// Whose the actions are that come of it: an exchange's own, the steward's own. None where they may be of several
    /// exchanges.
    pub fn owner(&self) -> Option<ExchangeId> {
        match self {
            Self::Request { admission, .. } | Self::TooLarge(admission) => Some(admission.id),
            Self::Ended { call, .. } | Self::NoRoom { call, .. } | Self::Lost { call, .. } => Some(call.owner()),
            Self::Abandoned(id) => Some(*id),
            Self::Timer => None,
            Self::Steward => Some(STEWARD),
        }
    }
}

/// Judges a head. Order: path, method, trust, query, media type, declared length. `there` says what is amiss with the
/// systems that an API needs, where its status is asked.
pub(crate) fn judge(
    plan: &Plan,
    trust: &Trust,
    answers: Answers,
    there: &dyn Fn(&[SystemIndex]) -> Result<(), Problem>,
    id: ExchangeId,
    head: Head,
) -> Verdict {
    let (path, query) = head.path.split_once('?').map_or((head.path.as_str(), None), |(p, q)| (p, Some(q)));
    let target = target(plan, path);
    let refusal = match target {
        Target::Operation(asked) => {
            let operation = asked.operation();
            match refusal(plan, trust, operation, &head, query) {
                None => {
                    let trace = trace_context::headers(&head.headers);
                    let limit = usize::try_from(most(plan, operation)).unwrap_or(usize::MAX);
                    let Head { instance, caller, .. } = head;
                    return Verdict::Admitted(Admission { id, operation, instance, trace, caller, limit });
                }
                Some(refusal) => refusal,
            }
        }
        Target::Status(api) if head.method == "GET" => match there(plan.needed(api).unwrap_or_default()) {
            Ok(()) => {
                return Verdict::Answered { actions: answered(answers, id, target, None, running()), reason: None };
            }
            Err(problem) => Refusal { problem, header: None, reason: None },
        },
        Target::Status(_) => Refusal::method("GET"),
        Target::None => Refusal::from(Code::RequestPath),
    };
    let Refusal { problem, header, reason } = refusal;
    let mut response = problem.response(&head.instance);
    response.headers.extend(header);
    Verdict::Answered { actions: answered(answers, id, target, Some(problem.code), response), reason }
}

/// What a path asks of a bundle.
fn target(plan: &Plan, path: &str) -> Target {
    if let Some(operation) = contract::route(path).filter(|o| plan.operation(o.id).is_some()) {
        return Target::from(operation);
    }
    contract::status_route(path).filter(|api| plan.needed(*api).is_some()).map_or(Target::None, Target::Status)
}

/// A head that is refused.
#[derive(Debug)]
struct Refusal {
    /// Why.
    problem: Problem,
    /// What belongs to its status: `allow` with 405 the method the path takes, `www-authenticate` with 401 and 403.
    header: Option<(&'static str, String)>,
    /// What was amiss with the caller, for the operator alone.
    reason: Option<&'static str>,
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { problem: Problem::from(code), header: None, reason: None }
    }
}

impl Refusal {
    /// For another method than the one that the path takes.
    fn method(allow: &str) -> Self {
        Self { header: Some(("allow", allow.to_owned())), ..Self::from(Code::RequestMethod) }
    }
}

/// Why a head that asks for an operation is refused; none if it is not.
fn refusal(plan: &Plan, trust: &Trust, operation: &Operation, head: &Head, query: Option<&str>) -> Option<Refusal> {
    if head.method != "POST" {
        return Some(Refusal::method("POST"));
    }
    if let Err(denied) = trust.admit(operation, head) {
        let header = denied.challenge(operation).map(|challenge| ("www-authenticate", challenge));
        return Some(Refusal { header, reason: Some(denied.reason), ..Refusal::from(denied.code) });
    }
    if query.is_some() {
        // Tax codes must not travel in URLs; a consumer that tries is told.
        let detail = "the operation takes no query parameters";
        let problem = Problem::invalid(vec![Violation { pointer: String::new(), detail }]);
        return Some(Refusal { problem, header: None, reason: None });
    }
    if !is_json(&head.headers) {
        return Some(Refusal::from(Code::RequestMediaType));
    }
    let length = header(&head.headers, "content-length").and_then(|l| l.parse::<u64>().ok());
    length.is_some_and(|l| l > most(plan, operation)).then(|| Refusal::from(Code::LimitBody))
}

/// Most bytes of a request's body.
fn most(plan: &Plan, operation: &Operation) -> u64 {
    plan.limits().room(operation.does.writes())
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// `application/json`, UTF-8 if it says, not compressed (T-06).
fn is_json(headers: &[(String, String)]) -> bool {
    if header(headers, "content-encoding").is_some_and(|e| !e.eq_ignore_ascii_case("identity")) {
        return false;
    }
    let Some(media_type) = header(headers, "content-type") else { return false };
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("");
    essence.eq_ignore_ascii_case("application/json")
        && parts
            .filter_map(|p| p.split_once('='))
            .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

/// The answer to `GET /status`: the systems that the API needs are there.
fn running() -> Response {
    Response { status: 204, headers: vec![("cache-control", "no-store".to_owned())], body: Vec::new() }
}
