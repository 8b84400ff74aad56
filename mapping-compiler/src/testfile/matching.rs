//! Which calls an entry of a test file is for, and what time a test has.

use super::{Match, TestFile};

impl Match {
    /// Whether a call is one of those meant. `target` is path and query as sent.
    pub fn matches(&self, method: &str, target: &str) -> bool {
        let (path, parameters) = parts(target);
        let has = |name: &str, value: &str| parameters.iter().any(|(n, v)| n == name && v == value);
        self.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|p| path_matches(p, &path))
            && self.query.iter().all(|(name, value)| has(name, &value.text()))
    }

    /// One that is for a call of this method and target; of a parameter that stands several times, the first counts.
    pub fn of_call(method: &str, target: &str) -> Self {
        let (path, parameters) = parts(target);
        let mut query = std::collections::BTreeMap::new();
        for (name, value) in parameters {
            query.entry(name).or_insert(super::Scalar::Text(value));
        }
        Self { method: Some(method.to_owned()), path: Some(path), query, ..Self::default() }
    }

    /// Whether the call's body, too, is one of those meant.
    pub fn matches_body(&self, body: &[u8]) -> bool {
        let text = String::from_utf8_lossy(body);
        self.soap.as_deref().is_none_or(|wanted| is_operation(&text, wanted))
            && self.body.as_deref().is_none_or(|part| has(&text, part))
    }

    /// Whether the call's headers, too, are those meant.
    pub fn matches_headers(&self, headers: &[(String, String)]) -> bool {
        self.headers.iter().all(|(name, value)| header(headers, name) == Some(value))
    }

    /// Why a call is none of those meant, one reason for each member that differs; none if it is one.
    pub fn differences(&self, method: &str, target: &str, headers: &[(String, String)], body: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        let text = String::from_utf8_lossy(body);
        let own = |name: &str, value: &str| Self {
            query: [(name.to_owned(), super::Scalar::Text(value.to_owned()))].into(),
            ..Self::default()
        };
        if let Some(wanted) = self.method.as_deref().filter(|m| !m.eq_ignore_ascii_case(method)) {
            found.push(format!("its method is {wanted}"));
        }
        let path = decode(target.split_once('?').map_or(target, |(path, _)| path));
        if let Some(wanted) = self.path.as_deref().filter(|p| !path_matches(p, &path)) {
            found.push(format!("its path is {wanted}"));
        }
        for (name, value) in &self.query {
            if !own(name, &value.text()).matches(method, target) {
                found.push(format!("its query wants {name}={}", value.text()));
            }
        }
        for (name, value) in &self.headers {
            match header(headers, name) {
                Some(own) if own == value => {}
                Some(own) => found.push(format!("its header {name} is {value}, the call's {own}")),
                None => found.push(format!("its header {name} is {value}, and the call has none")),
            }
        }
        if let Some(wanted) = self.soap.as_deref().filter(|wanted| !is_operation(&text, wanted)) {
            found.push(match soap_operation(&text) {
                Some(operation) => format!("its `soap` is {wanted}, the call's operation {operation}"),
                None => format!("its `soap` is {wanted}, and the call is none"),
            });
        }
        if let Some(wanted) = self.body.as_deref().filter(|part| !has(&text, part)) {
            found.push(format!("the body does not have `{wanted}`"));
        }
        found
    }
}

/// Path and parameters of a target, decoded.
fn parts(target: &str) -> (String, Vec<(String, String)>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameters = query
        .split('&')
        .filter(|p| !p.is_empty())
        .map(|p| p.split_once('=').unwrap_or((p, "")))
        .map(|(name, value)| (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))));
    (decode(path), parameters.collect())
}

/// A header's value by its name.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a String> {
    headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Whether a text stands in a body: as sent, or in XML without regard to the prefixes of elements and to attributes.
fn has(body: &str, part: &str) -> bool {
    body.contains(part) || (body.trim_start().starts_with('<') && bare(body).contains(&bare(part)))
}

/// XML whose tags have lost prefixes and attributes.
fn bare(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len());
    let mut pieces = xml.split('<');
    out.push_str(pieces.next().unwrap_or(""));
    for piece in pieces {
        out.push('<');
        let Some((tag, text)) = piece.split_once('>').filter(|(tag, _)| !tag.starts_with(['!', '?'])) else {
            out.push_str(piece);
            continue;
        };
        let (close, tag) = tag.strip_prefix('/').map_or(("", tag), |tag| ("/", tag));
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, ""), |tag| (tag, "/"));
        let name = tag.split_ascii_whitespace().next().unwrap_or("");
        let local = name.rsplit(':').next().unwrap_or(name);
        out.extend([close, local, empty, ">", text]);
    }
    out
}

/// Whether a SOAP call is of an operation, or of one with a part whose text is this: `fn_retrieve_xml/GET_CV`.
fn is_operation(envelope: &str, wanted: &str) -> bool {
    let (operation, part) = wanted.split_once('/').unwrap_or((wanted, ""));
    soap_operation(envelope) == Some(operation) && (part.is_empty() || envelope.contains(&format!(">{part}<")))
}

/// The local name of the first element in a SOAP body.
fn soap_operation(envelope: &str) -> Option<&str> {
    let mut in_body = false;
    for tag in envelope.split('<').skip(1).filter(|tag| !tag.starts_with(['/', '?', '!'])) {
        let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').next()?;
        let local = name.rsplit(':').next()?;
        if in_body {
            return Some(local);
        }
        in_body = local == "Body";
    }
    None
}

/// `*` at the end stands for any rest, elsewhere for anything within a segment.
fn path_matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => {
            let Some(rest) = path.strip_prefix(before) else { return false };
            if after.is_empty() {
                return true;
            }
            let segment = rest.find('/').unwrap_or(rest.len());
            // The star takes as much as lets the rest match, within its segment.
            (0..=segment).rev().filter_map(|at| rest.get(at..)).any(|rest| path_matches(after, rest))
        }
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match after {
            [high, low, ..] if first == b'%' => hex(*high).zip(hex(*low)).map(|(h, l)| h.wrapping_shl(4) | l),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(first));
        rest = rest.get(if escaped.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

impl TestFile {
    /// The test's clock in milliseconds since 1970-01-01T00:00:00Z; none if `now` is not `YYYY-MM-DDThh:mm:ssZ` (a
    /// fraction and an offset `±hh:mm` may be written).
    pub fn now_ms(&self) -> Option<i64> {
        instant(&self.now)
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z of a time of RFC 3339.
pub(super) fn instant(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let number = |s: &str, digits: usize| {
        (s.len() == digits && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i64>().ok()).flatten()
    };
    let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { return None };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let zone_at = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let offset = match zone {
        "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            number(hours, 2)?.checked_mul(60)?.checked_add(number(minutes, 2)?)?.checked_mul(sign)?
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [hours, minutes, seconds] = clock.split(':').collect::<Vec<_>>()[..] else { return None };
    let (hours, minutes, seconds) = (number(hours, 2)?, number(minutes, 2)?, number(seconds, 2)?);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hours < 24 && minutes < 60 && seconds < 60;
    let millis: i64 = fraction.chars().chain("000".chars()).take(3).collect::<String>().parse().ok()?;
    let minutes = days(year, month, day)?
        .checked_mul(24)?
        .checked_add(hours)?
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_sub(offset)?;
    let ms = minutes.checked_mul(60)?.checked_add(seconds)?.checked_mul(1000)?.checked_add(millis)?;
    in_range.then_some(ms)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar: years are counted from March, so that leap days end them.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month) =
        if month > 2 { (year, month.checked_sub(3)?) } else { (year.checked_sub(1)?, month.checked_add(9)?) };
    let leaps = year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    let of_year = month.checked_mul(153)?.checked_add(2)?.div_euclid(5).checked_add(day)?.checked_sub(1)?;
    year.checked_mul(365)?.checked_add(leaps)?.checked_add(of_year)?.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        assert_eq!(instant("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant("2026-03-01T09:00:00Z"), Some(1_772_355_600_000));
        assert_eq!(instant("2026-03-01T10:00:00+01:00"), Some(1_772_355_600_000));
        assert_eq!(instant("2000-02-29T00:00:00.5Z"), Some(951_782_400_500));
        for wrong in ["", "2026-03-01", "2026-3-1T09:00:00Z", "2026-03-01T09:00:00", "2026-13-01T00:00:00Z"] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bodies_are_matched() {
        let envelope = "<?xml version='1.0'?><s:Envelope xmlns:s='urn:s'><s:Header/><s:Body><w:fn_retrieve_xml xmlns:w='u'>\
                        <retrieve>GET_CV</retrieve><params>COD_FISCALE=X</params></w:fn_retrieve_xml></s:Body></s:Envelope>";
        let fits = |soap: Option<&str>, body: Option<&str>| {
            let own = |text: &str| text.to_owned();
            Match { soap: soap.map(own), body: body.map(own), ..Match::default() }.matches_body(envelope.as_bytes())
        };
        assert!(fits(None, None) && fits(Some("fn_retrieve_xml"), None) && fits(None, Some("COD_FISCALE=X")));
        assert!(fits(Some("fn_retrieve_xml/GET_CV"), Some("=X<")));
        // Whatever the prefixes and attributes of elements.
        assert!(fits(None, Some("<q:retrieve>GET_CV</q:retrieve>")) && fits(None, Some("<fn_retrieve_xml><retrieve>")));
        assert!(!fits(None, Some("<q:params>GET_CV</q:params>")) && !fits(None, Some("<retrieve>GET</retrieve>")));
        assert!(
            !fits(Some("fn_retrieve_xml/GET"), None) && !fits(Some("fn_dologin"), None) && !fits(Some("Body"), None)
        );
        assert!(!fits(Some("fn_retrieve_xml"), Some("IFS_CV")));
        assert!(!Match { soap: Some("a".to_owned()), ..Match::default() }.matches_body(b"{}"));
    }

    #[test]
    fn differences_are_named() {
        let rule = Match {
            method: Some("POST".to_owned()),
            path: Some("/a".to_owned()),
            query: [("x".to_owned(), super::super::Scalar::Int(1))].into(),
            soap: Some("login".to_owned()),
            body: Some("CF".to_owned()),
            headers: [("X-Ticket".to_owned(), "a".to_owned()), ("accept".to_owned(), "b".to_owned())].into(),
        };
        let sent = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            rule.differences("GET", "/b?x=2", &[sent("x-ticket", "A")], b"<E><Body><other/></Body></E>"),
            [
                "its method is POST",
                "its path is /a",
                "its query wants x=1",
                "its header X-Ticket is a, the call's A",
                "its header accept is b, and the call has none",
                "its `soap` is login, the call's operation other",
                "the body does not have `CF`"
            ]
        );
        let sent = [sent("Accept", "b"), sent("x-ticket", "a"), sent("x-more", "c")];
        assert!(rule.matches_headers(&sent) && !rule.matches_headers(&sent[1..]));
        assert!(rule.differences("POST", "/a?x=1", &sent, b"<E><Body><q:login>CF</q:login></Body></E>").is_empty());
    }

    #[test]
    fn calls_are_matched() {
        let rule = |path: &str, query: &[(&str, &str)]| Match {
            method: Some("get".to_owned()),
            path: Some(path.to_owned()),
            query: query.iter().map(|(n, v)| ((*n).to_owned(), super::super::Scalar::Text((*v).to_owned()))).collect(),
            ..Match::default()
        };
        assert!(rule("/a/b", &[]).matches("GET", "/a/b?x=1"));
        assert!(!rule("/a/b", &[]).matches("POST", "/a/b"));
        assert!(rule("/a b", &[("x", "+1")]).matches("GET", "/a%20b?y=2&x=%2B1"));
        assert!(!rule("/a", &[("x", "1")]).matches("GET", "/a?x=11"));
        assert!(rule("/a/*", &[]).matches("GET", "/a/b/c"));
        assert!(rule("/a/*/c", &[]).matches("GET", "/a/b/c"));
        assert!(!rule("/a/*/c", &[]).matches("GET", "/a/b/d/c"));
        assert!(rule("/a/x*y/c", &[]).matches("GET", "/a/xbyy/c"));
    }
}
