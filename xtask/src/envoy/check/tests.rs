//! What we ship is taken, and what an operator fills it with; each edit of a table is refused, by name and place, or
//! taken.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use pdnd::Standin;
use serde::Deserialize;
use serde_json::{Value, json};

use super::compare::Comparer;
use super::{Checked, Given, bounds, disk, scheme, unwritten};
use crate::envoy::gate::{Gate, Keys, Kind, Name};
use crate::envoy::template::parse;
use crate::envoy::{Cluster, Config, Exceptions, OAuth2, Tls, declared, plugin_with};
use crate::paths;

const REFUSED: &str = include_str!("tests/refused.yaml");
const TAKEN: &str = include_str!("tests/taken.yaml");

const RUN: &str = "/run/ifs";

fn standin() -> Standin {
    Standin::open(&paths::pdnd()).unwrap()
}

fn tls(name: &str) -> Tls {
    Tls { name: name.to_owned(), authorities: "/etc/ssl/ca.pem".into() }
}

fn clusters() -> Vec<Cluster> {
    let token = OAuth2 {
        host: "idp.example.it".to_owned(),
        port: 443,
        path: "/token".to_owned(),
        tls: Some(tls("idp.example.it")),
        client: "ifs".to_owned(),
        secret: "s".to_owned(),
        scopes: vec!["read".to_owned()],
    };
    let sis =
        Cluster { tls: Some(tls("sis.example.it")), oauth2: Some(token), ..Cluster::new("sis", "sis.example.it", 443) };
    let zip = Cluster { tls: Some(tls("zip.example.it")), gzip: true, ..Cluster::new("zip", "zip.example.it", 443) };
    vec![Cluster::new("esse3", "127.0.0.1", 8001).basic("u", "p"), sis, zip.basic("v", "q")]
}

const BUNDLE: &[u8] = br#"{"plan":{"operations":{"IFS01.1":{},"IFS02.1":{}},"systems":[{"cluster":"esse3"}]}}"#;

/// As an operator would have it: whole paths, an address of all, keys from afar.
fn config(kind: Kind) -> Config {
    let keys = Keys::Remote {
        host: "uat.interop.pagopa.it".to_owned(),
        port: 443,
        path: "/.well-known/jwks.json".to_owned(),
        tls: tls("uat.interop.pagopa.it"),
    };
    let mut gate = Gate::standin(&standin(), kind, None);
    gate.vouchers.keys = keys;
    gate.address = "0.0.0.0".to_owned();
    gate.clients.names.push(Name::Uri("urn:gateway:2".to_owned()));
    let plugin = plugin_with(BUNDLE, Some(&kind.trust(&[1, 2])), None).unwrap();
    let mut config = Config::gateway(kind.file(), gate, "/srv/ifs/f.wasm".into(), plugin, clusters());
    config.port = 8443;
    config.edits.push(("/admin/address/socket_address/port_value".to_owned(), json!(9901)));
    config
}

fn development(plugin: &str) -> Config {
    Config::development("/srv/ifs/f.wasm".into(), plugin.to_owned(), clusters())
}

/// The files of a gateway, and the key sets that they name.
fn files(config: &Config) -> Vec<(PathBuf, Value)> {
    let standin = standin();
    let mut files = vec![
        (standin.jwks_file(), parse(&disk(&standin.jwks_file()).unwrap()).unwrap()),
        (standin.partner_jwks_file(), parse(&disk(&standin.partner_jwks_file()).unwrap()).unwrap()),
    ];
    files.extend(config.files(Path::new(RUN)).unwrap());
    files
}

fn checked(files: &[(PathBuf, Value)], exceptions: &Exceptions) -> Checked {
    let text = serde_json::to_string_pretty(&files.last().unwrap().1).unwrap();
    Given { text: &text, read: &unwritten(files), exceptions }.check().unwrap()
}

#[track_caller]
fn taken(config: &Config, file: &str) {
    let checked = checked(&files(config), &config.exceptions);
    let told: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
    assert_eq!((told, checked.shipped), (Vec::new(), file));
}

#[test]
fn what_we_ship_is_taken() {
    for trust in [r#"{"bundle":{}}"#, r#"{"trust":"development","now":"2026-03-01T09:00:00Z","bundle":{}}"#] {
        let inside = development(trust);
        taken(&inside, "development.yaml");
        taken(&Config { replaceable: true, ..inside }, "development.yaml");
    }
    for kind in Kind::ALL {
        let full = config(kind);
        taken(&full, kind.file());
        let mut declared = full.clone();
        declared.plugin = declared::plugin(&declared.plugin);
        taken(&declared, kind.file());
        let mut bare = full.clone();
        let gate = bare.gate.as_mut().unwrap();
        gate.vouchers.partner = None;
        gate.vouchers.keys = Keys::File(standin().jwks_file());
        bare.clusters.truncate(1);
        taken(&bare, kind.file());
        // As tests and `up` start it.
        let mut tried = full;
        tried.gate = Some(Gate::standin(&standin(), kind, Some(([127, 0, 0, 1], 9).into())));
        tried.port = 0;
        taken(&tried, kind.file());
    }
}

#[test]
fn exceptions_open_what_they_name() {
    for (member, used) in [
        (json!({ "balancer": { "hops": 1 } }), "balancer"),
        (json!({ "balancer": { "proxy_protocol": true } }), "balancer"),
        (json!({ "tracing": { "host": "127.0.0.1", "port": 4318, "percent": 5 } }), "tracing"),
        (
            json!({ "tracing": { "host": "otel.example.it", "port": 4318, "percent": 5,
                "tls": { "name": "otel.example.it", "authorities": "ca.pem" } } }),
            "tracing",
        ),
        (json!({ "admin": { "address": "10.0.0.1" } }), "admin"),
        (json!({ "stdout_log": true }), "stdout_log"),
    ] {
        let exceptions = Exceptions::read(&member, Path::new("/srv/ifs")).unwrap();
        for kind in Kind::ALL {
            let open = Config { exceptions: exceptions.clone(), ..config(kind) };
            taken(&open, kind.file());
            let files = files(&open);
            assert!(checked(&files, &exceptions).used.contains(used), "{member}");
            // Without the exception the same file is refused, and the message names it.
            let closed = checked(&files, &Exceptions::default());
            let told: Vec<String> = closed.findings.iter().map(ToString::to_string).collect();
            assert!(told.iter().any(|one| one.contains(&format!("exceptions.{used}"))), "{member}: {told:?}");
            // And opened, it must be there.
            assert!(!checked(&self::files(&config(kind)), &exceptions).findings.is_empty(), "{member}");
        }
    }
}

/// One edit of a gateway's files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// What it does, for people.
    what: String,
    /// The shipped file; `edge` if none is named.
    #[serde(default)]
    gateway: Option<String>,
    /// The file by the end of its name; the configuration itself if none is named.
    #[serde(default)]
    file: Option<String>,
    /// A place: members, indexes, and `[NAME]` for the element of that name; `@` is the connection manager.
    at: String,
    /// What is put there.
    #[serde(default)]
    set: Option<Value>,
    /// What is put there in front of what is there: in a list.
    #[serde(default)]
    insert: Option<Value>,
    /// The element of a list is put in front.
    #[serde(default)]
    first: bool,
    /// It is taken away.
    #[serde(default)]
    remove: bool,
    /// What is opened.
    #[serde(default)]
    exceptions: Value,
    /// The code of a finding.
    #[serde(default)]
    told: Option<String>,
    /// What its message has.
    #[serde(default)]
    says: Option<String>,
}

const MANAGER: &str = "/static_resources/listeners/[ifs]/filter_chains/0/filters/0/typed_config";

/// A place as a JSON pointer.
fn pointer(tree: &Value, place: &str) -> String {
    let whole = place.replacen('@', MANAGER, 1);
    let (mut at, mut node) = (String::new(), tree);
    for step in whole.split('/').skip(1) {
        let step = match step.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => {
                let list = node.as_array().unwrap_or_else(|| panic!("{place}: no list at {at}"));
                list.iter()
                    .position(|one| one["name"] == name)
                    .unwrap_or_else(|| panic!("{place}: no {name}"))
                    .to_string()
            }
            None => step.to_owned(),
        };
        at = format!("{at}/{step}");
        node = tree.pointer(&at).unwrap_or(&Value::Null);
    }
    at
}

/// The files of each gateway before any edit.
fn unedited(name: &str) -> Vec<(PathBuf, Value)> {
    static MADE: Mutex<BTreeMap<String, Vec<(PathBuf, Value)>>> = Mutex::new(BTreeMap::new());
    let make = || {
        let kind = Kind::ALL.into_iter().find(|kind| kind.file() == format!("{name}.yaml"));
        files(&kind.map_or_else(|| development(r#"{"trust":"development","bundle":{}}"#), config))
    };
    MADE.lock().unwrap().entry(name.to_owned()).or_insert_with(make).clone()
}

impl Edit {
    fn files(&self) -> Vec<(PathBuf, Value)> {
        let mut files = unedited(self.gateway.as_deref().unwrap_or("edge"));
        let end = self.file.as_deref().unwrap_or("envoy.json");
        let (_, tree) = files.iter_mut().find(|(file, _)| file.ends_with(end)).unwrap_or_else(|| panic!("no {end}"));
        // The filter's own configuration is a text: places go on in it.
        match self.at.split_once("!plugin") {
            Some((_, inner)) => {
                let text = tree.pointer_mut("/resources/0/typed_config/config/configuration/value").unwrap();
                let mut plugin: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
                let at = pointer(&plugin, inner);
                self.change(&mut plugin, &at);
                *text = Value::from(plugin.to_string());
            }
            None => {
                let at = pointer(tree, &self.at);
                self.change(tree, &at);
            }
        }
        files
    }

    fn change(&self, tree: &mut Value, at: &str) {
        if at.is_empty() {
            *tree = self.set.clone().unwrap();
            return;
        }
        let (parent, last) = at.rsplit_once('/').unwrap();
        let parent = tree.pointer_mut(parent).unwrap_or_else(|| panic!("{}: nothing at {parent}", self.what));
        let last = last.replace("~1", "/");
        match parent {
            Value::Array(items) => {
                let i: usize = last.parse().unwrap();
                if self.first {
                    let one = items.remove(i);
                    items.insert(0, one);
                } else if self.remove {
                    items.remove(i);
                } else if let Some(value) = &self.insert {
                    items.insert(i, value.clone());
                } else {
                    items[i] = self.set.clone().unwrap();
                }
            }
            Value::Object(members) if self.remove => {
                assert!(members.remove(&last).is_some(), "{}: nothing to take away at {at}", self.what);
            }
            Value::Object(members) => {
                let value = self.set.clone().unwrap();
                assert_ne!(members.insert(last, value.clone()), Some(value), "{}: no edit", self.what);
            }
            other => panic!("{}: {other}", self.what),
        }
    }

    fn checked(&self) -> Checked {
        let exceptions = match &self.exceptions {
            Value::Null => Exceptions::default(),
            member => Exceptions::read(member, Path::new("/srv/ifs")).unwrap(),
        };
        checked(&self.files(), &exceptions)
    }
}

/// `TREE` in a table is the folder of the stand-in's files.
fn edits(table: &str) -> Vec<Edit> {
    let table = table.replace("TREE", &standin().dir().display().to_string());
    serde_json::from_value(parse(&table).unwrap()).unwrap()
}

#[test]
fn edits_are_refused_by_name_and_place() {
    let all = edits(REFUSED);
    assert!(all.len() >= 100, "{}", all.len());
    let mut wrong = Vec::new();
    for edit in &all {
        let checked = edit.checked();
        let told: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
        let (code, says) = (edit.told.as_deref().unwrap(), edit.says.as_deref().unwrap());
        let found = checked.findings.iter().any(|one| one.code.name() == code && one.to_string().contains(says));
        if !found || checked.findings.iter().any(|one| one.line.is_none()) {
            wrong.push(format!("{}: {told:#?}", edit.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_the_operators_is_taken() {
    let mut wrong = Vec::new();
    for edit in edits(TAKEN) {
        let checked = edit.checked();
        if !checked.findings.is_empty() {
            let told: Vec<String> = checked.findings.iter().map(ToString::to_string).collect();
            wrong.push(format!("{}: {told:#?}", edit.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn messages_say_where_what_and_what_to_do_and_no_secret() {
    let told = |at: &str, set: Value| {
        let edit = Edit {
            what: "one".to_owned(),
            gateway: None,
            file: None,
            at: at.to_owned(),
            set: Some(set),
            insert: None,
            first: false,
            remove: false,
            exceptions: Value::Null,
            told: None,
            says: None,
        };
        edit.checked().findings.first().unwrap().to_string()
    };
    let said = told("@/merge_slashes", json!(false));
    assert!(
        said.starts_with("/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/merge_slashes (line ")
    );
    assert!(said.ends_with(": is `false`, and edge.yaml has `true`: put that back [differs]"), "{said}");
    let secret = json!({ "inline_string": "Basic aGlkZGVu" });
    let said = told("/static_resources/secrets", json!([{ "name": "x", "generic_secret": { "secret": secret } }]));
    assert!(!said.contains("aGlkZGVu"), "{said}");
    let said = told("@/tracing", json!({ "random_sampling": { "value": 100 } }));
    assert!(said.contains("exceptions.tracing") && said.contains("{ random_sampling }"), "{said}");
}

/// Each has a provider, an issuer, a key set and a requirement of its own.
#[test]
fn partners_may_be_several() {
    let mut files = unedited("edge");
    let other = standin().dir().join("other-partner-jwks.json");
    let tree = &mut files.last_mut().unwrap().1;
    let jwt = pointer(tree, "@/http_filters/[envoy.filters.http.jwt_authn]/typed_config");
    let jwt = tree.pointer_mut(&jwt).unwrap();
    let mut second = jwt["providers"]["partner"].clone();
    second["issuer"] = json!("https://second.example.it");
    second["local_jwks"]["filename"] = json!(other);
    jwt["providers"]["second"] = second;
    for rule in jwt["rules"].as_array_mut().unwrap() {
        if let Some(list) = rule.pointer_mut("/requires/requires_any/requirements").and_then(Value::as_array_mut) {
            let mut one = list[1].clone();
            one["provider_and_audiences"]["provider_name"] = json!("second");
            list.push(one);
        }
    }
    let said = |files: &[(PathBuf, Value)]| {
        let checked = checked(files, &Exceptions::default());
        checked.findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(&files), Vec::<String>::new());
    // With the first one's keys.
    let tree = &mut files.last_mut().unwrap().1;
    let at = pointer(
        tree,
        "@/http_filters/[envoy.filters.http.jwt_authn]/typed_config/providers/second/local_jwks/filename",
    );
    *tree.pointer_mut(&at).unwrap() = json!(standin().partner_jwks_file());
    let told = said(&files);
    assert!(told.len() == 1 && told[0].contains("sign for the other"), "{told:?}");
}

/// Envoy leaves out what is tagged so; this reader would not.
#[test]
fn yaml_that_envoy_reads_otherwise_is_refused() {
    let files = unedited("edge");
    let text = files.last().unwrap().1.to_string();
    let read = unwritten(&files);
    let said = |text: &str| {
        let checked = Given { text, read: &read, exceptions: &Exceptions::default() }.check().unwrap();
        checked.findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said(&text), Vec::<String>::new());
    let tagged = text.replacen(r#""merge_slashes":true"#, r#""merge_slashes": !ignore true"#, 1);
    assert!(tagged != text && said(&tagged).iter().any(|one| one.contains("read otherwise")), "{:?}", said(&tagged));
}

#[test]
fn a_kind_is_told_by_its_log_or_by_what_is_nearest() {
    let mut files = files(&config(Kind::Mtls));
    let tree = &mut files.last_mut().unwrap().1;
    let at = pointer(tree, "@/access_log/0/typed_config/log_format/json_format/trust");
    *tree.pointer_mut(&at).unwrap() = json!("none");
    let checked = checked(&files, &Exceptions::default());
    assert_eq!((checked.shipped, checked.findings.len()), ("mtls.yaml", 1));
}

#[test]
fn a_scheme_is_asked_for_and_no_value_is_told() {
    for good in ["Basic dTpw", "Bearer x", " Digest username=\"u\""] {
        assert_eq!(scheme("esse3", good), None, "{good}");
    }
    for bad in ["dTpw", "", "Basic ", "Bearer\n"] {
        let said = scheme("esse3", bad).unwrap();
        assert!(said.starts_with("esse3: ") && !said.contains("dTpw"), "{said}");
    }
}

/// Every change of one node: another value, a member or an element more, one less, two in another order.
fn changes(tree: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut pointers = Vec::new();
    gather(tree, "", &mut pointers);
    for at in pointers {
        let node = tree.pointer(&at).unwrap();
        let others = match node {
            Value::Bool(is) => vec![json!(!is)],
            Value::Number(number) => vec![json!(number.as_f64().unwrap() + 0.5), json!(-1)],
            Value::String(text) => vec![json!(format!("{text}x")), json!("")],
            Value::Array(items) => {
                let (mut more, mut less, mut turned) = (items.clone(), items.clone(), items.clone());
                more.extend(items.last().cloned());
                less.pop();
                turned.reverse();
                vec![json!(more), json!(less), json!(turned)]
            }
            Value::Object(members) => {
                let mut more = members.clone();
                more.insert("more".to_owned(), json!(true));
                let less = members.keys().map(|name| {
                    let mut less = members.clone();
                    less.remove(name);
                    json!(less)
                });
                [json!(more)].into_iter().chain(less).collect()
            }
            Value::Null => vec![json!(true)],
        };
        all.extend(others.into_iter().filter(|other| other != node).map(|other| (at.clone(), other)));
    }
    all
}

fn gather(node: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    let step = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match node {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, one)| gather(one, &step(&i.to_string()), out)),
        Value::Object(members) => members.iter().for_each(|(name, one)| gather(one, &step(name), out)),
        _ => {}
    }
}

/// Nothing is passed over: whatever is changed anywhere is found by comparing, or stands where a value of the operator's
/// does.
#[test]
fn every_part_is_held() {
    let (mut all, mut own) = (0, 0);
    for kind in Kind::ALL {
        let files = unedited(kind.file().strip_suffix(".yaml").unwrap());
        let given = &files.last().unwrap().1;
        let expected = super::shape::Shape::of(given, &json!({})).expected(Some(kind), &Exceptions::default()).unwrap();
        let comparer = Comparer { shipped: expected.file, file: "", scopes: &expected.scopes, scope: "" };
        let holes: BTreeSet<String> =
            comparer.compare(&expected.tree, given).holes.into_iter().map(|hole| hole.at).collect();
        for (i, (at, other)) in changes(given).into_iter().enumerate() {
            // Of each gateway others, as much of it stands in all; to try every one of them takes minutes.
            if i % 13 != kind as usize * 4 {
                continue;
            }
            all += 1;
            let mut tree = given.clone();
            *tree.pointer_mut(&at).unwrap() = other.clone();
            let compared = comparer.compare(&expected.tree, &tree);
            let mut first = BTreeMap::new();
            let agree = compared.holes.iter().all(|hole| {
                *first.entry((hole.name.as_str(), hole.scope.as_str())).or_insert(&hole.value) == &hole.value
            });
            if compared.findings.is_empty() && agree {
                own += 1;
                let names = by_names(given, &at);
                let is_hole = holes.iter().any(|hole| at.starts_with(hole.as_str()));
                let is_set = ["/static_resources/clusters", "/static_resources/listeners"].contains(&at.as_str());
                assert!(
                    is_hole || bounds::place(names.iter().rev().map(String::as_str)).is_some() || is_set,
                    "{at}: {other}"
                );
            }
        }
    }
    assert!(all > 1_000 && own < all / 10, "{own} of {all}");
}

/// A place by names.
fn by_names(tree: &Value, at: &str) -> Vec<String> {
    let (mut node, mut names) = (tree, Vec::new());
    for step in at.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")) {
        node = node.get(&step).or_else(|| node.get(step.parse::<usize>().ok()?)).unwrap();
        names.push(node["name"].as_str().filter(|_| step.parse::<usize>().is_ok()).unwrap_or(&step).to_owned());
    }
    names
}
