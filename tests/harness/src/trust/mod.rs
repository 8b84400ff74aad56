//! Bad input driven from outside at a real Envoy with two workers, configured by the shipped files that prove who calls:
//! tokens with every defect, forged headers, wrong certificates, keys that change or cannot be had, too many requests.
//! What must be refused is refused with the right status and problem before any call to the legacy system, leaves a line
//! in the access log that says why, and nothing of the token or of a person anywhere.

mod case;
mod connections;
mod credentials;
mod edge;
mod fair;
mod floods;
mod forged;
mod gate;
mod keys;
mod mutual;
mod rates;
mod talkative;
mod wire;

use std::time::Instant;

use pdnd::Standin;

use crate::suite::Suite;

/// Runs one case; verdicts go into the tally, what keeps it from running at all is the error.
type Part = fn(&mut Suite, &Standin) -> Result<(), String>;

const PARTS: [(&str, Part); 11] = [
    ("edge", edge::run),
    ("forged", forged::run),
    ("mtls", mutual::mtls),
    ("govway", mutual::govway),
    ("keys", keys::run),
    ("rates", rates::run),
    ("fair", fair::run),
    ("floods", floods::run),
    ("connections", connections::run),
    ("credentials", credentials::run),
    ("talkative", talkative::run),
];

/// Runs the parts of these names; all if there are none.
pub fn run(suite: &mut Suite, only: &[String]) {
    let standin = match Standin::open(&xtask::paths::pdnd()) {
        Ok(standin) => standin,
        Err(error) => return suite.tally.fail("trust: the stand-in for PDND", [error]),
    };
    match standin.secrets() {
        Ok(keys) => keys.iter().for_each(|key| suite.forbidden.key(key)),
        Err(error) => suite.tally.fail("trust: the stand-in's keys", [error]),
    }
    for (name, part) in PARTS {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        let before = Instant::now();
        if let Err(error) = part(suite, &standin) {
            suite.tally.fail(&format!("trust: {name}"), [error]);
        }
        println!("trust: {name} took {:.1} s", before.elapsed().as_secs_f64());
    }
}
