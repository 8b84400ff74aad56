//! A failure stays where it happens: on a real Envoy with two workers, what traps, hangs, closes, leaves, is missing or
//! is replaced costs those whom it concerns an answer that says so, and nobody else anything.
//!
//! Each case starts an Envoy of its own, says what it saw when it fails, and is bounded in time: every client here has
//! a deadline, and a case that takes longer than [`BOUND`] has failed.

mod busy;
mod changes;
mod consumers;
mod front;
mod gate;
mod held;
mod institutes;
mod load;
mod modules;
mod steward;
mod swaps;
mod systems;
mod traps;
mod walks;

use std::time::{Duration, Instant};

use crate::suite::Suite;

/// The longest a case may take, however slow the machine is.
const BOUND: Duration = Duration::from_secs(90);

/// Runs one case; verdicts go into the tally, what keeps it from running at all is the error.
type Case = fn(&mut Suite) -> Result<(), String>;

const CASES: [(&str, Case); 13] = [
    ("traps", traps::run),
    ("steward", steward::run),
    ("modules", modules::run),
    ("held", held::run),
    ("busy", busy::run),
    ("systems", systems::run),
    ("consumers", consumers::run),
    ("institutes", institutes::run),
    ("flapping", systems::flapping),
    ("swaps", swaps::run),
    ("walks", walks::run),
    ("cuts", changes::cuts),
    ("flying", changes::flying),
];

/// Runs the cases of these names; all if there are none.
pub fn run(suite: &mut Suite, only: &[String]) {
    // Its own time; a case that needs it finds it built.
    if let Err(error) = gate::poisoned_module() {
        suite.tally.fail("containment: building the filter that traps", [error]);
    }
    for (name, case) in CASES {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        let before = Instant::now();
        if let Err(error) = case(suite) {
            suite.tally.fail(&format!("containment: {name}"), [error]);
        }
        let took = before.elapsed();
        println!("containment: {name} took {:.1} s", took.as_secs_f64());
        if took > BOUND {
            suite.tally.fail(&format!("containment: {name} ends in time"), [format!("{took:?}, bound {BOUND:?}")]);
        }
    }
}
