//! The root context: takes a configuration or refuses it, makes a context for each request, and makes the steward's
//! calls, which belong to no request.

use std::rc::Rc;
use std::time::Instant;

use adapter_core::counter::{Counter, configurations};
use adapter_core::{Action, CallId, CallRequest, CallResult, Event, ExchangeId, Response, SortedMap};

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use crate::calls::Flight;
use crate::http::Http;
use crate::loaded::Loaded;
use crate::{calls, host};

/// How often the steward is asked, milliseconds: several times within its lease.
const TICK_MS: u64 = 500;

/// The root context of one plugin configuration.
#[derive(Debug, Default)]
pub struct Root {
    loaded: Option<Rc<Loaded>>,
    /// Calls in flight by the host's token.
    calls: SortedMap<u32, Flight>,
}

/// An event of the steward's, and what comes of it.
struct RootHost<'t> {
    calls: &'t mut SortedMap<u32, Flight>,
    loaded: &'t Loaded,
    now: Instant,
}

impl shell::Host for RootHost<'_> {
    fn handle(&mut self, event: Event) -> Vec<Action> {
        let time = self.loaded.at(self.now);
        self.loaded.engine(|engine| engine.handle(event, &time)).unwrap_or_default()
    }

    fn dispatch(&mut self, call: CallId, request: CallRequest) -> Option<CallResult> {
        match calls::send(call, &request, self.loaded.tick_ms(self.now)) {
            Ok((token, flight)) => {
                self.calls.insert(token, flight);
                None
            }
            Err(result) => Some(result),
        }
    }

    /// The steward has nobody to answer.
    fn reply(&mut self, _: ExchangeId, _: Response) {}

    fn count(&mut self, counter: Counter, by: u64) {
        self.loaded.count(counter, by);
    }

    fn astray(&mut self, _: &Action) {
        host::error("an action of a request's was dropped");
    }
}

/// The host drops a root context whose configuration was replaced.
impl Drop for Root {
    fn drop(&mut self) {
        if let Some(loaded) = &self.loaded {
            loaded.gives_way();
        }
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body: usize, _trailers: usize) {
        let (Some(loaded), Some(flight)) = (self.loaded.clone(), self.calls.remove(&token)) else { return };
        let now = Instant::now();
        let result = calls::receive(flight, headers, body, || loaded.tick_ms(now));
        #[cfg(feature = "poison-test")]
        crate::poison::answer(&result);
        let mut turn = RootHost { calls: &mut self.calls, loaded: &loaded, now };
        shell::drive(&mut turn, Event::Ended { call: flight.call, result });
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
                if loaded.engine(|engine| engine.needs_steward()) == Some(true)
                    && let Err(status) = host::tick_every(TICK_MS)
                {
                    host::warn(&format!(
                        "no timer ({status:?}): sessions are opened by requests alone, and nobody asks the systems for /status"
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
        let mut turn = RootHost { calls: &mut self.calls, loaded: &loaded, now: Instant::now() };
        shell::drive(&mut turn, Event::Steward);
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http::new(context_id, self.loaded.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
