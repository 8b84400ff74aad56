//! Sessions: a number of them, each for a time.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::rng::mix;

/// The open sessions, oldest first.
pub(crate) struct Sessions {
    lasts: Duration,
    limit: usize,
    /// Makes a run's identifiers its own: one from another run is unknown.
    salt: u64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    made: u64,
    open: VecDeque<(String, Instant)>,
}

impl Sessions {
    /// Sessions that end `lasts` after login, used or not. Beyond `limit` the oldest one ends.
    pub(crate) fn new(lasts: Duration, limit: usize) -> Self {
        Self { lasts, limit, salt: RandomState::new().hash_one(0_u8), held: Mutex::default() }
    }

    /// Opens one and gives its identifier: 20 letters and digits.
    pub(crate) fn open(&self) -> String {
        let mut held = self.held();
        held.made += 1;
        let sid = identifier(self.salt, held.made);
        held.open.push_back((sid.clone(), Instant::now()));
        while held.open.len() > self.limit {
            held.open.pop_front();
        }
        sid
    }

    /// Whether a session is open.
    pub(crate) fn is_open(&self, sid: &str) -> bool {
        self.held().open.iter().any(|(known, opened)| known == sid && opened.elapsed() < self.lasts)
    }

    /// Closes one; false where it was not open.
    pub(crate) fn close(&self, sid: &str) -> bool {
        let was_open = self.is_open(sid);
        self.held().open.retain(|(known, _)| known != sid);
        was_open
    }

    /// Closes all.
    pub(crate) fn close_all(&self) {
        self.held().open.clear();
    }

    /// The identifier of each session made so far.
    pub(crate) fn made(&self) -> Vec<String> {
        (1..=self.held().made).map(|number| identifier(self.salt, number)).collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn identifier(salt: u64, number: u64) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..20).map(|place| char::from(LETTERS[(mix(salt ^ mix(number * 20 + place)) % 62) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_differ() {
        let sessions = Sessions::new(Duration::from_secs(60), 10);
        let (first, second) = (sessions.open(), sessions.open());
        assert_eq!(sessions.made(), [first.as_str(), second.as_str()]);
        assert!(first != second && first.len() == 20 && first.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(!Sessions::new(Duration::from_secs(60), 10).is_open(&first));
    }

    #[test]
    fn they_end_by_time_by_number_and_when_closed() {
        let sessions = Sessions::new(Duration::from_secs(60), 2);
        let [first, second, third] = [(); 3].map(|()| sessions.open());
        assert!(!sessions.is_open(&first) && sessions.is_open(&second) && sessions.is_open(&third));
        assert!(sessions.close(&second) && !sessions.close(&second) && !sessions.is_open(&second));
        let short = Sessions::new(Duration::ZERO, 2);
        let sid = short.open();
        assert!(!short.is_open(&sid) && !short.close(&sid) && !short.is_open(""));
    }
}
