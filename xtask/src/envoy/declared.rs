//! What Envoy refuses itself where the filter sends declared answers alone (`"answers": "declared"` of its
//! configuration): the mappers of `local_reply_config` then answer 400 or 500 without a body too.

use serde_json::{Value, json};

use super::template::visit_mut;
use crate::{Error, Result};

/// What stands before the name of a problem in its `type`.
const NAMES: &str = "urn:ifs-adapter:problem:";

/// The problems that mappers answer, and as which declared status: 400 where the request is to blame.
const PROBLEMS: &[(&str, u64)] = &[
    ("request.identity", 400),
    ("request.forbidden", 400),
    ("request.path", 400),
    ("request.method", 400),
    ("limit.body", 400),
    ("gateway.rate", 400),
    ("gateway.refused", 400),
    ("gateway.request-timeout", 400),
    ("gateway.failed", 500),
    ("gateway.timeout", 500),
    ("gateway.overload", 500),
    ("gateway.unavailable", 500),
];

/// The filter's configuration, of one that says nothing of its answers, for a filter that sends declared ones alone.
#[must_use]
pub fn plugin(plugin: &str) -> String {
    plugin.replacen('{', r#"{"answers":"declared","#, 1)
}

/// Whether a filter so configured sends declared answers alone.
#[must_use]
pub fn wanted(plugin: &Value) -> bool {
    plugin.get("answers").and_then(Value::as_str) == Some("declared")
}

/// Makes each mapper that answers a problem document answer a declared status without a body. Its headers stay.
///
/// # Errors
/// It answers a problem that is not known here.
pub(super) fn put(tree: &mut Value) -> Result<()> {
    let mut unknown = None;
    visit_mut(tree, &mut |node| {
        let Some(mappers) = node.pointer_mut("/local_reply_config/mappers").and_then(Value::as_array_mut) else {
            return;
        };
        for mapper in mappers.iter_mut().filter_map(Value::as_object_mut) {
            let Some(format) = mapper.remove("body_format_override") else { continue };
            let name = format.pointer("/json_format/type").and_then(Value::as_str).unwrap_or_default();
            let known = PROBLEMS.iter().find(|(problem, _)| name.strip_prefix(NAMES) == Some(problem));
            match known {
                Some((_, status)) => {
                    mapper.insert("status_code".to_owned(), Value::from(*status));
                    mapper.insert("body".to_owned(), json!({ "inline_string": "" }));
                }
                None => unknown = Some(name.to_owned()),
            }
        }
    });
    match unknown {
        None => Ok(()),
        Some(name) => {
            Err(Error::new(format!("local_reply_config answers `{name}`, of which no declared status is known")))
        }
    }
}
