//! `ifs try`: answers from the live system, at the desk.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use adapter_core::CallResult;
use adapter_core::bundle::Bundle;
use adapter_core::contract::{self, Operation};
use mapping_test::live::{self, Desk, Exchange};
use mapping_test::record::{self, Place, Recording};

use crate::check::{complain, summary};
use crate::client::Client;
use crate::screen::escaped;
use crate::systems::{self, Systems, about_systems, secret};
use crate::{Ended, print};

/// What is tried, as it is typed.
#[derive(clap::Args, Debug)]
pub(crate) struct Try {
    /// The operation, such as IFS03.1.
    operation: String,
    /// A mapping file, or the folder of a pack.
    #[arg(default_value = ".")]
    mapping: PathBuf,
    /// The request's body: a file with a JSON object, such as {"tax_code": "…"}; `-` reads it from standard input.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    #[command(flatten)]
    systems: Systems,
    /// Keeps what the systems said, with its values replaced, as samples and a test in this folder: that of a pack.
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
    /// What the recorded test is called; otherwise the operation and a number.
    #[arg(long, requires = "record")]
    name: Option<String>,
    /// Prints the systems' own values. They are people's: mind who sees the screen, and where it is logged.
    #[arg(long)]
    show_values: bool,
}

pub(crate) const HELP: &str = concat!(
    about_systems!(),
    "
Calls are made one after another, each as long as the mapping lets it (`timeout`). Nothing is sent but what the mapping says;
operations that write are not tried.

What is printed has its values replaced, as what --record keeps: it is the same request, answered over replaced values."
);

pub(crate) fn run(tried: &Try) -> Ended {
    match Prepared::new(tried) {
        Ok(prepared) => prepared.run(tried),
        Err(Refused::Told) => Ended::WithFindings,
        Err(Refused::Because(why)) => {
            eprintln!("ifs: {why}");
            Ended::Impossible
        }
    }
}

/// Why nothing is tried.
enum Refused {
    /// The mapping has errors, which were printed.
    Told,
    Because(String),
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self::Because(why)
    }
}

/// All that is needed before the first call.
struct Prepared {
    operation: &'static Operation,
    outcome: mapping_compiler::Outcome,
    request: String,
    client: Client,
    now_ms: i64,
}

impl Prepared {
    fn new(tried: &Try) -> Result<Self, Refused> {
        let name = tried.operation.to_uppercase();
        let operation = contract::operations()
            .find(|o| o.name == name)
            .ok_or_else(|| format!("{} is not served; `ifs show` lists the operations", tried.operation))?;
        if operation.does.writes() {
            return Err(format!("{name} writes, and nothing is written from a desk: try it by `ifs test`").into());
        }
        if !tried.mapping.exists() {
            return Err(format!("there is no file {}", tried.mapping.display()).into());
        }
        let outcome = mapping_compiler::compile(&tried.mapping);
        let Some(bundle) = &outcome.bundle else {
            complain(&outcome.report);
            eprintln!("{}: {}; nothing is tried", tried.mapping.display(), summary(&outcome.report));
            return Err(Refused::Told);
        };
        if bundle.walks.iter().any(|(walked, _)| *walked == name) {
            return Err(format!("{name} lists keys of all students: `ifs rehearse` walks it, and prints counts").into());
        }
        if bundle.operations.get(operation.name).is_none() {
            return Err(format!("{} does not map {name}", tried.mapping.display()).into());
        }
        let request = read(&tried.request)?;
        let asked = bundle.operations.get(operation.name).map(|o| o.calls.as_slice()).unwrap_or_default();
        let by_key = bundle.by_key.iter().filter(|_| operation.is_by_key()).flat_map(|o| &o.calls);
        let calls = asked.iter().chain(by_key).copied().collect();
        let client = tried.systems.client(bundle, operation, &calls)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
        let now_ms = i64::try_from(now.as_millis()).map_err(|e| e.to_string())?;
        Ok(Self { operation, outcome, request, client, now_ms })
    }

    fn run(self, tried: &Try) -> Ended {
        let Some(bundle) = &self.outcome.bundle else { return Ended::WithFindings };
        let home = if tried.mapping.is_dir() {
            tried.mapping.as_path()
        } else {
            tried.mapping.parent().unwrap_or(Path::new(""))
        };
        let desk = Desk { home, bundle, places: &self.outcome.places, operation: self.operation, now_ms: self.now_ms };
        let begun = Instant::now();
        let live = live::exchange(desk, self.request.as_bytes(), &secret, &mut |call| self.client.call(call));
        let took = begun.elapsed().as_millis();
        let live = match live {
            Ok(live) => live,
            Err(why) => {
                eprintln!("ifs: {why}");
                return Ended::Impossible;
            }
        };
        let recording = record::record(desk, &self.request, &live);
        match (&recording, tried.show_values) {
            (_, true) => print(&hidden(bundle, shown(desk, &live))),
            (Ok(recording), false) => print(&shown(desk, &recording.exchange)),
            (Err(why), false) => {
                // What could be printed would have the request's own values.
                let status = live.response.status;
                eprintln!("ifs: {why}; the answer has status {status}, and --show-values prints it");
            }
        }
        let calls = live.calls.len();
        print(&format!(
            "{calls} {} in {took} ms, one after another; a gateway has {} ms for them\n",
            if calls == 1 { "call" } else { "calls" },
            bundle.limits.time(contract::operation(&tried.operation).is_some_and(|o| o.does.writes())),
        ));
        let Ok(recording) = recording else { return Ended::WithFindings };
        let refusing = live
            .calls
            .iter()
            .filter(|(_, result)| matches!(result, CallResult::Answer { status: 401 | 403, .. }))
            .map(|(call, _)| call.cluster.as_str());
        systems::refused(bundle, &refusing.collect());
        about(&recording, tried);
        if let Some(folder) = &tried.record
            && let Err(why) = keep(folder, tried, desk, &recording)
        {
            eprintln!("ifs: nothing is recorded: {why}");
            return Ended::WithFindings;
        }
        if live.response.status == 200 { Ended::Well } else { Ended::WithFindings }
    }
}

/// What is to be known of the replaced values.
fn about(recording: &Recording, tried: &Try) {
    if !tried.show_values {
        print(&format!("{} values are replaced above; --show-values prints the systems' own\n", recording.replaced));
    }
    for difference in &recording.differs {
        print(&format!("over the replaced values the answer comes about in another way: {difference}\n"));
    }
}

/// Writes a recording, and says what stayed in it.
fn keep(folder: &Path, tried: &Try, desk: Desk<'_>, recording: &Recording) -> Result<(), String> {
    let usual = tried.operation.to_lowercase().replace('.', "-");
    let free = |name: &String| !folder.join("tests").join(format!("{name}.yaml")).exists();
    let name = match &tried.name {
        Some(name) if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) => name.clone(),
        Some(_) => return Err("a name has letters, digits, `-` and `_` only".to_owned()),
        None => (1_u32..).map(|n| format!("{usual}-recorded-{n}")).find(free).unwrap_or(usual),
    };
    let same = matches!((folder.canonicalize(), desk.home.canonicalize()), (Ok(a), Ok(b)) if a == b);
    let mapping = tried.mapping.canonicalize().map_err(|e| e.to_string())?;
    // A pack's own mapping is what its tests are of, if it is called as it is in every pack.
    let own = same && (tried.mapping.is_dir() || tried.mapping.ends_with("mapping.yaml"));
    let place = Place { folder, name: &name, mapping: Some(mapping.as_path()).filter(|_| !own) };
    for path in record::write(place, desk, recording)? {
        print(&format!("{}\n", path.display()));
    }
    if recording.kept.is_empty() {
        print("all values are replaced in them\n");
    } else {
        print("kept in them, as the mapping compares it and the answer needs it:\n");
        for (member, values) in &recording.kept {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            print(&format!(
                "  {}: {}\n",
                if member.is_empty() { "(no name)" } else { member },
                escaped(&values.join(", "))
            ));
        }
        print("read the files before you pass them on\n");
    }
    Ok(())
}

/// What happened, and the answer.
fn shown(desk: Desk<'_>, exchange: &Exchange) -> String {
    let body = String::from_utf8_lossy(&exchange.response.body);
    let tree: Option<serde_json::Value> = serde_json::from_str(&body).ok();
    let body = tree.and_then(|tree| serde_json::to_string_pretty(&tree).ok()).unwrap_or_else(|| body.into_owned());
    let told = live::explained(desk, exchange);
    let text = format!("{told}answer: {}\n{body}\n", exchange.response.status);
    text.lines().map(|line| format!("{}\n", escaped(line))).collect()
}

fn read(file: &Path) -> Result<String, String> {
    if file == Path::new("-") {
        return std::io::read_to_string(std::io::stdin()).map_err(|e| format!("standard input: {e}"));
    }
    std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// Secrets by their names, wherever they stand.
fn hidden(bundle: &Bundle, text: String) -> String {
    let values = bundle.secrets.iter().filter_map(|name| Some((name, secret(name)?)));
    let mut values: Vec<_> = values.filter(|(_, value)| !value.is_empty()).collect();
    values.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    values.into_iter().fold(text, |text, (name, value)| text.replace(&value, &format!("secret.{name}")))
}
