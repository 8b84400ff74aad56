//! The same things in the words of both sides: the engine's own types, and those of `wit/`.

use adapter_core::counter::{Counter, Kind};
use adapter_core::{Action, CallId, CallRequest, CallResult, ExchangeId, Plan, Response, Time};
use shell::keys_of;

use crate::bindings::exports::ifs::adapter::engine as wit;
use crate::bindings::ifs::adapter::types;

impl Time for wit::Clock {
    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn tick_ms(&self) -> u64 {
        self.tick_ms
    }
}

/// A call's name.
#[must_use]
pub fn call_id(id: types::CallId) -> CallId {
    CallId::new(ExchangeId(id.owner), id.number)
}

fn id_of(call: CallId) -> types::CallId {
    types::CallId { owner: call.owner().0, number: call.number() }
}

/// How a call ended.
#[must_use]
pub fn result(result: types::CallResult) -> CallResult {
    match result {
        types::CallResult::Answer(types::CallAnswer { status, headers, body }) => {
            CallResult::Answer { status, headers: lower(headers), body }
        }
        types::CallResult::Unreachable => CallResult::Unreachable,
        types::CallResult::Reset => CallResult::Reset,
        types::CallResult::Protocol => CallResult::Protocol,
        types::CallResult::TimedOut => CallResult::TimedOut,
        types::CallResult::Overflow => CallResult::Overflow,
        types::CallResult::Truncated => CallResult::Truncated,
        types::CallResult::TooLarge => CallResult::TooLarge,
        types::CallResult::NoCluster => CallResult::NoCluster,
    }
}

/// Headers as the engine takes them, however a host spells their names.
#[must_use]
pub fn lower(mut headers: Vec<(String, String)>) -> Vec<(String, String)> {
    headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
    headers
}

/// What the host is asked to do.
#[must_use]
pub fn actions(actions: Vec<Action>, plan: &Plan) -> Vec<wit::Action> {
    actions.into_iter().map(|action| one(action, plan)).collect()
}

fn one(action: Action, plan: &Plan) -> wit::Action {
    match action {
        Action::Call { call, request } => wit::Action::Call((id_of(call), request_of(request))),
        Action::Reply { id, response } => wit::Action::Reply((id.0, response_of(response))),
        Action::Note { id, note } => {
            let adapter_core::Note { reference, change } = note;
            wit::Action::Note((id.0, wit::Note { reference, change: change.to_owned() }))
        }
        Action::Count { counter, by } => wit::Action::Count(count(counter, by, plan)),
    }
}

fn request_of(request: CallRequest) -> types::CallRequest {
    let CallRequest { name, cluster, authority, method, path, headers, body, timeout_ms, body_limit } = request;
    let body_limit = u64::try_from(body_limit).unwrap_or(u64::MAX);
    let method = method.to_owned();
    types::CallRequest { name, cluster, authority, method, path, headers, body, timeout_ms, body_limit }
}

fn response_of(response: Response) -> types::Response {
    let headers = response.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    types::Response { status: response.status, headers, body: response.body }
}

/// A counter with its labels, which stand in its one name behind semicolons.
fn count(counter: Counter, by: u64, plan: &Plan) -> wit::Count {
    let name = counter.name(plan);
    let mut parts = name.split(';');
    let family = parts.next().unwrap_or_default().to_owned();
    let label = |part: &str| {
        let (key, value) = part.split_once('=')?;
        Some(wit::Label { key: key.to_owned(), value: value.to_owned() })
    };
    let meter = match counter.kind() {
        Kind::Counter => wit::Meter::Counter,
        Kind::Gauge => wit::Meter::Gauge,
        Kind::Histogram => wit::Meter::Histogram,
    };
    wit::Count { meter, name: family, labels: parts.filter_map(label).collect(), by }
}

/// What a bundle is and needs.
#[must_use]
pub fn description(plan: &Plan) -> wit::Description {
    let mut clusters: Vec<String> = plan.systems().iter().map(|system| system.cluster.clone()).collect();
    clusters.sort();
    clusters.dedup();
    let keys = keys_of(plan).into_iter().map(str::to_owned);
    wit::Description {
        institute: plan.institute().code.clone(),
        digest: plan.digest().to_owned(),
        contract: plan.contract().to_owned(),
        operations: plan.operations().map(|id| id.name().to_owned()).collect(),
        clusters,
        secrets: plan.secrets().iter().cloned().chain(keys).collect(),
    }
}
