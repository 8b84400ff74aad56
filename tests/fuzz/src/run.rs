//! Running a target: its corpus, its seeds, and what chance makes of them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::chance::Chance;
use crate::mutate::mutate;
use crate::targets::Target;
use crate::watch::Watched;

/// Most inputs that are changed further.
const POOL: usize = 2_000;

/// Largest input that is changed further, bytes.
const LARGE: usize = 32 * 1024;

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What was said of it.
    pub why: String,
    /// The input, kept for the tests.
    pub file: PathBuf,
}

/// What a run found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// How many inputs were tried.
    pub cases: u64,
    /// How many different outcomes there were.
    pub outcomes: usize,
    /// The longest time that one took.
    pub slowest: Duration,
    /// The input that took it.
    pub slow: Vec<u8>,
}

thread_local! {
    static TOLD: RefCell<String> = const { RefCell::new(String::new()) };
}

/// While it lives, a panic of this thread is noted and not printed.
#[derive(Debug)]
pub struct Told(());

impl Told {
    /// Takes the place of the panic hook for the rest of the process.
    pub fn listen() -> Self {
        panic::set_hook(Box::new(|info| {
            let text = info.to_string();
            // A thread of the compiler's own has nobody to tell.
            TOLD.with_borrow_mut(|told| told.clone_from(&text));
            if std::thread::current().name() != Some("main") {
                println!("{text}");
            }
        }));
        Self(())
    }
}

/// Tries one input.
///
/// # Errors
/// What was said of the promise that it broke.
pub fn one(target: &Target, input: &[u8]) -> Result<u64, String> {
    panic::catch_unwind(AssertUnwindSafe(|| (target.check)(input))).map_err(|_| TOLD.with_borrow(|told| told.clone()))
}

/// Runs a target until the time is over, or so many cases have been tried.
///
/// # Errors
/// The first broken promise; its input is written to `folder`.
pub fn run(target: &Target, seed: u64, time: Duration, most: u64, folder: &Path) -> Result<Found, Broken> {
    let watched = Watched::start();
    let began = Instant::now();
    let mut found = Found::default();
    let mut outcomes = BTreeSet::new();
    let mut pool: Vec<Vec<u8>> = Vec::new();
    let mut chance = Chance::new(seed);
    let mut given: Vec<Vec<u8>> = (target.seeds)();
    given.extend(kept(folder).into_iter().map(|(_, bytes)| bytes));
    assert!(!given.is_empty(), "{} has no seeds", target.name);
    let mut given = given.into_iter();
    while found.cases < most && (began.elapsed() < time || given.len() > 0) {
        let input = match given.next() {
            Some(input) => input,
            None => match target.make {
                Some(make) if chance.once_in(2) => make(&mut chance),
                _ => {
                    // Those found last lead further.
                    let near = pool.len().saturating_sub(chance.below(pool.len().min(50)) + 1);
                    let at = if chance.once_in(2) { near } else { chance.below(pool.len()) };
                    let other = chance.below(pool.len());
                    mutate(&mut chance, target, &pool[at], &pool[other])
                }
            },
        };
        let input_began = Instant::now();
        watched.begin(&input, folder.to_owned());
        let outcome = one(target, &input);
        watched.end();
        found.cases += 1;
        let took = input_began.elapsed();
        if took > found.slowest {
            found.slowest = took;
            found.slow.clone_from(&input);
        }
        match outcome {
            Ok(outcome) => {
                // Large ones take the time of many.
                let small = input.len() <= LARGE;
                if (outcomes.insert(outcome) && small) || pool.is_empty() {
                    if pool.len() == POOL {
                        let at = chance.below(POOL);
                        pool.swap_remove(at);
                    }
                    pool.push(input);
                }
            }
            Err(why) => return Err(Broken { why, file: keep(folder, &input) }),
        }
    }
    found.outcomes = outcomes.len();
    Ok(found)
}

/// The inputs kept in a folder, by name.
pub fn kept(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files.into_iter().filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes))).collect()
}

/// Writes an input under the name of its contents.
pub fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    // FNV-1a: a name, nothing more.
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    let file = folder.join(format!("{hash:016x}"));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, input));
    if let Err(error) = written {
        println!("{} cannot be written: {error}", file.display());
    }
    file
}
