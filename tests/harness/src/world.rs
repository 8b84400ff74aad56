//! The universities that the scenarios run against: one population for each seed and size, one
//! simulator for each shape.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::Date;
use university::{Options, Population, Server, SoapShape, server};
use xtask::envoy::Cluster;

use crate::scenario::{Gateway, Setting};

/// Nothing listens here: a port that was free a moment ago may be given to the next server, port 1 never is.
const CLOSED: ([u8; 4], u16) = ([127, 0, 0, 1], 1);

/// The clusters that packs and scenarios call; all are the one simulator.
const CLUSTERS: [&str; 2] = ["esse3", "registro"];

/// A university, and the shape its systems come in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct University {
    /// Seed of the population.
    pub seed: u64,
    /// How many students.
    pub students: usize,
    /// The day the population lives in.
    pub today: Date,
    /// How long a SOAP session is good for after its login.
    pub session_lasts: Duration,
    /// How many SOAP sessions are open at most.
    pub session_limit: usize,
    /// Result code for an expired SOAP session.
    pub session_expired_code: i32,
    /// How SOAP answers are written.
    pub soap: SoapShape,
    /// The oracle speaks for the conservatory.
    pub conservatory: bool,
}

impl Default for University {
    fn default() -> Self {
        let options = Options::default();
        Self {
            seed: university::DEFAULT_SEED,
            students: university::DEFAULT_STUDENTS,
            today: university::DEFAULT_TODAY,
            session_lasts: options.session_lasts,
            session_limit: options.session_limit,
            session_expired_code: options.session_expired_code,
            soap: options.soap,
            conservatory: false,
        }
    }
}

impl University {
    fn options(&self) -> Options {
        Options {
            session_lasts: self.session_lasts,
            session_limit: self.session_limit,
            session_expired_code: self.session_expired_code,
            soap: self.soap.clone(),
            ..Options::default()
        }
    }
}

/// What decides who is in a population.
type People = (u64, usize, Date);

/// Populations and simulators, made when first asked for; the simulators stop with it.
#[derive(Default)]
pub struct World {
    populations: Mutex<BTreeMap<People, Arc<Population>>>,
    servers: Mutex<BTreeMap<University, Arc<Server>>>,
}

impl World {
    /// The population of a university.
    pub fn population(&self, of: &University) -> Arc<Population> {
        let mut held = self.populations.lock().unwrap_or_else(PoisonError::into_inner);
        let people = (of.seed, of.students, of.today);
        let made = held.entry(people).or_insert_with(|| Arc::new(Population::generate(of.seed, of.students, of.today)));
        Arc::clone(made)
    }

    /// Every population made so far.
    pub fn populations(&self) -> Vec<Arc<Population>> {
        self.populations.lock().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect()
    }

    /// Every session identifier and token that a simulator has given so far.
    pub fn sessions(&self) -> Vec<String> {
        let held = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        held.values().flat_map(|server| server.sessions()).collect()
    }

    /// The simulator of a university.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn server(&self, of: &University) -> io::Result<Arc<Server>> {
        let population = self.population(of);
        let mut held = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = held.get(of) {
            return Ok(Arc::clone(server));
        }
        let server = Arc::new(Server::start(population, of.options())?);
        held.insert(of.clone(), Arc::clone(&server));
        Ok(server)
    }

    /// The gateway's clusters for a setting: the simulator with its credentials, or an address where nothing listens.
    ///
    /// # Errors
    /// If the simulator cannot be started.
    pub fn clusters(&self, setting: &Setting) -> io::Result<Vec<Cluster>> {
        let addr = if setting.gateway.refused { CLOSED.into() } else { self.server(&setting.university)?.addr() };
        let named = setting.gateway.cluster.as_deref();
        let names = if let Some(name) = named { vec![name] } else { CLUSTERS.to_vec() };
        Ok(names.into_iter().map(|name| cluster(name, &setting.gateway, addr)).collect())
    }
}

fn cluster(name: &str, gateway: &Gateway, addr: SocketAddr) -> Cluster {
    let mut cluster =
        Cluster::new(name, &addr.ip().to_string(), addr.port()).basic(server::DEFAULT_USER, server::DEFAULT_PASSWORD);
    cluster.connections = gateway.connections.unwrap_or(cluster.connections);
    cluster.waiting = gateway.waiting.unwrap_or(cluster.waiting);
    cluster
}
