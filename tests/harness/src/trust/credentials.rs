//! A legacy system that wants an OAuth2 token: Envoy fetches it with the client's secret, and neither is seen anywhere.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pdnd::{Defect, Standin, TokenServer, uuid};
use university::{Options, Server};
use xtask::envoy::{Cluster, Kind, OAuth2, Tls};

use super::case::{Case, Told};
use super::edge::voucher;
use super::gate;
use crate::suite::Suite;

/// How long the first token may take.
const FIRST: Duration = Duration::from_secs(20);
const CLIENT: &str = "ifs-adapter-client";

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let secret = uuid().map_err(|e| e.to_string())?;
    suite.forbidden.text(&secret);
    let lasts = Duration::from_secs(600);
    let tokens =
        TokenServer::start(Some(standin.authority()), 0, (CLIENT, &secret), lasts).map_err(|e| e.to_string())?;
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    let population = suite.world.population(&plan.university);
    // One without an account of its own: who asks is told by the token, which this test checks.
    let open = Options { user: String::new(), ..Options::default() };
    let simulator = Arc::new(Server::start(population, open).map_err(|e| e.to_string())?);
    for cluster in &mut plan.config.clusters {
        let oauth2 = OAuth2 {
            host: "127.0.0.1".to_owned(),
            port: tokens.addr().port(),
            path: "/token".to_owned(),
            tls: Some(Tls { name: "localhost".to_owned(), authorities: standin.authority().ca() }),
            client: CLIENT.to_owned(),
            secret: secret.clone(),
            scopes: Vec::new(),
        };
        let plain = Cluster::new(&cluster.name, "127.0.0.1", simulator.addr().port());
        *cluster = Cluster { oauth2: Some(oauth2), ..plain };
    }
    let mut gate = plan.start(suite)?;
    gate.simulator = Arc::clone(&simulator);
    // Envoy fetches the first token once it runs, and until then sends no call.
    let until = Instant::now() + FIRST;
    while tokens.tokens().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    let cases = ["the first", "the second", "the third"]
        .into_iter()
        .map(|name| Ok(Case::new(name, &gate, Told::Oracle)?.bearer(&voucher(&gate, Defect::None)?)))
        .collect::<Result<Vec<_>, String>>()?;
    gate.judge(suite, "a system with tokens", &cases);
    let given = tokens.tokens();
    given.iter().for_each(|token| suite.forbidden.text(token));
    let mut wrong = BTreeSet::new();
    let seen = simulator.seen();
    for call in &seen {
        let sent: Vec<_> = call.headers.iter().filter(|(name, _)| name == "authorization").collect();
        let right = |value: &str| value.strip_prefix("Bearer ").is_some_and(|token| tokens.accepts(token));
        if sent.len() != 1 || !sent.iter().all(|(_, value)| right(value)) {
            wrong.insert(format!("{} {} came with {} credentials", call.method, call.path, sent.len()));
        }
    }
    if seen.is_empty() || given.is_empty() || tokens.refused() > 0 {
        wrong.insert(format!("{} calls, {} tokens, {} refused", seen.len(), given.len(), tokens.refused()));
    }
    suite.tally.verdict("trust: every call carries a token of the token server's", wrong.into_iter().collect());
    gate.close(suite);
    Ok(())
}
