//! The steward does what must go on between requests (design §2): jobs, under one lease. Of all engines over one store
//! one at a time works at them.
//!
//! A job has a state of its own, goes as far as it can at each tick, and takes in how the calls ended that it waits for.

mod keys;
mod lease;
mod probes;
mod sessions;

use crate::bundle::CallIndex;
use crate::eval::memory::{Eval, Memory};
use crate::exchange::Turn;
use crate::legacy::request;
use crate::outbox::{CallIds, Calling, Outbox};
use crate::plan::Plan;
use crate::session::Secrets;
use crate::store::SharedStore;
use crate::value::date::Date;
use crate::wire::{CallId, CallResult, Clock, STEWARD};
use keys::KeysJob;
use lease::Lease;
use probes::ProbeJob;
use sessions::SessionJob;

/// After this many milliseconds beyond its timeout a call is not waited for any more: a host that drops the context a
/// call belongs to tells nobody.
const LOST_MS: u64 = 5_000;

/// What one engine does as steward.
#[derive(Debug)]
pub(crate) struct Steward {
    lease: Lease,
    jobs: Vec<Job>,
}

/// Something that must go on between requests.
#[derive(Debug)]
enum Job {
    /// A system's session is kept warm.
    Session(SessionJob),
    /// A system is asked whether it is there.
    Probe(ProbeJob),
    /// An index from keys to students is made.
    Keys(Box<KeysJob>),
}

/// What the steward has at hand while it handles an event.
pub(crate) struct StewardTurn<'t> {
    pub plan: &'t Plan,
    pub store: &'t dyn SharedStore,
    pub secrets: &'t Secrets,
    pub clock: Clock,
    pub ids: &'t mut CallIds,
    pub out: &'t mut Outbox,
}

impl Steward {
    /// A steward for what a mapping leaves to do. `seed` tells it from all others.
    pub fn new(plan: &Plan, seed: u64) -> Self {
        let (sessions, probes) = (SessionJob::all(plan).map(Job::Session), ProbeJob::all(plan).map(Job::Probe));
        let keys = KeysJob::of(plan).map(|job| Job::Keys(Box::new(job)));
        Self { lease: Lease::new(seed), jobs: sessions.chain(probes).chain(keys).collect() }
    }

    /// Whether there is anything to do.
    pub fn is_needed(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// Time has passed.
    pub fn tick(&mut self, turn: &mut StewardTurn<'_>) {
        if !self.is_needed() || !self.lease.holds(turn.store, turn.plan, turn.clock.tick_ms) {
            return;
        }
        for job in &mut self.jobs {
            match job {
                Job::Session(job) => job.tick(turn),
                Job::Probe(job) => job.tick(turn),
                Job::Keys(job) => job.tick(turn),
            }
        }
    }

    /// A call of the steward's has ended. One that no job waits for is of no more account.
    pub fn on_response(&mut self, turn: &mut StewardTurn<'_>, call: CallId, result: CallResult) {
        for job in &mut self.jobs {
            match job {
                Job::Session(job) if job.awaits(call) => return job.on_response(turn, result),
                Job::Probe(job) if job.awaits(call) => return job.on_response(turn, result),
                Job::Keys(job) if job.awaits(call) => return job.on_response(turn, call, result),
                Job::Session(_) | Job::Probe(_) | Job::Keys(_) => {}
            }
        }
    }
}

impl StewardTurn<'_> {
    /// What an exchange would have at hand.
    fn exchange(&mut self) -> Turn<'_> {
        Turn {
            id: STEWARD,
            plan: self.plan,
            store: self.store,
            keys: None,
            references: None,
            tick_ms: self.clock.tick_ms,
            ids: self.ids,
            out: self.out,
        }
    }

    /// Memory for one call outside of any exchange.
    fn memory(&self) -> Option<Memory> {
        let mut memory = Memory::new(self.plan);
        memory.provided.today = Some(Date::in_rome(self.clock.now_ms));
        memory.provided.now_ms = self.clock.now_ms;
        self.secrets.lend(&mut memory).ok()?;
        Some(memory)
    }

    /// Sends a call, written from what this memory holds; none if it cannot be written.
    fn send(&mut self, mut memory: Memory, index: CallIndex) -> Option<CallId> {
        let call = self.plan.call(index);
        let system = self.plan.system(call.system);
        let mut eval = Eval { plan: self.plan, memory: &mut memory };
        request::bind(&mut eval, call).ok()?;
        let written = request::write(&mut eval, system, call).ok()?;
        let id = self.ids.next(STEWARD);
        let request = written.request(system, call, u64::from(system.timeout_ms), self.plan.limits());
        self.out.calls.push(Calling { id, system: call.system, request, latest: None });
        Some(id)
    }
}
