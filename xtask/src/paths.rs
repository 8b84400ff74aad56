//! Where things lie in the checkout.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::{Context, Result};

const DAY: Duration = Duration::from_hours(24);

/// The workspace's folder.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Everything that is downloaded, built or logged lies under here and may be deleted.
#[must_use]
pub fn target() -> PathBuf {
    root().join("target")
}

/// Where the stand-in for PDND keeps its keys, certificates and documents.
#[must_use]
pub fn pdnd() -> PathBuf {
    target().join("pdnd")
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, or [`target`].
#[must_use]
pub fn cargo_target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(target, |dir| root().join(dir))
}

/// The cargo that runs us, or the one on PATH.
#[must_use]
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Makes a new folder `target/run/NAME-PID-N` for the configuration and the logs of one process. Those of former days
/// are removed.
///
/// # Errors
/// The folder cannot be made.
pub fn run_dir(name: &str) -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let all = target().join("run");
    if number == 1 {
        forget_old(&all);
    }
    let dir = all.join(format!("{name}-{}-{number}", std::process::id()));
    if dir.exists() {
        // A process of the same id, long ago.
        std::fs::remove_dir_all(&dir).context(format!("removing {}", dir.display()))?;
    }
    std::fs::create_dir_all(&dir).context(format!("making {}", dir.display()))?;
    Ok(dir)
}

/// Removes folders older than a day whose process is gone.
fn forget_old(all: &Path) {
    let old = |path: &Path| {
        let changed = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
        changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > DAY)
    };
    for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let alive = name.rsplit('-').nth(1).is_some_and(|pid| Path::new("/proc").join(pid).exists());
        if !alive && old(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
