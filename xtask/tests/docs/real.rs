//! What the operator's pages tell of a running gateway, on one: Envoy's metrics have the names that the runbook uses, and
//! `docs/tools/filter_file.py` puts a bundle in place, or one that is refused.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pdnd::{Claims, Defect, JwksServer, Signer, Standin};
use serde_json::Value;
use university::{Answer, Match, Population, Rule, Server};
use xtask::envoy::{Cluster, Config, Envoy, Gate, Kind, OAuth2, Options, plugin_with};
use xtask::mapping::{self, Compiled};
use xtask::{http, paths, wasm};

const WAIT: Duration = Duration::from_secs(20);

/// `edge.yaml` with the stand-in's keys, in front of a system, and of one with a token that nobody calls.
fn gateway(compiled: &Compiled, standin: &Standin, keys: &JwksServer, system: SocketAddr) -> Envoy {
    let plugin = plugin_with(&compiled.bundle, Some(&Kind::Edge.trust(&compiled.apis())), None).unwrap();
    let one = |name: &String| Cluster::new(name, "127.0.0.1", system.port()).basic("user", "password");
    let token = OAuth2 {
        host: "127.0.0.1".to_owned(),
        port: 9,
        path: "/token".to_owned(),
        tls: None,
        client: "ifs".to_owned(),
        secret: "secret".to_owned(),
        scopes: Vec::new(),
    };
    let other = Cluster { oauth2: Some(token), ..Cluster::new("other", "127.0.0.1", 9) };
    let clusters = compiled.clusters.iter().map(one).chain([other]).collect();
    let gate = Gate::standin(standin, Kind::Edge, Some(keys.addr()));
    let built = wasm::build(&[], wasm::Fetch::Never).unwrap();
    let mut config = Config::gateway(Kind::Edge.file(), gate, built.path().to_path_buf(), plugin, clusters);
    config.secrets = compiled.secrets(|_, _| Some("placeholder".to_owned())).unwrap();
    Envoy::start(config, &Options::named("docs")).unwrap()
}

fn admin(envoy: &Envoy, path: &str) -> String {
    String::from_utf8(http::get(envoy.admin(), path, WAIT).unwrap().body).unwrap()
}

/// Waits until the metrics have something.
#[track_caller]
fn metrics_get(envoy: &Envoy, what: impl Fn(&str) -> bool) {
    let until = Instant::now() + WAIT;
    loop {
        let metrics = admin(envoy, "/stats/prometheus");
        if metrics.lines().any(&what) {
            return;
        }
        assert!(Instant::now() < until, "{metrics}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Puts a bundle in place as the page says.
fn put(envoy: &Envoy, bundle: &[u8]) {
    let file = envoy.dir().join("bundle.json");
    std::fs::write(&file, bundle).unwrap();
    let done = Command::new("python3")
        .arg(crate::file("docs/tools/filter_file.py"))
        .arg(envoy.dir().join("ifs-filter.json"))
        .arg("--bundle")
        .arg(&file)
        .output()
        .expect("python3, which installs Envoy too");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn digest(bundle: &[u8]) -> String {
    serde_json::from_slice::<Value>(bundle).unwrap()["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_running_gateway_is_as_the_pages_say() {
    let before = mapping::compile(&mapping::of_pack("esse3-rest")).unwrap();
    let after = mapping::compile(&mapping::of_pack("esse3-local")).unwrap();
    let standin = Standin::open(&paths::pdnd()).unwrap();
    let keys = JwksServer::start(standin.authority(), 0, standin.jwks(&[Signer::Current])).unwrap();
    let population = Population::generate(1, 10, university::DEFAULT_TODAY);
    let system = Server::start(Arc::new(population), university::Options::default()).unwrap();
    let envoy = gateway(&before, &standin, &keys, system.addr());
    // At a start the first attempt may fail: Envoy is busy compiling the filter.
    metrics_get(&envoy, |line| line.starts_with("envoy_http_jwt_authn_jwks_fetch_success{") && !line.ends_with(" 0"));
    // Envoy counts a class of statuses, and a status, from the first one on.
    for status in [401, 503] {
        system.set_rules(vec![Rule {
            when: Match::default(),
            answer: Answer { status: Some(status), ..Answer::default() },
        }]);
        ask(&envoy, &standin);
    }
    envoys_names_exist(&envoy);

    let runs = |bundle: &[u8], value: &str| {
        let (digest, value) = (format!("digest=\"{}\"", digest(bundle)), format!("}} {value}"));
        move |line: &str| {
            line.starts_with("ifs_adapter_bundle_info{") && line.contains(&digest) && line.ends_with(&value)
        }
    };
    metrics_get(&envoy, runs(&before.bundle, "1"));
    put(&envoy, &after.bundle);
    metrics_get(&envoy, runs(&after.bundle, "1"));
    metrics_get(&envoy, runs(&before.bundle, "0"));

    // Whole, but of a form that this filter does not read: what the tool cannot know.
    let broken = String::from_utf8(after.bundle.clone()).unwrap().replacen("{\"ifs_bundle\":", "{\"ifs_bundle\":9", 1);
    put(&envoy, broken.as_bytes());
    metrics_get(&envoy, |line| line.starts_with("ifs_adapter_configurations_total{result=\"refused\"} "));
    assert!(envoy.stat("extension_config_discovery.http_filter.ifs.update_rejected").unwrap() > 0);
    assert!(envoy.log().contains("configuration refused: "));
    metrics_get(&envoy, runs(&after.bundle, "1"));

    a_burst_is_cut(&envoy, &standin);
    connections_are_bounded(&envoy);
}

/// One request with a good voucher, whatever comes of it.
fn ask(envoy: &Envoy, standin: &Standin) {
    let token = standin.voucher(&Claims::of(2).unwrap(), Defect::None).unwrap();
    let bearer = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let mut stream = pdnd::connect(envoy.addr(), standin.authority(), None, WAIT).unwrap();
    let body = br#"{"tax_code":"RSSMRA80A01F205X"}"#;
    let answer = http::over(&mut stream, "localhost", "POST", "/ifs02/academic-enrollments", &headers, body).unwrap();
    assert_eq!(answer.status, 503, "{}", answer.text());
}

/// Metrics of Envoy's own that a page names, as Prometheus reads them and as `/stats` lists them.
fn envoys_names_exist(envoy: &Envoy) {
    let (prometheus, stats) = (admin(envoy, "/stats/prometheus"), admin(envoy, "/stats"));
    let families: Vec<&str> =
        prometheus.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let names: Vec<&str> = stats.lines().filter_map(|line| line.split(": ").next()).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (page, text) in crate::names::pages() {
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| w.starts_with("envoy_")) {
            seen += 1;
            // A name cut short stands for all that begin so, and one is a file's: /dev/shm/envoy_shared_memory_0.
            let cut = word.ends_with('_') && families.iter().any(|family| family.starts_with(word));
            let known = cut || word.starts_with("envoy_shared_memory_");
            if !known && !families.contains(&word) && !prometheus.contains(&format!("{word}=\"")) {
                wrong.push(format!("{page}: {word}"));
            }
        }
        let roots = [
            "http.ifs.",
            "cluster.",
            "listener.",
            "overload.",
            "ifs.",
            "ifs_burst.",
            "access_log.",
            "extension_config_",
            "sds.",
            "wasm.",
        ];
        for word in crate::names::quoted(&text) {
            let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
            if !plain || !roots.iter().any(|root| word.starts_with(root)) {
                continue;
            }
            seen += 1;
            let placeholder = ["NAME", "ADDRESS", "esse3"].into_iter().find(|name| word.contains(name)).unwrap_or("\0");
            let (start, end) = word.split_once(placeholder).unwrap_or((word, ""));
            let fits = |name: &&str| {
                let rest = if end.is_empty() { *name == word } else { name.ends_with(end) };
                // Without its last piece it stands for all of them.
                let cut = name.strip_prefix(start).is_some_and(|after| match end {
                    "" => after.starts_with('.'),
                    end => after.contains(&format!("{end}.")),
                });
                name.starts_with(start) && (rest || cut || word.ends_with('.'))
            };
            if !names.iter().any(fits) {
                wrong.push(format!("{page}: {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 30, "{seen} names");
}

/// One request after another on one connection, until the burst has let through what it does: the rest is told to come
/// back, and costs nothing.
fn a_burst_is_cut(envoy: &Envoy, standin: &Standin) {
    const MOST: usize = 20_000;
    let mut stream = pdnd::connect(envoy.addr(), standin.authority(), None, WAIT).unwrap();
    let (mut let_through, mut refused) = (0_u64, 0_u64);
    let mut chunk = [0; 65_536];
    for _ in 0..MOST {
        stream.write_all(b"GET /ifs02/status HTTP/1.1\r\nhost: ifs.test\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !whole(&answer) {
            let more = stream.read(&mut chunk).unwrap();
            assert_ne!(more, 0, "closed behind {:?}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&chunk[..more]);
        }
        let text = String::from_utf8(answer).unwrap();
        if text.starts_with("HTTP/1.1 204 ") {
            let_through += 1;
        } else {
            assert!(text.starts_with("HTTP/1.1 429 ") && text.to_lowercase().contains("retry-after: "), "{text}");
            assert!(text.contains("urn:ifs-adapter:problem:gateway.rate"), "{text}");
            refused += 1;
        }
        if refused == 20 {
            break;
        }
    }
    assert!(let_through >= 400 && refused == 20, "{let_through} let through, {refused} refused");
    assert!(envoy.stat("ifs_burst.http_local_rate_limit.rate_limited").unwrap() >= refused);
}

/// Whether an answer is there with all of its body; without a length it has none.
fn whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

/// One connection more than are allowed is closed, and counted; those that are there stay.
fn connections_are_bounded(envoy: &Envoy) {
    const MOST: usize = 2_000;
    let connect = || TcpStream::connect_timeout(&envoy.addr(), WAIT);
    let held: Vec<TcpStream> = (0..MOST + 20).map_while(|_| connect().ok()).collect();
    if held.len() < MOST + 20 {
        println!("only {} connections may be open here: not tried", held.len());
        return;
    }
    // Envoy closes those beyond without a byte; the others wait for a handshake.
    let until = Instant::now() + WAIT;
    let closed = || {
        held.iter()
            .filter(|stream| stream.set_nonblocking(true).is_ok() && matches!((&**stream).read(&mut [0; 1]), Ok(0)))
            .count()
    };
    while closed() < 20 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    let found = closed();
    // Whoever watches must be able to, just then.
    assert!(http::get(envoy.admin(), "/ready", WAIT).is_ok_and(|answer| answer.status == 200));
    drop(held);
    assert!((20..200).contains(&found), "{found} of {} were closed", MOST + 20);
    let overflown = || {
        let stats = envoy.stats("downstream_global_cx_overflow").unwrap_or_default();
        stats.iter().map(|(_, value)| value).sum::<u64>()
    };
    while overflown() < 20 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(overflown() >= 20, "{}", overflown());
}
