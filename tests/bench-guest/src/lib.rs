//! What `cargo xtask bench` times, as plain functions: natively they are called, in the wasm engine they are exported.

// Measuring tooling; nothing here is shipped.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "bench tooling"
)]

mod mapping;
pub mod page;

use std::cell::RefCell;

use page::Kind;

use adapter_core::mapping::{Plan, seal};
use adapter_core::{Action, CallResult, Caller, Clock, Engine, ExchangeId, Head, Host, Trust};

const REQUEST: &[u8] = br#"{"tax_code":"RSSMRA80A01F205X"}"#;
/// 2026-03-01T09:00:00Z
const CLOCK: Clock = Clock { now_ms: 1_772_355_600_000, tick_ms: 0 };

thread_local! {
    static STATE: RefCell<(Engine, [Vec<u8>; 2])> =
        RefCell::new((engine(), [Kind::Repeating, Kind::Varied].map(|kind| page::json(&page::rows(kind)))));
}

fn engine() -> Engine {
    let bundle = seal(&mapping::bundle()).expect("the bench's mapping can be written");
    let plan = Plan::load(&bundle).expect("the bench's mapping fits");
    Engine::new(plan, Trust::Development, Host::default()).expect("the bench's mapping has no secrets")
}

/// Answers one request from the page; gives the answer's bytes.
pub fn answer(engine: &mut Engine, page: &[u8]) -> Vec<u8> {
    let head = Head {
        method: "POST".to_owned(),
        path: "/ifs02/academic-enrollments".to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        instance: "bench".to_owned(),
        loopback: true,
        caller: Caller::Nobody,
    };
    let actions = engine.accept(ExchangeId(1), head, REQUEST.to_vec(), CLOCK);
    let call = actions
        .iter()
        .find_map(|a| if let Action::Call { call, .. } = a { Some(*call) } else { None })
        .expect("one call");
    let result = CallResult::Answer { status: 200, headers: Vec::new(), body: page.to_vec() };
    let actions = engine.on_response(call, result, 0);
    actions
        .into_iter()
        .find_map(|a| if let Action::Reply { response, .. } = a { Some(response.body) } else { None })
        .expect("the answer")
}

/// `times` pages through the engine: decoded, mapped, settled, written. Gives the answers' bytes together.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn pages(kind: u32, times: u32) -> u64 {
    STATE
        .with_borrow_mut(|(engine, pages)| (0..times).map(|_| answer(engine, &pages[kind as usize]).len() as u64).sum())
}

/// `times` parses of the same bytes into `serde_json::Value`. Gives the rows together.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn values(kind: u32, times: u32) -> u64 {
    STATE.with_borrow(|(_, pages)| {
        (0..times)
            .map(|_| {
                serde_json::from_slice::<serde_json::Value>(&pages[kind as usize])
                    .expect("the page is JSON")
                    .as_array()
                    .map_or(0, Vec::len) as u64
            })
            .sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_answered() {
        let answer = String::from_utf8(answer(&mut engine(), &page::json(&page::rows(Kind::Varied)))).unwrap();
        assert_eq!(answer.matches("degree_course_code").count(), 100, "{answer}");
    }
}
