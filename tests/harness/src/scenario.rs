//! Scenario files: test files of packs, with some things that only the harness knows.
//!
//! * A member `gateway` says how the gateway stands to the system (see [`Gateway`]).
//! * `trust` may also be an object, as in the filter's configuration, and `proofs` says what the gateway has proved (see
//!   [`Proofs`]). No Envoy proves what a scenario says, so one with `proofs` runs in front of none of those that are asked over a socket; one
//!   with `identity` on the engine alone, as a library and as a component.
//! * `answers` is the operator's setting.
//! * `again` has headers that are sent a second time.
//! * `<KIND>` in any text stands for the tax code of the population's first student of that kind, `<unknown>` for one
//!   that the university does not know, `<key:KIND>` for the key of the former. So a scenario never depends on which
//!   tax codes a seed gives.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use adapter_core::identity;
use mapping_compiler::testfile::{self, Layer, TestFile};
use mapping_compiler::{Disk, Folder};
use mapping_compiler::{diagnostic::Report, yaml};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime};
use university::{Bomb, BombKind, Charset, Fault, Kind, Match, Rule, Server, SoapShape, rules};

use crate::http;
use crate::proofs::Proofs;
use crate::world::{University, World};

/// `x-request-id` of a request that does not set one.
pub const REQUEST_ID: &str = "7d1c9f3e-0000-4000-8000-00005ce7a210";

/// Every layer, in the order in which they run.
pub const LAYERS: [Layer; 5] = [Layer::Native, Layer::Component, Layer::Wasm, Layer::Node, Layer::Envoy];

/// How the gateway stands to the system.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// Nothing listens at the system's address.
    pub refused: bool,
    /// The one cluster's name, in place of those that the mappings here call; so the mapping's is one that the gateway
    /// does not know.
    pub cluster: Option<String>,
    /// Connections to the system.
    pub connections: Option<u32>,
    /// Calls that may wait for a connection; with more the breaker is full.
    pub waiting: Option<u32>,
    /// In place of the mapping's `timeout` of every system, milliseconds: nobody waits five seconds for a test.
    pub timeout_ms: Option<u32>,
}

/// What a scenario says of its trust.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Nothing.
    Unset,
    /// Development.
    Development,
    /// An object, as it stands in the filter's configuration.
    Gateway(String),
}

/// What must be equal for two scenarios to share a gateway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// The mapping file.
    pub mapping: PathBuf,
    /// Limits in place of the mapping's.
    pub limits: BTreeMap<String, u64>,
    /// The systems are asked by their probes; otherwise by nobody, so that they see what a request asks and no more.
    pub probed: bool,
    /// The index from keys to students is made, at so many calls a second; otherwise there is none, for the same reason.
    pub indexed: Option<u16>,
    /// What is configured as trust.
    pub trust: Trust,
    /// Whether only what the Ministry's files declare is sent.
    pub declared: bool,
    /// The fixed clock, RFC 3339.
    pub now: String,
    /// The gateway.
    pub gateway: Gateway,
    /// The university.
    pub university: University,
}

impl Setting {
    /// The engine's word for the trust.
    ///
    /// # Errors
    /// If it is none.
    pub fn trust(&self) -> Result<identity::Trust, String> {
        match &self.trust {
            Trust::Unset => Ok(identity::Trust::Unset),
            Trust::Development => Ok(identity::Trust::Development),
            Trust::Gateway(json) => identity::Trust::parse(json),
        }
    }

    /// The clock.
    ///
    /// # Errors
    /// If `now` is not RFC 3339.
    pub fn moment(&self) -> Result<OffsetDateTime, String> {
        OffsetDateTime::parse(&self.now, &Rfc3339).map_err(|e| format!("now: {e}"))
    }
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Path under `tests/scenarios`, without the ending.
    pub name: String,
    /// The file.
    pub file: TestFile,
    /// What it needs around it.
    pub setting: Setting,
    /// Layers it runs on.
    pub layers: Vec<Layer>,
    /// The request as it is sent.
    pub request: http::Request,
    /// What the gateway has proved of its sender.
    pub proofs: Proofs,
    /// What is laid over the simulator.
    pub rules: Vec<Rule>,
}

impl Scenario {
    /// Has a simulator answer as it says, and know of nothing that was written before.
    pub fn begin(&self, simulator: &Server) {
        simulator.set_rules(self.rules.clone());
        simulator.forget_writes();
    }
}

/// Reads every scenario under `tests/scenarios`, in order of their names. Files of a folder `mappings` are none.
///
/// # Errors
/// What the file system says. A file that is no scenario is an `Err` in the list.
pub fn all(root: &Path, world: &World) -> std::io::Result<Vec<(String, Result<Scenario, String>)>> {
    let mut files = Vec::new();
    collect(root, &mut files)?;
    files.sort();
    Ok(files
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap_or(path).with_extension("").display().to_string();
            (name.clone(), read(path, name, world))
        })
        .collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "mappings") {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path, name: String, world: &World) -> Result<Scenario, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let mut report = Report::default();
    let node = yaml::read(&mut report, &path.display().to_string(), &text);
    let node = node.filter(|_| !report.has_errors()).ok_or_else(|| report.human())?;
    let mut tree = yaml::to_json(&node);
    let mut take = |member: &str| tree.as_object_mut().and_then(|object| object.remove(member));
    let gateway: Gateway =
        take("gateway").map_or(Ok(Gateway::default()), serde_json::from_value).map_err(|e| e.to_string())?;
    let proofs: Option<Proofs> = take("proofs").map(serde_json::from_value).transpose().map_err(|e| e.to_string())?;
    let declared = match take("answers").as_ref().and_then(Value::as_str).unwrap_or("problems") {
        "problems" => false,
        "declared" => true,
        other => return Err(format!("answers: {other}")),
    };
    let again: BTreeMap<String, String> =
        take("again").map_or(Ok(BTreeMap::new()), serde_json::from_value).map_err(|e| e.to_string())?;
    let trust = match tree.get("trust") {
        Some(object @ Value::Object(_)) => Some(Trust::Gateway(object.to_string())),
        _ => None,
    };
    if let (Some(_), Some(members)) = (&trust, tree.as_object_mut()) {
        members.remove("trust");
    }
    let head: testfile::University = match tree.get("university") {
        Some(head) => serde_json::from_value(head.clone()).map_err(|e| format!("university: {e}"))?,
        None => testfile::University::default(),
    };
    let university = university(&head)?;
    fill(&mut tree, &tokens(world, &university))?;
    let file: TestFile = serde_json::from_value(tree).map_err(|e| e.to_string())?;
    let folder = path.parent().unwrap_or(path);
    let setting = Setting {
        mapping: match &file.mapping {
            Some(relative) => folder.join(relative),
            None => xtask::mapping::of_pack(xtask::mapping::DEFAULT_PACK),
        },
        limits: file.limits.clone(),
        probed: file.probed,
        indexed: None,
        trust: trust.unwrap_or(match file.trust {
            testfile::Trust::None => Trust::Unset,
            testfile::Trust::Development => Trust::Development,
        }),
        declared,
        now: file.now.clone(),
        gateway,
        university,
    };
    setting.moment()?;
    setting.trust()?;
    let possible = match (&proofs, &file.identity) {
        (_, Some(_)) => &LAYERS[..2],
        (Some(_), None) => &LAYERS[..3],
        (None, None) => &LAYERS[..],
    };
    let layers = if file.layers.is_empty() { possible.to_vec() } else { file.layers.clone() };
    if let Some(layer) = layers.iter().find(|layer| !possible.contains(layer)) {
        return Err(format!("{layer:?} cannot prove what the scenario says"));
    }
    let mut request = request(&file.request, folder)?;
    request.headers.extend(again.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)));
    let rules = file.legacy.iter().map(|entry| rule(entry, folder)).collect();
    Ok(Scenario { name, file, setting, layers, request, proofs: proofs.unwrap_or_default(), rules })
}

/// The university a scenario's head asks for.
fn university(head: &testfile::University) -> Result<University, String> {
    let default = University::default();
    let shape = &head.soap;
    Ok(University {
        seed: head.seed.unwrap_or(default.seed),
        students: head.students.unwrap_or(default.students),
        today: match &head.today {
            Some(day) => Date::parse(day, &Iso8601::DATE).map_err(|e| format!("university: today: {e}"))?,
            None => default.today,
        },
        session_lasts: head.session_lasts.map_or(default.session_lasts, Duration::from_millis),
        session_limit: head.session_limit.unwrap_or(default.session_limit),
        session_expired_code: head.session_expired_code.unwrap_or(default.session_expired_code),
        soap: SoapShape {
            prefix: shape.prefix.clone(),
            cdata: shape.cdata,
            nil_for_empty: shape.nil_for_empty,
            charset: match shape.charset {
                testfile::Charset::Utf8 => Charset::Utf8,
                testfile::Charset::Latin1 => Charset::Latin1,
                testfile::Charset::Windows1252 => Charset::Windows1252,
            },
            reorder: shape.reorder,
            one_for_many: shape.one_for_many,
        },
        conservatory: head.conservatory,
    })
}

/// What stands for what.
fn tokens(world: &World, university: &University) -> BTreeMap<String, String> {
    let population = world.population(university);
    let mut tokens = BTreeMap::new();
    for kind in Kind::ALL {
        if let Some(student) = population.students().iter().find(|s| s.kind == kind) {
            tokens.insert(format!("<{}>", kind.name()), student.tax_code().to_owned());
            tokens.insert(format!("<key:{}>", kind.name()), key_of(student.tax_code()));
        }
    }
    if let Some(code) = population.unknown().first() {
        tokens.insert("<unknown>".to_owned(), code.clone());
        tokens.insert("<key:unknown>".to_owned(), key_of(code));
    }
    tokens
}

/// The key of a student: lower-hex SHA-256 of the upper-case tax code.
#[must_use]
pub fn key_of(tax_code: &str) -> String {
    let mut key = String::new();
    for byte in Sha256::digest(tax_code.to_ascii_uppercase().as_bytes()) {
        let _ = write!(key, "{byte:02x}");
    }
    key
}

fn fill(node: &mut Value, tokens: &BTreeMap<String, String>) -> Result<(), String> {
    match node {
        Value::String(text) if text.contains('<') => {
            for (token, value) in tokens {
                *text = text.replace(token, value);
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, tokens)),
        Value::Object(members) => members.values_mut().try_for_each(|member| fill(member, tokens)),
        _ => Ok(()),
    }
}

fn request(from: &testfile::Request, folder: &Path) -> Result<http::Request, String> {
    let body = from.bytes(Folder { path: folder, files: &Disk })?;
    let mut headers: BTreeMap<String, Option<String>> =
        from.headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
    headers.entry("x-request-id".to_owned()).or_insert_with(|| Some(REQUEST_ID.to_owned()));
    if !body.is_empty() {
        headers.entry("content-type".to_owned()).or_insert_with(|| Some("application/json".to_owned()));
    }
    Ok(http::Request {
        method: from.method.clone(),
        target: from.path.clone(),
        authority: "ifs.test".to_owned(),
        headers: headers.into_iter().filter_map(|(n, v)| Some((n, v?))).collect(),
        body,
    })
}

fn rule(entry: &testfile::Legacy, folder: &Path) -> Rule {
    let scalar = |value: &testfile::Scalar| match value {
        testfile::Scalar::Text(text) => rules::Scalar::Text(text.clone()),
        testfile::Scalar::Int(n) => rules::Scalar::Int(*n),
        testfile::Scalar::Bool(b) => rules::Scalar::Bool(*b),
    };
    let answer = &entry.answer;
    let mut rule = Rule {
        when: Match {
            method: entry.when.method.clone(),
            path: entry.when.path.clone(),
            query: entry.when.query.iter().map(|(name, value)| (name.clone(), scalar(value))).collect(),
            headers: entry.when.headers.clone(),
            soap: entry.when.soap.clone(),
            body: entry.when.body.clone(),
        },
        answer: university::Answer {
            status: answer.status,
            headers: answer.headers.iter().map(|(name, lines)| (name.clone(), lines.each().to_vec())).collect(),
            body: answer.body.clone(),
            file: answer.file.clone(),
            fault: answer.fault.map(fault),
            after: answer.after,
            delay_ms: answer.delay_ms,
            times: answer.times,
        },
    };
    rule.resolve(folder);
    rule
}

fn fault(fault: testfile::Fault) -> Fault {
    use testfile::Fault as T;
    match fault {
        T::Reset => Fault::Reset,
        T::ResetMidBody => Fault::ResetMidBody,
        T::Truncate => Fault::Truncate,
        T::Garbage => Fault::Garbage,
        T::Hang => Fault::Hang,
        T::Huge(bytes) => Fault::Huge(bytes),
        T::Html => Fault::Html,
        T::WrongContentType => Fault::WrongContentType,
        T::ErrorIn200 => Fault::ErrorIn200,
        T::Trickle => Fault::Trickle,
        T::SoapFault => Fault::SoapFault,
        T::SoapCode(code) => Fault::SoapCode(code),
        T::SessionLost => Fault::SessionLost,
        T::XmlBomb(bomb) => {
            let kind = match bomb.kind {
                testfile::BombKind::Entities => BombKind::Entities,
                testfile::BombKind::External => BombKind::External,
                testfile::BombKind::Depth => BombKind::Depth,
                testfile::BombKind::Width => BombKind::Width,
            };
            Fault::XmlBomb(Bomb { kind, size: bomb.size, embedded: bomb.embedded })
        }
        T::CutDocument => Fault::CutDocument,
        T::WrongCharset => Fault::WrongCharset,
    }
}
