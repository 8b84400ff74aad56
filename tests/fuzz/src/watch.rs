//! A second pair of eyes: a case that does not end, or that eats the machine, cannot say so itself.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest time for one case. Far above what any takes, so that a busy machine breaks nothing.
const LONGEST: Duration = Duration::from_secs(60);
/// Most memory of the process, kilobytes.
const MOST_KB: u64 = 3 * 1024 * 1024;

/// What is being tried.
#[derive(Debug)]
struct Case {
    began: Instant,
    bytes: Vec<u8>,
    folder: PathBuf,
}

/// The case being tried, for the watching thread.
#[derive(Clone, Debug, Default)]
pub struct Watched(Arc<Mutex<Option<Case>>>);

impl Watched {
    /// Begins to watch. The thread ends with the process, or ends the process.
    pub fn start() -> Self {
        let watched = Self::default();
        let seen = watched.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(500));
                if Arc::strong_count(&seen.0) == 1 {
                    return;
                }
                seen.look();
            }
        });
        watched
    }

    /// A case begins.
    pub fn begin(&self, bytes: &[u8], folder: PathBuf) {
        *self.0.lock().unwrap() = Some(Case { began: Instant::now(), bytes: bytes.to_vec(), folder });
    }

    /// It has ended.
    pub fn end(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn look(&self) {
        let held = self.0.lock().unwrap();
        let Some(case) = held.as_ref() else { return };
        let what = if case.began.elapsed() > LONGEST {
            "it does not end"
        } else if resident_kb().is_some_and(|kb| kb > MOST_KB) {
            "it takes too much memory"
        } else {
            return;
        };
        let file = super::run::keep(&case.folder, &case.bytes);
        println!("broken: {what}: {}", file.display());
        std::process::exit(1);
    }
}

/// Memory of this process, where the system tells.
fn resident_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}
