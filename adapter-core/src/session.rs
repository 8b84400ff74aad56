//! Sessions as they stand in the store, and the answers of the calls that open them.
//!
//! A record is the tick at which the session was asked for, eight bytes little-endian, then the session itself.

use crate::bundle::{CallIndex, System, SystemIndex};
use crate::eval::memory::{Eval, Memory};
use crate::failure::Stop;
use crate::legacy::answer::{Expiry, Meaning, Received, interpret, receive};
use crate::plan::Plan;
use crate::probe;
use crate::problem::{CODES, Code, Problem};
use crate::store::SharedStore;
use crate::value::Full;
use crate::wire::CallResult;

/// A session that stands in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// When it was asked for.
    pub opened: u64,
    /// The session: personal to the institute, never logged.
    pub sid: String,
}

/// What stands in the store under a system, with the version to put over it; no session where what stands is none.
pub(crate) fn find(store: &dyn SharedStore, plan: &Plan, system: &System) -> (Option<Stored>, Option<u32>) {
    let Some((bytes, version)) = store.get(&of(plan, system)) else { return (None, None) };
    let stored = bytes.split_first_chunk::<8>().and_then(|(opened, sid)| {
        Some(Stored { opened: u64::from_le_bytes(*opened), sid: std::str::from_utf8(sid).ok()?.to_owned() })
    });
    (stored, Some(version))
}

/// Offers a session to everybody; false if somebody else's came before it.
fn offer(store: &dyn SharedStore, plan: &Plan, system: &System, opened: u64, sid: &str, over: Option<u32>) -> bool {
    let mut record = opened.to_le_bytes().to_vec();
    record.extend_from_slice(sid.as_bytes());
    store.put(&of(plan, system), &record, over)
}

impl Stored {
    /// Whether it can be used for `ms` after it was opened. One from the future is of another clock.
    pub fn is_fresh(&self, now: u64, ms: u64) -> bool {
        self.opened <= now && now < self.opened.saturating_add(ms)
    }
}

/// Gives up the session that stands in the store, if it is still that one: the system has ended it.
pub(crate) fn forget(store: &dyn SharedStore, plan: &Plan, system: &System, ended: &str) {
    if let (Some(stored), version) = find(store, plan, system)
        && stored.sid == ended
    {
        // One from the future is nobody's.
        offer(store, plan, system, u64::MAX, "", version);
    }
}

/// Pause after the first login that a system refused, milliseconds; it doubles with each that follows.
const FIRST_PAUSE_MS: u64 = 5_000;

/// Longest pause between logins that are refused, milliseconds.
const LONGEST_PAUSE_MS: u64 = 300_000;

/// The pause after so many refusals before this one, milliseconds.
pub(crate) fn pause_ms(refusals: u32) -> u64 {
    FIRST_PAUSE_MS.checked_shl(refusals.min(16)).unwrap_or(LONGEST_PAUSE_MS).min(LONGEST_PAUSE_MS)
}

/// Refusals in a row as they stand in the store: until when nobody logs in, how many there were, what the last one was.
type Refusals = (u64, u32, Code);

fn refusals(store: &dyn SharedStore, plan: &Plan, system: &System) -> Option<Refusals> {
    let (bytes, _) = store.get(&refused(plan, system))?;
    let (until, rest) = bytes.split_first_chunk::<8>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let code = *CODES.iter().find(|c| c.as_str().as_bytes() == rest)?;
    Some((u64::from_le_bytes(*until), u32::from_le_bytes(*count), code))
}

/// What a login would be told now, without asking: set while a system that refused one is left alone. Accounts are locked
/// after some wrong passwords, and requests must not do that.
pub(crate) fn paused(store: &dyn SharedStore, plan: &Plan, system: &System, now: u64) -> Option<Code> {
    // A pause that ends later than any does is of another clock.
    let (until, _, code) = refusals(store, plan, system)?;
    (until > now && until <= now.saturating_add(LONGEST_PAUSE_MS)).then_some(code)
}

/// Whether a system is there: it answers, and does not say that it is out of order.
fn answers(received: &Received) -> bool {
    matches!(received, Received::Answer { vars, .. } if vars.status < 500)
}

/// Notes how a login failed, if the system refused it. One that could not be made, or a system that is out of order, may
/// be tried again at once.
fn note_failure(store: &dyn SharedStore, plan: &Plan, system: &System, now: u64, received: &Received, code: Code) {
    if !answers(received) {
        return;
    }
    let before = refusals(store, plan, system).map_or(0, |(_, count, _)| count);
    let mut record = now.saturating_add(pause_ms(before)).to_le_bytes().to_vec();
    record.extend_from_slice(&before.saturating_add(1).to_le_bytes());
    record.extend_from_slice(code.as_str().as_bytes());
    store.put(&refused(plan, system), &record, None);
}

/// Notes that a login succeeded.
fn forget_refusals(store: &dyn SharedStore, plan: &Plan, system: &System) {
    if refusals(store, plan, system).is_some() {
        store.put(&refused(plan, system), &[], None);
    }
}

/// The name of a system's refusals in the store.
fn refused(plan: &Plan, system: &System) -> String {
    plan.in_store(&["refused/", &system.name].concat())
}

/// The name of a system's session in the store.
fn of(plan: &Plan, system: &System) -> String {
    plan.in_store(&["session/", &system.name].concat())
}

/// A login that is in flight.
#[derive(Debug)]
pub(crate) struct Opening {
    /// The system.
    pub system: SystemIndex,
    /// When it was sent.
    pub since: u64,
    /// What stood in the store then.
    pub over: Option<u32>,
}

/// A session that a login gave.
#[derive(Debug)]
pub(crate) struct Login {
    /// The session: personal to the institute, never logged.
    pub sid: String,
    /// Whether it stands in the store now; if not, it is of those that nobody shares, or another came before it.
    pub stored: bool,
}

/// Notes what a login says of whether the system is there: one that has failed says so of a system that is asked by its
/// login, or in a session; one that went well, of the former alone.
pub(crate) fn note_probe(store: &dyn SharedStore, plan: &Plan, system: &System, when: (u64, u64), up: bool) {
    let Some(probe) = &system.probe else { return };
    let says = probe.call.is_none_or(|call| !up && plan.call(call).session);
    if says {
        probe::note(store, plan, system, probe, when, up);
    }
}

/// Takes in how a login ended: a session is offered to everybody, and what the system refused is noted.
///
/// # Errors
/// Why there is no session.
pub(crate) fn arrived(
    eval: &mut Eval<'_>,
    store: &dyn SharedStore,
    of: &Opening,
    now: u64,
    result: CallResult,
) -> Result<Login, Stop> {
    let plan = eval.plan;
    let (system, session) = (plan.system(of.system), plan.session(of.system));
    let received = receive(eval.memory, plan, session.open, result);
    let sid = match opened(eval, session.open, &received) {
        Ok(sid) => sid,
        Err(stop) => {
            if let Stop::Call(problem) = &stop {
                note_failure(store, plan, system, now, &received, problem.code);
                note_probe(store, plan, system, (of.since, now), false);
            }
            return Err(stop);
        }
    };
    forget_refusals(store, plan, system);
    note_probe(store, plan, system, (of.since, now), true);
    // A session whose token changes with every answer cannot be shared.
    let stored = session.next.is_none() && offer(store, plan, system, of.since, &sid, of.over);
    Ok(Login { sid, stored })
}

/// What an `open` call took: the session as text.
///
/// # Errors
/// Why there is none.
fn opened(eval: &mut Eval<'_>, open: CallIndex, received: &Received) -> Result<String, Stop> {
    let failed = |code: Code| Err(Stop::call(code));
    let value = match interpret(eval, eval.plan.call(open), Expiry::Login, received) {
        Ok(Meaning::Value(value)) => eval.memory.arena.scalar(value).unwrap_or(value),
        // Whoever is not let in is not thereby told anything about a student, nor that the system is not there.
        Err(Stop::Call(Problem { code: Code::RequestUnknownStudent, .. })) | Ok(Meaning::Empty | Meaning::Expired) => {
            return failed(Code::LegacySession);
        }
        Err(Stop::Call(problem)) if problem.code == Code::LegacyDown && answers(received) => {
            return Err(Stop::Call(Problem { code: Code::LegacySession, ..problem }));
        }
        Err(stop) => return Err(stop),
    };
    let mut sid = String::new();
    match eval.write_plain(value, &mut sid) {
        Ok(()) if sid.is_empty() => failed(Code::LegacySession),
        Ok(()) => Ok(sid),
        Err(_) => failed(Code::LegacyShape),
    }
}

/// Values of secrets, by their place in the bundle. Never printed.
pub(crate) struct Secrets(pub Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Makes them known to the expressions of one exchange.
    ///
    /// # Errors
    /// [`Full`].
    pub fn lend(&self, memory: &mut Memory) -> Result<(), Full> {
        for secret in &self.0 {
            let text = memory.arena.make_text(secret)?;
            memory.provided.secrets.push(crate::value::Value::Text(text));
        }
        Ok(())
    }
}
