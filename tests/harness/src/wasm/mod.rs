//! A proxy-wasm host: the real `ifs_filter.wasm` in wasmtime, with Envoy's manners and without Envoy.

mod env;
mod memory;
mod state;
mod wasi;

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use wasmtime::{Config, Engine, Error, Instance, Linker, Module, Result, Store};

use crate::http::{Answer, Request};
use crate::logs::Sink;
use crate::proofs::Proofs;
use crate::systems::Systems;
pub use state::Shared;
use state::{ROOT, State, Stream};

const CONTINUE: u32 = 0;
/// Envoy hands a body on in pieces of about this size.
const PIECE: usize = 16 * 1024;
/// No scenario may take longer than this: what does, hangs.
const HANG: Duration = Duration::from_secs(30);
/// A timer that rings more often than this is waited for; one that rings less often a test rings itself.
const SHORT: Duration = Duration::from_millis(100);
/// Least time between two ticks. The filter wants more than half of what it asks the host for to lie between them.
const TICK: Duration = Duration::from_millis(300);

/// A filter compiled once, for many VMs.
pub struct Filter {
    module: Module,
    linker: Linker<State>,
}

/// A running VM with one root context.
pub struct Vm {
    store: Store<State>,
    instance: Instance,
    next: u32,
    /// When its root context was last told that time has passed.
    ticked: Option<Instant>,
    /// Time from `proxy_on_configure` called to returned.
    pub configured_in: Duration,
}

impl Filter {
    /// Compiles a filter.
    ///
    /// # Errors
    /// If the bytes are no module.
    pub fn new(wasm: &[u8]) -> Result<Self> {
        Self::with(wasm, &Config::new())
    }

    /// Compiles a filter whose VMs count their instructions, which takes time of its own.
    ///
    /// # Errors
    /// As [`Filter::new`].
    pub fn counting(wasm: &[u8]) -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true);
        Self::with(wasm, &config)
    }

    fn with(wasm: &[u8], config: &Config) -> Result<Self> {
        let engine = Engine::new(config)?;
        let module = Module::new(&engine, wasm)?;
        let mut linker = Linker::new(&engine);
        env::define(&mut linker)?;
        wasi::define(&mut linker)?;
        linker.define_unknown_imports_as_traps(&module)?;
        Ok(Self { module, linker })
    }

    /// Starts a VM as Envoy does: initialize, root context, `on_vm_start`, `on_configure`.
    ///
    /// # Errors
    /// If the guest traps or refuses its configuration.
    pub fn start(&self, configuration: Vec<u8>, systems: Arc<Systems>, log: Arc<Sink>) -> Result<Vm> {
        self.start_one_of(1, configuration, systems, log, (Vec::new(), Shared::default()))
    }

    /// Starts the VM of this number with an environment, over what the VMs of its process share.
    ///
    /// # Errors
    /// If the guest traps or refuses its configuration.
    pub fn start_one_of(
        &self,
        number: u8,
        configuration: Vec<u8>,
        systems: Arc<Systems>,
        log: Arc<Sink>,
        (environment, shared): (Vec<(String, String)>, Shared),
    ) -> Result<Vm> {
        let size = u32::try_from(configuration.len()).map_err(|_| Error::msg("configuration too long"))?;
        let mut state = State::new(configuration, systems, log);
        (state.number, state.environment, state.shared) = (number, environment, shared);
        let mut store = Store::new(self.module.engine(), state);
        // One that does not count has none to give.
        let _ = store.set_fuel(u64::MAX);
        let instance = self.linker.instantiate(&mut store, &self.module)?;
        let mut vm = Vm { store, instance, next: ROOT, ticked: None, configured_in: Duration::ZERO };
        for name in ["_initialize", "_start"] {
            if let Ok(function) = vm.instance.get_typed_func::<(), ()>(&mut vm.store, name) {
                function.call(&mut vm.store, ())?;
                break;
            }
        }
        vm.store.data_mut().effective = ROOT;
        vm.call2("proxy_on_context_create", ROOT, 0)?;
        if vm.call2_u32("proxy_on_vm_start", ROOT, 0)? == 0 {
            return Err(Error::msg("the filter refused to start"));
        }
        let before = Instant::now();
        let accepted = vm.call2_u32("proxy_on_configure", ROOT, size)?;
        vm.configured_in = before.elapsed();
        if accepted == 0 {
            return Err(Error::msg("the filter refused its configuration"));
        }
        Ok(vm)
    }
}

impl Vm {
    /// Sends a request through the VM and waits for its local reply.
    ///
    /// # Errors
    /// If the guest traps, lets the request through to the router, or does not answer.
    pub fn exchange(&mut self, request: &Request) -> Result<Answer> {
        self.next += 1;
        let id = self.next;
        self.call2("proxy_on_context_create", id, ROOT)?;
        let result = self.drive(id, request);
        self.store.data_mut().effective = id;
        self.call1_u32("proxy_on_done", id)?;
        self.call1("proxy_on_log", id)?;
        self.call1("proxy_on_delete", id)?;
        self.store.data_mut().streams.remove(&id);
        self.store.data_mut().effective = ROOT;
        result
    }

    /// What the gateway proves of the senders of further requests.
    pub fn prove(&mut self, proofs: &Proofs) {
        self.store.data_mut().proofs = proofs.clone();
    }

    /// Lets the host's wall clock stand still.
    pub fn set_clock(&mut self, now: OffsetDateTime) {
        self.store.data_mut().now = Some(now);
    }

    /// Lets time pass, as much as the host leaves between two ticks: the root context's tick, then the answers to the calls it made.
    ///
    /// # Errors
    /// If the guest traps, or an answer does not come.
    pub fn tick(&mut self) -> Result<()> {
        if let Some(ticked) = self.ticked.replace(Instant::now()) {
            std::thread::sleep(TICK.saturating_sub(ticked.elapsed()));
            self.ticked = Some(Instant::now());
        }
        self.store.data_mut().effective = ROOT;
        self.call1("proxy_on_tick", ROOT)?;
        let started = Instant::now();
        while self.store.data().in_flight.values().any(|(context, _)| *context == ROOT) {
            self.next_call(started)?;
        }
        Ok(())
    }

    /// Limits the calls in flight as a circuit breaker does.
    pub fn set_breaker(&mut self, most: usize) {
        self.store.data_mut().breaker = most;
    }

    /// Instructions of WebAssembly so far; none of a VM that does not count them.
    #[must_use]
    pub fn instructions(&self) -> Option<u64> {
        self.store.get_fuel().ok().map(|left| u64::MAX - left)
    }

    /// Bytes of linear memory.
    pub fn memory(&mut self) -> usize {
        self.instance.get_memory(&mut self.store, "memory").map_or(0, |m| m.data_size(&self.store))
    }

    /// Metrics by name.
    pub fn metrics(&self) -> impl Iterator<Item = (&str, u64)> {
        self.store.data().metrics.iter().map(|metric| (metric.name.as_str(), metric.value))
    }

    /// A metric's value; none if the guest never defined it.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<u64> {
        self.store.data().metrics.iter().find(|m| m.name == name).map(|m| m.value)
    }

    fn drive(&mut self, id: u32, request: &Request) -> Result<Answer> {
        let mut headers = vec![
            (":authority".to_owned(), request.authority.clone()),
            (":path".to_owned(), request.target.clone()),
            (":method".to_owned(), request.method.clone()),
            (":scheme".to_owned(), "http".to_owned()),
        ];
        headers.extend(request.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())));
        headers.extend(request.content_length().map(|length| ("content-length".to_owned(), length.to_string())));
        let count = u32::try_from(headers.len()).unwrap_or(u32::MAX);
        let state = self.store.data_mut();
        state.streams.insert(id, Stream { headers, ..Stream::default() });
        state.effective = id;
        let mut action = self.call3_u32("proxy_on_request_headers", id, count, u32::from(request.body.is_empty()))?;
        let mut pieces = request.body.chunks(PIECE).peekable();
        while let Some(piece) = pieces.next() {
            if let Some(reply) = self.reply(id) {
                return Ok(reply);
            }
            let last = u32::from(pieces.peek().is_none());
            let state = self.store.data_mut();
            state.effective = id;
            let mut size = 0;
            if let Some(stream) = state.streams.get_mut(&id) {
                // A body callback that continues has handed its bytes on; one that pauses has them buffered.
                if action == CONTINUE {
                    stream.body.clear();
                }
                stream.body.extend_from_slice(piece);
                size = u32::try_from(stream.body.len()).unwrap_or(u32::MAX);
            }
            action = self.call3_u32("proxy_on_request_body", id, size, last)?;
        }
        let started = Instant::now();
        loop {
            if let Some(reply) = self.reply(id) {
                return Ok(reply);
            }
            if action == CONTINUE {
                return Err(Error::msg("the filter let the request through to the router"));
            }
            self.next_call(started)?;
        }
    }

    fn reply(&mut self, id: u32) -> Option<Answer> {
        self.store.data_mut().streams.get_mut(&id)?.reply.take()
    }

    /// Waits for a call to end and hands it over; or lets the root context's timer ring, where it is a short one.
    fn next_call(&mut self, started: Instant) -> Result<()> {
        let state = self.store.data_mut();
        let left = HANG.saturating_sub(started.elapsed());
        let (token, context, answer) = loop {
            if let Some(first) = state.first_ended() {
                break first;
            }
            let rings = state.tick.filter(|tick| *tick < SHORT && !left.is_zero());
            match state.ended.recv_timeout(rings.unwrap_or(left)) {
                Err(RecvTimeoutError::Timeout) if rings.is_some() => {
                    state.effective = ROOT;
                    return self.call1("proxy_on_tick", ROOT);
                }
                Ok(ended) => {
                    if let Some((_, answer)) = state.in_flight.get_mut(&ended.token) {
                        *answer = Some(ended.answer);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(Error::msg("no call is in flight and no reply was sent: the request hangs"));
                }
            }
        };
        let headers = u32::try_from(answer.headers.len()).unwrap_or(u32::MAX);
        let body = u32::try_from(answer.body.len()).unwrap_or(u32::MAX);
        state.effective = context;
        state.answer = Some(answer);
        let callback = self
            .instance
            .get_typed_func::<(u32, u32, u32, u32, u32), ()>(&mut self.store, "proxy_on_http_call_response")?;
        let result = callback.call(&mut self.store, (context, token, headers, body, 0));
        self.store.data_mut().answer = None;
        result
    }

    fn call1(&mut self, name: &str, a: u32) -> Result<()> {
        self.instance.get_typed_func::<u32, ()>(&mut self.store, name)?.call(&mut self.store, a)
    }

    fn call1_u32(&mut self, name: &str, a: u32) -> Result<u32> {
        self.instance.get_typed_func::<u32, u32>(&mut self.store, name)?.call(&mut self.store, a)
    }

    fn call2(&mut self, name: &str, a: u32, b: u32) -> Result<()> {
        self.instance.get_typed_func::<(u32, u32), ()>(&mut self.store, name)?.call(&mut self.store, (a, b))
    }

    fn call2_u32(&mut self, name: &str, a: u32, b: u32) -> Result<u32> {
        self.instance.get_typed_func::<(u32, u32), u32>(&mut self.store, name)?.call(&mut self.store, (a, b))
    }

    fn call3_u32(&mut self, name: &str, a: u32, b: u32, c: u32) -> Result<u32> {
        self.instance.get_typed_func::<(u32, u32, u32), u32>(&mut self.store, name)?.call(&mut self.store, (a, b, c))
    }
}
