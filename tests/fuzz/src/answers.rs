//! What the target `answer` is made of, for whoever holds two engines against each other.

use adapter_core::CallResult;

use crate::chance::Chance;
use crate::mutate::mutate;
use crate::targets::answer;

/// Most inputs that are changed further.
const POOL: usize = 500;

/// The bundle that is run.
pub fn bundle() -> &'static [u8] {
    &answer::BUNDLE
}

/// What an input answers to a call of that name, of which so many have been made.
pub fn result(input: &[u8], name: &str, calls: usize, limit: usize) -> CallResult {
    answer::to_call(input, name, calls, limit)
}

/// Inputs without end: the seeds, then what chance makes of what came before. The same for the same seed.
pub fn inputs(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut chance = Chance::new(seed);
    let mut pool = (answer::TARGET.seeds)();
    let mut given = pool.clone().into_iter();
    std::iter::from_fn(move || {
        if let Some(input) = given.next() {
            return Some(input);
        }
        let (one, other) = (chance.below(pool.len()), chance.below(pool.len()));
        let input = mutate(&mut chance, &answer::TARGET, &pool[one], &pool[other]);
        if pool.len() < POOL {
            pool.push(input.clone());
        } else if chance.once_in(4) {
            pool[one].clone_from(&input);
        }
        Some(input)
    })
}
