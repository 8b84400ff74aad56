//! Turns: how many requests of one consumer are in flight, how many calls to one system, and whose call is next.
//!
//! A request has a [`Place`] among those of its consumer from its admission until it is answered or left, **and every call it
//! made has ended**: a host cannot call a call back, so whoever leaves is not rid of what it has set going. Of a call whose end
//! nobody is told of the place is held until its time is up. Its room at the system, which is everybody's, is held for as
//! long as calls to that system have been seen to take.
//!
//! A call that there is no room for waits here, with the others of its consumer to that system, in a [`Lane`]. Whoever has
//! the fewest calls in flight there is next, and of several the one who had no turn for longest. One consumer never has all the
//! room, so that whoever comes next need not wait until a call ends: they may all end at the same time. All of it is one
//! engine's. Room is what it may have in flight at a system, and what the host has besides, which may refuse a call before that.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::bundle::{SortedMap, SystemIndex};
use crate::wire::{CallId, CallRequest, Caller, ExchangeId};

/// By how much a call may outlast its timeout, as hosts reckon it, milliseconds.
const LATE_MS: u64 = 100;

/// How long a host that has refused a call is left alone, milliseconds, but for one try at a time.
const REFUSED_MS: u64 = 10;

/// How often calls whose time is up are looked for, milliseconds.
const SWEEP_MS: u64 = 100;

/// The part of a system's room that one consumer leaves to others: of so many one.
const OTHERS: u64 = 8;

/// Most calls in flight for each request that may be: beyond it nobody is let in, whatever has become of their requests.
const CALLS_EACH: u64 = 16;

/// Why a request has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// Its consumer has as many as one may.
    Consumer,
    /// There are too many calls of requests that are over.
    Calls,
}

/// Who shares: a consumer, or all whom nobody has named.
#[derive(Debug, Default)]
struct Account {
    /// The consumer, and whether it is a partner: it chose its name itself.
    name: Option<(bool, String)>,
    /// Places taken.
    places: Cell<u64>,
    /// Calls that have room, by system.
    calls: RefCell<SortedMap<SystemIndex, u64>>,
}

impl Account {
    /// Whether it may have one more call at a system that bears so many.
    fn may(&self, system: SystemIndex, most: u64) -> bool {
        let others = if self.name.is_some() { most.checked_div(OTHERS).unwrap_or(0) } else { 0 };
        self.in_flight(system) < most.saturating_sub(others).max(1)
    }

    fn in_flight(&self, system: SystemIndex) -> u64 {
        self.calls.try_borrow().map_or(0, |calls| calls.get(&system).copied().unwrap_or(0))
    }

    fn set(&self, system: SystemIndex, change: impl FnOnce(u64) -> u64) {
        if let Ok(mut calls) = self.calls.try_borrow_mut() {
            let now = calls.get(&system).copied().unwrap_or(0);
            calls.insert(system, change(now));
        }
    }
}

/// A request's place; it is given back when the last who holds it lets go.
#[derive(Debug)]
pub(crate) struct Place(Rc<Account>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.places.set(self.0.places.get().saturating_sub(1));
    }
}

/// What a call is about, besides its content.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    /// The system it goes to.
    pub system: SystemIndex,
    /// Until when it may wait for its turn.
    pub waits_until: u64,
    /// When its exchange must be over.
    pub deadline: u64,
    /// It has waited.
    pub waited: bool,
    /// Whose it is.
    pub place: Rc<Place>,
}

/// A call that the host has.
#[derive(Debug)]
struct Flight {
    asking: Asking,
    /// When it was sent.
    since: u64,
    /// When its time is up.
    until: u64,
    /// Its request is over: it is in flight still, or has ended and nobody is told.
    left: bool,
    /// It has room at the system.
    busy: bool,
}

/// A call that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// Its name.
    pub call: CallId,
    /// What to send.
    pub request: CallRequest,
    /// The rest.
    pub asking: Asking,
}

/// The calls of one consumer that wait for one system; the ones first whose exchange must be over first.
#[derive(Debug)]
struct Lane {
    system: SystemIndex,
    account: Rc<Account>,
    /// When it had its last turn, counted in turns.
    last: u64,
    calls: VecDeque<Waiting>,
}

/// How things are at a system.
#[derive(Clone, Copy, Debug, Default)]
struct At {
    /// Calls that have room.
    busy: u64,
    /// How long calls take, milliseconds: the longest, which later ones bring down by and by.
    take: Option<u64>,
    /// When the host last refused a call.
    refused: Option<u64>,
}

/// Who has what in flight, and what waits.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    accounts: Vec<Rc<Account>>,
    flights: SortedMap<CallId, Flight>,
    lanes: Vec<Lane>,
    systems: SortedMap<SystemIndex, At>,
    /// Calls of requests that are over and have room still: until when, as far as can be told.
    left: Vec<(u64, CallId)>,
    /// Turns given so far.
    given: u64,
    swept: u64,
}

impl Turns {
    /// Lets a request in, if its consumer has fewer than `most` places. Of whom nobody has proved the name no more is known than
    /// that they are somebody: they share one account without that bound.
    ///
    /// # Errors
    /// If there is no room.
    pub fn enter(&mut self, caller: &Caller, most: u64, exchanges: u64, tick_ms: u64) -> Result<Rc<Place>, NoPlace> {
        let name = match caller {
            Caller::Known(identity) => Some((identity.partner, identity.consumer_id.as_str())),
            Caller::Nobody | Caller::Stranger | Caller::Refused(_) => None,
        };
        self.sweep(tick_ms);
        if u64::try_from(self.flights.len()).unwrap_or(u64::MAX) >= exchanges.saturating_mul(CALLS_EACH) {
            return Err(NoPlace::Calls);
        }
        let is = |account: &Account| account.name.as_ref().map(|(partner, name)| (*partner, name.as_str())) == name;
        let account = match self.accounts.iter().find(|account| is(account)) {
            Some(account) => Rc::clone(account),
            None => {
                let name = name.map(|(partner, name)| (partner, name.to_owned()));
                let account = Rc::new(Account { name, ..Account::default() });
                self.accounts.push(Rc::clone(&account));
                account
            }
        };
        if account.name.is_some() && account.places.get() >= most {
            return Err(NoPlace::Consumer);
        }
        account.places.set(account.places.get().saturating_add(1));
        Ok(Rc::new(Place(account)))
    }

    /// Forgets calls whose time is up, and consumers of whom nothing is left.
    fn sweep(&mut self, tick_ms: u64) {
        if tick_ms.saturating_sub(self.swept) < SWEEP_MS {
            return;
        }
        self.swept = tick_ms;
        self.pass(tick_ms);
        self.flights.retain(|_, flight| !flight.left || flight.until.saturating_add(LATE_MS) > tick_ms);
        self.accounts.retain(|account| account.places.get() > 0);
    }

    /// Whether a call to a system, where there may be `most` in flight, has to wait.
    pub fn must_wait(&self, system: SystemIndex, most: u64, place: &Place) -> bool {
        self.room(system, most) == 0 || !place.0.may(system, most) || self.next(system, most).is_some()
    }

    fn room(&self, system: SystemIndex, most: u64) -> u64 {
        most.saturating_sub(self.systems.get(&system).map_or(0, |at| at.busy))
    }

    fn at(&mut self, system: SystemIndex, change: impl FnOnce(&mut At)) {
        let mut at = self.systems.remove(&system).unwrap_or_default();
        change(&mut at);
        self.systems.insert(system, at);
    }

    fn free(&mut self, asking: &Asking) {
        self.at(asking.system, |at| at.busy = at.busy.saturating_sub(1));
        asking.place.0.set(asking.system, |calls| calls.saturating_sub(1));
    }

    /// Time has passed: calls of which nobody is told are taken to have ended.
    pub fn pass(&mut self, tick_ms: u64) {
        let mut ended = Vec::new();
        self.left.retain(|(until, call)| {
            let over = *until <= tick_ms;
            if over {
                ended.push(*call);
            }
            !over
        });
        for call in ended {
            if let Some(flight) = self.flights.get_mut(&call).filter(|flight| flight.busy) {
                flight.busy = false;
                let asking = flight.asking.clone();
                self.free(&asking);
            }
        }
    }

    /// Whether anything waits.
    pub fn is_any_waiting(&self) -> bool {
        !self.lanes.is_empty()
    }

    /// The host has a call, since and until when at most.
    pub fn sent(&mut self, call: CallId, asking: Asking, (since, until): (u64, u64)) {
        self.at(asking.system, |at| at.busy = at.busy.saturating_add(1));
        asking.place.0.set(asking.system, |calls| calls.saturating_add(1));
        self.flights.insert(call, Flight { asking, since, until, left: false, busy: true });
    }

    /// A call has ended; the system it went to.
    pub fn ended(&mut self, call: CallId, tick_ms: u64) -> Option<SystemIndex> {
        let (asking, since) = self.landed(call)?;
        let took = tick_ms.saturating_sub(since);
        let longest = |take: u64| took.max(take.saturating_sub(take.saturating_sub(took).div_ceil(8)));
        self.at(asking.system, |at| at.take = Some(at.take.map_or(took, longest)));
        Some(asking.system)
    }

    /// The host does not have a call after all; what it is about.
    pub fn unsent(&mut self, call: CallId, tick_ms: u64) -> Option<Asking> {
        let (asking, _) = self.landed(call)?;
        self.at(asking.system, |at| at.refused = Some(tick_ms));
        Some(asking)
    }

    fn landed(&mut self, call: CallId) -> Option<(Asking, u64)> {
        let flight = self.flights.remove(&call)?;
        if flight.busy {
            self.free(&flight.asking);
        }
        Some((flight.asking, flight.since))
    }

    /// A request is over: none of its calls that wait is made, and of those in flight nobody may be told how they end.
    pub fn over(&mut self, owner: ExchangeId) {
        self.forget(|call| call.owner() == owner);
        for (call, flight) in self.flights.iter_mut() {
            if call.owner() == owner && !flight.left {
                flight.left = true;
                let take = self.systems.get(&flight.asking.system).and_then(|at| at.take);
                let until = take.map_or(flight.until, |take| flight.since.saturating_add(take).min(flight.until));
                self.left.push((until, *call));
            }
        }
    }

    /// Lets a call wait.
    pub fn wait(&mut self, mut waiting: Waiting) {
        waiting.asking.waited = true;
        let (system, account) = (waiting.asking.system, &waiting.asking.place.0);
        let is = |lane: &&mut Lane| lane.system == system && Rc::ptr_eq(&lane.account, account);
        match self.lanes.iter_mut().find(is) {
            Some(lane) => {
                let order = |one: &Waiting| (one.asking.deadline, one.call);
                let at = lane.calls.partition_point(|other| order(other) < order(&waiting));
                lane.calls.insert(at, waiting);
            }
            None => {
                let account = Rc::clone(account);
                self.lanes.push(Lane { system, account, last: 0, calls: VecDeque::from([waiting]) });
            }
        }
    }

    /// The lane that is next at a system, if one may be.
    fn next(&self, system: SystemIndex, most: u64) -> Option<usize> {
        let may = |lane: &Lane| lane.system == system && lane.account.may(system, most);
        let lanes = self.lanes.iter().enumerate().filter(|(_, lane)| may(lane));
        lanes.min_by_key(|(_, lane)| (lane.account.in_flight(system), lane.last)).map(|(at, _)| at)
    }

    /// Takes the next call of a lane.
    fn take(&mut self, at: usize) -> Option<Waiting> {
        let lane = self.lanes.get_mut(at)?;
        self.given = self.given.saturating_add(1);
        lane.last = self.given;
        let call = lane.calls.pop_front();
        if lane.calls.is_empty() {
            self.lanes.swap_remove(at);
        }
        call
    }

    /// Gives a turn that is free at a system, where there may be `most` calls in flight, to this exchange, if it is next.
    pub fn give_to(&mut self, system: SystemIndex, most: u64, owner: ExchangeId) -> Option<Waiting> {
        let at = self.next(system, most)?;
        let next = self.lanes.get(at)?.calls.front()?.call.owner();
        if next == owner && self.room(system, most) > 0 { self.take(at) } else { None }
    }

    /// The systems that are waited for, and how many turns are worth a try at each.
    pub fn due(&self, most: u64, tick_ms: u64) -> Vec<(SystemIndex, u64)> {
        let mut all: Vec<(SystemIndex, u64)> = Vec::new();
        for lane in &self.lanes {
            let system = lane.system;
            if !all.iter().any(|(other, _)| *other == system) {
                let refused = self.systems.get(&system).and_then(|at| at.refused);
                let refused = refused.is_some_and(|at| tick_ms.saturating_sub(at) < REFUSED_MS);
                all.push((system, self.room(system, most).min(if refused { 1 } else { u64::MAX })));
            }
        }
        all
    }

    /// Gives the next turn at a system.
    pub fn give(&mut self, system: SystemIndex, most: u64) -> Option<Waiting> {
        self.next(system, most).and_then(|at| self.take(at))
    }

    /// Calls that have waited for too long. They go on waiting until they are taken out.
    pub fn overdue(&self, tick_ms: u64) -> Vec<CallId> {
        let calls = self.lanes.iter().flat_map(|lane| &lane.calls);
        calls.filter(|waiting| waiting.asking.waits_until <= tick_ms).map(|waiting| waiting.call).collect()
    }

    /// Takes out what waits and is meant.
    pub fn forget(&mut self, meant: impl Fn(CallId) -> bool) {
        self.lanes.iter_mut().for_each(|lane| lane.calls.retain(|waiting| !meant(waiting.call)));
        self.lanes.retain(|lane| !lane.calls.is_empty());
    }
}
