//! One configured engine, shared by the root context and the requests that began under it.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher as _, RandomState};
use std::rc::{Rc, Weak};
use std::time::Instant;

use adapter_core::counter::Counter;
use adapter_core::{Answers, Engine, ExchangeId, Plan, Resources, SortedMap, Time, Trust};
use shell::{Metrics, REFERENCE_KEY, Settings, cursor_keys, secret_variable};

use crate::host::{self, HostMeters};
use crate::request::Request;
use crate::store::HostStore;

/// How often the root context is called, milliseconds: several times within the steward's lease.
pub const TICK_MS: u64 = 500;

/// How often the root context is called while calls wait for their turn, milliseconds.
const HURRY_MS: u64 = 2;

/// An engine with its clock and its metrics. Requests hold it by `Rc`: one that began before a reload ends with the
/// engine it began with.
#[derive(Debug)]
pub struct Loaded {
    engine: RefCell<Engine>,
    metrics: RefCell<Metrics>,
    started: Instant,
    /// The wall clock when it started. Ticks are counted from there, so that all VMs of one process count alike: the
    /// SDK gives no monotonic clock with an origin they share. Were the wall clock set between the starts of two VMs,
    /// one would take what the other shared for outdated or for too fresh, at the cost of a login or a call.
    origin_ms: u64,
    now_ms: Option<i64>,
    development: bool,
    answers: Answers,
    /// Requests that have begun under it and are not over.
    requests: RefCell<SortedMap<ExchangeId, Weak<RefCell<Request>>>>,
    /// The root context is called every [`HURRY_MS`].
    hurries: Cell<bool>,
}

impl Loaded {
    /// Loads a plugin configuration; `started` is when the host asked for it. Gives the line that says what was loaded.
    ///
    /// # Errors
    /// Says in one sentence what does not fit.
    pub fn load(configuration: &[u8], started: Instant) -> Result<(Self, String), String> {
        let settings = Settings::parse(configuration)?;
        let plan = Plan::load(settings.bundle).map_err(|error| format!("the bundle: {error}"))?;
        let line = format!(
            "ifs-adapter {}: bundle {}, contract {}, institute {}, {} operations",
            env!("CARGO_PKG_VERSION"),
            plan.digest(),
            plan.contract(),
            plan.institute().code,
            plan.operations().len(),
        );
        // The wall clock when `started` was: loading takes a while, and ticks count from there.
        let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(0);
        let origin_ms = u64::try_from(host::now_ms()).unwrap_or(0).saturating_sub(elapsed);
        let resources = Resources {
            store: Box::new(HostStore),
            seed: RandomState::new().hash_one(line.as_str()),
            tick_ms: origin_ms,
            secret: &|name| std::env::var(secret_variable(name)).ok(),
            reference_key: std::env::var(REFERENCE_KEY).ok(),
            cursor_keys: cursor_keys(|name| std::env::var(name).ok()),
        };
        let variables: Vec<String> = plan.secrets().iter().map(|name| secret_variable(name)).collect();
        let development = matches!(settings.trust, Trust::Development);
        let engine = Engine::new(plan, settings.trust, resources).map_err(|error| {
            format!("{error}; secrets come from the VM's environment ({}), not empty", variables.join(", "))
        })?;
        let loaded = Self {
            engine: RefCell::new(engine.answering(settings.answers)),
            metrics: RefCell::default(),
            started,
            origin_ms,
            now_ms: settings.now_ms,
            development,
            answers: settings.answers,
            requests: RefCell::default(),
            hurries: Cell::new(false),
        };
        Ok((loaded, line))
    }

    /// Whether nobody's identity is proved; every answer says so.
    pub fn development(&self) -> bool {
        self.development
    }

    /// Which answers are sent; for those that the engine does not make.
    pub fn answers(&self) -> Answers {
        self.answers
    }

    /// Microseconds since the host asked for the configuration to be loaded.
    pub fn age_us(&self) -> u128 {
        self.started.elapsed().as_micros()
    }

    /// Runs `use_it` on the engine, and nothing of the host meanwhile that could call back. None if the engine is in use,
    /// which would mean that the host called back into a running callback.
    pub fn engine<T>(&self, use_it: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        self.engine.try_borrow_mut().ok().map(|mut engine| use_it(&mut engine))
    }

    /// A request has begun.
    pub fn knows(&self, id: ExchangeId, request: Weak<RefCell<Request>>) {
        if let Ok(mut requests) = self.requests.try_borrow_mut() {
            requests.insert(id, request);
        }
    }

    /// A request is over.
    pub fn forget(&self, id: ExchangeId) {
        if let Ok(mut requests) = self.requests.try_borrow_mut() {
            requests.remove(&id);
        }
    }

    /// A request that is not over.
    pub fn request(&self, id: ExchangeId) -> Option<Rc<RefCell<Request>>> {
        self.requests.try_borrow().ok()?.get(&id)?.upgrade()
    }

    /// Whether calls wait for their turn.
    pub fn is_call_waiting(&self) -> bool {
        self.engine(|engine| engine.is_call_waiting()) == Some(true)
    }

    /// Has the root context called as often as is needed: whether calls wait for their turn. What is set already is set again
    /// if somebody else may have changed it.
    pub fn pace(&self, waiting: bool, anew: bool) {
        if self.hurries.replace(waiting) != waiting || anew {
            let _ = host::tick_every(if waiting { HURRY_MS } else { TICK_MS });
        }
    }

    /// What time it is at an instant, for the engine.
    pub fn at(&self, at: Instant) -> At<'_> {
        At { loaded: self, at }
    }

    /// What time it is whenever the engine asks.
    pub fn later(&self) -> Later<'_> {
        Later(self)
    }

    /// An instant on the monotonic clock, milliseconds.
    pub fn tick_ms(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.started);
        self.origin_ms.saturating_add(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Adds to a counter, takes a value into a histogram, or sets a gauge. Not while the engine runs.
    pub fn count(&self, counter: Counter, by: u64) {
        self.count_all(&[(counter, by)]);
    }

    /// Counts what an event brought.
    pub fn count_all(&self, counts: &[(Counter, u64)]) {
        if let (Ok(mut metrics), Ok(engine)) = (self.metrics.try_borrow_mut(), self.engine.try_borrow()) {
            counts.iter().for_each(|(counter, by)| metrics.count(&mut HostMeters, engine.plan(), *counter, *by));
        }
    }

    /// Says that this engine's bundle runs, which every root context of it does.
    pub fn takes_over(&self) {
        self.count(Counter::BundleInfo, 1);
        if let Some((key, digest)) = self.engine(running) {
            let _ = host::share(&key, digest.as_bytes(), None);
        }
    }

    /// Says that its bundle runs no more, unless the same one was configured anew.
    pub fn gives_way(&self) {
        let Some((key, digest)) = self.engine(running) else { return };
        if host::shared(&key).is_none_or(|(last, _)| last != digest.as_bytes()) {
            self.count(Counter::BundleInfo, 0);
        }
    }
}

/// An instant that is now. The host is asked for the wall clock if the engine asks for it.
#[derive(Debug)]
pub struct At<'l> {
    loaded: &'l Loaded,
    at: Instant,
}

impl Time for At<'_> {
    fn now_ms(&self) -> i64 {
        self.loaded.now_ms.unwrap_or_else(host::now_ms)
    }

    fn tick_ms(&self) -> u64 {
        self.loaded.tick_ms(self.at)
    }
}

/// The time that it is when it is asked for.
#[derive(Debug)]
pub struct Later<'l>(&'l Loaded);

impl Time for Later<'_> {
    fn now_ms(&self) -> i64 {
        self.0.at(self.0.started).now_ms()
    }

    fn tick_ms(&self) -> u64 {
        self.0.tick_ms(Instant::now())
    }
}

/// Where all VMs find which bundle of the institute was configured last, and this engine's own.
fn running(engine: &mut Engine) -> (String, String) {
    let plan = engine.plan();
    (["ifs/", &plan.institute().code, "/bundle"].concat(), plan.digest().to_owned())
}
