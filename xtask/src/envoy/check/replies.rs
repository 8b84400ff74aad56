//! Local replies: the filter's answers get out first and as they are, and whatever Envoy refuses itself does not get out
//! with them.

use serde_json::{Map, Value};

use super::{Broken, is, plugin};
use crate::envoy::declared;
use crate::envoy::template::visit;

const CEL: &str = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter";

/// What only the filter's answers have, and a reply for a filter that is not there.
const WITHOUT_DETAILS: &str = "response.code_details == ''";

/// The flag of that reply.
const NOT_THERE: &str = "NFCF";

/// The media type of every refusal.
const PROBLEM: &str = "application/problem+json";

/// The least status of a refusal.
const REFUSAL: u64 = 400;

/// Checks a connection manager that has the filter.
pub(super) fn check(at: &str, manager: &Value, broken: &mut Broken) {
    directly(at, manager, broken);
    let at = format!("{at}/local_reply_config/mappers");
    let list = manager.pointer("/local_reply_config/mappers").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    broken.unless(
        list.first().is_some_and(lets_good_out),
        &at,
        "the first mapper must take status 200 and change nothing: a good answer would be looked at by all that follow, \
         and one of them may take it",
    );
    let own = list.iter().position(lets_own_out);
    let declared = sends_declared(manager);
    for (i, mapper) in list.iter().enumerate() {
        let at = format!("{at}/{i}");
        // Of the first the rule above tells.
        let guard = i == 0 || Some(i) == own;
        if declared {
            broken.unless(
                guard || declared::is_bare(mapper),
                &at,
                "must answer 400 or 500 without a body: the filter's `answers` is `declared`, and whoever validates answers \
                 in front looks at this gateway's own too (cargo xtask gateway writes both)",
            );
        } else {
            broken.unless(
                guard || mapper.pointer("/body_format_override/content_type").and_then(Value::as_str) == Some(PROBLEM),
                &at,
                "must answer application/problem+json: what a mapper takes and leaves as it is gets out without a problem",
            );
        }
        let status = mapper.get("status_code").and_then(Value::as_u64);
        broken.unless(
            status.is_none_or(|status| status >= REFUSAL),
            &at,
            "must not make a refusal look like an answer",
        );
        broken.unless(
            own.is_none_or(|own| own > i) || !has_flag(mapper),
            &at,
            "must stand before the mapper for replies without code details, which would take what it is for",
        );
    }
}

/// Whether the filter of a connection manager sends declared answers alone.
fn sends_declared(manager: &Value) -> bool {
    let mut found = false;
    visit(manager, "", &mut |_, node| found |= plugin(node).is_some_and(|plugin| declared::wanted(&plugin)));
    found
}

/// A route that answers by itself does so only where the filter is missing; the first mapper would let a 200 out.
fn directly(at: &str, manager: &Value, broken: &mut Broken) {
    let config = manager.get("route_config").unwrap_or(&Value::Null);
    visit(config, &format!("{at}/route_config"), &mut |at, node| {
        if let Some(answer) = node.get("direct_response") {
            broken.unless(
                answer.get("status").and_then(Value::as_u64).is_some_and(|status| status >= REFUSAL),
                &format!("{at}/direct_response"),
                "must have a status of 400 or more: it answers where the filter is missing",
            );
        }
    });
}

/// The filter of a mapper that does nothing but let out what it takes.
fn lets_out(mapper: &Value) -> Option<&Map<String, Value>> {
    mapper.as_object().filter(|members| members.len() == 1)?.get("filter")?.as_object().filter(|one| one.len() == 1)
}

fn lets_good_out(mapper: &Value) -> bool {
    let compared = lets_out(mapper).and_then(|filter| filter.get("status_code_filter")?.get("comparison"));
    compared.is_some_and(|compared| {
        // EQ is what is meant where nothing is said.
        compared.get("op").is_none_or(|op| op.as_str() == Some("EQ"))
            && compared.pointer("/value/default_value").and_then(Value::as_u64) == Some(200)
    })
}

fn lets_own_out(mapper: &Value) -> bool {
    let config = lets_out(mapper).and_then(|filter| filter.get("extension_filter")?.get("typed_config"));
    config.is_some_and(|config| is(config, "@type", CEL) && is(config, "expression", WITHOUT_DETAILS))
}

fn has_flag(mapper: &Value) -> bool {
    let flags = mapper.pointer("/filter/response_flag_filter/flags").and_then(Value::as_array);
    flags.is_some_and(|flags| flags.iter().any(|flag| flag.as_str() == Some(NOT_THERE)))
}
