//! A running Envoy: started on a free port, ready when this says so, ended with the value.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Cluster, Config, dynamic, files, install};
use crate::process::Guarded;
use crate::{Context, Error, Result, http, paths};

/// How long Envoy may take until it listens; V8 compiles the filter for each VM first.
const START: Duration = Duration::from_secs(60);

/// How Envoy is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Names the folder under `target/run` with the configuration and the logs.
    pub name: String,
    /// Worker threads, each with a VM of its own.
    pub concurrency: u32,
    /// Envoy's log level.
    pub log_level: String,
    /// Levels of single components, as in `wasm:debug`.
    pub component_log_level: String,
}

impl Options {
    /// Two workers, `info`, the filter's own lines from `debug` up.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            concurrency: 2,
            log_level: "info".to_owned(),
            component_log_level: "wasm:debug".to_owned(),
        }
    }
}

/// A running Envoy. It is stopped when this is dropped; its logs stay.
#[derive(Debug)]
pub struct Envoy {
    process: Guarded,
    dir: PathBuf,
    config: Config,
    addr: SocketAddr,
    admin: SocketAddr,
}

impl Envoy {
    /// Installs Envoy if need be, fills the configuration, starts it and waits until it listens.
    ///
    /// # Errors
    /// The port is taken, Envoy is not to be had, the configuration is wrong, or the filter refused its own: the end of Envoy's log is in
    /// the message.
    pub fn start(config: Config, options: &Options) -> Result<Self> {
        free(config.port)?;
        let dir = paths::run_dir(&options.name)?;
        let file = config.write(&dir)?;
        let started = spawn(&file, &dir, &config, options).and_then(|mut process| {
            let (addr, admin) = ready(&mut process, &dir)?;
            Ok((process, addr, admin))
        });
        match started {
            Ok((process, addr, admin)) => Ok(Self { process, dir, config, addr, admin }),
            Err(error) => {
                config.forget_secrets(&dir);
                Err(error)
            }
        }
    }

    /// Where consumers connect.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Envoy's admin interface.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The folder with `envoy.json`, `envoy.log` and `access.log`.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How Envoy ended, if it did.
    ///
    /// # Errors
    /// The system does not say.
    pub fn exited(&mut self) -> Result<Option<std::process::ExitStatus>> {
        self.process.exited()
    }

    /// What Envoy and the filter have logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.dir.join("envoy.log")).unwrap_or_default()).into_owned()
    }

    /// How long the filter took from `on_configure` called to returned, one for each time; from its log.
    #[must_use]
    pub fn configure_times(&self) -> Vec<Duration> {
        let micros = |line: &str| line.rsplit_once("; configured in ")?.1.strip_suffix(" us")?.parse().ok();
        self.log().lines().filter_map(micros).map(Duration::from_micros).collect()
    }

    /// The access log so far, one JSON line a request. Written within 100 ms, and whole once stopped.
    #[must_use]
    pub fn access_log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.dir.join("access.log")).unwrap_or_default()).into_owned()
    }

    /// The value of a counter or gauge, 0 if there is none of that name.
    ///
    /// # Errors
    /// The admin interface does not answer.
    pub fn stat(&self, name: &str) -> Result<u64> {
        let answer = http::get(self.admin, "/stats", Duration::from_secs(5))?;
        let text = answer.text();
        let line = text.lines().find_map(|line| line.split_once(": ").filter(|(n, _)| *n == name));
        Ok(line.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0))
    }

    /// All counters and gauges whose name contains `part`, as Envoy lists them.
    ///
    /// # Errors
    /// The admin interface does not answer.
    pub fn stats(&self, part: &str) -> Result<Vec<(String, u64)>> {
        let answer = http::get(self.admin, "/stats", Duration::from_secs(5))?;
        let text = answer.text();
        let lines = text.lines().filter_map(|line| line.split_once(": ")).filter(|(name, _)| name.contains(part));
        Ok(lines.filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?))).collect())
    }

    /// Configures the filter anew while calls are served: the file with its configuration is replaced by a rename.
    /// Returns at once; [`Envoy::configured`] says when Envoy has taken or refused it. The configuration must have been
    /// started with the filter in a file of its own ([`Config::replaceable`], or any but `development.yaml`).
    ///
    /// # Errors
    /// The filter is inside Envoy's own configuration, or the file cannot be written.
    pub fn replace_plugin(&self, plugin: &str) -> Result<()> {
        files::replace(&dynamic::file(&self.dir), &self.config.filter(&self.dir, plugin)?)
    }

    /// Puts a system's credentials in the place of those it was started with; of the same kind and by the same name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn replace_credentials(&self, cluster: &Cluster) -> Result<()> {
        cluster.write_secrets(&self.dir)
    }

    /// How often Envoy has taken a configuration of the filter from its file, and how often it has refused one.
    ///
    /// # Errors
    /// The admin interface does not answer.
    pub fn configured(&self) -> Result<(u64, u64)> {
        let all = self.stats("extension_config_discovery.http_filter.ifs.")?;
        let of = |name: &str| all.iter().filter(|(n, _)| n.ends_with(name)).map(|(_, count)| *count).sum();
        Ok((of(".update_success"), of(".update_rejected")))
    }

    /// Stops it; as dropping does, but the folder with the logs is given back.
    #[must_use]
    pub fn stop(mut self) -> PathBuf {
        self.process.stop();
        self.dir.clone()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        self.process.stop();
        self.config.forget_secrets(&self.dir);
    }
}

/// Envoy's listeners share a port with whoever has it already, and each gets a part of the connections.
fn free(port: u16) -> Result<()> {
    TcpListener::bind(("127.0.0.1", port)).map(drop).context(format!("port {port}"))
}

fn spawn(file: &Path, dir: &Path, config: &Config, options: &Options) -> Result<Guarded> {
    let mut command = Command::new(install()?);
    command.arg("--config-path").arg(file);
    command.arg("--admin-address-path").arg(dir.join("admin"));
    command.args(["--concurrency", &options.concurrency.to_string()]);
    command.args(["--log-level", &options.log_level]);
    command.args(["--file-flush-interval-msec", "100", "--disable-hot-restart"]);
    if !options.component_log_level.is_empty() {
        command.args(["--component-log-level", &options.component_log_level]);
    }
    // The filter's randomness is the host's; nothing of our environment is Envoy's business.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(config.secrets.iter().map(|(name, value)| (name, value)));
    Guarded::start(command, &dir.join("envoy.log"))
}

/// Waits until Envoy is live; gives the listener's and the admin interface's address.
fn ready(process: &mut Guarded, dir: &Path) -> Result<(SocketAddr, SocketAddr)> {
    let until = Instant::now() + START;
    let pause = Duration::from_millis(20);
    loop {
        if let Some(status) = process.exited()? {
            return Err(Error::new(format!("Envoy did not start ({status}):\n{}", tail(&dir.join("envoy.log")))));
        }
        if let Some(admin) = std::fs::read_to_string(dir.join("admin")).ok().and_then(|text| text.trim().parse().ok())
            && http::get(admin, "/ready", Duration::from_secs(5)).is_ok_and(|answer| answer.status == 200)
        {
            let listeners = http::get(admin, "/listeners?format=json", Duration::from_secs(5))?;
            return Ok((listener(&listeners.body)?, admin));
        }
        if Instant::now() > until {
            return Err(Error::new(format!("Envoy was not ready in time:\n{}", tail(&dir.join("envoy.log")))));
        }
        std::thread::sleep(pause);
    }
}

fn listener(json: &[u8]) -> Result<SocketAddr> {
    let tree: Value = serde_json::from_slice(json).context("Envoy's listeners")?;
    let address = tree.pointer("/listener_statuses/0/local_address/socket_address").context("Envoy has no listener")?;
    let host = address.get("address").and_then(Value::as_str).unwrap_or_default();
    let port = address.get("port_value").and_then(Value::as_u64).unwrap_or_default();
    format!("{host}:{port}").parse().context("Envoy's listener")
}

/// The lines of a log that say why, or its last ones.
pub(super) fn tail(log: &Path) -> String {
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    let told: Vec<&str> =
        text.lines().filter(|line| line.contains("[critical]") || line.contains("[error]")).take(20).collect();
    let lines = if told.is_empty() { text.lines().rev().take(10).collect::<Vec<_>>() } else { told };
    format!("{}\n(whole log: {})", lines.join("\n"), log.display())
}
