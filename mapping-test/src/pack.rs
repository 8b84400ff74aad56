//! The tests of a pack: each is run, compared and explained.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use adapter_core::bundle::{Bundle, seal};
use adapter_core::{Plan, contract};
use mapping_compiler::places::Places;
use mapping_compiler::testfile::{self, Expect, Step, Test};
use mapping_compiler::{Files, Folder};

use crate::compare::{Came, differences};
use crate::{explain, run};

/// The tests of a pack, in the order of their names.
///
/// # Errors
/// If the folder cannot be read.
pub fn tests(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A test that passed.
#[derive(Clone, Debug)]
pub struct Passed {
    /// What it shows.
    pub about: Option<String>,
    /// What happened, if that was asked for.
    pub explanation: String,
}

/// Mappings that have been compiled, by their path: most tests of a pack are of one.
pub struct Compiled<'f> {
    files: &'f (dyn Files + Sync),
    mappings: BTreeMap<PathBuf, Option<(Bundle, Places)>>,
}

impl<'f> Compiled<'f> {
    /// None yet, of those that are read from somewhere.
    pub fn from(files: &'f (dyn Files + Sync)) -> Self {
        Self { files, mappings: BTreeMap::new() }
    }

    /// A mapping's bundle; its complaints the first time only.
    fn get(&mut self, mapping: &Path) -> Result<&(Bundle, Places), String> {
        let before = "the mapping does not compile; its errors are shown at the first test".to_owned();
        let mut complaints = None;
        let files = self.files;
        let compiled = self.mappings.entry(mapping.to_owned()).or_insert_with(|| {
            let outcome = mapping_compiler::compile_with(mapping, files);
            if outcome.bundle.is_none() {
                complaints = Some(outcome.report.human());
            }
            outcome.bundle.map(|bundle| (bundle, outcome.places))
        });
        compiled.as_ref().ok_or(complaints.unwrap_or(before))
    }
}

/// Runs one test file of a pack, or of none.
///
/// # Errors
/// What is wrong, in lines, and what happened.
pub fn one(file: &Path, pack: &Path, compiled: &mut Compiled<'_>, explain: bool) -> Result<Passed, String> {
    let files = compiled.files;
    let test = testfile::read(file, files).map_err(|e| e.to_string())?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let (about, own, limits) = match &test {
        Test::One(test) => (&test.about, &test.mapping, &test.limits),
        Test::Story(story) => (&story.about, &story.mapping, &story.limits),
    };
    let mapping = own.as_ref().map_or_else(|| pack.to_owned(), |m| folder.join(m));
    let home = if mapping.is_dir() { mapping.as_path() } else { mapping.parent().unwrap_or(Path::new("")) };
    let (bundle, places) = compiled.get(&mapping)?;
    let mut bundle = bundle.clone();
    for (name, value) in limits {
        if !bundle.limits.set(name, *value) {
            return Err(format!("there is no limit `{name}`"));
        }
    }
    let plan = seal(&bundle).and_then(|bytes| Plan::load(&bytes)).map_err(|e| e.to_string())?;
    let names = (places.variables.as_slice(), bundle.tables.iter().map(|t| t.name.clone()).collect());
    let beside = Folder { path: folder, files };
    let of = Of { home, bundle: &bundle, places, explain };
    let explanation = match &test {
        Test::One(test) => {
            let ran = run::run(plan, names, test, beside)?;
            of.verdict(&test.request.path, &test.expect, &ran)?
        }
        Test::Story(story) => {
            let mut explanation = String::new();
            let mut number = 0_usize;
            let judge = |step: &Step, ran: run::Ran| {
                number = number.saturating_add(1);
                let told = of.verdict(&step.request.path, &step.expect, &ran)?;
                if !told.is_empty() {
                    let what = step.about.as_deref().map(|about| format!(": {about}")).unwrap_or_default();
                    explanation.push_str(&format!("step {number}{what}\n{told}"));
                }
                Ok(())
            };
            let left = run::play(plan, names, story, beside, judge)
                .map_err(|(at, words)| format!("step {at} of {}: {words}", story.len()))?;
            if !left.is_empty() {
                return Err(explain::without_secrets(&bundle, left.join("\n")));
            }
            explanation
        }
    };
    Ok(Passed { about: about.clone(), explanation })
}

/// What a verdict is about.
struct Of<'o> {
    home: &'o Path,
    bundle: &'o Bundle,
    places: &'o Places,
    explain: bool,
}

impl Of<'_> {
    /// The explanation of an exchange that came out as expected, if that was asked for.
    ///
    /// # Errors
    /// What is wrong, in lines, and what happened.
    fn verdict(&self, path: &str, expect: &Expect, ran: &run::Ran) -> Result<String, String> {
        let mut wrong = ran.complaints.clone();
        let header = |name: &str| {
            ran.response.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let came = Came { status: ran.response.status, header: &header, body: &ran.response.body, calls: ran.calls };
        let differing = differences(expect, came);
        wrong.extend(differing.iter().cloned());
        let path = path.split('?').next().unwrap_or_default();
        let told = contract::operations().find(|o| path.ends_with(o.path) && !ran.events.is_empty()).map(|operation| {
            let Self { home, bundle, places, .. } = self;
            explain::Told {
                home,
                bundle,
                places,
                operation,
                events: &ran.events,
                exchanged: &ran.exchanged,
                asked: &ran.asked,
            }
        });
        let scope = match members(&differing) {
            _ if self.explain => explain::Scope::All,
            Some(members) if differing.len() == 1 => explain::Scope::Members(members),
            _ => explain::Scope::Wrong,
        };
        let explanation = || told.map(|told| explain::write(told, &scope)).unwrap_or_default();
        if wrong.is_empty() {
            return Ok(if self.explain { explanation() } else { String::new() });
        }
        let wrong = explain::without_secrets(self.bundle, wrong.join("\n"));
        Err(format!("{}\n{}", wrong.trim_end(), explanation()))
    }
}

/// The members that the lines of a difference name; none if nothing differs that has members.
fn members(differing: &[String]) -> Option<BTreeSet<String>> {
    let lines = differing.iter().flat_map(|d| d.lines()).map(str::trim_start);
    let changed = lines.filter_map(|l| l.strip_prefix("- ").or_else(|| l.strip_prefix("+ ")));
    let names: BTreeSet<String> =
        changed.filter_map(|l| Some(l.trim().strip_prefix('"')?.split_once("\":")?.0.to_owned())).collect();
    (!names.is_empty()).then_some(names)
}
