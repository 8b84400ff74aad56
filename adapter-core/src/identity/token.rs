//! What makes a token no good that the gateway has verified: how it came, how long it lives, what it demands.

use super::{Fact, Given, Proofs};

/// Longest that a token may live from now on, seconds. PDND's live for a day at most.
const LONGEST: f64 = 86_400.0;

/// By how much other clocks may differ from ours, seconds.
const SKEW: f64 = 5.0;

/// What the name of the place is called where the gateway puts a token's header (`header_in_metadata`): that of the payload,
/// and this.
const HEADER: &str = "_header";

/// Why a caller is refused: its token is bound to a key, and came as a bearer.
const BOUND: &str = "cnf";

/// Why a caller is refused: its token lives for too long, or nobody knows for how long.
const ENDLESS: &str = "exp";

/// Why a caller is refused: its token demands that something be understood which nobody here looks at.
const CRITICAL: &str = "crit";

/// Why a caller is refused: `Authorization` is not `Bearer` and one token.
const SCHEME: &str = "scheme";

/// A verified token.
pub(super) struct Token<'p> {
    /// Where its payload stands.
    pub key: &'p str,
    /// The payload as a whole.
    pub payload: Given,
    /// Who is asked.
    pub proofs: &'p dyn Proofs,
}

impl Token<'_> {
    /// A claim.
    pub fn claim(&self, name: &str) -> Fact {
        Fact::of(self.proofs.claim(self.key, Some(name)))
    }

    /// Why it counts for nothing; none if it does. `bound` ones may be taken: something in front has checked the proof.
    pub fn objection(&self, headers: &[(String, String)], bound: bool) -> Option<&'static str> {
        if !comes_as_bearer(headers) {
            return Some(SCHEME);
        }
        // Of a null in it the gateway gives no whole.
        if !bound && self.has(self.key, &self.payload, BOUND) {
            return Some(BOUND);
        }
        // What Envoy reckons with is a whole number of seconds, which beyond 2^63 is any.
        let last = self.proofs.now_ms() as f64 / 1_000.0 + LONGEST + SKEW;
        match self.proofs.claim(self.key, Some("exp")) {
            Given::Bytes(bytes)
                if <[u8; 8]>::try_from(bytes.as_slice()).is_ok_and(|b| f64::from_le_bytes(b) <= last) => {}
            _ => return Some(ENDLESS),
        }
        let header = [self.key, HEADER].concat();
        let whole = self.proofs.claim(&header, None);
        self.has(&header, &whole, CRITICAL).then_some(CRITICAL)
    }

    /// Whether there is a member of that name, whatever it is.
    fn has(&self, key: &str, whole: &Given, name: &str) -> bool {
        match whole {
            Given::Nothing => false,
            // An empty text is one of these names, and nothing if it is asked for.
            Given::Bytes(bytes) => names(bytes).is_none_or(|mut names| names.any(|one| one == name.as_bytes())),
            Given::Unreadable => self.proofs.claim(key, Some(name)) != Given::Nothing,
        }
    }
}

/// Names of a record's members as the host writes it; none if it does not write it so.
fn names(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let number = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
    };
    let many = number(0)?;
    let mut at = many.checked_mul(8)?.checked_add(4)?;
    let mut all = Vec::new();
    for member in 0..many {
        let sizes = member.checked_mul(8)?.checked_add(4)?;
        let (name, value) = (number(sizes)?, number(sizes.checked_add(4)?)?);
        all.push(bytes.get(at..at.checked_add(name)?)?);
        at = at.checked_add(name)?.checked_add(value)?.checked_add(2)?;
    }
    Some(all.into_iter())
}

/// Whether `Authorization`, where the gateway lets it through, has one token, of the scheme `Bearer` (RFC 6750 §2.1): Envoy
/// looks for the word anywhere in it.
fn comes_as_bearer(headers: &[(String, String)]) -> bool {
    let mut all = headers.iter().filter(|(name, _)| name == "authorization").map(|(_, value)| value);
    match (all.next(), all.next()) {
        (None, _) => true,
        (Some(value), None) => value.split_once(' ').is_some_and(|(scheme, token)| {
            let token = token.trim_start_matches(' ').trim_end_matches('=');
            let of_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
            scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(of_token)
        }),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{
        Gate, NOW, PARTNERS, VOUCHER, invalid, judged, number, partner, text, trust, voucher, with,
    };
    use super::super::{Caller, Given};
    use super::*;

    fn of_partner() -> Gate {
        partner(&[("iss", "https://partner.example.it")])
    }

    #[test]
    fn no_token_lives_for_more_than_a_day() {
        let longest = NOW + 86_405.0;
        for end in [NOW - 1e9, NOW, longest] {
            assert_eq!(judged(VOUCHER, &with("pdnd", "exp", number(end))), None, "{end}");
        }
        let two_to_the_63rd = 9_223_372_036_854_775_808.0;
        for end in [longest + 1.0, two_to_the_63rd, 1e19, 1.8e19, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(judged(VOUCHER, &with("pdnd", "exp", number(end))), invalid(), "{end}");
            let mut gate = of_partner();
            gate.claims.retain(|(_, name, _)| *name != "exp");
            gate.claims.push(("partner", "exp", number(end)));
            assert_eq!(judged(PARTNERS, &gate), invalid(), "{end}");
        }
        for given in [text("never"), text(""), text("99999999"), Given::Unreadable, Given::Bytes(vec![1])] {
            let judged = judged(VOUCHER, &with("pdnd", "exp", given.clone()));
            // Eight digits are as many bytes as a number, a small one.
            assert_eq!(judged, if given == text("99999999") { None } else { invalid() }, "{given:?}");
        }
    }

    #[test]
    fn a_token_without_an_end_is_none() {
        let mut gate = voucher();
        gate.claims.retain(|(_, name, _)| *name != "exp");
        assert_eq!(judged(VOUCHER, &gate), invalid());
        assert_eq!(trust(VOUCHER).identify(&[], &gate), Caller::Refused(ENDLESS));
    }

    #[test]
    fn a_partners_token_bound_to_a_key_needs_its_proof_too() {
        for given in [Given::Unreadable, text("jkt"), text("")] {
            let mut gate = of_partner();
            gate.claims.push(("partner", "cnf", given));
            assert_eq!(trust(PARTNERS).identify(&[], &gate), Caller::Refused(BOUND));
            let verified = r#"{"identity":"voucher","partners":"partner","dpop":"verified"}"#;
            assert!(matches!(trust(verified).identify(&[], &gate), Caller::Known(_)));
        }
    }

    #[test]
    fn a_header_that_demands_something_is_not_understood() {
        for given in [text("b64"), text(""), Given::Unreadable, Given::Bytes(vec![0; 4])] {
            let gate = with("pdnd_header", "crit", given);
            assert_eq!(trust(VOUCHER).identify(&[], &gate), Caller::Refused(CRITICAL));
        }
        assert_eq!(judged(VOUCHER, &with("pdnd_header", "kid", text("crit"))), None);
    }

    #[test]
    fn bearer_is_the_scheme_and_not_a_word_in_it() {
        let judged = |values: &[&str]| {
            let headers: Vec<_> = values.iter().map(|v| ("authorization".to_owned(), (*v).to_owned())).collect();
            trust(VOUCHER).identify(&headers, &voucher())
        };
        for good in [&["Bearer a.b-_.c"][..], &["bearer a.b.c"], &["BEARER  a.b.c="], &[]] {
            assert!(matches!(judged(good), Caller::Known(_)), "{good:?}");
        }
        for bad in [
            &["Basic Bearer a.b.c"][..],
            &["DPoP x, Bearer a.b.c"],
            &["xBearer a.b.c"],
            &["Bearer a.b.c, Bearer a.b.c"],
            &["Bearer a.b.c Bearer a.b.c"],
            &["Bearer"],
            &["Bearer "],
            &[""],
            &["Bearer a.b.c", "Bearer a.b.c"],
        ] {
            assert_eq!(judged(bad), Caller::Refused(SCHEME), "{bad:?}");
        }
    }

    #[test]
    fn a_record_that_is_not_one_has_no_names() {
        assert!(names(&[]).is_none() && names(&[1, 0, 0, 0]).is_none() && names(&[255; 12]).is_none());
        assert!(names(&[1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, b'a']).is_none());
        let one = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, b'a', 0, 0];
        assert_eq!(names(&one).unwrap().collect::<Vec<_>>(), [b"a"]);
    }
}
