//! `ifs rehearse`: walks all students of the live system once, at the desk, and prints counts.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use adapter_core::bundle::{Bundle, CallIndex};
use adapter_core::contract::{self, Operation};
use adapter_core::{CallRequest, CallResult, Clock};
use mapping_test::rehearsal::{self, Rehearsal, Tally, Turned};

use crate::check::{complain, summary};
use crate::client::Client;
use crate::screen::escaped;
use crate::systems::{self, Systems, about_systems, secret};
use crate::{Ended, print};

/// What is rehearsed, as it is typed.
#[derive(clap::Args, Debug)]
pub(crate) struct Rehearse {
    /// A mapping file, or the folder of a pack.
    #[arg(default_value = ".")]
    mapping: PathBuf,
    /// Walks this operation only, such as IFS06.1; otherwise all that the mapping walks, one after another.
    #[arg(long, value_name = "OPERATION")]
    only: Option<String>,
    #[command(flatten)]
    systems: Systems,
    /// Most calls a second, over all systems: a decimal number.
    #[arg(long, value_name = "N", default_value = "5")]
    pace: String,
    /// Ends a walk after so many pages of the answer, for a first look.
    #[arg(long, value_name = "N")]
    pages: Option<u64>,
    /// Asks IFS07.1 for what is new, and so for its list of those who are there no more (`deleted`).
    #[arg(long)]
    incremental: bool,
    /// How often a page is asked for before the walk is given up. Between two times it is waited as long as the system or
    /// the gateway would say (`Retry-After`), and a minute at most.
    #[arg(long, value_name = "N", default_value_t = 3)]
    tries: u32,
    /// Prints which codes no table has. They are the system's values: where a table is asked for the wrong member, they may
    /// be people's.
    #[arg(long)]
    show_codes: bool,
}

pub(crate) const HELP: &str = concat!(
    about_systems!(),
    "
Each student of the system's lists is answered as IFS02.1 and IFS03.1 would answer, which is what IFS06.1 and IFS07.1 list
fingerprints of. Nothing of anybody is printed or kept: how many students there are, how many are left out and why, what the
contract's rules dropped, which answers fail, how often a table lacks a code. How many calls that takes, `ifs plan` says.

Calls are made one after another, at the pace that is stated; how far it is stands on standard error. A student whose answer
fails is counted and passed over, also where the mapping lets the page fail for it (`if_broken: fail`).

Exit codes: 0 all were walked, and each has an answer; 1 some have none, or the walk was given up, or the mapping has errors;
2 it could not begin."
);

/// How often it is said how far it is.
const TELLS: Duration = Duration::from_secs(10);
/// It is not waited longer for a system, seconds.
const LONGEST: u64 = 60;

pub(crate) fn run(rehearse: &Rehearse) -> Ended {
    match rehearsed(rehearse) {
        Ok(ended) => ended,
        Err(why) => {
            eprintln!("ifs: {why}");
            Ended::Impossible
        }
    }
}

fn rehearsed(rehearse: &Rehearse) -> Result<Ended, String> {
    if !rehearse.mapping.exists() {
        return Err(format!("there is no file {}", rehearse.mapping.display()));
    }
    let pace = Pace::of(&rehearse.pace)?;
    let outcome = mapping_compiler::compile(&rehearse.mapping);
    let Some(bundle) = &outcome.bundle else {
        complain(&outcome.report);
        eprintln!("{}: {}; nothing is walked", rehearse.mapping.display(), summary(&outcome.report));
        return Ok(Ended::WithFindings);
    };
    // All that may be missing is said before the first call.
    let mut walks = Vec::new();
    for (operation, calls) in walked(bundle, rehearse.only.as_deref())? {
        let client = rehearse.systems.client(bundle, operation, &calls)?;
        let incremental = rehearse.incremental && operation.request.field("sync_mode").is_some();
        let walk = Rehearsal::new(bundle, operation, incremental, &secret)?;
        walks.push(Desk { operation, walk, client, pace: pace.clone(), refusing: BTreeSet::new(), bundle });
    }
    if rehearse.incremental && !walks.iter().any(|desk| desk.operation.request.field("sync_mode").is_some()) {
        return Err("--incremental: only IFS07.1 is asked for what is new".to_owned());
    }
    let mut well = true;
    for desk in walks {
        well &= desk.walk(rehearse)?;
    }
    Ok(if well { Ended::Well } else { Ended::WithFindings })
}

/// The walks of a mapping, and the calls that each may make.
fn walked(bundle: &Bundle, only: Option<&str>) -> Result<Vec<(&'static Operation, BTreeSet<CallIndex>)>, String> {
    let only = only.map(str::to_uppercase);
    let chosen = |operation: &&Operation| only.as_ref().is_none_or(|only| only == operation.name);
    let found: Vec<_> = contract::operations()
        .filter(chosen)
        .filter_map(|operation| Some((operation, rehearsal::calls(bundle, operation)?)))
        .collect();
    match (found.is_empty(), only) {
        (false, _) => Ok(found),
        (true, Some(only)) => Err(format!("the mapping walks nothing for {only}: IFS06.1 and IFS07.1 have walks")),
        (true, None) => Err("the mapping lists no students: it has neither IFS06.1 nor IFS07.1".to_owned()),
    }
}

/// A walk, and what it needs.
struct Desk<'d> {
    bundle: &'d Bundle,
    operation: &'static Operation,
    walk: Rehearsal,
    client: Client,
    pace: Pace,
    /// Clusters that refuse their credentials.
    refusing: BTreeSet<String>,
}

impl Desk<'_> {
    /// Walks to the end, or as far as it goes; true if each student has an answer.
    fn walk(mut self, rehearse: &Rehearse) -> Result<bool, String> {
        let (begun, mut told) = (Instant::now(), Instant::now());
        let mut failed = 0_u32;
        let ended = loop {
            let Self { walk, client, pace, refusing, operation, .. } = &mut self;
            let before = walk.tally().clone();
            let mut made = 0_u64;
            let turned = walk.page(clock(begun)?, &mut |call: &CallRequest| {
                pace.wait();
                let result = client.call(call);
                made = made.saturating_add(1);
                if matches!(result, CallResult::Answer { status: 401 | 403, .. }) {
                    refusing.insert(call.cluster.clone());
                }
                if told.elapsed() >= TELLS {
                    told = Instant::now();
                    far(operation, &before, made, begun);
                }
                result
            })?;
            match turned {
                Turned::Last => break None,
                Turned::Page if rehearse.pages.is_some_and(|most| self.walk.tally().pages >= most) => {
                    break Some("it was ended there, as `--pages` says".to_owned());
                }
                Turned::Page => failed = 0,
                Turned::Failed { code, again } => {
                    failed = failed.saturating_add(1);
                    let number = self.walk.tally().pages.saturating_add(1);
                    let title = code.title().trim_end_matches('.');
                    let Some(wait) = again.filter(|_| failed < rehearse.tries) else {
                        let times = if failed > 1 { format!(" {failed} times") } else { String::new() };
                        break Some(format!("given up: page {number} failed{times} with `{}`: {title}", code.as_str()));
                    };
                    let wait = wait.min(LONGEST);
                    eprintln!("ifs: {}: page {number}: {title}; asking again in {wait} s", self.operation.name);
                    std::thread::sleep(Duration::from_secs(wait));
                }
            }
        };
        let tally = self.walk.tally();
        print(&escaped(&written(self.bundle, self.operation, tally, begun.elapsed(), rehearse.show_codes)));
        if let Some(why) = &ended {
            print(&format!("  {why}\n"));
        }
        systems::refused(self.bundle, &self.refusing.iter().map(String::as_str).collect());
        print("\n");
        let given_up = ended.is_some_and(|why| why.starts_with("given up"));
        Ok(!given_up && tally.broken() == 0)
    }
}

fn clock(begun: Instant) -> Result<Clock, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
    let now_ms = i64::try_from(now.as_millis()).map_err(|e| e.to_string())?;
    let tick_ms = u64::try_from(begun.elapsed().as_millis()).map_err(|e| e.to_string())?;
    Ok(Clock { now_ms, tick_ms })
}

/// Says how far it is.
fn far(operation: &Operation, tally: &Tally, made: u64, begun: Instant) {
    eprintln!(
        "ifs: {}: {}, {} after {} s",
        operation.name,
        many(tally.students(), "student"),
        many(tally.calls.saturating_add(made), "call"),
        begun.elapsed().as_secs(),
    );
}

/// What was counted, in lines.
fn written(bundle: &Bundle, operation: &Operation, tally: &Tally, took: Duration, show_codes: bool) -> String {
    let mut out = format!(
        "{}: {} on {}, {} in {} s\n",
        operation.name,
        many(tally.students(), "student"),
        many(tally.pages, "page"),
        many(tally.calls, "call"),
        took.as_secs(),
    );
    let mut line = |times: u64, what: &str| out.push_str(&format!("  {times:>9}  {what}\n"));
    line(tally.listed, "are listed with a fingerprint");
    if tally.gone > 0 {
        line(tally.gone, "are listed as those who are there no more");
    }
    for (effect, times) in tally.left() {
        line(times, &format!("{}: {}", effect.label(), effect.words()));
    }
    for (code, times) in &tally.counts.broken {
        line(*times, &format!("of these with `{}`: {}", code.as_str(), code.title()));
    }
    for (effect, times) in tally.settled() {
        line(times, &format!("times {}: {}", effect.label(), effect.words()));
    }
    for (table, missed) in &tally.counts.missed {
        let name = bundle.tables.get(table.at()).map_or("", |table| table.name.as_str());
        let different = missed.keys.len();
        let more = if missed.more { " or more" } else { "" };
        let codes = if different == 1 { "code" } else { "codes" };
        line(missed.times, &format!("times the table `{name}` lacks a code: {different}{more} different {codes}"));
        for (code, times) in missed.keys.iter().filter(|_| show_codes) {
            line(*times, &format!("    times `{code}`"));
        }
    }
    out
}

fn many(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// When the next call may be made.
#[derive(Clone)]
struct Pace {
    between: Duration,
    next: Option<Instant>,
}

impl Pace {
    fn of(text: &str) -> Result<Self, String> {
        let pace: f64 = text.parse().unwrap_or(0.0);
        if !(0.01..=1_000.0).contains(&pace) {
            return Err(format!("--pace {text}: it is a number of calls a second, from 0.01 to 1000"));
        }
        Ok(Self { between: Duration::from_secs_f64(pace.recip()), next: None })
    }

    fn wait(&mut self) {
        let now = Instant::now();
        let at = self.next.unwrap_or(now).max(now);
        std::thread::sleep(at.duration_since(now));
        self.next = at.checked_add(self.between);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_a_number_of_calls_a_second() {
        assert_eq!(Pace::of("4").unwrap().between, Duration::from_millis(250));
        assert_eq!(Pace::of("0.5").unwrap().between, Duration::from_secs(2));
        for wrong in ["", "x", "0", "-1", "NaN", "inf", "1e9"] {
            assert!(Pace::of(wrong).is_err(), "{wrong}");
        }
    }
}
