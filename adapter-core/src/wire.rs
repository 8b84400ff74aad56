//! What crosses the engine's border: names, time, a request's head and answer, calls and how they ended. Plain data
//! that everything may use; what an engine asks its shell to do stands in [`crate::outbox`].

/// Names one request in flight. Chosen by the shell, unique while the request lives, and never 0 ([`STEWARD`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExchangeId(pub u32);

/// Names one call in flight, and says whose it is. Chosen by the engine, not used again among 2³² calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId {
    owner: ExchangeId,
    number: u32,
}

impl CallId {
    /// A call of an exchange's, or of the steward's.
    pub const fn new(owner: ExchangeId, number: u32) -> Self {
        Self { owner, number }
    }

    /// The exchange it belongs to, or [`STEWARD`].
    pub const fn owner(self) -> ExchangeId {
        self.owner
    }

    /// What tells it from its owner's others.
    pub const fn number(self) -> u32 {
        self.number
    }
}

/// Says what time it is, when it is asked: a host may charge for its clock, and few events need the one on the wall.
pub trait Time {
    /// As [`Clock::now_ms`].
    fn now_ms(&self) -> i64;
    /// As [`Clock::tick_ms`].
    fn tick_ms(&self) -> u64;
}

/// What time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Wall clock, milliseconds since 1970-01-01T00:00:00Z. Decides `today`; fixed in tests.
    pub now_ms: i64,
    /// Monotonic clock, milliseconds from any origin. Decides deadlines; never fixed.
    pub tick_ms: u64,
}

impl Clock {
    /// What time it is said to be.
    pub(crate) fn at(time: &dyn Time) -> Self {
        Self { now_ms: time.now_ms(), tick_ms: time.tick_ms() }
    }
}

impl Time for Clock {
    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn tick_ms(&self) -> u64 {
        self.tick_ms
    }
}

/// A request's head: all that is known before its body.
#[derive(Clone, Debug)]
pub struct Head {
    /// Method, as sent.
    pub method: String,
    /// Path with query, as sent.
    pub path: String,
    /// Headers with lower-case names, without pseudo-headers.
    pub headers: Vec<(String, String)>,
    /// The request id (`x-request-id`); becomes `instance` of a problem.
    pub instance: String,
    /// Whether the connection's destination address is a loopback address.
    pub loopback: bool,
    /// Who sends it, as [`crate::Engine::trust`] identifies it.
    pub caller: Caller,
}

/// Who calls, as the gateway proved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The consumer's PDND client; what a partner calls itself.
    pub client_id: String,
    /// The organisation; a partner's issuer.
    pub consumer_id: String,
    /// PDND's purpose. No partner has one.
    pub purpose_id: Option<String>,
    /// The token's name.
    pub jti: Option<String>,
    /// Whom PDND issued the voucher for.
    pub producer_id: Option<String>,
    /// The e-service PDND issued the voucher for.
    pub eservice_id: Option<String>,
    /// Its version.
    pub descriptor_id: Option<String>,
    /// A partner's own token: it chose all of its claims but the issuer.
    pub partner: bool,
}

/// What the gateway proved of a request's sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    /// Nothing.
    #[default]
    Nobody,
    /// Names of GovWay's, on a connection that is not one of its.
    Stranger,
    /// Something that does not count, and why: one of the words of `docs/trust.md`, or the claim that is missing or malformed.
    Refused(&'static str),
    /// Who it is.
    Known(Box<Identity>),
}

/// An answer to the consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers; names are lower-case.
    pub headers: Vec<(&'static str, String)>,
    /// Body; empty for 204.
    pub body: Vec<u8>,
}

/// A call for the shell to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    /// The call's name in the mapping; safe to log.
    pub name: String,
    /// Envoy's cluster.
    pub cluster: String,
    /// `:authority`.
    pub authority: String,
    /// HTTP method.
    pub method: &'static str,
    /// Path with query. Personal: never logged.
    pub path: String,
    /// Headers with lower-case names, without pseudo-headers.
    pub headers: Vec<(String, String)>,
    /// Body; empty if none.
    pub body: Vec<u8>,
    /// Longest wait in milliseconds, ≥ 1.
    pub timeout_ms: u64,
    /// Most bytes of the answer's body; a longer one is [`CallResult::TooLarge`], not copied.
    pub body_limit: usize,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub enum CallResult {
    /// The system answered, whole.
    Answer {
        /// HTTP status.
        status: u16,
        /// Headers with lower-case names, without pseudo-headers.
        headers: Vec<(String, String)>,
        /// Body, not longer than the call's limit.
        body: Vec<u8>,
    },
    /// Not sent: refused, no connection, no healthy host.
    Unreachable,
    /// Sent, or perhaps sent, and the connection broke off before an answer.
    Reset,
    /// Sent and answered, but not in HTTP that the host takes.
    Protocol,
    /// The host stopped waiting.
    TimedOut,
    /// The host would not send it: its circuit breaker is full.
    Overflow,
    /// Cut short, or over the host's own limit.
    Truncated,
    /// Over the call's limit.
    TooLarge,
    /// The host knows no such cluster.
    NoCluster,
}

/// Owner of the steward's calls. No request has it.
pub const STEWARD: ExchangeId = ExchangeId(0);
