//! The steward keeps sessions warm (design §2, mapping-language §8.9): of all engines over one store, one at a time opens
//! the sessions nobody has and renews those that will end.
//!
//! Who it is says a lease in the store: whoever holds it extends it at every tick, and another takes it over when it is
//! stale. It is a compare-and-put lease and not the consumer of a shared queue, since a host gives a queue to its last
//! registrant, which may be a root that dispatches nothing, and tells nobody that the consumer is gone. Two engines may
//! take a lease that nobody had at the same time, as a host knows no "create if absent"; so nobody acts on the tick at
//! which it took the lease, and at the next one finds only the last of them still holding it. Were two at work all the
//! same, the second session would be refused by the store and closed.

use crate::bundle::{CallIndex, Session, System, SystemIndex};
use crate::counter::{self, Counter};
use crate::eval::memory::{Eval, Memory};
use crate::failure::Stop;
use crate::legacy::answer::receive;
use crate::legacy::request;
use crate::outbox::{CallIds, Calling, Outbox};
use crate::plan::Plan;
use crate::session::{self, Secrets};
use crate::store::SharedStore;
use crate::value::Value;
use crate::value::date::Date;
use crate::wire::{CallId, CallResult, Clock, STEWARD};

/// How long a lease holds after it was extended, milliseconds. A shell ticks several times in it.
const LEASE_MS: u64 = 3_000;

/// After this many milliseconds beyond its timeout a call is not waited for any more: a host that drops the context a
/// call belongs to tells nobody.
const LOST_MS: u64 = 5_000;

/// What one engine does as steward.
#[derive(Debug)]
pub(crate) struct Steward {
    seed: u64,
    cares: Vec<Care>,
}

/// The care for one system.
#[derive(Debug)]
struct Care {
    system: SystemIndex,
    /// The login in flight.
    opening: Option<Opening>,
    /// A session that another has taken the place of, and when nobody can be using it any more.
    replaced: Option<(String, u64)>,
    /// Logins that failed one after another.
    failed: u32,
    /// No login before.
    not_before: u64,
}

#[derive(Debug)]
struct Opening {
    call: CallId,
    since: u64,
    lost: u64,
    /// What stood in the store.
    over: Option<u32>,
    old: Option<String>,
}

/// What the steward has at hand.
pub(crate) struct Desk<'d> {
    pub plan: &'d Plan,
    pub store: &'d dyn SharedStore,
    pub secrets: &'d Secrets,
    pub ids: &'d mut CallIds,
    pub out: &'d mut Outbox,
}

impl Steward {
    /// A steward for the systems whose sessions are shared and used. `seed` tells it from all others.
    pub fn new(plan: &Plan, seed: u64) -> Self {
        let used = |at: usize| plan.calls().iter().any(|c| c.session && c.system.at() == at);
        let cares = plan.systems().iter().enumerate().filter(|(at, system)| {
            // A session whose token changes with every answer cannot be shared.
            used(*at) && system.session.as_ref().is_some_and(|s| s.next.is_none())
        });
        let cares = cares.filter_map(|(at, _)| SystemIndex::try_from(at).ok()).map(|system| Care {
            system,
            opening: None,
            replaced: None,
            failed: 0,
            not_before: 0,
        });
        Self { seed, cares: cares.collect() }
    }

    /// Whether there is anything to care for.
    pub fn is_needed(&self) -> bool {
        !self.cares.is_empty()
    }

    /// Time has passed.
    pub fn tick(&mut self, desk: &mut Desk<'_>, clock: Clock) {
        if !self.is_needed() || !self.holds_lease(desk, clock.tick_ms) {
            return;
        }
        for care in &mut self.cares {
            care.tick(desk, clock);
        }
    }

    /// Extends the lease, or takes it if nobody holds it; true if it was held before.
    fn holds_lease(&self, desk: &Desk<'_>, now: u64) -> bool {
        let key = session::key(desk.plan, "steward");
        let mut record = self.seed.to_le_bytes().to_vec();
        record.extend_from_slice(&now.saturating_add(LEASE_MS).to_le_bytes());
        let Some((bytes, version)) = desk.store.get(&key) else {
            desk.store.put(&key, &record, None);
            return false;
        };
        let held = bytes
            .split_first_chunk::<8>()
            .and_then(|(seed, until)| Some((u64::from_le_bytes(*seed), u64::from_le_bytes(until.try_into().ok()?))));
        match held {
            Some((seed, _)) if seed == self.seed => desk.store.put(&key, &record, Some(version)),
            // One that ends later than any does is of another clock.
            Some((_, until)) if until > now && until <= now.saturating_add(LEASE_MS) => false,
            _ => {
                desk.store.put(&key, &record, Some(version));
                false
            }
        }
    }

    /// A call of the steward's has ended. One that closes a session is not waited for, nor one that was given up.
    pub fn on_response(&mut self, desk: &mut Desk<'_>, call: CallId, result: CallResult, clock: Clock) {
        let waits = |care: &Care| care.opening.as_ref().is_some_and(|o| o.call == call);
        let Some(care) = self.cares.iter_mut().find(|care| waits(care)) else { return };
        if let Some(opening) = care.opening.take() {
            desk.out.ended(care.system, &result);
            care.take_login(desk, opening, result, clock);
        }
    }
}

impl Care {
    fn tick(&mut self, desk: &mut Desk<'_>, clock: Clock) {
        let now = clock.tick_ms;
        let (system, session) = (desk.plan.system(self.system), desk.plan.session(self.system));
        if let Some((old, _)) = self.replaced.take_if(|(_, at)| now >= *at) {
            Self::close(desk, system, session, &old, clock);
        }
        if self.opening.as_ref().is_some_and(|o| now >= o.lost) {
            self.opening = None;
            self.wait(now);
        }
        let (stored, over) = session::find(desk.store, desk.plan, system);
        let keeps = stored.as_ref().is_some_and(|s| s.is_fresh(now, (session.lasts_ms / 4).saturating_mul(3)));
        let paused = session::paused(desk.store, desk.plan, system, now).is_some();
        if keeps || self.opening.is_some() || now < self.not_before || paused {
            return;
        }
        // One that has ended by itself needs no closing.
        let old = stored.filter(|s| s.is_fresh(now, session.lasts_ms)).map(|s| s.sid);
        match send(desk, system, session.open, None, clock) {
            Some(call) => {
                let lost = now.saturating_add(u64::from(system.timeout_ms)).saturating_add(LOST_MS);
                self.opening = Some(Opening { call, since: now, lost, over, old });
            }
            None => self.refused(desk, now),
        }
    }

    fn take_login(&mut self, desk: &mut Desk<'_>, opening: Opening, result: CallResult, clock: Clock) {
        let now = clock.tick_ms;
        let (system, session) = (desk.plan.system(self.system), desk.plan.session(self.system));
        let call = desk.plan.call(session.open);
        let Some(mut memory) = memory(desk, clock) else { return };
        let received = receive(&mut memory.arena, system, call, desk.plan.limits().depth, result);
        let mut eval = Eval { plan: desk.plan, memory: &mut memory };
        let sid = match session::opened(&mut eval, system, call, &received) {
            Ok(sid) => sid,
            Err(stop) => {
                if let Stop::Call(problem) = stop {
                    session::note_failure(desk.store, desk.plan, system, now, &received, problem.code);
                }
                return self.refused(desk, now);
            }
        };
        session::forget_refusals(desk.store, desk.plan, system);
        self.failed = 0;
        if !session::offer(desk.store, desk.plan, system, opening.since, &sid, opening.over) {
            // An exchange has offered one meanwhile; this one is nobody's.
            return Self::close(desk, system, session, &sid, clock);
        }
        desk.out.counts.push((Counter::Sessions { system: self.system, event: counter::Session::Kept }, 1));
        if let Some(old) = opening.old.filter(|old| *old != sid) {
            // Exchanges that took the old one may use it until their deadline.
            let earlier = self.replaced.replace((old, now.saturating_add(desk.plan.limits().deadline)));
            if let Some((earlier, _)) = earlier {
                Self::close(desk, system, session, &earlier, clock);
            }
        }
    }

    /// Closes a session. How that ends changes nothing: a session that stays open ends by itself.
    fn close(desk: &mut Desk<'_>, system: &System, session: &Session, sid: &str, clock: Clock) {
        if let Some(close) = session.close
            && send(desk, system, close, Some(sid), clock).is_some()
        {
            let system = desk.plan.call(close).system;
            desk.out.counts.push((Counter::Sessions { system, event: counter::Session::Closed }, 1));
        }
    }

    fn refused(&mut self, desk: &mut Desk<'_>, now: u64) {
        desk.out.counts.push((Counter::Sessions { system: self.system, event: counter::Session::KeptRefused }, 1));
        self.wait(now);
    }

    /// A login failed: the steward's next one waits, longer each time.
    fn wait(&mut self, now: u64) {
        self.not_before = now.saturating_add(session::pause_ms(self.failed));
        self.failed = self.failed.saturating_add(1);
    }
}

/// Memory for one call outside of any exchange.
fn memory(desk: &Desk<'_>, clock: Clock) -> Option<Memory> {
    let mut memory = Memory::new(desk.plan);
    memory.provided.today = Some(Date::in_rome(clock.now_ms));
    memory.provided.now_ms = clock.now_ms;
    desk.secrets.lend(&mut memory).ok()?;
    Some(memory)
}

/// Sends a call that opens or closes a session; none if it cannot be written.
fn send(desk: &mut Desk<'_>, system: &System, index: CallIndex, sid: Option<&str>, clock: Clock) -> Option<CallId> {
    let call = desk.plan.call(index);
    let mut memory = memory(desk, clock)?;
    if let Some(sid) = sid {
        memory.provided.session = Value::Text(memory.arena.make_text(sid).ok()?);
    }
    let mut eval = Eval { plan: desk.plan, memory: &mut memory };
    request::bind(&mut eval, call).ok()?;
    let written = request::write(&mut eval, system, call).ok()?;
    let id = desk.ids.next(STEWARD);
    let request = written.request(system, call, u64::from(system.timeout_ms), desk.plan.limits());
    desk.out.calls.push(Calling { id, system: call.system, request });
    Some(id)
}
