//! The root context: takes a configuration or refuses it, makes a context for each request, and makes the calls of which a
//! request cannot: the steward's, which belong to none, and those that had to wait for their turn, which nobody's callback
//! but this one's can send.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use adapter_core::counter::{Counter, Target, configurations};
use adapter_core::problem::Code;
use adapter_core::{Action, CallId, CallRequest, CallResult, Event, ExchangeId, Note, Response, STEWARD, SortedMap};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;
use shell::Dispatched;

use crate::calls::Flight;
use crate::http::Http;
use crate::loaded::{Loaded, TICK_MS};
use crate::{calls, host};

thread_local! {
    /// Engines that were replaced while requests were under way: the root context that follows gives their calls their turns.
    static LEFT: RefCell<Vec<Rc<Loaded>>> = const { RefCell::new(Vec::new()) };
}

/// The root context of one plugin configuration.
#[derive(Debug)]
pub struct Root {
    id: u32,
    loaded: Option<Rc<Loaded>>,
    /// Calls in flight by the host's token.
    calls: SortedMap<u32, Sent>,
    /// When the steward was asked last.
    asked: Option<Instant>,
}

/// A call in flight.
#[derive(Debug)]
struct Sent {
    flight: Flight,
    /// The engine it is of.
    loaded: Rc<Loaded>,
    /// A request's: as it was sent.
    request: Option<CallRequest>,
}

/// An event of the steward's, or of calls that have waited, and what comes of it.
struct RootHost<'t> {
    root: u32,
    calls: &'t mut SortedMap<u32, Sent>,
    loaded: &'t Rc<Loaded>,
    now: Instant,
    /// What the answer is that comes next.
    answer: Option<(Target, Option<Code>)>,
}

impl shell::Host for RootHost<'_> {
    fn handle(&mut self, event: Event) -> Vec<Action> {
        let (owner, since) = (event.owner(), Instant::now());
        let time = self.loaded.at(self.now);
        let actions = self.loaded.engine(|engine| engine.handle(event, &time)).unwrap_or_default();
        if let Some(request) = owner.and_then(|owner| self.loaded.request(owner))
            && let Ok(mut request) = request.try_borrow_mut()
        {
            request.spent(since);
        }
        actions
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Dispatched {
        match calls::send(call, &request, self.loaded.tick_ms(self.now)) {
            Ok((token, flight)) => {
                let request = (call.owner() != STEWARD).then_some(request);
                self.calls.insert(token, Sent { flight, loaded: Rc::clone(self.loaded), request });
                Dispatched::Sent
            }
            Err(CallResult::Overflow) => Dispatched::NoRoom(request),
            Err(result) => Dispatched::Ended(result),
        }
    }

    /// The steward has nobody to answer.
    fn reply(&mut self, id: ExchangeId, response: Response) {
        let (Some(request), Some(answer)) = (self.loaded.request(id), self.answer.take()) else { return };
        host::on_behalf(id.0, self.root, || {
            if let Ok(mut request) = request.try_borrow_mut() {
                request.answer(self.loaded, answer, response);
            }
        });
    }

    fn note(&mut self, id: ExchangeId, note: Note) {
        let Some(request) = self.loaded.request(id) else { return };
        host::on_behalf(id.0, self.root, || {
            if let Ok(request) = request.try_borrow() {
                request.note(&note);
            }
        });
    }

    fn count(&mut self, counter: Counter, by: u64) {
        self.loaded.count(counter, by);
        if let Counter::Answers { target, problem, .. } = counter {
            self.answer = Some((target, problem));
        }
    }

    fn astray(&mut self, _: &Action) {
        host::error("an action of another's was dropped");
    }
}

impl Root {
    /// A root context without a configuration.
    pub fn new(id: u32) -> Self {
        Self { id, loaded: None, calls: SortedMap::default(), asked: None }
    }

    fn drive(&mut self, loaded: &Rc<Loaded>, event: Event) {
        let now = Instant::now();
        let mut turn = RootHost { root: self.id, calls: &mut self.calls, loaded, now, answer: None };
        shell::drive(&mut turn, event);
    }

    /// Gives turns to calls that wait; whether some still do.
    fn give_turns(&mut self, loaded: &Rc<Loaded>) -> bool {
        if !loaded.is_call_waiting() {
            return false;
        }
        self.drive(loaded, Event::Timer);
        loaded.is_call_waiting()
    }
}

/// The host drops a root context whose configuration was replaced, and with it the calls that it has made. Of those of
/// requests the ones that read are made once more by the one that follows: the system may be asked twice. One that changes
/// something is lost: nobody knows what became of it.
impl Drop for Root {
    fn drop(&mut self) {
        let Some(loaded) = &self.loaded else { return };
        loaded.gives_way();
        for (_, Sent { flight, loaded, request }) in std::mem::take(&mut self.calls) {
            if let Some(request) = request {
                let time = loaded.at(Instant::now());
                let _ = loaded.engine(|engine| engine.handle(Event::Lost { call: flight.call, request }, &time));
            }
        }
        LEFT.with_borrow_mut(|left| left.push(Rc::clone(loaded)));
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body: usize, _trailers: usize) {
        let Some(Sent { flight, loaded, .. }) = self.calls.remove(&token) else { return };
        let result = calls::receive(flight, headers, body, || loaded.tick_ms(Instant::now()));
        #[cfg(feature = "poison-test")]
        crate::poison::answer(&result);
        self.drive(&loaded, Event::Ended { call: flight.call, result });
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let started = Instant::now();
        let read = match host::plugin_configuration(size) {
            Ok(configuration) => Loaded::load(&configuration, started),
            Err(status) => Err(format!("the host does not give the plugin configuration ({status:?})")),
        };
        match read {
            Ok((loaded, line)) => {
                host::mark_development(loaded.development());
                if loaded.development() {
                    host::warn("trust is `development`: nobody's identity is proved, and loopback alone is answered");
                }
                host::info(&format!("{line}; configured in {} us", loaded.age_us()));
                if let Err(status) = host::tick_every(TICK_MS) {
                    host::warn(&format!(
                        "no timer ({status:?}): sessions are opened by requests alone, nobody asks the systems for /status, and no call can wait"
                    ));
                }
                host::increment(&configurations(true));
                loaded.takes_over();
                self.loaded = Some(Rc::new(loaded));
                true
            }
            Err(reason) => {
                host::increment(&configurations(false));
                host::error(&format!("configuration refused: {reason}"));
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let Some(loaded) = self.loaded.clone() else { return };
        let pause = Duration::from_millis(TICK_MS / 2);
        if self.asked.is_none_or(|asked| asked.elapsed() > pause) {
            self.asked = Some(Instant::now());
            self.drive(&loaded, Event::Steward);
        }
        let mut waiting = self.give_turns(&loaded);
        for left in LEFT.with_borrow(Clone::clone) {
            waiting |= self.give_turns(&left);
        }
        // A request that is under way holds its engine.
        let alone = LEFT.with_borrow_mut(|left| {
            left.retain(|left| Rc::strong_count(left) > 1);
            left.is_empty()
        });
        loaded.pace(waiting, !alone);
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http::new(context_id, self.loaded.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
