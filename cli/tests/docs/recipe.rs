//! Recipes: a mapping over another, what systems answer, and what must come out.

use std::collections::BTreeMap;

use adapter_core::contract::{Answer, Operation};
use serde_json::{Map, Value, json};

use crate::blocks::Block;

const TAX_CODE: &str = "RSSMRA80A01F205X";
const NOW: &str = "2026-03-01T09:00:00Z";

/// Items as recipes have them, by operation.
#[derive(Default)]
pub(crate) struct Usual(BTreeMap<String, Value>);

impl Usual {
    /// Takes an operation's usual item.
    pub(crate) fn insert(&mut self, operation: &str, text: &str) {
        self.0.insert(operation.to_owned(), read(text));
    }

    /// The item, with the usual members where it has none.
    fn whole(&self, operation: &str, item: Value) -> Value {
        match self.0.get(operation) {
            Some(usual) => over(usual, item),
            None => item,
        }
    }
}

/// A value over the usual one: members it lacks are taken, and each item of a list stands over the usual item.
fn over(usual: &Value, value: Value) -> Value {
    match (usual, value) {
        (Value::Object(usual), Value::Object(value)) => {
            let mut whole: Map<String, Value> = usual.clone();
            for (name, value) in value {
                let value = usual.get(&name).map_or_else(|| value.clone(), |u| over(u, value.clone()));
                whole.insert(name, value);
            }
            Value::Object(whole)
        }
        (Value::Array(usual), Value::Array(items)) if usual.len() == 1 => {
            Value::Array(items.into_iter().map(|item| over(&usual[0], item)).collect())
        }
        (_, value) => value,
    }
}

/// A mapping of a page with what is shown about it.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// Where it begins.
    pub line: usize,
    /// Its folder, which is a pack.
    pub folder: String,
    /// Its file.
    pub file: String,
    /// The mapping.
    pub mapping: String,
    /// What `ifs check` printed.
    pub printed: String,
    /// Files of answers.
    pub files: Vec<(String, Vec<u8>)>,
    expected: Option<(bool, String)>,
    requests: BTreeMap<String, Value>,
    identity: Option<Value>,
    scenes: Vec<Scene>,
}

/// Calls with what comes out; a call after an answer begins the next.
#[derive(Debug, Default)]
struct Scene {
    legacy: Vec<Value>,
    expects: Vec<(String, Value)>,
}

impl Recipe {
    /// A recipe whose mapping extends another file.
    pub(crate) fn begin(number: usize, block: &Block, base: &str) -> Self {
        let folder = block.word("as").map_or_else(|| format!("recipe-{number}"), str::to_owned);
        let mapping = format!("extends: [../{base}]\n{}", block.text);
        let expected = match (block.word("fails"), block.word("warns")) {
            (Some(code), _) => Some((true, code.to_owned())),
            (None, Some(code)) => Some((false, code.to_owned())),
            (None, None) => None,
        };
        Self {
            line: block.line,
            file: format!("{folder}/mapping.yaml"),
            folder,
            mapping,
            printed: String::new(),
            files: Vec::new(),
            expected,
            requests: BTreeMap::new(),
            identity: None,
            scenes: vec![Scene::default()],
        }
    }

    /// Whether `ifs check` says of it what it should.
    pub(crate) fn checked(&self, printed: &str) -> Result<(), String> {
        let has = |severity: &str| printed.contains(&format!("{severity}["));
        let well = match &self.expected {
            None => !has("error") && !has("warning"),
            Some((true, code)) => printed.contains(&format!("error[{code}]")),
            Some((false, code)) => !has("error") && printed.contains(&format!("warning[{code}]")),
        };
        if well { Ok(()) } else { Err(format!("`ifs check` says:\n{printed}")) }
    }

    /// Takes what is shown about the mapping.
    pub(crate) fn add(&mut self, block: &Block, usual: &Usual) {
        if let Some(target) = block.word("call") {
            self.call(block, target);
        } else if block.word("identity").is_some() {
            self.identity = Some(read(&block.text));
        } else if let Some(operation) = block.word("request") {
            self.requests.insert(operation.to_owned(), read(&block.text));
        } else if let Some(operation) = block.word("answer") {
            let items = match read(&block.text) {
                Value::Array(items) => items,
                item => vec![item],
            };
            let items: Vec<Value> = items.into_iter().map(|i| usual.whole(operation, i)).collect();
            let contract = find(operation);
            let body = match contract.answer {
                // What is said of a change is one record, whole.
                _ if contract.does.writes() => read(&block.text),
                Answer::List(_) => Value::Array(items),
                Answer::Record(object) => {
                    let list = object.fields.iter().find(|f| f.list().is_some()).expect("an answer has a list").name;
                    if contract.about.one() {
                        json!({ "personal_data": { "tax_code": TAX_CODE }, list: items })
                    } else {
                        json!({ list: items, "meta": { "cursor": null } })
                    }
                }
            };
            self.scene().expects.push((operation.to_owned(), json!({ "status": 200, "body": body })));
        } else if let Some(operation) = block.word("problem") {
            let (status, code) = block.text.trim().split_once(' ').expect("a status and a code");
            let status: u16 = status.parse().unwrap();
            self.scene().expects.push((operation.to_owned(), json!({ "status": status, "problem": code })));
        }
    }

    fn call(&mut self, block: &Block, target: &str) {
        let (method, target) = target.split_once(':').map_or((None, target), |(m, t)| (Some(m), t));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: Map<String, Value> = query
            .split('&')
            .filter_map(|p| p.split_once('='))
            .map(|(n, v)| (n.to_owned(), Value::String(v.to_owned())))
            .collect();
        let mut answer = Map::new();
        let file = format!("answer-{}", self.files.len() + 1);
        if !self.scene().expects.is_empty() {
            self.scenes.push(Scene::default());
        }
        self.files.push((format!("{}/tests/{file}", self.folder), block.bytes()));
        answer.insert("file".to_owned(), Value::String(file));
        for (word, name) in [("status", "status"), ("times", "times")] {
            if let Some(value) = block.word(word) {
                answer.insert(name.to_owned(), value.parse::<u64>().unwrap().into());
            }
        }
        let mut headers = Map::new();
        for word in ["type", "token", "location"] {
            let name = if word == "type" { "content-type" } else { word };
            if let Some(value) = block.word(word) {
                headers.insert(name.to_owned(), Value::String(value.to_owned()));
            }
        }
        if let Some(cookies) = block.word("cookies") {
            headers.insert("set-cookie".to_owned(), cookies.split(',').collect());
        }
        if !headers.is_empty() {
            answer.insert("headers".to_owned(), Value::Object(headers));
        }
        let mut when = json!({ "path": path, "query": query });
        if let Some(method) = method {
            when["method"] = method.into();
        }
        if let Some((name, value)) = block.word("sends").and_then(|header| header.split_once(':')) {
            when["headers"] = json!({ name: value });
        }
        if let Some(text) = block.word("has") {
            when["body"] = text.into();
        }
        self.scene().legacy.push(json!({ "match": when, "answer": answer }));
    }

    fn scene(&mut self) -> &mut Scene {
        self.scenes.last_mut().expect("there is always one")
    }

    /// The test files of what is shown; none if nothing is.
    pub(crate) fn tests(&self) -> Vec<(String, String)> {
        let mut tests = Vec::new();
        for scene in &self.scenes {
            assert!(
                scene.legacy.is_empty() || !scene.expects.is_empty(),
                "line {}: calls without an answer",
                self.line
            );
            for (operation, expect) in &scene.expects {
                let request = self.requests.get(operation).cloned().unwrap_or_else(|| json!({ "tax_code": TAX_CODE }));
                let mut test = json!({
                    "now": NOW,
                    "request": { "path": mapping_test::live::path(find(operation)), "body": request },
                    "legacy": scene.legacy,
                    "expect": expect,
                });
                if let Some(identity) = &self.identity {
                    test["identity"] = identity.clone();
                }
                tests.push((format!("{}/tests/{}.yaml", self.folder, tests.len()), test.to_string()));
            }
        }
        tests
    }
}

fn find(operation: &str) -> &'static Operation {
    adapter_core::contract::operation(operation).unwrap_or_else(|| panic!("no operation {operation}"))
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}:\n{text}"))
}
