//! How long it takes from the start of the processes to the first answer, and until a replaced bundle answers.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use clap::Args;
use tokio::runtime::{Builder, Handle};
use xtask::{Context, Error, Result, mapping, paths};

use crate::call::arrangement::{Arrangement, Setup, USUAL, plugin};
use crate::call::case::{self, Group};
use crate::call::legacy::Legacy;
use crate::call::load::{self, Connection};
use crate::call::subject::{FILTER, Kind, Subject};
use crate::raw::Raw;
use crate::stats::{least, median, order};

/// What is run.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// How often each is done
    #[arg(long, default_value_t = 7)]
    times: usize,
}

/// New answers on so many fresh connections in a row mean that no worker has the old bundle: of two workers one would
/// have to be missed as often.
const IN_A_ROW: u32 = 32;

/// The longest a start or a reconfiguration may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs all of it.
pub fn run(arguments: &Arguments, subjects: &[Subject], raw: &mut Raw, runtime: &Handle) -> Result<()> {
    let groups = case::groups();
    let group = groups.iter().find(|group| group.mapping == "one-page").context("the mapping of one page")?;
    let mut seen = vec![Vec::new(); subjects.len()];
    for round in 0..arguments.times {
        for at in order(round, subjects.len()) {
            let seconds = first_answer(group, &subjects[at], runtime).context(&subjects[at].name)?;
            raw.line(&serde_json::json!({ "start": subjects[at].name, "round": round, "seconds": seconds }))?;
            seen[at].push(seconds);
        }
    }
    println!("from the start of all processes to the first answer, ms, {} times:", arguments.times);
    println!("  {:<20}{:>9}{:>9}", "", "median", "least");
    for (seconds, subject) in seen.iter().zip(subjects) {
        print(&subject.name, seconds);
    }
    println!();
    let filter = subjects.iter().find(|subject| subject.name == FILTER).context("the filter")?;
    reconfigure(arguments.times, group, filter, raw, runtime)
}

fn print(name: &str, seconds: &[f64]) {
    let (middle, least) = (median(seconds.iter().copied()), least(seconds.iter().copied()));
    println!("  {name:<20}{:>9.0}{:>9.0}", middle * 1e3, least * 1e3);
}

/// Seconds from the start of an arrangement's processes to its first answer.
fn first_answer(group: &Group, subject: &Subject, runtime: &Handle) -> Result<f64> {
    let first = group.cases.first().context("a group without cases")?;
    let legacy = Legacy::start(runtime, first.lists.clone())?;
    let mapping = mapping::compile(&group.file())?;
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free()?));
    let started = Instant::now();
    // It asks from the start on, as a consumer would who does not know that the gateway is not there yet.
    let asking = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().context("starting tokio")?;
        while started.elapsed() < PATIENCE {
            if runtime.block_on(ask(addr)).is_ok() {
                return Ok::<_, Error>(started.elapsed().as_secs_f64());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Error::new("no answer"))
    });
    let setup = Setup { port: addr.port(), ..USUAL };
    let arrangement = Arrangement::start(subject, group, &mapping, legacy.addr(), setup)?;
    let seconds = asking.join().map_err(|_| Error::new("the consumer failed"))??;
    arrangement.end()?;
    Ok(seconds)
}

async fn ask(addr: SocketAddr) -> Result<Bytes> {
    Ok(Connection::open(addr).await?.ask().await?.1)
}

/// A port that nobody has now.
fn free() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    Ok(listener.local_addr().context("a free port")?.port())
}

/// Replaces the bundle again and again, in the file that Envoy watches (ECDS), while a consumer asks.
fn reconfigure(times: usize, group: &Group, filter: &Subject, raw: &mut Raw, runtime: &Handle) -> Result<()> {
    let first = group.cases.first().context("a group without cases")?;
    let legacy = Legacy::start(runtime, first.lists.clone())?;
    let own = match &filter.kind {
        Kind::Filter(build) => build.bundle(group.mapping)?,
        _ => None,
    };
    let mapping = mapping::compile(&group.file())?;
    let bundles = [own.unwrap_or_else(|| mapping.bundle.clone()), other_institute(group)?];
    let setup = Setup { replaceable: true, ..USUAL };
    let arrangement = Arrangement::start(filter, group, &mapping, legacy.addr(), setup)?;
    let mut before = load::once(runtime, arrangement.addr())?.1;
    let (mut first_new, mut all_new, mut failed) = (Vec::new(), Vec::new(), 0);
    for time in 0..times {
        let started = Instant::now();
        arrangement.envoy().replace_plugin(&plugin(&bundles[(time + 1) % 2])?)?;
        let (mut first, mut in_a_row, mut began) = (None, 0, 0.0);
        let mut now = before.clone();
        while in_a_row < IN_A_ROW {
            if started.elapsed() > PATIENCE {
                return Err(Error::new("the replaced bundle never answers"));
            }
            match runtime.block_on(ask(arrangement.addr())) {
                Err(_) => failed += 1,
                Ok(answer) if answer == before => in_a_row = 0,
                Ok(answer) => {
                    let at = started.elapsed().as_secs_f64();
                    first.get_or_insert(at);
                    if in_a_row == 0 {
                        began = at;
                    }
                    in_a_row += 1;
                    now = answer;
                }
            }
        }
        let first = first.unwrap_or(f64::NAN);
        raw.line(&serde_json::json!({ "replaced": time, "first_seconds": first, "all_seconds": began }))?;
        first_new.push(first);
        all_new.push(began);
        before = now;
    }
    println!("from the rename of the file with another bundle, ms, {times} times; {failed} requests failed meanwhile:");
    println!("  {:<20}{:>9}{:>9}", "", "median", "least");
    print("first new answer", &first_new);
    print("no old answer any more", &all_new);
    arrangement.end()
}

/// The bundle of the same mapping for another institute, whose code stands in every enrolment.
fn other_institute(group: &Group) -> Result<Vec<u8>> {
    let dir = paths::run_dir("bench-institute")?;
    let tables = dir.join("tables");
    std::fs::create_dir_all(&tables).context(tables.display())?;
    let file = group.file();
    let table: PathBuf = file.with_file_name("tables").join("courses.csv");
    std::fs::copy(&table, tables.join("courses.csv")).context(table.display())?;
    let text = std::fs::read_to_string(&file).context(file.display())?.replace("\"9901\"", "\"9902\"");
    let copy = dir.join("mapping.yaml");
    std::fs::write(&copy, text).context(copy.display())?;
    let bundle = mapping::compile(&copy)?.bundle;
    std::fs::remove_dir_all(&dir).context(dir.display())?;
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_institute_is_another_bundle() {
        for group in case::groups() {
            let other = String::from_utf8(other_institute(&group).unwrap()).unwrap();
            assert!(other.contains("9902") && !other.contains("9901"), "{}", group.mapping);
        }
    }
}
