//! The component layer: the engine as a component in wasmtime, behind the world that `wit/` describes, its calls made over
//! real sockets.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use adapter_core::{CallId, CallRequest, CallResult, Caller, ExchangeId, MemoryStore, SharedStore};
use serde_json::Value;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceAny, ResourceTable};
use wasmtime::{Config, Engine, Result, Store};

use crate::http::{Answer, Request};
use crate::in_order::InOrder;
use crate::proofs::Proofs;
use crate::systems::{self, Systems};

mod world {
    //! What wasmtime makes of the world.
    #![allow(missing_docs, clippy::all, clippy::pedantic)]

    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "adapter",
        with: { "ifs:adapter/store.store": super::Lent },
    });
}

pub use world::exports::ifs::adapter::engine as wit;
use world::ifs::adapter::store;
use world::ifs::adapter::store::{Entry, Failure};
pub use world::ifs::adapter::types;

/// Makes engines of one component.
pub struct Embedded {
    /// Its file.
    pub file: PathBuf,
    /// The folder in which it lies as JavaScript, if it could be made that.
    pub scripts: Option<PathBuf>,
    engine: Engine,
    component: Component,
    linker: Linker<Host>,
}

/// A store that is lent to an engine.
#[derive(Clone, Debug)]
pub enum Lent {
    /// One in memory.
    Memory(MemoryStore),
    /// One that says it keeps everything, and gives rubbish.
    Lying,
    /// One that cannot be reached.
    Failing,
}

/// What the component is lent.
#[derive(Default)]
struct Host {
    resources: ResourceTable,
}

impl store::Host for Host {}

impl store::HostStore for Host {
    fn get(&mut self, lent: Resource<Lent>, key: String) -> Result<Option<Entry>, Failure> {
        match self.resources.get(&lent).map_err(|_| Failure::Unavailable)? {
            Lent::Memory(store) => Ok(store.get(&key).map(|(value, version)| Entry { value, version })),
            Lent::Lying => Ok(Some(Entry { value: vec![0xff; 40], version: 1 })),
            Lent::Failing => Err(Failure::Unavailable),
        }
    }

    fn put(&mut self, lent: Resource<Lent>, key: String, value: Vec<u8>, version: Option<u32>) -> Result<(), Failure> {
        match self.resources.get(&lent).map_err(|_| Failure::Unavailable)? {
            Lent::Memory(store) => store.put(&key, &value, version).then_some(()).ok_or(Failure::Changed),
            Lent::Lying => Ok(()),
            Lent::Failing => Err(Failure::Unavailable),
        }
    }

    fn drop(&mut self, lent: Resource<Lent>) -> Result<()> {
        self.resources.delete(lent)?;
        Ok(())
    }
}

impl types::Host for Host {}

impl Embedded {
    /// Compiles a component.
    ///
    /// # Errors
    /// If the file is none, or it wants more of its host than the world says.
    pub fn new(file: &Path) -> Result<Self> {
        let engine = Engine::new(&Config::new())?;
        let component = Component::from_file(&engine, file)?;
        let mut linker = Linker::new(&engine);
        world::Adapter::add_to_linker::<_, HasSelf<_>>(&mut linker, |host: &mut Host| host)?;
        Ok(Self { file: file.to_owned(), scripts: None, engine, component, linker })
    }

    /// An engine of what the filter would be configured with; `now_ms` is the clock where that names none.
    ///
    /// # Errors
    /// If it does not fit, or the component traps.
    pub fn start(&self, plugin: &[u8], now_ms: i64, systems: Arc<Systems>) -> Result<Running, String> {
        self.start_over(plugin, now_ms, systems, Lent::Memory(MemoryStore::default())).map_err(
            |refused| match refused {
                Refused::Trapped(words) => words,
                Refused::Load(error) => format!("{error:?}"),
            },
        )
    }

    /// As [`Self::start`], over a store.
    ///
    /// # Errors
    /// As there.
    pub fn start_over(
        &self,
        plugin: &[u8],
        now_ms: i64,
        systems: Arc<Systems>,
        lent: Lent,
    ) -> Result<Running, Refused> {
        let words = |error: wasmtime::Error| Refused::Trapped(format!("{error:?}"));
        let mut store = Store::new(&self.engine, Host::default());
        let adapter = world::Adapter::instantiate(&mut store, &self.component, &self.linker).map_err(words)?;
        let lent = store.data_mut().resources.push(lent).map_err(|e| words(e.into()))?;
        let origin = Instant::now();
        let guest = adapter.ifs_adapter_engine();
        let described = guest.call_describe(&mut store, plugin).map_err(words)?.map_err(Refused::Load)?;
        let configuration = wit::Configuration {
            settings: plugin.to_vec(),
            secrets: needed(&described),
            seed: 0,
            clock: wit::Clock { now_ms, tick_ms: 0 },
        };
        let engine = guest.engine().call_load(&mut store, &configuration, lent).map_err(words)?;
        let engine = engine.map_err(Refused::Load)?;
        let (proofs, caller) = (Proofs::default(), Caller::Nobody);
        Ok(Running { store, adapter, engine, systems, now_ms, proofs, caller, origin, stopped: false, next: 0 })
    }
}

/// What a bundle needs, as the simulated university has it.
fn needed(described: &wit::Description) -> Vec<wit::Secret> {
    let secret = |name: &String| Some(wit::Secret { name: name.clone(), value: systems::secret(name)? });
    described.secrets.iter().filter_map(secret).collect()
}

/// Why an engine was not made.
#[derive(Debug)]
pub enum Refused {
    /// The component failed.
    Trapped(String),
    /// It says why.
    Load(wit::LoadError),
}

/// An engine with the systems it calls.
pub struct Running {
    store: Store<Host>,
    adapter: world::Adapter,
    engine: ResourceAny,
    systems: Arc<Systems>,
    now_ms: i64,
    proofs: Proofs,
    /// In place of what the proofs say.
    caller: Caller,
    origin: Instant,
    stopped: bool,
    next: u32,
}

/// What is still to be carried out, and what came of it.
struct Turn {
    calls: InOrder,
    actions: VecDeque<wit::Action>,
    reply: Option<Answer>,
}

impl Running {
    /// What the host knows of the senders of further requests.
    pub fn prove(&mut self, proofs: &Proofs, caller: Caller) {
        (self.proofs, self.caller) = (proofs.clone(), caller);
    }

    /// Lets the engine be steward, and waits until all it then asks has ended.
    ///
    /// # Errors
    /// If a call does not end, or the component traps.
    pub fn tick(&mut self) -> Result<(), String> {
        let mut turn = self.turn();
        self.take(&mut turn, wit::Event::Steward)?;
        while !turn.calls.is_empty() {
            self.go_on(&mut turn)?;
        }
        Ok(())
    }

    /// Sends one request through the engine and waits for the reply.
    ///
    /// # Errors
    /// If there is none, or the component traps.
    pub fn exchange(&mut self, request: &Request) -> Result<Answer, String> {
        let head = self.head_of(request);
        self.next += 1;
        let mut turn = self.turn();
        match self.judge(self.next, &head)?.map_err(|misuse| format!("{misuse:?}"))? {
            wit::Verdict::Answered(answered) => {
                turn.actions.extend(answered.actions);
                self.carry_out(&mut turn)?;
            }
            wit::Verdict::Admitted(admission) => {
                self.take(&mut turn, wit::Event::Request((admission, request.body.clone())))?;
            }
        }
        loop {
            if let Some(answer) = turn.reply.take() {
                return Ok(answer);
            }
            self.go_on(&mut turn)?;
        }
    }

    /// Has a head judged.
    ///
    /// # Errors
    /// If the component traps.
    pub fn judge(&mut self, id: u32, head: &wit::Head) -> Result<Result<wit::Verdict, wit::Misuse>, String> {
        let (clock, engine, guest) = (self.clock(), self.engine, self.adapter.ifs_adapter_engine().engine());
        guest.call_head(&mut self.store, engine, id, head, clock).map_err(|e| format!("{e:?}"))
    }

    /// Tells the engine of an event.
    ///
    /// # Errors
    /// If the component traps.
    pub fn handle(&mut self, event: &wit::Event) -> Result<Result<Vec<wit::Action>, wit::Misuse>, String> {
        let (clock, engine, guest) = (self.clock(), self.engine, self.adapter.ifs_adapter_engine().engine());
        guest.call_handle(&mut self.store, engine, event, clock).map_err(|e| format!("{e:?}"))
    }

    /// Another engine of the same instance.
    ///
    /// # Errors
    /// If it is refused, or the component traps.
    pub fn another(&mut self, plugin: &[u8]) -> Result<ResourceAny, String> {
        let lent = Lent::Memory(MemoryStore::default());
        let lent = self.store.data_mut().resources.push(lent).map_err(|e| e.to_string())?;
        let clock = self.clock();
        let guest = self.adapter.ifs_adapter_engine();
        let described = guest.call_describe(&mut self.store, plugin).map_err(|e| format!("{e:?}"))?;
        let secrets = needed(&described.map_err(|error| format!("{error:?}"))?);
        let configuration = wit::Configuration { settings: plugin.to_vec(), secrets, seed: 1, clock };
        let engine = guest.engine().call_load(&mut self.store, &configuration, lent).map_err(|e| format!("{e:?}"))?;
        engine.map_err(|error| format!("{error:?}"))
    }

    /// Which of the instance's engines is spoken to; gives the one before.
    pub fn turn_to(&mut self, engine: ResourceAny) -> ResourceAny {
        std::mem::replace(&mut self.engine, engine)
    }

    /// The head of a request, as this host would hand it in.
    #[must_use]
    pub fn head_of(&self, request: &Request) -> wit::Head {
        let mut headers = request.headers.clone();
        headers.extend(request.content_length().map(|length| ("content-length".to_owned(), length.to_string())));
        let instance = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("x-request-id")).map(|(_, v)| v.clone());
        wit::Head {
            method: request.method.clone(),
            path: request.target.clone(),
            headers,
            instance: instance.unwrap_or_default(),
            loopback: true,
            sender: self.sender(),
        }
    }

    fn turn(&self) -> Turn {
        Turn { calls: InOrder::new(Arc::clone(&self.systems)), actions: VecDeque::new(), reply: None }
    }

    /// Time stands still from now on.
    pub fn stop_time(&mut self) {
        self.stopped = true;
    }

    fn clock(&self) -> wit::Clock {
        let passed = if self.stopped { 0 } else { self.origin.elapsed().as_millis() };
        let tick_ms = u64::try_from(passed).unwrap_or(u64::MAX);
        wit::Clock { now_ms: self.now_ms, tick_ms }
    }

    /// Hands in whichever comes next: the end of a call, or that time has passed.
    fn go_on(&mut self, turn: &mut Turn) -> Result<(), String> {
        let (engine, guest) = (self.engine, self.adapter.ifs_adapter_engine().engine());
        let waiting = guest.call_call_is_waiting(&mut self.store, engine).map_err(|e| format!("{e:?}"))?;
        match turn.calls.next(waiting)? {
            Some((call, result)) => self.take(turn, ended(call, result)),
            None => self.take(turn, wit::Event::Timer),
        }
    }

    fn take(&mut self, turn: &mut Turn, event: wit::Event) -> Result<(), String> {
        self.hand_in(turn, event)?;
        self.carry_out(turn)
    }

    fn hand_in(&mut self, turn: &mut Turn, event: wit::Event) -> Result<(), String> {
        let actions = self.handle(&event)?;
        turn.actions.extend(actions.map_err(|misuse| format!("{misuse:?}"))?);
        Ok(())
    }

    fn carry_out(&mut self, turn: &mut Turn) -> Result<(), String> {
        while let Some(action) = turn.actions.pop_front() {
            match action {
                wit::Action::Call((id, request)) => {
                    let call = CallId::new(ExchangeId(id.owner), id.number);
                    if let Some(result) = turn.calls.send(call, asked(request)?) {
                        self.hand_in(turn, ended(call, result))?;
                    }
                }
                wit::Action::Reply((_, response)) => {
                    let types::Response { status, headers, body } = response;
                    turn.reply = Some(Answer { status, headers, body });
                }
                wit::Action::Note(_) | wit::Action::Count(_) => {}
            }
        }
        Ok(())
    }

    fn sender(&self) -> types::Sender {
        if let Caller::Known(identity) = &self.caller {
            let known = (**identity).clone();
            return types::Sender::Known(types::Identity {
                client_id: known.client_id,
                consumer_id: known.consumer_id,
                purpose_id: known.purpose_id,
                jti: known.jti,
                producer_id: known.producer_id,
                eservice_id: known.eservice_id,
                descriptor_id: known.descriptor_id,
                partner: known.partner,
            });
        }
        let Proofs { metadata, mtls, dns, uri } = &self.proofs;
        let claims = |payload: &Value| payload.as_object().into_iter().flatten().map(claim).collect::<Vec<_>>();
        let payloads = metadata.iter().filter(|(key, _)| !key.ends_with("_header"));
        let tokens = payloads.map(|(key, payload)| types::Token {
            key: key.clone(),
            claims: claims(payload),
            header: metadata.get(&format!("{key}_header")).map(claims),
        });
        let peers = if *mtls { dns.iter().chain(uri).cloned().collect() } else { Vec::new() };
        types::Sender::Proved(types::Proofs { tokens: tokens.collect(), peers })
    }
}

fn claim((name, value): (&String, &Value)) -> types::Claim {
    let value = match value {
        Value::String(text) => types::ClaimValue::Text(text.clone()),
        Value::Number(number) => types::ClaimValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        _ => types::ClaimValue::Other,
    };
    types::Claim { name: name.clone(), value }
}

/// A call, for the harness's own client.
///
/// # Errors
/// If its method is none.
pub fn asked(request: types::CallRequest) -> Result<CallRequest, String> {
    let types::CallRequest { name, cluster, authority, method, path, headers, body, timeout_ms, body_limit } = request;
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
    let method = known.into_iter().find(|known| **known == method).ok_or(format!("{method} is no method of a call"))?;
    let body_limit = usize::try_from(body_limit).unwrap_or(usize::MAX);
    Ok(CallRequest { name, cluster, authority, method, path, headers, body, timeout_ms, body_limit })
}

/// The end of a call, as an event.
#[must_use]
pub fn ended(call: CallId, result: CallResult) -> wit::Event {
    let result = match result {
        CallResult::Answer { status, headers, body } => {
            types::CallResult::Answer(types::CallAnswer { status, headers, body })
        }
        CallResult::Unreachable => types::CallResult::Unreachable,
        CallResult::Reset => types::CallResult::Reset,
        CallResult::Protocol => types::CallResult::Protocol,
        CallResult::TimedOut => types::CallResult::TimedOut,
        CallResult::Overflow => types::CallResult::Overflow,
        CallResult::Truncated => types::CallResult::Truncated,
        CallResult::TooLarge => types::CallResult::TooLarge,
        CallResult::NoCluster => types::CallResult::NoCluster,
    };
    wit::Event::Ended((types::CallId { owner: call.owner().0, number: call.number() }, result))
}
