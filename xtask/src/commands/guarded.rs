//! What `up` starts where the gateway proves who calls: the stand-in for PDND with its keys' server, and Envoy in front.

use std::path::Path;

use pdnd::{JwksServer, Signer, Standin, fixed};
use xtask::envoy::{Cluster, Config, Envoy, Gate, Kind, Options, plugin_with};
use xtask::mapping::Compiled;
use xtask::{Context, Result, paths, wasm};

/// The stand-in, while it runs.
pub struct Guarded {
    kind: Kind,
    standin: Standin,
    server: Option<JwksServer>,
}

impl Guarded {
    /// Opens the stand-in, whose keys lie under `target/pdnd`, and starts its server where vouchers are verified.
    pub fn start(kind: Kind) -> Result<Self> {
        let standin = Standin::open(&paths::pdnd()).context("the stand-in for PDND")?;
        let keys = standin.jwks(&[Signer::Current]);
        let server = kind.verifies().then(|| JwksServer::start(standin.authority(), 0, keys)).transpose();
        let server = server.context("the server of the stand-in's keys")?;
        Ok(Self { kind, standin, server })
    }

    /// Builds the filter and starts Envoy with it.
    pub fn envoy(
        &self,
        compiled: &Compiled,
        clusters: Vec<Cluster>,
        secrets: Vec<(String, String)>,
        port: u16,
    ) -> Result<Envoy> {
        let built = wasm::build(&[], wasm::Fetch::Never)?;
        let plugin = plugin_with(&compiled.bundle, Some(&self.kind.trust(&compiled.apis())), None)?;
        let gate = Gate::standin(&self.standin, self.kind, self.server.as_ref().map(JwksServer::addr));
        let mut config = Config::gateway(self.kind.file(), gate, built.path().to_path_buf(), plugin, clusters);
        config.port = port;
        config.secrets = secrets;
        Envoy::start(config, &Options::named("up"))
    }

    /// What a consumer adds to a `curl` line to call one API.
    pub fn curl(&self, api: u8) -> Vec<String> {
        let authority = self.standin.authority();
        let shown = |file: &Path| file.display().to_string();
        let mut lines = vec![format!("--cacert {}", shown(&authority.ca()))];
        if let Some(client) = self.kind.client() {
            let (certificate, key) = (authority.certificate(client), authority.key(client));
            lines.push(format!("--cert {} --key {}", shown(&certificate), shown(&key)));
        }
        if self.kind.verifies() {
            lines.push(format!("-H \"authorization: Bearer $(cargo xtask voucher --api IFS0{api})\""));
        } else {
            let header = |name: &str, value: &str| format!("-H 'GovWay-Token-{name}: {value}'");
            lines.push(format!("{} {}", header("ClientId", fixed::CLIENT), header("ConsumerId", fixed::CONSUMER)));
            lines.push(format!("{} {}", header("PurposeId", fixed::PURPOSE), header("ProducerId", fixed::PRODUCER)));
            let (service, descriptor) = (fixed::eservice(api), fixed::descriptor(api));
            lines.push(format!("{} {}", header("EServiceId", &service), header("DescriptorId", &descriptor)));
            lines.push(header("Jti", "77777777-7777-4777-8777-777777777777"));
        }
        lines
    }
}
