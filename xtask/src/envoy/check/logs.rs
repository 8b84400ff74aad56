//! What may be written into a log or into an answer of Envoy's own.

use serde_json::Value;

use super::{Broken, is};
use crate::envoy::template::visit;

const FILE: &str = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog";
const STDOUT: &str = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
const STDERR: &str = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog";

/// Commands that tell nothing of what a consumer wrote.
const PLAIN: [&str; 12] = [
    "DOWNSTREAM_LOCAL_ADDRESS",
    "ROUTE_NAME",
    "RESPONSE_CODE",
    "DURATION",
    "BYTES_RECEIVED",
    "BYTES_SENT",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "RESPONSE_CODE_DETAILS",
    "RESPONSE_FLAGS",
    "FILTER_STATE(wasm.ifs_operation:PLAIN)",
    "FILTER_STATE(wasm.ifs_outcome:PLAIN)",
    "FILTER_STATE(wasm.ifs_reason:PLAIN)",
];

/// A request id that Envoy may have made.
const ID: &str = "CEL(request.id.matches('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') ? request.id : '')";

/// Headers; those of GovWay are proved by its certificate.
const HEADERS: [&str; 9] = [
    ":METHOD",
    "X-REQUEST-ID",
    "GOVWAY-TOKEN-CONSUMERID",
    "GOVWAY-TOKEN-CLIENTID",
    "GOVWAY-TOKEN-PURPOSEID",
    "GOVWAY-TOKEN-JTI",
    "GOVWAY-TOKEN-ESERVICEID",
    "GOVWAY-TOKEN-DESCRIPTORID",
    "GOVWAY-TRANSACTION-ID",
];

/// Claims of a voucher.
const CLAIMS: [&str; 8] =
    ["iss", "jti", "client_id", "consumerId", "purposeId", "eserviceId", "descriptorId", "producerId"];

/// Checks the logs and the answers of a connection manager or a listener.
pub(super) fn check(at: &str, node: &Value, broken: &mut Broken) {
    visit(node, at, &mut |at, node| {
        for (i, one) in node.get("access_log").and_then(Value::as_array).into_iter().flatten().enumerate() {
            logger(&format!("{at}/access_log/{i}"), one, broken);
        }
        if let Some(replies) = node.get("local_reply_config") {
            texts(&format!("{at}/local_reply_config"), replies, broken);
        }
    });
}

fn logger(at: &str, one: &Value, broken: &mut Broken) {
    let config = one.get("typed_config").unwrap_or(&Value::Null);
    if ![FILE, STDOUT, STDERR].iter().any(|known| is(config, "@type", known)) {
        broken.tell(at, "is no log of the shipped files");
        return;
    }
    broken.unless(
        config.get("log_format").is_some_and(|format| format.as_object().is_some_and(|format| !format.is_empty())),
        at,
        "log_format must be stated: Envoy's own writes paths with their queries",
    );
    texts(&format!("{at}/typed_config"), config, broken);
}

fn texts(at: &str, node: &Value, broken: &mut Broken) {
    visit(node, at, &mut |at, node| {
        for command in node.as_str().into_iter().flat_map(commands).filter(|command| !is_known(command)) {
            let name: String = command.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            broken.tell(
                at,
                &format!(
                    "tokens and paths with their queries do not belong in a log: %{name}…% is none of the shipped"
                ),
            );
        }
    });
}

/// What stands between two `%`; a format of a time, in parentheses, has more of them.
fn commands(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, command)) = rest.split_once('%') {
        if let Some(literal) = command.strip_prefix('%') {
            rest = literal;
            continue;
        }
        let length = match (command.find('('), command.find('%')) {
            (Some(open), Some(end)) if open < end => command.find(")%").map(|close| close.saturating_add(1)),
            (_, end) => end,
        };
        // A length after the parentheses: `%REQ(NAME):128%`.
        let length = match (command.find("):"), command.find('%')) {
            (Some(colon), Some(end)) if colon < end => Some(end),
            _ => length,
        };
        let (one, after) = command.split_at_checked(length.unwrap_or(command.len())).unwrap_or((command, ""));
        found.push(one);
        rest = after.strip_prefix('%').unwrap_or(after);
    }
    found
}

fn is_known(command: &str) -> bool {
    if PLAIN.contains(&command) || command == ID {
        return true;
    }
    let Some((name, argument)) = command.split_once('(') else { return false };
    let Some((argument, length)) = argument.rsplit_once(')') else { return false };
    let short = length.is_empty() || length.strip_prefix(':').is_some_and(|n| n.parse::<u16>().is_ok());
    short
        && match name {
            "START_TIME" => true,
            "REQ" => HEADERS.iter().any(|header| header.eq_ignore_ascii_case(argument)),
            "DYNAMIC_METADATA" => {
                let mut path = argument.split(':');
                path.next() == Some("envoy.filters.http.jwt_authn")
                    && path.next().is_some_and(|key| !key.is_empty())
                    && path.next().is_some_and(|claim| CLAIMS.contains(&claim))
                    && path.next().is_none()
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_as_envoy_reads_them() {
        assert_eq!(commands("a %DURATION% %% %REQ(X):128%b"), ["DURATION", "REQ(X):128"]);
        assert_eq!(commands("%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%"), ["START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)"]);
        assert_eq!(commands("%REQ(A)%%REQ(B)%"), ["REQ(A)", "REQ(B)"]);
        assert_eq!(commands("%REQ(A"), ["REQ(A"]);
    }

    #[test]
    fn only_known_commands_and_headers_pass() {
        for bad in [
            "REQ(X?AUTHORIZATION)",
            "REQ(COOKIE)",
            "REQ(DPOP):10",
            "CEL(request.path)",
            "DYNAMIC_METADATA(envoy.filters.http.jwt_authn)",
            "DYNAMIC_METADATA(envoy.filters.http.jwt_authn:pdnd)",
            "DYNAMIC_METADATA(envoy.filters.http.jwt_authn:pdnd:sub)",
            "PATH(WQ)",
            "REQ_WITHOUT_QUERY(:PATH)",
            "DOWNSTREAM_PEER_SUBJECT",
        ] {
            assert!(!is_known(bad), "{bad}");
        }
        for good in ["REQ(x-request-id)", "REQ(GOVWAY-TOKEN-JTI):128", "DURATION", ID] {
            assert!(is_known(good), "{good}");
        }
    }
}
