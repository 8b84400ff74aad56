//! `envoy/edge.yaml` with one part left out or changed, and running.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::Path;

use pdnd::{Claims, Defect, JwksServer, Signer, Standin};
use serde_json::Value;
use xtask::envoy::{Cluster, Config, Envoy, Gate, Kind, Options, config, plugin_with};
use xtask::mapping::Compiled;
use xtask::{Context, Result, paths};

use super::load::{Ask, Target};
use super::variants::Variant;
use crate::cpu::Meter;

/// Workers of each Envoy.
pub const WORKERS: u32 = 2;

/// A voucher must outlast a run; PDND gives them for so long and longer.
const LASTS: u64 = 14_400;

/// What all gateways share: the stand-in for PDND, which serves its keys.
pub struct Outside {
    standin: Standin,
    keys: JwksServer,
    voucher: String,
}

impl Outside {
    /// Opens the stand-in and starts its server.
    pub fn open() -> Result<Self> {
        let standin = Standin::open(&paths::pdnd()).context("the stand-in for PDND")?;
        let keys = JwksServer::start(standin.authority(), 0, standin.jwks(&[Signer::Current])).context("its keys")?;
        let claims = Claims { lasts: LASTS, ..Claims::of(2).context("a voucher")? };
        let voucher = standin.voucher(&claims, Defect::None).context("a voucher")?;
        Ok(Self { standin, keys, voucher })
    }
}

/// A running gateway.
pub struct Gateway<'a> {
    envoy: Envoy,
    meter: RefCell<Meter>,
    outside: &'a Outside,
    tls: bool,
}

impl<'a> Gateway<'a> {
    /// Starts a variant in front of `legacy`.
    pub fn start(
        variant: &Variant,
        outside: &'a Outside,
        wasm: &Path,
        mapping: &Compiled,
        legacy: SocketAddr,
    ) -> Result<Self> {
        let plugin = plugin_with(&mapping.bundle, Some(&Kind::Edge.trust(&mapping.apis())), None)?;
        let gate = Gate::standin(&outside.standin, Kind::Edge, Some(outside.keys.addr()));
        let clusters = mapping.clusters.iter().map(|name| {
            let mut cluster = Cluster::new(name, &legacy.ip().to_string(), legacy.port()).basic("user", "password");
            (cluster.connections, cluster.waiting) = (128, 512);
            cluster
        });
        let mut config = Config::gateway(Kind::Edge.file(), gate, wasm.to_path_buf(), plugin, clusters.collect());
        let dir = paths::run_dir("bench-edge-template")?;
        let file = dir.join("template.json");
        let tree = variant.tree(read(&config.template)?)?;
        std::fs::write(&file, tree.to_string()).context(format!("writing {}", file.display()))?;
        config.template = file;
        let mut options = Options::named("bench-edge");
        options.concurrency = WORKERS;
        // As quiet as in production.
        options.log_level = "warning".to_owned();
        options.component_log_level = String::new();
        let envoy = Envoy::start(config, &options).context(variant.name)?;
        std::fs::remove_dir_all(&dir).context(format!("removing {}", dir.display()))?;
        let meter = RefCell::new(Meter::of(vec![envoy.id()])?);
        Ok(Self { envoy, meter, outside, tls: !variant.plain })
    }

    /// Where and how consumers ask.
    pub fn target(&self, ask: Ask, fresh: bool) -> Target<'_> {
        Target {
            addr: self.envoy.addr(),
            authority: self.tls.then(|| self.outside.standin.authority()),
            voucher: &self.outside.voucher,
            ask,
            fresh,
        }
    }

    /// CPU time so far, nanoseconds.
    pub fn cpu(&self) -> Result<u64> {
        self.meter.borrow_mut().read()
    }

    /// Ends it and removes its logs, which grow by a line a request.
    pub fn end(self) -> Result<()> {
        let dir = self.envoy.stop();
        std::fs::remove_dir_all(&dir).context(format!("removing {}", dir.display()))
    }
}

/// A template as a tree.
pub fn read(template: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(template).context(format!("reading {}", template.display()))?;
    config::parse(&text)
}
