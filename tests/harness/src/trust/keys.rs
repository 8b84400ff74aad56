//! PDND's keys: changed, not to be had at the start, not to be had later.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use pdnd::{Behaviour, Claims, Defect, JwksServer, Signer, Standin};
use serde_json::json;
use xtask::envoy::{Gate as Placeholders, Kind};

use super::case::{Case, Challenge, DENIED, Told, unproved};
use super::edge::voucher;
use super::gate::{self, Gate};
use crate::suite::Suite;

const FILTER: &str = "envoy.filters.http.jwt_authn";
const CACHE: &str = "/providers/pdnd/remote_jwks/cache_duration";
/// What becomes of a token whose issuer's keys Envoy could not fetch: nobody can say that it is not good.
const UNFETCHED: Told =
    Told::Envoy(503, "gateway.unavailable", Challenge::None, "jwt_authn_access_denied{Jwks_remote_fetch_is_failed}");
/// How long a gateway may take to see new keys: its cache time below, and what the machine needs.
const SEEN: Duration = Duration::from_secs(20);

/// Requests after which each of two workers has very probably had one.
const KNOWN: usize = 12;

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    changed(suite, standin)?;
    absent(suite, standin)?;
    impostor(suite, standin)
}

/// Somebody else answers for PDND, with keys of his own and a certificate of an authority of his own.
fn impostor(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let dir = xtask::paths::run_dir("trust").map_err(|e| e.to_string())?;
    let other = Standin::open(&dir).map_err(|e| e.to_string())?;
    let server = JwksServer::start(other.authority(), 0, other.jwks(&[Signer::Current])).map_err(|e| e.to_string())?;
    let placeholders = Placeholders::standin(standin, Kind::Edge, Some(server.addr()));
    let gate = gate::plan_with(suite, standin, Kind::Edge, None, placeholders)?.start(suite)?;
    let claims = Claims::of(2).map_err(|e| e.to_string())?;
    let his = other.voucher(&claims, Defect::None).map_err(|e| e.to_string())?;
    let cases = [Case::new("an impostor's keys are not fetched", &gate, UNFETCHED)?.bearer(&his)];
    gate.judge(suite, "keys", &cases);
    let fetched = if server.fetches() > 0 { vec![format!("{} times", server.fetches())] } else { Vec::new() };
    suite.tally.verdict("trust: keys: an impostor is not even asked", fetched);
    gate.close(suite);
    std::fs::remove_dir_all(&dir).map_err(|e| e.to_string())
}

fn signed(gate: &Gate<'_>, signer: Signer) -> Result<String, String> {
    let claims = Claims::of(2).map_err(|e| e.to_string())?;
    gate.standin.voucher_by(signer, &claims, Defect::None).map_err(|e| e.to_string())
}

fn case(gate: &Gate<'_>, name: &str, signer: Signer, told: Told) -> Result<Case, String> {
    Ok(Case::new(name, gate, told)?.bearer(&signed(gate, signer)?))
}

/// Sends the same voucher so often that both workers have had it; each answer must have this status.
fn taken_by_both(suite: &mut Suite, gate: &Gate<'_>, token: &str, status: u16) -> Result<(), String> {
    suite.forbidden.token(token);
    let case = Case::new("", gate, Told::Oracle)?.bearer(token);
    let answers = (0..KNOWN).map(|_| gate.send(None, &case.request).map_or(0, |answer| answer.status));
    let wrong = answers.filter(|given| *given != status).map(|given| format!("answered {given}")).collect();
    suite.tally.verdict(&format!("trust: keys: a voucher that both workers know is answered {status}"), wrong);
    Ok(())
}

/// Waits until vouchers of a key are taken; false if they are not in time.
fn taken(suite: &mut Suite, gate: &Gate<'_>, signer: Signer) -> Result<bool, String> {
    let until = Instant::now() + SEEN;
    while Instant::now() < until {
        let case = case(gate, "", signer, Told::Oracle)?;
        case.tokens.iter().for_each(|token| suite.forbidden.token(token));
        if gate.send(None, &case.request).is_ok_and(|answer| answer.status == 200) {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(false)
}

/// PDND signs with another key: the shipped file but for its cache time, which is 300 s.
fn changed(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    plan.edit(FILTER, CACHE, json!("2s"))?;
    let mut gate = plan.start(suite)?;
    let before = [
        case(&gate, "the key it has", Signer::Current, Told::Oracle)?,
        case(&gate, "a key it has not", Signer::Next, unproved(DENIED))?,
    ];
    gate.judge(suite, "keys: before the change", &before);
    let known = signed(&gate, Signer::Current)?;
    taken_by_both(suite, &gate, &known, 200)?;
    let Some(server) = gate.keys.take() else { return Err("no server of keys".to_owned()) };
    server.publish(standin.jwks(&[Signer::Next]));
    let seen = taken(suite, &gate, Signer::Next)?;
    let late = if seen { Vec::new() } else { vec![format!("not taken within {SEEN:?}, {} fetches", server.fetches())] };
    suite.tally.verdict("trust: keys: a new key is taken after the cache time", late);
    let after = [
        case(&gate, "the new key", Signer::Next, Told::Oracle)?,
        case(&gate, "the old key", Signer::Current, unproved(DENIED))?,
    ];
    gate.judge(suite, "keys: after the change", &after);
    // A key is withdrawn because somebody else may have it: that a voucher of it was good once does not help it.
    taken_by_both(suite, &gate, &known, 401)?;
    // What it knows stays good while the server is slow, fails, lies or is gone.
    for (name, behaviour) in [
        ("while the server fails", Behaviour::Failing(503)),
        ("while the server says what is no JWKS", Behaviour::Garbage),
        ("while the server ends the connection", Behaviour::Closing),
        ("while the server is slow", Behaviour::Slow(Duration::from_secs(5))),
    ] {
        let fetches = server.fetches();
        server.behave(behaviour);
        let until = Instant::now() + SEEN;
        while server.fetches() == fetches && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(500));
        let cases = [
            case(&gate, name, Signer::Next, Told::Oracle)?,
            case(&gate, &format!("{name}, the old key"), Signer::Current, unproved(DENIED))?,
        ];
        gate.judge(suite, "keys", &cases);
    }
    drop(server);
    std::thread::sleep(Duration::from_secs(5));
    let gone = [
        case(&gate, "when the server is gone", Signer::Next, Told::Oracle)?,
        case(&gate, "when the server is gone, the old key", Signer::Current, unproved(DENIED))?,
    ];
    gate.judge(suite, "keys", &gone);
    gate.close(suite);
    Ok(())
}

/// Nobody answers for the keys when the gateway starts.
fn absent(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let free =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(|e| e.to_string())?;
    let placeholders = Placeholders::standin(standin, Kind::Edge, Some(free));
    let gate = gate::plan_with(suite, standin, Kind::Edge, None, placeholders)?.start(suite)?;
    let cases = [
        Case::new("no voucher is taken without keys", &gate, UNFETCHED)?.bearer(&voucher(&gate, Defect::None)?),
        Case::new("nor a forged one", &gate, unproved(DENIED))?.bearer(&voucher(&gate, Defect::AlgNone)?),
        Case::new("GET /status says that the gateway is up", &gate, Told::Status(204))?.at("GET", "/ifs02/status"),
    ];
    gate.judge(suite, "keys absent at the start", &cases);
    let mut wrong = Vec::new();
    let failed = gate.envoy.stats("jwks_fetch_failed").map_err(|e| e.to_string())?;
    if failed.iter().all(|(_, count)| *count == 0) {
        wrong.push(format!("no counter says so: {failed:?}"));
    }
    if !gate.envoy.log().lines().any(|line| line.contains("jwks") || line.contains("Jwks")) {
        wrong.push("no line of the log says so".to_owned());
    }
    suite.tally.verdict("trust: keys absent at the start are counted and logged", wrong);
    let server = JwksServer::start(standin.authority(), free.port(), standin.jwks(&[Signer::Current]));
    let server = server.map_err(|e| e.to_string())?;
    let late = if taken(suite, &gate, Signer::Current)? { Vec::new() } else { vec![format!("not within {SEEN:?}")] };
    suite.tally.verdict("trust: keys that come later are taken", late);
    drop(server);
    gate.close(suite);
    Ok(())
}
