//! CPU time of a process, from `/proc`.

use std::time::Duration;

use xtask::{Context, Result};

/// Clock ticks a second in `/proc/PID/stat`: 100 on every Linux (`USER_HZ`), whatever the kernel's own clock.
const TICKS: u64 = 100;

/// User and system time of a process with all its threads, and of the children it has waited for.
///
/// # Errors
/// There is no such process.
pub fn time(pid: u32) -> Result<Duration> {
    let file = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&file).context(format!("reading {file}"))?;
    parse(&stat).context(file)
}

fn parse(stat: &str) -> Option<Duration> {
    // The second field is the program's name in brackets and may hold anything; the state follows it.
    let rest = stat.rsplit_once(')')?.1;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = 0_u64;
    // utime, stime, cutime, cstime: fields 14 to 17 of proc(5).
    for _ in 0..4 {
        ticks += fields.next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_millis(ticks * 1_000 / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_fields_are_summed() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 100 20 3 4 20 0 1 0 99 0 0";
        assert_eq!(parse(stat), Some(Duration::from_millis(1_270)));
        assert_eq!(parse("7 (a) S 1 2"), None);
    }

    #[test]
    fn our_own_time_grows() {
        let before = time(std::process::id()).unwrap();
        let mut x = 1_u64;
        while time(std::process::id()).unwrap() < before + Duration::from_millis(30) {
            for i in 0..1_000_000_u64 {
                x = std::hint::black_box(x.wrapping_mul(31).wrapping_add(i));
            }
        }
    }
}
