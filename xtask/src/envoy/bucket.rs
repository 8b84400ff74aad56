//! The bucket of the access log: how many lines requests without a good token have, in a file of its own, as Envoy reads it
//! from nowhere else.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::template::{self, visit};
use crate::{Result, paths};

/// The filter of a log that has a bucket.
const FILTER: &str = "envoy.access_loggers.extension_filters.process_ratelimit";

/// The file in the folder of a run.
pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join("log-bucket.json")
}

/// What it holds.
pub(super) fn read() -> Result<Value> {
    template::read(&paths::root().join("envoy").join("log-bucket.yaml"))
}

/// Whether a log of the tree has a bucket.
pub(super) fn used(tree: &Value) -> bool {
    let mut found = false;
    visit(tree, "", &mut |_, node| found |= is_bucket(node));
    found
}

fn is_bucket(node: &Value) -> bool {
    node.pointer("/extension_filter/name").and_then(Value::as_str) == Some(FILTER)
}

/// Puts in the bucket's place what an Envoy has that knows none: one line in ten thousand, so that a flood writes no more.
pub(super) fn sample(node: &mut Value) {
    if is_bucket(node) {
        *node = json!({
            "runtime_filter": {
                "runtime_key": "ifs.access_log.sampled",
                "percent_sampled": { "numerator": 1, "denominator": "TEN_THOUSAND" },
                "use_independent_randomness": true,
            }
        });
    }
}
