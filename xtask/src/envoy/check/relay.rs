//! Listeners inside Envoy, through which calls go to systems whose answers come compressed: as they are shipped, but for
//! their names.

use serde_json::Value;

use super::Broken;
use crate::envoy::template;

const LISTENER: &str = include_str!("../../../../envoy/parts/gzip-listener.yaml");
const EXTENSION: &str = include_str!("../../../../envoy/parts/gzip-extension.yaml");

/// Whether nobody reaches a listener but Envoy itself.
pub(super) fn is_inside(listener: &Value) -> bool {
    listener.get("internal_listener").is_some()
}

/// Checks a listener inside Envoy: it leads to a system, so nothing else may be done there.
pub(super) fn listener(at: &str, listener: &Value, broken: &mut Broken) {
    let shipped = template::parse(LISTENER).unwrap_or_default();
    broken.unless(
        shipped.get(0).is_some_and(|shipped| is_filled(shipped, listener)),
        at,
        "a listener inside Envoy must be the one of envoy/parts/gzip-listener.yaml: it leads to a system",
    );
}

/// Checks what Envoy is extended by: that such listeners can be, and nothing else.
pub(super) fn extensions(tree: &Value, broken: &mut Broken) {
    let Some(given) = tree.get("bootstrap_extensions") else { return };
    let shipped = template::parse(EXTENSION).unwrap_or_default();
    broken.unless(
        shipped.get("bootstrap_extensions") == Some(given),
        "/bootstrap_extensions",
        "must be those of envoy/parts/gzip-extension.yaml",
    );
}

/// Whether a tree is a template with something in the place of each placeholder.
fn is_filled(template: &Value, given: &Value) -> bool {
    match (template, given) {
        (Value::String(wanted), Value::String(text)) if wanted.starts_with("${IFS_") => !text.is_empty(),
        (Value::Array(wanted), Value::Array(items)) => {
            wanted.len() == items.len() && wanted.iter().zip(items).all(|(wanted, item)| is_filled(wanted, item))
        }
        (Value::Object(wanted), Value::Object(members)) => {
            wanted.len() == members.len()
                && wanted.iter().all(|(name, wanted)| members.get(name).is_some_and(|given| is_filled(wanted, given)))
        }
        _ => template == given,
    }
}
