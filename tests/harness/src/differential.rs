//! The engine as a library and as a component, held against each other over what chance makes of answers: the same calls,
//! the same reply, the same counts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_core::{CallId, CallRequest, Caller, Clock, Engine, ExchangeId, Head, Plan, Resources, Response, Trust};
use fuzz::answers;
use shell::InMemory;

use crate::component::{Embedded, Running, asked, ended, types, wit};
use crate::http::Request;
use crate::population::by_tax_code;
use crate::systems::Systems;

/// 2026-03-01T09:00:00Z.
const CLOCK: Clock = Clock { now_ms: 1_772_355_600_000, tick_ms: 0 };

/// What one engine made of an input.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    calls: Vec<String>,
    reply: (u16, Vec<(String, String)>, Vec<u8>),
    counts: Vec<(String, u64)>,
}

/// Tries inputs for a time; how many there were.
///
/// # Errors
/// The first difference, with its input.
pub fn run(embedded: &Embedded, seed: u64, time: Duration) -> Result<u64, String> {
    let bundle = answers::bundle();
    let plugin = [br#"{"trust":"development","bundle":"#, bundle, b"}"].concat();
    let mut component = embedded.start(&plugin, CLOCK.now_ms, Arc::new(Systems::default()))?;
    component.stop_time();
    let plan = Plan::load(bundle).map_err(|e| e.to_string())?;
    let resources = Resources { secret: &crate::systems::secret, ..Resources::default() };
    let mut engine = Engine::new(plan, Trust::Development, resources).map_err(|e| e.to_string())?;
    let request = by_tax_code("RSSMRA80A01F205X");
    let (began, mut cases) = (Instant::now(), 0);
    for input in answers::inputs(seed) {
        if began.elapsed() >= time {
            break;
        }
        cases += 1;
        let own = natively(&mut engine, &request, &input)?;
        let other = embedded_one(&mut component, &request, &input, cases)?;
        if own != other {
            return Err(format!("input {:?}\nlibrary: {own:?}\ncomponent: {other:?}", String::from_utf8_lossy(&input)));
        }
    }
    Ok(u64::from(cases))
}

fn line(request: &CallRequest) -> String {
    let CallRequest { name, cluster, authority, method, path, headers, body, timeout_ms, body_limit } = request;
    format!("{name} {cluster} {authority} {method} {path} {headers:?} {body:?} {timeout_ms} {body_limit}")
}

fn natively(engine: &mut Engine, request: &Request, input: &[u8]) -> Result<Made, String> {
    let head = Head {
        method: request.method.clone(),
        path: request.target.clone(),
        headers: headers(request),
        instance: crate::scenario::REQUEST_ID.to_owned(),
        loopback: true,
        caller: Caller::Nobody,
    };
    let mut calls = Vec::new();
    let mut memory = InMemory::new(engine, CLOCK, |_, request| {
        let result = answers::result(input, &request.name, calls.len(), request.body_limit);
        calls.push(line(&request));
        result
    });
    memory.ask(head, request.body.clone());
    let Response { status, headers, body } = memory.replies.pop().ok_or("the library gives no answer")?;
    let counted = std::mem::take(&mut memory.counted);
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let counts = counted.into_iter().map(|(counter, by)| (counter.name(engine.plan()), by)).collect();
    Ok(Made { calls, reply: (status, headers, body), counts })
}

fn headers(request: &Request) -> Vec<(String, String)> {
    let length = request.content_length().map(|length| ("content-length".to_owned(), length.to_string()));
    request.headers.iter().cloned().chain(length).collect()
}

fn embedded_one(component: &mut Running, request: &Request, input: &[u8], id: u32) -> Result<Made, String> {
    let words = |misuse: wit::Misuse| format!("{misuse:?}");
    let head = component.head_of(request);
    let mut queue: VecDeque<wit::Action> = match component.judge(id, &head)?.map_err(words)? {
        wit::Verdict::Answered(answered) => answered.actions.into(),
        wit::Verdict::Admitted(admission) => {
            component.handle(&wit::Event::Request((admission, request.body.clone())))?.map_err(words)?.into()
        }
    };
    let (mut calls, mut reply, mut counts) = (Vec::new(), None, Vec::new());
    while let Some(action) = queue.pop_front() {
        match action {
            wit::Action::Call((call, request)) => {
                let request = asked(request)?;
                let result = answers::result(input, &request.name, calls.len(), request.body_limit);
                calls.push(line(&request));
                let event = ended(CallId::new(ExchangeId(call.owner), call.number), result);
                queue.extend(component.handle(&event)?.map_err(words)?);
            }
            wit::Action::Reply((_, types::Response { status, headers, body })) => reply = Some((status, headers, body)),
            wit::Action::Note(_) => {}
            wit::Action::Count(wit::Count { name, labels, by, .. }) => {
                let labels = labels.iter().map(|label| format!(";{}={}", label.key, label.value));
                counts.push((name + &labels.collect::<String>(), by));
            }
        }
    }
    Ok(Made { calls, reply: reply.ok_or("the component gives no answer")?, counts })
}
