//! Every rule of who is let in, and of how it is configured.

use super::*;
use crate::contract;

const US: &str = "11111111-1111-4111-8111-111111111111";
const CONSUMER: &str = "44444444-4444-4444-8444-444444444444";
const CLIENT: &str = "55555555-5555-4555-8555-555555555555";

/// What a gateway that a test made proves: claims by key and name, and the names of the peer's certificate.
#[derive(Default)]
pub(super) struct Gate {
    pub(super) claims: Vec<(&'static str, &'static str, Given)>,
    peers: Vec<String>,
}

/// When these gateways look at a token, seconds.
pub(super) const NOW: f64 = 1_772_355_600.0;

impl Proofs for Gate {
    /// The whole as Envoy writes it: what is null cannot be written, nor can a whole that has it.
    fn claim(&self, key: &str, claim: Option<&str>) -> Given {
        let of_key = self.claims.iter().filter(|(k, _, _)| *k == key);
        match claim {
            Some(name) => match of_key.clone().find(|(_, n, _)| *n == name) {
                Some((_, _, Given::Bytes(bytes))) if bytes.is_empty() => Given::Nothing,
                Some((_, _, given)) => given.clone(),
                None => Given::Nothing,
            },
            None if of_key.clone().next().is_none() => Given::Nothing,
            None => whole(of_key.map(|(_, name, given)| (*name, given))).map_or(Given::Unreadable, Given::Bytes),
        }
    }

    fn now_ms(&self) -> i64 {
        1_772_355_600_000
    }

    fn peers(&self) -> Vec<String> {
        self.peers.clone()
    }
}

/// Members as Envoy writes a record.
fn whole<'g>(members: impl Iterator<Item = (&'static str, &'g Given)>) -> Option<Vec<u8>> {
    let (mut sizes, mut parts) = (Vec::new(), Vec::new());
    for (name, given) in members {
        let Given::Bytes(value) = given else { return None };
        for part in [name.as_bytes(), value] {
            sizes.extend(u32::try_from(part.len()).unwrap().to_le_bytes());
            parts.extend_from_slice(part);
            parts.push(0);
        }
    }
    // Two sizes of four bytes a member.
    let many = u32::try_from(sizes.chunks(8).count()).ok()?;
    Some([many.to_le_bytes().to_vec(), sizes, parts].concat())
}

pub(super) fn text(text: &str) -> Given {
    Given::Bytes(text.as_bytes().to_vec())
}

pub(super) fn number(number: f64) -> Given {
    Given::Bytes(number.to_le_bytes().to_vec())
}

/// A voucher of PDND's without defect.
pub(super) fn voucher() -> Gate {
    let claims = [
        ("client_id", CLIENT),
        ("consumerId", CONSUMER),
        ("purposeId", "66666666-6666-4666-8666-666666666666"),
        ("jti", "voucher-1"),
        ("producerId", US),
        ("eserviceId", "22222222-2222-4222-8222-222222222222"),
        ("descriptorId", "33333332-3333-4333-8333-333333333333"),
    ];
    let claims = claims.into_iter().map(|(name, value)| ("pdnd", name, text(value)));
    Gate { claims: claims.chain([("pdnd", "exp", number(NOW + 600.0))]).collect(), peers: Vec::new() }
}

pub(super) fn with(key: &'static str, name: &'static str, fact: Given) -> Gate {
    let mut gate = voucher();
    gate.claims.retain(|(k, n, _)| (*k, *n) != (key, name));
    gate.claims.push((key, name, fact));
    gate
}

fn without(name: &str) -> Gate {
    let mut gate = voucher();
    gate.claims.retain(|(_, n, _)| *n != name);
    gate
}

/// GovWay's headers without defect.
fn headers() -> Vec<(String, String)> {
    let gate = voucher();
    let value = |at: usize| match gate.claims.get(at) {
        Some((_, _, Given::Bytes(text))) => String::from_utf8(text.clone()).unwrap(),
        _ => String::new(),
    };
    HEADERS.iter().enumerate().map(|(at, name)| ((*name).to_owned(), value(at))).collect()
}

fn govway(peer: &str) -> Gate {
    Gate { peers: vec![peer.to_owned()], ..Gate::default() }
}

pub(super) fn trust(json: &str) -> Trust {
    Trust::parse(json).unwrap()
}

/// The head of a request of this caller's.
fn head(caller: Caller) -> Head {
    let (method, path, instance) = (String::new(), String::new(), String::new());
    Head { method, path, headers: Vec::new(), instance, loopback: true, caller }
}

/// What a caller is told at an operation: nothing, or a status and a challenge.
fn verdict(trust: &Trust, operation: &str, caller: Caller) -> Option<(u16, String)> {
    let operation = contract::operation(operation).unwrap();
    let denied = trust.admit(operation, &head(caller)).err()?;
    Some((denied.code.status(), denied.challenge(operation).unwrap_or_default()))
}

/// The verdict on IFS02.3 for claims.
pub(super) fn judged(json: &str, gate: &Gate) -> Option<(u16, String)> {
    let trust = trust(json);
    let caller = trust.identify(&[], gate);
    verdict(&trust, "IFS02.3", caller)
}

fn nobody() -> Option<(u16, String)> {
    Some((401, "Bearer realm=\"ifs02\"".to_owned()))
}

pub(super) fn invalid() -> Option<(u16, String)> {
    Some((401, "Bearer realm=\"ifs02\", error=\"invalid_token\"".to_owned()))
}

fn forbidden() -> Option<(u16, String)> {
    Some((403, "Bearer realm=\"ifs02\", error=\"insufficient_scope\"".to_owned()))
}

pub(super) const VOUCHER: &str = r#"{"identity":"voucher"}"#;
pub(super) const PARTNERS: &str = r#"{"identity":"voucher","partners":"partner"}"#;
const GOVWAY: &str = r#"{"identity":"govway","peers":["govway.example.it"],
    "eservices":{"IFS02":{"id":"22222222-2222-4222-8222-222222222222"}}}"#;

#[test]
fn without_trust_nobody_is_known() {
    let gate = voucher();
    assert_eq!(Trust::Unset.identify(&headers(), &gate), Caller::Nobody);
    assert_eq!(verdict(&Trust::Unset, "IFS02.1", Caller::Nobody), nobody());
    // Even a shell that says who it is changes nothing.
    let known = Caller::Known(Box::default());
    assert_eq!(verdict(&Trust::Unset, "IFS01.1", known), Some((401, "Bearer realm=\"ifs01\"".to_owned())));
}

#[test]
fn development_is_for_loopback_and_names_nobody() {
    let trust = Trust::parse("\"development\"").unwrap();
    assert_eq!(trust.identify(&headers(), &voucher()), Caller::Nobody);
    assert_eq!(verdict(&trust, "IFS02.1", Caller::Nobody), None);
    let operation = contract::operation("IFS02.1").unwrap();
    let head = Head {
        method: String::new(),
        path: String::new(),
        headers: Vec::new(),
        instance: String::new(),
        loopback: false,
        caller: Caller::Nobody,
    };
    let denied = trust.admit(operation, &head).unwrap_err();
    assert_eq!((denied.code, denied.challenge(operation)), (Code::RequestForbidden, None));
}

#[test]
fn a_voucher_says_who_calls() {
    let trust = trust(VOUCHER);
    let Caller::Known(identity) = trust.identify(&[], &voucher()) else { panic!("not known") };
    assert_eq!((identity.client_id.as_str(), identity.consumer_id.as_str()), (CLIENT, CONSUMER));
    assert_eq!(identity.purpose_id.as_deref(), Some("66666666-6666-4666-8666-666666666666"));
    assert_eq!(identity.jti.as_deref(), Some("voucher-1"));
    assert_eq!(identity.producer_id.as_deref(), Some(US));
    assert!(!identity.partner);
}

#[test]
fn no_voucher_is_no_identity() {
    assert_eq!(judged(VOUCHER, &Gate::default()), nobody());
    // Headers of another mode are not even looked at.
    assert_eq!(trust(VOUCHER).identify(&headers(), &Gate::default()), Caller::Nobody);
}

#[test]
fn what_a_voucher_must_say() {
    for name in ["client_id", "consumerId", "purposeId", "jti"] {
        assert_eq!(judged(VOUCHER, &without(name)), invalid(), "{name}");
    }
    for name in ["producerId", "eserviceId", "descriptorId"] {
        assert_eq!(judged(VOUCHER, &without(name)), None, "{name}");
    }
    for name in CLAIMS {
        assert_eq!(judged(VOUCHER, &with("pdnd", name, Given::Unreadable)), invalid(), "{name}");
    }
}

#[test]
fn a_claim_is_a_short_printable_text() {
    assert_eq!(Fact::of(Given::Bytes(vec![b'x'; 128])), Fact::Text("x".repeat(128)));
    let double = 1_772_355_600_f64.to_le_bytes();
    let pairs = [1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0];
    let unfit: [&[u8]; 9] =
        [b"", &[b'x'; 129], b"a\nb", b"a\x7fb", "perché".as_bytes(), b"\xff", &[1], &double, &pairs];
    for bytes in unfit {
        assert_eq!(Fact::of(Given::Bytes(bytes.to_vec())), Fact::Unfit, "{bytes:?}");
    }
}

#[test]
fn a_voucher_bound_to_a_key_needs_its_proof() {
    for fact in [Given::Unreadable, text("jkt"), text("")] {
        assert_eq!(judged(VOUCHER, &with("pdnd", "cnf", fact.clone())), invalid());
        assert_eq!(judged(r#"{"identity":"voucher","dpop":"refused"}"#, &with("pdnd", "cnf", fact.clone())), invalid());
        assert_eq!(judged(r#"{"identity":"voucher","dpop":"verified"}"#, &with("pdnd", "cnf", fact)), None);
    }
}

#[test]
fn two_identities_are_none() {
    let mut gate = voucher();
    gate.claims.push(("partner", "iss", text("https://partner.example.it")));
    assert_eq!(judged(PARTNERS, &gate), invalid());
    // Where no partners are configured, their key is not read.
    assert_eq!(judged(VOUCHER, &gate), None);
}

#[test]
fn the_voucher_stands_under_the_configured_key() {
    let mut gate = voucher();
    gate.claims.iter_mut().for_each(|claim| claim.0 = "uat");
    assert_eq!(judged(VOUCHER, &gate), nobody());
    assert_eq!(judged(r#"{"identity":"voucher","metadata":"uat"}"#, &gate), None);
}

pub(super) fn partner(claims: &[(&'static str, &str)]) -> Gate {
    let claims = claims.iter().map(|(name, value)| ("partner", *name, text(value)));
    Gate { claims: claims.chain([("partner", "exp", number(NOW + 600.0))]).collect(), peers: Vec::new() }
}

#[test]
fn a_partner_is_its_issuer() {
    let trust = trust(PARTNERS);
    let known = |gate: &Gate| match trust.identify(&[], gate) {
        Caller::Known(identity) => *identity,
        other => panic!("{other:?}"),
    };
    let iss = ("iss", "https://partner.example.it");
    let expected = Identity {
        client_id: "https://partner.example.it".to_owned(),
        consumer_id: "https://partner.example.it".to_owned(),
        partner: true,
        ..Identity::default()
    };
    assert_eq!(known(&partner(&[iss])), expected);
    let named = Identity { client_id: "app".to_owned(), jti: Some("1".to_owned()), ..expected.clone() };
    assert_eq!(known(&partner(&[iss, ("sub", "app"), ("jti", "1")])), named);
    // PDND's names are PDND's: a partner's own are not read.
    let forged = [iss, ("client_id", CLIENT), ("consumerId", CONSUMER), ("purposeId", "p"), ("producerId", US)];
    assert_eq!(known(&partner(&forged)), expected);
}

#[test]
fn a_partners_malformed_token_is_refused() {
    assert_eq!(judged(PARTNERS, &partner(&[("sub", "app")])), invalid());
    for name in ["iss", "sub", "jti"] {
        let mut gate = partner(&[("iss", "https://partner.example.it")]);
        gate.claims.retain(|(_, n, _)| *n != name);
        gate.claims.push(("partner", name, Given::Unreadable));
        assert_eq!(judged(PARTNERS, &gate), invalid(), "{name}");
    }
}

#[test]
fn a_partner_cannot_call_itself_a_client_that_is_allowed() {
    let allow = |id: &str| format!(r#"{{"identity":"voucher","partners":"partner","allow":{{"IFS02":["{id}"]}}}}"#);
    let gate = partner(&[("iss", "https://partner.example.it"), ("sub", CLIENT)]);
    assert_eq!(judged(&allow(CLIENT), &gate), forbidden());
    assert_eq!(judged(&allow("https://partner.example.it"), &gate), None);
}

#[test]
fn a_voucher_is_for_this_producer() {
    let json = format!(r#"{{"identity":"voucher","partners":"partner","producer":"{US}"}}"#);
    assert_eq!(judged(&json, &voucher()), None);
    assert_eq!(judged(&json, &with("pdnd", "producerId", text(CLIENT))), forbidden());
    assert_eq!(judged(&json, &without("producerId")), forbidden());
    // A partner's token names none; its audience is the gateway's to verify.
    assert_eq!(judged(&json, &partner(&[("iss", "https://partner.example.it")])), None);
}

#[test]
fn a_voucher_is_for_this_eservice() {
    let json = |descriptors: &str| {
        format!(
            r#"{{"identity":"voucher","eservices":{{"IFS02":{{"id":"22222222-2222-4222-8222-222222222222"{descriptors}}},
            "IFS01":{{"id":"another"}}}}}}"#
        )
    };
    let one = r#","descriptors":["0","33333332-3333-4333-8333-333333333333"]"#;
    assert_eq!(judged(&json(""), &voucher()), None);
    assert_eq!(judged(&json(one), &voucher()), None);
    assert_eq!(judged(&json(""), &without("descriptorId")), None);
    assert_eq!(judged(&json(one), &without("descriptorId")), forbidden());
    assert_eq!(judged(&json(one), &with("pdnd", "descriptorId", text("0 "))), forbidden());
    assert_eq!(judged(&json(""), &without("eserviceId")), forbidden());
    assert_eq!(judged(&json(""), &with("pdnd", "eserviceId", text("another"))), forbidden());
    // IFS02's voucher at IFS01.
    let trust = trust(&json(""));
    let caller = trust.identify(&[], &voucher());
    let (status, challenge) = verdict(&trust, "IFS01.1", caller).unwrap();
    assert_eq!((status, challenge.as_str()), (403, "Bearer realm=\"ifs01\", error=\"insufficient_scope\""));
}

#[test]
fn the_operations_own_list_outranks_its_apis() {
    let judged = |allow: &str, operation: &str| {
        let trust = trust(&format!(r#"{{"identity":"voucher","allow":{{{allow}}}}}"#));
        let caller = trust.identify(&[], &voucher());
        verdict(&trust, operation, caller)
    };
    let api = format!(r#""IFS02":["{CONSUMER}"]"#);
    assert_eq!(judged(&api, "IFS02.1"), None);
    assert_eq!(judged(&format!(r#""IFS02":["x","{CLIENT}"]"#), "IFS02.1"), None);
    assert_eq!(judged(r#""IFS02":["x"]"#, "IFS02.1"), forbidden());
    assert_eq!(judged(r#""IFS02":[]"#, "IFS02.1"), forbidden());
    assert_eq!(judged(&format!(r#"{api},"IFS02.3":["x"]"#), "IFS02.3"), forbidden());
    assert_eq!(judged(&format!(r#"{api},"IFS02.3":["x"]"#), "IFS02.1"), None);
    assert_eq!(judged(&format!(r#""IFS02":["x"],"IFS02.3":["{CLIENT}"]"#), "IFS02.3"), None);
    // No list, no bound.
    assert_eq!(judged(r#""IFS02":[]"#, "IFS01.1"), None);
}

#[test]
fn govway_counts_only_as_itself() {
    let trust = trust(GOVWAY);
    let Caller::Known(identity) = trust.identify(&headers(), &govway("govway.example.it")) else { panic!("not known") };
    assert_eq!((identity.client_id.as_str(), identity.consumer_id.as_str()), (CLIENT, CONSUMER));
    assert_eq!(identity.descriptor_id.as_deref(), Some("33333332-3333-4333-8333-333333333333"));
    for gate in [Gate::default(), govway("stranger.example.it"), govway("GOVWAY.example.it"), voucher()] {
        assert_eq!(trust.identify(&headers(), &gate), Caller::Stranger);
    }
    // A URI name will do, as will one of several.
    let two = Trust::parse(&GOVWAY.replace("[\"gov", "[\"spiffe://a/b,c\", \"gov")).unwrap();
    assert!(matches!(two.identify(&headers(), &govway("spiffe://a/b,c")), Caller::Known(_)));
    assert!(matches!(two.identify(&headers(), &govway("govway.example.it")), Caller::Known(_)));
}

#[test]
fn govways_headers_are_whole_and_single() {
    let trust = trust(GOVWAY);
    let ask = |headers: &[(String, String)]| trust.identify(headers, &govway("govway.example.it"));
    assert_eq!(ask(&[]), Caller::Nobody);
    for (at, name) in HEADERS.iter().enumerate() {
        let mut less = headers();
        less.remove(at);
        let refused = Caller::Refused(CLAIMS[at]);
        assert_eq!(ask(&less) == refused, at < REQUIRED, "{name}");
        let mut twice = headers();
        twice.push(((*name).to_owned(), headers()[at].1.clone()));
        assert_eq!(ask(&twice), refused, "{name} twice");
        for wrong in [String::new(), "x".repeat(129), "perch\u{e9}".to_owned()] {
            let mut malformed = headers();
            malformed[at].1 = wrong;
            assert_eq!(ask(&malformed), refused, "{name} malformed");
        }
    }
}

#[test]
fn govway_must_say_which_eservice() {
    use OperationId::{Ifs01_1, Ifs02_1, Ifs02_3};
    let trust = trust(GOVWAY);
    assert_eq!(trust.check([Ifs02_1, Ifs02_3].into_iter()), Ok(()));
    assert_eq!(trust.check([Ifs02_1, Ifs01_1].into_iter()), Err("`trust.eservices` must name IFS01".to_owned()));
    assert_eq!(self::trust(VOUCHER).check([Ifs01_1].into_iter()), Ok(()));
    let mut foreign = headers();
    foreign[5].1 = "another".to_owned();
    let caller = trust.identify(&foreign, &govway("govway.example.it"));
    assert_eq!(verdict(&trust, "IFS02.3", caller), forbidden());
}

#[test]
fn what_is_not_understood_is_refused() {
    for (json, word) in [
        ("\"production\"", "`trust`"),
        ("7", "`trust`"),
        ("[]", "`trust`"),
        ("{}", "`identity`"),
        (r#"{"identity":"development"}"#, "`identity`"),
        (r#"{"identity":null}"#, "`identity`"),
        (r#"{"identity":"voucher","identity":"voucher"}"#, "once"),
        (r#"{"identity":"voucher","aud":"x"}"#, "`trust.aud`"),
        (r#"{"identity":"voucher","peers":["x"]}"#, "`trust.peers`"),
        (r#"{"identity":"voucher","metadata":""}"#, "trust.metadata"),
        (r#"{"identity":"voucher","metadata":null}"#, "trust.metadata"),
        (r#"{"identity":"voucher","partners":7}"#, "trust.partners"),
        (r#"{"identity":"voucher","partners":"pdnd"}"#, "differ"),
        (r#"{"identity":"voucher","dpop":true}"#, "trust.dpop"),
        (r#"{"identity":"voucher","dpop":"off"}"#, "trust.dpop"),
        // GovWay's headers do not tell a bound voucher: its policy checks the proof.
        (r#"{"identity":"govway","peers":["a"],"dpop":"verified"}"#, "trust.dpop"),
        (r#"{"identity":"voucher","producer":null}"#, "trust.producer"),
        (r#"{"identity":"voucher","producer":"a\u0041"}"#, "trust.producer"),
        (r#"{"identity":"voucher","eservices":[]}"#, "trust.eservices"),
        (r#"{"identity":"voucher","eservices":{"IFS2":{"id":"x"}}}"#, "trust.eservices.IFS2"),
        (r#"{"identity":"voucher","eservices":{"IFS02":"x"}}"#, "trust.eservices.IFS02"),
        (r#"{"identity":"voucher","eservices":{"IFS02":{}}}"#, "`id`"),
        (r#"{"identity":"voucher","eservices":{"IFS02":{"id":"x","audience":"y"}}}"#, "not known"),
        (r#"{"identity":"voucher","eservices":{"IFS02":{"id":"x","descriptors":[]}}}"#, "no `descriptors`"),
        (r#"{"identity":"voucher","eservices":{"IFS02":{"id":"x","identity":"y"}}}"#, "not known"),
        (r#"{"identity":"voucher","allow":{"IFS02.9":["x"]}}"#, "trust.allow.IFS02.9"),
        (r#"{"identity":"voucher","allow":{"ifs02":["x"]}}"#, "trust.allow.ifs02"),
        (r#"{"identity":"voucher","allow":{"IFS02":"x"}}"#, "list of texts"),
        (r#"{"identity":"voucher","allow":{"IFS02":["x",7]}}"#, "trust.allow.IFS02"),
        (r#"{"identity":"voucher","allow":{"IFS02":["x",["y"]]}}"#, "trust.allow.IFS02"),
        (r#"{"identity":"voucher","allow":{"IFS02":[null]}}"#, "trust.allow.IFS02"),
        (r#"{"identity":"govway"}"#, "trust.peers`"),
        (r#"{"identity":"govway","peers":[]}"#, "trust.peers` must not be empty"),
        (r#"{"identity":"govway","peers":[""]}"#, "trust.peers"),
        (r#"{"identity":"govway","peers":"x"}"#, "trust.peers"),
        (r#"{"identity":"govway","peers":["x"],"metadata":"pdnd"}"#, "`trust.metadata`"),
    ] {
        match Trust::parse(json) {
            Err(error) => assert!(error.contains(word), "{json}: {error}"),
            Ok(trust) => panic!("{json}: {trust:?}"),
        }
    }
}

#[test]
fn lists_are_read_as_they_stand() {
    let json = r#"{"identity":"voucher","allow":{"IFS02": [ "a" ,"b, c" , "]" ] , "IFS02.1": [ ] }}"#;
    let Trust::Gateway(gateway) = trust(json) else { panic!("not a gateway") };
    let lists: Vec<(Allowed, Vec<&str>)> =
        gateway.allow.iter().map(|(of, ids)| (*of, ids.iter().map(String::as_str).collect())).collect();
    assert_eq!(lists, [(Allowed::Api(2), vec!["a", "b, c", "]"]), (Allowed::Operation(OperationId::Ifs02_1), vec![])]);
}

#[test]
fn the_operator_is_told_what_was_amiss() {
    let said = |json: &str, gate: &Gate, operation: &str| {
        let trust = trust(json);
        let head = head(trust.identify(&[], gate));
        trust.admit(contract::operation(operation).unwrap(), &head).err().map(|denied| denied.reason)
    };
    let good = voucher();
    assert_eq!(said(VOUCHER, &good, "IFS02.1"), None);
    assert_eq!(said(VOUCHER, &Gate::default(), "IFS02.1"), Some("nobody"));
    assert_eq!(said(VOUCHER, &with("pdnd", "jti", Given::Unreadable), "IFS02.1"), Some("jti"));
    assert_eq!(said(VOUCHER, &with("pdnd", "cnf", Given::Unreadable), "IFS02.1"), Some("cnf"));
    assert_eq!(said(GOVWAY, &govway("stranger.example.it"), "IFS02.1"), Some("peer"));
    let wrong = |member: &str| format!(r#"{{"identity":"voucher",{member}}}"#);
    assert_eq!(said(&wrong(r#""producer":"other""#), &good, "IFS02.1"), Some("producerId"));
    assert_eq!(said(&wrong(r#""eservices":{"IFS02":{"id":"other"}}"#), &good, "IFS02.1"), Some("eserviceId"));
    assert_eq!(said(&wrong(r#""eservices":{"IFS02":{"id":"other"}}"#), &good, "IFS01.1"), None);
    assert_eq!(said(&wrong(r#""allow":{"IFS02.1":[]}"#), &good, "IFS02.1"), Some("allow"));
    assert_eq!(said(&wrong(r#""allow":{"IFS02.1":[]}"#), &good, "IFS02.3"), None);
}
