//! The few WASI functions that Rust's standard library calls in a filter.

use std::time::{SystemTime, UNIX_EPOCH};

use wasmtime::{Caller, Error, Linker, Result};

use super::memory;
use super::state::State;

const MODULE: &str = "wasi_snapshot_preview1";
const SUCCESS: u32 = 0;
const BAD_DESCRIPTOR: u32 = 8;
const NOT_SUPPORTED: u32 = 58;

/// Defines them; the rest is left to trap.
///
/// # Errors
/// If a name is defined twice.
pub fn define(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(MODULE, "fd_write", |mut caller: Caller<'_, State>, fd: u32, at: u32, count: u32, to: u32| {
        if fd != 1 && fd != 2 {
            return Ok(BAD_DESCRIPTOR);
        }
        let mut written = 0_u32;
        for i in 0..count {
            let vector = memory::read(&mut caller, at + i * 8, 8)?;
            let number =
                |from: usize| u32::from_le_bytes([vector[from], vector[from + 1], vector[from + 2], vector[from + 3]]);
            let text = memory::read_text(&mut caller, number(0), number(4))?;
            caller.data().log.line(&format!("[stdio] {}", text.trim_end()));
            written += number(4);
        }
        memory::write_u32(&mut caller, to, written)?;
        Ok::<u32, Error>(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "args_sizes_get", |mut caller: Caller<'_, State>, count: u32, size: u32| {
        memory::write_u32(&mut caller, count, 0)?;
        memory::write_u32(&mut caller, size, 0)?;
        Ok::<u32, Error>(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "args_get", |_: u32, _: u32| SUCCESS)?;
    linker.func_wrap(MODULE, "environ_sizes_get", |mut caller: Caller<'_, State>, count: u32, size: u32| {
        let entries = environment(caller.data());
        let bytes: usize = entries.iter().map(Vec::len).sum();
        memory::write_u32(&mut caller, count, u32::try_from(entries.len())?)?;
        memory::write_u32(&mut caller, size, u32::try_from(bytes)?)?;
        Ok::<u32, Error>(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "environ_get", |mut caller: Caller<'_, State>, mut pointers: u32, mut to: u32| {
        for entry in environment(caller.data()) {
            memory::write_u32(&mut caller, pointers, to)?;
            memory::write(&mut caller, to, &entry)?;
            pointers += 4;
            to += u32::try_from(entry.len())?;
        }
        Ok::<u32, Error>(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "clock_time_get", |mut caller: Caller<'_, State>, clock: u32, _: u64, to: u32| {
        let now = if clock == 0 {
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
        } else {
            caller.data().origin.elapsed()
        };
        memory::write_u64(&mut caller, to, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))?;
        Ok::<u32, Error>(SUCCESS)
    })?;
    // Hash seeds, and what tells one VM from another; a fixed one makes runs alike.
    linker.func_wrap(MODULE, "random_get", |mut caller: Caller<'_, State>, at: u32, size: u32| {
        let random = vec![caller.data().number; size as usize];
        memory::write(&mut caller, at, &random)?;
        Ok::<u32, Error>(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "sched_yield", || SUCCESS)?;
    linker.func_wrap(MODULE, "fd_close", |_: u32| NOT_SUPPORTED)?;
    linker.func_wrap(MODULE, "fd_prestat_get", |_: u32, _: u32| BAD_DESCRIPTOR)?;
    linker.func_wrap(MODULE, "proc_exit", |code: u32| -> Result<()> {
        Err(Error::msg(format!("the guest ended itself with {code}")))
    })?;
    Ok(())
}

/// The environment's entries, each ended by a zero.
fn environment(state: &State) -> Vec<Vec<u8>> {
    state.environment.iter().map(|(name, value)| format!("{name}={value}\0").into_bytes()).collect()
}
