//! One setting on every layer: the bundle with its overrides, an engine, a VM, an Envoy.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapter_core::bundle::{self, Bundle};
use adapter_core::contract::{self, Operation};
use adapter_core::{Caller, Plan};
use mapping_compiler::testfile::Layer;
use shell::{keys_of, secret_variable};
use xtask::envoy::{Cluster, Config, Envoy, Options, declared, plugin_configuration};

use crate::component::{Embedded, Running};
use crate::http::{self, Answer, Request};
use crate::logs::Sink;
use crate::native::Native;
use crate::printed::{self, Printed};
use crate::proofs::Proofs;
use crate::scenario::{Gateway, Setting, Trust};
use crate::systems::Systems;
use crate::wasm::{Filter, Shared, Vm};
use crate::world::World;

/// Longer than any timer of a shipped configuration.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The period that mappings of scenarios with probes have.
const PROBE_PERIOD: Duration = Duration::from_secs(1);
/// In which a steward that ticks twice a second has asked anew, on a slow machine too.
const PROBED: Duration = Duration::from_secs(4);
/// Longer than any answer.
pub const MOST: usize = 64 * 1024 * 1024;

/// Mappings compiled once.
#[derive(Default)]
pub struct Bundles {
    compiled: BTreeMap<PathBuf, Result<Bundle, String>>,
}

impl Bundles {
    /// The bundle of a setting: the mapping's, with the setting's limits and timeouts in place of its own.
    ///
    /// # Errors
    /// The compiler's words, or a limit that does not exist.
    pub fn bundle(&mut self, setting: &Setting) -> Result<Vec<u8>, String> {
        bundle::seal(&self.unsealed(setting)?).map_err(|e| e.to_string())
    }

    /// The same, before it is sealed.
    ///
    /// # Errors
    /// As [`Bundles::bundle`].
    pub fn unsealed(&mut self, setting: &Setting) -> Result<Bundle, String> {
        let mut bundle = self.compiled(setting).clone()?;
        for (name, value) in &setting.limits {
            if !bundle.limits.set(name, *value) {
                return Err(format!("there is no limit {name}"));
            }
        }
        if !setting.probed {
            bundle.systems.iter_mut().for_each(|system| system.probe = None);
        }
        // What the steward asks for of its own would be counted as a request's.
        match (setting.indexed, &mut bundle.key_index) {
            (Some(pace), Some(index)) => index.pace = pace,
            (_, index) => *index = None,
        }
        if let Some(timeout) = setting.gateway.timeout_ms {
            bundle.systems.iter_mut().for_each(|system| system.timeout_ms = timeout);
        }
        Ok(bundle)
    }

    /// The operations that a setting's mapping answers and the contract's tables serve, in the contract's order.
    ///
    /// # Errors
    /// The compiler's words.
    pub fn operations(&mut self, setting: &Setting) -> Result<Vec<&'static Operation>, String> {
        let bundle = self.compiled(setting).as_ref().map_err(String::clone)?;
        Ok(contract::operations().filter(|operation| bundle.operations.get(operation.name).is_some()).collect())
    }

    /// The names of all operations that a setting's mapping answers, lists of students too.
    ///
    /// # Errors
    /// The compiler's words.
    pub fn answered(&mut self, setting: &Setting) -> Result<BTreeSet<&'static str>, String> {
        let bundle = self.compiled(setting).as_ref().map_err(String::clone)?;
        Ok(contract::operations().map(|operation| operation.name).filter(|name| bundle.answers(name)).collect())
    }

    /// The names of the members that a setting's mapping reads or writes.
    ///
    /// # Errors
    /// The compiler's words.
    pub fn names(&mut self, setting: &Setting) -> Result<BTreeSet<String>, String> {
        let bundle = self.compiled(setting).as_ref().map_err(String::clone)?;
        Ok(bundle.names.iter().map(|name| name.text.clone()).collect())
    }

    fn compiled(&mut self, setting: &Setting) -> &Result<Bundle, String> {
        self.compiled.entry(setting.mapping.clone()).or_insert_with(|| {
            let outcome = mapping_compiler::compile(&setting.mapping);
            outcome.bundle.ok_or_else(|| outcome.report.human())
        })
    }
}

/// What the filter is started with in a setting.
///
/// # Errors
/// If the bundle is not JSON.
pub fn plugin(setting: &Setting, bundle: &[u8]) -> Result<String, String> {
    let (trust, now) = match &setting.trust {
        Trust::Development => (Some("development"), Some(setting.now.as_str())),
        Trust::Unset | Trust::Gateway(_) => (None, None),
    };
    let plugin = plugin_configuration(bundle, trust, now).map_err(|e| e.to_string())?;
    let trust = match &setting.trust {
        Trust::Gateway(json) => format!("\"trust\":{json},"),
        Trust::Unset | Trust::Development => String::new(),
    };
    let plugin = plugin.replacen('{', &format!("{{{trust}"), 1);
    Ok(if setting.declared { declared::plugin(&plugin) } else { plugin })
}

/// `envoy/development.yaml` for a setting.
///
/// # Errors
/// If the bundle does not fit.
pub fn config(wasm: &Path, setting: &Setting, bundle: &[u8], clusters: Vec<Cluster>) -> Result<Config, String> {
    let mut config = Config::development(wasm.to_owned(), plugin(setting, bundle)?, clusters);
    config.secrets = secrets(bundle)?;
    Ok(config)
}

/// The filter: as a file for Envoy and compiled for the wasm layer.
pub struct Built {
    /// The file.
    pub path: PathBuf,
    /// Compiled.
    pub filter: Filter,
}

/// Layers of one setting, started when first used.
pub struct Stand<'a> {
    setting: &'a Setting,
    bundle: Vec<u8>,
    world: &'a World,
    built: Option<&'a Built>,
    embedded: Option<&'a Embedded>,
    logs: &'a Path,
    native: Option<Native>,
    component: Option<Running>,
    node: Option<Printed>,
    vm: Option<Vm>,
    envoy: Option<Envoy>,
}

impl<'a> Stand<'a> {
    /// Nothing is started yet.
    pub fn new(
        setting: &'a Setting,
        bundle: Vec<u8>,
        world: &'a World,
        (built, embedded): (Option<&'a Built>, Option<&'a Embedded>),
        logs: &'a Path,
    ) -> Self {
        let (native, component, node, vm, envoy) = (None, None, None, None, None);
        Self { setting, bundle, world, built, embedded, logs, native, component, node, vm, envoy }
    }

    /// Starts a layer if it is not running.
    ///
    /// # Errors
    /// Why it cannot be started.
    pub fn start(&mut self, layer: Layer) -> Result<(), String> {
        let running = match layer {
            Layer::Native => self.native.is_some(),
            Layer::Component => self.component.is_some(),
            Layer::Node => self.node.is_some(),
            Layer::Wasm => self.vm.is_some(),
            Layer::Envoy => self.envoy.is_some(),
        };
        if running {
            return Ok(());
        }
        let clusters = self.world.clusters(self.setting).map_err(|e| e.to_string())?;
        let built = self.built.ok_or("the filter was not built");
        match layer {
            Layer::Native => {
                let now_ms = self.now_ms()?;
                let systems = Arc::new(Systems::new(clusters));
                let plugin = plugin(self.setting, &self.bundle)?;
                self.native = Some(Native::new(plugin.as_bytes(), now_ms, systems)?);
            }
            Layer::Component => {
                let embedded = self.embedded.ok_or("the component was not built")?;
                let plugin = plugin(self.setting, &self.bundle)?;
                let systems = Arc::new(Systems::new(clusters));
                self.component = Some(embedded.start(plugin.as_bytes(), self.now_ms()?, systems)?);
            }
            Layer::Node => {
                let scripts = self.embedded.and_then(|embedded| embedded.scripts.as_deref());
                let plugin = plugin(self.setting, &self.bundle)?;
                let host = printed::node(scripts.ok_or("the component was not transpiled")?);
                self.node = Some(Printed::start(host, &plugin, &clusters, &secrets(&self.bundle)?)?);
            }
            Layer::Wasm => {
                let log = self.logs.join(format!("wasm-{}.log", next_number()));
                let log = Arc::new(Sink::create(&log).map_err(|e| e.to_string())?);
                let plugin = plugin(self.setting, &self.bundle)?.into_bytes();
                let systems = Arc::new(Systems::new(clusters));
                let lent = (secrets(&self.bundle)?, Shared::default());
                let vm = built?.filter.start_one_of(1, plugin, systems, log, lent);
                let mut vm = vm.map_err(|e| format!("{e:?}"))?;
                vm.set_clock(self.setting.moment()?);
                if let Some(breaker) = breaker(&self.setting.gateway) {
                    vm.set_breaker(breaker);
                }
                self.vm = Some(vm);
            }
            Layer::Envoy => {
                let config = config(&built?.path, self.setting, &self.bundle, clusters)?;
                self.envoy = Some(Envoy::start(config, &Options::named("scenarios")).map_err(|e| e.to_string())?);
            }
        }
        Ok(())
    }

    fn now_ms(&self) -> Result<i64, String> {
        i64::try_from(self.setting.moment()?.unix_timestamp_nanos() / 1_000_000).map_err(|e| e.to_string())
    }

    /// What the gateway proves of the senders of further requests; `caller` is for the engine alone.
    pub fn prove(&mut self, proofs: &Proofs, caller: &Caller) {
        if let Some(native) = &mut self.native {
            native.prove(proofs, caller.clone());
        }
        if let Some(component) = &mut self.component {
            component.prove(proofs, caller.clone());
        }
        if let Some(vm) = &mut self.vm {
            vm.prove(proofs);
        }
    }

    /// Waits until the systems have been asked by a probe that began after this.
    ///
    /// # Errors
    /// If the steward cannot be asked.
    pub fn probe(&mut self, layer: Layer) -> Result<(), String> {
        if matches!(layer, Layer::Envoy | Layer::Node) {
            // Its own steward asks; a tick, the period, and a turn for the answer.
            std::thread::sleep(PROBED);
            return Ok(());
        }
        std::thread::sleep(PROBE_PERIOD);
        // It takes the lease, logs in, asks.
        for _ in 0..3 {
            match layer {
                Layer::Native => self.native.as_mut().ok_or("not started")?.tick()?,
                Layer::Component => self.component.as_mut().ok_or("not started")?.tick()?,
                _ => self.vm.as_mut().ok_or("not started")?.tick().map_err(|e| format!("{e:?}"))?,
            }
        }
        Ok(())
    }

    /// Sends a request through a layer that was started.
    ///
    /// # Errors
    /// If no answer comes.
    pub fn exchange(&mut self, layer: Layer, request: &Request) -> Result<Answer, String> {
        match layer {
            Layer::Native => self.native.as_mut().ok_or("not started")?.exchange(request),
            Layer::Component => self.component.as_mut().ok_or("not started")?.exchange(request),
            Layer::Wasm => self.vm.as_mut().ok_or("not started")?.exchange(request).map_err(|e| format!("{e:?}")),
            Layer::Node => ask(self.node.as_ref().ok_or("not started")?.addr(), request),
            Layer::Envoy => ask(self.envoy.as_ref().ok_or("not started")?.addr(), request),
        }
    }

    /// How often the VM has counted a problem; 0 without a VM.
    #[must_use]
    pub fn problems(&self, code: &str) -> u64 {
        let outcome = format!("outcome={code}");
        let answers =
            |name: &str| name.starts_with("ifs_adapter_answers_total;") && name.split(';').any(|l| l == outcome);
        let all = self.vm.iter().flat_map(|vm| vm.metrics());
        all.filter(|(name, _)| answers(name)).map(|(_, value)| value).sum()
    }

    /// How often the VM has counted what a rule did; 0 without a VM.
    #[must_use]
    pub fn settled(&self, effect: &str) -> u64 {
        let rule = format!("rule={effect}");
        let settled =
            |name: &str| name.starts_with("ifs_adapter_settled_total;") && name.split(';').any(|label| label == rule);
        let all = self.vm.iter().flat_map(|vm| vm.metrics());
        all.filter(|(name, _)| settled(name)).map(|(_, value)| value).sum()
    }

    /// Stops what runs; gives the folder of Envoy's logs, if there was one.
    pub fn stop(mut self) -> Option<PathBuf> {
        self.envoy.take().map(Envoy::stop)
    }
}

fn ask(addr: SocketAddr, request: &Request) -> Result<Answer, String> {
    http::send(addr, request, PATIENCE, MOST).map_err(|e| format!("no whole answer: {e:?}"))
}

/// The variables of the environment that a bundle's secrets are read from, with the simulated university's values.
///
/// # Errors
/// If the bundle does not fit.
pub fn secrets(bundle: &[u8]) -> Result<Vec<(String, String)>, String> {
    let plan = Plan::load(bundle).map_err(|e| e.to_string())?;
    let names = plan.secrets().iter();
    let secrets = names.filter_map(|name| Some((secret_variable(name), crate::systems::secret(name)?)));
    let keys = keys_of(&plan).into_iter().map(|key| (key.to_owned(), crate::systems::KEY.to_owned()));
    Ok(secrets.chain(keys).collect())
}

/// Calls that may be in flight or waiting: what the wasm layer's breaker counts.
fn breaker(gateway: &Gateway) -> Option<usize> {
    let (connections, waiting) = (gateway.connections?, gateway.waiting?);
    usize::try_from(connections.checked_add(waiting)?).ok()
}

fn next_number() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
