//! The universities that the scenarios run against: one population and one simulator for each seed and size.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use university::{Options, Population, Server, server};
use xtask::envoy::Cluster;

use crate::scenario::{Gateway, Setting};

/// Nothing listens here: a port that was free a moment ago may be given to the next server, port 1 never is.
const CLOSED: ([u8; 4], u16) = ([127, 0, 0, 1], 1);

/// Seed and size.
pub type Key = (u64, usize);

/// Populations and simulators, made when first asked for; the simulators stop with it.
#[derive(Default)]
pub struct World {
    populations: Mutex<BTreeMap<Key, Arc<Population>>>,
    servers: Mutex<BTreeMap<Key, Arc<Server>>>,
}

impl World {
    /// The population of a university.
    pub fn population(&self, key: Key) -> Arc<Population> {
        let mut held = self.populations.lock().unwrap_or_else(PoisonError::into_inner);
        let made =
            held.entry(key).or_insert_with(|| Arc::new(Population::generate(key.0, key.1, university::DEFAULT_TODAY)));
        Arc::clone(made)
    }

    /// Every population made so far.
    pub fn populations(&self) -> Vec<Arc<Population>> {
        self.populations.lock().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect()
    }

    /// The simulator of a university.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn server(&self, key: Key) -> io::Result<Arc<Server>> {
        let population = self.population(key);
        let mut held = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = held.get(&key) {
            return Ok(Arc::clone(server));
        }
        let server = Arc::new(Server::start(population, Options::default())?);
        held.insert(key, Arc::clone(&server));
        Ok(server)
    }

    /// The gateway's clusters for a setting: the simulator with its credentials, or an address where nothing listens.
    ///
    /// # Errors
    /// If the simulator cannot be started.
    pub fn clusters(&self, setting: &Setting) -> io::Result<Vec<Cluster>> {
        let addr = if setting.gateway.refused { CLOSED.into() } else { self.server(setting.university)?.addr() };
        Ok(vec![cluster(&setting.gateway, addr)])
    }
}

fn cluster(gateway: &Gateway, addr: SocketAddr) -> Cluster {
    let mut cluster = Cluster::new(&gateway.cluster, &addr.ip().to_string(), addr.port())
        .basic(server::DEFAULT_USER, server::DEFAULT_PASSWORD);
    cluster.connections = gateway.connections.unwrap_or(cluster.connections);
    cluster.waiting = gateway.waiting.unwrap_or(cluster.waiting);
    cluster
}
