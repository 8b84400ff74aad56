//! A request's head, as the host gives it and as the engine reads it.

use adapter_core::{Caller, Head};

use crate::host;

/// The head as the engine reads it.
pub fn read(headers: host::Headers, loopback: bool) -> Head {
    let mut head = Head {
        method: String::new(),
        path: String::new(),
        instance: String::new(),
        loopback,
        caller: Caller::Nobody,
        headers: Vec::with_capacity(headers.len()),
    };
    for (name, value) in headers {
        match name.as_str() {
            ":method" => head.method = value,
            ":path" => head.path = value,
            _ if name.starts_with(':') => {}
            "x-request-id" if head.instance.is_empty() => {
                head.instance.clone_from(&value);
                head.headers.push((name, value));
            }
            _ => head.headers.push((name, value)),
        }
    }
    head
}

/// Whether an address with port, as the host writes it, is one that only this machine reaches: `::1`, or four numbers
/// that begin with 127. Taken apart here, as the standard reader of all addresses is 5 KB of the filter.
pub fn loopback(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let number = |part: &str, most: u32| {
        part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u32>().is_ok_and(|number| number <= most)
    };
    let local = |host: &str| {
        let mut parts = host.split('.');
        parts.next() == Some("127") && parts.clone().count() == 3 && parts.all(|part| number(part, 255))
    };
    number(port, 65_535) && (host == "[::1]" || local(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_what_only_this_machine_reaches() {
        for address in ["127.0.0.1:10000", "127.255.255.254:1", "[::1]:10000"] {
            assert!(loopback(address), "{address}");
        }
        for address in [
            "10.0.0.1:10000",
            "0.0.0.0:1",
            "[::]:1",
            "128.0.0.1:1",
            "127.0.0.1",
            "localhost:1",
            "/run/x",
            "",
            "127.0.0:1",
            "127.0.0.0.1:1",
            "127.0.0.256:1",
            "127.0.0.+1:1",
            "127..0.1:1",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "127.0.0.1.example.org:1",
            "[::1]",
            "::1:1",
            "[::1]:x",
        ] {
            assert!(!loopback(address), "{address}");
        }
    }

    #[test]
    fn pseudo_headers_are_not_headers() {
        let pairs = [(":method", "POST"), (":path", "/p?q"), ("x-request-id", "r"), ("content-type", "c")];
        let head = read(pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(), true);
        assert_eq!((head.method.as_str(), head.path.as_str(), head.instance.as_str()), ("POST", "/p?q", "r"));
        assert_eq!(head.headers.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), ["x-request-id", "content-type"]);
    }
}
