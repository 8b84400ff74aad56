//! The configurations that prove who calls, as they are shipped, with the stand-in for PDND and its certificates: each
//! lets the good in and nobody else, and keys, certificates and credentials change while it runs.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use pdnd::{Behaviour, Claims, Defect, Identity, JwksServer, Signer, Standin, TokenServer, fixed};
use serde_json::{Value, json};
use university::Server;
use xtask::envoy::{Cluster, Config, Envoy, Gate, Kind, OAuth2, Tls, Version, plugin_with};
use xtask::http::{self, Answer};
use xtask::{paths, wasm};

use super::replace::until;
use super::{OPERATION, WAIT, ask as ask_plainly, body, bundle, cluster, config, problem, rule, server, start};

pub(crate) fn standin() -> Standin {
    Standin::open(&paths::pdnd()).unwrap()
}

pub(crate) fn keys(standin: &Standin) -> JwksServer {
    JwksServer::start(standin.authority(), 0, standin.jwks(&[Signer::Current])).unwrap()
}

/// One of the shipped files in front of `legacy`.
pub(crate) fn gateway(kind: Kind, standin: &Standin, keys: Option<SocketAddr>, legacy: SocketAddr) -> Config {
    let built = wasm::build(&[], wasm::Fetch::Never).unwrap();
    let plugin = plugin_with(&bundle::one_call("esse3", 5_000), Some(&kind.trust(&[2])), None).unwrap();
    let gate = Gate::standin(standin, kind, keys.filter(|_| kind.verifies()));
    Config::gateway(kind.file(), gate, built.path().to_path_buf(), plugin, vec![cluster(legacy)])
}

fn voucher(standin: &Standin) -> String {
    format!("Bearer {}", standin.voucher(&Claims::of(2).unwrap(), Defect::None).unwrap())
}

/// What GovWay would say of the same voucher.
fn govway() -> Vec<(&'static str, String)> {
    vec![
        ("govway-token-clientid", fixed::CLIENT.to_owned()),
        ("govway-token-consumerid", fixed::CONSUMER.to_owned()),
        ("govway-token-purposeid", fixed::PURPOSE.to_owned()),
        ("govway-token-jti", "77777777-7777-4777-8777-777777777777".to_owned()),
        ("govway-token-producerid", fixed::PRODUCER.to_owned()),
        ("govway-token-eserviceid", fixed::eservice(2)),
        ("govway-token-descriptorid", fixed::descriptor(2)),
    ]
}

/// Asks over TLS as the holder of a certificate. `None`: the connection was refused.
fn ask(envoy: &Envoy, standin: &Standin, who: Option<Identity>, proof: &[(&str, String)]) -> Option<Answer> {
    let mut stream = pdnd::connect(envoy.addr(), standin.authority(), who, WAIT).ok()?;
    let own = [("content-type", "application/json"), ("x-request-id", "gateway-test")];
    let proof = proof.iter().map(|(name, value)| (*name, value.as_str()));
    let headers: Vec<(&str, &str)> = own.into_iter().chain(proof).collect();
    http::over(&mut stream, "localhost", "POST", OPERATION, &headers, br#"{"tax_code":"RSSMRA80A01F205X"}"#).ok()
}

pub(crate) fn simulator() -> Server {
    let server = server();
    server.set_rules(rule(body("[{}]")));
    server
}

#[test]
fn each_configuration_lets_the_good_in_and_nobody_else() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let bearer = || vec![("authorization", voucher(&standin))];
    for kind in Kind::ALL {
        let envoy = start(gateway(kind, &standin, Some(keys.addr()), legacy.addr()));
        let proof = if kind.verifies() { bearer() } else { govway() };
        let wrong = if kind.verifies() { govway() } else { bearer() };
        let good = ask(&envoy, &standin, kind.client(), &proof).unwrap();
        assert_eq!(good.status, 200, "{kind:?}: {}", good.text());
        let before = legacy.seen().len();
        for nothing in [&[][..], &wrong] {
            let refused = ask(&envoy, &standin, kind.client(), nothing).unwrap();
            problem(&refused, 401, "request.identity");
            assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="ifs02""#), "{kind:?}");
        }
        if kind.client().is_some() {
            let others = [Identity::Unnamed, Identity::Revoked, Identity::Expired, Identity::Stranger].map(Some);
            for who in others.into_iter().chain([None]) {
                assert!(ask(&envoy, &standin, who, &proof).is_none(), "{kind:?}: {who:?} got a connection");
            }
        }
        assert_eq!(legacy.seen().len(), before, "{kind:?}: nothing was asked for who was refused");
        let log = fs::read_to_string(envoy.stop().join("access.log")).unwrap();
        let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
        assert_eq!(
            (&first["consumer_id"], &first["purpose_id"], &first["route"], &first["status"]),
            (&json!(fixed::CONSUMER), &json!(fixed::PURPOSE), &json!("ifs02"), &json!(200)),
            "{kind:?}: {log}"
        );
        assert!(!log.contains("RSSMRA80A01F205X") && !log.contains("eyJ"), "{log}");
    }
}

#[test]
fn status_is_open_and_nothing_else_is() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let envoy = start(gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr()));
    let send = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let mut stream = pdnd::connect(envoy.addr(), standin.authority(), None, WAIT).unwrap();
        http::over(&mut stream, "localhost", method, path, headers, &[]).unwrap()
    };
    let probe = format!("Bearer {}", standin.probing(2).unwrap());
    assert_eq!(send("GET", "/ifs02/status", &[("authorization", &probe)]).status, 204);
    assert_eq!(send("GET", "/ifs02/status", &[]).status, 204);
    for (method, path) in [
        ("POST", "/ifs02/status"),
        ("GET", "/ifs02/status/"),
        ("GET", "/ifs02/status;x"),
        ("GET", "/ifs02/status/../academic-enrollments"),
        ("POST", "/ifs02/./status/%2e%2e/academic-enrollments"),
        ("GET", "/ifs02/x/status"),
        ("GET", "/status"),
        ("CONNECT", "localhost:443"),
        ("GET", "/"),
    ] {
        assert_eq!(send(method, path, &[]).status, 401, "{method} {path}");
    }
    for path in ["/ifs02%2fstatus", "/ifs02/status%5c..%5cacademic-enrollments"] {
        assert_eq!(send("GET", path, &[]).status, 400, "{path}");
    }
    let token = standin.voucher(&Claims::of(2).unwrap(), Defect::None).unwrap();
    let in_url = send("POST", &format!("{OPERATION}?access_token={token}"), &[]);
    assert_eq!(in_url.status, 401, "a token in the URL is none");
    assert!(!in_url.headers.iter().any(|(_, value)| value.contains("eyJ")), "and is not sent back");
}

#[test]
fn a_consumer_that_asks_too_often_waits_and_no_other_does() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let shipped = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    let dir = paths::run_dir("gateway-test").unwrap();
    let tree = shipped.fill(&dir).unwrap();
    let at = limit(&tree, "ifs02");
    let one = json!({ "max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "86400s" });
    let envoy = start(Config { edits: vec![(at, one)], ..shipped });
    let of = |consumer: &str| {
        let claims = Claims { consumer: consumer.to_owned(), ..Claims::of(2).unwrap() };
        let token = format!("Bearer {}", standin.voucher(&claims, Defect::None).unwrap());
        ask(&envoy, &standin, None, &[("authorization", token)]).unwrap()
    };
    let first = of(fixed::CONSUMER);
    assert_eq!((first.status, first.header("x-ratelimit-remaining")), (200, Some("0")));
    let second = of(fixed::CONSUMER);
    problem(&second, 429, "gateway.rate");
    // As long as the bucket takes; a release before 1.40 does not say.
    let least = if Version::used().unwrap() < Version(1, 40, 0) { 60..=60 } else { 86_300..=86_400 };
    let after: u64 = second.header("retry-after").unwrap().parse().unwrap();
    assert!(least.contains(&after), "{after}");
    assert_eq!(second.header("x-ratelimit-limit"), Some("1"));
    assert_eq!(of("99999999-9999-4999-8999-999999999999").status, 200);
}

#[test]
fn an_address_that_asks_too_fast_is_told_when_to_come_again() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let shipped = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    let tree = shipped.fill(&paths::run_dir("gateway-test").unwrap()).unwrap();
    let filters = tree.pointer(FILTERS).unwrap().as_array().unwrap();
    let burst = filters.iter().position(|one| one["name"] == "burst").unwrap();
    let at = format!("{FILTERS}/{burst}/typed_config/descriptors/0/token_bucket");
    let one = json!({ "max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "30s" });
    let envoy = start(Config { edits: vec![(at, one)], ..shipped });
    let asked = || ask(&envoy, &standin, None, &[]).unwrap();
    problem(&asked(), 401, "request.identity");
    let second = asked();
    problem(&second, 429, "gateway.rate");
    let after: u64 = second.header("retry-after").unwrap().parse().unwrap();
    let most = if Version::used().unwrap() < Version(1, 40, 0) { 60 } else { 30 };
    assert!((1..=most).contains(&after), "{after}");
}

const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

/// The token bucket of each consumer of one API.
fn limit(tree: &Value, api: &str) -> String {
    let filters = tree.pointer(FILTERS).unwrap().as_array().unwrap();
    let filter = filters.iter().position(|one| one["name"] == "envoy.filters.http.local_ratelimit").unwrap();
    let descriptors = filters[filter]["typed_config"]["descriptors"].as_array().unwrap();
    let wanted = |one: &&Value| one["entries"][0] == json!({ "key": "api", "value": api });
    let found = descriptors.iter().position(|one| wanted(&one)).unwrap();
    format!("{FILTERS}/{filter}/typed_config/descriptors/{found}/token_bucket")
}

#[test]
fn keys_that_come_late_are_taken_when_they_come() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    keys.behave(Behaviour::Failing(503));
    // And without a partner: one requirement is left in each rule.
    let mut config = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    if let Some(gate) = &mut config.gate {
        gate.vouchers.partner = None;
    }
    let envoy = start(config);
    let asked = || ask(&envoy, &standin, None, &[("authorization", voucher(&standin))]).unwrap();
    // Nobody can say of this voucher that it is not good.
    let early = asked();
    problem(&early, 503, "gateway.unavailable");
    assert_eq!((early.header("retry-after"), early.header("www-authenticate")), (Some("30"), None));
    let none = ask(&envoy, &standin, None, &[]).unwrap();
    problem(&none, 401, "request.identity");
    assert_eq!(legacy.seen().len(), 0);
    keys.behave(Behaviour::Good);
    until("the keys are fetched", || asked().status == 200);
}

#[test]
fn a_voucher_that_nobody_can_judge_is_not_called_bad() {
    let (standin, legacy) = (standin(), simulator());
    // Nobody listens where the keys should be, and there is a partner whose key is in a file.
    let envoy = start(gateway(Kind::Edge, &standin, Some(super::closed()), legacy.addr()));
    let asked = |token: String| ask(&envoy, &standin, None, &[("authorization", token)]).unwrap();
    let early = asked(voucher(&standin));
    problem(&early, 503, "gateway.unavailable");
    assert_eq!((early.header("retry-after"), early.header("www-authenticate")), (Some("30"), None));
    // What is bad whatever the keys are is still refused, and PDND's trouble is not a partner's.
    for bad in ["Bearer x.y.z", "Bearer x"] {
        let refused = asked(bad.to_owned());
        problem(&refused, 401, "request.identity");
        assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer realm="ifs02", error="invalid_token""#));
    }
    let expired = standin.voucher(&Claims::of(2).unwrap(), Defect::Expired).unwrap();
    problem(&asked(format!("Bearer {expired}")), 401, "request.identity");
    assert_eq!(legacy.seen().len(), 0);
}

#[test]
fn a_certificate_is_replaced_without_a_restart() {
    let (standin, legacy) = (standin(), simulator());
    let authority = standin.authority();
    let folder = paths::run_dir("certificate").unwrap();
    let put = |of: Identity| {
        for (from, name) in [(authority.key(of), "server.key"), (authority.certificate(of), "server.pem")] {
            fs::copy(from, folder.join("new")).unwrap();
            fs::rename(folder.join("new"), folder.join(name)).unwrap();
        }
    };
    put(Identity::Server);
    let mut config = gateway(Kind::Edge, &standin, None, legacy.addr());
    if let Some(gate) = &mut config.gate {
        (gate.certificate, gate.key) = (folder.join("server.pem"), folder.join("server.key"));
    }
    let envoy = start(config);
    let connects = || pdnd::connect(envoy.addr(), authority, None, WAIT).is_ok();
    assert!(connects());
    // That of GovWay does not bear the gateway's name, so a client that checks names tells the two apart.
    put(Identity::GovWay);
    until("the other certificate is shown", || !connects());
    put(Identity::Server);
    until("the first one is shown again", connects);
    // The keys lay in a file.
    let good = ask(&envoy, &standin, None, &[("authorization", voucher(&standin))]).unwrap();
    assert_eq!(good.status, 200, "{}", good.text());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_clients_authorities_are_replaced_without_a_restart() {
    let (standin, legacy) = (standin(), simulator());
    let authority = standin.authority();
    let folder = paths::run_dir("clients").unwrap();
    let put = |from: &Path, name: &str| {
        fs::copy(from, folder.join("new")).unwrap();
        fs::rename(folder.join("new"), folder.join(name)).unwrap();
    };
    // Any certificate that is not the authority's.
    put(&authority.certificate(Identity::Stranger), "ca.pem");
    put(&authority.crl(), "crl.pem");
    let mut config = gateway(Kind::GovWay, &standin, None, legacy.addr());
    if let Some(gate) = &mut config.gate {
        (gate.clients.authorities, gate.clients.revoked) = (folder.join("ca.pem"), folder.join("crl.pem"));
    }
    let envoy = start(config);
    let asked = |who: Identity| ask(&envoy, &standin, Some(who), &govway()).is_some_and(|answer| answer.status == 200);
    assert!(!asked(Identity::GovWay));
    put(&authority.ca(), "ca.pem");
    until("the authority is trusted", || asked(Identity::GovWay));
    assert!(!asked(Identity::Revoked));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_system_over_tls_must_prove_its_name() {
    let standin = standin();
    let authority = standin.authority();
    let system = JwksServer::start(authority, 0, String::new()).unwrap();
    let over_tls = |name: &str| Cluster {
        tls: Some(Tls { name: name.to_owned(), authorities: authority.ca() }),
        ..Cluster::new("esse3", "127.0.0.1", system.addr().port())
    };
    let asked = |cluster: Cluster| {
        let bundle = bundle::one_call("esse3", 5_000);
        ask_plainly(start(config(&bundle, Some("development"), vec![cluster], &[])).addr())
    };
    // It has nothing at that path, and says so: the connection was good.
    problem(&asked(over_tls("localhost")), 500, "legacy.status");
    problem(&asked(over_tls("sis.example.it")), 503, "legacy.down");
}

#[test]
fn a_system_gets_a_token_or_no_call_at_all() {
    let (standin, legacy) = (standin(), simulator());
    let tokens = TokenServer::start(Some(standin.authority()), 0, ("ifs", "right"), Duration::from_secs(600)).unwrap();
    let with = |secret: &str| Cluster {
        oauth2: Some(OAuth2 {
            host: "127.0.0.1".to_owned(),
            port: tokens.addr().port(),
            path: "/token".to_owned(),
            tls: Some(Tls { name: "localhost".to_owned(), authorities: standin.authority().ca() }),
            client: "ifs".to_owned(),
            secret: secret.to_owned(),
            scopes: Vec::new(),
        }),
        ..Cluster::new("esse3", "127.0.0.1", legacy.addr().port())
    };
    let envoy = start(config(&bundle::one_call("esse3", 5_000), Some("development"), vec![with("wrong")], &[]));
    until("the secret is refused", || tokens.refused() > 0);
    let refused = ask_plainly(envoy.addr());
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("30")), "{}", refused.text());
    assert_eq!(legacy.seen().len(), 0, "no call goes out without a token");
    envoy.replace_credentials(&with("right")).unwrap();
    // The simulator knows no tokens and answers 401; that it was asked is what counts.
    until("a token is fetched and sent", || {
        ask_plainly(envoy.addr());
        !legacy.seen().is_empty()
    });
    let seen = legacy.seen();
    let sent = seen.last().unwrap().headers.iter().find(|(name, _)| name == "authorization").map(|(_, v)| v.clone());
    assert_eq!(sent, Some(format!("Bearer {}", tokens.tokens().last().unwrap())));
}

#[test]
fn a_filter_that_is_not_there_stops_everything() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let mut config = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    config.wasm = Path::new("/nowhere/ifs_filter.wasm").to_path_buf();
    let envoy = start(config);
    let answer = ask(&envoy, &standin, None, &[("authorization", voucher(&standin))]).unwrap();
    problem(&answer, 503, "gateway.unavailable");
    assert_eq!(answer.header("retry-after"), Some("30"));
    assert_eq!(envoy.configured().unwrap().1, 1, "it can be seen from outside");
}
