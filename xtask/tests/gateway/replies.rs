//! The mappers that let the filter's answers out first change nothing that leaves the gateway, neither of those answers
//! nor of what Envoy refuses itself: the shipped file against the same without them.

use pdnd::{Claims, Defect, Standin};
use serde_json::{Value, json};
use xtask::envoy::{Config, Envoy, Kind, check, declared};
use xtask::http::{self, Answer};
use xtask::paths;

use super::gate::{gateway, keys, simulator, standin};
use super::{OPERATION, WAIT, bundle, cluster, config, problem, start};

const MAPPERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/local_reply_config/mappers";
const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

/// The file without the mappers that let out what they take.
fn without(shipped: &Config) -> Config {
    let dir = paths::run_dir("gateway-test").unwrap();
    let tree = shipped.fill(&dir).unwrap();
    let mut mappers = tree.pointer(MAPPERS).unwrap().as_array().unwrap().clone();
    let all = mappers.len();
    mappers.retain(|mapper| mapper.as_object().unwrap().len() > 1);
    assert_eq!(mappers.len(), all - 2, "the two that this test is about");
    Config { edits: vec![(MAPPERS.to_owned(), Value::from(mappers))], ..shipped.clone() }
}

/// A request and the problem that must come of it, by its status and type; a good answer has none.
struct Ask {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: &'static str,
    status: u16,
    code: Option<&'static str>,
}

const STUDENT: &str = r#"{"tax_code":"RSSMRA80A01F205X"}"#;

fn post(path: &'static str, token: Option<String>, status: u16, code: Option<&'static str>) -> Ask {
    let proof = token.map(|token| ("authorization", format!("Bearer {token}")));
    let kind = [("content-type", "application/json".to_owned())];
    Ask { method: "POST", path, headers: kind.into_iter().chain(proof).collect(), body: STUDENT, status, code }
}

impl Ask {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(given, _)| *given != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    fn send(&self, envoy: &Envoy, standin: Option<&Standin>) -> Answer {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match standin {
            Some(standin) => {
                let mut stream = pdnd::connect(envoy.addr(), standin.authority(), None, WAIT).unwrap();
                let body = self.body.as_bytes();
                http::over(&mut stream, "localhost", self.method, self.path, &headers, body).unwrap()
            }
            None => http::send(envoy.addr(), self.method, self.path, &headers, self.body.as_bytes(), WAIT).unwrap(),
        }
    }
}

/// What leaves, but for what is another in each answer.
fn essence(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let own = ["x-request-id", "date", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| !own.contains(&name.as_str()));
    headers.sort();
    let id = answer.header("x-request-id").unwrap_or("nothing");
    headers.iter_mut().for_each(|(_, value)| *value = value.replace(id, "ID"));
    (answer.status, headers, answer.text().replace(id, "ID"))
}

fn compare(shipped: Config, standin: Option<&Standin>, asks: &[Ask]) {
    let plain = start(without(&shipped));
    let envoy = start(shipped);
    for ask in asks {
        let answer = ask.send(&envoy, standin);
        assert_eq!(essence(&answer), essence(&ask.send(&plain, standin)), "{} {}", ask.method, ask.path);
        assert_eq!(answer.status, ask.status, "{} {}: {}", ask.method, ask.path, answer.text());
        if let Some(code) = ask.code {
            problem(&answer, ask.status, code);
        }
    }
}

#[test]
fn answers_and_refusals_leave_the_edge_as_they_would_without() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let voucher = |api, defect| standin.voucher(&Claims::of(api).unwrap(), defect).ok();
    let good = || voucher(2, Defect::None);
    let expired = || voucher(2, Defect::Expired);
    let get = |path, status| Ask { method: "GET", body: "", ..post(path, None, status, None) };
    let asks = [
        post(OPERATION, good(), 200, None),
        get("/ifs02/status", 204),
        post("/ifs02/nothing", good(), 404, Some("request.path")),
        Ask { body: "{}", ..post(OPERATION, good(), 400, Some("request.invalid")) },
        post(OPERATION, good(), 415, Some("request.media-type")).with("content-type", "text/plain"),
        post(OPERATION, None, 401, Some("request.identity")),
        post(OPERATION, expired(), 401, Some("request.identity")),
        post(OPERATION, voucher(1, Defect::None), 403, Some("request.forbidden")),
        post("/ifs02%2facademic-enrollments", good(), 400, Some("gateway.refused")),
        post(OPERATION, good(), 431, None).with("x-long", &"4".repeat(70_000)),
    ];
    compare(gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr()), Some(&standin), &asks);
}

/// To a client of gRPC Envoy answers every refusal with status 200; the mappers see the status before.
#[test]
fn a_refusal_that_leaves_with_200_is_none_that_is_let_out() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let refused = [post(OPERATION, None, 200, None).with("content-type", "application/grpc")];
    let shipped = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    compare(shipped.clone(), Some(&standin), &refused);
    let answer = refused[0].send(&start(shipped), Some(&standin));
    let message = answer.header("grpc-message").unwrap_or_default();
    assert!(answer.header("grpc-status") == Some("16") && message.contains("request.identity"), "{answer:?}");
}

#[test]
fn answers_and_refusals_leave_the_development_gateway_as_they_would_without() {
    let legacy = simulator();
    let shipped = config(&bundle::one_call("esse3", 5_000), Some("development"), vec![cluster(legacy.addr())], &[]);
    let asks = [
        post(OPERATION, None, 200, None),
        post("/ifs02/nothing", None, 404, Some("request.path")),
        post("/ifs02%2fstatus", None, 400, Some("gateway.refused")),
    ];
    compare(shipped, None, &asks);
}

/// Where declared answers alone are wanted, what Envoy refuses itself leaves as 400 or 500 without a body, and keeps the
/// headers that say what is missing.
#[test]
fn refusals_leave_a_gateway_of_declared_answers_bare() {
    let (standin, legacy) = (standin(), simulator());
    let keys = keys(&standin);
    let voucher = |api, defect| standin.voucher(&Claims::of(api).unwrap(), defect).ok();
    let good = || voucher(2, Defect::None);
    let mut shipped = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    shipped.plugin = declared::plugin(&shipped.plugin);
    let files = shipped.files(&paths::run_dir("gateway-test").unwrap()).unwrap();
    let text = files.last().unwrap().1.to_string();
    let given = check::Given { text: &text, read: &check::unwritten(&files), exceptions: &shipped.exceptions };
    assert!(given.check().unwrap().findings.is_empty());
    let envoy = start(shipped);
    let challenge = |error: &str| Some(format!("Bearer realm=\"ifs02\"{error}"));
    for (ask, challenge) in [
        (post("/ifs02/nothing", good(), 400, None), None),
        (Ask { body: "{}", ..post(OPERATION, good(), 400, None) }, None),
        (post(OPERATION, None, 400, None), challenge("")),
        (post(OPERATION, voucher(2, Defect::Expired), 400, None), challenge(", error=\"invalid_token\"")),
        (post(OPERATION, voucher(1, Defect::None), 400, None), challenge(", error=\"insufficient_scope\"")),
        (post("/ifs02%2facademic-enrollments", good(), 400, None), None),
        (post(OPERATION, good(), 400, None).with("x-long", &"4".repeat(70_000)), None),
    ] {
        let answer = ask.send(&envoy, Some(&standin));
        assert_eq!((answer.status, answer.text().as_str()), (ask.status, ""), "{} {}", ask.method, ask.path);
        assert_eq!(answer.header("content-type"), None, "{}", ask.path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", ask.path);
        assert_eq!(answer.header("www-authenticate").map(str::to_owned), challenge, "{}", ask.path);
    }
    let well = post(OPERATION, good(), 200, None).send(&envoy, Some(&standin));
    assert_eq!((well.status, well.header("content-type")), (200, Some("application/json")));
    drop(envoy);

    // Too many in a second; a filter that is not there.
    let mut hurried = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    hurried.plugin = declared::plugin(&hurried.plugin);
    let bucket = json!({ "max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "3600s" });
    hurried.edits.push((format!("{FILTERS}/0/typed_config/token_bucket"), bucket));
    let mut gone = gateway(Kind::Edge, &standin, Some(keys.addr()), legacy.addr());
    gone.plugin = r#"{"answers":"declared"}"#.to_owned();
    for (config, before, status) in [(hurried, 1, 400), (gone, 0, 500)] {
        let envoy = start(config);
        let ask = post(OPERATION, good(), status, None);
        for _ in 0..before {
            assert_eq!(ask.send(&envoy, Some(&standin)).status, 200);
        }
        let answer = ask.send(&envoy, Some(&standin));
        assert_eq!((answer.status, answer.text().as_str(), answer.header("content-type")), (status, "", None));
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
}
