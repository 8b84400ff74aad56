//! The whole suite in one run: scenarios on their layers, the time to configure, the population through Envoy,
//! containment, and at the end the search of everything that was logged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapping_compiler::testfile::Layer;
use university::{Server, server};
use xtask::component;
use xtask::envoy::Cluster;
use xtask::wasm::Fetch;

use crate::component::Embedded;
use crate::expect::{self, Essence};
use crate::govway::{self, Seen};
use crate::http::Answer;
use crate::logs::Forbidden;
use crate::scenario::{self, Scenario, Setting};
use crate::schema::Documents;
use crate::stand::{Built, Bundles, Stand};
use crate::tally::Tally;
use crate::wasm::Filter;
use crate::world::World;
use crate::{
    broken, configure, containment, coverage, embedding, examples, keys, metrics, population, probes, refusals,
    sessions, stories, trust, walks, workbench,
};

/// What to run: `suite [--layer native|component|node|wasm|envoy]… [--skip configure|population|sessions|probes|metrics|containment|trust]…
/// [NAME]…`. With names, only the scenarios whose names contain one run; `probes` is the name of the part on `/status`, `keys` that of the index from keys to students, `examples` that of the Ministry's examples, `broken` or `broken:CASES` that of broken answers, `population:PACK` is the name of the population's part for one
/// pack, `containment:CASE` that of one case of containment, `trust:PART` that of one part of trust.
#[derive(Debug, Default)]
pub struct Choice {
    layers: Vec<Layer>,
    skip: BTreeSet<String>,
    names: Vec<String>,
}

impl Choice {
    /// Reads the command line. What a test runner adds by itself is ignored.
    ///
    /// # Errors
    /// Says what it does not know.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut choice = Self::default();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--layer" => choice.layers.push(match arguments.next().as_deref() {
                    Some("native") => Layer::Native,
                    Some("component") => Layer::Component,
                    Some("node") => Layer::Node,
                    Some("wasm") => Layer::Wasm,
                    Some("envoy") => Layer::Envoy,
                    other => return Err(format!("--layer {other:?}: native, component, node, wasm or envoy")),
                }),
                "--skip" => {
                    choice.skip.extend(arguments.next());
                }
                name if !name.starts_with('-') => choice.names.push(name.to_owned()),
                _ => {}
            }
        }
        Ok(choice)
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|part| name.contains(part))
    }

    fn layers(&self, scenario: &Scenario) -> Vec<Layer> {
        scenario.layers.iter().copied().filter(|l| self.layers.is_empty() || self.layers.contains(l)).collect()
    }

    /// The engine alone, as a library or as a component, needs no filter.
    fn needs_filter(&self) -> bool {
        self.layers.is_empty() || self.layers.iter().any(|layer| matches!(layer, Layer::Wasm | Layer::Envoy))
    }

    fn needs_component(&self) -> bool {
        self.layers.is_empty() || self.layers.iter().any(|layer| matches!(layer, Layer::Component | Layer::Node))
    }

    /// The layers on which the population runs, and with which packs (none named: all).
    fn population(&self) -> Option<(Vec<Layer>, Vec<String>)> {
        let named = |name: &String| name.strip_prefix("population:").map(str::to_owned);
        let packs: Vec<String> = self.names.iter().filter_map(named).collect();
        let wanted = if self.names.is_empty() { !self.skip.contains("population") } else { !packs.is_empty() };
        let here = |layer: &Layer| self.layers.is_empty() || self.layers.contains(layer);
        let layers: Vec<Layer> = [Layer::Native, Layer::Envoy].into_iter().filter(here).collect();
        (wanted && !layers.is_empty()).then_some((layers, packs))
    }

    /// Which cases of containment run (none named: all).
    fn containment(&self) -> Option<Vec<String>> {
        let named = |name: &String| name.strip_prefix("containment:").map(str::to_owned);
        let cases: Vec<String> = self.names.iter().filter_map(named).collect();
        let envoy = self.layers.is_empty() || self.layers.contains(&Layer::Envoy);
        (self.part("containment") || (envoy && !cases.is_empty())).then_some(cases)
    }

    /// Which parts of trust run (none named: all).
    fn trust(&self) -> Option<Vec<String>> {
        let named = |name: &String| name.strip_prefix("trust:").map(str::to_owned);
        let parts: Vec<String> = self.names.iter().filter_map(named).collect();
        let envoy = self.layers.is_empty() || self.layers.contains(&Layer::Envoy);
        (self.part("trust") || (envoy && !parts.is_empty())).then_some(parts)
    }

    /// Whether lists of students are walked: by the engine alone.
    fn walks(&self) -> bool {
        let named = self.names.is_empty() || self.names.iter().any(|name| name == "walks");
        named && !self.skip.contains("walks") && (self.layers.is_empty() || self.layers.contains(&Layer::Native))
    }

    /// On which layers stories of changes are played.
    fn stories(&self) -> Vec<Layer> {
        [Layer::Native, Layer::Envoy].into_iter().filter(|layer| self.part_of("stories", *layer)).collect()
    }

    /// Whether answers of systems are broken, by the engine alone, and how many an operation where that is said:
    /// `broken`, `broken:5000`.
    fn broken(&self) -> Option<Option<u64>> {
        let native = self.layers.is_empty() || self.layers.contains(&Layer::Native);
        let cases = self.names.iter().find_map(|name| name.strip_prefix("broken:")?.parse().ok());
        (self.part_of("broken", Layer::Native) || (native && cases.is_some())).then_some(cases)
    }

    fn part(&self, name: &str) -> bool {
        self.part_of(name, Layer::Envoy)
    }

    /// Whether a part runs that is at home on a layer.
    fn part_of(&self, name: &str, layer: Layer) -> bool {
        (self.names.is_empty() || self.names.iter().any(|named| named == name))
            && !self.skip.contains(name)
            && (self.layers.is_empty() || self.layers.contains(&layer))
    }
}

/// What the parts of the suite share.
pub struct Suite {
    /// Universities.
    pub world: World,
    /// Bundles.
    pub bundles: Bundles,
    /// The filter, if it could be built.
    pub built: Option<Built>,
    /// The component, if it could be built.
    pub embedded: Option<Embedded>,
    /// Folders with logs.
    pub logs: Vec<PathBuf>,
    /// What no log may hold.
    pub forbidden: Forbidden,
    /// What something in front that validates answers would do with them.
    pub answers: Seen,
    /// What bodies are held against.
    pub documents: Arc<Documents>,
    /// Counts.
    pub tally: Tally,
}

/// Runs what is chosen; true if everything holds.
///
/// # Errors
/// If there is nothing to run it with.
pub fn run(choice: &Choice) -> Result<bool, String> {
    forget_old_runs();
    let logs = xtask::paths::run_dir("suite").map_err(|e| e.to_string())?;
    let mut suite = Suite {
        world: World::default(),
        bundles: Bundles::default(),
        built: None,
        embedded: None,
        logs: vec![logs.clone()],
        forbidden: Forbidden::default(),
        answers: Seen::default(),
        documents: Arc::new(Documents::all()?),
        tally: Tally::default(),
    };
    if choice.needs_filter() {
        match build() {
            Ok(built) => suite.built = Some(built),
            Err(error) => suite.tally.fail("building the filter", [error]),
        }
    }
    if choice.needs_component() {
        match embed() {
            Ok(embedded) => suite.embedded = Some(embedded),
            Err(error) => suite.tally.fail("building the component", [error]),
        }
    }
    let shipped = scenarios(&mut suite, choice, &logs)?;
    if choice.part_of("embedding", Layer::Component) {
        embedding::run(&mut suite, &shipped);
        match component::build(component::World::Workbench, Fetch::Never) {
            Ok(component) => workbench::run(&mut suite, &component),
            Err(error) => suite.tally.fail("building the workbench", [error]),
        }
    }
    if choice.part("configure") {
        configure::run(&mut suite, &logs);
        refusals::run(&mut suite, &logs);
    }
    if let Some((layers, packs)) = choice.population() {
        population::run(&mut suite, &layers, &packs);
    }
    if choice.walks() {
        walks::run(&mut suite);
    }
    stories::run(&mut suite, &choice.stories());
    if let Some(cases) = choice.broken() {
        broken::run(&mut suite, cases);
    }
    if choice.part_of("keys", Layer::Native) {
        let envoy = choice.part_of("keys", Layer::Envoy);
        keys::run(&mut suite, envoy);
    }
    if choice.part_of("examples", Layer::Native) {
        examples::run(&mut suite);
    }
    if choice.part("sessions") {
        sessions::run(&mut suite, &logs);
    }
    if choice.part("probes") {
        probes::run(&mut suite, &logs);
    }
    if choice.part("metrics") {
        metrics::run(&mut suite);
    }
    if let Some(cases) = choice.containment() {
        containment::run(&mut suite, &cases);
    }
    if let Some(parts) = choice.trust() {
        trust::run(&mut suite, &parts);
    }
    // The engine alone logs nothing.
    if choice.needs_filter() {
        hygiene(&mut suite);
    }
    // Of a part of the scenarios no whole list can be asked.
    let all = choice.names.is_empty() && (choice.layers.is_empty() || choice.layers.contains(&Layer::Native));
    std::mem::take(&mut suite.answers).close(all, &mut suite.tally);
    suite.documents.close(all, &mut suite.tally);
    Ok(suite.tally.close())
}

/// Removes the logs of earlier runs of the suite, but for those that are still running.
fn forget_old_runs() {
    let folder = xtask::paths::target().join("run");
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut parts = name.split('-');
        let (Some(kind), Some(process)) = (parts.next(), parts.next()) else { continue };
        let ours =
            ["suite", "scenarios", "population", "sessions", "stories", "metrics", "containment", "refused", "trust"]
                .contains(&kind);
        if ours && !Path::new("/proc").join(process).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn build() -> Result<Built, String> {
    let built = xtask::wasm::build(&[], Fetch::Never).map_err(|e| e.to_string())?;
    let before = Instant::now();
    let wasm = std::fs::read(built.path()).map_err(|e| e.to_string())?;
    let filter = Filter::new(&wasm).map_err(|e| format!("{e:?}"))?;
    println!("filter {} bytes, compiled by wasmtime in {:.1} s", wasm.len(), before.elapsed().as_secs_f64());
    Ok(Built { path: built.path().to_owned(), filter })
}

fn embed() -> Result<Embedded, String> {
    let file = component::build(component::World::Adapter, Fetch::Never).map_err(|e| e.to_string())?;
    let before = Instant::now();
    let size = std::fs::metadata(&file).map_err(|e| e.to_string())?.len();
    let mut embedded = Embedded::new(&file).map_err(|e| format!("{e:?}"))?;
    embedded.scripts = component::transpile(&file, Fetch::Allowed).map_err(|e| e.to_string())?;
    if embedded.scripts.is_none() {
        println!("no node and npm at hand, so the layer node does not run");
    }
    println!("component {size} bytes, compiled by wasmtime in {:.1} s", before.elapsed().as_secs_f64());
    Ok(embedded)
}

/// Runs them; gives those, run or not, that a host of the shipped pack can be asked.
fn scenarios(suite: &mut Suite, choice: &Choice, logs: &Path) -> Result<Vec<Scenario>, String> {
    let root = xtask::paths::root().join("tests").join("scenarios");
    let mut by_setting: BTreeMap<Setting, Vec<Scenario>> = BTreeMap::new();
    let mut printed = Vec::new();
    for (name, read) in scenario::all(&root, &suite.world).map_err(|e| format!("{}: {e}", root.display()))? {
        match read {
            Ok(scenario) => {
                if scenario.setting == configure::shipped() && scenario.layers.contains(&Layer::Node) {
                    printed.push(scenario.clone());
                }
                if choice.wants(&name) {
                    remember(&scenario, &mut suite.forbidden);
                    by_setting.entry(scenario.setting.clone()).or_default().push(scenario);
                }
            }
            Err(error) if choice.wants(&name) => suite.tally.fail(&name, [error]),
            Err(_) => {}
        }
    }
    println!("{} scenarios in {} settings", by_setting.values().map(Vec::len).sum::<usize>(), by_setting.len());
    if choice.names.is_empty() {
        coverage::check(by_setting.values().flatten(), &mut suite.tally);
    }
    for (setting, scenarios) in &by_setting {
        one_setting(suite, choice, logs, setting, scenarios);
    }
    Ok(printed)
}

fn one_setting(suite: &mut Suite, choice: &Choice, logs: &Path, setting: &Setting, scenarios: &[Scenario]) {
    let Suite { world, bundles, built, embedded, answers, documents, tally, .. } = suite;
    let ready =
        bundles.bundle(setting).and_then(|b| Ok((b, world.server(&setting.university).map_err(|e| e.to_string())?)));
    let (bundle, simulator) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            scenarios.iter().for_each(|scenario| tally.fail(&scenario.name, [&error]));
            return;
        }
    };
    let population = world.population(&setting.university);
    let mut stand = Stand::new(setting, bundle.clone(), world, (built.as_ref(), embedded.as_ref()), logs);
    for scenario in scenarios {
        let mut said = Vec::new();
        let mut first: Option<(Layer, Essence)> = None;
        for layer in choice.layers(scenario) {
            if layer == Layer::Node && embedded.as_ref().is_some_and(|embedded| embedded.scripts.is_none()) {
                continue;
            }
            let name = format!("{} ({layer:?})", scenario.name);
            if let Err(error) = stand.start(layer) {
                tally.fail(&name, [error]);
                continue;
            }
            stand.prove(&scenario.proofs, &scenario.file.caller());
            scenario.begin(&simulator);
            simulator.forget_writes();
            if setting.probed
                && let Err(error) = stand.probe(layer)
            {
                tally.fail(&name, [error]);
                continue;
            }
            for _ in 0..scenario.file.earlier {
                // Whatever it is: the one that counts will tell.
                let _ = stand.exchange(layer, &scenario.request);
            }
            simulator.clear();
            let code = scenario.file.expect.problem.as_deref().unwrap_or_default();
            let problems = stand.problems(code);
            // Ids that name what a rule does, and not the rule alone.
            let effects: Vec<(&String, u64)> = scenario
                .file
                .ids
                .iter()
                .filter(|id| id.rsplit('-').next().is_some_and(|end| end.contains('.')))
                .map(|id| (id, stand.settled(id)))
                .collect();
            let before = Instant::now();
            let answer = match stand.exchange(layer, &scenario.request) {
                Ok(answer) => answer,
                Err(error) => {
                    tally.fail(&name, [error]);
                    continue;
                }
            };
            let took = before.elapsed().as_millis();
            answers.note(&name, setting.declared, &scenario.request, &answer);
            quiet_after(&simulator, &answer);
            let mut wrong = expect::check(scenario, &population, &answer, simulator.calls());
            if layer == Layer::Wasm && !code.is_empty() && stand.problems(code) != problems + 1 {
                wrong.push(format!("{code} was counted {} times", stand.problems(code) - problems));
            }
            wrong.extend(documents.answer(&scenario.request, &answer));
            wrong.extend(expect::writes(scenario, &simulator.received()));
            if layer == Layer::Wasm {
                let counted = |(id, before): &&(&String, u64)| stand.settled(id) == *before;
                wrong.extend(effects.iter().filter(counted).map(|(id, _)| format!("{id} was not counted")));
            }
            let essence = Essence::of(&answer);
            match &first {
                Some((other, held)) => {
                    let differences = held.differences(&essence);
                    wrong.extend(differences.into_iter().map(|line| format!("{other:?} / {layer:?}: {line}")));
                }
                None => first = Some((layer, essence)),
            }
            if wrong.is_empty() {
                tally.pass();
                said.push(format!("{} {took} ms", format!("{layer:?}").to_lowercase()));
            } else {
                tally.fail(&name, wrong);
            }
        }
        if !said.is_empty() {
            let ids = if scenario.file.ids.is_empty() {
                String::new()
            } else {
                format!(" [{}]", scenario.file.ids.join(" "))
            };
            println!("ok    {}{ids}: {}", scenario.name, said.join(", "));
        }
    }
    simulator.set_rules(Vec::new());
    let stopped = stand.stop();
    suite.logs.extend(stopped);
    if choice.layers.is_empty() || choice.layers.contains(&Layer::Native) {
        govway::declared_too(suite, setting, scenarios, bundle);
    }
}

/// Waits until no call has come for a moment: an exchange that fails may be answered while calls of its are on their
/// way, and the next scenario must not count them.
pub fn quiet_after(simulator: &Server, answer: &Answer) {
    if answer.status >= 500 || (answer.status != 200 && simulator.calls() > 0) {
        quiet(simulator);
    }
}

fn quiet(simulator: &Server) {
    let until = Instant::now() + Duration::from_millis(500);
    let mut seen = simulator.calls();
    while Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
        let now = simulator.calls();
        if now == seen {
            return;
        }
        seen = now;
    }
}

/// Whatever of a scenario names a person: runs of 16 or 64 letters and digits in what is sent and what is laid over.
fn remember(scenario: &Scenario, forbidden: &mut Forbidden) {
    let laid = scenario.rules.iter().map(|rule| format!("{rule:?}"));
    let sent = String::from_utf8_lossy(&scenario.request.body).into_owned();
    for text in laid.chain([sent]) {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            let letters = word.bytes().filter(u8::is_ascii_alphabetic).count();
            if word.len() == 16 && letters >= 9 && word.bytes().any(|b| b.is_ascii_digit()) {
                forbidden.tax_code(word);
            } else if word.len() == 64 {
                forbidden.text(word);
            }
        }
    }
}

fn hygiene(suite: &mut Suite) {
    suite.forbidden.text(server::DEFAULT_USER);
    suite.forbidden.text(server::DEFAULT_PASSWORD);
    let sessions = suite.world.sessions();
    sessions.iter().for_each(|session| suite.forbidden.text(session));
    let cluster = Cluster::new("esse3", "127.0.0.1", 0).basic(server::DEFAULT_USER, server::DEFAULT_PASSWORD);
    if let Some(token) = cluster.authorization.as_deref().and_then(|value| value.strip_prefix("Basic ")) {
        suite.forbidden.text(token);
    }
    for population in suite.world.populations() {
        let codes =
            population.students().iter().map(|s| s.tax_code()).chain(population.unknown().iter().map(String::as_str));
        codes.for_each(|code| suite.forbidden.tax_code(code));
    }
    let (mut wrong, mut read) = (Vec::new(), 0);
    for folder in &suite.logs {
        match suite.forbidden.search(folder) {
            Ok((hits, bytes)) => {
                read += bytes;
                wrong.extend(hits.iter().map(|h| format!("{}:{}: {} characters", h.file.display(), h.line, h.length)));
            }
            Err(error) => wrong.push(format!("{}: {error}", folder.display())),
        }
    }
    if read == 0 {
        wrong.push("nothing was logged, so nothing was searched".to_owned());
    }
    let name = format!(
        "no log has any of {} codes, keys, passwords and sessions ({read} bytes searched)",
        suite.forbidden.len()
    );
    suite.tally.verdict(&name, wrong);
}
