//! Sessions as they stand in the store, and the answers of the calls that open them.
//!
//! A record is the tick at which the session was asked for, eight bytes little-endian, then the session itself.

use crate::expr::eval::{Eval, Memory};
use crate::legacy::answer::{Expiry, Meaning, Received, understand};
use crate::mapping::Plan;
use crate::mapping::bundle::{Call, System};
use crate::problem::{Code, Problem};
use crate::store::SharedStore;
use crate::value::Full;

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
pub(crate) fn offer(
    store: &dyn SharedStore,
    plan: &Plan,
    system: &System,
    opened: u64,
    sid: &str,
    over: Option<u32>,
) -> bool {
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

/// The name of a system's session in the store.
fn of(plan: &Plan, system: &System) -> String {
    key(plan, &["session/", &system.name].concat())
}

/// The name of something of this institute and bundle in the store.
pub(crate) fn key(plan: &Plan, what: &str) -> String {
    ["ifs/", &plan.bundle().institute.code, "/", plan.digest(), "/", what].concat()
}

/// What an `open` call took: the session as text.
///
/// # Errors
/// The outer one is a spent budget.
pub(crate) fn opened(
    eval: &mut Eval<'_>,
    system: &System,
    call: &Call,
    received: &Received,
) -> Result<Result<String, Problem>, Code> {
    let failed = |code: Code| Ok(Err(Problem::from(code)));
    let value = match understand(eval, system, call, Expiry::Login, received)? {
        Meaning::Value(value) => eval.memory.arena.scalar(value).unwrap_or(value),
        // Whoever is not let in is not thereby told anything about a student.
        Meaning::Failed(Problem { code: Code::RequestUnknownStudent, .. }) | Meaning::Empty | Meaning::Expired => {
            return failed(Code::LegacyDown);
        }
        Meaning::Failed(problem) => return Ok(Err(problem)),
    };
    let mut sid = String::new();
    match eval.write_plain(value, &mut sid) {
        Ok(()) if sid.is_empty() => failed(Code::LegacyDown),
        Ok(()) => Ok(Ok(sid)),
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
