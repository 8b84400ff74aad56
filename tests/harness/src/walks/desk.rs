//! What a desk says of a walk, held against what is there: how many calls it takes, told beforehand, and what a rehearsal
//! counts.

use std::collections::{BTreeMap, BTreeSet};

use adapter_core::Clock;
use mapping_test::night::{self, Ends, ONE, Size};
use mapping_test::rehearsal::{Rehearsal, Turned};

use super::{MOST_PAGES, Pair};
use crate::configure::of_pack;
use crate::in_order::make;
use crate::scenario::Setting;
use crate::suite::Suite;
use crate::systems::secret;

/// What was reckoned beforehand is held against what the system counted: never less, and not much more. How often each call
/// is made for a student is given as it was; the number of pages, what they read of the list and the sum are reckoned.
pub(super) fn night(suite: &mut Suite, pack: &str, operation: &str, calls: u64) -> Result<(), String> {
    let mut pair = Pair::start(suite, pack, calls)?;
    let pages = pair.walk_once(operation)?;
    let counted = pair.simulator.calls();
    let made = pair.engines[0].made().clone();
    if made.values().sum::<u64>() != counted {
        return Err(format!("the system counted {counted} calls, and the engine sent {made:?}"));
    }
    let mut setting: Setting = of_pack(pack);
    setting.limits.insert("calls".to_owned(), calls);
    let bundle = suite.bundles.unsealed(&setting)?;
    let (_, walk) = bundle.walks.iter().find(|(name, _)| name == operation).ok_or("nothing is walked")?;
    let name = |call: &adapter_core::bundle::CallIndex| bundle.calls[call.at()].name.clone();
    let recipe = bundle.operations.get(if operation == "IFS06.1" { "IFS02.1" } else { "IFS03.1" });
    let of_student: BTreeSet<String> = recipe.ok_or("nothing is listed")?.calls.iter().map(name).collect();
    let logins: u64 = bundle
        .systems
        .iter()
        .filter_map(|system| system.session.as_ref())
        .map(|session| name(&session.open))
        .filter_map(|name| made.get(&name))
        .sum();
    let population = suite.world.population(&setting.university);
    // Each student who counts is asked for by the first call of all.
    let first = recipe.and_then(|recipe| recipe.calls.iter().find(|call| !walk.shared.contains(call))).map(name);
    let students = first.and_then(|first| made.get(&first).copied()).ok_or("no student is asked for")?;
    let per = |name: &String| (made.get(name).copied().unwrap_or(0) * ONE).div_ceil(students);
    let size = Size {
        students,
        titles: students,
        rows: BTreeMap::from([(
            operation.to_owned(),
            population.students().iter().map(|s| s.careers.len() as u64).sum(),
        )]),
        calls: of_student
            .iter()
            .filter(|name| !walk.shared.iter().any(|call| bundle.calls[call.at()].name == **name))
            .map(|name| (name.clone(), per(name)))
            .collect(),
        loops: 3,
        latency_ms: None,
    };
    night::known(&bundle, &size)?;
    let reckoned = night::reckon(&bundle, &size);
    let walked =
        reckoned.walks.iter().find(|walked| walked.operation.name() == operation).ok_or("nothing is reckoned")?;
    let real = counted - logins;
    println!("plan: {pack} {operation}: {real} calls on {pages} pages, {} on {} reckoned", walked.calls, walked.pages);
    // Pages that the calls of a request end are as many as the worst student makes them.
    let more = if walked.page.1 == Ends::Page { real / 20 + 10 } else { real };
    if walked.calls < real || walked.calls > real + more || walked.pages < pages {
        return Err(format!(
            "{real} calls on {pages} pages, and {} on {} were said to be the most",
            walked.calls, walked.pages
        ));
    }
    Ok(())
}

/// A rehearsal is the walk: it counts as many as the oracle lists, on as many pages and calls as the walk takes.
pub(super) fn rehearsed(suite: &mut Suite, pack: &str, operation: &str, expected: usize) -> Result<(), String> {
    let mut pair = Pair::start(suite, pack, 600)?;
    let pages = pair.walk_once(operation)?;
    let bundle = suite.bundles.unsealed(&of_pack(pack))?;
    let operation = adapter_core::contract::operation(operation).ok_or("there is no such operation")?;
    let mut rehearsal = Rehearsal::new(&bundle, operation, false, &secret)?;
    for _ in 0..MOST_PAGES {
        let clock = Clock { now_ms: pair.now_ms, tick_ms: 0 };
        match rehearsal.page(clock, &mut |call| make(&pair.systems, call.clone()))? {
            Turned::Page => {}
            Turned::Failed { code, .. } => return Err(format!("a page fails: {}", code.as_str())),
            Turned::Last => {
                let tally = rehearsal.tally();
                let left: Vec<String> =
                    tally.left().map(|(effect, times)| format!("{times} {}", effect.label())).collect();
                println!(
                    "rehearsal: {}: {} of {} students listed, {left:?}",
                    operation.name,
                    tally.listed,
                    tally.students()
                );
                let same = tally.listed == expected as u64 && tally.pages == pages && tally.broken() == 0;
                return same.then_some(()).ok_or(format!(
                    "{} of {expected} students on {} of {pages} pages, {} broken",
                    tally.listed,
                    tally.pages,
                    tally.broken()
                ));
            }
        }
    }
    Err("the walk does not end".to_owned())
}
