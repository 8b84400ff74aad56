//! `cargo xtask wasm`: builds the filter, prints its size, and says which file is the one to install.

use xtask::Result;
use xtask::wasm::{Built, Fetch, build};

/// The size the filter should stay under, bytes.
const AIM: u64 = 512 * 1024;

/// Builds, fetching `wasm-opt` if it can be had.
pub fn run() -> Result<()> {
    print(&build(&[], Fetch::Allowed)?)
}

/// One line for each file.
pub fn print(built: &Built) -> Result<()> {
    let (plain, optimised) = built.sizes()?;
    println!("filter {plain} bytes as built: {}", built.plain.display());
    match (optimised, &built.optimised) {
        (Some(size), Some(file)) => println!("filter {size} bytes after wasm-opt -Oz: {}", file.display()),
        _ => println!("filter: no wasm-opt at hand, so only one size"),
    }
    let loaded = optimised.unwrap_or(plain);
    println!("filter size aim {AIM} bytes: {}", if loaded < AIM { "met" } else { "missed" });
    println!("install {}", built.path().display());
    Ok(())
}
