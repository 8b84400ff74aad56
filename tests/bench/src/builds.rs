//! Building what is measured and what it is compared with.
//!
//! What is ours is built as the filter is. What it is compared with is built for speed alone: the profile `compared`,
//! and none of the flags that keep the filter small.

use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::{Context, Result, paths, process, wasm};

/// The engine's part of the guest, built as the filter is.
pub fn guest() -> Result<PathBuf> {
    // A folder of its own: the guest's features differ from the filter's.
    let dir = paths::cargo_target().join("wasm-bench");
    let mut command = build("bench-guest", "wasm", &dir);
    command.args(["--lib", "--no-default-features", "--features", "engine", "--target", wasm::TARGET]);
    process::run(&mut command)?;
    Ok(dir.join(wasm::TARGET).join("wasm").join("bench_guest.wasm"))
}

/// What the engine is compared with, as wasm.
pub fn parse() -> Result<PathBuf> {
    let mut command = compared("bench-guest");
    command.args(["--lib", "--no-default-features", "--features", "parse", "--target", wasm::TARGET]);
    process::run(&mut command)?;
    Ok(compared_dir().join(wasm::TARGET).join("compared").join("bench_guest.wasm"))
}

/// The hand-written filter, after `wasm-opt -O3` where that is at hand.
pub fn floor() -> Result<PathBuf> {
    let mut command = compared("bench-floor");
    command.args(["--lib", "--target", wasm::TARGET]);
    process::run(&mut command)?;
    let plain = compared_dir().join(wasm::TARGET).join("compared").join("bench_floor.wasm");
    Ok(optimised(&plain).unwrap_or(plain))
}

/// The sidecar.
pub fn sidecar() -> Result<PathBuf> {
    process::run(&mut compared("bench-sidecar"))?;
    Ok(compared_dir().join("compared").join("bench-sidecar"))
}

fn compared_dir() -> PathBuf {
    paths::cargo_target().join("bench")
}

fn compared(package: &str) -> Command {
    let mut command = build(package, "compared", &compared_dir());
    // Set and empty: no flags, those of `.cargo/config.toml` neither.
    command.env("CARGO_ENCODED_RUSTFLAGS", "");
    command
}

fn build(package: &str, profile: &str, dir: &Path) -> Command {
    let mut command = Command::new(paths::cargo());
    command.current_dir(paths::root()).args(["build", "--quiet", "--package", package, "--profile", profile]);
    command.arg("--target-dir").arg(dir);
    command
}

/// Never fails: it makes little difference.
fn optimised(plain: &Path) -> Option<PathBuf> {
    let own = paths::target().join("binaryen").join("node_modules").join(".bin").join("wasm-opt");
    let tool = if process::on_path("wasm-opt") { PathBuf::from("wasm-opt") } else { own };
    let out = plain.with_extension("opt.wasm");
    let mut command = Command::new(tool);
    command.args(["-O3", "--enable-bulk-memory", "--enable-bulk-memory-opt", "--enable-mutable-globals"]);
    command.args(["--enable-nontrapping-float-to-int", "--enable-sign-ext", "--enable-reference-types"]);
    command.args(["--enable-multivalue", "--enable-call-indirect-overlong"]);
    command.arg(plain).arg("--output").arg(&out);
    process::output(&mut command).ok().map(|_| out)
}

/// Writes what this checkout is measured as into a folder, for `--filter NAME=FOLDER` of another one: the filter, the
/// guest, the bundles and the gateway's configuration.
pub fn keep(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).context(dir.display())?;
    let copy = |from: &Path, name: &str| {
        std::fs::copy(from, dir.join(name)).map(drop).context(format!("copying {}", from.display()))
    };
    copy(wasm::build(&[], wasm::Fetch::Never)?.path(), crate::call::subject::MODULE)?;
    copy(&guest()?, crate::page::MODULE)?;
    copy(&paths::root().join("envoy").join("development.yaml"), "development.yaml")?;
    for group in crate::call::case::groups() {
        let bundle = xtask::mapping::compile(&group.file())?.bundle;
        let file = dir.join(group.bundle());
        std::fs::write(&file, bundle).context(file.display())?;
    }
    println!("kept in {}", dir.display());
    Ok(())
}
