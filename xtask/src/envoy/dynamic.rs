//! The filter as Envoy finds it out at run time (ECDS), in a file of its own that may be replaced.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::files;
use super::template::{self, visit};
use crate::{Context, Error, Result};

/// The type of the filter's configuration.
pub const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

/// The file's name in the folder of a run.
pub const FILE: &str = "ifs-filter.json";

/// The file in the folder of a run.
#[must_use]
pub fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

/// A filter's configuration as the file holds it.
#[must_use]
pub fn resources(typed_config: &Value) -> Value {
    let resource = json!({
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        "name": "ifs",
        "typed_config": typed_config,
    });
    json!({ "resources": [resource] })
}

/// Whether a tree has filters that are found out at run time.
#[must_use]
pub fn used(tree: &Value) -> bool {
    let mut found = false;
    visit(tree, "", &mut |_, node| found |= source(node).is_some());
    found
}

/// Has the filters that stand in the tree itself found in a file of such a path.
pub(super) fn find_out(tree: &mut Value, path: &str) {
    take_out(tree, Path::new(path));
}

/// Takes the filters that stand in the tree itself out of it, to be found in `file`; gives what that must hold.
pub(super) fn take_out(tree: &mut Value, file: &Path) -> Option<Value> {
    let mut taken = None;
    each_filter(tree, &mut |filter| {
        if filter.pointer("/typed_config/@type").and_then(Value::as_str) == Some(WASM)
            && let Some(config) = filter.remove_member("typed_config")
        {
            taken = Some(resources(&config));
            filter.set_member(
                "config_discovery",
                json!({
                    "config_source": {
                        "resource_api_version": "V3",
                        "path_config_source": { "path": files::text(file) },
                    },
                    "type_urls": [WASM],
                }),
            );
        }
    });
    taken
}

/// Puts the filters that are found out at run time in their places, so that the whole configuration can be checked:
/// `--mode validate` does not read their files.
///
/// # Errors
/// A file cannot be read, or does not hold the filter that is asked of it.
pub fn put_in(tree: &mut Value) -> Result<()> {
    put_in_from(tree, &|path| template::read(path))
}

/// As [`put_in`], with the files' content from `read`.
///
/// # Errors
/// See [`put_in`].
pub(super) fn put_in_from(tree: &mut Value, read: &dyn Fn(&Path) -> Result<Value>) -> Result<()> {
    let mut failed = None;
    each_filter(tree, &mut |filter| {
        let Some(path) = source(filter).map(PathBuf::from) else { return };
        let name = filter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        match read(&path).and_then(|tree| found(&tree, &path, &name)) {
            Ok(config) => {
                filter.set_member("typed_config", config);
                if let Some(Value::Object(discovery)) = filter.get_mut("config_discovery") {
                    // What else stands there is looked at with the filter in place.
                    discovery.retain(|name, _| name == "default_config");
                    if discovery.is_empty() {
                        filter.remove_member("config_discovery");
                    }
                }
            }
            Err(error) => failed = Some(error),
        }
    });
    failed.map_or(Ok(()), Err)
}

/// The file of a filter that is found out at run time.
pub(super) fn source(filter: &Value) -> Option<&str> {
    filter.pointer("/config_discovery/config_source/path_config_source/path").and_then(Value::as_str)
}

fn found(tree: &Value, path: &Path, name: &str) -> Result<Value> {
    let resources = tree.get("resources").and_then(Value::as_array);
    let mut resources = resources.context(format!("{}: no resources", path.display()))?.iter();
    let wanted = resources.find(|r| r.get("name").and_then(Value::as_str) == Some(name));
    let wanted = wanted.and_then(|r| r.get("typed_config")).cloned();
    wanted.ok_or_else(|| Error::new(format!("{}: no filter named `{name}`", path.display())))
}

/// Calls `change` with every element of a list `http_filters`.
fn each_filter(node: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| each_filter(item, change)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Array(items) if name == "http_filters" => items.iter_mut().for_each(&mut *change),
                    _ => each_filter(member, change),
                }
            }
        }
        _ => {}
    }
}

trait Members {
    fn remove_member(&mut self, name: &str) -> Option<Value>;
    fn set_member(&mut self, name: &str, value: Value);
}

impl Members for Value {
    fn remove_member(&mut self, name: &str) -> Option<Value> {
        self.as_object_mut().and_then(|members| members.remove(name))
    }

    fn set_member(&mut self, name: &str, value: Value) {
        if let Some(members) = self.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    }
}
