//! The legacy system on a socket.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fmt, io};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

use crate::answer::Plan;
use crate::http::{Connection, Request};
use crate::office::{Filed, State, Ticket};
use crate::soap::SoapShape;
use crate::system::{Call, Reply, System};
use crate::{Fault, Population, Rule};

/// The user name the simulator expects where none is given.
pub const DEFAULT_USER: &str = "ifs-technical-user";

/// The password the simulator expects where none is given; not used anywhere else, so that a log can be searched for it.
pub const DEFAULT_PASSWORD: &str = "simulator-only-password";

/// How a [`Server`] is started.
#[derive(Clone)]
pub struct Options {
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// User name for HTTP Basic, `login` and `fn_dologin`. An empty name switches authentication off.
    pub user: String,
    /// Password for HTTP Basic, `login` and `fn_dologin`.
    pub password: String,
    /// How many calls the request log keeps; later ones are only counted.
    pub seen_limit: usize,
    /// How long a SOAP session is good for after its login, used or not.
    pub session_lasts: Duration,
    /// How many SOAP sessions are open at most: one more ends the oldest.
    pub session_limit: usize,
    /// The result code for an expired or unknown SOAP session. Which it is, no public document says: −1 and 1116 are
    /// both plausible.
    pub session_expired_code: i32,
    /// The shape of SOAP answers.
    pub soap: SoapShape,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            user: DEFAULT_USER.into(),
            password: DEFAULT_PASSWORD.into(),
            seen_limit: 100_000,
            session_lasts: Duration::from_secs(30 * 60),
            session_limit: 100,
            session_expired_code: -1,
            soap: SoapShape::default(),
        }
    }
}

/// One call as it arrived.
#[derive(Clone)]
pub struct Seen {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without its query, percent-decoded.
    pub path: String,
    /// The query's parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The request target as sent.
    pub target: String,
    /// The status answered; 0 where a fault left none.
    pub status: u16,
    /// Header names (lower case) and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body as sent.
    pub body: Vec<u8>,
}

/// Names only: values may be personal or secret, and debug output ends in logs.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn names(pairs: &[(String, String)]) -> Vec<&str> {
            pairs.iter().map(|(name, _)| name.as_str()).collect()
        }
        f.debug_struct("Seen")
            .field("method", &self.method)
            .field("query", &names(&self.query))
            .field("status", &self.status)
            .field("headers", &names(&self.headers))
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A running simulator. It stops, and its port is closed, when this is dropped.
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What connections share.
struct Shared {
    system: System,
    /// Rules, and how many calls each has answered.
    rules: Mutex<Vec<(Rule, u32)>>,
    seen: Mutex<Vec<Seen>>,
    seen_limit: usize,
    calls: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
    in_flight: AtomicUsize,
    in_flight_max: AtomicUsize,
}

/// Connections waiting to be accepted; a gateway may open hundreds at once.
const BACKLOG: u32 = 1024;

impl Server {
    /// Binds to 127.0.0.1 and serves `population` on threads of its own.
    ///
    /// # Errors
    /// The port is taken, or the system gives no thread.
    pub fn start(population: Arc<Population>, options: Options) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("university")
            .enable_io()
            .enable_time()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::from(([127, 0, 0, 1], options.port)))?;
            socket.listen(BACKLOG)?
        };
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            system: System::new(&population, &options),
            rules: Mutex::default(),
            seen: Mutex::default(),
            seen_limit: options.seen_limit,
            calls: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            in_flight_max: AtomicUsize::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        // The runtime lives on a thread of its own, so that a server can be dropped anywhere, in async code too.
        let thread = std::thread::Builder::new().name("university".to_owned()).spawn(move || {
            // An error means that the handle is gone, which ends the server just as well.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(Duration::from_secs(2));
        })?;
        Ok(Self { addr, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Replaces the rules; use counts start again.
    pub fn set_rules(&self, rules: Vec<Rule>) {
        *lock(&self.shared.rules) = rules.into_iter().map(|rule| (rule, 0)).collect();
    }

    /// Leaves these persons, and no others, out of the lists of all students: as if they had been deleted, or were not
    /// there yet. Who asks for one of them is answered all the same.
    pub fn hide(&self, persons: impl IntoIterator<Item = u32>) {
        self.shared.system.hide(persons.into_iter().collect());
    }

    /// The calls seen since the start or the last [`Server::clear`], in order of arrival.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Every SOAP session identifier and token given since the start, so that a log can be searched for them.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        self.shared.system.sessions()
    }

    /// How many writes have arrived, by the reference they bring: whatever became of them, and whatever was answered.
    #[must_use]
    pub fn received(&self) -> BTreeMap<String, u64> {
        self.shared.system.office.received()
    }

    /// The requests that were taken, in their order.
    #[must_use]
    pub fn filed(&self) -> Vec<Filed> {
        self.shared.system.office.filed(|_| true)
    }

    /// The reports that were taken, in their order.
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        self.shared.system.office.tickets(|_| true)
    }

    /// Decides a request as the people of the office would; false where there is none of this code.
    pub fn decide(&self, id: &str, state: State, note: &str) -> bool {
        self.shared.system.office.decide(id, state, note)
    }

    /// Forgets all that was written.
    pub fn forget_writes(&self) {
        self.shared.system.office.clear();
    }

    /// Forgets the log and sets the counters to zero; rules stay.
    pub fn clear(&self) {
        lock(&self.shared.seen).clear();
        for counter in [&self.shared.calls, &self.shared.bytes, &self.shared.connections] {
            counter.store(0, Ordering::Relaxed);
        }
        self.shared.in_flight_max.store(self.in_flight(), Ordering::Relaxed);
    }

    /// Calls received, those beyond the log's limit too.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// Bytes written to sockets, heads included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Calls in work now, hanging and delayed ones too.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Ordering::Relaxed)
    }

    /// The greatest number of calls that were in work at one time.
    #[must_use]
    pub fn in_flight_max(&self) -> usize {
        self.shared.in_flight_max.load(Ordering::Relaxed)
    }

    /// Connections accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has nothing to say here.
            let _ = thread.join();
        }
    }
}

/// A panic elsewhere leaves the lists usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // A failed accept (no descriptor left) passes with the connections that close.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        shared.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without it small answers wait for acknowledgements.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection::new(stream);
    // Whatever ends a connection early is the caller's doing, or a fault's.
    while let Ok(Some(request)) = connection.next().await {
        let _in_work = InWork::enter(&shared);
        let plan = shared.plan(&request);
        shared.log(&request, plan.status);
        match plan.send(&mut connection, &request, &shared.bytes).await {
            Ok(true) => {}
            _ => return,
        }
    }
}

impl Shared {
    fn plan(&self, request: &Request) -> Plan {
        let call = Call {
            method: &request.method,
            path: &request.path,
            query: &request.query,
            authorization: request.header("authorization"),
            content_type: request.header("content-type"),
            soap_action: request.header("soapaction"),
            body: &request.body,
        };
        if let Some(refusal) = self.system.refusal(&call) {
            return Plan::of_reply(refusal);
        }
        let operations = self.system.operations(&call);
        let named = operations.iter().map(|operation| format!("{}#{operation}", call.path));
        let names: Vec<String> = std::iter::once(call.path.to_owned()).chain(named).collect();
        let answer = {
            let mut rules = lock(&self.rules);
            let mut open = rules.iter_mut().filter(|(rule, used)| rule.answer.times.is_none_or(|times| *used < times));
            let met = |rule: &Rule| {
                names.iter().any(|name| rule.when.is_met(call.method, name, call.query))
                    && rule.when.is_met_by_headers(|name| request.header(&name.to_ascii_lowercase()))
                    && rule.when.is_met_by_body(call.body, &operations)
            };
            open.find(|(rule, _)| met(rule)).map(|(rule, used)| {
                *used += 1;
                rule.answer.clone()
            })
        };
        match answer {
            None => Plan::of_reply(self.system.answer(&call)),
            Some(answer) => Plan::of_rule(&answer, |fault| self.reply(&call, fault)).unwrap_or_else(|_| {
                // Loud and unlike anything the system says, for the author of the scenario.
                Plan::of_reply(Reply::json(599, "the scenario's file cannot be read"))
            }),
        }
    }

    /// The system's own answer, or a fault in its own words.
    fn reply(&self, call: &Call<'_>, fault: Option<Fault>) -> Reply {
        match fault {
            Some(Fault::SoapFault) => self.system.soap_fault(call),
            Some(Fault::XmlBomb(bomb)) => self.system.bomb(call, bomb),
            Some(Fault::SessionLost) => {
                self.system.forget_sessions();
                self.system.answer(call)
            }
            Some(Fault::SoapCode(code)) => self.system.soap_code(call, code),
            _ => self.system.answer(call),
        }
    }

    fn log(&self, request: &Request, status: u16) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut seen = lock(&self.seen);
        if seen.len() < self.seen_limit {
            seen.push(Seen {
                method: request.method.clone(),
                path: request.path.clone(),
                query: request.query.clone(),
                target: request.target.clone(),
                status,
                headers: request.headers.clone(),
                body: request.body.clone(),
            });
        }
    }
}

/// One call in work, for as long as this lives.
struct InWork<'a>(&'a Shared);

impl<'a> InWork<'a> {
    fn enter(shared: &'a Shared) -> Self {
        let now = shared.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        shared.in_flight_max.fetch_max(now, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
