//! The call adapter: what the host makes of a call, and what its answers mean. Every quirk of dispatching lives here.

use adapter_core::{CallId, CallRequest, CallResult};

use crate::host::{self, Headers, Status};

/// Set by the host on every answer that came from a system; its own 503 and 504 lack it.
const FROM_SYSTEM: &str = "x-envoy-upstream-service-time";

/// Set by the host on the 503 of a circuit breaker.
const OVERLOADED: &str = "x-envoy-overloaded";

/// Set by the gateway's own listener between here and a system on what the host says there in the system's place.
const RELAY_OWN: &str = "x-ifs-relay";

/// Most bytes of what the host says in an answer's place.
const LONGEST_WORD: usize = 256;

/// Headers that belong to the connection or to the host. `x-envoy-…` would even make the host repeat a POST.
const FORBIDDEN: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// By how much the host's timers may be early, milliseconds: they count from when the host last looked at its clock.
const EARLY_MS: u64 = 50;

/// A call in flight.
#[derive(Clone, Copy, Debug)]
pub struct Flight {
    /// Its name.
    pub call: CallId,
    /// The most bytes its answer may have.
    limit: usize,
    /// When its time is up, milliseconds of the monotonic clock.
    until: u64,
}

impl Flight {
    /// A call that is sent at `tick_ms`.
    fn new(call: CallId, request: &CallRequest, tick_ms: u64) -> Self {
        Self { call, limit: request.body_limit, until: tick_ms.saturating_add(request.timeout_ms) }
    }
}

/// Sends a call at `tick_ms`. Gives the host's token for its answer, and what is to be remembered until then.
///
/// # Errors
/// The call's result, where the host would not send it.
pub fn send(call: CallId, request: &CallRequest, tick_ms: u64) -> Result<(u32, Flight), CallResult> {
    if !sendable(request) {
        host::error(&format!("call {}: not sent, as it holds control characters", request.name));
        return Err(CallResult::Unreachable);
    }
    let mut headers =
        vec![(":method", request.method), (":path", request.path.as_str()), (":authority", request.authority.as_str())];
    let own = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    headers.extend(own.filter(|(name, _)| allowed(name)));
    let sent = host::dispatch(&request.cluster, &headers, &request.body, timeout(request.timeout_ms));
    match sent {
        Ok(token) => Ok((token, Flight::new(call, request, tick_ms))),
        Err(status) => {
            let result = not_sent(status);
            // A call that has no room waits, and is tried again and again.
            if !matches!(result, CallResult::Overflow) {
                host::warn(&format!("call {}: not sent ({status:?})", request.name));
            }
            Err(result)
        }
    }
}

/// How the call ended whose callback runs. `headers` and `body` are what the callback was told of their sizes; a body
/// over the call's limit is not copied. `tick_ms` reads the monotonic clock, which few ends need.
pub fn receive(flight: Flight, headers: usize, body: usize, tick_ms: impl FnOnce() -> u64) -> CallResult {
    if headers == 0 {
        return cut(flight, tick_ms());
    }
    let Ok(headers) = host::call_headers() else { return CallResult::Truncated };
    let said = || host::call_body(body.min(LONGEST_WORD)).unwrap_or_default();
    match classify(headers, body, flight.limit, said) {
        Ok((status, headers)) => match host::call_body(body) {
            Ok(bytes) if bytes.len() == body => CallResult::Answer { status, headers, body: bytes },
            _ => CallResult::Truncated,
        },
        Err(result) => result,
    }
}

/// What an answer without headers means: the host says the same of a body that broke off and of one that was still
/// coming when the call's time was up.
fn cut(flight: Flight, tick_ms: u64) -> CallResult {
    if tick_ms.saturating_add(EARLY_MS) < flight.until { CallResult::Truncated } else { CallResult::TimedOut }
}

/// Whether the host takes it as one request. The host checks neither path nor values for line ends.
fn sendable(request: &CallRequest) -> bool {
    let clean = |text: &str| !text.bytes().any(|b| b < 0x20 || b == 0x7f);
    let path = |text: &str| clean(text) && !text.contains(' ');
    let mut headers = request.headers.iter();
    path(&request.path) && path(&request.authority) && headers.all(|(name, value)| path(name) && clean(value))
}

/// The host takes whole milliseconds in 32 bits and reads 0 as "for ever".
fn timeout(ms: u64) -> u64 {
    ms.clamp(1, u64::from(u32::MAX))
}

fn allowed(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(':') && !name.starts_with("x-envoy-") && !FORBIDDEN.contains(&name)
}

/// What a refusal to send means. The host does not tell a full circuit breaker from having no healthy host; both mean
/// that the system has no room for this call now.
fn not_sent(status: Status) -> CallResult {
    match status {
        Status::BadArgument => CallResult::NoCluster,
        _ => CallResult::Overflow,
    }
}

/// What the host's own 503 says, which has the reason only in the text that it makes for people. What is not recognised
/// counts as sent.
fn no_answer(said: &[u8]) -> CallResult {
    const NOT_SENT: [&[u8]; 5] =
        [b"no healthy upstream", b"connection failure", b"connection timeout", b"refused stream", b"overload manager"];
    let says = |words: &[u8]| said.windows(words.len()).any(|w| w == words);
    match () {
        () if says(b"protocol error") => CallResult::Protocol,
        () if says(b"reason: overflow") => CallResult::Overflow,
        () if NOT_SENT.iter().any(|words| says(words)) => CallResult::Unreachable,
        () => CallResult::Reset,
    }
}

/// Status and headers of an answer of the system, or what the host said in its place; `said` reads the body.
fn classify(
    mut headers: Headers,
    body: usize,
    limit: usize,
    said: impl FnOnce() -> Vec<u8>,
) -> Result<(u16, Headers), CallResult> {
    let has = |name: &str| headers.iter().any(|(n, _)| n == name);
    let status = headers.iter().find(|(n, _)| n == ":status").and_then(|(_, value)| value.parse::<u16>().ok());
    let Some(status) = status else { return Err(CallResult::Truncated) };
    if !has(FROM_SYSTEM) || has(RELAY_OWN) {
        match status {
            503 if has(OVERLOADED) => return Err(CallResult::Overflow),
            // An answer that is no HTTP, or one that may be read in two ways.
            502 => return Err(CallResult::Protocol),
            503 => return Err(no_answer(&said())),
            504 => return Err(CallResult::TimedOut),
            _ => {}
        }
    }
    if body > limit {
        return Err(CallResult::TooLarge);
    }
    headers.retain(|(name, _)| !name.starts_with(':') && !name.starts_with("x-envoy-"));
    Ok((status, headers))
}

#[cfg(test)]
mod tests {
    use adapter_core::ExchangeId;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    fn request() -> CallRequest {
        CallRequest {
            name: "careers".to_owned(),
            cluster: "esse3".to_owned(),
            authority: "esse3".to_owned(),
            method: "GET",
            path: "/a?b=c".to_owned(),
            headers: headers(&[("accept", "application/json; q=1")]),
            body: Vec::new(),
            timeout_ms: 1,
            body_limit: 1,
        }
    }

    #[test]
    fn a_timeout_is_never_none() {
        assert_eq!(timeout(0), 1);
        assert_eq!(timeout(250), 250);
        // 2^32 ms would arrive as 0.
        assert_eq!(timeout(1 << 32), u64::from(u32::MAX));
    }

    #[test]
    fn a_body_that_comes_too_slowly_is_late_and_not_cut() {
        let flight = Flight::new(CallId::new(ExchangeId(1), 1), &CallRequest { timeout_ms: 500, ..request() }, 1_000);
        assert!(matches!(cut(flight, 1_400), CallResult::Truncated));
        assert!(matches!(cut(flight, 1_500), CallResult::TimedOut));
    }

    #[test]
    fn an_answer_of_the_system_is_one_whatever_its_status() {
        for status in ["200", "404", "500", "503", "504"] {
            let all = headers(&[(":status", status), (FROM_SYSTEM, "3"), ("content-type", "text/html")]);
            let (code, rest) = classify(all, 5, 5, Vec::new).unwrap();
            assert_eq!(code.to_string(), status);
            assert_eq!(rest, headers(&[("content-type", "text/html")]));
        }
    }

    #[test]
    fn what_the_host_says_itself_is_told_apart() {
        let of = |all: &[(&str, &str)], said: &str| classify(headers(all), 0, 9, || said.into()).unwrap_err();
        let reset = |reason: &str| {
            let said = ["upstream connect error or disconnect/reset before headers. reset reason: ", reason].concat();
            of(&[(":status", "503")], &said)
        };
        assert!(matches!(reset("remote connection failure"), CallResult::Unreachable));
        assert!(matches!(
            reset("remote connection failure, transport failure reason: TLS_error"),
            CallResult::Unreachable
        ));
        assert!(matches!(reset("connection timeout"), CallResult::Unreachable));
        assert!(matches!(of(&[(":status", "503")], "no healthy upstream"), CallResult::Unreachable));
        assert!(matches!(reset("connection termination"), CallResult::Reset));
        assert!(matches!(reset("remote reset"), CallResult::Reset));
        assert!(matches!(reset("protocol error"), CallResult::Protocol));
        assert!(matches!(reset("overflow"), CallResult::Overflow));
        // What nobody has met yet was perhaps sent.
        assert!(matches!(of(&[(":status", "503")], ""), CallResult::Reset));
        assert!(matches!(of(&[(":status", "502")], ""), CallResult::Protocol));
        assert!(matches!(of(&[(":status", "504")], ""), CallResult::TimedOut));
        assert!(matches!(of(&[(":status", "503"), (OVERLOADED, "true")], ""), CallResult::Overflow));
        assert!(matches!(of(&[("date", "x")], ""), CallResult::Truncated));
    }

    #[test]
    fn what_the_host_says_behind_a_listener_of_its_own_is_told_apart() {
        let relayed = |more: &[(&str, &str)]| {
            let mut all = headers(&[(":status", "503"), (FROM_SYSTEM, "3"), (RELAY_OWN, "own")]);
            all.extend(headers(more));
            classify(all, 0, 9, || "no healthy upstream".into())
        };
        assert!(matches!(relayed(&[]), Err(CallResult::Unreachable)));
        assert!(matches!(relayed(&[(OVERLOADED, "true")]), Err(CallResult::Overflow)));
    }

    #[test]
    fn a_body_over_the_limit_is_not_an_answer() {
        let all = headers(&[(":status", "200"), (FROM_SYSTEM, "3")]);
        assert!(matches!(classify(all, 6, 5, Vec::new), Err(CallResult::TooLarge)));
    }

    #[test]
    fn refusals_to_send() {
        assert!(matches!(not_sent(Status::BadArgument), CallResult::NoCluster));
        assert!(matches!(not_sent(Status::InternalFailure), CallResult::Overflow));
    }

    #[test]
    fn headers_of_the_host_and_of_the_connection_stay_out() {
        for name in
            ["host", ":path", "x-envoy-max-retries", "x-envoy-retry-on", "transfer-encoding", "content-length", ""]
        {
            assert!(!allowed(name), "{name}");
        }
        assert!(allowed("accept") && allowed("x-esse3-permit-invalid-jsessionid"));
    }

    #[test]
    fn a_line_end_is_never_sent() {
        assert!(sendable(&request()));
        assert!(!sendable(&CallRequest { path: "/a\r\nx: y".to_owned(), ..request() }));
        assert!(!sendable(&CallRequest { path: "/a b".to_owned(), ..request() }));
        assert!(!sendable(&CallRequest { headers: headers(&[("a", "b\nc: d")]), ..request() }));
        assert!(!sendable(&CallRequest { headers: headers(&[("a b", "c")]), ..request() }));
    }
}
