//! What is measured: families of metrics with labels. A label's value is an operation of the contract, a problem's code,
//! a rule, or a name of the bundle; never anything of a request or an answer.
//!
//! A host knows names only, so labels stand in the name as `;key=value`, and the gateway's configuration cuts them out
//! (`stats_tags`). [`Counter::name`] is the one place where a name is made.

use crate::bundle::SystemIndex;
use crate::contract::{self, Effect, OperationId, api_name};
use crate::plan::Plan;
use crate::problem::{Code, Unread};
use crate::wire::CallResult;

/// Begins every family's name.
const PREFIX: &str = "ifs_adapter_";

/// Most characters of a label's value: what a bundle names is the operator's text.
const LONGEST: usize = 72;

/// How a family is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Is set.
    Gauge,
    /// Values that are sorted into buckets.
    Histogram,
}

/// What a request asked for, as it is labelled; `none` where nothing is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing that is served.
    None,
    /// `/status` of the API of this number.
    Status(u8),
    /// An operation.
    Operation(OperationId),
}

impl Target {
    /// Number of the API; 0 for none.
    pub fn api(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Status(api) => api,
            Self::Operation(id) => id.api(),
        }
    }

    /// `IFS02.1`, or `status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Status(_) => "status",
            Self::Operation(id) => id.name(),
        }
    }

    /// What tells it from every other.
    fn number(self) -> usize {
        match self {
            Self::None => 0,
            Self::Status(api) => usize::from(api),
            Self::Operation(id) => (id as usize).saturating_add(10),
        }
    }
}

impl From<&contract::Operation> for Target {
    fn from(operation: &contract::Operation) -> Self {
        Self::Operation(operation.id)
    }
}

/// What became of a change that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// The system made it.
    Accepted,
    /// It was not sent: the institute's rules say no.
    Rejected,
    /// The system said no.
    Refused,
    /// It was not sent, and may be asked for again.
    NotSent,
    /// It was not sent: the same is on its way, or was sent and its outcome is not known.
    Repeated,
    /// It was sent, and the system did not take it.
    Failed,
    /// It was sent, and its outcome is not known.
    Unknown,
}

impl Became {
    /// One word for it, in metrics and in the log.
    pub fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::NotSent => "not-sent",
            Self::Repeated => "repeated",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// How a call to a system ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a status of 2xx.
    Ok,
    /// With a status of 1xx, 3xx or 4xx; the mapping says whether that is a failure.
    Status,
    /// With a status of 5xx.
    Error,
    /// [`CallResult::Unreachable`].
    Unreachable,
    /// [`CallResult::Reset`].
    Reset,
    /// [`CallResult::Protocol`].
    Protocol,
    /// [`CallResult::TimedOut`].
    Timeout,
    /// [`CallResult::Overflow`].
    Overflow,
    /// [`CallResult::Truncated`].
    Truncated,
    /// [`CallResult::TooLarge`].
    TooLarge,
    /// [`CallResult::NoCluster`].
    NoCluster,
}

impl Ended {
    /// How it ended.
    pub fn of(result: &CallResult) -> Self {
        match result {
            CallResult::Answer { status: 200..=299, .. } => Self::Ok,
            CallResult::Answer { status: 500.., .. } => Self::Error,
            CallResult::Answer { .. } => Self::Status,
            CallResult::Unreachable => Self::Unreachable,
            CallResult::Reset => Self::Reset,
            CallResult::Protocol => Self::Protocol,
            CallResult::TimedOut => Self::Timeout,
            CallResult::Overflow => Self::Overflow,
            CallResult::Truncated => Self::Truncated,
            CallResult::TooLarge => Self::TooLarge,
            CallResult::NoCluster => Self::NoCluster,
        }
    }

    /// Labels `outcome` and `blame`.
    fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Ok => ("ok", "none"),
            Self::Status => ("status", "none"),
            Self::Error => ("error", "legacy"),
            Self::Unreachable => ("unreachable", "legacy"),
            Self::Reset => ("reset", "legacy"),
            Self::Protocol => ("protocol", "legacy"),
            Self::Timeout => ("timeout", "legacy"),
            Self::Overflow => ("overflow", "limit"),
            Self::Truncated => ("truncated", "legacy"),
            Self::TooLarge => ("too-large", "limit"),
            Self::NoCluster => ("no-cluster", "mapping"),
        }
    }
}

/// What became of a session with a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// A request opened it.
    Opened,
    /// The system refused it to a request.
    Refused,
    /// The system called it expired.
    Expired,
    /// The steward opened or renewed it.
    Kept,
    /// The system refused it to the steward.
    KeptRefused,
    /// The steward closed it.
    Closed,
}

impl Session {
    fn label(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Kept => "kept",
            Self::KeptRefused => "kept-refused",
            Self::Closed => "closed",
        }
    }
}

/// How a student was asked for by key, where an index has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// There is one.
    Found,
    /// It is nobody's.
    Unknown,
    /// Neither can be said.
    NotYet,
}

/// What is known of an index from keys to students.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyGauge {
    /// 0: it is not complete; 1: it is, and too old to say who is nobody; 2: it is fresh.
    State,
    /// Seconds since it was begun.
    Age,
    /// Students that it has.
    Students,
    /// Rows without a tax code, which it has not.
    LeftOut,
    /// Bytes of its entries.
    Bytes,
    /// Students of the next one, as far as it is made; 0 while none is.
    Building,
}

impl KeyGauge {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::State, Self::Age, Self::Students, Self::LeftOut, Self::Bytes, Self::Building];

    fn family(self) -> &'static str {
        match self {
            Self::State => "key_index_state",
            Self::Age => "key_index_age_seconds",
            Self::Students => "key_index_students",
            Self::LeftOut => "key_index_left_out",
            Self::Bytes => "key_index_bytes",
            Self::Building => "key_index_building_students",
        }
    }
}

/// One series: a family and the values of its labels. Systems stand as their place in the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Requests answered.
    Answers {
        /// What was asked for.
        target: Target,
        /// HTTP status.
        status: u16,
        /// The problem; none if it went well.
        problem: Option<Code>,
    },
    /// Calls that ended.
    Calls {
        /// The system.
        system: SystemIndex,
        /// How.
        ended: Ended,
    },
    /// Times a rule of the contract changed or dropped data.
    Settled(Effect),
    /// Sessions with a system.
    Sessions {
        /// The system.
        system: SystemIndex,
        /// What became of one.
        event: Session,
    },
    /// Answers of a system that were not understood.
    Unread {
        /// The system.
        system: SystemIndex,
        /// Why.
        why: Unread,
    },
    /// Times the steward asked a system whether it is there.
    Probes {
        /// The system.
        system: SystemIndex,
        /// Whether it answered as one does that is.
        up: bool,
    },
    /// What became of changes that were asked for.
    Changes {
        /// What was asked for.
        target: Target,
        /// What became of it.
        became: Became,
    },
    /// Students who were asked for by key, where an index has them.
    KeyLookups(Lookup),
    /// What is known of the index. The steward sets it.
    KeyIndex(KeyGauge),
    /// Times a list that the index is made of could not be read on, by the problem.
    KeyIndexFailures(Code),
    /// Calls that were not made, as their answer was kept, by system.
    CacheHits(SystemIndex),
    /// Calls that waited for their turn, by system: the gateway had no room for another.
    CallsWaited(SystemIndex),
    /// Answers of systems that came after their exchange was over.
    LateAnswers,
    /// Exchanges whose consumer went away.
    Abandoned(Target),
    /// Bytes of requests' bodies.
    RequestBytes(Target),
    /// Bytes of answers' bodies.
    AnswerBytes(Target),
    /// Bytes of the bodies of calls, by system.
    CallSentBytes(SystemIndex),
    /// Bytes of the bodies that systems answered, by system.
    CallReceivedBytes(SystemIndex),
    /// Time in which the engine ran for a request, microseconds; on a busy machine more than the CPU it had. A shell
    /// measures it.
    Mapping(Target),
    /// Time from a request's last byte to its answer that was not spent in the engine, milliseconds. A shell measures it.
    Waiting(Target),
    /// The running bundle: 1, or 0 once another has taken its place. A shell sets it.
    BundleInfo,
    /// Times something was not counted, as there are too many series or the host will not have one. A shell counts it.
    Uncounted,
}

impl Counter {
    /// What it is one of: the family's name after the prefix, and how it is measured.
    fn family(self) -> (&'static str, Kind) {
        match self {
            Self::Answers { .. } => ("answers_total", Kind::Counter),
            Self::Calls { .. } => ("calls_total", Kind::Counter),
            Self::Settled(_) => ("settled_total", Kind::Counter),
            Self::Sessions { .. } => ("sessions_total", Kind::Counter),
            Self::Unread { .. } => ("unread_total", Kind::Counter),
            Self::Probes { .. } => ("probes_total", Kind::Counter),
            Self::Changes { .. } => ("changes_total", Kind::Counter),
            Self::KeyLookups(_) => ("key_lookups_total", Kind::Counter),
            Self::KeyIndex(gauge) => (gauge.family(), Kind::Gauge),
            Self::KeyIndexFailures(_) => ("key_index_failures_total", Kind::Counter),
            Self::CacheHits(_) => ("cache_hits_total", Kind::Counter),
            Self::CallsWaited(_) => ("calls_waited_total", Kind::Counter),
            Self::LateAnswers => ("late_answers_total", Kind::Counter),
            Self::Abandoned(_) => ("abandoned_total", Kind::Counter),
            Self::RequestBytes(_) => ("request_bytes_total", Kind::Counter),
            Self::AnswerBytes(_) => ("answer_bytes_total", Kind::Counter),
            Self::CallSentBytes(_) => ("call_sent_bytes_total", Kind::Counter),
            Self::CallReceivedBytes(_) => ("call_received_bytes_total", Kind::Counter),
            Self::Mapping(_) => ("mapping_microseconds", Kind::Histogram),
            Self::Waiting(_) => ("waiting_milliseconds", Kind::Histogram),
            Self::BundleInfo => ("bundle_info", Kind::Gauge),
            Self::Uncounted => ("uncounted_total", Kind::Counter),
        }
    }

    /// A small key: what has the same one has the same name. The other way round it need not hold, as several rows of a
    /// rule may do the same.
    pub fn key(self) -> (u32, usize) {
        let (tag, part, place) = match self {
            Self::Answers { target, status, problem } => {
                let code = problem.map_or(0, |code| 1 | (code as u32) << 1);
                (0, code << 14 | u32::from(status), target.number())
            }
            Self::Calls { system, ended } => (1, ended as u32, system.at()),
            Self::Settled(effect) => {
                let (part, place) = effect.number();
                (2, part, place)
            }
            Self::Sessions { system, event } => (3, event as u32, system.at()),
            Self::CacheHits(system) => (4, 0, system.at()),
            Self::LateAnswers => (5, 0, 0),
            Self::Abandoned(target) => (6, 0, target.number()),
            Self::RequestBytes(target) => (7, 0, usize::from(target.api())),
            Self::AnswerBytes(target) => (8, 0, usize::from(target.api())),
            Self::CallSentBytes(system) => (9, 0, system.at()),
            Self::CallReceivedBytes(system) => (10, 0, system.at()),
            Self::Mapping(target) => (11, 0, target.number()),
            Self::Waiting(target) => (12, 0, target.number()),
            Self::BundleInfo => (13, 0, 0),
            Self::Uncounted => (14, 0, 0),
            Self::Unread { system, why } => (15, why.number(), system.at()),
            Self::Probes { system, up } => (16, u32::from(up), system.at()),
            Self::CallsWaited(system) => (17, 0, system.at()),
            Self::Changes { target, became } => (18, became as u32, target.number()),
            Self::KeyLookups(lookup) => (19, lookup as u32, 0),
            Self::KeyIndex(gauge) => (20, gauge as u32, 0),
            Self::KeyIndexFailures(code) => (21, code as u32, 0),
        };
        (tag << 24 | part, place)
    }

    /// How it is measured.
    pub fn kind(self) -> Kind {
        self.family().1
    }

    /// Its stable name, labels in it: `ifs_adapter_settled_total;institute=16;rule=IFS02.1-S1.window`.
    #[cold] // once for each series
    pub fn name(self, plan: &Plan) -> String {
        let mut name = Name([PREFIX, self.family().0].concat());
        name.label("institute", &plan.institute().code);
        let system = |name: &mut Name, at: SystemIndex| {
            name.label("system", plan.systems().get(at.at()).map_or("none", |s| s.name.as_str()));
        };
        match self {
            Self::Answers { target, status, problem } => {
                name.label("api", api_name(target.api()));
                name.label("operation", target.name());
                name.label("status", &status.to_string());
                name.label("outcome", outcome(problem));
                name.label("blame", problem.map_or("none", Code::blame));
            }
            Self::Calls { system: at, ended } => {
                let (outcome, blame) = ended.labels();
                system(&mut name, at);
                name.label("outcome", outcome);
                name.label("blame", blame);
            }
            Self::Settled(effect) => name.label("rule", &effect.label()),
            Self::Sessions { system: at, event } => {
                system(&mut name, at);
                name.label("event", event.label());
            }
            Self::Unread { system: at, why } => {
                system(&mut name, at);
                name.label("outcome", why.label());
            }
            Self::Probes { system: at, up } => {
                system(&mut name, at);
                name.label("result", if up { "up" } else { "down" });
            }
            Self::KeyLookups(lookup) => name.label(
                "result",
                match lookup {
                    Lookup::Found => "found",
                    Lookup::Unknown => "unknown",
                    Lookup::NotYet => "not-yet",
                },
            ),
            Self::KeyIndexFailures(code) => {
                name.label("outcome", code.as_str());
                name.label("blame", code.blame());
            }
            Self::CacheHits(at) | Self::CallsWaited(at) | Self::CallSentBytes(at) | Self::CallReceivedBytes(at) => {
                system(&mut name, at)
            }
            Self::Changes { target, became } => {
                name.label("operation", target.name());
                name.label("outcome", became.label());
            }
            Self::LateAnswers | Self::Uncounted | Self::KeyIndex(_) => {}
            Self::RequestBytes(target) | Self::AnswerBytes(target) => name.label("api", api_name(target.api())),
            Self::Abandoned(target) | Self::Mapping(target) | Self::Waiting(target) => {
                name.label("operation", target.name());
            }
            Self::BundleInfo => {
                name.label("digest", plan.digest());
                name.label("contract", plan.contract());
                name.label("version", env!("CARGO_PKG_VERSION"));
            }
        }
        name.0
    }
}

/// The label `outcome` of an answer: `ok`, or the problem's code.
pub fn outcome(problem: Option<Code>) -> &'static str {
    problem.map_or("ok", Code::as_str)
}

/// The name of the counter of configurations, which has no bundle to be named after.
pub fn configurations(accepted: bool) -> String {
    let mut name = Name([PREFIX, "configurations_total"].concat());
    name.label("result", if accepted { "accepted" } else { "refused" });
    name.0
}

/// A name that is being made.
struct Name(String);

impl Name {
    #[cold]
    fn label(&mut self, key: &str, value: &str) {
        self.0.extend([";", key, "="]);
        // What a bundle names may be any text; what would end the label is not let in.
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        self.0.extend(value.chars().take(LONGEST).map(plain));
    }
}
