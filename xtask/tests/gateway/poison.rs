//! What a defect in the filter does: nothing hangs, and the next call works.

use std::time::{Duration, Instant};

use university::{Answer as Given, Match, Rule};
use xtask::envoy::{Config, Options};

use super::{OPERATION, WAIT, ask, bundle, cluster, config, problem, server, start};

fn quick(mut config: Config) -> Config {
    config.max_stream_duration = Duration::from_secs(3);
    config.stream_idle_timeout = Duration::from_secs(3);
    config
}

#[test]
fn a_trap_on_an_answer_hangs_nobody_for_good() {
    let server = server();
    let bundle = bundle::one_call("esse3", 5_000);
    let envoy = start(quick(config(&bundle, Some("development"), vec![cluster(server.addr())], &["poison-test"])));
    let slow = Rule { when: Match::default(), answer: Given { delay_ms: 800, ..super::body("[{}]") } };
    let poison = Given { delay_ms: 400, times: Some(1), ..super::body("[\"IFS-ADAPTER-POISON\"]") };
    server.set_rules(vec![Rule { when: Match::default(), answer: poison }, slow]);
    let addr = envoy.addr();
    let started = Instant::now();
    let asking: Vec<_> = (0..20).map(|_| std::thread::spawn(move || ask(addr))).collect();
    let answers: Vec<_> = asking.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let trapped: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!trapped.is_empty());
    for answer in trapped {
        problem(answer, 503, "gateway.failed");
    }
    // The backoff of 1 s is long over, and both workers answer.
    server.set_rules(super::rule(super::body("[{}]")));
    for _ in 0..10 {
        let answer = ask(addr);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let log = envoy.log();
    assert!(log.contains("panicked at filter/src/poison.rs"), "the place of a panic is logged");
    assert!(!log.contains("poisoned answer"), "its message is not");
}

#[test]
fn a_trap_on_a_request_is_that_requests_alone() {
    let server = server();
    let bundle = bundle::one_call("esse3", 5_000);
    let envoy = start(quick(config(&bundle, Some("development"), vec![cluster(server.addr())], &["poison-test"])));
    server.set_rules(super::rule(super::body("[{}]")));
    let headers = [("content-type", "application/json"), ("x-request-id", "gateway-test"), ("x-ifs-poison", "1")];
    let answer = xtask::http::send(envoy.addr(), "POST", OPERATION, &headers, b"{}", WAIT).unwrap();
    problem(&answer, 503, "gateway.failed");
    std::thread::sleep(Duration::from_millis(1_500));
    for _ in 0..10 {
        assert_eq!(ask(envoy.addr()).status, 200);
    }
}

#[test]
fn a_timer_ends_what_the_system_never_answers() {
    // The mapping waits longer than the gateway does, which `cargo xtask validate` would refuse.
    let server = server();
    let bundle = bundle::one_call("esse3", 9_000);
    let mut config = config(&bundle, Some("development"), vec![cluster(server.addr())], &[]);
    config.max_stream_duration = Duration::from_secs(2);
    let envoy = xtask::envoy::Envoy::start(config, &Options::named("gateway-test")).unwrap();
    server.set_rules(super::rule(super::fault(university::Fault::Hang)));
    let answer = ask(envoy.addr());
    problem(&answer, 504, "gateway.timeout");
    assert_eq!(answer.header("retry-after"), Some("30"));
    server.set_rules(super::rule(super::body("[{}]")));
    assert_eq!(ask(envoy.addr()).status, 200);
}
