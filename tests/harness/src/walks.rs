//! Lists of students, walked from the first page to the last: two engines take turns, as replicas behind a balancer do,
//! and what they list is the oracle's, whatever the size of pages and whatever happens to the list meanwhile.

mod desk;
mod offer;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use university::oracle::Institute;
use university::oracle::walks::{Filters, listed};
use university::{DEFAULT_TODAY, Population, Server};

use crate::configure::of_pack;
use crate::native::Native;
use crate::population::{digest, post};
use crate::scenario::Setting;
use crate::schema::Documents;
use crate::stand;
use crate::suite::Suite;
use crate::systems::Systems;

/// The packs, whose data they serve, and what they list.
const PACKS: [(&str, Institute, &[&str]); 3] = [
    ("afam-table", Institute::Conservatory, &["IFS06.1"]),
    ("esse3-rest", Institute::University, &["IFS06.1", "IFS07.1"]),
    ("esse3-soap", Institute::University, &["IFS06.1", "IFS07.1"]),
];
/// Most pages of a walk here: one that never ends is cut.
const MOST_PAGES: usize = 2_000;

/// Keys and fingerprints.
type Listed = BTreeMap<String, String>;

/// Two engines of one bundle, over one system.
struct Pair {
    engines: [Native; 2],
    simulator: Arc<Server>,
    documents: Arc<Documents>,
    systems: Arc<Systems>,
    now_ms: i64,
}

/// A page.
struct Page {
    listed: Vec<(String, String)>,
    last_update: String,
    cursor: Option<String>,
}

/// Walks every list of every pack.
pub fn run(suite: &mut Suite) {
    for (name, outcome) in offer::cases(suite) {
        suite.tally.verdict(&name, outcome.err().into_iter().collect::<Vec<_>>());
    }
    for (pack, institute, operations) in PACKS {
        for operation in operations {
            for (name, outcome) in cases(suite, pack, institute, operation) {
                suite.tally.verdict(&name, outcome.err().into_iter().collect::<Vec<_>>());
            }
        }
    }
}

type Case = (String, Result<(), String>);

fn cases(suite: &mut Suite, pack: &'static str, institute: Institute, operation: &str) -> Vec<Case> {
    let mut said = Vec::new();
    let population = suite.world.population(&of_pack(pack).university);
    let expected = |filters| {
        listed(institute, operation, &population, filters, DEFAULT_TODAY).ok_or("the oracle lists nothing of it")
    };
    let all = |body: Value, filters: Filters, calls: u64| {
        move |suite: &mut Suite| {
            let expected = expected(filters)?;
            let mut pair = Pair::start(suite, pack, calls)?;
            let found = pair.walk(operation, &body, |_, _| ())?;
            same(&found, &expected)
        }
    };
    let filters = if operation == "IFS07.1" {
        vec![
            (json!({ "sync_mode": "incremental" }), Filters { incremental: true, ..Filters::default() }),
            (
                json!({ "academic_system": "old", "sync_mode": null }),
                Filters { new_system: Some(false), ..Filters::default() },
            ),
            (
                json!({ "academic_system": "new", "sync_mode": "full" }),
                Filters { new_system: Some(true), ..Filters::default() },
            ),
        ]
    } else {
        Vec::new()
    };
    let walks = [(json!({}), Filters::default())].into_iter().chain(filters);
    for (body, filters) in walks {
        let name = format!("two engines in turn list what the oracle does: {pack} {operation} {body}");
        said.push((name, all(body, filters, 600)(suite)));
    }
    let name = format!("shorter pages list the same: {pack} {operation}");
    said.push((name, all(json!({ "institute_code": "9999" }), Filters::default(), 60)(suite)));
    let name = format!("a fingerprint is the digest of the detail answer: {pack} {operation}");
    said.push((name, details(suite, pack, operation)));
    for calls in [600, 60] {
        let name = format!("a night costs what `ifs plan` says, with {calls} calls a request: {pack} {operation}");
        said.push((name, desk::night(suite, pack, operation, calls)));
    }
    let name = format!("a rehearsal counts whom the oracle lists: {pack} {operation}");
    said.push((
        name,
        expected(Filters::default())
            .map_err(str::to_owned)
            .and_then(|expected| desk::rehearsed(suite, pack, operation, expected.len())),
    ));
    if institute == Institute::University {
        let name =
            format!("students come and go meanwhile, and nobody is left out or listed twice: {pack} {operation}");
        said.push((name, changes(suite, pack, operation, &population)));
    }
    said
}

/// What is listed of each student is what the listed operation answers for the key.
fn details(suite: &mut Suite, pack: &'static str, operation: &str) -> Result<(), String> {
    let mut pair = Pair::start(suite, pack, 600)?;
    let found = pair.walk(operation, &json!({}), |_, _| ())?;
    let population = suite.world.population(&of_pack(pack).university);
    let target = if operation == "IFS06.1" { "/ifs02/academic-enrollments" } else { "/ifs03/academic-qualifications" };
    let mut met = 0;
    for student in population.students() {
        let Some(hash) = found.get(&digest(student.tax_code().as_bytes())) else { continue };
        let answer = pair.engines[0].exchange(&post(target, &json!({ "tax_code": student.tax_code() })))?;
        if answer.status != 200 || digest(&answer.body) != *hash {
            return Err(format!("{}: {} and another digest", student.tax_code(), answer.status));
        }
        met += 1;
    }
    (met == found.len() && met > 0).then_some(()).ok_or(format!("{met} of {} students are known", found.len()))
}

/// Of persons before and behind the position some are taken out of the list, and others put in, after each page.
fn changes(suite: &mut Suite, pack: &'static str, operation: &str, population: &Population) -> Result<(), String> {
    let all = listed(Institute::University, operation, population, Filters::default(), DEFAULT_TODAY);
    let all = all.ok_or("the oracle lists nothing of it")?;
    let mut pair = Pair::start(suite, pack, 60)?;
    let persons: Vec<(u32, String)> =
        population.students().iter().map(|s| (s.person_id, digest(s.tax_code().as_bytes()))).collect();
    let mut turn = 0_u32;
    // Every third is there or not as it happens; of the others nobody may be missing.
    let unsteady = |person: u32| person.is_multiple_of(3);
    let found = pair.walk(operation, &json!({}), |simulator, _| {
        turn += 1;
        let hidden =
            persons.iter().map(|(person, _)| *person).filter(|p| unsteady(*p) && (p / 3 + turn).is_multiple_of(2));
        simulator.hide(hidden);
    });
    pair.simulator.hide([]);
    let found = found?;
    for (person, key) in &persons {
        match (all.get(key), found.get(key)) {
            (Some(expected), Some(hash)) if expected != hash => {
                return Err(format!("person {person} has another hash"));
            }
            (Some(_), None) if !unsteady(*person) => return Err(format!("person {person} was left out")),
            (None, Some(_)) => return Err(format!("person {person} is listed")),
            _ => {}
        }
    }
    Ok(())
}

fn same(found: &Listed, expected: &Listed) -> Result<(), String> {
    if found == expected && !expected.is_empty() {
        return Ok(());
    }
    let (found_keys, expected_keys): (BTreeSet<_>, BTreeSet<_>) = (found.keys().collect(), expected.keys().collect());
    let more = found_keys.difference(&expected_keys).count();
    let fewer = expected_keys.difference(&found_keys).count();
    let other = expected.iter().filter(|(key, hash)| found.get(*key).is_some_and(|found| found != *hash)).count();
    Err(format!("{} of {}: {more} too many, {fewer} missing, {other} with another hash", found.len(), expected.len()))
}

impl Pair {
    fn start(suite: &mut Suite, pack: &str, calls: u64) -> Result<Self, String> {
        let mut setting: Setting = of_pack(pack);
        setting.limits.insert("calls".to_owned(), calls);
        let bundle = suite.bundles.bundle(&setting)?;
        Self::over(suite, &setting, &bundle)
    }

    fn over(suite: &mut Suite, setting: &Setting, bundle: &[u8]) -> Result<Self, String> {
        let simulator = suite.world.server(&setting.university).map_err(|e| e.to_string())?;
        simulator.set_rules(Vec::new());
        simulator.clear();
        let clusters = suite.world.clusters(setting).map_err(|e| e.to_string())?;
        let now_ms = i64::try_from(setting.moment()?.unix_timestamp_nanos() / 1_000_000).map_err(|e| e.to_string())?;
        let plugin = stand::plugin(setting, bundle)?;
        let systems = Arc::new(Systems::new(clusters));
        let engine = || Native::new(plugin.as_bytes(), now_ms, Arc::clone(&systems));
        let documents = Arc::clone(&suite.documents);
        Ok(Self { engines: [engine()?, engine()?], simulator, documents, systems, now_ms })
    }

    /// Walks with one engine, each page asked for once: how many pages there are.
    fn walk_once(&mut self, operation: &str) -> Result<u64, String> {
        let (target, list) = paths(operation);
        let mut cursor = None;
        for pages in 1..=MOST_PAGES {
            let answer = self.engines[0].exchange(&post(target, &json!({ "cursor": cursor })))?;
            if answer.status != 200 {
                return Err(format!("page {pages}: {}", answer.status));
            }
            cursor = read(&answer.body, list)?.cursor;
            if cursor.is_none() {
                return Ok(pages as u64);
            }
        }
        Err("the walk does not end".to_owned())
    }

    /// Walks from the first page to the last; `between` may change the system behind.
    fn walk(
        &mut self,
        operation: &str,
        filters: &Value,
        mut between: impl FnMut(&Server, &Page),
    ) -> Result<Listed, String> {
        let (target, list) = paths(operation);
        let (mut all, mut cursor, mut update) = (Listed::new(), None::<String>, None::<String>);
        for number in 0..MOST_PAGES {
            let mut body = filters.clone();
            if let Some(cursor) = &cursor {
                body["cursor"] = json!(cursor);
            }
            let request = post(target, &body);
            let answer = self.engines[number % 2].exchange(&request)?;
            if answer.status != 200 {
                return Err(format!("page {number}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
            }
            if let Some(wrong) = self.documents.answer(&request, &answer).pop() {
                return Err(format!("page {number}: {wrong}"));
            }
            // The same page asked for again is the same.
            let again = self.engines[(number + 1) % 2].exchange(&request)?;
            if again.body != answer.body {
                return Err(format!("page {number} is another page at the other engine"));
            }
            let page = read(&answer.body, list)?;
            if update.get_or_insert_with(|| page.last_update.clone()) != &page.last_update {
                return Err(format!("page {number}: `last_update` has changed"));
            }
            between(&self.simulator, &page);
            for (key, hash) in page.listed {
                if all.insert(key, hash).is_some() {
                    return Err(format!("page {number}: a student stands twice"));
                }
            }
            match page.cursor {
                None => {
                    println!("walk: {operation}: {} students on {} pages", all.len(), number + 1);
                    return Ok(all);
                }
                Some(next) if next.len() > 512 || Some(&next) == cursor.as_ref() => {
                    return Err(format!("page {number}: the cursor leads back, or is too long"));
                }
                next => cursor = next,
            }
        }
        Err("the walk does not end".to_owned())
    }
}

fn paths(operation: &str) -> (&'static str, &'static str) {
    match operation {
        "IFS06.1" => ("/ifs06/student-enrollments-changes", "enrollments_hash"),
        _ => ("/ifs07/student-qualifications-changes", "qualifications_hash"),
    }
}

fn read(body: &[u8], list: &str) -> Result<Page, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let items = answer["data"][list].as_array().ok_or("there is no list")?;
    let listed = items.iter().map(|item| Some((text(&item["key"])?, text(&item["hash"])?)));
    Ok(Page {
        listed: listed.collect::<Option<_>>().ok_or("an item lacks key or hash")?,
        last_update: text(&answer["data"]["last_update"]).ok_or("there is no `last_update`")?,
        cursor: text(&answer["meta"]["cursor"]),
    })
}
