//! The trace a request belongs to (W3C Trace Context, level 1): `traceparent` and `tracestate` go on to the systems as
//! they came. The adapter takes no part in the trace; what the request lacks is not made up.

use crate::bundle::TRACE_HEADERS;

/// Headers with lower-case names.
pub(crate) type Headers = Vec<(String, String)>;

/// `version-trace_id-parent_id-flags` of version 00, characters.
const PARENT: usize = 55;

/// Most characters of a `traceparent` of a later version, which may say more at its end.
const PARENT_MOST: usize = 128;

/// Most characters of a `tracestate`: what §3.3.1.5 asks that everybody hands on.
const STATE_MOST: usize = 512;

/// Most members of a `tracestate` (§3.3.1.1).
const STATE_MEMBERS: usize = 32;

/// What is sent on of a request's headers: nothing without one well-formed `traceparent`.
#[cold] // once a request: its size counts
pub(crate) fn headers(request: &[(String, String)]) -> Headers {
    let [parent_name, state_name] = TRACE_HEADERS;
    let (mut parent, mut state) = (None, String::new());
    for (name, value) in request {
        if name == parent_name {
            if parent.is_some() || !is_parent(value) {
                return Vec::new();
            }
            parent = Some(value);
        } else if name == state_name && state.len() <= STATE_MOST {
            // It may come in several headers (§3.3).
            if !state.is_empty() {
                state.push(',');
            }
            state.push_str(value);
        }
    }
    let Some(parent) = parent else { return Vec::new() };
    let mut headers = vec![(parent_name.to_owned(), parent.clone())];
    if is_state(&state) {
        headers.push((state_name.to_owned(), state));
    }
    headers
}

/// §3.2: lower-case hexadecimal, neither id all zeros; version `ff` is forbidden, and what a later one adds begins with
/// a dash.
fn is_parent(text: &str) -> bool {
    let later = !text.starts_with("00") && !text.starts_with("ff") && text.len() <= PARENT_MOST;
    let (mut trace, mut parent) = (false, false);
    let fits = text.bytes().enumerate().all(|(at, b)| match at {
        2 | 35 | 52 => b == b'-',
        0..PARENT => {
            trace |= at < 35 && at > 2 && b != b'0';
            parent |= at < 52 && at > 35 && b != b'0';
            matches!(b, b'0'..=b'9' | b'a'..=b'f')
        }
        PARENT => b == b'-',
        _ => b.is_ascii_graphic(),
    });
    let length = text.len() == PARENT || (later && text.len() > PARENT);
    fits && trace && parent && length && !text.starts_with("ff")
}

/// §3.3.1: members `key=value` between commas, blanks around them; empty ones are allowed.
fn is_state(text: &str) -> bool {
    let (mut members, mut key, mut value, mut in_value) = (0_usize, false, false, false);
    let fits = text.bytes().all(|b| {
        match b {
            b',' => {
                let whole = key == in_value && in_value == value;
                members = members.saturating_add(1);
                (key, value, in_value) = (false, false, false);
                return whole;
            }
            b'=' if key && !in_value => in_value = true,
            b'=' => return false,
            b' ' | b'\t' => {}
            b'!'..=b'~' if in_value => value = true,
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@' => key = true,
            _ => return false,
        }
        true
    });
    fits && key && value && text.len() <= STATE_MOST && members < STATE_MEMBERS
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of §3.2.3.
    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const IDS: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn sent(pairs: &[(&str, &str)]) -> Vec<String> {
        let request: Headers = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        headers(&request).into_iter().map(|(name, value)| [name, value].join(": ")).collect()
    }

    #[test]
    fn a_trace_goes_on_as_it_came() {
        // The example of §3.3.
        let state = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";
        let both = [("traceparent", PARENT), ("tracestate", state), ("x-request-id", "r")];
        assert_eq!(sent(&both), [format!("traceparent: {PARENT}"), format!("tracestate: {state}")]);
        assert_eq!(sent(&[("traceparent", PARENT)]), [format!("traceparent: {PARENT}")]);
    }

    #[test]
    fn a_state_may_come_in_several_headers() {
        let pairs = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b@c=2")];
        assert_eq!(sent(&pairs)[1], "tracestate: a=1,b@c=2");
    }

    #[test]
    fn nothing_is_made_up() {
        assert!(sent(&[("x-request-id", "r")]).is_empty());
        assert!(sent(&[("tracestate", "a=1")]).is_empty());
    }

    #[test]
    fn a_malformed_parent_is_not_sent_and_takes_its_state_along() {
        let zeros = "00000000000000000000000000000000";
        let cases = [
            String::new(),
            PARENT.to_uppercase(),
            PARENT.replacen("00", "ff", 1),
            PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", zeros),
            PARENT.replace("00f067aa0ba902b7", "0000000000000000"),
            format!("{PARENT}-more"),
            format!("{PARENT}0"),
            PARENT.trim_end_matches('1').to_owned(),
            PARENT.replace("b7-01", "b70-1"),
            PARENT.replace('4', "é"),
            format!("01-{}-{}", IDS, "x".repeat(80)),
            format!("01-{}x", IDS),
            format!("01-{}-a\r\nx: y", IDS),
        ];
        for parent in cases {
            assert!(sent(&[("traceparent", &parent), ("tracestate", "a=1")]).is_empty(), "{parent:?}");
        }
        assert!(sent(&[("traceparent", PARENT), ("traceparent", PARENT)]).is_empty(), "two");
    }

    #[test]
    fn a_parent_of_a_later_version_may_say_more() {
        for parent in [format!("01-{}", IDS), format!("cc-{}-what.the-future", IDS)] {
            assert_eq!(sent(&[("traceparent", &parent)]), [format!("traceparent: {parent}")]);
        }
    }

    #[test]
    fn a_malformed_or_long_state_is_left_out() {
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        for state in ["a", "=1", "A=1", "a=", "a=1=2", "a=\u{e9}", "a=b\u{1}", &format!("a={}", "x".repeat(511)), &many]
        {
            assert_eq!(sent(&[("traceparent", PARENT), ("tracestate", state)]).len(), 1, "{state}");
        }
        let most = format!("a={}", "x".repeat(510));
        for state in ["a=1,,b=2", "a=1, b=2", &most] {
            assert_eq!(sent(&[("traceparent", PARENT), ("tracestate", state)]).len(), 2, "{state}");
        }
    }
}
