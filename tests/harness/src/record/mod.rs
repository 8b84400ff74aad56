//! A record of what is: for each scenario on each layer, and for the whole population, a digest of the answer, of the
//! calls made and of what was counted, kept in `tests/record`. Expectations say what must be; the record says that
//! nothing else has changed either, while the engine is built anew. It goes once that stands.

pub mod trace;

use std::collections::BTreeMap;
use std::path::PathBuf;

use mapping_compiler::testfile::Layer;

use crate::tally::Tally;
use trace::{PARTS, Trace};

/// In place of a value that is not there.
const NOTHING: &str = "nothing";

/// Differences that are printed; a file has the others.
const SHOWN: usize = 40;

/// Columns of the totals: a layer's scenarios, and the population on it.
const COLUMNS: [&str; 5] = ["native", "wasm", "envoy", "population-native", "population-envoy"];

/// A file of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// A line for each scenario and layer.
    Scenarios,
    /// A line for some requests of a pack's operation.
    Population,
    /// A line for each counter.
    Counters,
}

impl File {
    const ALL: [Self; 3] = [Self::Scenarios, Self::Population, Self::Counters];

    fn name(self) -> &'static str {
        match self {
            Self::Scenarios => "scenarios.txt",
            Self::Population => "population.txt",
            Self::Counters => "counters.txt",
        }
    }

    fn path(self) -> PathBuf {
        xtask::paths::root().join("tests/record").join(self.name())
    }

    /// Which of [`COLUMNS`] its counters are summed in.
    fn column(self, layer: Layer) -> &'static str {
        match (self, layer) {
            (Self::Population, Layer::Envoy) => "population-envoy",
            (Self::Population, _) => "population-native",
            (_, Layer::Native) => "native",
            (_, Layer::Wasm) => "wasm",
            (_, Layer::Envoy) => "envoy",
        }
    }

    /// What stands above the lines.
    fn head(self) -> &'static str {
        match self {
            Self::Scenarios => SCENARIOS,
            Self::Population => POPULATION,
            Self::Counters => COUNTERS,
        }
    }
}

const SCENARIOS: &str = "\
# What each scenario of tests/scenarios comes to on each layer. Written by `cargo xtask record`, held by `cargo xtask test`.
#
# status; digests of headers and body as they came; calls=N: and a digest of N calls; counters=N: and a digest of N series
# that moved, with by how much. Natively calls stand in the order in which the engine asks for them, with their name,
# cluster, timeout and limit; in wasm in the order in which the filter dispatches them; on Envoy as the system saw them,
# sorted. Natively and in wasm answers are handed over in the order of their calls.
#
# Left out, as a clock or chance decides it:
#   the header `date`, and times: what histograms hold (in wasm, how many values they took is here), and a timeout that
#     the deadline cuts
#   which session it is: identifiers and tokens stand as <session>
#   on Envoy: histograms; and calls with what is counted of them (calls, their bytes, sessions, cache hits, late answers)
#     where answers are kept from other requests, where there are sessions (the steward opens them when it will), and where
#     an exchange may end while calls are in flight
#   calls of soap/session-{lost,refused}-in-fan-out: which of several calls loses the session is the system's chance, and so
#     is what sessions it leaves
#   calls of cache/most-of-many, offer/first-year, offer/year: which of many kept answers fall on one place, so that one is
#     asked for again, follows from the bundle's digest, which any change of its form changes
#   all but the status of request/over-gateway-buffer: the filter or Envoy answers it, whichever is first
# Also not here: what the requests of `earlier` are answered, call and count; logs; the access log.
";

const POPULATION: &str = "\
# What each operation of each pack comes to for the whole population: people (or academic years) FIRST-LAST in their order.
# Written by `cargo xtask record`, held by `cargo xtask test`.
#
# status*count; the rest as in scenarios.txt, over all requests of the line. Natively one request after another, and
# nothing is kept, so that calls are each request's own. On Envoy many at a time, with kept answers: no calls here.
";

const COUNTERS: &str = "\
# Which series there are, and what they come to over all scenarios (native, wasm, envoy) and over the population
# (population-native, population-envoy). Written by `cargo xtask record`, held by `cargo xtask test`.
#
# Sums of what scenarios.txt and population.txt have digests of; so on Envoy what is counted of calls is partly missing
# (all of it for the population), and of histograms (in wasm) it is how many values they took.
";

/// Values by name, by what the line is about.
type Lines = BTreeMap<String, Values>;
type Values = Vec<(String, String)>;

/// What a run must hold against the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All there is: a line that does not come up is missed, and the totals are whole.
    Whole,
    /// All scenarios, or the whole population, on some layers.
    Layers,
    /// Some scenarios. What calls and counters are depends on what is kept from the scenarios before, so not these.
    Named,
}

/// What was found in this run.
#[derive(Debug)]
pub struct Record {
    scope: Scope,
    write: bool,
    found: BTreeMap<File, Lines>,
    totals: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

impl Record {
    /// Nothing yet; to be held against the files, or to take their place.
    #[must_use]
    pub fn new(scope: Scope, write: bool) -> Self {
        Self { scope, write, found: BTreeMap::new(), totals: BTreeMap::new() }
    }

    /// Takes what a line is about, and shows all that is behind it in a file.
    pub fn note(&mut self, file: File, about: &str, layer: Layer, traces: &[Trace]) {
        if file == File::Scenarios {
            traces.iter().for_each(|trace| self.count(file, layer, trace.counters()));
        }
        let about = format!("{about} {}", file.column(layer).trim_start_matches("population-"));
        let path = self.folder().join(file.name()).join(about.replace(' ', "."));
        self.found.entry(file).or_default().insert(about, trace::line(traces));
        let text = traces.iter().map(Trace::text).collect::<Vec<_>>().join("\n=== next\n");
        // Only for whoever looks for a difference: without it there is still the line.
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(path, text);
    }

    /// Adds to the totals.
    pub fn count<'t>(&mut self, file: File, layer: Layer, counters: impl IntoIterator<Item = (&'t String, &'t u64)>) {
        let column = file.column(layer);
        for (name, by) in counters {
            *self.totals.entry(name.clone()).or_default().entry(column).or_default() += by;
        }
    }

    /// Holds what was found against the files, or writes them.
    pub fn close(mut self, tally: &mut Tally) {
        let totals = self.totals.iter().map(|(name, of)| {
            let columns = COLUMNS.iter().filter_map(|column| Some(((*column).to_owned(), of.get(column)?.to_string())));
            (name.clone(), columns.collect())
        });
        let totals: Lines = totals.collect();
        self.found.insert(File::Counters, totals);
        if self.write {
            tally.verdict("the record is written", self.written(tally).err().into_iter().collect());
        } else {
            self.held(tally);
        }
    }

    /// Where the whole of what digests stand for is shown: of what was written, and of the run after.
    fn folder(&self) -> PathBuf {
        xtask::paths::target().join("record").join(if self.write { "kept" } else { "now" })
    }

    fn written(&self, tally: &Tally) -> Result<(), String> {
        if self.scope != Scope::Whole || !tally.holds() {
            return Err("something has failed, or not everything was run".to_owned());
        }
        for file in File::ALL {
            let mut text = file.head().to_owned();
            for (about, values) in self.found.get(&file).into_iter().flatten() {
                text.push_str(about);
                values.iter().for_each(|(name, value)| text.extend([" ", name, "=", value]));
                text.push('\n');
            }
            std::fs::write(file.path(), text).map_err(|e| format!("{}: {e}", file.path().display()))?;
        }
        Ok(())
    }

    fn held(&self, tally: &mut Tally) {
        let (mut wrong, mut lines) = (Vec::new(), 0);
        for file in File::ALL {
            let Some(found) = self.found.get(&file).filter(|_| file != File::Counters || self.scope == Scope::Whole)
            else {
                continue;
            };
            lines += found.len();
            match std::fs::read_to_string(file.path()) {
                Ok(text) => wrong.extend(self.differences(file, &read(&text), found)),
                Err(error) => wrong.push(format!("{}: {error}", file.path().display())),
            }
        }
        if !wrong.is_empty() {
            let (count, all) = (wrong.len(), self.folder().join("differences.txt"));
            let _ = std::fs::write(&all, wrong.join("\n"));
            wrong.truncate(SHOWN);
            wrong.push(format!("{count} in all: {}", all.display()));
            wrong.push("what is behind the digests: diff -r target/record/kept target/record/now".to_owned());
            wrong.push("if all of it is meant: cargo xtask record".to_owned());
        }
        if lines > 0 {
            tally.verdict(&format!("{lines} lines of tests/record hold"), wrong);
        }
    }

    /// One line for each line of a file that is not what it was.
    fn differences(&self, file: File, kept: &Lines, found: &Lines) -> Vec<String> {
        let mut wrong = Vec::new();
        for (about, now) in found {
            let Some(then) = kept.get(about) else {
                wrong.push(format!("{}: {about}: is new", file.name()));
                continue;
            };
            let of = |values: &Values, part: &str| {
                values.iter().find(|(name, _)| name == part).map_or(NOTHING, |(_, value)| value.as_str()).to_owned()
            };
            let skip = match self.scope {
                Scope::Whole => false,
                // Which calls of Envoy's are certain, the native layer tells.
                Scope::Layers => of(now, "calls") == NOTHING && of(then, "calls") != NOTHING,
                Scope::Named => file == File::Scenarios,
            };
            let parts = PARTS.iter().chain(&COLUMNS).filter(|part| !skip || !["calls", "counters"].contains(part));
            let differ = parts.filter(|part| of(now, part) != of(then, part));
            let told: Vec<String> =
                differ.map(|part| format!("{part} {}, was {}", of(now, part), of(then, part))).collect();
            if !told.is_empty() {
                wrong.push(format!("{}: {about}: {}", file.name(), told.join("; ")));
            }
        }
        if self.scope == Scope::Whole {
            let missing = kept.keys().filter(|about| !found.contains_key(*about));
            wrong.extend(missing.map(|about| format!("{}: {about}: did not come up", file.name())));
        }
        wrong
    }
}

/// The lines of a file. What it is about may have spaces; a value has none.
fn read(text: &str) -> Lines {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let named = |word: &str| {
            let (name, value) = word.split_once('=')?;
            let known = PARTS.iter().chain(&COLUMNS).any(|known| *known == name);
            known.then(|| (name.to_owned(), value.to_owned()))
        };
        let about = words.iter().take_while(|word| named(word).is_none()).copied().collect::<Vec<_>>();
        let values = words[about.len()..].iter().filter_map(|word| named(word));
        (about.join(" "), values.collect())
    };
    lines.map(line).collect()
}
