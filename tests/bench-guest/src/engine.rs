//! The engine: a whole request, and the decoding of a SOAP answer alone.

use std::cell::RefCell;
use std::sync::Arc;

use adapter_core::value::{Arena, Decoder, Keep, NameTable, Names, Value};
use adapter_core::{CallRequest, CallResult, Caller, Clock, Engine, Head, Plan, Resources, Trust};
use shell::InMemory;

use crate::input;

const REQUEST: &[u8] = br#"{"tax_code":"RSSMRA80A01F205X"}"#;
/// 2026-03-01T09:00:00Z
const CLOCK: Clock = Clock { now_ms: 1_772_355_600_000, tick_ms: 0 };
/// Levels of nesting that a document may have.
const DEPTH: usize = 32;

/// An engine with a mapping, and what decoding needs to know of that.
pub struct Loaded {
    engine: Engine,
    names: Arc<NameTable>,
}

impl Loaded {
    /// With a mapping's bundle.
    ///
    /// # Panics
    /// The bundle is none.
    pub fn new(bundle: &[u8]) -> Self {
        let plan = Plan::load(bundle).expect("the bundle fits");
        let names = plan.names();
        let engine = Engine::new(plan, Trust::Development, Resources::default()).expect("no secrets");
        Self { engine, names }
    }

    /// Answers a request; `serve` is the system behind. Gives status and body.
    ///
    /// # Panics
    /// The engine does not answer.
    pub fn answer(&mut self, serve: &dyn Fn(&CallRequest) -> Vec<u8>) -> (u16, Vec<u8>) {
        let head = Head {
            method: "POST".to_owned(),
            path: "/ifs02/academic-enrollments".to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            instance: "bench".to_owned(),
            loopback: true,
            caller: Caller::Nobody,
        };
        let mut memory = InMemory::new(&mut self.engine, CLOCK, |_, request| CallResult::Answer {
            status: 200,
            headers: Vec::new(),
            body: serve(&request),
        });
        memory.ask(head, REQUEST.to_vec());
        let response = memory.replies.pop().expect("an answer");
        (response.status, response.body)
    }

    /// Decodes a SOAP answer, keeping what the mapping names.
    ///
    /// # Panics
    /// It is none.
    fn decode(&self, page: Vec<u8>) -> Value {
        let mut arena = Arena::new(Arc::from(""), Names::new(Arc::clone(&self.names)));
        let decoder = Decoder { keep: Keep::Named, blank_to_null: true, ..Decoder::whole(DEPTH) };
        let text = String::from_utf8(page).expect("UTF-8");
        decoder.decode_soap(&mut arena, text, false, &[]).expect("a SOAP answer").body
    }
}

thread_local! {
    static ENGINE: RefCell<Option<Loaded>> = const { RefCell::new(None) };
    static PAGE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Natively what `load_bundle` and `load_page` do.
pub fn load(bundle: &[u8], page: &[u8]) {
    ENGINE.set(Some(Loaded::new(bundle)));
    PAGE.set(page.to_vec());
}

/// Takes what was handed in for the bundle.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn load_bundle() {
    ENGINE.set(Some(Loaded::new(&input::take())));
}

/// Takes what was handed in for the page.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn load_page() {
    PAGE.set(input::take());
}

/// `times` requests, each with the page: decoded, mapped, settled, written. Gives the bytes of one answer.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn pages(times: u32) -> u64 {
    PAGE.with_borrow(|page| {
        ENGINE.with_borrow_mut(|engine| {
            let engine = engine.as_mut().expect("a bundle");
            for _ in 0..times {
                ANSWER.set(engine.answer(&|_| page.clone()).1);
            }
        });
    });
    ANSWER.with_borrow(|answer| answer.len() as u64)
}

/// Where the last answer stands.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

/// The last answer.
pub fn answered() -> Vec<u8> {
    ANSWER.with_borrow(Clone::clone)
}

/// The page decoded `times` times as a SOAP answer, and nothing else done with it. Gives how often it was one.
#[allow(unsafe_code, reason = "an export needs its plain name; nothing else about it is unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn decode(times: u32) -> u64 {
    PAGE.with_borrow(|page| {
        ENGINE.with_borrow(|engine| {
            let engine = engine.as_ref().expect("a bundle");
            (0..times).filter(|_| !engine.decode(page.clone()).is_null()).count() as u64
        })
    })
}
