//! How long a filter takes to take its configuration, and how much memory it then has.

use std::path::Path;
use std::sync::Arc;

use crate::logs::Sink;
use crate::scenario::{Gateway, Setting, Trust};
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;
use crate::wasm::Shared;
use crate::world::University;

/// The clock of the population and of everything measured.
pub const NOW: &str = "2026-03-01T09:00:00Z";
/// VMs started; the middle one counts.
const RUNS: usize = 5;
/// Ten times what is aimed at: a machine under load must not fail the suite.
const BOUND_MS: f64 = 500.0;

/// The pack `esse3-rest` as it is shipped, over the default university.
#[must_use]
pub fn shipped() -> Setting {
    of_pack(xtask::mapping::DEFAULT_PACK)
}

/// A pack as it is shipped, over the default university.
#[must_use]
pub fn of_pack(pack: &str) -> Setting {
    Setting {
        mapping: xtask::mapping::of_pack(pack),
        limits: std::collections::BTreeMap::new(),
        probed: false,
        indexed: None,
        trust: Trust::Development,
        declared: false,
        now: NOW.to_owned(),
        gateway: Gateway::default(),
        university: University::default(),
    }
}

/// Starts a few VMs with the shipped pack and prints what `on_configure` took.
pub fn run(suite: &mut Suite, logs: &Path) {
    let name = "a VM takes the shipped bundle in time";
    match measure(suite, logs) {
        Ok((ms, kib)) => {
            println!("configure ms {ms:.1} (middle of {RUNS}; aim 50)");
            println!("memory after configure KiB {kib}");
            let wrong = if ms > BOUND_MS { vec![format!("{ms:.0} ms, bound {BOUND_MS} ms")] } else { Vec::new() };
            suite.tally.verdict(name, wrong);
        }
        Err(error) => suite.tally.fail(name, [error]),
    }
}

fn measure(suite: &mut Suite, logs: &Path) -> Result<(f64, usize), String> {
    let setting = shipped();
    let bundle = suite.bundles.bundle(&setting)?;
    let plugin = stand::plugin(&setting, &bundle)?.into_bytes();
    let built = suite.built.as_ref().ok_or("the filter was not built")?;
    let log = Arc::new(Sink::create(&logs.join("configure.log")).map_err(|e| e.to_string())?);
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..RUNS {
        let systems = Arc::new(Systems::default());
        let lent = (stand::secrets(&bundle)?, Shared::default());
        let vm = built.filter.start_one_of(1, plugin.clone(), systems, Arc::clone(&log), lent);
        let mut vm = vm.map_err(|e| format!("{e:?}"))?;
        times.push(vm.configured_in.as_secs_f64() * 1000.0);
        memory = vm.memory() / 1024;
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], memory))
}
