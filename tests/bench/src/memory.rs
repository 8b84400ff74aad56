//! Resident memory of Envoy and of what stands behind it: at the start, under load, by workers, and over a long time.

use std::fs;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use bench_answer::{Answers, json};
use bench_guest::page::{self, Cell, Kind, Row};
use clap::Args;
use serde::Serialize;
use tokio::runtime::Handle;
use xtask::{Context, Error, Result, mapping};

use crate::call::arrangement::{Arrangement, CURRENT_YEAR, Setup, USUAL, WORKERS};
use crate::call::case::{self, Group};
use crate::call::legacy::{Legacy, Lists};
use crate::call::load::{self, TAX_CODE};
use crate::call::subject::Subject;
use crate::raw::Raw;
use crate::stats::median;

/// What is run.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Seconds of requests of mixed sizes for each subject
    #[arg(long, default_value_t = 120)]
    soak: u64,
    /// Lines of the soak for each subject
    #[arg(long, default_value_t = 24)]
    lines: u32,
    /// The soak alone, and of this subject alone
    #[arg(long, value_name = "SUBJECT")]
    of: Option<String>,
}

/// Numbers of Envoy's workers: what one costs is the difference.
const WORKER_COUNTS: [u32; 3] = [1, 2, 4];

/// Rows of the pages of the soak; those past the first hundred lie outside the window and are read for nothing.
const SIZES: [usize; 6] = [1, 12, 36, 100, 400, 1_000];

/// By what share memory may grow from the third quarter of a soak to the last and be called flat.
const FLAT: f64 = 0.02;

/// Requests of each size under load.
const REQUESTS: u32 = 1_000;

/// Runs all of it.
pub fn run(arguments: &Arguments, subjects: &[Subject], raw: &mut Raw, runtime: &Handle) -> Result<()> {
    let groups = case::groups();
    let page = groups.iter().find(|group| group.mapping == "one-page").context("the mapping of one page")?;
    if let Some(of) = &arguments.of {
        let subject = subjects.iter().find(|subject| subject.name == *of).context("no such subject")?;
        return soak(arguments, page, subject, raw, runtime);
    }
    println!("resident memory, MB (10^6 bytes): Envoy at the start, then after {REQUESTS} requests of each size;");
    println!("behind: the service behind Envoy, after the same");
    println!("  {:<20}{:<16}{:>9}{:>9}{:>9}{:>9}", "", "mapping", "workers", "start", "load", "behind");
    for group in &groups {
        for subject in subjects {
            let mut by_workers = Vec::new();
            for workers in WORKER_COUNTS {
                let (start, load, behind) = under_load(group, subject, workers, runtime)?;
                println!(
                    "  {:<20}{:<16}{workers:>9}{:>9.1}{:>9.1}{:>9.1}",
                    subject.name, group.mapping, start, load, behind
                );
                raw.line(&serde_json::json!({ "mapping": group.mapping, "subject": subject.name, "workers": workers,
                    "start_mb": start, "load_mb": load, "behind_mb": behind }))?;
                by_workers.push((start, load));
            }
            if let [(start, load), .., (start_last, load_last)] = by_workers[..] {
                let more = f64::from(WORKER_COUNTS[2] - WORKER_COUNTS[0]);
                let (start, load) = ((start_last - start) / more, (load_last - load) / more);
                println!("  {:<20}{:<16}{:>9}{start:>9.1}{load:>9.1}", subject.name, group.mapping, "each");
            }
        }
    }
    println!();
    subjects.iter().try_for_each(|subject| soak(arguments, page, subject, raw, runtime))
}

/// Resident memory at the start and under load, and of what stands behind, MB.
fn under_load(group: &Group, subject: &Subject, workers: u32, runtime: &Handle) -> Result<(f64, f64, f64)> {
    let first = group.cases.first().context("a group without cases")?;
    let legacy = Legacy::start(runtime, first.lists.clone())?;
    let mapping = mapping::compile(&group.file())?;
    let setup = Setup { workers, ..USUAL };
    let arrangement = Arrangement::start(subject, group, &mapping, legacy.addr(), setup)?;
    let start = resident(arrangement.envoy().id())?;
    for case in &group.cases {
        legacy.serve(&case.lists)?;
        let (_, body) = load::once(runtime, arrangement.addr())?;
        case.check(&body)?;
        closed_loop(runtime, &arrangement, REQUESTS, &[body])?;
    }
    let load = resident(arrangement.envoy().id())?;
    let behind = behind(&arrangement)?;
    arrangement.end()?;
    Ok((start, load, behind))
}

fn closed_loop(runtime: &Handle, arrangement: &Arrangement, requests: u32, expected: &[Bytes]) -> Result<()> {
    let connections = load::open(runtime, arrangement.addr(), expected)?;
    load::round(runtime, connections, requests, expected).map(drop)
}

#[derive(Serialize)]
struct Line<'a> {
    soak: &'a str,
    seconds: f64,
    requests: u64,
    envoy_mb: f64,
    behind_mb: f64,
}

/// Requests of mixed sizes for a long time.
fn soak(arguments: &Arguments, group: &Group, subject: &Subject, raw: &mut Raw, runtime: &Handle) -> Result<()> {
    if arguments.soak == 0 {
        return Ok(());
    }
    let (pages, expected) = mixed()?;
    let legacy = Legacy::start(runtime, Lists::Mixed(pages))?;
    let mapping = mapping::compile(&group.file())?;
    let arrangement = Arrangement::start(subject, group, &mapping, legacy.addr(), USUAL)?;
    println!("soak of {}: {WORKERS} workers, pages of {SIZES:?} rows, {} s", subject.name, arguments.soak);
    println!("  {:>8}{:>12}{:>12}{:>12}", "seconds", "requests", "Envoy MB", "behind MB");
    let (started, mut requests, mut lines) = (Instant::now(), 0, Vec::new());
    for line in 1..=arguments.lines {
        let until = Duration::from_secs(arguments.soak) * line / arguments.lines;
        while started.elapsed() < until {
            closed_loop(runtime, &arrangement, 200, &expected)?;
            requests += u64::from(200 + load::CONSUMERS);
        }
        let envoy_mb = resident(arrangement.envoy().id())?;
        let behind_mb = behind(&arrangement)?;
        let seconds = started.elapsed().as_secs_f64();
        println!("  {seconds:>8.0}{requests:>12}{envoy_mb:>12.1}{behind_mb:>12.1}");
        raw.line(&Line { soak: &subject.name, seconds, requests, envoy_mb, behind_mb })?;
        lines.push(envoy_mb + behind_mb);
    }
    println!("  {}\n", trend(&lines));
    arrangement.end()
}

/// How memory went in the second half of a soak: the median of its last quarter against that of the one before.
fn trend(lines: &[f64]) -> String {
    let quarter = lines.len() / 4;
    if quarter == 0 {
        return "too few lines to say whether it grows".to_owned();
    }
    let of = |part: &[f64]| median(part.iter().copied());
    let (before, after) = lines[lines.len() - 2 * quarter..].split_at(quarter);
    let (before, after) = (of(before), of(after));
    let grown = after / before - 1.0;
    format!(
        "third quarter {before:.1} MB, last quarter {after:.1} MB, {:+.1} %: {}",
        grown * 1e2,
        if grown <= FLAT { "flat" } else { "it grows" }
    )
}

/// The pages of the soak, and what may be answered.
fn mixed() -> Result<(Vec<Bytes>, Vec<Bytes>)> {
    let answers = Answers::new(CURRENT_YEAR).context("by hand")?;
    let (mut pages, mut expected) = (Vec::new(), Vec::new());
    for kind in [Kind::Repeating, Kind::Varied] {
        let rows = page::rows(kind);
        for size in SIZES {
            let page = page::json(&sized(&rows, size));
            let answer = answers.write(TAX_CODE, [json(&page).context("a page")?]).context("by hand")?;
            expected.push(Bytes::from(answer.ok_or_else(|| Error::new("nobody"))?));
            pages.push(Bytes::from(page));
        }
    }
    Ok((pages, expected))
}

fn sized(rows: &[Row], size: usize) -> Vec<Row> {
    let outside = |row: &Row| {
        let of = |(name, cell): &(&'static str, Cell)| match *name {
            "aaIscrId" => (*name, Cell::Number("2001".to_owned())),
            _ => (*name, cell.clone()),
        };
        row.iter().map(of).collect()
    };
    let more = rows.iter().cycle().map(outside).take(size.saturating_sub(rows.len()));
    rows.iter().take(size).cloned().chain(more).collect()
}

/// Resident memory of what stands behind Envoy, MB; 0 where nothing does.
fn behind(arrangement: &Arrangement) -> Result<f64> {
    arrangement.behind().iter().try_fold(0.0, |sum, process| Ok(sum + resident(*process)?))
}

/// Resident memory of a process, MB.
fn resident(process: u32) -> Result<f64> {
    let file = format!("/proc/{process}/status");
    let text = fs::read_to_string(&file).context(&file)?;
    rss(&text).map(|kilobytes| kilobytes * 1_024.0 / 1e6).context(file)
}

/// `VmRSS`, in the kernel's kB, which are 1,024 bytes.
fn rss(status: &str) -> Option<f64> {
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read() {
        assert_eq!(rss("Name:\tx\nVmRSS:\t   51200 kB\nVmData:\t 1 kB\n"), Some(51_200.0));
        assert_eq!(rss("Name:\tx\n"), None);
        assert!(resident(std::process::id()).unwrap() > 1.0);
    }

    #[test]
    fn growth_shows_and_a_start_does_not() {
        let flat = [50.0, 60.0, 90.0, 90.0, 90.0, 90.0, 90.0, 90.0];
        assert!(trend(&flat).ends_with("+0.0 %: flat"), "{}", trend(&flat));
        let growing = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0];
        assert!(trend(&growing).ends_with("+36.4 %: it grows"), "{}", trend(&growing));
        assert!(trend(&flat[..3]).contains("too few"));
    }

    #[test]
    fn pages_of_all_sizes_have_an_answer() {
        let (pages, expected) = mixed().unwrap();
        assert_eq!((pages.len(), expected.len()), (12, 12));
        assert!(pages[5].len() > 1_300_000 && expected[5] == expected[3], "rows outside the window are no answer");
    }
}
