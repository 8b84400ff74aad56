//! The hosts that `docs/embedding.md` prints, run as they stand there.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use xtask::envoy::Cluster;

/// A host that is running; it ends with this.
pub struct Printed {
    process: Child,
    addr: SocketAddr,
}

/// The command that runs the host in JavaScript, up to the component.
#[must_use]
pub fn node(scripts: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(xtask::paths::root().join("docs/examples/embedding/host.mjs")).arg(scripts);
    command
}

impl Printed {
    /// Starts a host, given up to the component, and waits until it listens.
    ///
    /// # Errors
    /// Why it does not; its own words stand in our error stream.
    pub fn start(
        mut host: Command,
        plugin: &str,
        clusters: &[Cluster],
        secrets: &[(String, String)],
    ) -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let settings = std::env::temp_dir().join(format!("ifs-printed-{}-{number}.json", std::process::id()));
        std::fs::write(&settings, plugin).map_err(|e| e.to_string())?;
        host.arg(&settings).arg("0");
        host.args(clusters.iter().map(|cluster| format!("{}={}:{}", cluster.name, cluster.host, cluster.port)));
        for cluster in clusters {
            if let Some(value) = &cluster.authorization {
                let name = shell::secret_variable(&cluster.name);
                host.env(name.replacen("IFS_SECRET_", "IFS_AUTHORIZATION_", 1), value);
            }
        }
        host.envs(secrets.iter().map(|(name, value)| (name, value))).env("KEEP_REQUEST_IDS", "1");
        let mut process = host.stdout(Stdio::piped()).spawn().map_err(|e| format!("{host:?}: {e}"))?;
        let mut line = String::new();
        let read = process.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        // It has been read, if there is a line.
        let _ = std::fs::remove_file(&settings);
        let addr = line.trim().strip_prefix("listening on ").and_then(|addr| addr.parse().ok());
        match (read, addr) {
            (Some(Ok(_)), Some(addr)) => Ok(Self { process, addr }),
            _ => {
                let _ = process.kill();
                let _ = process.wait();
                Err("it does not listen".to_owned())
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
