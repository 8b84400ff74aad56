//! CPU time of processes in the scheduler's nanoseconds.
//!
//! `/proc/PID/task/TID/schedstat` begins with the time a thread has been on a CPU. It is summed over all threads of a
//! process and of all its descendants. A thread that has ended keeps what it had when it was last read; what it used
//! after that is seen by the kernel's total of the process alone, in hundredths of a second ([`Meter::unseen`]).

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use xtask::{Context, Result};

/// Nanoseconds of a tick of `/proc/PID/stat`: `USER_HZ` is 100 on every Linux.
const TICK: u64 = 10_000_000;

/// The CPU time of some processes and their descendants.
#[derive(Debug, Default)]
pub struct Meter {
    roots: Vec<u32>,
    /// The roots and their descendants.
    all: Vec<u32>,
    /// When descendants were started, in ticks since the machine was: a number may be another's later.
    began: BTreeMap<u32, u64>,
    /// What each thread was last seen to have used.
    threads: BTreeMap<(u32, u32), u64>,
    /// Of threads whose number another one has since.
    former: BTreeMap<u32, u64>,
}

impl Meter {
    /// Of these processes.
    ///
    /// # Errors
    /// See [`Meter::read`].
    pub fn of(roots: Vec<u32>) -> Result<Self> {
        let mut meter = Self { all: roots.clone(), roots, ..Self::default() };
        meter.find()?;
        meter.read()?;
        Ok(meter)
    }

    /// Looks for descendants that have come since.
    ///
    /// # Errors
    /// The kernel does not list processes.
    pub fn find(&mut self) -> Result<()> {
        if self.roots.is_empty() {
            return Ok(());
        }
        let parents = parents()?;
        for process in parents.keys() {
            let mut at = *process;
            while let Some(parent) = parents.get(&at) {
                if self.roots.contains(parent) && !self.all.contains(process) {
                    self.all.push(*process);
                    self.began.extend(began(*process).map(|began| (*process, began)));
                }
                at = *parent;
            }
        }
        Ok(())
    }

    /// Nanoseconds so far.
    ///
    /// # Errors
    /// One of the processes that were named has ended.
    pub fn read(&mut self) -> Result<u64> {
        for process in &self.all {
            let tasks = fs::read_dir(format!("/proc/{process}/task"));
            if tasks.is_err() && !self.roots.contains(process) {
                continue;
            }
            for task in tasks.context(format!("the threads of process {process}"))? {
                let path = task.context("a thread")?.path();
                let thread = path.file_name().and_then(|name| name.to_str()?.parse().ok());
                let text = fs::read_to_string(path.join("schedstat")).unwrap_or_default();
                // It may have ended since it was listed.
                let (Some(thread), Some(ns)) = (thread, on_cpu(&text)) else { continue };
                let last = self.threads.insert((*process, thread), ns).unwrap_or(0);
                if ns < last {
                    *self.former.entry(*process).or_default() += last;
                }
            }
        }
        Ok(self.all.iter().map(|process| self.counted(*process)).sum())
    }

    /// The processes that were named, and their descendants.
    pub fn processes(&self) -> &[u32] {
        &self.all
    }

    /// Ends descendants that have outlived the processes that were named.
    pub fn end_children(&self) {
        for (process, _) in self.began.iter().filter(|(process, at)| began(**process) == Some(**at)) {
            let _ = Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status();
        }
    }

    fn counted(&self, process: u32) -> u64 {
        let threads = self.threads.range((process, 0)..=(process, u32::MAX)).map(|(_, ns)| *ns).sum::<u64>();
        threads + self.former.get(&process).copied().unwrap_or(0)
    }

    /// Nanoseconds that threads used which ended before they were read: by how much the kernel's totals exceed what was
    /// counted. Totals are rounded to a tick, twice a process.
    pub fn unseen(&self) -> u64 {
        let of = |process: &u32| {
            let total = fs::read_to_string(format!("/proc/{process}/stat")).ok().and_then(|stat| total(&stat))?;
            Some(total.saturating_sub(self.counted(*process)))
        };
        self.all.iter().filter_map(of).filter(|unseen| *unseen > 2 * TICK).sum()
    }
}

/// The first number of `schedstat`.
fn on_cpu(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().next()?.parse().ok()
}

/// User and system time of a process with all threads it ever had, and of the children it has waited for.
fn total(stat: &str) -> Option<u64> {
    let mut fields = fields(stat)?.skip(11);
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5).
    let mut ticks = 0;
    for _ in 0..4 {
        ticks += fields.next()?.parse::<u64>().ok()?;
    }
    Some(ticks * TICK)
}

/// The fields from the third on. The second is the program's name in brackets and may hold anything.
fn fields(stat: &str) -> Option<impl Iterator<Item = &str>> {
    Some(stat.rsplit_once(')')?.1.split_whitespace())
}

/// When a process was started, in ticks since the machine was: field 22 of proc(5).
fn began(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    fields(&stat)?.nth(19)?.parse().ok()
}

/// The parent of each process.
fn parents() -> Result<BTreeMap<u32, u32>> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("the list of processes")?.flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = fields(&stat).and_then(|mut fields| fields.nth(1)?.parse().ok());
        parents.extend(parent.map(|parent: u32| (process, parent)));
    }
    Ok(parents)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_the_kernel_writes_is_read() {
        assert_eq!(on_cpu("221265 7481 2\n"), Some(221_265));
        assert_eq!(on_cpu(""), None);
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 1 0 99 0 0";
        assert_eq!(total(stat), Some(127 * TICK));
        assert_eq!(fields(stat).unwrap().nth(1), Some("1"));
        assert_eq!(total("7 (a) S 1 2"), None);
    }

    fn burn(at_least: Duration) {
        let (mut x, began) = (1_u64, std::time::Instant::now());
        while began.elapsed() < at_least {
            x = std::hint::black_box(x.wrapping_mul(31).wrapping_add(1));
        }
    }

    #[test]
    fn a_thread_that_ended_after_it_was_read_stays_counted() {
        let mut meter = Meter::of(vec![std::process::id()]).unwrap();
        let before = meter.read().unwrap();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            burn(Duration::from_millis(60));
            let _ = wait.recv();
        });
        std::thread::sleep(Duration::from_millis(150));
        let with = meter.read().unwrap();
        assert!(with > before + 5_000_000, "{before} {with}");
        done.send(()).unwrap();
        thread.join().unwrap();
        assert!(meter.read().unwrap() >= with);
    }

    #[test]
    fn a_child_is_counted_with_its_parent() {
        let mut command = Command::new("sh");
        command.args(["-c", "(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 20) & echo; wait"]);
        let mut shell = command.stdout(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        let mut meter = Meter::of(vec![shell.id()]).unwrap();
        let children: Vec<u32> = meter.all.iter().copied().filter(|process| *process != shell.id()).collect();
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while meter.read().unwrap() < 20_000_000 && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let used = meter.read().unwrap();
        meter.find().unwrap();
        meter.end_children();
        shell.wait().unwrap();
        assert!(!children.is_empty(), "the shell's child was not found");
        assert!(used >= 20_000_000, "{used}");
        assert!(meter.read().is_err(), "a process that has ended is no measurement");
    }
}
