//! host COMPONENT SETTINGS PORT NAME=HOST:PORT…
//!
//! COMPONENT  the component's file
//! SETTINGS   a file: what the filter would be configured with, {"trust": …, "bundle": {…}}
//! PORT       on 127.0.0.1; 0 takes a free one
//! NAME=…     where each cluster is that the bundle calls

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::spawn_local;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceAny, ResourceTable};

mod world {
    wasmtime::component::bindgen!({ path: "../../../wit", world: "adapter", with: { "ifs:adapter/store.store": super::Entries } });
}

use world::exports::ifs::adapter::engine::{Action, Configuration, Event, Guest, Head, Secret, Verdict};
use world::ifs::adapter::store::{self, Entry, Failure};
use world::ifs::adapter::types::{self, CallAnswer, CallRequest, CallResult, Clock, Sender};

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What several engines would share. This host has one engine, so a map does.
#[derive(Default)]
pub struct Entries {
    entries: HashMap<String, (Vec<u8>, u32)>,
    version: u32,
}

/// What the component is lent.
#[derive(Default)]
struct Lent {
    resources: ResourceTable,
}

impl store::Host for Lent {}

impl types::Host for Lent {}

impl store::HostStore for Lent {
    fn get(&mut self, store: Resource<Entries>, key: String) -> Result<Option<Entry>, Failure> {
        let store = self.resources.get(&store).map_err(|_| Failure::Unavailable)?;
        Ok(store.entries.get(&key).cloned().map(|(value, version)| Entry { value, version }))
    }

    fn put(
        &mut self,
        store: Resource<Entries>,
        key: String,
        value: Vec<u8>,
        version: Option<u32>,
    ) -> Result<(), Failure> {
        let store = self.resources.get_mut(&store).map_err(|_| Failure::Unavailable)?;
        let stands = store.entries.get(&key).map(|(_, stands)| *stands);
        if version.is_some() && stands.is_some() && version != stands {
            return Err(Failure::Changed);
        }
        store.version = store.version.wrapping_add(1);
        store.entries.insert(key, (value, store.version));
        Ok(())
    }

    fn drop(&mut self, store: Resource<Entries>) -> wasmtime::Result<()> {
        self.resources.delete(store)?;
        Ok(())
    }
}

/// The engine, and what is known of its surroundings.
struct Host {
    store: wasmtime::Store<Lent>,
    adapter: world::Adapter,
    engine: ResourceAny,
    /// Requests in flight, by the ids that this host gives them.
    open: HashMap<u32, oneshot::Sender<types::Response>>,
    last: u32,
    clusters: HashMap<String, String>,
    origin: Instant,
}

/// Everything runs on one thread, and the engine never waits.
type Shared = Rc<RefCell<Host>>;

impl Host {
    fn clock(&self) -> Clock {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let whole = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Clock { now_ms: i64::try_from(whole(now)).unwrap_or(i64::MAX), tick_ms: whole(self.origin.elapsed()) }
    }

    fn parts(&mut self) -> (&Guest, &mut wasmtime::Store<Lent>, ResourceAny, Clock) {
        let clock = self.clock();
        (self.adapter.ifs_adapter_engine(), &mut self.store, self.engine, clock)
    }

    fn head(&mut self, id: u32, head: &Head) -> wasmtime::Result<Verdict> {
        let (guest, store, engine, clock) = self.parts();
        guest
            .engine()
            .call_head(store, engine, id, head, clock)?
            .map_err(|misuse| wasmtime::Error::msg(misuse.to_string()))
    }

    fn handle(&mut self, event: &Event) -> wasmtime::Result<Vec<Action>> {
        let (guest, store, engine, clock) = self.parts();
        guest
            .engine()
            .call_handle(store, engine, event, clock)?
            .map_err(|misuse| wasmtime::Error::msg(misuse.to_string()))
    }

    fn limit(&mut self, admission: ResourceAny) -> wasmtime::Result<u64> {
        let (guest, store, ..) = self.parts();
        guest.admission().call_limit(store, admission)
    }

    fn is_call_waiting(&mut self) -> wasmtime::Result<bool> {
        let (guest, store, engine, _) = self.parts();
        guest.engine().call_call_is_waiting(store, engine)
    }

    fn needs_steward(&mut self) -> wasmtime::Result<bool> {
        let (guest, store, engine, _) = self.parts();
        guest.engine().call_needs_steward(store, engine)
    }

    fn next_id(&mut self) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            if self.last != 0 && !self.open.contains_key(&self.last) {
                return self.last;
            }
        }
    }
}

/// What has happened goes in, what is to be done comes out. A component that failed is of no further use.
fn tell(host: &Shared, event: &Event) {
    let told = host.borrow_mut().handle(event);
    match told {
        Ok(actions) => carry_out(host, actions),
        Err(error) => {
            eprintln!("the engine has failed: {error:#}");
            std::process::exit(1);
        }
    }
}

fn carry_out(host: &Shared, actions: Vec<Action>) {
    for action in actions {
        match action {
            Action::Call((id, request)) => {
                let host = Rc::clone(host);
                spawn_local(async move {
                    let result = make_call(&host, request).await;
                    tell(&host, &Event::Ended((id, result)));
                });
            }
            Action::Reply((id, response)) => {
                let waiting = host.borrow_mut().open.remove(&id);
                // If nobody waits, the consumer has left.
                waiting.map(|waiting| waiting.send(response));
            }
            // Goes to whatever this host logs to: who asked for which change, and what became of it.
            Action::Note(_) => {}
            // Goes to whatever this host measures with.
            Action::Count(_) => {}
        }
    }
}

/// A request in flight: when hyper drops its future before the answer, its consumer has left.
struct InFlight {
    host: Shared,
    id: u32,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let left = self.host.borrow_mut().open.remove(&self.id).is_some();
        if left {
            tell(&self.host, &Event::Abandoned(self.id));
        }
    }
}

fn lines(headers: &hyper::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

async fn serve(host: Shared, request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Fault> {
    let (parts, body) = request.into_parts();
    let id = host.borrow_mut().next_id();
    let kept = std::env::var_os("KEEP_REQUEST_IDS").and_then(|_| parts.headers.get("x-request-id")?.to_str().ok());
    let head = Head {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: lines(&parts.headers),
        // A host of many workers needs more than a number to tell requests apart.
        instance: kept.map_or_else(|| format!("request-{id}"), str::to_owned),
        loopback: true,
        // A host that faces consumers verifies vouchers or certificates, and says what it has verified.
        sender: Sender::Nobody,
    };
    let (sender, answer) = oneshot::channel();
    host.borrow_mut().open.insert(id, sender);
    let in_flight = InFlight { host: Rc::clone(&host), id };
    let verdict = host.borrow_mut().head(id, &head)?;
    match verdict {
        Verdict::Answered(answered) => carry_out(&host, answered.actions),
        Verdict::Admitted(admission) => {
            let limit = usize::try_from(host.borrow_mut().limit(admission)?)?;
            let event = match Limited::new(body, limit).collect().await {
                Ok(body) => Event::Request((admission, body.to_bytes().to_vec())),
                Err(error) if error.is::<LengthLimitError>() => Event::TooLarge(admission),
                Err(error) => return Err(error),
            };
            tell(&host, &event);
        }
    }
    let types::Response { status, headers, body } = answer.await?;
    drop(in_flight);
    let response = headers
        .iter()
        .fold(hyper::Response::builder().status(status), |response, (name, value)| response.header(name, value));
    Ok(response.body(Full::from(body))?)
}

async fn make_call(host: &Shared, call: CallRequest) -> CallResult {
    let at = host.borrow().clusters.get(&call.cluster).cloned();
    let Some(at) = at else { return CallResult::NoCluster };
    let time = Duration::from_millis(call.timeout_ms);
    tokio::time::timeout(time, exchange(&at, call)).await.unwrap_or(CallResult::TimedOut)
}

/// One connection a call: one that the system closes while a call is on its way would be a call whose end nobody knows.
async fn exchange(at: &str, call: CallRequest) -> CallResult {
    let Ok(stream) = TcpStream::connect(at).await else { return CallResult::Unreachable };
    let limit = usize::try_from(call.body_limit).unwrap_or(usize::MAX);
    let Some(request) = request(call) else { return CallResult::Protocol };
    let Ok((mut sender, connection)) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await else {
        return CallResult::Reset;
    };
    spawn_local(connection);
    let response = match sender.send_request(request).await {
        Ok(response) => response,
        Err(error) if error.is_parse() => return CallResult::Protocol,
        Err(_) => return CallResult::Reset,
    };
    let (parts, body) = response.into_parts();
    match Limited::new(body, limit).collect().await {
        Ok(body) => CallResult::Answer(CallAnswer {
            status: parts.status.as_u16(),
            headers: lines(&parts.headers),
            body: body.to_bytes().to_vec(),
        }),
        Err(error) if error.is::<LengthLimitError>() => CallResult::TooLarge,
        Err(_) => CallResult::Truncated,
    }
}

fn request(call: CallRequest) -> Option<hyper::Request<Full<Bytes>>> {
    let builder = hyper::Request::builder().method(call.method.as_str()).uri(call.path);
    let builder = builder.header("host", call.authority);
    let builder = call.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    let mut request = builder.body(Full::from(call.body)).ok()?;
    if let Some(credentials) = variable("IFS_AUTHORIZATION_", &call.cluster) {
        request.headers_mut().insert("authorization", credentials.parse().ok()?);
    }
    Some(request)
}

/// The environment holds what nobody should see in a list of processes.
fn variable(prefix: &str, name: &str) -> Option<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    std::env::var(prefix.chars().chain(name.chars().map(plain)).collect::<String>()).ok()
}

/// Calls that wait get their turn; the steward keeps sessions warm and asks systems whether they are there.
async fn keep_time(host: Shared) -> wasmtime::Result<()> {
    let mut steward = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let waiting = host.borrow_mut().is_call_waiting()?;
        if waiting {
            tell(&host, &Event::Timer);
        }
        if steward.elapsed() >= Duration::from_secs(1) {
            steward = Instant::now();
            let needed = host.borrow_mut().needs_steward()?;
            if needed {
                tell(&host, &Event::Steward);
            }
        }
    }
}

fn load(component: &str, settings: &str, clusters: HashMap<String, String>) -> Result<Host, Fault> {
    let engine = wasmtime::Engine::default();
    let component = Component::from_file(&engine, component)?;
    let mut linker = Linker::new(&engine);
    world::Adapter::add_to_linker::<_, HasSelf<_>>(&mut linker, |lent: &mut Lent| lent)?;
    let mut store = wasmtime::Store::new(&engine, Lent::default());
    let adapter = world::Adapter::instantiate(&mut store, &component, &linker)?;
    let settings = std::fs::read(settings)?;
    let guest = adapter.ifs_adapter_engine();
    let described = guest.call_describe(&mut store, &settings)?.map_err(|error| error.to_string())?;
    // The key of cursors goes by its own name.
    let value = |name: &String| match name.starts_with("IFS_") {
        true => std::env::var(name).unwrap_or_default(),
        false => variable("IFS_SECRET_", name).unwrap_or_default(),
    };
    let secrets = described.secrets.iter().map(|name| Secret { name: name.clone(), value: value(name) }).collect();
    let origin = Instant::now();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let clock = Clock { now_ms: i64::try_from(now.as_millis())?, tick_ms: 0 };
    let configuration = Configuration { settings, secrets, seed: 0, clock };
    let entries = store.data_mut().resources.push(Entries::default())?;
    let loaded = guest.engine().call_load(&mut store, &configuration, entries)?;
    let engine = loaded.map_err(|error| error.to_string())?;
    Ok(Host { store, adapter, engine, open: HashMap::new(), last: 0, clusters, origin })
}

async fn run(host: Host, port: u16) -> Result<(), Fault> {
    let host = Rc::new(RefCell::new(host));
    spawn_local(keep_time(Rc::clone(&host)));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let host = Rc::clone(&host);
        spawn_local(async move {
            let service = hyper::service::service_fn(|request| serve(Rc::clone(&host), request));
            // A connection that breaks off is its consumer's affair.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [component, settings, port, systems @ ..] = arguments.as_slice() else {
        return Err("host COMPONENT SETTINGS PORT NAME=HOST:PORT…".into());
    };
    let system = |system: &String| system.split_once('=').map(|(name, at)| (name.to_owned(), at.to_owned()));
    let host = load(component, settings, systems.iter().filter_map(system).collect())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, run(host, port.parse()?))
}
