//! What others would write in other languages: the bench's mappings with Fastify and undici on Node, and with FastAPI,
//! httpx and lxml on Python, each with a process for each of Envoy's workers. Pinned, and installed under `target/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::{Context, Error, Result, paths, process};

use crate::call::subject::{Service, Subject};

/// Node's service.
pub const NODE: &str = "Node";
/// Python's service.
pub const PYTHON: &str = "Python";

/// Node's program: the one of the system, as another on PATH may be another version.
const NODE_PROGRAM: &str = "/usr/bin/node";
/// The version that `undici` and the lock file are for.
const NODE_VERSION: &str = "v20.";

/// Installs both, over the network where they are not there yet; gives them with their versions.
pub fn install() -> Result<[(Subject, String); 2]> {
    Ok([node()?, python()?])
}

fn node() -> Result<(Subject, String)> {
    let version = process::output(Command::new(NODE_PROGRAM).arg("--version"))?.trim().to_owned();
    if !version.starts_with(NODE_VERSION) {
        return Err(Error::new(format!("{NODE_PROGRAM} is {version}, not {NODE_VERSION}x")));
    }
    let (dir, fresh) = copied("node", "package-lock.json")?;
    if fresh || !dir.join("node_modules").is_dir() {
        eprintln!("installing Node's packages under {} …", dir.display());
        let mut command = Command::new("npm");
        command.current_dir(&dir).args(["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
        process::output(&mut command)?;
        done(&dir)?;
    }
    let text = read(&dir.join("package.json"))?;
    let pinned: serde_json::Value = serde_json::from_str(&text).context("package.json")?;
    let packages = pinned.get("dependencies").and_then(serde_json::Value::as_object).context("package.json")?;
    let packages: Vec<String> =
        packages.iter().map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("?"))).collect();
    let service = Service {
        program: PathBuf::from(NODE_PROGRAM),
        arguments: vec![dir.join("server.mjs").display().to_string()],
        environment: environment(&[("NODE_ENV", "production")]),
    };
    Ok((Subject::service(NODE, service), format!("{version}, {}", packages.join(", "))))
}

fn python() -> Result<(Subject, String)> {
    let (dir, fresh) = copied("python", "requirements.txt")?;
    let python = dir.join("venv").join("bin").join("python");
    if fresh || !python.is_file() {
        eprintln!("installing Python's packages under {} …", dir.display());
        process::output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(dir.join("venv")))?;
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]);
        process::output(command.arg("--requirement").arg(dir.join("requirements.txt")))?;
        done(&dir)?;
    }
    let version = process::output(Command::new(&python).arg("--version"))?.trim().to_owned();
    let text = read(&dir.join("requirements.txt"))?;
    let named = ["fastapi==", "httpx==", "httptools==", "lxml==", "orjson==", "uvicorn==", "uvloop=="];
    let packages: Vec<&str> = text.lines().filter(|line| named.iter().any(|name| line.starts_with(name))).collect();
    let service = Service {
        program: python,
        arguments: vec![dir.join("server.py").display().to_string()],
        environment: environment(&[("PYTHONOPTIMIZE", "1")]),
    };
    Ok((Subject::service(PYTHON, service), format!("{version}, {}", packages.join(", "))))
}

fn environment(own: &[(&str, &str)]) -> Vec<(String, String)> {
    let table = paths::root().join("tests").join("bench").join("mappings").join("tables").join("courses.csv");
    let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    own.chain([("BENCH_COURSES".to_owned(), table.display().to_string())]).collect()
}

/// Copies a service's files under `target/`, where its packages are installed; says whether what it needs of them has
/// changed since they were.
fn copied(name: &str, lock: &str) -> Result<(PathBuf, bool)> {
    let from = paths::root().join("tests").join("bench").join("others").join(name);
    let dir = paths::target().join("bench-others").join(name);
    std::fs::create_dir_all(&dir).context(dir.display())?;
    let installed = std::fs::read(dir.join(INSTALLED)).ok();
    let wanted = std::fs::read(from.join(lock)).context(lock)?;
    for entry in std::fs::read_dir(&from).context(from.display())? {
        let entry = entry.context(from.display())?;
        if entry.path().is_file() {
            std::fs::copy(entry.path(), dir.join(entry.file_name())).context(entry.path().display())?;
        }
    }
    std::fs::write(dir.join(WANTED), &wanted).context(WANTED)?;
    Ok((dir, installed.is_none_or(|installed| installed != wanted)))
}

/// The lock file as it was when the packages were last installed.
const INSTALLED: &str = "installed";
/// The lock file as it is.
const WANTED: &str = "wanted";

fn done(dir: &Path) -> Result<()> {
    std::fs::rename(dir.join(WANTED), dir.join(INSTALLED)).context("noting what was installed")
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).context(file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_installed_anew_when_the_lock_file_changes() {
        // Whatever was installed before in this checkout stays.
        let installed = paths::target().join("bench-others").join("node").join(INSTALLED);
        let before = std::fs::read(&installed).ok();
        let (dir, _) = copied("node", "package-lock.json").unwrap();
        std::fs::write(&installed, b"another").unwrap();
        assert!(copied("node", "package-lock.json").unwrap().1);
        done(&dir).unwrap();
        assert!(!copied("node", "package-lock.json").unwrap().1);
        match before {
            Some(before) => std::fs::write(&installed, before).unwrap(),
            None => std::fs::remove_file(&installed).unwrap(),
        }
    }

    #[test]
    fn everything_is_pinned() {
        let of = |name: &str| paths::root().join("tests").join("bench").join("others").join(name);
        let node = read(&of("node").join("package.json")).unwrap();
        assert!(!node.contains('^') && !node.contains('~'), "{node}");
        let python = read(&of("python").join("requirements.txt")).unwrap();
        assert!(python.lines().all(|line| line.contains("==")), "{python}");
    }
}
