//! A request that is answered over systems that are there: what `ifs try` does.

use std::path::Path;

use adapter_core::bundle::{Bundle, seal};
use adapter_core::contract::Operation;
use adapter_core::counter::Counter;
use adapter_core::explain::Event;
use adapter_core::{CallRequest, CallResult, Caller, Clock, Engine, Head, Plan, Resources, Response, Trust};
use mapping_compiler::places::Places;

use crate::explain::{self, Scope, Told};
use crate::run::{Exchanged, INSTANCE, KEY, ask, cursor_keys, said};

/// What a request is asked of.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'d> {
    /// The folder that the mapping stands in.
    pub home: &'d Path,
    /// The mapping.
    pub bundle: &'d Bundle,
    /// Where its parts are written.
    pub places: &'d Places,
    /// The operation.
    pub operation: &'static Operation,
    /// What time it is, milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
}

/// A request with all that came of it.
#[derive(Debug)]
pub struct Exchange {
    /// The answer.
    pub response: Response,
    /// Each call with what came back, in the order in which they were made.
    pub calls: Vec<(CallRequest, CallResult)>,
    /// What happened in the engine.
    pub events: Vec<Event>,
    /// What was counted.
    pub counted: Vec<(Counter, u64)>,
    exchanged: Vec<Exchanged>,
}

/// Answers a request with this body; calls are made one after another. The clock stands still meanwhile: how long one call
/// may take is for who makes it, and an exchange is not cut off for calls that a gateway makes side by side.
///
/// # Errors
/// If the bundle cannot be loaded, or there is no answer.
pub fn exchange(
    desk: Desk<'_>,
    body: &[u8],
    secret: &dyn Fn(&str) -> Option<String>,
    systems: &mut dyn FnMut(&CallRequest) -> CallResult,
) -> Result<Exchange, String> {
    let plan = seal(desk.bundle).and_then(|bytes| Plan::load(&bytes)).map_err(|e| e.to_string())?;
    let deadline = plan.limits().time(true);
    let resources =
        Resources { secret, cursor_keys: cursor_keys(), reference_key: Some(KEY.to_owned()), ..Resources::default() };
    let mut engine = Engine::new(plan, Trust::Development, resources).map_err(|e| e.to_string())?;
    let tables = desk.bundle.tables.iter().map(|t| t.name.clone()).collect();
    let explanation = engine.explain(desk.places.variables.clone(), tables);
    let headers = [("content-type", "application/json".to_owned()), ("content-length", body.len().to_string())];
    let head = Head {
        method: "POST".to_owned(),
        path: path(desk.operation),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        instance: INSTANCE.to_owned(),
        loopback: true,
        caller: Caller::Nobody,
    };
    let (mut calls, mut exchanged) = (Vec::new(), Vec::new());
    let clock = Clock { now_ms: desk.now_ms, tick_ms: 0 };
    let (response, counted) = ask(&mut engine, (clock, deadline), (head, body.to_vec()), |id, request| {
        let result = systems(&request);
        exchanged.push(Exchanged {
            id,
            line: format!("{} {}", request.method, request.path),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            result: said(&result),
        });
        calls.push((request, result.clone()));
        result
    })?;
    Ok(Exchange { response, calls, events: explanation.events(), counted, exchanged })
}

/// The path that the operation is asked under.
pub fn path(operation: &Operation) -> String {
    format!("/ifs0{}{}", operation.id.api(), operation.path)
}

/// What happened, in lines, as `ifs test --explain` says it. With the values of the exchange.
pub fn explained(desk: Desk<'_>, exchange: &Exchange) -> String {
    let Desk { home, bundle, places, operation, .. } = desk;
    if exchange.events.is_empty() {
        return String::new();
    }
    let told =
        Told { home, bundle, places, operation, events: &exchange.events, exchanged: &exchange.exchanged, asked: &[] };
    explain::write(told, &Scope::All)
}
