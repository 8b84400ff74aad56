//! Building the filter.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Context, Result, paths, process};

/// The target the filter is built for.
pub const TARGET: &str = "wasm32-wasip1";

/// A built filter.
#[derive(Clone, Debug)]
pub struct Built {
    /// As cargo leaves it.
    pub plain: PathBuf,
    /// After `wasm-opt`, where that is at hand.
    pub optimised: Option<PathBuf>,
}

impl Built {
    /// The one to load: the optimised one if there is one.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.optimised.as_deref().unwrap_or(&self.plain)
    }

    /// Bytes of both.
    ///
    /// # Errors
    /// A file is gone.
    pub fn sizes(&self) -> Result<(u64, Option<u64>)> {
        let size = |file: &Path| std::fs::metadata(file).map(|m| m.len()).context(format!("{}", file.display()));
        Ok((size(&self.plain)?, self.optimised.as_deref().map(size).transpose()?))
    }
}

/// Whether `wasm-opt` may be fetched from npm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Only one that is there is used.
    Never,
    /// npm's `binaryen` is installed under `target/binaryen`, if there is npm.
    Allowed,
}

/// Builds the filter with cargo features (none for the one that ships), installing the target if it is missing.
/// A build with features lies in a folder of its own, so that it is never taken for the one that ships.
///
/// # Errors
/// The target cannot be installed or the build fails; cargo's words go to our error stream.
pub fn build(features: &[&str], fetch: Fetch) -> Result<Built> {
    module(&FILTER, features, fetch)
}

/// A crate that is built as one module.
pub struct Crate {
    /// The package.
    pub package: &'static str,
    /// Its library, as rustc names the file.
    pub library: &'static str,
    /// What it is built for.
    pub target: &'static str,
    /// What it is called while one waits for it.
    pub called: &'static str,
}

/// The filter.
pub const FILTER: Crate = Crate { package: "ifs-filter", library: "ifs_filter", target: TARGET, called: "the filter" };

/// Builds a crate as [`build`] does the filter.
///
/// # Errors
/// As [`build`].
pub fn module(made: &Crate, features: &[&str], fetch: Fetch) -> Result<Built> {
    let Crate { package, library, target, called } = made;
    install_target(target)?;
    // One build at a time, and nobody reads what another is writing.
    let lock = paths::target().join("wasm.lock");
    std::fs::create_dir_all(paths::target()).context("making the target folder")?;
    let lock = File::create(&lock).context(format!("making {}", lock.display()))?;
    lock.lock().context("waiting for another build")?;
    let dir = if features.is_empty() {
        paths::cargo_target()
    } else {
        paths::cargo_target().join(format!("wasm-{}", features.join("-")))
    };
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root());
    command.args(["build", "--quiet", "--package", package, "--lib", "--profile", "wasm", "--target", target]);
    command.arg("--target-dir").arg(&dir);
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    let plain = dir.join(target).join("wasm").join(library).with_extension("wasm");
    process::say_first(&plain, called, "1 to 5 minutes");
    process::run(&mut command)?;
    let optimised = optimise(&plain, fetch);
    Ok(Built { plain, optimised })
}

fn install_target(target: &str) -> Result<()> {
    let mut list = Command::new("rustup");
    list.current_dir(paths::root()).args(["target", "list", "--installed"]);
    // Without rustup the toolchain may have the target all the same; cargo will say.
    let Ok(installed) = process::output(&mut list) else { return Ok(()) };
    if installed.lines().any(|line| line.trim() == target) {
        return Ok(());
    }
    eprintln!("installing the Rust target {target} …");
    process::run(Command::new("rustup").current_dir(paths::root()).args(["target", "add", target]))
}

/// Never fails: a filter that is a quarter larger works as well.
fn optimise(plain: &Path, fetch: Fetch) -> Option<PathBuf> {
    let tool = wasm_opt(fetch)?;
    let optimised = plain.with_extension("opt.wasm");
    let written = |file: &Path| std::fs::metadata(file).and_then(|m| m.modified()).ok();
    if let (Some(before), Some(after)) = (written(plain), written(&optimised))
        && after > before
    {
        return Some(optimised);
    }
    let mut command = Command::new(tool);
    // The features rustc's own output for this target may use; V8 has them all.
    command.args(["-Oz", "--strip-debug", "--strip-producers", "--enable-bulk-memory", "--enable-bulk-memory-opt"]);
    command.args(["--enable-mutable-globals", "--enable-nontrapping-float-to-int", "--enable-sign-ext"]);
    command.args(["--enable-reference-types", "--enable-multivalue", "--enable-call-indirect-overlong"]);
    let fresh = plain.with_extension("opt.tmp");
    command.arg(plain).arg("--output").arg(&fresh);
    let renamed = process::output(&mut command)
        .and_then(|_| std::fs::rename(&fresh, &optimised).context("renaming what wasm-opt wrote"));
    match renamed {
        Ok(()) => Some(optimised),
        Err(error) => {
            eprintln!("wasm-opt is of no use here: {error}");
            None
        }
    }
}

fn wasm_opt(fetch: Fetch) -> Option<PathBuf> {
    if process::on_path("wasm-opt") {
        return Some(PathBuf::from("wasm-opt"));
    }
    let home = paths::target().join("binaryen");
    let tool = home.join("node_modules").join(".bin").join("wasm-opt");
    if tool.exists() {
        return Some(tool);
    }
    if fetch == Fetch::Never || !process::on_path("npm") {
        return None;
    }
    eprintln!("fetching wasm-opt from npm ({BINARYEN}, over the network) into {} …", home.display());
    let mut command = Command::new("npm");
    command.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&home);
    command.arg(BINARYEN);
    match std::fs::create_dir_all(&home).context("making its folder").and_then(|()| process::output(&mut command)) {
        Ok(_) => Some(tool),
        Err(error) => {
            eprintln!("going on without wasm-opt: {error}");
            None
        }
    }
}

/// The npm package with `wasm-opt`.
const BINARYEN: &str = "binaryen@132.0.0";
